//! `versions`, `--mega-versions` and `cleanup --versions`.

use crate::support::Home;

/// `:sandbox:d/f.txt` was `one`, then `three`, and is `fivefive`.
fn home() -> Home {
    let home = Home::new();
    for (content, time) in [("one", 1), ("three", 2), ("fivefive", 3)] {
        let spec = serde_json::json!({ "files": { "f.txt": {
            "content": content, "mtime": format!("2021-01-0{time}T00:00:00Z")
        } } });
        crate::support::tree::make(&home.path("src"), &spec);
        home.run(&["copy", "src:", ":sandbox:d"]).ok();
    }
    home
}

/// The rows of `versions list` without the ids.
fn list(home: &Home, path: &str) -> Vec<String> {
    let rows = home.run(&["versions", "list", path]).ok();
    let without_id = |row: &str| {
        let mut words: Vec<&str> = row.split_whitespace().collect();
        words.remove(4);
        words.join(" ")
    };
    rows.lines().map(without_id).collect()
}

#[test]
fn they_are_listed_and_restored() {
    let home = home();
    assert_eq!(
        list(&home, ":sandbox:"),
        [
            "1 5 2021-01-02 00:00:00 d/f.txt",
            "2 3 2021-01-01 00:00:00 d/f.txt"
        ]
    );
    let json = home
        .run(&["versions", "list", "--json", ":sandbox:d/f.txt"])
        .ok();
    let rows: Vec<serde_json::Value> = json
        .lines()
        .map(|row| serde_json::from_str(row).unwrap())
        .collect();
    assert_eq!(rows[1]["Version"], 2);
    assert_eq!(rows[1]["Size"], 3);
    assert_eq!(rows[1]["ModTime"], "2021-01-01T00:00:00Z");
    let id = rows[1]["ID"].as_str().unwrap();
    home.run(&["versions", "restore", ":sandbox:d/f.txt", id])
        .ok();
    assert_eq!(home.run(&["cat", ":sandbox:d/f.txt"]).ok(), "one");
    assert_eq!(
        list(&home, ":sandbox:d/f.txt"),
        [
            "1 8 2021-01-03 00:00:00 f.txt",
            "2 5 2021-01-02 00:00:00 f.txt",
            "3 3 2021-01-01 00:00:00 f.txt"
        ]
    );
    // Without a number it undoes the last change.
    home.run(&["versions", "restore", ":sandbox:d/f.txt"]).ok();
    assert_eq!(home.run(&["cat", ":sandbox:d/f.txt"]).ok(), "fivefive");
    let dry = home.run(&["versions", "restore", "-n", ":sandbox:d/f.txt", "2"]);
    assert!(
        dry.stderr
            .contains("Skipped restore version as --dry-run is set")
    );
    assert_eq!(home.run(&["cat", ":sandbox:d/f.txt"]).ok(), "fivefive");
    let missing = home.run(&["versions", "restore", ":sandbox:d/f.txt", "9"]);
    assert_eq!(missing.code, 4);
    assert!(
        missing.stderr.contains("d/f.txt has no version 9"),
        "{}",
        missing.stderr
    );
}

#[test]
fn one_goes_and_the_others_stay() {
    let home = home();
    home.run(&["versions", "delete", ":sandbox:d/f.txt", "1"])
        .ok();
    assert_eq!(
        list(&home, ":sandbox:"),
        ["1 3 2021-01-01 00:00:00 d/f.txt"]
    );
    assert_eq!(home.run(&["cat", ":sandbox:d/f.txt"]).ok(), "fivefive");
    home.run(&["versions", "delete", "--older-than", "1h", ":sandbox:"])
        .ok();
    assert_eq!(list(&home, ":sandbox:").len(), 1);
    home.run(&[
        "versions",
        "delete",
        "--all",
        "--include",
        "*.bin",
        ":sandbox:",
    ])
    .ok();
    assert_eq!(list(&home, ":sandbox:").len(), 1);
    home.run(&[
        "versions",
        "delete",
        "--all",
        "--include",
        "*.txt",
        ":sandbox:",
    ])
    .ok();
    assert_eq!(list(&home, ":sandbox:"), Vec::<String>::new());
    assert_eq!(home.run(&["ls", ":sandbox:"]).ok(), "        8 d/f.txt\n");
    let unsaid = home.run(&["versions", "delete", ":sandbox:d/f.txt"]);
    assert_eq!(unsaid.code, 2, "{}", unsaid.stderr);
}

#[test]
fn all_of_an_account_go_at_once() {
    let home = home();
    home.run(&["cleanup", "--versions", "--older-than", "1h", ":sandbox:"])
        .ok();
    assert_eq!(list(&home, ":sandbox:").len(), 2);
    let dry = home.run(&["cleanup", "--versions", "-n", ":sandbox:"]);
    assert!(
        dry.stderr.contains("Skipped delete old versions"),
        "{}",
        dry.stderr
    );
    assert_eq!(list(&home, ":sandbox:").len(), 2);
    let done = home.run(&["cleanup", "-v", "--versions", ":sandbox:"]);
    assert!(
        done.stderr.contains("Deleted 2 old versions"),
        "{}",
        done.stderr
    );
    assert_eq!(list(&home, ":sandbox:"), Vec::<String>::new());
    assert_eq!(home.run(&["cat", ":sandbox:d/f.txt"]).ok(), "fivefive");
    let future = home.run(&["cleanup", "--older-than", "1h", ":sandbox:"]);
    assert_eq!(future.code, 2, "{}", future.stderr);
}

#[test]
fn listings_can_show_them() {
    let home = home();
    let shown = home.run(&["lsf", "--mega-versions", ":sandbox:d"]).ok();
    let names: Vec<&str> = shown.lines().collect();
    assert_eq!(names.len(), 3, "{shown}");
    let old: Vec<&&str> = names
        .iter()
        .filter(|name| name.starts_with("f-v20"))
        .collect();
    assert!(
        old.len() == 2 && old.iter().all(|name| name.ends_with(".txt")),
        "{shown}"
    );
    // Each can be read by the name it is listed under.
    let mut contents: Vec<String> = names
        .iter()
        .map(|name| {
            home.run(&["cat", &format!(":sandbox,versions:d/{name}")])
                .ok()
        })
        .collect();
    contents.sort();
    assert_eq!(contents, ["fivefive", "one", "three"]);
    home.run(&["copy", ":sandbox,versions:d", "dst:"]).ok();
    assert_eq!(home.read("dst/f.txt"), "fivefive");
    assert_eq!(std::fs::read_dir(home.path("dst")).unwrap().count(), 3);
    // Nothing can be changed meanwhile.
    let refused = home.run(&["delete", "--mega-versions", ":sandbox:d"]);
    assert_eq!(refused.code, 1);
    assert!(
        refused
            .stderr
            .contains("old versions are shown, and nothing is changed then"),
        "{}",
        refused.stderr
    );
    assert_eq!(home.run(&["ls", ":sandbox:d"]).ok(), "        8 f.txt\n");
}

#[test]
fn a_remote_without_versions_says_so() {
    let home = home();
    for arguments in [
        ["versions", "list", "src:"],
        ["cleanup", "--versions", "src:"],
    ] {
        let outcome = home.run(&arguments);
        assert_eq!(outcome.code, 1);
        assert!(
            outcome.stderr.contains("keeps no old versions"),
            "{}",
            outcome.stderr
        );
    }
}
