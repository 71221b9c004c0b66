//! The lines of a tree.

use jiff::{Timestamp, Zoned};

use super::color;
use super::nodes::{Node, Nodes};
use crate::output::Paint;

/// How a tree is drawn.
pub(super) struct Drawing {
    pub(super) dirs_only: bool,
    /// Levels to show; `None`: all.
    pub(super) level: Option<usize>,
    pub(super) full_path: bool,
    pub(super) indent: bool,
    pub(super) report: bool,
    pub(super) quote: bool,
    pub(super) size: bool,
    pub(super) human: bool,
    pub(super) modtime: bool,
    pub(super) protections: bool,
    /// Times of another year are shown with it.
    pub(super) now: Zoned,
    /// Time of what has none.
    pub(super) no_time: Timestamp,
}

/// A line: what stands before a name, and the name.
#[derive(Default)]
pub(super) struct Line {
    pub(super) head: String,
    pub(super) name: String,
    pub(super) paint: Option<Paint>,
}

/// A node whose line is still to come.
struct Pending {
    at: usize,
    /// The path of the directory it is in.
    above: String,
    /// The lines that pass it on the left.
    bars: String,
    depth: usize,
    last: bool,
}

impl Drawing {
    /// The lines, without line ends.
    pub(super) fn lines(&self, nodes: &Nodes) -> Vec<Line> {
        let totals = nodes.totals();
        let mut lines = Vec::new();
        let (mut dirs, mut files) = (0_u64, 0_u64);
        let mut pending = Vec::new();
        if let Some(root) = nodes.get(0) {
            let size = totals.first().copied().unwrap_or(0);
            lines.push(Line {
                head: self.facts(root, size),
                name: self.named("/"),
                paint: color::of(root),
            });
            self.enter(root, "", "", 0, &mut pending);
        }
        while let Some(next) = pending.pop() {
            let Some(node) = nodes.get(next.at) else {
                continue;
            };
            let path = format!("{}/{}", next.above, node.name);
            let mut line = String::new();
            let mut bars = next.bars;
            if self.indent {
                line += &bars;
                line += if next.last {
                    "└── "
                } else {
                    "├── "
                };
                bars += if next.last { "    " } else { "│   " };
            }
            let size = totals.get(next.at).copied().unwrap_or(0);
            line += &self.facts(node, size);
            lines.push(Line {
                head: line,
                name: self.named(if self.full_path { &path } else { &node.name }),
                paint: color::of(node),
            });
            *(if node.dir { &mut dirs } else { &mut files }) += 1;
            self.enter(node, &path, &bars, next.depth, &mut pending);
        }
        if self.report {
            lines.push(Line::default());
            let head = if self.dirs_only {
                // rclone counts none here.
                "0 directories".to_owned()
            } else {
                format!("{dirs} directories, {files} files")
            };
            lines.push(Line {
                head,
                ..Line::default()
            });
        }
        lines
    }

    /// Puts what `node` holds before all else that is pending.
    fn enter(&self, node: &Node, path: &str, bars: &str, depth: usize, pending: &mut Vec<Pending>) {
        if self.level.is_some_and(|level| depth >= level) {
            return;
        }
        for (from_last, at) in node.children.iter().rev().enumerate() {
            pending.push(Pending {
                at: *at,
                above: path.to_owned(),
                bars: bars.to_owned(),
                depth: depth + 1,
                last: from_last == 0,
            });
        }
    }

    /// What stands in brackets before a name.
    fn facts(&self, node: &Node, size: u64) -> String {
        let mut facts = Vec::new();
        if self.protections && !node.dir {
            facts.push("-rw-rw-rw-".to_owned());
        }
        if self.size {
            facts.push(if self.human {
                format!("{:>4}", short(size))
            } else {
                format!("{size:>11}")
            });
        }
        if self.modtime && !node.dir {
            facts.push(self.time(node));
        }
        if facts.is_empty() {
            String::new()
        } else {
            format!("[{}]  ", facts.join(" "))
        }
    }

    fn time(&self, node: &Node) -> String {
        let time = node
            .modified
            .unwrap_or(self.no_time)
            .to_zoned(self.now.time_zone().clone());
        let format = if time.year() == self.now.year() {
            "%b %d %H:%M"
        } else {
            "%b %d  %Y"
        };
        time.strftime(format).to_string()
    }

    fn named(&self, name: &str) -> String {
        if self.quote {
            format!("\"{name}\"")
        } else {
            name.to_owned()
        }
    }
}

/// A size in at most four characters, as the Unix command has it.
fn short(size: u64) -> String {
    let units = [
        (60, 'E'),
        (50, 'P'),
        (40, 'T'),
        (30, 'G'),
        (20, 'M'),
        (10, 'K'),
    ];
    let Some((shift, unit)) = units.into_iter().find(|(shift, _)| size > 1 << shift) else {
        return size.to_string();
    };
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    let value = size as f64 / (1_u64 << shift) as f64;
    if value >= 10.0 {
        format!("{value:.0}{unit}")
    } else {
        format!("{value:.1}{unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_stay_short() {
        for (size, expected) in [
            (0, "0"),
            (1024, "1024"),
            (1500, "1.5K"),
            (5_242_880, "5.0M"),
            (20 << 30, "20G"),
        ] {
            assert_eq!(short(size), expected);
        }
    }
}
