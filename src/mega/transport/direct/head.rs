//! The heads of requests and answers.

use std::borrow::Cow;

use reqwest::Url;
use reqwest::header::HeaderValue;

/// The longest head that is read.
pub(super) const MAX_HEAD: usize = 64 << 10;
/// The most headers that are read.
const MAX_HEADERS: usize = 100;

/// The head of an answer.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: u16,
    /// Names in lower case, with their values; those that are no text are left out.
    pub(super) headers: Vec<(String, String)>,
    /// The connection may be used again behind the body.
    pub(super) keeps: bool,
    length: Option<u64>,
}

impl Head {
    /// The length of a body that comes as it is and says how long it is.
    pub(super) fn plain_length(&self) -> Option<u64> {
        let plain = |(name, value): &(String, String)| match name.as_str() {
            "transfer-encoding" => false,
            "content-encoding" => value.eq_ignore_ascii_case("identity"),
            _ => true,
        };
        self.length.filter(|_| self.headers.iter().all(plain))
    }
}

/// The head of a GET; `None` where something in it must not travel in one.
pub(super) fn request(
    url: &Url,
    user_agent: &str,
    headers: &[(Cow<'static, str>, String)],
) -> Option<Vec<u8>> {
    let host = url.host_str()?;
    let mut text = format!("GET {}", url.path());
    if let Some(query) = url.query() {
        text.push('?');
        text.push_str(query);
    }
    text.push_str(" HTTP/1.1\r\nhost: ");
    text.push_str(host);
    if let Some(port) = url.port() {
        text.push_str(&format!(":{port}"));
    }
    text.push_str("\r\naccept: */*\r\n");
    let agent = [(Cow::Borrowed("user-agent"), user_agent.to_owned())];
    for (name, value) in agent.iter().chain(headers) {
        HeaderValue::from_str(value).ok()?;
        reqwest::header::HeaderName::from_bytes(name.as_bytes()).ok()?;
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    Some(text.into_bytes())
}

/// Reads the head at the start of `bytes`; returns its length too, and `None`
/// while it is not complete.
pub(super) fn read(bytes: &[u8]) -> Result<Option<(Head, usize)>, String> {
    let mut start = 0;
    loop {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut parsed = httparse::Response::new(&mut headers);
        let rest = bytes.get(start..).unwrap_or_default();
        let status = parsed
            .parse(rest)
            .map_err(|error| format!("the answer is not HTTP: {error}"))?;
        let httparse::Status::Complete(length) = status else {
            return Ok(None);
        };
        start += length;
        let status = parsed.code.unwrap_or_default();
        // 1xx says that the answer comes later; 101 was never asked for.
        if !(100..200).contains(&status) || status == 101 {
            let newer = parsed.version == Some(1);
            return Ok(Some((understand(status, newer, parsed.headers)?, start)));
        }
    }
}

fn understand(status: u16, newer: bool, parsed: &[httparse::Header<'_>]) -> Result<Head, String> {
    let mut head = Head {
        status,
        headers: Vec::with_capacity(parsed.len()),
        keeps: newer,
        length: None,
    };
    for header in parsed {
        let name = header.name.to_ascii_lowercase();
        let text = std::str::from_utf8(header.value).map(str::trim);
        match name.as_str() {
            "content-length" => {
                // Digits alone: a sign would be a way to be understood in two ways.
                let length = text
                    .ok()
                    .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
                    .and_then(|text| text.parse::<u64>().ok())
                    .filter(|length| head.length.is_none_or(|other| other == *length))
                    .ok_or("the answer's Content-Length is none")?;
                head.length = Some(length);
            }
            "connection" => {
                let text = text.unwrap_or("close").to_ascii_lowercase();
                head.keeps &= text.split(',').all(|word| word.trim() != "close");
            }
            // Not to be overlooked even where it is no text.
            "transfer-encoding" | "content-encoding" if text.is_err() => {
                return Err(format!("the answer's {name} is none"));
            }
            _ => {}
        }
        if let Ok(text) = text {
            head.headers.push((name, text.to_owned()));
        }
    }
    Ok(head)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn head(text: &str) -> Head {
        let (head, length) = read(text.as_bytes()).unwrap().unwrap();
        assert_eq!(length, text.len());
        head
    }

    #[test]
    fn only_a_body_of_known_length_is_plain() {
        let length =
            |headers: &str| head(&format!("HTTP/1.1 200 OK\r\n{headers}\r\n")).plain_length();
        assert_eq!(length("Content-Length: 12\r\n"), Some(12));
        assert_eq!(
            length("Content-Length: 7\r\ncontent-length: 7\r\n"),
            Some(7)
        );
        assert_eq!(
            length("content-length: 0\r\nContent-Encoding: Identity\r\n"),
            Some(0)
        );
        for not in [
            "",
            "content-length: 5\r\ntransfer-encoding: chunked\r\n",
            "Content-Length: 5\r\nContent-Encoding: gzip\r\n",
        ] {
            assert_eq!(length(not), None, "{not}");
        }
    }

    #[test]
    fn a_length_that_can_be_read_in_two_ways_is_refused() {
        for value in ["+5", "-1", "5, 6", "0x5", "", "99999999999999999999", "5 5"] {
            let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {value}\r\n\r\n");
            assert!(read(text.as_bytes()).is_err(), "{value}");
        }
        let two = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n";
        assert!(read(two).is_err());
        assert!(read(b"HTTP/1.1 200 OK\r\ntransfer-encoding: \xff\r\n\r\n").is_err());
    }

    #[test]
    fn a_connection_is_kept_where_both_sides_want_it() {
        assert!(head("HTTP/1.1 200 OK\r\n\r\n").keeps);
        assert!(head("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n").keeps);
        assert!(!head("HTTP/1.1 200 OK\r\nConnection: x, Close\r\n\r\n").keeps);
        assert!(!head("HTTP/1.0 200 OK\r\n\r\n").keeps);
    }

    #[test]
    fn heads_that_come_in_parts_or_after_others_are_read() {
        let text = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 206 P\r\nContent-Length: 3\r\n\r\nabc";
        for end in 0..text.len() - 3 {
            assert!(read(text.get(..end).unwrap()).unwrap().is_none(), "{end}");
        }
        let (head, length) = read(text).unwrap().unwrap();
        assert_eq!((head.status, head.plain_length()), (206, Some(3)));
        assert_eq!(text.get(length..), Some(&b"abc"[..]));
    }

    #[test]
    fn what_is_not_http_is_refused() {
        let many = format!(
            "HTTP/1.1 200 OK\r\n{}\r\n",
            "a: b\r\n".repeat(MAX_HEADERS + 1)
        );
        for bytes in [
            &b"SSH-2.0-x\r\n"[..],
            b"HTTP/2 200\r\n\r\n",
            many.as_bytes(),
        ] {
            assert!(read(bytes).is_err());
        }
    }

    #[test]
    fn nothing_can_be_smuggled_into_a_request() {
        let url = Url::parse("http://h:8/a b/\r\nx?y=\r\nz#f").unwrap();
        let text = request(&url, "agent", &[]).unwrap();
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "GET /a%20b/x?y=z HTTP/1.1\r\nhost: h:8\r\naccept: */*\r\nuser-agent: agent\r\n\r\n"
        );
        assert!(request(&url, "a\r\nb: c", &[]).is_none());
        let header = [(Cow::Borrowed("x"), "1\n2".to_owned())];
        assert!(request(&url, "agent", &header).is_none());
    }
}
