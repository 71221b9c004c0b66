//! No flag of rclone is unknown: each works, or is refused with a reason.

use megarc::cli::argv::{self, Why};
use megarc::cli::usage;

/// Command and flag, as typed.
fn listed() -> Vec<(String, String)> {
    let text = include_str!("../recorded/rclone_flags.txt");
    let mut all = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (command, flags) = line.split_once(" -").unwrap();
        let command = if command == "*" { "copy" } else { command };
        for flag in format!("-{flags}").split(' ') {
            all.push((command.to_owned(), flag.to_owned()));
        }
    }
    assert!(all.len() > 400);
    all
}

/// What is said about a flag; `None`: it is taken.
fn complaint(command: &str, flag: &str) -> Option<String> {
    let mut words: Vec<String> = command.split(' ').map(str::to_owned).collect();
    words.push(flag.to_owned());
    // Switches take it for an argument.
    words.push("1".to_owned());
    match argv::sort(&usage::root(), &words, |_| None) {
        Ok(_) => None,
        Err(refusal) => match refusal.why {
            Why::Flag(text) => Some(text),
            other => panic!("{command} {flag}: {other:?}"),
        },
    }
}

#[test]
fn no_flag_of_rclone_is_unknown() {
    let mut unknown = Vec::new();
    for (command, flag) in listed() {
        if let Some(text) = complaint(&command, &flag)
            && !text.contains("is a flag of rclone that ")
        {
            unknown.push(format!("{command} {flag}: {text}"));
        }
    }
    assert!(unknown.is_empty(), "{}", unknown.join("\n"));
}

#[test]
fn flags_of_other_remotes_are_known_too() {
    for flag in [
        "--s3-region",
        "--drive-use-trash",
        "--rc-addr",
        "--metrics-addr",
    ] {
        let text = complaint("copy", flag).unwrap();
        assert!(text.contains("has no meaning here: there "), "{text}");
    }
    let text = complaint("copy", "--s4-region").unwrap();
    assert_eq!(text, "unknown flag: --s4-region");
}
