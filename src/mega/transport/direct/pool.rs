//! Connections that wait for their next request.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::net::TcpStream;

/// The longest rest: servers close what rests longer.
const REST: Duration = Duration::from_secs(90);
/// What is kept at most, of all servers together.
const KEPT: usize = 64;

#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<Kept>>);

struct Kept {
    place: String,
    since: Instant,
    stream: TcpStream,
}

impl Pool {
    /// A connection to `place` on which nothing has come meanwhile; the one
    /// that was used last, which is the likeliest to live.
    pub(super) fn take(&self, place: &str) -> Option<TcpStream> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|kept| kept.since.elapsed() < REST);
        while let Some(at) = kept.iter().rposition(|kept| kept.place == place) {
            let stream = kept.remove(at).stream;
            if is_quiet(&stream) {
                return Some(stream);
            }
        }
        None
    }

    /// Keeps a connection whose last answer has been read to its end.
    pub(super) fn put(&self, place: String, stream: TcpStream) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.remove(0);
        }
        kept.push(Kept {
            place,
            since: Instant::now(),
            stream,
        });
    }
}

/// Whether the server has neither closed the connection nor sent what nobody
/// asked for.
fn is_quiet(stream: &TcpStream) -> bool {
    let mut byte = [0];
    let read = stream.try_read(&mut byte);
    matches!(read, Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
}
