//! Keeps the walls of docs/architecture.md: who may import whom, how long a
//! file may be, where `unsafe` and printing may stand.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

/// One source file under `src`, its tests cut off.
struct Source {
    /// Path below `src`, with `/`, without `.rs` and `/mod`.
    module: String,
    /// Code without comments.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    for path in files_below(&root) {
        let name = path
            .strip_prefix(&root)
            .unwrap()
            .to_str()
            .unwrap()
            .replace('\\', "/");
        let text = fs::read_to_string(&path).unwrap();
        // unit tests may use what they like: memory remotes, fixtures
        if name.ends_with("tests.rs") {
            continue;
        }
        let module = name
            .trim_end_matches(".rs")
            .trim_end_matches("/mod")
            .to_owned();
        let production = text.split("#[cfg(test)]\nmod ").next().unwrap();
        sources.push(Source {
            module,
            code: production
                .lines()
                .map(without_comment)
                .collect::<Vec<_>>()
                .join("\n"),
        });
    }
    assert!(sources.len() > 20, "the sources were not found");
    sources
}

fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn without_comment(line: &str) -> &str {
    match line.find("//") {
        // not the slashes of an address inside a string
        Some(at) if !line[..at].ends_with(':') => &line[..at],
        _ => line,
    }
}

/// Every path of ours that a file names, as `engine::walk::Walk`.
fn imports(source: &Source) -> Vec<String> {
    let mut imports = Vec::new();
    let crate_name = if source.module == "main" {
        "megarc::"
    } else {
        "crate::"
    };
    for (at, _) in source.code.match_indices(crate_name) {
        if !source.code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            expand("", &source.code[at + crate_name.len()..], &mut imports);
        }
    }
    for (at, _) in source.code.match_indices("super::") {
        if source.code[..at].ends_with("super::") {
            continue;
        }
        let mut rest = &source.code[at..];
        let mut here: Vec<&str> = source.module.split('/').collect();
        here.extend(vec!["inline"; inline_modules(&source.code[..at])]);
        while let Some(tail) = rest.strip_prefix("super::") {
            here.pop();
            rest = tail;
        }
        let prefix = here
            .iter()
            .map(|part| format!("{part}::"))
            .collect::<String>();
        expand(&prefix, rest, &mut imports);
    }
    imports
}

/// How many `mod name {` are open at the end of this code.
fn inline_modules(code: &str) -> usize {
    let mut open = Vec::new();
    for (at, brace) in code.match_indices(['{', '}']) {
        if brace == "}" {
            open.pop();
            continue;
        }
        let words: Vec<&str> = code[..at].split_whitespace().rev().take(2).collect();
        open.push(matches!(words[..], [_, "mod"]));
    }
    open.into_iter().filter(|is_module| *is_module).count()
}

/// Unfolds `a::{b, c::d}` into full paths; reads up to the end of the path.
fn expand<'a>(prefix: &str, text: &'a str, paths: &mut Vec<String>) -> &'a str {
    let mut path = prefix.to_owned();
    let mut rest = text.trim_start();
    loop {
        if let Some(inner) = rest.strip_prefix('{') {
            rest = inner;
            loop {
                rest = expand(&path, rest, paths).trim_start();
                match rest.strip_prefix(',') {
                    Some(next) if !next.trim_start().starts_with('}') => rest = next,
                    Some(next) => return next.trim_start().strip_prefix('}').unwrap_or(""),
                    None => return rest.strip_prefix('}').unwrap_or(""),
                }
            }
        }
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        path.push_str(&rest[..end]);
        rest = &rest[end..];
        match rest.strip_prefix("::") {
            Some(next) if !next.starts_with('<') => {
                path.push_str("::");
                rest = next;
            }
            _ => break,
        }
    }
    paths.push(path);
    let alias = rest.trim_start().strip_prefix("as ");
    alias.map_or(rest, |name| {
        name.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_')
    })
}

/// The import table. `None`: nothing says that this module exists.
fn may_import(module: &str, import: &str) -> Option<bool> {
    let within = |modules: &[&str]| modules.iter().any(|wanted| is_inside(import, wanted));
    let own = module.split('/').next().unwrap();
    let own_is_fine = is_inside(import, own);
    let from = |path: &str| module == path || module.starts_with(&format!("{path}/"));
    let named = |name: &str| module == name || module.starts_with(&format!("{name}/"));
    Some(match own {
        "lib" => true,
        "main" => within(&[
            "cli", "commands", "config", "remote", "engine", "output", "exit",
        ]),
        "commands" if from("commands/sandbox") => {
            own_is_fine
                || within(&[
                    "config", "remote", "engine", "output", "exit", "sandbox", "cli",
                ])
        }
        "cli" | "commands" => within(&[
            "cli", "commands", "config", "remote", "engine", "output", "exit",
        ]),
        "exit" => within(&["exit", "config", "remote", "engine"]),
        "output" => own_is_fine || within(&["remote", "engine"]),
        "config" => own_is_fine,
        "engine" => own_is_fine || (within(&["remote"]) && !within(CONCRETE_REMOTES)),
        "remote" if named("remote/open") => within(&["remote", "config", "mega", "sandbox"]),
        "remote" if named("remote/mega") => within(&["remote", "mega"]),
        "remote" => own_is_fine && !within(&["remote::mega", "remote::open"]),
        "mega" if named("mega/crypto") => within(&["mega::crypto"]),
        "mega" if named("mega/api") => within(&[
            "mega::api",
            "mega::handle",
            "mega::error",
            "mega::crypto",
            "mega::transport",
        ]),
        "mega" => own_is_fine,
        "sandbox" => own_is_fine,
        _ => return None,
    })
}

const CONCRETE_REMOTES: &[&str] = &[
    "remote::local",
    "remote::memory",
    "remote::alias",
    "remote::http",
    "remote::mega",
    "remote::open",
    "remote::sandbox",
];

fn is_inside(path: &str, module: &str) -> bool {
    path == module
        || path
            .strip_prefix(module)
            .is_some_and(|rest| rest.starts_with("::"))
}

#[test]
fn imports_follow_the_table() {
    let mut broken = Vec::new();
    for source in sources() {
        for import in imports(&source) {
            match may_import(&source.module, &import) {
                Some(true) => {}
                Some(false) => broken.push(format!("src/{} imports {import}", source.module)),
                None => broken.push(format!("src/{} has no row in the table", source.module)),
            }
        }
    }
    assert!(
        broken.is_empty(),
        "against docs/architecture.md:\n  {}",
        broken.join("\n  ")
    );
}

#[test]
fn the_table_tells_right_from_wrong() {
    let table = [
        ("engine/walk", "remote::Entry", true),
        ("engine/walk", "remote::memory::Memory", false),
        ("engine", "config::Config", false),
        ("sandbox/api", "sandbox::store", true),
        ("sandbox/api", "mega::crypto", false),
        ("mega/crypto/rsa", "mega::error", false),
        ("mega/tree", "remote::Remote", false),
        ("remote/memory", "remote::mega", false),
        ("remote/mega/names", "mega::client", true),
        ("remote/open", "sandbox::start", true),
        ("commands/ls", "sandbox::start", false),
        ("commands/sandbox", "sandbox::start", true),
        ("config/file", "output::Output", false),
    ];
    for (module, import, allowed) in table {
        assert_eq!(
            may_import(module, import),
            Some(allowed),
            "{module} importing {import}"
        );
    }
    let source = Source {
        module: "engine/march/order".into(),
        code: "fn f() {} use crate::remote::{self, entry::{Entry, Kind}, Remote as R};\n\
               use super::super::walk::Walk; crate::exit::fail(super::Side::Left);\n\
               mod inner { use super::super::Side; }"
            .into(),
    };
    let expected = [
        "remote::self",
        "remote::entry::Entry",
        "remote::entry::Kind",
        "remote::Remote",
        "exit::fail",
        "engine::walk::Walk",
        "engine::march::Side::Left",
        "engine::march::Side",
    ];
    assert_eq!(imports(&source), expected);
}

#[test]
fn files_stay_short() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["src", "tests"] {
        for path in files_below(&root.join(folder)) {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(
                lines <= 600,
                "{} has {lines} lines: look for the second idea",
                path.display()
            );
        }
    }
}

#[test]
fn every_file_says_what_it_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["src", "tests"] {
        for path in files_below(&root.join(folder)) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("//!"), "{} has no header", path.display());
        }
    }
}

#[test]
fn unsafe_stands_in_one_file_at_most() {
    let files: Vec<String> = sources()
        .into_iter()
        .filter(|source| {
            ["unsafe {", "unsafe fn", "unsafe impl", "allow(unsafe_code)"]
                .iter()
                .any(|word| source.code.contains(word))
        })
        .map(|source| source.module)
        .collect();
    assert!(files.len() <= 1, "unsafe code in {files:?}");
}

/// The clock on the wall jumps, and stands while the machine sleeps elsewhere:
/// it says what files and versions are called old, never how long to wait.
#[test]
fn no_wait_is_measured_by_the_wall_clock() {
    // How old a journal is; what a server's date is compared with; the time of
    // a file that has none.
    let excused = [
        "mega/upload/journal/store",
        "mega/transport/observer",
        "remote/mega",
        "remote/memory",
    ];
    for source in sources() {
        let waits = ["mega/", "engine/", "remote/"]
            .iter()
            .any(|folder| source.module.starts_with(folder));
        let reads = ["SystemTime::now", "Timestamp::now"]
            .iter()
            .any(|clock| source.code.contains(clock));
        let excused = excused.contains(&source.module.as_str());
        assert!(
            !(waits && reads) || excused,
            "src/{} reads the wall clock",
            source.module
        );
    }
}

#[test]
fn only_output_prints() {
    for source in sources() {
        if is_inside(&source.module.replace('/', "::"), "output") {
            continue;
        }
        for word in ["println!", "eprintln!", "print!", "eprint!", "dbg!"] {
            assert!(
                !has_word(&source.code, word),
                "src/{} uses {word}",
                source.module
            );
        }
    }
}

fn has_word(code: &str, word: &str) -> bool {
    let before = |at: usize| code[..at].chars().next_back();
    code.match_indices(word)
        .any(|(at, _)| !before(at).is_some_and(|c| c.is_alphanumeric() || c == '_'))
}

/// A command is a file in src/commands that defines arguments of its own.
#[test]
fn every_command_has_a_test() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    for source in sources() {
        let Some(name) = source.module.strip_prefix("commands/") else {
            continue;
        };
        let is_command = source.code.lines().any(|line| {
            line.starts_with("#[derive(") && (line.contains("Args") || line.contains("Parser"))
        });
        if is_command && !name.contains('/') {
            assert!(
                tests.join(format!("{name}.rs")).exists(),
                "the command {name} has no tests/cli/{name}.rs"
            );
        }
    }
}

/// The arguments of commands hold places and passwords: none can be printed.
#[test]
fn arguments_have_no_debug() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    for folder in ["commands", "cli"] {
        for path in files_below(&root.join(folder)) {
            let text = fs::read_to_string(&path).unwrap();
            for line in text.lines().filter(|line| line.starts_with("#[derive(")) {
                let clap = ["Args", "Subcommand", "Parser"];
                if clap.iter().any(|name| line.contains(name)) {
                    seen += 1;
                    assert!(!line.contains("Debug"), "{}: {line}", path.display());
                }
            }
        }
    }
    assert!(seen > 50, "{seen}");
}
