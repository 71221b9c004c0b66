//! Every question of `megarc config`, on a terminal: wrong answers to each,
//! each way on from it, and ctrl-C or ctrl-D in its place.

use std::sync::LazyLock;

use megarc::config::kinds::kind;
use megarc::sandbox::{AccountSpec, Mfa};

use crate::config_wizard::{PASSWORD, USER, home, server, wizard};
use crate::support::Home;
use crate::support::pty::Pty;

const REQUIRED: &str = "This value is required and it has no default.\r\n";

/// What the terminal is to be given at a prompt.
enum Answer {
    /// A line that is shown.
    Line(&'static str),
    /// One that is not.
    Hidden(&'static str),
}

use Answer::{Hidden, Line};

/// Answers in turn, each after what has to be shown before.
fn converse(pty: &mut Pty, answers: &[(&str, Answer)]) {
    for (prompt, answer) in answers {
        match answer {
            Line(line) => pty.answer(prompt, line),
            Hidden(line) => pty.answer_hidden(prompt, line),
        }
    }
}

/// The advanced options of MEGA in the order in which they are asked.
static ADVANCED: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let options = kind("mega").unwrap().options.iter();
    let options = options.filter(|option| option.advanced && !option.hidden);
    options.map(|option| option.name).collect()
});

#[test]
fn a_wrong_answer_to_any_question_is_explained_and_asked_again() {
    let home = home();
    let mut pty = wizard(&home);
    let enter = "Enter the password:\r\npassword:";
    let confirm = "Confirm the password:\r\npassword:";
    converse(
        &mut pty,
        &[
            (
                "n) New remote\r\ns) Set configuration password\r\nq) Quit config\r\nn/s/q> ",
                Line(""),
            ),
            (&format!("{REQUIRED}n/s/q> "), Line("x")),
            (
                "one of the following characters: n, s, q.\r\nn/s/q> ",
                Line("new"),
            ),
            (
                "a single character, one of the following: n, s, q.\r\nn/s/q> ",
                Line("N"),
            ),
            // the name
            ("Enter name for new remote.\r\nname> ", Line("")),
            (
                "Can't use empty name.\r\nEnter name for new remote.\r\nname> ",
                Line("bad/name"),
            ),
            (
                "Can't use \"bad/name\" as config name contains invalid characters",
                Line("-m"),
            ),
            ("Can't use \"-m\" as config name contains", Line(" m ")),
            // the type
            ("Option Storage.\r\n", Line("")),
            (REQUIRED, Line("0")),
            ("No choices with this number.\r\nStorage> ", Line("99")),
            ("No choices with this number.\r\nStorage> ", Line("meg")),
            (
                "Bad remote \"meg\": didn't find backend called \"meg\"\r\nOption Storage.\r\n",
                Line("4"),
            ),
            // its options
            ("Option user.\r\n", Line("")),
            (REQUIRED, Line("u@example.com")),
            ("Option pass.\r\n", Line("")),
            (&format!("{REQUIRED}y/g> "), Line("n")),
            ("one of the following characters: y, g.\r\ny/g> ", Line("g")),
            ("Bits> ", Line("")),
            ("Bad number: ", Line("63")),
            ("Out of range - 64 to 1024 inclusive\r\nBits> ", Line("64")),
            ("Your password is: ", Line("maybe")),
            (
                "a single character, one of the following: y, n.\r\ny/n> ",
                Line("n"),
            ),
            ("Bits> ", Line("128")),
            ("y) Yes (default)\r\nn) No\r\ny/n> ", Line("")),
            ("2fa> ", Line("")),
            (
                "Edit advanced config?\r\ny) Yes\r\nn) No (default)\r\ny/n> ",
                Line("z"),
            ),
            ("one of the following characters: y, n.\r\ny/n> ", Line("y")),
        ],
    );
    for option in ADVANCED.iter() {
        pty.expect(&format!("Option {option}.\r\n"));
        match *option {
            "debug" => {
                pty.answer("debug> ", "maybe");
                pty.answer("it has to be true or false\r\n", "t");
            }
            "quota" => {
                pty.answer("quota> ", "never");
                pty.answer("This value must match an existing value.\r\nquota> ", "3");
                pty.answer("No choices with this number.\r\nquota> ", "2");
            }
            "encoding" => {
                pty.answer("encoding> ", "Nope");
                pty.answer("bad encoding \"Nope\": ", "None");
            }
            "link_password" => {
                pty.answer(
                    "n) No, leave this optional password blank (default)\r\ny/g/n> ",
                    "q",
                );
                pty.answer("one of the following characters: y, g, n.\r\ny/g/n> ", "y");
                pty.answer_hidden(enter, " ");
                pty.answer_hidden(
                    "Bad password: no characters in password\r\nEnter the password:\r\npassword:",
                    "first-one",
                );
                pty.answer_hidden(confirm, "second-two");
                pty.answer_hidden(
                    "Passwords do not match!\r\nEnter the password:\r\npassword:",
                    "thr ee",
                );
                pty.answer_hidden(confirm, "thr ee");
            }
            "upload_connections" => {
                pty.answer("upload_connections> ", "-1");
                pty.answer("Failed to parse \"-1\"", "0");
                pty.answer("it has to be above 0", "3");
            }
            _ => pty.answer("> ", ""),
        }
    }
    converse(
        &mut pty,
        &[
            // as in rclone: one can look through them again
            (
                "Edit advanced config?\r\ny) Yes\r\nn) No (default)\r\ny/n> ",
                Line(""),
            ),
            (
                "- debug: true\r\n- quota: fail\r\n- encoding: None\r\n- link_password: *** \
                 ENCRYPTED ***\r\n- upload_connections: 3\r\nKeep this \"m\" remote?\r\n",
                Line("n"),
            ),
            (
                "one of the following characters: y, e, d.\r\ny/e/d> ",
                Line("keep"),
            ),
            (
                "a single character, one of the following: y, e, d.\r\ny/e/d> ",
                Line("e"),
            ),
            (
                "Editing existing \"m\" remote with options:\r\n- type: mega\r\n",
                Line(""),
            ),
            ("n) No, keep existing (default)\r\ny/g/n> ", Line("x")),
            (
                "one of the following characters: y, g, n.\r\ny/g/n> ",
                Line(""),
            ),
            ("2fa> ", Line("")),
            ("y/n> ", Line("")),
            ("y/e/d> ", Line("y")),
            (
                "Test the login now?\r\ny) Yes (default)\r\nn) No\r\ny/n> ",
                Line("x"),
            ),
            ("one of the following characters: y, n.\r\ny/n> ", Line("n")),
            ("m                    mega\r\n", Line("q")),
        ],
    );
    assert_eq!(pty.end(), 0, "{}", pty.screen);
    for secret in ["first-one", "second-two", "thr ee"] {
        assert!(!pty.screen.contains(secret), "{}", pty.screen);
    }
    let text = home.read("megarc.toml");
    assert!(text.contains("upload_connections = \"3\"\n"), "{text}");
}

#[test]
fn remotes_are_chosen_renamed_copied_and_deleted() {
    let home = home();
    home.write(
        "megarc.toml",
        "[b]\ntype = \"memory\"\n\n# mine\n[a]\ntype = \"alias\"\nremote = \"b:\"\n",
    );
    let mut pty = wizard(&home);
    let menu = "e/n/d/r/c/s/q> ";
    let choose = "Select remote.\r\nChoose a number from below, or type in an existing value.\r\n";
    let no_match = "This value must match an existing value.\r\nremote> ";
    converse(
        &mut pty,
        &[
            (
                "Name                 Type\r\n====                 ====\r\na                    alias\r\nb                    memory\r\n",
                Line("x"),
            ),
            (
                "one of the following characters: e, n, d, r, c, s, q.\r\n",
                Line(""),
            ),
            (REQUIRED, Line("r")),
            (choose, Line("")),
            (&format!("{REQUIRED}remote> "), Line("3")),
            ("No choices with this number.\r\nremote> ", Line("c")),
            (no_match, Line("1")),
            (
                "Enter new name for \"a\" remote.\r\nEnter name for new remote.\r\nname> ",
                Line("b"),
            ),
            ("Remote \"b\" already exists.\r\n", Line("a:b")),
            ("Can't use \"a:b\" as", Line("x")),
            (menu, Line("c")),
            (choose, Line("z")),
            (no_match, Line("x")),
            (
                "Enter name for copy of \"x\" remote.\r\nEnter name for new remote.\r\nname> ",
                Line("x"),
            ),
            ("Remote \"x\" already exists.\r\n", Line("y")),
            (menu, Line("d")),
            (choose, Line("nosuch")),
            (no_match, Line("b")),
            // an edit of one that no longer leads anywhere
            (menu, Line("e")),
            (choose, Line("0")),
            ("No choices with this number.\r\nremote> ", Line("2")),
            (
                "Editing existing \"y\" remote with options:\r\n- type: alias\r\n- remote: b:\r\n",
                Line("x:sub"),
            ),
            ("y/n> ", Line("n")),
            ("- remote: x:sub\r\nKeep this \"y\" remote?\r\n", Line("y")),
            // and its end
            (menu, Line("e")),
            ("remote> ", Line("x")),
            ("Press Enter for the default (b:).\r\nremote> ", Line("")),
            ("y/n> ", Line("n")),
            ("y/e/d> ", Line("d")),
            (menu, Line("q")),
        ],
    );
    assert_eq!(pty.end(), 0, "{}", pty.screen);
    assert_eq!(
        home.read("megarc.toml"),
        "\n[y]\ntype = \"alias\"\nremote = \"x:sub\"\n"
    );
}

#[test]
fn a_remote_of_an_unknown_type_is_kept_out_of_the_questions() {
    let home = home();
    home.write("megarc.toml", "[x]\ntype = \"crypt\"\n");
    let mut pty = wizard(&home);
    pty.answer("e/n/d/r/c/s/q> ", "e");
    pty.answer("remote> ", "x");
    pty.answer(
        "\"x\" cannot be edited here: \"crypt\" is no type of remote that megarc has.",
        "q",
    );
    assert_eq!(pty.end(), 0, "{}", pty.screen);
}

#[test]
fn a_code_of_the_second_factor_logs_in_once_and_is_not_stored() {
    let (_runtime, server) = server(AccountSpec {
        mfa: Some(Mfa::Code("123456".to_owned())),
        ..AccountSpec::new(USER, PASSWORD)
    });
    let home = home();
    let mut command = home.command(&["config"]);
    command.env("MEGARC_MEGA_API_URL", server.url());
    let mut pty = Pty::start(command);
    converse(
        &mut pty,
        &[
            ("n/s/q> ", Line("n")),
            ("name> ", Line("work")),
            ("Storage> ", Line("mega")),
            ("user> ", Line(USER)),
            ("y/g> ", Line("y")),
            ("Enter the password:\r\npassword:", Hidden(PASSWORD)),
            ("Confirm the password:\r\npassword:", Hidden(PASSWORD)),
            ("2fa> ", Line("654321")),
            ("y/n> ", Line("")),
            // a code says that a login is wanted: nothing more is asked
            ("y/e/d> ", Line("")),
            (
                "code was not accepted\r\nTwo-factor code: ",
                Hidden("111111"),
            ),
            (
                "code was not accepted\r\nTwo-factor code: ",
                Hidden("123456"),
            ),
            ("The login works: 0 B of ", Line("q")),
        ],
    );
    assert_eq!(pty.end(), 0, "{}", pty.screen);
    let text = home.read("megarc.toml");
    assert!(!text.lines().any(|line| line.starts_with("2fa")), "{text}");
    let mut about = home.command(&["about", "work:"]);
    about.env("MEGARC_MEGA_API_URL", server.url());
    home.finish(about, "").ok();
    assert_eq!(server.stats().logins, 1);
}

#[test]
fn a_remote_whose_login_fails_can_be_kept_and_deleted() {
    let (_runtime, server) = server(AccountSpec::new(USER, PASSWORD));
    for (key, kept) in [("y", true), ("d", false)] {
        let home = home();
        let mut command = home.command(&["config"]);
        command.env("MEGARC_MEGA_API_URL", server.url());
        let mut pty = Pty::start(command);
        converse(
            &mut pty,
            &[
                ("n/s/q> ", Line("n")),
                ("name> ", Line("work")),
                ("Storage> ", Line("mega")),
                ("user> ", Line(USER)),
                ("y/g> ", Line("y")),
                ("Enter the password:\r\npassword:", Hidden("wrong")),
                ("Confirm the password:\r\npassword:", Hidden("wrong")),
                ("2fa> ", Line("")),
                ("y/n> ", Line("")),
                ("y/e/d> ", Line("")),
                ("y/n> ", Line("")),
                ("The login does not work: ", Line(key)),
            ],
        );
        pty.answer(if kept { "c/s/q> " } else { "n/s/q> " }, "q");
        assert_eq!(pty.end(), 0, "{}", pty.screen);
        assert_eq!(home.read("megarc.toml").contains("[work]"), kept);
    }
}

/// A way through the dialogue that comes by every kind of question.
const WAY: &[(&str, Answer)] = &[
    ("e/n/d/r/c/s/q> ", Line("s")),
    ("a/q> ", Line("q")),
    ("e/n/d/r/c/s/q> ", Line("e")),
    ("remote> ", Line("1")),
    ("remote> ", Line("/elsewhere")),
    ("y/n> ", Line("y")),
    ("description> ", Line("mine")),
    ("y/n> ", Line("n")),
    ("y/e/d> ", Line("e")),
    ("remote> ", Line("")),
    ("y/n> ", Line("")),
    ("y/e/d> ", Line("e")),
    // and what it is left for
    ("remote> ", Line("")),
];

/// Ends at every question of a new remote, and of the other menus.
#[test]
fn ctrl_c_and_ctrl_d_at_any_question_leave_file_and_terminal_as_they_were() {
    let text = "# mine\n[a]\ntype = \"alias\"\nremote = \"/tmp\" # here\n";
    let home = home();
    home.write("megarc.toml", text);
    let new: &[(&str, Answer)] = &[
        ("e/n/d/r/c/s/q> ", Line("n")),
        ("name> ", Line("m")),
        ("Storage> ", Line("mega")),
        ("user> ", Line("u")),
        ("y/g> ", Line("g")),
        ("Bits> ", Line("64")),
        ("y/n> ", Line("n")),
        ("Bits> ", Line("64")),
        ("y/n> ", Line("y")),
        ("2fa> ", Line("")),
        ("y/n> ", Line("")),
        ("y/e/d> ", Line("e")),
        ("user> ", Line("")),
    ];
    let typed: &[(&str, Answer)] = &[
        ("e/n/d/r/c/s/q> ", Line("n")),
        ("name> ", Line("m")),
        ("Storage> ", Line("mega")),
        ("user> ", Line("u")),
        ("y/g> ", Line("y")),
        ("Enter the password:\r\npassword:", Hidden("secret")),
        ("Confirm the password:\r\npassword:", Hidden("secret")),
        ("2fa> ", Line("")),
    ];
    let names: &[(&str, Answer)] = &[
        ("e/n/d/r/c/s/q> ", Line("r")),
        ("remote> ", Line("a")),
        ("name> ", Line("a")),
        ("name> ", Line("")),
    ];
    let copy: &[(&str, Answer)] = &[
        ("e/n/d/r/c/s/q> ", Line("c")),
        ("remote> ", Line("a")),
        ("name> ", Line("")),
    ];
    let delete: &[(&str, Answer)] = &[("q> ", Line("d")), ("remote> ", Line(""))];
    let password: &[(&str, Answer)] = &[
        ("q> ", Line("s")),
        ("a/q> ", Line("a")),
        (
            "Enter NEW configuration password:\r\npassword:",
            Hidden("x"),
        ),
        (
            "Confirm NEW configuration password:\r\npassword:",
            Hidden("y"),
        ),
        (
            "Enter NEW configuration password:\r\npassword:",
            Hidden("x"),
        ),
    ];
    for (key, code) in [("\x03", 130), ("\x04", 1)] {
        // A question that stands at the end of one way need not end another.
        for way in [WAY, new, typed, names, copy, delete, password] {
            for length in 0..way.len() {
                let mut pty = wizard(&home);
                let before = pty.settings();
                converse(&mut pty, &way[..length]);
                let (prompt, answer) = &way[length];
                pty.expect(prompt);
                if matches!(answer, Hidden(_)) {
                    pty.await_echo(false);
                }
                pty.press(key);
                assert_eq!(pty.end(), code, "{prompt:?}: {}", pty.screen);
                assert_eq!(pty.settings(), before, "{prompt:?}");
                assert_eq!(home.read("megarc.toml"), text, "{prompt:?}");
                assert!(!pty.screen.contains("secret"), "{}", pty.screen);
            }
        }
    }
    let beside = std::fs::read_dir(home.root()).unwrap();
    let beside = beside.map(|item| item.unwrap().file_name().into_string().unwrap());
    let left: Vec<String> = beside.filter(|name| name.contains(".tmp")).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// A script that was written for rclone: the same answers, from a pipe.
#[test]
fn answers_from_a_pipe_work_too() {
    let home = home();
    let answers = "n\nm\nmega\nu\ny\nsecret\nsecret\n\n\ny\nq\n";
    let outcome = home.run_with(&["config"], answers);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    // as rclone: prompts are for terminals
    assert!(!outcome.stdout.contains("name> "), "{}", outcome.stdout);
    let pass = stored(&home);
    assert_eq!(home.run(&["reveal", "--", &pass]).ok(), "secret\n");
}

fn stored(home: &Home) -> String {
    let text = home.read("megarc.toml");
    let pass = text.split("pass = \"").nth(1).unwrap();
    pass.split('"').next().unwrap().to_owned()
}
