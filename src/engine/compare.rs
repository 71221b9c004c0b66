//! Is the file at the destination the one at the source? Pure.
//!
//! First rule that applies, `same` leaves the destination alone:
//!
//! | rule | verdict |
//! | --- | --- |
//! | `--ignore-existing` | same |
//! | `--ignore-times` | different |
//! | `--update`, destination newer by the window or more | same |
//! | `--update`, times within the window | sizes decide (with `-c`: contents) |
//! | sizes differ (unless `--ignore-size`) | different |
//! | `--size-only` | same |
//! | `--checksum` | contents decide; where they cannot be compared: same. A sample is enough where the times agree, too |
//! | a store keeps no times (unless `--update`) | same |
//! | times within the window | same |
//! | contents can be compared, or `--refresh-times` | equal, or not to be compared: only the time is set; else different |
//! | else | different |
//!
//! The window is the coarsest of `--modify-window` and the precisions of both
//! stores (MEGA: 1 s); without `--modify-window` it is never wider than what
//! the stores cannot tell apart.

use std::time::Duration;

use jiff::SignedDuration;

use super::Options;
use crate::remote::{Depth, Entry, Features};

/// The options and powers that a comparison depends on.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    size_only: bool,
    checksum: bool,
    ignore_times: bool,
    ignore_existing: bool,
    ignore_size: bool,
    update: bool,
    no_update_modtime: bool,
    /// `None`: one of the stores keeps no times.
    window: Option<Duration>,
    /// Contents can be compared without transferring them.
    contents: bool,
    set_modified: bool,
    refresh_times: bool,
}

/// What a comparison says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Leave the destination alone; the reason for the log.
    Same(&'static str),
    /// Transfer; the reason for the log.
    Different(&'static str),
    /// The contents have to be compared: different → transfer.
    Contents {
        /// Equal → set the destination's time to the source's.
        set_time: bool,
        /// How deep to look.
        depth: Depth,
    },
}

impl Rules {
    /// The rules between two stores.
    #[must_use]
    pub fn new(options: &Options, src: &Features, dst: &Features) -> Self {
        Self {
            size_only: options.size_only,
            checksum: options.checksum,
            ignore_times: options.ignore_times,
            ignore_existing: options.ignore_existing,
            ignore_size: options.ignore_size,
            update: options.update,
            no_update_modtime: options.no_update_modtime,
            window: window(options, src, dst),
            contents: comparable(src, dst),
            set_modified: dst.set_modified,
            refresh_times: options.refresh_times,
        }
    }

    /// Whether `--checksum` was asked for and cannot be had.
    #[must_use]
    pub fn lacks_checksum(&self) -> bool {
        self.checksum && !self.contents
    }

    /// The tolerance for times; `None`: one of the stores keeps none.
    #[must_use]
    pub fn window(&self) -> Option<Duration> {
        self.window
    }

    /// Compares two files that stand at the same place.
    #[must_use]
    pub fn compare(&self, src: &Entry, dst: &Entry) -> Verdict {
        if self.ignore_existing {
            return Verdict::Same("Destination exists, skipping");
        }
        if self.ignore_times {
            return Verdict::Different("Transferring unconditionally as --ignore-times is in use");
        }
        if self.update
            && let Some(age) = difference(src, dst)
        {
            // A store without times still has the time of the upload, right
            // to about a second.
            let window = signed(self.window.unwrap_or(Duration::from_secs(1)));
            if age >= window {
                return Verdict::Same("Destination is newer than source, skipping");
            }
            return if age > -window {
                self.equal(src, dst, true, Times::Equal)
            } else {
                self.equal(src, dst, false, Times::Matter)
            };
        }
        self.equal(src, dst, false, Times::IfKept)
    }

    /// A change that keeps size, time and sample is nothing that happens by
    /// itself; a time that differs is a reason to look at every byte.
    fn depth(&self, src: &Entry, dst: &Entry) -> Depth {
        let times_agree = match (self.window, difference(src, dst)) {
            (Some(window), Some(difference)) => difference.abs() < signed(window),
            _ => false,
        };
        if times_agree {
            Depth::Sample
        } else {
            Depth::Whole
        }
    }

    fn equal(&self, src: &Entry, dst: &Entry, sizes_decide: bool, times: Times) -> Verdict {
        let known = src.size.is_some() && dst.size.is_some();
        if !self.ignore_size && known && src.size != dst.size {
            return Verdict::Different("Sizes differ");
        }
        if self.size_only || (sizes_decide && !self.checksum) {
            return Verdict::Same("Sizes identical");
        }
        if self.checksum {
            return if self.contents {
                Verdict::Contents {
                    set_time: false,
                    depth: self.depth(src, dst),
                }
            } else {
                Verdict::Same("Size of src and dst objects identical")
            };
        }
        let window = match (self.window, times) {
            (Some(window), _) => window,
            (None, Times::Matter) => Duration::from_secs(1),
            (None, Times::IfKept | Times::Equal) => return Verdict::Same("Sizes identical"),
        };
        let Some(difference) = difference(src, dst) else {
            return Verdict::Same("Sizes identical");
        };
        if difference.abs() < signed(window) {
            return Verdict::Same("Size and modification time the same");
        }
        if !self.contents && !self.refresh_times {
            return Verdict::Different("Modification times differ");
        }
        let depth = Depth::Whole;
        if self.no_update_modtime {
            return Verdict::Contents {
                set_time: false,
                depth,
            };
        }
        if self.set_modified {
            Verdict::Contents {
                set_time: true,
                depth,
            }
        } else {
            Verdict::Different("Modification times differ and the destination's cannot be set")
        }
    }
}

/// Whether contents of two stores can be compared without a transfer: one is a
/// disk here, the other one too, or tells by itself; or both tell.
pub(super) fn comparable(a: &Features, b: &Features) -> bool {
    let with = |at: &Features, with: &Features| at.local && (with.local || with.likeness);
    with(a, b) || with(b, a) || a.likeness && b.likeness
}

#[derive(Clone, Copy)]
enum Times {
    Equal,
    IfKept,
    Matter,
}

/// The coarsest of what was asked for and what the stores can keep.
fn window(options: &Options, src: &Features, dst: &Features) -> Option<Duration> {
    Some(options.modify_window.max(src.modified?).max(dst.modified?))
}

/// By how much the destination is newer.
pub(super) fn difference(src: &Entry, dst: &Entry) -> Option<SignedDuration> {
    Some(dst.modified?.duration_since(src.modified?))
}

/// A window as jiff's type; one that is too long to say stands for "always".
pub(super) fn signed(window: Duration) -> SignedDuration {
    SignedDuration::try_from(window).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::remote::RemotePath;
    use jiff::Timestamp;

    fn file(size: u64, nanos: i128) -> Entry {
        let mut entry = Entry::file(RemotePath::parse("f").unwrap(), Some(size));
        entry.modified = Some(Timestamp::from_nanosecond(nanos).unwrap());
        entry
    }

    fn disk() -> Features {
        Features {
            modified: Some(Duration::from_nanos(1)),
            set_modified: true,
            local: true,
            ..Features::default()
        }
    }

    fn cloud() -> Features {
        Features {
            modified: Some(Duration::from_secs(1)),
            ..Features::default()
        }
    }

    const SEC: i128 = 1_000_000_000;

    #[track_caller]
    fn check(options: &Options, dst: Features, s: (u64, i128), d: (u64, i128), expected: &str) {
        let rules = Rules::new(options, &disk(), &dst);
        let verdict = match rules.compare(&file(s.0, s.1), &file(d.0, d.1)) {
            Verdict::Same(_) => "same",
            Verdict::Different(_) => "different",
            Verdict::Contents { set_time: true, .. } => "contents+time",
            Verdict::Contents {
                depth: Depth::Sample,
                ..
            } => "sample",
            Verdict::Contents { .. } => "contents",
        };
        assert_eq!(verdict, expected);
    }

    #[test]
    fn the_truth_table_on_disks() {
        let o = Options::default;
        let plain = o();
        check(&plain, disk(), (4, 0), (4, 0), "same");
        check(&plain, disk(), (4, 0), (5, 0), "different");
        check(&plain, disk(), (4, 0), (4, 1), "contents+time");
        let size_only = Options {
            size_only: true,
            ..o()
        };
        check(&size_only, disk(), (4, 0), (4, SEC), "same");
        let checksum = Options {
            checksum: true,
            ..o()
        };
        check(&checksum, disk(), (4, 0), (4, 0), "sample");
        check(&checksum, disk(), (4, 0), (4, 1), "contents");
        let ignore_size = Options {
            ignore_size: true,
            ..o()
        };
        check(&ignore_size, disk(), (4, 0), (5, 0), "same");
        let existing = Options {
            ignore_existing: true,
            ..o()
        };
        check(&existing, disk(), (4, 0), (5, SEC), "same");
        let times = Options {
            ignore_times: true,
            ..o()
        };
        check(&times, disk(), (4, 0), (4, 0), "different");
        let keep = Options {
            no_update_modtime: true,
            ..o()
        };
        check(&keep, disk(), (4, 0), (4, SEC), "contents");
        let wide = Options {
            modify_window: Duration::from_secs(2),
            ..o()
        };
        check(&wide, disk(), (4, 0), (4, SEC), "same");
    }

    #[test]
    fn update_leaves_what_is_newer() {
        let update = Options {
            update: true,
            ..Options::default()
        };
        check(&update, disk(), (4, 0), (9, SEC), "same");
        check(&update, disk(), (4, SEC), (9, 0), "different");
        check(&update, disk(), (4, SEC), (4, 0), "contents+time");
        check(&update, disk(), (4, 0), (4, 0), "same");
        let none = Features::default();
        check(&update, none, (4, SEC), (4, 0), "different");
        check(&update, none, (4, SEC / 2), (4, 0), "same");
        check(&update, none, (4, SEC / 2), (5, 0), "different");
    }

    #[test]
    fn a_cloud_with_sums_is_asked_before_anything_is_sent() {
        let sums = || Features {
            likeness: true,
            set_modified: true,
            ..cloud()
        };
        let plain = Options::default();
        check(&plain, sums(), (4, SEC / 2), (4, 0), "same");
        check(&plain, sums(), (4, SEC), (4, 0), "contents+time");
        check(&plain, sums(), (4, SEC), (5, 0), "different");
        let checksum = Options {
            checksum: true,
            ..plain
        };
        check(&checksum, sums(), (4, 0), (4, SEC / 2), "sample");
        check(&checksum, sums(), (4, SEC), (4, 0), "contents");
    }

    #[test]
    fn times_are_refreshed_where_contents_cannot_be_compared() {
        let refresh = Options {
            refresh_times: true,
            ..Options::default()
        };
        let settable = || Features {
            set_modified: true,
            ..cloud()
        };
        check(&refresh, settable(), (4, SEC), (4, 0), "contents+time");
        check(&refresh, settable(), (4, SEC), (5, 0), "different");
        check(&refresh, cloud(), (4, SEC), (4, 0), "different");
    }

    #[test]
    fn a_cloud_knows_seconds_and_no_contents() {
        let plain = Options::default();
        check(&plain, cloud(), (4, SEC / 2), (4, 0), "same");
        check(&plain, cloud(), (4, SEC), (4, 0), "different");
        check(&plain, Features::default(), (4, SEC), (4, 0), "same");
        let checksum = Options {
            checksum: true,
            ..plain
        };
        check(&checksum, cloud(), (4, SEC), (4, 0), "same");
    }
}
