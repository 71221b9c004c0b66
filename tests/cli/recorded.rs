//! What rclone did, case by case, against what megarc does.
//!
//! Every case is run. Those that cannot be equal stand in [`DIFFERENT`], each
//! with its reason, those that need a flag which megarc refuses in
//! [`REFUSED`]; a case in a table that has become equal fails too, so that
//! both stay true.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Home, Outcome, tree};

/// The file, the name or arguments of a case, and why megarc differs.
pub const DIFFERENT: &[(&str, &str, &str)] = &[
    (
        "listings",
        "obscure a b",
        "a word too many may be a password, and is not repeated",
    ),
    (
        "listings",
        "reveal _02t0thv9Kq1PlgSuGTRFFy8Tww",
        "a password is text: what reveals to other bytes was not obscured",
    ),
    ("listings", "config file", "the file has another name"),
    (
        "listings",
        "config paths",
        "file and cache have other names",
    ),
    (
        "listings",
        "lsf src: -vv --bogus",
        "nothing is logged before the command line has been understood",
    ),
    (
        "copy_sync",
        "copy name clash file over dir",
        "the clash is seen before anything is written",
    ),
    (
        "copy_sync",
        "copy name clash dir over file",
        "the clash is seen before anything is written",
    ),
    (
        "copy_sync",
        "sync name clash file over dir",
        "the clash is seen before anything is written",
    ),
    (
        "copy_sync",
        "sync name clash dir over file",
        "the clash is seen before anything is written",
    ),
    (
        "copy_sync",
        "move name clash file over dir",
        "the clash is seen before anything is written",
    ),
    (
        "copy_sync",
        "move name clash dir over file",
        "the clash is seen before anything is written",
    ),
    (
        "copy_sync",
        "moveto --immutable",
        "rclone forgets --immutable here; megarc does not change the file",
    ),
    (
        "copy_sync",
        "copyto --immutable",
        "rclone forgets --immutable here; megarc does not change the file",
    ),
    (
        "copy_sync",
        "two compare-dest",
        "rclone fails to set the time of a directory that was not made; it is left alone here",
    ),
    ("copy_sync", "settier", "neither MEGA nor a disk has tiers"),
    (
        "copy_sync",
        "rcat over dir",
        "the directory is seen before anything is read",
    ),
    (
        "copy_sync",
        "rcat wrong --size",
        "what has another length than was said is not kept",
    ),
];

/// The file, the name or arguments of a case that uses a flag which megarc
/// refuses, and the flag.
pub const REFUSED: &[(&str, &str, &str)] = &[("listings", "version --check=false", "--check")];

/// The list of sums that some listings were verified with.
const SUMS: &str = "d41d8cd98f00b204e9800998ecf8427e  empty.txt\n\
                    00000000000000000000000000000000  lines.txt\n";

/// What is said of a flag that megarc does not have.
fn is_refused(outcome: &Outcome) -> bool {
    outcome
        .stderr
        .contains("of rclone that has no meaning here")
}

#[test]
fn listings() {
    let recorded = load("listings");
    let spec = json!({ "files": recorded["tree"], "dirs": recorded["dirs"] });
    compare("listings", &recorded, |case| {
        let home = Home::new();
        tree::make(&home.path("src"), &spec);
        fs::create_dir(home.path("dst")).unwrap();
        home.write("aux/SUMS", SUMS);
        let outcome = home.run_with(&arguments(case), case["stdin"].as_str().unwrap_or(""));
        if is_refused(&outcome) {
            return None;
        }
        let mut differences = listing_differences(case, &outcome);
        if let Some(expected) = case["out_file"].as_str() {
            let (ours, theirs) = (home.read("out"), expected);
            if sorted_lines(&ours) != sorted_lines(theirs) {
                differences.push(format!("out: {ours}\n    recorded: {theirs}"));
            }
        }
        if let Some(expected) = case["config_after"].as_str() {
            let (ours, theirs) = (plain_config(&home), lines_of_config(expected));
            if ours != theirs {
                differences.push(format!("file: {ours:?}\n    recorded: {theirs:?}"));
            }
        }
        Some(differences)
    });
}

#[test]
fn copies() {
    let recorded = load("copy_sync");
    compare("copy_sync", &recorded, |case| {
        let home = Home::new();
        for name in ["src", "dst", "aux"] {
            tree::make(&home.path(name), resolve(&recorded, &case[name]));
        }
        let mut command = home.command(&arguments(case));
        add_log_flags(&mut command, &arguments(case));
        let outcome = home.finish(command, case["stdin"].as_str().unwrap_or(""));
        if is_refused(&outcome) {
            return None;
        }
        Some(copy_differences(&recorded, case, &home, &outcome))
    });
}

fn load(name: &str) -> Value {
    let path = format!("{}/tests/recorded/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn arguments(case: &Value) -> Vec<&str> {
    let words = case["argv"].as_array().unwrap();
    words.iter().map(|word| word.as_str().unwrap()).collect()
}

/// Trees are often given by name.
fn resolve<'a>(recorded: &'a Value, tree: &'a Value) -> &'a Value {
    tree.as_str().map_or(tree, |name| &recorded["trees"][name])
}

/// As the recordings were made.
fn add_log_flags(command: &mut Command, given: &[&str]) {
    command.env("MEGARC_USE_JSON_LOG", "true");
    command.env("MEGARC_STATS", "1h");
    if !given.contains(&"-q") {
        command.env("MEGARC_VERBOSE", "1");
    }
    command
        .env("MEGARC_CHECKERS", "1")
        .env("MEGARC_TRANSFERS", "1");
}

/// Runs all cases and holds their differences against the tables. `run`
/// returns `None` for a case that needs what megarc refuses.
fn compare(file: &str, recorded: &Value, run: impl Fn(&Value) -> Option<Vec<String>> + Sync) {
    let cases: Vec<&Value> = recorded["cases"].as_array().unwrap().iter().collect();
    let results = in_parallel(&cases, &run);
    let mut wrong = Vec::new();
    let stands_in = |table: &[(&str, &str, &str)], name: &str| {
        table.iter().any(|(f, n, _)| *f == file && *n == name)
    };
    for (case, differences) in cases.iter().zip(results) {
        let name = name(case);
        let excused = stands_in(DIFFERENT, &name);
        let refused = stands_in(REFUSED, &name);
        match differences {
            None if !refused => wrong.push(format!("{name}: a flag is refused")),
            Some(_) if refused => wrong.push(format!("{name}: works now, strike it off the table")),
            Some(found) if excused && found.is_empty() => {
                wrong.push(format!("{name}: equal now, strike it off the table"));
            }
            Some(found) if !excused && !found.is_empty() => {
                wrong.push(format!("{name}:\n  {}", found.join("\n  ")));
            }
            _ => {}
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases of {file} differ:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

fn in_parallel<'a, R: Send>(cases: &[&'a Value], run: &(impl Fn(&'a Value) -> R + Sync)) -> Vec<R> {
    let share = cases.len().div_ceil(4).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = cases
            .chunks(share)
            .map(|part| scope.spawn(move || part.iter().map(|case| run(case)).collect::<Vec<R>>()))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    })
}

fn name(case: &Value) -> String {
    case["name"]
        .as_str()
        .map_or_else(|| arguments(case).join(" "), str::to_owned)
}

/// The lines of our configuration in rclone's form.
fn plain_config(home: &Home) -> Vec<String> {
    let text = home.read("megarc.toml").replace(" = \"", " = ");
    let text = text.replace(home.root().to_str().unwrap(), "@ROOT@");
    lines_of_config(&hide_obscured(&text.replace("\"\n", "\n")))
}

fn lines_of_config(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

/// What was obscured, as the recordings write it.
fn hide_obscured(text: &str) -> String {
    let obscured = regex::Regex::new(r"(?m)^(\w+) = [\w-]{22,}$").unwrap();
    obscured.replace_all(text, "$1 = <obscured>").into_owned()
}

fn listing_differences(case: &Value, outcome: &Outcome) -> Vec<String> {
    let mut differences = Differences::default();
    differences.check("exit", &json!(outcome.code), &case["exit"]);
    if let Some(expected) = case["stdout"].as_str() {
        let mut printed = if arguments(case)[0] == "config" {
            hide_obscured(&outcome.stdout)
        } else {
            outcome.stdout.clone()
        };
        if expected.contains("\"<now>\"") {
            let field = if expected.contains("btime") {
                "\"btime\":"
            } else {
                "\"ModTime\": "
            };
            let time = regex::Regex::new(&format!("({field})\"[^\"]+\"")).unwrap();
            printed = time.replace_all(&printed, "${1}\"<now>\"").into_owned();
        }
        let (mut ours, mut theirs) = (lines(&printed), lines(expected));
        // Another order moves the comma that the last object lacks.
        if case["any_order"] == true && arguments(case)[0] == "lsjson" {
            for line in ours.iter_mut().chain(&mut theirs) {
                *line = line.trim_end_matches(',').to_owned();
            }
        }
        if case["any_order"] == true || arguments(case).contains(&"-C") {
            // `cat` of several files puts them on one line.
            let cat = arguments(case)[0] == "cat";
            for side in [&mut ours, &mut theirs] {
                if cat {
                    let mut letters: Vec<char> = side.concat().chars().collect();
                    letters.sort_unstable();
                    *side = vec![letters.into_iter().collect()];
                }
                side.sort();
            }
        }
        differences.check("stdout", &json!(ours), &json!(theirs));
    }
    if let Some(expected) = case["stdout_shape"].as_str() {
        differences.check("stdout", &json!(shape(&outcome.stdout)), &json!(expected));
    }
    if case["stdout_first_lines"]
        .as_array()
        .is_some_and(|l| !l.is_empty())
    {
        differences.check(
            "any stdout",
            &json!(!outcome.stdout.is_empty()),
            &json!(true),
        );
    }
    let mut sides = [
        json!(complaints(&outcome.stderr)),
        json!(expected_complaints(case)),
    ];
    if arguments(case).contains(&"-C") {
        for lines in sides.iter_mut().filter_map(Value::as_array_mut) {
            lines.sort_by_key(ToString::to_string);
        }
    }
    differences.check("stderr", &sides[0], &sides[1]);
    differences.0
}

fn copy_differences(recorded: &Value, case: &Value, home: &Home, outcome: &Outcome) -> Vec<String> {
    let mut differences = Differences::default();
    if ends_early(case) {
        differences.check("exit", &json!(outcome.code), &case["exit"]);
        let ours = tree::read(&home.path("src"));
        differences.check("src", &ours, resolve(recorded, &case["src_after"]));
        return differences.0;
    }
    let varies = case["varies"].as_array().cloned().unwrap_or_default();
    let fixed = |field: &str| !varies.iter().any(|v| v == field);
    differences.check("exit", &json!(outcome.code), &case["exit"]);
    if fixed("stdout") {
        // A question names the program.
        let expected = case["stdout"].as_str().unwrap_or("");
        let expected = expected.replace("rclone", "megarc");
        if arguments(case)[0].starts_with("check") {
            // rclone tells what is ready; we tell in the order of the walk.
            let (mut ours, mut theirs) = (lines(&outcome.stdout), lines(&expected));
            ours.sort();
            theirs.sort();
            differences.check("stdout", &json!(ours), &json!(theirs));
        } else if expected != "<usage text>" {
            differences.check("stdout", &json!(outcome.stdout), &json!(expected));
        }
    }
    for name in ["src", "dst", "aux", "bak"] {
        let field = format!("{name}_after");
        if let Some(expected) = case.get(&field).filter(|_| fixed(&field)) {
            let ours = tree::read(&home.path(name));
            differences.check(&field, &ours, resolve(recorded, expected));
        }
    }
    let (log, stats, plain) = split_log(&outcome.stderr);
    // rclone says some things before it knows that it shall write JSON.
    let (early, said): (Vec<String>, Vec<String>) = expected_complaints(case)
        .into_iter()
        .partition(|line| early_line(line).is_some());
    let early = early.iter().filter_map(|line| early_line(line));
    if fixed("log") {
        let recorded = case["log"].as_array().unwrap().iter().cloned();
        let expected: Vec<Value> = recorded.chain(early).collect();
        differences.check("log", &sorted_log(&log), &sorted_log(&expected));
    }
    for (field, expected) in case["stats"].as_object().into_iter().flatten() {
        if fixed("stats") && field != "lastError" {
            differences.check(&format!("stats.{field}"), &stats[field], expected);
        }
    }
    if fixed("stderr") {
        differences.check("stderr", &json!(complaints(&plain)), &json!(said));
    }
    differences.0
}

/// Whether the run was cut off: how far it came by then is never fixed.
fn ends_early(case: &Value) -> bool {
    let limits = ["--max-transfer", "--max-duration"];
    case["exit"] != 0 && arguments(case).iter().any(|word| limits.contains(word))
}

/// A line of text that is one of JSON here.
fn early_line(line: &str) -> Option<Value> {
    [("ERROR : ", "error"), ("CRITICAL: ", "critical")]
        .into_iter()
        .find_map(|(start, level)| {
            let message = line.strip_prefix(start)?;
            Some(json!([level, null, message]))
        })
}

/// JSON lines as `[level, object, message]`, the last statistics, the rest.
fn split_log(stderr: &str) -> (Vec<Value>, Value, String) {
    let (mut log, mut stats, mut plain) = (Vec::new(), Value::Null, String::new());
    for line in stderr.lines() {
        let record: Option<Value> = serde_json::from_str(line).ok();
        let Some(record) = record.filter(Value::is_object) else {
            plain += line;
            plain.push('\n');
            continue;
        };
        match record.get("stats") {
            Some(last) => stats = last.clone(),
            None => log.push(json!([record["level"], record["object"], record["msg"]])),
        }
    }
    (log, stats, plain)
}

/// In one order, without what no user can rely on: which call set the time of
/// a directory, and how often. A dry run of rclone says of the destination's
/// root, too, that its time would be set; that is a mistake, since no run ever
/// sets it.
fn sorted_log(log: &[Value]) -> Value {
    let mut lines: Vec<String> = log
        .iter()
        .map(|line| {
            let message = line[2].as_str().unwrap_or_default();
            let message = message.split(" (using ").next().unwrap_or_default();
            let object = line[1].as_str().unwrap_or_default();
            format!(
                "{} {object}: {message}",
                line[0].as_str().unwrap_or_default()
            )
        })
        .collect();
    let of_root = "/dst: Skipped set directory modification time as --dry-run is set";
    lines.retain(|line| !line.ends_with(of_root));
    lines.sort();
    lines.dedup_by(|a, b| a == b && a.contains("Set directory modification time"));
    json!(lines)
}

/// stderr in lines; a usage text becomes one.
fn complaints(stderr: &str) -> Vec<String> {
    let keep = [
        "Command", "NOTICE", "CRITICAL", "ERROR", "Fatal", "unknown", "Error",
    ];
    let stderr = format!("\n{stderr}");
    let text = match stderr.split_once("\nUsage:\n") {
        None => stderr,
        Some((head, tail)) => {
            let kept: Vec<&str> = tail
                .lines()
                .filter(|line| keep.iter().any(|word| line.starts_with(word)))
                .collect();
            format!("{head}\n<usage text>\n{}", kept.join("\n"))
        }
    };
    // Where help is found is each program's own.
    let own = ["Run '", "You could use "];
    text.lines()
        .filter(|line| !line.trim().is_empty() && !own.iter().any(|w| line.starts_with(w)))
        .map(str::to_owned)
        .collect()
}

/// The recorded lines, with this program's name.
fn expected_complaints(case: &Value) -> Vec<String> {
    let lines = case["stderr"].as_array().cloned().unwrap_or_default();
    let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
    complaints(&lines.join("\n").replace("\"rclone\"", "\"megarc\""))
}

fn sorted_lines(text: &str) -> Vec<String> {
    let mut lines = lines(text);
    lines.sort();
    lines
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// Numbers, with a unit before the last letter, become `<N>`.
fn shape(text: &str) -> String {
    let number = regex::Regex::new(r"\d[\d.]*( ?[KMGTPE]i)?").unwrap();
    number.replace_all(text, "<N>").into_owned()
}

#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn check(&mut self, what: &str, ours: &Value, theirs: &Value) {
        if ours != theirs {
            self.0
                .push(format!("{what}: {ours}\n    recorded: {theirs}"));
        }
    }
}
