//! `megarc about`.

use super::Context;
use crate::exit::CommandError;
use crate::output::units;
use crate::remote::About;

/// Show the space of a remote
///
/// Only what the remote knows is shown. Of MEGA: Trashed is the rubbish bin,
/// Other the old versions of the files in the cloud drive, Versions all old
/// versions (see cleanup --versions), Transfer what was downloaded, and of how
/// much for accounts that have a fixed quota.
#[derive(clap::Args)]
pub struct Args {
    /// Remote, or a directory in it
    #[arg(value_name = "REMOTE")]
    remote: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print plain numbers of bytes
    #[arg(long)]
    full: bool,
}

/// Runs `megarc about`.
///
/// # Errors
/// The remote does not say, or stdout cannot be written.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let place = ctx.open(&args.remote).await?.dir;
    if !place.remote.features().about {
        return Err(CommandError::run(format!(
            "{} doesn't support about",
            place.describe()
        )));
    }
    let about = place.remote.about(&place.path).await;
    let about = about.map_err(|e| CommandError::from(e).within("about call failed"))?;
    let text = if args.json {
        json(&about)
    } else {
        table(&about, args.full)
    };
    ctx.output.text(&text)?;
    Ok(())
}

fn table(about: &About, full: bool) -> String {
    let size = |n: u64| if full { n.to_string() } else { units::size(n) };
    let rows = [
        ("Total:", about.total.map(size)),
        ("Used:", about.used.map(size)),
        ("Free:", about.free.map(size)),
        ("Trashed:", about.trashed.map(size)),
        ("Other:", about.other.map(size)),
        ("Objects:", about.objects.map(|n| n.to_string())),
    ];
    let known = rows
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name:<9}{}\n", value?)));
    let versions = about.versions.map(|n| format!("Versions: {}\n", size(n)));
    let transfer = about.transfer.map(|transfer| {
        let used = size(transfer.used);
        match transfer.allowed {
            Some(allowed) => format!("Transfer: {used} of {}\n", size(allowed)),
            None => format!("Transfer: {used}\n"),
        }
    });
    known.chain(versions).chain(transfer).collect()
}

fn json(about: &About) -> String {
    let fields = [
        ("total", about.total),
        ("used", about.used),
        ("trashed", about.trashed),
        ("other", about.other),
        ("free", about.free),
        ("objects", about.objects),
        ("versions", about.versions),
        ("transferUsed", about.transfer.map(|transfer| transfer.used)),
        (
            "transferTotal",
            about.transfer.and_then(|transfer| transfer.allowed),
        ),
    ];
    let lines: Vec<String> = fields
        .into_iter()
        .filter_map(|(name, value)| Some(format!("\t\"{name}\": {}", value?)))
        .collect();
    format!("{{\n{}\n}}\n", lines.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::Transfer;

    #[test]
    fn only_what_is_known() {
        let about = About {
            total: Some(50 << 30),
            used: Some(123_483),
            ..About::default()
        };
        assert_eq!(
            table(&about, false),
            "Total:   50 GiB\nUsed:    120.589 KiB\n"
        );
        assert_eq!(
            table(&about, true),
            "Total:   53687091200\nUsed:    123483\n"
        );
        assert_eq!(
            json(&about),
            "{\n\t\"total\": 53687091200,\n\t\"used\": 123483\n}\n"
        );
        let about = About {
            versions: Some(2048),
            transfer: Some(Transfer {
                used: 1 << 20,
                allowed: Some(5 << 30),
            }),
            ..About::default()
        };
        assert_eq!(
            table(&about, false),
            "Versions: 2 KiB\nTransfer: 1 MiB of 5 GiB\n"
        );
        assert_eq!(
            json(&about),
            "{\n\t\"versions\": 2048,\n\t\"transferUsed\": 1048576,\n\t\"transferTotal\": 5368709120\n}\n"
        );
    }
}
