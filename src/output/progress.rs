//! The statistics as text: a block, or one line. Pure, but for [`log`].

use std::fmt::Write as _;

use jiff::Zoned;

use super::layout::Layout;
use super::logging::Level;
use super::units::{self, SpeedUnit};
use crate::engine::stats::{Snapshot, Transferring};

/// The date in front of a line of statistics, unless another is asked for.
pub const DATE: &str = "2006/01/02 15:04:05 - ";

/// How statistics are written.
#[derive(Debug, Clone)]
pub struct Style {
    /// Bytes or bits (`--stats-unit`).
    pub unit: SpeedUnit,
    /// One line (`--stats-one-line`).
    pub one_line: bool,
    /// With the date in front (`--stats-one-line-date`): how it is written.
    pub date: Option<Layout>,
    /// Columns for a file name; 0: no limit (`--stats-file-name-length`).
    pub name_length: usize,
    /// The level of the log line (`--stats-log-level`).
    pub level: Level,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            unit: SpeedUnit::Bytes,
            one_line: false,
            date: None,
            name_length: 45,
            level: Level::Info,
        }
    }
}

/// The statistics as a block of lines, without a line end after the last;
/// a single line where the style says so.
#[must_use]
pub fn block(snapshot: &Snapshot, style: &Style) -> String {
    if style.one_line || style.date.is_some() {
        return one_line(snapshot, style);
    }
    let counts = &snapshot.counts;
    let mut lines = vec![format!("Transferred:   \t{}", bytes_line(snapshot, style))];
    if counts.errors > 0 {
        let hope = if snapshot.fatal_error {
            "fatal error encountered"
        } else if snapshot.retry_error {
            "retrying may help"
        } else {
            "no need to retry"
        };
        lines.push(format!("Errors:{:>18} ({hope})", counts.errors));
    }
    if snapshot.total_checks > 0 || counts.listed > 0 {
        lines.push(format!(
            "Checks:{:>18} / {}, {}, Listed {}",
            counts.checks,
            snapshot.total_checks,
            percent(counts.checks, snapshot.total_checks),
            counts.listed
        ));
    }
    if counts.deletes > 0 || counts.deleted_dirs > 0 {
        lines.push(format!(
            "Deleted:{:>17} (files), {} (dirs), {} (freed)",
            counts.deletes,
            counts.deleted_dirs,
            units::size(counts.deleted_bytes)
        ));
    }
    if counts.renames > 0 {
        lines.push(format!("Renamed:{:>17}", counts.renames));
    }
    if snapshot.total_transfers > 0 {
        lines.push(format!(
            "Transferred:{:>13} / {}, {}",
            counts.transfers,
            snapshot.total_transfers,
            percent(counts.transfers, snapshot.total_transfers)
        ));
    }
    for (what, width, count, bytes) in [
        ("Copies:", 6, counts.server_copies, counts.server_copy_bytes),
        ("Moves:", 7, counts.server_moves, counts.server_move_bytes),
    ] {
        if count > 0 {
            let bytes = units::size(bytes);
            lines.push(format!("Server Side {what}{count:>width$} @ {bytes}"));
        }
    }
    lines.push(format!(
        "Elapsed time:{:>13}",
        units::elapsed(snapshot.elapsed)
    ));
    push_running(&mut lines, snapshot, style);
    lines.join("\n")
}

fn push_running(lines: &mut Vec<String>, snapshot: &Snapshot, style: &Style) {
    if !snapshot.checking.is_empty() {
        lines.push("Checking:".to_owned());
        for name in &snapshot.checking {
            lines.push(format!(" * {}: checking", column(name, style.name_length)));
        }
    }
    if !snapshot.transferring.is_empty() {
        lines.push("Transferring:".to_owned());
        lines.extend(snapshot.transferring.iter().map(|t| running(t, style)));
    }
}

fn running(transfer: &Transferring, style: &Style) -> String {
    let mut line = format!(" * {}:", column(&transfer.name, style.name_length));
    // Writing to a String cannot fail.
    let _ = match transfer.size {
        Some(size) => write!(
            line,
            "{:>3}% / {}",
            transfer.bytes.min(size).saturating_mul(100) / size.max(1),
            units::size(size)
        ),
        None => write!(line, " {}", units::size(transfer.bytes)),
    };
    let speed = units::speed(transfer.speed, style.unit);
    let eta = transfer.eta.map_or("-".to_owned(), units::short_duration);
    let _ = write!(line, ", {speed}, {eta}");
    line
}

/// A name in a column; a longer one loses its middle. On one line in any case.
fn column(name: &str, width: usize) -> String {
    let name = super::sanitize::line(name);
    let length = name.chars().count();
    if width == 0 || length <= width {
        return format!("{name:>width$}");
    }
    let keep = width - 1;
    let head: String = name.chars().take(keep / 2).collect();
    let tail: String = name.chars().skip(length - (keep - keep / 2)).collect();
    format!("{head}…{tail}")
}

fn one_line(snapshot: &Snapshot, style: &Style) -> String {
    let date = style.date.as_ref();
    let date = date.map_or_else(String::new, |layout| layout.format(&Zoned::now()));
    let counts = &snapshot.counts;
    let mut queues = Vec::new();
    if snapshot.queued_transfers > 0 {
        let total = snapshot.total_transfers;
        queues.push(format!("xfr#{}/{total}", counts.transfers));
    }
    if snapshot.queued_checks > 0 {
        queues.push(format!("chk#{}/{}", counts.checks, snapshot.total_checks));
    }
    let queues = if queues.is_empty() {
        String::new()
    } else {
        format!(" ({})", queues.join(", "))
    };
    format!("{date}{}{queues}", bytes_line(snapshot, style))
}

/// The title of the terminal's window (`--progress-terminal-title`).
#[must_use]
pub fn title(snapshot: &Snapshot) -> String {
    let eta = snapshot.eta.map_or("-".to_owned(), units::short_duration);
    format!("ETA: {eta}")
}

fn bytes_line(snapshot: &Snapshot, style: &Style) -> String {
    format!(
        "{:>13} / {}, {}, {}, ETA {}",
        units::size(snapshot.counts.bytes),
        units::size(snapshot.total_bytes),
        percent(snapshot.counts.bytes, snapshot.total_bytes),
        units::speed(snapshot.speed, style.unit),
        snapshot.eta.map_or("-".to_owned(), units::short_duration)
    )
}

/// A rounded percentage; `-` of nothing.
fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let (part, whole) = (u128::from(part), u128::from(whole));
    format!("{}%", (part * 200 + whole) / (whole * 2))
}

/// The statistics as an object, with rclone's names (`--use-json-log`).
#[must_use]
pub fn json(snapshot: &Snapshot) -> serde_json::Value {
    let counts = &snapshot.counts;
    let seconds = |d: Option<std::time::Duration>| d.map(|d| d.as_secs());
    let mut record = serde_json::json!({
        "bytes": counts.bytes,
        "checks": counts.checks,
        "deletedDirs": counts.deleted_dirs,
        "deletes": counts.deletes,
        "elapsedTime": snapshot.elapsed.as_secs_f64(),
        "errors": counts.errors,
        "eta": seconds(snapshot.eta),
        "fatalError": snapshot.fatal_error,
        "listed": counts.listed,
        "renames": counts.renames,
        "retryError": snapshot.retry_error,
        "serverSideCopies": counts.server_copies,
        "serverSideCopyBytes": counts.server_copy_bytes,
        "serverSideMoveBytes": counts.server_move_bytes,
        "serverSideMoves": counts.server_moves,
        "speed": snapshot.speed,
        "totalBytes": snapshot.total_bytes,
        "totalChecks": snapshot.total_checks,
        "totalTransfers": snapshot.total_transfers,
        "transferTime": snapshot.transfer_time.as_secs_f64(),
        "transfers": counts.transfers,
    });
    if let Some(last) = &snapshot.last_error {
        record["lastError"] = last.as_str().into();
    }
    if !snapshot.checking.is_empty() {
        record["checking"] = snapshot.checking.clone().into();
    }
    if !snapshot.transferring.is_empty() {
        let running = snapshot.transferring.iter().map(|t| {
            let size = t.size.map_or(-1, |s| i64::try_from(s).unwrap_or(i64::MAX));
            let percentage = t
                .size
                .map_or(0, |s| t.bytes.min(s).saturating_mul(100) / s.max(1));
            serde_json::json!({
                "bytes": t.bytes,
                "eta": seconds(t.eta),
                "name": t.name,
                "percentage": percentage,
                "size": size,
                "speed": t.speed_average,
                "speedAvg": t.speed,
            })
        });
        record["transferring"] = running.collect();
    }
    record
}

/// Logs the statistics, at the level that the style asks for.
pub fn log(snapshot: &Snapshot, style: &Style) {
    let text = if style.one_line || style.date.is_some() {
        block(snapshot, style)
    } else {
        format!("\n{}\n", block(snapshot, style))
    };
    let stats = json(snapshot).to_string();
    match style.level {
        Level::Off => {}
        Level::Emergency | Level::Alert | Level::Critical | Level::Warning => {
            tracing::error!(level = style.level.name(), stats, "{text}");
        }
        Level::Error => tracing::error!(stats, "{text}"),
        Level::Notice => tracing::warn!(stats, "{text}"),
        Level::Info => tracing::info!(stats, "{text}"),
        Level::Debug => tracing::debug!(stats, "{text}"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::stats::Counts;

    fn busy() -> Snapshot {
        Snapshot {
            counts: Counts {
                bytes: 7_059_013,
                transfers: 1,
                checks: 3,
                listed: 11,
                deletes: 1,
                deleted_bytes: 8,
                renames: 1,
                server_copies: 1,
                server_copy_bytes: 14,
                server_moves: 1,
                server_move_bytes: 14,
                errors: 1,
                ..Counts::default()
            },
            total_bytes: 9_000_000,
            total_transfers: 3,
            total_checks: 3,
            retry_error: true,
            transferring: vec![Transferring {
                name: "f2.bin".to_owned(),
                size: Some(3_000_000),
                bytes: 2_097_000,
                speed: 786_027.0,
                speed_average: 786_027.0,
                eta: Some(Duration::from_secs(1)),
            }],
            checking: vec!["name".to_owned()],
            speed: 3_662_675.0,
            eta: Some(Duration::ZERO),
            elapsed: Duration::from_millis(2040),
            ..Snapshot::default()
        }
    }

    #[test]
    fn the_block_is_rclones() {
        let expected = "\
Transferred:   \t    6.732 MiB / 8.583 MiB, 78%, 3.493 MiB/s, ETA 0s
Errors:                 1 (retrying may help)
Checks:                 3 / 3, 100%, Listed 11
Deleted:                1 (files), 0 (dirs), 8 B (freed)
Renamed:                1
Transferred:            1 / 3, 33%
Server Side Copies:     1 @ 14 B
Server Side Moves:      1 @ 14 B
Elapsed time:         2.0s
Checking:
 *                                          name: checking
Transferring:
 *                                        f2.bin: 69% / 2.861 MiB, 767.604 KiB/s, 1s";
        assert_eq!(block(&busy(), &Style::default()), expected);
    }

    #[test]
    fn an_idle_block_is_short() {
        let expected =
            "Transferred:   \t          0 B / 0 B, -, 0 B/s, ETA -\nElapsed time:         0.0s";
        assert_eq!(block(&Snapshot::default(), &Style::default()), expected);
    }

    #[test]
    fn one_line_names_the_queues() {
        let mut snapshot = busy();
        let style = Style {
            one_line: true,
            ..Style::default()
        };
        let line = "    6.732 MiB / 8.583 MiB, 78%, 3.493 MiB/s, ETA 0s";
        assert_eq!(block(&snapshot, &style), line);
        snapshot.queued_transfers = 1;
        snapshot.queued_checks = 1;
        assert_eq!(
            block(&snapshot, &style),
            format!("{line} (xfr#1/3, chk#3/3)")
        );
    }

    #[test]
    fn a_date_is_written_as_asked_for() {
        let style = Style {
            date: Some(Layout::Go("Q2006 ".to_owned())),
            ..Style::default()
        };
        let line = block(&busy(), &style);
        assert!(line.starts_with("Q20"), "{line}");
        assert_eq!(
            &line[6..],
            "    6.732 MiB / 8.583 MiB, 78%, 3.493 MiB/s, ETA 0s"
        );
    }

    #[test]
    fn the_title_is_the_time_left() {
        assert_eq!(title(&busy()), "ETA: 0s");
        assert_eq!(title(&Snapshot::default()), "ETA: -");
    }

    #[test]
    fn long_names_lose_their_middle() {
        assert_eq!(column("abcdefghij", 5), "ab…ij");
        assert_eq!(column("abcdefghij", 0), "abcdefghij");
        assert_eq!(column("abc", 5), "  abc");
        assert_eq!(column("a\nb", 6), "a\\x0ab");
    }

    #[test]
    fn json_has_rclones_names() {
        let record = json(&busy());
        assert_eq!(record["serverSideMoveBytes"], 14);
        assert_eq!(record["transferring"][0]["percentage"], 69);
        assert!(record.get("lastError").is_none());
    }
}
