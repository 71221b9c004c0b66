//! Public links: the forms people paste, old and new.
//!
//! | form | what it opens |
//! | --- | --- |
//! | `https://mega.nz/file/<ph>#<key>` | a file |
//! | `https://mega.nz/folder/<ph>#<key>`, then `/folder/<h>` or `/file/<h>` | a folder, or something in it |
//! | `https://mega.nz/#!<ph>!<key>`, `#F!<ph>!<key>`, then `!<h>` or `?<h>` | the same, old |
//! | `https://mega.nz/#P!<data>` | see [`password_link`](super::password_link) |
//!
//! `<ph>` is the public handle, 8 characters; a file's key has 43, a folder's
//! 22. Spec: docs/protocol.md#public-links.

use thiserror::Error;

use super::base64;
use super::keys::{FileKey, ShareKey};

/// Why a text is no usable link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The text is no link to data at all.
    #[error("not a link to a MEGA file or folder")]
    NotALink,
    /// The address is not one of MEGA's.
    #[error("not an address of mega.nz")]
    ForeignHost,
    /// The part that names the link is not 8 characters of base64url.
    #[error("the link's handle is malformed")]
    Handle,
    /// The link lacks the key (EINCOMPLETE).
    #[error("the link has no key: the part after '#' is missing")]
    MissingKey,
    /// The key has the wrong length for this kind of link.
    #[error("the link's key is malformed or cut off")]
    Key,
    /// The link is protected by a password.
    #[error("the link needs a password")]
    NeedsPassword,
    /// The password is wrong, or the link was changed (EKEY).
    #[error("wrong password for this link")]
    WrongPassword,
    /// A password link that is cut off (EINCOMPLETE).
    #[error("the password link is cut off")]
    CutOff,
    /// A password link of a kind that is not known.
    #[error("the password link uses an unknown algorithm")]
    UnknownAlgorithm,
    /// An album, a chat, or another thing that holds no files to transfer.
    #[error("this kind of MEGA link holds no files to transfer")]
    Unsupported,
}

/// A parsed link with its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicLink {
    /// The public handle, 8 characters; not a node handle.
    pub handle: String,
    /// What the link opens.
    pub target: LinkTarget,
}

/// What a link opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkTarget {
    /// One file.
    File(FileKey),
    /// A folder.
    Folder {
        /// The share key of the exported folder.
        key: ShareKey,
        /// What is meant inside it, if not the folder itself.
        sub: Option<SubNode>,
    },
}

/// A node inside a folder link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubNode {
    /// What the link says it is.
    pub kind: SubKind,
    /// Its node handle, 8 characters.
    pub handle: String,
}

/// What a link says a sub-node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubKind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// Either: the old form does not say.
    Any,
}

impl PublicLink {
    /// Parses a link of any form but the password-protected one.
    ///
    /// # Errors
    /// See [`LinkError`]; [`LinkError::NeedsPassword`] for `#P!`.
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let rest = after_host(text.trim())?;
        let new_form = [("file/", false), ("folder/", true)];
        for (prefix, is_folder) in new_form {
            if let Some(rest) = rest.strip_prefix(prefix) {
                let (handle, rest) = split_handle(rest)?;
                let (_, fragment) = rest.split_once('#').ok_or(LinkError::MissingKey)?;
                return Self::with_key(handle, fragment, is_folder);
            }
        }
        let old_form = rest.strip_prefix('#').unwrap_or(rest);
        if old_form.starts_with("P!") {
            return Err(LinkError::NeedsPassword);
        }
        if ["collection/", "album/", "chat/"]
            .iter()
            .any(|kind| old_form.starts_with(kind))
        {
            return Err(LinkError::Unsupported);
        }
        let (rest, is_folder) = match old_form.strip_prefix("F!") {
            Some(rest) => (rest, true),
            None => (old_form.strip_prefix('!').unwrap_or(old_form), false),
        };
        // without any marker only `handle!key` is a link
        if rest == old_form && !rest.contains('!') {
            return Err(LinkError::NotALink);
        }
        let (handle, rest) = split_handle(rest)?;
        let (_, key) = rest.split_once('!').ok_or(LinkError::MissingKey)?;
        Self::with_key(handle, key, is_folder)
    }

    /// Reads key and sub-node, and puts the link together.
    fn with_key(handle: &str, rest: &str, is_folder: bool) -> Result<Self, LinkError> {
        let (key, rest) = split_word(rest);
        if key.is_empty() {
            return Err(LinkError::MissingKey);
        }
        let target = if is_folder {
            let bytes = base64::decode_exact("link key", key).map_err(|_| LinkError::Key)?;
            LinkTarget::Folder {
                key: ShareKey::from_bytes(bytes),
                sub: parse_sub(rest)?,
            }
        } else {
            let bytes = base64::decode_exact("link key", key).map_err(|_| LinkError::Key)?;
            LinkTarget::File(FileKey::unpack(&bytes).map_err(|_| LinkError::Key)?)
        };
        Ok(Self {
            handle: handle.to_owned(),
            target,
        })
    }

    /// The key as it stands in the link: 43 or 22 characters. A secret.
    pub fn key_text(&self) -> String {
        match &self.target {
            LinkTarget::File(key) => base64::encode(&key.pack()),
            LinkTarget::Folder { key, .. } => base64::encode(key.as_bytes()),
        }
    }

    /// The link in today's form, key included: whoever reads it can open it.
    pub fn to_url(&self) -> String {
        let (handle, key) = (&self.handle, self.key_text());
        match &self.target {
            LinkTarget::File(_) => format!("https://mega.nz/file/{handle}#{key}"),
            LinkTarget::Folder { sub: None, .. } => {
                format!("https://mega.nz/folder/{handle}#{key}")
            }
            LinkTarget::Folder { sub: Some(sub), .. } => match sub.kind {
                SubKind::File => {
                    format!("https://mega.nz/folder/{handle}#{key}/file/{}", sub.handle)
                }
                SubKind::Folder => {
                    format!(
                        "https://mega.nz/folder/{handle}#{key}/folder/{}",
                        sub.handle
                    )
                }
                SubKind::Any => format!("https://mega.nz/#F!{handle}!{key}!{}", sub.handle),
            },
        }
    }
}

/// Cuts off scheme, host and the slashes after it. A text without scheme and
/// host is returned whole.
pub(super) fn after_host(text: &str) -> Result<&str, LinkError> {
    let lower = text.to_ascii_lowercase();
    let scheme = ["https://", "http://"]
        .iter()
        .find(|scheme| lower.starts_with(**scheme))
        .map_or(0, |scheme| scheme.len());
    let rest = text.get(scheme..).unwrap_or_default();
    let host = rest.split(['/', '#']).next().unwrap_or_default();
    let name = host.to_ascii_lowercase();
    let name = name.strip_prefix("www.").unwrap_or(&name);
    if ["mega.nz", "mega.co.nz", "mega.app"].contains(&name) {
        let path = rest.get(host.len()..).unwrap_or_default();
        return Ok(path.trim_start_matches('/'));
    }
    if scheme > 0 || name.contains('.') {
        return Err(LinkError::ForeignHost);
    }
    Ok(rest)
}

/// Splits off the leading base64url characters.
fn split_word(text: &str) -> (&str, &str) {
    let end = text
        .bytes()
        .position(|b| !(b.is_ascii_alphanumeric() || b == b'-' || b == b'_'))
        .unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// Splits off a handle of 8 characters.
fn split_handle(text: &str) -> Result<(&str, &str), LinkError> {
    let (handle, rest) = split_word(text);
    if handle.len() != 8 {
        return Err(LinkError::Handle);
    }
    Ok((handle, rest))
}

/// Reads what follows a folder's key: nothing, `/folder/<h>`, `/file/<h>`,
/// both, `!<h>` or `?<h>`. The last node named is the one meant.
fn parse_sub(mut rest: &str) -> Result<Option<SubNode>, LinkError> {
    let forms = [
        ("/folder/", SubKind::Folder),
        ("/file/", SubKind::File),
        ("!", SubKind::Any),
        ("?", SubKind::File),
    ];
    let mut sub = None;
    while let Some((prefix, kind)) = forms.iter().find(|(prefix, _)| rest.starts_with(prefix)) {
        let (handle, after) = split_handle(rest.get(prefix.len()..).unwrap_or_default())?;
        sub = Some(SubNode {
            kind: *kind,
            handle: handle.to_owned(),
        });
        rest = after;
    }
    Ok(sub)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn other_kinds_of_links_say_so() {
        for (text, error) in [
            (
                "https://mega.nz/collection/abcdefgh#x",
                LinkError::Unsupported,
            ),
            ("https://mega.nz/chat/abcdefgh#x", LinkError::Unsupported),
            ("https://mega.nz/#P!AAAA", LinkError::NeedsPassword),
            ("https://mega.nz/#confirmABC", LinkError::NotALink),
            ("backup:dir", LinkError::NotALink),
            ("ftp://mega.nz/file/x", LinkError::NotALink),
            ("https://mega.nz.evil.org/file/x", LinkError::ForeignHost),
        ] {
            assert_eq!(PublicLink::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_key_with_equal_halves_is_refused() {
        let key = base64::encode(&[1; 32]);
        assert_eq!(
            PublicLink::parse(&format!("https://mega.nz/file/abcdefgh#{key}")),
            Err(LinkError::Key)
        );
    }

    #[test]
    fn debug_shows_no_key() {
        let link = PublicLink::parse("https://mega.nz/folder/abcdefgh#AAAAAAAAAAAAAAAAAAAAAA");
        assert!(!format!("{link:?}").contains("AAAA"));
    }
}
