//! The listener, and what all connections share.
//!
//! The server runs on a runtime of its own: it may write files and hash on its
//! threads without holding up the client that shares the process.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};

use super::accounts::{AccountRecord, AccountSpec};
use super::api::replay::Running;
use super::body::Pool;
use super::faults::Faults;
use super::stats::{Counters, Stats};
use super::storage::transfers::Transfers;
use super::store::Store;
use super::store::node::{Kind, Node};
use super::store::records::User;
use super::text::{Handle as NodeHandle, UserHandle};
use super::trouble::Trouble;
use super::witness::NonceBook;
use super::{Error, Options, http, seed};

/// What every request may use.
pub struct Server {
    /// The durable state.
    pub store: Store,
    /// Uploads on their way, and who downloaded how much.
    pub transfers: Transfers,
    /// Counters.
    pub counters: Counters,
    /// Requests being carried out.
    pub running: Running,
    /// What goes wrong.
    pub trouble: Trouble,
    /// Which keys protect which content.
    pub nonces: NonceBook,
    /// Buffers for content.
    pub pool: Pool,
    /// Whether uploads are checked.
    pub witness: bool,
    /// Whether downloads may get six addresses.
    pub cloudraid: bool,
    /// Time added to every answer.
    pub latency: Duration,
    /// How long a wait for events may last.
    pub longest_wait: Duration,
    /// A word by which the server is known again.
    pub word: String,
    /// Turns true when the server stops, so that waits end.
    pub stopping: watch::Receiver<bool>,
    // The folder of a sandbox without one of its own goes with the server.
    _temporary: Option<tempfile::TempDir>,
}

/// An account that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// E-mail address.
    pub email: String,
    /// User handle.
    pub handle: String,
    /// 1 or 2.
    pub version: u8,
    /// Whether a second factor is asked for.
    pub mfa: bool,
}

/// A running sandbox. Dropping it stops the server.
pub struct Handle {
    url: String,
    address: SocketAddr,
    server: Arc<Server>,
    stop: Option<oneshot::Sender<()>>,
    stopping: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// Starts a sandbox.
///
/// # Errors
/// If the state cannot be opened, an account cannot be made, or the address
/// cannot be listened on.
pub async fn start(options: Options) -> Result<Handle, Error> {
    let (ready, started) = oneshot::channel();
    let (stop, stopped) = oneshot::channel();
    let (stopping, follow) = watch::channel(false);
    let thread = std::thread::Builder::new()
        .name("sandbox".into())
        .spawn(move || run(options, follow, ready, stopped))
        .map_err(|source| Error::new(format!("starting the sandbox's thread: {source}")))?;
    let (address, server) = started
        .await
        .unwrap_or_else(|_| Err(Error::new("the sandbox's thread ended at once")))?;
    Ok(Handle {
        url: format!("http://{address}/"),
        address,
        server,
        stop: Some(stop),
        stopping,
        thread: Some(thread),
    })
}

type Ready = oneshot::Sender<Result<(SocketAddr, Arc<Server>), Error>>;

fn run(
    options: Options,
    follow: watch::Receiver<bool>,
    ready: Ready,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("sandbox-io")
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(source) => {
            let _ = ready.send(Err(Error::new(format!(
                "starting the sandbox's runtime: {source}"
            ))));
            return;
        }
    };
    runtime.block_on(async {
        match prepare(options, follow).await {
            Ok((listener, address, server)) => {
                if ready.send(Ok((address, Arc::clone(&server)))).is_ok() {
                    tokio::select! {
                        () = accept(listener, server) => {}
                        _ = stopped => {}
                    }
                }
            }
            Err(error) => {
                let _ = ready.send(Err(error));
            }
        }
    });
    // Requests in hand are cut off here; what they were told is on disk.
    runtime.shutdown_timeout(Duration::from_secs(5));
}

async fn prepare(
    options: Options,
    stopping: watch::Receiver<bool>,
) -> Result<(TcpListener, SocketAddr, Arc<Server>), Error> {
    let (dir, temporary) = match options.dir {
        Some(dir) => (dir, None),
        None => temporary()?,
    };
    let store = Store::open(&dir)?;
    for account in &options.accounts {
        if ensure_account(&store, account).await? && options.seed_nodes > 0 {
            seed::fill(&store, &account.email, options.seed_nodes).await?;
        }
    }
    let refused =
        |source: std::io::Error| Error::new(format!("listening on {}: {source}", options.addr));
    let listener = TcpListener::bind(options.addr).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let server = Arc::new(Server {
        store,
        transfers: Transfers::default(),
        counters: Counters::default(),
        running: Running::default(),
        trouble: Trouble::new(options.faults),
        nonces: NonceBook::default(),
        pool: Pool::default(),
        witness: options.witness,
        cloudraid: options.cloudraid,
        latency: options.latency,
        longest_wait: options.longest_wait,
        word: options.word.unwrap_or_default(),
        stopping,
        _temporary: temporary,
    });
    Ok((listener, address, server))
}

fn temporary() -> Result<(PathBuf, Option<tempfile::TempDir>), Error> {
    let dir = tempfile::Builder::new()
        .prefix("megarc-sandbox-")
        .tempdir()
        .map_err(|source| Error::new(format!("making a temporary folder: {source}")))?;
    Ok((dir.path().to_path_buf(), Some(dir)))
}

async fn accept(listener: TcpListener, server: Arc<Server>) {
    loop {
        let Ok((socket, peer)) = listener.accept().await else {
            // Out of descriptors, most likely: wait for some to be closed.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let _ = socket.set_nodelay(true);
        server.counters.count(|stats| stats.connections += 1);
        let (socket, breaker) = super::trouble::breakable(socket);
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            let service = service_fn(|request| {
                let server = Arc::clone(&server);
                let breaker = breaker.clone();
                async move { http::serve(server, peer, breaker, request).await }
            });
            // An error here is a client that went away or a fault on purpose.
            let _ = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                // Idle connections are the client's to close: one that ends as
                // a request leaves would look like a fault.
                .header_read_timeout(None)
                .max_buf_size(512 << 10)
                .serve_connection(TokioIo::new(socket), service)
                .await;
        });
    }
}

/// Makes an account with its three roots, unless the e-mail is taken; whether
/// it was made.
async fn ensure_account(store: &Store, spec: &AccountSpec) -> Result<bool, Error> {
    if store.read(|world| world.user_by_name(&spec.email).is_some()) {
        return Ok(false);
    }
    let account = AccountRecord::create(spec)?;
    let handle = UserHandle::parse(&account.handle)
        .ok_or_else(|| Error::new("the new account has no proper handle"))?;
    let mut tx = store.begin();
    let now = tx.now();
    let mut root = |kind: Kind| {
        let node = Node {
            handle: NodeHandle::random(),
            parent: None,
            owner: handle,
            kind,
            attributes: "".into(),
            key: "".into(),
            share_keys: Vec::new(),
            size: 0,
            created: now,
            file_attributes: None,
            blob: None,
            order: tx.next_order(),
        };
        let root = node.handle;
        tx.put_node(node);
        root
    };
    let user = User {
        cloud: root(Kind::Cloud),
        vault: root(Kind::Vault),
        rubbish: root(Kind::Rubbish),
        created: now,
        quota: account.quota,
        transfer_quota: account.transfer_quota,
        witnessed: true,
        account,
    };
    tx.put_user(handle, &spec.email, user);
    tx.finish()
        .durable(store)
        .await
        .map_err(|why| Error::new(format!("storing the account {}: {why}", spec.email)))?;
    Ok(true)
}

impl Handle {
    /// The address for clients, ending in a slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The accounts it has, by e-mail.
    pub fn accounts(&self) -> Vec<Account> {
        let mut accounts: Vec<Account> = self.server.store.read(|world| {
            world
                .users()
                .map(|(handle, user)| Account {
                    email: user.account.email.clone(),
                    handle: handle.to_string(),
                    version: user.account.version,
                    mfa: user.account.mfa.is_some(),
                })
                .collect()
        });
        accounts.sort_by(|a, b| a.email.cmp(&b.email));
        accounts
    }

    /// The counters now.
    pub fn stats(&self) -> Stats {
        self.server.counters.snapshot()
    }

    /// Replaces what goes wrong.
    pub fn set_faults(&self, faults: Faults) {
        self.server.trouble.set(faults);
    }

    /// Makes one more account.
    ///
    /// # Errors
    /// If it cannot be made or stored.
    pub async fn add_account(&self, spec: &AccountSpec) -> Result<(), Error> {
        ensure_account(&self.server.store, spec).await.map(|_| ())
    }

    /// Ends every login, so that the next request is answered with -15.
    pub async fn drop_sessions(&self) -> Result<(), Error> {
        let store = &self.server.store;
        let mut tx = store.begin();
        let users: Vec<UserHandle> = tx.world().users().map(|(handle, _)| *handle).collect();
        for user in users {
            for (sid, _) in tx.world().sessions(user) {
                tx.remove_session(&sid);
            }
        }
        tx.finish().durable(store).await.map_err(Error::new)
    }

    /// Forgets the history of events, so that clients have to fetch anew.
    pub fn drop_history(&self) {
        let mut tx = self.server.store.begin();
        tx.forget_events();
        drop(tx.finish());
    }

    /// Says what in the stored state contradicts itself.
    pub fn check(&self) -> Vec<String> {
        self.server.store.check()
    }

    /// Stops the server and closes its state.
    pub async fn shutdown(mut self) {
        let _ = tokio::task::spawn_blocking(move || self.end()).await;
    }

    /// Stops the server without finishing anything, as `kill -9` would: what
    /// was not yet handed to the disk is lost.
    pub async fn kill(self) {
        self.server.store.abandon();
        self.shutdown().await;
    }

    fn end(&mut self) {
        self.stopping.send_replace(true);
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.end();
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
