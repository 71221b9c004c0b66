//! How servers are spoken to: certificates, proxies, headers, and how often.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use reqwest::cookie::Jar;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, ClientBuilder, Identity, Proxy};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::client_key;
use super::dscp::Dscp;
use super::dump::{Dump, Dumper};
use crate::config::Secret;

/// How servers are spoken to, whichever they are.
#[derive(Clone)]
pub struct Network {
    /// Tries of a single request.
    pub low_level_retries: u32,
    /// Longest silence of a connection; zero means for ever.
    pub timeout: Duration,
    /// Longest time for a connection to stand; zero means for ever.
    pub contimeout: Duration,
    /// The `User-Agent` header.
    pub user_agent: String,
    /// Everything else about connections.
    pub setup: Option<Setup>,
    /// Asked before every request.
    pub gate: Option<Gate>,
    /// Requests that a remote may have on their way at a time; 0: any number.
    pub max_connections: usize,
    /// Headers of requests that carry content to a server.
    pub upload_headers: Vec<(String, String)>,
    /// Headers of requests that fetch content.
    pub download_headers: Vec<(String, String)>,
    /// Hears what goes over the network.
    pub wire: Option<Arc<Dumper>>,
}

/// Prepares a client's connections.
pub type Setup = Arc<dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync>;
/// Ends when a request may be sent.
pub type Gate = Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>;

impl Default for Network {
    fn default() -> Self {
        Self {
            low_level_retries: 10,
            timeout: Duration::from_secs(300),
            contimeout: Duration::from_secs(60),
            user_agent: concat!("megarc/", env!("CARGO_PKG_VERSION")).to_owned(),
            setup: None,
            gate: None,
            max_connections: 0,
            upload_headers: Vec::new(),
            download_headers: Vec::new(),
            wire: None,
        }
    }
}

impl Network {
    /// The turns of one remote's requests, where their number is bounded.
    pub(super) fn turns(&self) -> Option<Arc<Semaphore>> {
        let turns = self.max_connections.min(Semaphore::MAX_PERMITS);
        (turns > 0).then(|| Arc::new(Semaphore::new(turns)))
    }
}

/// What is asked of connections; the defaults change nothing.
#[derive(Clone, Default, PartialEq)]
pub struct Connections {
    /// Headers of every request, as `Name: value`.
    pub headers: Vec<String>,
    /// Files of certificates that alone are trusted, instead of the system's.
    pub ca_certs: Vec<PathBuf>,
    /// File of the certificate that is shown to servers.
    pub client_cert: Option<PathBuf>,
    /// File of its key.
    pub client_key: Option<PathBuf>,
    /// The obscured password of that key.
    pub client_pass: Option<Secret>,
    /// Whoever answers is believed.
    pub no_check_certificate: bool,
    /// Address of this machine that connections leave from.
    pub bind: Option<IpAddr>,
    /// The proxy, instead of what the environment names.
    pub proxy: Option<String>,
    /// Each request has a connection of its own.
    pub no_keep_alive: bool,
    /// Answers come as they are.
    pub no_gzip: bool,
    /// What servers want to be told again goes back to them.
    pub cookies: bool,
    /// The mark of all connections.
    pub dscp: Option<Dscp>,
}

impl Connections {
    /// Reads files and headers, and gives what prepares a client so; nothing
    /// where nothing is asked.
    ///
    /// # Errors
    /// What cannot be read or understood, and why.
    pub fn setup(&self) -> Result<Option<Setup>, String> {
        if *self == Self::default() {
            return Ok(None);
        }
        let headers = self.header_map()?;
        let roots = self.roots()?;
        let identity = self.identity()?;
        let proxy = self
            .proxy
            .as_ref()
            .map(|url| Proxy::all(url).map_err(|e| format!("--http-proxy: {}", e.without_url())))
            .transpose()?;
        let jar = self.cookies.then(|| Arc::new(Jar::default()));
        let asked = self.clone();
        Ok(Some(Arc::new(move |mut builder: ClientBuilder| {
            if !headers.is_empty() {
                builder = builder.default_headers(headers.clone());
            }
            if !asked.ca_certs.is_empty() {
                builder = builder.tls_certs_only(roots.clone());
            }
            if let Some(identity) = &identity {
                builder = builder.identity(identity.clone());
            }
            if asked.no_check_certificate {
                builder = builder.danger_accept_invalid_certs(true);
            }
            if asked.bind.is_some() {
                builder = builder.local_address(asked.bind);
            }
            if let Some(proxy) = &proxy {
                builder = builder.proxy(proxy.clone());
            }
            if asked.no_keep_alive {
                builder = builder.pool_max_idle_per_host(0);
            }
            if asked.no_gzip {
                builder = builder.no_gzip();
            }
            // One for all clients: whoever logs in, all are logged in.
            if let Some(jar) = &jar {
                builder = builder.cookie_provider(Arc::clone(jar));
            }
            if let Some(dscp) = asked.dscp {
                builder = builder.connector_layer(dscp);
            }
            builder
        })))
    }

    /// What hears all that goes over the network, where that is asked for.
    ///
    /// # Errors
    /// A header is none.
    pub fn wire(&self, dump: Dump, user_agent: &str) -> Result<Option<Arc<Dumper>>, String> {
        let mut always = vec![("User-Agent".to_owned(), user_agent.to_owned())];
        always.extend(headers(&self.headers)?);
        Ok(dump.is_asked().then(|| Arc::new(Dumper::new(dump, always))))
    }

    fn header_map(&self) -> Result<HeaderMap, String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers(&self.headers)? {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::try_from(value))
            {
                map.append(name, value);
            }
        }
        Ok(map)
    }

    fn roots(&self) -> Result<Vec<Certificate>, String> {
        let mut roots = Vec::new();
        for path in &self.ca_certs {
            let read = read("--ca-cert", path)?;
            let found = Certificate::from_pem_bundle(&read)
                .map_err(|e| format!("Failed to add --ca-cert {}: {e}", path.display()))?;
            if found.is_empty() {
                return Err(format!(
                    "Failed to add --ca-cert {}: it holds no certificate",
                    path.display()
                ));
            }
            roots.extend(found);
        }
        Ok(roots)
    }

    fn identity(&self) -> Result<Option<Identity>, String> {
        let (cert, key) = match (&self.client_cert, &self.client_key) {
            (None, None) => return Ok(None),
            (Some(cert), Some(key)) => (cert, key),
            _ => return Err("Both --client-cert and --client-key must be set".to_owned()),
        };
        let failed = |why: &dyn std::fmt::Display| {
            format!(
                "Failed to load --client-cert/--client-key pair {}, {}: {why}",
                cert.display(),
                key.display()
            )
        };
        let mut pem = Zeroizing::new(read("--client-key", key)?);
        let opened = client_key::opened(&String::from_utf8_lossy(&pem), self.client_pass.as_ref());
        if let Some(opened) = opened.map_err(|why| failed(&why))? {
            pem = Zeroizing::new(opened.as_bytes().to_vec());
        }
        pem.push(b'\n');
        pem.extend(read("--client-cert", cert)?);
        Identity::from_pem(&pem).map(Some).map_err(|e| failed(&e))
    }
}

/// Takes headers apart that were typed as `Name: value`.
///
/// # Errors
/// One that is none.
pub fn headers(typed: &[String]) -> Result<Vec<(String, String)>, String> {
    let parse = |header: &String| {
        let (name, value) = header.split_once(':')?;
        let name = HeaderName::try_from(name.trim()).ok()?;
        let value = HeaderValue::try_from(value.trim()).ok()?;
        Some((name.to_string(), value.to_str().ok()?.to_owned()))
    };
    let parsed = typed.iter().map(|header| {
        parse(header).ok_or_else(|| {
            format!(
                "failed to parse {header:?} as an HTTP header. \
                 Expecting a string like: 'Cache-Control: no-store'"
            )
        })
    });
    parsed.collect()
}

fn read(flag: &str, path: &std::path::Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|e| format!("Failed to read {flag} {}: {e}", path.display()))
}

/// A gate that lets `rate` requests a second through, after a first burst of
/// `burst`; nothing that limits gives no gate.
#[must_use]
pub fn requests_a_second(rate: f64, burst: u32) -> Option<Gate> {
    let pause = Duration::try_from_secs_f64(rate.recip()).ok();
    let pause = pause.filter(|pause| rate > 0.0 && !pause.is_zero())?;
    // The moment at which the next request would be on time; what lies up to
    // `burst` pauses behind may still go at once.
    let next: Arc<Mutex<Option<Instant>>> = Arc::default();
    let slack = pause * burst.saturating_sub(1);
    Some(Arc::new(move || {
        let now = Instant::now();
        let turn = {
            let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
            let due = next.map_or(now, |at| at.max(now));
            *next = Some(due + pause);
            due.checked_sub(slack).unwrap_or(now)
        };
        Box::pin(tokio::time::sleep_until(turn))
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    async fn times(rate: f64, burst: u32, requests: u32) -> Duration {
        let gate = requests_a_second(rate, burst).unwrap();
        let start = Instant::now();
        for _ in 0..requests {
            gate().await;
        }
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn requests_are_spaced_and_bursts_are_not() {
        for (burst, millis) in [(1, 400), (3, 200), (5, 0), (9, 0)] {
            let took = times(10.0, burst, 5).await.as_millis();
            assert!(took.abs_diff(millis) <= 5, "burst {burst} took {took} ms");
        }
    }

    #[test]
    fn what_does_not_limit_is_no_gate() {
        for rate in [0.0, -1.0, f64::INFINITY, f64::NAN] {
            assert!(requests_a_second(rate, 1).is_none(), "{rate}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        let complaint = |asked: Connections| asked.setup().err().unwrap();
        let header = complaint(Connections {
            headers: vec!["A b".to_owned()],
            ..Connections::default()
        });
        assert!(header.starts_with("failed to parse \"A b\" as an HTTP header."));
        let half = complaint(Connections {
            client_cert: Some("c".into()),
            ..Connections::default()
        });
        assert!(half.contains("--client-key must be set"), "{half}");
        let missing = complaint(Connections {
            ca_certs: vec!["/none/such".into()],
            ..Connections::default()
        });
        assert!(missing.contains("--ca-cert /none/such"), "{missing}");
    }
}
