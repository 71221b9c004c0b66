//! Names typed on the command line, all recorded ones
//! (tests/recorded/encoding.json): what stands on the disk then.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use serde_json::Value;

use crate::support::Home;

/// Encoding (empty: all three), typed name, and why megarc differs;
/// docs/differences.md lists them.
pub const DIFFERENT: &[(&str, &str, &str)] = &[
    ("", "‛BF", QUOTED),
    ("", "‛C3", QUOTED),
    ("", "‛41", QUOTED),
    ("", "‛bf", QUOTED),
    ("", "a‛FEb", QUOTED),
    (MEGA, ".", DOTS),
    (MEGA, "..", DOTS),
    ("Slash,Dot", ".", DOTS),
    ("Slash,Dot", "..", DOTS),
    ("Ctl", "..", DOTS),
    ("Ctl", "／", OUTSIDE),
    ("Ctl", "a／b", OUTSIDE),
    ("Ctl", "．", OUTSIDE),
    ("Ctl", "．．", OUTSIDE),
    ("Ctl", "‛‛／", OUTSIDE),
];

const MEGA: &str = "Slash,InvalidUtf8,Dot";
const QUOTED: &str = "a quoted byte means that byte, as it is printed";
const DOTS: &str = "a path ends with the directory or the one above it, as everywhere";
const OUTSIDE: &str = "a name that would become a path is refused";

/// Cases of a run at the same time.
const THREADS: usize = 4;

fn bytes(name: &Value) -> Vec<u8> {
    match name.get("hex").and_then(Value::as_str) {
        Some(hex) => (0..hex.len() / 2)
            .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
            .collect(),
        None => name["text"].as_str().unwrap().as_bytes().to_vec(),
    }
}

/// All files below a folder.
fn files(root: &Path, below: &Path, found: &mut Vec<Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(below) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(root, &path, found);
        } else {
            let name = path.strip_prefix(root).unwrap();
            found.push(name.as_os_str().as_bytes().to_vec());
        }
    }
}

fn show(names: &[Vec<u8>]) -> String {
    let names: Vec<String> = names.iter().map(|n| n.escape_ascii().to_string()).collect();
    names.join(", ")
}

fn run(case: &Value) -> Option<String> {
    let home = Home::new();
    home.write("src/a", "a");
    let encoding = case["encoding"].as_str().unwrap();
    let root = home.root().to_str().unwrap();
    let mut dst = format!(":local,encoding=\"{encoding}\":{root}/dst/").into_bytes();
    dst.extend(bytes(&case["typed"]));
    let mut command = home.command(&["copyto", "@ROOT@/src/a"]);
    command.arg(OsString::from_vec(dst));
    command.args(["--retries", "1", "--inplace"]);
    let outcome = home.finish(command, "");
    let mut found = Vec::new();
    files(&home.path("dst"), &home.path("dst"), &mut found);
    let expected: Vec<Vec<u8>> = case["on_disk"]
        .as_array()
        .unwrap()
        .iter()
        .map(bytes)
        .collect();
    let same = found == expected && case["exit"] == outcome.code;
    (!same).then(|| {
        format!(
            "{} instead of {}, exit {} {}",
            show(&found),
            show(&expected),
            outcome.code,
            outcome.stderr
        )
    })
}

#[test]
fn every_name_typed() {
    let text = include_str!("../recorded/encoding.json");
    let recorded: Value = serde_json::from_str(text).unwrap();
    let cases = recorded["typed"].as_array().unwrap();
    let share = cases.len().div_ceil(THREADS);
    let results: Vec<Option<String>> = std::thread::scope(|scope| {
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
    for (case, difference) in cases.iter().zip(results) {
        let typed = String::from_utf8_lossy(&bytes(&case["typed"])).into_owned();
        let excused = DIFFERENT.iter().any(|(encoding, name, _)| {
            (encoding.is_empty() || *encoding == case["encoding"]) && *name == typed
        });
        if excused == difference.is_none() {
            wrong.push(format!("{} {typed:?}: {difference:?}", case["encoding"]));
        }
    }
    assert!(cases.len() > 500, "cases are missing");
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}
