//! The address of a download: asked for when first needed, and again when the
//! storage server does not know it any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;

use super::pace::Pace;
use crate::mega::api::{
    Api, DownloadAddress, DownloadTarget, RequestDownload, RequestDownloadReply,
};
use crate::mega::client::Client;
use crate::mega::error::Error;

/// Shared by the pieces of one download.
pub(super) struct Address {
    client: Client,
    target: DownloadTarget,
    size: u64,
    current: Mutex<Option<Arc<DownloadAddress>>>,
    /// The part of a striped file that is not fetched: the parity, until
    /// another one turns out to be slow or missing.
    idle: AtomicUsize,
    pace: Pace,
}

/// From this size on a file may come striped over six parts: below it six
/// requests would only take longer than one.
const STRIPED: u64 = 4 << 20;

impl Address {
    pub(super) fn new(client: &Client, target: DownloadTarget, size: u64) -> Self {
        Self {
            client: client.clone(),
            target,
            size,
            current: Mutex::new(None),
            idle: AtomicUsize::new(0),
            pace: Pace::default(),
        }
    }

    pub(super) fn api(&self) -> &Api {
        self.client.api()
    }

    /// How fast its pieces come.
    pub(super) fn pace(&self) -> &Pace {
        &self.pace
    }

    /// The file's size in bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The part of a striped file that is left out, one of six.
    pub(super) fn idle(&self) -> usize {
        self.idle.load(Ordering::Relaxed)
    }

    /// Leaves out `part` from now on.
    pub(super) fn set_idle(&self, part: usize) {
        self.idle.store(part, Ordering::Relaxed);
    }

    /// The address; a new one in place of `stale`, unless another piece has
    /// got one meanwhile.
    pub(super) async fn get(
        &self,
        stale: Option<&Arc<DownloadAddress>>,
    ) -> Result<Arc<DownloadAddress>, Error> {
        let mut current = self.current.lock().await;
        if let Some(address) = &*current
            && stale.is_none_or(|stale| !Arc::ptr_eq(stale, address))
        {
            return Ok(Arc::clone(address));
        }
        let early = match stale {
            None => self.client.state().ahead.take_download(self.target).await,
            Some(_) => None,
        };
        let address = match early {
            Some(reply) => self.check(reply)?,
            None => self.request().await?,
        };
        *current = Some(Arc::clone(&address));
        Ok(address)
    }

    async fn request(&self) -> Result<Arc<DownloadAddress>, Error> {
        loop {
            let request = RequestDownload {
                target: self.target,
                use_https: self.client.options().use_https,
                with_address: true,
                striped: self.size >= STRIPED,
            };
            match self.api().call(request).await {
                Ok(reply) => return self.check(reply),
                Err(Error::Quota { retry_after }) => self.wait_for_quota(retry_after).await?,
                Err(error) => return Err(error),
            }
        }
    }

    fn check(&self, reply: RequestDownloadReply) -> Result<Arc<DownloadAddress>, Error> {
        if reply.size != self.size {
            let what = format!(
                "the file has {} bytes and not the {} that were listed",
                reply.size, self.size
            );
            return Err(Error::protocol("g", what));
        }
        if reply.address == DownloadAddress::None {
            return Err(Error::protocol("g", "the address is missing"));
        }
        Ok(reply.address.into())
    }

    /// Waits until more transfer is allowed, or fails, as the options say.
    pub(super) async fn wait_for_quota(&self, time: Option<Duration>) -> Result<(), Error> {
        let gate = &self.client.state().quota;
        let reaction = self.client.options().quota;
        gate.pass(reaction, time, self.api().retries()).await
    }
}
