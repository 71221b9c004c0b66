//! From password to session: both account versions, RSA, session ids.

use megarc::mega::crypto::keys::{MasterKey, PasswordKey, ShareKey};
use megarc::mega::crypto::password::{derive_v1, derive_v1_utf8, derive_v2, user_hash_v1};
use megarc::mega::crypto::rsa::RsaPrivateKey;
use megarc::mega::crypto::session_id::SessionId;
use megarc::mega::crypto::wrap::Wrapping;
use megarc::mega::crypto::{CryptoError, base64, mpi};
use serde_json::Value;

use crate::support::*;

#[test]
fn version_1_passwords() {
    for case in cases(&load("login"), "v1") {
        let (password, email) = (text(case, "password"), text(case, "email"));
        let check = |key: PasswordKey, expected: &Value| {
            assert_eq!(hex(key.as_bytes()), text(expected, "password_key_hex"));
            assert_eq!(user_hash_v1(email, &key), text(expected, "uh"));
        };
        check(derive_v1(password), case);
        match &case["utf8_variant"] {
            Value::Null => assert_eq!(derive_v1(password), derive_v1_utf8(password)),
            variant => check(derive_v1_utf8(password), variant),
        }
    }
}

#[test]
fn version_2_passwords() {
    for case in cases(&load("login"), "v2") {
        let salt = base64::decode(text(case, "salt")).unwrap();
        let (key, uh) = derive_v2(text(case, "password"), &salt);
        assert_eq!(hex(key.as_bytes()), text(case, "password_key_hex"));
        assert_eq!(uh, text(case, "uh"));
    }
}

#[test]
fn the_rsa_key_pair_is_read() {
    let rsa = &load("login")["rsa"];
    let blob = bytes(rsa, "privk_plain_hex");
    let mut rest = blob.as_slice();
    for number in ["p_hex", "q_hex", "d_hex", "u_hex"] {
        let (value, after) = mpi::split_mpi(rest).unwrap();
        assert_eq!(hex(value), text(rsa, number), "{number}");
        rest = after;
    }
    assert!(rest.len() < 16);
    RsaPrivateKey::parse(&blob).unwrap();
    let public = base64::decode(text(rsa, "pubk")).unwrap();
    let (n, rest) = mpi::split_mpi(&public).unwrap();
    let (e, _) = mpi::split_mpi(rest).unwrap();
    assert_eq!(hex(n), text(rsa, "n_hex"));
    assert_eq!(u64::from_str_radix(&hex(e), 16).unwrap(), number(rsa, "e"));

    let mut damaged = blob.clone();
    damaged[10] ^= 1;
    assert_eq!(
        RsaPrivateKey::parse(&damaged).unwrap_err(),
        CryptoError::RsaKey
    );
}

#[test]
fn whole_logins() {
    let file = load("login");
    let all = cases(&file, "exchange").iter();
    for case in all.chain([&file["exchange_sid_with_leading_zero"]]) {
        let (answer, expect) = (&case["us_response"], &case["expect"]);
        let password = text(case, "password");
        let (password_key, uh) = match number(case, "account_version") {
            1 => {
                let key = derive_v1(password);
                let uh = user_hash_v1(text(case, "email"), &key);
                (key, uh)
            }
            _ => {
                let salt = base64::decode(text(&case["us0_response"], "s")).unwrap();
                derive_v2(password, &salt)
            }
        };
        assert_eq!(uh, text(&case["us_request"], "uh"));
        assert_eq!(
            hex(password_key.as_bytes()),
            text(expect, "password_key_hex")
        );

        let wrapped = base64::decode(text(answer, "k")).unwrap();
        let master = MasterKey::from_slice(&password_key.unwrap_key(&wrapped).unwrap()).unwrap();
        assert_eq!(hex(master.as_bytes()), text(expect, "master_key_hex"));

        let privk = base64::decode(text(answer, "privk")).unwrap();
        let rsa = RsaPrivateKey::parse(&master.unwrap_key(&privk).unwrap()).unwrap();
        let csid = base64::decode(text(answer, "csid")).unwrap();
        let sid = rsa.decrypt_session_id(&csid).unwrap();
        assert_eq!(hex(sid.as_bytes()), text(expect, "sid_hex"));
        assert_eq!(sid.to_text(), text(expect, "sid"));
        assert_eq!(sid.user_handle(), expect["user_handle"].as_str());

        // one bit changed: no session id comes out
        let mut changed = csid;
        changed[100] ^= 1;
        assert_eq!(
            rsa.decrypt_session_id(&changed).unwrap_err(),
            CryptoError::SessionId
        );
        // another master key: no RSA key comes out
        let wrong = MasterKey::from_bytes([1; 16]).unwrap_key(&privk).unwrap();
        assert!(matches!(
            RsaPrivateKey::parse(&wrong).unwrap_err(),
            CryptoError::RsaKey | CryptoError::Mpi
        ));
    }
}

#[test]
fn session_ids_of_accounts_without_rsa_key() {
    let case = &load("login")["ephemeral"];
    let answer = &case["us_response"];
    let password_key = PasswordKey::from_bytes(array(case, "password_key_hex"));
    let wrapped = base64::decode(text(answer, "k")).unwrap();
    let master = MasterKey::from_slice(&password_key.unwrap_key(&wrapped).unwrap()).unwrap();
    assert_eq!(
        hex(master.as_bytes()),
        text(&case["expect"], "master_key_hex")
    );
    let sid = SessionId::from_tsid(text(answer, "tsid"), &master).unwrap();
    assert_eq!(sid.to_text(), text(&case["expect"], "sid"));
    assert_eq!(sid.user_handle(), answer["u"].as_str());

    // ssc || AES(master key, ssc), as the account was made
    let ts = base64::decode(text(&case["up_request"], "ts")).unwrap();
    assert_eq!(master.wrap(&ts[..16]), ts[16..]);
    assert_eq!(
        base64::encode(&password_key.wrap(master.as_bytes())),
        text(&case["up_request"], "k")
    );

    assert_eq!(
        SessionId::from_tsid(text(answer, "tsid"), &MasterKey::from_bytes([1; 16])),
        Err(CryptoError::SessionId)
    );
}

#[test]
fn the_official_session_string_is_made_of_our_parts() {
    let case = &load("login")["session_blob"];
    // the session key wraps as a share key does: one AES block
    let session_key = ShareKey::from_bytes(array(case, "sek_hex"));
    let mut blob = vec![1];
    blob.extend(session_key.wrap(&bytes(case, "master_key_hex")));
    blob.extend(bytes(case, "sid_hex"));
    assert_eq!(base64::encode(&blob), text(case, "blob"));
}
