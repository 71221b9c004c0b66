//! Asking before something is changed, for `--interactive`.

use async_trait::async_trait;

/// Somebody who is asked before anything is changed.
#[async_trait]
pub trait Confirm: Send + Sync {
    /// Whether `action` may be done to `object`. Questions come one after the
    /// other; one that ends the whole run is never answered.
    async fn may(&self, action: &str, object: &str) -> bool;
}
