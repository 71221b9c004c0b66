//! `megarc copyurl --urls`: many files, several at a time.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use tokio::sync::Mutex;

use super::{Args, below, csv, there};
use crate::commands::Context;
use crate::engine;
use crate::exit::CommandError;
use crate::remote::http::{Web, shown};
use crate::remote::{ErrorKind, Location, RemoteError, RemotePath};

/// Copies the files that the list names.
///
/// # Errors
/// The list cannot be read, or not all of it be copied.
pub(super) async fn run(args: &Args, web: &Web, ctx: &Context) -> Result<(), CommandError> {
    for (given, flag) in [
        (args.stdout, "stdout"),
        (args.print_filename, "print-filename"),
    ] {
        if given {
            return Err(CommandError::start(format!(
                "can't use --{flag} with --urls"
            )));
        }
    }
    let Some(dest) = &args.dest else {
        return Err(CommandError::start(
            "need 2 arguments with --urls: a file of addresses and a destination",
        ));
    };
    let path = &args.url;
    let text = std::fs::read_to_string(path)
        .map_err(|error| CommandError::start(format!("failed to read {path}: {error}")))?;
    let list = csv::read(&text)
        .map_err(|error| CommandError::start(format!("failed reading .csv file: {error}")))?;
    let many = Many {
        args,
        web,
        ctx,
        dir: ctx.open_dir(dest).await?,
        busy: Mutex::default(),
    };
    let mut results = stream::iter(&list)
        .map(|fields| many.one(fields))
        .buffer_unordered(ctx.run.options.transfers);
    let (mut failed, mut last) = (0_u64, None);
    while let Some(result) = results.next().await {
        if let Err(error) = result {
            failed += 1;
            last = Some(error);
        }
        if ctx.run.stats.is_fatal() {
            break;
        }
    }
    match last {
        None => Ok(()),
        Some(error) if failed == 1 => Err(incomplete(&error, "")),
        Some(error) => Err(incomplete(
            &error,
            &format!("{failed} errors: last error: "),
        )),
    }
}

fn incomplete(error: &engine::Error, how_many: &str) -> CommandError {
    let text = format!("not all URLs copied successfully: {how_many}{error}");
    engine::Error::new(error.kind, text)
        .class(error.class)
        .into()
}

struct Many<'c> {
    args: &'c Args,
    web: &'c Web,
    ctx: &'c Context,
    dir: Location,
    /// Places that are written to. Two files for one place follow each other:
    /// a store that allows two of one name would else have both.
    busy: Mutex<HashMap<RemotePath, Arc<Mutex<()>>>>,
}

impl Many<'_> {
    async fn one(&self, fields: &[String]) -> Result<(), engine::Error> {
        let url = fields.first().map_or("", String::as_str);
        let name = fields.get(1).map_or("", String::as_str);
        self.copy(url, name).await.inspect_err(|error| {
            tracing::error!(object = %name, "failed to copy URL {:?}: {error}", shown(url));
        })
    }

    async fn copy(&self, url: &str, name: &str) -> Result<(), engine::Error> {
        let file = self.web.get(url).await?;
        let place = if name.is_empty() {
            below(&self.dir, &self.args.name(&file)?)?
        } else {
            let path = RemotePath::parse(name).map_err(|error| {
                RemoteError::new(ErrorKind::Invalid, "writing", name).because(error)
            })?;
            Location {
                path: self.dir.path.join(&path),
                ..self.dir.clone()
            }
        };
        let turn = Arc::clone(
            self.busy
                .lock()
                .await
                .entry(place.path.clone())
                .or_default(),
        );
        let _turn = turn.lock().await;
        let there = there(&place).await?;
        self.args.write(file, (place, there), self.ctx).await?;
        Ok(())
    }
}
