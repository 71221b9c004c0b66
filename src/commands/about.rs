//! `megarc about`.

use super::Context;
use crate::exit::CommandError;
use crate::output::units;
use crate::remote::About;

/// Show the space of a remote
///
/// Only what the remote knows is shown.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Remote; a path in it changes nothing
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
    let about = place.remote.about(&place.path).await?;
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
    rows.into_iter()
        .filter_map(|(name, value)| Some(format!("{name:<9}{}\n", value?)))
        .collect()
}

fn json(about: &About) -> String {
    let fields = [
        ("total", about.total),
        ("used", about.used),
        ("trashed", about.trashed),
        ("other", about.other),
        ("free", about.free),
        ("objects", about.objects),
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
    }
}
