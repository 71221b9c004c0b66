//! Runs every vector in tests/vectors that pins a piece of `mega::crypto`.
//! What each file holds, and who agreed on it: tests/vectors/README.md.
//!
//! A negative vector must fail with the kind that its text names; the tables
//! from text to kind are here, so a new bad vector fails until it has one.

#![allow(clippy::unwrap_used)]

mod attributes;
mod content;
mod hashcash;
mod hostile;
mod keys;
mod links;
mod login;
mod small;
mod support;
