//! docs/commands.md is what the command line says of itself, and
//! docs/differences.md what the tables of the recorded cases say.

use megarc::cli::reference;

use crate::{encoding, filters, recorded};

#[path = "../mega_recorded/different.rs"]
mod mega;

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
    let mut table = "| file | cases | different | not compared | of all |\n\
                     | --- | ---: | ---: | ---: | ---: |\n"
        .to_owned();
    for (file, cases) in FILES {
        let (different, refused) = (different(file), refused(file));
        let tenths = (different + refused) * 1000 / cases;
        table += &format!(
            "| {file} | {cases} | {different} | {refused} | {}.{} % |\n",
            tenths / 10,
            tenths % 10
        );
    }
    table += "\n| file | case | why |\n| --- | --- | --- |\n";
    for (file, case, why) in recorded::DIFFERENT {
        table += &format!("| {file} | `{case}` | {why} |\n");
    }
    for (modes, case, why) in mega::DIFFERENT {
        let places = if *modes == mega::MODES {
            "wherever MEGA is".to_owned()
        } else {
            let words: Vec<&str> = modes.iter().map(|mode| mode.words()).collect();
            words.join(", ")
        };
        table += &format!("| {MEGA} | `{case}`, {places} | {why} |\n");
    }
    for (case, why) in filters::DIFFERENT {
        table += &format!("| filters | `{case}` | {why} |\n");
    }
    for (encoding, name, why) in encoding::DIFFERENT {
        let under = if encoding.is_empty() {
            "every encoding"
        } else {
            encoding
        };
        table += &format!("| encoding | `{name}` typed, under {under} | {why} |\n");
    }
    if !recorded::REFUSED.is_empty() {
        table += "\nNot compared, because a flag is refused:\n\n| file | case | flag |\n| --- | --- | --- |\n";
        for (file, case, flag) in recorded::REFUSED {
            table += &format!("| {file} | `{case}` | {flag} |\n");
        }
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
    for (file, cases) in FILES {
        let missed = different(file) + refused(file);
        assert!(missed * 100 <= cases * 3, "{file}: {missed}");
    }
}

/// The copies and syncs of the recordings with MEGA in them: from it, to it,
/// within an account, and from account to account.
const MEGA: &str = "copy_sync on MEGA";

/// The recordings, and how many cases each has. Values are compared in
/// tests/values.rs, the remote without times in tests/engine_recorded.
const FILES: [(&str, usize); 5] = [
    ("listings", 475),
    ("copy_sync", 426),
    (MEGA, mega::CASES),
    ("filters", 625),
    // Of each encoding, each name to the disk and from it; and names typed.
    ("encoding", 35 * 165 * 2 + 516),
];

fn different(file: &str) -> usize {
    match file {
        "filters" => filters::DIFFERENT.len(),
        MEGA => mega::DIFFERENT.iter().map(|(modes, ..)| modes.len()).sum(),
        "encoding" => {
            let all = encoding::DIFFERENT.iter();
            all.map(|(encoding, ..)| if encoding.is_empty() { 3 } else { 1 })
                .sum()
        }
        _ => count(recorded::DIFFERENT, file),
    }
}

fn refused(file: &str) -> usize {
    count(recorded::REFUSED, file)
}

fn count(table: &[(&str, &str, &str)], file: &str) -> usize {
    table.iter().filter(|(f, ..)| *f == file).count()
}
