//! From what the user typed to a remote: the only folder that names every kind.
//!
//! The same settings give the same remote: `work:a` and `work:b` share one
//! login and one tree, and can move files between them.

mod client_key;
mod dscp;
mod dump;
mod mega;
mod network;
mod otp;
mod patient;
mod string;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

pub use dscp::Dscp;
pub use dump::{Dump, Dumper};
pub use network::{Connections, Network, headers, requests_a_second};
pub use patient::{Greeting, Keys, Patient, Server};

use super::alias;
use super::disabled::Switches;
use super::http::{Http, HttpOptions, Web};
use super::local::{Links, Local, LocalOptions, Starts};
use super::memory::Memory;
use super::spec::Spec;
use super::{ErrorKind, Location, PathError, Remote, RemoteError, RemotePath, Result};
use crate::config::{Config, ConfigError, Flags, Options};
use crate::sandbox::embedded::Embedded;

/// How remotes are opened, whatever their names.
#[derive(Clone, Default)]
pub struct OpenOptions {
    /// Where relative local paths begin.
    pub cwd: PathBuf,
    /// Options of remotes given as flags (`--mega-user`).
    pub flags: Flags,
    /// How servers are spoken to.
    pub network: Network,
    /// The times of files are those of their uploads, where stores have them.
    pub server_times: bool,
    /// Features that are not made use of.
    pub disabled: Switches,
    /// Asks the user for a code of the second factor.
    pub ask_code: Option<Ask>,
    /// Asks the user for the password of a public link.
    pub ask_link_password: Option<Ask>,
}

/// Asks for something secret; an error says why there is no answer.
pub type Ask =
    Arc<dyn Fn() -> BoxFuture<'static, std::result::Result<String, String>> + Send + Sync>;

/// Opens remotes, the same one for the same settings.
pub struct Opener {
    config: Arc<Config>,
    options: OpenOptions,
    open: Mutex<HashMap<Identity, Shared>>,
    /// The servers that were started for remotes.
    sandboxes: Mutex<Vec<Embedded>>,
    /// Where the disk is worked in.
    starts: Starts,
}

/// Where a text leads.
enum Step {
    /// To another text, and below that.
    Alias { target: String, path: String },
    /// Here.
    Place(Location),
}

/// All settings of a remote. Some are secret: it is compared, never printed.
type Identity = Vec<(String, String)>;
/// A remote that is opened once, by whoever comes first.
type Shared = Arc<OnceCell<Arc<dyn Remote>>>;

/// Bounds the memory that the buffers of all transfers take, in bytes; has to
/// be called before the first one.
pub fn limit_buffers(bytes: u64) {
    crate::mega::buffers::limit(bytes);
}

impl Opener {
    /// An opener for what `config` says.
    #[must_use]
    pub fn new(config: Arc<Config>, options: OpenOptions) -> Self {
        Self {
            config,
            options,
            open: Mutex::default(),
            sandboxes: Mutex::default(),
            starts: Starts::default(),
        }
    }

    /// An opener for another configuration, with nothing open yet.
    #[must_use]
    pub fn with_config(&self, config: Arc<Config>) -> Self {
        Self::new(config, self.options.clone())
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// The type of the remote `name`.
    ///
    /// # Errors
    /// There is no such remote.
    pub fn kind_of(&self, name: &str) -> std::result::Result<String, ConfigError> {
        let options = self.config.named(name, &[], &self.options.flags)?;
        Ok(options.kind().to_owned())
    }

    /// The place that `text` names. Nothing says yet that it exists.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with rclone's words when it names none; whatever
    /// opening the remote says.
    pub async fn open(&self, text: &str) -> Result<Location> {
        let mut text = text.to_owned();
        // What was asked for below each alias on the way.
        let mut below = Vec::new();
        loop {
            match self.step(&text, below.len()).await? {
                Step::Alias { target, path } => {
                    below.push(path);
                    text = target;
                }
                Step::Place(mut place) => {
                    while let Some(path) = below.pop() {
                        place = alias::below(place, &path)?;
                    }
                    if place.remote.features().local {
                        self.starts.add(place.path.clone());
                    }
                    return Ok(place);
                }
            }
        }
    }

    /// Ends what was started for remotes: call it when all work is done. A
    /// sandbox that other processes use is waited for.
    pub async fn finish(&self) {
        lock(&self.open).clear();
        let sandboxes = std::mem::take(&mut *lock(&self.sandboxes));
        for sandbox in sandboxes {
            sandbox.release().await;
        }
    }

    fn keep_sandbox(&self, server: Embedded) {
        lock(&self.sandboxes).push(server);
    }

    /// One step towards the place that `text` names, after `depth` aliases.
    async fn step(&self, text: &str, depth: usize) -> Result<Step> {
        let flags = &self.options.flags;
        match Spec::parse(text).map_err(|e| invalid(text, e))? {
            Spec::Local(path) => {
                let options = self.config.on_the_fly("local", &[], flags);
                self.open_kind(&options, path, depth).await
            }
            Spec::Named { name, params, path } => {
                let options = self.config.named(&name, &params, flags);
                let options = options.map_err(|e| invalid(text, e))?;
                self.open_kind(&options, path, depth).await
            }
            Spec::OnTheFly { kind, params, path } => {
                let options = self.config.on_the_fly(&kind, &params, flags);
                self.open_kind(&options, path, depth).await
            }
            Spec::Link(url) => {
                let params = [("link".to_owned(), url)];
                let options = self.config.on_the_fly("mega", &params, flags);
                match self.open_kind(&options, String::new(), depth).await? {
                    Step::Place(place) => self.link_place(place).await.map(Step::Place),
                    alias => Ok(alias),
                }
            }
        }
    }

    /// The place at `path` in the remote that `options` describe, or where an
    /// alias leads.
    async fn open_kind(&self, options: &Options<'_>, path: String, depth: usize) -> Result<Step> {
        if options.kind() == "alias" {
            let target = alias::target(options.remote(), options.text("remote"), depth)?;
            return Ok(Step::Alias { target, path });
        }
        let place = self.open_store(options, &path).await?;
        Ok(Step::Place(place))
    }

    async fn open_store(&self, options: &Options<'_>, path: &str) -> Result<Location> {
        match options.kind() {
            "local" => {
                let local = Local::new(self.local_options(options)?);
                let local = local.with_starts(self.starts.clone());
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
            "mega" => {
                let path = clean(path)?;
                let make = self.mega(options);
                let remote = self.share(options.identity(), make).await?;
                Ok(Location { remote, path })
            }
            "sandbox" => {
                let path = clean(path)?;
                let make = self.sandbox(options);
                let remote = self.share(options.identity(), make).await?;
                Ok(Location { remote, path })
            }
            "http" => {
                let path = clean(path)?;
                let make = async { Ok(Arc::new(self.http(options)?) as Arc<dyn Remote>) };
                let remote = self.share(options.identity(), make).await?;
                Ok(Location { remote, path })
            }
            kind => Err(invalid(
                kind,
                format!("didn't find backend called {kind:?}"),
            )),
        }
    }

    fn local_options(&self, options: &Options<'_>) -> Result<LocalOptions> {
        let flag = |name| options.flag(name).map_err(setting);
        let encoding = options
            .parsed("encoding", "Encoding", str::parse)
            .map_err(setting)?;
        let time_type = options
            .parsed("time_type", "time", str::parse)
            .map_err(setting)?;
        let links = match (flag("copy_links")?, flag("links")?, flag("skip_links")?) {
            (true, true, _) => {
                return Err(invalid("", "can't use -l/--links with -L/--copy-links"));
            }
            (true, false, _) => Links::Follow,
            (false, true, _) => Links::Translate,
            (false, false, true) => Links::SkipQuietly,
            (false, false, false) => Links::Skip,
        };
        let case_insensitive = match (flag("case_sensitive")?, flag("case_insensitive")?) {
            (true, _) => Some(false),
            (false, true) => Some(true),
            (false, false) => None,
        };
        let default = LocalOptions::default();
        Ok(LocalOptions {
            encoding: encoding.unwrap_or(default.encoding),
            links,
            one_file_system: flag("one_file_system")?,
            skip_specials: flag("skip_specials")?,
            case_insensitive,
            no_check_updated: flag("no_check_updated")?,
            no_set_modtime: flag("no_set_modtime")?,
            time_type: time_type.unwrap_or(default.time_type),
            fatal_if_no_space: flag("fatal_if_no_space")?,
            special_bits: flag("metadata_restore_special_bits")?,
            unicode_normalization: flag("unicode_normalization")?,
        })
    }

    /// What fetches files of web servers by their addresses.
    ///
    /// # Errors
    /// The connections cannot be prepared as the flags ask for.
    pub fn web(&self) -> Result<Web> {
        Web::new(&self.http_options())
    }

    /// An http remote without an address.
    fn http_options(&self) -> HttpOptions {
        let network = &self.options.network;
        HttpOptions {
            user_agent: network.user_agent.clone(),
            timeout: network.timeout,
            contimeout: network.contimeout,
            setup: network.setup.clone(),
            gate: network.gate.clone(),
            turns: network.turns(),
            download_headers: network.download_headers.clone(),
            wire: network.wire.clone().map(|wire| wire as _),
            ..HttpOptions::default()
        }
    }

    fn http(&self, options: &Options<'_>) -> Result<Http> {
        let shown = options.remote().unwrap_or(":http");
        let headers = options.parsed("headers", "pairs of names and values", parse_headers);
        Http::new(HttpOptions {
            url: options
                .text("url")
                .ok_or_else(|| invalid(shown, "no url is set for this remote"))?,
            headers: headers.map_err(setting)?.unwrap_or_default(),
            no_head: options.flag("no_head").map_err(setting)?,
            no_slash: options.flag("no_slash").map_err(setting)?,
            no_escape: options.flag("no_escape").map_err(setting)?,
            ..self.http_options()
        })
    }

    /// The remote of these settings: the one that is open, or what `make`
    /// gives.
    async fn share(
        &self,
        identity: Identity,
        make: impl Future<Output = Result<Arc<dyn Remote>>> + Send,
    ) -> Result<Arc<dyn Remote>> {
        let cell = lock(&self.open).entry(identity).or_default().clone();
        let switches = &self.options.disabled;
        let make = async { make.await.map(|remote| switches.applied_to(remote)) };
        cell.get_or_try_init(|| make).await.cloned()
    }
}

/// Reads `Name,value,Name,value`; a field in double quotes may hold commas.
fn parse_headers(text: &str) -> std::result::Result<Vec<(String, String)>, String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut signs = text.chars().peekable();
    while let Some(c) = signs.next() {
        let Some(field) = fields.last_mut() else {
            break;
        };
        match c {
            '"' if quoted && signs.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => field.push(c),
        }
    }
    let (pairs, rest) = fields.as_chunks::<2>();
    if !rest.is_empty() {
        return Err("odd number of headers supplied".to_owned());
    }
    Ok(pairs
        .iter()
        .map(|[name, value]| (name.trim().to_owned(), value.clone()))
        .collect())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
