//! Words in any order, and what is refused.

#![allow(clippy::unwrap_used)]

use clap::CommandFactory as _;

use super::*;

fn sorted_with(line: &[&str], environment: &[(&str, &str)]) -> Result<Sorted, Refusal> {
    let root = super::super::Cli::command();
    let words: Vec<String> = line.iter().map(|w| (*w).to_owned()).collect();
    sort(&root, &words, |name| {
        environment
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, v)| (*v).to_owned())
    })
}

fn words_of(sorted: &Sorted) -> Vec<String> {
    let root = super::super::Cli::command();
    sorted.words(&root, "megarc").split_off(1)
}

fn words(line: &[&str]) -> Vec<String> {
    words_of(&sorted_with(line, &[]).unwrap())
}

fn why(line: &[&str]) -> Why {
    sorted_with(line, &[]).unwrap_err().why
}

fn flag(text: &str) -> Why {
    Why::Flag(text.to_owned())
}

#[test]
fn flags_stand_anywhere() {
    let expected = ["--dry-run", "--transfers=3", "copy", "--", "a", "b"];
    for line in [
        vec!["copy", "a", "b", "-n", "--transfers", "3"],
        vec!["--transfers=3", "-n", "copy", "a", "b"],
        vec!["--transfers", "3", "copy", "a", "--dry-run", "b"],
        vec![
            "copy",
            "--transfers",
            "9",
            "a",
            "b",
            "--transfers",
            "3",
            "-n",
        ],
    ] {
        assert_eq!(words(&line), expected, "{line:?}");
    }
}

#[test]
fn switches_take_values_and_counts_add_up() {
    assert_eq!(
        words(&["ls", "-n", "--dry-run=false", "a"]),
        ["ls", "--", "a"]
    );
    assert_eq!(
        words(&["-v", "ls", "-v"]),
        ["--verbose", "--verbose", "ls", "--"]
    );
    assert_eq!(
        words(&["ls", "-vvv"]),
        ["--verbose", "--verbose", "ls", "--"]
    );
    assert_eq!(words(&["ls", "-v=1"]), ["--verbose", "ls", "--"]);
    assert_eq!(
        words(&["copy", "-nvP"]),
        ["--dry-run", "--progress", "--verbose", "copy", "--"]
    );
}

#[test]
fn negative_values_and_the_end_of_flags() {
    assert_eq!(
        words(&["cat", "a", "--head", "-1"]),
        ["cat", "--head=-1", "--", "a"]
    );
    assert_eq!(words(&["cat", "--", "--head"]), ["cat", "--", "--head"]);
    assert_eq!(words(&["obscure", "-"]), ["obscure", "--", "-"]);
}

#[test]
fn a_command_may_have_several_words() {
    let expected = ["config", "create", "--no-obscure", "--", "a", "b"];
    for line in [
        ["config", "create", "a", "b", "--no-obscure"],
        ["config", "--no-obscure=1", "create", "a", "b"],
    ] {
        assert_eq!(words(&line), expected);
    }
    let Why::Flag(text) = why(&["config", "xyz"]) else {
        panic!("a second word that is no command");
    };
    assert_eq!(text, "unknown command \"xyz\" for \"megarc config\"");
}

#[test]
fn refusals_have_rclones_words() {
    assert_eq!(
        why(&["copy", "--existing"]),
        flag("unknown flag: --existing")
    );
    assert_eq!(
        why(&["ls", "-R"]),
        flag("unknown shorthand flag: 'R' in -R")
    );
    assert_eq!(
        why(&["ls", "--transfers"]),
        flag("flag needs an argument: --transfers")
    );
    assert_eq!(
        why(&["ls", "-n=yes"]),
        flag(
            "invalid argument \"yes\" for \"-n, --dry-run\" flag: parsing \"yes\" as bool \
             failed: strconv.ParseBool: parsing \"yes\": invalid syntax"
        )
    );
    assert_eq!(why(&[]), Why::NoCommand);
    let near = ["ls", "lsd", "lsf", "lsl"].map(str::to_owned).to_vec();
    assert_eq!(why(&["lss"]), Why::UnknownCommand("lss".to_owned(), near));
}

#[test]
fn a_flag_of_rclone_that_is_not_honoured_is_never_ignored() {
    for (name, why_not) in super::super::unsupported::POINTLESS {
        let typed = format!("--{name}");
        assert!(
            matches!(why(&["copy", &typed, "1"]), Why::Flag(text)
                if text.contains(name) && text.ends_with(why_not)),
            "{typed} is not refused"
        );
    }
}

#[test]
fn the_command_line_beats_the_environment() {
    let environment = [
        ("MEGARC_TRANSFERS", "9"),
        ("MEGARC_DRY_RUN", "true"),
        ("MEGARC_VERBOSE", "2"),
    ];
    let words = |line: &[&str]| words_of(&sorted_with(line, &environment).unwrap());
    assert_eq!(
        words(&["ls"]),
        [
            "--dry-run",
            "--transfers=9",
            "--verbose",
            "--verbose",
            "ls",
            "--"
        ]
    );
    assert_eq!(
        words(&["ls", "--transfers=3", "-n=0", "-v"]),
        ["--transfers=3", "--verbose", "ls", "--"]
    );
    let bad = sorted_with(&["ls"], &[("MEGARC_DRY_RUN", "")]).unwrap_err();
    assert_eq!(
        bad.why,
        Why::Environment(
            "Invalid value when setting --dry-run from environment variable \
             MEGARC_DRY_RUN=\"\": invalid argument \"\" for \"-n, --dry-run\" flag: parsing \
             \"\" as bool failed: strconv.ParseBool: parsing \"\": invalid syntax"
                .to_owned()
        )
    );
}
