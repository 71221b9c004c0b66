//! Trees of files as the recordings describe them: made, and read back.

use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes};
use std::path::Path;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

const DEFAULT_TIME: &str = "2020-01-02T03:04:05Z";

/// Makes the tree `spec` (`files`, `dirs`, `links`) below `root`.
pub fn make(root: &Path, spec: &Value) {
    if spec.is_null() {
        return;
    }
    if let Some(file) = spec.get("is_file") {
        return make_file(root, file);
    }
    fs::create_dir_all(root).unwrap();
    let empty = Map::new();
    let part = |name: &str| spec[name].as_object().unwrap_or(&empty).clone();
    for (name, file) in part("files") {
        if let Some(target) = file["link"].as_str() {
            make_link(target, &root.join(name));
        } else {
            make_file(&root.join(name), &file);
        }
    }
    for (name, target) in part("links") {
        make_link(target.as_str().unwrap(), &root.join(name));
    }
    let dirs = part("dirs");
    for name in dirs.keys() {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    // Times of directories last, deepest first: making changes them.
    let mut made = below(root);
    made.retain(|path| path.is_dir() && !path.is_symlink());
    made.push(root.to_owned());
    for path in made {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap();
        set_time(&path, dirs.get(name).unwrap_or(&Value::Null));
    }
}

/// Reads what is at `root`; files above 200 bytes by their size.
pub fn read(root: &Path) -> Value {
    let Ok(meta) = fs::symlink_metadata(root) else {
        return Value::Null;
    };
    if meta.is_file() {
        return json!({ "is_file": describe(root) });
    }
    let mut files = BTreeMap::new();
    let mut dirs = BTreeMap::new();
    for path in below(root) {
        let name = path
            .strip_prefix(root)
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        if path.is_dir() && !path.is_symlink() {
            dirs.insert(name, json!({ "mtime": time_of(&path) }));
        } else {
            files.insert(name, describe(&path));
        }
    }
    json!({ "files": files, "dirs": dirs })
}

/// All that is below a directory, deepest first.
fn below(root: &Path) -> Vec<std::path::PathBuf> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            paths.extend(below(&path));
        }
        paths.push(path);
    }
    paths
}

fn make_link(target: &str, path: &Path) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(target, path).unwrap();
}

fn make_file(path: &Path, spec: &Value) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let content = match spec["content"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => {
            let size = usize::try_from(spec["size"].as_u64().unwrap_or(1)).unwrap();
            b"0123456789abcdef"
                .iter()
                .copied()
                .cycle()
                .take(size)
                .collect()
        }
    };
    fs::write(path, content).unwrap();
    set_time(path, spec);
}

fn set_time(path: &Path, spec: &Value) {
    let time = match spec["ago_s"].as_f64() {
        Some(ago) if ago >= 0.0 => SystemTime::now() - Duration::from_secs_f64(ago),
        Some(ahead) => SystemTime::now() + Duration::from_secs_f64(-ahead),
        None => {
            let text = spec["mtime"]
                .as_str()
                .filter(|t| *t != "now")
                .unwrap_or(DEFAULT_TIME);
            SystemTime::from(text.parse::<Timestamp>().unwrap())
        }
    };
    let times = FileTimes::new().set_modified(time).set_accessed(time);
    File::open(path).unwrap().set_times(times).unwrap();
}

fn describe(path: &Path) -> Value {
    if let Ok(target) = fs::read_link(path) {
        return json!({ "link": target.to_str().unwrap() });
    }
    let content = fs::read(path).unwrap();
    let time = time_of(path);
    match String::from_utf8(content) {
        Ok(text) if text.len() <= 200 => json!({ "content": text, "mtime": time }),
        Ok(text) => json!({ "size": text.len(), "mtime": time }),
        Err(bytes) => json!({ "size": bytes.as_bytes().len(), "mtime": time }),
    }
}

/// The modification time; `now` for one that a run has set.
fn time_of(path: &Path) -> String {
    let time = fs::symlink_metadata(path).unwrap().modified().unwrap();
    let time = Timestamp::try_from(time).unwrap();
    let age = Timestamp::now().duration_since(time).as_secs();
    if age.abs() < 7200 {
        return "now".to_owned();
    }
    time.to_string()
}
