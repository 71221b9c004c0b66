//! The fingerprint of a stored file whose uploader wrote none: only the windows
//! that it looks at are fetched, 8 KiB at most.

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};

use super::address::Address;
use super::range;
use crate::mega::client::Client;
use crate::mega::crypto::content::ContentCipher;
use crate::mega::crypto::fingerprint::{Fingerprint, windows};
use crate::mega::error::Error;
use crate::mega::handle::NodeHandle;

/// Windows that are fetched at the same time.
const SIDE_BY_SIDE: usize = 8;

impl Client {
    /// The fingerprint of a stored file's content at time 0. What is fetched
    /// cannot be verified by itself: fit for the attribute, not as a proof.
    pub(in crate::mega) async fn sample(&self, file: NodeHandle) -> Result<Fingerprint, Error> {
        let download = self.file(file).await?;
        let (size, key) = (download.size, download.key);
        let address = Address::new(self, download.target, size);
        let cipher = ContentCipher::new(key.aes_key(), key.nonce());
        let (address, cipher) = (&address, &cipher);
        let fetched: HashMap<u64, Vec<u8>> = stream::iter(windows(size))
            .map(|(offset, length)| async move {
                let mut bytes = range::fetch(address, offset, length).await?;
                cipher.apply_keystream(offset, bytes.bytes_mut());
                Ok::<_, Error>((offset, bytes.as_ref().to_vec()))
            })
            .buffer_unordered(SIDE_BY_SIDE)
            .try_collect()
            .await?;
        Fingerprint::from_reader(size, 0, |offset, window| {
            let bytes = fetched.get(&offset).filter(|b| b.len() == window.len());
            let bytes = bytes.ok_or_else(|| Error::protocol("g", "a range is missing"))?;
            window.copy_from_slice(bytes);
            Ok(())
        })
    }
}
