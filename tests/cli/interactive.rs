//! `--interactive`: the question before each change.

use crate::support::Home;
use crate::support::pty::Pty;

const ONE_BY_ONE: [&str; 3] = ["-i", "--transfers=1", "--checkers=1"];

/// A run that asks one thing after the other.
fn asked(home: &Home, arguments: &[&str], answers: &str) -> crate::support::Outcome {
    let all: Vec<&str> = ONE_BY_ONE.iter().chain(arguments).copied().collect();
    home.run_with(&all, answers)
}

/// The questions alone.
fn questions(stdout: &str) -> Vec<&str> {
    let lines = stdout.lines();
    lines.filter(|line| line.starts_with("megarc: ")).collect()
}

fn with_files() -> Home {
    let home = Home::new();
    for name in ["1", "2", "3"] {
        home.write(&format!("src/{name}"), name);
    }
    home
}

#[test]
fn each_file_is_asked_for_and_the_dialogue_is_rclones() {
    let home = with_files();
    let outcome = asked(&home, &["copy", "src:", "dst:"], "n\n\nnein\nN\n");
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let menu = "y) Yes, this is OK (default)\n\
                n) No, skip this\n\
                s) Skip all copy operations with no more questions\n\
                !) Do all copy operations with no more questions\n\
                q) Exit megarc now.\n";
    assert_eq!(
        outcome.stdout,
        format!(
            "\nmegarc: copy \"1\"?\n{menu}\nmegarc: copy \"2\"?\n{menu}\nmegarc: copy \"3\"?\n{menu}\
             This value must be a single character, one of the following: y, n, s, !, q.\n"
        )
    );
    assert!(!home.exists("dst/1") && home.exists("dst/2") && !home.exists("dst/3"));
    assert_eq!(
        outcome.complaints()[..2],
        [
            "NOTICE: 1: Skipped copy as --interactive is set (size 1)",
            "NOTICE: 3: Skipped copy as --interactive is set (size 1)",
        ]
    );
    // The statistics show unasked.
    assert!(
        outcome.stderr.contains("Transferred:"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn an_answer_for_all_holds_for_one_kind_of_change() {
    let home = with_files();
    home.write("dst/4", "4");
    home.write("dst/5", "5");
    let outcome = asked(&home, &["sync", "src:", "dst:"], "!\ns\n");
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(
        questions(&outcome.stdout),
        ["megarc: copy \"1\"?", "megarc: delete \"4\"?"]
    );
    assert!(
        outcome
            .stderr
            .contains("NOTICE: Doing all copy operations from now on without asking\n")
    );
    assert!(
        outcome
            .stderr
            .contains("NOTICE: Skipping all delete operations from now on without asking\n")
    );
    assert!(home.exists("dst/3") && home.exists("dst/4") && home.exists("dst/5"));
}

#[test]
fn who_quits_ends_the_run_and_it_is_no_failure() {
    let home = with_files();
    let outcome = asked(&home, &["copy", "src:", "dst:"], "y\nq\ny\n");
    assert_eq!(outcome.code, 0);
    assert_eq!(outcome.complaints(), ["NOTICE: Quitting megarc now"]);
    assert!(home.exists("dst/1") && !home.exists("dst/2") && !home.exists("dst/3"));
}

#[test]
fn where_the_answers_end_nothing_more_is_done() {
    let home = with_files();
    let outcome = asked(&home, &["copy", "src:", "dst:"], "y\n");
    assert_eq!(outcome.code, 1);
    assert_eq!(outcome.complaints(), ["CRITICAL: Failed to read line: EOF"]);
    assert!(home.exists("dst/1") && !home.exists("dst/2"));
}

#[test]
fn a_dry_run_asks_nothing() {
    let home = with_files();
    let outcome = asked(&home, &["copy", "-n", "src:", "dst:"], "");
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""));
    assert!(!home.exists("dst"));
}

#[test]
fn the_questions_of_the_walk_come_before_those_of_its_files() {
    let home = Home::new();
    let mut expected = Vec::new();
    for dir in ["a", "b", "c", "d"] {
        for side in ["src", "dst"] {
            home.write(&format!("{side}/{dir}/file"), dir);
            home.write(&format!("{side}/{dir}/only in {side}"), dir);
        }
        for old in [format!("dst/{dir}/file"), format!("dst/{dir}")] {
            let old = std::fs::File::open(home.path(&old)).unwrap();
            old.set_modified(std::time::UNIX_EPOCH).unwrap();
        }
        expected.push(format!(
            "megarc: set directory modification time \"{dir}\"?"
        ));
    }
    for dir in ["a", "b", "c", "d"] {
        expected.push(format!("megarc: update modification time \"{dir}/file\"?"));
    }
    let all = ["-i", "sync", "src:", "dst:", "--delete-during"];
    let outcome = home.run_with(&all, &"n\n".repeat(16));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let asked = questions(&outcome.stdout);
    // What is transferred and what is deleted go on side by side.
    assert_eq!(asked.len(), 16, "{asked:?}");
    assert_eq!(asked[..8], expected);
}

#[test]
fn every_kind_of_change_has_its_question() {
    let home = with_files();
    home.write("src/dir/x", "x");
    for (arguments, answers, expected) in [
        (
            &["mkdir", "src:new"][..],
            "n\n",
            "make directory \"Local file system at @ROOT@/src/new\"",
        ),
        (
            &["rmdir", "src:dir"],
            "n\n",
            "remove directory \"Local file system at @ROOT@/src/dir\"",
        ),
        (&["delete", "src:dir"], "n\n", "delete \"x\""),
        (&["deletefile", "src:1"], "n\n", "delete \"1\""),
        (&["touch", "src:1"], "n\n", "touch \"1\""),
        (&["moveto", "src:1", "src:9"], "n\n", "move to 9 \"1\""),
        (
            &["move", "src:dir", "src:dir2"],
            "n\n",
            "server-side directory move \"Local file system at @ROOT@/src/dir2\"",
        ),
        (&["copyto", "src:1", "src:9"], "n\n", "copy \"1\""),
    ] {
        let outcome = asked(&home, arguments, answers);
        assert_eq!(outcome.code, 0, "{arguments:?}: {}", outcome.stderr);
        assert_eq!(
            questions(&outcome.stdout),
            [format!("megarc: {expected}?")],
            "{arguments:?}"
        );
    }
    let left = home.run(&["lsf", "-R", "src:"]).ok();
    assert_eq!(left, "1\n2\n3\ndir/\ndir/x\n");
}

#[test]
fn an_answer_is_never_taken_out_of_a_file() {
    let home = with_files();
    let outcome = asked(&home, &["rcat", "src:9"], "y\nthe file\n");
    assert_eq!(outcome.code, 1);
    assert_eq!(
        outcome.complaints(),
        ["CRITICAL: --interactive can't ask here: what stands on standard input is the file"]
    );
    assert!(!home.exists("src/9"));
}

#[test]
fn a_file_that_may_not_be_put_away_is_not_replaced() {
    let home = with_files();
    home.write("dst/1", "older");
    home.write("dst/2", "older");
    let outcome = asked(
        &home,
        &[
            "copy",
            "src:",
            "dst:",
            "--backup-dir",
            "aux:",
            "--exclude=3",
        ],
        "n\ny\ny\n",
    );
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(
        questions(&outcome.stdout),
        [
            "megarc: move \"1\"?",
            "megarc: move \"2\"?",
            "megarc: copy \"2\"?"
        ]
    );
    assert_eq!(home.read("dst/1"), "older");
    assert_eq!(home.read("dst/2"), "2");
    assert_eq!(home.read("aux/2"), "older");
}

#[test]
fn a_move_through_this_machine_is_one_question() {
    let home = with_files();
    let outcome = asked(&home, &["move", "src:1", ":sandbox:"], "y\n");
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(questions(&outcome.stdout), ["megarc: move \"1\"?"]);
    assert!(!home.exists("src/1"));
}

#[test]
fn on_a_terminal_there_is_a_prompt_and_no_progress_runs_over_it() {
    let home = with_files();
    let mut command = home.command(&["-i", "-P", "--transfers=1", "copy", "src:", "dst:"]);
    command.env("TERM", "xterm");
    let mut screen = Pty::start(command);
    screen.answer("y/n/s/!/q> ", "n");
    screen.answer("y/n/s/!/q> ", "!");
    assert_eq!(screen.end(), 0, "{}", screen.screen);
    assert!(!home.exists("dst/1") && home.exists("dst/2") && home.exists("dst/3"));
}

#[test]
fn ctrl_c_at_a_question_ends_the_run() {
    let home = with_files();
    let mut screen = Pty::start(home.command(&["-i", "copy", "src:", "dst:"]));
    screen.expect("y/n/s/!/q> ");
    screen.press("\u{3}");
    assert_eq!(screen.end(), 130, "{}", screen.screen);
    assert!(!home.exists("dst/1"));
}
