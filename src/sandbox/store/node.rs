//! Nodes as the server keeps them: sizes, places and opaque ciphertext.

use serde::{Deserialize, Serialize};

use crate::sandbox::json::Object;
use crate::sandbox::text::{Handle, UserHandle};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Content with a size; its children are its older versions.
    File,
    /// A folder.
    Folder,
    /// The Cloud Drive.
    Cloud,
    /// The vault, which only backup clients change.
    Vault,
    /// The rubbish bin.
    Rubbish,
}

impl Kind {
    /// The number on the wire.
    pub fn number(self) -> u8 {
        match self {
            Self::File => 0,
            Self::Folder => 1,
            Self::Cloud => 2,
            Self::Vault => 3,
            Self::Rubbish => 4,
        }
    }

    /// Whether it is one of the three roots of an account.
    pub fn is_root(self) -> bool {
        matches!(self, Self::Cloud | Self::Vault | Self::Rubbish)
    }

    /// Whether other nodes may be put into it.
    pub fn is_container(self) -> bool {
        self != Self::File
    }
}

/// The number under which stored content is known.
pub type BlobId = u64;

/// A node of some account's tree.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Node {
    /// Its own handle.
    #[serde(rename = "h")]
    pub handle: Handle,
    /// Its parent; none for the roots.
    #[serde(rename = "p")]
    pub parent: Option<Handle>,
    /// The account it belongs to.
    #[serde(rename = "u")]
    pub owner: UserHandle,
    /// What it is.
    #[serde(rename = "t")]
    pub kind: Kind,
    /// Encrypted attributes as the client sent them.
    #[serde(rename = "a")]
    pub attributes: Box<str>,
    /// Node key under the owner's master key, without the owner's handle;
    /// empty if the owner has it only by way of a share.
    #[serde(rename = "k")]
    pub key: Box<str>,
    /// Node keys under share keys, by the handle of the shared folder.
    #[serde(rename = "sk", default, skip_serializing_if = "Vec::is_empty")]
    pub share_keys: Vec<(Handle, Box<str>)>,
    /// Size of the content in bytes; 0 for folders.
    #[serde(rename = "s", default)]
    pub size: u64,
    /// When it was made, Unix seconds.
    #[serde(rename = "ts")]
    pub created: i64,
    /// Thumbnails and previews.
    #[serde(rename = "fa", default, skip_serializing_if = "Option::is_none")]
    pub file_attributes: Option<Box<str>>,
    /// Where the content is; files only.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<BlobId>,
    /// Position in the order of creation: listings keep it over restarts.
    #[serde(rename = "q")]
    pub order: u64,
}

/// For whom a node is written: this decides which keys it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// The account that owns it.
    Owner,
    /// Another account that sees it through the share of this folder.
    Share(Handle),
    /// Anyone with the link to this folder.
    Link(Handle),
}

impl Node {
    /// The key field as `viewer` gets it.
    pub fn key_field(&self, viewer: Viewer) -> String {
        if self.kind.is_root() {
            return String::new();
        }
        match viewer {
            Viewer::Owner if !self.key.is_empty() => format!("{}:{}", self.owner, self.key),
            Viewer::Owner => self
                .share_keys
                .iter()
                .map(|(share, key)| format!("{share}:{key}"))
                .collect::<Vec<_>>()
                .join("/"),
            Viewer::Share(root) | Viewer::Link(root) => self
                .share_key(root)
                .map(|key| format!("{root}:{key}"))
                .unwrap_or_default(),
        }
    }

    /// The node key under the share key of `root`.
    pub fn share_key(&self, root: Handle) -> Option<&str> {
        self.share_keys
            .iter()
            .find(|(share, _)| *share == root)
            .map(|(_, key)| &**key)
    }

    /// Remembers the node key under the share key of `root`.
    pub fn set_share_key(&mut self, root: Handle, key: &str) {
        match self.share_keys.iter_mut().find(|(share, _)| *share == root) {
            Some((_, old)) => *old = key.into(),
            None => self.share_keys.push((root, key.into())),
        }
    }

    /// The fields that every answer with a node has, ready for more.
    pub fn fields(&self, viewer: Viewer) -> Object {
        let parent = self.parent.as_ref().map_or("", Handle::as_str);
        let object = Object::new()
            .text("h", self.handle.as_str())
            .text("p", parent)
            .text("u", self.owner.as_str())
            .raw("t", self.kind.number())
            .text("a", &self.attributes)
            .text("k", &self.key_field(viewer));
        let object = if self.kind == Kind::File {
            object.raw("s", self.size)
        } else {
            object
        };
        object
            .maybe_text("fa", self.file_attributes.as_deref())
            .raw("ts", self.created)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn node() -> Node {
        Node {
            handle: Handle::parse("AAAAAAAA").unwrap(),
            parent: Handle::parse("PPPPPPPP"),
            owner: UserHandle::parse("UUUUUUUUUUU").unwrap(),
            kind: Kind::File,
            attributes: "attrs".into(),
            key: "own".into(),
            share_keys: vec![(Handle::parse("SSSSSSSS").unwrap(), "shared".into())],
            size: 5,
            created: 7,
            file_attributes: None,
            blob: Some(1),
            order: 1,
        }
    }

    #[test]
    fn each_viewer_gets_its_key() {
        let node = node();
        let share = Handle::parse("SSSSSSSS").unwrap();
        let other = Handle::parse("OOOOOOOO").unwrap();
        assert_eq!(node.key_field(Viewer::Owner), "UUUUUUUUUUU:own");
        assert_eq!(node.key_field(Viewer::Link(share)), "SSSSSSSS:shared");
        assert_eq!(node.key_field(Viewer::Link(other)), "");
    }

    #[test]
    fn the_wire_form_is_compact_and_ordered() {
        assert_eq!(
            node().fields(Viewer::Owner).end(),
            "{\"h\":\"AAAAAAAA\",\"p\":\"PPPPPPPP\",\"u\":\"UUUUUUUUUUU\",\"t\":0,\"a\":\"attrs\",\
             \"k\":\"UUUUUUUUUUU:own\",\"s\":5,\"ts\":7}"
        );
    }
}
