//! `lsl`: times to the nanosecond, in the local zone.

use crate::support::{Home, tree};

#[test]
fn times_are_local() {
    let home = Home::new();
    let spec = serde_json::json!({
        "files": { "f": { "content": "abc", "mtime": "2021-06-01T12:00:00.123456789Z" } }
    });
    tree::make(&home.path("src"), &spec);
    assert_eq!(
        home.run(&["lsl", "src:"]).ok(),
        "        3 2021-06-01 12:00:00.123456789 f\n"
    );
    let mut command = home.command(&["lsl", "src:"]);
    command.env("TZ", "UTC-3");
    assert_eq!(
        home.finish(command, "").ok(),
        "        3 2021-06-01 15:00:00.123456789 f\n"
    );
}
