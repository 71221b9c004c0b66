//! The sums of all files of a place.

use std::io;

use super::super::in_order::InOrder;
use super::super::limits::{Paced, Way};
use super::super::root::relative;
use super::super::walk::Walk;
use super::super::{Error, Result, Root, Run};
use super::{Kind, read};
use crate::remote::{Entry, ErrorKind, Location, RemoteError};

/// Which sums, and what they may cost.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The kind of sum.
    pub kind: Kind,
    /// Read files whose store keeps no sums.
    pub download: bool,
}

impl Wanted {
    /// Whether a place has such sums.
    #[must_use]
    pub fn can_be_had(self, at: &Location) -> bool {
        self.download || at.remote.features().local
    }

    /// How many may be computed at the same time.
    #[must_use]
    pub(in crate::engine) fn at_a_time(self, run: &Run) -> usize {
        if self.download {
            run.options.transfers
        } else {
            run.options.checkers
        }
    }
}

/// Where sums go: a path and its sum.
pub type Sink<'a> = &'a mut (dyn FnMut(&str, &[u8]) -> io::Result<()> + Send);

/// Hands the sum of every file below `root` to `sink`, in the order of the
/// walk.
///
/// # Errors
/// The last failure; a file that cannot be read does not stop the rest.
pub async fn list(run: &Run, root: &Root, wanted: Wanted, sink: Sink<'_>) -> Result<()> {
    let mut walk = Walk::new(run, root);
    let mut queue = InOrder::new(wanted.at_a_time(run), run.options.max_backlog);
    let mut last = None;
    while let Some(listing) = walk.next().await {
        for file in listing.entries.into_iter().filter(|e| !e.is_dir()) {
            let name = relative(&file.path, &root.dir.path).as_str().to_owned();
            let (run, at) = (run.clone(), root.dir.clone());
            queue
                .begin(async move {
                    let sum = sum(&run, &at, &name, &file, wanted).await;
                    (name, sum)
                })
                .await;
            while let Some((name, sum)) = queue.next_ready().await {
                take(&name, sum, sink, &mut last)?;
            }
        }
        if run.is_over() {
            break;
        }
    }
    while let Some((name, sum)) = queue.next().await {
        take(&name, sum, sink, &mut last)?;
    }
    walk.finish()?;
    last.map_or(Ok(()), Err)
}

fn take(
    name: &str,
    sum: Result<Vec<u8>>,
    sink: &mut (dyn FnMut(&str, &[u8]) -> io::Result<()> + Send),
    last: &mut Option<Error>,
) -> Result<()> {
    match sum {
        Ok(sum) => sink(name, &sum).map_err(|e| RemoteError::from_io(e, "writing", "sums").into()),
        Err(error) => {
            *last = Some(error);
            Ok(())
        }
    }
}

/// The sum of one file. A failure is logged and counted here.
async fn sum(
    run: &Run,
    at: &Location,
    name: &str,
    file: &Entry,
    wanted: Wanted,
) -> Result<Vec<u8>> {
    let result = of(run, at, name, file, wanted).await;
    result.map_err(|error| {
        tracing::error!(object = %name, "{error}");
        run.stats.count_error(error)
    })
}

/// The sum of one file, counted as a check, and as a transfer where it is
/// downloaded.
///
/// # Errors
/// The store has no such sums; those of reading the file.
pub(in crate::engine) async fn of(
    run: &Run,
    at: &Location,
    name: &str,
    file: &Entry,
    wanted: Wanted,
) -> Result<Vec<u8>> {
    if !wanted.can_be_had(at) {
        let text = "hash unsupported: hash type not supported";
        let mut error = Error::new(ErrorKind::Unsupported, text);
        error.hint = Some("with --download the files are read, and any sum can be had".to_owned());
        return Err(error);
    }
    let _checking = run.stats.begin_check(name);
    if !wanted.download {
        return read(at, file, wanted.kind, None).await.map_err(|e| {
            let doing = if e.op == "opening" { "open" } else { "read" };
            let kind = wanted.kind.name();
            Error::from(e).within(&format!(
                "failed to get hash {kind} from backend: hash: failed to {doing}"
            ))
        });
    }
    let transfer = run.stats.begin_transfer(name, file.size);
    let way = if at.remote.features().local {
        Way::Within
    } else {
        Way::Down
    };
    let meter = Paced::new(run, &transfer, way);
    let sum = read(at, file, wanted.kind, Some(&meter)).await?;
    transfer.finish();
    Ok(sum)
}

/// The sum of a stream of bytes, up to its end.
///
/// # Errors
/// Those of reading it.
pub fn of_reader(kind: Kind, mut reader: impl io::Read) -> io::Result<Vec<u8>> {
    let mut hasher = kind.begin();
    let mut buffer = vec![0; 64 << 10];
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(hasher.finish()),
            Ok(length) => hasher.update(buffer.get(..length).unwrap_or_default()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}
