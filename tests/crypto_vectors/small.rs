//! base64, chunk table, upload checksum and answers, fingerprint, CloudRAID.

use megarc::mega::crypto::fingerprint::{Fingerprint, FingerprintBuilder};
use megarc::mega::crypto::upload_answer::{UploadAnswer, parse_upload_answer};
use megarc::mega::crypto::upload_checksum::checksum;
use megarc::mega::crypto::{CryptoError, base64, chunks, raid};
use sha2::{Digest, Sha256};

use crate::support::*;

#[test]
fn base64_reads_leniently_and_writes_strictly() {
    let file = load("base64");
    for case in cases(&file, "decode_lenient") {
        assert_eq!(
            hex(&base64::decode(text(case, "text")).unwrap()),
            text(case, "hex")
        );
    }
    for case in cases(&file, "encode") {
        assert_eq!(base64::encode(&bytes(case, "hex")), text(case, "text"));
    }
    let handles = &file["handles"];
    for kind in ["node", "user"] {
        let handle = text(handles, kind);
        assert_eq!(
            handle.len() as u64,
            number(handles, &format!("{kind}_chars"))
        );
        let decoded = base64::decode(handle).unwrap();
        assert_eq!(
            decoded.len() as u64,
            number(handles, &format!("{kind}_bytes"))
        );
        assert_eq!(base64::encode(&decoded), handle);
    }
}

#[test]
fn chunk_tables() {
    let file = load("chunks");
    for case in cases(&file, "small") {
        let expected: Vec<(u64, u64)> = case["chunks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| (pair[0].as_u64().unwrap(), pair[1].as_u64().unwrap()))
            .collect();
        let size = number(case, "size");
        assert_eq!(chunks::chunks(size).collect::<Vec<_>>(), expected);
        assert_eq!(chunks::chunk_count(size), expected.len() as u64);
    }
    for case in cases(&file, "huge") {
        let size = number(case, "size");
        assert_eq!(chunks::chunk_count(size), number(case, "chunk_count"));
        let last = chunks::chunks(size).last().unwrap();
        assert_eq!(Some(last.0), case["last"][0].as_u64());
        assert_eq!(Some(last.1), case["last"][1].as_u64());
        assert_eq!(chunks::chunk_start(size - 1), last.0);
        assert_eq!(chunks::chunk_end(size - 1, size), size);
    }
}

#[test]
fn upload_checksums_and_answers() {
    let file = load("upload");
    for case in cases(&file, "checksum") {
        assert_eq!(checksum(&content(case)), text(case, "param"));
        assert_eq!(
            hex(&base64::decode(text(case, "param")).unwrap()),
            text(case, "checksum_hex")
        );
    }
    for case in cases(&file, "responses") {
        let expected = match (case["h"].as_str(), case["error"].as_i64()) {
            (Some(token), None) => UploadAnswer::Complete(token.to_owned()),
            (None, Some(code)) => UploadAnswer::Failed(code),
            _ => UploadAnswer::Stored,
        };
        assert_eq!(
            parse_upload_answer(&bytes(case, "response_hex")),
            expected,
            "{}",
            text(case, "name")
        );
    }
}

#[test]
fn fingerprints() {
    let file = load("fingerprint");
    for case in cases(&file, "files") {
        let (size, seed) = (number(case, "size"), number(case, "content_seed"));
        let mtime = case["mtime"].as_i64().unwrap();
        let read = |offset: u64, buffer: &mut [u8]| {
            assert!(offset + buffer.len() as u64 <= size);
            content_at(seed, offset, buffer);
            Ok::<_, ()>(())
        };
        let fingerprint = Fingerprint::from_reader(size, mtime, read).unwrap();
        assert_eq!(hex(&fingerprint.crc), text(case, "crc_hex"), "size {size}");
        assert_eq!(fingerprint.encode(), text(case, "c"));
        assert_eq!(Fingerprint::parse(text(case, "c")).unwrap(), fingerprint);

        let legacy = Fingerprint::from_reader_legacy32(size, mtime, read).unwrap();
        match case["legacy32_crc_hex"].as_str() {
            Some(expected) => assert_eq!(hex(&legacy.crc), expected, "size {size}"),
            None => assert_eq!(legacy, fingerprint, "size {size}"),
        }
        if size < 10_000_000 {
            let mut builder = FingerprintBuilder::new(size);
            for piece in content(case).chunks(40_000) {
                builder.update(piece);
            }
            assert_eq!(builder.finish(mtime).unwrap(), fingerprint, "size {size}");
        }
    }
    for case in cases(&file, "serialize") {
        let fingerprint = Fingerprint {
            crc: array(case, "crc_hex"),
            mtime: case["mtime"].as_i64().unwrap(),
        };
        assert_eq!(fingerprint.encode(), text(case, "c"));
        assert_eq!(Fingerprint::parse(text(case, "c")).unwrap(), fingerprint);
    }
    for case in cases(&file, "bad") {
        assert_eq!(
            Fingerprint::parse(text(case, "c")),
            Err(CryptoError::Fingerprint),
            "{}",
            text(case, "why")
        );
    }
}

#[test]
fn cloudraid_parts_sizes_and_rebuilding() {
    let file = load("cloudraid");
    assert_eq!(number(&file, "sector"), raid::SECTOR as u64);
    assert_eq!(number(&file, "parts"), raid::PARTS as u64);
    assert_eq!(number(&file, "line"), raid::LINE as u64);
    let sizes = |case| -> Vec<u64> {
        let size = number(case, "size");
        (0..raid::PARTS)
            .map(|part| raid::part_size(size, part))
            .collect()
    };
    for section in ["files", "sizes_only"] {
        for case in cases(&file, section) {
            assert_eq!(serde_json::json!(sizes(case)), case["part_sizes"], "{case}");
        }
    }
    for case in cases(&file, "files") {
        let size = number(case, "size");
        let whole = content(case);
        let mut parts: Vec<Vec<u8>> = sizes(case).iter().map(|n| vec![0; *n as usize]).collect();
        for (position, byte) in whole.iter().enumerate() {
            let (part, offset) = raid::locate(position as u64);
            parts[part][offset as usize] = *byte;
            parts[0][offset as usize] ^= byte;
        }
        for (part, expected) in parts.iter().zip(cases(case, "part_sha256")) {
            assert_eq!(hex(&Sha256::digest(part)), expected.as_str().unwrap());
        }
        if case["parts_hex"].is_array() {
            for (part, expected) in parts.iter().zip(cases(case, "parts_hex")) {
                assert_eq!(hex(part), expected.as_str().unwrap());
            }
        }
        assert_eq!(hex(&Sha256::digest(&whole)), text(case, "sha256"));
        for missing in 0..=raid::PARTS {
            let present: [Option<&[u8]>; raid::PARTS] =
                std::array::from_fn(|i| (i != missing).then_some(parts[i].as_slice()));
            let mut joined = vec![0; whole.len()];
            raid::join(size, 0, &present, 0, &mut joined).unwrap();
            assert_eq!(joined, whole, "size {size} without part {missing}");
        }
    }
}
