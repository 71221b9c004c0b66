//! `version`, and `-V` anywhere.

use crate::support::Home;

#[test]
fn the_version_is_on_the_first_line() {
    let home = Home::new();
    let text = home.run(&["version"]).ok();
    let first = format!("megarc v{}", env!("CARGO_PKG_VERSION"));
    assert_eq!(text.lines().next(), Some(first.as_str()));
    assert!(text.lines().skip(1).all(|line| line.starts_with("- ")));
    assert_eq!(home.run(&["-V"]).ok(), text);
    assert_eq!(home.run(&["ls", "--version"]).ok(), text);
}
