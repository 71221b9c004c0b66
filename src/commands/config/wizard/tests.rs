//! The dialogue, answered by scripts.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::Arc;

use super::Wizard;
use crate::commands::dialogue::script::Script;
use crate::config::kinds::kind;
use crate::config::{Config, ConfigSource, obscure};
use crate::exit::CommandError;
use crate::remote::open::{OpenOptions, Opener};
use crate::sandbox::{self, AccountSpec, Mfa, RsaSource};

struct Home(tempfile::TempDir);

impl Home {
    fn new(text: &str) -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        if !text.is_empty() {
            std::fs::write(home.path(), text).unwrap();
        }
        home
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("megarc.toml")
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap_or_default()
    }

    fn load(&self) -> Opener {
        let config = Config::load(ConfigSource {
            file: Some(self.path()),
            ..ConfigSource::default()
        });
        Opener::new(Arc::new(config.unwrap()), OpenOptions::default())
    }

    /// An opener whose MEGA is the server at `url`.
    fn load_for(&self, url: &str) -> Opener {
        let state = self.0.path().join("state");
        let config = Config::load(ConfigSource {
            file: Some(self.path()),
            env: [
                ("MEGARC_MEGA_API_URL", url),
                ("MEGARC_STATE_DIR", state.to_str().unwrap()),
            ]
            .into_iter()
            .collect(),
            ..ConfigSource::default()
        });
        Opener::new(Arc::new(config.unwrap()), OpenOptions::default())
    }

    /// Runs the dialogue; returns what was seen.
    async fn run(&self, script: Script) -> (String, Result<(), CommandError>) {
        Self::run_with(&self.load(), script).await
    }

    async fn run_with(opener: &Opener, mut script: Script) -> (String, Result<(), CommandError>) {
        let result = Wizard::new(opener, &mut script).run().await;
        assert_eq!(script.left(), 0, "{}", script.seen);
        (script.seen, result)
    }

    async fn ok(&self, answers: &[&str]) -> String {
        let (seen, result) = self.run(Script::new(answers)).await;
        result.unwrap();
        seen
    }
}

const TWO: &str = "[b]\ntype = \"memory\"\n\n# mine\n[a]\ntype = \"alias\"\nremote = \"b:\"\n";

/// Answers to all advanced options of MEGA: these, and Enter for the rest.
fn advanced<'a>(own: &[(&str, &[&'a str])]) -> Vec<&'a str> {
    let asked = kind("mega").unwrap().options.iter();
    asked
        .filter(|option| option.advanced && !option.hidden)
        .flat_map(|option| {
            let answers = own.iter().find(|(name, _)| *name == option.name);
            answers.map_or(&[""][..], |(_, answers)| answers).to_vec()
        })
        .collect()
}

/// Insists that these stand in this order.
#[track_caller]
fn in_order(seen: &str, parts: &[&str]) {
    let mut rest = seen;
    for part in parts {
        let Some(at) = rest.find(part) else {
            panic!("no {part:?} where it belongs in\n{seen}");
        };
        rest = &rest[at + part.len()..];
    }
}

#[tokio::test]
async fn a_first_remote() {
    let home = Home::new("");
    let answers = [
        "n",
        "m",
        "mega",
        "me@example.com",
        "y",
        "secret",
        "secret",
        "",
        "",
        "",
        "n",
        "q",
    ];
    let seen = home.ok(&answers).await;
    assert_eq!(
        seen,
        "No remotes found, make a new one?
n) New remote
s) Set configuration password
q) Quit config
n/s/q> n

Enter name for new remote.
name> m

Option Storage.
Type of storage to configure.
Choose a number from below, or type in your own value.
 1 / Another name for an existing remote or a folder in it
   \\ (alias)
 2 / Index pages of a web server, for reading
   \\ (http)
 3 / Local disk
   \\ (local)
 4 / MEGA
   \\ (mega)
 5 / Memory of this process, gone at its end
   \\ (memory)
 6 / MEGA server inside megarc, for trials and tests
   \\ (sandbox)
Storage> mega

Option user.
User name: the e-mail address of the account.
Enter a value.
user> me@example.com

Option pass.
Password.
Choose an alternative below.
y) Yes, type in my own password
g) Generate random password
y/g> y
Enter the password:
password:
Confirm the password:
password:

Option 2fa.
Code of the second factor, for accounts that have one.
Enter a value. Press Enter to leave empty.
2fa> 

Edit advanced config?
y) Yes
n) No (default)
y/n> 

Configuration complete.
Options:
- type: mega
- user: me@example.com
- pass: *** ENCRYPTED ***
Keep this \"m\" remote?
y) Yes this is OK (default)
e) Edit this remote
d) Delete this remote
y/e/d> 

Test the login now?
y) Yes (default)
n) No
y/n> n

Current remotes:

Name                 Type
====                 ====
m                    mega

e) Edit existing remote
n) New remote
d) Delete remote
r) Rename remote
c) Copy remote
s) Set configuration password
q) Quit config
e/n/d/r/c/s/q> q
"
    );
    let text = home.text();
    let start = "[m]\ntype = \"mega\"\nuser = \"me@example.com\"\npass = \"";
    let pass = text.strip_prefix(start).unwrap();
    let pass = pass.strip_suffix("\"\n").unwrap();
    assert_eq!(obscure::reveal(pass).unwrap().expose(), "secret");
}

#[tokio::test]
async fn wrong_answers_are_explained_and_asked_again() {
    let home = Home::new(TWO);
    let answers = [
        "", "x", "new", "N", // the main menu
        "", "bad/name", "a", "m", // the name
        "", "99", "meg", "4", // the type
        "", "u", // the user
        "", "y", "", "  ", "p", "q", " p", " p", // the password
        "",   // the code
        "y",  // the advanced options
    ];
    let own = advanced(&[
        ("debug", &["maybe", "1"]),
        ("encoding", &["Nope", "None"]),
        ("root", &["9", "trash", "rubbish"]),
        ("upload_connections", &["0", "x", "3"]),
    ]);
    let answers = [&answers[..], &own, &["n", "z", "d", "q"]].concat();
    let seen = home.ok(&answers).await;
    in_order(
        &seen,
        &[
            "> \nThis value is required and it has no default.\ne/n/d/r/c/s/q> x\n",
            "This value must be one of the following characters: e, n, d, r, c, s, q.\n",
            "e/n/d/r/c/s/q> new\n",
            "This value must be a single character, one of the following: e, n, d, r, c, s, q.\n",
            "name> \nCan't use empty name.\nEnter name for new remote.\n",
            "name> bad/name\nCan't use \"bad/name\" as config name contains invalid characters",
            "name> a\nRemote \"a\" already exists.\n",
            "Storage> \nThis value is required and it has no default.\n",
            "Storage> 99\nNo choices with this number.\n",
            "Storage> meg\nBad remote \"meg\": didn't find backend called \"meg\"\n",
            "Option Storage.\n",
            "Storage> 4\n",
            "user> \nThis value is required and it has no default.\n",
            "y/g> \nThis value is required and it has no default.\n",
            "(Bad password: no characters in password)\nEnter the password:\n",
            "(Bad password: no characters in password)\nEnter the password:\n",
            "(Passwords do not match!)\n",
            "(The blanks around this password are taken as part of it.)\n",
            "Enter a boolean value (true or false). Press Enter for the default (false).\n",
            "debug> maybe\nFailed to parse \"maybe\": it has to be true or false\n",
            "Enter a boolean value (true or false). Press Enter for the default (false).\n",
            "debug> 1\n",
            "Enter a value of type Encoding. Press Enter for the default (Slash,InvalidUtf8,Dot).\n",
            "encoding> Nope\nFailed to parse \"Nope\": bad encoding \"Nope\": ",
            "y/g/n> \n",
            "or type in an existing value.\nPress Enter for the default (cloud).\n",
            "root> 9\nNo choices with this number.\n",
            "root> trash\nThis value must match an existing value.\n",
            "Failed to parse \"0\": it has to be above 0\n",
            "Failed to parse \"x\": invalid digit found in string\n",
            "Edit advanced config?\n",
            "- debug: true\n- encoding: None\n- root: rubbish\n- upload_connections: 3\n",
            "y/e/d> z\nThis value must be one of the following characters: y, e, d.\n",
        ],
    );
    assert_eq!(home.text(), TWO);
}

#[tokio::test]
async fn an_edit_keeps_what_is_not_answered() {
    let text = "# head\n[m] # my account\ntype = \"mega\"\nuser = \"old\" # login\n\
                pass = \"PPPP\"\n2fa = \"111111\"\nsession_key = \"k\"\nother = [1]\n\
                debug = true\n";
    let home = Home::new(text);
    let own = advanced(&[("debug", &["false"]), ("description", &["mine"])]);
    let rest = ["", "e", "", "", "", "", "y", "n", "q"];
    let answers = [&["e", "m", "new", "", "", "y"][..], &own, &rest].concat();
    let seen = home.ok(&answers).await;
    in_order(
        &seen,
        &[
            "Select remote.\nChoose a number from below, or type in an existing value.\n 1 > m\n",
            "remote> m\n\nEditing existing \"m\" remote with options:\n\
             - type: mega\n- user: old\n- pass: *** ENCRYPTED ***\n- debug: true\n\nOption user.\n",
            "Enter a value of type string. Press Enter for the default (old).\nuser> new\n",
            "Choose an alternative below. Press Enter for the default (n).\n",
            "n) No, keep existing (default)\n",
            "Press Enter for the default (true).\ndebug> false\n",
            "y/e/d> e\n",
            "Editing existing \"m\" remote with options:\n",
            "Press Enter for the default (new).\n",
        ],
    );
    let expected = text
        .replace("\"old\"", "\"new\"")
        .replace("2fa = \"111111\"\n", "")
        .replace("debug = true\n", "description = \"mine\"\n");
    assert_eq!(home.text(), expected);
}

#[tokio::test]
async fn a_generated_password_is_shown_once() {
    let home = Home::new("");
    let answers = [
        "n", "m", "mega", "u", "g", "63", "1025", "x", "1024", "n", "64", "y", "", "", "", "n", "q",
    ];
    let seen = home.ok(&answers).await;
    in_order(
        &seen,
        &[
            "Bits> 63\nOut of range - 64 to 1024 inclusive\n",
            "Bits> 1025\nOut of range - 64 to 1024 inclusive\n",
            "Bits> x\nBad number: ",
        ],
    );
    let shown: Vec<&str> = seen
        .lines()
        .filter_map(|line| line.strip_prefix("Your password is: "))
        .collect();
    let lengths: Vec<usize> = shown.iter().map(|password| password.len()).collect();
    assert_eq!(lengths, [171, 11]);
    let text = home.text();
    let pass = text.split("pass = \"").nth(1).unwrap().split('"').next();
    assert_eq!(obscure::reveal(pass.unwrap()).unwrap().expose(), shown[1]);
}

#[tokio::test]
async fn remotes_are_renamed_copied_and_deleted() {
    let home = Home::new(TWO);
    let seen = home
        .ok(&[
            "r", "9", "zz", "a", "a", "b", "x", "c", "2", "x", "y", "d", "1", "d", "y", "q",
        ])
        .await;
    in_order(
        &seen,
        &[
            "remote> 9\nNo choices with this number.\n",
            "remote> zz\nThis value must match an existing value.\n",
            "\nEnter new name for \"a\" remote.\nEnter name for new remote.\n",
            "name> a\nRemote \"a\" already exists.\n",
            "name> b\nRemote \"b\" already exists.\n",
            "\nb                    memory\nx                    alias\n\n",
            "\nEnter name for copy of \"x\" remote.\n",
            "name> x\nRemote \"x\" already exists.\n",
            "\nx                    alias\ny                    alias\n\n",
            "\nx                    alias\n\n",
        ],
    );
    assert_eq!(
        home.text(),
        "\n# mine\n[x]\ntype = \"alias\"\nremote = \"b:\"\n"
    );
}

#[tokio::test]
async fn the_end_of_the_answers_leaves_the_file_as_it_was() {
    let home = Home::new(TWO);
    let all = ["e", "a", "/elsewhere", "y", "mine", "n"];
    for length in 0..=all.len() {
        let (_, result) = home.run(Script::new(&all[..length])).await;
        let error = result.unwrap_err();
        assert_eq!(error.to_string(), "Failed to read line: EOF");
        assert_eq!(home.text(), TWO, "after {length} answers");
    }
}

#[tokio::test]
async fn another_program_may_write_meanwhile() {
    let home = Home::new("");
    let opener = home.load();
    std::fs::write(home.path(), "[m]\ntype = \"memory\"\n").unwrap();
    let mut script = Script::new(&["n", "m", "memory", "", ""]);
    let error = Wizard::new(&opener, &mut script).run().await.unwrap_err();
    assert_eq!(error.to_string(), "Remote \"m\" already exists.");
    assert_eq!(home.text(), "[m]\ntype = \"memory\"\n");
}

#[tokio::test]
async fn nothing_is_asked_about_a_file_of_rclone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rclone.conf");
    std::fs::write(&file, "[a]\ntype = memory\n").unwrap();
    let config = Config::load(ConfigSource {
        file: Some(file),
        ..ConfigSource::default()
    });
    let opener = Opener::new(Arc::new(config.unwrap()), OpenOptions::default());
    let mut script = Script::new(&[]);
    let error = Wizard::new(&opener, &mut script).run().await.unwrap_err();
    assert!(error.to_string().contains("never writes it"));
    assert_eq!(script.seen, "");
}

/// A server with an account that has a second factor.
async fn server() -> sandbox::Handle {
    let account = AccountSpec {
        mfa: Some(Mfa::Code("123456".to_owned())),
        rsa: RsaSource::Fixed,
        ..AccountSpec::new("me@example.com", "secret")
    };
    let options = sandbox::Options {
        accounts: vec![account],
        ..sandbox::Options::default()
    };
    sandbox::start(options).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_used_once_and_never_kept() {
    let server = server().await;
    let home = Home::new("");
    let opener = home.load_for(server.url());
    let answers = [
        "n",
        "m",
        "mega",
        "me@example.com",
        "y",
        "secret",
        "secret",
        "654321",
        "",
        "", // wrong
        "e",
        "",
        "",
        "123 456",
        "",
        "", // and right
        "q",
    ];
    let (seen, result) = Home::run_with(&opener, Script::new(&answers)).await;
    result.unwrap();
    in_order(
        &seen,
        &[
            "Logging in as me@example.com ...\nThe login does not work: ",
            "\nKeep this \"m\" remote all the same?\n",
            "e) Edit this remote (default)\n",
            "Editing existing \"m\" remote with options:\n- type: mega\n",
            "Logging in as me@example.com ...\nThe login works: 0 B of ",
        ],
    );
    assert!(!home.text().contains("2fa") && !home.text().contains("3456"));
    // the session stays: a run that has no code gets in
    let again = home.load_for(server.url());
    super::login::log_in(&again, "m", None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_for_rclone_is_asked_nothing_more() {
    let server = server().await;
    let home = Home::new("");
    let new = ["n", "m", "mega", "me@example.com", "y", "secret", "secret"];
    let opener = home.load_for(server.url());
    let script = Script::piped(&[&new[..], &["", "", "", "q"]].concat());
    let (seen, result) = Home::run_with(&opener, script).await;
    result.unwrap();
    assert!(!seen.contains("login"), "{seen}");
    let edit = ["e", "m", "", "", "000000", "", "", "q"];
    let (seen, result) = Home::run_with(&opener, Script::piped(&edit)).await;
    result.unwrap();
    assert!(seen.contains("The login does not work: "), "{seen}");
}
