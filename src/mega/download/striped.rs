//! A range of a striped file (CloudRAID): five of six parts, put together.
//!
//! One part is left out, at first the parity. When a part fails, or takes
//! twice as long as the other four, the one that was left out is fetched as
//! well; the first five that arrive make the range, and the sixth is left out
//! from then on. What a broken part delivered is thrown away: the meta-MAC
//! vouches for the whole in the end, as everywhere.
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

/// Fills `target` with the file's bytes from `offset` on.
pub(super) async fn fetch(
    address: &Address,
    urls: &[String; PARTS],
    offset: u64,
    target: &mut [u8],
) -> Result<(), Stop> {
    let line = LINE as u64;
    let first = offset / line;
    let end = (offset + target.len() as u64).div_ceil(line);
    let fetch_part = |part: usize| async move {
        let (from, to) = raid::stretch(address.size(), part, first, end);
        let mut bytes = vec![0; usize::try_from(to - from).unwrap_or_default()];
        let mut filled = 0;
        if bytes.is_empty() {
            return (part, Ok(bytes));
        }
        let url = urls.get(part).map(String::as_str).unwrap_or_default();
        let result = fetch_once(address, url, from, &mut bytes, &mut filled).await;
        (part, result.map(|()| bytes))
    };
    let started = Instant::now();
    let mut idle = Some(address.idle());
    let mut coming: FuturesUnordered<_> = (0..PARTS)
        .filter(|part| Some(*part) != idle)
        .map(fetch_part)
        .collect();
    let mut got: [Option<Vec<u8>>; PARTS] = Default::default();
    let mut arrived = 0;
    let mut slow_at: Option<Instant> = None;
    while arrived < PARTS - 1 {
        let slow = async {
            match slow_at {
                Some(time) => sleep_until(time).await,
                None => pending().await,
            }
        };
        let next = tokio::select! {
            next = coming.next() => next,
            () = slow => None,
        };
        let failed = match next {
            Some((part, Ok(bytes))) => {
                if let Some(slot) = got.get_mut(part) {
                    *slot = Some(bytes);
                }
                arrived += 1;
                if arrived == PARTS - 2 && idle.is_some() {
                    slow_at = Some(started + (started.elapsed() * 2).max(PATIENCE));
                }
                continue;
            }
            // Nothing of this address will help.
            Some((_, Err(stop @ (Stop::Quota(_) | Stop::Final(_))))) => return Err(stop),
            Some((part, Err(stop))) => Some((part, stop)),
            None => None,
        };
        slow_at = None;
        match (idle.take(), failed) {
            (Some(spare), failed) => {
                if let Some((part, _)) = &failed {
                    tracing::debug!(target: "megarc", "part {part} of the file fails, part {spare} takes its place");
                }
                coming.push(fetch_part(spare));
            }
            // Two parts are missing.
            (None, Some((_, stop))) => return Err(stop),
            (None, None) => {
                let what = "the parts of the file ran out".to_owned();
                return Err(Stop::Final(Error::Invalid(what)));
            }
        }
    }
    drop(coming);
    let missing = got.iter().position(Option::is_none);
    if let Some(missing) = missing.filter(|missing| *missing != address.idle()) {
        tracing::debug!(target: "megarc", "part {missing} of the file is left out from now on");
        address.set_idle(missing);
    }
    let parts: [Option<&[u8]>; PARTS] = got.each_ref().map(|part| part.as_deref());
    let skip = usize::try_from(offset % line).unwrap_or_default();
    raid::join(address.size(), first, &parts, skip, target)
        .map_err(|error| Stop::Final(error.into()))
}
