//! `megarc config file`, `paths` and `touch`: where things are. None of them
//! reads the file, so that they help when it is broken.

use std::path::PathBuf;

use super::broken;
use crate::commands::Context;
use crate::config::paths::Platform;
use crate::config::{self, Config, Env};
use crate::exit::CommandError;

/// Show where the configuration is
#[derive(clap::Args)]
pub(super) struct FileArgs {}

/// Show where configuration, cache and temporary files are
#[derive(clap::Args)]
pub(super) struct PathsArgs {}

/// Make the configuration file, empty, if there is none
#[derive(clap::Args)]
pub(super) struct TouchArgs {}

fn locate(ctx: &Context, env: &Env) -> Result<Option<PathBuf>, CommandError> {
    Config::locate(ctx.flags.place.config.clone(), env).map_err(|e| broken(&e))
}

/// Runs `megarc config file`.
///
/// # Errors
/// Nothing tells where it belongs, or stdout cannot be written.
pub(super) fn file(_: &FileArgs, ctx: &Context) -> Result<(), CommandError> {
    let Some(path) = locate(ctx, &Env::from_process())? else {
        ctx.output.row("Configuration is in memory only")?;
        return Ok(());
    };
    ctx.output.row(if path.exists() {
        "Configuration file is stored at:"
    } else {
        "Configuration file doesn't exist, but megarc will use this path:"
    })?;
    ctx.output.row(&path.to_string_lossy())?;
    Ok(())
}

/// Runs `megarc config paths`.
///
/// # Errors
/// As [`file`].
pub(super) fn paths(_: &PathsArgs, ctx: &Context) -> Result<(), CommandError> {
    let env = Env::from_process();
    let path = locate(ctx, &env)?;
    let path = path.map_or_else(String::new, |p| p.to_string_lossy().into_owned());
    let cache = match &ctx.flags.place.cache_dir {
        Some(dir) => dir.clone(),
        None => Platform::here().cache_dir(&env).map_err(|e| broken(&e))?,
    };
    ctx.output.row(&format!("Config file: {path}"))?;
    ctx.output
        .row(&format!("Cache dir:   {}", cache.display()))?;
    let temporary = std::env::temp_dir();
    ctx.output
        .row(&format!("Temp dir:    {}", temporary.display()))?;
    Ok(())
}

/// Runs `megarc config touch`.
///
/// # Errors
/// Nothing tells where it belongs, or it cannot be made.
pub(super) fn touch(_: &TouchArgs, ctx: &Context) -> Result<(), CommandError> {
    match locate(ctx, &Env::from_process())? {
        Some(path) => config::touch(&path).map_err(|e| broken(&e)),
        None => Ok(()),
    }
}
