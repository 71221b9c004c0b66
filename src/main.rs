//! The megarc binary: parse, run, exit. All of it lives in [`megarc::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(megarc::cli::main(std::env::args_os().skip(1)))
}
