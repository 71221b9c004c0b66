//! The clauses. Each takes a fresh place in a remote, empty but for nothing,
//! and works below it only.

use std::any::Any;
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use megarc::remote::{
    Content, Destination, Entry, EntryKind, ErrorKind, Location, NewFile, ReadAt, Remote,
    RemoteError, RemotePath, Result, Span,
};

use super::counter::Counter;
pub use super::likeness::contents_are_compared_where_that_is_promised;

/// A place to work in, and what keeps it alive.
pub struct Place {
    at: Location,
    _keep: Box<dyn Any + Send + Sync>,
}

impl Place {
    pub fn new(at: Location, keep: impl Any + Send + Sync) -> Self {
        Self {
            at,
            _keep: Box::new(keep),
        }
    }

    pub fn remote(&self) -> &dyn Remote {
        &*self.at.remote
    }

    fn path(&self, below: &str) -> RemotePath {
        self.at.path.join(&RemotePath::parse(below).unwrap())
    }

    fn dir(&self, below: &str) -> Entry {
        Entry::dir(self.path(below))
    }

    pub async fn put(&self, below: &str, content: &[u8]) -> Entry {
        let mut file = new_file(content);
        file.modified = Some(time(1_600_000_000));
        self.remote()
            .write(&self.path(below).into(), file)
            .await
            .unwrap()
    }

    async fn get(&self, file: &Entry) -> Vec<u8> {
        read(self.remote(), file, None).await.unwrap()
    }

    /// The names in a directory, directories with a `/` behind.
    async fn names(&self, below: &str) -> Vec<String> {
        let entries = self.remote().list(&self.dir(below)).await.unwrap();
        let mut names: Vec<String> = entries
            .iter()
            .map(|e| format!("{}{}", e.name(), if e.is_dir() { "/" } else { "" }))
            .collect();
        names.sort();
        names
    }

    async fn kind_of_stat(&self, below: &str) -> Option<ErrorKind> {
        let found = self.remote().stat(&self.path(below)).await;
        found.err().map(|e| e.kind)
    }
}

pub fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

pub fn pieces(content: &[u8]) -> Content {
    let pieces: Vec<Result<Bytes>> = content
        .chunks(70_000)
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    Content::Stream(stream::iter(pieces).boxed())
}

fn new_file(content: &[u8]) -> NewFile {
    NewFile::new(Some(content.len() as u64), pieces(content))
}

pub fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 31 + i / 251) as u8).collect()
}

async fn read(remote: &dyn Remote, file: &Entry, span: Option<Span>) -> Result<Vec<u8>> {
    let mut stream = remote.read(file, span).await?;
    let mut content = Vec::new();
    while let Some(piece) = stream.next().await {
        content.extend_from_slice(&piece?);
    }
    Ok(content)
}

struct InMemory {
    content: Vec<u8>,
    changed: bool,
}

impl ReadAt for InMemory {
    fn size(&self) -> u64 {
        self.content.len() as u64
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        let piece = self
            .content
            .get(start..start + buffer.len())
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(piece);
        Ok(())
    }

    fn check_unchanged(&self) -> Result<()> {
        if self.changed {
            return Err(RemoteError::new(ErrorKind::Changed, "reading", "source"));
        }
        Ok(())
    }
}

const SIZES: [usize; 9] = [0, 1, 15, 16, 17, 131_072, 131_073, 1_048_576, 3_145_731];

pub async fn whole_files_come_back(place: Place) {
    for size in SIZES {
        let content = pattern(size);
        let name = format!("dir/f{size}");
        let written = place.put(&name, &content).await;
        assert_eq!(written.path, place.path(&name));
        assert_eq!(written.kind, EntryKind::File);
        assert_eq!(written.size, Some(size as u64));
        let found = place.remote().stat(&place.path(&name)).await.unwrap();
        assert_eq!(found.size, Some(size as u64));
        assert!(place.get(&found).await == content, "{size}");
    }
    assert_eq!(place.names("dir").await.len(), SIZES.len());
}

pub async fn random_sources_and_unknown_sizes_are_taken(place: Place) {
    for size in SIZES {
        let content = pattern(size);
        let source = Arc::new(InMemory {
            content: content.clone(),
            changed: false,
        });
        let counter = Arc::new(Counter::default());
        let mut file = NewFile::new(Some(size as u64), Content::Random(source));
        file.meter = Some(counter.clone());
        let to = place.path("random").into();
        let written = place.remote().write(&to, file).await.unwrap();
        assert!(place.get(&written).await == content, "{size}");
        assert_eq!(counter.bytes(), size as u64);
        place.remote().remove(&written).await.unwrap();

        let counter = Arc::new(Counter::default());
        let mut file = NewFile::new(None, pieces(&content));
        file.meter = Some(counter.clone());
        let to = place.path("unknown").into();
        let written = place.remote().write(&to, file).await.unwrap();
        assert!(place.get(&written).await == content, "{size}");
        assert_eq!(counter.bytes(), size as u64);
        place.remote().remove(&written).await.unwrap();
    }
}

pub async fn parts_of_files(place: Place) {
    let content = pattern(300_000);
    let file = place.put("f", &content).await;
    for (offset, length) in [
        (0, Some(0)),
        (0, Some(1)),
        (0, None),
        (1, Some(16)),
        (131_071, Some(2)),
        (131_072, Some(131_072)),
        (299_999, None),
        (299_999, Some(10)),
        (300_000, None),
        (400_000, Some(5)),
    ] {
        let span = Span { offset, length };
        let got = read(place.remote(), &file, Some(span)).await.unwrap();
        let start = usize::try_from(offset).unwrap().min(content.len());
        let end = length.map_or(content.len(), |n| {
            (start + usize::try_from(n).unwrap()).min(content.len())
        });
        assert!(got == content[start..end], "{span:?}");
    }
    if let Some(random) = place.remote().open_random(&file).await.unwrap() {
        assert_eq!(random.size(), 300_000);
        let mut buffer = [0; 100];
        random.read_exact_at(&mut buffer, 131_000).unwrap();
        assert_eq!(buffer[..], content[131_000..131_100]);
        assert!(random.read_exact_at(&mut buffer, 299_950).is_err());
        random.check_unchanged().unwrap();
    }
}

pub async fn listings_hold_everything_once(place: Place) {
    place.put("d/a", b"1").await;
    place.put("d/b", b"22").await;
    place.put("d/sub/deep/c", b"333").await;
    place
        .remote()
        .make_dir(&place.path("d/empty"))
        .await
        .unwrap();
    assert_eq!(place.names("d").await, ["a", "b", "empty/", "sub/"]);
    assert_eq!(place.names("d/sub").await, ["deep/"]);
    assert!(place.names("d/empty").await.is_empty());
    let entries = place.remote().list(&place.dir("d")).await.unwrap();
    for entry in &entries {
        assert_eq!(entry.path.parent(), Some(place.path("d")));
        if !entry.is_dir() {
            assert_eq!(place.get(entry).await.len() as u64, entry.size.unwrap());
            if place.remote().features().modified.is_some() {
                assert_eq!(entry.modified, Some(time(1_600_000_000)));
            }
        }
    }
    // A listed directory can be listed by its entry, id and all.
    let sub = entries.iter().find(|e| e.name() == "sub").unwrap();
    assert_eq!(place.remote().list(sub).await.unwrap().len(), 1);
}

pub async fn what_is_not_there_says_so(place: Place) {
    place.put("d/file", b"x").await;
    let kind = |e: RemoteError| e.kind;
    let remote = place.remote();
    assert_eq!(place.kind_of_stat("no").await, Some(ErrorKind::NotFound));
    assert_eq!(place.kind_of_stat("d/no").await, Some(ErrorKind::NotFound));
    assert_eq!(place.kind_of_stat("no/no").await, Some(ErrorKind::NotFound));
    assert_eq!(
        place.kind_of_stat("d/file/no").await,
        Some(ErrorKind::NotFound)
    );
    let list = remote.list(&place.dir("no")).await.map_err(kind);
    assert_eq!(list, Err(ErrorKind::DirNotFound));
    let list = remote.list(&place.dir("d/file")).await.map_err(kind);
    assert_eq!(list, Err(ErrorKind::IsFile));
    let missing = Entry::file(place.path("no"), None);
    let gone = read(remote, &missing, None).await.map_err(kind);
    assert_eq!(gone, Err(ErrorKind::NotFound));
    let gone = remote.remove(&missing).await.map_err(kind);
    assert_eq!(gone, Err(ErrorKind::NotFound));
    // On the local disk rclone has an ordinary error here, and its exit code.
    let gone = remote.remove(&place.dir("no")).await.map_err(kind);
    assert!(
        matches!(
            gone,
            Err(ErrorKind::DirNotFound | ErrorKind::NotFound | ErrorKind::Io)
        ),
        "{gone:?}"
    );
    let made = remote.make_dir(&place.path("d/file")).await.map_err(kind);
    assert_eq!(made.map(|_| ()), Err(ErrorKind::IsFile));
    let below = place.path("d/file/x").into();
    let written = remote.write(&below, new_file(b"x")).await.map_err(kind);
    assert_eq!(written.map(|_| ()), Err(ErrorKind::IsFile));
}

pub async fn a_file_is_replaced_in_one_step(place: Place) {
    let old = place.put("f", b"old content").await;
    let mut file = new_file(b"new");
    file.replace = Some(old);
    let to = place.path("f").into();
    let new = place.remote().write(&to, file).await.unwrap();
    assert_eq!(place.names("").await, ["f"]);
    let found = place.remote().stat(&place.path("f")).await.unwrap();
    assert_eq!((found.size, &found.id), (Some(3), &new.id));
    assert_eq!(place.get(&found).await, b"new");
}

pub async fn duplicates_only_where_they_are_promised(place: Place) {
    place.put("d/f", b"one").await;
    place.put("d/f", b"second").await;
    let entries = place.remote().list(&place.dir("d")).await.unwrap();
    if !place.remote().features().duplicate_names {
        assert_eq!(entries.len(), 1);
        assert_eq!(place.get(&entries[0]).await, b"second");
        return;
    }
    assert_eq!(entries.len(), 2);
    let ids: BTreeSet<_> = entries.iter().map(|e| e.id.clone().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    for entry in &entries {
        assert_eq!(place.get(entry).await.len() as u64, entry.size.unwrap());
    }
    // Only the one that was meant goes.
    let small = entries.iter().find(|e| e.size == Some(3)).unwrap();
    place.remote().remove(small).await.unwrap();
    let left = place.remote().list(&place.dir("d")).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(place.get(&left[0]).await, b"second");
}

pub async fn directories_are_made_with_their_parents_and_once(place: Place) {
    let remote = place.remote();
    let first = remote.make_dir(&place.path("a/b/c")).await.unwrap();
    assert!(first.is_dir());
    let again = remote.make_dir(&place.path("a/b/c")).await.unwrap();
    assert_eq!(first.id, again.id);
    assert_eq!(place.names("a/b").await, ["c/"]);
    assert_eq!(place.names("").await, ["a/"]);
}

pub async fn removing_takes_one_thing(place: Place) {
    let remote = place.remote();
    let file = place.put("d/sub/f", b"x").await;
    let sub = remote.stat(&place.path("d/sub")).await.unwrap();
    let full = remote.remove(&sub).await.map_err(|e| e.kind);
    assert_eq!(full, Err(ErrorKind::DirNotEmpty));
    assert_eq!(place.names("d/sub").await, ["f"]);
    remote.remove(&file).await.unwrap();
    remote.remove(&sub).await.unwrap();
    assert!(place.names("d").await.is_empty());
}

pub async fn purging_takes_everything_below(place: Place) {
    let remote = place.remote();
    place.put("d/a", b"x").await;
    place.put("d/sub/b", b"x").await;
    place.put("keep", b"x").await;
    let dir = remote.stat(&place.path("d")).await.unwrap();
    match remote.purge(&dir).await {
        Err(e) if e.kind == ErrorKind::Unsupported => {}
        done => {
            done.unwrap();
            assert_eq!(place.names("").await, ["keep"]);
        }
    }
}

pub async fn renaming_moves_and_replaces_nothing(place: Place) {
    let remote = place.remote();
    let features = remote.features();
    let file = place.put("a/f", b"content").await;
    place.put("b/taken", b"other").await;
    if features.server_move {
        let to = place.path("new/dir/g").into();
        let moved = remote.rename(&file, &to).await.unwrap();
        assert_eq!(moved.path, place.path("new/dir/g"));
        assert_eq!(moved.id, file.id);
        assert_eq!(place.get(&moved).await, b"content");
        if features.modified.is_some() {
            assert_eq!(moved.modified, Some(time(1_600_000_000)));
        }
        assert!(place.names("a").await.is_empty());
        let to = place.path("b/taken").into();
        if !features.duplicate_names {
            let refused = remote.rename(&moved, &to).await.map_err(|e| e.kind);
            assert_eq!(refused.map(|_| ()), Err(ErrorKind::AlreadyExists));
        }
        let taken = remote.stat(&place.path("b/taken")).await.unwrap();
        assert_eq!(place.get(&taken).await, b"other");
        place.put("over/old", b"old").await;
        let old = remote.stat(&place.path("over/old")).await.unwrap();
        let new = place.put("over/new", b"new").await;
        let to = old.path.clone().into();
        let moved = remote.rename_over(&new, &to, &old).await.unwrap();
        assert_eq!(place.get(&moved).await, b"new");
        assert_eq!(place.names("over").await, ["old"]);
    }
    if features.dir_move {
        let dir = remote.stat(&place.path("b")).await.unwrap();
        let to: Destination = place.path("c/d").into();
        remote.rename(&dir, &to).await.unwrap();
        assert_eq!(place.names("c/d").await, ["taken"]);
        assert_eq!(place.kind_of_stat("b").await, Some(ErrorKind::NotFound));
    }
}

pub async fn copying_leaves_both(place: Place) {
    let remote = place.remote();
    let file = place.put("a/f", b"content").await;
    if !remote.features().server_copy {
        let to = place.path("b/g").into();
        let refused = remote.copy(&file, &to, None).await.map_err(|e| e.kind);
        assert_eq!(refused.map(|_| ()), Err(ErrorKind::Unsupported));
        return;
    }
    let to = place.path("b/g").into();
    let copied = remote.copy(&file, &to, None).await.unwrap();
    assert_eq!(copied.path, place.path("b/g"));
    assert_eq!(place.get(&copied).await, b"content");
    assert_eq!(place.get(&file).await, b"content");
    assert_eq!(copied.modified, file.modified);
    let other = place.put("b/h", b"to be replaced").await;
    let to = place.path("b/h").into();
    remote.copy(&file, &to, Some(&other)).await.unwrap();
    assert_eq!(place.names("b").await, ["g", "h"]);
    let found = remote.stat(&place.path("b/h")).await.unwrap();
    assert_eq!(place.get(&found).await, b"content");
}

pub async fn times_are_kept_and_set(place: Place) {
    let remote = place.remote();
    let features = remote.features();
    let file = place.put("d/f", b"content").await;
    if features.modified.is_some() {
        assert_eq!(file.modified, Some(time(1_600_000_000)));
    }
    if features.set_modified {
        remote
            .set_modified(&file, time(1_234_567_890))
            .await
            .unwrap();
        let found = remote.stat(&file.path).await.unwrap();
        assert_eq!(found.modified, Some(time(1_234_567_890)));
        assert_eq!(place.get(&found).await, b"content");
    }
    if features.set_dir_modified {
        let dir = remote.stat(&place.path("d")).await.unwrap();
        remote
            .set_modified(&dir, time(1_234_567_890))
            .await
            .unwrap();
        let found = remote.stat(&dir.path).await.unwrap();
        assert_eq!(found.modified, Some(time(1_234_567_890)));
    }
}

pub async fn odd_names_survive(place: Place) {
    let long = "n".repeat(200);
    let names = [
        "a b",
        " lead",
        "trail ",
        "trail.",
        ".hidden",
        "-dash",
        "quo'te\"s",
        "ümläut",
        "u\u{308}",
        "日本語",
        "🔑",
        "a:b",
        "a*b?",
        "back\\slash",
        "per%20cent",
        "hash#",
        "new␊line",
        "sl／ash",
        "．．",
        "‛／",
        "‛‛",
        "tab␉",
        "␀",
        "[x]",
        "$HOME",
        "`x`",
        "a‛FFb",
        &long,
    ];
    for name in names {
        let path = place.path("odd").child(name).unwrap();
        let file = new_file(name.as_bytes());
        let written = place.remote().write(&path.clone().into(), file).await;
        assert_eq!(written.unwrap().path, path, "{name}");
    }
    let entries = place.remote().list(&place.dir("odd")).await.unwrap();
    let found: BTreeSet<&str> = entries.iter().map(Entry::name).collect();
    assert_eq!(found, names.into_iter().collect());
    for entry in &entries {
        assert_eq!(place.get(entry).await, entry.name().as_bytes());
        let again = place.remote().stat(&entry.path).await.unwrap();
        assert_eq!(again.id, entry.id);
    }
}

pub async fn a_wrong_length_leaves_nothing(place: Place) {
    place.put("d/keep", b"x").await;
    for announced in [4, 6, 0] {
        let file = NewFile::new(Some(announced), pieces(b"12345"));
        let to = place.path("d/f").into();
        let refused = place.remote().write(&to, file).await.map_err(|e| e.kind);
        assert_eq!(refused.map(|_| ()), Err(ErrorKind::Changed), "{announced}");
        assert_eq!(place.names("d").await, ["keep"]);
    }
    let source = Arc::new(InMemory {
        content: pattern(200_000),
        changed: true,
    });
    let file = NewFile::new(Some(200_000), Content::Random(source));
    let to = place.path("d/f").into();
    let refused = place.remote().write(&to, file).await.map_err(|e| e.kind);
    assert_eq!(refused.map(|_| ()), Err(ErrorKind::Changed));
    assert_eq!(place.names("d").await, ["keep"]);
}

pub async fn a_failing_source_leaves_nothing_and_says_why(place: Place) {
    let old = place.put("d/f", b"old").await;
    let broken: Vec<Result<Bytes>> = vec![
        Ok(Bytes::from_static(b"12345")),
        Err(RemoteError::new(ErrorKind::Corrupt, "reading", "source")),
    ];
    let mut file = NewFile::new(Some(10), Content::Stream(stream::iter(broken).boxed()));
    file.replace = Some(old);
    let to = place.path("d/f").into();
    let failed = place.remote().write(&to, file).await.map_err(|e| e.kind);
    assert_eq!(failed.map(|_| ()), Err(ErrorKind::Corrupt));
    assert_eq!(place.names("d").await, ["f"]);
    let found = place.remote().stat(&place.path("d/f")).await.unwrap();
    assert_eq!(place.get(&found).await, b"old");
}

pub async fn a_dropped_write_leaves_nothing(place: Place) {
    place.put("d/keep", b"x").await;
    let endless = stream::iter([Ok(Bytes::from_static(b"12345"))]).chain(stream::pending());
    let file = NewFile::new(Some(10), Content::Stream(endless.boxed()));
    let to = place.path("d/f").into();
    {
        let mut write = place.remote().write(&to, file);
        // Far enough to have begun, never far enough to end.
        for _ in 0..50 {
            assert!(futures_util::poll!(&mut write).is_pending());
            tokio::task::yield_now().await;
        }
    }
    let mut names = place.names("d").await;
    for _ in 0..10_000 {
        if names == ["keep"] {
            break;
        }
        tokio::task::yield_now().await;
        names = place.names("d").await;
    }
    assert_eq!(names, ["keep"]);
}

pub async fn many_at_once(place: Place) {
    let tasks = (0..16).map(|i| {
        let place = &place;
        async move {
            let name = format!("many/d{}/f{i}", i % 3);
            let content = pattern(1000 * i);
            let written = place.put(&name, &content).await;
            assert!(place.get(&written).await == content);
        }
    });
    futures_util::future::join_all(tasks).await;
    assert_eq!(place.names("many").await, ["d0/", "d1/", "d2/"]);
}

macro_rules! conformance {
    ($name:ident, $place:expr) => {
        mod $name {
            $crate::suite::clauses!($place;
                whole_files_come_back,
                random_sources_and_unknown_sizes_are_taken,
                parts_of_files,
                listings_hold_everything_once,
                what_is_not_there_says_so,
                a_file_is_replaced_in_one_step,
                duplicates_only_where_they_are_promised,
                directories_are_made_with_their_parents_and_once,
                removing_takes_one_thing,
                purging_takes_everything_below,
                renaming_moves_and_replaces_nothing,
                copying_leaves_both,
                times_are_kept_and_set,
                contents_are_compared_where_that_is_promised,
                odd_names_survive,
                a_wrong_length_leaves_nothing,
                a_failing_source_leaves_nothing_and_says_why,
                a_dropped_write_leaves_nothing,
                many_at_once,
            );
        }
    };
}

macro_rules! clauses {
    ($place:expr; $($clause:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $clause() {
                #[allow(unused_imports)]
                use super::*;
                suite::$clause($place).await;
            }
        )*
    };
}

pub(crate) use {clauses, conformance};
