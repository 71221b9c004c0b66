//! Replaces the configuration file: whole or not at all, whenever the machine
//! stops.
//!
//! The new text is written beside the file, is safe on the disk before it gets
//! the name, and is private from its first byte on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// What has just been done, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The file beside it is there, and empty.
    Made,
    /// Half of it is written.
    HalfWritten,
    /// All of it is written.
    Written,
    /// It is safe on the disk.
    Synced,
    /// It has the name.
    Renamed,
    /// The name is safe on the disk.
    Done,
}

/// Gives `target`, in `folder`, another text. Only the holder of its lock may.
pub(super) fn replace(target: &Path, folder: &Path, text: &str) -> io::Result<()> {
    stepwise(target, folder, text, &mut |_| Ok(()))
}

/// `replace`, with somebody looking on, who can stop it.
fn stepwise(
    target: &Path,
    folder: &Path,
    text: &str,
    after: &mut dyn FnMut(Step) -> io::Result<()>,
) -> io::Result<()> {
    let prefix = prefix(target);
    sweep(folder, &prefix);
    // Made with mode 0600.
    let mut file = tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(SUFFIX)
        .tempfile_in(folder)?;
    after(Step::Made)?;
    let (first, second) = text.as_bytes().split_at(text.len() / 2);
    file.write_all(first)?;
    after(Step::HalfWritten)?;
    file.write_all(second)?;
    after(Step::Written)?;
    file.as_file().sync_all()?;
    after(Step::Synced)?;
    file.persist(target).map_err(|e| e.error)?;
    after(Step::Renamed)?;
    // The rename itself is safe once the folder is.
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    after(Step::Done)
}

const SUFFIX: &str = ".tmp";

fn prefix(target: &Path) -> String {
    let name = target.file_name().unwrap_or_default();
    format!(".{}.", name.to_string_lossy())
}

/// Removes what a program left behind that was killed while it wrote: nobody
/// else writes now. What cannot be removed does no harm.
fn sweep(folder: &Path, prefix: &str) {
    for item in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = item.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(prefix) && name.ends_with(SUFFIX) {
            let _ = fs::remove_file(item.path());
        }
    }
}

/// Takes the lock, waiting for it; it ends with the returned file.
pub(super) fn lock(target: &Path) -> io::Result<File> {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    let file = private_file()
        .create(true)
        .truncate(false)
        .open(target.with_file_name(name))?;
    file.lock()?;
    Ok(file)
}

/// Options for a file that nobody else may read.
pub(super) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder that nobody else may look into; one that exists is kept.
pub(super) fn make_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::ExitStatusExt as _;
    use std::path::PathBuf;
    use std::process::Command;

    use super::*;

    const OLD: &str = "[old]\ntype = \"alias\"\n";
    const NEW: &str = "[new]\ntype = \"memory\"\n";
    const STEPS: [Step; 6] = [
        Step::Made,
        Step::HalfWritten,
        Step::Written,
        Step::Synced,
        Step::Renamed,
        Step::Done,
    ];
    const FOLDER: &str = "MEGARC_TEST_SAVE_FOLDER";
    const STOP_AT: &str = "MEGARC_TEST_SAVE_STOP_AT";

    fn prepared() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("megarc.toml");
        fs::write(&target, OLD).unwrap();
        (folder, target)
    }

    fn files(folder: &Path) -> Vec<String> {
        let items = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = items
            .map(|item| item.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn expected(step: Step) -> &'static str {
        if matches!(step, Step::Renamed | Step::Done) {
            NEW
        } else {
            OLD
        }
    }

    #[test]
    fn a_fault_at_any_step_leaves_one_whole_file() {
        for stop_at in STEPS {
            let (folder, target) = prepared();
            let mut seen = Vec::new();
            let result = stepwise(&target, folder.path(), NEW, &mut |step| {
                seen.push(step);
                for name in files(folder.path()) {
                    let mode = fs::metadata(folder.path().join(&name)).unwrap();
                    let private = mode.permissions().mode() & 0o077 == 0;
                    assert!(private || name == "megarc.toml", "{step:?}: {name}");
                }
                if step == stop_at {
                    Err(io::Error::other("no space left"))
                } else {
                    Ok(())
                }
            });
            assert!(result.is_err());
            assert_eq!(seen, STEPS[..seen.len()]);
            assert_eq!(fs::read_to_string(&target).unwrap(), expected(stop_at));
            assert_eq!(files(folder.path()), ["megarc.toml"], "{stop_at:?}");
        }
    }

    /// Not a test of its own: the process that is killed in the next one.
    #[test]
    #[ignore = "run by the test below, in a process of its own"]
    fn victim() {
        let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
        let stop_at: usize = std::env::var(STOP_AT).unwrap().parse().unwrap();
        let target = folder.join("megarc.toml");
        let _ = stepwise(&target, &folder, NEW, &mut |step| {
            if step == STEPS[stop_at] {
                let me = rustix::process::getpid();
                rustix::process::kill_process(me, rustix::process::Signal::KILL)?;
            }
            Ok(())
        });
        panic!("it was to be killed after {:?}", STEPS[stop_at]);
    }

    #[test]
    fn kill_minus_nine_at_any_step_leaves_one_whole_file() {
        for (number, step) in STEPS.into_iter().enumerate() {
            let (folder, target) = prepared();
            let ended = Command::new(std::env::current_exe().unwrap())
                .args(["--ignored", "--exact", "config::save::tests::victim"])
                .env(FOLDER, folder.path())
                .env(STOP_AT, number.to_string())
                .output()
                .unwrap();
            assert_eq!(ended.status.signal(), Some(9), "{step:?}: {ended:?}");
            assert_eq!(fs::read_to_string(&target).unwrap(), expected(step));
            // What is left of it goes with the next change.
            let left = files(folder.path()).len() - 1;
            assert_eq!(left, usize::from(expected(step) == OLD), "{step:?}");
            replace(&target, folder.path(), NEW).unwrap();
            assert_eq!(files(folder.path()), ["megarc.toml"]);
            assert_eq!(fs::read_to_string(&target).unwrap(), NEW);
            let mode = fs::metadata(&target).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
