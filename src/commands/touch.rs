//! `megarc touch`.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};

use super::Context;
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
    let when = args.when().map_err(CommandError::start)?;
    tracing::debug!("Touch time {when}");
    let place = ctx.locate(&args.path).await?;
    let parent = place.path.parent();
    let (Some(parent), false) = (parent, args.path.ends_with(['/', ':'])) else {
        return Ok(touch::touch_dir(&ctx.run, &place, &place, when, args.recursive).await?);
    };
    let root = Location {
        remote: place.remote.clone(),
        path: parent,
    };
    match place.remote.stat(&place.path).await {
        Ok(entry) if entry.is_dir() => {
            Ok(touch::touch_dir(&ctx.run, &root, &place, when, args.recursive).await?)
        }
        Ok(file) => Ok(touch::touch_file(&ctx.run, &root, &file, when).await?),
        Err(error) if !error.is_not_found() => {
            Err(CommandError::no_file_system(&args.path, &error))
        }
        Err(_) if args.no_create => {
            tell(&root, "--no-create");
            Ok(())
        }
        Err(_) if args.recursive => {
            tell(&root, "--recursive");
            Ok(())
        }
        Err(_) => Ok(touch::create(&ctx.run, &root, &place.path, when).await?),
    }
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
        civil_time(text)
            .and_then(|time| zone.to_timestamp(time).ok())
            .ok_or_else(|| {
                format!(
                    "failed to parse timestamp argument: {text:?} is none of YYMMDD, \
                     YYYY-MM-DDTHH:MM:SS and YYYY-MM-DDTHH:MM:SS.SSS"
                )
            })
    }
}

fn civil_time(text: &str) -> Option<DateTime> {
    let form = match text.len() {
        // Others would pass as years of one digit and the like.
        6 => return Some(civil::Date::strptime("%y%m%d", text).ok()?.into()),
        19 => "%Y-%m-%dT%H:%M:%S",
        20.. => "%Y-%m-%dT%H:%M:%S%.f",
        _ => return None,
    };
    DateTime::strptime(form, text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_forms() {
        for (text, expected) in [
            ("171030", "2017-10-30T00:00:00"),
            ("690101", "1969-01-01T00:00:00"),
            ("2006-01-02T15:04:05", "2006-01-02T15:04:05"),
            ("2006-01-02T15:04:05.1", "2006-01-02T15:04:05.1"),
            (
                "2006-01-02T15:04:05.123456789",
                "2006-01-02T15:04:05.123456789",
            ),
        ] {
            let time = civil_time(text).map(|time| time.to_string());
            assert_eq!(time.as_deref(), Some(expected), "{text}");
        }
        for text in [
            "bogus",
            "171330",
            "2006-01-02",
            "17.10.30",
            "2006-01-02T15:04",
            "2006-01-02T15:04:05Z",
            "2006-01-02T15:04:05+01:00",
            "2006-01-02 15:04:05",
        ] {
            assert_eq!(civil_time(text), None, "{text}");
        }
    }
}
