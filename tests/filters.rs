//! The filter language against what rclone did with it
//! (`tests/recorded/filters.json`): every rule, every refusal.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::io;

use megarc::engine::filter::{Filter, FilterSpec, Share};
use serde_json::Value;

fn strings(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .map(|v| v.as_str().unwrap().to_owned())
        .collect()
}

/// The flags of a case as a spec; `None` for flags that are not about rules.
fn spec(flags: &[String]) -> Option<FilterSpec> {
    let mut spec = FilterSpec::default();
    let mut flags = flags.iter();
    while let Some(flag) = flags.next() {
        let (name, attached) = match flag.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
            _ => (flag.as_str(), None),
        };
        let mut value = || attached.clone().or_else(|| flags.next().cloned());
        match name {
            "--include" => spec.names.include.push(value()?),
            "--exclude" => spec.names.exclude.push(value()?),
            "--filter" | "-f" => spec.names.filter.push(value()?),
            "--include-from" => spec.names.include_from.push(value()?),
            "--exclude-from" => spec.names.exclude_from.push(value()?),
            "--filter-from" => spec.names.filter_from.push(value()?),
            "--files-from" => spec.files_from.push(value()?),
            "--files-from-raw" => spec.files_from_raw.push(value()?),
            "--hash-filter" => {
                // What is none is tried with the binary.
                spec.share = Some(Share::parse(&value()?, || 0).ok()?);
            }
            "--exclude-if-present" => spec.exclude_if_present.push(value()?),
            "--ignore-case" => spec.ignore_case = true,
            "--no-traverse" => {}
            _ => return None,
        }
    }
    Some(spec)
}

/// rclone's standard form of a control character in a name.
fn shown(name: &str) -> String {
    name.replace('\t', "␉")
}

/// All files that a walk with this filter sees.
fn seen(filter: &Filter, files: &[String]) -> BTreeSet<String> {
    let hidden = |dir: &str| {
        filter.hiding_names().iter().any(|name| {
            let marker = if dir.is_empty() {
                name.clone()
            } else {
                format!("{dir}/{name}")
            };
            files.contains(&marker)
        })
    };
    files
        .iter()
        .filter(|file| {
            let entered = !hidden("")
                && file
                    .match_indices('/')
                    .all(|(at, _)| filter.includes_dir(&file[..at]) && !hidden(&file[..at]));
            entered && filter.includes_file(file, None, None)
        })
        .cloned()
        .collect()
}

#[test]
fn recorded_rules() {
    let recorded: Value = serde_json::from_str(include_str!("recorded/filters.json")).unwrap();
    let mut ran = 0;
    let mut wrong = Vec::new();
    for case in recorded["cases"].as_array().unwrap() {
        let flags = strings(&case["flags"]);
        if !case["list_flags"].is_null() || case["exit"] == 2 {
            continue;
        }
        let Some(spec) = spec(&flags) else { continue };
        // A directory of the marker's name is an error of the walk, not a rule.
        if flags == ["--exclude-if-present", "s"] {
            continue;
        }
        ran += 1;
        let built = Filter::build(&spec, |path| {
            if path == "-" {
                return Ok(case["stdin"].as_str().unwrap_or_default().to_owned());
            }
            let name = path.trim_start_matches("@ROOT@/aux/");
            case["aux"][name]
                .as_str()
                .map(str::to_owned)
                .ok_or_else(|| io::Error::other("no such file or directory"))
        });
        let filter = match built {
            Ok(filter) => filter,
            Err(error) => {
                let stderr = strings(&case["stderr"]).join("\n");
                if case["exit"] != 1 || !stderr.contains(&error.to_string()) {
                    wrong.push(format!("{flags:?}: {error}\n   rclone: {stderr}"));
                }
                continue;
            }
        };
        if case["exit"] != 0 {
            wrong.push(format!(
                "{flags:?}: accepted\n   rclone: {}",
                case["stderr"]
            ));
            continue;
        }
        let files: Vec<String> = case["files"]
            .as_object()
            .unwrap()
            .keys()
            .map(|name| shown(name))
            .collect();
        let expected: BTreeSet<String> = strings(&case["included"]).into_iter().collect();
        let got = seen(&filter, &files);
        if got != expected {
            wrong.push(format!("{flags:?}: {got:?}\n   rclone: {expected:?}"));
        }
        if !case["dump"].is_null() && filter.dump() != strings(&case["dump"]) {
            wrong.push(format!(
                "{flags:?}: {:?}\n   rclone: {:?}",
                filter.dump(),
                strings(&case["dump"])
            ));
        }
        let warned = strings(&case["stderr"])
            .iter()
            .any(|line| line.contains("order they are parsed in is indeterminate"));
        if warned != filter.order_is_unclear() {
            wrong.push(format!(
                "{flags:?}: order unclear {}",
                filter.order_is_unclear()
            ));
        }
    }
    assert!(ran > 350, "only {ran} cases were understood");
    assert!(
        wrong.is_empty(),
        "{} of {ran} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
