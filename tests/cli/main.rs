//! The binary as a user meets it: a file per command, and all recordings.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod about;
mod cat;
mod cleanup;
mod copy;
mod copyto;
mod dedupe;
mod delete;
mod deletefile;
mod docs;
mod help;
mod link;
mod logging;
mod logout;
mod ls;
mod lsd;
mod lsl;
mod mkdir;
mod obscure;
mod purge;
mod recorded;
mod refusals;
mod reveal;
mod rmdir;
mod support;
mod version;
