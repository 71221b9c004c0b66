//! The recorded cases of copying and deleting, with accounts on the sandbox as
//! the source, as the destination and as both: equal trees, an equal outcome,
//! equal counts of what was transferred and deleted.
//!
//! One server and one client an account serve all cases, each in a folder of
//! its own. Contents on MEGA are compared by their MACs, which needs no
//! download. Times are those of MEGA: whole seconds, and none of directories.
#![allow(clippy::unwrap_used)]

mod different;
#[path = "../engine_recorded/job.rs"]
mod job;
mod places;
#[path = "../engine_recorded/tree.rs"]
#[expect(dead_code, reason = "directly on disk nothing is done here")]
mod tree;

use different::{CASES, DIFFERENT, MODES, Mode};
use futures_util::{StreamExt, stream};
use job::Job;
use megarc::engine::Run;
use megarc::engine::filter::Filter;
use places::{Places, World};
use serde_json::Value;

/// The recordings: on one store, and what is otherwise between two.
struct Recordings {
    one: Value,
    two: Value,
}

/// A case, and the trees that its names stand for.
#[derive(Clone, Copy)]
struct Recorded<'a> {
    trees: &'a Value,
    case: &'a Value,
}

impl Recordings {
    fn read() -> Self {
        let parse = |text| serde_json::from_str(text).unwrap();
        Self {
            one: parse(include_str!("../recorded/copy_sync.json")),
            two: parse(include_str!("../recorded/two_stores.json")),
        }
    }

    /// What was recorded for a mode, each case under its number.
    fn of(&self, mode: Mode) -> impl Iterator<Item = (usize, Recorded<'_>)> {
        let between = cases(&self.two);
        let find = move |name: &Value| between.clone().find(|c| c.case["name"] == *name);
        let otherwise = move |c: Recorded<'_>| match mode {
            Mode::Within => None,
            Mode::Down | Mode::Up | Mode::Across => find(&c.case["name"]),
        };
        let cases = cases(&self.one).enumerate();
        cases.map(move |(number, c)| (number, otherwise(c).unwrap_or(c)))
    }
}

fn cases(file: &Value) -> impl Iterator<Item = Recorded<'_>> + Clone {
    let trees = &file["trees"];
    let cases = file["cases"].as_array().unwrap().iter();
    cases.map(move |case| Recorded { trees, case })
}

impl<'a> Recorded<'a> {
    fn name(self) -> &'a str {
        self.case["name"].as_str().unwrap()
    }

    fn tree(self, what: &str) -> &'a Value {
        tree::resolve(self.trees, &self.case[what])
    }
}

/// The trees of a case.
const SIDES: [&str; 4] = ["src", "dst", "aux", "bak"];

/// Cases at the same time: their requests leave together.
const AT_A_TIME: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_cases_agree_on_mega() {
    let recordings = Recordings::read();
    let world = World::start().await;
    let mut jobs = Vec::new();
    for mode in MODES {
        for (number, recorded) in recordings.of(mode) {
            if let Some(job) = Job::parse(recorded.case)
                && makes_sense(recorded, &job, mode)
            {
                jobs.push((number, recorded, job, mode));
            }
        }
    }
    for (_, recorded, ..) in &jobs {
        for side in SIDES {
            world.keep_contents(recorded.tree(side)).await;
        }
    }
    let world = &world;
    let ran = jobs.len();
    let judged: Vec<Option<String>> = stream::iter(jobs)
        .map(|(number, recorded, job, mode)| async move {
            let places = Places::new(world, number, mode);
            let problems = run_case(recorded, &job, &places).await;
            judge(recorded.name(), mode, &problems)
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    let wrong: Vec<String> = judged.into_iter().flatten().collect();
    let report = wrong.join("\n");
    assert!(wrong.is_empty(), "{} of {ran}:\n{report}", wrong.len());
    assert_eq!(
        ran, CASES,
        "docs/differences.md says how many cases there are"
    );
}

fn makes_sense(recorded: Recorded<'_>, job: &Job, mode: Mode) -> bool {
    // MEGA has no symbolic links.
    let linked = |side: &&str| recorded.tree(side).to_string().contains("\"link\"");
    // Of one place, one mode is enough.
    let alone = job.paths.len() < 2;
    !SIDES.iter().any(linked) && !job.paths.is_empty() && (!alone || mode == Mode::Down)
}

/// What is wrong with the outcome of a case, or with the table.
fn judge(name: &str, mode: Mode, problems: &[String]) -> Option<String> {
    let excused = DIFFERENT
        .iter()
        .any(|(modes, n, _)| *n == name && modes.contains(&mode));
    let place = mode.words();
    match (excused, problems.is_empty()) {
        (false, false) => Some(format!("## {place} {name}\n{}", problems.join("\n"))),
        (true, true) => Some(format!("## {place} {name}: strike it off the table")),
        _ => None,
    }
}

async fn run_case(recorded: Recorded<'_>, job: &Job, places: &Places<'_>) -> Vec<String> {
    let case = recorded.case;
    for side in SIDES {
        places.write(side, recorded.tree(side)).await;
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
        let after = format!("{side}_after");
        if case[&after].is_null() && case[side].is_null() {
            continue;
        }
        problems.extend(places.compare(side, recorded.tree(&after)).await);
    }
    if !failed {
        let counts = run.stats.snapshot().counts;
        for (what, got) in [("transfers", counts.transfers), ("deletes", counts.deletes)] {
            // A directory goes in one step.
            if case["stats"][what] != got && !(what == "deletes" && job.command == "purge") {
                problems.push(format!("{what}: {got} instead of {}", case["stats"][what]));
            }
        }
    }
    problems
}
