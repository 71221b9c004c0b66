//! No secret is said: not at -vv, not in an error, not in what shows the
//! configuration, not by `Debug`. Real commands run against a server, those
//! that work and those that fail, and everything they print is searched.

use std::cell::Cell;
use std::fmt::Debug;

use megarc::config::obscure::obscure;
use megarc::config::{self, ConfigSource};
use megarc::mega::session::{Credentials, MfaSource, Secret};
use megarc::mega::{Client, ClientOptions};
use megarc::remote::spec::Spec;
use megarc::sandbox::{self, AccountSpec, Handle, Mfa, Options, RsaSource};
use tokio::runtime::Runtime;

use crate::support::{Home, Outcome};

const USER: &str = "me@example.com";
const PASSWORD: &str = "Passw0rd-of-the-account";
const CODE: &str = "135791";
const LINK_PASSWORD: &str = "Passw0rd-of-a-link";
const FILE_PASSWORD: &str = "Passw0rd-of-the-file";
const WRONG: &str = "Passw0rd-that-is-wrong";
const HEADER: &str = "Value-of-a-secret-header";
const URL_PASSWORD: &str = "Passw0rd-in-an-address";

struct World {
    home: Home,
    runtime: Runtime,
    server: Handle,
    /// What must not be seen, and what it is.
    secrets: Vec<(String, String)>,
    runs: Cell<usize>,
}

impl World {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let account = |email: &str, mfa| AccountSpec {
            rsa: RsaSource::Fixed,
            mfa,
            ..AccountSpec::new(email, PASSWORD)
        };
        let options = Options {
            accounts: vec![
                account(USER, Some(Mfa::Code(CODE.to_owned()))),
                account("two@example.com", None),
            ],
            ..Options::default()
        };
        let server = runtime.block_on(sandbox::start(options)).unwrap();
        let mut world = Self {
            home: Home::new(),
            runtime,
            server,
            secrets: Vec::new(),
            runs: Cell::new(0),
        };
        for secret in [
            PASSWORD,
            LINK_PASSWORD,
            FILE_PASSWORD,
            WRONG,
            HEADER,
            URL_PASSWORD,
        ] {
            world.add("a password", secret);
        }
        world.add("the code", CODE);
        world
    }

    fn add(&mut self, what: &str, secret: &str) {
        assert!(secret.len() > 5, "{what}: {secret:?}");
        self.secrets.push((what.to_owned(), secret.to_owned()));
    }

    /// An obscured password.
    fn obscured(&mut self, password: &str) -> String {
        let text = obscure(password).unwrap();
        self.add("an obscured password", &text);
        text
    }

    /// What the files of the program hold of the session and its keys.
    fn learn_session(&mut self, remote: &str) {
        let file = self.home.read("megarc.toml");
        let section = file.split(&format!("[{remote}]")).nth(1).unwrap();
        for key in ["session_key", "pass"] {
            let value = section.split(&format!("{key} = \"")).nth(1).unwrap();
            let value = value.split('"').next().unwrap().to_owned();
            self.add(key, &value);
        }
    }

    /// Runs a command that says all it can: as lines and as JSON in turn.
    fn run(&self, arguments: &[&str]) -> Outcome {
        self.run_with(arguments, &[])
    }

    fn run_with(&self, arguments: &[&str], env: &[(&str, &str)]) -> Outcome {
        let levels = [&["-vv"][..], &["--log-level", "DEBUG", "--use-json-log"]];
        let runs = self.runs.replace(self.runs.get() + 1);
        let level = levels[runs % levels.len()];
        let mut command = self.home.command(&[arguments, level].concat());
        command
            .env("MEGARC_MEGA_API_URL", self.server.url())
            .env("MEGARC_MEGA_DEBUG", "true")
            .envs(env.iter().copied());
        let outcome = self.home.finish(command, "");
        self.search(&arguments.join(" "), &outcome);
        outcome
    }

    #[track_caller]
    fn search(&self, what: &str, outcome: &Outcome) {
        self.search_text(what, &outcome.stdout);
        self.search_text(what, &outcome.stderr);
    }

    #[track_caller]
    fn search_text(&self, from: &str, text: &str) {
        for (what, secret) in &self.secrets {
            assert!(!shows(text, secret), "{from} shows {what}: {text}");
        }
    }
}

/// Whether `secret` stands in `text`. Digits between digits are a part of
/// another number: the time in nanoseconds holds any six of them at times.
fn shows(text: &str, secret: &str) -> bool {
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let number = secret.chars().all(|c| c.is_ascii_digit());
    text.match_indices(secret).any(|(at, found)| {
        let (before, after) = (&text[..at], &text[at + found.len()..]);
        !(number && (digit(before.chars().next_back()) || digit(after.chars().next())))
    })
}

/// Session id and master key, as the login of a client of the same account
/// brings them, in every form in which they could be written.
fn keys_of(world: &World, email: &str) -> Vec<(String, String)> {
    let options = ClientOptions {
        api_url: world.server.url().to_owned(),
        credentials: Some(Credentials {
            email: email.to_owned(),
            password: Secret::new(PASSWORD),
            mfa: MfaSource {
                fixed: Some(Secret::new(CODE)),
                ..MfaSource::default()
            },
        }),
        ..ClientOptions::default()
    };
    let client = world.runtime.block_on(Client::connect(options)).unwrap();
    let session = client.session().unwrap();
    let key = session.master_key.as_bytes();
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let list = format!("{key:?}");
    let list = list.trim_matches(['[', ']']).to_owned();
    let base64 = megarc::mega::crypto::base64::encode(key);
    let mut found = vec![
        ("the master key".to_owned(), hex),
        ("the master key".to_owned(), list),
        ("the master key".to_owned(), base64),
        ("a session id".to_owned(), session.id.reveal().to_owned()),
    ];
    for shown in [
        format!("{session:?}"),
        format!("{:?}", session.master_key),
        format!("{:?}", session.id),
        format!("{session:#?}"),
    ] {
        assert!(
            found.iter().all(|(_, secret)| !shown.contains(secret)),
            "{shown}"
        );
    }
    found.retain(|(_, secret)| secret.len() > 5);
    found
}

#[test]
fn commands_that_work_and_commands_that_fail_say_no_secret() {
    let mut world = World::new();
    let pass = world.obscured(PASSWORD);
    let wrong = world.obscured(WRONG);
    let url = world.server.url().to_owned();
    // made with the password on the command line, as some will do
    let (user, given) = (format!("user={USER}"), format!("pass={PASSWORD}"));
    let create = ["config", "create", "m", "mega", &user, &given];
    assert_eq!(world.run(&[&create[..], &["2fa=000000"]].concat()).code, 1);
    let code = format!("2fa={CODE}");
    world.run(&[&create[..], &[&code]].concat()).ok_code();
    world.learn_session("m");
    let keys = keys_of(&world, USER);
    world.secrets.extend(keys);

    world.home.write("up/a.txt", "content");
    world.home.write("up/sub/b.txt", "more");
    for (arguments, code) in [
        (&["copy", "up", "m:up"][..], 0),
        (&["lsf", "-R", "m:up"], 0),
        (&["lsjson", "m:up"], 0),
        (&["about", "m:"], 0),
        (&["check", "up", "m:up"], 0),
        (&["cat", "m:up/a.txt"], 0),
        (&["config", "userinfo", "m:"], 0),
        (&["config", "show"], 0),
        (&["config", "show", "m"], 0),
        (&["config", "redacted"], 0),
        (&["doctor", "m:"], 0),
        (&["copy", "m:up", "down"], 0),
        (&["lsf", "m:nothing"], 3),
        (&["deletefile", "m:none"], 4),
    ] {
        let outcome = world.run(arguments);
        assert_eq!(outcome.code, code, "{arguments:?}: {}", outcome.stderr);
    }
    // sessions that ended, answers that are none, servers that fail
    for faults in [
        "cs.ug:[-16]",
        "cs.f:-4*2",
        "cs:garbage*2",
        "cs:500*2",
        "up:500*2",
        "down:flip*2",
        "cs.p:[-17]",
        "cs:402=250*1",
    ] {
        world.server.set_faults(faults.parse().unwrap());
        world.home.write("up/new.txt", faults);
        for arguments in [
            &["copy", "up", "m:up"][..],
            &["cat", "m:up/a.txt"],
            &["about", "m:"],
        ] {
            let few = ["--low-level-retries", "2", "--retries", "1"];
            world.run(&[arguments, &few].concat());
        }
    }
    world.server.set_faults("".parse().unwrap());

    // places that hold their secrets: they work, they fail, they do not parse
    let fly = format!(":mega,user=two@example.com,pass={pass},api_url='{url}'");
    for (place, good) in &[
        (format!("{fly}:"), true),
        (format!("{fly}:none"), false),
        (format!("{fly},hard_delete=maybe:"), false),
        (format!("{fly},pass={wrong}:"), false),
        (format!("{fly},pass={WRONG}:"), false),
        (
            format!("{fly},link='https://mega.nz/folder/abc#{WRONG}':"),
            false,
        ),
        (format!("{fly},root=nowhere:"), false),
        (format!("{fly},pass=\"{WRONG}"), false),
        (format!("{fly},pass={WRONG}"), false),
        (format!("{fly},2fa={CODE},user='':"), false),
        (format!(":nosuch,pass={WRONG}:"), false),
        (format!("nosuch,pass={WRONG},password='{WRONG}':"), false),
        (
            format!(":alias,remote='{}:none':", fly.replace('\'', "''")),
            false,
        ),
        (format!("https://mega.nz/folder/AAAAAAAA#{WRONG}"), false),
        (format!("https://mega.nz/#P!{WRONG}"), false),
        (
            format!(":http,url='http://me:{URL_PASSWORD}@127.0.0.1:1/':"),
            false,
        ),
        (
            format!(":http,url='http://me:{URL_PASSWORD}@127.0.0.1:1/',headers='X-Key,{HEADER}':"),
            false,
        ),
        (
            format!(":http,url='me:{URL_PASSWORD}@127.0.0.1',headers='{HEADER}':"),
            false,
        ),
    ] {
        for arguments in [
            &["lsf", place][..],
            &["copy", place, "elsewhere"],
            &["copy", "up", "m:up", "--backup-dir", place],
            &["copy", "up", "m:up", "--compare-dest", place],
            &["cat", place],
            &["touch", place],
            &["doctor", place],
            &["doctor", place, "--json"],
            &["ls", place, "one", "too many"],
            &["rcat", place],
            &["link", place],
            &["versions", "list", place],
            &["restore", place],
            &["about", place],
            &["config", "userinfo", place],
            &["config", "reconnect", place],
            &["ncdu", place],
            &["lsf", place, "--files-from", "nothing"],
        ] {
            let few = ["--low-level-retries", "1", "--retries", "1", "-n"];
            let outcome = world.run(&[arguments, &few].concat());
            if arguments == ["lsf", place] {
                let works = outcome.code == 0;
                assert_eq!(works, *good, "{place}: {}", outcome.stderr);
            }
        }
    }
    for arguments in [
        &["obscure", PASSWORD, WRONG][..],
        &["config", "create", &given],
        &[
            "config",
            "create",
            "m",
            "mega",
            "--obscure",
            "--no-obscure",
            &given,
        ],
        &["config", "update", "nosuch", &given],
        &["lsf", "m:", "--mega-pass", WRONG],
        &["lsf", "m:", "--mega-2fa", "000000"],
        &[
            "link",
            "m:up/a.txt",
            "--password",
            LINK_PASSWORD,
            "--expire",
            "soon",
        ],
        &["link", "m:none", "--password", LINK_PASSWORD],
    ] {
        let outcome = world.run(arguments);
        let works = arguments[1] == "m:" && arguments.contains(&"000000");
        assert_eq!(outcome.code == 0, works, "{arguments:?} {}", outcome.stderr);
    }
}

#[test]
fn a_configuration_that_does_not_open_says_no_secret() {
    let mut world = World::new();
    let pass = world.obscured(PASSWORD);
    let plain = world.home.read("megarc.toml");
    world.home.write(
        "megarc.toml",
        &format!(
            "{plain}[m]\ntype = \"mega\"\nuser = \"{USER}\"\npass = \"{pass}\"\nbroken {WRONG}\n"
        ),
    );
    assert_eq!(world.run(&["lsf", "m:"]).code, 1);
    let file = format!(
        "{plain}[m]\ntype = \"mega\"\nuser = \"{USER}\"\npass = \"{PASSWORD}\"\n2fa = \"{CODE}\"\n\n\
         [web]\ntype = \"http\"\nurl = \"http://me:{URL_PASSWORD}@127.0.0.1:1/\"\nheaders = \
         \"X-Key,{HEADER}\"\n\n[link]\ntype = \"mega\"\nlink = \"https://mega.nz/folder/abc#{WRONG}\"\n\
         link_password = \"{pass}\"\nunknown_password = \"{WRONG}\"\n\n[al]\ntype = \"alias\"\nremote \
         = \":mega,user=a,pass={pass}:x\"\n\n[other]\ntype = \"crypt\"\npassword = \"{pass}\"\n"
    );
    world.home.write("megarc.toml", &file);
    // passwords that are not obscured, too
    assert_eq!(world.run(&["lsf", "m:"]).code, 1);
    for arguments in [
        &["config", "show"][..],
        &["config", "show", "web"],
        &["config", "show", "link"],
        &["config", "redacted"],
        &["config", "redacted", "m"],
        &["listremotes", "--long", "--json"],
        &["config", "update", "m", "user=other"],
        &["config", "unset", "m", "debug"],
    ] {
        world.run(arguments).ok_code();
    }
    for arguments in [
        &["lsf", "web:"][..],
        &["lsf", "link:"],
        &["lsf", "al:"],
        &["lsf", "other:"],
        &["doctor", "web:"],
        &["doctor", "link:"],
        &["doctor", "al:"],
    ] {
        assert_ne!(world.run(arguments).code, 0, "{arguments:?}");
    }
    // the password of the file: a right one, a wrong one, one in a command
    let set = format!("{FILE_PASSWORD}\n{FILE_PASSWORD}\n");
    world.home.run_with(&["config", "encryption", "set"], &set);
    let sealed = world.home.read("megarc.toml");
    world.search_text("the encrypted file", &sealed);
    let list = &["listremotes"][..];
    let env = |password| [("MEGARC_CONFIG_PASS", password)];
    world.run_with(list, &env(FILE_PASSWORD)).ok_code();
    assert_eq!(world.run_with(list, &env(WRONG)).code, 1);
    for command in [FILE_PASSWORD, WRONG] {
        let command = format!("echo {command}");
        world.run(&["listremotes", "--password-command", &command]);
        let fails = format!("{command} | no-such-program");
        world.run(&["listremotes", "--password-command", &fails]);
    }
}

#[test]
fn a_link_and_its_password_are_said_to_nobody_but_who_asks() {
    let mut world = World::new();
    let pass = world.obscured(PASSWORD);
    let link_pass = world.obscured(LINK_PASSWORD);
    let place = format!(
        ":mega,user=two@example.com,pass={pass},api_url='{}':",
        world.server.url()
    );
    world.home.write("up/a.txt", "content");
    world.run(&["copy", "up", &format!("{place}up")]).ok_code();
    let mut command = world.home.command(&["link", &format!("{place}up")]);
    command.env("MEGARC_MEGA_API_URL", world.server.url());
    let link = world.home.finish(command, "").ok();
    let key = link.trim().split('#').nth(1).unwrap().to_owned();
    world.add("the key of the link", &key);
    for arguments in [
        &["lsf", link.trim()][..],
        &["lsf", &format!("{}/none", link.trim())],
        &["copy", link.trim(), "down"],
        &[
            "copy",
            link.trim(),
            "down",
            "--mega-link-password",
            &link_pass,
        ],
        &["import", link.trim(), &format!("{place}imported")],
        &["import", link.trim(), "nosuch:"],
        &["check", link.trim(), "up"],
        &["doctor", link.trim()],
        &["copy", "up", link.trim()],
        &["delete", link.trim()],
        &["cat", link.trim(), "one", "more"],
        &["size", link.trim(), "--json"],
    ] {
        world.run(arguments);
    }
    let locked = format!("{place}up/a.txt");
    let mut command = world
        .home
        .command(&["link", &locked, "--password", LINK_PASSWORD]);
    command.env("MEGARC_MEGA_API_URL", world.server.url());
    let locked = world.home.finish(command, "").ok();
    let data = locked.trim().split("#P!").nth(1).unwrap().to_owned();
    world.add("what a locked link holds", &data);
    for arguments in [
        &["cat", locked.trim()][..],
        &["cat", locked.trim(), "--mega-link-password", &link_pass],
        &["cat", locked.trim(), "--mega-link-password", LINK_PASSWORD],
    ] {
        world.run(arguments);
    }
}

/// Types that hold secrets, printed for a log.
#[test]
fn types_that_hold_secrets_print_none() {
    let mut world = World::new();
    let pass = world.obscured(PASSWORD);
    let home = &world.home;
    let text = format!("[m]\ntype = \"mega\"\nuser = \"u\"\npass = \"{pass}\"\n2fa = \"{CODE}\"\n");
    home.write("megarc.toml", &text);
    let env: config::Env = [("MEGARC_MEGA_PASS", PASSWORD)].into_iter().collect();
    let config = config::Config::load(ConfigSource {
        file: Some(home.path("megarc.toml")),
        env: env.clone(),
        ..ConfigSource::default()
    })
    .unwrap();
    let mut flags = config::Flags::default();
    flags.set("mega", "pass", pass.as_str());
    let place = format!(":mega,user=a,pass={pass},2fa={CODE}:x");
    let credentials = Credentials {
        email: USER.to_owned(),
        password: Secret::new(PASSWORD),
        mfa: MfaSource {
            fixed: Some(Secret::new(CODE)),
            ..MfaSource::default()
        },
    };
    let http = megarc::remote::http::HttpOptions {
        url: format!("http://me:{URL_PASSWORD}@host/"),
        headers: vec![("X-Key".to_owned(), HEADER.to_owned())],
        ..Default::default()
    };
    let section = config.section("m").unwrap();
    let shown: [&dyn Debug; 8] = [
        &env,
        &flags,
        &section,
        &Spec::parse(&place),
        &credentials,
        &config::Secret::new(PASSWORD),
        &config::PasswordCommand(vec!["echo".to_owned(), FILE_PASSWORD.to_owned()]),
        &http,
    ];
    for value in shown {
        world.search_text("Debug", &format!("{value:?} {value:#?}"));
    }
}
