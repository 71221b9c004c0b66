//! A range of a striped file (CloudRAID): five of six parts, put together.
//!
//! One part is left out, at first the parity. When a part fails, or takes
//! twice as long as the other four, the one that was left out is fetched as
//! well; the first five that arrive make the range, and the sixth is left out
//! from then on. When two fail, what the others have brought is kept, and the
//! next try asks for the rest. The meta-MAC vouches for the whole in the end, as
//! everywhere.
//! Spec: docs/protocol.md#cloudraid.

use std::future::pending;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep_until};

use super::address::Address;
use super::range::{Stop, fetch_once};
use crate::mega::crypto::raid::{self, LINE, PARTS};
use crate::mega::error::Error;

/// A part is not slow before this time, whatever the others take.
const PATIENCE: Duration = Duration::from_millis(500);

/// What has arrived of the parts of one range, from try to try.
#[derive(Default)]
pub(super) struct Parts([Part; PARTS]);

/// A stretch of one part.
#[derive(Default)]
struct Part {
    bytes: Vec<u8>,
    filled: usize,
    is_whole: bool,
}

impl Parts {
    /// Bytes that have arrived.
    pub(super) fn filled(&self) -> usize {
        self.0.iter().map(|part| part.filled).sum()
    }

    fn whole(&self) -> usize {
        self.0.iter().filter(|part| part.is_whole).count()
    }

    fn take(&mut self, number: usize) -> Part {
        self.0
            .get_mut(number)
            .map(std::mem::take)
            .unwrap_or_default()
    }

    fn put(&mut self, number: usize, part: Part) {
        if let Some(slot) = self.0.get_mut(number) {
            *slot = part;
        }
    }
}

/// What happens next.
enum Next {
    Part(usize, Part, Result<(), Stop>),
    /// The last part of five takes too long.
    Slow,
    /// Nothing is on its way any more.
    Over,
}

/// Fills `target` with the file's bytes from `offset` on.
pub(super) async fn fetch(
    address: &Address,
    urls: &[String; PARTS],
    offset: u64,
    target: &mut [u8],
    parts: &mut Parts,
) -> Result<(), Stop> {
    let line = LINE as u64;
    let first = offset / line;
    let end = (offset + target.len() as u64).div_ceil(line);
    let fetch_part = |number: usize, mut part: Part| async move {
        let (from, to) = raid::stretch(address.size(), number, first, end);
        part.bytes
            .resize(usize::try_from(to - from).unwrap_or_default(), 0);
        let url = urls.get(number).map(String::as_str).unwrap_or_default();
        let result = match part.filled < part.bytes.len() {
            true => {
                // One each: five at once may be more than there are.
                let _turn = address.api().transport().turn().await;
                fetch_once(address, url, from, &mut part.bytes, &mut part.filled).await
            }
            false => Ok(()),
        };
        part.is_whole = result.is_ok();
        Next::Part(number, part, result)
    };
    // Those that are missing; the one that is left out comes last.
    let mut missing: Vec<usize> = (0..PARTS)
        .filter(|number| parts.0.get(*number).is_some_and(|part| !part.is_whole))
        .collect();
    missing.sort_by_key(|number| *number == address.idle());
    let mut spares = missing.split_off((PARTS - 1).saturating_sub(parts.whole()));
    for _ in &missing {
        address.api().transport().admit().await;
    }
    let started = Instant::now();
    let mut coming = FuturesUnordered::new();
    for number in missing {
        coming.push(fetch_part(number, parts.take(number)));
    }
    let mut slow_at: Option<Instant> = None;
    let mut stopped = None;
    while parts.whole() < PARTS - 1 {
        let slow = async {
            match slow_at {
                Some(time) => sleep_until(time).await,
                None => pending().await,
            }
        };
        let next = tokio::select! {
            next = coming.next() => next.unwrap_or(Next::Over),
            () = slow => Next::Slow,
        };
        slow_at = None;
        match next {
            Next::Part(number, part, Ok(())) => {
                parts.put(number, part);
                if parts.whole() == PARTS - 2 && !spares.is_empty() {
                    slow_at = Some(started + (started.elapsed() * 2).max(PATIENCE));
                }
                continue;
            }
            // Nothing of this address will help.
            Next::Part(_, _, Err(stop @ (Stop::Quota(_) | Stop::Final(_)))) => return Err(stop),
            Next::Part(number, part, Err(stop)) => {
                parts.put(number, part);
                let Some(spare) = spares.first() else {
                    tracing::debug!(target: "megarc", "part {number} of the file fails, and no other is left");
                    // The others may come to their end.
                    stopped = Some(stop);
                    continue;
                };
                tracing::debug!(target: "megarc", "part {number} of the file fails, part {spare} takes its place");
            }
            Next::Slow => {}
            Next::Over => {
                let what = || Error::Invalid("the parts of the file ran out".to_owned());
                return Err(stopped.unwrap_or_else(|| Stop::Final(what())));
            }
        }
        for spare in spares.drain(..) {
            address.api().transport().admit().await;
            coming.push(fetch_part(spare, parts.take(spare)));
        }
    }
    drop(coming);
    let missing = parts.0.iter().position(|part| !part.is_whole);
    if let Some(missing) = missing.filter(|missing| *missing != address.idle()) {
        tracing::debug!(target: "megarc", "part {missing} of the file is left out from now on");
        address.set_idle(missing);
    }
    let held = parts.0.each_ref();
    let held: [Option<&[u8]>; PARTS] = held.map(|part| part.is_whole.then_some(&*part.bytes));
    let skip = usize::try_from(offset % line).unwrap_or_default();
    raid::join(address.size(), first, &held, skip, target)
        .map_err(|error| Stop::Final(error.into()))
}
