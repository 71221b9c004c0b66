//! No bytes make a parser panic: whatever a server, a file or a user supplies.

use megarc::mega::crypto::attributes::Attributes;
use megarc::mega::crypto::fingerprint::{Fingerprint, FingerprintBuilder};
use megarc::mega::crypto::hashcash::Challenge;
use megarc::mega::crypto::keys::{MasterKey, NodeKey, SealKey};
use megarc::mega::crypto::keys_attribute::KeysAttribute;
use megarc::mega::crypto::link::PublicLink;
use megarc::mega::crypto::password_link::PasswordLink;
use megarc::mega::crypto::rsa::RsaPrivateKey;
use megarc::mega::crypto::session_id::SessionId;
use megarc::mega::crypto::upload_answer::parse_upload_answer;
use megarc::mega::crypto::wrap::{Wrapping, open_own_share_key};
use megarc::mega::crypto::{base64, chunks, mpi, raid, seal};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::*;

const KEY: [u8; 16] = [9; 16];

/// Bytes that begin as a real one does, to get past the first checks.
fn altered(good: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = good.len();
    (vec((0..length, any::<u8>()), 0..4), 0..=length).prop_map(move |(changes, end)| {
        let mut bytes = good.clone();
        for (at, value) in changes {
            bytes[at] = value;
        }
        bytes.truncate(end);
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn texts(text in ".{0,90}") {
        let master = MasterKey::from_bytes(KEY);
        let _ = base64::decode(&text);
        let _ = Attributes::decrypt(&text, &KEY);
        let _ = Fingerprint::parse(&text);
        let _ = PublicLink::parse(&text);
        let _ = PublicLink::parse(&format!("https://mega.nz/{text}"));
        let _ = PasswordLink::parse(&format!("https://mega.nz/#P!{text}"));
        let _ = Challenge::parse(&text);
        let _ = KeysAttribute::parse(&text, &master);
        let _ = SessionId::from_tsid(&text, &master);
        let _ = open_own_share_key(&text, &text, &text, &master);
    }

    #[test]
    fn links_in_pieces(
        parts in vec(
            prop::sample::select(vec![
                "https://", "mega.nz", "/", "file/", "folder/", "#", "!", "F!", "P!", "?",
                "abcdefgh", "AAAAAAAAAAAAAAAAAAAAAA", "\u{e9}",
                "ELwwEGsglbne530wQmIpaGt3JUWt8U3ExumG6EklLLo",
            ]),
            0..9,
        )
    ) {
        if let Ok(link) = PublicLink::parse(&parts.concat()) {
            prop_assert_eq!(PublicLink::parse(&link.to_url()), Ok(link));
        }
    }

    #[test]
    fn blobs(bytes in vec(any::<u8>(), 0..120)) {
        let master = MasterKey::from_bytes(KEY);
        let text = base64::encode(&bytes);
        let decoded = base64::decode(&text);
        prop_assert_eq!(decoded.as_ref(), Ok(&bytes));
        let _ = mpi::split_mpi(&bytes);
        let _ = RsaPrivateKey::parse(&bytes);
        let _ = NodeKey::from_slice(&bytes);
        let _ = master.unwrap_key(&bytes);
        let _ = master.wrapper().unwrap_node_key(&bytes);
        let _ = Attributes::decrypt(&text, &KEY);
        let _ = KeysAttribute::parse_records(&bytes);
        let _ = SessionId::from_slice(&bytes);
        let _ = PasswordLink::parse(&format!("https://mega.nz/#P!{text}"));
        let _ = parse_upload_answer(&bytes);
        let _ = seal::open(&SealKey::from_bytes([9; 32]), b"", &bytes);
        if let Ok(fingerprint) = Fingerprint::parse(&text) {
            prop_assert_eq!(Fingerprint::parse(&fingerprint.encode()), Ok(fingerprint));
        }
    }

    #[test]
    fn altered_rsa_keys_and_ciphertexts(
        blob in altered(bytes(&load("login")["rsa"], "privk_plain_hex")),
        ciphertext in vec(any::<u8>(), 0..300),
    ) {
        if let Ok(key) = RsaPrivateKey::parse(&blob) {
            let _ = key.decrypt_key(&ciphertext, 32);
            let _ = key.decrypt_session_id(&ciphertext);
        }
    }

    #[test]
    fn attribute_json(json in r#"\{"[nc"\\a-f:,{}\[\]0-9ud]{0,40}"#) {
        let mut plain = format!("MEGA{json}").into_bytes();
        plain.resize(plain.len().next_multiple_of(16), 0);
        // CBC by hand, so that the parser sees exactly this text
        let wrapper = MasterKey::from_bytes(KEY).wrapper();
        let mut before = [0; 16];
        for block in plain.chunks_mut(16) {
            block.iter_mut().zip(before).for_each(|(a, b)| *a ^= b);
            wrapper.encrypt_in_place(block);
            before.copy_from_slice(block);
        }
        if let Ok(attributes) = Attributes::decrypt(&base64::encode(&plain), &KEY) {
            let _ = attributes.name();
            let _ = attributes.fingerprint();
            let again = Attributes::decrypt(&attributes.encrypt(&KEY), &KEY);
            prop_assert_eq!(again.map(|a| a.to_json()), Ok(attributes.to_json()));
        }
    }

    #[test]
    fn any_size_has_a_table(size in any::<u64>(), position in any::<u64>()) {
        let start = chunks::chunk_start(position);
        prop_assert!(start <= position && position - start < chunks::MAX_CHUNK);
        let _ = chunks::chunk_end(position, size);
        let _ = chunks::chunk_count(size);
        for part in 0..raid::PARTS {
            let _ = raid::part_size(size, part);
        }
        let (part, offset) = raid::locate(position);
        prop_assert!((1..raid::PARTS).contains(&part) && offset <= position);
        let mut builder = FingerprintBuilder::new(size);
        builder.update(&[0; 100]);
        let _ = builder.finish(0);
    }

    #[test]
    fn any_raid_parts(
        size in any::<u64>(),
        line in any::<u64>(),
        parts in vec(prop::option::of(vec(any::<u8>(), 0..40)), raid::PARTS),
    ) {
        let parts: [Option<&[u8]>; raid::PARTS] = std::array::from_fn(|i| parts[i].as_deref());
        let _ = raid::join(size, line, &parts, 7, &mut [0; 50]);
        for part in 0..raid::PARTS {
            let (start, end) = raid::stretch(size, part, line, line.saturating_add(5));
            prop_assert!(start <= end && end <= raid::part_size(size, part));
        }
    }
}
