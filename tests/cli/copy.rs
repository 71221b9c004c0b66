//! `copy` and `copyto`: progress, retries, signals.

use std::io::Read as _;
use std::process::Stdio;

use crate::support::Home;

#[test]
fn copies_and_then_has_nothing_to_do() {
    let home = Home::new();
    home.write("src/a.txt", "a");
    home.write("src/d/b.txt", "b");
    home.run(&["copy", "src:", "dst:"]).ok();
    assert_eq!(home.read("dst/d/b.txt"), "b");
    let again = home.run(&["copy", "-v", "--stats", "0", "src:", "dst:"]);
    assert_eq!(
        again.complaints(),
        ["INFO  : There was nothing to transfer"]
    );
}

#[test]
fn a_dry_run_changes_nothing() {
    let home = Home::new();
    home.write("src/a.txt", "a");
    let outcome = home.run(&["copy", "-n", "--stats", "0", "src:", "dst:"]);
    assert_eq!(
        outcome.complaints(),
        ["NOTICE: a.txt: Skipped copy as --dry-run is set (size 1)"]
    );
    assert!(!home.exists("dst"));
}

#[test]
fn progress_in_a_pipe_ends_with_the_final_block() {
    let home = Home::new();
    home.write("src/a.txt", "four");
    let outcome = home.run(&["copy", "-P", "src:", "dst:"]);
    assert_eq!(outcome.code, 0);
    assert!(
        outcome.stdout.contains("4 B / 4 B, 100%"),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome
            .stdout
            .contains("Transferred:            1 / 1, 100%"),
        "{}",
        outcome.stdout
    );
    assert!(outcome.stdout.ends_with('\n'));
    assert!(!outcome.stdout.contains('\x1b'));
}

#[test]
fn tries_again_as_often_as_told() {
    let home = Home::new();
    let outcome = home.run(&["copy", "--retries", "2", "src:", "dst:"]);
    assert_eq!(outcome.code, 3);
    let attempts = outcome.stderr.matches("failed with 1 errors").count();
    assert_eq!(attempts, 2, "{}", outcome.stderr);
    let once = home.run(&["ls", "--retries", "5", "src:"]);
    assert!(!once.stderr.contains("Attempt"));
}

#[test]
fn an_interrupt_ends_it_and_leaves_nothing_behind() {
    for (signal, code, word) in [
        (libc::SIGINT, 130, "interrupt"),
        (libc::SIGTERM, 143, "terminated"),
    ] {
        let home = Home::new();
        std::fs::create_dir(home.path("src")).unwrap();
        let file = std::fs::File::create(home.path("src/big")).unwrap();
        file.set_len(1 << 34).unwrap();
        let mut child = home
            .command(&["copy", "-vv", "src:big", "dst:"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        while !home.exists("dst") || std::fs::read_dir(home.path("dst")).unwrap().count() == 0 {
            std::thread::yield_now();
            assert!(child.try_wait().unwrap().is_none(), "too fast");
        }
        let id = i32::try_from(child.id()).unwrap();
        #[expect(unsafe_code, reason = "a signal to our own child")]
        let sent = unsafe { libc::kill(id, signal) };
        assert_eq!(sent, 0);
        let status = child.wait().unwrap();
        let mut stderr = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut stderr)
            .unwrap();
        assert_eq!(status.code(), Some(code), "{stderr}");
        assert!(
            stderr.contains(&format!("Signal received: {word}")),
            "{stderr}"
        );
        assert!(stderr.contains("Exiting..."), "{stderr}");
        let left = std::fs::read_dir(home.path("dst")).unwrap().count();
        assert_eq!(left, 0, "a partial file was left");
    }
}
