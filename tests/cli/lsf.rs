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
fn hashes_of_a_disk_are_refused() {
    let outcome = home().run(&["lsf", "src:", "-F", "ph"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""));
    assert_eq!(
        outcome.complaints(),
        [
            "NOTICE: Failed to lsf: format character 'h' on a disk is one of rclone that megarc does not honour yet"
        ]
    );
    let flag = home().run(&["lsf", "src:", "-F", "ph", "--hash", "md5"]);
    assert_eq!(flag.code, 2, "{}", flag.stderr);
}
