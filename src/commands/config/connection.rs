//! `megarc config userinfo`, `reconnect` and `disconnect`: who is logged in,
//! and the session that is kept.

use std::collections::BTreeMap;

use serde::Serialize as _;
use serde_json::ser::{PrettyFormatter, Serializer};

use crate::commands::Context;
use crate::exit::CommandError;
use crate::remote::spec::Spec;
use crate::remote::{ErrorKind, RemoteError};

/// Show who is logged in
#[derive(clap::Args)]
pub(super) struct UserinfoArgs {
    /// Remote
    #[arg(value_name = "REMOTE")]
    remote: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// End the session that is kept for a remote
///
/// The same as 'megarc logout': the next command logs in again.
#[derive(clap::Args)]
pub(super) struct DisconnectArgs {
    /// Remote
    #[arg(value_name = "REMOTE")]
    remote: String,
}

/// End the session that is kept for a remote, and log in again
///
/// A code of the second factor comes from --mega-2fa, or you are asked.
#[derive(clap::Args)]
pub(super) struct ReconnectArgs {
    /// Remote of the configuration
    #[arg(value_name = "REMOTE")]
    remote: String,
}

/// Runs `megarc config userinfo`.
///
/// # Errors
/// The remote knows no users, or the login failed.
pub(super) async fn userinfo(args: &UserinfoArgs, ctx: &Context) -> Result<(), CommandError> {
    let place = ctx.locate(&args.remote).await?;
    let rows = match place.remote.user_info().await {
        Err(error) if error.kind == ErrorKind::Unsupported => {
            let why = format!("{} doesn't support UserInfo", place.describe());
            return Err(ctx.refuse("config userinfo", &why));
        }
        other => other?,
    };
    if args.json {
        let rows: BTreeMap<&str, String> = rows.into_iter().collect();
        let mut json = Vec::new();
        let format = PrettyFormatter::with_indent(b"\t");
        rows.serialize(&mut Serializer::with_formatter(&mut json, format))
            .map_err(|e| CommandError::run(e.to_string()))?;
        ctx.output.row(&String::from_utf8_lossy(&json))?;
        return Ok(());
    }
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in rows {
        ctx.output.row(&format!("{name:>width$}: {value}"))?;
    }
    Ok(())
}

/// Runs `megarc config disconnect`.
///
/// # Errors
/// The remote keeps no session, or ending it fails.
pub(super) async fn disconnect(args: &DisconnectArgs, ctx: &Context) -> Result<(), CommandError> {
    let place = ctx.locate(&args.remote).await?;
    match place.remote.logout().await {
        Err(error) if error.kind == ErrorKind::Unsupported => {
            let why = format!("{} doesn't support Disconnect", place.describe());
            Err(ctx.refuse("config disconnect", &why))
        }
        ended => Ok(ended?),
    }
}

/// Runs `megarc config reconnect`.
///
/// # Errors
/// The remote is none of the configuration, or none that keeps a session; the
/// login failed.
pub(super) async fn reconnect(args: &ReconnectArgs, ctx: &Context) -> Result<(), CommandError> {
    const COMMAND: &str = "config reconnect";
    let spec = Spec::parse(&args.remote).map_err(|e| ctx.refuse(COMMAND, &e))?;
    let Spec::Named { name, .. } = spec else {
        return Err(ctx.refuse(COMMAND, &"backend doesn't support reconnect or authorize"));
    };
    let kind = ctx.opener.kind_of(&name);
    let kind = kind.map_err(|e| ctx.refuse(COMMAND, &e))?;
    if kind != "mega" {
        return Err(ctx.refuse(COMMAND, &"backend doesn't support reconnect or authorize"));
    }
    let place = format!("{name}:");
    let failed = |error: RemoteError| CommandError::no_file_system(&place, &error);
    if let Err(error) = ctx.opener.end_session(&name).await {
        // It may have ended long ago; the login matters.
        tracing::warn!("The session of {place} could not be ended: {error}");
    }
    let fresh = ctx.opener.open(&place).await.map_err(failed)?;
    let user = fresh.remote.user_info().await.map_err(failed)?;
    let email = user.into_iter().find(|(name, _)| *name == "Email");
    tracing::info!(
        "Logged in as {}",
        email.map_or_else(String::new, |(_, email)| email)
    );
    Ok(())
}
