//! Uploads on their way to a node, signed download addresses, transfer quota.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::sandbox::clock;
use crate::sandbox::crypto::{base64, chunks};
use crate::sandbox::random;
use crate::sandbox::store::Store;
use crate::sandbox::store::blobs::{Content, locked};
use crate::sandbox::store::node::BlobId;
use crate::sandbox::text::UserHandle;

/// An upload that is idle for this long is dropped.
const LONGEST_IDLE: Duration = Duration::from_secs(48 * 3600);

/// How long a download address works.
pub const ADDRESS_LIFE: i64 = 6 * 3600;

/// The window in which transfer quota is counted.
const QUOTA_WINDOW: Duration = Duration::from_secs(3600);

/// What an upload's content is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The content of a file.
    File,
    /// A thumbnail or preview.
    Thumbnail,
}

/// An upload.
#[derive(Debug)]
pub struct Upload {
    /// Who uploads.
    pub owner: UserHandle,
    /// Bytes to come.
    pub size: u64,
    /// The number of its content.
    pub blob: BlobId,
    /// Where the bytes go.
    pub content: Content,
    /// What it is for.
    pub purpose: Purpose,
    binary_token: bool,
    state: Mutex<Progress>,
}

#[derive(Debug)]
struct Progress {
    /// Finished stretches: start to end, never touching.
    done: BTreeMap<u64, u64>,
    complete: Option<Vec<u8>>,
    used: Instant,
}

/// All uploads, and how much everyone downloaded.
#[derive(Debug, Default)]
pub struct Transfers {
    by_address: Mutex<HashMap<String, Arc<Upload>>>,
    by_token: Mutex<HashMap<String, Arc<Upload>>>,
    downloaded: Mutex<HashMap<UserHandle, (Instant, u64)>>,
    dead: Mutex<HashSet<String>>,
}

impl Upload {
    /// Whether a piece is made of whole chunks.
    pub fn is_on_grid(&self, offset: u64, length: u64) -> bool {
        self.purpose == Purpose::Thumbnail || chunks::is_whole(offset, length, self.size)
    }

    /// Whether a piece may begin here.
    pub fn may_start(&self, offset: u64) -> bool {
        self.purpose == Purpose::Thumbnail
            || (offset < self.size || self.size == 0) && chunks::is_start(offset)
    }

    /// Whether all bytes of a stretch were received before.
    pub fn has(&self, start: u64, end: u64) -> bool {
        let progress = locked(&self.state);
        progress
            .done
            .range(..=start)
            .next_back()
            .is_some_and(|(_, upto)| *upto >= end)
    }

    /// Notes a received piece; the completion token if nothing is missing now.
    pub fn finish_piece(&self, start: u64, end: u64) -> Option<Vec<u8>> {
        let mut progress = locked(&self.state);
        progress.used = Instant::now();
        insert_stretch(&mut progress.done, start, end);
        let whole = self.size == 0 || progress.done.get(&0) == Some(&self.size);
        if whole && progress.complete.is_none() {
            progress.complete = Some(new_token(self.binary_token));
        }
        progress.complete.clone()
    }

    /// The form in which `p` names the finished upload.
    pub fn name_in_p(&self) -> Option<String> {
        let token = locked(&self.state).complete.clone()?;
        Some(if self.binary_token {
            base64::encode(&token)
        } else {
            String::from_utf8_lossy(&token).into_owned()
        })
    }
}

/// 36 bytes: text, or binary with a last byte of 1 that tells it from text.
fn new_token(binary: bool) -> Vec<u8> {
    if binary {
        let mut token: [u8; 36] = random::bytes();
        if let Some(last) = token.last_mut() {
            *last = 1;
        }
        token.to_vec()
    } else {
        base64::encode(&random::bytes::<27>()).into_bytes()
    }
}

fn insert_stretch(done: &mut BTreeMap<u64, u64>, mut start: u64, mut end: u64) {
    if start == end {
        return;
    }
    while let Some((from, upto)) = done
        .range(..=end)
        .next_back()
        .map(|(from, upto)| (*from, *upto))
        .filter(|(_, upto)| *upto >= start)
    {
        start = start.min(from);
        end = end.max(upto);
        done.remove(&from);
    }
    done.insert(start, end);
}

impl Transfers {
    /// Starts an upload; the token of its address.
    ///
    /// # Errors
    /// If no room can be made.
    pub fn begin(
        &self,
        store: &Store,
        owner: UserHandle,
        size: u64,
        purpose: Purpose,
        binary_token: bool,
    ) -> std::io::Result<String> {
        let blob = store.new_blob();
        let upload = Upload {
            owner,
            size,
            blob,
            content: store.blobs.create(blob, size)?,
            purpose,
            binary_token,
            state: Mutex::new(Progress {
                done: BTreeMap::new(),
                complete: None,
                used: Instant::now(),
            }),
        };
        let address = base64::encode(&random::bytes::<15>());
        let mut uploads = locked(&self.by_address);
        let idle: Vec<(String, BlobId)> = uploads
            .iter()
            .filter(|(_, upload)| locked(&upload.state).used.elapsed() > LONGEST_IDLE)
            .map(|(address, upload)| (address.clone(), upload.blob))
            .collect();
        for (address, blob) in idle {
            uploads.remove(&address);
            store.blobs.remove(blob);
        }
        uploads.insert(address.clone(), Arc::new(upload));
        Ok(address)
    }

    /// The upload behind an address.
    pub fn upload(&self, address: &str) -> Option<Arc<Upload>> {
        locked(&self.by_address).get(address).cloned()
    }

    /// Makes a finished upload known under its token.
    pub fn complete(&self, upload: &Arc<Upload>) {
        if let Some(name) = upload.name_in_p() {
            locked(&self.by_token).insert(name, Arc::clone(upload));
        }
    }

    /// The finished upload behind a completion token.
    pub fn finished(&self, token: &str) -> Option<Arc<Upload>> {
        locked(&self.by_token).get(token).cloned()
    }

    /// Takes a finished upload: its token works once.
    pub fn take(&self, token: &str) -> Option<Arc<Upload>> {
        let upload = locked(&self.by_token).remove(token)?;
        locked(&self.by_address).retain(|_, other| !Arc::ptr_eq(other, &upload));
        Some(upload)
    }

    /// Forgets an upload whose content is in use now.
    pub fn done(&self, address: &str) {
        locked(&self.by_address).remove(address);
    }

    /// Drops one upload, as a server does whose address ran out.
    pub fn forget(&self, store: &Store, address: &str) {
        if let Some(upload) = locked(&self.by_address).remove(address) {
            locked(&self.by_token).retain(|_, other| !Arc::ptr_eq(other, &upload));
            store.blobs.remove(upload.blob);
        }
    }

    /// Lets a download address die.
    pub fn kill_address(&self, address: &str) {
        locked(&self.dead).insert(address.to_string());
    }

    /// Whether a download address died before its time.
    pub fn is_dead(&self, address: &str) -> bool {
        locked(&self.dead).contains(address)
    }

    /// Counts downloaded bytes.
    pub fn downloaded(&self, user: UserHandle, bytes: u64) {
        let mut all = locked(&self.downloaded);
        let entry = all.entry(user).or_insert((Instant::now(), 0));
        if entry.0.elapsed() > QUOTA_WINDOW {
            *entry = (Instant::now(), 0);
        }
        entry.1 += bytes;
    }

    /// Bytes downloaded in the current window, and the seconds until it ends.
    pub fn window(&self, user: UserHandle) -> (u64, u64) {
        let all = locked(&self.downloaded);
        match all.get(&user) {
            Some((since, bytes)) if since.elapsed() <= QUOTA_WINDOW => {
                let left = QUOTA_WINDOW
                    .saturating_sub(since.elapsed())
                    .as_secs()
                    .max(1);
                (*bytes, left)
            }
            _ => (0, 0),
        }
    }
}

/// What a download address stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// Which content.
    pub blob: BlobId,
    /// Whose transfer quota it counts against.
    pub payer: UserHandle,
    /// Unix seconds.
    pub expires: i64,
    /// The CloudRAID part, or the whole file.
    pub part: Option<u8>,
    /// Keeps two addresses of one second apart: one may die alone.
    pub serial: u64,
}

impl Address {
    /// The address's text, which only this server can make.
    pub fn sign(&self, secret: &[u8; 32]) -> String {
        let mut bytes = self.bytes();
        let tag = tag(secret, &bytes);
        bytes.extend_from_slice(&tag);
        base64::encode(&bytes)
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.blob.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.expires.to_be_bytes());
        bytes.push(self.part.map_or(255, |part| part));
        bytes.extend_from_slice(&self.serial.to_be_bytes());
        bytes.extend_from_slice(self.payer.as_str().as_bytes());
        bytes
    }

    /// Reads an address; `None` if it is not one of ours, or too old.
    pub fn read(secret: &[u8; 32], text: &str) -> Option<Self> {
        let bytes = base64::decode(text)?;
        let (body, given) = bytes.split_at_checked(36)?;
        if given != tag(secret, body) {
            return None;
        }
        let part = *body.get(16)?;
        let address = Self {
            blob: u64::from_be_bytes(body.get(..8)?.try_into().ok()?),
            expires: i64::from_be_bytes(body.get(8..16)?.try_into().ok()?),
            part: (part < 6).then_some(part),
            serial: u64::from_be_bytes(body.get(17..25)?.try_into().ok()?),
            payer: UserHandle::parse(std::str::from_utf8(body.get(25..)?).ok()?)?,
        };
        (address.expires > clock::now()).then_some(address)
    }
}

fn tag(secret: &[u8; 32], body: &[u8]) -> [u8; 12] {
    // The length of the body is fixed, so a plain keyed hash cannot be extended.
    let mut hash = Sha256::new();
    hash.update(secret);
    hash.update(body);
    let mut tag = [0u8; 12];
    tag.iter_mut()
        .zip(hash.finalize())
        .for_each(|(to, from)| *to = from);
    tag
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn stretches_join() {
        let mut done = BTreeMap::new();
        insert_stretch(&mut done, 10, 20);
        insert_stretch(&mut done, 30, 40);
        assert_eq!(done.len(), 2);
        insert_stretch(&mut done, 20, 30);
        assert_eq!(done, BTreeMap::from([(10, 40)]));
        insert_stretch(&mut done, 0, 50);
        insert_stretch(&mut done, 5, 6);
        assert_eq!(done, BTreeMap::from([(0, 50)]));
    }

    #[test]
    fn addresses_cannot_be_changed() {
        let secret = [7; 32];
        let address = Address {
            blob: 3,
            payer: UserHandle::parse("abcdefghijk").unwrap(),
            expires: clock::now() + 100,
            part: Some(2),
            serial: 9,
        };
        let text = address.sign(&secret);
        assert_eq!(Address::read(&secret, &text), Some(address));
        assert_eq!(Address::read(&[8; 32], &text), None);
        let old = Address {
            expires: 5,
            ..address
        };
        assert_eq!(Address::read(&secret, &old.sign(&secret)), None);
        assert_eq!(Address::read(&secret, "AAAA"), None);
    }
}
