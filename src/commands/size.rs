//! `megarc size`.

use super::Context;
use crate::engine;
use crate::exit::CommandError;
use crate::output::units;

/// Show the number and the total size of the files in a path
///
/// Goes into all directories below the path. Files whose size the store does
/// not know are counted apart.
#[derive(clap::Args)]
pub struct Args {
    /// Directory or file
    #[arg(value_name = "PATH")]
    path: String,
    /// Show one JSON object
    #[arg(long)]
    json: bool,
}

/// Runs `megarc size`.
///
/// # Errors
/// The path cannot be listed, or stdout not written.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let root = ctx.open(&args.path).await?;
    let mut sum = Sum::default();
    if let Some(totals) = engine::totals(&ctx.run, &root).await {
        (sum.files, sum.bytes) = (totals.files, totals.bytes);
    } else {
        ctx.each_entry(&root, ctx.walk(&root), |entry, _| {
            if !entry.is_dir() {
                sum.add(entry.size);
            }
            Ok(())
        })
        .await?;
    }
    let text = if args.json { sum.json() } else { sum.text() };
    Ok(ctx.output.text(&text)?)
}

#[derive(Default)]
struct Sum {
    files: u64,
    bytes: u64,
    sizeless: u64,
}

impl Sum {
    fn add(&mut self, size: Option<u64>) {
        self.files += 1;
        match size {
            Some(size) => self.bytes = self.bytes.saturating_add(size),
            None => self.sizeless += 1,
        }
    }

    fn json(&self) -> String {
        format!(
            "{{\"count\":{},\"bytes\":{},\"sizeless\":{}}}\n",
            self.files, self.bytes, self.sizeless
        )
    }

    fn text(&self) -> String {
        let mut text = format!(
            "Total objects: {}\nTotal size: {} ({} Byte)\n",
            count(self.files),
            units::size(self.bytes),
            self.bytes
        );
        if self.sizeless > 0 {
            text += &format!(
                "Total objects with unknown size: {}\n",
                count(self.sizeless)
            );
        }
        text
    }
}

/// A number of files; from a thousand on shortened, and in full behind that.
fn count(n: u64) -> String {
    const UNITS: [(u64, &str); 6] = [
        (1_000_000_000_000_000_000, "E"),
        (1_000_000_000_000_000, "P"),
        (1_000_000_000_000, "T"),
        (1_000_000_000, "G"),
        (1_000_000, "M"),
        (1_000, "k"),
    ];
    let Some((unit, name)) = UNITS.into_iter().find(|(unit, _)| n >= *unit) else {
        return n.to_string();
    };
    if n.is_multiple_of(unit) {
        return format!("{}{name} ({n})", n / unit);
    }
    #[expect(clippy::cast_precision_loss, reason = "three decimals are shown")]
    let value = n as f64 / unit as f64;
    format!("{value:.3}{name} ({n})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_files_are_shortened() {
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1k (1000)");
        assert_eq!(count(1_234), "1.234k (1234)");
        assert_eq!(count(2_500_000), "2.500M (2500000)");
    }

    #[test]
    fn unknown_sizes_have_a_line() {
        let mut sum = Sum::default();
        sum.add(Some(3));
        sum.add(None);
        assert_eq!(
            sum.text(),
            "Total objects: 2\nTotal size: 3 B (3 Byte)\nTotal objects with unknown size: 1\n"
        );
        assert_eq!(sum.json(), "{\"count\":2,\"bytes\":3,\"sizeless\":1}\n");
    }
}
