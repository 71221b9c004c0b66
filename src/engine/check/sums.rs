//! Files against a list of their sums, as md5sum and its like write it.

use std::collections::BTreeMap;

use futures_util::StreamExt;

use super::super::hash::{self, Wanted};
use super::super::in_order::InOrder;
use super::super::march::{Names, Side};
use super::super::root::relative;
use super::super::walk::Walk;
use super::super::{Error, Result, Root, Run};
use super::pair::Verdict;
use super::tally::{Outcome, Tally};
use super::{Ask, Report};
use crate::remote::{Entry, ErrorKind, Location};

/// Complaints about a list that are said one by one.
const SAID: usize = 3;

/// A list of sums.
#[derive(Debug, Default)]
pub struct Sums {
    /// Sum by path.
    by_path: BTreeMap<String, String>,
    /// What is wrong with the list.
    complaints: Vec<String>,
}

impl Sums {
    /// Reads `SUM  PATH` and `SUM *PATH`, a line each. Lines that are neither,
    /// and paths that come again, are complained about and left out.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut sums = Self::default();
        for (number, line) in text.lines().enumerate() {
            if line.is_empty() {
                continue;
            }
            let Some((sum, path)) = split(line) else {
                let complaint = format!("improperly formatted checksum line {number}");
                sums.complaints.push(complaint);
                continue;
            };
            if sums.by_path.contains_key(path) {
                let complaint = format!("duplicate file on checksum line {number}");
                sums.complaints.push(complaint);
                continue;
            }
            sums.by_path.insert(path.to_owned(), sum.to_lowercase());
        }
        sums
    }

    /// Reads the list in `file`, and says what is wrong with it.
    ///
    /// # Errors
    /// `file` is none, or cannot be read.
    pub async fn read(file: &Root) -> Result<Self> {
        let Some(entry) = &file.file else {
            let text = format!("not a sum file: {}", file.dir.describe());
            return Err(Error::new(ErrorKind::Invalid, text));
        };
        let mut stream = file.dir.remote.read(entry, None).await?;
        let mut bytes = Vec::new();
        while let Some(piece) = stream.next().await {
            bytes.extend_from_slice(&piece?);
        }
        let sums = Self::parse(&String::from_utf8_lossy(&bytes));
        for complaint in sums.complaints.iter().take(SAID) {
            tracing::warn!(object = %entry.name(), "{complaint}");
        }
        if let Some(more @ 1..) = sums.complaints.len().checked_sub(SAID) {
            tracing::warn!(object = %entry.name(), "{more} warning(s) suppressed...");
        }
        Ok(sums)
    }
}

/// The sum and the path of a line.
fn split(line: &str) -> Option<(&str, &str)> {
    let (sum, rest) = line.split_once(' ')?;
    let path = rest.strip_prefix([' ', '*'])?;
    (!sum.is_empty() && !path.is_empty()).then_some((sum, path))
}

/// Compares all files below `root` with the sums of a list.
///
/// # Errors
/// As [`super::check`]; the store has no such sums.
pub async fn check_sums(
    run: &Run,
    root: &Root,
    sums: Sums,
    wanted: Wanted,
    ask: Ask,
    report: &mut dyn Report,
) -> Result<()> {
    if !wanted.can_be_had(&root.dir) {
        let text = format!(
            "{}: hash type is not supported by file system: {}",
            wanted.kind.name(),
            root.dir.describe()
        );
        let mut error = Error::new(ErrorKind::Unsupported, text);
        error.hint = Some("with --download the files are read, and any sum can be had".to_owned());
        return Err(error);
    }
    let names = Names {
        normalize: !run.options.no_unicode_normalization,
        fold_case: run.options.ignore_case_sync,
    };
    // By the path in normal form; with it the path as it is written.
    let mut left: BTreeMap<String, (String, String)> = sums
        .by_path
        .into_iter()
        .map(|(path, sum)| (names.key(&path).into_owned(), (path, sum)))
        .collect();
    let mut tally = Tally::new(run, None, &root.dir, report);
    let mut queue = InOrder::new(wanted.at_a_time(run), run.options.max_backlog);
    let mut walk = Walk::new(run, root);
    while let Some(listing) = walk.next().await {
        for file in listing.entries.into_iter().filter(|e| !e.is_dir()) {
            let name = relative(&file.path, &root.dir.path).as_str().to_owned();
            match left.remove(names.key(&name).as_ref()) {
                Some((_, sum)) => {
                    let one = One {
                        run: run.clone(),
                        at: root.dir.clone(),
                        name,
                        wanted,
                        sum,
                    };
                    queue.begin(one.compare(file)).await;
                }
                None if ask.one_way => {}
                None => {
                    drop(run.stats.begin_check(&name));
                    queue.add((name, Outcome::Alone(Side::Destination)));
                }
            }
            while let Some((name, outcome)) = queue.next_ready().await {
                tally.take(&name, outcome)?;
            }
        }
        if run.is_over() {
            break;
        }
    }
    while let Some((name, outcome)) = queue.next().await {
        tally.take(&name, outcome)?;
    }
    if let Err(error) = walk.finish() {
        tally.fail(error);
    }
    for (path, _) in left.into_values() {
        if run.filter.includes_name(&path) {
            tally.take(&path, Outcome::Unmet)?;
        }
    }
    tally.finish()
}

/// A file whose sum is known.
struct One {
    run: Run,
    at: Location,
    name: String,
    wanted: Wanted,
    sum: String,
}

impl One {
    async fn compare(self, file: Entry) -> (String, Outcome) {
        let found = hash::of(&self.run, &self.at, &self.name, &file, self.wanted).await;
        let verdict = match found {
            Ok(sum) if hash::hex(&sum) == self.sum => Verdict::Same,
            Ok(_) => Verdict::Differ("files differ".to_owned()),
            Err(error) => Verdict::Failed(error),
        };
        (self.name, Outcome::Compared(verdict))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read_and_the_rest_is_complained_about() {
        let sums = Sums::parse("AB  a\ncd *b c\nbad\n\nbad2\nxx yy\nab  a\r\n");
        let read: Vec<_> = sums.by_path.iter().map(|(p, s)| (&**p, &**s)).collect();
        assert_eq!(read, [("a", "ab"), ("b c", "cd")]);
        assert_eq!(
            sums.complaints,
            [
                "improperly formatted checksum line 2",
                "improperly formatted checksum line 4",
                "improperly formatted checksum line 5",
                "duplicate file on checksum line 6",
            ]
        );
    }
}
