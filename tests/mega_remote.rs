//! The MEGA remote against the sandbox, in one process, over real HTTP.
//!
//! The sandbox's witness checks every upload with a second implementation of
//! the cryptography, so what passes here is right and not only consistent.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "mega_remote/between.rs"]
mod between;
#[path = "mega_remote/copying.rs"]
mod copying;
#[path = "mega_remote/damage.rs"]
mod damage;
#[path = "mega_remote/journal.rs"]
mod journal;
#[path = "mega_remote/kept_tree.rs"]
mod kept_tree;
#[path = "mega_remote/kept_tree_strangers.rs"]
mod kept_tree_strangers;
#[path = "mega_remote/likeness.rs"]
mod likeness;
#[path = "mega_remote/links.rs"]
mod links;
#[path = "mega_remote/many.rs"]
mod many;
#[path = "mega_remote/operations.rs"]
mod operations;
#[path = "mega_remote/seeded.rs"]
mod seeded;
#[path = "mega_remote/striped.rs"]
mod striped;
#[path = "mega_remote/support.rs"]
mod support;
#[path = "mega_remote/totals.rs"]
mod totals;
#[path = "mega_remote/transfers.rs"]
mod transfers;
#[path = "mega_remote/turns.rs"]
mod turns;
