//! An account with a source on both sides, and a client of its own to look at
//! what the command under test has done.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use futures_util::StreamExt;
use megarc::mega::crypto::seal::SealKey;
use megarc::mega::session::{Credentials, MfaSource, Secret, SessionStore};
use megarc::mega::{Client, ClientOptions};
use megarc::remote::mega::{Mega, MegaOptions};
use megarc::remote::{Content, Entry, NewFile, Remote, RemotePath};

use crate::account::{Account, EMAIL, PASSWORD, content};

/// Makes the content of a file.
pub(super) type Make = fn() -> Vec<u8>;

/// A tree with an empty file, small ones, and one of several pieces.
pub(super) const FILES: [(&str, Make); 4] = [
    ("a.txt", || b"ten bytes\n".to_vec()),
    ("d/b.bin", || content(2, 200_000)),
    ("d/empty", Vec::new),
    ("large.bin", || content(3, 2_900_000)),
];

/// Files of one name.
pub(super) const DUPLICATES: [&str; 3] = ["one", "the largest", "three"];

pub(super) struct Bench {
    pub account: Account,
    sessions: SessionStore,
}

impl Bench {
    pub(super) fn new() -> Self {
        let account = Account::new();
        let sessions = account.home().join("judge");
        let bench = Self {
            sessions: SessionStore::new(sessions, SealKey::generate()),
            account,
        };
        bench.make_source("src");
        bench.account.ok(["copy", "src", "m:src"]);
        bench.check_bystanders();
        bench
    }

    /// Writes the tree on the disk.
    pub(super) fn make_source(&self, place: &str) {
        for (name, content) in FILES {
            let path = self.account.home().join(place).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content()).unwrap();
        }
    }

    /// Runs megarc with few tries, so that what never ends well ends soon.
    pub(super) fn megarc(&self, args: Vec<String>) -> Output {
        let limits = ["--retries", "1", "--low-level-retries", "4"];
        let limits = limits.iter().map(ToString::to_string);
        self.account.run(args.into_iter().chain(limits))
    }

    /// Requests and pieces so far.
    pub(super) fn events(&self) -> u64 {
        let stats = self.account.stats();
        stats.requests + stats.polls + stats.pieces_up + stats.pieces_down
    }

    /// The account as it is at the server now.
    async fn remote(&self) -> Mega {
        let client = Client::connect(ClientOptions {
            api_url: self.account.url(),
            credentials: Some(Credentials {
                email: EMAIL.to_owned(),
                password: Secret::new(PASSWORD),
                mfa: MfaSource::default(),
            }),
            store: Some(self.sessions.clone()),
            dedupe_uploads: false,
            ..ClientOptions::default()
        });
        Mega::new(client.await.unwrap(), MegaOptions::default())
    }

    /// Puts a file there, beside others of its name.
    pub(super) fn put(&self, path: &str, content: Vec<u8>) {
        self.account.wait_for(async {
            let size = content.len() as u64;
            let piece = futures_util::stream::iter([Ok(content.into())]);
            let file = NewFile::new(Some(size), Content::Stream(Box::pin(piece)));
            let to = RemotePath::parse(path).unwrap().into();
            self.remote().await.write(&to, file).await.unwrap();
        });
    }

    /// All files below a folder, each as often as it is there.
    pub(super) fn contents(&self, place: &str) -> Vec<(String, Vec<u8>)> {
        self.account.wait_for(async {
            let remote = Arc::new(self.remote().await);
            let root = RemotePath::parse(place).unwrap();
            let mut found = Vec::new();
            let mut dirs = vec![Entry::dir(root.clone())];
            while let Some(dir) = dirs.pop() {
                let Ok(entries) = remote.list(&dir).await else {
                    continue;
                };
                for entry in entries {
                    if entry.is_dir() {
                        dirs.push(entry);
                        continue;
                    }
                    let mut stream = remote.read(&entry, None).await.unwrap();
                    let mut content = Vec::new();
                    while let Some(piece) = stream.next().await {
                        content.extend_from_slice(&piece.unwrap());
                    }
                    let name = entry.path.as_str().strip_prefix(place).unwrap();
                    found.push((name.trim_start_matches('/').to_owned(), content));
                }
            }
            found
        })
    }

    /// How many files there are below a folder of the disk.
    pub(super) fn files_below(&self, dir: &Path) -> usize {
        let entries = fs::read_dir(dir).into_iter().flatten();
        entries
            .map(|entry| entry.unwrap().path())
            .map(|path| {
                if path.is_dir() {
                    self.files_below(&path)
                } else {
                    1
                }
            })
            .sum()
    }

    /// What no command had to do with is as it was.
    pub(super) fn check_bystanders(&self) {
        let there = self.contents("src");
        assert_eq!(there.len(), FILES.len());
        for (name, make) in FILES {
            assert!(
                there.iter().any(|(n, c)| n == name && *c == make()),
                "{name}"
            );
            let here = fs::read(self.account.home().join("src").join(name));
            assert!(here.unwrap() == make(), "{name}");
        }
    }

    /// Takes the local files of a case away.
    pub(super) fn clear(&self, place: &str) {
        let _ = fs::remove_dir_all(self.account.home().join(place));
    }
}
