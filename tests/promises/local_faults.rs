//! Trouble on this side: a disk that is full, a destination that cannot be
//! written or goes away, a source that changes while it is read. Each is named,
//! the exit code is not zero, nothing wrong has a final name, and the other
//! files arrive.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::account::{Account, content};

const LARGE: usize = 12 << 20;

/// `m:dst` with a large file between small ones.
fn with_files() -> Account {
    let account = Account::new();
    let source = account.home().join("src");
    fs::create_dir(&source).unwrap();
    for (name, size) in [("a", 1000), ("large.bin", LARGE), ("z", 2000)] {
        fs::write(source.join(name), content(7, size)).unwrap();
    }
    account.ok(["copy", "src", "m:dst"]);
    account
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Files with a final name are what they are at the source.
fn assert_no_wrong_byte(account: &Account, dir: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.ends_with(".partial") {
            let source = fs::read(account.home().join("src").join(&name)).unwrap();
            assert!(fs::read(&path).unwrap() == source, "{name} is wrong");
        }
        names.push(name);
    }
    names.sort();
    names
}

/// megarc's command line behind a shell's preparation.
fn under(account: &Account, prepare: &str, args: &[&str]) -> Command {
    let megarc = account.command(args);
    let mut shell = Command::new("sh");
    let script = format!("{prepare}; exec \"$0\" \"$@\"");
    shell.arg("-c").arg(script).arg(megarc.get_program());
    shell.args(args).current_dir(account.home()).env_clear();
    for (name, value) in megarc.get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    shell.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    shell
}

#[test]
fn a_file_that_may_not_grow_leaves_the_others_alone() {
    let account = with_files();
    // Blocks of 512 or 1024 bytes: of 2 or 4 MiB.
    let limit = "trap '' XFSZ; ulimit -f 4096";
    let args = ["copy", "m:dst", "back", "--retries", "1"];
    let output = under(&account, limit, &args).output().unwrap();
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let named = "large.bin: Failed to copy: ";
    assert!(text.contains(named) && text.contains("too large"), "{text}");
    let back = account.home().join("back");
    assert_eq!(assert_no_wrong_byte(&account, &back), ["a", "z"]);
    account.ok(["copy", "m:dst", "back"]);
    assert_eq!(assert_no_wrong_byte(&account, &back).len(), 3);
}

/// Runs a copy in a mount namespace of its own, where `place` is a file
/// system made with `options`; `None`, said aloud, where that is not allowed.
fn on_mount(account: &Account, options: &str) -> Option<Output> {
    fs::create_dir(account.home().join("place")).unwrap();
    let script = format!(
        "mount -t tmpfs -o {options} none place || exit 99; \
         \"$0\" \"$@\"; code=$?; ls place > left; cp place/a place/z . 2>/dev/null; exit $code"
    );
    let args = ["copy", "m:dst", "place/to", "--retries", "1"];
    let megarc = account.command(args);
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c"]).arg(script);
    command.arg(megarc.get_program()).args(args);
    command.current_dir(account.home()).env_clear();
    for (name, value) in megarc.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    let output = command.stderr(Stdio::piped()).output().ok();
    let output = output
        .filter(|output| output.status.code() != Some(99) && !said(output).contains("unshare:"));
    if output.is_none() {
        println!("SKIPPED: no mount namespaces here, so no file system of {options}");
    }
    output
}

#[test]
fn a_full_disk_is_named() {
    let account = with_files();
    let Some(output) = on_mount(&account, "size=4m") else {
        return;
    };
    let text = said(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("large.bin: Failed to copy: "), "{text}");
    assert!(text.contains("no space left on device"), "{text}");
}

#[test]
fn a_read_only_destination_is_named() {
    let account = with_files();
    let Some(output) = on_mount(&account, "ro") else {
        return;
    };
    let text = said(&output);
    assert!(matches!(output.status.code(), Some(1..=7)), "{text}");
    assert!(text.contains("read-only file system"), "{text}");
}

#[test]
fn a_file_in_place_of_the_destination_is_named() {
    let account = with_files();
    fs::write(account.home().join("file"), "precious").unwrap();
    let output = account.run(["copy", "m:dst", "file/sub", "--retries", "1"]);
    let text = said(&output);
    assert!(!output.status.success() && text.contains("ERROR"), "{text}");
    let kept = fs::read(account.home().join("file")).unwrap();
    assert_eq!(kept, b"precious");
}

#[test]
fn a_destination_that_vanishes_does_no_harm() {
    let account = with_files();
    let back = account.home().join("back");
    account.set_faults("down:delay=30");
    let before = account.stats().bytes_down;
    let args = ["copy", "m:dst", "back", "--retries", "1"];
    let mut command = account.command(args);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    while account.stats().bytes_down < before + (4 << 20) {
        assert!(child.try_wait().unwrap().is_none(), "it ended too soon");
        std::thread::yield_now();
    }
    // What is made between the looks of the removal stays for the next one.
    while fs::remove_dir_all(&back).is_err() && back.exists() {}
    let output = child.wait_with_output().unwrap();
    let text = said(&output);
    assert_no_wrong_byte(&account, &back);
    assert!(!output.status.success(), "{text}");
    assert!(text.contains("large.bin: Failed to copy: "), "{text}");
    account.set_faults("");
    account.ok(["copy", "m:dst", "back"]);
    assert_eq!(assert_no_wrong_byte(&account, &back).len(), 3);
}

/// What happens to a source while it is read.
type Change = fn(&Path);

#[test]
fn a_source_that_changes_is_not_taken_for_whole() {
    let append: Change = |path| {
        let mut file = File::options().append(true).open(path).unwrap();
        file.write_all(b"more").unwrap();
    };
    let truncate: Change = |path| {
        let file = File::options().write(true).open(path).unwrap();
        file.set_len(1_000_000).unwrap();
    };
    let overwrite: Change = |path| {
        let mut file = File::options().write(true).open(path).unwrap();
        file.write_all(b"another beginning").unwrap();
    };
    for (change, what) in [
        (append, "append"),
        (truncate, "truncate"),
        (overwrite, "overwrite"),
    ] {
        let account = Account::with_faults("up:delay=50");
        let source = account.home().join("src");
        fs::create_dir(&source).unwrap();
        for (name, size) in [("a", 1000), ("large.bin", 2 * LARGE), ("z", 2000)] {
            fs::write(source.join(name), content(7, size)).unwrap();
        }
        let args = ["copy", "src", "m:dst", "--retries", "1"];
        let mut command = account.command(args);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        while account.stats().bytes_up < 1 << 20 {
            assert!(child.try_wait().unwrap().is_none(), "it ended too soon");
            std::thread::yield_now();
        }
        change(&source.join("large.bin"));
        let output = child.wait_with_output().unwrap();
        let text = said(&output);
        assert_eq!(output.status.code(), Some(1), "{what}: {text}");
        assert!(
            text.contains("source file is being updated"),
            "{what}: {text}"
        );
        assert_eq!(account.ok(["lsf", "m:dst"]), "a\nz\n", "{what}");
        account.set_faults("");
        account.ok(["copy", "src", "m:dst"]);
        account.ok(["copy", "m:dst", "back"]);
        assert_eq!(
            assert_no_wrong_byte(&account, &account.home().join("back")).len(),
            3
        );
        assert_eq!(account.check(), Vec::<String>::new());
    }
}

/// An open file stays what it is when its name goes.
#[test]
fn a_source_that_is_removed_while_it_is_read_arrives_whole() {
    let account = Account::with_faults("up:delay=50");
    let source = account.home().join("src");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("large.bin"), content(7, LARGE)).unwrap();
    let mut child = account.command(["copy", "src", "m:dst"]).spawn().unwrap();
    while account.stats().bytes_up < 1 << 20 {
        assert!(child.try_wait().unwrap().is_none(), "it ended too soon");
        std::thread::yield_now();
    }
    fs::remove_file(source.join("large.bin")).unwrap();
    assert!(child.wait().unwrap().success());
    account.set_faults("");
    account.ok(["copy", "m:dst", "back"]);
    assert!(fs::read(account.home().join("back/large.bin")).unwrap() == content(7, LARGE));
}
