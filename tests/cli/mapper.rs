//! `--metadata-mapper`: a program says what becomes of metadata.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use serde_json::Value;

use crate::support::Home;

/// A home with two files, and a program that keeps what it is asked in `asked`
/// and prints `answer`.
fn home(answer: &str) -> (Home, String) {
    let home = Home::new();
    home.write("src/a.txt", "hi");
    home.write("src/d/b", "yo!");
    let asked = home.path("asked").display().to_string();
    let answers = home.path("answer").display().to_string();
    home.write("answer", answer);
    let script = format!("cat >> {asked}; cat {answers}; env >> {asked}.env");
    home.write("map", &script);
    let program = format!("sh {}", home.path("map").display());
    (home, program)
}

fn mode(home: &Home, name: &str) -> u32 {
    fs::metadata(home.path(name)).unwrap().mode() & 0o7777
}

/// What the program was asked, by path.
fn questions(home: &Home) -> Vec<Value> {
    let text = fs::read_to_string(home.path("asked")).unwrap();
    let all = serde_json::Deserializer::from_str(&text).into_iter();
    let mut all: Vec<Value> = all.map(Result::unwrap).collect();
    all.sort_by_key(|question| question["Remote"].to_string());
    all
}

#[test]
fn what_the_program_prints_is_what_is_set() {
    let (home, program) = home(r#"{"Metadata":{"mode":"0100640"}}"#);
    let flag = format!("--metadata-mapper={program}");
    home.run(&[
        "copy",
        "-M",
        &flag,
        "--metadata-set",
        "more=1",
        "src:",
        "dst:",
    ])
    .ok();
    assert_eq!(mode(&home, "dst/a.txt"), 0o640);
    assert_eq!(mode(&home, "dst/d/b"), 0o640);
    let asked = questions(&home);
    let about = |path: &str| asked.iter().find(|q| q["Remote"] == path).unwrap();
    let file = about("a.txt");
    assert_eq!(file["SrcFs"], "src:");
    assert_eq!(file["DstFs"], "dst:");
    assert_eq!(file["Size"], 2);
    assert_eq!(file["MimeType"], "text/plain; charset=utf-8");
    assert_eq!(file["IsDir"], false);
    // What --metadata-set sets is there already.
    assert_eq!(file["Metadata"]["more"], "1");
    assert!(file["Metadata"]["mtime"].as_str().unwrap().ends_with('Z'));
    assert_eq!(about("d/b")["Size"], 3);
    assert_eq!(about("d")["IsDir"], true);
    // A password may stand in our variables.
    let seen = fs::read_to_string(home.path("asked.env")).unwrap();
    assert!(!seen.contains("MEGARC_"), "{seen}");
}

#[test]
fn without_metadata_nobody_is_asked() {
    let (home, program) = home("{}");
    let flag = format!("--metadata-mapper={program}");
    home.run(&["copy", &flag, "src:", "dst:"]).ok();
    assert!(home.exists("dst/a.txt") && !home.exists("asked"));
}

#[test]
fn a_file_from_a_pipe_comes_from_nowhere() {
    let (home, program) = home(r#"{"Metadata":{"mode":"0100600"}}"#);
    let flag = format!("--metadata-mapper={program}");
    let command = home.command(&["rcat", "-M", &flag, "dst:dir/q"]);
    home.finish(command, "bytes").ok();
    assert_eq!(mode(&home, "dst/dir/q"), 0o600);
    let asked = questions(&home);
    let question = asked.first().unwrap();
    assert_eq!(question["SrcFs"], "memory:");
    assert_eq!(question["DstFs"], "dst:dir");
    assert_eq!(question["Remote"], "q");
    assert_eq!(question["Metadata"], Value::Null);
}

#[test]
fn a_program_that_fails_keeps_files_from_being_copied() {
    let said = |program: &str| {
        let (home, _) = home("");
        let flag = format!("--metadata-mapper={program}");
        let outcome = home.run(&["copy", "-M", &flag, "--retries=1", "src:a.txt", "dst:"]);
        assert_eq!(outcome.code, 1);
        assert!(!home.exists("dst/a.txt"));
        outcome.stderr
    };
    let failed = "a.txt: Failed to copy: failed to read metadata from source object: metadata mapper: failed ";
    for (program, why) in [
        ("echo nope", "to read output: \"nope\\n\": "),
        (
            "sh -c \"echo oops >&2; exit 3\"",
            "on sh -c echo oops >&2; exit 3: \"oops\": exit status 3",
        ),
        (
            "/no/such",
            "on /no/such: \"\": fork/exec /no/such: no such file or directory",
        ),
    ] {
        let stderr = said(program);
        let line = format!("{failed}{why}");
        assert!(stderr.contains(&line), "{stderr}");
    }
}
