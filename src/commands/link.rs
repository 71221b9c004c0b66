//! `megarc link`.

use jiff::Timestamp;

use super::Context;
use super::dialogue::{Prompt as _, Terminal};
use crate::cli::values::{self, Span};
use crate::exit::CommandError;
use crate::remote::{Entry, ErrorKind, LinkOptions, LinkPassword, Location, RemoteError};

/// Make a public link to a file or directory and print it
///
/// Whoever has the link can read what it leads to. A link that exists is
/// printed again. Links that expire need an account that MEGA lets do so. A
/// link with a password is of no use without it; the server knows nothing of
/// the password, and the link without it goes on to work for whoever has it.
#[derive(clap::Args)]
pub struct Args {
    /// File or directory
    #[arg(value_name = "PATH")]
    path: String,
    /// Time after which the link ends
    #[arg(long, value_name = "DURATION", value_parser = values::span, default_value = "off")]
    expire: Span,
    /// Lock the link with this password; - asks for it, or reads a line
    #[arg(long, value_name = "PASSWORD", conflicts_with = "unlink")]
    password: Option<String>,
    /// Take the public link back
    #[arg(long)]
    unlink: bool,
}

/// Runs `megarc link`.
///
/// # Errors
/// The remote has no links, nothing stands at the path, or the remote refuses.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let place = ctx.locate(&args.path).await?;
    if !place.remote.features().link {
        return Err(CommandError::run(format!(
            "{} doesn't support public links",
            ctx.open(&args.path).await?.dir.describe()
        )));
    }
    let entry = find(&place).await?;
    let object = entry.path.as_str();
    if args.unlink {
        if !ctx.run.skips("unlink", object, None).await {
            place.remote.unlink(&entry).await?;
            tracing::info!(object = %object, "Removed the public link");
        }
        return Ok(());
    }
    if ctx.run.skips("link", object, None).await {
        return Ok(());
    }
    let options = LinkOptions {
        expires: end(args.expire)?,
        password: password(args.password.as_deref(), ctx)?,
    };
    let link = place.remote.link(&entry, &options).await?;
    ctx.output.row(&link)?;
    Ok(())
}

/// When the link shall end; one that has ended already is no use.
fn end(expire: Span) -> Result<Option<Timestamp>, CommandError> {
    if expire == Span::Off {
        return Ok(None);
    }
    let now = Timestamp::now();
    let length = expire.length(now).filter(|length| !length.is_zero());
    length
        .and_then(|length| now.checked_add(length).ok())
        .map(Some)
        .ok_or_else(|| CommandError::start("--expire needs a time that is yet to come"))
}

/// The password that the user chose. Empty it would lock nothing.
fn password(typed: Option<&str>, ctx: &Context) -> Result<Option<LinkPassword>, CommandError> {
    let password = match typed {
        None => return Ok(None),
        Some("-") => {
            let asked = Terminal::new(ctx).password("Enter a password for the link:")?;
            LinkPassword::new(asked.expose())
        }
        Some(typed) => LinkPassword::new(typed),
    };
    if password.reveal().is_empty() {
        return Err(CommandError::start("the password of the link is empty"));
    }
    Ok(Some(password))
}

/// What stands at the path; what is missing is a directory that is not there,
/// for the exit code that scripts know.
async fn find(place: &Location) -> Result<Entry, RemoteError> {
    if place.path.is_root() {
        return Ok(Entry::dir(place.path.clone()));
    }
    place.remote.stat(&place.path).await.map_err(|error| {
        if error.is_not_found() {
            RemoteError::new(ErrorKind::DirNotFound, "linking", place.path.as_str())
        } else {
            error
        }
    })
}
