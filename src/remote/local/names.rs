//! Paths of the remote ↔ paths of the operating system.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use super::super::encoding::Encoding;
use super::super::{ErrorKind, RemoteError, RemotePath, Result};

/// The path on the disk.
///
/// # Errors
/// [`ErrorKind::Invalid`] when a name, once encoded, is not one element below
/// its directory: an encoding without `Slash` or `Dot` would allow that.
pub(super) fn os_path(path: &RemotePath, encoding: Encoding) -> Result<PathBuf> {
    let mut os = PathBuf::from("/");
    for element in path.elements() {
        let name = encoding.from_standard(element);
        let mut parts = Path::new(OsStr::from_bytes(&name)).components();
        let harmless = matches!(
            (parts.next(), parts.next()),
            (Some(Component::Normal(only)), None) if only.as_bytes() == name
        );
        if !harmless || name.contains(&0) {
            return Err(
                RemoteError::new(ErrorKind::Invalid, "naming", format!("/{path}"))
                    .because("file name is not a path within the local root - check the encoding"),
            );
        }
        os.push(OsString::from_vec(name));
    }
    Ok(os)
}

/// The standard form of a name found on the disk.
pub(super) fn standard_name(name: &OsStr, encoding: Encoding) -> String {
    encoding.to_standard(name.as_bytes()).into_owned()
}

/// What the user typed, seen from `cwd`.
pub(super) fn locate(typed: &str, cwd: &Path, encoding: Encoding) -> Result<RemotePath> {
    let mut elements: Vec<String> = Vec::new();
    if !typed.starts_with('/') {
        for part in cwd.components() {
            if let Component::Normal(name) = part {
                elements.push(standard_name(name, encoding));
            }
        }
    }
    for element in typed.split('/') {
        match element {
            "" | "." => {}
            ".." => {
                elements.pop();
            }
            name => elements.push(name.to_owned()),
        }
    }
    RemotePath::parse(&elements.join("/"))
        .map_err(|e| RemoteError::new(ErrorKind::Invalid, "reading the path", typed).because(e))
}

/// The path without symbolic links, as far as it exists; `None` where that
/// cannot be found out.
pub(super) fn real_path(os: &Path, encoding: Encoding) -> Option<RemotePath> {
    let (real, missing) = os
        .ancestors()
        .find_map(|above| Some((above.canonicalize().ok()?, os.strip_prefix(above).ok()?)))?;
    let mut path = RemotePath::root();
    for part in real.components().chain(missing.components()) {
        if let Component::Normal(name) = part {
            path = path.child(&standard_name(name, encoding)).ok()?;
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn typed_paths_start_at_the_working_directory() {
        let cwd = Path::new("/home/me");
        for (typed, path) in [
            ("", "home/me"),
            (".", "home/me"),
            ("a/b", "home/me/a/b"),
            ("./a:b", "home/me/a:b"),
            ("../x", "home/x"),
            ("../../../x", "x"),
            ("/x//y/.", "x/y"),
            ("/", ""),
        ] {
            let got = locate(typed, cwd, Encoding::UNIX).unwrap();
            assert_eq!(got.as_str(), path, "{typed}");
        }
    }

    #[test]
    fn a_name_never_leaves_its_directory() {
        let path = |text| RemotePath::parse(text).unwrap();
        assert_eq!(
            os_path(&path("a／b/．．"), Encoding::UNIX).unwrap(),
            Path::new("/a／b/．．")
        );
        for text in ["a／b", "．", "．．", "x/．．/y", "a␀b"] {
            let refused = os_path(&path(text), Encoding::RAW).unwrap_err();
            assert_eq!(refused.kind, ErrorKind::Invalid, "{text}");
        }
    }

    #[test]
    fn any_bytes_can_be_named() {
        let name = OsStr::from_bytes(b"bad\xff\n");
        let standard = standard_name(name, Encoding::UNIX);
        assert_eq!(standard, "bad‛FF␊");
        let path = RemotePath::root().child(&standard).unwrap();
        assert_eq!(
            os_path(&path, Encoding::UNIX).unwrap(),
            Path::new("/").join(name)
        );
    }
}
