//! One file on both sides: are they the same, and how is that found out?
//!
//! | both sides | by |
//! | --- | --- |
//! | anything, `--download` | reading both |
//! | anything, `--size-only` | size |
//! | disks of this machine | MD5, reading both |
//! | a disk, and a store that compares (MEGA) | the store's sums: exact, nothing is moved |
//! | two stores that compare (MEGA) | their keys, where both files have the same: exact; else a sample, which tells what differs; what it does not tell is counted as not checked |
//! | else | size; said, and counted as not checked |

use std::sync::Arc;

use super::super::contents::{content, same_bytes};
use super::super::hash::{self, Kind};
use super::super::limits::{Paced, Way};
use super::super::{Error, Run};
use super::Ask;
use crate::remote::{Candidate, Depth, Entry, Likeness, Location, RemoteError};

/// What was found.
pub(super) enum Verdict {
    Same,
    /// Of the same size; more could not be found out, and why.
    Unsure(String),
    /// Not the same, and why.
    Differ(String),
    Failed(Error),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Download,
    Sum(Kind),
    /// The store of this side compares.
    Store {
        src: bool,
    },
    /// Each store says what it knows of its own.
    Marks,
    Size,
}

/// Compares files.
pub(super) struct Judge {
    run: Run,
    src: Location,
    dst: Location,
    method: Method,
}

impl Judge {
    pub(super) fn new(run: &Run, src: &Location, dst: &Location, ask: Ask) -> Self {
        let (from, to) = (src.remote.features(), dst.remote.features());
        let method = if ask.download {
            Method::Download
        } else if from.local && to.local {
            Method::Sum(Kind::Md5)
        } else if from.local && to.likeness {
            Method::Store { src: false }
        } else if from.likeness && to.local {
            Method::Store { src: true }
        } else if from.likeness && to.likeness {
            Method::Marks
        } else {
            Method::Size
        };
        Self {
            run: run.clone(),
            src: src.clone(),
            dst: dst.clone(),
            method,
        }
    }

    /// Says by what files will be compared.
    pub(super) fn announce(&self) {
        match self.method {
            Method::Download => {}
            Method::Sum(kind) => tracing::info!("Using {} for hash comparisons", kind.name()),
            Method::Store { .. } => {
                tracing::info!("Using the MACs of the stored contents for comparisons");
            }
            Method::Marks => {
                tracing::info!(
                    "Using the keys and fingerprints of the stored files for comparisons"
                );
            }
            Method::Size => {
                tracing::error!("No common hash found - not using a hash for checks");
            }
        }
    }

    pub(super) async fn compare(&self, name: &str, src: &Entry, dst: &Entry) -> Verdict {
        let _checking = self.run.stats.begin_check(name);
        let known = src.size.is_some() && dst.size.is_some();
        if known && src.size != dst.size && !self.run.options.ignore_size {
            return Verdict::Differ("sizes differ".to_owned());
        }
        if self.run.options.size_only {
            return Verdict::Same;
        }
        let verdict = match self.method {
            Method::Download => self.by_bytes(name, src, dst).await,
            Method::Sum(kind) => self.by_sum(src, dst, kind).await,
            Method::Store { src: true } => store_compares((&self.src, src), (&self.dst, dst)).await,
            Method::Store { src: false } => {
                store_compares((&self.dst, dst), (&self.src, src)).await
            }
            Method::Marks => self.by_marks(src, dst).await,
            Method::Size => Ok(Verdict::Unsure("no sums in common".to_owned())),
        };
        verdict.unwrap_or_else(|error| {
            let what = match (error.op, self.method) {
                ("opening", Method::Sum(_)) => "hash: failed to open",
                ("opening", Method::Download) => "failed to download",
                _ => return Verdict::Failed(error.into()),
            };
            Verdict::Failed(Error::from(error).within(what))
        })
    }

    async fn by_sum(&self, src: &Entry, dst: &Entry, kind: Kind) -> Result<Verdict, RemoteError> {
        let (left, right) = futures_util::future::try_join(
            hash::of_file(&self.src, src, kind),
            hash::of_file(&self.dst, dst, kind),
        )
        .await?;
        Ok(if left == right {
            Verdict::Same
        } else {
            Verdict::Differ(format!("{} differ", kind.name()))
        })
    }

    async fn by_marks(&self, src: &Entry, dst: &Entry) -> Result<Verdict, RemoteError> {
        if src.size == Some(0) && dst.size == Some(0) {
            return Ok(Verdict::Same);
        }
        let left = self.src.remote.mark(src).await?;
        let right = self.dst.remote.mark(dst).await?;
        Ok(left.compare(&right).into())
    }

    async fn by_bytes(&self, name: &str, src: &Entry, dst: &Entry) -> Result<Verdict, RemoteError> {
        let size = src.size.zip(dst.size).map(|(src, dst)| src + dst);
        let transfer = self.run.stats.begin_transfer(name, size);
        let meters = [&self.src, &self.dst].map(|side| {
            let way = if side.remote.features().local {
                Way::Within
            } else {
                Way::Down
            };
            Arc::new(Paced::new(&self.run, &transfer, way))
        });
        let [from, to] = &meters;
        let same = same_bytes(
            (&self.src, src, Some(&**from)),
            (&self.dst, dst, Some(&**to)),
        )
        .await?;
        transfer.finish();
        Ok(if same {
            Verdict::Same
        } else {
            Verdict::Differ("contents differ".to_owned())
        })
    }
}

/// Lets the store of the first file compare it with the second, on a disk.
async fn store_compares(
    (store, file): (&Location, &Entry),
    (disk, other): (&Location, &Entry),
) -> Result<Verdict, RemoteError> {
    let with = Candidate::new(other.size, content((disk, other)).await?);
    let found = store.remote.likeness(file, with, Depth::Whole).await?;
    Ok(found.into())
}

impl From<Likeness> for Verdict {
    fn from(found: Likeness) -> Self {
        match found {
            Likeness::Equal(_) => Self::Same,
            Likeness::Different(why) => Self::Differ(why.to_owned()),
            Likeness::Unknown(why) => Self::Unsure(why.to_owned()),
        }
    }
}
