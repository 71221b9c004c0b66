//! Other MEGA clients and megarc on one sandbox: what one writes, all read.
//!
//! The peers are rclone 1.75.2 (`RCLONE_BIN`, or `rclone` in the path) and
//! megatools 1.11.0 with `megatools_shim.c` preloaded, for which a C compiler
//! is needed. A peer that is absent is left out with a message, unless
//! `MEGARC_REQUIRE_PEERS=1`, which .ci/run sets. `MEGARC_PEERS=rclone,megarc`
//! chooses some; `MEGARC_BIN` names another megarc than the one just built.
//!
//! The sandbox's witness checks every upload of every client as well.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod client;
mod configuration;
mod files;
mod links;
mod matrix;
mod operations;
mod world;
