//! The promises that megarc stands on, kept by the real binary against the
//! sandbox: no byte is lost or accepted unverified, one login serves many
//! commands, a killed copy leaves nothing half-made.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod account;
mod check;
mod clock;
mod copied;
mod damage;
mod hostile_names;
mod hostile_nodes;
mod interrupted;
mod killed;
mod killed_server;
mod large;
mod local_faults;
mod matrix;
mod proxy;
mod resent;
mod resumed_down;
mod resumed_up;
mod secrets;
mod sessions;
mod signals;
mod together;
