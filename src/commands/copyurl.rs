//! `megarc copyurl`.

mod csv;
mod many;

use std::sync::Arc;

use jiff::Timestamp;

use super::Context;
use super::cat::Stdout;
use super::mapping::Named;
use super::rcat::{target, there};
use crate::engine::rcat::{self, Incoming};
use crate::engine::{self, cat};
use crate::exit::CommandError;
use crate::remote::http::{Web, WebFile};
use crate::remote::{Entry, ErrorKind, Location, RemoteError};

/// Copy a file of a web server to a file, without the disk between
///
/// What the address gives flows into the destination as it comes; a file of
/// that name is replaced once all of the new one is there. Redirects are
/// followed, but never from https to http. The server's time of the file
/// becomes its time.
///
/// With --urls the first argument is a file of addresses, one in each line,
/// with a path behind a comma where another name is wanted than that of the
/// address; --transfers of them are copied at the same time.
///
/// A name that a server chooses is one name: what stands before a slash or a
/// backslash goes, and control characters become underscores.
#[derive(clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "one switch of the user each")]
pub struct Args {
    /// Address of the file (http or https)
    #[arg(value_name = "URL")]
    url: String,
    /// File to be written, or with -a the directory for it; - is standard output
    #[arg(value_name = "DEST")]
    dest: Option<String>,
    /// Take the name from the address, after redirects
    #[arg(short = 'a', long)]
    auto_filename: bool,
    /// With -a: take the name that the server gives (Content-Disposition)
    #[arg(long)]
    header_filename: bool,
    /// Fail where a file of that name exists already
    #[arg(long)]
    no_clobber: bool,
    /// Print the name of the file
    #[arg(short = 'p', long)]
    print_filename: bool,
    /// Write to standard output
    #[arg(long)]
    stdout: bool,
    /// Take URL for a CSV file of addresses and paths below DEST
    #[arg(long)]
    urls: bool,
}

/// Runs `megarc copyurl`.
///
/// # Errors
/// The server does not give the file, or it cannot be written.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let web = ctx.opener.web()?;
    if args.urls {
        return many::run(args, &web, ctx).await;
    }
    let dest = args.dest.as_deref().filter(|dest| *dest != "-");
    if args.stdout || args.dest.as_deref() == Some("-") {
        return to_stdout(&args.url, &web, ctx).await;
    }
    let dest = dest.ok_or_else(|| {
        CommandError::start("need 2 arguments if not using --stdout: an address and a destination")
    })?;
    let copied = if args.auto_filename {
        let dir = ctx.open_dir(dest).await?;
        let file = web.get(&args.url).await?;
        let place = below(&dir, &args.name(&file)?)?;
        let there = there(&place).await?;
        args.write(file, (place, there), ctx).await?
    } else {
        let to = target(dest, ctx).await?;
        args.write(web.get(&args.url).await?, to, ctx).await?
    };
    if let Some(name) = copied.filter(|_| args.print_filename) {
        ctx.output.row(&name)?;
    }
    Ok(())
}

async fn to_stdout(url: &str, web: &Web, ctx: &Context) -> Result<(), CommandError> {
    let file = web.get(url).await?;
    let name = file.name.unwrap_or_default();
    let mut sink = Stdout::new(Some(Arc::clone(&ctx.output)));
    let incoming = (file.content, file.size);
    let poured = cat::pour(&ctx.run, &name, incoming, &mut sink).await;
    sink.finish(poured)
}

/// The place of `name` in a directory.
fn below(dir: &Location, name: &str) -> Result<Location, RemoteError> {
    let path = dir
        .path
        .child(name)
        .map_err(|error| RemoteError::new(ErrorKind::Invalid, "writing", name).because(error))?;
    Ok(Location {
        remote: Arc::clone(&dir.remote),
        path,
    })
}

impl Args {
    /// The name that the server and the flags give a file.
    fn name(&self, file: &WebFile) -> Result<String, engine::Error> {
        let (name, missing) = if self.header_filename {
            (
                &file.given,
                "filename not found in the Content-Disposition header",
            )
        } else {
            (&file.name, "file name wasn't found in url")
        };
        name.clone().ok_or_else(|| failure(missing))
    }

    /// Writes a file; its name is the answer, where one was written.
    async fn write(
        &self,
        file: WebFile,
        (place, there): (Location, Option<Entry>),
        ctx: &Context,
    ) -> Result<Option<String>, engine::Error> {
        if self.no_clobber && there.is_some() {
            return Err(failure("file already exists"));
        }
        let name = place.path.name().to_owned();
        // What would be thrown away is not fetched.
        if ctx.run.skips("copy", &name, file.size).await {
            return Ok(None);
        }
        let incoming = Incoming {
            stream: file.content,
            size: file.size,
            modified: file.modified.unwrap_or_else(Timestamp::now),
            remote: true,
        };
        let dest = self.dest.as_deref().unwrap_or_default();
        let dest = match self.auto_filename || self.urls {
            true => Named::dir(dest),
            false => Named::file(dest),
        };
        let run = ctx.between(ctx.run.unasked(), None, dest);
        rcat::rcat(&run, &place, there, incoming).await?;
        Ok(Some(name))
    }
}

fn failure(why: &str) -> engine::Error {
    engine::Error::new(ErrorKind::Network, format!("CopyURL failed: {why}"))
}
