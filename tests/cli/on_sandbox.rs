//! The commands on a MEGA account: `:sandbox:`, the server inside.

use std::io::{BufRead as _, BufReader};

use crate::support::Home;

/// A home whose sandbox holds nothing yet.
fn home() -> Home {
    let home = Home::new();
    home.write("src/a.txt", "one\n");
    home.write("src/d/b.bin", &"0123456789abcdef".repeat(20_000));
    home.write("src/d/empty", "");
    home
}

#[test]
fn up_listed_and_back_again() {
    let home = home();
    home.run(&["copy", "src:", ":sandbox:docs"]).ok();
    assert_eq!(
        home.run(&["ls", ":sandbox:docs"]).ok(),
        "        4 a.txt\n   320000 d/b.bin\n        0 d/empty\n"
    );
    assert!(home.run(&["lsd", ":sandbox:"]).ok().ends_with(" docs\n"));
    home.run(&["copy", ":sandbox:docs", "dst:"]).ok();
    for name in ["a.txt", "d/b.bin", "d/empty"] {
        assert_eq!(
            home.read(&format!("src/{name}")),
            home.read(&format!("dst/{name}"))
        );
    }
    let time = |name: &str| home.path(name).metadata().unwrap().modified().unwrap();
    let seconds =
        |t: std::time::SystemTime| t.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert_eq!(seconds(time("src/a.txt")), seconds(time("dst/a.txt")));
    let again = home.run(&["copy", "-v", "--stats", "0", "src:", ":sandbox:docs"]);
    assert_eq!(
        again.complaints(),
        ["INFO  : There was nothing to transfer"]
    );
}

#[test]
fn cat_about_and_deleting() {
    let home = home();
    home.run(&["copyto", "src:a.txt", ":sandbox:x/one.txt"])
        .ok();
    assert_eq!(home.run(&["cat", ":sandbox:x/one.txt"]).ok(), "one\n");
    assert_eq!(
        home.run(&["cat", "--offset", "1", "--count", "2", ":sandbox:x/one.txt"])
            .ok(),
        "ne"
    );
    assert!(
        home.run(&["about", ":sandbox:"])
            .ok()
            .starts_with("Total:   1 TiB\n")
    );
    assert_eq!(home.run(&["rmdir", "--retries", "1", ":sandbox:x"]).code, 1);
    home.run(&["deletefile", ":sandbox:x/one.txt"]).ok();
    home.run(&["rmdir", ":sandbox:x"]).ok();
    assert_eq!(home.run(&["lsd", ":sandbox:"]).ok(), "");
    home.run(&["cleanup", ":sandbox:"]).ok();
    assert_eq!(home.run(&["purge", "--retries", "1", ":sandbox:x"]).code, 3);
}

#[test]
fn a_link_can_be_opened_and_taken_back() {
    let home = home();
    home.run(&["copy", "src:", ":sandbox:docs"]).ok();
    let file = home.run(&["link", ":sandbox:docs/a.txt"]).ok();
    assert!(file.starts_with("https://mega.nz/file/"), "{file}");
    let folder = home.run(&["link", ":sandbox:docs"]).ok();
    assert!(folder.starts_with("https://mega.nz/folder/"), "{folder}");
    home.run(&["link", "--unlink", ":sandbox:docs/a.txt"]).ok();
}

#[test]
fn ten_commands_log_in_once_and_logout_ends_that() {
    let home = home();
    let logs_in = |arguments: &[&str]| {
        let outcome = home.run(arguments);
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        outcome.stderr.contains(": us0\n")
    };
    assert!(logs_in(&["mkdir", "-vv", ":sandbox,debug:a"]));
    for _ in 0..9 {
        assert!(!logs_in(&["lsd", "-vv", ":sandbox,debug:"]));
    }
    home.run(&["logout", ":sandbox:"]).ok();
    assert!(logs_in(&["lsd", "-vv", ":sandbox,debug:"]));
}

/// Three files of one name, of 4, 6 and 9 bytes, in `:sandbox:d`.
fn with_duplicates() -> Home {
    let home = Home::new();
    for (content, time) in [("one\n", 1), ("three\n", 3), ("fivefive\n", 2)] {
        let spec = serde_json::json!({ "files": { "f.txt": {
            "content": content, "mtime": format!("2021-01-0{time}T00:00:00Z")
        } } });
        crate::support::tree::make(&home.path("src"), &spec);
        home.run(&["copy", "--no-check-dest", "src:", ":sandbox:d"])
            .ok();
    }
    home
}

#[test]
fn dedupe_asks_and_keeps_what_is_chosen() {
    let home = with_duplicates();
    let listed = home.run(&["dedupe", "list", ":sandbox:d"]);
    assert!(
        listed
            .stdout
            .starts_with("f.txt: 3 duplicates\n  1:            4 bytes, 2021-01-01 ")
    );
    let asked = home.run_with(&["dedupe", ":sandbox:d"], "x\nk\n9\n2\n");
    assert_eq!(asked.code, 0, "{}", asked.stderr);
    assert!(asked.stdout.contains("s) Skip and do nothing\n"));
    assert!(
        asked
            .stdout
            .contains("must be one of the following characters: s, k, r, q.\n")
    );
    assert!(asked.stdout.contains("Out of range - 1 to 3 inclusive\n"));
    assert_eq!(home.run(&["ls", ":sandbox:d"]).ok(), "        6 f.txt\n");
}

#[test]
fn dedupe_modes_keep_their_own() {
    for (mode, left) in [
        ("newest", "        6 f.txt\n"),
        (
            "rename",
            "        4 f-1.txt\n        6 f-2.txt\n        9 f-3.txt\n",
        ),
    ] {
        let home = with_duplicates();
        let dry = home.run(&["dedupe", "-n", mode, ":sandbox:d"]);
        assert_eq!(dry.code, 0, "{}", dry.stderr);
        assert_eq!(home.run(&["ls", ":sandbox:d"]).ok().lines().count(), 3);
        assert_eq!(home.run(&["dedupe", mode, ":sandbox:d"]).code, 0);
        assert_eq!(home.run(&["ls", ":sandbox:d"]).ok(), left, "{mode}");
    }
}

#[test]
fn duplicates_are_reported_when_copying() {
    let home = with_duplicates();
    let outcome = home.run(&["copy", ":sandbox:d", "dst:"]);
    assert_eq!(
        outcome.complaints(),
        ["NOTICE: f.txt: Duplicate object found in source - ignoring"; 2]
    );
}

#[test]
fn a_stranger_opens_links_of_files_and_folders() {
    let home = home();
    let mut server = home.command(&["sandbox"]).spawn().unwrap();
    let lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let lines: Vec<String> = lines
        .map(Result::unwrap)
        .take_while(|line| !line.starts_with("Interrupt"))
        .collect();
    let url = lines[0].split(' ').next_back().unwrap();
    let remote = lines
        .iter()
        .find_map(|l| l.trim().strip_prefix("megarc lsd '"))
        .unwrap();
    let remote = remote.trim_end_matches('\'');
    home.run(&["copy", "src:", &format!("{remote}docs")]).ok();
    for (path, shown) in [
        ("docs/d", "   320000 b.bin\n        0 empty\n"),
        ("docs/a.txt", "        4 a.txt\n"),
    ] {
        let link = home.run(&["link", &format!("{remote}{path}")]).ok();
        let stranger = format!(":mega,link=\"{}\",api_url=\"{url}\":", link.trim());
        assert_eq!(home.run(&["ls", &stranger]).ok(), shown);
        home.run(&["copy", &stranger, "dst:"]).ok();
    }
    assert_eq!(home.read("dst/b.bin"), home.read("src/d/b.bin"));
    assert_eq!(home.read("dst/a.txt"), "one\n");
    server.kill().unwrap();
    server.wait().unwrap();
}

#[test]
fn what_stands_there_already_is_not_sent_again_unless_told() {
    let home = home();
    let lines = |arguments: &[&str]| {
        let mut all = vec!["copy", "-v", "--stats", "0"];
        all.extend_from_slice(arguments);
        let outcome = home.run(&all);
        let mut lines: Vec<String> = outcome
            .complaints()
            .iter()
            .map(ToString::to_string)
            .collect();
        lines.sort();
        lines
    };
    let sent = |how: &str, empty: &str| {
        vec![
            format!("INFO  : a.txt: Copied ({how})"),
            format!("INFO  : d/b.bin: Copied ({how})"),
            format!("INFO  : d/empty: Copied ({empty})"),
        ]
    };
    assert_eq!(lines(&["src:", ":sandbox:one"]), sent("new", "new"));
    let copied = sent("server-side copy", "new");
    assert_eq!(lines(&["src:", ":sandbox:two"]), copied);
    let again = lines(&["--no-dedupe-upload", "src:", ":sandbox:three"]);
    assert_eq!(again, sent("new", "new"));
    home.run(&["copy", ":sandbox:two", "dst:"]).ok();
    assert_eq!(home.read("src/d/b.bin"), home.read("dst/d/b.bin"));
}

#[test]
fn metadata_are_its_two_times_and_sums_are_missed() {
    let home = home();
    home.run(&["copy", "src:", ":sandbox:docs"]).ok();
    let listed = home.run(&["lsf", "-F", "pM", "--files-only", ":sandbox:docs"]);
    let listed = listed.ok();
    let (name, metadata) = listed.trim_end().split_once(';').unwrap();
    let metadata: serde_json::Value = serde_json::from_str(metadata).unwrap();
    let keys: Vec<&str> = metadata
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!((name, keys), ("a.txt", vec!["btime", "mtime"]));
    let sums = home.run(&["lsf", "-F", "ph", "--files-only", ":sandbox:docs"]);
    assert_eq!((sums.code, sums.stdout.as_str()), (0, "a.txt;\n"));
    assert_eq!(
        sums.complaints(),
        ["ERROR : a.txt: Failed to read hash: hash type not supported"]
    );
    let sums = home.run(&["lsjson", "--hash", "--no-mimetype", ":sandbox:docs"]);
    assert!(!sums.ok().contains("Hashes"));
}
