//! The facade: an account (or nobody), the queue to the server, the settings.
//!
//! What can be done with an account is in `impl Client` blocks of the files
//! beside this one; here stands only how a client comes into being and ends.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use crate::mega::api::{Api, ApiOptions, Prelogin, SessionRenewer};
use crate::mega::crypto::keys::MasterKey;
use crate::mega::error::{Error, LoginFailure};
use crate::mega::links::OpenedLink;
use crate::mega::session::{
    Credentials, ForeignSession, Session, SessionKeeper, SessionStore, take_over,
};
use crate::mega::state::ClientState;
use crate::mega::transport::{
    Bounded, Gate, Heard, HttpTransport, HttpTransportOptions, RetryPolicy, Setup, Transport, Wire,
};
use crate::mega::tree::TreeStore;
use crate::mega::turns::TurnStore;
use crate::mega::upload::JournalStore;

/// MEGA's own API.
pub const DEFAULT_API_URL: &str = "https://g.api.mega.co.nz/";

/// What to do when the transfer quota is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum QuotaReaction {
    /// Fail at once and say when more is allowed.
    #[default]
    Fail,
    /// Wait until more is allowed.
    Wait,
}

impl std::str::FromStr for QuotaReaction {
    type Err = &'static str;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "fail" => Ok(Self::Fail),
            "wait" => Ok(Self::Wait),
            _ => Err("it is neither wait nor fail"),
        }
    }
}

/// How a client is set up. Start from `default()` and change what differs.
#[derive(Clone)]
pub struct ClientOptions {
    /// The API's address.
    pub api_url: String,
    /// The account; without one only public links can be opened.
    pub credentials: Option<Credentials>,
    /// Where the session is kept between runs.
    pub store: Option<SessionStore>,
    /// Where the tree is kept between runs; without it each run fetches it.
    pub trees: Option<TreeStore>,
    /// Where uploads are kept that a later run can go on with.
    pub journals: Option<JournalStore>,
    /// Where the processes of an account take turns in making names.
    pub turns: Option<TurnStore>,
    /// The bounds of retrying a single request.
    pub retries: RetryPolicy,
    /// Longest time without progress; zero means for ever.
    pub timeout: Duration,
    /// Longest time for a connection to stand; zero means for ever.
    pub contimeout: Duration,
    /// Prepares connections: certificates, proxies, headers.
    pub setup: Option<Setup>,
    /// Asked before every request: it may wait.
    pub gate: Option<Gate>,
    /// As many requests may be on their way at a time; any number without it.
    pub connections: Option<Arc<Semaphore>>,
    /// Headers of requests that carry content to a storage server.
    pub upload_headers: Vec<(String, String)>,
    /// Headers of requests that fetch content.
    pub download_headers: Vec<(String, String)>,
    /// Hears what goes over the network.
    pub wire: Option<Arc<dyn Wire>>,
    /// The log names the commands of every request.
    pub debug: bool,
    /// Content travels by https too; it is encrypted either way.
    pub use_https: bool,
    /// Deleting is for good, past the rubbish.
    pub hard_delete: bool,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Content that stands in the account already is copied, not uploaded.
    pub dedupe_uploads: bool,
    /// Connections for each uploaded file.
    pub upload_connections: usize,
    /// Connections for each downloaded file.
    pub download_connections: usize,
    /// What to do when the transfer quota is used up.
    pub quota: QuotaReaction,
    /// Sends the requests instead of the network: for tests.
    pub transport: Option<Arc<dyn Transport>>,
}

impl Default for ClientOptions {
    fn default() -> Self {
        let http = HttpTransportOptions::default();
        Self {
            api_url: DEFAULT_API_URL.to_owned(),
            credentials: None,
            store: None,
            trees: None,
            journals: None,
            turns: None,
            retries: RetryPolicy::default(),
            timeout: http.timeout,
            contimeout: http.contimeout,
            setup: None,
            gate: None,
            connections: None,
            upload_headers: Vec::new(),
            download_headers: Vec::new(),
            wire: None,
            debug: false,
            use_https: false,
            hard_delete: false,
            user_agent: http.user_agent,
            dedupe_uploads: true,
            upload_connections: 4,
            download_connections: 4,
            quota: QuotaReaction::default(),
            transport: None,
        }
    }
}

impl ClientOptions {
    /// What sends the requests.
    #[must_use]
    pub fn transport(&self) -> Arc<dyn Transport> {
        let transport = self.transport.clone().unwrap_or_else(|| {
            Arc::new(HttpTransport::new(HttpTransportOptions {
                timeout: self.timeout,
                contimeout: self.contimeout,
                setup: self.setup.clone(),
                gate: self.gate.clone(),
                upload_headers: self.upload_headers.clone(),
                download_headers: self.download_headers.clone(),
                user_agent: self.user_agent.clone(),
            }))
        });
        let transport = match &self.wire {
            Some(wire) => Arc::new(Heard::new(transport, Arc::clone(wire))),
            None => transport,
        };
        match &self.connections {
            Some(turns) => Arc::new(Bounded::new(transport, Arc::clone(turns))),
            None => transport,
        }
    }
}

/// A connection to MEGA. Clones share everything.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    options: ClientOptions,
    api: Api,
    keeper: Option<Arc<SessionKeeper>>,
    state: ClientState,
}

impl Client {
    /// Opens a client: takes up the stored session, or logs in. Without
    /// credentials nothing is sent, and only public links can be used.
    ///
    /// # Errors
    /// The login failed.
    pub async fn connect(options: ClientOptions) -> Result<Self, Error> {
        let anonymous = anonymous(&options);
        let (api, keeper) = match &options.credentials {
            None => (anonymous, None),
            Some(credentials) => {
                let store = options.store.as_ref();
                let keeper =
                    SessionKeeper::open(anonymous.clone(), credentials.clone(), store).await?;
                let keeper = Arc::new(keeper);
                let renewer: Arc<dyn SessionRenewer> = keeper.clone();
                (anonymous.with_renewer(renewer), Some(keeper))
            }
        };
        Ok(Self(Arc::new(Inner {
            options,
            api,
            keeper,
            state: ClientState::default(),
        })))
    }

    /// Asks the server how `email` logs in, which needs no login: an answer of
    /// any kind shows that it is there.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn greet(options: &ClientOptions, email: &str) -> Result<(), Error> {
        let email = email.trim().to_ascii_lowercase();
        match anonymous(options).call(Prelogin { email }).await {
            Ok(_) | Err(Error::Api { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Keeps a session that another program has opened, as if it were ours.
    ///
    /// # Errors
    /// It cannot be used; there are no credentials, or no store.
    pub async fn take_over(options: ClientOptions, session: &ForeignSession) -> Result<(), Error> {
        let (Some(credentials), Some(store)) = (&options.credentials, &options.store) else {
            return Err(LoginFailure::NotLoggedIn.into());
        };
        take_over(&anonymous(&options), session, credentials, store).await
    }

    /// Ends the session that is stored for the account, without a login.
    ///
    /// # Errors
    /// The server could not be asked.
    pub async fn end_stored(options: ClientOptions) -> Result<(), Error> {
        match (&options.credentials, &options.store) {
            (Some(credentials), Some(store)) => {
                SessionKeeper::end_stored(anonymous(&options), credentials.clone(), store).await
            }
            _ => Ok(()),
        }
    }

    /// A client with the same settings that shows a public link.
    pub(super) fn over_link(&self, api: Api, link: OpenedLink) -> Self {
        Self(Arc::new(Inner {
            options: self.0.options.clone(),
            api,
            keeper: None,
            state: ClientState::of_link(link),
        }))
    }

    /// The tree and what else is kept beside the session.
    pub(super) fn state(&self) -> &ClientState {
        &self.0.state
    }

    /// The queue to the server, in the account's name.
    #[must_use]
    pub fn api(&self) -> &Api {
        &self.0.api
    }

    /// How this client was set up.
    #[must_use]
    pub fn options(&self) -> &ClientOptions {
        &self.0.options
    }

    /// The current session.
    ///
    /// # Errors
    /// The client was opened without an account.
    pub fn session(&self) -> Result<Arc<Session>, Error> {
        match &self.0.keeper {
            Some(keeper) => Ok(keeper.session()),
            None => Err(LoginFailure::NotLoggedIn.into()),
        }
    }

    /// The account's master key.
    ///
    /// # Errors
    /// The client was opened without an account.
    pub fn master_key(&self) -> Result<MasterKey, Error> {
        Ok(self.session()?.master_key.clone())
    }

    /// Ends the session at the server and forgets it here, and the tree.
    ///
    /// # Errors
    /// The server could not be asked, or there is no session.
    pub async fn logout(&self) -> Result<(), Error> {
        match &self.0.keeper {
            Some(keeper) => {
                if let Some(slot) = self.tree_slot(&keeper.session()) {
                    slot.remove();
                }
                keeper.log_out().await
            }
            None => Err(LoginFailure::NotLoggedIn.into()),
        }
    }
}

/// The queue to the server, in nobody's name.
fn anonymous(options: &ClientOptions) -> Api {
    let api_options = ApiOptions {
        base_url: options.api_url.clone(),
        retries: options.retries.clone(),
        debug: options.debug,
    };
    Api::anonymous(options.transport(), api_options)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("api_url", &self.0.options.api_url)
            .field("logged_in", &self.0.keeper.is_some())
            .finish()
    }
}
