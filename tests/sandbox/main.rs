//! The sandbox's server over raw HTTP, with keys made by its own witness: no
//! code of the client is used here.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod accounts;
mod durability;
mod embedded;
mod events;
mod faults;
mod links;
mod nodes;
mod official;
mod shares;
mod storage;
mod support;
mod witness;
