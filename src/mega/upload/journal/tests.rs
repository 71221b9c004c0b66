//! Journals are found again, hidden from others, and never read wrong.

#![allow(clippy::unwrap_used)]

use std::fs::{self, File};
use std::path::Path;
use std::time::SystemTime;

use super::store::EXPIRY;
use super::*;
use crate::mega::content::Identity;
use crate::mega::crypto::keys::FileKey;

fn identity(version: &str) -> Identity {
    Identity {
        place: "/a/b".to_owned(),
        version: version.to_owned(),
    }
}

fn macs(byte: u8) -> Vec<ChunkMac> {
    vec![ChunkMac::from_bytes([byte; 16]); 3]
}

struct World {
    store: JournalStore,
    key: SealKey,
    _dir: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self {
            store: JournalStore::new(dir.path().join("uploads")),
            key: SealKey::generate(),
            _dir: dir,
        }
    }

    fn try_open(&self, version: &str) -> Option<Journal> {
        self.store
            .open(self.key.clone(), "folder/name", &identity(version))
    }

    /// A child of another test may hold a copy of the lock until it has begun.
    fn open(&self, version: &str) -> Option<Journal> {
        for _ in 0..10_000 {
            let journal = self.try_open(version);
            if journal.is_some() {
                return journal;
            }
            std::thread::yield_now();
        }
        None
    }

    /// One with two pieces sent, the first of them stored.
    fn begun(&self) -> (ContentKey, Nonce) {
        let (key, nonce) = FileKey::generate();
        let mut journal = self.open("1").unwrap();
        assert!(journal.begun().is_none());
        journal.begin("http://host/ul/x", &key, &nonce);
        journal.sending(0, 100, &macs(1));
        journal.sending(100, 200, &macs(2));
        journal.stored(0, None);
        (key, nonce)
    }

    fn file(&self) -> PathBuf {
        let mut found = fs::read_dir(&self.store.dir).unwrap();
        found.next().unwrap().unwrap().path()
    }
}

#[test]
fn the_next_run_learns_where_it_stood() {
    let world = World::new();
    let (key, nonce) = world.begun();
    let mut journal = world.open("1").unwrap();
    let begun = journal.begun().unwrap();
    assert_eq!(begun.address, "http://host/ul/x");
    assert!(begun.key == key && begun.nonce == nonce);
    assert_eq!(begun.piece_end(100), Some(200));
    let known = |start, end, mac| journal.look_up(start, end, &macs(mac));
    assert!(matches!(known(0, 100, 1), Known::Stored));
    assert!(matches!(known(100, 200, 2), Known::Sent));
    assert!(matches!(known(100, 200, 3), Known::Other));
    assert!(matches!(known(100, 201, 2), Known::Other));
    assert!(matches!(known(200, 300, 3), Known::New));
    journal.stored(100, Some("token"));
    drop(journal);
    let journal = world.open("1").unwrap();
    assert_eq!(journal.begun().unwrap().token.as_deref(), Some("token"));
    journal.remove();
    drop(journal);
    assert!(world.open("1").unwrap().begun().is_none());
}

#[test]
fn nothing_is_learnt_for_another_source_key_or_place() {
    for other in 0..3 {
        let mut world = World::new();
        world.begun();
        let journal = match other {
            0 => world.open("2"),
            1 => {
                world.key = SealKey::generate();
                world.open("1")
            }
            _ => {
                let key = world.key.clone();
                world.store.open(key, "folder/other", &identity("1"))
            }
        };
        assert!(journal.unwrap().begun().is_none(), "{other}");
    }
}

#[test]
fn one_process_at_a_time() {
    let world = World::new();
    world.begun();
    let held = world.open("1");
    assert!(held.is_some() && world.try_open("1").is_none());
    drop(held);
    assert!(world.open("1").is_some());
}

#[test]
fn a_cut_or_changed_journal_ends_at_the_damage() {
    let world = World::new();
    world.begun();
    let file = world.file();
    let whole = fs::read(&file).unwrap();
    for length in 0..whole.len() {
        fs::write(&file, &whole[..length]).unwrap();
        let mut journal = world.open("1").unwrap();
        let Some(at) = journal.begun().map(Begun::end) else {
            continue;
        };
        // It can be gone on with.
        journal.sending(at, at + 1, &macs(9));
        drop(journal);
        let journal = world.open("1").unwrap();
        assert_eq!(journal.begun().unwrap().piece_end(at), Some(at + 1));
    }
    for at in (0..whole.len()).step_by(7) {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&file, &changed).unwrap();
        world.open("1").unwrap();
    }
}

#[cfg(unix)]
#[test]
fn the_file_is_private_and_tells_nothing() {
    use std::os::unix::fs::MetadataExt;

    let world = World::new();
    world.begun();
    let mode = |path: &Path| path.metadata().unwrap().mode() & 0o777;
    assert_eq!(
        (mode(&world.file()), mode(&world.store.dir)),
        (0o600, 0o700)
    );
    let bytes = fs::read(world.file()).unwrap();
    assert!(!bytes.windows(4).any(|part| part == b"host"));
}

#[test]
fn old_ones_go() {
    let world = World::new();
    world.begun();
    let file = File::options().write(true).open(world.file()).unwrap();
    let old = SystemTime::now() - EXPIRY * 2;
    file.set_times(fs::FileTimes::new().set_modified(old))
        .unwrap();
    assert!(world.open("1").unwrap().begun().is_none());
}

#[test]
fn a_clock_that_went_back_makes_none_old() {
    let world = World::new();
    world.begun();
    let file = File::options().write(true).open(world.file()).unwrap();
    let later = SystemTime::now() + EXPIRY * 2;
    file.set_times(fs::FileTimes::new().set_modified(later))
        .unwrap();
    assert!(world.open("1").unwrap().begun().is_some());
}
