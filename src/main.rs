//! The megarc binary: parse, run, exit.

fn main() {}
