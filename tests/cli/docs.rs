//! docs/commands.md is what the command line says of itself, and
//! docs/differences.md what the tables of the recorded cases say.

use megarc::cli::reference;

use crate::{filters, recorded};

#[test]
fn the_reference_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/commands.md");
    let text = reference::markdown();
    if std::env::var_os("MEGARC_WRITE_DOCS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == text,
        "docs/commands.md is out of date: run `MEGARC_WRITE_DOCS=1 cargo test --test cli docs`"
    );
}

/// Every recorded case that megarc does not match, by its file.
#[test]
fn the_differences_are_listed_with_their_reasons() {
    const BEGIN: &str = "<!-- cases -->\n";
    const END: &str = "<!-- end of cases -->";
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/differences.md");
    let written = std::fs::read_to_string(path).unwrap();
    let (head, rest) = written.split_once(BEGIN).unwrap();
    let (_, tail) = rest.split_once(END).unwrap();
    let mut table = "| file | case | why |\n| --- | --- | --- |\n".to_owned();
    for (file, case, why) in recorded::DIFFERENT {
        table += &format!("| {file} | `{case}` | {why} |\n");
    }
    for (case, why) in filters::DIFFERENT {
        table += &format!("| filters | `{case}` | {why} |\n");
    }
    let text = format!("{head}{BEGIN}{table}{END}{tail}");
    if std::env::var_os("MEGARC_WRITE_DOCS").is_some() {
        std::fs::write(path, &text).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap();
    assert!(
        written == text,
        "docs/differences.md is out of date: run `MEGARC_WRITE_DOCS=1 cargo test --test cli docs`"
    );
}

/// Few enough of each file.
#[test]
fn the_differences_are_few() {
    for (file, differences, cases) in [
        ("listings", count("listings"), 475),
        ("filters", filters::DIFFERENT.len(), 625),
    ] {
        assert!(differences * 100 <= cases * 3, "{file}: {differences}");
    }
}

fn count(file: &str) -> usize {
    recorded::DIFFERENT
        .iter()
        .filter(|(f, ..)| *f == file)
        .count()
}
