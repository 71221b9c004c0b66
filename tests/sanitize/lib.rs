//! The modules below `mega/crypto`, which use nothing else of megarc: built
//! and tested by themselves under a sanitizer (`scripts/sanitize`).

/// Where they stand in megarc.
#[path = "."]
pub mod mega {
    #[path = "../../src/mega/crypto/mod.rs"]
    pub mod crypto;
}
