//! The filter flags, all recorded cases of them with the binary
//! (tests/recorded/filters.json): which files a listing shows, and what is
//! said where a flag makes no sense.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Home, tree};

/// The flags of a case and why megarc differs; docs/differences.md lists them.
pub const DIFFERENT: &[(&str, &str)] = &[
    (
        "--exclude-if-present s",
        "a directory of the marker's name is no marker, and no error",
    ),
    (
        "--exclude-if-present s/.ignore",
        "a marker is a name, not a path: it is looked for in the listing of its directory",
    ),
];

/// Cases of a run at the same time.
const THREADS: usize = 4;

fn words(value: &Value) -> Vec<&str> {
    let words = value.as_array().into_iter().flatten();
    words.filter_map(Value::as_str).collect()
}

fn run(case: &Value) -> Vec<String> {
    let home = Home::new();
    tree::make(
        &home.path("src"),
        &json!({ "files": case["files"], "dirs": case["dirs"] }),
    );
    for (name, text) in case["aux"].as_object().into_iter().flatten() {
        fs::write(home.path("aux").join(name), text.as_str().unwrap()).unwrap();
    }
    let mut arguments = vec!["lsf"];
    match &case["list_flags"] {
        Value::Null => arguments.extend(["-R", "--files-only"]),
        flags => arguments.extend(words(flags)),
    }
    arguments.push("@ROOT@/src");
    arguments.extend(words(&case["flags"]));
    let outcome = home.run_with(&arguments, case["stdin"].as_str().unwrap_or(""));
    let mut differences = Vec::new();
    let mut check = |what: &str, ours: Value, theirs: Value| {
        if ours != theirs {
            differences.push(format!("{what}: {ours}\n    recorded: {theirs}"));
        }
    };
    check("exit", json!(outcome.code), case["exit"].clone());
    let mut shown: Vec<&str> = outcome.stdout.lines().collect();
    shown.sort_unstable();
    let mut expected = words(&case["included"]);
    expected.sort_unstable();
    check("stdout", json!(shown), json!(expected));
    // Usage texts are each program's own, and ages depend on the day.
    let said: Vec<&str> = outcome.complaints();
    let age = |line: &str| line.contains("<AGE>");
    if case["exit"] == 0 || case["exit"] == 1 {
        let theirs = words(&case["stderr"]);
        if !theirs.iter().any(|line| age(line)) {
            check("stderr", json!(said), json!(theirs));
        }
    }
    differences
}

#[test]
fn every_recorded_case() {
    let text = include_str!("../recorded/filters.json");
    let recorded: Value = serde_json::from_str(text).unwrap();
    let cases = recorded["cases"].as_array().unwrap();
    assert!(cases.len() > 600, "cases are missing");
    let share = cases.len().div_ceil(THREADS);
    let results: Vec<Vec<String>> = std::thread::scope(|scope| {
        let threads: Vec<_> = cases
            .chunks(share)
            .map(|part| scope.spawn(move || part.iter().map(run).collect::<Vec<_>>()))
            .collect();
        let results = threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap());
        results.collect()
    });
    let mut wrong = Vec::new();
    for (case, differences) in cases.iter().zip(results) {
        let flags = words(&case["flags"]).join(" ");
        let excused = DIFFERENT.iter().any(|(f, _)| *f == flags);
        if excused == differences.is_empty() {
            wrong.push(format!("{flags:?}:\n  {}", differences.join("\n  ")));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
