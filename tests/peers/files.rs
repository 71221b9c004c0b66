//! Trees of files with made-up content, written and read back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

/// Relative path → size and SHA-256.
pub type Tree = BTreeMap<String, (u64, String)>;

/// The sizes where clients differ: blocks, chunk boundaries, the ladder's end.
pub const SIZES: [usize; 13] = [
    0, 1, 15, 16, 17, 131_071, 131_072, 131_073, 262_145, 393_216, 1_048_579, 5_767_169, 67_108_865,
];

/// Content that depends on the path, so that no two files can be exchanged.
pub fn write(root: &Path, path: &str, size: usize) {
    let seed = path.bytes().fold(size as u32, |seed, byte| {
        seed.wrapping_mul(31) + u32::from(byte)
    });
    let mut state = seed | 1;
    let content: Vec<u8> = (0..size.div_ceil(4))
        .flat_map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state ^ (state >> 15)).to_le_bytes()
        })
        .take(size)
        .collect();
    let target = root.join(path);
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::write(target, content).unwrap();
}

/// Puts a file of one folder into another one as well, without copying it.
pub fn link(from: &Path, path: &str, to: &Path) {
    let target = to.join(path);
    fs::create_dir_all(target.parent().unwrap()).unwrap();
    fs::hard_link(from.join(path), target).unwrap();
}

/// Every file below a folder; none if the folder is not there.
pub fn read(root: &Path) -> Tree {
    let mut tree = Tree::new();
    collect(root, root, &mut tree);
    tree
}

fn collect(root: &Path, folder: &Path, tree: &mut Tree) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, tree);
        } else {
            let content = fs::read(&path).unwrap();
            let name = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            let hash = Sha256::digest(&content);
            let hash = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            tree.insert(name, (content.len() as u64, hash));
        }
    }
}

/// What is in one tree and not, or not the same, in the other.
pub fn differences(expected: &Tree, found: &Tree) -> Vec<String> {
    let missing = expected
        .iter()
        .filter(|(name, file)| found.get(*name) != Some(file));
    let foreign = found.keys().filter(|name| !expected.contains_key(*name));
    missing
        .map(|(name, file)| format!("{name:?}: expected {file:?}, found {:?}", found.get(name)))
        .chain(foreign.map(|name| format!("{name:?}: not expected")))
        .collect()
}
