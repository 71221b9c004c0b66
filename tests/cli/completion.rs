//! `completion`: the scripts, and bash at work with its own.

use std::process::Command;

use crate::support::Home;

#[test]
fn scripts_go_to_a_file_or_to_stdout() {
    let home = Home::new();
    for shell in ["bash", "fish", "powershell", "zsh"] {
        let script = home.run(&["completion", shell, "-"]).ok();
        assert!(
            script.contains(&format!("__complete {shell} --")),
            "{script}"
        );
        home.run(&["genautocomplete", shell, "@ROOT@/script"]).ok();
        assert_eq!(home.read("script"), script);
    }
    assert!(
        home.run(&["completion", "powershell"])
            .ok()
            .contains("__complete")
    );
    let outcome = home.run(&["completion", "bash", "@ROOT@/no/such/dir"]);
    assert_eq!(outcome.code, 1);
    assert_eq!(home.run(&["completion", "sh", "-"]).code, 2);
}

/// What bash offers behind this line.
fn offered(home: &Home, line: &str) -> Vec<String> {
    home.run(&["completion", "bash", "@ROOT@/script"]).ok();
    // The words as bash would cut them: at its breaks, which stay words.
    let ask = r#"
        . ./script
        COMP_LINE=$LINE COMP_POINT=${#LINE} COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
        COMP_WORDS=(megarc "$CUR") COMP_CWORD=1
        _megarc
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let program = home.command(&[]);
    let bin = std::path::Path::new(program.get_program())
        .parent()
        .unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let current = line.rsplit([' ', ':', '=']).next().unwrap();
    let output = Command::new("bash")
        .args(["--norc", "-c", ask])
        .current_dir(home.root())
        .env_clear()
        .env("HOME", home.root())
        .env("PATH", path)
        .env("MEGARC_CONFIG", home.path("megarc.toml"))
        .env("LINE", line)
        .env("CUR", current)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn bash_offers_commands_flags_remotes_and_what_lies_in_them() {
    let home = Home::new();
    home.write("aux/dir one/f", "");
    home.write("aux/file", "");
    home.write("elsewhere/x", "");
    assert_eq!(offered(&home, "megarc lsj"), ["lsjson"]);
    assert_eq!(offered(&home, "megarc ls --dry"), ["--dry-run"]);
    assert_eq!(offered(&home, "megarc ls --log-level=D"), ["DEBUG"]);
    assert_eq!(offered(&home, "megarc ls a"), ["aux:", "aux"]);
    assert_eq!(offered(&home, "megarc ls aux:"), ["dir\\ one/", "file"]);
    assert_eq!(offered(&home, "megarc ls aux:f"), ["file"]);
    assert_eq!(offered(&home, "megarc ls aux:dir\\ one/"), ["dir\\ one/f"]);
    assert_eq!(offered(&home, "megarc ls e"), ["elsewhere"]);
    assert_eq!(offered(&home, "megarc ls none:"), [""]);
}
