//! The configuration: rclone's files by vector, our own by behaviour.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use megarc::config::envelope::{Envelope, EnvelopeError};
use megarc::config::obscure::{obscure, obscure_with, reveal};
use megarc::config::paths::Platform;
use megarc::config::{Config, ConfigError, ConfigSource, Env, Flags, Origin, Secret, Section, ini};
use serde_json::Value;

fn obscure_vectors() -> Value {
    serde_json::from_str(include_str!("vectors/rclone_obscure.json")).unwrap()
}

fn config_vectors() -> Value {
    serde_json::from_str(include_str!("vectors/rclone_config.json")).unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn dump(sections: &[Section]) -> Value {
    sections
        .iter()
        .map(|section| {
            let values: serde_json::Map<String, Value> = section
                .iter()
                .map(|(k, v)| (k.to_owned(), v.into()))
                .collect();
            (section.name().to_owned(), Value::Object(values))
        })
        .collect::<serde_json::Map<String, Value>>()
        .into()
}

#[test]
fn obscured_passwords_agree_with_rclone() {
    let vectors = obscure_vectors();
    for case in list(&vectors["good"]) {
        let plain = text(case, "plain");
        let iv = text(case, "iv_hex");
        let iv: Vec<u8> = (0..16)
            .map(|i| u8::from_str_radix(&iv[2 * i..2 * i + 2], 16).unwrap())
            .collect();
        assert_eq!(
            obscure_with(plain, iv.try_into().unwrap()),
            text(case, "obscured")
        );
        assert_eq!(reveal(text(case, "obscured")).unwrap().expose(), plain);
    }
    for case in list(&vectors["from_rclone"]) {
        assert_eq!(
            reveal(text(case, "obscured")).unwrap().expose(),
            text(case, "plain")
        );
    }
    for case in list(&vectors["bad"]) {
        let error = reveal(text(case, "obscured")).unwrap_err().to_string();
        let expected = match text(case, "why") {
            "shorter than one IV" => "input too short when revealing password - is it obscured?",
            _ => "base64 decode failed when revealing password - is it obscured?",
        };
        assert!(error.starts_with(expected), "{error}");
    }
    let twice = [obscure("x").unwrap(), obscure("x").unwrap()];
    assert_ne!(twice[0], twice[1]);
}

#[test]
fn sealed_files_of_rclone_open() {
    let vectors = config_vectors();
    let sealed = list(&vectors["ours"])
        .iter()
        .chain(list(&vectors["from_rclone"]["encrypted"]));
    let mut count = 0;
    for case in sealed {
        let envelope = Envelope::parse(text(case, "file")).unwrap().unwrap();
        let opened = envelope.open(&Secret::new(text(case, "password"))).unwrap();
        assert_eq!(opened.expose(), text(case, "plaintext"));
        if let Some(expected) = case.get("dump") {
            assert_eq!(&dump(&ini::parse(opened.expose()).unwrap()), expected);
        }
        let wrong = envelope.open(&Secret::new("wrong")).map(|_| ());
        assert_eq!(wrong, Err(EnvelopeError::WrongPassword));
        let blank = envelope.open(&Secret::new("  ")).map(|_| ());
        assert_eq!(blank, Err(EnvelopeError::EmptyPassword));
        count += 1;
    }
    assert_eq!(count, 7);
}

#[test]
fn damaged_envelopes_are_told_from_plain_files() {
    let vectors = config_vectors();
    let file = text(&vectors["ours"][0], "file");
    let line = file.lines().last().unwrap();
    let flipped = format!("RCLONE_ENCRYPT_V0:\nAAAA{}", &line[4..]);
    let envelope = Envelope::parse(&flipped).unwrap().unwrap();
    let opened = envelope.open(&Secret::new("asdf")).map(|_| ());
    assert_eq!(opened, Err(EnvelopeError::WrongPassword));
    let parse = |text: &str| Envelope::parse(text).map(|found| found.is_some());
    assert_eq!(
        parse("RCLONE_ENCRYPT_V1:\nAAAA"),
        Err(EnvelopeError::Version)
    );
    assert_eq!(
        parse("RCLONE_ENCRYPT_V0:\nAAAA"),
        Err(EnvelopeError::Damaged)
    );
    assert_eq!(
        parse("RCLONE_ENCRYPT_V0:\n***"),
        Err(EnvelopeError::Damaged)
    );
    assert_eq!(parse("# only a comment\n[a]\ntype = mega\n"), Ok(false));
    assert_eq!(parse(""), Ok(false));
    // Line breaks inside the body are allowed.
    let wrapped = format!(
        "; x\n\n RCLONE_ENCRYPT_V0: \n{}\n{}\n",
        &line[..20],
        &line[20..]
    );
    let envelope = Envelope::parse(&wrapped).unwrap().unwrap();
    assert!(envelope.open(&Secret::new("asdf")).is_ok());
}

#[test]
fn ini_files_read_as_in_rclone() {
    let vectors = config_vectors();
    for case in list(&vectors["from_rclone"]["ini"]) {
        let ini_text = text(case, "ini");
        match ini::parse(ini_text) {
            Ok(sections) => {
                assert_eq!(case.get("error"), None, "{ini_text}");
                assert_eq!(dump(&sections), case["dump"], "{ini_text}");
            }
            Err(error) => {
                let theirs = case["error"].as_str();
                assert!(
                    theirs.is_some_and(|line| line.ends_with(&error.to_string())),
                    "{ini_text}\n{error}\n{theirs:?}"
                );
            }
        }
    }
    let quoted = ini::parse("[a]\nx = \"\"\" a # b \"\"\"\ny = %(nothing)s%(x\n").unwrap();
    assert_eq!(quoted[0].get("x"), Some(" a # b "));
    assert_eq!(quoted[0].get("y"), Some("%(x"));
}

struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("conf/megarc.toml")
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn env(&self, more: &[(&str, &str)]) -> Env {
        let state = self.dir.path().join("state");
        let mut pairs = vec![("MEGARC_STATE_DIR", state.to_str().unwrap())];
        pairs.extend(more);
        pairs.into_iter().collect()
    }

    fn load(&self, file: &Path, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::load(ConfigSource {
            file: Some(file.to_owned()),
            env: self.env(env),
            ..ConfigSource::default()
        })
    }
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

const TOML: &str = "\
# my remotes
version = 1

[work] # the firm's
type = \"mega\"
user = \"u@example.com\" # me
use_https = true
limit = 5
list = [1, 2]

[\"a b@c\"]
type = \"alias\"
remote = \"work:x\"
";

#[test]
fn our_file_is_toml() {
    let home = Home::new();
    let path = home.write("c.toml", TOML);
    let config = home.load(&path, &[]).unwrap();
    assert!(config.found() && config.notice().is_none());
    let names: Vec<String> = config.remotes().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["work", "a b@c"]);
    let work = config.section("work").unwrap();
    let values: BTreeMap<&str, &str> = work.iter().collect();
    assert_eq!(
        values,
        [
            ("limit", "5"),
            ("type", "mega"),
            ("use_https", "true"),
            ("user", "u@example.com")
        ]
        .into()
    );
    assert!(!format!("{work:?}").contains("u@example.com"));
}

#[test]
fn a_missing_file_is_a_notice() {
    let home = Home::new();
    let config = home.load(&home.file(), &[]).unwrap();
    assert!(!config.found());
    let notice = config.notice().unwrap();
    assert_eq!(
        notice,
        format!("Config file {:?} not found - using defaults", home.file())
    );
    let memory = home.load(Path::new(""), &[]).unwrap();
    assert_eq!((memory.notice(), memory.path()), (None, None));
    memory.set_value("m", "type", "memory").unwrap();
    assert_eq!(memory.section("m").unwrap().get("type"), Some("memory"));
}

#[test]
fn a_broken_file_is_reported_by_line_and_column_and_kept() {
    let home = Home::new();
    let broken = "[work]\ntype = \"mega\"\npass = hunter2hunter2\n";
    let path = home.write("c.toml", broken);
    let error = home.load(&path, &[]).map(|_| ()).unwrap_err();
    let ConfigError::Syntax { line, column, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((*line, *column), (3, 8));
    assert!(!error.to_string().contains("hunter2"), "{error}");
    // Broken while we were running: an edit does not paper over it.
    fs::write(&path, "").unwrap();
    let config = home.load(&path, &[]).unwrap();
    fs::write(&path, broken).unwrap();
    assert!(config.set_value("x", "type", "mega").is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), broken);
    let ini = home.write("r.conf", "[a]\ntype = mega\nbroken line\n");
    let error = home.load(&ini, &[]).map(|_| ()).unwrap_err().to_string();
    assert_eq!(
        error,
        format!("Failed to load config file {ini:?}: could not parse line: broken line")
    );
}

#[test]
fn edits_keep_what_they_do_not_mean() {
    let home = Home::new();
    let path = home.write("c.toml", TOML);
    let config = home.load(&path, &[]).unwrap();
    config.set_value("work", "user", "new@example.com").unwrap();
    config.set_value("work", "hard_delete", "true").unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let expected = TOML
        .replace("u@example.com", "new@example.com")
        .replace("list = [1, 2]\n", "list = [1, 2]\nhard_delete = \"true\"\n");
    assert_eq!(text, expected);
    assert_eq!(mode(&path), 0o600);
    config
        .edit(|draft| {
            assert!(draft.unset("work", "hard_delete"));
            assert!(!draft.unset("work", "nothing"));
            assert!(draft.rename("a b@c", "other"));
            assert!(draft.remove("work"));
            Ok(())
        })
        .unwrap();
    assert_eq!(config.remotes(), [("other".to_owned(), Origin::File)]);
}

#[test]
fn a_new_file_is_private_and_leaves_nothing_beside_it() {
    let home = Home::new();
    let config = home.load(&home.file(), &[]).unwrap();
    config.set_value("m", "type", "mega").unwrap();
    let text = fs::read_to_string(home.file()).unwrap();
    assert_eq!(text, "[m]\ntype = \"mega\"\n");
    let folder = home.file().parent().unwrap().to_owned();
    assert_eq!((mode(&folder), mode(&home.file())), (0o700, 0o600));
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|item| item.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["megarc.toml", "megarc.toml.lock"]);
}

#[test]
fn a_link_to_the_file_stays_one() {
    let home = Home::new();
    let real = home.write("real/c.toml", TOML);
    let link = home.dir.path().join("link.toml");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let config = home.load(&link, &[]).unwrap();
    config.set_value("work", "user", "x").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("user = \"x\""));
}

#[test]
fn writers_at_the_same_time_lose_nothing() {
    let home = Home::new();
    let home = &home;
    std::thread::scope(|scope| {
        for i in 0..10 {
            scope.spawn(move || {
                // Each with a view of its own, as processes have.
                let config = home.load(&home.file(), &[]).unwrap();
                config.set_value(&format!("m{i}"), "type", "mega").unwrap();
            });
        }
    });
    let config = home.load(&home.file(), &[]).unwrap();
    assert_eq!(config.remotes().len(), 10);
}

#[test]
fn rclones_file_is_read_and_never_written() {
    let home = Home::new();
    let vectors = config_vectors();
    let plain = home.write("rclone.conf", "[m]\ntype = mega\nuser = u\n");
    let other_name = home.write("mine", "[m]\ntype = mega\nuser = u\n");
    let sealed = home.write("sealed.conf", text(&vectors["ours"][0], "file"));
    for (path, env) in [
        (&plain, None),
        (&other_name, None),
        (&sealed, Some(("MEGARC_CONFIG_PASS", "asdf"))),
    ] {
        let before = fs::read_to_string(path).unwrap();
        let env: Vec<_> = env.into_iter().collect();
        let config = home.load(path, &env).unwrap();
        assert_eq!(config.sections()[0].get("type"), Some("mega"));
        let refused = config.set_value("m", "user", "x");
        assert!(matches!(refused, Err(ConfigError::ReadOnly { .. })));
        let key = config.session_key(Some("m")).unwrap();
        assert_eq!(key.as_bytes(), config.session_key(None).unwrap().as_bytes());
        assert_eq!(fs::read_to_string(path).unwrap(), before);
    }
    let error = |env: &[(&str, &str)]| home.load(&sealed, env).map(|_| ()).unwrap_err().to_string();
    assert!(
        error(&[("MEGARC_CONFIG_PASS", "bad")]).contains("using MEGARC_CONFIG_PASS env password")
    );
    assert!(error(&[]).contains("not allowed to ask for password"));
    // Asked until it is right.
    let asked = std::cell::Cell::new(0);
    let ask = || {
        asked.set(asked.get() + 1);
        Some(Secret::new(if asked.get() == 1 {
            "first try"
        } else {
            "asdf"
        }))
    };
    let config = Config::load(ConfigSource {
        file: Some(sealed.clone()),
        env: home.env(&[]),
        ask_password: Some(&ask),
        ..ConfigSource::default()
    });
    assert!(config.is_ok());
    assert_eq!(asked.get(), 2);
}

#[test]
fn session_keys_are_made_once_and_kept() {
    let home = Home::new();
    let path = home.write("c.toml", TOML);
    let config = home.load(&path, &[]).unwrap();
    let stale = home.load(&path, &[]).unwrap();
    let key = config.session_key(Some("work")).unwrap();
    assert_eq!(
        config.session_key(Some("work")).unwrap().as_bytes(),
        key.as_bytes()
    );
    assert_eq!(
        stale.session_key(Some("work")).unwrap().as_bytes(),
        key.as_bytes()
    );
    assert_eq!(format!("{key:?}"), "***");
    let machine = config.session_key(None).unwrap();
    assert_ne!(machine.as_bytes(), key.as_bytes());
    assert_eq!(
        config
            .session_key(Some("only in the environment"))
            .unwrap()
            .as_bytes(),
        machine.as_bytes()
    );
    let file = home.dir.path().join("state/seal.key");
    assert_eq!(mode(&file), 0o600);
    config.set_value("work", "session_key", "no key").unwrap();
    let broken = config.session_key(Some("work")).map(|_| ());
    assert!(matches!(broken, Err(ConfigError::BadSessionKey(name)) if name == "work"));
}

#[test]
fn the_first_place_that_sets_an_option_counts() {
    let home = Home::new();
    let path = home.write(
        "c.toml",
        "[work]\ntype = \"mega\"\nuser = \"file\"\nhard_delete = true\ndebug = \"yes\"\n",
    );
    let mut env: Vec<(&str, &str)> = Vec::new();
    let mut flags = Flags::default();
    let mut params: Vec<(String, String)> = Vec::new();
    let user = |env: &[(&str, &str)], flags: &Flags, params: &[(String, String)]| {
        let config = home.load(&path, env).unwrap();
        config.named("work", params, flags).unwrap().text("user")
    };
    assert_eq!(user(&env, &flags, &params).as_deref(), Some("file"));
    env.push(("MEGARC_MEGA_USER", "kind"));
    assert_eq!(user(&env, &flags, &params).as_deref(), Some("kind"));
    env.push(("MEGARC_CONFIG_WORK_USER", "remote"));
    assert_eq!(user(&env, &flags, &params).as_deref(), Some("remote"));
    flags.set("mega", "user", "flag");
    assert_eq!(user(&env, &flags, &params).as_deref(), Some("flag"));
    params.push(("user".to_owned(), "string".to_owned()));
    assert_eq!(user(&env, &flags, &params).as_deref(), Some("string"));

    let config = home.load(&path, &[]).unwrap();
    let work = config.named("work", &[], &flags).unwrap();
    assert!(work.flag("hard_delete").unwrap());
    assert!(!work.flag("use_https").unwrap());
    assert_eq!(
        work.flag("debug").unwrap_err().to_string(),
        "couldn't parse config item \"debug\" = \"yes\" as bool"
    );
    assert_eq!(work.text("root").as_deref(), Some("cloud"));
    assert_eq!(
        work.text("encoding").as_deref(),
        Some("Slash,InvalidUtf8,Dot")
    );
    assert_eq!(work.password("pass").unwrap(), None);
}

#[test]
fn passwords_have_to_be_obscured() {
    let config = Config::default();
    let flags = Flags::default();
    let params = |pass: &str| vec![("pass".to_owned(), pass.to_owned())];
    let good = params(&obscure("hunter2").unwrap());
    let options = config.on_the_fly("mega", &good, &flags);
    assert_eq!(
        options.password("pass").unwrap(),
        Some(Secret::new("hunter2"))
    );
    let bad = params("hunter2");
    let error = config.on_the_fly("mega", &bad, &flags).password("pass");
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("couldn't decrypt password: "), "{error}");
    assert!(error.contains("is it obscured?"), "{error}");
}

#[test]
fn remotes_of_the_environment() {
    let home = Home::new();
    let path = home.write("c.toml", TOML);
    let env = [
        ("MEGARC_CONFIG_EXTRA_TYPE", "alias"),
        ("MEGARC_CONFIG_EXTRA_REMOTE", "/x"),
        ("MEGARC_CONFIG_WORK_TYPE", "memory"),
    ];
    let config = home.load(&path, &env).unwrap();
    assert_eq!(
        config.remotes(),
        [
            ("extra".to_owned(), Origin::Environment),
            ("work".to_owned(), Origin::File),
            ("a b@c".to_owned(), Origin::File),
        ]
    );
    let flags = Flags::default();
    for name in ["extra", "EXTRA"] {
        let extra = config.named(name, &[], &flags).unwrap();
        assert_eq!((extra.kind(), extra.in_file()), ("alias", false));
        assert_eq!(extra.text("remote").as_deref(), Some("/x"));
    }
    assert_eq!(config.named("work", &[], &flags).unwrap().kind(), "memory");
    let error = config.named("Work2", &[], &flags).map(|_| ()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "didn't find section in config file (\"Work2\")"
    );
}

#[test]
fn places_on_each_platform() {
    let env: Env = [("HOME", "/h"), ("APPDATA", "/r"), ("LOCALAPPDATA", "/l")]
        .into_iter()
        .collect();
    let all = |platform: Platform, env: &Env| {
        [
            platform.config_file(env).unwrap(),
            platform.cache_dir(env).unwrap(),
            platform.state_dir(env).unwrap(),
        ]
        .map(|path| path.to_str().unwrap().to_owned())
    };
    assert_eq!(
        all(Platform::Xdg, &env),
        [
            "/h/.config/megarc/megarc.toml",
            "/h/.cache/megarc",
            "/h/.local/state/megarc"
        ]
    );
    assert_eq!(
        all(Platform::MacOs, &env),
        [
            "/h/Library/Application Support/megarc/megarc.toml",
            "/h/Library/Caches/megarc",
            "/h/Library/Application Support/megarc/state"
        ]
    );
    assert_eq!(
        all(Platform::Windows, &env),
        [
            "/r/megarc/megarc.toml",
            "/l/megarc/cache",
            "/l/megarc/state"
        ]
    );
    let env: Env = [
        ("XDG_CONFIG_HOME", "/c"),
        ("XDG_CACHE_HOME", "relative"),
        ("HOME", "/h"),
        ("MEGARC_STATE_DIR", "/s"),
    ]
    .into_iter()
    .collect();
    assert_eq!(
        all(Platform::Xdg, &env),
        ["/c/megarc/megarc.toml", "/h/.cache/megarc", "/s"]
    );
    let nowhere = Platform::Xdg.config_file(&Env::default()).unwrap_err();
    assert_eq!(
        nowhere.to_string(),
        "cannot tell where the configuration belongs: HOME is not set"
    );
    let named: Env = [("MEGARC_CONFIG", "/x/y")].into_iter().collect();
    assert_eq!(
        Platform::Xdg.config_file(&named).unwrap(),
        Path::new("/x/y")
    );
    let _shared: Arc<Config> = Arc::new(Config::in_memory(named));
}
