//! A tree of names that were made to do harm: nothing is written outside of the
//! destination, nothing of them reaches the terminal as it is, what cannot be
//! written is named, and the good files arrive.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use expectrl::Expect as _;
use megarc::mega::content::Source;
use megarc::mega::upload::Upload;
use megarc::mega::{Client, NodeHandle};

use crate::account::Account;

/// Names that a file system cannot have, or that would lead elsewhere.
const NAMES: [&str; 20] = [
    "..",
    ".",
    "/",
    "a/b",
    "../../evil",
    "/etc/evil",
    "C:\\x",
    "nul\0byte",
    "\u{1}\u{1b}[2J\u{7f}",
    "\u{202e}txt.exe",
    "line\nfeed\rreturn",
    "CON",
    "aux.txt",
    "blank ",
    "dot.",
    " ",
    "\u{fffd}\u{feff}",
    "-rf",
    "~",
    "good",
];

/// How deep the deepest folder lies: deeper than any path of the system.
const DEEP: usize = 10_000;

async fn put(client: &Client, parent: NodeHandle, name: &str) {
    let content = format!("content of {}", name.escape_debug());
    let size = content.len() as u64;
    let stream = futures_util::stream::iter([Ok(content.into())]);
    let upload = Upload {
        parent,
        name: name.to_owned(),
        size: Some(size),
        mtime: 1_700_000_000,
        source: Source::Stream(Box::pin(stream)),
        replaces: None,
        attributes: Vec::new(),
        progress: None,
    };
    client.upload(upload).await.unwrap();
}

async fn folder(client: &Client, path: &[&str]) -> NodeHandle {
    let root = client.roots().await.unwrap().cloud.unwrap();
    client.create_folder(root, path).await.unwrap()
}

/// The contents of all files below `root`.
fn contents(root: &Path) -> BTreeSet<String> {
    let (mut all, mut dirs) = (BTreeSet::new(), vec![root.to_path_buf()]);
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else {
                all.insert(fs::read_to_string(path).unwrap());
            }
        }
    }
    all
}

/// What stands in the client's home beside its own folders.
fn beside(account: &Account) -> Vec<PathBuf> {
    let entries = fs::read_dir(account.home()).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| {
        let own = [".cache", ".local", ".config"];
        !own.iter().any(|dir| path.ends_with(dir))
    });
    names
}

/// Nothing that moves the cursor, clears, or turns the reading direction.
pub(crate) fn assert_harmless(text: &str, what: &str) {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let harmful = |c: &char| c.is_control() && !matches!(c, '\n' | '\t') || turns(*c);
    let found = text.chars().find(harmful);
    assert_eq!(found, None, "{what}: {text:?}");
}

#[test]
fn names_stay_in_the_destination_and_every_file_arrives() {
    let account = Account::new();
    account.wait_for(async {
        let client = account.client().await;
        let folders = folder(&client, &["n"]).await;
        let files = folder(&client, &["n", "files"]).await;
        for name in NAMES {
            put(&client, files, name).await;
            let below = client.create_folder(folders, &[name]).await.unwrap();
            put(&client, below, &format!("in {}", name.escape_debug())).await;
        }
    });
    account.ok(["copy", "m:n", "deep/er/back"]);
    let back = account.home().join("deep/er/back");
    assert_eq!(contents(&back.join("files")).len(), NAMES.len());
    assert_eq!(contents(&back).len(), 2 * NAMES.len());
    assert_eq!(beside(&account), [account.home().join("deep")]);
    let deep = fs::read_dir(account.home().join("deep")).unwrap();
    assert_eq!(deep.count(), 1);
    assert!(!Path::new("/etc/evil").exists());
    // What came down is what is there.
    account.ok(["check", "m:n", "deep/er/back"]);
    account.ok(["sync", "m:n", "deep/er/back"]);
    assert_eq!(contents(&back).len(), 2 * NAMES.len());
    for args in [
        &["ls", "m:n"][..],
        &["lsf", "-R", "m:n"],
        &["lsjson", "-R", "m:n"],
        &["tree", "m:n"],
        &["size", "m:n"],
        &["check", "m:n", "deep/er/none", "-v"],
        &["copy", "m:n", "deep/er/again", "-vv"],
        &["delete", "m:n", "-v"],
    ] {
        let output = account.run(args);
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 1 | 3)), "{args:?}: {code:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains("mistake of its own"), "{said}");
        // What goes into a pipe has its bytes as they are (`on_a_terminal`).
        assert_harmless(&said, args[0]);
    }
    assert_eq!(account.ok(["lsf", "-R", "--files-only", "m:n"]), "");
}

/// As in rclone: on a disk a slash is a fullwidth one.
#[test]
fn of_two_names_that_a_disk_writes_alike_one_is_named() {
    let account = Account::new();
    account.wait_for(async {
        let client = account.client().await;
        let files = folder(&client, &["n"]).await;
        put(&client, files, "/").await;
        put(&client, files, "\u{ff0f}").await;
    });
    let output = account.run(["copy", "m:n", "back"]);
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("Duplicate object found in source"), "{said}");
    assert_eq!(contents(&account.home().join("back")).len(), 1);
}

#[test]
fn on_a_terminal_nothing_of_a_name_is_obeyed() {
    let account = Account::new();
    account.wait_for(async {
        let client = account.client().await;
        let files = folder(&client, &["n"]).await;
        for name in NAMES {
            put(&client, files, name).await;
        }
    });
    for args in [
        &["ls", "m:n"][..],
        &["lsf", "m:n"],
        &["lsl", "m:n"],
        &["tree", "m:n"],
        &["copy", "m:n", "back", "-v"],
    ] {
        let mut command = account.command(args);
        command.env("TERM", "dumb");
        command.stdin(Stdio::inherit()).stdout(Stdio::inherit());
        command.stderr(Stdio::inherit());
        let mut session = expectrl::Session::spawn(command).unwrap();
        session.set_expect_timeout(Some(Duration::from_secs(120)));
        let shown = session.expect(expectrl::Eof).unwrap();
        let shown = String::from_utf8(shown.as_bytes().to_vec()).unwrap();
        assert!(shown.contains("good"), "{shown}");
        // Of ours there is the end of a line, and what stands for the title.
        let shown = shown.replace("\r\n", "\n");
        assert!(!shown.contains("\u{1b}[2J"), "{args:?}: {shown:?}");
        assert!(!shown.contains('\u{202e}'), "{args:?}: {shown:?}");
        assert!(!shown.contains("feed\r"), "{args:?}: {shown:?}");
        assert!(!shown.contains("line\n"), "{args:?}: {shown:?}");
        assert!(!shown.contains('\0'), "{args:?}: {shown:?}");
    }
}

#[test]
fn what_cannot_be_written_is_named_and_the_rest_arrives() {
    let account = Account::new();
    account.wait_for(async {
        let client = account.client().await;
        let top = folder(&client, &["bad"]).await;
        put(&client, top, &"n".repeat(1024)).await;
        put(&client, top, "good").await;
        let mut path = vec!["d"; DEEP];
        path.insert(0, "bad");
        let deepest = folder(&client, &path).await;
        put(&client, deepest, "deepest").await;
    });
    let output = account.run(["copy", "m:bad", "back", "--retries", "1"]);
    let said = String::from_utf8_lossy(&output.stderr);
    let shown: String = said.chars().take(3000).collect();
    assert!(matches!(output.status.code(), Some(1..=10)), "{shown}");
    assert!(said.contains("name too long"), "{shown}");
    let good = fs::read_to_string(account.home().join("back/good")).unwrap();
    assert_eq!(good, "content of good");
    for args in [["size", "m:bad"], ["ls", "m:bad"], ["tree", "m:bad"]] {
        account.ok(args);
    }
    account.ok(["purge", "m:bad"]);
    // Deeper than what removes the client's home can go.
    let mut remove = std::process::Command::new("rm");
    let removed = remove.arg("-rf").arg(account.home().join("back")).status();
    assert!(removed.unwrap().success());
}
