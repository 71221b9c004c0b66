//! `about`: the space of a remote.

use crate::support::Home;

#[test]
fn about_as_json_is_json() {
    let home = Home::new();
    home.write("src/a", "a");
    let text = home.run(&["about", "--json", "src:"]).ok();
    let about: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(about["total"].as_u64().unwrap() > 0);
}
