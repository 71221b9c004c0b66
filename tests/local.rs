//! What only a disk has: links, odd files, names of any bytes, partial files.
#![cfg(unix)]
#![allow(clippy::unwrap_used, missing_docs)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use megarc::remote::encoding::Encoding;
use megarc::remote::local::{Links, Local, LocalOptions};
use megarc::remote::{
    Content, Entry, ErrorKind, NewFile, Partial, Remote, RemoteError, RemotePath, Result,
};

struct Disk {
    dir: tempfile::TempDir,
}

impl Disk {
    fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn os(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    fn path(&self, below: &str) -> RemotePath {
        Local::default().locate(below, self.dir.path()).unwrap()
    }

    fn write(&self, below: &str, content: &str) {
        fs::create_dir_all(self.os(below).parent().unwrap()).unwrap();
        fs::write(self.os(below), content).unwrap();
    }

    async fn list(&self, links: Links) -> Vec<String> {
        let local = Local::new(LocalOptions {
            links,
            ..LocalOptions::default()
        });
        let entries = local.list(&Entry::dir(self.path(""))).await.unwrap();
        let mut names: Vec<String> = entries
            .iter()
            .map(|e| format!("{}{}", e.name(), if e.is_dir() { "/" } else { "" }))
            .collect();
        names.sort();
        names
    }

    /// Names on the disk, hidden from no rule.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.dir.path())
            .unwrap()
            .map(|item| item.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

fn file(content: &'static str) -> NewFile {
    let pieces: [Result<Bytes>; 1] = [Ok(Bytes::from_static(content.as_bytes()))];
    NewFile::new(
        Some(content.len() as u64),
        Content::Stream(stream::iter(pieces).boxed()),
    )
}

async fn read(entry: &Entry) -> Result<Vec<u8>> {
    let mut stream = Local::default().read(entry, None).await?;
    let mut content = Vec::new();
    while let Some(piece) = stream.next().await {
        content.extend_from_slice(&piece?);
    }
    Ok(content)
}

#[tokio::test]
async fn links_in_a_listing_are_left_out_or_followed() {
    let disk = Disk::new();
    disk.write("file", "x");
    disk.write("dir/inner", "x");
    symlink(disk.os("file"), disk.os("to-file")).unwrap();
    symlink(disk.os("dir"), disk.os("to-dir")).unwrap();
    symlink("nowhere", disk.os("broken")).unwrap();
    symlink("circle", disk.os("circle")).unwrap();
    for links in [Links::Skip, Links::SkipQuietly] {
        assert_eq!(disk.list(links).await, ["dir/", "file"]);
    }
    assert_eq!(
        disk.list(Links::Follow).await,
        ["dir/", "file", "to-dir/", "to-file"]
    );
    // One that is named is followed all the same.
    let named = Local::default().stat(&disk.path("to-file")).await.unwrap();
    assert_eq!(named.size, Some(1));
    let inner = Local::default().stat(&disk.path("to-dir/inner")).await;
    assert!(inner.is_ok());
}

#[tokio::test]
async fn pipes_are_no_files_and_hang_nobody() {
    let disk = Disk::new();
    rustix::fs::mkfifoat(
        rustix::fs::CWD,
        disk.os("pipe"),
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
    )
    .unwrap();
    assert!(disk.list(Links::Skip).await.is_empty());
    let pipe = Local::default().stat(&disk.path("pipe")).await;
    assert_eq!(pipe.unwrap_err().kind, ErrorKind::Unsupported);
    let pipe = read(&Entry::file(disk.path("pipe"), None)).await;
    assert_eq!(pipe.unwrap_err().kind, ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_link_at_the_destination_is_replaced_and_not_written_through() {
    for partial in [Partial::default(), Partial::InPlace] {
        let disk = Disk::new();
        disk.write("precious", "keep me");
        symlink(disk.os("precious"), disk.os("f")).unwrap();
        let mut new = file("new");
        new.partial = partial.clone();
        let to = disk.path("f").into();
        Local::default().write(&to, new).await.unwrap();
        assert_eq!(fs::read_to_string(disk.os("precious")).unwrap(), "keep me");
        assert_eq!(fs::read_to_string(disk.os("f")).unwrap(), "new");
        assert!(!fs::symlink_metadata(disk.os("f")).unwrap().is_symlink());
    }
}

#[tokio::test]
async fn purging_a_link_spares_what_it_points_to() {
    let disk = Disk::new();
    disk.write("real/precious", "keep me");
    disk.write("tree/x", "x");
    symlink(disk.os("real"), disk.os("tree/link")).unwrap();
    let dir = Entry::dir(disk.path("tree"));
    Local::default().purge(&dir).await.unwrap();
    assert_eq!(disk.names(), ["real"]);
    assert!(disk.os("real/precious").exists());
    let root = Entry::dir(RemotePath::root());
    let refused = Local::default().purge(&root).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Invalid);
}

#[tokio::test]
async fn an_unfinished_file_stands_beside_its_name() {
    let disk = Disk::new();
    disk.write("f", "old");
    let (pieces, received) = tokio::sync::mpsc::channel::<Result<Bytes>>(1);
    let content = stream::unfold(received, |mut received| async {
        Some((received.recv().await?, received))
    });
    let to = disk.path("f").into();
    let write = tokio::spawn(async move {
        let new = NewFile::new(Some(3), Content::Stream(content.boxed()));
        Local::default().write(&to, new).await
    });
    pieces.send(Ok(Bytes::from_static(b"ne"))).await.unwrap();
    while disk.names().len() < 2 {
        tokio::task::yield_now().await;
    }
    let names = disk.names();
    assert_eq!(names[0], "f");
    let random = names[1].strip_prefix("f.").unwrap();
    let random = random.strip_suffix(".partial").unwrap();
    assert!(random.len() == 8 && random.chars().all(|c| c.is_ascii_hexdigit()));
    assert_eq!(fs::read_to_string(disk.os("f")).unwrap(), "old");
    pieces.send(Ok(Bytes::from_static(b"w"))).await.unwrap();
    drop(pieces);
    write.await.unwrap().unwrap();
    assert_eq!(disk.names(), ["f"]);
    assert_eq!(fs::read_to_string(disk.os("f")).unwrap(), "new");
}

#[tokio::test]
async fn the_longest_name_has_room_for_a_partial_one() {
    let disk = Disk::new();
    let name = "ä".repeat(127);
    let to = disk.path(&name).into();
    Local::default().write(&to, file("x")).await.unwrap();
    assert_eq!(disk.names(), [name]);
}

#[tokio::test]
async fn in_place_writes_leave_nothing_half() {
    let disk = Disk::new();
    disk.write("f", "old");
    let broken: Vec<Result<Bytes>> = vec![
        Ok(Bytes::from_static(b"ne")),
        Err(RemoteError::new(ErrorKind::Network, "reading", "source")),
    ];
    let mut new = NewFile::new(Some(3), Content::Stream(stream::iter(broken).boxed()));
    new.partial = Partial::InPlace;
    let failed = Local::default().write(&disk.path("f").into(), new).await;
    assert_eq!(failed.unwrap_err().kind, ErrorKind::Network);
    assert!(disk.names().is_empty());
}

#[tokio::test]
async fn a_directory_in_the_way_is_not_replaced() {
    let disk = Disk::new();
    disk.write("f/inner", "x");
    for partial in [Partial::default(), Partial::InPlace] {
        let mut new = file("new");
        new.partial = partial;
        let refused = Local::default().write(&disk.path("f").into(), new).await;
        assert_eq!(refused.unwrap_err().kind, ErrorKind::IsDir);
    }
    assert_eq!(disk.names(), ["f"]);
    let root = RemotePath::root().into();
    let refused = Local::default().write(&root, file("x")).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::IsDir);
}

#[tokio::test]
async fn names_of_any_bytes_are_listed_and_read() {
    let disk = Disk::new();
    let raw = OsStr::from_bytes(b"bad\xff\n\x7f");
    fs::write(disk.dir.path().join(raw), "content").unwrap();
    assert_eq!(disk.list(Links::Skip).await, ["bad‛FF␊␡"]);
    let entry = Entry::file(disk.path("bad‛FF␊␡"), None);
    assert_eq!(read(&entry).await.unwrap(), b"content");
    let to = disk.path("other‛FE").into();
    Local::default().write(&to, file("x")).await.unwrap();
    let written = disk.dir.path().join(OsStr::from_bytes(b"other\xfe"));
    assert!(written.exists());
}

#[tokio::test]
async fn a_loose_encoding_does_not_open_the_way_out() {
    let disk = Disk::new();
    disk.write("inner/x", "x");
    let local = Local::new(LocalOptions {
        encoding: Encoding::NONE,
        ..LocalOptions::default()
    });
    for name in ["．．", "a／b", "．．／evil"] {
        let to = disk.path("inner").child(name).unwrap().into();
        let refused = local.write(&to, file("evil")).await;
        assert_eq!(refused.unwrap_err().kind, ErrorKind::Invalid, "{name}");
    }
    assert_eq!(disk.names(), ["inner"]);
}

#[tokio::test]
async fn a_source_that_changes_is_noticed() {
    let disk = Disk::new();
    // Much bigger than what is read ahead.
    let big = "x".repeat(8 << 20);
    for (change, words) in [
        ("grow", "size changed from 8388608 to 8388609"),
        ("shrink", "size changed from 8388608 to 10"),
        ("touch", "mod time changed"),
    ] {
        disk.write("f", &big);
        let entry = Entry::file(disk.path("f"), None);
        let local = Local::default();
        let random = local.open_random(&entry).await.unwrap().unwrap();
        let mut stream = local.read(&entry, None).await.unwrap();
        assert_eq!(stream.next().await.unwrap().unwrap().len(), 1 << 20);
        let open = fs::OpenOptions::new().append(true).open(disk.os("f"));
        let open = open.unwrap();
        match change {
            "grow" => open.set_len(big.len() as u64 + 1).unwrap(),
            "shrink" => open.set_len(10).unwrap(),
            _ => {
                let then = std::time::SystemTime::UNIX_EPOCH;
                open.set_times(fs::FileTimes::new().set_modified(then))
                    .unwrap();
            }
        }
        let mut error = None;
        while let Some(piece) = stream.next().await {
            error = error.or(piece.err());
        }
        for error in [error.unwrap(), random.check_unchanged().unwrap_err()] {
            assert_eq!(error.kind, ErrorKind::Changed, "{change}");
            assert!(error.to_string().contains(words), "{change}: {error}");
        }
    }
}

#[tokio::test]
async fn a_source_that_may_change_is_read_as_long_as_it_was() {
    let disk = Disk::new();
    let big = "x".repeat(8 << 20);
    disk.write("f", &big);
    let entry = Entry::file(disk.path("f"), None);
    let local = Local::new(LocalOptions {
        no_check_updated: true,
        ..LocalOptions::default()
    });
    let random = local.open_random(&entry).await.unwrap().unwrap();
    let mut stream = local.read(&entry, None).await.unwrap();
    let mut length = stream.next().await.unwrap().unwrap().len();
    let open = fs::OpenOptions::new().append(true).open(disk.os("f"));
    open.unwrap().set_len(big.len() as u64 + 1).unwrap();
    while let Some(piece) = stream.next().await {
        length += piece.unwrap().len();
    }
    assert_eq!(length, big.len());
    assert_eq!(random.size(), big.len() as u64);
    random.check_unchanged().unwrap();
}

#[tokio::test]
async fn space_is_that_of_the_disk_below_a_folder_that_stands() {
    let disk = Disk::new();
    let about = Local::default().about(&disk.path("")).await.unwrap();
    assert!(about.total > Some(0) && about.free.is_some(), "{about:?}");
    let missing = Local::default().about(&disk.path("not/there")).await;
    assert_eq!(missing.unwrap_err().kind, ErrorKind::DirNotFound);
}

#[tokio::test]
async fn a_folder_that_may_not_be_read_says_so() {
    let disk = Disk::new();
    disk.write("d/x", "x");
    fs::set_permissions(disk.os("d"), fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser may read everything.
    if fs::read_dir(disk.os("d")).is_err() {
        let listed = Local::default().list(&Entry::dir(disk.path("d"))).await;
        assert_eq!(listed.unwrap_err().kind, ErrorKind::PermissionDenied);
    }
    fs::set_permissions(disk.os("d"), fs::Permissions::from_mode(0o700)).unwrap();
    assert!(Path::new(&disk.os("d/x")).exists());
}
