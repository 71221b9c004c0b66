//! Stored files compared with content at hand: nothing may be downloaded.

use std::sync::Arc;

use megarc::mega::NodeHandle;
use megarc::mega::crypto::fingerprint::{Fingerprint, windows};
use megarc::remote::{
    Candidate, Content, Depth, Entry, ErrorKind, Likeness, ReadAt, Remote, RemoteError, Result,
};

use super::support::{Memory, World, content, kind, path, random, streamed, world};

const EQUAL: Likeness = Likeness::Equal("MACs of the contents are the same");
const OTHER_MAC: Likeness = Likeness::Different("MACs of the contents differ");
const SAME_SAMPLE: Likeness = Likeness::Equal("fingerprints are the same");
const OTHER_SAMPLE: Likeness = Likeness::Different("fingerprints differ");
const OTHER_SIZE: Likeness = Likeness::Different("sizes differ");

impl World {
    async fn compare(&self, file: &Entry, with: Content, depth: Depth) -> Result<Likeness> {
        let with = Candidate::new(None, with);
        self.remote.likeness(file, with, depth).await
    }

    async fn set(&self, file: &Entry, attribute: &str, value: Option<&str>) {
        let handle = NodeHandle::parse(file.id.as_ref().unwrap().as_str()).unwrap();
        let client = self.remote.client();
        client
            .set_attribute(handle, attribute, value)
            .await
            .unwrap();
    }

    /// Nothing that was asked made the server give content out.
    fn nothing_came_down(&self) {
        assert_eq!(self.commands("g"), 0);
        assert_eq!(self.sandbox.stats().bytes_down, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn equal_contents_are_equal_and_one_byte_makes_them_differ() {
    let world = world().await;
    // Both sides of chunk ends and of the sizes that need several pieces.
    for size in [1, 16, 17, 8_193, 131_072, 131_073, 4_718_592, 9_000_001] {
        let bytes = content(size, 3);
        let file = world.put(&format!("f{size}"), &bytes).await;
        for same in [random(&bytes), streamed(&bytes)] {
            let found = world.compare(&file, same, Depth::Whole).await.unwrap();
            assert_eq!(found, EQUAL, "{size}");
        }
        for at in [0, size / 2, size - 1] {
            let mut other = bytes.clone();
            other[at] ^= 0x10;
            let found = world.compare(&file, random(&other), Depth::Whole).await;
            assert_eq!(found.unwrap(), OTHER_MAC, "{size} at {at}");
            let found = world.compare(&file, streamed(&other), Depth::Whole).await;
            assert_eq!(found.unwrap(), OTHER_MAC, "{size} at {at}");
        }
    }
    world.nothing_came_down();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_length_is_another_content() {
    let world = world().await;
    let bytes = content(300_000, 4);
    let file = world.put("f", &bytes).await;
    let empty = world.put("empty", b"").await;
    for depth in [Depth::Sample, Depth::Whole] {
        for length in [0, 299_999, 300_001] {
            let other = content(length, 4);
            for other in [random(&other), streamed(&other)] {
                let found = world.compare(&file, other, depth).await.unwrap();
                assert_eq!(found, OTHER_SIZE, "{length}");
            }
        }
        let found = world.compare(&empty, random(b"x"), depth).await.unwrap();
        assert_eq!(found, OTHER_SIZE);
        let found = world.compare(&empty, random(b""), depth).await.unwrap();
        assert!(found.is_equal(), "{found:?}");
    }
    // A stream that is not as long as it was said to be is no answer at all.
    let short = Candidate::new(Some(300_000), streamed(&bytes[1..]));
    let found = world.remote.likeness(&file, short, Depth::Whole).await;
    assert_eq!(kind(found), ErrorKind::Changed);
    world.nothing_came_down();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sample_sees_what_the_fingerprint_looks_at() {
    let world = world().await;
    let bytes = content(1_000_000, 5);
    let file = world.put("f", &bytes).await;
    let found = world.compare(&file, random(&bytes), Depth::Sample).await;
    assert_eq!(found.unwrap(), SAME_SAMPLE);
    let (seen, length) = windows(1_000_000)[64];
    let mut other = bytes.clone();
    other[usize::try_from(seen).unwrap()] ^= 1;
    let found = world.compare(&file, random(&other), Depth::Sample).await;
    assert_eq!(found.unwrap(), OTHER_SAMPLE);
    let mut unseen = bytes.clone();
    unseen[usize::try_from(seen).unwrap() + length] ^= 1;
    let found = world.compare(&file, random(&unseen), Depth::Sample).await;
    assert_eq!(found.unwrap(), SAME_SAMPLE);
    // What is read whole anyway is compared whole.
    let found = world.compare(&file, streamed(&unseen), Depth::Sample).await;
    assert_eq!(found.unwrap(), OTHER_MAC);
    // As rclone and megatools upload: then only the MAC is left to ask.
    world.set(&file, "c", None).await;
    let found = world.compare(&file, random(&unseen), Depth::Sample).await;
    assert_eq!(found.unwrap(), OTHER_MAC);
    let found = world.compare(&file, random(&bytes), Depth::Sample).await;
    assert_eq!(found.unwrap(), EQUAL);
    world.nothing_came_down();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fingerprint_of_old_official_clients_is_one_too() {
    let world = world().await;
    // From this size on the two forms differ.
    let bytes = content(33_818_705, 6);
    let file = world.put("f", &bytes).await;
    let memory = Memory(bytes.clone());
    let read = |offset: u64, buffer: &mut [u8]| memory.read_exact_at(buffer, offset);
    let today = Fingerprint::from_reader(33_818_705, 0, read).unwrap();
    let old = Fingerprint::from_reader_legacy32(33_818_705, 0, read).unwrap();
    assert!(!today.same_content(&old));
    world.set(&file, "c", Some(&old.encode())).await;
    let found = world.compare(&file, random(&bytes), Depth::Sample).await;
    assert_eq!(found.unwrap(), SAME_SAMPLE);
    // The MAC does not care what the attribute says.
    let wrong = Fingerprint {
        crc: [7; 16],
        mtime: 0,
    };
    world.set(&file, "c", Some(&wrong.encode())).await;
    let found = world.compare(&file, random(&bytes), Depth::Sample).await;
    assert_eq!(found.unwrap(), OTHER_SAMPLE);
    let found = world.compare(&file, random(&bytes), Depth::Whole).await;
    assert_eq!(found.unwrap(), EQUAL);
    world.nothing_came_down();
}

/// A file that is another one by the time it was read.
struct Restless(Memory);

impl ReadAt for Restless {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
        self.0.read_exact_at(buffer, offset)
    }

    fn check_unchanged(&self) -> Result<()> {
        Err(RemoteError::new(ErrorKind::Changed, "reading", "restless"))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_changes_is_no_answer() {
    let world = world().await;
    let bytes = content(200_000, 7);
    let file = world.put("f", &bytes).await;
    for depth in [Depth::Sample, Depth::Whole] {
        let source = Content::Random(Arc::new(Restless(Memory(bytes.clone()))));
        let found = world.compare(&file, source, depth).await;
        assert_eq!(kind(found), ErrorKind::Changed);
    }
    let gone = Entry::file(path("none"), Some(1));
    let found = world.compare(&gone, random(b"x"), Depth::Whole).await;
    assert_eq!(kind(found), ErrorKind::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_link_shows_can_be_compared_too() {
    let world = world().await;
    let bytes = content(300_000, 8);
    let file = world.put("f", &bytes).await;
    let link = world.remote.link(&file, &Default::default()).await.unwrap();
    let link = megarc::mega::links::read_link(&link, None).unwrap();
    let client = world.remote.client().open_link(&link).unwrap();
    let shown = megarc::remote::mega::Mega::new(client, Default::default());
    let file = shown.stat(&path("f")).await.unwrap();
    let with = || Candidate::new(None, random(&bytes));
    for depth in [Depth::Sample, Depth::Whole] {
        let found = shown.likeness(&file, with(), depth).await.unwrap();
        assert!(found.is_equal(), "{found:?}");
    }
    assert_eq!(world.sandbox.stats().bytes_down, 0);
}
