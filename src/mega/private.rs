//! Folders and files on this disk that are nobody else's business.

use std::fs::{self, File};
use std::io;
use std::path::Path;

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

fn open_private(path: &Path, options: &mut fs::OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
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
