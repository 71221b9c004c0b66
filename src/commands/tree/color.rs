//! The colours of names, as the Unix command has them: kinds are told apart by
//! the ends of names.

use super::nodes::Node;
use crate::output::Paint;

const PROGRAMS: &[&str] = &["bat", "btm", "cmd", "com", "dll", "exe"];
const ARCHIVES: &[&str] = &[
    "arj", "bz2", "deb", "gz", "lzh", "rpm", "tar", "taz", "tb2", "tbz", "tbz2", "tgz", "tz",
    "tz2", "z", "zip", "zoo",
];
const PICTURES_AND_SOUNDS: &[&str] = &[
    "asf", "avi", "bmp", "flac", "gif", "jpg", "m2a", "m2v", "mov", "mp3", "mpeg", "mpg", "ogg",
    "ppm", "rm", "tga", "tif", "wav", "wmv", "xbm", "xpm",
];

/// The colour of a node; the end of a name counts more than that it is a
/// directory, as in rclone.
pub(super) fn of(node: &Node) -> Option<Paint> {
    let end = node
        .name
        .rsplit_once('.')
        .map(|(_, end)| end.to_ascii_lowercase());
    let is = |kind: &[&str]| end.as_ref().is_some_and(|end| kind.contains(&end.as_str()));
    if is(PROGRAMS) {
        Some(Paint::Green)
    } else if is(ARCHIVES) {
        Some(Paint::Red)
    } else if is(PICTURES_AND_SOUNDS) {
        Some(Paint::Magenta)
    } else {
        node.dir.then_some(Paint::Blue)
    }
}
