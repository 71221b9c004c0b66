//! Damage on the way: an error that names the file, an exit code that is not
//! zero, and nothing under the final name.

use std::fs;

use crate::account::{Account, content};

/// Faults and what they do to a download.
const DAMAGE: [(&str, &str); 6] = [
    ("down:flip", "a flipped byte of content"),
    ("cs.f:flip=key", "a flipped bit of the node key"),
    ("cs.f:flip=attr", "a flipped bit of the attributes"),
    ("down:short=100", "a short body"),
    ("down:long=100", "a long body"),
    ("down:shift=16", "another range"),
];

#[test]
fn no_damaged_file_gets_its_name() {
    let account = Account::new();
    fs::create_dir(account.home().join("src")).unwrap();
    fs::write(
        account.home().join("src/precious.bin"),
        content(7, 3_000_000),
    )
    .unwrap();
    account.ok(["copy", "src", "m:dst"]);
    for (fault, what) in DAMAGE {
        account.set_faults(fault);
        let output = account.run([
            "copy",
            "m:dst",
            "back",
            "--retries",
            "1",
            "--low-level-retries",
            "2",
            // What the nodes are is asked each time, to be lied to.
            "--mega-no-tree-cache",
        ]);
        account.set_faults("");
        let stderr = String::from_utf8_lossy(&output.stderr);
        let target = account.home().join("back/precious.bin");
        assert!(!target.exists(), "{what}: the file stands there; {stderr}");
        assert_ne!(output.status.code(), Some(0), "{what}: {stderr}");
        // Without a readable name it is the node that is named.
        let hidden = fault.starts_with("cs.f:flip");
        let named = if hidden {
            "cannot be decrypted and is left out"
        } else {
            "precious.bin"
        };
        assert!(stderr.contains(named), "{what}: {stderr}");
    }
    account.ok(["copy", "m:dst", "back"]);
    assert!(fs::read(account.home().join("back/precious.bin")).unwrap() == content(7, 3_000_000));
}
