//! `megarc config` on a terminal.

use megarc::sandbox::{self, AccountSpec, Handle, Mfa, Options};
use tokio::runtime::Runtime;

use crate::support::Home;
use crate::support::pty::Pty;

pub const USER: &str = "me@example.com";
pub const PASSWORD: &str = "correct horse battery staple";

/// A home without remotes.
pub fn home() -> Home {
    let home = Home::new();
    home.write("megarc.toml", "");
    home
}

pub fn wizard(home: &Home) -> Pty {
    Pty::start(home.command(&["config"]))
}

/// A server in this process, with one account.
pub fn server(account: AccountSpec) -> (Runtime, Handle) {
    let runtime = Runtime::new().unwrap();
    let options = Options {
        accounts: vec![account],
        ..Options::default()
    };
    let handle = runtime.block_on(sandbox::start(options)).unwrap();
    (runtime, handle)
}

/// Answers everything about a new remote `work` up to the summary.
fn answer_new(pty: &mut Pty, password: &str, code: &str) {
    pty.answer("n/s/q> ", "n");
    pty.answer("name> ", "work");
    pty.answer("Storage> ", "mega");
    pty.answer("user> ", USER);
    pty.answer("y/g> ", "y");
    pty.answer_hidden("Enter the password:\r\npassword:", password);
    pty.answer_hidden("Confirm the password:\r\npassword:", password);
    pty.answer("2fa> ", code);
    pty.answer("y/n> ", "");
}

#[test]
fn a_remote_is_made_tried_and_deleted() {
    let (_runtime, server) = server(AccountSpec::new(USER, PASSWORD));
    let home = home();
    let mut command = home.command(&["config"]);
    command.env("MEGARC_MEGA_API_URL", server.url());
    let mut pty = Pty::start(command);
    answer_new(&mut pty, "not this one", "");
    pty.answer("y/e/d> ", "");
    pty.answer(
        "Test the login now?\r\ny) Yes (default)\r\nn) No\r\ny/n> ",
        "",
    );
    pty.expect("Logging in as me@example.com ...\r\nThe login does not work: ");
    pty.answer("y/e/d> ", "e");
    pty.answer("user> ", "");
    pty.answer("y/g/n> ", "y");
    pty.answer_hidden("Enter the password:\r\npassword:", PASSWORD);
    pty.answer_hidden("Confirm the password:\r\npassword:", "correct horse");
    pty.answer_hidden(
        "do not match!\r\nEnter the password:\r\npassword:",
        PASSWORD,
    );
    pty.answer_hidden("Confirm the password:\r\npassword:", PASSWORD);
    pty.answer("2fa> ", "");
    pty.answer("y/n> ", "n");
    pty.answer("y/e/d> ", "y");
    pty.answer(
        "Test the login now?\r\ny) Yes (default)\r\nn) No\r\ny/n> ",
        "y",
    );
    pty.expect("The login works: 0 B of ");
    pty.answer("work                 mega\r\n", "");
    pty.answer("e/n/d/r/c/s/q> ", "d");
    assert!(home.read("megarc.toml").contains("[work]"));
    pty.answer("remote> ", "work");
    pty.answer("n/s/q> ", "q");
    assert_eq!(pty.end(), 0);
    for secret in [PASSWORD, "not this one", "correct horse"] {
        assert!(!pty.screen.contains(secret), "{}", pty.screen);
    }
    // what is no secret is echoed: the test would see a password
    assert!(
        pty.screen.contains("user> me@example.com\n"),
        "{}",
        pty.screen
    );
    assert_eq!(home.read("megarc.toml"), "");
}

#[test]
fn ctrl_c_and_ctrl_d_leave_the_file_and_the_terminal_as_they_were() {
    let text = "# mine\n[a]\ntype = \"alias\"\nremote = \"/tmp\" # here\n";
    let home = home();
    home.write("megarc.toml", text);
    for (key, code) in [("\x03", 130), ("\x04", 1)] {
        // at a menu, in the middle of a new remote, in a hidden answer
        let mut pty = wizard(&home);
        pty.expect("q> ");
        pty.press(key);
        assert_eq!(pty.end(), code);

        let mut pty = wizard(&home);
        pty.answer("q> ", "e");
        pty.answer("remote> ", "1");
        pty.answer("remote> ", "/elsewhere");
        pty.expect("y/n> ");
        pty.press(key);
        assert_eq!(pty.end(), code);

        let mut pty = wizard(&home);
        pty.answer("q> ", "n");
        pty.answer("name> ", "m");
        pty.answer("Storage> ", "mega");
        pty.answer("user> ", "u");
        pty.answer("y/g> ", "y");
        pty.expect("password:\r\npassword:");
        pty.await_echo(false);
        pty.press(key);
        assert_eq!(pty.end(), code, "{}", pty.screen);
        pty.await_echo(true);
        assert_eq!(home.read("megarc.toml"), text);
    }
}

/// Whether the file has the option; random keys may hold the same letters.
fn has_code(home: &Home) -> bool {
    let text = home.read("megarc.toml");
    text.lines().any(|line| line.starts_with("2fa"))
}

#[test]
fn a_code_on_the_command_line_logs_in_and_is_not_stored() {
    let account = AccountSpec {
        mfa: Some(Mfa::Code("123456".to_owned())),
        ..AccountSpec::new(USER, PASSWORD)
    };
    let (_runtime, server) = server(account);
    let home = home();
    let run = |arguments: &[&str]| {
        let mut command = home.command(arguments);
        command.env("MEGARC_MEGA_API_URL", server.url());
        home.finish(command, "")
    };
    let user = format!("user={USER}");
    let pass = format!("pass={PASSWORD}");
    let create = ["config", "create", "m", "mega", &user, &pass];
    let refused = run(&[&create[..], &["2fa=000000"]].concat());
    assert_eq!(refused.code, 1);
    run(&[&create[..], &["2fa=123456"]].concat()).ok();
    assert!(!has_code(&home));
    run(&["about", "m:"]).ok();
    // the same as the answer to a question of a program
    run(&["logout", "m:"]).ok();
    let question = [
        "config",
        "update",
        "m",
        "--continue",
        "--all",
        "--state",
        "*all-set,2,false",
    ];
    let refused = run(&[&question[..], &["--result", "000000"]].concat()).ok();
    assert!(refused.contains("\"Name\": \"2fa\""), "{refused}");
    assert!(!refused.contains("\"Error\": \"\""), "{refused}");
    let accepted = run(&[&question[..], &["--result", "123456"]].concat()).ok();
    assert!(
        accepted.contains("\"Name\": \"config_fs_advanced\""),
        "{accepted}"
    );
    assert!(!has_code(&home));
    run(&["about", "m:"]).ok();
}

#[test]
fn a_password_is_asked_for_where_none_is_given() {
    let home = home();
    home.write("megarc.toml", "[m]\ntype = \"mega\"\nuser = \"u\"\n");
    let mut pty = Pty::start(home.command(&["config", "password", "m"]));
    pty.answer("Option pass.\r\n", "y");
    pty.answer_hidden("Enter the password:\r\npassword:", PASSWORD);
    pty.answer_hidden("Confirm the password:\r\npassword:", PASSWORD);
    assert_eq!(pty.end(), 0);
    assert!(!pty.screen.contains(PASSWORD), "{}", pty.screen);
    let text = home.read("megarc.toml");
    let pass = text.split("pass = \"").nth(1).unwrap();
    let pass = pass.strip_suffix("\"\n").unwrap();
    assert_eq!(home.run(&["reveal", "--", pass]).ok().trim(), PASSWORD);
}
