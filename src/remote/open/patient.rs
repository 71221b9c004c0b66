//! A remote taken apart, step by step, for `megarc doctor`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::net::TcpStream;

use super::{Opener, Step, invalid, setting};
use crate::mega::ClientOptions;
use crate::mega::crypto::link::PublicLink;
use crate::mega::transport::{Observer, RetryPolicy, Seen};
use crate::remote::mega::{Mega, MegaOptions};
use crate::remote::spec::Spec;
use crate::remote::{Location, RemotePath, Result, alias};

/// A doctor has no patience with a server: so many tries, instead of ten.
const TRIES: u32 = 3;
/// How long a connection may take to stand.
const CONNECT: Duration = Duration::from_secs(15);
/// Nobody's address: links are looked at without an account.
const NOBODY: &str = "nobody@example.invalid";

/// The server behind a remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether connections are encrypted.
    pub tls: bool,
}

/// What the server said on the side.
#[derive(Debug, Clone)]
pub struct Greeting {
    /// How long it took to answer.
    pub took: Duration,
    /// Its date, and what the clock here showed.
    pub date: Option<(String, SystemTime)>,
}

/// The nodes of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys {
    /// All of them.
    pub nodes: usize,
    /// Those that do not open.
    pub unreadable: usize,
}

/// A remote under examination.
pub struct Patient {
    /// Its type, at the end of all aliases.
    pub kind: String,
    /// Where each alias on the way leads.
    pub aliases: Vec<String>,
    /// Who logs in.
    pub user: Option<String>,
    /// The server, if there is one.
    pub server: Option<Server>,
    mega: Option<Account>,
    place: Option<Location>,
    text: String,
}

struct Account {
    client: ClientOptions,
    options: MegaOptions,
    link: Option<PublicLink>,
    observer: Arc<Observer>,
    path: String,
    /// Once it is open.
    remote: Option<Arc<Mega>>,
}

impl Opener {
    /// Reads everything that is set for the place that `text` names, and
    /// contacts nobody.
    ///
    /// # Errors
    /// It names no place, or a setting is wrong.
    pub async fn examine(&self, text: &str) -> Result<Patient> {
        let mut patient = Patient {
            kind: String::new(),
            aliases: Vec::new(),
            user: None,
            server: None,
            mega: None,
            place: None,
            text: text.to_owned(),
        };
        let mut text = text.to_owned();
        let mut below = Vec::new();
        loop {
            let flags = &self.options.flags;
            let spec = Spec::parse(&text).map_err(|e| invalid(&text, e))?;
            let mut params = Vec::new();
            let (options, path) = match &spec {
                Spec::Local(path) => (self.config.on_the_fly("local", &[], flags), path.clone()),
                Spec::Named { name, params, path } => {
                    let options = self.config.named(name, params, flags);
                    (options.map_err(|e| invalid(&text, e))?, path.clone())
                }
                Spec::OnTheFly { kind, params, path } => {
                    (self.config.on_the_fly(kind, params, flags), path.clone())
                }
                Spec::Link(url) => {
                    params.push(("link".to_owned(), url.clone()));
                    (
                        self.config.on_the_fly("mega", &params, flags),
                        String::new(),
                    )
                }
            };
            options.kind().clone_into(&mut patient.kind);
            match options.kind() {
                "alias" => {
                    let target = options.text("remote");
                    let target = alias::target(options.remote(), target, below.len())?;
                    patient.aliases.push(target.clone());
                    below.push(path);
                    text = target;
                    continue;
                }
                "mega" => {
                    let link = self.link(&options).await?;
                    let client = self.client_of(&options, link.is_none())?;
                    patient.account(client, self.mega_options(&options)?, link, path)?;
                }
                "sandbox" => {
                    let client = self.client_of_sandbox(&options).await?;
                    patient.account(client, self.mega_options(&options)?, None, path)?;
                }
                kind => {
                    if kind == "http" {
                        let url = options.text("url").unwrap_or_default();
                        patient.server = Some(server(&url)?);
                    }
                    let place = self.open_kind(&options, path, below.len()).await?;
                    if let Step::Place(place) = place {
                        patient.place = Some(place);
                    }
                }
            }
            if let Some(account) = &mut patient.mega {
                // What an alias adds stands below what it leads to.
                for path in below.drain(..).rev().filter(|path| !path.is_empty()) {
                    account.path = format!("{}/{path}", account.path);
                }
            } else if let Some(mut place) = patient.place.take() {
                while let Some(path) = below.pop() {
                    place = alias::below(place, &path)?;
                }
                patient.place = Some(place);
            }
            return Ok(patient);
        }
    }
}

impl Patient {
    fn account(
        &mut self,
        mut client: ClientOptions,
        options: MegaOptions,
        link: Option<PublicLink>,
        path: String,
    ) -> Result<()> {
        self.server = Some(server(&client.api_url)?);
        self.user = client.credentials.as_ref().map(|c| c.email.clone());
        let observer = Arc::new(Observer::new(client.transport()));
        client.transport = Some(observer.clone());
        // It stands above what holds requests back already.
        client.connections = None;
        client.retries = RetryPolicy::new(TRIES);
        // What the trial leaves must not stay in the rubbish bin.
        client.hard_delete = true;
        // The keys are those that the server has, not those that were kept.
        client.trees = None;
        self.mega = Some(Account {
            client,
            options,
            link,
            observer,
            path,
            remote: None,
        });
        Ok(())
    }

    /// Whether this is an account of MEGA, or what a link shows.
    #[must_use]
    pub fn is_mega(&self) -> bool {
        self.mega.is_some()
    }

    /// The addresses of the server.
    ///
    /// # Errors
    /// Its name is not known.
    pub async fn look_up(&self) -> std::io::Result<Vec<SocketAddr>> {
        let Some(server) = &self.server else {
            return Ok(Vec::new());
        };
        let host = server.host.trim_matches(['[', ']']);
        let found = tokio::net::lookup_host((host, server.port)).await?;
        let mut found: Vec<SocketAddr> = found.collect();
        found.dedup();
        Ok(found)
    }

    /// Connects to the first address that lets it, and says how long that
    /// took.
    ///
    /// # Errors
    /// None of them does.
    pub async fn connect(&self, addresses: &[SocketAddr]) -> std::io::Result<Duration> {
        let started = Instant::now();
        let connected = tokio::time::timeout(CONNECT, TcpStream::connect(addresses)).await;
        connected.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))??;
        Ok(started.elapsed())
    }

    /// Makes the server say something.
    ///
    /// # Errors
    /// It does not answer, or not as it should.
    pub async fn greet(&self) -> Result<Greeting> {
        let started = Instant::now();
        if let Some(account) = &self.mega {
            let email = self.user.as_deref().unwrap_or(NOBODY);
            Mega::greet(&account.client, email).await?;
        }
        Ok(Greeting {
            took: started.elapsed(),
            date: self.seen().date,
        })
    }

    /// What has been seen of the traffic.
    #[must_use]
    pub fn seen(&self) -> Seen {
        let account = self.mega.as_ref();
        account.map(|a| a.observer.seen()).unwrap_or_default()
    }

    /// Takes up the kept session, or logs in; whether a session was kept. A
    /// link is opened.
    ///
    /// # Errors
    /// The login failed.
    pub async fn log_in(&mut self) -> Result<bool> {
        let before = self.seen().requests;
        if let Some(account) = &mut self.mega {
            let client = account.client.clone();
            let remote = Mega::connect(client, account.link.as_ref(), account.options).await?;
            let remote = Arc::new(remote);
            account.remote = Some(Arc::clone(&remote));
            let path = RemotePath::parse(&account.path).map_err(|e| invalid(&self.text, e))?;
            self.place = Some(Location { remote, path });
        }
        Ok(self.seen().requests == before)
    }

    /// Fetches all nodes and opens their keys.
    ///
    /// # Errors
    /// They cannot be fetched, or nobody is logged in.
    pub async fn keys(&self) -> Result<Keys> {
        let account = self.mega.as_ref();
        let Some(remote) = account.and_then(|account| account.remote.as_ref()) else {
            return Err(setting(crate::config::ConfigError::NoSection(
                self.text.clone(),
            )));
        };
        let (nodes, unreadable) = remote.count_nodes().await?;
        Ok(Keys { nodes, unreadable })
    }

    /// The place itself, once it is open.
    #[must_use]
    pub fn place(&self) -> Option<&Location> {
        self.place.as_ref()
    }
}

/// The server of an address.
fn server(url: &str) -> Result<Server> {
    let parsed = reqwest::Url::parse(url);
    // The address may hold a password.
    let parsed = parsed.map_err(|e| invalid("", format!("the address of the server: {e}")))?;
    let host = parsed.host_str().unwrap_or_default().to_owned();
    Ok(Server {
        host,
        port: parsed.port_or_known_default().unwrap_or(0),
        tls: parsed.scheme() == "https",
    })
}
