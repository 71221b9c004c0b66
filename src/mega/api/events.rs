//! The event channel (`POST sc`): what has changed since a position.
//!
//! Packets come as raw JSON; what they do to a tree is known in
//! `mega/tree/events.rs`. Spec: docs/protocol.md, "Event channel".

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::queue::Api;
use crate::mega::error::Error;

/// The channel's name in errors and in the address.
const PAGE: &str = "sc";

/// What has happened since a position, or a part of it.
#[derive(Debug)]
pub struct News {
    /// The packets, oldest first.
    pub packets: Vec<Box<RawValue>>,
    /// The position after them; `None` where it has not moved.
    pub position: Option<String>,
    /// Nothing more has happened so far.
    pub caught_up: bool,
}

#[derive(Deserialize)]
struct WireNews {
    #[serde(default)]
    a: Vec<Box<RawValue>>,
    sn: Option<String>,
    w: Option<IgnoredAny>,
}

impl Api {
    /// Asks what has happened since `position`.
    ///
    /// # Errors
    /// The server does not know any more (`-6`), refused otherwise, or no
    /// answer could be had.
    pub async fn news(&self, position: &str) -> Result<News, Error> {
        let answer = self.ask(PAGE, &format!("sn={position}")).await;
        let answer = answer.map_err(|failure| failure.into_error(PAGE))?;
        News::parse(&answer)
    }
}

impl News {
    /// Reads what the channel answered.
    ///
    /// # Errors
    /// It has another form.
    pub fn parse(answer: &[u8]) -> Result<Self, Error> {
        let wire: WireNews = serde_json::from_slice(answer)
            .map_err(|_| Error::protocol(PAGE, "the packets are in an unknown form"))?;
        if !wire.a.is_empty() && wire.sn.is_none() {
            return Err(Error::protocol(PAGE, "packets came without a position"));
        }
        Ok(Self {
            packets: wire.a,
            position: wire.sn,
            caught_up: wire.w.is_some(),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn nothing_new_is_an_address_to_wait_at() {
        let news = News::parse(br#"{"w":"https://w.example/1"}"#).unwrap();
        assert!(news.caught_up && news.packets.is_empty() && news.position.is_none());
    }

    #[test]
    fn packets_come_with_the_position_behind_them() {
        let news = News::parse(br#"{"a":[{"a":"d","n":"x"},{"a":"u"}],"sn":"AAAAAAAAAAI","ir":1}"#)
            .unwrap();
        assert!(!news.caught_up);
        assert_eq!(news.position.as_deref(), Some("AAAAAAAAAAI"));
        let texts: Vec<&str> = news.packets.iter().map(|packet| packet.get()).collect();
        assert_eq!(texts, [r#"{"a":"d","n":"x"}"#, r#"{"a":"u"}"#]);
        for bad in ["{\"a\":[{}]}", "{\"a\":{}}", "[]", "{\"sn\":1}"] {
            assert!(News::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
