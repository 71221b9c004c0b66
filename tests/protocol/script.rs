//! A transport that answers from a script, and writes down what it was sent.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use megarc::mega::api::{Api, ApiOptions, SessionId, SessionRenewer};
use megarc::mega::error::Error;
use megarc::mega::transport::{
    HttpRequest, HttpResponse, RetryPolicy, Transport, TransportError, TransportErrorKind,
};
use serde_json::Value;
use tokio::sync::Semaphore;

/// A request as it was sent.
#[derive(Debug, Clone)]
pub struct Sent {
    pub query: HashMap<String, String>,
    pub body: String,
    pub hashcash: Option<String>,
}

impl Sent {
    fn new(request: &HttpRequest) -> Self {
        let (address, query) = request.url.split_once('?').unwrap();
        assert_eq!(address, "https://api.test/cs");
        let query = query
            .split('&')
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let header = |name| {
            let find = request.headers.iter().find(|(have, _)| have == name);
            find.map(|(_, value)| value.clone())
        };
        Self {
            query,
            body: String::from_utf8(request.body.to_vec()).unwrap(),
            hashcash: header("x-hashcash"),
        }
    }

    /// The names of the commands, joined by spaces.
    pub fn names(&self) -> String {
        let names: Vec<String> = self
            .commands()
            .iter()
            .map(|command| command["a"].as_str().unwrap().to_owned())
            .collect();
        names.join(" ")
    }

    pub fn commands(&self) -> Vec<Value> {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn id(&self) -> u64 {
        self.query["id"].parse().unwrap()
    }
}

type Answer = dyn Fn(&Sent, usize) -> Result<HttpResponse, TransportError> + Send + Sync;

/// The scripted transport.
pub struct Script {
    answer: Box<Answer>,
    sent: Mutex<Vec<Sent>>,
    gate: Semaphore,
}

impl Script {
    /// Answers request number n (from 0) by `answer(request, n)`.
    pub fn new(
        answer: impl Fn(&Sent, usize) -> Result<HttpResponse, TransportError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            answer: Box::new(answer),
            sent: Mutex::default(),
            gate: Semaphore::new(Semaphore::MAX_PERMITS),
        })
    }

    /// As [`Script::new`], but each answer waits for [`Script::let_through`].
    pub fn gated(
        answer: impl Fn(&Sent, usize) -> Result<HttpResponse, TransportError> + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            answer: Box::new(answer),
            sent: Mutex::default(),
            gate: Semaphore::new(0),
        })
    }

    pub fn let_through(&self, count: usize) {
        self.gate.add_permits(count);
    }

    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// The commands of all requests, one string for each request.
    pub fn names(&self) -> Vec<String> {
        self.sent().iter().map(Sent::names).collect()
    }

    /// Waits until `count` requests have arrived.
    pub async fn arrived(&self, count: usize) {
        while self.sent.lock().unwrap().len() < count {
            tokio::task::yield_now().await;
        }
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let sent = Sent::new(&request);
        let n = {
            let mut list = self.sent.lock().unwrap();
            list.push(sent.clone());
            list.len() - 1
        };
        self.gate.acquire().await.unwrap().forget();
        (self.answer)(&sent, n)
    }
}

pub fn ok(body: impl Into<String>) -> Result<HttpResponse, TransportError> {
    Ok(HttpResponse::new(200, body.into()))
}

pub fn status(status: u16) -> Result<HttpResponse, TransportError> {
    Ok(HttpResponse::new(status, "busy"))
}

pub fn with_header(status: u16, name: &str, value: &str) -> Result<HttpResponse, TransportError> {
    let mut response = HttpResponse::new(status, "");
    response.headers.push((name.to_owned(), value.to_owned()));
    Ok(response)
}

pub fn refused() -> Result<HttpResponse, TransportError> {
    let (kind, url) = (
        TransportErrorKind::Connect,
        "https://api.test/cs?sid=SECRET",
    );
    Err(TransportError::new(kind, url, "connection refused"))
}

/// One success for each command.
pub fn all_ok(sent: &Sent) -> Result<HttpResponse, TransportError> {
    ok(Value::from(vec![0; sent.commands().len()]).to_string())
}

/// Pauses that only get written down.
#[derive(Clone, Default)]
pub struct Pauses(Arc<Mutex<Vec<Duration>>>);

impl Pauses {
    pub fn policy(&self, retries: u32) -> RetryPolicy {
        let list = Arc::clone(&self.0);
        RetryPolicy::new(retries).with_sleeper(Arc::new(move |time| {
            list.lock().unwrap().push(time);
            Box::pin(std::future::ready(()))
        }))
    }

    pub fn millis(&self) -> Vec<u128> {
        self.0
            .lock()
            .unwrap()
            .iter()
            .map(Duration::as_millis)
            .collect()
    }
}

/// A queue without account.
pub fn anonymous(script: &Arc<Script>) -> Api {
    anonymous_with(script, Pauses::default().policy(10))
}

pub fn anonymous_with(script: &Arc<Script>, retries: RetryPolicy) -> Api {
    let transport: Arc<dyn Transport> = script.clone();
    let base_url = "https://api.test/".to_owned();
    Api::anonymous(
        transport,
        ApiOptions {
            base_url,
            retries,
            debug: false,
        },
    )
}

/// Sessions `sid-0`, `sid-1`, ...: a new one for each renewal.
#[derive(Default)]
pub struct Counting {
    renewals: Mutex<u32>,
}

impl Counting {
    pub fn renewals(&self) -> u32 {
        *self.renewals.lock().unwrap()
    }
}

#[async_trait]
impl SessionRenewer for Counting {
    fn current(&self) -> SessionId {
        SessionId::new(format!("sid-{}", self.renewals()))
    }

    async fn renew(&self, stale: &SessionId) -> Result<SessionId, Error> {
        if self.current() == *stale {
            *self.renewals.lock().unwrap() += 1;
        }
        Ok(self.current())
    }
}
