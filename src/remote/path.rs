//! The path of an entry inside a remote.
//!
//! Invariants, held by construction: relative to the remote's root, elements
//! separated by single `/`, no empty element, none that is `.` or `..`, no NUL.
//! The empty path is the root. Elements are in rclone's *standard form*: what
//! a store cannot say (a `/` in a MEGA name, bytes that are not UTF-8) has been
//! translated by [`crate::remote::encoding`] before it gets here.

use std::fmt;

/// A clean path inside a remote; see the module for its invariants.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RemotePath(String);

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
        Self(String::new())
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
        Ok(Self(elements.join("/")))
    }

    /// The path of `name` inside this directory.
    ///
    /// # Errors
    /// [`PathError::BadName`] unless `name` is one legal element.
    pub fn child(&self, name: &str) -> Result<Self, PathError> {
        if name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']) {
            return Err(PathError::BadName(name.to_owned()));
        }
        Ok(if self.0.is_empty() {
            Self(name.to_owned())
        } else {
            Self(format!("{}/{name}", self.0))
        })
    }

    /// This path with `below` appended.
    #[must_use]
    pub fn join(&self, below: &Self) -> Self {
        match (self.0.is_empty(), below.0.is_empty()) {
            (true, _) => below.clone(),
            (_, true) => self.clone(),
            _ => Self(format!("{}/{}", self.0, below.0)),
        }
    }

    /// Whether this is the root.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The last element; empty for the root.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or("")
    }

    /// The directory that holds this path; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.0.is_empty() {
            return None;
        }
        Some(Self(
            self.0
                .rsplit_once('/')
                .map_or_else(String::new, |(dir, _)| dir.to_owned()),
        ))
    }

    /// The elements from the root down.
    pub fn elements(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|e| !e.is_empty())
    }

    /// What is left of this path below `root`; `None` when it is not below it.
    #[must_use]
    pub fn strip(&self, root: &Self) -> Option<Self> {
        if root.0.is_empty() {
            return Some(self.clone());
        }
        let rest = self.0.strip_prefix(&root.0)?;
        if rest.is_empty() {
            return Some(Self::root());
        }
        rest.strip_prefix('/').map(|r| Self(r.to_owned()))
    }

    /// The text, without leading or trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
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
    fn strip_respects_element_borders() {
        let root = RemotePath::parse("a/b").expect("clean");
        let below = RemotePath::parse("a/b/c").expect("clean");
        let beside = RemotePath::parse("a/bc").expect("clean");
        assert_eq!(below.strip(&root).map(|p| p.to_string()), Some("c".into()));
        assert_eq!(beside.strip(&root), None);
        assert_eq!(root.strip(&root), Some(RemotePath::root()));
    }
}
