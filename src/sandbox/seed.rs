//! `--seed-nodes`: an account that is full from the start.
//!
//! A tree of any size, the same for the same e-mail each time but for the keys
//! of the account that wrap it. Everything is valid: keys, names, fingerprints,
//! and contents that download and verify. A million files share a few small
//! contents under the key of each, as copies made by the server do.
//!
//! One node in [`FOLDER_EACH`] is a folder; folders lie in folders, [`FAN_OUT`]
//! in each; files are spread over all folders evenly.

use bytes::Bytes;

use super::Error;
use super::crypto::aes::Aes;
use super::crypto::content::{digest, meta_mac};
use super::crypto::fingerprint::Fingerprint;
use super::crypto::node_key::{FileKey, NodeKey, wrap};
use super::crypto::{attributes, base64};
use super::store::Store;
use super::store::blobs::INLINE_LIMIT;
use super::store::node::{BlobId, Kind, Node};
use super::store::tx::Tx;
use super::text::{Handle, UserHandle};

/// How many nodes there are for one folder among them.
const FOLDER_EACH: u64 = 20;

/// How many folders lie in a folder.
const FAN_OUT: u64 = 10;

/// How many different contents there are.
const CONTENTS: u64 = 64;

/// Nodes that are stored in one go: each of them waits for the disk.
const BATCH: u64 = 50_000;

/// 2024-01-01: the files' times follow from there.
const FIRST_TIME: i64 = 1_704_067_200;

/// What numbers are drawn for.
#[derive(Clone, Copy)]
enum Purpose {
    Handle,
    FolderKey,
    ContentKey,
    Nonce,
    Text,
}

/// Where an account's numbers come from.
struct Source(Aes);

/// A content that many files have.
struct Shared {
    blob: BlobId,
    key: FileKey,
    size: u64,
    fingerprint: [u8; 16],
}

/// Where the nodes go, and under whose key.
struct Account {
    owner: UserHandle,
    cloud: Handle,
    master: [u8; 16],
}

/// Fills the account of `email` with `count` nodes beside its roots.
///
/// # Errors
/// The account is unknown, or the state cannot be written.
pub async fn fill(store: &Store, email: &str, count: u64) -> Result<(), Error> {
    let account = store.read(|world| {
        let owner = world.user_by_name(email)?;
        let user = world.user(owner)?;
        Some((owner, user.cloud, user.account.master_key()))
    });
    let (owner, cloud, master) =
        account.ok_or_else(|| Error::new(format!("no account {email} to fill")))?;
    let account = Account {
        owner,
        cloud,
        master: master?,
    };
    let source = Source::of(email);
    let failed = |why| Error::new(format!("filling the account {email}: {why}"));

    let mut tx = store.begin();
    let contents = (0..CONTENTS.min(count))
        .map(|number| source.content(&mut tx, number))
        .collect::<Result<Vec<Shared>, Error>>()?;
    let mut before = tx.finish();
    let folder_count = count.div_ceil(FOLDER_EACH);
    let mut folders: Vec<Handle> = Vec::new();
    let mut next = 0;
    while next < count {
        let end = count.min(next + BATCH);
        let mut tx = store.begin();
        for number in next..end {
            let handle = source.handle(&tx, number);
            let node = if number < folder_count {
                let parent = (number >= FAN_OUT)
                    .then(|| at(&folders, number / FAN_OUT - 1))
                    .flatten();
                folders.push(handle);
                source.folder(&account, handle, parent, number)
            } else {
                let file = number - folder_count;
                let content = usize::try_from(file % CONTENTS)
                    .ok()
                    .and_then(|content| contents.get(content));
                match (at(&folders, file % folder_count), content) {
                    (Some(parent), Some(content)) => {
                        file_node(&account, handle, parent, file, content)
                    }
                    _ => continue,
                }
            };
            let order = tx.next_order();
            tx.put_node(Node { order, ..node });
        }
        // The next ones are made while these are written, and no faster.
        let written = std::mem::replace(&mut before, tx.finish());
        written.durable(store).await.map_err(failed)?;
        next = end;
    }
    before.durable(store).await.map_err(failed)
}

fn at(folders: &[Handle], index: u64) -> Option<Handle> {
    folders.get(usize::try_from(index).ok()?).copied()
}

impl Source {
    /// The numbers of one account: other accounts get other handles.
    fn of(email: &str) -> Self {
        let mixer = Aes::new(b"megarc sandbox 1");
        let key = email
            .to_ascii_lowercase()
            .bytes()
            .fold([0; 16], |mut state, byte| {
                state[0] ^= byte;
                mixer.encrypt_block(state)
            });
        Self(Aes::new(&key))
    }

    /// The `try_number`th draw for a purpose and a node.
    fn draw(&self, purpose: Purpose, number: u64, try_number: u8) -> [u8; 16] {
        let mut block = [0; 16];
        block[0] = purpose as u8;
        block[1] = try_number;
        block[8..].copy_from_slice(&number.to_be_bytes());
        self.0.encrypt_block(block)
    }

    /// The first draw of six bytes that no other node has.
    fn handle(&self, tx: &Tx<'_>, number: u64) -> Handle {
        (0..=u8::MAX)
            .filter_map(|try_number| {
                let bytes = self.draw(Purpose::Handle, number, try_number);
                Handle::parse(&base64::encode(&bytes[..6]))
            })
            .find(|handle| tx.world().node(*handle).is_none())
            .unwrap_or_else(Handle::random)
    }

    /// Makes a content: 1 byte to 64 KiB, twice as large every fourth time.
    fn content(&self, tx: &mut Tx<'_>, number: u64) -> Result<Shared, Error> {
        let cipher_key = self.draw(Purpose::ContentKey, number, 0);
        let nonce = self.draw(Purpose::Nonce, number, 0);
        let scale = 1_u64 << (number / 4).min(15);
        let size = (scale + scale * (number % 4) / 4).min(INLINE_LIMIT);
        let mut key = FileKey {
            content_key: cipher_key,
            nonce: first_half(nonce),
            meta_mac: [0; 8],
        };
        let too_large = |_| Error::new("a content is too large for this machine");
        let mut bytes = vec![0; usize::try_from(size).map_err(too_large)?];
        // Any text will do; this one does not compress.
        Aes::new(&self.draw(Purpose::Text, number, 0)).ctr(&key.nonce, 0, &mut bytes);
        let cipher = Aes::new(&key.content_key);
        cipher.ctr(&key.nonce, 0, &mut bytes);
        let digest = digest(&key, size, &mut &bytes[..])
            .map_err(|source| Error::new(format!("computing a content's MAC: {source}")))?;
        key.meta_mac = meta_mac(&cipher, &digest.chunk_macs);
        let blob = tx.store().new_blob();
        tx.add_blob(blob, size, Some(Bytes::from(bytes)));
        Ok(Shared {
            blob,
            key,
            size,
            fingerprint: digest.fingerprint,
        })
    }

    fn folder(
        &self,
        account: &Account,
        handle: Handle,
        parent: Option<Handle>,
        number: u64,
    ) -> Node {
        let key = NodeKey::Folder(self.draw(Purpose::FolderKey, number, 0));
        let json = format!("{{\"n\":\"folder-{number:06}\"}}");
        Node {
            kind: Kind::Folder,
            created: FIRST_TIME,
            ..node(
                account,
                handle,
                parent.unwrap_or(account.cloud),
                &key,
                &json,
            )
        }
    }
}

/// A file with one of the contents.
fn file_node(
    account: &Account,
    handle: Handle,
    parent: Handle,
    number: u64,
    content: &Shared,
) -> Node {
    let time = FIRST_TIME + i64::try_from(number).unwrap_or(0);
    let fingerprint = Fingerprint {
        block: content.fingerprint,
        mtime: time,
    };
    let json = format!(
        "{{\"n\":\"document-{number:07}.txt\",\"c\":\"{}\"}}",
        fingerprint.text()
    );
    Node {
        kind: Kind::File,
        size: content.size,
        created: time,
        blob: Some(content.blob),
        ..node(account, handle, parent, &NodeKey::File(content.key), &json)
    }
}

/// What files and folders have in common.
fn node(account: &Account, handle: Handle, parent: Handle, key: &NodeKey, json: &str) -> Node {
    Node {
        handle,
        parent: Some(parent),
        owner: account.owner,
        kind: Kind::Folder,
        attributes: attributes::encrypt(key.attribute_key(), json).into(),
        key: wrap(&account.master, key).into(),
        share_keys: Vec::new(),
        size: 0,
        created: 0,
        file_attributes: None,
        blob: None,
        order: 0,
    }
}

fn first_half(block: [u8; 16]) -> [u8; 8] {
    let mut half = [0; 8];
    half.copy_from_slice(&block[..8]);
    half
}
