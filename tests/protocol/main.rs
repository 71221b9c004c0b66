//! The command channel against a scripted transport: retries, batches, proof
//! of work, sessions, and the answers recorded in `tests/vectors`. No network,
//! no waiting: the pauses are only written down.

mod answers;
mod commands;
mod login;
mod queue;
mod retries;
mod script;
mod sessions;
mod slow;
