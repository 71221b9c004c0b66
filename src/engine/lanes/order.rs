//! `--order-by`: which file is transferred before which. Pure.

use std::cmp::Ordering;

use super::super::transfer::Job;
use super::super::{Class, Error, Result};
use crate::remote::ErrorKind;

/// What files are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Name,
    Size,
    Modified,
}

/// An order of transfers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Order {
    by: By,
    descending: bool,
    /// So many percent of the transfers take the first file, the others the
    /// last one.
    mixed: Option<i64>,
}

impl Order {
    /// Reads `size,mixed,50` and its like; nothing in an empty text.
    ///
    /// # Errors
    /// [`Class::Fatal`], in rclone's words.
    pub(in super::super) fn parse(text: &str) -> Result<Option<Self>> {
        if text.is_empty() {
            return Ok(None);
        }
        let wrong = |why: String| Error::new(ErrorKind::Invalid, why).class(Class::Fatal);
        let lower = text.to_lowercase();
        let mut parts = lower.split(',');
        let by = match parts.next().unwrap_or_default() {
            "name" => By::Name,
            "size" => By::Size,
            "modtime" => By::Modified,
            other => return Err(wrong(format!("unknown --order-by comparison {other:?}"))),
        };
        let mut order = Self {
            by,
            descending: false,
            mixed: None,
        };
        match parts.next() {
            None | Some("ascending" | "asc") => {}
            Some("descending" | "desc") => order.descending = true,
            Some("mixed") => {
                let percent = match parts.next() {
                    None => 50,
                    Some(text) => text
                        .parse()
                        .map_err(|_| wrong(format!("bad mixed fraction --order-by {text:?}")))?,
                };
                order.mixed = Some(percent);
            }
            Some(other) => {
                return Err(wrong(format!(
                    "unknown --order-by sort direction {other:?}"
                )));
            }
        }
        match parts.next() {
            None => Ok(Some(order)),
            Some(_) => Err(wrong(format!("bad --order-by string {text:?}"))),
        }
    }

    /// From which end worker `number` of `all` takes its files.
    pub(super) fn end(self, number: usize, all: usize) -> End {
        let share = 100_usize.saturating_mul(number) / all.max(1);
        let share = i64::try_from(share).unwrap_or(i64::MAX);
        match self.mixed {
            Some(percent) if share >= percent => End::Last,
            _ => End::First,
        }
    }

    /// Where a file stands in this order; of equal ones the earlier is first.
    pub(super) fn key(self, job: &Job, number: u64) -> Key {
        let value = match self.by {
            By::Name => Value::Name(job.name.clone()),
            By::Size => Value::Number(job.src.size.map_or(-1, i128::from)),
            By::Modified => {
                let time = job.src.modified.map(jiff::Timestamp::as_nanosecond);
                Value::Number(time.unwrap_or(i128::MIN))
            }
        };
        Key {
            descending: self.descending,
            value,
            number,
        }
    }
}

/// One end of the files in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    First,
    Last,
}

/// Where a file stands among others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    descending: bool,
    value: Value,
    number: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Number(i128),
    Name(String),
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let values = self.value.cmp(&other.value);
        let values = if self.descending {
            values.reverse()
        } else {
            values
        };
        values.then(self.number.cmp(&other.number))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn orders_are_read_as_rclone_reads_them() {
        let order = |by, descending, mixed| {
            Some(Order {
                by,
                descending,
                mixed,
            })
        };
        for (text, expected) in [
            ("", None),
            ("name", order(By::Name, false, None)),
            ("SIZE,DESC", order(By::Size, true, None)),
            ("size,descending", order(By::Size, true, None)),
            ("modtime,ascending", order(By::Modified, false, None)),
            ("size,mixed", order(By::Size, false, Some(50))),
            ("size,mixed,30", order(By::Size, false, Some(30))),
        ] {
            assert_eq!(Order::parse(text).unwrap(), expected, "{text}");
        }
        for (text, expected) in [
            ("foo", "unknown --order-by comparison \"foo\""),
            ("size,foo", "unknown --order-by sort direction \"foo\""),
            ("size,asc,3", "bad --order-by string \"size,asc,3\""),
            ("size,mixed,x", "bad mixed fraction --order-by \"x\""),
            (
                "size,mixed,30,4",
                "bad --order-by string \"size,mixed,30,4\"",
            ),
        ] {
            let error = Order::parse(text).unwrap_err();
            assert_eq!(
                (error.to_string().as_str(), error.class),
                (expected, Class::Fatal)
            );
        }
    }

    #[test]
    fn a_mixed_order_shares_the_transfers_out() {
        let ends = |text, all| {
            let order = Order::parse(text).unwrap().unwrap();
            let first = (0..all).filter(|number| order.end(*number, all) == End::First);
            first.count()
        };
        assert_eq!(ends("size", 4), 4);
        assert_eq!(ends("size,mixed", 4), 2);
        assert_eq!(ends("size,mixed,75", 4), 3);
        assert_eq!(ends("size,mixed,0", 4), 0);
        assert_eq!(ends("size,mixed,50", 1), 1);
    }
}
