//! Repeated requests: the same id and body get the same answer, once carried out.
//!
//! A repetition that arrives while the first is still being carried out waits
//! for it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;

use tokio::sync::watch;

use crate::sandbox::http::Surroundings;
use crate::sandbox::server::Server;
use crate::sandbox::store::blobs::locked;
use crate::sandbox::store::records::Answer;
use crate::sandbox::store::tx::Tx;

/// Longer answers are not kept: they are lists, which can be read again.
const LONGEST: usize = 128 << 10;

/// Requests being carried out.
#[derive(Default)]
pub struct Running(Mutex<HashMap<String, watch::Receiver<()>>>);

/// The right to carry out a request.
pub struct Claim<'a> {
    server: &'a Server,
    key: Option<String>,
    body: u64,
    // Dropped with the claim, which wakes those who wait.
    _done: Option<watch::Sender<()>>,
}

impl Claim<'_> {
    /// Keeps the answer, in the same transaction as the changes.
    pub fn remember(&self, tx: &mut Tx<'_>, text: &str) {
        if let Some(key) = &self.key
            && text.len() <= LONGEST
        {
            tx.put_answer(Answer {
                key: key.clone(),
                body: self.body,
                text: text.to_string(),
            });
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if let Some(key) = &self.key {
            locked(&self.server.running.0).remove(key);
        }
    }
}

/// Claims a request, or gives the answer that it got before.
///
/// # Errors
/// The earlier answer.
pub async fn claim<'a>(
    server: &'a Server,
    around: &Surroundings,
    body: &[u8],
) -> Result<Claim<'a>, String> {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let body = hasher.finish();
    let Some(id) = around.query.get("id").filter(|id| !id.is_empty()) else {
        return Ok(Claim {
            server,
            key: None,
            body,
            _done: None,
        });
    };
    let part = |name| around.query.get(name).unwrap_or_default();
    let key = format!("{}/{}/{id}", part("sid"), part("n"));
    loop {
        if let Some(answer) = server.store.read(|world| world.answer(&key)) {
            if answer.body == body {
                return Err(answer.text.clone());
            }
            server.counters.count(|stats| stats.reused_ids += 1);
        }
        let waiting = {
            let mut running = locked(&server.running.0);
            match running.get(&key) {
                Some(waiting) => waiting.clone(),
                None => {
                    let (done, waiting) = watch::channel(());
                    running.insert(key.clone(), waiting);
                    return Ok(Claim {
                        server,
                        key: Some(key),
                        body,
                        _done: Some(done),
                    });
                }
            }
        };
        // Ends with an error when the first request is through.
        let mut waiting = waiting;
        let _ = waiting.changed().await;
    }
}
