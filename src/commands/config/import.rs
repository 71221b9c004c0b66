//! `megarc config import`.

use std::path::{Path, PathBuf};

use super::broken;
use crate::commands::Context;
use crate::commands::dialogue::{Terminal, ask};
use crate::config::import::{self, Import};
use crate::config::paths::Platform;
use crate::config::{ConfigError, Section};
use crate::exit::CommandError;
use crate::remote::spec::check_name;

/// Take over the remotes of rclone's configuration
///
/// Without FILE it looks where rclone does: $RCLONE_CONFIG,
/// ~/.config/rclone/rclone.conf, ~/.rclone.conf. What megarc has remotes for is
/// taken over, obscured passwords as they are; everything else is listed with
/// the reason. A session that rclone has opened is used from now on, after the
/// server was asked for it, so that no second factor is needed. rclone's file
/// is not changed. An encrypted one is opened with RCLONE_CONFIG_PASS, or you
/// are asked.
#[derive(clap::Args)]
pub(super) struct Args {
    /// rclone's configuration file
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Replace remotes of the same names
    #[arg(long)]
    overwrite: bool,
}

/// Runs `megarc config import`.
///
/// # Errors
/// There is no such file, it cannot be read, or ours cannot be written.
pub(super) async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let config = ctx.opener.config();
    config.check_writable().map_err(|e| broken(&e))?;
    let (path, sections) = read(args.file.as_deref(), ctx)?;
    let mut taken = Vec::new();
    for section in &sections {
        match judge(section, args.overwrite, ctx) {
            Ok(import) => taken.push(import),
            Err(why) => ctx
                .output
                .row(&format!("{}: left out: {why}", section.name()))?,
        }
    }
    if sections.is_empty() {
        ctx.output
            .row(&format!("{}: no remotes", path.to_string_lossy()))?;
    }
    if !ctx.flags.copy.dry_run {
        store(&taken, args.overwrite, ctx)?;
    }
    for import in &taken {
        report(import, ctx).await?;
    }
    Ok(())
}

/// The file that is meant, and what it holds.
fn read(file: Option<&Path>, ctx: &Context) -> Result<(PathBuf, Vec<Section>), CommandError> {
    let env = ctx.opener.config().env();
    let places = match file {
        Some(file) => vec![file.to_owned()],
        None => Platform::here().rclone_files(env),
    };
    let mut gave_up = None;
    for path in &places {
        let answer = std::cell::RefCell::new(&mut gave_up);
        let question = || {
            let mut terminal = Terminal::new(ctx);
            let title = "Enter the password of rclone's configuration:";
            ask::password(&mut terminal, title)
                .map_err(|error| **answer.borrow_mut() = Some(error))
                .ok()
        };
        let allowed = ctx.flags.place.ask_password;
        let read = import::read(path, env, allowed.then_some(&question));
        match read {
            Ok(Some(sections)) => return Ok((path.clone(), sections)),
            Ok(None) => {}
            Err(error) => return Err(gave_up.unwrap_or_else(|| broken(&error))),
        }
    }
    let looked: Vec<String> = places.iter().map(|path| format!("{path:?}")).collect();
    let why = format!(
        "there is no configuration of rclone at {}",
        looked.join(" or ")
    );
    Err(CommandError::start(why)
        .hint("'rclone config file' shows where it is: give that path to 'megarc config import'"))
}

/// Whether a remote can be taken over, and what of it.
fn judge(section: &Section, overwrite: bool, ctx: &Context) -> Result<Import, String> {
    let import = import::import(section)?;
    check_name(section.name()).map_err(|e| format!("its name: {e}"))?;
    if !overwrite && ctx.opener.config().section(section.name()).is_some() {
        return Err("there is a remote of that name (--overwrite replaces it)".to_owned());
    }
    Ok(import)
}

/// Writes all of them at once.
fn store(taken: &[Import], overwrite: bool, ctx: &Context) -> Result<(), CommandError> {
    let stored = ctx.opener.config().edit(|draft| {
        for Import { section, .. } in taken {
            let name = section.name();
            if draft.section(name).is_some() {
                if !overwrite {
                    return Err(ConfigError::Exists(name.to_owned()));
                }
                draft.remove(name);
            }
            for (key, value) in section.iter() {
                draft.set(name, key, value);
            }
        }
        Ok(())
    });
    stored.map_err(|e| broken(&e))
}

/// Says what became of a remote; its session is taken over on the way.
async fn report(import: &Import, ctx: &Context) -> Result<(), CommandError> {
    let name = import.section.name();
    let dry_run = ctx.flags.copy.dry_run;
    let done = if dry_run {
        "would be taken over"
    } else {
        "taken over"
    };
    let with_session = match &import.session {
        None => String::new(),
        Some(_) if dry_run => ", with its session if that is still open".to_owned(),
        Some((id, key)) => match ctx.opener.take_over_session(name, id, key).await {
            Ok(()) => ", with its session".to_owned(),
            Err(error) => format!(", without its session: {error}"),
        },
    };
    ctx.output.row(&format!("{name}: {done}{with_session}"))?;
    for (key, why) in &import.left_out {
        ctx.output.row(&format!("{name}: {key} left out: {why}"))?;
    }
    let target = import.section.get("remote").unwrap_or_default();
    if let Some((target, _)) = target.split_once(':').filter(|(name, _)| !name.is_empty())
        && check_name(target).is_ok()
        && import.section.get("type") == Some("alias")
        && !dry_run
        && ctx.opener.config().section(target).is_none()
    {
        ctx.output.row(&format!(
            "{name}: it leads to {target}:, which megarc does not have"
        ))?;
    }
    Ok(())
}
