//! What an upload host answers to a piece.
//!
//! | body | meaning |
//! | --- | --- |
//! | empty, or `0` | stored, more to come |
//! | 36 bytes, the last one 1 | completion token, binary: sent as base64url |
//! | 36 other bytes | completion token, text: sent unchanged |
//! | `-N` | error |
//!
//! Spec: docs/protocol.md#upload.

use super::base64;

/// A parsed answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UploadAnswer {
    /// The piece is stored; others are missing.
    Stored,
    /// All pieces are there: the token to complete the upload with (`h`).
    Complete(String),
    /// The host refused, with MEGA's error code (negative).
    Failed(i64),
    /// Nothing known; treat as a broken connection.
    Unknown,
}

/// Parses the body of an answer.
pub fn parse_upload_answer(body: &[u8]) -> UploadAnswer {
    const TOKEN: usize = 36;
    if body.is_empty() || body == b"0" {
        return UploadAnswer::Stored;
    }
    let text = std::str::from_utf8(body).ok();
    if let Some(text) = text.filter(|text| text.len() < 10) {
        let code = text.trim().parse().ok().filter(|code: &i64| *code < 0);
        return code.map_or(UploadAnswer::Unknown, UploadAnswer::Failed);
    }
    if body.len() != TOKEN {
        return UploadAnswer::Unknown;
    }
    if body.last() == Some(&1) {
        return UploadAnswer::Complete(base64::encode(body));
    }
    text.filter(|text| base64::is_base64url(text))
        .map_or(UploadAnswer::Unknown, |text| {
            UploadAnswer::Complete(text.to_owned())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_answer_is_no_token() {
        for body in [
            &b"<html>"[..],
            b"7",
            b"-",
            &[0xff; 36],
            &[b'<'; 36],
            &[b'A'; 35],
        ] {
            assert_eq!(parse_upload_answer(body), UploadAnswer::Unknown);
        }
    }
}
