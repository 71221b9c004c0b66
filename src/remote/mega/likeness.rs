//! Comparing stored files with content at hand: by the MAC in the node's key,
//! or, for less reading, by the fingerprint in its attributes.

use std::sync::Arc;

use super::streams;
use crate::mega::compare::Comparison;
use crate::mega::content::Source;
use crate::mega::{Client, Error, NodeHandle};
use crate::remote::{Candidate, Content, Depth, Likeness, Mark};

/// Compares `file` with a content at hand, as deep as asked for.
pub(super) async fn compare(
    client: &Client,
    file: NodeHandle,
    with: Candidate,
    depth: Depth,
) -> Result<Likeness, Error> {
    let source = match with.content {
        Content::Random(random) => {
            let random = streams::random(random);
            if depth == Depth::Sample {
                let found = client.compare_fingerprint(file, Arc::clone(&random));
                match found.await? {
                    // Only the whole content can tell then.
                    Comparison::NoFingerprint => {}
                    found => return Ok(explain(found)),
                }
            }
            Source::Random(random)
        }
        // Whoever reads it all may as well look at all of it.
        Content::Stream(stream) => Source::Stream(streams::source(stream)),
    };
    let progress = with.meter.map(streams::progress);
    let found = client.compare(file, source, with.size, progress).await?;
    Ok(explain(found))
}

/// What is known of the content of `file`.
pub(super) async fn mark(client: &Client, file: NodeHandle) -> Result<Mark, Error> {
    let (identity, fingerprint) = client.content_mark(file).await?;
    Ok(Mark {
        identity,
        sample: fingerprint.map(|fingerprint| fingerprint.crc),
    })
}

fn explain(found: Comparison) -> Likeness {
    match found {
        Comparison::SameMac => Likeness::Equal("MACs of the contents are the same"),
        Comparison::BothEmpty => Likeness::Equal("both are empty"),
        Comparison::SameFingerprint => Likeness::Equal("fingerprints are the same"),
        Comparison::OtherSize { stored: _ } => Likeness::Different("sizes differ"),
        Comparison::OtherMac => Likeness::Different("MACs of the contents differ"),
        Comparison::OtherFingerprint => Likeness::Different("fingerprints differ"),
        Comparison::NoKey => Likeness::Unknown("no key opens the file"),
        Comparison::NoFingerprint => Likeness::Unknown("the file has no fingerprint"),
    }
}
