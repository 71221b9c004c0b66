//! `ncdu` on a terminal: keys, sizes, deleting, and the terminal afterwards.

use crate::support::Home;
use crate::support::pty::Pty;

fn home() -> Home {
    let home = Home::new();
    home.write("src/small", "12345");
    home.write("src/large/one", &"x".repeat(2048));
    home.write("src/large/two", "2");
    home
}

/// The terminal is as it was: another screen is left, keys are echoed.
fn is_given_back(pty: &mut Pty) {
    assert!(pty.screen.contains("\x1b[?1049l"), "{}", pty.screen);
    assert!(pty.screen.contains("\x1b[?25h"), "{}", pty.screen);
    pty.await_echo(true);
}

#[test]
fn directories_are_entered_and_files_deleted() {
    let home = home();
    home.run(&["copy", "src:", ":sandbox:tree"]).ok();
    for place in ["src:", ":sandbox:tree"] {
        let mut pty = Pty::start(home.command(&["ncdu", place]));
        pty.expect("2.001 KiB [##########] /large");
        pty.expect("Total usage: 2.006 KiB, Objects: 3");
        pty.press("l");
        pty.expect("Total usage: 2.001 KiB, Objects: 2");
        pty.press("jd");
        pty.expect("large/two? (y/n)");
        pty.press("y");
        pty.expect("Total usage: 2 KiB, Objects: 1");
        pty.press("\x1b[Dd");
        pty.expect("large? (y/n)");
        pty.press("y");
        pty.expect("Total usage: 5 B, Objects: 1");
        pty.press("q");
        assert_eq!(pty.end(), 0, "{}", pty.screen);
        is_given_back(&mut pty);
        assert_eq!(home.run(&["ls", place]).ok(), "        5 small\n");
    }
}

#[test]
fn ctrl_c_and_signals_give_the_terminal_back() {
    let home = home();
    let mut pty = Pty::start(home.command(&["ncdu", "src:"]));
    pty.expect("Objects: 3");
    pty.press("?");
    pty.expect("quit");
    pty.press("\x03");
    assert_eq!(pty.end(), 0, "{}", pty.screen);
    is_given_back(&mut pty);
    assert!(home.exists("src/large/one"));
}

#[test]
fn names_cannot_garble_the_screen_and_a_dry_run_deletes_nothing() {
    let home = Home::new();
    home.write("src/a\u{202e}b", "1");
    let mut pty = Pty::start(home.command(&["ncdu", "-n", "src:"]));
    pty.expect("a\\u{202e}b");
    pty.expect("Objects: 1");
    pty.press("dy");
    pty.press("Y");
    pty.expect("src:a\\u{202e}b");
    pty.press("\x1bq");
    assert_eq!(pty.end(), 0, "{}", pty.screen);
    assert!(!pty.screen.contains('\u{202e}'), "{}", pty.screen);
    // the log waits until the screen is free
    let log = pty.screen.rsplit("\x1b[?1049l").next().unwrap();
    assert!(log.contains("Skipped delete as --dry-run is set"), "{log}");
    assert!(home.exists("src/a\u{202e}b"));
}

#[test]
fn what_cannot_be_listed_is_an_error_and_so_is_no_terminal() {
    let home = Home::new();
    let mut pty = Pty::start(home.command(&["ncdu", "src:"]));
    pty.expect("Errors: 1");
    pty.press("q");
    assert_eq!(pty.end(), 3, "{}", pty.screen);
    let outcome = home.run(&["ncdu", "aux:"]);
    assert_eq!(
        outcome.complaints(),
        ["CRITICAL: ncdu: standard input and output must be a terminal"]
    );
    assert_eq!(outcome.code, 1);
}
