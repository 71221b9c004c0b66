//! The recorded cases of copying and deleting, with an account on the sandbox
//! as the source and as the destination: equal trees, an equal
//! outcome, equal counts of what was transferred and deleted.
//!
//! One server and one client serve all cases, each in a folder of its own.
//! Contents on MEGA are compared by their MACs, which needs no download. Times
//! are those of MEGA: whole seconds, and none of directories.
#![allow(clippy::unwrap_used)]

#[path = "../engine_recorded/job.rs"]
mod job;
mod places;
#[path = "../engine_recorded/tree.rs"]
#[expect(dead_code, reason = "directly on disk nothing is done here")]
mod tree;

use futures_util::{StreamExt, stream};
use job::Job;
use megarc::engine::Run;
use megarc::engine::filter::Filter;
use places::{Places, World};
use serde_json::Value;

/// Which side is MEGA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// The source.
    Down,
    /// The destination, with what is beside it.
    Up,
    /// Both.
    Within,
}

/// Both sides on MEGA are not among them yet: whether two files there are equal
/// is known by their keys, and what is to follow from that is not settled for
/// every case.
const MODES: [Mode; 2] = [Mode::Down, Mode::Up];

/// Cases that differ on purpose: where (`None`: always), name, and why.
const ON_PURPOSE: &[(Option<Mode>, &str, &str)] = &[
    (None, "copyto --immutable", IMMUTABLE),
    (None, "moveto --immutable", IMMUTABLE),
    (
        None,
        "two compare-dest",
        "rclone fails to set the time of a directory that was not made",
    ),
    (
        None,
        "moveto missing src",
        "nothing is made for a source that is not there",
    ),
    (
        None,
        "sync --track-renames --track-renames-strategy size",
        ANY,
    ),
    (Some(Mode::Up), "copy --copy-dest @ROOT@/aux", COPIES),
    (Some(Mode::Up), "move --copy-dest @ROOT@/aux", COPIES),
    (Some(Mode::Up), "sync --copy-dest @ROOT@/aux", COPIES),
    (Some(Mode::Within), "copy --copy-dest @ROOT@/aux", COPIES),
    (Some(Mode::Within), "move --copy-dest @ROOT@/aux", COPIES),
    (Some(Mode::Within), "sync --copy-dest @ROOT@/aux", COPIES),
];

const IMMUTABLE: &str = "rclone forgets --immutable for a single file; it is kept here";
const ANY: &str = "which of several files of one size is renamed is not fixed";
const COPIES: &str = "MEGA copies on the server, a disk does not";

/// Moves of a directory as a whole: between two stores there are none, each
/// file is moved, and what is empty stays.
const WHOLE: &[&str] = &["move to a new place", "move missing dst"];

/// The trees of a case.
const SIDES: [&str; 4] = ["src", "dst", "aux", "bak"];

/// Cases at the same time: their requests leave together.
const AT_A_TIME: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_cases_agree_on_mega() {
    let text = include_str!("../recorded/copy_sync.json");
    let recorded: Value = serde_json::from_str(text).unwrap();
    let world = World::start().await;
    let mut jobs = Vec::new();
    for (number, case) in recorded["cases"].as_array().unwrap().iter().enumerate() {
        for mode in MODES {
            let Some(job) = Job::parse(case) else {
                continue;
            };
            if makes_sense(&recorded, case, &job, mode) {
                jobs.push((number, case, job, mode));
            }
        }
    }
    let (recorded, world) = (&recorded, &world);
    let ran = jobs.len();
    let wrong: Vec<String> = stream::iter(jobs)
        .map(|(number, case, job, mode)| async move {
            let places = Places::new(world, number, mode);
            let problems = run_case(recorded, case, &job, &places).await;
            judge(case["name"].as_str().unwrap(), mode, &problems)
        })
        .buffer_unordered(AT_A_TIME)
        .filter_map(async |problem| problem)
        .collect()
        .await;
    let report = wrong.join("\n");
    assert!(wrong.is_empty(), "{} of {ran}:\n{report}", wrong.len());
    assert!(ran >= 300, "only {ran} cases were understood");
}

fn makes_sense(recorded: &Value, case: &Value, job: &Job, mode: Mode) -> bool {
    // MEGA has no symbolic links.
    let links = SIDES.iter().any(|side| {
        let tree = tree::resolve(&recorded["trees"], &case[*side]);
        tree.to_string().contains("\"link\"")
    });
    // Of one place, one mode is enough.
    let alone = job.paths.len() < 2;
    // Recorded as one step of the disk.
    let name = case["name"].as_str().unwrap();
    let dry_move = job.options.dry_run && job.command.starts_with("move");
    let whole = dry_move || WHOLE.iter().any(|start| name.starts_with(start));
    !links
        && !job.paths.is_empty()
        && (!alone || mode == Mode::Down)
        && (!whole || mode == Mode::Within)
}

/// What is wrong with the outcome of a case, or with the table.
fn judge(name: &str, mode: Mode, problems: &[String]) -> Option<String> {
    let excused = ON_PURPOSE
        .iter()
        .any(|(m, n, _)| *n == name && m.is_none_or(|m| m == mode));
    match (excused, problems.is_empty()) {
        (false, false) => Some(format!("## {mode:?} {name}\n{}", problems.join("\n"))),
        (true, true) => Some(format!("## {mode:?} {name}: strike it off the table")),
        _ => None,
    }
}

async fn run_case(recorded: &Value, case: &Value, job: &Job, places: &Places<'_>) -> Vec<String> {
    let trees = &recorded["trees"];
    for side in SIDES {
        places.write(side, tree::resolve(trees, &case[side])).await;
    }
    let filter = Filter::build(&job.spec, |_| Ok(String::new())).unwrap();
    let run = Run::new(job.options.clone()).with_filter(filter);
    let outcome = job.execute(&run, &|text| places.find(text)).await;
    let failed = outcome.is_err() || run.stats.errors() > 0;
    let mut problems = Vec::new();
    if failed != (case["exit"] != 0 && case["exit"] != 9) {
        problems.push(format!("outcome {outcome:?}, exit {}", case["exit"]));
    }
    for side in SIDES {
        let expected = &case[format!("{side}_after")];
        if expected.is_null() && case[side].is_null() {
            continue;
        }
        problems.extend(places.compare(side, tree::resolve(trees, expected)).await);
    }
    if !failed {
        let counts = run.stats.snapshot().counts;
        // A move between stores deletes each source, a rename none.
        // And a directory goes in one step.
        let whole = ["move", "moveto", "purge"].contains(&job.command.as_str());
        for (what, got) in [("transfers", counts.transfers), ("deletes", counts.deletes)] {
            if case["stats"][what] != got && !(what == "deletes" && whole) {
                problems.push(format!("{what}: {got} instead of {}", case["stats"][what]));
            }
        }
    }
    problems
}
