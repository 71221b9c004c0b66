//! The binary as a user meets it: a file per command, and all recordings.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod about;
mod cat;
mod copy;
mod dedupe;
mod delete;
mod docs;
mod help;
mod listing;
mod logging;
mod recorded;
mod refusals;
mod support;
