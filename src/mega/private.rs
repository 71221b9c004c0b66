//! Folders and files on this disk that are nobody else's business.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::crypto::base64;

/// What a file is about, as bytes that no other parts make: each part behind
/// its length.
pub(super) fn context(parts: &[&str]) -> Zeroizing<Vec<u8>> {
    // In one piece: what grows would leave copies of a password behind.
    let length = parts.iter().map(|part| 8 + part.len()).sum();
    let mut context = Zeroizing::new(Vec::with_capacity(length));
    for part in parts {
        context.extend_from_slice(&(part.len() as u64).to_be_bytes());
        context.extend_from_slice(part.as_bytes());
    }
    context
}

/// The name of a file about something: 24 characters that do not tell of it.
pub(super) fn file_name(context: &[u8]) -> String {
    base64::encode(Sha256::digest(context).get(..18).unwrap_or_default())
}

/// Makes the folder, for this user alone, and checks that it is safe.
pub(super) fn prepare_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)?;
    check_owner(&fs::metadata(dir)?)
}

/// Opens a file that only serves as a lock.
pub(super) fn open_lock(path: &Path) -> io::Result<File> {
    open_private(path, File::options().create(true).append(true))
}

/// Opens a file for writing anew, readable for this user alone.
pub(super) fn create(path: &Path) -> io::Result<File> {
    open_private(
        path,
        File::options().create(true).write(true).truncate(true),
    )
}

/// Opens a file for reading and writing, readable for this user alone.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).read(true).write(true).truncate(false);
    open_private(path, &mut options)
}

/// A link is not followed: what it leads to would be written to, or emptied.
fn open_private(path: &Path, options: &mut fs::OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        let no_link = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        options.mode(0o600).custom_flags(no_link);
    }
    options.open(path)
}

/// Refuses what others own or may write to.
#[cfg(unix)]
pub(super) fn check_owner(metadata: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt;

    let refuse = |what| Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return refuse("it belongs to another user");
    }
    if metadata.mode() & 0o022 != 0 {
        return refuse("others may write to it");
    }
    Ok(())
}

/// The profile folder of other systems is private by inheritance.
#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the same form as on Unix")]
pub(super) fn check_owner(_: &fs::Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    #[test]
    fn links_are_not_followed() {
        let home = tempfile::tempdir().unwrap();
        let (victim, link) = (home.path().join("victim"), home.path().join("link"));
        fs::write(&victim, "precious").unwrap();
        for target in [&victim, &home.path().join("nothing")] {
            symlink(target, &link).unwrap();
            for open in [open, create, open_lock] {
                assert!(open(&link).is_err());
            }
            fs::remove_file(&link).unwrap();
        }
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
        assert!(!home.path().join("nothing").exists());
    }

    #[test]
    fn what_is_made_is_for_its_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join("a/b");
        prepare_dir(&dir).unwrap();
        let mode = |path: &Path| path.metadata().unwrap().mode() & 0o777;
        assert_eq!((mode(&dir), mode(dir.parent().unwrap())), (0o700, 0o700));
        for (open, name) in [
            (open as fn(&Path) -> _, "1"),
            (create, "2"),
            (open_lock, "3"),
        ] {
            open(&dir.join(name)).unwrap();
            assert_eq!(mode(&dir.join(name)), 0o600);
        }
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o770)).unwrap();
        assert!(prepare_dir(&dir).is_err(), "others may write to it");
    }
}
