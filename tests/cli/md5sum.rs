//! `md5sum`.

use crate::support::Home;

#[test]
fn prints_what_the_unix_command_prints() {
    let home = Home::new();
    home.write("src/a", "hello\n");
    assert_eq!(
        home.run(&["md5sum", "src:"]).ok(),
        "b1946ac92492d2347c6235b4d2611184  a\n"
    );
    assert_eq!(
        home.run_with(&["md5sum"], "hello\n").ok(),
        "b1946ac92492d2347c6235b4d2611184  -\n"
    );
}
