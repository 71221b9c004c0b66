//! Accounts: what the server keeps of them, logins, and fresh sessions.
//!
//! An [`AccountRecord`] holds what MEGA's server would hold (wrapped keys, the
//! stored proof of the password) and one thing it would not: the master key,
//! because the sandbox made it, which is what lets the witness check uploads.
//! The password itself is never kept.

use serde::{Deserialize, Serialize};

use super::crypto::aes::Aes;
use super::crypto::{Malformed, base64, decode_exactly, password, random, rsa, test_key, totp};

/// Wrong e-mail or password (ENOENT).
pub const WRONG_LOGIN: i64 = -9;
/// The second factor is missing or wrong (EMFAREQUIRED).
pub const NEEDS_MFA: i64 = -26;

/// An account to be made.
#[derive(Clone)]
pub struct AccountSpec {
    /// E-mail address; stored in lower case.
    pub email: String,
    /// The password, as a user types it.
    pub password: String,
    /// 1 (AES rounds) or 2 (PBKDF2).
    pub version: u8,
    /// Second factor, if the account has one.
    pub mfa: Option<Mfa>,
    /// Storage in bytes.
    pub quota: u64,
    /// Transfer in bytes, or no limit.
    pub transfer_quota: Option<u64>,
    /// Where the RSA key pair comes from.
    pub rsa: RsaSource,
}

/// A second factor.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mfa {
    /// One-time codes over this secret in base32.
    Totp(String),
    /// Always this code.
    Code(String),
}

/// Where an account's RSA key pair comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RsaSource {
    /// Freshly made: a fraction of a second optimised, seconds otherwise.
    Generate,
    /// The published pair of `crypto/test_key.rs`. For tests only.
    Fixed,
    /// None yet: sessions come as `tsid`, until the client uploads a pair.
    Absent,
}

/// An account as the server stores it.
#[derive(Clone, Serialize, Deserialize)]
pub struct AccountRecord {
    /// User handle, 11 characters.
    pub handle: String,
    /// E-mail address in lower case.
    pub email: String,
    /// 1 or 2: what `us0` answers as `v`.
    pub version: u8,
    /// Version 2: what `us0` answers as `s`.
    pub salt: Option<String>,
    /// The master key under the password key: `k` of `us` and `ug`.
    pub k: String,
    /// The private RSA blob under the master key: `privk`. None: no RSA yet.
    pub privk: Option<String>,
    /// The public RSA blob: `pubk`.
    pub pubk: Option<String>,
    /// Second factor.
    pub mfa: Option<Mfa>,
    /// Storage in bytes.
    pub quota: u64,
    /// Transfer in bytes, or no limit.
    pub transfer_quota: Option<u64>,
    /// Half of SHA-256 over the user hash; the hash itself is not kept.
    stored_auth: String,
    master_key: String,
}

/// A session just opened.
#[derive(Clone)]
pub struct NewSession {
    /// What later requests carry as `sid`, 58 characters.
    pub sid: String,
    /// For `us`: the id encrypted to the account's RSA key …
    pub csid: Option<String>,
    /// … or bare, where the account has no RSA key.
    pub tsid: Option<String>,
}

impl AccountSpec {
    /// A version 2 account with a fresh RSA key, 20 GiB and no second factor.
    pub fn new(email: impl Into<String>, password: impl Into<String>) -> AccountSpec {
        AccountSpec {
            email: email.into(),
            password: password.into(),
            version: 2,
            mfa: None,
            quota: 20 << 30,
            transfer_quota: None,
            rsa: RsaSource::Generate,
        }
    }
}

impl AccountRecord {
    /// Makes an account: handle, master key, wrapped keys, stored proof.
    ///
    /// # Errors
    /// When the version is neither 1 nor 2, the TOTP secret is no base32, or no
    /// key could be made.
    pub fn create(spec: &AccountSpec) -> Result<AccountRecord, Malformed> {
        if let Some(Mfa::Totp(secret)) = &spec.mfa {
            totp::secret(secret).ok_or(Malformed("the TOTP secret is no base32"))?;
        }
        let email = spec.email.to_ascii_lowercase();
        let master_key: [u8; 16] = random()?;
        let (salt, derived) = match spec.version {
            1 => (
                None,
                password::derive_v1(&email, &password::password_bytes_v1(&spec.password)),
            ),
            2 => {
                let salt = password::salt_v2(&random()?);
                (
                    Some(base64::encode(&salt)),
                    password::derive_v2(&spec.password, &salt),
                )
            }
            _ => return Err(Malformed("an account's version is 1 or 2")),
        };
        let pair = match spec.rsa {
            RsaSource::Generate => Some(rsa::generate(2048)?),
            RsaSource::Fixed => Some(rsa::from_primes(
                &hex(test_key::TEST_PRIME_1),
                &hex(test_key::TEST_PRIME_2),
            )?),
            RsaSource::Absent => None,
        };
        let master = Aes::new(&master_key);
        let privk = pair
            .as_ref()
            .and_then(|pair| master.ecb_encrypt(&pair.private_blob));
        Ok(AccountRecord {
            handle: base64::encode(&random::<8>()?),
            email,
            version: spec.version,
            salt,
            k: base64::encode(&Aes::new(&derived.password_key).encrypt_block(master_key)),
            privk: privk.map(|blob| base64::encode(&blob)),
            pubk: pair.map(|pair| base64::encode(&pair.public_blob)),
            mfa: spec.mfa.clone(),
            quota: spec.quota,
            transfer_quota: spec.transfer_quota,
            stored_auth: base64::encode(&password::stored_auth(&derived.user_hash)),
            master_key: base64::encode(&master_key),
        })
    }

    /// The master key, for the witness.
    ///
    /// # Errors
    /// When a stored record was damaged.
    pub fn master_key(&self) -> Result<[u8; 16], Malformed> {
        decode_exactly(&self.master_key, "the account's master key is damaged")
    }

    /// Checks a login: the user hash first, then the second factor at `now`
    /// (UTC seconds).
    ///
    /// # Errors
    /// [`WRONG_LOGIN`] or [`NEEDS_MFA`], as the API answers them.
    pub fn check_login(&self, uh: &str, code: Option<&str>, now: u64) -> Result<(), i64> {
        let hash = base64::decode(uh).unwrap_or_default();
        if base64::encode(&password::stored_auth(&hash)) != self.stored_auth {
            return Err(WRONG_LOGIN);
        }
        let right = match (&self.mfa, code) {
            (None, _) => true,
            (Some(Mfa::Code(expected)), Some(code)) => expected == code,
            (Some(Mfa::Totp(secret)), Some(code)) => {
                totp::secret(secret).is_some_and(|secret| totp::accepts(&secret, code, now))
            }
            (Some(_), None) => false,
        };
        if right { Ok(()) } else { Err(NEEDS_MFA) }
    }

    /// Opens a session.
    ///
    /// # Errors
    /// When the system gives no randomness or the stored public key is damaged.
    pub fn new_session(&self) -> Result<NewSession, Malformed> {
        let mut head: [u8; 16] = random()?;
        // some clients strip leading zeros from the decrypted id
        head[0] = head[0].max(1);
        let tail = match &self.pubk {
            Some(_) => random()?,
            None => Aes::new(&self.master_key()?).encrypt_block(head),
        };
        let bytes = [&head[..], self.handle.as_bytes(), &tail].concat();
        let bytes: [u8; rsa::SID] = bytes
            .try_into()
            .map_err(|_| Malformed("the user handle does not have 11 characters"))?;
        let sid = base64::encode(&bytes);
        let Some(pubk) = &self.pubk else {
            return Ok(NewSession {
                tsid: Some(sid.clone()),
                sid,
                csid: None,
            });
        };
        let public_blob =
            base64::decode(pubk).ok_or(Malformed("the account's public key is damaged"))?;
        let csid = rsa::encrypt_session_id(&public_blob, &bytes)?;
        Ok(NewSession {
            sid,
            csid: Some(base64::encode(&csid)),
            tsid: None,
        })
    }

    /// Takes over an RSA pair that a client made (`up` with `privk`, `pubk`),
    /// after checking that its numbers belong together under our master key.
    ///
    /// # Errors
    /// Says what is wrong with the pair; the record is unchanged then.
    pub fn set_rsa(&mut self, privk: &str, pubk: &str) -> Result<(), Malformed> {
        let private_blob = base64::decode(privk)
            .and_then(|blob| Aes::new(&self.master_key().ok()?).ecb_decrypt(&blob))
            .ok_or(Malformed(
                "privk is not a number of 16-byte blocks in base64url",
            ))?;
        let public_blob = base64::decode(pubk).ok_or(Malformed("pubk is no base64url"))?;
        let probe = [0x5A; rsa::SID];
        let cipher = rsa::encrypt_session_id(&public_blob, &probe)?;
        let plain = rsa::decrypt(&private_blob, &public_blob, &cipher)?;
        if plain.get(..rsa::SID) != Some(&probe[..]) {
            return Err(Malformed("privk does not decrypt what pubk encrypts"));
        }
        self.privk = Some(privk.to_owned());
        self.pubk = Some(pubk.to_owned());
        Ok(())
    }
}

impl std::fmt::Debug for AccountRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountRecord")
            .field("handle", &self.handle)
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().as_chunks::<2>().0;
    digits
        .iter()
        .filter_map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn spec(version: u8, rsa: RsaSource) -> AccountSpec {
        AccountSpec {
            version,
            rsa,
            ..AccountSpec::new("Some.One@Example.com", "pässwörd")
        }
    }

    fn user_hash(record: &AccountRecord, typed: &str) -> String {
        let derived = match &record.salt {
            Some(salt) => password::derive_v2(typed, &base64::decode(salt).unwrap()),
            None => password::derive_v1(&record.email, &password::password_bytes_v1(typed)),
        };
        base64::encode(&derived.user_hash)
    }

    #[test]
    fn both_versions_accept_the_password_and_nothing_else() {
        for version in [1, 2] {
            let record = AccountRecord::create(&spec(version, RsaSource::Absent)).unwrap();
            assert_eq!(record.email, "some.one@example.com");
            assert_eq!(record.salt.is_some(), version == 2);
            assert_eq!(
                record.check_login(&user_hash(&record, "pässwörd"), None, 0),
                Ok(())
            );
            assert_eq!(
                record.check_login(&user_hash(&record, "passwörd"), None, 0),
                Err(WRONG_LOGIN)
            );
            assert_eq!(record.check_login("", None, 0), Err(WRONG_LOGIN));
        }
    }

    #[test]
    fn the_second_factor_is_asked_for_after_the_password() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"; // RFC 6238: 12345678901234567890
        let mfa = Some(Mfa::Totp(secret.into()));
        let record = AccountRecord::create(&AccountSpec {
            mfa,
            ..spec(1, RsaSource::Absent)
        })
        .unwrap();
        let uh = user_hash(&record, "pässwörd");
        assert_eq!(
            record.check_login("AAAAAAAAAAA", Some("287082"), 59),
            Err(WRONG_LOGIN)
        );
        assert_eq!(record.check_login(&uh, None, 59), Err(NEEDS_MFA));
        assert_eq!(record.check_login(&uh, Some("287081"), 59), Err(NEEDS_MFA));
        assert_eq!(record.check_login(&uh, Some("287082"), 59), Ok(()));
        assert_eq!(record.check_login(&uh, Some("287082"), 200), Err(NEEDS_MFA));
    }

    #[test]
    fn a_session_id_comes_out_of_the_rsa_key_at_the_fixed_width() {
        let record = AccountRecord::create(&spec(1, RsaSource::Fixed)).unwrap();
        let session = record.new_session().unwrap();
        let privk = base64::decode(record.privk.as_ref().unwrap()).unwrap();
        let private_blob = Aes::new(&record.master_key().unwrap())
            .ecb_decrypt(&privk)
            .unwrap();
        let public_blob = base64::decode(record.pubk.as_ref().unwrap()).unwrap();
        let csid = base64::decode(session.csid.as_ref().unwrap()).unwrap();
        let plain = rsa::decrypt(&private_blob, &public_blob, &csid).unwrap();
        assert_eq!(plain.len(), 254);
        assert_eq!(base64::encode(&plain[..43]), session.sid);
        assert_ne!(plain[0], 0);
        assert_eq!(&plain[16..27], record.handle.as_bytes());
        assert_eq!((session.sid.len(), session.tsid.is_none()), (58, true));
    }

    #[test]
    fn an_account_without_rsa_gets_a_checkable_session_and_later_a_key() {
        let mut record = AccountRecord::create(&spec(1, RsaSource::Absent)).unwrap();
        let master = Aes::new(&record.master_key().unwrap());
        let tsid = base64::decode(&record.new_session().unwrap().tsid.unwrap()).unwrap();
        assert_eq!(
            master.encrypt_block(tsid[..16].try_into().unwrap()),
            tsid[27..43]
        );

        let pair =
            rsa::from_primes(&hex(test_key::TEST_PRIME_1), &hex(test_key::TEST_PRIME_2)).unwrap();
        let pubk = base64::encode(&pair.public_blob);
        let privk = |blob: &[u8]| base64::encode(&master.ecb_encrypt(blob).unwrap());
        let mut damaged = pair.private_blob.clone();
        damaged[600] ^= 1;
        assert!(record.set_rsa(&privk(&damaged), &pubk).is_err());
        assert!(
            record
                .set_rsa(&base64::encode(&pair.private_blob), &pubk)
                .is_err(),
            "not under the master key"
        );
        record.set_rsa(&privk(&pair.private_blob), &pubk).unwrap();
        assert!(record.new_session().unwrap().csid.is_some());
    }

    #[test]
    fn a_record_survives_storage_and_shows_no_secret() {
        let record = AccountRecord::create(&spec(1, RsaSource::Fixed)).unwrap();
        let stored = serde_json::to_string(&record).unwrap();
        let loaded: AccountRecord = serde_json::from_str(&stored).unwrap();
        assert_eq!(loaded.master_key(), record.master_key());
        assert!(!format!("{record:?}").contains(&record.master_key));
    }
}
