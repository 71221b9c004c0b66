//! `help`, and `-h` anywhere.

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
    let listed = overview.split("Available commands:\n").nth(1).unwrap();
    let listed: Vec<&str> = listed
        .lines()
        .map_while(|line| line.strip_prefix("  ")?.split(' ').next())
        .collect();
    assert!(listed.is_sorted(), "{listed:?}");
    assert!(listed.len() > 30, "{listed:?}");
    assert!(home.run(&["help", "flags"]).ok().contains("--transfers N"));
    assert_eq!(home.run(&["--help"]).ok(), overview);
    assert_eq!(home.run(&["help", "nosuch"]).code, 2);
}

#[test]
fn a_group_of_commands_alone_tells_what_is_in_it() {
    for words in [
        &["config", "encryption"][..],
        &["completion"],
        &["genautocomplete"],
    ] {
        let text = Home::new().run(words).ok();
        assert!(text.contains("Usage:\n"), "{words:?}: {text}");
    }
}
