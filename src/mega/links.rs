//! Public links as read-only trees.
//!
//! A folder link's tree comes from `f` in the link's own context; a file link
//! becomes a made-up folder with that one file in it. Neither needs an account.

use super::api::{Api, DownloadTarget, FetchNodes, NodeSource, RequestDownload};
use super::client::Client;
use super::crypto::keys::{FileKey, NodeKey, ShareKey};
use super::crypto::link::{LinkError, LinkTarget, PublicLink, SubKind, SubNode};
use super::crypto::password_link::PasswordLink;
use super::error::Error;
use super::handle::{NodeHandle, PublicHandle};
use super::node::{Contents, Keyring, Node, NodeAttributes, NodeKind};
use super::tree::{NodeRef, Tree};

/// The handle of the made-up folder around a file link's file. No server
/// handle can be in its way: the tree holds nothing else.
const ROOT: &str = "________";

/// A link that a client shows.
pub(super) struct OpenedLink {
    handle: PublicHandle,
    target: LinkTarget,
}

/// Reads a link of any form; one with a password is opened with `password`.
///
/// # Errors
/// It is no link to data, or the password is missing or wrong.
pub fn read_link(text: &str, password: Option<&str>) -> Result<PublicLink, Error> {
    match (PublicLink::parse(text), password) {
        (Err(LinkError::NeedsPassword), Some(password)) => {
            Ok(PasswordLink::parse(text)?.open(password)?)
        }
        (result, _) => Ok(result?),
    }
}

impl Client {
    /// A client that shows what is behind a public link, and changes nothing.
    ///
    /// # Errors
    /// The link is malformed. Whether it still exists shows on the first use.
    pub fn open_link(&self, link: &PublicLink) -> Result<Self, Error> {
        let handle = PublicHandle::parse(&link.handle).ok_or(LinkError::Handle)?;
        let opened = OpenedLink {
            handle,
            target: link.target.clone(),
        };
        let api = match link.target {
            LinkTarget::File(_) => self.api().clone(),
            LinkTarget::Folder { .. } => self.api().with_link_context(handle),
        };
        Ok(self.over_link(api, opened))
    }

    /// The link that this client shows, if it shows one.
    #[must_use]
    pub fn shown_link(&self) -> Option<PublicLink> {
        self.state().link.as_ref().map(OpenedLink::to_link)
    }
}

/// Locks a link with a password; nobody opens it without.
///
/// # Errors
/// The link's handle is malformed.
pub fn protect_link(link: &PublicLink, password: &str) -> Result<String, Error> {
    Ok(PasswordLink::protect(link, password)?.to_url())
}

impl OpenedLink {
    /// The link with its key.
    pub(super) fn to_link(&self) -> PublicLink {
        PublicLink {
            handle: self.handle.to_string(),
            target: self.target.clone(),
        }
    }

    /// What a node of the link's tree is made of in another account.
    pub(super) fn import_source(&self, node: NodeRef<'_>) -> NodeSource {
        match self.target {
            LinkTarget::File(_) => NodeSource::ImportFile(self.handle),
            LinkTarget::Folder { .. } => NodeSource::ImportFrom {
                handle: node.handle(),
                folder: node.kind().is_folder(),
            },
        }
    }

    /// What `g` is to be asked for.
    pub(super) fn download_target(&self, file: NodeHandle) -> DownloadTarget {
        match self.target {
            LinkTarget::File(_) => DownloadTarget::Link(self.handle),
            LinkTarget::Folder { .. } => DownloadTarget::Node(file),
        }
    }

    /// The tree behind the link; [`Tree::cloud`] is what the link names.
    pub(super) async fn fetch_tree(&self, api: &Api) -> Result<Tree, Error> {
        match &self.target {
            LinkTarget::File(key) => self.file_tree(api, key).await,
            LinkTarget::Folder { key, sub } => folder_tree(api, key, sub.as_ref()).await,
        }
    }

    async fn file_tree(&self, api: &Api, key: &FileKey) -> Result<Tree, Error> {
        let reply = api
            .call(RequestDownload {
                target: DownloadTarget::Link(self.handle),
                use_https: false,
                with_address: false,
                striped: false,
            })
            .await?;
        let key = NodeKey::File(key.clone());
        let attributes = NodeAttributes::decrypt(&reply.attributes, key.attr_key())
            .ok_or(Error::Crypto(super::crypto::CryptoError::AttributesMagic))?;
        let parse = |text: &str| NodeHandle::parse(text).ok_or(LinkError::Handle);
        let file = Node {
            handle: parse(self.handle.as_str())?,
            parent: None,
            kind: NodeKind::File,
            size: reply.size,
            created: 0,
            shared_by_other: None,
            contents: Contents::Open(key, attributes),
        };
        Ok(around(parse(ROOT)?, file))
    }
}

async fn folder_tree(api: &Api, key: &ShareKey, sub: Option<&SubNode>) -> Result<Tree, Error> {
    let body = api.stream(FetchNodes).await?;
    let mut tree = Tree::load(body, Keyring::of_link(key), None).await?;
    if tree.cloud().is_none() {
        return Err(Error::protocol("f", "the link shows no folder"));
    }
    if let Some(sub) = sub {
        let handle = NodeHandle::parse(&sub.handle).ok_or(LinkError::Handle)?;
        let node = tree
            .node(handle)
            .filter(|node| match sub.kind {
                SubKind::File => !node.kind().is_folder(),
                SubKind::Folder => node.kind().is_folder(),
                SubKind::Any => true,
            })
            .map(|node| (node.kind(), node.to_node()));
        match node {
            None => {
                return Err(Error::NotFound(
                    "the part of the folder that the link names".to_owned(),
                ));
            }
            Some((NodeKind::File, file)) => {
                let root = NodeHandle::parse(ROOT).ok_or(LinkError::Handle)?;
                tree = around(root, file);
            }
            Some(_) => tree.set_root(handle),
        }
    }
    super::state::warn_of_unreadable(&tree);
    Ok(tree)
}

/// A tree of one file in a made-up folder.
fn around(root: NodeHandle, mut file: Node) -> Tree {
    let mut tree = Tree::new(Keyring::empty());
    tree.insert(Node {
        handle: root,
        parent: None,
        kind: NodeKind::Cloud,
        size: 0,
        created: 0,
        shared_by_other: None,
        contents: Contents::Root,
    });
    file.parent = Some(root);
    tree.insert(file);
    tree
}
