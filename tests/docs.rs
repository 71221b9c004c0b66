//! Runs what the documents show.
//!
//! In README.md, docs/guide.md and the pages of docs/guide/ a fenced block
//! marked `console` is a transcript: `$ ` begins a command, the lines after it
//! are what it prints on stdout and stderr together. In those, `...` stands for
//! any text, over line ends too. All blocks of one document share a home and a working directory,
//! where the repository's `docs` are; nothing outside it is touched.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A command of a transcript and what it shall print.
struct Step {
    line: usize,
    command: String,
    output: String,
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            if let Some(command) = line.strip_prefix("$ ") {
                steps.push(Step {
                    line: index + 1,
                    command: command.to_owned(),
                    output: String::new(),
                });
            } else {
                let step = steps.last_mut().expect("a transcript begins with `$ `");
                step.output.push_str(line);
                step.output.push('\n');
            }
        }
    }
    steps
}

/// Whether `text` is `pattern`, in which `...` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split("...");
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn run(document: &str) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join(document)).unwrap();
    let steps = steps(&text);
    assert!(!steps.is_empty(), "{document} shows no transcript");

    let home = tempfile::tempdir().unwrap();
    let work = home.path().join("work");
    copy_tree(&root.join("docs"), &work.join("docs"));
    let bin = Path::new(env!("CARGO_BIN_EXE_megarc")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());

    for step in steps {
        let ran = Command::new("sh")
            .arg("-c")
            .arg(format!("exec 2>&1; {}", step.command))
            .current_dir(&work)
            .env_clear()
            .env("PATH", &path)
            .env("HOME", home.path())
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&ran.stdout)
            .lines()
            .filter(|line| !line.contains("using defaults"))
            .fold(String::new(), |all, line| all + line + "\n");
        assert!(
            matches(&step.output, &printed),
            "{document}:{}: `{}` (exit {:?}) printed\n{printed}\nand the document says\n{}",
            step.line,
            step.command,
            ran.status.code(),
            step.output
        );
    }
}

#[test]
fn the_readme_tells_the_truth() {
    run("README.md");
}

#[test]
fn the_guide_tells_the_truth() {
    run("docs/guide.md");
}

/// A page of its own for each larger subject, found from the guide.
#[test]
fn the_pages_of_the_guide_tell_the_truth() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_to_string(root.join("docs/guide.md")).unwrap();
    let pages: Vec<String> = documents(&root)
        .into_iter()
        .filter(|page| page.starts_with("docs/guide/"))
        .collect();
    for page in &pages {
        let link = page.trim_start_matches("docs/");
        assert!(
            guide.contains(&format!("]({link})")),
            "docs/guide.md does not link to {page}"
        );
    }
    std::thread::scope(|scope| {
        for page in &pages {
            scope.spawn(move || run(page));
        }
    });
}

/// All documents, by their paths from the root.
fn documents(root: &Path) -> Vec<String> {
    let mut found = vec!["README.md".to_owned(), "CHANGELOG.md".to_owned()];
    let mut folders = vec!["docs".to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root.join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path.ends_with(".md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn links_between_documents_lead_somewhere() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    for document in documents(&root) {
        let file = root.join(&document);
        let text = fs::read_to_string(&file).unwrap();
        for target in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            if target.contains("://") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let linked = if path.is_empty() {
                file.clone()
            } else {
                file.parent().unwrap().join(path)
            };
            let linked_text = fs::read_to_string(&linked)
                .unwrap_or_else(|_| panic!("{document} links to {target}, which is not there"));
            assert!(
                anchor.is_empty() || anchors(&linked_text).any(|a| a == anchor),
                "{document} links to {target}: no such heading"
            );
        }
    }
}

/// Every `docs/protocol.md#section` in the sources names a section.
#[test]
fn sources_cite_sections_that_exist() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let protocol = fs::read_to_string(root.join("docs/protocol.md")).unwrap();
    let known: Vec<String> = anchors(&protocol).collect();
    let mut stack = vec![root.join("src")];
    let mut wrong = Vec::new();
    while let Some(dir) = stack.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                stack.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for rest in text.split("docs/protocol.md#").skip(1) {
                let anchor: String = rest
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '-')
                    .collect();
                if !known.contains(&anchor) {
                    wrong.push(format!("{}: #{anchor}", path.display()));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "no such section in docs/protocol.md:\n{}",
        wrong.join("\n")
    );
}

/// The anchors of a document's headings, as the usual renderers make them.
fn anchors(text: &str) -> impl Iterator<Item = String> + '_ {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
                .map(|c| if c == ' ' { '-' } else { c })
                .collect()
        })
}
