//! Fetching one range of ciphertext: exactly the bytes asked for, or an error.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::address::Address;
use super::striped;
use crate::mega::api::DownloadAddress;
use crate::mega::buffers::Buffer;
use crate::mega::error::Error;
use crate::mega::transport::{HttpRequest, Purpose, Received, TransportError, TransportErrorKind};

/// A connection that brought at least this much before it broke was no failure.
const PROGRESS: usize = 256 << 10;
/// How long the quota stays used up when the server does not say.
const QUOTA_WAIT: Duration = Duration::from_secs(3600);

/// Why a try ended early.
pub(super) enum Stop {
    /// The address is not known (any more).
    Stale(Error),
    /// The address is slow beside the others.
    Slow,
    /// The transfer quota is used up.
    Quota(Duration),
    /// Worth another try.
    Again(Error),
    /// Not worth one.
    Final(Error),
}

/// Fetches `length` bytes from `offset`. What arrived before a connection
/// broke is kept, and only the rest asked for again.
pub(super) async fn fetch(address: &Address, offset: u64, length: usize) -> Result<Buffer, Error> {
    let retries = address.api().retries();
    let mut buffer = Buffer::take(length);
    let mut filled = 0;
    let mut parts = striped::Parts::default();
    let mut failures = 0;
    let mut stale = None;
    loop {
        let place = address.get(stale.as_ref()).await?;
        stale = None;
        let before = filled + parts.filled();
        let target = buffer.bytes_mut();
        let tried = match &*place {
            DownloadAddress::Whole(url) => {
                fetch_in_time(address, url, offset, target, &mut filled).await
            }
            DownloadAddress::Striped(urls) => {
                striped::fetch(address, urls, offset, target, &mut parts).await
            }
            DownloadAddress::None => Err(Stop::Final(Error::Invalid(
                "the file has no address".to_owned(),
            ))),
        };
        let error = match tried {
            Ok(()) => return Ok(buffer),
            Err(Stop::Final(error)) => return Err(error),
            Err(Stop::Quota(time)) => {
                address.wait_for_quota(Some(time)).await?;
                continue;
            }
            Err(Stop::Slow) => {
                tracing::debug!(
                    target: "megarc",
                    "download piece at {offset} comes slowly: asking for another address"
                );
                stale = Some(place);
                continue;
            }
            Err(Stop::Stale(error)) => {
                stale = Some(place);
                error
            }
            Err(Stop::Again(error)) => error,
        };
        let come = (filled + parts.filled()).saturating_sub(before);
        failures = if come >= PROGRESS { 1 } else { failures + 1 };
        if !retries.allows(failures) {
            return Err(error);
        }
        tracing::debug!(
            target: "megarc",
            "download piece at {offset} failed, try {failures}: {error}"
        );
        retries.pause(failures).await;
    }
}

/// Fetches what is missing of `target`, unless it takes much longer than the
/// download's other pieces.
async fn fetch_in_time(
    address: &Address,
    url: &str,
    offset: u64,
    target: &mut [u8],
    filled: &mut usize,
) -> Result<(), Stop> {
    let missing = (target.len() - *filled) as u64;
    // How long it has to wait for its turn says nothing about the address.
    let _turn = address.api().transport().turn().await;
    address.api().transport().admit().await;
    let limit = address.pace().limit(missing);
    let started = Instant::now();
    let fetching = fetch_once(address, url, offset, target, filled);
    let fetched = match limit {
        Some(limit) => timeout(limit, fetching).await,
        None => Ok(fetching.await),
    };
    let Ok(fetched) = fetched else {
        address.pace().gave_up();
        return Err(Stop::Slow);
    };
    if fetched.is_ok() {
        address.pace().took(missing, started.elapsed());
    }
    fetched
}

/// Fetches what is missing of `target`, which begins at `offset`; the request
/// has been admitted and has its turn.
pub(super) async fn fetch_once(
    address: &Address,
    url: &str,
    offset: u64,
    target: &mut [u8],
    filled: &mut usize,
) -> Result<(), Stop> {
    let last = offset + target.len() as u64 - 1;
    let range = format!("{url}/{}-{last}", offset + *filled as u64);
    let request = HttpRequest::get(range).purpose(Purpose::Download);
    let transport = address.api().transport();
    let failed = |kind, what: String| Error::from(TransportError::new(kind, url, what));
    let wrong_length = |what: &str| {
        Stop::Again(failed(
            TransportErrorKind::BadAnswer,
            format!("the storage server sent {what} than was asked for"),
        ))
    };
    let response = match transport.receive(request, target, filled).await {
        Ok(Received::Body) if *filled < target.len() => return Err(wrong_length("less")),
        Ok(Received::Body) => return Ok(()),
        Ok(Received::TooLong) => {
            // Whatever these bytes are, they are not the range.
            *filled = 0;
            return Err(wrong_length("more"));
        }
        Ok(Received::Refused(response)) => response,
        Err(error) if error.is_temporary() => return Err(Stop::Again(error.into())),
        Err(error) => return Err(Stop::Final(error.into())),
    };
    if response.status == 509 {
        let seconds = response
            .header("x-mega-time-left")
            .and_then(|text| text.trim().parse().ok())
            .filter(|seconds| *seconds > 0);
        return Err(Stop::Quota(seconds.map_or(QUOTA_WAIT, Duration::from_secs)));
    }
    let status = response.status;
    let what = format!("the storage server answered with HTTP status {status}");
    let error = failed(TransportErrorKind::Status(status), what);
    Err(match status {
        403 | 404 => Stop::Stale(error),
        429 | 500.. => Stop::Again(error),
        _ => Stop::Final(error),
    })
}
