//! The recorded cases of copying and deleting, run against the engine on the
//! local disk: equal trees, equal counts, equal log lines.
//!
//! What belongs to the command line (retries, final lines, exit codes, bad
//! arguments) is left out here and tested through the binary.
#![allow(clippy::unwrap_used)]

mod far;
mod job;
mod log;
mod tree;

use std::path::Path;
use std::sync::Arc;

use job::Job;
use megarc::engine::Run;
use megarc::engine::filter::Filter;
use megarc::remote::local::Local;
use megarc::remote::{Location, Remote, RemotePath};
use serde_json::Value;

/// Cases that differ on purpose: name, and why.
const ON_PURPOSE: &[(&str, &str)] = &[
    (
        "copyto --immutable",
        "rclone forgets --immutable for a single file; it is kept here",
    ),
    (
        "copy name clash file over dir",
        "found before the transfer here, not after it",
    ),
    (
        "copy name clash dir over file",
        "said once for the directory here, not for each file in it",
    ),
    (
        "sync name clash file over dir",
        "found before the transfer here, not after it",
    ),
    (
        "sync name clash dir over file",
        "said once for the directory here, not for each file in it",
    ),
    (
        "sync --max-delete 1 --dry-run",
        "which file comes first is not fixed",
    ),
    (
        "move name clash file over dir",
        "found before the transfer here, not after it",
    ),
    (
        "move name clash dir over file",
        "said once for the directory here, not for each file in it",
    ),
    (
        "moveto --immutable",
        "rclone forgets --immutable for a single file; it is kept here",
    ),
    (
        "sync --track-renames --track-renames-strategy size",
        "which of several files of one size is renamed is not fixed",
    ),
    (
        "track renames size",
        "which of several files of one size is renamed is not fixed",
    ),
    (
        "two compare-dest",
        "rclone fails to set the time of a directory that was not made; it is left alone here",
    ),
    (
        "purge missing",
        "said once here; rclone fails, goes on, and fails again",
    ),
];

/// One test, since the log of a process is caught as a whole.
#[test]
fn recorded_cases_agree() {
    let (mut ran, mut wrong) = (0, Vec::new());
    for text in [
        include_str!("../recorded/copy_sync.json"),
        include_str!("../recorded/no_modtime.json"),
    ] {
        let recorded: Value = serde_json::from_str(text).unwrap();
        for case in recorded["cases"].as_array().unwrap() {
            let name = case["name"]
                .as_str()
                .map_or_else(|| case["argv"].to_string(), str::to_owned);
            let Some(job) = Job::parse(case) else {
                continue;
            };
            if ON_PURPOSE.iter().any(|(n, _)| *n == name) {
                continue;
            }
            ran += 1;
            let problems = run_case(&recorded, case, &job);
            if !problems.is_empty() {
                wrong.push(format!("## {name}\n{}", problems.join("\n")));
            }
        }
    }
    let report = wrong.join("\n");
    assert!(wrong.is_empty(), "{} of {ran}:\n{report}", wrong.len());
    assert!(ran >= 90, "only {ran} cases were understood");
}

/// The trees of a case, and the folders they are kept in.
const SIDES: [(&str, &str); 5] = [
    ("src", "src"),
    ("dst", "dst"),
    ("aux", "aux"),
    ("far", "served"),
    ("bak", "bak"),
];

/// Where the paths of a case lie.
struct Stores {
    disk: Arc<dyn Remote>,
    far: Arc<dyn Remote>,
}

impl Stores {
    fn place(&self, text: &str, root: &Path) -> Location {
        let (remote, path) = match text.strip_prefix("far:") {
            Some(path) => (&self.far, path.to_owned()),
            None => (&self.disk, text.replace("@ROOT@", root.to_str().unwrap())),
        };
        Location {
            remote: remote.clone(),
            path: RemotePath::parse(&path).unwrap(),
        }
    }
}

fn run_case(recorded: &Value, case: &Value, job: &Job) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    // Temporary folders stand behind links on some systems.
    let root = dir.path().canonicalize().unwrap();
    for (side, dir) in SIDES {
        tree::write(&root.join(dir), &recorded["trees"], &case[side]);
    }
    let filter = Filter::build(&job.spec, |_| Ok(String::new())).unwrap();
    let run = Run::new(job.options.clone()).with_filter(filter);
    let served = root.join("served");
    let stores = Stores {
        disk: Arc::new(Local::default()),
        far: far::Far::over(served.to_str().unwrap()),
    };
    let place = |text: &str| stores.place(text, &root);
    let (outcome, lines) = log::captured(job.execute(&run, &place));
    if let Err(error) = &outcome {
        run.stats.count_error(error.clone());
    }
    let mut problems = Vec::new();
    if outcome.is_err() != (case["exit"] != 0 && case["exit"] != 9) {
        problems.push(format!("outcome {outcome:?}, exit {}", case["exit"]));
    }
    for (side, dir) in SIDES {
        let expected = &case[format!("{side}_after")];
        if expected.is_null() && case[side].is_null() {
            continue;
        }
        problems.extend(tree::compare(&root.join(dir), &recorded["trees"], expected));
    }
    problems.extend(log::compare(&lines, case, &root));
    problems.extend(compare_counts(&run, &case["stats"]));
    problems
}

fn compare_counts(run: &Run, expected: &Value) -> Vec<String> {
    let got = megarc::output::progress::json(&run.stats.snapshot());
    // Recorded with three tries, counted over all of them.
    let tries = ["deletedDirs"];
    expected
        .as_object()
        .unwrap()
        .iter()
        .filter(|(key, _)| key.as_str() != "lastError")
        .filter(|(key, _)| !(tries.contains(&key.as_str()) && expected["errors"] != 0))
        .filter(|(key, value)| got[key.as_str()] != **value)
        .map(|(key, value)| format!("{key}: {} instead of {value}", got[key.as_str()]))
        .collect()
}
