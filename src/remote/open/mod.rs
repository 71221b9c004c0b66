//! From what the user typed to a remote: the only folder that names every kind.
//! `mega.rs` turns settings into an open client.
//!
//! The same settings give the same remote: `work:a` and `work:b` share one
//! login and one tree, and can move files between them.

mod mega;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use super::alias;
use super::http::{Http, HttpOptions};
use super::local::{Links, Local, LocalOptions};
use super::mega::Mega;
use super::memory::Memory;
use super::spec::Spec;
use super::{ErrorKind, Location, PathError, Remote, RemoteError, RemotePath, Result};
use crate::config::{Config, ConfigError, Flags, Options};
use crate::sandbox::{self, embedded::Embedded};

pub use self::mega::MegaSettings;
pub use crate::mega::session::CodeCallback;

/// How remotes are opened, whatever their names.
#[derive(Clone, Default)]
pub struct OpenOptions {
    /// Where relative local paths begin.
    pub cwd: PathBuf,
    /// What happens to symbolic links on the disk.
    pub links: Links,
    /// Options of remotes given as flags (`--mega-user`).
    pub flags: Flags,
    /// What holds for every connection to MEGA.
    pub mega: MegaSettings,
}

/// Opens remotes, the same one for the same settings.
pub struct Opener {
    config: Arc<Config>,
    options: OpenOptions,
    open: Mutex<HashMap<Identity, Shared>>,
    sandboxes: Mutex<Vec<Embedded>>,
}

/// All settings of a remote. Some are secret: it is compared, never printed.
type Identity = Vec<(String, String)>;
/// A remote that is opened once, by whoever comes first.
type Shared = Arc<OnceCell<Arc<dyn Remote>>>;

impl Opener {
    /// An opener for what `config` says.
    #[must_use]
    pub fn new(config: Arc<Config>, options: OpenOptions) -> Self {
        Self {
            config,
            options,
            open: Mutex::default(),
            sandboxes: Mutex::default(),
        }
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// The place that `text` names. Nothing says yet that it exists.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with rclone's words when it names none; whatever
    /// opening the remote says.
    pub async fn open(&self, text: &str) -> Result<Location> {
        self.open_text(text, 0).await
    }

    /// [`Self::open`] after `depth` aliases. Boxed, because it calls itself.
    fn open_text<'a>(&'a self, text: &'a str, depth: usize) -> BoxFuture<'a, Result<Location>> {
        async move {
            match Spec::parse(text).map_err(|e| invalid(text, e))? {
                Spec::Local(path) => {
                    let options = self.on_the_fly("local", &[]);
                    self.open_kind(&options, &path, depth).await
                }
                Spec::Named { name, params, path } => {
                    let options = self
                        .config
                        .named(&name, &params, &self.options.flags)
                        .map_err(|e| invalid(text, e))?;
                    self.open_kind(&options, &path, depth).await
                }
                Spec::OnTheFly { kind, params, path } => {
                    let options = self.on_the_fly(&kind, &params);
                    self.open_kind(&options, &path, depth).await
                }
                Spec::Link(url) => {
                    let params = vec![("link".to_owned(), url)];
                    let options = self.on_the_fly("mega", &params);
                    self.open_kind(&options, "", depth).await
                }
            }
        }
        .boxed()
    }

    fn on_the_fly<'a>(&'a self, kind: &str, params: &'a [(String, String)]) -> Options<'a> {
        self.config.on_the_fly(kind, params, &self.options.flags)
    }

    /// The place at `path` in the remote that `options` describe.
    async fn open_kind(&self, options: &Options<'_>, path: &str, depth: usize) -> Result<Location> {
        match options.kind() {
            "alias" => {
                let target = alias::target(options.remote(), options.text("remote"), depth)?;
                let target = self.open_text(&target, depth + 1).await?;
                alias::below(target, path)
            }
            "local" => {
                let local = Local::new(self.local_options(options)?);
                let path = local.locate(path, &self.options.cwd)?;
                let make = async { Ok(Arc::new(local) as Arc<dyn Remote>) };
                let remote = self.share(nameless(options), make).await?;
                Ok(Location { remote, path })
            }
            "memory" => {
                let path = clean(path)?;
                let make = async { Ok(Arc::new(Memory::default()) as Arc<dyn Remote>) };
                let remote = self.share(options.identity(), make).await?;
                Ok(Location { remote, path })
            }
            "http" => {
                let path = clean(path)?;
                let http = self.http_options(options)?;
                let make = async { Ok(Arc::new(Http::new(http)?) as Arc<dyn Remote>) };
                let remote = self.share(options.identity(), make).await?;
                Ok(Location { remote, path })
            }
            "mega" => {
                let path = clean(path)?;
                let make = async { Ok(Arc::new(self.mega(options).await?) as Arc<dyn Remote>) };
                let remote = self.share(options.identity(), make).await?;
                Ok(Location { remote, path })
            }
            "sandbox" => {
                let path = clean(path)?;
                let make = async { Ok(Arc::new(self.sandbox(options).await?) as Arc<dyn Remote>) };
                let remote = self.share(nameless(options), make).await?;
                Ok(Location { remote, path })
            }
            kind => Err(invalid(
                kind,
                format!("didn't find backend called {kind:?}"),
            )),
        }
    }

    /// The account of the server inside this program, which runs until
    /// [`Self::finish`].
    async fn sandbox(&self, options: &Options<'_>) -> Result<Mega> {
        let dir = match options.text("dir") {
            Some(dir) => PathBuf::from(dir),
            None => self.config.cache_dir().map_err(setting)?.join("sandbox"),
        };
        let server = sandbox::embedded::acquire(&dir)
            .await
            .map_err(|e| RemoteError::new(ErrorKind::Io, "starting the sandbox", "").because(e))?;
        let mega = self
            .sandbox_account(options, server.url(), server.email(), server.password())
            .await;
        self.sandboxes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(server);
        mega
    }

    /// Lets go of all that was opened; a sandbox that runs here ends, once
    /// other processes have done with it.
    pub async fn finish(&self) {
        self.open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        let sandboxes = std::mem::take(
            &mut *self
                .sandboxes
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        for server in sandboxes {
            server.release().await;
        }
    }

    fn http_options(&self, options: &Options<'_>) -> Result<HttpOptions> {
        let settings = &self.options.mega;
        let fields: Vec<String> = options
            .text("headers")
            .map(|text| {
                text.split(',')
                    .map(|field| field.trim().to_owned())
                    .collect()
            })
            .unwrap_or_default();
        let (pairs, odd) = fields.as_chunks::<2>();
        if !odd.is_empty() {
            return Err(invalid(
                "headers",
                "odd number of headers: name and value take turns",
            ));
        }
        Ok(HttpOptions {
            url: options
                .text("url")
                .ok_or_else(|| invalid("http", "no url is set"))?,
            headers: pairs
                .iter()
                .map(|[name, value]| (name.clone(), value.clone()))
                .collect(),
            no_head: options.flag("no_head").map_err(setting)?,
            no_slash: options.flag("no_slash").map_err(setting)?,
            no_escape: options.flag("no_escape").map_err(setting)?,
            user_agent: settings.user_agent.clone(),
            timeout: settings.timeout,
            contimeout: settings.contimeout,
        })
    }

    fn local_options(&self, options: &Options<'_>) -> Result<LocalOptions> {
        let encoding = options
            .parsed("encoding", "Encoding", str::parse)
            .map_err(setting)?;
        Ok(LocalOptions {
            encoding: encoding.unwrap_or(LocalOptions::default().encoding),
            links: self.options.links,
        })
    }

    /// The remote of these settings: the one that is open, or what `make`
    /// gives.
    async fn share(
        &self,
        identity: Identity,
        make: impl Future<Output = Result<Arc<dyn Remote>>> + Send,
    ) -> Result<Arc<dyn Remote>> {
        let cell = self
            .open
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(identity)
            .or_default()
            .clone();
        cell.get_or_try_init(|| make).await.cloned()
    }
}

/// What makes two remotes the same where names mean nothing: there is one disk.
fn nameless(options: &Options<'_>) -> Identity {
    let mut identity = options.identity();
    identity.retain(|(key, _)| key != "name");
    identity
}

/// The path inside a store; nothing is above its root.
fn clean(path: &str) -> Result<RemotePath> {
    RemotePath::parse(path).map_err(|e| match e {
        PathError::AboveRoot => RemoteError::new(ErrorKind::DirNotFound, "opening", path),
        e => invalid(path, e),
    })
}

/// A setting that is wrong.
fn setting(error: ConfigError) -> RemoteError {
    invalid("", error)
}

fn invalid(text: &str, why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> RemoteError {
    // A link holds its key, a connection string may hold a password.
    let shown = match text.find([',', '#']) {
        Some(secret) => text.get(..secret).unwrap_or_default(),
        None => text,
    };
    RemoteError::new(ErrorKind::Invalid, "opening", shown).because(why)
}
