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
    assert!(home.run(&["help", "flags"]).ok().contains("--transfers N"));
    assert_eq!(home.run(&["--help"]).ok(), overview);
    assert_eq!(home.run(&["help", "nosuch"]).code, 2);
}
