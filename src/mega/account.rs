//! What the account says about itself: quota, user, stored share keys.

use std::collections::BTreeMap;

use crate::mega::api::{Quota, QuotaReply, UserAttribute, UserInfo, UserInfoReply};
use crate::mega::client::Client;
use crate::mega::crypto::keys::ShareKey;
use crate::mega::crypto::keys_attribute::KeysAttribute;
use crate::mega::error::{Error, ErrorCode};
use crate::mega::handle::NodeHandle;

/// Where upgraded accounts keep share keys.
const KEYS_ATTRIBUTE: &str = "^!keys";

impl Client {
    /// Asks for storage and transfer quota.
    ///
    /// # Errors
    /// The server refused, or no answer could be had.
    pub async fn quota(&self) -> Result<QuotaReply, Error> {
        self.session()?;
        self.api().call(Quota).await
    }

    /// Asks who this account is.
    ///
    /// # Errors
    /// The server refused, or no answer could be had.
    pub async fn user_info(&self) -> Result<UserInfoReply, Error> {
        self.session()?;
        self.api().call(UserInfo).await
    }

    /// Fetches the share keys of the `^!keys` attribute: those of incoming
    /// shares, and of folders exported by official clients. Empty for accounts
    /// that have never been upgraded. The attribute is never written.
    ///
    /// # Errors
    /// The server refused, or the attribute does not open with our master key.
    pub async fn stored_share_keys(&self) -> Result<BTreeMap<NodeHandle, ShareKey>, Error> {
        let session = self.session()?;
        let command = UserAttribute {
            user: session.user,
            name: KEYS_ATTRIBUTE.to_owned(),
        };
        let attribute = match self.api().call(command).await {
            Ok(attribute) => attribute,
            Err(error) if error.code() == Some(ErrorCode::ENOENT) => return Ok(BTreeMap::new()),
            Err(error) => return Err(error),
        };
        let parsed = KeysAttribute::parse(&attribute.value, &session.master_key)?;
        Ok(parsed
            .shares
            .into_iter()
            .filter_map(|share| Some((NodeHandle::parse(&share.handle)?, share.key)))
            .collect())
    }
}
