//! Whatever a client sends, the sandbox's parsers give an error, never a panic.

use megarc::sandbox::crypto::{attributes, base64, hashcash::Challenge, mpi, node_key, rsa, totp};
use megarc::sandbox::crypto::{chunks, fingerprint::Fingerprint, raid};
use megarc::sandbox::faults::Faults;
use megarc::sandbox::witness;
use proptest::prelude::*;

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,80}", words in "[-:,;@*/%=\\[\\]a-z0-9. +]{0,60}") {
        for text in [&text, &words] {
            let _ = (base64::decode(text), base64::decode_strict(text), totp::secret(text));
            let _ = (attributes::decrypt(&[1; 16], text), Fingerprint::parse(text));
            let _ = (node_key::unwrap(&[1; 16], text), node_key::handle_auth(&[1; 16], text));
            let _ = witness::check_share(&[1; 16], text, text, text);
            prop_assert!(Challenge::parse(text).is_none_or(|challenge| challenge.header() == *text));
            if let Err(error) = Faults::parse(text) {
                prop_assert!(error.position <= text.len(), "{error}");
            }
        }
    }

    #[test]
    fn any_bytes_are_no_key(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut rest = bytes.as_slice();
        while mpi::read(&mut rest).is_ok() {}
        let _ = rsa::encrypt_raw(&bytes, b"plain");
        let _ = rsa::decrypt(&bytes, &bytes, &bytes);
    }

    #[test]
    fn small_public_keys_are_no_key(n in any::<u64>(), e in any::<u64>()) {
        let blob = [mpi::write(&n.to_be_bytes()), mpi::write(&e.to_be_bytes())].concat();
        prop_assert!(rsa::encrypt_raw(&blob, b"x").is_err());
        prop_assert!(rsa::encrypt_session_id(&blob, &[1; rsa::SID]).is_err());
    }

    #[test]
    fn base64_survives_a_round_trip(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        prop_assert_eq!(base64::decode_strict(&base64::encode(&bytes)), Some(bytes));
    }

    #[test]
    fn any_numbers_are_no_piece(offset in any::<u64>(), length in any::<u64>(), size in any::<u64>()) {
        let _ = chunks::is_whole(offset, length, size);
        let parts: u128 = (1..6).map(|part| u128::from(raid::part_size(size, part))).sum();
        prop_assert_eq!(parts, u128::from(size));
        prop_assert_eq!(raid::part_size(size, 0), raid::part_size(size, 1));
    }
}
