//! Downloads that go on where an earlier one stopped.

use std::sync::Arc;

use async_trait::async_trait;

use super::errors::explain;
use super::streams;
use crate::mega::Client;
use crate::mega::download::Download;
use crate::remote::{Draft, RemotePath, Result, Resumable};

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

    async fn fill(&self, draft: Arc<dyn Draft>) -> Result<()> {
        let draft = streams::draft(draft);
        let filled = self.client.fill(self.download.clone(), draft).await;
        filled.map_err(explain("reading", &self.path))
    }
}
