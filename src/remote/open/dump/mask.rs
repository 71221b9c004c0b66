//! What may be shown of headers, addresses and bodies. Whatever is not known
//! to be harmless is a secret.

use reqwest::Url;
use serde_json::Value;

const MASK: &str = "***";
/// Longer texts are keys, tokens and attributes.
const LONGEST: usize = 16;

/// Headers that say nothing about who is speaking.
const HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-ranges",
    "access-control-allow-origin",
    "age",
    "cache-control",
    "connection",
    "content-disposition",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "expires",
    "host",
    "if-modified-since",
    "keep-alive",
    "last-modified",
    "mega-chrome-antileak",
    "pragma",
    "range",
    "retry-after",
    "server",
    "transfer-encoding",
    "user-agent",
    "vary",
    "x-mega-time-left",
];

/// Fields of MEGA's requests and answers whose short texts are names of
/// commands, handles and states.
const FIELDS: &[&str] = &[
    "a", "e", "h", "i", "n", "p", "ph", "sn", "st", "t", "tp", "u", "ua",
];

/// The value of a header.
pub(super) fn header<'v>(name: &str, value: &'v str) -> &'v str {
    let name = name.to_ascii_lowercase();
    if HEADERS.contains(&name.as_str()) {
        value
    } else {
        MASK
    }
}

/// Host and path of an address, the values of its query hidden unless they are
/// short numbers, and of its path what looks like a token: who has that of a
/// storage server can fetch or write there.
pub(super) fn address(text: &str) -> (String, String) {
    let Ok(url) = Url::parse(text) else {
        return (MASK.to_owned(), MASK.to_owned());
    };
    let host = url.host_str().unwrap_or_default();
    let host = url
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let parts: Vec<&str> = url.path().split('/').map(part).collect();
    let mut path = parts.join("/");
    for (i, pair) in url
        .query()
        .into_iter()
        .flat_map(|q| q.split('&'))
        .enumerate()
    {
        let (name, value) = pair.split_once('=').unwrap_or(("", pair));
        let number = value.len() < LONGEST && value.bytes().all(|b| b.is_ascii_digit());
        path.push(if i == 0 { '?' } else { '&' });
        path += &format!("{name}={}", if number { value } else { MASK });
    }
    (host, path)
}

/// One name in the path of an address.
fn part(name: &str) -> &str {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"-_".contains(&b);
    if name.len() > LONGEST && name.bytes().all(letter) {
        MASK
    } else {
        name
    }
}

/// A body: JSON without its secrets; of anything else only the length.
pub(super) fn body(bytes: &[u8]) -> String {
    match serde_json::from_slice::<Value>(bytes) {
        Ok(mut value) => {
            hide(&mut value, "");
            value.to_string()
        }
        Err(_) => format!("({} bytes)", bytes.len()),
    }
}

fn hide(value: &mut Value, field: &str) {
    match value {
        Value::String(text) => {
            let known = FIELDS.contains(&field) && text.len() <= LONGEST;
            if !known {
                MASK.clone_into(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, field)),
        Value::Object(fields) => fields
            .iter_mut()
            .for_each(|(field, value)| hide(value, field)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_keep_no_secret() {
        let said = br#"[{"a":"us0","user":"a@b.c"},{"a":"us","uh":"SECRETSECRETSECRETSEC","mfa":"123456"},
            {"csid":"SECRET","k":"SECRET","privk":"SECRET"},{"f":[{"h":"AbCdEfGh","t":0,"a":"SECRETSECRETSECRET",
            "k":"USERHAND123:SECRET","ts":5}]},{"p":"http://h/ul/SECRETSECRET"},["SECRET"],"SECRET",-3,
            {"^!keys":"SECRET"}]"#;
        let shown = body(said);
        assert!(
            !shown.contains("SECRET") && !shown.contains("123456"),
            "{shown}"
        );
        for kept in ["\"a\":\"us0\"", "AbCdEfGh", "\"ts\":5", "-3"] {
            assert!(shown.contains(kept), "{kept} in {shown}");
        }
        assert_eq!(body(b"\x00\xffciphertext"), "(12 bytes)");
    }

    #[test]
    fn addresses_and_headers_keep_no_secret() {
        assert_eq!(
            address("https://me:SECRET@g.api.mega.co.nz/cs?id=42&sid=SECRET&SECRET"),
            (
                "g.api.mega.co.nz".to_owned(),
                "/cs?id=42&sid=***&=***".to_owned()
            )
        );
        assert_eq!(
            address("http://gfs1.example:80/dl/SECRETSECRETSECRET_-1/0-131071").1,
            "/dl/***/0-131071"
        );
        assert_eq!(
            address("http://h/pub/a%20rather%20long%20name.tar.gz").1,
            "/pub/a%20rather%20long%20name.tar.gz"
        );
        for name in [
            "Authorization",
            "Cookie",
            "Set-Cookie",
            "X-Api-Key",
            "Location",
        ] {
            assert_eq!(header(name, "SECRET"), MASK, "{name}");
        }
        assert_eq!(header("Content-Type", "text/html"), "text/html");
    }
}
