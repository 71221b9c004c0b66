//! Applies what `faults.rs` decides to real requests, answers and connections.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::body::Reply;
use super::clock;
use super::crypto::hashcash::Challenge;
use super::faults::{At, CommandFault, Fault, Faults, Injector, flip_bit};
use super::http::{Answer, header, plain, quota_exceeded};
use super::server::Server;
use super::store::blobs::locked;

/// What goes wrong on this server.
#[derive(Default)]
pub struct Trouble {
    injector: Injector,
    challenges: Mutex<HashMap<String, Challenge>>,
}

/// What befalls one request.
pub struct Plan(Option<Fault>);

/// A request body, or none that is left to read.
pub trait Consume: Sized {
    /// Reads up to `limit` bytes of it and throws them away.
    ///
    /// # Errors
    /// If the client went away.
    fn consume(self, limit: u64) -> impl Future<Output = Result<(), io::Error>> + Send;
}

impl Consume for () {
    async fn consume(self, _: u64) -> Result<(), io::Error> {
        Ok(())
    }
}

impl Consume for Incoming {
    async fn consume(mut self, limit: u64) -> Result<(), io::Error> {
        let mut read = 0u64;
        while read < limit
            && let Some(frame) = self.frame().await
        {
            if let Ok(data) = frame.map_err(io::Error::other)?.into_data() {
                read += data.len() as u64;
            }
        }
        Ok(())
    }
}

impl Trouble {
    /// Starts with a list of faults.
    pub fn new(faults: Faults) -> Self {
        Self {
            injector: Injector::new(faults),
            challenges: Mutex::default(),
        }
    }

    /// Replaces the list.
    pub fn set(&self, faults: Faults) {
        self.injector.set(faults);
    }

    /// What befalls a request that arrived here.
    pub fn plan(&self, server: &Server, at: At<'_>) -> Plan {
        let fault = self.injector.request(at);
        if fault.is_some() {
            server.counters.count(|stats| stats.faults += 1);
        }
        Plan(fault)
    }

    /// What befalls one command.
    pub fn command(&self, server: &Server, name: &str) -> Option<CommandFault> {
        let fault = self.injector.command(name);
        if fault.is_some() {
            server.counters.count(|stats| stats.faults += 1);
        }
        fault
    }

    /// A demand for work, or nothing if the request already did it.
    fn challenge(&self, server: &Server, easiness: u8, solution: &str) -> Option<Answer> {
        let token = solution.split(':').nth(1).unwrap_or_default();
        let asked = locked(&self.challenges).get(token).cloned();
        if asked.is_some_and(|asked| asked.accepts(solution)) {
            return None;
        }
        let Ok(challenge) = Challenge::new(easiness, clock::now()) else {
            return Some(plain(500, ""));
        };
        server.counters.count(|stats| stats.hashcash += 1);
        let text = challenge.header();
        let token = text.rsplit(':').next().unwrap_or_default().to_string();
        locked(&self.challenges).insert(token, challenge);
        let mut answer = plain(402, "");
        header(&mut answer, "x-hashcash", &text);
        Some(answer)
    }
}

impl Plan {
    /// The bit of an upload piece to flip before it is stored.
    pub fn flip_upload(&self) -> Option<u64> {
        match self.0 {
            Some(Fault::Flip(number)) => Some(number),
            _ => None,
        }
    }

    /// How much further on a download's bytes shall come from.
    pub fn shift(&self) -> u64 {
        match self.0 {
            Some(Fault::Shift(bytes)) => bytes,
            _ => 0,
        }
    }

    /// Whether the request's storage address dies.
    pub fn expires(&self) -> bool {
        matches!(self.0, Some(Fault::Expired))
    }

    /// Answers a request, with whatever goes wrong before, in between or after.
    ///
    /// # Errors
    /// If the client went away or the connection shall break.
    pub async fn carry_out<B: Consume>(
        self,
        server: &Server,
        breaker: &Breaker,
        solution: &str,
        body: B,
        run: impl AsyncFnOnce(&Plan, B) -> Result<Answer, io::Error>,
    ) -> Result<Answer, io::Error> {
        let broken = || {
            breaker.snap();
            io::Error::other("a fault breaks the connection")
        };
        match &self.0 {
            Some(Fault::Code(code)) => {
                body.consume(u64::MAX).await?;
                return Ok(plain(200, code.to_string()));
            }
            Some(Fault::Status(status)) => {
                body.consume(u64::MAX).await?;
                return Ok(plain(*status, ""));
            }
            Some(Fault::OverQuota(seconds)) => {
                body.consume(u64::MAX).await?;
                return Ok(quota_exceeded(*seconds));
            }
            Some(Fault::Hashcash(easiness)) => {
                if let Some(answer) = server.trouble.challenge(server, *easiness, solution) {
                    body.consume(u64::MAX).await?;
                    return Ok(answer);
                }
            }
            Some(Fault::Refuse) => return Err(broken()),
            Some(Fault::Hangup(bytes)) => {
                body.consume(*bytes).await?;
                return Err(broken());
            }
            Some(Fault::Reset) => {
                body.consume(u64::MAX).await?;
                return Err(broken());
            }
            _ => {}
        }
        let answer = run(&self, body).await?;
        match self.0 {
            Some(Fault::Lose) => Err(broken()),
            Some(fault) => Ok(spoil(answer, fault, breaker).await),
            None => Ok(answer),
        }
    }
}

/// Alters a finished answer.
async fn spoil(answer: Answer, fault: Fault, breaker: &Breaker) -> Answer {
    let (mut head, body) = answer.into_parts();
    let length = body.length();
    let body = match fault {
        Fault::Delay(time) => {
            tokio::time::sleep(time).await;
            body
        }
        Fault::Empty => Reply::whole(""),
        Fault::Garbage => Reply::whole("<html><body>It works!</body></html>"),
        Fault::Cut(bytes) => {
            let breaker = breaker.clone();
            let kept = limit(body, bytes).chain(futures_util::stream::once(async move {
                breaker.snap();
                Err(io::Error::other("a fault cuts the answer off"))
            }));
            Reply::stream(kept, length)
        }
        Fault::Short(bytes) => {
            let Some(length) = length else {
                return Answer::from_parts(head, body);
            };
            let length = length.saturating_sub(bytes);
            Reply::stream(limit(body, length), Some(length))
        }
        Fault::Long(bytes) => {
            let more = usize::try_from(bytes).unwrap_or(0);
            let longer = body
                .into_stream()
                .chain(futures_util::stream::once(async move {
                    Ok(Bytes::from(vec![0x5a; more]))
                }));
            Reply::stream(longer, length.map(|length| length + bytes))
        }
        Fault::Length(difference) => {
            let promised = length.unwrap_or(0).saturating_add_signed(difference);
            if let Ok(value) = promised.to_string().parse() {
                head.headers.insert(hyper::header::CONTENT_LENGTH, value);
            }
            Reply::stream(body.into_stream(), None)
        }
        Fault::Flip(number)
            if length.is_some_and(|length| length > 0) && !is_piece_answer(&head) =>
        {
            flipped(body, number)
        }
        Fault::Stall(time) => {
            let half = length.unwrap_or(2) / 2;
            let mut passed = 0u64;
            let mut stalled = false;
            let stream = body.into_stream().flat_map(move |piece| {
                let Ok(bytes) = piece else {
                    return futures_util::stream::iter(vec![piece]).left_stream();
                };
                let at = usize::try_from(half.saturating_sub(passed)).unwrap_or(0);
                passed += bytes.len() as u64;
                if stalled || at >= bytes.len() {
                    return futures_util::stream::iter(vec![Ok(bytes)]).left_stream();
                }
                stalled = true;
                let (first, second) = (bytes.slice(..at), bytes.slice(at..));
                futures_util::stream::iter(Some(first).filter(|first| !first.is_empty()).map(Ok))
                    .chain(futures_util::stream::once(async move {
                        tokio::time::sleep(time).await;
                        Ok(second)
                    }))
                    .right_stream()
            });
            Reply::stream(Box::pin(stream), length)
        }
        Fault::Slow(rate) => {
            let rate = rate.max(1);
            let step = usize::try_from(rate / 20).unwrap_or(usize::MAX).max(1);
            let slow = body.into_stream().flat_map(move |piece| {
                let pieces: Vec<io::Result<Bytes>> = match piece {
                    Ok(bytes) => bytes
                        .chunks(step)
                        .map(|part| Ok(bytes.slice_ref(part)))
                        .collect(),
                    Err(error) => vec![Err(error)],
                };
                futures_util::stream::iter(pieces).then(move |part| async move {
                    let bytes = part.as_ref().map_or(0, Bytes::len) as f64;
                    tokio::time::sleep(Duration::from_secs_f64(bytes / rate as f64)).await;
                    part
                })
            });
            Reply::stream(Box::pin(slow), length)
        }
        _ => body,
    };
    Answer::from_parts(head, body)
}

/// Whether an answer belongs to an upload piece, whose flip is in the piece.
fn is_piece_answer(head: &hyper::http::response::Parts) -> bool {
    head.extensions.get::<PieceAnswer>().is_some()
}

/// Marks answers of the upload host.
#[derive(Clone, Copy, Debug)]
pub struct PieceAnswer;

fn flipped(body: Reply, number: u64) -> Reply {
    let length = body.length();
    let bits = length.unwrap_or(1).max(1) * 8;
    let bit = number % bits;
    let mut passed = 0u64;
    let stream = body.into_stream().map(move |piece| {
        let bytes = piece?;
        let start = passed;
        passed += bytes.len() as u64;
        if (start..passed).contains(&(bit / 8)) {
            let mut changed = bytes.to_vec();
            flip_bit(&mut changed, bit - start * 8);
            return Ok(changed.into());
        }
        Ok(bytes)
    });
    Reply::stream(stream, length)
}

fn limit(body: Reply, bytes: u64) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send {
    let mut left = bytes;
    body.into_stream()
        .map(move |piece| {
            let piece = piece?;
            let take = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            left -= take as u64;
            Ok((piece.slice(..take), left))
        })
        .scan(false, |over, piece: io::Result<(Bytes, u64)>| {
            let ended = std::mem::replace(over, matches!(piece, Ok((_, 0)) | Err(_)));
            futures_util::future::ready((!ended).then(|| piece.map(|(bytes, _)| bytes)))
        })
}

/// Breaks one connection the hard way.
#[derive(Clone, Debug, Default)]
pub struct Breaker(Arc<AtomicBool>);

impl Breaker {
    /// Makes the connection end with a reset instead of an orderly close.
    pub fn snap(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A connection that can be broken.
#[derive(Debug)]
pub struct Breakable {
    socket: TcpStream,
    breaker: Breaker,
}

/// Makes a connection breakable.
pub fn breakable(socket: TcpStream) -> (Breakable, Breaker) {
    let breaker = Breaker::default();
    (
        Breakable {
            socket,
            breaker: breaker.clone(),
        },
        breaker,
    )
}

impl Breakable {
    fn is_broken(&self) -> bool {
        self.breaker.0.load(Ordering::Relaxed)
    }
}

impl Drop for Breakable {
    fn drop(&mut self) {
        if self.is_broken() {
            // No lingering: the system sends RST.
            let _ = self.socket.set_zero_linger();
        }
    }
}

impl AsyncRead for Breakable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Breakable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_broken() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
