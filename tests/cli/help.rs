//! `help`, `version`, `obscure`, `reveal`.

use crate::support::Home;

#[test]
fn every_command_has_help() {
    let home = Home::new();
    let overview = home.run(&["help"]).ok();
    for command in ["copy", "ls", "dedupe", "version"] {
        assert!(overview.contains(&format!("  {command} ")), "{overview}");
        let asked = home.run(&["help", command]).ok();
        assert_eq!(home.run(&[command, "--help"]).ok(), asked);
        assert_eq!(home.run(&["-h", command]).ok(), asked);
        assert!(asked.contains(&format!("megarc {command}")));
    }
    assert!(home.run(&["help", "flags"]).ok().contains("--transfers N"));
    assert_eq!(home.run(&["--help"]).ok(), overview);
    assert_eq!(home.run(&["help", "nosuch"]).code, 2);
}

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

#[test]
fn obscured_passwords_can_be_revealed() {
    let home = Home::new();
    let obscured = home.run(&["obscure", "pâss wörd"]).ok();
    assert_eq!(
        home.run(&["reveal", "--", obscured.trim()]).ok(),
        "pâss wörd\n"
    );
    let piped = home.run_with(&["obscure", "-"], "secret\nmore\n").ok();
    assert_eq!(home.run(&["reveal", "--", piped.trim()]).ok(), "secret\n");
}
