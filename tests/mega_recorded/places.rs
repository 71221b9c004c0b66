//! Where the trees of a case lie: an account on the sandbox, or the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use megarc::mega::session::{Credentials, MfaSource, Secret};
use megarc::mega::transport::RetryPolicy;
use megarc::mega::{Client, ClientOptions};
use megarc::remote::local::Local;
use megarc::remote::mega::{Mega, MegaOptions};
use megarc::remote::{
    Candidate, Content, Depth, Entry, Location, NewFile, ReadAt, Remote, RemotePath,
};
use megarc::sandbox::{self, AccountSpec, Handle, RsaSource};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::Mutex;

use crate::different::Mode;
use crate::tree;

/// The account that most lies in, and that of the source, where it is another.
const EMAILS: [&str; 2] = ["user@example.com", "other@example.com"];
const PASSWORD: &str = "a password";

/// The server, and the stores.
pub(crate) struct World {
    _server: Handle,
    mega: Arc<dyn Remote>,
    other: Arc<dyn Remote>,
    disk: Arc<dyn Remote>,
    kept: Mutex<BTreeSet<Vec<u8>>>,
}

impl World {
    pub(crate) async fn start() -> Self {
        let accounts = EMAILS.map(|email| AccountSpec {
            rsa: RsaSource::Fixed,
            ..AccountSpec::new(email, PASSWORD)
        });
        let server = sandbox::start(sandbox::Options {
            accounts: accounts.into(),
            ..sandbox::Options::default()
        })
        .await
        .unwrap();
        let [mega, other] = EMAILS.map(|email| connect(&server, email));
        Self {
            mega: mega.await,
            other: other.await,
            _server: server,
            disk: Arc::new(Local::default()),
            kept: Mutex::default(),
        }
    }

    /// Puts the contents of a tree into the account, once each and one after
    /// the other. What is written later is a copy, of the same key: whether two
    /// files are known to be equal does not depend on which was there first.
    pub(crate) async fn keep_contents(&self, tree: &Value) {
        for (_, file) in tree["files"].as_object().into_iter().flatten() {
            let bytes = tree::content(file);
            let mut kept = self.kept.lock().await;
            if !kept.insert(bytes.clone()) {
                continue;
            }
            let name = RemotePath::parse(&format!("contents/{}", kept.len())).unwrap();
            let new = NewFile::new(Some(bytes.len() as u64), at_hand(bytes));
            self.mega.write(&name.into(), new).await.unwrap();
        }
    }
}

async fn connect(server: &Handle, email: &str) -> Arc<dyn Remote> {
    let client = Client::connect(ClientOptions {
        api_url: server.url().to_owned(),
        credentials: Some(Credentials {
            email: email.to_owned(),
            password: Secret::new(PASSWORD),
            mfa: MfaSource::default(),
        }),
        retries: RetryPolicy::new(10).with_sleeper(Arc::new(|_| Box::pin(async {}))),
        ..ClientOptions::default()
    });
    Arc::new(Mega::new(client.await.unwrap(), MegaOptions::default()))
}

/// The folders of one case.
pub(crate) struct Places<'a> {
    world: &'a World,
    mode: Mode,
    /// On MEGA.
    folder: String,
    /// On disk.
    disk: TempDir,
}

impl<'a> Places<'a> {
    pub(crate) fn new(world: &'a World, number: usize, mode: Mode) -> Self {
        Self {
            world,
            mode,
            folder: format!("{mode:?}/{number}"),
            disk: tempfile::tempdir().unwrap(),
        }
    }

    fn store(&self, side: &str) -> &Arc<dyn Remote> {
        let World {
            mega, other, disk, ..
        } = self.world;
        match (self.mode, side) {
            (Mode::Up, "src") => disk,
            (Mode::Across, "src") => other,
            (Mode::Down, "src") | (Mode::Up | Mode::Within | Mode::Across, _) => mega,
            (Mode::Down, _) => disk,
        }
    }

    /// What the words of a case name: `@ROOT@/src/a`.
    pub(crate) fn find(&self, text: &str) -> Location {
        let path = text.strip_prefix("@ROOT@/").unwrap();
        let side = path.split('/').next().unwrap();
        let remote = self.store(side);
        let root = if remote.features().local {
            self.disk.path().to_str().unwrap()
        } else {
            self.folder.as_str()
        };
        Location {
            remote: remote.clone(),
            path: RemotePath::parse(&format!("{root}/{path}")).unwrap(),
        }
    }

    fn root(&self, side: &str) -> Location {
        self.find(&format!("@ROOT@/{side}"))
    }

    /// Writes a tree; nothing for `null`.
    pub(crate) async fn write(&self, side: &str, tree: &Value) {
        if tree.is_null() {
            return;
        }
        let at = self.root(side);
        at.remote.make_dir(&at.path).await.unwrap();
        for name in tree["dirs"].as_object().into_iter().flatten().map(|d| d.0) {
            at.remote.make_dir(&below(&at, name)).await.unwrap();
        }
        let files = tree["files"].as_object().into_iter().flatten();
        stream::iter(files)
            .for_each_concurrent(8, |(name, file)| {
                let at = &at;
                async move {
                    let bytes = tree::content(file);
                    let new = NewFile {
                        modified: Some(Timestamp::try_from(tree::mtime(file)).unwrap()),
                        ..NewFile::new(Some(bytes.len() as u64), at_hand(bytes))
                    };
                    let to = below(at, name).into();
                    at.remote.write(&to, new).await.unwrap();
                }
            })
            .await;
    }

    /// What differs between a side and a tree.
    pub(crate) async fn compare(&self, side: &str, tree: &Value) -> Vec<String> {
        let at = self.root(side);
        let mut found = BTreeMap::new();
        let mut dirs = vec![Entry::dir(at.path.clone())];
        let stands = at.remote.stat(&at.path).await.is_ok();
        if stands == tree.is_null() {
            return vec![format!("{side}: stands {stands}")];
        }
        while let Some(dir) = dirs.pop().filter(|_| stands) {
            for entry in at.remote.list(&dir).await.unwrap() {
                if entry.is_dir() {
                    dirs.push(entry.clone());
                }
                let name = entry.path.strip(&at.path).unwrap();
                found.insert(name.as_str().to_owned(), entry);
            }
        }
        let mut problems = Vec::new();
        for (name, expected) in tree["files"].as_object().into_iter().flatten() {
            // A control character in a name is shown as its picture.
            let name = &name.replace('\n', "␊");
            match found.remove(name) {
                Some(file) if !file.is_dir() => {
                    problems.extend(differences(&at, name, &file, expected).await);
                }
                _ => problems.push(format!("{side}: file {name} is missing")),
            }
        }
        for (name, _) in tree["dirs"].as_object().into_iter().flatten() {
            if !found.remove(name).is_some_and(|entry| entry.is_dir()) {
                problems.push(format!("{side}: directory {name} is missing"));
            }
        }
        let surplus = found
            .keys()
            .map(|name| format!("{side}: {name} should not be there"));
        problems.extend(surplus);
        problems
    }
}

async fn differences(at: &Location, name: &str, file: &Entry, expected: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let bytes = tree::content(expected);
    if file.size != Some(bytes.len() as u64) || !same_content(at, file, bytes).await {
        problems.push(format!("{name} has another content"));
    }
    if expected["mtime"] != "now" {
        let wanted = Timestamp::try_from(tree::mtime(expected)).unwrap();
        if file.modified.map(Timestamp::as_second) != Some(wanted.as_second()) {
            problems.push(format!("{name} has time {:?}, not {wanted}", file.modified));
        }
    }
    problems
}

async fn same_content(at: &Location, file: &Entry, bytes: Vec<u8>) -> bool {
    if at.remote.features().likeness {
        let with = Candidate::new(Some(bytes.len() as u64), at_hand(bytes));
        let found = at.remote.likeness(file, with, Depth::Whole).await;
        return found.unwrap().is_equal();
    }
    let mut pieces = at.remote.read(file, None).await.unwrap();
    let mut read = Vec::new();
    while let Some(piece) = pieces.next().await {
        read.extend_from_slice(&piece.unwrap());
    }
    read == bytes
}

fn below(at: &Location, name: &str) -> RemotePath {
    at.path.join(&RemotePath::parse(name).unwrap())
}

/// A content whose equal may be found in the account before it is sent.
fn at_hand(bytes: Vec<u8>) -> Content {
    Content::Random(Arc::new(Held(bytes)))
}

struct Held(Vec<u8>);

impl ReadAt for Held {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        buffer.copy_from_slice(&self.0[start..start + buffer.len()]);
        Ok(())
    }

    fn check_unchanged(&self) -> megarc::remote::Result<()> {
        Ok(())
    }
}
