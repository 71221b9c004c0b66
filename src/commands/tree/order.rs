//! The orders in which a directory is shown. Pure.

use std::cmp::Ordering;

use super::nodes::Node;

/// How to sort.
pub(super) struct Order {
    pub(super) by: fn(&Node, &Node) -> Ordering,
    pub(super) reverse: bool,
}

impl Order {
    /// The order of two nodes; sorting by it has to be stable.
    pub(super) fn compare(&self, a: &Node, b: &Node) -> Ordering {
        if self.reverse {
            (self.by)(b, a)
        } else {
            (self.by)(a, b)
        }
    }
}

pub(super) fn by_name(a: &Node, b: &Node) -> Ordering {
    a.name.cmp(&b.name)
}

pub(super) fn by_time(a: &Node, b: &Node) -> Ordering {
    a.modified.cmp(&b.modified)
}

pub(super) fn by_size(a: &Node, b: &Node) -> Ordering {
    a.size.cmp(&b.size)
}

pub(super) fn dirs_first(a: &Node, b: &Node) -> Ordering {
    b.dir.cmp(&a.dir)
}

pub(super) fn by_version(a: &Node, b: &Node) -> Ordering {
    natural(a.name.as_bytes(), b.name.as_bytes())
}

/// Numbers by their value, those with fewer zeros in front first, and before
/// anything that is no number; the rest byte by byte.
fn natural(mut a: &[u8], mut b: &[u8]) -> Ordering {
    while let (Some((x, a_rest)), Some((y, b_rest))) = (a.split_first(), b.split_first()) {
        match (x.is_ascii_digit(), y.is_ascii_digit()) {
            (true, true) => {
                let (left, right) = (number(a), number(b));
                let value = |n: &Number<'_>| (n.digits.len(), n.digits.to_vec());
                let order = value(&left)
                    .cmp(&value(&right))
                    .then(left.zeros.cmp(&right.zeros));
                if order != Ordering::Equal {
                    return order;
                }
                (a, b) = (left.rest, right.rest);
            }
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            (false, false) if x != y => return x.cmp(y),
            (false, false) => (a, b) = (a_rest, b_rest),
        }
    }
    a.len().cmp(&b.len())
}

/// The number at the start of a name.
struct Number<'a> {
    zeros: usize,
    digits: &'a [u8],
    rest: &'a [u8],
}

fn number(text: &[u8]) -> Number<'_> {
    let zeros = text.iter().take_while(|byte| **byte == b'0').count();
    let (_, significant) = text.split_at(zeros);
    let length = significant
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .count();
    let (digits, rest) = significant.split_at(length);
    Number {
        zeros,
        digits,
        rest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count() {
        let sorted = [
            "0", "000", "1", "01", "2", "10", "A2", "a", "a1", "a1b2", "a1b10", "a01b2", "a001",
            "a 1", "b1", "b-1", "x1.2", "x1.2.3", "x1.02", "x1.10.0", "é1",
        ];
        for pair in sorted.windows(2) {
            let [a, b] = pair else { continue };
            assert_eq!(
                natural(a.as_bytes(), b.as_bytes()),
                Ordering::Less,
                "{a} before {b}"
            );
        }
    }
}
