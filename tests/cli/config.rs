//! `config` and its commands: what is printed, and what is in the file.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::Home;

const MINE: &str = "# my remotes\n\n[mega] # the account\ntype = \"mega\"\n# mine\n\
                    user = \"me@example.com\" # mail\nsession_key = \"c2VjcmV0\"\n\n\
                    [other]\ntype = \"memory\"\n";

fn home() -> Home {
    let home = Home::new();
    home.write("megarc.toml", MINE);
    home
}

#[test]
fn a_remote_is_made_and_used() {
    let home = Home::new();
    home.write("aux/a.txt", "a");
    let shown = home
        .run(&["config", "create", "there", "alias", "remote=@ROOT@/aux"])
        .ok();
    assert_eq!(shown, "[there]\ntype = alias\nremote = @ROOT@/aux\n");
    assert_eq!(home.run(&["ls", "there:"]).ok(), "        1 a.txt\n");
    home.run(&["config", "delete", "there"]).ok();
    assert_eq!(home.run(&["ls", "there:"]).code, 1);
}

#[test]
fn passwords_are_obscured_once_and_not_shown() {
    let home = home();
    let stored = || {
        let text = home.read("megarc.toml");
        let line = text.lines().find(|l| l.starts_with("pass = ")).unwrap();
        line["pass = ".len()..].trim_matches('"').to_owned()
    };
    let shown = home.run(&["config", "update", "mega", "pass=secret"]).ok();
    assert!(shown.contains("pass = *** ENCRYPTED ***\n"), "{shown}");
    let obscured = stored();
    assert_eq!(
        home.run(&["reveal", "--", &obscured]).ok(),
        "secret\n",
        "{obscured}"
    );
    let again = format!("pass={obscured}");
    home.run(&["config", "update", "mega", &again]).ok();
    assert_eq!(stored(), obscured);
    home.run(&["config", "update", "mega", &again, "--obscure"])
        .ok();
    assert_eq!(home.run(&["reveal", "--", &stored()]).ok().trim(), obscured);
    home.run(&["config", "update", "mega", "pass", "x", "--no-obscure"])
        .ok();
    assert_eq!(stored(), "x");
    let both = ["config", "update", "mega", "--obscure", "--no-obscure"];
    assert_eq!(home.run(&both).code, 2);
}

#[test]
fn secrets_stay_in_the_file() {
    let home = home();
    home.run(&["config", "password", "mega", "pass", "secret"])
        .ok();
    let file = home.read("megarc.toml");
    let pass = file.split("pass = \"").nth(1).unwrap();
    let pass = pass.split('"').next().unwrap();
    for command in ["show", "redacted", "dump"] {
        let text = home.run(&["config", command]).ok();
        assert!(!text.contains("c2VjcmV0"), "{command}: {text}");
        assert_eq!(text.contains(pass), command == "dump", "{text}");
        assert_eq!(text.contains("me@example.com"), command != "redacted");
    }
    assert_eq!(
        home.run(&["config", "redacted", "mega:"]).ok(),
        "[mega]\ntype = mega\nuser = XXX\nsession_key = XXX\npass = XXX\n\
         ### Double check the config for sensitive info before posting publicly\n"
    );
}

#[test]
fn nothing_is_shown_of_a_type_that_is_not_known() {
    let home = home();
    home.write("megarc.toml", "[x]\ntype = \"crypt\"\npassword = \"abc\"\n");
    assert_eq!(
        home.run(&["config", "show"]).ok(),
        "[x]\n# couldn't find type of fs for \"x\"\n\n"
    );
}

#[test]
fn an_edit_keeps_comments_and_the_rest() {
    let home = home();
    home.run(&["config", "update", "mega", "user=you@example.com"])
        .ok();
    let expected = MINE.replace("me@example", "you@example");
    assert_eq!(home.read("megarc.toml"), expected);
    home.run(&["config", "unset", "mega", "session_key"]).ok();
    let expected = expected.replace("session_key = \"c2VjcmV0\"\n", "");
    assert_eq!(home.read("megarc.toml"), expected);
    home.run(&["config", "delete", "other"]).ok();
    assert!(home.read("megarc.toml").starts_with("# my remotes"));
    assert!(!home.read("megarc.toml").contains("other"));
}

#[test]
fn the_file_is_made_for_its_owner_alone() {
    let home = Home::new();
    let mode = |name: &str| home.path(name).metadata().unwrap().permissions().mode() & 0o777;
    home.run(&["config", "touch", "--config", "new/touched.toml"])
        .ok();
    assert_eq!((mode("new"), mode("new/touched.toml")), (0o700, 0o600));
    let create = ["config", "create", "m", "memory", "--config", "made.toml"];
    assert_eq!(home.run(&create).ok(), "[m]\ntype = memory\n");
    assert_eq!(mode("made.toml"), 0o600);
    assert_eq!(home.read("made.toml"), "[m]\ntype = \"memory\"\n");
}

#[test]
fn a_broken_file_is_found_and_left_alone() {
    let home = home();
    home.write("megarc.toml", "[x]\njunk\n");
    assert_eq!(
        home.run(&["config", "file"]).ok(),
        "Configuration file is stored at:\n@ROOT@/megarc.toml\n"
    );
    let outcome = home.run(&["config", "create", "m", "memory"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("line 2"), "{}", outcome.stderr);
    assert_eq!(home.read("megarc.toml"), "[x]\njunk\n");
    home.run(&["config", "touch"]).ok();
    assert_eq!(home.read("megarc.toml"), "[x]\njunk\n");
}

#[test]
fn a_file_of_rclone_is_never_written() {
    let home = home();
    home.write("rclone.conf", "[a]\ntype = memory\n");
    for file in ["rclone.conf", "missing.conf"] {
        let outcome = home.run(&["config", "create", "m", "memory", "--config", file]);
        assert_eq!(outcome.code, 1);
        assert!(outcome.stderr.contains("never writes it"));
    }
    assert_eq!(home.read("rclone.conf"), "[a]\ntype = memory\n");
    assert!(!home.exists("missing.conf"));
}

#[test]
fn programs_that_add_remotes_at_once_lose_none() {
    let home = Home::new();
    std::thread::scope(|scope| {
        for number in 0..10 {
            let home = &home;
            scope.spawn(move || {
                let name = format!("r{number}");
                home.run(&["config", "create", &name, "memory"]).ok();
            });
        }
    });
    let dump = home.run(&["config", "dump"]).ok();
    let dump: serde_json::Value = serde_json::from_str(&dump).unwrap();
    assert_eq!(dump.as_object().unwrap().len(), 13, "{dump}");
}

#[test]
fn wrong_arguments_are_refused_with_the_usage() {
    let home = home();
    for (arguments, why) in [
        (vec!["unset", "nope", "x"], "remote \"nope\" doesn't exist"),
        (vec!["update", "mega", "user"], "found key without value"),
        (vec!["xyz"], "unknown command \"xyz\" for \"megarc config\""),
    ] {
        let outcome = home.run(&[vec!["config"], arguments].concat());
        let complaints = outcome.complaints();
        assert_eq!(outcome.code, 2);
        assert_eq!(complaints[0], format!("Error: {why}"));
        assert_eq!(
            complaints.last().unwrap(),
            &format!("NOTICE: Fatal error: {why}")
        );
    }
    assert_eq!(home.read("megarc.toml"), MINE);
    // Here a name stands for itself, not for a place.
    for command in [
        vec!["update", "mega:", "user=x"],
        vec!["password", "mega:", "pass=x"],
        vec!["unset", "mega:", "user"],
    ] {
        let outcome = home.run(&[vec!["config"], command].concat());
        assert_eq!(outcome.code, 2);
        let why = "Error: config name contains invalid characters";
        assert!(outcome.complaints()[0].starts_with(why));
    }
    assert_eq!(home.read("megarc.toml"), MINE);
    let help = home.run(&["config", "create", "--help"]).ok();
    assert!(help.contains("megarc config create NAME TYPE [OPTION]... [FLAGS]"));
}

/// One step of rclone's dialogue in JSON: the state and the name of what is
/// asked next, and the complaint about the answer.
fn step(home: &Home, arguments: &[&str]) -> (String, String, String) {
    let shown = home.run(&[&["config"], arguments].concat()).ok();
    let json: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let name = text(&json["Option"]["Name"]);
    (text(&json["State"]), name, text(&json["Error"]))
}

#[test]
fn a_program_asks_the_questions() {
    let home = Home::new();
    home.write("megarc.toml", "");
    let done =
        "{\n\t\"State\": \"\",\n\t\"Option\": null,\n\t\"Error\": \"\",\n\t\"Result\": \"\"\n}\n";
    let silent = ["config", "create", "x", "memory", "--non-interactive"];
    assert_eq!(home.run(&silent).ok(), done);

    let create = [
        "create",
        "m",
        "mega",
        "user=u",
        "--non-interactive",
        "--all",
    ];
    let (mut state, mut name, _) = step(&home, &create);
    assert_eq!((&*state, &*name), ("*all-set,1,false", "pass"));
    let mut answer = |result: &str| {
        let update = [
            "update",
            "m",
            "--continue",
            "--all",
            "--state",
            &state,
            "--result",
            result,
        ];
        let (next, asked, error) = step(&home, &update);
        state = next;
        name = asked;
        (name.clone(), error)
    };
    let named = |name: &str| (name.to_owned(), String::new());
    let required = "This value is required and it has no default.";
    assert_eq!(answer(""), ("pass".to_owned(), required.to_owned()));
    assert_eq!(answer("secret"), named("2fa"));
    assert_eq!(answer(""), named("config_fs_advanced"));
    assert_eq!(answer("perhaps").1, "it has to be true or false");
    assert_eq!(answer("true"), named("debug"));
    let wrong = "Failed to parse \"xx\": it has to be true or false";
    assert_eq!(answer("xx"), ("debug".to_owned(), wrong.to_owned()));
    assert_eq!(answer("t"), named("hard_delete"));
    while answer("").0 != "config_fs_advanced" {}
    assert_eq!(answer("false"), named(""));

    let file = home.read("megarc.toml");
    let (before, pass) = file.split_once("pass = \"").unwrap();
    assert!(
        before.ends_with("[m]\ntype = \"mega\"\nuser = \"u\"\n"),
        "{file}"
    );
    let (pass, after) = pass.split_once('"').unwrap();
    assert_eq!(after, "\ndebug = \"true\"\n");
    assert_eq!(home.run(&["reveal", "--", pass]).ok(), "secret\n");

    for state in [
        "*all-set,x,false",
        "*all-set,99,false",
        "*all-set,3,false",
        "bogus",
    ] {
        let lost = ["config", "update", "m", "--continue", "--state", state];
        let outcome = home.run(&lost);
        assert_eq!(outcome.code, 2, "{state}");
        assert!(outcome.stderr.contains("no question has the state"));
    }
    assert_eq!(
        home.run(&["config", "update", "m", "--result", "x"]).code,
        2
    );
}

#[test]
fn all_options_are_asked_for_where_that_is_wanted() {
    let home = Home::new();
    home.write("megarc.toml", "");
    let create = ["config", "create", "m", "mega", "user=u", "--all"];
    let stopped = home.run_with(&create, "y\n");
    assert_eq!(stopped.code, 1);
    assert_eq!(home.read("megarc.toml"), "");
    let outcome = home.run_with(&create, "y\nsecret\nsecret\n\n\n");
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(
        !outcome.stdout.contains("Option user."),
        "{}",
        outcome.stdout
    );
    assert!(
        outcome
            .stdout
            .ends_with("[m]\ntype = mega\nuser = u\npass = *** ENCRYPTED ***\n")
    );
}

#[test]
fn a_password_comes_through_a_pipe() {
    let home = Home::new();
    home.write("megarc.toml", "[m]\ntype = \"mega\"\nuser = \"me\"\n");
    let stored = || {
        let text = home.read("megarc.toml");
        let line = text.lines().find_map(|line| line.strip_prefix("pass = "));
        line.map(|pass| home.run(&["reveal", "--", pass.trim_matches('"')]).ok())
    };
    let piped = |input: &str| {
        let command = home.command(&["config", "password", "m"]);
        home.finish(command, input).ok()
    };
    // Nothing on it: nothing changes.
    piped("");
    assert_eq!(stored(), None);
    let said = piped("good password \nnot this\n");
    assert_eq!(stored().unwrap(), "good password \n");
    assert!(!said.contains("good password"), "{said}");
    // An answer that is empty keeps it.
    piped("\n");
    assert_eq!(stored().unwrap(), "good password \n");
}
