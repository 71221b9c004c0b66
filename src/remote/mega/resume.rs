//! Downloads that go on where an earlier one stopped.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;

use super::errors::explain;
use super::streams;
use crate::mega::Client;
use crate::mega::download::Download;
use crate::remote::{ByteStream, ReadAt, RemotePath, Result, Resumable};

/// What has been begun and may be there in part.
pub(super) fn begun(client: &Client, download: Download, path: &RemotePath) -> Arc<dyn Resumable> {
    Arc::new(Begun {
        client: client.clone(),
        download,
        path: path.clone(),
    })
}

struct Begun {
    client: Client,
    download: Download,
    path: RemotePath,
}

#[async_trait]
impl Resumable for Begun {
    fn mark(&self) -> u32 {
        self.download.mark()
    }

    async fn after(&self, prefix: Arc<dyn ReadAt>) -> Result<(u64, ByteStream)> {
        let op = "reading";
        let download = self.download.clone();
        let download = download.after_prefix(streams::random(prefix)).await;
        let (kept, download) = download.map_err(explain(op, &self.path))?;
        let path = self.path.clone();
        let stream = self.client.download(download);
        let stream = stream.map(move |bytes| bytes.map_err(explain(op, &path)));
        Ok((kept, Box::pin(stream)))
    }
}
