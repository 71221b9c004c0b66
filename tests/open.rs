//! From text to a place: aliases, sharing, and rclone's words for what is wrong.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::sync::Arc;

use megarc::config::obscure::obscure;
use megarc::config::{Config, ConfigSource, Env};
use megarc::remote::open::{OpenOptions, Opener};
use megarc::remote::{Entry, ErrorKind, LinkOptions, Location, NewFile, RemotePath};
use megarc::sandbox::{self, AccountSpec, Mfa};

const CONFIG: &str = r#"
[mem]
type = "memory"
[in]
type = "alias"
remote = "mem:dir"
[deep]
type = "alias"
remote = "in:er"
[self]
type = "alias"
remote = "self:x"
[one]
type = "alias"
remote = "two:"
[two]
type = "alias"
remote = "one:"
[empty]
type = "alias"
remote = ""
[disk]
type = "local"
[rel]
type = "alias"
remote = "sub"
[strange]
type = "nosuch"
[typeless]
remote = "x"
"#;

struct Setup {
    dir: tempfile::TempDir,
    opener: Opener,
}

fn setup(env: &[(&str, &str)]) -> Setup {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("c.toml");
    fs::write(&file, CONFIG).unwrap();
    let config = Config::load(ConfigSource {
        file: Some(file),
        env: env.iter().copied().collect::<Env>(),
        ..ConfigSource::default()
    });
    let options = OpenOptions {
        cwd: dir.path().to_owned(),
        ..OpenOptions::default()
    };
    Setup {
        opener: Opener::new(Arc::new(config.unwrap()), options),
        dir,
    }
}

impl Setup {
    async fn open(&self, text: &str) -> Location {
        self.opener.open(text).await.unwrap()
    }

    fn os(&self, below: &str) -> RemotePath {
        RemotePath::parse(&format!("{}/{below}", self.dir.path().display())).unwrap()
    }
}

#[tokio::test]
async fn the_same_settings_give_the_same_store() {
    let setup = setup(&[]);
    let a = setup.open("mem:a").await;
    for same in ["mem:", "mem:x/y", "in:", "deep:x", "in:../.."] {
        assert!(a.same_store(&setup.open(same).await), "{same}");
    }
    assert!(!a.same_store(&setup.open("rel:").await));
    let here = setup.open("x").await;
    for same in ["/", "rel:", "disk:y", ":local:z", ":alias,remote=sub:"] {
        assert!(here.same_store(&setup.open(same).await), "{same}");
    }
    let other = setup.open(":local,encoding=None:x").await;
    assert!(!here.same_store(&other));
}

#[tokio::test]
async fn paths_are_seen_from_the_right_root() {
    let setup = setup(&[]);
    for (text, path) in [
        ("mem:", ""),
        ("mem:/a//b/", "a/b"),
        ("mem:a/../b", "b"),
        ("in:", "dir"),
        ("in:x", "dir/x"),
        ("in:..", "dir"),
        ("in:../../x/../y", "dir/y"),
        ("deep:x", "dir/er/x"),
        (":memory:p", "p"),
        (":alias,remote='mem:q':p", "q/p"),
    ] {
        assert_eq!(setup.open(text).await.path.as_str(), path, "{text}");
    }
    for (text, path) in [
        (".", ""),
        ("a/b", "a/b"),
        ("rel:", "sub"),
        ("rel:..", "sub"),
        ("disk:a", "a"),
    ] {
        assert_eq!(setup.open(text).await.path, setup.os(path), "{text}");
    }
    let place = setup.open("in:x").await;
    assert_eq!(place.describe(), "memory root 'dir/x'");
    let place = setup.open("/some/dir").await;
    assert_eq!(place.describe(), "Local file system at /some/dir");
}

#[tokio::test]
async fn what_is_wrong_is_said_in_rclones_words() {
    let setup = setup(&[]);
    let itself = "can't point alias remote at itself - check the value of the remote setting";
    let empty = "alias can't point to an empty remote - check the value of the remote setting";
    for (text, words) in [
        ("", "can't use empty string as a path"),
        ("nosuch:", "didn't find section in config file (\"nosuch\")"),
        ("MEM:", "didn't find section in config file (\"MEM\")"),
        (
            "nosuch,type=memory:",
            "didn't find section in config file (\"nosuch\")",
        ),
        (
            "typeless:",
            "didn't find section in config file (\"typeless\")",
        ),
        ("strange:", "didn't find backend called \"nosuch\""),
        (":what:", "didn't find backend called \"what\""),
        ("self:", itself),
        ("one:", itself),
        ("empty:", empty),
        (":alias:", empty),
        ("mem,:", "config parameters can't be empty"),
    ] {
        let error = setup.opener.open(text).await.map(|_| ()).unwrap_err();
        assert_eq!(
            (error.kind, error.to_string().as_str()),
            (ErrorKind::Invalid, words),
            "{text}"
        );
    }
    let above = setup.opener.open("mem:../p").await.map(|_| ()).unwrap_err();
    assert_eq!(above.kind, ErrorKind::DirNotFound);
    let encoding = setup.opener.open(":local,encoding=Nope:x").await;
    let encoding = encoding.map(|_| ()).unwrap_err().to_string();
    assert!(encoding.contains("bad encoding \"Nope\""), "{encoding}");
    let secret = setup.opener.open("nosuch,pass=hunter2:x").await;
    let secret = secret.map(|_| ()).unwrap_err();
    assert!(!format!("{secret:?} {secret}").contains("hunter2"));
}

#[tokio::test]
async fn the_environment_makes_remotes() {
    let setup = setup(&[
        ("MEGARC_CONFIG_EXTRA_TYPE", "alias"),
        ("MEGARC_CONFIG_EXTRA_REMOTE", "mem:from-env"),
        ("MEGARC_CONFIG_REL_REMOTE", "mem:other"),
    ]);
    assert_eq!(setup.open("extra:x").await.path.as_str(), "from-env/x");
    assert_eq!(setup.open("EXTRA:x").await.path.as_str(), "from-env/x");
    assert_eq!(setup.open("rel:x").await.path.as_str(), "other/x");
    assert_eq!(setup.open("rel,remote='mem:':x").await.path.as_str(), "x");
}

#[tokio::test]
async fn what_is_written_by_one_name_is_read_by_another() {
    let setup = setup(&[]);
    let place = setup.open("deep:f").await;
    let file = NewFile::new(
        Some(0),
        megarc::remote::Content::Stream(Box::pin(futures_util::stream::empty())),
    );
    place.remote.write(&place.path.into(), file).await.unwrap();
    let same = setup.open("mem:dir/er/f").await;
    assert!(same.remote.stat(&same.path).await.is_ok());
}

/// A server with one account, and an opener whose environment names it.
async fn with_account(spec: AccountSpec) -> (sandbox::Handle, Setup) {
    let server = sandbox::start(sandbox::Options {
        accounts: vec![spec],
        ..sandbox::Options::default()
    });
    let server = server.await.unwrap();
    let state = tempfile::tempdir().unwrap().keep();
    let setup = setup(&[
        ("MEGARC_MEGA_API_URL", server.url()),
        ("MEGARC_STATE_DIR", state.to_str().unwrap()),
    ]);
    (server, setup)
}

async fn put(place: &Location, content: &'static [u8]) -> Entry {
    let pieces = futures_util::stream::iter([Ok(content.into())]);
    let file = NewFile::new(
        Some(content.len() as u64),
        megarc::remote::Content::Stream(Box::pin(pieces)),
    );
    let to = place.path.clone().into();
    place.remote.write(&to, file).await.unwrap()
}

fn account(pass: &str) -> String {
    format!(":mega,user=u@example.com,pass={}", obscure(pass).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_opened_once_whatever_the_path() {
    let (server, setup) = with_account(AccountSpec::new("u@example.com", "secret 1")).await;
    let account = account("secret 1");
    let a = setup.open(&format!("{account}:a")).await;
    let b = setup.open(&format!("{account}:b/c")).await;
    assert!(a.same_store(&b));
    put(&a, b"x").await;
    assert_eq!(server.stats().logins, 1);
    // Another process finds the session.
    let again = Opener::new(setup.opener.config().clone(), OpenOptions::default());
    let a = again.open(&format!("{account}:a")).await.unwrap();
    assert!(a.remote.stat(&a.path).await.is_ok());
    assert_eq!(server.stats().logins, 1);
    let nobody = setup.opener.open(":mega:x").await.map(|_| ()).unwrap_err();
    assert!(nobody.to_string().contains("no user is set"), "{nobody}");
    let wrong = setup.opener.open(&account_with("wrong")).await;
    let wrong = wrong.map(|_| ()).unwrap_err();
    assert_eq!(wrong.kind, ErrorKind::Unauthenticated);
    assert!(!format!("{wrong} {wrong:?}").contains("wrong\""));
    let root = setup.opener.open(&format!("{account},root=attic:")).await;
    let root = root.map(|_| ()).unwrap_err().to_string();
    assert!(root.contains("unknown root 'attic'"), "{root}");
}

fn account_with(pass: &str) -> String {
    format!("{}:", account(pass))
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_places() {
    let (_server, setup) = with_account(AccountSpec::new("u@example.com", "secret 1")).await;
    let place = setup
        .open(&format!("{}:dir/file.txt", account("secret 1")))
        .await;
    let file = put(&place, b"behind a link").await;
    let dir = place
        .remote
        .stat(&RemotePath::parse("dir").unwrap())
        .await
        .unwrap();
    let options = LinkOptions::default();
    let to_file = place.remote.link(&file, &options).await.unwrap();
    let to_dir = place.remote.link(&dir, &options).await.unwrap();
    let shown = setup.open(&to_file).await;
    assert_eq!(shown.path.as_str(), "file.txt");
    assert!(shown.remote.features().read_only);
    let shown = setup.open(&to_dir).await;
    assert_eq!(shown.path.as_str(), "");
    let entries = shown.remote.list(&Entry::dir(shown.path)).await.unwrap();
    assert_eq!(entries[0].name(), "file.txt");
    let named = setup.open(&format!(":mega,link='{to_dir}':file.txt")).await;
    let found = named.remote.stat(&named.path).await.unwrap();
    assert_eq!(found.size, Some(13));
    // The key in a link is a secret: no message repeats it.
    let key = to_dir.split('#').next_back().unwrap();
    let broken = format!("{}x", &to_dir[..to_dir.len() - 3]);
    let error = setup.opener.open(&broken).await.map(|_| ()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(&key[..key.len() - 3]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_factor_comes_from_a_command() {
    let spec = AccountSpec {
        mfa: Some(Mfa::Code("123456".to_owned())),
        ..AccountSpec::new("u@example.com", "secret 1")
    };
    let (server, setup) = with_account(spec).await;
    let account = account("secret 1");
    let none = setup.opener.open(&format!("{account}:")).await;
    assert_eq!(
        none.map(|_| ()).unwrap_err().kind,
        ErrorKind::Unauthenticated
    );
    let command = format!("{account},otp_command='printf \"123 456\"':");
    setup.opener.open(&command).await.unwrap();
    assert_eq!(server.stats().logins, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_needs_nothing_and_remembers() {
    let dir = tempfile::tempdir().unwrap();
    let env: Env = [
        (
            "MEGARC_CACHE_DIR",
            dir.path().join("cache").to_str().unwrap(),
        ),
        (
            "MEGARC_STATE_DIR",
            dir.path().join("state").to_str().unwrap(),
        ),
    ]
    .into_iter()
    .collect();
    let config = Arc::new(Config::in_memory(env));
    for round in 0..3 {
        let opener = Opener::new(config.clone(), OpenOptions::default());
        let place = opener.open(":sandbox:dir/f").await.unwrap();
        if round == 0 {
            put(&place, b"kept").await;
        }
        let found = place.remote.stat(&place.path).await.unwrap();
        assert_eq!(found.size, Some(4));
        drop(place);
        opener.finish().await;
    }
    // One session file: the address differs in each run, the server does not.
    let sessions = fs::read_dir(dir.path().join("state/sessions")).unwrap();
    let sessions = sessions
        .filter(|item| {
            let name = item.as_ref().unwrap().file_name();
            name.to_string_lossy().ends_with(".session")
        })
        .count();
    assert_eq!(sessions, 1);
}

#[tokio::test]
async fn web_servers_are_checked_before_they_are_asked() {
    let setup = setup(&[]);
    for (text, words) in [
        (":http:", "no url is set"),
        (
            ":http,url='http://127.0.0.1:1',headers='a':",
            "odd number of headers",
        ),
        (":http,url='http://127.0.0.1:1',no_head=perhaps:", "as bool"),
    ] {
        let error = setup.opener.open(text).await.map(|_| ()).unwrap_err();
        assert!(error.to_string().contains(words), "{text}: {error}");
    }
    let place = setup
        .open(":http,url='http://127.0.0.1:1/x/',headers='Cookie,\"a=1, b=2\"':d")
        .await;
    assert_eq!(place.path.as_str(), "d");
}
