//! From options to a MEGA remote: an account, a public link, the sandbox.

use std::sync::Arc;

use super::{Opener, invalid, otp, setting};
use crate::config::{self, Options};
use crate::mega::client::DEFAULT_API_URL;
use crate::mega::crypto::link::{LinkError, LinkTarget, PublicLink};
use crate::mega::crypto::seal::SealKey;
use crate::mega::links::read_link;
use crate::mega::session::{Credentials, ForeignSession, MfaSource, Secret, SessionStore};
use crate::mega::transport::RetryPolicy;
use crate::mega::tree::TreeStore;
use crate::mega::turns::TurnStore;
use crate::mega::upload::JournalStore;
use crate::mega::{ClientOptions, Error, QuotaReaction};
use crate::remote::encoding::Encoding;
use crate::remote::mega::{Mega, MegaOptions};
use crate::remote::{Entry, ErrorKind, Location, Remote, RemoteError, RemotePath, Result};
use crate::sandbox::embedded;

/// The folder of kept sessions, in the state folder.
const SESSIONS: &str = "sessions";
/// The folder of kept node trees, in the cache folder.
const TREES: &str = "trees";
/// The folder of unfinished uploads, in the state folder.
const UPLOADS: &str = "uploads";
/// The folder where processes take turns, in the state folder.
const TURNS: &str = "turns";
/// The folder of the sandbox, in the cache folder.
const SANDBOX: &str = "sandbox";

impl Opener {
    /// An account, or what a link shows.
    pub(super) async fn mega(&self, options: &Options<'_>) -> Result<Arc<dyn Remote>> {
        let link = self.link(options).await?;
        let client = self.client_of(options, link.is_none())?;
        let remote = Mega::connect(client, link.as_ref(), self.mega_options(options)?).await?;
        Ok(Arc::new(remote))
    }

    /// Keeps a session that another program has opened, as that of the remote
    /// `name`.
    ///
    /// # Errors
    /// It cannot be used, or the remote is none of MEGA's.
    pub async fn take_over_session(
        &self,
        name: &str,
        id: &config::Secret,
        master_key: &config::Secret,
    ) -> Result<()> {
        let session = ForeignSession {
            id: Secret::new(id.expose()),
            master_key: Secret::new(master_key.expose()),
        };
        let flags = &self.options.flags;
        let options = self.config.named(name, &[], flags).map_err(setting)?;
        Mega::take_over(self.client_of(&options, true)?, &session).await
    }

    /// Ends the session that is kept for the remote `name`, if there is one.
    ///
    /// # Errors
    /// The server could not be asked, or the remote is none of MEGA's.
    pub async fn end_session(&self, name: &str) -> Result<()> {
        let flags = &self.options.flags;
        let options = self.config.named(name, &[], flags).map_err(setting)?;
        Mega::end_session(self.client_of(&options, true)?).await
    }

    /// How the client of an account, or of a link, is set up.
    pub(super) fn client_of(&self, options: &Options<'_>, account: bool) -> Result<ClientOptions> {
        let mut client = self.client(options)?;
        if let Some(url) = options.text("api_url") {
            client.api_url = url;
        }
        if account {
            client.credentials = Some(self.credentials(options)?);
            client.store = self.sessions(options);
            client.trees = self.trees(options)?;
            client.journals = self.journals();
            client.turns = self.turns();
        }
        Ok(client)
    }

    /// The account of the server that runs inside this or another process.
    pub(super) async fn sandbox(&self, options: &Options<'_>) -> Result<Arc<dyn Remote>> {
        let client = self.client_of_sandbox(options).await?;
        let remote = Mega::connect(client, None, self.mega_options(options)?).await?;
        Ok(Arc::new(remote))
    }

    /// How the client of that account is set up; starts the server.
    pub(super) async fn client_of_sandbox(&self, options: &Options<'_>) -> Result<ClientOptions> {
        let dir = self.config.cache_dir().map_err(setting)?.join(SANDBOX);
        let server = embedded::acquire(&dir).await.map_err(|e| {
            RemoteError::new(ErrorKind::Network, "starting the sandbox", "").because(e)
        })?;
        let mut client = self.client(options)?;
        client.api_url = server.url().to_owned();
        client.credentials = Some(Credentials {
            email: server.email().to_owned(),
            password: Secret::new(server.password()),
            mfa: MfaSource::default(),
        });
        // Its port is another one each time, its accounts are the same.
        let name = format!("sandbox in {}", dir.display());
        client.store = self
            .sessions(options)
            .map(|store| store.for_server(name.clone()));
        client.turns = self.turns().map(|store| store.for_server(name.clone()));
        client.trees = self.trees(options)?.map(|store| store.for_server(name));
        client.journals = self.journals();
        self.keep_sandbox(server);
        Ok(client)
    }

    fn client(&self, options: &Options<'_>) -> Result<ClientOptions> {
        let network = &self.options.network;
        let defaults = ClientOptions::default();
        let count = |option| {
            options
                .parsed(option, "a number above 0", |text| {
                    match text.parse::<usize>() {
                        Ok(0) => Err("it is 0".to_owned()),
                        Ok(count) => Ok(count),
                        Err(e) => Err(e.to_string()),
                    }
                })
                .map_err(setting)
        };
        let quota = options
            .parsed("quota", "a reaction to a used up quota", str::parse)
            .map_err(setting)?;
        Ok(ClientOptions {
            quota: quota.unwrap_or(QuotaReaction::Wait),
            api_url: DEFAULT_API_URL.to_owned(),
            retries: RetryPolicy::new(network.low_level_retries),
            timeout: network.timeout,
            contimeout: network.contimeout,
            setup: network.setup.clone(),
            gate: network.gate.clone(),
            connections: network.turns(),
            upload_headers: network.upload_headers.clone(),
            download_headers: network.download_headers.clone(),
            wire: network.wire.clone().map(|wire| wire as _),
            user_agent: network.user_agent.clone(),
            debug: options.flag("debug").map_err(setting)?,
            use_https: options.flag("use_https").map_err(setting)?,
            dedupe_uploads: !options.flag("no_dedupe_upload").map_err(setting)?
                && !self.options.disabled.is_off("Copy"),
            hard_delete: options.flag("hard_delete").map_err(setting)?,
            upload_connections: count("upload_connections")?.unwrap_or(defaults.upload_connections),
            download_connections: count("download_connections")?
                .unwrap_or(defaults.download_connections),
            ..defaults
        })
    }

    fn credentials(&self, options: &Options<'_>) -> Result<Credentials> {
        let shown = options.remote().unwrap_or(":mega");
        let missing = |what: &str, option: &str| {
            invalid(shown, format!("no {what} is set for this remote")).hint(format!(
                "set {option} in the configuration, or use --mega-{option}"
            ))
        };
        let email = options
            .text("user")
            .ok_or_else(|| missing("user", "user"))?;
        let password = options
            .password("pass")
            .map_err(setting)?
            .ok_or_else(|| missing("password", "pass"))?;
        let mut mfa = MfaSource {
            fixed: options.text("2fa").map(Secret::new),
            prompt: self.options.ask_code.clone(),
            command: None,
        };
        if let Some(command) = options.text("otp_command") {
            mfa.command = Some(Arc::new(move || {
                let command = command.clone();
                Box::pin(async move { otp::run(&command).await })
            }));
        }
        Ok(Credentials {
            email,
            password: Secret::new(password.expose()),
            mfa,
        })
    }

    /// Where the session is kept. One that cannot be kept costs a login and
    /// stops nothing.
    fn sessions(&self, options: &Options<'_>) -> Option<SessionStore> {
        let own = options.remote().filter(|_| options.in_file());
        let key = self.config.session_key(own);
        let kept = key.and_then(|key| Ok((key, self.config.state_dir()?)));
        match kept {
            Ok((key, dir)) => Some(SessionStore::new(
                dir.join(SESSIONS),
                SealKey::from_bytes(*key.as_bytes()),
            )),
            Err(error) => {
                tracing::warn!(target: "megarc", "Sessions are not kept, each run logs in: {error}");
                None
            }
        }
    }

    /// Where the node tree is kept, if it is to be.
    fn trees(&self, options: &Options<'_>) -> Result<Option<TreeStore>> {
        if options.flag("no_tree_cache").map_err(setting)? {
            return Ok(None);
        }
        let dir = self.config.cache_dir();
        Ok(dir.ok().map(|dir| TreeStore::new(dir.join(TREES))))
    }

    /// Where unfinished uploads are kept.
    fn journals(&self) -> Option<JournalStore> {
        let dir = self.config.state_dir();
        dir.ok().map(|dir| JournalStore::new(dir.join(UPLOADS)))
    }

    /// Where processes take turns.
    fn turns(&self) -> Option<TurnStore> {
        let dir = self.config.state_dir();
        dir.ok().map(|dir| TurnStore::new(dir.join(TURNS)))
    }

    pub(super) async fn link(&self, options: &Options<'_>) -> Result<Option<PublicLink>> {
        let Some(url) = options.text("link") else {
            return Ok(None);
        };
        let password = options.password("link_password").map_err(setting)?;
        let password = password.as_ref().map(|password| password.expose());
        let mut link = read_link(&url, password);
        if let (Err(Error::Link(LinkError::NeedsPassword)), Some(ask)) =
            (&link, &self.options.ask_link_password)
        {
            let password = Secret::new(ask().await.map_err(|e| invalid("link", e))?);
            link = read_link(&url, Some(password.reveal()));
        }
        link.map(Some).map_err(|error| {
            let locked = matches!(error, Error::Link(LinkError::NeedsPassword));
            // The link itself holds its key and is not repeated.
            let error = invalid("link", error);
            match locked {
                true => {
                    error.hint("give it obscured with --mega-link-password: see 'megarc obscure'")
                }
                false => error,
            }
        })
    }

    /// The place that a typed link names: the one file of a link to a file.
    pub(super) async fn link_place(&self, place: Location) -> Result<Location> {
        let shown = place
            .remote
            .shown_link()
            .and_then(|url| PublicLink::parse(&url).ok());
        let file_id = match shown.map(|link| link.target) {
            Some(LinkTarget::Folder { sub: Some(sub), .. }) => Some(sub.handle),
            Some(LinkTarget::File(_)) => None,
            _ => return Ok(place),
        };
        let root = Entry::dir(RemotePath::root());
        let entries = place.remote.list(&root).await?;
        let wanted = |entry: &&Entry| {
            !entry.is_dir()
                && file_id
                    .as_ref()
                    .is_none_or(|id| entry.id.as_ref().is_some_and(|e| e.as_str() == id))
        };
        Ok(match entries.iter().find(wanted) {
            Some(file) => Location {
                path: file.path.clone(),
                ..place
            },
            None => place,
        })
    }

    pub(super) fn mega_options(&self, options: &Options<'_>) -> Result<MegaOptions> {
        let encoding = options.parsed("encoding", "Encoding", str::parse);
        let root = options.parsed("root", "root", str::parse);
        Ok(MegaOptions {
            encoding: encoding.map_err(setting)?.unwrap_or(Encoding::MEGA),
            root: root.map_err(setting)?.unwrap_or_default(),
            versions: options.flag("versions").map_err(setting)?,
            server_times: self.options.server_times,
        })
    }
}
