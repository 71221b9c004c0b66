//! Programs of the user's that are asked about names and metadata.

use std::ffi::OsStr;
use std::process::Command;

/// What the names of megarc's variables begin with.
const OURS: &str = "MEGARC_";

/// `program`, to be given its arguments. It does not see megarc's variables:
/// passwords may stand in them.
pub(super) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    let ours = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with(OURS));
    for (name, _) in ours {
        command.env_remove(name);
    }
    command
}
