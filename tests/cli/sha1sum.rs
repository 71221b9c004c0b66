//! `sha1sum`.

use crate::support::Home;

#[test]
fn prints_what_the_unix_command_prints() {
    let home = Home::new();
    home.write("src/a", "hello\n");
    assert_eq!(
        home.run(&["sha1sum", "src:"]).ok(),
        "f572d396fae9206628714fb2ce00f72e94f2258f  a\n"
    );
    assert_eq!(
        home.run_with(&["sha1sum"], "hello\n").ok(),
        "f572d396fae9206628714fb2ce00f72e94f2258f  -\n"
    );
}
