//! Duplicate names, or contents: finding them, and leaving one of each.
//!
//! Everything acts on an entry's id, never on its name. A group in which an
//! id is missing or appears twice loses those entries first, so that nothing
//! can remove the one that shall stay. Which one stays is decided in
//! [`choose`], which is pure.

pub mod choose;
mod content;
mod dirs;
mod find;
mod rename;

use std::io;

pub use choose::Mode;

use super::delete::delete_file;
use super::{Error, Result, Run};
use crate::remote::{Entry, ErrorKind, Location, RemoteError};

/// Asks the user, for [`Mode::Interactive`], and shows tables.
pub trait Prompt: Send {
    /// Prints text as it is.
    ///
    /// # Errors
    /// When it cannot be written.
    fn print(&mut self, text: &str) -> io::Result<()>;

    /// Shows a menu of `x) Text` lines and returns the letter chosen.
    ///
    /// # Errors
    /// When there is no answer to be had.
    fn choose(&mut self, menu: &[(char, &str)]) -> io::Result<char>;

    /// Asks for a number from 1 to `most`.
    ///
    /// # Errors
    /// When there is no answer to be had.
    fn number(&mut self, question: &str, most: usize) -> io::Result<usize>;
}

const MENU: &[(char, &str)] = &[
    ('s', "Skip and do nothing"),
    ('k', "Keep just one (choose which in next step)"),
    (
        'r',
        "Rename all to be different (by changing file.jpg to file-1.jpg)",
    ),
    ('q', "Quit"),
];

/// What makes files duplicates of each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Their paths.
    Name,
    /// Their contents.
    Content,
}

/// Finds duplicates below `root` and deals with them.
///
/// # Errors
/// [`ErrorKind::Unsupported`] where contents cannot be told apart, and for
/// renaming by content; the first directory that could not be listed; a failed
/// prompt. Failures on single entries are logged and counted, and the rest of
/// the work is done.
pub async fn dedupe(
    run: &Run,
    root: &Location,
    mode: Mode,
    by: By,
    prompt: &mut dyn Prompt,
) -> Result<()> {
    let groups = match by {
        By::Name => same_names(run, root, mode, prompt).await?,
        By::Content => same_contents(run, root, mode).await?,
    };
    let what = match by {
        By::Name => "names",
        By::Content => content::measure(root)?,
    };
    for group in groups {
        if !resolve(run, root, group, mode, (by, what), prompt).await? {
            break;
        }
    }
    Ok(())
}

/// Merges directories of one name, and finds the files of one name.
async fn same_names(
    run: &Run,
    root: &Location,
    mode: Mode,
    prompt: &mut dyn Prompt,
) -> Result<Vec<Group>> {
    let label = root.describe();
    if !root.remote.features().duplicate_names {
        tracing::warn!(
            object = %label,
            "Can't have duplicate names here. Perhaps you wanted --by-hash ? Continuing anyway."
        );
    }
    tracing::info!(object = %label, "Looking for duplicate names using {mode} mode.");
    let dirs = find::duplicate_dirs(run, root).await;
    let dirs = dirs.map_err(|e| e.within("find duplicate dirs"))?;
    if mode == Mode::List {
        for group in &dirs {
            let text = format!(
                "{}: {} duplicates of this directory\n",
                group.name,
                group.entries.len()
            );
            prompt.print(&text).map_err(unheard)?;
        }
    } else {
        dirs::merge(run, root, dirs).await;
    }
    find::duplicate_files(run, root).await
}

async fn same_contents(run: &Run, root: &Location, mode: Mode) -> Result<Vec<Group>> {
    let what = content::measure(root)?;
    if mode == Mode::Rename {
        // Files of one content have names of their own already.
        let text =
            "files of one content are not renamed: choose another mode, or leave out --by-hash";
        return Err(Error::new(ErrorKind::Unsupported, text));
    }
    tracing::info!(
        object = %root.describe(),
        "Looking for duplicate {what} using {mode} mode."
    );
    content::duplicates(run, root).await
}

/// Entries of one path, or of one content.
pub(super) struct Group {
    /// The path inside `root`, or what tells the content from others.
    name: String,
    /// In the order of the listing.
    entries: Vec<Entry>,
}

/// Deals with one group; `false` when the user quits.
async fn resolve(
    run: &Run,
    root: &Location,
    group: Group,
    mode: Mode,
    (by, what): (By, &str),
    prompt: &mut dyn Prompt,
) -> Result<bool> {
    let Group { name, mut entries } = group;
    tracing::warn!(object = %name, "Found {} files with duplicate {what}", entries.len());
    let table = |entries: &[Entry]| match by {
        By::Name => choose::table(&name, entries),
        By::Content => choose::table_of_paths(&name, entries, &root.path),
    };
    if mode != Mode::List && by == By::Name {
        entries = keep_distinct(&name, entries);
        entries = delete_identical(run, root, &name, entries).await;
        if entries.len() <= 1 {
            tracing::warn!(object = %name, "All duplicates removed");
            return Ok(true);
        }
    }
    match mode {
        Mode::Interactive => {
            prompt.print(&table(&entries)).map_err(unheard)?;
            let menu: Vec<(char, &str)> = MENU
                .iter()
                .filter(|(letter, _)| by == By::Name || *letter != 'r')
                .copied()
                .collect();
            match prompt.choose(&menu).map_err(unheard)? {
                'k' => {
                    let question = "Enter the number of the file to keep";
                    let number = prompt.number(question, entries.len()).map_err(unheard)?;
                    delete_all_but(run, root, &name, &entries, number.saturating_sub(1)).await;
                }
                'r' => rename::rename_all(run, root, &name, &entries).await?,
                'q' => return Ok(false),
                _ => {}
            }
        }
        Mode::Skip => {
            tracing::warn!(
                object = %name,
                "Skipping {} files with duplicate {what}",
                entries.len()
            );
        }
        Mode::Rename => rename::rename_all(run, root, &name, &entries).await?,
        Mode::List => prompt.print(&table(&entries)).map_err(unheard)?,
        Mode::First | Mode::Newest | Mode::Oldest | Mode::Largest | Mode::Smallest => {
            if let Some(keep) = choose::keep(mode, &entries) {
                delete_all_but(run, root, &name, &entries, keep).await;
            }
        }
    }
    Ok(true)
}

/// Drops the entries that cannot be told apart.
fn keep_distinct(name: &str, entries: Vec<Entry>) -> Vec<Entry> {
    let (kept, dropped) = choose::distinct(entries);
    for (_, times) in dropped {
        tracing::warn!(
            object = %name,
            "Ignoring as it appears {times} times in the listing and deleting would lead to data loss"
        );
    }
    kept
}

/// Deletes all but one of each set of identical files.
async fn delete_identical(
    run: &Run,
    root: &Location,
    name: &str,
    entries: Vec<Entry>,
) -> Vec<Entry> {
    if !run.options.size_only {
        // Without hashes nothing else tells that two files are identical.
        return entries;
    }
    let mut left = Vec::new();
    for (size, set) in choose::by_size(entries) {
        let count = set.len();
        if let (Some(size), true) = (size, count > 1) {
            tracing::warn!(
                object = %name,
                "Deleting {}/{count} identical duplicates (size {size})",
                count - 1
            );
        }
        for (i, entry) in set.into_iter().enumerate() {
            let goes = i > 0 && size.is_some();
            if !goes || delete_file(run, root, &entry).await.is_err() {
                left.push(entry);
            }
        }
    }
    left
}

async fn delete_all_but(run: &Run, root: &Location, name: &str, entries: &[Entry], keep: usize) {
    let mut count = 0;
    for (i, entry) in entries.iter().enumerate() {
        if i != keep && delete_file(run, root, entry).await.is_ok() {
            count += 1;
        }
    }
    if count > 0 {
        tracing::warn!(object = %name, "Deleted {count} extra copies");
    }
}

fn unheard(error: io::Error) -> Error {
    RemoteError::from_io(error, "asking", "the terminal").into()
}
