//! The block of statistics.

use crate::engine::stats::Snapshot;

/// How statistics are written.
#[derive(Debug, Clone, Default)]
pub struct Style {}

/// The statistics as a block of lines.
#[must_use]
pub fn block(snapshot: &Snapshot, _: &Style) -> String {
    format!(
        "Transferred: {:>10} / {}",
        snapshot.counts.transfers, snapshot.total_transfers
    )
}

/// Logs the statistics.
pub fn log(snapshot: &Snapshot, style: &Style) {
    tracing::info!("\n{}\n", block(snapshot, style));
}
