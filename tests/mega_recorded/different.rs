//! Where MEGA lies in a case, and the cases that end otherwise than recorded.

/// Which side is MEGA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The source.
    Down,
    /// The destination, with what is beside it.
    Up,
    /// Both, in one account.
    Within,
    /// Both, and the source is another account's.
    Across,
}

pub(crate) const MODES: [Mode; 4] = [Mode::Down, Mode::Up, Mode::Within, Mode::Across];

impl Mode {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Down => "from MEGA",
            Self::Up => "to MEGA",
            Self::Within => "within an account",
            Self::Across => "from account to account",
        }
    }
}

/// Cases that are run, in all modes together.
pub(crate) const CASES: usize = 909;

/// Cases that differ on purpose: where, name, and why.
pub(crate) const DIFFERENT: &[(&[Mode], &str, &str)] = &[
    (&MODES, "copyto --immutable", IMMUTABLE),
    (&MODES, "moveto --immutable", IMMUTABLE),
    (
        &MODES,
        "two compare-dest",
        "rclone fails to set the time of a directory that was not made",
    ),
    (
        &[Mode::Within],
        "moveto missing src",
        "nothing is made for a source that is not there",
    ),
    (
        &MODES,
        "sync --track-renames --track-renames-strategy size",
        "which of several files of one size is renamed is not fixed",
    ),
    (COPYING, "copy --copy-dest @ROOT@/aux", COPIES),
    (COPYING, "move --copy-dest @ROOT@/aux", COPIES),
    (COPYING, "sync --copy-dest @ROOT@/aux", COPIES),
];

/// Where the destination is MEGA.
const COPYING: &[Mode] = &[Mode::Up, Mode::Within, Mode::Across];

const IMMUTABLE: &str = "rclone forgets --immutable for a single file; it is kept here";
const COPIES: &str = "MEGA copies on the server, which the disk of the recording does not";
