//! One request, from the first try to a final answer.
//!
//! Every try sends the same id and the same bytes, so that the server can
//! answer a repetition from its memory instead of running it twice. Spec:
//! docs/protocol.md, "Idempotence", "Retry rules", "Hashcash".

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use serde::de::IgnoredAny;
use tracing::{debug, info, warn};

use super::answer::{Answer, BadAnswer, begins_with_data, is_object, parse_answer};
use crate::mega::crypto::hashcash::Challenge;
use crate::mega::error::{Error, ErrorCode, LoginFailure};
use crate::mega::transport::{
    BodyStream, HttpRequest, HttpResponse, RetryPolicy, Transport, TransportError,
    TransportErrorKind,
};

/// No answer that is read whole is larger; trees are streamed.
const MAX_ANSWER: usize = 256 << 20;

/// A server that is not content with so many proofs never will be.
const MAX_PROOFS: u32 = 8;

/// Client errors (4xx) rarely go away; a wrong address should be told soon.
const MAX_CLIENT_ERRORS: u32 = 2;

/// From this failure on the user may wonder why nothing happens.
const WORTH_TELLING: u32 = 5;

/// A request ready to be sent any number of times.
pub(super) struct Outgoing {
    /// The address; contains the session id.
    pub(super) url: String,
    /// The body.
    pub(super) body: Bytes,
    /// What a success looks like.
    pub(super) expects: Expects,
}

/// The form of an answer that is no error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expects {
    /// An array with a result for each of so many commands.
    Results(usize),
    /// The same, for one command, handed on as it arrives.
    Stream,
    /// One object, on the event channel.
    Object,
}

/// The final answer to a request.
pub(super) enum Incoming {
    /// Read to its end.
    Answer(Answer),
    /// Data that is still arriving, brackets of the array included.
    Stream(BodyStream),
    /// The JSON text of an object, complete.
    Object(Bytes),
}

/// Why there is no answer. Can be told to every caller of a batch.
#[derive(Debug, Clone)]
pub(super) enum Failure {
    Transport(TransportError),
    Protocol(String),
    Quota(Option<Duration>),
    Code(ErrorCode),
    Login(LoginFailure),
    Other(String),
    Dropped,
}

impl Failure {
    /// The failure as the caller of `command` gets it.
    pub(super) fn into_error(self, command: &'static str) -> Error {
        match self {
            Self::Transport(error) => Error::Transport(error),
            Self::Protocol(what) => Error::protocol(command, what),
            Self::Quota(retry_after) => Error::Quota { retry_after },
            Self::Code(code) => Error::api(command, code),
            Self::Login(failure) => Error::Login(failure),
            Self::Other(what) => Error::Invalid(what),
            Self::Dropped => Error::Transport(TransportError {
                kind: TransportErrorKind::Cancelled,
                host: command.to_owned(),
                what: "the request was given up".to_owned(),
            }),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Transport(error) => Self::Transport(error),
            Error::Quota { retry_after } => Self::Quota(retry_after),
            Error::Api { code, .. } => Self::Code(code),
            Error::Login(failure) => Self::Login(failure),
            other => Self::Other(other.to_string()),
        }
    }
}

/// What one try came to.
enum Try {
    Done(Incoming),
    Again(Setback),
    Prove(Challenge),
    Fatal(Failure),
}

/// A failure that another try may get past.
struct Setback {
    error: TransportError,
    /// The server's number, if it gave one: that is what the caller gets in the end.
    code: Option<ErrorCode>,
    /// Counts like so many further failures in the delay.
    slower: u32,
    /// The server's own wish.
    at_least: Duration,
    /// The most tries, where the usual number would be a waste of time.
    limit: u32,
}

impl Setback {
    fn new(error: TransportError) -> Self {
        Self {
            error,
            code: None,
            slower: 0,
            at_least: Duration::ZERO,
            limit: u32::MAX,
        }
    }
}

/// Sends `outgoing` until there is a final answer.
pub(super) async fn exchange(
    transport: &Arc<dyn Transport>,
    retries: &RetryPolicy,
    outgoing: &Outgoing,
) -> Result<Incoming, Failure> {
    let mut failures = 0;
    let mut proofs = 0;
    let mut proof: Option<String> = None;
    loop {
        let mut request = HttpRequest::post(&outgoing.url, outgoing.body.clone())
            .header("content-type", "application/json");
        if let Some(proof) = &proof {
            request = request.header("x-hashcash", proof);
        }
        let result = match transport.send(request).await {
            Ok(response) => judge(response, outgoing).await,
            Err(error) if error.is_temporary() => Try::Again(Setback::new(error)),
            Err(error) => Try::Fatal(Failure::Transport(error)),
        };
        match result {
            Try::Done(incoming) => return Ok(incoming),
            Try::Fatal(failure) => return Err(failure),
            Try::Prove(challenge) => {
                proofs += 1;
                if proofs > MAX_PROOFS {
                    return Err(Failure::Transport(broken(
                        outgoing,
                        TransportErrorKind::Status(402),
                        "the server keeps asking for another proof of work",
                    )));
                }
                proof = Some(prove(challenge).await.ok_or(Failure::Dropped)?);
            }
            Try::Again(setback) => {
                failures += 1;
                if !retries.allows(failures) || failures > setback.limit {
                    let transport = Failure::Transport(setback.error);
                    return Err(setback.code.map_or(transport, Failure::Code));
                }
                let delay = retries
                    .delay(failures + setback.slower)
                    .max(setback.at_least);
                tell(&setback.error, failures, delay);
                retries.wait(delay).await;
            }
        }
    }
}

fn tell(error: &TransportError, failures: u32, delay: Duration) {
    let seconds = delay.as_secs_f32();
    if failures < WORTH_TELLING {
        debug!(target: "megarc", "{error}; try {} in {seconds:.1} s", failures + 1);
    } else {
        info!(target: "megarc", "{error}; try {} in {seconds:.1} s", failures + 1);
    }
}

fn broken(outgoing: &Outgoing, kind: TransportErrorKind, what: &str) -> TransportError {
    TransportError::new(kind, &outgoing.url, what)
}

/// Decides what an answer means for the request.
async fn judge(response: HttpResponse, outgoing: &Outgoing) -> Try {
    let status = response.status;
    let setback = |what: String| {
        let kind = TransportErrorKind::Status(status);
        Setback::new(broken(outgoing, kind, &what))
    };
    match status {
        200 => read(response.body, outgoing).await,
        402 => match response.header("x-hashcash").and_then(Challenge::parse) {
            Some(challenge) => Try::Prove(challenge),
            None => Try::Again(Setback {
                limit: MAX_CLIENT_ERRORS,
                ..setback(
                    "the server asks for a proof of work in an unknown form (HTTP 402)".to_owned(),
                )
            }),
        },
        509 => {
            let left = response.header("x-mega-time-left");
            let left = left.and_then(|text| text.trim().parse().ok());
            Try::Fatal(Failure::Quota(left.map(Duration::from_secs)))
        }
        408 | 429 | 500.. => Try::Again(Setback {
            slower: if status == 429 { 2 } else { 0 },
            at_least: retry_after(&response),
            ..setback(format!("the server is not available (HTTP {status})"))
        }),
        _ => Try::Again(Setback {
            limit: MAX_CLIENT_ERRORS,
            ..setback(format!(
                "the server refused the request (HTTP {status}): is this a MEGA API address?"
            ))
        }),
    }
}

/// `Retry-After` in seconds, as far as it is reasonable to wait inside a request.
fn retry_after(response: &HttpResponse) -> Duration {
    let seconds = response
        .header("retry-after")
        .and_then(|text| text.trim().parse::<u64>().ok())
        .unwrap_or(0);
    Duration::from_secs(seconds.min(60))
}

/// Reads a body with status 200, or as much as it takes to know it is data.
async fn read(mut body: BodyStream, outgoing: &Outgoing) -> Try {
    let mut front = BytesMut::new();
    if outgoing.expects == Expects::Stream {
        loop {
            match begins_with_data(&front) {
                Some(true) => return Try::Done(Incoming::Stream(body.with_front(front.freeze()))),
                Some(false) => break,
                None => match body.next().await {
                    Some(Ok(piece)) if front.is_empty() => front = BytesMut::from(piece),
                    Some(Ok(piece)) => front.extend_from_slice(&piece),
                    Some(Err(error)) => return Try::Again(Setback::new(error)),
                    None => break,
                },
            }
        }
    }
    let whole = match body.with_front(front.freeze()).collect(MAX_ANSWER).await {
        Ok(Some(whole)) => whole,
        Ok(None) => return Try::Fatal(Failure::Protocol("the answer is too large".to_owned())),
        Err(error) => return Try::Again(Setback::new(error)),
    };
    let setback = |what: &str| {
        let kind = TransportErrorKind::BadAnswer;
        Setback::new(broken(outgoing, kind, what))
    };
    let commands = match outgoing.expects {
        Expects::Results(commands) => commands,
        Expects::Stream => 1,
        Expects::Object if is_object(&whole) => {
            return match serde_json::from_slice::<IgnoredAny>(&whole) {
                Ok(_) => Try::Done(Incoming::Object(whole)),
                Err(_) => Try::Again(setback("the answer is cut short")),
            };
        }
        Expects::Object => 0,
    };
    match parse_answer(&whole, commands) {
        Ok(Answer::Request(code)) if is_worth_repeating(ErrorCode(code)) => {
            let code = ErrorCode(code);
            Try::Again(Setback {
                code: Some(code),
                slower: if code == ErrorCode::ERATELIMIT { 2 } else { 0 },
                ..setback(&code.meaning())
            })
        }
        Ok(answer) => Try::Done(Incoming::Answer(answer)),
        Err(BadAnswer::Incomplete(what)) => Try::Again(setback(&format!("the answer is {what}"))),
        Err(BadAnswer::WrongCount { sent, got }) => Try::Fatal(Failure::Protocol(format!(
            "{got} results for {sent} commands"
        ))),
    }
}

/// For the whole request these say that nothing was executed.
fn is_worth_repeating(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::EAGAIN | ErrorCode::ERATELIMIT | ErrorCode::ETEMPUNAVAIL
    )
}

/// Sets a flag when dropped: the solver must not outlive the request.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Solves `challenge` on all cores; `None` only when the runtime is going down.
async fn prove(challenge: Challenge) -> Option<String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    warn!(
        target: "megarc",
        "The server asks for a proof of work (hashcash) before it answers: computing it on {threads} threads, this can take a while"
    );
    let cancel = CancelOnDrop(Arc::new(AtomicBool::new(false)));
    let flag = Arc::clone(&cancel.0);
    let started = std::time::Instant::now();
    let proof = tokio::task::spawn_blocking(move || challenge.solve(threads, &flag))
        .await
        .ok()
        .flatten();
    debug!(target: "megarc", "proof of work took {:.1} s", started.elapsed().as_secs_f32());
    proof
}
