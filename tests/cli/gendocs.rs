//! `gendocs`: the reference in files.

use crate::support::Home;

#[test]
fn pages_are_written_as_markdown_and_for_man() {
    let home = Home::new();
    home.run(&["gendocs", "@ROOT@/docs/new"]).ok();
    assert!(
        home.read("docs/new/flags.md")
            .contains("| `-n, --dry-run` |")
    );
    let copy = home.read("docs/new/commands/megarc_copy.md");
    assert!(copy.starts_with("# copy\n"), "{copy}");
    assert!(copy.contains("megarc copy SOURCE DEST [FLAGS]"), "{copy}");
    assert!(home.exists("docs/new/commands/megarc_config_create.md"));
    home.run(&["gendocs", "--man", "@ROOT@/man"]).ok();
    assert!(
        home.read("man/megarc-copy.1")
            .starts_with(".TH MEGARC\\-COPY 1 ")
    );
    assert!(home.read("man/megarc.1").contains(".SH \"EXIT STATUS\"\n"));
    home.write("file", "");
    let outcome = home.run(&["gendocs", "@ROOT@/file"]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome
            .stderr
            .contains("CRITICAL: writing @ROOT@/file/commands/")
    );
}
