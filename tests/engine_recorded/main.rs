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
use megarc::engine::options::Delete;
use megarc::engine::{Aside, Options, Result, Root, Run, copy, delete};
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
        "move --dry-run",
        "the destination exists, so files would be moved, and they are named",
    ),
    (
        "move --dry-run --delete-empty-src-dirs",
        "the destination exists, so files would be moved, and they are named",
    ),
    (
        "sync --track-renames",
        "rclone forgets the time of a directory that a file was copied into; it is set here",
    ),
    (
        "sync --track-renames --track-renames-strategy modtime",
        "rclone forgets the time of a directory that a file was moved into; it is set here",
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
        r#"["sync","@ROOT@/src","far:dst","--track-renames","--track-renames-strategy","leaf"]"#,
        "each file that is looked for counts as a check",
    ),
    (
        "two compare-dest",
        "rclone fails to set the time of a directory that was not made; it is left alone here",
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
const SIDES: [(&str, &str); 5] = [
    ("src", "src"),
    ("dst", "dst"),
    ("aux", "aux"),
    ("far", "served"),
    ("bak", "bak"),
];

/// A command line, as far as the engine is concerned.
struct Job {
    command: String,
    paths: Vec<String>,
    options: Options,
    spec: FilterSpec,
    rmdirs: bool,
    mode: dedupe::Mode,
    backup: Option<String>,
    compare: Vec<String>,
    copy: Vec<String>,
}

impl Job {
    /// `None`: not a matter of the engine, or not of this part of it.
    fn parse(case: &Value) -> Option<Self> {
        // Exit 1 without statistics: refused before the engine is reached.
        case.get("stats").filter(|s| !s.is_null())?;
        let mut argv = case["argv"].as_array()?.iter().map(|a| a.as_str().unwrap());
        let command = argv.next()?.to_owned();
        if ![
            "copy", "copyto", "move", "moveto", "sync", "delete", "purge", "rmdir", "mkdir",
            "rmdirs", "dedupe",
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
            backup: None,
            compare: Vec::new(),
            copy: Vec::new(),
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
                "--delete-before" => o.delete = Delete::Before,
                "--delete-during" => o.delete = Delete::During,
                "--delete-after" => o.delete = Delete::After,
                "--delete-excluded" => o.delete_excluded = true,
                "--ignore-errors" => o.ignore_errors = true,
                "--max-delete" => o.max_delete = argv.next()?.parse().ok(),
                "--suffix-keep-extension" => o.suffix_keep_extension = true,
                "--suffix" => argv.next()?.clone_into(&mut o.suffix),
                "--suffix=-v1" => "-v1".clone_into(&mut o.suffix),
                "--suffix=-o" => "-o".clone_into(&mut o.suffix),
                "--track-renames" => o.track_renames = true,
                "--track-renames-strategy" => {
                    argv.next()?.clone_into(&mut o.track_renames_strategy);
                }
                "--check-first" => o.check_first = true,
                "--backup-dir" => job.backup = Some(argv.next()?.to_owned()),
                "--compare-dest" => job.compare.push(argv.next()?.to_owned()),
                "--copy-dest" => job.copy.push(argv.next()?.to_owned()),
                "--rmdirs" | "--delete-empty-src-dirs" => job.rmdirs = true,
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
        stores.place(&self.paths[at], root)
    }

    fn aside(&self, root: &Path, stores: &Stores) -> Aside {
        let places = |texts: &[String]| texts.iter().map(|t| stores.place(t, root)).collect();
        Aside {
            backup: self.backup.as_ref().map(|text| stores.place(text, root)),
            compare: places(&self.compare),
            copy: places(&self.copy),
        }
    }

    async fn execute(&self, run: &Run, root: &Path) -> Result<()> {
        let served = root.join("served");
        let stores = Stores {
            disk: Arc::new(Local::default()),
            far: far::Far::over(served.to_str().unwrap()),
        };
        let first = self.location(0, root, &stores);
        let mut run = run.clone();
        run.aside = Arc::new(self.aside(root, &stores));
        let run = &run;
        match self.command.as_str() {
            "copy" | "copyto" | "move" | "moveto" | "sync" => {
                let src = Root::find(&first).await?;
                let dst = self.location(1, root, &stores);
                match self.command.as_str() {
                    "copy" => copy::copy(run, &src, &dst).await,
                    "copyto" => copy::copy_to(run, &src, &dst).await,
                    "move" => copy::move_into(run, &src, &dst, self.rmdirs).await,
                    "moveto" => copy::move_to(run, &src, &dst).await,
                    _ => copy::sync(run, &src, &dst).await,
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
            _ => dedupe::dedupe(run, &first, self.mode, dedupe::By::Name, &mut Silent).await,
        }
    }
}

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
