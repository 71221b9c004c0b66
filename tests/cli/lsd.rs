//! `lsd`: directories, one level or all.

use crate::support::Home;

#[test]
fn goes_down_only_when_asked() {
    let home = Home::new();
    home.write("src/a/deep/x", "x");
    home.write("src/b/y", "y");
    let names = |arguments: &[&str]| -> Vec<String> {
        let text = home.run(arguments).ok();
        text.lines()
            .map(|l| l.rsplit(' ').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&["lsd", "src:"]), ["a", "b"]);
    assert_eq!(names(&["lsd", "-R", "src:"]), ["a", "b", "a/deep"]);
    assert_eq!(
        names(&["lsd", "src:", "--max-depth", "2"]),
        ["a", "b", "a/deep"]
    );
}
