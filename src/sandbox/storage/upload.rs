//! `POST /ul/<token>/<offset>[?c=|d=<checksum>]`: a piece of ciphertext comes in.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

use crate::sandbox::faults::flip_bit;
use crate::sandbox::http::{self, Answer, Query};
use crate::sandbox::server::Server;
use crate::sandbox::trouble::PieceAnswer;

use super::checksum::Checksum;

/// EFAILED: start over.
const FAILED: i64 = -5;
/// ERANGE: not on the grid of chunks.
const RANGE: i64 = -7;
/// EEXPIRED: no such upload.
const EXPIRED: i64 = -8;
/// EKEY: the checksum does not fit.
const CHECKSUM: i64 = -14;

/// An answer of the upload host.
fn plain(body: impl Into<Bytes>) -> Answer {
    let mut answer = http::plain(200, body);
    answer.extensions_mut().insert(PieceAnswer);
    answer
}

/// A number as the upload host says it.
fn code(number: i64) -> Answer {
    plain(number.to_string())
}

/// Receives one piece; `flip` is a fault that changes a bit before it is stored.
///
/// # Errors
/// If the client breaks off: nothing is answered then.
pub async fn receive(
    server: &Server,
    rest: &str,
    query: &Query,
    flip: Option<u64>,
    body: Incoming,
) -> Result<Answer, hyper::Error> {
    server.counters.count(|stats| stats.pieces_up += 1);
    let (token, offset) = rest.split_once('/').unwrap_or((rest, "0"));
    let Some(upload) = server.transfers.upload(token) else {
        drain(body).await?;
        return Ok(code(EXPIRED));
    };
    let Some(offset) = offset
        .parse::<u64>()
        .ok()
        .filter(|offset| upload.may_start(*offset))
    else {
        drain(body).await?;
        return Ok(code(RANGE));
    };
    if let Some(length) = body.size_hint().exact()
        && !upload.is_on_grid(offset, length)
    {
        drain(body).await?;
        return Ok(code(RANGE));
    }
    // A piece that came before is accepted again but changes nothing: a bad
    // repetition must not spoil what was already checked.
    let known = body
        .size_hint()
        .exact()
        .is_some_and(|length| upload.has(offset, offset + length));
    let given = query.get("c").or_else(|| query.get("d"));
    let mut sum = given.map(|_| Checksum::default());
    let mut at = offset;
    let mut body = body;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        if let Some(sum) = &mut sum {
            sum.update(&data);
        }
        if at + data.len() as u64 > upload.size {
            drain(body).await?;
            return Ok(code(RANGE));
        }
        let data = match flip.filter(|_| at == offset) {
            Some(number) => {
                let mut changed = data.to_vec();
                flip_bit(&mut changed, number);
                Bytes::from(changed)
            }
            None => data,
        };
        if !known && upload.content.write_at(at, &data).is_err() {
            drain(body).await?;
            return Ok(code(FAILED));
        }
        at += data.len() as u64;
        server
            .counters
            .bytes_up
            .fetch_add(data.len() as u64, Ordering::Relaxed);
    }
    if !upload.is_on_grid(offset, at - offset) {
        return Ok(code(RANGE));
    }
    let right = sum.map(Checksum::finish);
    if given.map(|given| given.trim_end_matches('=')) != right.as_deref() {
        return Ok(code(CHECKSUM));
    }
    match upload.finish_piece(offset, at) {
        Some(token) => {
            server.transfers.complete(&upload);
            Ok(plain(token))
        }
        None if query.get("d").is_some() => Ok(plain("0")),
        None => Ok(plain(Bytes::new())),
    }
}

/// Reads a body to its end, so that the answer does not cross it.
async fn drain(mut body: Incoming) -> Result<(), hyper::Error> {
    while let Some(frame) = body.frame().await {
        frame?;
    }
    Ok(())
}
