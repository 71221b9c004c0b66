//! megarc: a MEGA client with rclone's command line.
//!
//! Four layers, one folder each, imports going down only
//! (docs/architecture.md holds the table, `tests/architecture.rs` the check):
//!
//! | layer | what it is |
//! | --- | --- |
//! | [`commands`] | one file a command: arguments in, calls into the layers below, rows out |
//! | [`engine`] | walk, filter, march, compare, plan, transfer: works on any [`remote::Remote`] |
//! | [`remote`] | the one trait over local disks, MEGA, memory; names ↔ entries |
//! | [`mega`] | the MEGA client: crypto, API, session, node tree, upload, download |
//!
//! Beside them stand [`config`] (what the user set), [`output`] (the only
//! writer of stdout and stderr), [`exit`] (errors as the user meets them) and
//! [`sandbox`] (a MEGA-protocol server that shares no code with the client).

pub mod cli;
pub mod commands;
pub mod config;
pub mod engine;
pub mod exit;
pub mod mega;
pub mod output;
pub mod remote;
pub mod sandbox;
