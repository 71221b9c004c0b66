//! `ncdu` on a terminal: keys, sizes, deleting, and the terminal afterwards.

use std::sync::Arc;

use megarc::output::Output;
use megarc::output::fullscreen::Fullscreen;

use crate::support::Home;
use crate::support::pty::Pty;

fn home() -> Home {
    let home = Home::new();
    home.write("src/small", "12345");
    home.write("src/large/one", &"x".repeat(2048));
    home.write("src/large/two", "2");
    home
}

fn ncdu(home: &Home, arguments: &[&str]) -> Pty {
    Pty::start(home.command(&[&["ncdu"], arguments].concat()))
}

/// The terminal is as it was: another screen is left, keys are echoed.
#[track_caller]
fn is_given_back(pty: &mut Pty, before: &str) {
    assert!(pty.screen.contains("\x1b[?1049l"), "{}", pty.screen);
    assert!(pty.screen.contains("\x1b[?25h"), "{}", pty.screen);
    assert_eq!(pty.settings(), before);
}

#[test]
fn directories_are_entered_and_files_deleted() {
    let home = home();
    home.run(&["copy", "src:", ":sandbox:tree"]).ok();
    for place in ["src:", ":sandbox:tree"] {
        let mut pty = ncdu(&home, &[place]);
        let before = pty.settings();
        pty.see("    2.001Ki [##########] /large");
        pty.see("Total usage: 2.006Ki, Objects: 3");
        pty.press("l");
        pty.see("Total usage: 2.001Ki, Objects: 2");
        pty.press("jd");
        pty.see("large/two");
        pty.see("<cancel>  <confirm>");
        // Enter alone deletes nothing
        pty.press("\r");
        pty.press("?");
        pty.see("draw everything again");
        pty.press("?");
        pty.see("Total usage: 2.001Ki, Objects: 2");
        pty.press("d\x1b[C\r");
        pty.see("Total usage: 2Ki, Objects: 1");
        pty.press("\x1b[Dd");
        pty.see("large, with all in it");
        pty.press("y");
        pty.see("Total usage: 5, Objects: 1");
        pty.press("q");
        assert_eq!(pty.end(), 0, "{}", pty.screen);
        is_given_back(&mut pty, &before);
        assert_eq!(home.run(&["ls", place]).ok(), "        5 small\n");
    }
}

#[test]
fn ctrl_c_and_signals_give_the_terminal_back() {
    let home = home();
    let mut pty = ncdu(&home, &["src:"]);
    let before = pty.settings();
    pty.see("Objects: 3");
    pty.press("?");
    pty.see("Ctrl-C");
    pty.press("\x03");
    assert_eq!(pty.end(), 0, "{}", pty.screen);
    is_given_back(&mut pty, &before);

    for (signal, code) in [
        (rustix::process::Signal::TERM, 143),
        (rustix::process::Signal::INT, 130),
    ] {
        let mut pty = ncdu(&home, &["src:"]);
        let before = pty.settings();
        pty.see("Objects: 3");
        pty.signal(signal);
        assert_eq!(pty.end(), code, "{}", pty.screen);
        is_given_back(&mut pty, &before);
    }
    assert!(home.exists("src/large/one"));
}

/// Not a test of its own: the program that panics in the next one.
#[test]
#[ignore = "run by the test below, on a terminal of its own"]
fn panics() {
    let mut screen = Fullscreen::enter(Arc::new(Output::stdio())).unwrap();
    screen
        .show(|frame| frame.render_widget("all is well", frame.area()))
        .unwrap();
    panic!("nothing is well");
}

#[test]
fn a_panic_gives_the_terminal_back_and_is_seen() {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture", "ncdu::panics"]);
    let mut pty = Pty::start(command);
    let before = pty.settings();
    pty.see("all is well");
    assert_ne!(pty.end(), 0, "{}", pty.screen);
    is_given_back(&mut pty, &before);
    let (drawn, after) = pty.screen.rsplit_once("\x1b[?1049l").unwrap();
    assert!(drawn.contains("\x1b[?1049h"), "{drawn}");
    assert!(after.contains("nothing is well"), "{after}");
}

#[test]
fn another_size_of_the_terminal_is_another_picture() {
    let home = home();
    let mut pty = ncdu(&home, &["src:"]);
    pty.see("Total usage: 2.006Ki, Objects: 3");
    pty.resize(60, 10);
    pty.see_at(9, " Total usage: 2.006Ki, Objects: 3");
    pty.resize(20, 5);
    pty.see_at(4, " Total usage: 2.006K");
    pty.press("q");
    assert_eq!(pty.end(), 0, "{}", pty.screen);
}

#[test]
fn names_cannot_garble_the_screen_and_a_dry_run_deletes_nothing() {
    let home = Home::new();
    home.write("src/a\u{202e}b", "1");
    let mut pty = ncdu(&home, &["-n", "src:"]);
    pty.see("a\\u{202e}b");
    pty.see("Objects: 1");
    pty.press("dy");
    pty.press("Y");
    pty.see("src:a\\u{202e}b");
    // not Esc: with the next key it would be another one
    pty.press("xq");
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
    let mut pty = ncdu(&home, &["src:"]);
    pty.see("Errors: 1");
    pty.press("q");
    assert_eq!(pty.end(), 3, "{}", pty.screen);
    let outcome = home.run(&["ncdu", "aux:"]);
    assert_eq!(
        outcome.complaints(),
        ["CRITICAL: ncdu: standard input and output must be a terminal"]
    );
    assert_eq!(outcome.code, 1);
}
