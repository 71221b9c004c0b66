//! `about`, `link`, `cleanup`, `logout` where the remote cannot.

use crate::support::Home;

#[test]
fn what_a_remote_cannot_do_is_said() {
    let home = Home::new();
    home.write("src/a", "a");
    for (arguments, complaint) in [
        (["link", "src:a"], "doesn't support public links"),
        (["cleanup", "src:"], "doesn't support cleanup"),
    ] {
        let outcome = home.run(&arguments);
        assert_eq!(outcome.code, 1);
        assert!(outcome.stderr.contains(complaint), "{}", outcome.stderr);
    }
    assert_eq!(home.run(&["logout", "src:"]).code, 1);
}

#[test]
fn about_as_json_is_json() {
    let home = Home::new();
    home.write("src/a", "a");
    let text = home.run(&["about", "--json", "src:"]).ok();
    let about: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(about["total"].as_u64().unwrap() > 0);
}
