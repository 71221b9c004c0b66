//! Every fault against every command that moves, replaces or removes.
//!
//! Whatever goes wrong: the end is right, or the exit code is not zero and the
//! log says why. No wrong byte has a final name, no name appears twice, nothing
//! is lost that was not to go, and the server is asked a bounded number of
//! times. When the trouble is over the same command finishes the work.
//!
//! `cargo test` runs each fault against one command, in turns; with
//! `MEGARC_LARGE` against all of them.

mod bench;
mod commands;
mod table;

use std::time::{Duration, Instant};

use self::bench::Bench;
use self::commands::{COMMANDS, Command};
use self::table::{Expect, Fault, TABLE};

/// Requests and pieces that a command may take at most, faults and all.
const MOST_EVENTS: u64 = 250;
/// Time that a command may take at most, on a busy machine.
const MOST_TIME: Duration = Duration::from_secs(90);

fn is_large() -> bool {
    std::env::var_os("MEGARC_LARGE").is_some()
}

/// The faults that concern this command, or its share of them.
fn share(command: &Command) -> impl Iterator<Item = (usize, &'static Fault)> {
    TABLE.iter().enumerate().filter(|(index, fault)| {
        let in_turn = fault.on[index % fault.on.len()] == command.name;
        in_turn || is_large() && fault.on.contains(&command.name)
    })
}

fn run(name: &str) {
    let command = COMMANDS.iter().find(|command| command.name == name);
    let command = command.unwrap();
    let bench = Bench::new();
    for (index, fault) in share(command) {
        let what = format!("{} under {}", command.name, fault.text);
        let place = format!("case{index}");
        (command.prepare)(&bench, &place);
        bench.account.set_faults(fault.text);
        let (before, started) = (bench.events(), Instant::now());
        let output = bench.megarc((command.args)(&place));
        let (events, took) = (bench.events() - before, started.elapsed());
        bench.account.set_faults("");
        println!("{:8.3} s {events:5} events  {what}", took.as_secs_f64());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let ended_well = output.status.success();
        match &fault.expect {
            Expect::Right => assert!(ended_well, "{what}: {said}"),
            Expect::Named(words) => {
                assert!(!ended_well, "{what} ended well");
                assert!(said.contains(words), "{what}: no {words:?} in {said}");
            }
            Expect::Either => {
                let named = ["ERROR", "CRITICAL"]
                    .iter()
                    .any(|level| said.contains(level));
                assert!(ended_well || named, "{what}: nothing is said but {said:?}");
            }
        }
        let code = output.status.code();
        assert!(
            code.is_some_and(|code| code <= 10),
            "{what}: {code:?}, {said}"
        );
        assert!(events <= MOST_EVENTS, "{what}: {events} events");
        assert!(took < MOST_TIME, "{what}: {took:?}");
        if fault.at_once {
            assert!(events <= 2, "{what}: {events} events, {said}");
        }
        (command.check)(&bench, &place, ended_well, &what);
        let output = bench.megarc((command.args)(&place));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "after {what}: {said}");
        (command.check)(&bench, &place, true, &format!("after {what}"));
        bench.clear(&place);
    }
    bench.check_bystanders();
    assert_eq!(bench.account.check(), Vec::<String>::new());
}

#[test]
fn copying_up() {
    run("copy up");
}

#[test]
fn copying_down() {
    run("copy down");
}

#[test]
fn deleting() {
    run("delete");
}

#[test]
fn removing_duplicates() {
    run("dedupe");
}

#[test]
fn syncing_up() {
    run("sync up");
}

#[test]
fn moving_up() {
    run("move up");
}

#[test]
fn moving_inside() {
    run("move inside");
}
