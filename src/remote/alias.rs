//! `alias` remotes: another name for a place elsewhere.
//!
//! An alias is no store. Opening one opens its target and goes below it, so
//! messages name the target and the store is the same one as by its own name.

use super::{ErrorKind, Location, RemoteError, RemotePath, Result};

/// Aliases of aliases followed before it is taken for a circle.
const DEPTH: usize = 32;

/// Where an alias leads: the text of its `remote` option.
///
/// `depth` is the number of aliases that led here.
///
/// # Errors
/// [`ErrorKind::Invalid`], in rclone's words, when it leads nowhere or back to
/// itself.
pub fn target(name: Option<&str>, setting: Option<String>, depth: usize) -> Result<String> {
    let Some(target) = setting else {
        return Err(refused(
            name,
            "alias can't point to an empty remote - check the value of the remote setting",
        ));
    };
    let to_itself = name.is_some_and(|name| {
        target
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(':'))
    });
    if to_itself || depth >= DEPTH {
        return Err(refused(
            name,
            "can't point alias remote at itself - check the value of the remote setting",
        ));
    }
    Ok(target)
}

/// The place `path` below the target. `..` ends at the target: what it was
/// given as a root stays one.
///
/// # Errors
/// [`ErrorKind::Invalid`] for a NUL in the path.
pub fn below(target: Location, path: &str) -> Result<Location> {
    let mut elements: Vec<&str> = Vec::new();
    for element in path.split('/') {
        match element {
            "" | "." => {}
            ".." => {
                elements.pop();
            }
            name => elements.push(name),
        }
    }
    let below = RemotePath::parse(&elements.join("/"))
        .map_err(|e| RemoteError::new(ErrorKind::Invalid, "opening", path).because(e))?;
    Ok(Location {
        path: target.path.join(&below),
        ..target
    })
}

fn refused(name: Option<&str>, why: &str) -> RemoteError {
    RemoteError::new(ErrorKind::Invalid, "opening", name.unwrap_or(":alias")).because(why)
}
