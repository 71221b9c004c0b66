//! `megarc lsjson`.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Context;
use crate::engine::Root;
use crate::engine::details::{self, Ask, Details};
use crate::engine::hash::{self, Kind};
use crate::engine::mime;
use crate::exit::CommandError;
use crate::output::json::{self, Item};
use crate::output::layout::Layout;
use crate::remote::{Entry, ErrorKind, Features, RemoteError};

/// List a path as JSON
///
/// An array with one object a line: Path, Name, Size (-1 when the store does
/// not say), MimeType, ModTime, IsDir, and ID where the store has its own
/// identifiers. Use -R to go into the directories. When the listing fails, the
/// array is not closed.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "one switch of the user each")]
pub struct Args {
    /// Directory or file
    #[arg(value_name = "PATH")]
    path: String,
    /// Go into the directories
    #[arg(long, short = 'R')]
    recursive: bool,
    /// Show no directories
    #[arg(long)]
    files_only: bool,
    /// Show no files
    #[arg(long)]
    dirs_only: bool,
    /// Leave the times empty
    #[arg(long)]
    no_modtime: bool,
    /// Leave the MIME types out
    #[arg(long)]
    no_mimetype: bool,
    /// Show one object: the path itself
    #[arg(long)]
    stat: bool,
    /// Show sums of files on a disk
    #[arg(long)]
    hash: bool,
    /// Kind of these sums, instead of every kind; may be given several times
    #[arg(long, value_name = "HASH")]
    hash_type: Vec<String>,
    /// Show encrypted names: fails, no remote here has any
    #[arg(long)]
    encrypted: bool,
    /// Accepted for rclone's sake: no remote here wraps another's objects
    #[arg(long)]
    original: bool,
}

/// Runs `megarc lsjson`.
///
/// # Errors
/// The path cannot be listed, or stdout not written.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let root = ctx.open(&args.path).await?;
    let features = root.dir.remote.features();
    let style = Style::new(args, features, ctx.flags.copy.default_time);
    if args.stat {
        args.check()?;
        let ask = args.ask(features, ctx)?;
        let text = match itself(&root).await? {
            Some((entry, path)) if args.wants(&entry) => {
                let details = details::of(&root.dir, &entry, &ask).await;
                json::tall(&style.item(&entry, &path, &details))
            }
            _ => "null".to_owned(),
        };
        return Ok(ctx.output.row(&text)?);
    }
    ctx.output.row("[")?;
    args.check()?;
    let ask = args.ask(features, ctx)?;
    let walk = ctx.walk(&root);
    // A depth that was asked for is a wish to go down, as with -R.
    let deep = args.recursive || ctx.run.options.max_depth.is_some();
    let walk = if deep { walk } else { walk.flat() };
    // A row is written when it is known whether a comma follows.
    let mut last: Option<String> = None;
    let result = ctx
        .each_detailed(&root, walk, &ask, |entry, path, details| {
            if !args.wants(entry) {
                return Ok(());
            }
            match last.replace(json::flat(&style.item(entry, path, details))) {
                Some(row) => ctx.output.row(&(row + ",")),
                None => Ok(()),
            }
        })
        .await
        .map_err(|error| error.within("error in ListJSON"));
    if let Some(row) = last {
        ctx.output.row(&row)?;
    }
    result?;
    Ok(ctx.output.row("]")?)
}

/// The entry that the user named, and its path in the output.
async fn itself(root: &Root) -> Result<Option<(Entry, String)>, CommandError> {
    if let Some(file) = &root.file {
        return Ok(Some((file.clone(), file.name().to_owned())));
    }
    let path = &root.dir.path;
    let mut dir = Entry::dir(path.clone());
    if !path.is_root() {
        dir = root.dir.remote.stat(path).await.map_err(|error| {
            if error.is_not_found() {
                RemoteError::new(ErrorKind::DirNotFound, "listing", path.as_str())
            } else {
                error
            }
        })?;
    }
    dir.size = None;
    dir.modified = dir.modified.or_else(|| Some(Timestamp::now()));
    Ok(Some((dir, String::new())))
}

impl Args {
    fn check(&self) -> Result<(), CommandError> {
        if self.encrypted {
            return Err(CommandError::run(
                "the remote needs to be of type \"crypt\"",
            ));
        }
        Ok(())
    }

    /// What has to be found out for the objects.
    fn ask(&self, features: Features, ctx: &Context) -> Result<Ask, CommandError> {
        let kind = |name: &String| {
            Kind::parse(name)
                .ok_or_else(|| CommandError::run(format!("unknown hash type {name:?}")))
        };
        let named: Vec<Kind> = self.hash_type.iter().map(kind).collect::<Result<_, _>>()?;
        let sums = match named.as_slice() {
            // Of stores without sums none is missed.
            [] if self.hash && features.local => Kind::ALL.to_vec(),
            _ => named,
        };
        Ok(Ask {
            sums,
            metadata: ctx.run.options.metadata,
        })
    }

    fn wants(&self, entry: &Entry) -> bool {
        if entry.is_dir() {
            !self.files_only
        } else {
            !self.dirs_only
        }
    }
}

/// How entries become objects.
struct Style {
    times: Option<Layout>,
    zone: TimeZone,
    types: bool,
    no_time: Timestamp,
}

impl Style {
    fn new(args: &Args, features: Features, no_time: Timestamp) -> Self {
        Self {
            times: (!args.no_modtime).then(|| Layout::rfc3339(features.modified)),
            zone: if features.local {
                TimeZone::system()
            } else {
                TimeZone::UTC
            },
            types: !args.no_mimetype,
            no_time,
        }
    }

    fn item<'a>(&self, entry: &'a Entry, path: &'a str, more: &'a Details) -> Item<'a> {
        Item {
            path,
            name: path.rsplit('/').next().unwrap_or(path),
            size: entry
                .size
                .map_or(-1, |size| i64::try_from(size).unwrap_or(i64::MAX)),
            mime_type: self.types.then(|| {
                if entry.is_dir() {
                    mime::DIRECTORY
                } else {
                    mime::of_name(path)
                }
            }),
            mod_time: self.times.as_ref().map_or_else(String::new, |layout| {
                let time = entry.modified.unwrap_or(self.no_time);
                layout.format(&time.to_zoned(self.zone.clone()))
            }),
            is_dir: entry.is_dir(),
            hashes: more
                .sums
                .iter()
                .map(|(kind, sum)| (kind.name(), hash::hex(sum)))
                .collect(),
            id: entry.id.as_ref().map(crate::remote::EntryId::as_str),
            metadata: more
                .metadata
                .as_ref()
                .map(json::metadata)
                .unwrap_or_default(),
        }
    }
}
