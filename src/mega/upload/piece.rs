//! Sending one piece, and reading what the upload host says to it.

use bytes::Bytes;

use crate::mega::crypto::upload_answer::{UploadAnswer, parse_upload_answer};
use crate::mega::error::{Error, ErrorCode};
use crate::mega::transport::{
    HttpRequest, Pace, Purpose, RetryPolicy, Transport, TransportError, TransportErrorKind,
};

/// Answers are a token of 36 bytes or a number; error pages may be longer.
const MAX_ANSWER: usize = 4 << 10;

/// An encrypted piece on its way.
pub(super) struct OutgoingPiece {
    pub offset: u64,
    pub ciphertext: Bytes,
    pub checksum: String,
}

/// Why a piece did not arrive.
#[derive(Debug)]
pub(super) enum PieceFailure {
    /// The host has given the whole upload up: it starts over with a new
    /// address, or not at all.
    Lost(ErrorCode),
    /// The source is not the one that was begun to be sent in an earlier run.
    OtherSource,
    /// Nothing to be done.
    Final(Error),
}

/// What one answer means.
enum Verdict {
    Stored(Option<String>),
    Again(Error),
    Failed(PieceFailure),
}

/// Sends the same ciphertext until it is stored; returns the completion token
/// if this answer carried it.
pub(super) async fn send(
    transport: &dyn Transport,
    retries: &RetryPolicy,
    address: &str,
    piece: &OutgoingPiece,
    pace: Option<&Pace>,
) -> Result<Option<String>, PieceFailure> {
    let url = format!("{address}/{}?c={}", piece.offset, piece.checksum);
    let mut failures = 0;
    loop {
        let error = match send_once(transport, &url, piece.ciphertext.clone(), pace).await {
            Verdict::Stored(token) => return Ok(token),
            Verdict::Failed(failure) => return Err(failure),
            Verdict::Again(error) => error,
        };
        failures += 1;
        if !retries.allows(failures) {
            return Err(PieceFailure::Final(error));
        }
        tracing::debug!(
            target: "megarc",
            "upload piece at {} failed, try {failures}: {error}",
            piece.offset
        );
        retries.pause(failures).await;
    }
}

async fn send_once(
    transport: &dyn Transport,
    url: &str,
    body: Bytes,
    pace: Option<&Pace>,
) -> Verdict {
    let request = HttpRequest::post(url, body)
        .header("content-type", "application/octet-stream")
        .purpose(Purpose::Upload)
        .paced(pace.cloned());
    let response = match transport.send(request).await {
        Ok(response) => response,
        Err(error) if error.is_temporary() => return Verdict::Again(error.into()),
        Err(error) => return Verdict::Failed(PieceFailure::Final(error.into())),
    };
    match response.status {
        200 => match response.body.collect(MAX_ANSWER).await {
            Ok(Some(answer)) => judge(url, &answer),
            Ok(None) => Verdict::Again(bad_answer(url)),
            Err(error) => Verdict::Again(error.into()),
        },
        403 | 404 => Verdict::Failed(PieceFailure::Lost(ErrorCode::EEXPIRED)),
        509 => Verdict::Failed(PieceFailure::Final(Error::Quota { retry_after: None })),
        status => {
            let what = format!("the upload host answered with HTTP status {status}");
            let kind = TransportErrorKind::Status(status);
            let error = TransportError::new(kind, url, what);
            if error.is_temporary() {
                Verdict::Again(error.into())
            } else {
                Verdict::Failed(PieceFailure::Final(error.into()))
            }
        }
    }
}

fn judge(url: &str, answer: &[u8]) -> Verdict {
    match parse_upload_answer(answer) {
        UploadAnswer::Stored => Verdict::Stored(None),
        UploadAnswer::Complete(token) => Verdict::Stored(Some(token)),
        UploadAnswer::Unknown => Verdict::Again(bad_answer(url)),
        UploadAnswer::Failed(number) => {
            let code = ErrorCode(number);
            match code {
                ErrorCode::EAGAIN | ErrorCode::EKEY => {
                    Verdict::Again(Error::api("upload piece", code))
                }
                ErrorCode::ERATELIMIT
                | ErrorCode::EFAILED
                | ErrorCode::ETOOMANY
                | ErrorCode::ERANGE
                | ErrorCode::EEXPIRED => Verdict::Failed(PieceFailure::Lost(code)),
                _ => Verdict::Failed(PieceFailure::Final(Error::api("upload piece", code))),
            }
        }
    }
}

fn bad_answer(url: &str) -> Error {
    TransportError::new(
        TransportErrorKind::BadAnswer,
        url,
        "the upload host's answer to a piece makes no sense",
    )
    .into()
}
