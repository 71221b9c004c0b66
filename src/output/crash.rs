//! What a panic says: where it was and what to do now, never what it was about.
//!
//! The message of a panic may hold anything, a name or a password that could
//! not be read for instance. Words that stand in the program itself cannot;
//! whatever was put together at run time is shown only where somebody asks for
//! it with `RUST_BACKTRACE`.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write;
use std::panic::{Location, PanicHookInfo};

/// Has every panic of this process reported in this way.
pub fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        let backtrace = Backtrace::capture();
        let mut text = report(info, backtrace.status() == BacktraceStatus::Captured);
        if backtrace.status() == BacktraceStatus::Captured {
            text += &format!("{backtrace}\n");
        }
        // Past the lock of the output, which whoever panics may hold. There is
        // nobody to tell if that fails.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }));
}

fn report(info: &PanicHookInfo<'_>, in_full: bool) -> String {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    let place = info
        .location()
        .map_or_else(String::new, Location::to_string);
    let payload = info.payload();
    let why = match (payload.downcast_ref::<&str>(), payload.downcast_ref()) {
        (Some(literal), _) => (*literal).to_owned(),
        (None, Some(text)) if in_full => String::clone(text),
        _ => "RUST_BACKTRACE=1 shows more, which may be private".to_owned(),
    };
    format!(
        "\nmegarc {} has come upon a mistake of its own, at {place} in thread {thread:?}: {why}\n\
         What has been copied is whole, and the same command goes on with the rest. Please report\n\
         the lines above with what you did; take names and addresses that are private out of it.\n",
        env!("CARGO_PKG_VERSION"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::process::Command;

    const SECRET: &str = "Passw0rd-in-a-panic";

    /// Not tests of their own: the processes that panic in the next one.
    #[test]
    #[ignore = "run by the test below, in a process of its own"]
    fn panics_about_a_secret() {
        assert_eq!(crate::cli::main(["version".into()].into_iter()), 0);
        let number: Result<u8, String> = SECRET.parse().map_err(|_| SECRET.to_owned());
        number.unwrap();
    }

    #[test]
    #[ignore = "run by the test below, in a process of its own"]
    fn panics_in_words() {
        assert_eq!(crate::cli::main(["version".into()].into_iter()), 0);
        panic!("words of the program");
    }

    fn run(name: &str, backtrace: &str) -> String {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture"])
            .arg(format!("output::crash::tests::{name}"))
            .env("RUST_BACKTRACE", backtrace)
            // Unoptimised, clap's description of all flags takes more than the
            // 2 MiB that a test's thread has.
            .env("RUST_MIN_STACK", "8388608")
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    #[test]
    fn a_panic_says_what_to_do_and_no_secret() {
        let said = run("panics_about_a_secret", "0");
        assert!(
            said.contains("a mistake of its own, at src/output/crash.rs:"),
            "{said}"
        );
        assert!(said.contains("the same command goes on"), "{said}");
        assert!(!said.contains(SECRET), "{said}");
        let said = run("panics_in_words", "0");
        assert!(said.contains(": words of the program\n"), "{said}");
        // Whoever wants to know more has to ask for it.
        let said = run("panics_about_a_secret", "1");
        assert!(said.contains(SECRET), "{said}");
    }
}
