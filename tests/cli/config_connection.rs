//! `config string`, `providers`, `userinfo`, `disconnect` and `reconnect`.

use megarc::sandbox::{self, AccountSpec, Mfa, Options};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::support::{Home, Outcome};

const USER: &str = "me@example.com";
const PASSWORD: &str = "correct horse battery staple";

/// What rclone 1.75.2 prints for the same remotes.
#[test]
fn a_remote_becomes_a_connection_string() {
    let home = Home::new();
    home.write(
        "megarc.toml",
        "[m]\ntype = \"mega\"\nuser = \"me,you@example.com\"\npass = \"abc\"\nhard_delete = true\n\
         use_https = false\nsession_key = \"k\"\ndescription = \"it's \\\"a\\\" 'b'\"\n\n\
         [al]\ntype = \"alias\"\nremote = \"/tmp/a b:c\"\n",
    );
    for (place, expected) in [
        (
            "m:",
            ":mega,description='it''s \"a\" ''b''',hard_delete,pass=abc,user='me,you@example.com':",
        ),
        (
            "m,debug=true,user=x:path/a",
            ":mega,debug,description='it''s \"a\" ''b''',hard_delete,pass=abc,user=x:path/a",
        ),
        ("al:p", ":alias,remote='/tmp/a b:c':p"),
        (":alias,remote=\"a=b\":", ":alias,remote='a=b':"),
        ("dir/x", ":local:dir/x"),
    ] {
        let string = home.run(&["config", "string", place]).ok();
        assert_eq!(string, format!("{expected}\n"));
        // The same again: it is a place.
        let again = home.run(&["config", "string", expected]).ok();
        assert_eq!(again, string);
    }
    let flagged = home.run(&["config", "string", ":mega,user=a:", "--mega-hard-delete"]);
    assert_eq!(flagged.ok(), ":mega,hard_delete,user=a:\n");
    let unknown = home.run(&["config", "string", "nosuch:"]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown
            .stderr
            .contains("didn't find section in config file (\"nosuch\")")
    );
}

#[test]
fn all_types_are_described_for_programs() {
    let home = Home::new();
    let json: Value = serde_json::from_str(&home.run(&["config", "providers"]).ok()).unwrap();
    let kinds = json.as_array().unwrap();
    let names: Vec<&str> = kinds.iter().map(|k| k["Name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["alias", "http", "local", "mega", "memory", "sandbox"]
    );
    let mega = &kinds[3];
    assert_eq!(mega["Prefix"], "mega");
    let option = |name: &str| {
        let options = mega["Options"].as_array().unwrap();
        options.iter().find(|o| o["Name"] == name).unwrap().clone()
    };
    assert_eq!(option("pass")["IsPassword"], true);
    assert_eq!(option("user")["Required"], true);
    assert_eq!(option("user")["Advanced"], false);
    assert_eq!(option("hard_delete")["Type"], "bool");
    assert_eq!(option("hard_delete")["DefaultStr"], "false");
    assert_eq!(option("hard_delete")["Advanced"], true);
    assert_eq!(option("session_key")["Hide"], 3);
    assert_eq!(option("root")["Examples"][1]["Value"], "rubbish");
}

#[test]
fn a_session_is_shown_ended_and_begun_again() {
    let runtime = Runtime::new().unwrap();
    let account = AccountSpec {
        mfa: Some(Mfa::Code("123456".to_owned())),
        ..AccountSpec::new(USER, PASSWORD)
    };
    let options = Options {
        accounts: vec![account],
        ..Options::default()
    };
    let server = runtime.block_on(sandbox::start(options)).unwrap();
    let home = Home::new();
    let run = |arguments: &[&str]| -> Outcome {
        let mut command = home.command(arguments);
        command.env("MEGARC_MEGA_API_URL", server.url());
        home.finish(command, "")
    };
    let logins = || server.stats().logins;
    let (user, pass) = (format!("user={USER}"), format!("pass={PASSWORD}"));
    run(&["config", "create", "m", "mega", &user, &pass]).ok();

    // Nobody to ask for the code.
    assert_eq!(run(&["config", "reconnect", "m:"]).code, 1);
    run(&["config", "reconnect", "m:", "--mega-2fa", "123456"]).ok();
    assert_eq!(logins(), 1);
    let shown = run(&["config", "userinfo", "m:"]).ok();
    let first = shown.lines().next().unwrap();
    assert_eq!(first, "Email: me@example.com");
    let json: Value =
        serde_json::from_str(&run(&["config", "userinfo", "m:", "--json"]).ok()).unwrap();
    assert_eq!(json["Email"], USER);
    assert_eq!(json["User"].as_str().unwrap().len(), 11);
    assert_eq!(logins(), 1);

    // The old session ends; the new one is kept.
    run(&["config", "reconnect", "m:", "--mega-2fa", "123456"]).ok();
    assert_eq!(logins(), 2);
    run(&["about", "m:"]).ok();
    assert_eq!(server.stats().commands["sml"], 1);
    run(&["config", "disconnect", "m:"]).ok();
    assert_eq!(server.stats().commands["sml"], 2);
    assert_eq!(run(&["about", "m:"]).code, 1);
    assert_eq!(logins(), 2);
}

#[test]
fn others_have_no_session() {
    let home = Home::new();
    for (arguments, why) in [
        (["userinfo", "aux:"], "@ROOT@/aux doesn't support UserInfo"),
        (
            ["disconnect", "aux:"],
            "@ROOT@/aux doesn't support Disconnect",
        ),
        (
            ["reconnect", "aux:"],
            "backend doesn't support reconnect or authorize",
        ),
        (
            ["reconnect", "dir"],
            "backend doesn't support reconnect or authorize",
        ),
        (
            ["reconnect", "nosuch:"],
            "didn't find section in config file (\"nosuch\")",
        ),
    ] {
        let outcome = home.run(&["config", arguments[0], arguments[1]]);
        assert_eq!(outcome.code, 2, "{}", outcome.stderr);
        assert!(outcome.stderr.contains(why), "{}", outcome.stderr);
    }
}
