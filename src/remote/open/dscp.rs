//! `--dscp`: connections bear a mark by which routers sort what passes
//! (RFC 2474).
//!
//! The HTTP client makes its sockets where nobody else gets at them. So they
//! are found in the process's own table of descriptors as soon as a connection
//! stands: what is sent before (the handshake of TCP, and of TLS where there is
//! one) goes unmarked, all content is marked.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Once;
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

/// The upper six of the eight bits of the header's field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dscp(u8);

/// Names of code points (RFC 2474, 2597, 3246, 8622), and their numbers.
const NAMES: &[(&str, u8)] = &[
    ("BE", 0),
    ("DF", 0),
    ("LE", 1),
    ("CS0", 0),
    ("CS1", 8),
    ("CS2", 16),
    ("CS3", 24),
    ("CS4", 32),
    ("CS5", 40),
    ("CS6", 48),
    ("CS7", 56),
    ("AF11", 10),
    ("AF12", 12),
    ("AF13", 14),
    ("AF21", 18),
    ("AF22", 20),
    ("AF23", 22),
    ("AF31", 26),
    ("AF32", 28),
    ("AF33", 30),
    ("AF41", 34),
    ("AF42", 36),
    ("AF43", 38),
    ("EF", 46),
];

impl FromStr for Dscp {
    type Err = String;

    /// A name in any case, or a number below 64.
    fn from_str(text: &str) -> Result<Self, String> {
        let named = NAMES
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(text));
        let number = named
            .map(|(_, number)| *number)
            .or_else(|| text.parse().ok().filter(|number| *number < 64));
        number
            .map(Self)
            .ok_or_else(|| format!("Invalid DSCP name: {text}"))
    }
}

impl Dscp {
    /// The whole field: the lower two bits are the network's.
    fn field(self) -> u8 {
        self.0 << 2
    }

    /// Marks all connections of this process.
    #[cfg(target_os = "linux")]
    fn mark_all(self) -> io::Result<()> {
        use rustix::net::{AddressFamily, sockopt};
        use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

        let this = pidfd_open(getpid(), PidfdFlags::empty())?;
        for entry in std::fs::read_dir("/proc/self/fd")? {
            let path = entry?.path();
            let number = path
                .file_name()
                .and_then(|name| name.to_str()?.parse().ok());
            // Some are gone by now.
            let (Some(number), Ok(target)) = (number, std::fs::read_link(&path)) else {
                continue;
            };
            if !target.to_string_lossy().starts_with("socket:") {
                continue;
            }
            let socket = match pidfd_getfd(&this, number, PidfdGetfdFlags::empty()) {
                Err(rustix::io::Errno::BADF) => continue,
                other => other?,
            };
            // Of another kind: nothing to be marked.
            match sockopt::socket_domain(&socket) {
                Ok(AddressFamily::INET) => sockopt::set_ip_tos(&socket, self.field())?,
                Ok(AddressFamily::INET6) => {
                    sockopt::set_ipv6_tclass(&socket, self.field().into())?;
                    // For addresses of version 4 behind it, where there are any.
                    let _ = sockopt::set_ip_tos(&socket, self.field());
                }
                _ => {}
            }
        }
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    fn mark_all(self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

impl<S> Layer<S> for Dscp {
    type Service = Marked<S>;

    fn layer(&self, inner: S) -> Marked<S> {
        Marked { inner, mark: *self }
    }
}

/// What connects, and marks what stands.
#[derive(Clone)]
pub struct Marked<S> {
    inner: S,
    mark: Dscp,
}

impl<S, R> Service<R> for Marked<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let (connecting, mark) = (self.inner.call(request), self.mark);
        Box::pin(async move {
            let connection = connecting.await?;
            if let Err(error) = mark.mark_all() {
                static TOLD: Once = Once::new();
                TOLD.call_once(|| {
                    tracing::warn!("--dscp: connections cannot be marked here: {error}");
                });
            }
            Ok(connection)
        })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::net::SocketAddr;

    use rustix::net::{getpeername, sockopt};
    use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn names_and_numbers() {
        for (text, number) in [("EF", 46), ("af11", 10), ("CS7", 56), ("0", 0), ("63", 63)] {
            assert_eq!(text.parse(), Ok(Dscp(number)), "{text}");
        }
        for text in ["64", "-1", "XX", "AF14", " EF"] {
            let refused: Result<Dscp, String> = text.parse();
            assert_eq!(refused, Err(format!("Invalid DSCP name: {text}")));
        }
    }

    /// The marks of connections to `server`.
    fn marks(server: SocketAddr) -> Vec<u8> {
        let this = pidfd_open(getpid(), PidfdFlags::empty()).unwrap();
        let open = std::fs::read_dir("/proc/self/fd").unwrap();
        open.filter_map(|entry| {
            let number = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let socket = pidfd_getfd(&this, number, PidfdGetfdFlags::empty()).ok()?;
            let peer = SocketAddr::try_from(getpeername(&socket).ok()??).ok()?;
            (peer == server).then(|| sockopt::ip_tos(&socket).ok())?
        })
        .collect()
    }

    #[tokio::test]
    async fn a_connection_is_marked_before_its_request() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = listener.local_addr().unwrap();
        let answering = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.read_u8().await.unwrap();
            let found = marks(server);
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi")
                .await
                .unwrap();
            found
        });
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = reqwest::Client::builder().no_proxy().tls_certs_only([]);
        let client = builder.connector_layer(Dscp(46)).build().unwrap();
        let answer = client.get(format!("http://{server}/")).send().await;
        assert_eq!(answer.unwrap().text().await.unwrap(), "hi");
        assert_eq!(answering.await.unwrap(), [46 << 2]);
    }
}
