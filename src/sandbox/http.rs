//! Which address goes where, and how answers look on the wire.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode};

use super::body::Reply;
use super::faults::At;
use super::server::Server;
use super::storage::{download, thumbnails, upload};
use super::trouble::{Breaker, Consume, Plan};
use super::{api, channel};

/// An answer on its way to a client.
pub type Answer = Response<Reply>;

/// The largest API request, bytes.
const MOST_COMMANDS: usize = 64 << 20;

/// Plain text. Not HTML: the official client takes that for a captive portal.
pub fn plain(status: u16, body: impl Into<Bytes>) -> Answer {
    answer(status, "text/plain", Reply::whole(body))
}

/// JSON.
pub fn json(body: Reply) -> Answer {
    answer(200, "application/json", body)
}

/// Content.
pub fn bytes(body: Reply) -> Answer {
    answer(200, "application/octet-stream", body)
}

/// Transfer quota is used up for so many seconds.
pub fn quota_exceeded(seconds: impl Into<Option<u64>>) -> Answer {
    let mut response = plain(509, "");
    if let Some(seconds) = seconds.into() {
        header(&mut response, "x-mega-time-left", &seconds.to_string());
    }
    response
}

/// Adds a header to an answer.
pub fn header(answer: &mut Answer, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

fn answer(status: u16, kind: &'static str, body: Reply) -> Answer {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// The fields after the question mark.
#[derive(Clone, Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Splits `a=1&b=2`. None of the protocol's values needs percent signs.
    pub fn parse(text: &str) -> Self {
        Self(
            text.split('&')
                .filter(|field| !field.is_empty())
                .map(|field| {
                    let (name, value) = field.split_once('=').unwrap_or((field, ""));
                    (name.to_string(), value.to_string())
                })
                .collect(),
        )
    }

    /// The first field of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// What the handlers need to know of a request beside its body.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Fields of the address.
    pub query: Query,
    /// The address clients reach this server under, without a final slash.
    pub base: String,
    /// The client's name.
    pub agent: String,
    /// Where it comes from.
    pub peer: SocketAddr,
}

/// Answers one request. An error makes the connection end.
///
/// # Errors
/// If the client went away, or a fault wants the connection broken.
pub async fn serve(
    server: Arc<Server>,
    peer: SocketAddr,
    breaker: Breaker,
    request: Request<Incoming>,
) -> Result<Answer, std::io::Error> {
    let text = |name| {
        request
            .headers()
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
            .unwrap_or_default()
            .to_string()
    };
    let host = Some(text(HOST)).filter(|host| !host.is_empty());
    let around = Surroundings {
        query: Query::parse(request.uri().query().unwrap_or_default()),
        base: format!("http://{}", host.unwrap_or_else(|| "127.0.0.1".into())),
        agent: text(USER_AGENT),
        peer,
    };
    let hashcash = text(hyper::header::HeaderName::from_static("x-hashcash"));
    let method = request.method().clone();
    let path = request.uri().path().to_string();
    let body = request.into_body();
    if !server.latency.is_zero() {
        tokio::time::sleep(server.latency).await;
    }
    let trouble = &server.trouble;
    if let Some(rest) = path
        .strip_prefix("/ul/")
        .or_else(|| path.strip_prefix("/ufa/"))
    {
        let plan = trouble.plan(&server, At::Upload);
        let is_thumbnail = path.starts_with("/ufa/");
        return plan
            .carry_out(
                &server,
                &breaker,
                &hashcash,
                body,
                async |plan: &Plan, body| {
                    if plan.expires() {
                        let address = rest.split('/').next().unwrap_or_default();
                        server.transfers.forget(&server.store, address);
                    }
                    if is_thumbnail {
                        thumbnails::serve(&server, rest, body).await
                    } else {
                        upload::receive(&server, rest, &around.query, plan.flip_upload(), body)
                            .await
                            .map_err(std::io::Error::other)
                    }
                },
            )
            .await;
    }
    if let Some(rest) = path.strip_prefix("/dl/") {
        let plan = trouble.plan(&server, At::Download);
        return plan
            .carry_out(
                &server,
                &breaker,
                &hashcash,
                body,
                async |plan: &Plan, body: Incoming| {
                    // Some clients POST; the body means nothing.
                    body.consume(u64::MAX).await?;
                    if plan.expires() {
                        server
                            .transfers
                            .kill_address(rest.split('/').next().unwrap_or_default());
                    }
                    Ok(download::send(&server, rest, plan.shift()))
                },
            )
            .await;
    }
    match path.as_str() {
        "/cs" => {
            let body = collect(body).await?;
            let commands = api::Commands::parse(&body);
            let plan = trouble.plan(&server, At::Api(&commands.names()));
            plan.carry_out(&server, &breaker, &hashcash, (), async |_: &Plan, ()| {
                Ok(api::answer(&server, &around, &body, commands.take()).await)
            })
            .await
        }
        "/sc" | "/wsc" | "/sc/wsc" => {
            let plan = trouble.plan(&server, At::Events);
            plan.carry_out(
                &server,
                &breaker,
                &hashcash,
                body,
                async |_: &Plan, body: Incoming| {
                    body.consume(u64::MAX).await?;
                    Ok(channel::poll(&server, &around).await)
                },
            )
            .await
        }
        _ if path.starts_with("/wait/") => {
            let plan = trouble.plan(&server, At::Wait);
            plan.carry_out(
                &server,
                &breaker,
                &hashcash,
                body,
                async |_: &Plan, body: Incoming| {
                    body.consume(u64::MAX).await?;
                    Ok(channel::wait(&server, &around, &path).await)
                },
            )
            .await
        }
        "/sandbox/stats" if method == Method::GET && peer.ip().is_loopback() => {
            let text = serde_json::to_string(&server.counters.snapshot())
                .map_err(std::io::Error::other)?;
            Ok(json(Reply::whole(text)))
        }
        "/sandbox/word" if method == Method::GET && peer.ip().is_loopback() => {
            Ok(plain(200, server.word.clone()))
        }
        "/sandbox/check" if method == Method::GET && peer.ip().is_loopback() => {
            let problems = server.store.check();
            Ok(json(Reply::whole(super::json::texts(problems))))
        }
        _ => Ok(plain(404, "")),
    }
}

/// Reads a whole request body.
async fn collect(mut body: Incoming) -> Result<Bytes, std::io::Error> {
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(std::io::Error::other)?.into_data() {
            whole.extend_from_slice(&data);
            if whole.len() > MOST_COMMANDS {
                return Err(std::io::Error::other("the request is too large"));
            }
        }
    }
    Ok(whole.into())
}
