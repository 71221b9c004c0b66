//! `config import`: what is taken over, what is not, and why. That it works
//! with rclone's own files is shown in tests/peers.

use crate::support::Home;
use crate::support::pty::Pty;

const RCLONES: &str = "\
top = level
[aux]
type = alias
remote = /elsewhere
[pics]
type = alias
remote = far:pics
[web]
type : http
url = http://127.0.0.1:1/
no_head = true
[bad/name]
type = memory
[far]
type = s3
access_key = K
[m]
type = mega
user = me@example.com
pass = \"\"\"QTFtYVlFecWSv-agbsKplQ\"\"\"
2fa = 123456
session_id = nonsense
master_key = nonsense
[m]
bogus = 1
";

#[test]
fn it_lists_what_it_took_and_what_it_left() {
    let home = Home::new();
    let before = home.read("megarc.toml");
    home.write("rclone.conf", RCLONES);
    let import = ["config", "import", "@ROOT@/rclone.conf"];
    let dry = home.run(&[&import[..], &["-n"]].concat()).ok();
    assert!(
        dry.contains("m: would be taken over, with its session if"),
        "{dry}"
    );
    assert_eq!(home.read("megarc.toml"), before);

    let outcome = home.run(&import);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    let rows: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(
        rows,
        [
            "DEFAULT: left out: it has no type",
            "aux: left out: there is a remote of that name (--overwrite replaces it)",
            "bad/name: left out: its name: config name contains invalid characters - may only \
             contain numbers, letters, `_`, `-`, `.`, `+`, `@` and space, while not start with \
             `-` or space, and not end with space",
            "far: left out: megarc has no remotes of type \"s3\"",
            "pics: taken over",
            "pics: it leads to far:, which megarc does not have",
            "web: taken over",
            "m: taken over, without its session: it is no session id with a \
             master key",
            "m: 2fa left out: a code is good for one login, and is not kept",
            "m: bogus left out: megarc has no such option",
        ]
    );
    let text = home.read("megarc.toml");
    let new = text.strip_prefix(&before).unwrap();
    assert!(
        new.starts_with("[pics]\ntype = \"alias\"\nremote = \"far:pics\"\n"),
        "{new}"
    );
    assert!(new.contains("pass = \"QTFtYVlFecWSv-agbsKplQ\"\n"), "{new}");
    assert!(!new.contains("nonsense"), "{new}");
    assert_eq!(home.read("rclone.conf"), RCLONES);

    home.run(&[&import[..], &["--overwrite"]].concat()).ok();
    assert!(home.read("megarc.toml").contains("remote = \"/elsewhere\""));
}

#[test]
fn it_looks_where_rclone_does() {
    let home = Home::new();
    let missing = home.run(&["config", "import"]);
    assert_eq!(missing.code, 1);
    assert_eq!(
        missing.complaints()[0],
        "CRITICAL: there is no configuration of rclone at \
         \"@ROOT@/.config/rclone/rclone.conf\" or \"@ROOT@/.rclone.conf\""
    );
    home.write(".rclone.conf", "[old]\ntype = memory\n");
    assert_eq!(home.run(&["config", "import"]).ok(), "old: taken over\n");
    home.write(".config/rclone/rclone.conf", "[new]\ntype = memory\n");
    assert_eq!(home.run(&["config", "import"]).ok(), "new: taken over\n");
    let broken = home.path("r.conf");
    home.write("r.conf", "[a]\njunk line\n");
    let mut command = home.command(&["config", "import"]);
    command.env("RCLONE_CONFIG", broken);
    let outcome = home.finish(command, "");
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.stderr.contains("could not parse line: junk line"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn an_encrypted_file_is_opened_by_variable_or_question() {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../vectors/rclone_config.json")).unwrap();
    let case = &vectors["from_rclone"]["encrypted"][0];
    let password = case["password"].as_str().unwrap();
    let home = Home::new();
    home.write("sealed", case["file"].as_str().unwrap());
    let import = ["config", "import", "@ROOT@/sealed", "--overwrite"];
    let rows = "mega1: taken over\nempty: taken over\n\
                empty: nounc left out: megarc has no such option\n";
    for (value, code) in [(password, 0), ("wrong", 1)] {
        let mut command = home.command(&import);
        command.env("RCLONE_CONFIG_PASS", value);
        let outcome = home.finish(command, "");
        assert_eq!(outcome.code, code, "{}", outcome.stderr);
        if code == 0 {
            assert_eq!(outcome.stdout, rows);
        } else {
            assert!(
                outcome
                    .stderr
                    .contains("using RCLONE_CONFIG_PASS env password")
            );
        }
    }
    let mut pty = Pty::start(home.command(&import));
    let question = "Enter the password of rclone's configuration:\r\npassword:";
    pty.answer_hidden(question, "wrong");
    pty.answer_hidden(question, password);
    pty.expect("mega1: taken over");
    assert_eq!(pty.end(), 0);
    let refused = home.run(&[&import[..], &["--ask-password=false"]].concat());
    assert!(
        refused.stderr.contains("set RCLONE_CONFIG_PASS to"),
        "{}",
        refused.stderr
    );
}
