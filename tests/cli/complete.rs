//! `__complete`: what the completion scripts are told.

use crate::support::Home;

#[test]
fn lines_are_text_and_meaning_and_the_last_is_for_the_shell() {
    let home = Home::new();
    home.write("aux/d/f", "");
    let told = |words: &[&str]| home.run(&[&["__complete"], words].concat()).ok();
    assert_eq!(
        told(&["zsh", "--", "mkd"]),
        "mkdir\tMake a directory, with its parents\n\t\n"
    );
    assert_eq!(told(&["zsh", "--", "ls", "s"]), "src:\t\n\tfiles nospace\n");
    assert_eq!(
        told(&["fish", "--", "ls", "aux:d"]),
        "aux:d/\t\n\tnospace\n"
    );
    assert_eq!(told(&["powershell", "--", "ls", "aux:", "\"\""]), "\t\n");
    assert_eq!(told(&["zsh", "--", "--cache-dir", ""]), "\tdirs \n");
    assert_eq!(
        told(&["bash", "--", "megarc config show a", " :="]),
        "aux\t\n\t\n"
    );
}

#[test]
fn trouble_is_silent() {
    let home = Home::new();
    home.write("megarc.toml", "not a configuration [");
    let told = home.run(&["__complete", "zsh", "--", "ls", "a"]).ok();
    assert_eq!(told, "\tfiles \n");
    // another configuration on the line itself
    home.write("other", "[special]\ntype = \"memory\"\n");
    let file = home.path("other");
    let config = format!("--config={}", file.display());
    let told = home
        .run(&["__complete", "zsh", "--", &config, "ls", "s"])
        .ok();
    assert_eq!(told, "special:\t\n\tfiles nospace\n");
}
