//! Content: ciphertext, chunk MACs, meta-MAC, far counters, peers' MACs.

use megarc::mega::crypto::CryptoError;
use megarc::mega::crypto::chunks::chunks;
use megarc::mega::crypto::content::{
    ChunkJob, ChunkMacState, ContentCipher, MacMatch, expected_mac_count, meta_mac, verify_meta_mac,
};
use megarc::mega::crypto::keys::{ChunkMac, ContentKey, FileKey, MetaMac, Nonce};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::*;

struct Case {
    key: ContentKey,
    nonce: Nonce,
    plain: Vec<u8>,
}

impl Case {
    fn new(case: &Value) -> Self {
        Self {
            key: ContentKey::from_bytes(array(case, "aes_key_hex")),
            nonce: Nonce::from_bytes(array(case, "nonce_hex")),
            plain: content(case),
        }
    }

    fn cipher(&self) -> ContentCipher {
        ContentCipher::new(&self.key, &self.nonce)
    }

    /// Runs the kernel over all chunks of `data`.
    fn run(&self, data: &mut [u8], encrypt: bool) -> Vec<ChunkMac> {
        let mut jobs = Vec::new();
        let mut rest = &mut *data;
        for (offset, length) in chunks(rest.len() as u64) {
            let (chunk, after) = rest.split_at_mut(usize::try_from(length).unwrap());
            jobs.push(ChunkJob::new(offset, chunk));
            rest = after;
        }
        match encrypt {
            true => self.cipher().encrypt_chunks(&mut jobs),
            false => self.cipher().decrypt_chunks(&mut jobs),
        }
        jobs.iter().map(|job| job.mac).collect()
    }
}

#[test]
fn files_both_ways() {
    for vector in cases(&load("content"), "files") {
        let size = number(vector, "size");
        let case = Case::new(vector);
        assert_eq!(
            hex(&Sha256::digest(&case.plain)),
            text(vector, "plain_sha256")
        );

        let mut data = case.plain.clone();
        let macs = case.run(&mut data, true);
        assert_eq!(hex(&Sha256::digest(&data)), text(vector, "cipher_sha256"));
        let hex_macs: Vec<String> = macs.iter().map(|mac| hex(mac.as_bytes())).collect();
        assert_eq!(
            serde_json::json!(hex_macs),
            vector["chunk_macs_hex"],
            "size {size}"
        );
        assert_eq!(macs.len(), expected_mac_count(size));
        for probe in vector["cipher_probes"].as_array().unwrap() {
            let offset = usize::try_from(number(probe, "offset")).unwrap();
            let expected = bytes(probe, "cipher_hex");
            assert_eq!(data[offset..offset + expected.len()], expected);
            // the same bytes on their own, as a range is decrypted
            let mut range = expected.clone();
            case.cipher().apply_keystream(offset as u64, &mut range);
            assert_eq!(range, case.plain[offset..offset + expected.len()]);
        }

        let folded = meta_mac(&case.key, &macs);
        assert_eq!(
            hex(folded.as_bytes()),
            text(vector, "meta_mac_hex"),
            "size {size}"
        );
        let key = FileKey::new(case.key.clone(), case.nonce.clone(), folded);
        assert_eq!(hex(&key.pack()), text(vector, "node_key_hex"));

        assert_eq!(case.run(&mut data, false), macs, "size {size}");
        assert!(data == case.plain, "size {size}");

        for ((offset, length), mac) in chunks(size).zip(&macs) {
            let mut state = ChunkMacState::new(&case.cipher());
            for part in case.plain[offset as usize..(offset + length) as usize].chunks(1000) {
                state.update(part);
            }
            assert_eq!(state.finish(), *mac);
        }
    }
}

#[test]
fn one_changed_bit_is_found() {
    for vector in cases(&load("content"), "files") {
        let case = Case::new(vector);
        let expected = MetaMac::from_bytes(array(vector, "meta_mac_hex"));
        let size = case.plain.len();
        let verify = |data: &mut [u8]| {
            let macs = case.run(data, false);
            verify_meta_mac(&case.key, &macs, size as u64, &case.nonce, &expected)
        };
        let mut cipher = case.plain.clone();
        case.run(&mut cipher, true);
        if size == 0 {
            // clients disagree on the MAC of an empty file: never checked
            assert_eq!(verify(&mut cipher), Ok(MacMatch::Unchecked));
            continue;
        }
        assert_eq!(verify(&mut cipher.clone()), Ok(MacMatch::Exact));
        let last = size - 1;
        cipher[last] ^= 0x80;
        assert_eq!(verify(&mut cipher), Err(CryptoError::MacMismatch));
    }
}

#[test]
fn the_peer_variant_is_accepted_for_its_sizes_only() {
    let file = load("content");
    let disagree = &file["agreed_by"]["disagree"];
    let sizes: Vec<u64> = cases(disagree, "sizes")
        .iter()
        .map(|size| size.as_u64().unwrap())
        .collect();
    for vector in cases(&file, "files") {
        let case = Case::new(vector);
        let size = number(vector, "size");
        let mut data = case.plain.clone();
        let macs = case.run(&mut data, true);
        // what the peer stores: one more chunk MAC, of no data
        let empty = ChunkMacState::new(&case.cipher()).finish();
        let stored = meta_mac(&case.key, macs.iter().chain([&empty]));
        let expected = match size {
            0 => Ok(MacMatch::Unchecked),
            _ if sizes.contains(&size) => Ok(MacMatch::PeerVariant),
            _ => Err(CryptoError::MacMismatch),
        };
        assert_eq!(
            verify_meta_mac(&case.key, &macs, size, &case.nonce, &stored),
            expected,
            "size {size}"
        );
    }
}

#[test]
fn far_counters_have_64_bits() {
    let file = load("content");
    let counter = &file["counter"];
    let cipher = ContentCipher::new(
        &ContentKey::from_bytes(array(counter, "aes_key_hex")),
        &Nonce::from_bytes(array(counter, "nonce_hex")),
    );
    for case in cases(counter, "positions") {
        let offset = number(case, "pos");
        let expected = bytes(case, "keystream48_hex");
        let block = offset / 16;
        let iv = bytes(case, "iv_hex");
        assert_eq!(iv[8..], block.to_be_bytes());
        for skip in [0, 1, 15, 17] {
            let mut data = [0; 48];
            let data = &mut data[skip..];
            cipher.apply_keystream(offset + skip as u64, data);
            assert_eq!(data[..], expected[skip..], "offset {offset} + {skip}");
        }
    }
}
