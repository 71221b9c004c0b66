//! Changing attributes: names, modification times, marks. All others stay.

use super::{require, require_not_root};
use crate::mega::api::SetAttributes;
use crate::mega::client::Client;
use crate::mega::crypto::attributes::Attributes;
use crate::mega::crypto::fingerprint::Fingerprint;
use crate::mega::error::Error;
use crate::mega::handle::NodeHandle;
use crate::mega::node::NodeAttributes;

impl Client {
    /// Gives a node another name.
    ///
    /// # Errors
    /// The node is gone, cannot be decrypted, or the server refused.
    pub async fn rename(&self, node: NodeHandle, name: &str) -> Result<(), Error> {
        self.note_own(node);
        self.edit_attributes(node, |attributes| attributes.set_name(name))
            .await
    }

    /// Sets one attribute by its wire name (`lbl`, `fav`), or takes it away.
    ///
    /// # Errors
    /// As [`rename`](Self::rename).
    pub async fn set_attribute(
        &self,
        node: NodeHandle,
        attribute: &str,
        value: Option<&str>,
    ) -> Result<(), Error> {
        self.edit_attributes(node, |attributes| match value {
            Some(value) => attributes.set(attribute, value),
            None => {
                attributes.remove(attribute);
            }
        })
        .await
    }

    /// Gives a file another modification time, in UTC seconds. MEGA keeps it
    /// inside the fingerprint: where the uploader wrote none, the one of the
    /// content that [`compare`](Self::compare) found equal is taken, or the
    /// few kilobytes that it looks at are fetched.
    ///
    /// # Errors
    /// As [`rename`](Self::rename); for a file without fingerprint also those
    /// of reading it.
    pub async fn set_mtime(&self, file: NodeHandle, mtime: i64) -> Result<(), Error> {
        let tree = self.tree().await?;
        let known = require(&tree.read(), file)?.fingerprint();
        let known = known.or_else(|| self.state().samples.take(file));
        let known = match known {
            Some(known) => known,
            None => self.sample(file).await?,
        };
        let new = Fingerprint {
            crc: known.crc,
            mtime,
        };
        self.edit_attributes(file, |attributes| attributes.set_fingerprint(&new))
            .await
    }

    /// Reads a node's attributes, changes some, and writes all back.
    pub(super) async fn edit_attributes(
        &self,
        node: NodeHandle,
        edit: impl FnOnce(&mut Attributes),
    ) -> Result<(), Error> {
        let tree = self.tree().await?;
        let (key, kept) = {
            let tree = tree.read();
            let node = require(&tree, node)?;
            require_not_root(node)?;
            match (node.key(), node.attributes()) {
                (Some(key), Some(kept)) => (key, kept),
                _ => return Err(Error::Invalid("the node cannot be decrypted".to_owned())),
            }
        };
        let mut attributes = kept.to_attributes();
        edit(&mut attributes);
        self.api()
            .call(SetAttributes {
                node,
                attributes: attributes.encrypt(key.attr_key()),
            })
            .await?;
        if let Some(kept) = NodeAttributes::from_attributes(&attributes) {
            tree.write().update(node, &kept);
        }
        Ok(())
    }
}
