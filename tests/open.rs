//! From text to a place: aliases, sharing, and rclone's words for what is wrong.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::sync::Arc;

use megarc::config::{Config, ConfigSource, Env};
use megarc::remote::open::{OpenOptions, Opener};
use megarc::remote::{ErrorKind, Location, NewFile, RemotePath};

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
