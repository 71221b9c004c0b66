//! The recorded cases of copying and deleting, run against the engine on the
//! local disk: equal trees, equal counts, equal log lines.
//!
//! What belongs to the command line (retries, final lines, exit codes, bad
//! arguments) is left out here and tested through the binary.
#![allow(clippy::unwrap_used)]

mod far;
mod log;
mod tree;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use megarc::engine::dedupe::{self, Prompt};
use megarc::engine::filter::{Filter, FilterSpec};
use megarc::engine::{Options, Result, Root, Run, copy, delete};
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
        "rmdirs missing",
        "a directory that cannot be listed is worded as everywhere else",
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
            let problems = run_case(&recorded, case, job);
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
const SIDES: [(&str, &str); 4] = [
    ("src", "src"),
    ("dst", "dst"),
    ("aux", "aux"),
    ("far", "served"),
];

/// A command line, as far as the engine is concerned.
struct Job {
    command: String,
    paths: Vec<String>,
    options: Options,
    spec: FilterSpec,
    rmdirs: bool,
    mode: dedupe::Mode,
}

impl Job {
    /// `None`: not a matter of the engine, or not of this part of it.
    fn parse(case: &Value) -> Option<Self> {
        // Exit 1 without statistics: refused before the engine is reached.
        case.get("stats").filter(|s| !s.is_null())?;
        let mut argv = case["argv"].as_array()?.iter().map(|a| a.as_str().unwrap());
        let command = argv.next()?.to_owned();
        if ![
            "copy", "copyto", "delete", "purge", "rmdir", "mkdir", "rmdirs", "dedupe",
        ]
        .contains(&command.as_str())
        {
            return None;
        }
        let mut job = Self {
            command,
            paths: Vec::new(),
            options: Options {
                transfers: 1,
                checkers: 1,
                ..Options::default()
            },
            spec: FilterSpec::default(),
            rmdirs: false,
            mode: dedupe::Mode::Interactive,
        };
        while let Some(arg) = argv.next() {
            let o = &mut job.options;
            match arg {
                "--dry-run" => o.dry_run = true,
                "--size-only" => o.size_only = true,
                "--checksum" => o.checksum = true,
                "--ignore-existing" => o.ignore_existing = true,
                "--ignore-times" => o.ignore_times = true,
                "--ignore-size" => o.ignore_size = true,
                "--update" => o.update = true,
                "--immutable" => o.immutable = true,
                "--create-empty-src-dirs" => o.create_empty_src_dirs = true,
                "--no-traverse" => o.no_traverse = true,
                "--no-check-dest" => o.no_check_dest = true,
                "--inplace" => o.inplace = true,
                "--no-update-modtime" => o.no_update_modtime = true,
                "--no-update-dir-modtime" => o.no_update_dir_modtime = true,
                "--rmdirs" => job.rmdirs = true,
                "--max-depth" => o.max_depth = argv.next()?.parse().ok(),
                "--modify-window" => {
                    let seconds = argv.next()?.strip_suffix('s')?.parse().ok()?;
                    o.modify_window = Duration::from_secs(seconds);
                }
                "--exclude" => job.spec.exclude.push(argv.next()?.to_owned()),
                "--include" => job.spec.include.push(argv.next()?.to_owned()),
                "--retries" => {
                    argv.next();
                }
                "--dedupe-mode" => job.mode = argv.next()?.parse().unwrap(),
                "--error-on-no-transfer" | "--dry-run=false" => {}
                flag if flag.starts_with('-') => return None,
                path if path.starts_with("@ROOT@/") || path.starts_with("far:") => {
                    job.paths.push(path.to_owned());
                }
                _ => return None,
            }
        }
        Some(job)
    }

    fn location(&self, at: usize, root: &Path, stores: &Stores) -> Location {
        let (remote, path) = match self.paths[at].strip_prefix("far:") {
            Some(path) => (&stores.far, path.to_owned()),
            None => {
                let path = self.paths[at].replace("@ROOT@", root.to_str().unwrap());
                (&stores.disk, path)
            }
        };
        Location {
            remote: remote.clone(),
            path: RemotePath::parse(&path).unwrap(),
        }
    }

    async fn execute(&self, run: &Run, root: &Path) -> Result<()> {
        let served = root.join("served");
        let stores = Stores {
            disk: Arc::new(Local::default()),
            far: far::Far::over(served.to_str().unwrap()),
        };
        let first = self.location(0, root, &stores);
        match self.command.as_str() {
            "copy" | "copyto" => {
                let src = Root::find(&first).await?;
                let dst = self.location(1, root, &stores);
                if self.command == "copy" {
                    copy::copy(run, &src, &dst).await
                } else {
                    copy::copy_to(run, &src, &dst).await
                }
            }
            "delete" => {
                let src = Root::find(&first).await?;
                delete::delete(run, &src).await?;
                if self.rmdirs {
                    delete::remove_empty_dirs(run, &first, true).await?;
                }
                Ok(())
            }
            "purge" => delete::purge(run, &first).await,
            "rmdir" => delete::remove_dir(run, &first).await,
            "rmdirs" => delete::remove_empty_dirs(run, &first, false).await,
            "mkdir" => delete::make_dir(run, &first).await,
            _ => dedupe::dedupe(run, &first, self.mode, false, &mut Silent).await,
        }
    }
}

/// Where the paths of a case lie.
struct Stores {
    disk: Arc<dyn Remote>,
    far: Arc<dyn Remote>,
}

struct Silent;

impl Prompt for Silent {
    fn print(&mut self, _: &str) -> std::io::Result<()> {
        Ok(())
    }
    fn choose(&mut self, _: &[(char, &str)]) -> std::io::Result<char> {
        Err(std::io::ErrorKind::UnexpectedEof.into())
    }
    fn number(&mut self, _: &str, _: usize) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::UnexpectedEof.into())
    }
}

fn run_case(recorded: &Value, case: &Value, job: Job) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    // Temporary folders stand behind links on some systems.
    let root = dir.path().canonicalize().unwrap();
    for (side, dir) in SIDES {
        tree::write(&root.join(dir), &recorded["trees"], &case[side]);
    }
    let filter = Filter::build(&job.spec, |_| Ok(String::new())).unwrap();
    let run = Run::new(job.options.clone()).with_filter(filter);
    let (outcome, lines) = log::captured(job.execute(&run, &root));
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
