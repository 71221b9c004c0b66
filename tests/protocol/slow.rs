//! Downloads from storage of which one address, or one part, comes slowly: it
//! is left, and not gone back to. The clock is stopped and jumps.
#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use megarc::mega::api::DownloadTarget;
use megarc::mega::crypto::chunks::chunks;
use megarc::mega::crypto::content::{ChunkJob, ContentCipher, meta_mac};
use megarc::mega::crypto::keys::{ChunkMac, FileKey};
use megarc::mega::crypto::raid::{LINE, PARTS, SECTOR, part_size};
use megarc::mega::download::Download;
use megarc::mega::transport::{HttpRequest, HttpResponse, Transport, TransportError};
use megarc::mega::{Client, ClientOptions, PublicHandle};
use serde_json::{Value, json};

/// Four pieces.
const SIZE: usize = 7_000_007;

/// The API and the storage of one file. The addresses are `http://store/NAME`,
/// each standing for some bytes.
struct Store {
    /// What `g` answers, one after the other.
    addresses: Vec<Value>,
    bytes: HashMap<String, Vec<u8>>,
    /// Of this address nothing ever comes, from request number n on.
    silent: (&'static str, usize),
    /// Of these nothing but the first half comes, the first time.
    broken: Vec<&'static str>,
    /// How long each request has to wait for its turn.
    turn: Duration,
    /// The names that were asked for, `g` among them.
    asked: Mutex<Vec<String>>,
}

impl Store {
    fn count(&self, name: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|one| *one == name).count()
    }
}

#[async_trait]
impl Transport for Store {
    async fn admit(&self) {
        tokio::time::sleep(self.turn).await;
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let Some(rest) = request.url.strip_prefix("http://store/") else {
            let address = &self.addresses[self.count("g")];
            self.asked.lock().unwrap().push("g".to_owned());
            let reply = json!([{"s": SIZE, "at": "", "g": address}]);
            return Ok(HttpResponse::new(200, reply.to_string()));
        };
        let (name, range) = rest.split_once('/').unwrap();
        let (first, last) = range.split_once('-').unwrap();
        let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
        let before = self.count(name);
        self.asked.lock().unwrap().push(name.to_owned());
        if name == self.silent.0 && before >= self.silent.1 {
            std::future::pending::<()>().await;
        }
        let mut body = self.bytes[name][first..=last].to_vec();
        if before == 0 && self.broken.contains(&name) {
            body.truncate(body.len() / 2);
        }
        Ok(HttpResponse::new(200, body))
    }
}

/// A file's key, its content, and that encrypted: made once for all tests.
struct Sealed {
    key: FileKey,
    plain: Vec<u8>,
    sealed: Vec<u8>,
}

static FILE: LazyLock<Sealed> = LazyLock::new(|| {
    let plain: Vec<u8> = (0..SIZE).map(|n| (n * 7 + n / 251) as u8).collect();
    let mut sealed = plain.clone();
    let (key, nonce) = FileKey::generate();
    let cipher = ContentCipher::new(&key, &nonce);
    let mut macs: Vec<ChunkMac> = Vec::new();
    for (offset, length) in chunks(SIZE as u64) {
        let (start, end) = (offset as usize, (offset + length) as usize);
        let mut job = [ChunkJob::new(offset, &mut sealed[start..end])];
        cipher.encrypt_chunks(&mut job);
        macs.push(job[0].mac);
    }
    let mac = meta_mac(&key, &macs);
    let key = FileKey::new(key, nonce, mac);
    Sealed { key, plain, sealed }
});

/// The six parts of the file.
fn parts() -> Vec<Vec<u8>> {
    let mut parts: Vec<Vec<u8>> = vec![Vec::new(); PARTS];
    for line in FILE.sealed.chunks(LINE) {
        let mut parity = [0; SECTOR];
        for (part, sector) in line.chunks(SECTOR).enumerate() {
            parts[part + 1].extend_from_slice(sector);
            for (sum, byte) in parity.iter_mut().zip(sector) {
                *sum ^= byte;
            }
        }
        let length = line.len().min(SECTOR);
        parts[0].extend_from_slice(&parity[..length]);
    }
    for (number, part) in parts.iter().enumerate() {
        assert_eq!(part.len() as u64, part_size(SIZE as u64, number));
    }
    parts
}

fn striped(silent: (&'static str, usize)) -> Store {
    let addresses = (0..PARTS).map(|n| json!(format!("http://store/p{n}")));
    let named = parts().into_iter().enumerate();
    Store {
        addresses: vec![addresses.collect()],
        bytes: named.map(|(n, part)| (format!("p{n}"), part)).collect(),
        silent,
        broken: Vec::new(),
        turn: Duration::ZERO,
        asked: Mutex::default(),
    }
}

/// Downloads the file, and sees that it is right.
async fn download(store: &Arc<Store>) {
    let client = Client::connect(ClientOptions {
        transport: Some(store.clone()),
        download_connections: 1,
        ..ClientOptions::default()
    })
    .await
    .unwrap();
    let target = DownloadTarget::Link(PublicHandle::parse("AAAAAAAA").unwrap());
    let stream = client.download(Download::new(target, SIZE as u64, FILE.key.clone()));
    let pieces: Vec<_> = stream.try_collect().await.unwrap();
    assert!(pieces.concat() == FILE.plain);
}

#[tokio::test(start_paused = true)]
async fn another_address_is_asked_for_in_place_of_a_slow_one() {
    let both = ["one", "two"].map(|name| (name.to_owned(), FILE.sealed.clone()));
    let store = Arc::new(Store {
        addresses: vec![json!("http://store/one"), json!("http://store/two")],
        bytes: HashMap::from(both),
        silent: ("one", 2),
        broken: Vec::new(),
        turn: Duration::ZERO,
        asked: Mutex::default(),
    });
    download(&store).await;
    // Two pieces came, the third did not; it and all others come from the new one.
    assert_eq!((store.count("g"), store.count("one")), (2, 3));
    assert!(store.count("two") >= 2);
}

/// Requests that wait for their turn a hundred times as long as an address may
/// be slow: it is none of the address's fault.
#[tokio::test(start_paused = true)]
async fn waiting_for_a_turn_is_not_slow() {
    let store = Arc::new(Store {
        addresses: vec![json!("http://store/one")],
        bytes: HashMap::from([("one".to_owned(), FILE.sealed.clone())]),
        silent: ("none", 0),
        broken: Vec::new(),
        turn: Duration::from_secs(300),
        asked: Mutex::default(),
    });
    download(&store).await;
    assert_eq!((store.count("g"), store.count("one")), (1, 4));
}

#[tokio::test(start_paused = true)]
async fn a_slow_part_is_left_out_from_then_on() {
    let store = Arc::new(striped(("p3", 1)));
    download(&store).await;
    // Part 3 came once; when it did not, the parity took its place for good.
    let pieces = store.count("p1");
    assert!(pieces >= 4, "{pieces}");
    assert_eq!((store.count("g"), store.count("p3")), (1, 2));
    assert_eq!(store.count("p0"), pieces - 1);
}

/// Two parts break off in the first piece: what the others have brought is not
/// asked for again, and of a broken one only what is missing.
#[tokio::test(start_paused = true)]
async fn when_two_parts_break_the_others_are_kept() {
    let store = Arc::new(Store {
        broken: vec!["p2", "p4"],
        ..striped(("none", 0))
    });
    download(&store).await;
    let pieces = store.count("p1");
    assert_eq!(store.count("g"), 1);
    // One of the two was asked for the rest, and that made five parts; the other
    // one is left out from then on.
    let asked = ["p0", "p2", "p3", "p4", "p5"].map(|part| store.count(part));
    assert_eq!(asked, [pieces, pieces + 1, pieces, 1, pieces]);
}
