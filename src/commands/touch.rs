//! `megarc touch`.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Context;
use super::mapping::Named;
use crate::cli::dates;
use crate::engine::touch;
use crate::exit::CommandError;
use crate::remote::Location;

/// Set modification times, or make an empty file
///
/// Of a directory the files in it are touched, with --recursive those of all
/// levels; a directory itself keeps its time. On MEGA the content of a file
/// stays where it is: only the time is sent.
#[derive(clap::Args)]
pub struct Args {
    /// File or directory
    #[arg(value_name = "PATH")]
    path: String,
    /// Leave a missing file missing (as with --recursive)
    #[arg(long, short = 'C')]
    no_create: bool,
    /// Touch the files of all levels
    #[arg(long, short = 'R')]
    recursive: bool,
    /// This time instead of now: YYMMDD, YYYY-MM-DDTHH:MM:SS or YYYY-MM-DDTHH:MM:SS.SSS
    #[arg(
        long,
        short,
        value_name = "TIME",
        default_value = "",
        hide_default_value = true
    )]
    timestamp: String,
    /// The time is that of the local time zone, not UTC
    #[arg(long)]
    localtime: bool,
}

/// Runs `megarc touch`.
///
/// # Errors
/// The time cannot be read; the store cannot set times, or the file not be
/// made.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let when = args.when().map_err(CommandError::run)?;
    tracing::debug!("Touch time {when}");
    let place = ctx.locate(&args.path).await?;
    let when = match place.remote.features().local {
        true => disk_time(when),
        false => Some(when),
    };
    let parent = place.path.parent();
    let (Some(parent), false) = (parent, args.path.ends_with(['/', ':'])) else {
        return touch_dir(args, ctx, &place, &place, when).await;
    };
    let root = Location {
        remote: place.remote.clone(),
        path: parent,
    };
    match place.remote.stat(&place.path).await {
        Ok(entry) if entry.is_dir() => touch_dir(args, ctx, &root, &place, when).await,
        Ok(file) => match when {
            Some(when) => Ok(touch::touch_file(&ctx.run, &root, &file, when).await?),
            None => Ok(()),
        },
        Err(error) if !error.is_not_found() => {
            Err(CommandError::no_file_system(&args.path, &error))
        }
        Err(_) => {
            ctx.may_hold(&args.path, &place).await?;
            if args.no_create {
                tell(&root, "--no-create");
                return Ok(());
            }
            if args.recursive {
                tell(&root, "--recursive");
                return Ok(());
            }
            let when = when.unwrap_or_else(Timestamp::now);
            let run = ctx.between(ctx.run.clone(), None, Named::file(&args.path));
            Ok(touch::create(&run, &root, &place.path, when).await?)
        }
    }
}

async fn touch_dir(
    args: &Args,
    ctx: &Context,
    root: &Location,
    dir: &Location,
    when: Option<Timestamp>,
) -> Result<(), CommandError> {
    match when {
        Some(when) => Ok(touch::touch_dir(&ctx.run, root, dir, when, args.recursive).await?),
        None => Ok(()),
    }
}

/// A time as rclone gives it to a disk: a number of nanoseconds in 64 bits,
/// which wraps around beyond 292 years from 1970, and for the first second of
/// year 1 no time at all.
fn disk_time(when: Timestamp) -> Option<Timestamp> {
    const YEAR_ONE: i64 = -62_135_596_800;
    if when.as_second() == YEAR_ONE && when.subsec_nanosecond() == 0 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "that is what wraps")]
    let nanos = when.as_nanosecond() as i64;
    Timestamp::from_nanosecond(i128::from(nanos)).ok()
}

fn tell(root: &Location, flag: &str) {
    tracing::warn!(object = %root.describe(), "Not touching nonexistent file due to {flag}");
}

impl Args {
    /// The time to be set.
    fn when(&self) -> Result<Timestamp, String> {
        let text = self.timestamp.as_str();
        if text.is_empty() {
            return Ok(Timestamp::now());
        }
        let zone = if self.localtime {
            TimeZone::system()
        } else {
            TimeZone::UTC
        };
        let layout = match text.len() {
            ..19 => "060102",
            19 => "2006-01-02T15:04:05",
            20.. => "2006-01-02T15:04:05.999999999",
        };
        dates::parse(layout, text, &zone)
            .map_err(|why| format!("failed to parse timestamp argument: {why}"))
    }
}
