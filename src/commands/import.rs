//! `megarc import`.

use super::Context;
use crate::exit::CommandError;

/// Take over what a public link shows into an account
///
/// The server does it: nothing is downloaded. The file, or the directory with
/// all it holds, appears in DIR under the name it has. The link is an address
/// in quotes, with the key behind the number sign, or a remote that shows one;
/// then a path names a part of it. For a link with a password see
/// --mega-link-password. To pick files by filters use copy.
#[derive(clap::Args)]
pub struct Args {
    /// Public link, or a place in a remote that shows one
    #[arg(value_name = "LINK")]
    link: String,
    /// Directory of an account, made as needed
    #[arg(value_name = "DIR")]
    dir: String,
}

/// Runs `megarc import`.
///
/// # Errors
/// There is no such link, the other remote takes none over, or something of
/// its name stands in the directory.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let source = ctx.locate(&args.link).await?;
    let Some(link) = source.remote.shown_link() else {
        return Err(CommandError::run(format!(
            "{} is no public link: use copy",
            source.describe()
        )));
    };
    let dir = ctx.open_dir(&args.dir).await?;
    let Some(cloud) = dir.remote.cloud() else {
        return Err(CommandError::run(format!(
            "{} can't take over public links: use copy",
            dir.describe()
        )));
    };
    let part = if source.path.is_root() {
        None
    } else {
        source.remote.stat(&source.path).await?.id
    };
    let object = dir.describe();
    if ctx.run.skips("import", &object, None).await {
        return Ok(());
    }
    let made = cloud.import(&link, part.as_ref(), &dir.path).await?;
    tracing::info!(object = %made.path.as_str(), "Imported");
    Ok(())
}
