//! docs/commands.md is what the command line says of itself.

use megarc::cli::reference;

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
