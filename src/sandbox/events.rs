//! One account's or link's stream of changes.
//!
//! Packets are numbered without gaps. `sn` is the number of the next packet,
//! eight bytes big-endian, so it grows with every change.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::watch;

use super::crypto::base64;
use super::json;

/// Packets kept for clients that lag behind; who is further back starts anew.
const MOST_PACKETS: usize = 20_000;

/// Packets in one answer.
const MOST_AT_ONCE: usize = 1000;

/// A stream of packets.
#[derive(Debug)]
pub struct Channel {
    first: u64,
    packets: VecDeque<Arc<str>>,
    news: watch::Sender<u64>,
}

impl Default for Channel {
    fn default() -> Self {
        Self {
            first: 1,
            packets: VecDeque::new(),
            news: watch::Sender::new(1),
        }
    }
}

/// What a client at some position has missed.
#[derive(Debug, PartialEq, Eq)]
pub enum Missed {
    /// Nothing.
    Nothing,
    /// This answer.
    Packets(String),
    /// More than is kept, or the position never existed.
    Lost,
}

impl Channel {
    /// The number of the next packet.
    pub fn next(&self) -> u64 {
        self.first + self.packets.len() as u64
    }

    /// The position that a client remembers.
    pub fn sn(&self) -> String {
        sn(self.next())
    }

    /// The tag of the last change, for a client that asks for tags.
    pub fn tag(&self) -> String {
        self.next().saturating_sub(1).to_string()
    }

    /// The numbers of all packets kept.
    pub fn numbers(&self) -> std::ops::Range<u64> {
        self.first..self.next()
    }

    /// Adds a packet; its number, and the numbers of packets no longer kept.
    pub fn push(&mut self, packet: Arc<str>) -> (u64, std::ops::Range<u64>) {
        let number = self.next();
        self.packets.push_back(packet);
        let before = self.first;
        while self.packets.len() > MOST_PACKETS {
            self.packets.pop_front();
            self.first += 1;
        }
        self.news.send_replace(self.next());
        (number, before..self.first)
    }

    /// Puts back a packet read from disk; they come in order.
    pub fn restore(&mut self, number: u64, packet: Arc<str>) {
        if self.packets.is_empty() {
            self.first = number;
        }
        self.packets.push_back(packet);
        self.news.send_replace(self.next());
    }

    /// Forgets all packets, as a server does that was away for long.
    pub fn forget(&mut self) -> std::ops::Range<u64> {
        // One number is skipped so that no old position looks current.
        let gone = self.numbers();
        self.first = self.next() + 1;
        self.packets.clear();
        self.news.send_replace(self.next());
        gone
    }

    /// What a client at `position` has missed.
    pub fn since(&self, position: &str) -> Missed {
        let Some(from) = parse_sn(position) else {
            return Missed::Lost;
        };
        if from == self.next() {
            return Missed::Nothing;
        }
        if from < self.first || from > self.next() {
            return Missed::Lost;
        }
        let skip = usize::try_from(from - self.first).unwrap_or(usize::MAX);
        let packets: Vec<&Arc<str>> = self.packets.iter().skip(skip).take(MOST_AT_ONCE).collect();
        let upto = from + packets.len() as u64;
        let mut object = json::Object::new()
            .raw("a", json::array(packets))
            .text("sn", &sn(upto));
        if upto < self.next() {
            object = object.raw("ir", 1);
        }
        Missed::Packets(object.end())
    }

    /// Follows the number of the next packet.
    pub fn follow(&self) -> watch::Receiver<u64> {
        self.news.subscribe()
    }
}

/// The text form of a position.
fn sn(number: u64) -> String {
    base64::encode(&number.to_be_bytes())
}

/// Reads a position.
pub fn parse_sn(text: &str) -> Option<u64> {
    let bytes: [u8; 8] = base64::decode(text)?.try_into().ok()?;
    Some(u64::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_client_gets_what_it_missed_once() {
        let mut channel = Channel::default();
        let start = channel.sn();
        assert_eq!(start, "AAAAAAAAAAE");
        assert_eq!(channel.since(&start), Missed::Nothing);
        channel.push("{\"a\":\"u\"}".into());
        assert_eq!(
            channel.since(&start),
            Missed::Packets("{\"a\":[{\"a\":\"u\"}],\"sn\":\"AAAAAAAAAAI\"}".into())
        );
        assert_eq!(channel.since(&channel.sn()), Missed::Nothing);
    }

    #[test]
    fn a_lost_history_is_reported() {
        let mut channel = Channel::default();
        let start = channel.sn();
        for _ in 0..=MOST_PACKETS {
            channel.push("{}".into());
        }
        assert_eq!(channel.since(&start), Missed::Lost);
        assert_eq!(channel.since("AAAAAAAAAAA"), Missed::Lost);
        assert_eq!(channel.since("nonsense"), Missed::Lost);
        let now = channel.sn();
        channel.forget();
        assert_eq!(channel.since(&now), Missed::Lost);
        assert_eq!(channel.since(&channel.sn()), Missed::Nothing);
    }

    #[test]
    fn long_histories_come_in_parts() {
        let mut channel = Channel::default();
        let start = channel.sn();
        for _ in 0..MOST_AT_ONCE + 1 {
            channel.push("{}".into());
        }
        let Missed::Packets(text) = channel.since(&start) else {
            panic!("packets expected");
        };
        assert!(text.ends_with(",\"ir\":1}"), "{}", &text[text.len() - 30..]);
    }
}
