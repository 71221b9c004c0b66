//! `listremotes`: file and environment, patterns, order, columns.

use crate::support::{Home, Outcome};

fn home() -> Home {
    let home = Home::new();
    home.write(
        "megarc.toml",
        "[b]\ntype = \"memory\"\ndescription = \"two words\"\n[long]\ntype = \"mega\"\n",
    );
    home
}

fn with_environment(home: &Home, arguments: &[&str]) -> Outcome {
    let mut command = home.command(&[&["listremotes"], arguments].concat());
    command.env("MEGARC_CONFIG_A_TYPE", "alias");
    home.finish(command, "")
}

#[test]
fn the_environment_comes_first() {
    let home = home();
    assert_eq!(with_environment(&home, &[]).ok(), "a:\nb:\nlong:\n");
    assert_eq!(
        with_environment(&home, &["--long"]).ok(),
        "a:    alias  \nb:    memory two words\nlong: mega   \n"
    );
    assert_eq!(
        with_environment(&home, &["--json", "--source", "env*"]).ok(),
        "[\n{\"name\":\"a\",\"type\":\"alias\",\"source\":\"environment\",\"description\":\"\"}\n]\n"
    );
    assert_eq!(home.run(&["listremotes", "--json", "x"]).ok(), "[\n]\n");
}

#[test]
fn patterns_and_order() {
    let home = home();
    for (arguments, expected) in [
        (vec!["two"], "b:\n"),
        (vec!["--description", "w?rds"], "b:\n"),
        (vec!["--type", "m{eg,x}a"], "long:\n"),
        (vec!["--order-by", "type"], "a:\nlong:\nb:\n"),
        (
            vec!["--order-by", "source=desc,name=desc"],
            "long:\nb:\na:\n",
        ),
    ] {
        let shown = with_environment(&home, &arguments).ok();
        assert_eq!(shown, expected, "{arguments:?}");
    }
    for bad in [["--order-by", "size"], ["--name", "[a"]] {
        assert_eq!(with_environment(&home, &bad).code, 2, "{bad:?}");
    }
}
