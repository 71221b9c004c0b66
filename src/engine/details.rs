//! What a listing says of its entries beside name, size and time: sums of the
//! contents, and metadata.

use std::io;

use super::hash::{self, Kind};
use super::in_order::InOrder;
use super::root::relative;
use super::walk::Walk;
use super::{Error, Run};
use crate::remote::{Entry, Location, Metadata};

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// Sums of files, in this order.
    pub sums: Vec<Kind>,
    /// What the store knows beside.
    pub metadata: bool,
}

/// What is known of an entry.
#[derive(Debug, Clone, Default)]
pub struct Details {
    /// The sums that could be had.
    pub sums: Vec<(Kind, Vec<u8>)>,
    /// What the store knows; `None` where it keeps nothing, or nobody asked.
    pub metadata: Option<Metadata>,
}

/// Where rows go: an entry, its path from the root on, and the rest.
pub type Sink<'a> = &'a mut (dyn FnMut(&Entry, &str, &Details) -> io::Result<()> + Send);

/// Why a listing with details ended.
#[derive(Debug)]
pub enum Ended {
    /// The rows could not be written.
    Sink(io::Error),
    /// A directory could not be listed.
    Walk(Error),
}

/// Hands every entry of a walk through `at` to `sink`, in the order of the
/// walk. What cannot be found out is logged and left out.
///
/// # Errors
/// That of the first directory that could not be listed; those of `sink`.
pub async fn each(
    run: &Run,
    at: &Location,
    mut walk: Walk,
    ask: &Ask,
    sink: Sink<'_>,
) -> Result<(), Ended> {
    let mut queue = InOrder::new(run.options.checkers, run.options.max_backlog);
    while let Some(listing) = walk.next().await {
        for entry in listing.entries {
            if !ask.metadata && (entry.is_dir() || ask.sums.is_empty()) {
                queue.add((entry, Details::default()));
            } else {
                let (at, ask) = (at.clone(), ask.clone());
                queue
                    .begin(async move {
                        let details = of(&at, &entry, &ask).await;
                        (entry, details)
                    })
                    .await;
            }
            while let Some(ready) = queue.next_ready().await {
                take(at, &ready, sink).map_err(Ended::Sink)?;
            }
        }
    }
    while let Some(ready) = queue.next().await {
        take(at, &ready, sink).map_err(Ended::Sink)?;
    }
    walk.finish().map_err(Ended::Walk)
}

fn take(at: &Location, (entry, details): &(Entry, Details), sink: Sink<'_>) -> io::Result<()> {
    let path = entry.path.below(&at.path);
    sink(entry, path.unwrap_or(entry.path.as_str()), details)
}

/// What is asked of one entry.
pub async fn of(at: &Location, entry: &Entry, ask: &Ask) -> Details {
    let name = relative(&entry.path, &at.path);
    let mut details = Details::default();
    if !entry.is_dir() && !ask.sums.is_empty() {
        if at.remote.features().local {
            match hash::many(at, entry, &ask.sums).await {
                Ok(sums) => details.sums = ask.sums.iter().copied().zip(sums).collect(),
                Err(error) => tracing::error!(object = %name, "Failed to read hash: {error}"),
            }
        } else {
            for _ in &ask.sums {
                tracing::error!(object = %name, "Failed to read hash: hash type not supported");
            }
        }
    }
    if ask.metadata {
        match at.remote.metadata(entry).await {
            Ok(metadata) => details.metadata = metadata,
            Err(error) => tracing::error!(object = %name, "Failed to read metadata: {error}"),
        }
    }
    details
}
