//! The login: `us0`, password key, `us`, second factor.
//!
//! Two kinds of account have passwords that clients spell differently. v1
//! hashes are not made from UTF-8 by the official clients but are by others,
//! and the web client trims a password when it is set. The usual spelling goes
//! first; the other one is tried when the server says `-9`. Spec:
//! docs/protocol.md, "Version 1", "Version 2".

use tracing::{debug, warn};

use super::key_pair::make_key_pair;
use super::mfa::Codes;
use super::opening::{Opened, open};
use super::{Credentials, Secret, Session};
use crate::mega::api::{Api, Login, LoginReply, Prelogin, PreloginReply};
use crate::mega::crypto::base64;
use crate::mega::crypto::keys::PasswordKey;
use crate::mega::crypto::password::{derive_v1, derive_v1_utf8, derive_v2, user_hash_v1};
use crate::mega::error::{Error, ErrorCode, LoginFailure};

/// Logs in over `api`, which has no session. An account without RSA key gets
/// one made, as the web client does at the first login.
///
/// # Errors
/// [`Error::Login`] where the server refused; otherwise no answer could be had.
pub(super) async fn log_in(api: &Api, credentials: &Credentials) -> Result<Session, Error> {
    let mut codes = credentials.mfa.begin();
    let opened = open_session(api, credentials, &mut codes).await?;
    if !opened.needs_key_pair {
        return Ok(opened.session);
    }
    match make_key_pair(api, &opened.session).await {
        Ok(()) => Ok(open_session(api, credentials, &mut codes).await?.session),
        Err(error) => {
            warn!(target: "megarc", "The account has no RSA key, and none could be made for it: {error}");
            Ok(opened.session)
        }
    }
}

async fn open_session(
    api: &Api,
    credentials: &Credentials,
    codes: &mut Codes<'_>,
) -> Result<Opened, Error> {
    let email = credentials.account();
    let password = &credentials.password;
    let version = api
        .call(Prelogin {
            email: email.clone(),
        })
        .await
        .map_err(|error| explain(error, password))?;

    let mut spellings = spellings(&version, password)?.into_iter().peekable();
    while let Some(spelling) = spellings.next() {
        let (key, user_hash) = derive(spelling, email.clone()).await?;
        match request_session(api, &email, &user_hash, codes).await {
            Ok(reply) => return open(reply, &key).map_err(Error::Login),
            Err(error) if error.code() == Some(ErrorCode::ENOENT) && spellings.peek().is_some() => {
                debug!(target: "megarc", "login refused, trying the other spelling of the password");
            }
            Err(error) => return Err(explain(error, password)),
        }
    }
    Err(Error::Login(LoginFailure::Refused(ErrorCode::ENOENT)))
}

/// `us`, again with each code that the second factor's sources give.
async fn request_session(
    api: &Api,
    email: &str,
    user_hash: &str,
    codes: &mut Codes<'_>,
) -> Result<LoginReply, Error> {
    let mut code = None;
    loop {
        let login = Login {
            email: email.to_owned(),
            user_hash: user_hash.to_owned(),
            code: code.clone(),
        };
        match api.call(login).await {
            // A wrong code is told by -26 again, by some servers by -5.
            Err(Error::Api { code: refused, .. })
                if refused == ErrorCode::EMFAREQUIRED
                    || (refused == ErrorCode::EFAILED && code.is_some()) =>
            {
                code = Some(codes.next().await?);
            }
            other => return other,
        }
    }
}

/// In a login, codes mean other things than elsewhere.
fn explain(error: Error, password: &Secret) -> Error {
    match error {
        Error::Api { code, .. } => LoginFailure::from_code(code, password.reveal()).into(),
        other => other,
    }
}

/// One way to turn the password into a key.
enum Spelling {
    V1(Secret),
    V1Utf8(Secret),
    V2(Secret, Vec<u8>),
}

fn spellings(version: &PreloginReply, password: &Secret) -> Result<Vec<Spelling>, Error> {
    let text = password.reveal();
    let mut spellings = Vec::new();
    match version {
        PreloginReply::V1 => {
            spellings.push(Spelling::V1(password.clone()));
            if !text.is_ascii() {
                spellings.push(Spelling::V1Utf8(password.clone()));
            }
        }
        PreloginReply::V2 { salt } => {
            let salt = base64::decode(salt)
                .map_err(|error| LoginFailure::BadAnswer(format!("salt: {error}")))?;
            spellings.push(Spelling::V2(password.clone(), salt.clone()));
            if text.trim() != text {
                spellings.push(Spelling::V2(Secret::new(text.trim()), salt));
            }
        }
    }
    Ok(spellings)
}

/// Derives password key and user hash, away from the runtime's threads: it is
/// tens of milliseconds of pure computing.
async fn derive(spelling: Spelling, email: String) -> Result<(PasswordKey, String), Error> {
    let computing = tokio::task::spawn_blocking(move || {
        let v1 = |key: PasswordKey| {
            let user_hash = user_hash_v1(&email, &key);
            (key, user_hash)
        };
        match spelling {
            Spelling::V1(password) => v1(derive_v1(password.reveal())),
            Spelling::V1Utf8(password) => v1(derive_v1_utf8(password.reveal())),
            Spelling::V2(password, salt) => derive_v2(password.reveal(), &salt),
        }
    });
    computing
        .await
        .map_err(|_| Error::Invalid("the login was interrupted".to_owned()))
}
