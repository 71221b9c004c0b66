//! `lsf`: fields, CSV, what a disk cannot be asked for.

use crate::support::Home;

fn home() -> Home {
    let home = Home::new();
    home.write("src/a,b/1.txt", "1");
    home.write("src/z.txt", "zzz");
    home
}

#[test]
fn names_sizes_and_types() {
    let home = home();
    assert_eq!(home.run(&["lsf", "src:"]).ok(), "a,b/\nz.txt\n");
    assert_eq!(
        home.run(&["lsf", "src:", "-R", "--csv", "-F", "spm"]).ok(),
        "-1,\"a,b/\",inode/directory\n3,z.txt,text/plain; charset=utf-8\n1,\"a,b/1.txt\",text/plain; charset=utf-8\n"
    );
    assert_eq!(
        home.run(&["lsf", "src:", "--absolute", "-d=false"]).ok(),
        "/a,b\n/z.txt\n"
    );
}

#[test]
fn sums_and_metadata_of_a_disk() {
    let home = home();
    assert_eq!(
        home.run(&["lsf", "src:", "-F", "ph"]).ok(),
        "a,b/;\nz.txt;f3abb86bd34cf4d52698f14c0da1dc60\n"
    );
    assert_eq!(
        home.run(&["lsf", "src:z.txt", "-F", "h", "--hash", "CRC-32"])
            .ok(),
        "c3273dca\n"
    );
    let row = home.run(&["lsf", "src:z.txt", "-F", "M"]);
    let row: serde_json::Value = serde_json::from_str(&row.ok()).unwrap();
    assert!(row["mode"].as_str().unwrap().starts_with("100"), "{row}");
    assert_eq!(row["mtime"].as_str().unwrap().split('T').count(), 2);
}
