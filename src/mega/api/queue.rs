//! The queue of commands: one request in flight, everything that arrives
//! meanwhile leaves together as the next batch.
//!
//! Two lanes: the ordered one, and the lockless one for look-ups. A lane is
//! worked off by a task of its own, so a caller that goes away takes nothing
//! down with it: its command is dropped if it has not left yet, and its reply
//! is thrown away otherwise. Spec: docs/protocol.md, "Transport".

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures_util::future::join_all;
use serde_json::Value;
use tokio::sync::oneshot;
use tracing::debug;

use super::answer::Answer;
use super::command::{Command, Route};
use super::context::{Context, SessionId, SessionRenewer};
use super::exchange::{Expects, Failure, Incoming, Outgoing, exchange};
use crate::mega::error::{Error, ErrorCode};
use crate::mega::handle::PublicHandle;
use crate::mega::transport::{BodyStream, RetryPolicy, Transport};

/// Most commands of one batch. The official client allows 10,000; smaller
/// batches keep one slow command from holding up the rest for long.
const MAX_BATCH_COMMANDS: usize = 500;

/// Most bytes of one batch, unless a single command is larger.
const MAX_BATCH_BYTES: usize = 1 << 20;

/// Where and how the queue sends.
#[derive(Debug, Clone)]
pub struct ApiOptions {
    /// The API's address; `cs` is appended.
    pub base_url: String,
    /// The bounds of retrying.
    pub retries: RetryPolicy,
    /// The log names the commands of every request.
    pub debug: bool,
}

/// The handle to the queue; clones share it.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    transport: Arc<dyn Transport>,
    options: ApiOptions,
    context: Context,
    next_id: AtomicU64,
    ordered: Lane,
    lockless: Lane,
}

#[derive(Default)]
struct Lane(Mutex<LaneState>);

#[derive(Default)]
struct LaneState {
    waiting: VecDeque<Waiting>,
    /// A task is working this lane off.
    working: bool,
}

impl Lane {
    fn lock(&self) -> MutexGuard<'_, LaneState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A command that waits for its answer.
struct Waiting {
    name: &'static str,
    json: Vec<u8>,
    alone: bool,
    streamed: bool,
    /// How often the server said "not executed, try again" to it.
    refusals: u32,
    /// It was sent with a renewed session already.
    renewed: bool,
    reply: oneshot::Sender<Result<Delivery, Failure>>,
}

impl Waiting {
    fn deliver(self, result: Result<Delivery, Failure>) {
        // The caller may be gone; then nobody is interested.
        let _ = self.reply.send(result);
    }
}

enum Delivery {
    Value(Value),
    Stream(BodyStream),
}

impl Api {
    /// A queue without account: for logins and links to files.
    #[must_use]
    pub fn anonymous(transport: Arc<dyn Transport>, options: ApiOptions) -> Self {
        Self::new(transport, options, Context::Anonymous)
    }

    /// A queue of its own to the same server, in the name of the session that
    /// `renewer` keeps.
    #[must_use]
    pub fn with_renewer(&self, renewer: Arc<dyn SessionRenewer>) -> Self {
        let (transport, options) = (Arc::clone(&self.0.transport), self.0.options.clone());
        let blocked = AtomicBool::new(false);
        Self::new(transport, options, Context::Session { renewer, blocked })
    }

    /// A queue of its own inside the folder link `handle` (`&n=`), without
    /// the session.
    #[must_use]
    pub fn with_link_context(&self, handle: PublicHandle) -> Self {
        let (transport, options) = (Arc::clone(&self.0.transport), self.0.options.clone());
        Self::new(transport, options, Context::Link(handle))
    }

    fn new(transport: Arc<dyn Transport>, options: ApiOptions, context: Context) -> Self {
        // A random start keeps ids of different runs apart; without entropy
        // the clock has to do.
        let start = getrandom::u32().unwrap_or_else(|_| std::process::id());
        Self(Arc::new(Inner {
            transport,
            options,
            context,
            next_id: AtomicU64::new(u64::from(start)),
            ordered: Lane::default(),
            lockless: Lane::default(),
        }))
    }

    /// The transport, for requests to storage servers.
    #[must_use]
    pub fn transport(&self) -> &Arc<dyn Transport> {
        &self.0.transport
    }

    /// The API's address.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.0.options.base_url
    }

    /// The bounds of retrying.
    #[must_use]
    pub fn retries(&self) -> &RetryPolicy {
        &self.0.options.retries
    }

    /// Sends `command` and waits for its reply. May be dropped at any time.
    ///
    /// # Errors
    /// The server refused, or no answer could be had.
    pub async fn call<C: Command>(&self, command: C) -> Result<C::Reply, Error> {
        match self.submit(&command, false).await? {
            Delivery::Value(value) => C::parse(value),
            Delivery::Stream(_) => Err(Error::protocol(C::NAME, "data where a reply was expected")),
        }
    }

    /// Sends `command` alone and hands its answer on as it arrives: the whole
    /// body, with the brackets of the result array around the one result.
    ///
    /// Retries, proof of work and errors are over when this returns; a stream
    /// that breaks later must be asked for again by the caller.
    ///
    /// # Errors
    /// The server refused, or no answer could be had.
    pub async fn stream<C: Command>(&self, command: C) -> Result<BodyStream, Error> {
        match self.submit(&command, true).await? {
            Delivery::Stream(body) => Ok(body),
            Delivery::Value(_) => Err(Error::protocol(C::NAME, "no data")),
        }
    }

    async fn submit<C: Command>(&self, command: &C, streamed: bool) -> Result<Delivery, Error> {
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting {
            name: C::NAME,
            json: command.to_json().to_string().into_bytes(),
            alone: streamed || C::ROUTE == Route::Alone,
            streamed,
            refusals: 0,
            renewed: false,
            reply,
        };
        self.enqueue(C::ROUTE == Route::Lockless && !streamed, waiting);
        let result = answer.await.unwrap_or(Err(Failure::Dropped));
        result.map_err(|failure| match failure {
            Failure::Code(code) => C::refusal(code),
            other => other.into_error(C::NAME),
        })
    }

    /// Asks a page beside that of commands, which answers with one object:
    /// past the queue, since it changes nothing and may be asked again.
    pub(super) async fn ask(&self, page: &str, query: &str) -> Result<Bytes, Failure> {
        let inner = &self.0;
        let mut renewed = false;
        loop {
            if inner.context.is_blocked() {
                return Err(Failure::Code(ErrorCode::EBLOCKED));
            }
            if inner.options.debug {
                debug!(target: "megarc", "api request: {page}");
            }
            let session = inner.context.session_id();
            let outgoing = Outgoing {
                url: inner.address(page, query, session.as_ref()),
                body: Bytes::new(),
                expects: Expects::Object,
            };
            let answer = exchange(&inner.transport, &inner.options.retries, &outgoing).await?;
            let code = match answer {
                Incoming::Object(object) => return Ok(object),
                Incoming::Answer(Answer::Request(code)) => ErrorCode(code),
                Incoming::Answer(Answer::Results(_)) | Incoming::Stream(_) => {
                    return Err(Failure::Protocol("no object".to_owned()));
                }
            };
            match session {
                Some(session) if code == ErrorCode::ESID && !renewed => {
                    inner.renew(&session).await?;
                    renewed = true;
                    continue;
                }
                Some(_) if code == ErrorCode::EBLOCKED => inner.context.block(),
                _ => {}
            }
            return Err(Failure::Code(code));
        }
    }

    fn enqueue(&self, lockless: bool, waiting: Waiting) {
        let mut lane = self.lane(lockless).lock();
        lane.waiting.push_back(waiting);
        if !lane.working {
            lane.working = true;
            tokio::spawn(self.clone().work(lockless));
        }
    }

    fn lane(&self, lockless: bool) -> &Lane {
        if lockless {
            &self.0.lockless
        } else {
            &self.0.ordered
        }
    }

    /// Works a lane off until nothing waits in it.
    async fn work(self, lockless: bool) {
        // Lets calls that start together leave together.
        tokio::task::yield_now().await;
        let mut worker = Worker {
            api: &self,
            lockless,
            finished: false,
        };
        while let Some(batch) = worker.next_batch() {
            let again = self.0.run(batch).await;
            let mut lane = self.lane(lockless).lock();
            for waiting in again.into_iter().rev() {
                lane.waiting.push_front(waiting);
            }
        }
    }
}

/// Marks its lane as idle when it ends, however it ends.
struct Worker<'a> {
    api: &'a Api,
    lockless: bool,
    /// The lane was handed over in order: from then on it may have another worker.
    finished: bool,
}

impl Worker<'_> {
    fn next_batch(&mut self) -> Option<Vec<Waiting>> {
        let mut lane = self.api.lane(self.lockless).lock();
        let batch = compose(&mut lane.waiting);
        if batch.is_empty() {
            // In the same breath as finding nothing: a command that comes
            // later must start a new task.
            lane.working = false;
            self.finished = true;
            return None;
        }
        Some(batch)
    }
}

impl Drop for Worker<'_> {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        // The task was torn down: waiting callers hear of it by the closed
        // channel instead of never.
        let mut lane = self.api.lane(self.lockless).lock();
        lane.working = false;
        lane.waiting.clear();
    }
}

/// Takes what may leave together from the front of the queue.
fn compose(waiting: &mut VecDeque<Waiting>) -> Vec<Waiting> {
    let mut batch: Vec<Waiting> = Vec::new();
    let mut bytes = 0;
    while let Some(next) = waiting.front() {
        if next.reply.is_closed() {
            waiting.pop_front();
            continue;
        }
        let full = batch.len() >= MAX_BATCH_COMMANDS || bytes + next.json.len() > MAX_BATCH_BYTES;
        if !batch.is_empty() && (next.alone || full) {
            break;
        }
        let alone = next.alone;
        bytes += next.json.len();
        batch.extend(waiting.pop_front());
        if alone {
            break;
        }
    }
    batch
}

impl Inner {
    /// Sends one batch and delivers its results; gives back what has to be
    /// sent again in a new request.
    async fn run(&self, mut batch: Vec<Waiting>) -> Vec<Waiting> {
        if self.context.is_blocked() {
            fail_all(batch, &Failure::Code(ErrorCode::EBLOCKED));
            return Vec::new();
        }
        let session = self.context.session_id();
        let outgoing = self.outgoing(&batch, session.as_ref());
        let result = tokio::select! {
            result = exchange(&self.transport, &self.options.retries, &outgoing) => result,
            () = all_gone(&mut batch) => return Vec::new(),
        };
        match result {
            Err(failure) => {
                fail_all(batch, &failure);
                Vec::new()
            }
            Ok(Incoming::Stream(body)) => {
                if let Some(waiting) = batch.pop() {
                    waiting.deliver(Ok(Delivery::Stream(body)));
                }
                Vec::new()
            }
            // Only `ask` expects one.
            Ok(Incoming::Object(_)) => {
                fail_all(batch, &Failure::Protocol("an object".to_owned()));
                Vec::new()
            }
            Ok(Incoming::Answer(answer)) => {
                let count = batch.len();
                let results = match answer {
                    Answer::Results(results) => results,
                    Answer::Request(code) => {
                        if session.is_some() && ErrorCode(code) == ErrorCode::EBLOCKED {
                            self.context.block();
                        }
                        let one = if code < 0 {
                            Err(ErrorCode(code))
                        } else {
                            Ok(Value::from(code))
                        };
                        vec![one; count]
                    }
                };
                self.deliver(batch, results, session).await
            }
        }
    }

    fn outgoing(&self, batch: &[Waiting], session: Option<&SessionId>) -> Outgoing {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let mut body = Vec::with_capacity(
            batch
                .iter()
                .map(|waiting| waiting.json.len() + 1)
                .sum::<usize>()
                + 1,
        );
        for waiting in batch {
            body.push(if body.is_empty() { b'[' } else { b',' });
            body.extend_from_slice(&waiting.json);
        }
        body.push(b']');
        if self.options.debug {
            debug!(
                target: "megarc",
                "api request {id}: {}",
                batch.iter().map(|waiting| waiting.name).collect::<Vec<_>>().join(" ")
            );
        }
        let streamed = batch.iter().any(|waiting| waiting.streamed);
        Outgoing {
            url: self.address("cs", &format!("id={id}"), session),
            body: Bytes::from(body),
            expects: match streamed {
                true => Expects::Stream,
                false => Expects::Results(batch.len()),
            },
        }
    }

    /// The address of a page of the API, in the name of this queue.
    fn address(&self, page: &str, query: &str, session: Option<&SessionId>) -> String {
        let base = &self.options.base_url;
        let slash = if base.ends_with('/') { "" } else { "/" };
        format!("{base}{slash}{page}?{query}{}", self.context.query(session))
    }

    /// Hands each command its result, but for those worth another request:
    /// "not executed, try again" (`-3`), and a session that is gone (`-15`).
    async fn deliver(
        &self,
        batch: Vec<Waiting>,
        results: Vec<Result<Value, ErrorCode>>,
        session: Option<SessionId>,
    ) -> Vec<Waiting> {
        let mut again = Vec::new();
        let mut sessionless = Vec::new();
        let mut refusals = 0;
        for (mut waiting, result) in batch.into_iter().zip(results) {
            match result {
                Ok(value) => waiting.deliver(Ok(Delivery::Value(value))),
                Err(ErrorCode::EAGAIN) if self.options.retries.allows(waiting.refusals + 1) => {
                    waiting.refusals += 1;
                    refusals = refusals.max(waiting.refusals);
                    again.push(waiting);
                }
                Err(ErrorCode::ESID) if session.is_some() && !waiting.renewed => {
                    waiting.renewed = true;
                    sessionless.push(waiting);
                }
                Err(code) => waiting.deliver(Err(Failure::Code(code))),
            }
        }
        if let (Some(session), false) = (session, sessionless.is_empty()) {
            match self.renew(&session).await {
                Ok(()) => again.extend(sessionless),
                Err(failure) => fail_all(sessionless, &failure),
            }
        }
        if refusals > 0 {
            self.options.retries.pause(refusals).await;
        }
        again
    }

    async fn renew(&self, stale: &SessionId) -> Result<(), Failure> {
        let Context::Session { renewer, .. } = &self.context else {
            return Err(Failure::Code(ErrorCode::ESID));
        };
        debug!(target: "megarc", "the session is no longer valid, logging in again");
        renewer.renew(stale).await.map(drop).map_err(Failure::from)
    }
}

fn fail_all(batch: Vec<Waiting>, failure: &Failure) {
    for waiting in batch {
        waiting.deliver(Err(failure.clone()));
    }
}

/// Ends when nobody waits for any of these commands any more.
async fn all_gone(batch: &mut [Waiting]) {
    join_all(batch.iter_mut().map(|waiting| waiting.reply.closed())).await;
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}
