//! `--name-transform`: names that change on their way. The lines and trees are
//! rclone 1.75.2's.

use crate::support::Home;

fn home() -> Home {
    let home = Home::new();
    home.write("src/one.txt", "1\n");
    home.write("src/Sub Dir/two.tar.gz", "2\n");
    home.write("src/Sub Dir/deep/Three", "3\n");
    home
}

/// The lines that tell what was copied, sorted, and the files of `dst`.
fn copied(rules: &[&str]) -> (Vec<String>, Vec<String>) {
    let home = home();
    let mut words = vec!["copy", "src:", "dst:", "-v"];
    for rule in rules {
        words.extend(["--name-transform", rule]);
    }
    let outcome = home.run(&words);
    assert_eq!(outcome.code, 0, "{rules:?}: {}", outcome.stderr);
    let mut lines: Vec<String> = outcome
        .complaints()
        .iter()
        .filter(|line| line.contains("Copied"))
        .map(|line| (*line).to_owned())
        .collect();
    lines.sort();
    let files = home.run(&["lsf", "-R", "--files-only", "dst:"]).ok();
    // A second run finds everything in its place.
    let again = home.run(&words);
    assert!(!again.stderr.contains("Copied"), "{}", again.stderr);
    (lines, files.lines().map(str::to_owned).collect())
}

#[test]
fn files_and_directories_get_their_new_names() {
    let (lines, files) = copied(&["prefix=x_"]);
    assert_eq!(
        lines,
        [
            "INFO  : Sub Dir/deep/Three: Copied (new) to: Sub Dir/deep/x_Three",
            "INFO  : Sub Dir/two.tar.gz: Copied (new) to: Sub Dir/x_two.tar.gz",
            "INFO  : one.txt: Copied (new) to: x_one.txt",
        ]
    );
    assert_eq!(
        files,
        ["x_one.txt", "Sub Dir/x_two.tar.gz", "Sub Dir/deep/x_Three"]
    );
    let (lines, _) = copied(&["dir,uppercase", "file,suffix_keep_extension=-new"]);
    assert_eq!(
        lines,
        [
            "INFO  : Sub Dir/deep/Three: Copied (new) to: SUB DIR/DEEP/Three-new",
            "INFO  : Sub Dir/two.tar.gz: Copied (new) to: SUB DIR/two-new.tar.gz",
            "INFO  : one.txt: Copied (new) to: one-new.txt",
        ]
    );
    let (_, files) = copied(&["all,base64encode"]);
    assert_eq!(
        files,
        [
            "b25lLnR4dA==",
            "U3ViIERpcg==/dHdvLnRhci5neg==",
            "U3ViIERpcg==/ZGVlcA==/VGhyZWU=",
        ]
    );
    let (lines, _) = copied(&["replace=o:0"]);
    assert_eq!(lines[0], "INFO  : Sub Dir/deep/Three: Copied (new)");
    let (_, files) = copied(&["command=echo", "all,lowercase"]);
    assert_eq!(
        files,
        ["one.txt", "sub dir/two.tar.gz", "sub dir/deep/three"]
    );
}

#[test]
fn a_sync_there_and_a_sync_back_are_none_that_deletes() {
    let home = home();
    home.run(&[
        "sync",
        "src:",
        ":sandbox:d",
        "--name-transform=all,base64encode",
    ])
    .ok();
    let again = home.run(&[
        "sync",
        "src:",
        ":sandbox:d",
        "-v",
        "--name-transform=all,base64encode",
    ]);
    assert!(!again.stderr.contains("Copied") && !again.stderr.contains("Deleted"));
    let check = home.run(&[
        "check",
        "src:",
        ":sandbox:d",
        "--name-transform=all,base64encode",
    ]);
    assert_eq!(check.code, 0, "{}", check.stderr);
    home.run(&[
        "sync",
        ":sandbox:d",
        "dst:",
        "--name-transform=all,base64decode",
    ])
    .ok();
    for file in ["one.txt", "Sub Dir/two.tar.gz", "Sub Dir/deep/Three"] {
        assert_eq!(
            home.read(&format!("dst/{file}")),
            home.read(&format!("src/{file}"))
        );
    }
    // What has no counterpart under its new name goes.
    home.run(&["sync", "src:", "dst:", "--name-transform=all,uppercase"])
        .ok();
    assert_eq!(
        home.run(&["lsf", "-R", "--files-only", "dst:"]).ok(),
        "ONE.TXT\nSUB DIR/TWO.TAR.GZ\nSUB DIR/DEEP/THREE\n"
    );
}

#[test]
fn what_is_moved_changes_too_and_single_files_do() {
    let home = home();
    home.run(&[
        "copyto",
        "src:one.txt",
        "aux:two.txt",
        "--name-transform=prefix=x_",
    ])
    .ok();
    home.run(&["copy", "src:one.txt", "aux:", "--name-transform=uppercase"])
        .ok();
    assert_eq!(home.run(&["lsf", "aux:"]).ok(), "ONE.TXT\nx_two.txt\n");
    // Even where a whole directory could be renamed at once.
    home.run(&["move", "src:", "dst:", "--name-transform=all,suffix=Z"])
        .ok();
    assert_eq!(
        home.run(&["lsf", "-R", "--files-only", "dst:"]).ok(),
        "one.txtZ\nSub DirZ/two.tar.gzZ\nSub DirZ/deepZ/ThreeZ\n"
    );
    assert_eq!(home.run(&["lsf", "-R", "--files-only", "src:"]).ok(), "");
}

#[test]
fn what_cannot_be_changed_keeps_its_name_and_counts() {
    let home = home();
    home.write("dst/extra", "");
    let rules = [
        "--name-transform=trimprefix=Three",
        "--name-transform=trimsuffix=.txt",
    ];
    let outcome = home.run(&[&["sync", "src:", "dst:"], &rules[..]].concat());
    assert_eq!(outcome.code, 1);
    let line = "ERROR : Sub Dir/deep/Three: Failed to transform: \
                transform cannot render path segments empty";
    assert_eq!(outcome.complaints()[0], line);
    // After an error nothing is deleted.
    for file in ["one", "Sub Dir/deep/Three", "extra"] {
        assert!(home.exists(&format!("dst/{file}")), "{file}");
    }
}

#[test]
fn two_files_that_become_one_are_told() {
    let home = Home::new();
    home.write("src/A", "first");
    home.write("src/a", "second");
    let outcome = home.run(&["copy", "src:", "dst:", "--name-transform=lowercase"]);
    assert!(outcome.stderr.contains("Duplicate"), "{}", outcome.stderr);
    assert!(["first", "second"].contains(&home.read("dst/a").as_str()));
}

#[test]
fn a_rule_that_is_none_ends_the_command_before_it_begins() {
    let home = home();
    for (rule, why) in [
        ("prefix", "value is required for prefix"),
        ("regex=(/x", "regex: "),
        ("nothing", "invalid choice \"nothing\" from: none, nfc, "),
    ] {
        let outcome = home.run(&["copy", "src:", "dst:", "--name-transform", rule]);
        assert_eq!(outcome.code, 1, "{rule}");
        let line = format!("CRITICAL: Failed to parse transform flags: {why}");
        assert!(
            outcome.complaints()[0].starts_with(&line),
            "{}",
            outcome.stderr
        );
        assert!(!home.exists("dst"));
    }
}
