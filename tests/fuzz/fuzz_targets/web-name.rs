//! Fuzz target of the parser `web-name` (`tests/hostile/parsers.rs`).
#![no_main]
#[path = "../../hostile/parsers.rs"]
mod parsers;
libfuzzer_sys::fuzz_target!(|input: &[u8]| parsers::run("web-name", input));
