//! `config encryption`: the file is encrypted as a whole, and every command
//! opens it, by rclone's rules.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use crate::support::pty::Pty;
use crate::support::{Home, Outcome};

const PASSWORD: &str = "pässword 1";
const WRONG: &str = "ERROR : Couldn't decrypt configuration, most likely wrong password.";

fn run_with_env(home: &Home, arguments: &[&str], env: &[(&str, &str)], stdin: &str) -> Outcome {
    let mut command = home.command(arguments);
    command.envs(env.iter().copied());
    home.finish(command, stdin)
}

fn opened(home: &Home, arguments: &[&str]) -> Outcome {
    run_with_env(home, arguments, &[("MEGARC_CONFIG_PASS", PASSWORD)], "")
}

/// A home whose configuration is encrypted.
fn encrypted() -> Home {
    let home = Home::new();
    let twice = format!("{PASSWORD}\n{PASSWORD}\n");
    let set = home.run_with(&["config", "encryption", "set"], &twice);
    assert_eq!((set.code, set.stdout.as_str()), (0, ""), "{}", set.stderr);
    assert_eq!(
        set.stderr,
        "Enter NEW configuration password:\npassword:\
         Confirm NEW configuration password:\npassword:"
    );
    home
}

#[test]
fn the_file_is_sealed_and_every_command_opens_it() {
    let home = encrypted();
    let text = home.read("megarc.toml");
    assert!(!text.contains("alias"), "{text}");
    assert!(
        text.contains("\nMEGARC_ENCRYPT_V1:pbkdf2-hmac-sha512:"),
        "{text}"
    );
    let mode = std::fs::metadata(home.path("megarc.toml")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
    home.write("aux/a.txt", "a");
    assert_eq!(opened(&home, &["ls", "aux:"]).ok(), "        1 a.txt\n");
    assert_eq!(opened(&home, &["listremotes"]).ok(), "src:\ndst:\naux:\n");
    // What changes it leaves it sealed.
    opened(&home, &["config", "create", "m", "memory"]).ok();
    opened(&home, &["config", "delete", "src"]).ok();
    let text = home.read("megarc.toml");
    assert!(!text.contains("memory"), "{text}");
    assert_eq!(opened(&home, &["listremotes"]).ok(), "dst:\naux:\nm:\n");
    // What needs no remotes needs no password.
    for arguments in [&["version"][..], &["config", "file"], &["config", "paths"]] {
        home.run(arguments).ok();
    }
}

#[test]
fn the_password_is_changed_and_removed_and_comments_survive() {
    let home = Home::new();
    let text = "# mine\n[a] # here\ntype = \"memory\"\n";
    home.write("megarc.toml", text);
    let set = ["config", "encryption", "set"];
    let check = ["config", "encryption", "check"];
    let plain = home.run(&check);
    assert_eq!(plain.code, 2);
    assert!(
        plain
            .stderr
            .starts_with("Error: config file is NOT encrypted\nUsage:\n")
    );
    home.run(&["config", "encryption", "remove"]).ok();
    assert_eq!(home.read("megarc.toml"), text);

    // Different ones, then none at all, then the same twice.
    let answers = "one\ntwo\n \none\none\n";
    let outcome = home.run_with(&set, answers);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("Passwords do not match!\n"));
    assert!(
        outcome
            .stderr
            .contains("Bad password: no characters in password\n")
    );
    let env = |password| [("MEGARC_CONFIG_PASS", password)];
    run_with_env(&home, &check, &env("one"), "").ok();
    let sealed = home.read("megarc.toml");

    let ended = run_with_env(&home, &set, &env("one"), "new\n");
    assert_eq!(ended.code, 1);
    assert!(
        ended
            .stderr
            .ends_with("CRITICAL: Failed to read line: EOF\n")
    );
    assert_eq!(home.read("megarc.toml"), sealed);
    let changed = run_with_env(&home, &set, &env("one"), "new\nnew\n");
    assert_eq!(changed.code, 0, "{}", changed.stderr);
    assert_ne!(home.read("megarc.toml"), sealed);
    assert_eq!(run_with_env(&home, &check, &env("one"), "").code, 1);
    run_with_env(&home, &["config", "encryption", "remove"], &env("new"), "").ok();
    assert_eq!(home.read("megarc.toml"), text);
}

#[test]
fn a_wrong_password_in_the_environment_has_one_try() {
    let home = encrypted();
    let outcome = run_with_env(&home, &["listremotes"], &[("MEGARC_CONFIG_PASS", "no")], "");
    assert_eq!(outcome.code, 1);
    assert_eq!(
        outcome.complaints(),
        [
            WRONG,
            "CRITICAL: Failed to load config file \"@ROOT@/megarc.toml\": using \
             MEGARC_CONFIG_PASS env password, unable to decrypt configuration",
        ]
    );
    let blank = run_with_env(&home, &["listremotes"], &[("MEGARC_CONFIG_PASS", " ")], "");
    assert_eq!(
        blank.complaints().first(),
        Some(&"ERROR : Using MEGARC_CONFIG_PASS returned: no characters in password")
    );
}

#[test]
fn the_command_comes_before_the_environment() {
    let home = encrypted();
    let wrong_env = [("MEGARC_CONFIG_PASS", "no")];
    let list = |command: &str| {
        let arguments = ["listremotes", "--password-command", command];
        run_with_env(&home, &arguments, &wrong_env, "")
    };
    let names = "src:\ndst:\naux:\n";
    let quoted = format!("printf \"{PASSWORD}\\r\\n\\n\"");
    assert_eq!(list(&quoted).ok(), names);
    let script = format!("sh -c \"echo '{PASSWORD}'; echo hm >&2\"");
    let spoke = list(&script);
    assert_eq!(
        (spoke.stdout.as_str(), spoke.stderr.as_str()),
        (names, "hm\n")
    );
    let env = [("MEGARC_PASSWORD_COMMAND", quoted.as_str())];
    assert_eq!(run_with_env(&home, &["listremotes"], &env, "").ok(), names);

    let load = "CRITICAL: Failed to load config file \"@ROOT@/megarc.toml\": ";
    for (command, error, critical) in [
        (
            "echo wrong",
            Some(WRONG),
            "using --password-command derived password, unable to decrypt configuration",
        ),
        ("true", None, "--password-command returned empty string"),
        (
            "false",
            Some("ERROR : Using --password-command returned: exit status 1"),
            "password command failed: exit status 1",
        ),
        (
            "no-such-program",
            Some(
                "ERROR : Using --password-command returned: exec: \"no-such-program\": \
                 executable file not found in $PATH",
            ),
            "password command failed: exec: \"no-such-program\": executable file not found in \
             $PATH",
        ),
    ] {
        let outcome = list(command);
        let critical = format!("{load}{critical}");
        let expected: Vec<&str> = error.into_iter().chain([critical.as_str()]).collect();
        assert_eq!(
            (outcome.code, outcome.complaints()),
            (1, expected),
            "{command}"
        );
    }
    let malformed = list("echo \"");
    assert_eq!(malformed.code, 2);
    let why = "invalid argument \"echo \\\"\" for \"--password-command\" flag: parsing \
               \"echo \\\"\" as fs.SpaceSepList failed: extraneous or missing \" in quoted-field";
    assert!(malformed.stderr.contains(why), "{}", malformed.stderr);
}

#[test]
fn the_command_gives_the_new_password_too() {
    let home = encrypted();
    let command = format!(
        "sh -c \"if [ -n \\\"\\\"$MEGARC_PASSWORD_CHANGE\\\"\\\" ]; then echo next; else echo \
         '{PASSWORD}'; fi\""
    )
    .replace("\\\"", "\"");
    let set = [
        "config",
        "encryption",
        "set",
        "--password-command",
        &command,
    ];
    home.run(&set).ok();
    let check = ["config", "encryption", "check"];
    run_with_env(&home, &check, &[("MEGARC_CONFIG_PASS", "next")], "").ok();

    let sealed = home.read("megarc.toml");
    let only_old = "sh -c \"test -z \"\"$MEGARC_PASSWORD_CHANGE\"\" && echo next\"";
    let refused = home.run(&[
        "config",
        "encryption",
        "set",
        "--password-command",
        only_old,
    ]);
    assert_eq!(refused.code, 1);
    assert_eq!(
        refused.complaints().last(),
        Some(
            &"CRITICAL: Failed to read new password with --password-command: password command \
              failed: exit status 1"
        )
    );
    assert_eq!(home.read("megarc.toml"), sealed);
}

#[test]
fn without_either_it_asks_until_the_answer_is_right() {
    let home = encrypted();
    let asked = home.run_with(&["listremotes"], &format!("no\n\n{PASSWORD}\n"));
    assert_eq!(
        (asked.code, asked.stdout.as_str()),
        (0, "src:\ndst:\naux:\n")
    );
    let question = "Enter configuration password:\npassword:";
    let title = "Enter configuration password:";
    assert_eq!(
        asked
            .stderr
            .replace("password:20", "password:\n20")
            .matches(title)
            .count(),
        3,
        "{}",
        asked.stderr
    );
    assert!(asked.stderr.starts_with(question), "{}", asked.stderr);
    assert!(asked.stderr.contains("most likely wrong password."));
    assert!(
        asked
            .stderr
            .contains("Bad password: no characters in password\n")
    );
    let ended = home.run(&["listremotes"]);
    assert_eq!(ended.code, 1);
    assert!(
        ended
            .stderr
            .ends_with("CRITICAL: Failed to read line: EOF\n")
    );
    let refused = home.run(&["listremotes", "--ask-password=false"]);
    let critical = "CRITICAL: Failed to load config file \"@ROOT@/megarc.toml\": unable to \
                    decrypt configuration and not allowed to ask for password - set \
                    MEGARC_CONFIG_PASS to your configuration password";
    assert_eq!((refused.code, refused.complaints()), (1, vec![critical]));
    let env = [("MEGARC_ASK_PASSWORD", "false")];
    let refused = run_with_env(&home, &["listremotes"], &env, "");
    assert_eq!(refused.complaints(), [critical]);
}

#[test]
fn on_a_terminal_the_password_is_not_shown() {
    let home = encrypted();
    let mut pty = Pty::start(home.command(&["listremotes"]));
    pty.answer_hidden("Enter configuration password:\r\npassword:", "wrong");
    pty.answer_hidden("Enter configuration password:\r\npassword:", PASSWORD);
    pty.expect("src:");
    assert_eq!(pty.end(), 0);
    assert!(!pty.screen.contains(PASSWORD), "{}", pty.screen);
    assert!(pty.screen.contains("most likely wrong password."));

    let mut pty = Pty::start(home.command(&["listremotes"]));
    pty.expect("password:");
    pty.await_echo(false);
    pty.press("\x03");
    assert_eq!(pty.end(), 130);
    pty.await_echo(true);
}

#[test]
fn the_dialogue_sets_changes_and_removes_it() {
    let home = Home::new();
    let plain = home.read("megarc.toml");
    let mut pty = Pty::start(home.command(&["config"]));
    pty.answer("e/n/d/r/c/s/q> ", "s");
    pty.expect("Your configuration is not encrypted.");
    pty.answer("a) Add Password\r\nq) Quit to main menu\r\na/q> ", "u");
    pty.answer("one of the following characters: a, q.\r\na/q> ", "a");
    pty.answer_hidden("Enter NEW configuration password:\r\npassword:", "x");
    pty.answer_hidden("Confirm NEW configuration password:\r\npassword:", "y");
    pty.answer_hidden(
        "Passwords do not match!\r\nEnter NEW configuration password:\r\npassword:",
        "x",
    );
    pty.answer_hidden("Confirm NEW configuration password:\r\npassword:", "x");
    pty.expect("Password set\r\nYour configuration is encrypted.");
    assert!(home.read("megarc.toml").contains("MEGARC_ENCRYPT_V1"));
    pty.answer(
        "c) Change Password\r\nu) Unencrypt configuration\r\nq) Quit to main menu\r\nc/u/q> ",
        "",
    );
    pty.answer(
        "This value is required and it has no default.\r\nc/u/q> ",
        "c",
    );
    pty.answer_hidden("Enter NEW configuration password:\r\npassword:", PASSWORD);
    pty.answer_hidden("Confirm NEW configuration password:\r\npassword:", PASSWORD);
    pty.expect("Password changed\r\nYour configuration is encrypted.");
    pty.answer("c/u/q> ", "q");
    pty.answer("e/n/d/r/c/s/q> ", "q");
    assert_eq!(pty.end(), 0);
    assert!(!pty.screen.contains(PASSWORD), "{}", pty.screen);
    opened(&home, &["config", "encryption", "check"]).ok();

    let mut pty = Pty::start(home.command(&["config"]));
    pty.answer_hidden("Enter configuration password:\r\npassword:", PASSWORD);
    pty.answer("e/n/d/r/c/s/q> ", "s");
    pty.answer("c/u/q> ", "u");
    pty.expect("Your configuration is not encrypted.");
    pty.answer("a/q> ", "q");
    pty.answer("e/n/d/r/c/s/q> ", "q");
    assert_eq!(pty.end(), 0);
    assert_eq!(home.read("megarc.toml"), plain);
}

#[test]
fn rclones_encrypted_file_is_read_and_not_rewritten() {
    let home = Home::new();
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../vectors/rclone_config.json")).unwrap();
    let case = &vectors["from_rclone"]["encrypted"][1];
    let file = case["file"].as_str().unwrap();
    home.write("rclone.conf", file);
    let env = [("MEGARC_CONFIG_PASS", case["password"].as_str().unwrap())];
    let run = |arguments: &[&str]| {
        let arguments = [arguments, &["--config", "@ROOT@/rclone.conf"]].concat();
        run_with_env(&home, &arguments, &env, "new\nnew\n")
    };
    assert_eq!(run(&["listremotes"]).ok(), "mega1:\nempty:\n");
    run(&["config", "encryption", "check"]).ok();
    for action in ["set", "remove"] {
        let refused = run(&["config", "encryption", action]);
        assert_eq!(refused.code, 1);
        assert!(
            refused.stderr.contains("rclone's configuration"),
            "{}",
            refused.stderr
        );
    }
    assert_eq!(home.read("rclone.conf"), file);
}

#[test]
fn a_configuration_in_memory_has_no_password() {
    let home = Home::new();
    let set = ["--config", "", "config", "encryption", "set"];
    let outcome = home.run_with(&set, "x\nx\n");
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.stderr.contains("in memory only"),
        "{}",
        outcome.stderr
    );
    home.run(&["--config", "", "listremotes"]).ok();
}

/// Ten processes at once, on a plain file and on an encrypted one.
#[test]
fn remotes_added_at_the_same_time_are_all_there() {
    for home in [Home::new(), encrypted()] {
        let children: Vec<_> = (0..10)
            .map(|i| {
                let name = format!("m{i}");
                let mut command = home.command(&["config", "create", &name, "memory"]);
                command
                    .env("MEGARC_CONFIG_PASS", PASSWORD)
                    .stdout(Stdio::null());
                command.spawn().unwrap()
            })
            .collect();
        for child in children {
            let ended = child.wait_with_output().unwrap();
            assert!(ended.status.success(), "{ended:?}");
        }
        let listed = opened(&home, &["listremotes"]).ok();
        let mut names: Vec<&str> = listed.lines().collect();
        names.sort_unstable();
        let expected = "aux: dst: m0: m1: m2: m3: m4: m5: m6: m7: m8: m9: src:";
        assert_eq!(names.join(" "), expected);
        let text = home.read("megarc.toml");
        assert_eq!(text.contains("memory"), !text.contains("MEGARC_ENCRYPT"));
    }
}

#[test]
fn the_command_sees_no_password_of_ours() {
    let home = encrypted();
    let script = format!("sh -c \"env > seen; echo '{PASSWORD}'\"");
    let arguments = ["listremotes", "--password-command", &script];
    let env = [
        ("MEGARC_CONFIG_PASS", "Passw0rd-for-us"),
        ("MEGARC_MEGA_PASS", "another-for-us"),
        ("OF_OTHERS", "kept"),
    ];
    run_with_env(&home, &arguments, &env, "").ok();
    let seen = home.read("seen");
    assert!(seen.contains("OF_OTHERS=kept"), "{seen}");
    assert!(!seen.contains("for-us"), "{seen}");
    assert!(!seen.contains("MEGARC_"), "{seen}");
}
