//! The keys that open nodes: the account's own and those of shares.
//!
//! Which of them opens which node is decided in
//! [`key_field`](crate::mega::crypto::key_field); this only holds them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::mega::crypto::base64;
use crate::mega::crypto::key_field::{KeyRing, open_node_key};
use crate::mega::crypto::keys::{MasterKey, NodeKey, ShareKey};
use crate::mega::crypto::rsa::RsaPrivateKey;
use crate::mega::crypto::wrap::{Wrapper, Wrapping};
use crate::mega::handle::NodeHandle;

/// Keys by who holds them.
pub struct Keyring {
    own_handle: String,
    own_key: Wrapper,
    rsa: Option<Arc<RsaPrivateKey>>,
    shares: HashMap<NodeHandle, (ShareKey, Wrapper)>,
}

impl Keyring {
    /// The ring of an account.
    #[must_use]
    pub fn of_account(user: &str, master: &MasterKey, rsa: Option<Arc<RsaPrivateKey>>) -> Self {
        Self {
            own_handle: user.to_owned(),
            own_key: master.wrapper(),
            rsa,
            shares: HashMap::new(),
        }
    }

    /// The ring of a folder link, whose root is still to be learned.
    #[must_use]
    pub fn of_link(key: &ShareKey) -> Self {
        Self {
            own_handle: String::new(),
            own_key: key.wrapper(),
            rsa: None,
            shares: HashMap::new(),
        }
    }

    /// A ring that opens nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            own_handle: "-".to_owned(),
            own_key: Wrapper::new(&[0; 16]),
            rsa: None,
            shares: HashMap::new(),
        }
    }

    /// Whether this is a link's ring that does not know its root yet.
    #[must_use]
    pub fn lacks_root(&self) -> bool {
        self.own_handle.is_empty()
    }

    /// Tells a link's ring the handle that its nodes' keys are listed under.
    pub fn set_root(&mut self, root: &str) {
        root.clone_into(&mut self.own_handle);
    }

    /// Adds the key of a share; the first one stays.
    pub fn add_share(&mut self, folder: NodeHandle, key: ShareKey) {
        self.shares.entry(folder).or_insert_with(|| {
            let wrapper = key.wrapper();
            (key, wrapper)
        });
    }

    /// The key of a share.
    #[must_use]
    pub fn share(&self, folder: NodeHandle) -> Option<&ShareKey> {
        self.shares.get(&folder).map(|(key, _)| key)
    }

    /// All share keys.
    pub fn shares(&self) -> impl Iterator<Item = (NodeHandle, &ShareKey)> {
        self.shares.iter().map(|(folder, (key, _))| (*folder, key))
    }

    /// How many share keys are known.
    #[must_use]
    pub fn share_count(&self) -> usize {
        self.shares.len()
    }

    /// Opens the `sk` of an incoming share.
    #[must_use]
    pub fn open_share_key(&self, sk: &str) -> Option<ShareKey> {
        let mut bytes = base64::decode(sk).ok()?;
        if bytes.len() == ShareKey::LEN {
            self.own_key.decrypt_in_place(&mut bytes);
        } else {
            let rsa = self.rsa.as_ref()?;
            bytes = rsa.decrypt_key(&bytes, ShareKey::LEN).ok()?.to_vec();
        }
        ShareKey::from_slice(&bytes)
            .ok()
            .filter(|key| key.as_bytes() != &[0; 16])
    }

    /// Opens the `k` of a node; `None` when nothing here opens it.
    #[must_use]
    pub fn open(&self, k: &str, is_file: bool) -> Option<NodeKey> {
        open_node_key(k, is_file, self).ok().flatten()
    }
}

impl KeyRing for Keyring {
    fn own_handle(&self) -> &str {
        &self.own_handle
    }

    fn own_key(&self) -> &Wrapper {
        &self.own_key
    }

    fn share_key(&self, handle: &str) -> Option<&Wrapper> {
        let (_, wrapper) = self.shares.get(&NodeHandle::parse(handle)?)?;
        Some(wrapper)
    }

    fn rsa_key(&self) -> Option<&RsaPrivateKey> {
        self.rsa.as_deref()
    }
}
