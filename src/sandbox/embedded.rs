//! `:sandbox:`: a server that every process can use and none has to start.
//!
//! The first process that wants it hosts it; others connect. Two locks in the
//! state folder arrange that:
//!
//! | file | meaning |
//! | --- | --- |
//! | `users.lock` | held shared by everyone who uses the server |
//! | `host.lock` | held by the process in which it runs |
//! | `address` | where it listens, and a word by which it is known again |
//! | `account.json` | e-mail and password, made on the first use |
//!
//! At its end the host waits until it can have `users.lock` alone: then nobody
//! uses its server any more. A host that was killed leaves its locks free and
//! an address that does not answer with the right word.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Weak};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use super::accounts::AccountSpec;
use super::crypto::base64;
use super::server::{Handle, start};
use super::{Error, Options, random};

/// How long to wait for a host that has just begun to start.
const LONGEST_START: Duration = Duration::from_secs(60);

/// Between two looks for the host.
const PAUSE: Duration = Duration::from_millis(25);

/// Storage of the built-in account, bytes.
const QUOTA: u64 = 1 << 40;

/// The built-in server, hosted here or elsewhere. The server stays at least as
/// long as this value.
#[derive(Clone)]
pub struct Embedded(Arc<Inner>);

struct Inner {
    url: String,
    account: Account,
    users: File,
    host: Option<Host>,
}

struct Host {
    handle: Option<Handle>,
    address: PathBuf,
    lock: File,
}

#[derive(Clone, Serialize, Deserialize)]
struct Account {
    email: String,
    password: String,
}

#[derive(Serialize, Deserialize)]
struct Address {
    listens: SocketAddr,
    word: String,
}

/// What this process uses already, so that two remotes share one server.
static IN_USE: LazyLock<Mutex<HashMap<PathBuf, Weak<Inner>>>> = LazyLock::new(Mutex::default);

/// Joins the server whose state is in `dir`, or starts it.
///
/// # Errors
/// If the folder cannot be used or the server does not start.
pub async fn acquire(dir: &Path) -> Result<Embedded, Error> {
    make_folder(dir).map_err(|source| failed("making", dir, &source))?;
    let dir = dir
        .canonicalize()
        .map_err(|source| failed("finding", dir, &source))?;
    let mut in_use = IN_USE.lock().await;
    if let Some(known) = in_use.get(&dir).and_then(Weak::upgrade) {
        return Ok(Embedded(known));
    }
    let inner = Arc::new(join(&dir).await?);
    in_use.insert(dir, Arc::downgrade(&inner));
    Ok(Embedded(inner))
}

impl Embedded {
    /// The address for clients, ending in a slash.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// The account's e-mail address.
    pub fn email(&self) -> &str {
        &self.0.account.email
    }

    /// The account's password.
    pub fn password(&self) -> &str {
        &self.0.account.password
    }

    /// Whether the server runs in this process.
    pub fn is_host(&self) -> bool {
        self.0.host.is_some()
    }

    /// Lets go. A host ends its server once nobody uses it. Dropping does the
    /// same, on the thread that drops.
    pub async fn release(self) {
        let _ = tokio::task::spawn_blocking(move || drop(self)).await;
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let Some(host) = &mut self.host else {
            return;
        };
        // Others that still use the server finish first. A lock that cannot be
        // had any more must not keep the process from ending.
        let _ = self.users.unlock();
        let _ = self.users.lock();
        let _ = std::fs::remove_file(&host.address);
        drop(host.handle.take());
        let _ = host.lock.unlock();
    }
}

fn failed(what: &str, path: &Path, source: &dyn std::fmt::Display) -> Error {
    Error::new(format!("{what} the sandbox's {}: {source}", path.display()))
}

/// Makes a folder that nobody else may look into.
fn make_folder(dir: &Path) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Opens or makes a file that nobody else may read.
fn open_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path)
}

/// Replaces a file as a whole.
fn write_private(path: &Path, text: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

async fn join(dir: &Path) -> Result<Inner, Error> {
    let lock = |name: &str| {
        let path = dir.join(name);
        open_private(&path).map_err(|source| failed("opening", &path, &source))
    };
    let users = lock("users.lock")?;
    // Waits for a host that is about to end.
    let users = tokio::task::spawn_blocking(move || users.lock_shared().map(|()| users))
        .await
        .map_err(|source| failed("locking", dir, &source))?
        .map_err(|source| failed("locking", dir, &source))?;
    let host = lock("host.lock")?;
    let deadline = tokio::time::Instant::now() + LONGEST_START;
    loop {
        match host.try_lock() {
            Ok(()) => return start_host(dir, users, host).await,
            Err(TryLockError::Error(source)) => return Err(failed("locking", dir, &source)),
            Err(TryLockError::WouldBlock) => {}
        }
        if let Some(url) = running(dir).await {
            let account = read_account(dir)?;
            return Ok(Inner {
                url,
                account,
                users,
                host: None,
            });
        }
        if tokio::time::Instant::now() > deadline {
            return Err(Error::new(format!(
                "the process that hosts the sandbox in {} does not answer",
                dir.display()
            )));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn start_host(dir: &Path, users: File, lock: File) -> Result<Inner, Error> {
    let address = dir.join("address");
    let _ = std::fs::remove_file(&address);
    let account = match dir.join("account.json").exists() {
        true => read_account(dir)?,
        false => new_account(dir)?,
    };
    let spec = AccountSpec {
        quota: QUOTA,
        ..AccountSpec::new(account.email.as_str(), account.password.as_str())
    };
    let word = base64::encode(&random::bytes::<16>());
    let handle = start(Options {
        dir: Some(dir.join("state")),
        accounts: vec![spec],
        word: Some(word.clone()),
        ..Options::default()
    })
    .await?;
    let text = serde_json::to_vec(&Address {
        listens: handle.address(),
        word,
    })
    .map_err(|source| failed("writing", &address, &source))?;
    write_private(&address, &text).map_err(|source| failed("writing", &address, &source))?;
    let url = handle.url().to_string();
    let host = Host {
        handle: Some(handle),
        address,
        lock,
    };
    Ok(Inner {
        url,
        account,
        users,
        host: Some(host),
    })
}

/// The address of the running server, if it is the one that wrote it.
async fn running(dir: &Path) -> Option<String> {
    let text = std::fs::read(dir.join("address")).ok()?;
    let address: Address = serde_json::from_slice(&text).ok()?;
    let asked = tokio::time::timeout(Duration::from_secs(5), ask(address.listens)).await;
    let answer = asked.ok()?.ok()?;
    answer
        .ends_with(address.word.as_bytes())
        .then(|| format!("http://{}/", address.listens))
}

async fn ask(address: SocketAddr) -> io::Result<Vec<u8>> {
    let mut socket = TcpStream::connect(address).await?;
    let request = "GET /sandbox/word HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n\r\n";
    socket.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    socket.take(4096).read_to_end(&mut answer).await?;
    Ok(answer)
}

fn read_account(dir: &Path) -> Result<Account, Error> {
    let path = dir.join("account.json");
    let text = std::fs::read(&path).map_err(|source| failed("reading", &path, &source))?;
    serde_json::from_slice(&text).map_err(|source| failed("reading", &path, &source))
}

fn new_account(dir: &Path) -> Result<Account, Error> {
    let path = dir.join("account.json");
    let account = Account {
        email: "sandbox@megarc.invalid".into(),
        password: base64::encode(&random::bytes::<18>()),
    };
    let text = serde_json::to_vec(&account).map_err(|source| failed("writing", &path, &source))?;
    write_private(&path, &text).map_err(|source| failed("writing", &path, &source))?;
    Ok(account)
}
