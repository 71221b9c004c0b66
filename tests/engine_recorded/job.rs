//! The command line of a recorded case, as far as the engine is concerned.

use std::sync::Arc;
use std::time::Duration;

use megarc::engine::dedupe::{self, Prompt};
use megarc::engine::filter::FilterSpec;
use megarc::engine::options::Delete;
use megarc::engine::{Aside, Options, Result, Root, Run, copy, delete, rmdirs};
use megarc::remote::Location;
use serde_json::Value;

/// A command line, as far as the engine is concerned.
pub(crate) struct Job {
    pub(crate) command: String,
    pub(crate) paths: Vec<String>,
    pub(crate) options: Options,
    pub(crate) spec: FilterSpec,
    rmdirs: bool,
    mode: dedupe::Mode,
    backup: Option<String>,
    compare: Vec<String>,
    copy: Vec<String>,
}

impl Job {
    /// `None`: not a matter of the engine, or not of this part of it.
    pub(crate) fn parse(case: &Value) -> Option<Self> {
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
                "--exclude" => job.spec.names.exclude.push(argv.next()?.to_owned()),
                "--include" => job.spec.names.include.push(argv.next()?.to_owned()),
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

    fn aside(&self, place: &impl Fn(&str) -> Location) -> Aside {
        let places = |texts: &[String]| texts.iter().map(|t| place(t)).collect();
        Aside {
            backup: self.backup.as_deref().map(place),
            compare: places(&self.compare),
            copy: places(&self.copy),
        }
    }

    /// Runs the command; `place` finds what the words of the case name.
    pub(crate) async fn execute(&self, run: &Run, place: &impl Fn(&str) -> Location) -> Result<()> {
        let first = place(&self.paths[0]);
        let mut run = run.clone();
        run.aside = Arc::new(self.aside(place));
        let run = &run;
        match self.command.as_str() {
            "copy" | "copyto" | "move" | "moveto" | "sync" => {
                let src = Root::find(&first).await?;
                let dst = place(&self.paths[1]);
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
                    rmdirs::remove_empty_dirs(run, &first, true).await?;
                }
                Ok(())
            }
            "purge" => delete::purge(run, &first).await,
            "rmdir" => delete::remove_dir(run, &first).await,
            "rmdirs" => rmdirs::remove_empty_dirs(run, &first, false).await,
            "mkdir" => delete::make_dir(run, &first).await,
            _ => dedupe::dedupe(run, &first, self.mode, dedupe::By::Name, &mut Silent).await,
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
