//! `cat`: bytes, and what happens when nobody takes them.

use std::fs::File;
use std::process::Stdio;

use crate::support::Home;

#[test]
fn bytes_pass_unchanged() {
    let home = Home::new();
    let bytes: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    std::fs::create_dir(home.path("src")).unwrap();
    std::fs::write(home.path("src/f"), &bytes).unwrap();
    let output = home.command(&["cat", "src:f"]).output().unwrap();
    assert!(output.status.success());
    assert!(output.stdout == bytes);
}

#[test]
fn discard_reads_and_writes_nothing() {
    let home = Home::new();
    home.write("src/f", "text");
    assert_eq!(home.run(&["cat", "--discard", "src:f"]).ok(), "");
}

#[test]
fn a_full_disk_behind_stdout_is_an_error() {
    let home = Home::new();
    home.write("src/f", "text");
    for arguments in [
        ["cat", "src:f"],
        ["ls", "src:"],
        ["version", "--quiet=false"],
    ] {
        let mut command = home.command(&arguments);
        command.stdout(Stdio::from(
            File::options().write(true).open("/dev/full").unwrap(),
        ));
        let outcome = home.finish(command, "");
        assert_eq!(outcome.code, 1, "{arguments:?}");
        assert!(
            outcome.stderr.contains("No space left on device"),
            "{}",
            outcome.stderr
        );
    }
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let home = Home::new();
    home.write("src/f", &"line\n".repeat(1_000_000));
    let mut child = home.command(&["cat", "src:f"]).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
