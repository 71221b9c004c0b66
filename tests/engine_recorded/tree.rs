//! Trees of the recordings: written to disk, and compared with what is there.

use std::collections::BTreeSet;
use std::fs::{self, File, FileTimes};
use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;
use serde_json::Value;

/// A tree, or the one that a name stands for.
pub(crate) fn resolve<'a>(trees: &'a Value, tree: &'a Value) -> &'a Value {
    tree.as_str().map_or(tree, |name| &trees[name])
}

pub(crate) fn content(file: &Value) -> Vec<u8> {
    if let Some(text) = file["content"].as_str() {
        return text.as_bytes().to_vec();
    }
    let size = file["size"].as_u64().unwrap_or(1);
    b"0123456789abcdef"
        .iter()
        .copied()
        .cycle()
        .take(usize::try_from(size).unwrap())
        .collect()
}

pub(crate) fn mtime(entry: &Value) -> SystemTime {
    let text = entry["mtime"].as_str().unwrap_or("2020-01-02T03:04:05Z");
    text.parse::<Timestamp>().unwrap().into()
}

fn set_time(path: &Path, time: SystemTime) {
    File::open(path)
        .unwrap()
        .set_times(FileTimes::new().set_modified(time))
        .unwrap();
}

/// Writes `tree` to `dir`; nothing for `null`.
pub(crate) fn write(dir: &Path, trees: &Value, tree: &Value) {
    let tree = resolve(trees, tree);
    let Some(files) = tree["files"].as_object() else {
        return;
    };
    fs::create_dir_all(dir).unwrap();
    for (name, file) in files {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if let Some(target) = file["link"].as_str() {
            std::os::unix::fs::symlink(target, &path).unwrap();
            continue;
        }
        fs::write(&path, content(file)).unwrap();
        set_time(&path, mtime(file));
    }
    let none = serde_json::Map::new();
    let dirs = tree["dirs"].as_object().unwrap_or(&none);
    for name in dirs.keys() {
        fs::create_dir_all(dir.join(name)).unwrap();
    }
    // Deepest first: the times of the others are not touched any more.
    for (name, entry) in dirs.iter().rev() {
        set_time(&dir.join(name), mtime(entry));
    }
}

/// What differs between `dir` and `tree`.
pub(crate) fn compare(dir: &Path, trees: &Value, tree: &Value) -> Vec<String> {
    let tree = resolve(trees, tree);
    if tree.is_null() {
        return if dir.exists() {
            vec![format!("{} still exists", dir.display())]
        } else {
            Vec::new()
        };
    }
    let mut problems = Vec::new();
    let mut expected = BTreeSet::new();
    for kind in ["files", "dirs"] {
        for (name, entry) in tree[kind].as_object().into_iter().flatten() {
            expected.insert(name.clone());
            let path = dir.join(name);
            let Ok(meta) = fs::symlink_metadata(&path) else {
                problems.push(format!("{name} is missing"));
                continue;
            };
            if meta.is_symlink() {
                continue;
            }
            if kind == "files" && fs::read(&path).ok() != Some(content(entry)) {
                problems.push(format!("{name} has another content"));
            }
            if entry["mtime"] != "now" && meta.modified().unwrap() != mtime(entry) {
                let got = Timestamp::try_from(meta.modified().unwrap()).unwrap();
                problems.push(format!("{name} has time {got}, not {}", entry["mtime"]));
            }
        }
    }
    walk(dir, "", &mut |name| {
        if !expected.contains(name) {
            problems.push(format!("{name} should not be there"));
        }
    });
    problems
}

fn walk(dir: &Path, below: &str, act: &mut impl FnMut(&str)) {
    let Ok(entries) = fs::read_dir(dir) else {
        return;
    };
    for entry in entries {
        let entry = entry.unwrap();
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        act(&name);
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), &format!("{name}/"), act);
        }
    }
}
