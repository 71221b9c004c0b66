//! `megarc version`.

use std::fs;

use super::Context;
use crate::exit::CommandError;

/// Show the version of megarc and of what it runs on
#[derive(clap::Args)]
pub struct Args {}

/// Runs `megarc version`.
///
/// # Errors
/// Stdout cannot be written.
pub fn run(_: &Args, ctx: &Context) -> Result<(), CommandError> {
    ctx.output.text(&text())?;
    Ok(())
}

/// The version, then one line for each fact about the system.
fn text() -> String {
    let kernel = rustix::system::uname();
    let linking = if cfg!(target_feature = "crt-static") {
        "static"
    } else {
        "dynamic"
    };
    format!(
        "megarc v{}\n\
         - os/version: {}\n\
         - os/kernel: {} ({})\n\
         - os/type: {}\n\
         - os/arch: {}\n\
         - rust/version: {}\n\
         - rust/linking: {linking}\n",
        env!("CARGO_PKG_VERSION"),
        system_name(),
        kernel.release().to_string_lossy(),
        kernel.machine().to_string_lossy(),
        std::env::consts::OS,
        std::env::consts::ARCH,
        env!("CARGO_PKG_RUST_VERSION"),
    )
}

/// What the distribution calls itself.
fn system_name() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .map_or_else(
            || std::env::consts::OS.to_owned(),
            |name| name.trim_matches('"').to_lowercase(),
        )
}
