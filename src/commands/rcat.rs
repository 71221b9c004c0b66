//! `megarc rcat`.

use std::io::{self, Read as _};

use bytes::Bytes;
use futures_util::stream;
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::Context;
use super::mapping::Named;
use crate::cli::values;
use crate::engine::rcat::{self, Incoming};
use crate::exit::CommandError;
use crate::remote::spec::printable;
use crate::remote::{ByteStream, Entry, ErrorKind, Location, RemoteError};

/// Bytes read at once.
const PIECE: usize = 64 << 10;
/// Pieces that wait for the upload.
const QUEUE: usize = 16;

/// Write standard input to a file
///
/// A file of that name is replaced once all of the new one is there. Nothing
/// can be tried again of what flows through; input shorter than
/// --streaming-upload-cutoff is held in memory, so that it can.
#[derive(clap::Args)]
pub struct Args {
    /// File to be written
    #[arg(value_name = "PATH")]
    path: String,
    /// Number of bytes that will come; a file of another length is refused
    #[arg(long, value_name = "N", default_value = "-1", value_parser = values::strict_integer, allow_hyphen_values = true)]
    size: i64,
}

/// Runs `megarc rcat`.
///
/// # Errors
/// Nothing stands behind standard input; the path names a directory; those of
/// writing the file.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    if is_device() {
        return Err(CommandError::start(
            "nothing to read from standard input (stdin).",
        ));
    }
    if ctx.confirmation.is_some() && !ctx.run.options.dry_run {
        return Err(CommandError::start(
            "--interactive can't ask here: what stands on standard input is the file",
        ));
    }
    let (place, replace) = target(&args.path, ctx).await?;
    let incoming = Incoming {
        stream: standard_input(),
        size: u64::try_from(args.size).ok(),
        modified: Timestamp::now(),
        remote: false,
    };
    let run = ctx.between(ctx.run.clone(), None, Named::file(&args.path));
    Ok(rcat::rcat(&run, &place, replace, incoming).await?)
}

/// The place of one file that shall be written, and what stands there now.
///
/// # Errors
/// A directory stands there, or the place cannot be looked at.
pub(super) async fn target(
    argument: &str,
    ctx: &Context,
) -> Result<(Location, Option<Entry>), CommandError> {
    if argument.ends_with(['/', ':']) {
        return Err(CommandError::start(format!(
            "{:?} is a directory",
            printable(argument)
        )));
    }
    let place = ctx.locate(argument).await?;
    let there = there(&place)
        .await
        .map_err(|error| CommandError::no_file_system(argument, &error))?;
    if there.is_none() {
        ctx.may_hold(argument, &place).await?;
    }
    Ok((place, there))
}

/// The file at `place`, if there is one.
pub(super) async fn there(place: &Location) -> Result<Option<Entry>, RemoteError> {
    match place.remote.stat(&place.path).await {
        Ok(entry) if entry.is_dir() => {
            let path = place.path.as_str();
            Err(RemoteError::new(ErrorKind::IsDir, "writing", path))
        }
        Ok(entry) => Ok(Some(entry)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether standard input is a terminal, or another device that has no end.
fn is_device() -> bool {
    rustix::fs::fstat(io::stdin()).is_ok_and(|stat| {
        rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::CharacterDevice
    })
}

/// What comes in. The thread that reads is nobody's to wait for: a pipe may
/// stay silent for ever after the command has ended.
fn standard_input() -> ByteStream {
    let (sender, receiver) = mpsc::channel(QUEUE);
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        loop {
            let mut piece = vec![0; PIECE];
            let read = match input.read(&mut piece) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read,
            };
            let ends = !matches!(read, Ok(1..));
            let piece = read.map(|length| {
                piece.truncate(length);
                Bytes::from(piece)
            });
            if sender.blocking_send(piece).is_err() || ends {
                return;
            }
        }
    });
    Box::pin(stream::unfold(Some(receiver), |receiver| async {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(Ok(piece)) if piece.is_empty() => None,
            Some(Ok(piece)) => Some((Ok(piece), Some(receiver))),
            Some(Err(error)) => {
                let error = RemoteError::from_io(error, "reading", "standard input");
                Some((Err(error), None))
            }
            // Only an empty piece is the end.
            None => {
                let error = RemoteError::new(ErrorKind::Cancelled, "reading", "standard input");
                Some((Err(error), None))
            }
        }
    }))
}
