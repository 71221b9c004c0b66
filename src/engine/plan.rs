//! A pair and the rules → what to do. Pure; `--dry-run` prints it.

use super::compare::{Rules, Verdict};
use super::march::Pair;
use crate::remote::{Depth, Entry};

/// What copying does with a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Transfer the file; `replace` is what stands there now.
    Copy {
        /// At the source.
        src: Entry,
        /// At the destination.
        replace: Option<Entry>,
        /// For the log.
        why: &'static str,
    },
    /// Compare the contents first.
    Probe {
        /// At the source.
        src: Entry,
        /// At the destination.
        dst: Entry,
        /// Equal contents: set the destination's time.
        set_time: bool,
        /// How deep to look.
        depth: Depth,
    },
    /// Leave the file alone.
    Keep {
        /// At the source.
        src: Entry,
        /// At the destination.
        dst: Entry,
        /// For the log.
        why: &'static str,
    },
    /// Go into the directory.
    Enter {
        /// At the source.
        src: Entry,
        /// At the destination, if it is there.
        dst: Option<Entry>,
    },
    /// A file and a directory are in each other's way.
    Refuse {
        /// At the source.
        src: Entry,
        /// At the destination.
        dst: Entry,
    },
    /// Only the destination has it: copying leaves it alone, a sync deletes it.
    Extra {
        /// At the destination.
        dst: Entry,
    },
    /// Leave everything as it is.
    Nothing,
}

/// Decides what copying does with a pair.
#[must_use]
pub fn plan(pair: Pair, rules: &Rules) -> Action {
    match pair {
        Pair::SrcOnly(src) if src.is_dir() => Action::Enter { src, dst: None },
        Pair::SrcOnly(src) => Action::Copy {
            src,
            replace: None,
            why: "Need to transfer - File not found at Destination",
        },
        Pair::Both { src, dst } if src.is_dir() => Action::Enter {
            src,
            dst: Some(dst),
        },
        Pair::Both { src, dst } => match rules.compare(&src, &dst) {
            Verdict::Same(why) => Action::Keep { src, dst, why },
            Verdict::Different(why) => Action::Copy {
                src,
                replace: Some(dst),
                why,
            },
            Verdict::Contents { set_time, depth } => Action::Probe {
                src,
                dst,
                set_time,
                depth,
            },
        },
        Pair::Clash { src, dst } => Action::Refuse { src, dst },
        Pair::DstOnly(dst) => Action::Extra { dst },
    }
}
