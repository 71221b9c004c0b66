//! The path of an entry inside a remote.
//!
//! Invariants, held by construction: relative to the remote's root, elements
//! separated by single `/`, no empty element, none that is `.` or `..`, no NUL.
//! The empty path is the root. Elements are in rclone's *standard form*: what
//! a store cannot say (a `/` in a MEGA name, bytes that are not UTF-8) has been
//! translated by [`crate::remote::encoding`] before it gets here.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Bytes of text that paths of one listing share: whoever keeps one of them
/// keeps no more than that alive.
const SHARED: usize = 4 << 10;

/// A clean path inside a remote; see the module for its invariants.
///
/// A view into text that is shared: clones, parents and the paths of files that
/// were listed together ([`RemotePath::children`]) cost no text of their own.
#[derive(Clone, Default)]
pub struct RemotePath {
    /// What the path is a part of; nothing for the root.
    text: Option<Arc<str>>,
    at: u32,
    len: u32,
}

/// Why a text is no [`RemotePath`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The path climbs above the root of its remote.
    #[error("path leaves the root of its remote")]
    AboveRoot,
    /// The path holds a NUL character.
    #[error("path holds a NUL character")]
    Nul,
    /// A name that is empty, `.`, `..` or holds a `/`.
    #[error("'{0}' is no file name")]
    BadName(String),
}

impl RemotePath {
    /// The root of a remote.
    #[must_use]
    pub const fn root() -> Self {
        Self {
            text: None,
            at: 0,
            len: 0,
        }
    }

    /// A path of its own; `text` is clean.
    fn alone(text: &str) -> Self {
        match u32::try_from(text.len()) {
            Ok(len) if len > 0 => Self {
                text: Some(text.into()),
                at: 0,
                len,
            },
            // No path has four thousand million bytes.
            _ => Self::root(),
        }
    }

    /// The part of this path that `part`, a piece of its own text, is.
    fn part(&self, part: &str) -> Self {
        let before = part.as_ptr().addr() - self.as_str().as_ptr().addr();
        match (u32::try_from(before), u32::try_from(part.len())) {
            (Ok(before), Ok(len)) if len > 0 => Self {
                text: self.text.clone(),
                at: self.at + before,
                len,
            },
            _ => Self::root(),
        }
    }

    /// Cleans what a user typed after the colon: `.`, `//`, `x/..` and outer
    /// slashes go, as rclone has it.
    ///
    /// # Errors
    /// [`PathError::AboveRoot`] when `..` climbs over the root, and
    /// [`PathError::Nul`].
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if text.contains('\0') {
            return Err(PathError::Nul);
        }
        let mut elements: Vec<&str> = Vec::new();
        for element in text.split('/') {
            match element {
                "" | "." => {}
                ".." => {
                    elements.pop().ok_or(PathError::AboveRoot)?;
                }
                name => elements.push(name),
            }
        }
        Ok(Self::alone(&elements.join("/")))
    }

    /// The path of `name` inside this directory.
    ///
    /// # Errors
    /// [`PathError::BadName`] unless `name` is one legal element.
    pub fn child(&self, name: &str) -> Result<Self, PathError> {
        if !is_element(name) {
            return Err(PathError::BadName(name.to_owned()));
        }
        Ok(if self.is_root() {
            Self::alone(name)
        } else {
            Self::alone(&format!("{self}/{name}"))
        })
    }

    /// The paths of many names inside this directory, in their order, each
    /// handed to `take` with what came with the name. Names that are no legal
    /// element are passed over.
    pub fn children<N: AsRef<str>, T>(
        &self,
        names: impl IntoIterator<Item = (N, T)>,
        mut take: impl FnMut(Self, T),
    ) {
        let mut text = String::new();
        let mut waiting: Vec<(u32, u32, T)> = Vec::new();
        let mut hand_out = |text: &mut String, waiting: &mut Vec<(u32, u32, T)>| {
            let shared: Arc<str> = text.as_str().into();
            for (at, len, with) in waiting.drain(..) {
                let text = Some(Arc::clone(&shared));
                take(Self { text, at, len }, with);
            }
            text.clear();
        };
        for (name, with) in names {
            let name = name.as_ref();
            if !is_element(name) {
                continue;
            }
            let begin = text.len();
            if !self.is_root() {
                text.push_str(self.as_str());
                text.push('/');
            }
            text.push_str(name);
            if let (Ok(at), Ok(len)) = (u32::try_from(begin), u32::try_from(text.len() - begin)) {
                waiting.push((at, len, with));
            }
            if text.len() >= SHARED {
                hand_out(&mut text, &mut waiting);
            }
        }
        if !waiting.is_empty() {
            hand_out(&mut text, &mut waiting);
        }
    }

    /// This path with `below` appended.
    #[must_use]
    pub fn join(&self, below: &Self) -> Self {
        match (self.is_root(), below.is_root()) {
            (true, _) => below.clone(),
            (_, true) => self.clone(),
            _ => Self::alone(&format!("{self}/{below}")),
        }
    }

    /// Whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.len == 0
    }

    /// The last element; empty for the root.
    #[must_use]
    pub fn name(&self) -> &str {
        let text = self.as_str();
        memchr::memrchr(b'/', text.as_bytes())
            .and_then(|slash| text.get(slash + 1..))
            .unwrap_or(text)
    }

    /// The directory that holds this path; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(match self.as_str().rsplit_once('/') {
            Some((dir, _)) => self.part(dir),
            None => Self::root(),
        })
    }

    /// The elements from the root down.
    pub fn elements(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.as_str().split('/').filter(|e| !e.is_empty())
    }

    /// What is left of this path below `root`; `None` when it is not below it.
    #[must_use]
    pub fn strip(&self, root: &Self) -> Option<Self> {
        self.below(root).map(|rest| self.part(rest))
    }

    /// As [`RemotePath::strip`], as text.
    #[must_use]
    pub fn below(&self, root: &Self) -> Option<&str> {
        let text = self.as_str();
        if root.is_root() {
            return Some(text);
        }
        let rest = text.strip_prefix(root.as_str())?;
        if rest.is_empty() {
            return Some(rest);
        }
        rest.strip_prefix('/')
    }

    /// The text, without leading or trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let (at, len) = (self.at as usize, self.len as usize);
        let text = self.text.as_deref().unwrap_or_default();
        text.get(at..at + len).unwrap_or_default()
    }
}

/// Whether a name can be an element of a path.
/// Whether `name` can be one element of a path.
pub(super) fn is_element(name: &str) -> bool {
    !name.is_empty()
        && name != "."
        && name != ".."
        && memchr::memchr2(b'/', b'\0', name.as_bytes()).is_none()
}

impl PartialEq for RemotePath {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for RemotePath {}

impl PartialOrd for RemotePath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RemotePath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for RemotePath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_cleans_as_rclone_does() {
        for (typed, clean) in [
            ("", ""),
            ("/", ""),
            ("p", "p"),
            ("/p", "p"),
            ("p/", "p"),
            ("./p", "p"),
            ("p//q", "p/q"),
            ("p/../q", "q"),
            ("p/./q/..", "p"),
        ] {
            assert_eq!(
                RemotePath::parse(typed).map(|p| p.to_string()),
                Ok(clean.to_owned()),
                "{typed}"
            );
        }
        assert_eq!(RemotePath::parse("../p"), Err(PathError::AboveRoot));
        assert_eq!(RemotePath::parse("a\0b"), Err(PathError::Nul));
    }

    #[test]
    fn a_child_is_one_element() {
        let dir = RemotePath::parse("a").expect("clean");
        for bad in ["", ".", "..", "a/b", "x\0"] {
            assert!(dir.child(bad).is_err(), "{bad:?}");
        }
        assert_eq!(dir.child("b").map(|p| p.to_string()), Ok("a/b".to_owned()));
    }

    #[test]
    fn children_are_what_child_makes_of_each_name() {
        let long = "n".repeat(SHARED / 3);
        let names = [
            "a", "..", &long, "é", "x/y", &long, "", &long, "z\0", "last",
        ];
        for dir in ["", "d", "d/é"] {
            let dir = RemotePath::parse(dir).expect("clean");
            let mut found = Vec::new();
            dir.children(names.iter().zip(0..), |path, number| {
                found.push((path, number));
            });
            let one_by_one: Vec<(RemotePath, i32)> = names
                .iter()
                .zip(0..)
                .filter_map(|(name, number)| Some((dir.child(name).ok()?, number)))
                .collect();
            assert_eq!(found, one_by_one);
            let inside = found
                .iter()
                .all(|(path, _)| path.parent().as_ref() == Some(&dir));
            assert!(inside && found.len() == 6);
        }
    }

    #[test]
    fn strip_respects_element_borders() {
        let root = RemotePath::parse("a/b").expect("clean");
        let below = RemotePath::parse("a/b/c").expect("clean");
        let beside = RemotePath::parse("a/bc").expect("clean");
        assert_eq!(below.strip(&root).map(|p| p.to_string()), Some("c".into()));
        assert_eq!(beside.strip(&root), None);
        assert_eq!(root.strip(&root), Some(RemotePath::root()));
    }
}
