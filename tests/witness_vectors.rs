//! The vectors of tests/vectors on the sandbox's own cryptography.
//!
//! `crypto_vectors.rs` runs the same files on the client's. Each side is tied
//! to values made elsewhere, so that the two cannot share one misreading.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use megarc::sandbox::crypto::aes::Aes;
use megarc::sandbox::crypto::fingerprint::{self, Fingerprint, Fingerprinter};
use megarc::sandbox::crypto::hashcash::{self, Challenge};
use megarc::sandbox::crypto::node_key::{self, FileKey, NodeKey};
use megarc::sandbox::crypto::{
    attributes, base64, checksum::PieceChecksum, chunks, content, password, raid, rsa, totp,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

fn vectors(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    let list = value[key].as_array().unwrap();
    assert!(!list.is_empty(), "no vectors under {key}");
    list
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} is no string in {value}"))
}

fn number(value: &Value, key: &str) -> u64 {
    value[key].as_u64().unwrap()
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}

fn hex_array<const N: usize>(value: &Value, key: &str) -> [u8; N] {
    hex(text(value, key)).try_into().unwrap()
}

fn to_hex(bytes: impl AsRef<[u8]>) -> String {
    bytes
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The generator of file content: byte i is the top byte of (i + seed)·φ.
fn content_at(seed: u64, offset: u64, length: usize) -> Vec<u8> {
    let byte = |i: u64| (i.wrapping_add(seed).wrapping_mul(2_654_435_761) as u32 >> 24) as u8;
    (offset..offset + length as u64).map(byte).collect()
}

fn node_key(bytes: &[u8]) -> NodeKey {
    match <[u8; 32]>::try_from(bytes) {
        Ok(file) => NodeKey::File(FileKey::unfold(&file)),
        Err(_) => NodeKey::Folder(bytes.try_into().unwrap()),
    }
}

#[test]
fn base64_both_ways() {
    let vectors = vectors("base64");
    for case in list(&vectors, "decode_lenient") {
        assert_eq!(
            base64::decode(text(case, "text")),
            Some(hex(text(case, "hex"))),
            "{case}"
        );
    }
    for case in list(&vectors, "encode") {
        assert_eq!(base64::encode(&hex(text(case, "hex"))), text(case, "text"));
        assert_eq!(
            base64::decode_strict(text(case, "text")),
            Some(hex(text(case, "hex")))
        );
    }
    for bad in ["A", "AAAAA", "A*", "ä"] {
        assert_eq!(base64::decode(bad), None, "{bad}");
    }
    for strictly_bad in ["AA==", "+/8", "AB"] {
        assert_eq!(base64::decode_strict(strictly_bad), None, "{strictly_bad}");
    }
}

#[test]
fn passwords_of_version_1() {
    for case in list(&vectors("login"), "v1") {
        let packed = password::password_bytes_v1(text(case, "password"));
        assert_eq!(to_hex(&packed), text(case, "packed_hex"), "{case}");
        let derived = password::derive_v1(text(case, "email"), &packed);
        assert_eq!(to_hex(derived.password_key), text(case, "password_key_hex"));
        assert_eq!(base64::encode(&derived.user_hash), text(case, "uh"));
        if let Some(other) = case.get("utf8_variant") {
            let derived =
                password::derive_v1(text(case, "email"), text(case, "password").as_bytes());
            assert_eq!(
                to_hex(derived.password_key),
                text(other, "password_key_hex")
            );
            assert_eq!(base64::encode(&derived.user_hash), text(other, "uh"));
        }
    }
}

#[test]
fn passwords_of_version_2() {
    for case in list(&vectors("login"), "v2") {
        let salt = base64::decode(text(case, "salt")).unwrap();
        if case.get("client_random_hex").is_some() {
            let random = hex_array(case, "client_random_hex");
            assert_eq!(password::salt_v2(&random).to_vec(), salt);
        }
        let derived = password::derive_v2(text(case, "password"), &salt);
        assert_eq!(to_hex(derived.password_key), text(case, "password_key_hex"));
        assert_eq!(base64::encode(&derived.user_hash), text(case, "uh"));
        let stored = password::stored_auth(&derived.user_hash);
        assert_eq!(to_hex(stored), text(case, "server_stored_auth_hex"));
    }
}

#[test]
fn login_exchanges_open() {
    let vectors = vectors("login");
    let pubk = base64::decode(text(&vectors["rsa"], "pubk")).unwrap();
    let mut exchanges = list(&vectors, "exchange").to_vec();
    exchanges.push(vectors["exchange_sid_with_leading_zero"].clone());
    for exchange in &exchanges {
        let (answer, expect) = (&exchange["us_response"], &exchange["expect"]);
        let password_key = hex_array(expect, "password_key_hex");
        let k = base64::decode(text(answer, "k")).unwrap();
        let master_key = Aes::new(&password_key).ecb_decrypt(&k).unwrap();
        assert_eq!(to_hex(&master_key), text(expect, "master_key_hex"));
        let master = Aes::new(&master_key.try_into().unwrap());
        let privk = base64::decode(text(answer, "privk")).unwrap();
        let private = master.ecb_decrypt(&privk).unwrap();
        let csid = base64::decode(text(answer, "csid")).unwrap();
        let plain = rsa::decrypt(&private, &pubk, &csid).unwrap();
        assert_eq!(base64::encode(&plain[..rsa::SID]), text(expect, "sid"));
    }
    let ephemeral = &vectors["ephemeral"];
    let master = Aes::new(&hex_array(&ephemeral["expect"], "master_key_hex"));
    let tsid = base64::decode(text(&ephemeral["us_response"], "tsid")).unwrap();
    assert_eq!(
        master.encrypt_block(tsid[..16].try_into().unwrap()),
        tsid[27..43]
    );
}

#[test]
fn key_pairs_are_written_as_the_vectors_have_them() {
    let vectors = vectors("login");
    let key = &vectors["rsa"];
    let pair = rsa::from_primes(&hex(text(key, "q_hex")), &hex(text(key, "p_hex"))).unwrap();
    let expected = hex(text(key, "privk_plain_hex"));
    // e differs (65537 here), so d does; p, q and u are the same numbers
    assert_eq!(pair.private_blob[..260], expected[..260]);
    assert_eq!(pair.private_blob.len() % 16, 0);
    let sid = [7; rsa::SID];
    let csid = rsa::encrypt_session_id(&pair.public_blob, &sid).unwrap();
    let plain = rsa::decrypt(&pair.private_blob, &pair.public_blob, &csid).unwrap();
    assert_eq!((plain.len(), &plain[..rsa::SID]), (254, &sid[..]));
    let mut wrong = pair.private_blob.clone();
    wrong[100] ^= 1;
    assert!(rsa::decrypt(&wrong, &pair.public_blob, &csid).is_err());
}

#[test]
fn node_keys_fold_and_wrap() {
    let vectors = vectors("keys");
    let master = hex_array(&vectors, "master_key_hex");
    for case in list(&vectors, "files") {
        let key = FileKey {
            content_key: hex_array(case, "aes_key_hex"),
            nonce: hex_array(case, "nonce_hex"),
            meta_mac: hex_array(case, "meta_mac_hex"),
        };
        assert_eq!(to_hex(key.fold()), text(case, "node_key_hex"));
        assert_eq!(base64::encode(&key.fold()), text(case, "link_key"));
        assert_eq!(
            node_key::wrap(&master, &NodeKey::File(key)),
            text(case, "k_encrypted")
        );
        let unwrapped = node_key::unwrap(&master, text(case, "k_encrypted")).unwrap();
        assert!(unwrapped == NodeKey::File(key));
    }
    for case in list(&vectors, "folders") {
        let unwrapped = node_key::unwrap(&master, text(case, "k_encrypted")).unwrap();
        assert_eq!(to_hex(unwrapped.packed()), text(case, "node_key_hex"));
        assert_eq!(
            node_key::wrap(&master, &unwrapped),
            text(case, "k_encrypted")
        );
    }
    for bad in [
        "",
        "AAAA",
        "sPGw_YHTAzjFquPLUfCSg6Gbg_t4l3U6vMUMGI5c2cYAAAA",
    ] {
        assert!(node_key::unwrap(&master, bad).is_err(), "{bad}");
    }
}

#[test]
fn share_keys_are_proven_and_open_nodes() {
    let vectors = vectors("keys");
    let master = hex_array(&vectors, "master_key_hex");
    let share = &vectors["share"];
    let check = |entry: &Value| {
        let (h, ok, ha) = (text(entry, "h"), text(entry, "ok"), text(entry, "ha"));
        megarc::sandbox::witness::check_share(&master, h, ok, ha)
    };
    let with_ok = |entry: &Value| {
        let mut entry = entry.clone();
        entry["ok"] = entry["k"].clone();
        entry
    };
    let share_key = hex_array(share, "share_key_hex");
    assert_eq!(check(&with_ok(&share["ok"])), Ok(Some(share_key)));
    assert!(check(&with_ok(&share["ok_tampered"])).is_err());
    let through_share = share["k_fields"].as_array().unwrap();
    for case in through_share.iter().filter(|case| case["via"] == "share") {
        let handle = text(share, "share_handle");
        let value = text(case, "k")
            .split('/')
            .find_map(|part| part.strip_prefix(handle))
            .unwrap();
        let key = node_key::unwrap(&share_key, value.trim_start_matches(':')).unwrap();
        assert_eq!(to_hex(key.packed()), text(case, "expect_key_hex"));
    }
}

#[test]
fn attributes_both_ways() {
    let vectors = vectors("attributes");
    for case in list(&vectors, "good") {
        let key = node_key(&hex(text(case, "node_key_hex")));
        assert_eq!(to_hex(key.attribute_key()), text(case, "attr_key_hex"));
        let decrypted = attributes::decrypt(key.attribute_key(), text(case, "at")).unwrap();
        let expected: Value = serde_json::from_str(text(case, "json")).unwrap();
        assert_eq!(Value::Object(decrypted), expected, "{case}");
        assert_eq!(
            attributes::encrypt(key.attribute_key(), text(case, "json")),
            text(case, "at")
        );
    }
    for case in list(&vectors, "bad") {
        let key = hex_array(case, "attr_key_hex");
        assert!(
            attributes::decrypt(&key, text(case, "at")).is_err(),
            "{case}"
        );
        assert!(
            attributes::decrypt_lenient(&key, text(case, "at")).is_err(),
            "{case}"
        );
    }
}

#[test]
fn chunk_tables() {
    let vectors = vectors("chunks");
    for case in list(&vectors, "small") {
        let table: Vec<(u64, u64)> = chunks::table(number(case, "size")).collect();
        assert_eq!(
            serde_json::to_value(&table).unwrap(),
            case["chunks"],
            "{case}"
        );
        for (offset, length) in table {
            assert!(
                chunks::is_start(offset) && chunks::is_whole(offset, length, number(case, "size"))
            );
            assert!(!chunks::is_start(offset + 1) && !chunks::is_start(offset + 65_536));
        }
    }
    for case in list(&vectors, "huge") {
        let mut table = chunks::table(number(case, "size"));
        let (count, last) = table
            .by_ref()
            .fold((0, (0, 0)), |(count, _), chunk| (count + 1, chunk));
        assert_eq!(count, number(case, "chunk_count"));
        assert_eq!(serde_json::to_value(last).unwrap(), case["last"]);
    }
    assert!(chunks::is_whole(0, 0, 0) && chunks::is_whole(0, 393_216, 1 << 30));
    assert!(!chunks::is_whole(0, 131_073, 1 << 30) && !chunks::is_whole(131_072, 1, 131_074));
}

#[test]
fn content_macs_and_ciphertext() {
    let vectors = vectors("content");
    for case in list(&vectors, "files") {
        let size = number(case, "size");
        let plain = content_at(number(case, "content_seed"), 0, size as usize);
        assert_eq!(to_hex(Sha256::digest(&plain)), text(case, "plain_sha256"));
        let key = FileKey::unfold(&hex_array(case, "node_key_hex"));
        assert_eq!(to_hex(key.content_key), text(case, "aes_key_hex"));
        let cipher = Aes::new(&key.content_key);
        let mut bytes = plain.clone();
        cipher.ctr(&key.nonce, 0, &mut bytes);
        assert_eq!(to_hex(Sha256::digest(&bytes)), text(case, "cipher_sha256"));
        let digest = content::digest(&key, size, &mut bytes.as_slice()).unwrap();
        let macs: Vec<String> = digest.chunk_macs.iter().map(to_hex).collect();
        assert_eq!(
            serde_json::to_value(&macs).unwrap(),
            case["chunk_macs_hex"],
            "size {size}"
        );
        let meta = content::meta_mac(&cipher, &digest.chunk_macs);
        assert_eq!(to_hex(meta), text(case, "meta_mac_hex"), "size {size}");
        // one chunk at a time gives what eight side by side gave
        for ((offset, length), mac) in chunks::table(size).zip(&digest.chunk_macs) {
            let chunk = &plain[offset as usize..(offset + length) as usize];
            assert_eq!(content::chunk_mac(&cipher, &key.nonce, chunk), *mac);
        }
        if size > 0 {
            bytes.pop();
            assert!(
                content::digest(&key, size, &mut bytes.as_slice()).is_err(),
                "cut short"
            );
        }
    }
    let counter = &vectors["counter"];
    let cipher = Aes::new(&hex_array(counter, "aes_key_hex"));
    let nonce = hex_array(counter, "nonce_hex");
    for case in list(counter, "positions") {
        let mut key_stream = [0; 48];
        cipher.ctr(&nonce, number(case, "pos"), &mut key_stream);
        assert_eq!(to_hex(key_stream), text(case, "keystream48_hex"), "{case}");
        let mut tail = [0; 41];
        cipher.ctr(&nonce, number(case, "pos") + 7, &mut tail);
        assert_eq!(tail, key_stream[7..], "from the middle of a block");
    }
}

#[test]
fn fingerprints() {
    let vectors = vectors("fingerprint");
    for case in list(&vectors, "files") {
        let (size, seed) = (number(case, "size"), number(case, "content_seed"));
        let mut fingerprinter = Fingerprinter::new(size);
        if size <= 5_242_887 {
            for (offset, length) in (0..size)
                .step_by(65_537)
                .map(|at| (at, 65_537.min(size - at)))
            {
                fingerprinter.update(&content_at(seed, offset, length as usize));
            }
        } else {
            // only the windows, of which no two touch in files this large
            let (starts, legacy) = fingerprint::window_starts(size);
            let mut wanted: Vec<u64> = [starts, legacy].concat();
            wanted.sort_unstable();
            let mut position = 0;
            for start in wanted {
                let from = start.max(position);
                fingerprinter.skip(from - position);
                fingerprinter.update(&content_at(seed, from, (start + 64 - from) as usize));
                position = start + 64;
            }
        }
        let (block, legacy) = fingerprinter.finish();
        assert_eq!(to_hex(block), text(case, "crc_hex"), "size {size}");
        let old = case
            .get("legacy32_crc_hex")
            .map_or(text(case, "crc_hex"), |v| v.as_str().unwrap());
        assert_eq!(to_hex(legacy), old, "size {size}, old arithmetic");
        let mtime = case["mtime"].as_i64().unwrap();
        assert_eq!(Fingerprint { block, mtime }.text(), text(case, "c"));
    }
    for case in list(&vectors, "serialize") {
        let parsed = Fingerprint::parse(text(case, "c")).unwrap();
        assert_eq!(Some(parsed.mtime), case["mtime"].as_i64());
        assert_eq!(to_hex(parsed.block), text(case, "crc_hex"));
        assert_eq!(parsed.text(), text(case, "c"));
    }
    for case in list(&vectors, "bad") {
        assert!(Fingerprint::parse(text(case, "c")).is_err(), "{case}");
    }
}

#[test]
fn piece_checksums() {
    for case in list(&vectors("upload"), "checksum") {
        let bytes = content_at(
            number(case, "content_seed"),
            0,
            number(case, "size") as usize,
        );
        let mut checksum = PieceChecksum::default();
        for part in bytes.chunks(1001) {
            checksum.update(part);
        }
        assert_eq!(checksum.text(), text(case, "param"), "{case}");
    }
}

#[test]
fn hashcash_answers() {
    let vectors = vectors("hashcash");
    for case in list(&vectors, "thresholds") {
        let easiness = u8::try_from(number(case, "easiness")).unwrap();
        assert_eq!(
            u64::from(hashcash::threshold(easiness)),
            number(case, "threshold")
        );
    }
    for case in list(&vectors, "challenges") {
        let challenge = Challenge::parse(text(case, "challenge_header")).unwrap();
        assert_eq!(challenge.header(), text(case, "challenge_header"));
        assert!(challenge.accepts(text(&case["valid"], "header")), "{case}");
        let prefix = base64::decode(text(&case["valid"], "prefix"))
            .unwrap()
            .try_into()
            .unwrap();
        assert_eq!(
            u64::from(challenge.word(prefix)),
            number(&case["valid"], "word")
        );
        assert!(
            !challenge.accepts(text(&case["invalid"], "header")),
            "{case}"
        );
        let foreign = Challenge {
            token: [1; 48],
            ..challenge
        };
        assert!(
            !foreign.accepts(text(&case["valid"], "header")),
            "another token's work"
        );
    }
    for case in list(&vectors, "malformed") {
        assert_eq!(Challenge::parse(text(case, "header")), None, "{case}");
    }
}

#[test]
fn raid_parts() {
    let vectors = vectors("cloudraid");
    for case in vectors["files"]
        .as_array()
        .unwrap()
        .iter()
        .chain(list(&vectors, "sizes_only"))
    {
        for part in 0..6 {
            let size = raid::part_size(number(case, "size"), part);
            assert_eq!(
                Some(size),
                case["part_sizes"][usize::from(part)].as_u64(),
                "{case}"
            );
        }
    }
    for case in list(&vectors, "files") {
        let size = number(case, "size");
        let file = content_at(number(case, "content_seed"), 0, size as usize);
        assert_eq!(to_hex(Sha256::digest(&file)), text(case, "sha256"));
        let read = |part, range| {
            raid::read_part(size, part, range, |offset, buffer: &mut [u8]| {
                let from = offset as usize;
                buffer.copy_from_slice(&file[from..from + buffer.len()]);
                Ok(())
            })
            .unwrap()
        };
        for part in 0..6 {
            let whole = read(part, 0..u64::MAX);
            let expected = case["part_sha256"][usize::from(part)].as_str().unwrap();
            assert_eq!(
                to_hex(Sha256::digest(&whole)),
                expected,
                "size {size}, part {part}"
            );
            let length = whole.len();
            let piece = read(part, (length / 3) as u64..(length / 2 + 1) as u64);
            assert_eq!(
                piece,
                whole[length / 3..(length / 2 + 1).min(length).max(length / 3)]
            );
        }
    }
}

/// RFC 6238, appendix B, cut to six digits.
#[test]
fn one_time_codes() {
    let secret = totp::secret("GEZD GNBV gy3t qojq GEZDGNBVGY3TQOJQ").unwrap();
    assert_eq!(secret, b"12345678901234567890");
    for (time, code) in [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (20_000_000_000, "353130"),
    ] {
        assert_eq!(totp::code(&secret, time), code);
        assert!(totp::accepts(&secret, code, time + 30));
        assert!(!totp::accepts(&secret, code, time + 90));
    }
    assert_eq!(totp::secret("not base32!"), None);
}
