//! A meter that counts and never holds back.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use megarc::remote::{Meter, Result};

#[derive(Default)]
pub struct Counter(AtomicU64);

impl Counter {
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Meter for Counter {
    async fn passed(&self, bytes: u64) -> Result<()> {
        self.0.fetch_add(bytes, Ordering::SeqCst);
        Ok(())
    }

    fn rewound(&self, bytes: u64) {
        self.0.fetch_sub(bytes, Ordering::SeqCst);
    }
}
