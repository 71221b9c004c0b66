//! The flags of `hashsum`, `md5sum` and `sha1sum`.

/// What hashes are computed of, and where they go.
#[derive(Clone, clap::Args)]
pub struct SumFlags {
    /// Write sums in base64, not in hexadecimal
    #[arg(long)]
    pub(super) base64: bool,
    /// Compare with the sums in this file instead of printing any
    #[arg(long, short = 'C', value_name = "FILE")]
    pub(super) checkfile: Option<String>,
    /// Read the files of stores that keep no sums
    #[arg(long)]
    pub(super) download: bool,
    /// Write the sums to this file
    #[arg(long, value_name = "FILE")]
    pub(super) output_file: Option<String>,
}
