//! Old versions as entries beside their files (option `versions`), under names
//! with the time of their upload in them: `report-v2026-11-28-115035-000.txt`.
//!
//! The form is that of rclone's remotes with versions. MEGA counts whole
//! seconds: the last three digits number the versions of one second.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::mega::node::NodeKind;
use crate::mega::tree::{NodeRef, Tree};

/// Length of `-v2006-01-02-150405-000`.
const MARK: usize = 23;

/// The old versions of a file with the names they are listed under.
pub(super) fn named<'a>(tree: &'a Tree, file: NodeRef<'a>) -> Vec<(String, NodeRef<'a>)> {
    let Some(name) = file.name() else {
        return Vec::new();
    };
    let versions = tree.versions(file.handle());
    let mut named = Vec::with_capacity(versions.len());
    let mut previous = None;
    let mut number = 0;
    // From the oldest on, so that a name stays what it is when more come.
    for version in versions.into_iter().rev() {
        let second = version.created();
        number = if previous == Some(second) {
            number + 1
        } else {
            0
        };
        previous = Some(second);
        named.push((marked(name, second, number), version));
    }
    named.reverse();
    named
}

/// The files among `nodes` whose old version may be called `name`.
pub(super) fn find<'a>(tree: &'a Tree, nodes: &[NodeRef<'a>], name: &str) -> Vec<NodeRef<'a>> {
    let Some(of) = unmarked(name) else {
        return Vec::new();
    };
    nodes
        .iter()
        .filter(|node| node.kind() == NodeKind::File && node.name() == Some(of.as_str()))
        .flat_map(|file| named(tree, *file))
        .filter(|(shown, _)| shown == name)
        .map(|(_, version)| version)
        .collect()
}

/// `a.txt` and a moment as `a-v2006-01-02-150405-000.txt`.
fn marked(name: &str, second: i64, number: usize) -> String {
    let time = Timestamp::from_second(second).unwrap_or_default();
    let time = time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d-%H%M%S");
    let (stem, extension) = split(name);
    format!("{stem}-v{time}-{number:03}{extension}")
}

/// The name without the mark, if it has one.
fn unmarked(name: &str) -> Option<String> {
    let (stem, extension) = split(name);
    let (stem, mark) = stem.split_at_checked(stem.len().checked_sub(MARK)?)?;
    let like = |(have, want): (u8, u8)| match want {
        b'0' => have.is_ascii_digit(),
        sign => have == sign,
    };
    let form = b"-v0000-00-00-000000-000";
    let is_mark = mark.bytes().zip(*form).all(like);
    is_mark.then(|| format!("{stem}{extension}"))
}

/// Stem and extension; the dot belongs to the extension.
fn split(name: &str) -> (&str, &str) {
    let dot = name.rfind('.').unwrap_or(name.len());
    name.split_at(dot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_go_before_the_extension_and_off_again() {
        for (name, shown) in [
            ("a.txt", "a-v2025-11-23-115120-007.txt"),
            ("a.tar.gz", "a.tar-v2025-11-23-115120-007.gz"),
            ("plain", "plain-v2025-11-23-115120-007"),
            (".dot", "-v2025-11-23-115120-007.dot"),
        ] {
            assert_eq!(marked(name, 1_763_898_680, 7), shown);
            assert_eq!(unmarked(shown).as_deref(), Some(name));
        }
        for plain in ["a.txt", "", "a-v2025-11-23-11512x-000.txt", "é-v2025"] {
            assert_eq!(unmarked(plain), None, "{plain}");
        }
    }
}
