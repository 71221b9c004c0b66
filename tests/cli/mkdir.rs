//! `mkdir`: with parents, and again.

use crate::support::Home;

#[test]
fn makes_parents_and_minds_no_repetition() {
    let home = Home::new();
    home.run(&["mkdir", "src:x/y/z"]).ok();
    home.run(&["mkdir", "src:x/y/z"]).ok();
    assert!(home.exists("src/x/y/z"));
    let dry = home.run(&["mkdir", "--dry-run", "src:other"]);
    assert!(
        dry.stderr
            .contains("Skipped make directory as --dry-run is set")
    );
    assert!(!home.exists("src/other"));
}
