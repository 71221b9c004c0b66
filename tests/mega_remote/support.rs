//! A sandbox with one account, and the remote on it.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use megarc::mega::session::{Credentials, MfaSource, Secret};
use megarc::mega::transport::RetryPolicy;
use megarc::mega::{Client, ClientOptions};
use megarc::remote::mega::{Mega, MegaOptions};
use megarc::remote::{
    Content, Entry, NewFile, ReadAt, Remote, RemoteError, RemotePath, Result, Span,
};
use megarc::sandbox::{self, AccountSpec, Faults, Handle, RsaSource};

pub const EMAIL: &str = "user@example.com";
pub const PASSWORD: &str = "a password";

/// Times with whole seconds, as MEGA keeps them.
pub const TIME: i64 = 1_600_000_000;

pub struct World {
    pub sandbox: Handle,
    pub remote: Mega,
}

pub async fn world() -> World {
    world_with(|_| {}).await
}

pub async fn world_with(change: impl FnOnce(&mut ClientOptions)) -> World {
    world_on(sandbox::Options::default(), change).await
}

/// A world whose account may keep only so many bytes.
pub async fn world_with_quota(bytes: u64) -> World {
    let account = AccountSpec {
        quota: bytes,
        ..account()
    };
    start(account, sandbox::Options::default(), |_| {}).await
}

/// A world on a sandbox of another kind.
pub async fn world_on(sandbox: sandbox::Options, change: impl FnOnce(&mut ClientOptions)) -> World {
    start(account(), sandbox, change).await
}

fn account() -> AccountSpec {
    AccountSpec {
        rsa: RsaSource::Fixed,
        ..AccountSpec::new(EMAIL, PASSWORD)
    }
}

async fn start(
    account: AccountSpec,
    sandbox: sandbox::Options,
    change: impl FnOnce(&mut ClientOptions),
) -> World {
    let sandbox = sandbox::start(sandbox::Options {
        accounts: vec![account],
        ..sandbox
    })
    .await
    .unwrap();
    let mut options = options(sandbox.url());
    change(&mut options);
    let client = Client::connect(options).await.unwrap();
    World {
        sandbox,
        remote: Mega::new(client, MegaOptions::default()),
    }
}

/// Options whose retries do not wait.
pub fn options(url: &str) -> ClientOptions {
    ClientOptions {
        api_url: url.to_owned(),
        credentials: Some(Credentials {
            email: EMAIL.to_owned(),
            password: Secret::new(PASSWORD),
            mfa: MfaSource::default(),
        }),
        // Most tests are about the upload itself.
        dedupe_uploads: false,
        retries: RetryPolicy::new(10).with_sleeper(Arc::new(|_| Box::pin(async {}))),
        ..ClientOptions::default()
    }
}

impl World {
    pub fn faults(&self, text: &str) {
        self.sandbox.set_faults(Faults::parse(text).unwrap());
    }

    /// The same account as another client sees it.
    pub async fn again(&self) -> Mega {
        self.again_with(|_| {}).await
    }

    /// The same account as a client with other options sees it.
    pub async fn again_with(&self, change: impl FnOnce(&mut ClientOptions)) -> Mega {
        let mut options = options(self.sandbox.url());
        change(&mut options);
        let client = Client::connect(options).await.unwrap();
        Mega::new(client, MegaOptions::default())
    }

    pub async fn put(&self, at: &str, content: &[u8]) -> Entry {
        put(&self.remote, at, content, None).await.unwrap()
    }

    pub async fn get(&self, entry: &Entry) -> Result<Vec<u8>> {
        get(&self.remote, entry, None).await
    }

    pub async fn stat(&self, at: &str) -> Result<Entry> {
        self.remote.stat(&path(at)).await
    }

    pub async fn names(&self, dir: &str) -> Vec<String> {
        names(&self.remote, dir).await
    }

    pub fn commands(&self, name: &str) -> u64 {
        self.sandbox
            .stats()
            .commands
            .get(name)
            .copied()
            .unwrap_or(0)
    }
}

pub fn path(text: &str) -> RemotePath {
    RemotePath::parse(text).unwrap()
}

pub fn content(length: usize, seed: u32) -> Vec<u8> {
    (0..u32::try_from(length).unwrap())
        .map(|at| ((at.wrapping_add(seed)).wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

pub struct Memory(pub Vec<u8>);

impl ReadAt for Memory {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        let bytes = self.0.get(start..start + buffer.len());
        buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn check_unchanged(&self) -> Result<()> {
        Ok(())
    }
}

pub fn random(content: &[u8]) -> Content {
    Content::Random(Arc::new(Memory(content.to_vec())))
}

/// A stream in uneven parts.
pub fn streamed(content: &[u8]) -> Content {
    let parts: Vec<Result<Bytes>> = content
        .chunks(70_001)
        .map(|part| Ok(Bytes::copy_from_slice(part)))
        .collect();
    Content::Stream(Box::pin(stream::iter(parts)))
}

pub fn file(size: Option<usize>, content: Content) -> NewFile {
    let mut file = NewFile::new(size.map(|size| size as u64), content);
    file.modified = Some(Timestamp::from_second(TIME).unwrap());
    file
}

pub async fn put(
    remote: &dyn Remote,
    at: &str,
    content: &[u8],
    replace: Option<Entry>,
) -> Result<Entry> {
    let mut file = file(Some(content.len()), random(content));
    file.replace = replace;
    remote.write(&path(at).into(), file).await
}

pub async fn get(remote: &dyn Remote, entry: &Entry, span: Option<Span>) -> Result<Vec<u8>> {
    let mut stream = remote.read(entry, span).await?;
    let mut all = Vec::new();
    while let Some(bytes) = stream.next().await {
        all.extend_from_slice(&bytes?);
    }
    Ok(all)
}

pub async fn names(remote: &dyn Remote, dir: &str) -> Vec<String> {
    let mut names: Vec<String> = remote
        .list(&Entry::dir(path(dir)))
        .await
        .unwrap()
        .iter()
        .map(|entry| entry.name().to_owned())
        .collect();
    names.sort();
    names
}

/// The error's kind, or what should not have succeeded.
pub fn kind<T: std::fmt::Debug>(
    result: std::result::Result<T, RemoteError>,
) -> megarc::remote::ErrorKind {
    result.unwrap_err().kind
}
