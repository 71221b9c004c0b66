//! The witness: checks what a client stores against the protocol text.
//!
//! MEGA's server cannot look into a file; the sandbox can, because it made its
//! accounts and kept their master keys. So it checks each finished upload (key,
//! attributes, fingerprint, meta-MAC over the stored bytes, nonce not used
//! before) and refuses with a reason: stricter than MEGA on purpose, because a
//! lenient fake proves nothing about what it does not check.
//!
//! The duplication of `mega::crypto` behind it is deliberate, see
//! [`super::crypto`]. Known faults of other clients (docs/protocol.md, "Wrong
//! MACs in the wild") are accepted and reported as such.

use std::collections::HashMap;
use std::io::Read;
use std::sync::{Mutex, PoisonError};

use serde_json::{Map, Value};

use super::crypto::aes::Aes;
use super::crypto::content::{self, Digest};
use super::crypto::fingerprint::Fingerprint;
use super::crypto::node_key::{self, FileKey, NodeKey};
use super::crypto::{Malformed, attributes, base64, decode_exactly};

/// The error code to answer a refusal with (EKEY).
pub const REFUSED: i64 = -14;

/// What is known of a finished upload when `p` names its token.
pub struct UploadFacts<'a> {
    /// Master key of the account.
    pub master_key: &'a [u8; 16],
    /// Bytes stored.
    pub size: u64,
    /// `k` of the `p` entry, without a handle.
    pub key: &'a str,
    /// `a` of the `p` entry.
    pub attributes: &'a str,
}

/// An upload that is right, or wrong in a way that other clients are known for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// Everything agrees.
    Exact,
    /// An empty file, whose MAC nobody checks.
    EmptyFile,
    /// One more MAC, of a chunk without data: the size ends on a chunk boundary.
    ExtraChunkMac,
}

/// Why something was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// Which check failed.
    pub kind: RefusalKind,
    /// The reason, for a person.
    pub text: String,
}

/// Which check failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The node key has a wrong form, or is another one than it must be.
    Key,
    /// The attributes cannot be decrypted, or have no name.
    Attributes,
    /// The fingerprint of attribute `c` belongs to other content.
    Fingerprint,
    /// The meta-MAC does not fit the stored bytes.
    Mac,
    /// Key and nonce were used for other content before.
    Nonce,
    /// The stored bytes could not be read.
    Content,
    /// A share key or its proof is wrong.
    Share,
}

fn refuse<T>(kind: RefusalKind, text: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal {
        kind,
        text: text.into(),
    })
}

fn because(kind: RefusalKind) -> impl Fn(Malformed) -> Refusal {
    move |Malformed(text)| Refusal {
        kind,
        text: text.into(),
    }
}

/// Remembers which key and nonce protect which content: a pair used twice gives
/// away the XOR of the two files.
#[derive(Default)]
pub struct NonceBook(Mutex<HashMap<KeyAndNonce, [u8; 8]>>);

type KeyAndNonce = ([u8; 16], [u8; 8]);

impl NonceBook {
    /// Notes a file's key; `false` if its key and nonce stand for content with
    /// another MAC already. The same content may be stored again.
    pub fn note(&self, key: &FileKey) -> bool {
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mac = book
            .entry((key.content_key, key.nonce))
            .or_insert(key.meta_mac);
        *mac == key.meta_mac
    }
}

/// Checks a finished upload, reading its stored ciphertext once from start to
/// end.
///
/// # Errors
/// The first check that fails.
pub fn check_upload(
    facts: &UploadFacts<'_>,
    ciphertext: &mut impl Read,
    seen: &NonceBook,
) -> Result<Accepted, Refusal> {
    let key = file_key(facts.master_key, facts.key)?;
    let attributes = named_attributes(&NodeKey::File(key), facts.attributes)?;
    let digest = content::digest(&key, facts.size, ciphertext).map_err(|error| Refusal {
        kind: RefusalKind::Content,
        text: error.to_string(),
    })?;
    check_fingerprint(&attributes, &digest)?;
    let accepted = check_mac(&key, facts.size, &digest)?;
    if !seen.note(&key) {
        return refuse(
            RefusalKind::Nonce,
            "key and nonce were used for other content before",
        );
    }
    Ok(accepted)
}

/// Checks a new folder's key and attributes.
///
/// # Errors
/// The first check that fails.
pub fn check_folder(master_key: &[u8; 16], key: &str, attributes: &str) -> Result<(), Refusal> {
    match node_key::unwrap(master_key, key).map_err(because(RefusalKind::Key))? {
        NodeKey::File(_) => refuse(RefusalKind::Key, "a folder has a file's 32-byte key"),
        NodeKey::Folder([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) => {
            refuse(RefusalKind::Key, "the folder key is all zero")
        }
        key => named_attributes(&key, attributes).map(drop),
    }
}

/// Checks a node copied on the server: a file must keep its key, because its
/// content is not encrypted again; a folder must have a new one.
///
/// # Errors
/// The first check that fails.
pub fn check_copy(
    master_key: &[u8; 16],
    source_key: &NodeKey,
    key: &str,
    attributes: &str,
) -> Result<(), Refusal> {
    let copy = node_key::unwrap(master_key, key).map_err(because(RefusalKind::Key))?;
    match (source_key, &copy) {
        (NodeKey::File(source), NodeKey::File(copy)) if source != copy => refuse(
            RefusalKind::Key,
            "the copy of a file has another key than its source",
        ),
        (NodeKey::Folder(source), NodeKey::Folder(copy)) if source == copy => refuse(
            RefusalKind::Key,
            "the copy of a folder has the key of its source",
        ),
        (NodeKey::File(_), NodeKey::Folder(_)) | (NodeKey::Folder(_), NodeKey::File(_)) => refuse(
            RefusalKind::Key,
            "the copy's key is of the other type than its source's",
        ),
        _ => named_attributes(&copy, attributes).map(drop),
    }
}

/// Checks attributes that replace a node's (`a`), under the key the node has.
///
/// # Errors
/// When they cannot be decrypted or have no name.
pub fn check_attributes(master_key: &[u8; 16], key: &str, attributes: &str) -> Result<(), Refusal> {
    let key = node_key::unwrap(master_key, key).map_err(because(RefusalKind::Key))?;
    named_attributes(&key, attributes).map(drop)
}

/// Checks a share key and its proof (`ok` and `ha` of `s2`) and unwraps it.
///
/// `None`: both are zero bytes, the official client's way of saying that the
/// key is kept elsewhere.
///
/// # Errors
/// When the proof does not fit the folder.
pub fn check_share(
    master_key: &[u8; 16],
    folder: &str,
    ok: &str,
    ha: &str,
) -> Result<Option<[u8; 16]>, Refusal> {
    let bad = because(RefusalKind::Share);
    let wrapped: [u8; 16] = decode_exactly(ok, "`ok` is not 16 bytes").map_err(&bad)?;
    let proof: [u8; 16] = decode_exactly(ha, "`ha` is not 16 bytes").map_err(&bad)?;
    if wrapped == [0; 16] && proof == [0; 16] {
        return Ok(None);
    }
    if node_key::handle_auth(master_key, folder).map_err(&bad)? != proof {
        return refuse(
            RefusalKind::Share,
            "`ha` does not prove the share key of this folder",
        );
    }
    match Aes::new(master_key).decrypt_block(wrapped) {
        key if key == [0; 16] => refuse(RefusalKind::Share, "the share key is all zero"),
        key => Ok(Some(key)),
    }
}

/// Checks one key of a `cr` list: the node's own key, under the share key.
///
/// # Errors
/// When it unwraps to anything else.
pub fn check_shared_key(
    master_key: &[u8; 16],
    share_key: &[u8; 16],
    own: &str,
    shared: &str,
) -> Result<(), Refusal> {
    let own = node_key::unwrap(master_key, own).map_err(because(RefusalKind::Key))?;
    let shared = node_key::unwrap(share_key, shared).map_err(because(RefusalKind::Share))?;
    if own != shared {
        return refuse(
            RefusalKind::Share,
            "a key in `cr` is not the node's key under the share key",
        );
    }
    Ok(())
}

fn file_key(master_key: &[u8; 16], key: &str) -> Result<FileKey, Refusal> {
    match node_key::unwrap(master_key, key).map_err(because(RefusalKind::Key))? {
        NodeKey::Folder(_) => refuse(RefusalKind::Key, "a file has a folder's 16-byte key"),
        NodeKey::File(key) if key.content_key == [0; 16] => refuse(
            RefusalKind::Key,
            "the halves of the file key are equal: content key zero",
        ),
        NodeKey::File(key) => Ok(key),
    }
}

fn named_attributes(key: &NodeKey, text: &str) -> Result<Map<String, Value>, Refusal> {
    let attributes =
        attributes::decrypt(key.attribute_key(), text).map_err(because(RefusalKind::Attributes))?;
    match attributes.get("n") {
        Some(Value::String(name)) if !name.is_empty() => Ok(attributes),
        _ => refuse(RefusalKind::Attributes, "the attributes have no name `n`"),
    }
}

fn check_fingerprint(attributes: &Map<String, Value>, digest: &Digest) -> Result<(), Refusal> {
    let Some(text) = attributes.get("c") else {
        return Ok(());
    };
    let text = text.as_str().unwrap_or_default();
    let claimed = Fingerprint::parse(text).map_err(because(RefusalKind::Fingerprint))?;
    if claimed.block != digest.fingerprint && claimed.block != digest.legacy_fingerprint {
        return refuse(
            RefusalKind::Fingerprint,
            format!(
                "attribute `c` says {}, the content has {}",
                base64::encode(&claimed.block),
                base64::encode(&digest.fingerprint)
            ),
        );
    }
    Ok(())
}

fn check_mac(key: &FileKey, size: u64, digest: &Digest) -> Result<Accepted, Refusal> {
    if size == 0 {
        return Ok(Accepted::EmptyFile);
    }
    let cipher = Aes::new(&key.content_key);
    let computed = content::meta_mac(&cipher, &digest.chunk_macs);
    if computed == key.meta_mac {
        return Ok(Accepted::Exact);
    }
    let mut macs = digest.chunk_macs.clone();
    macs.push(content::initial(&key.nonce));
    if content::meta_mac(&cipher, &macs) == key.meta_mac {
        return Ok(Accepted::ExtraChunkMac);
    }
    refuse(
        RefusalKind::Mac,
        format!(
            "the key carries meta-MAC {}, the stored bytes have {}",
            base64::encode(&key.meta_mac),
            base64::encode(&computed)
        ),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const MASTER: [u8; 16] = *b"a master key....";

    /// A right upload of `size` bytes, to be made wrong in one place.
    struct Upload {
        key: FileKey,
        cipher: Vec<u8>,
        json: String,
    }

    fn upload(size: usize) -> Upload {
        let plain: Vec<u8> = (0..size).map(|i| (i * 7 % 251) as u8).collect();
        let mut key = FileKey {
            content_key: *b"0123456789abcdef",
            nonce: *b"a nonce.",
            meta_mac: [0; 8],
        };
        let mut cipher = plain;
        Aes::new(&key.content_key).ctr(&key.nonce, 0, &mut cipher);
        let digest = content::digest(&key, size as u64, &mut cipher.as_slice()).unwrap();
        key.meta_mac = content::meta_mac(&Aes::new(&key.content_key), &digest.chunk_macs);
        let c = Fingerprint {
            block: digest.fingerprint,
            mtime: 1_700_000_000,
        }
        .text();
        Upload {
            key,
            cipher,
            json: format!("{{\"n\":\"a.txt\",\"c\":\"{c}\"}}"),
        }
    }

    impl Upload {
        fn check(&self, seen: &NonceBook) -> Result<Accepted, RefusalKind> {
            let facts = UploadFacts {
                master_key: &MASTER,
                size: self.cipher.len() as u64,
                key: &node_key::wrap(&MASTER, &NodeKey::File(self.key)),
                attributes: &attributes::encrypt(&self.key.content_key, &self.json),
            };
            check_upload(&facts, &mut self.cipher.as_slice(), seen).map_err(|refusal| refusal.kind)
        }
    }

    #[test]
    fn a_right_upload_passes_and_each_wrong_bit_has_its_kind() {
        for size in [1, 16, 17, 131_072, 400_000] {
            let fresh = NonceBook::default;
            let right = upload(size);
            assert_eq!(right.check(&fresh()), Ok(Accepted::Exact));

            let mut wrong = upload(size);
            wrong.json = "{\"n\":\"a.txt\"}".into();
            wrong.cipher[size / 2] ^= 4;
            assert_eq!(wrong.check(&fresh()), Err(RefusalKind::Mac));

            let mut wrong = upload(size);
            wrong.key.meta_mac[3] ^= 1;
            assert_eq!(wrong.check(&fresh()), Err(RefusalKind::Mac));

            let mut wrong = upload(size);
            wrong.json = "{\"c\":\"\"}".into();
            assert_eq!(wrong.check(&fresh()), Err(RefusalKind::Attributes));

            let mut wrong = upload(size);
            let c = Fingerprint {
                block: [9; 16],
                mtime: 0,
            }
            .text();
            wrong.json = format!("{{\"n\":\"a\",\"c\":\"{c}\"}}");
            assert_eq!(wrong.check(&fresh()), Err(RefusalKind::Fingerprint));

            let mut wrong = upload(size);
            wrong.key.content_key = [0; 16];
            assert_eq!(wrong.check(&fresh()), Err(RefusalKind::Key));
        }
    }

    #[test]
    fn a_nonce_protects_one_content_only() {
        let seen = NonceBook::default();
        assert_eq!(upload(5).check(&seen), Ok(Accepted::Exact));
        assert_eq!(
            upload(5).check(&seen),
            Ok(Accepted::Exact),
            "the same content again"
        );
        assert_eq!(upload(6).check(&seen), Err(RefusalKind::Nonce));
    }

    #[test]
    fn known_faults_of_other_clients_are_accepted_and_named() {
        let mut empty = upload(0);
        empty.key.meta_mac = [7; 8];
        assert_eq!(empty.check(&NonceBook::default()), Ok(Accepted::EmptyFile));

        let mut extra = upload(131_072);
        let cipher = Aes::new(&extra.key.content_key);
        let digest = content::digest(&extra.key, 131_072, &mut extra.cipher.as_slice()).unwrap();
        let macs = [digest.chunk_macs, vec![content::initial(&extra.key.nonce)]].concat();
        extra.key.meta_mac = content::meta_mac(&cipher, &macs);
        assert_eq!(
            extra.check(&NonceBook::default()),
            Ok(Accepted::ExtraChunkMac)
        );
    }

    #[test]
    fn folders_copies_and_shares_are_checked() {
        let folder = NodeKey::Folder(*b"folder key......");
        let k = node_key::wrap(&MASTER, &folder);
        let at = attributes::encrypt(folder.attribute_key(), "{\"n\":\"d\"}");
        assert_eq!(check_folder(&MASTER, &k, &at), Ok(()));
        assert_eq!(check_attributes(&MASTER, &k, &at), Ok(()));
        assert!(check_folder(&[1; 16], &k, &at).is_err());
        assert!(
            check_copy(&MASTER, &folder, &k, &at).is_err(),
            "a folder's copy needs a new key"
        );
        assert_eq!(
            check_copy(&MASTER, &NodeKey::Folder([3; 16]), &k, &at),
            Ok(())
        );

        let share = [5; 16];
        let ok = base64::encode(&Aes::new(&MASTER).encrypt_block(share));
        let ha = base64::encode(&node_key::handle_auth(&MASTER, "WFF-e8R9").unwrap());
        assert_eq!(check_share(&MASTER, "WFF-e8R9", &ok, &ha), Ok(Some(share)));
        assert!(check_share(&MASTER, "WFF-e8R8", &ok, &ha).is_err());
        let zero = base64::encode(&[0; 16]);
        assert_eq!(check_share(&MASTER, "WFF-e8R9", &zero, &zero), Ok(None));

        let shared = node_key::wrap(&share, &folder);
        assert_eq!(check_shared_key(&MASTER, &share, &k, &shared), Ok(()));
        assert!(check_shared_key(&MASTER, &share, &k, &k).is_err());
    }
}
