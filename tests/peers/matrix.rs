//! {megarc, rclone, megatools} writing × {the same} listing and reading.

use std::path::Path;
use std::thread;

use super::client::{Client, clients};
use super::files::{self, SIZES};
use super::world::World;

/// A fault of a peer that we know and cannot mend from here.
struct Known {
    /// Who cannot …
    client: Client,
    does: Does,
    /// … this file.
    concerns: fn(path: &str, size: u64) -> bool,
    why: &'static str,
}

/// What a client cannot do with a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Write,
    /// Read what this client wrote.
    Read(Client),
}

const KNOWN: &[Known] = &[
    Known {
        client: Client::Megatools,
        does: Does::Write,
        concerns: |_, size| size == 0,
        why: "sends no piece for an empty file, so that the server never gives a token",
    },
    Known {
        client: Client::Megatools,
        does: Does::Read(Client::Rclone),
        concerns: |_, size| size == 0,
        why: "checks the MAC of an empty file, where rclone writes one of its own making",
    },
];

fn excepted(client: Client, does: Does, path: &str, size: u64) -> bool {
    let fault = KNOWN
        .iter()
        .find(|known| known.client == client && known.does == does && (known.concerns)(path, size));
    if let Some(known) = fault {
        eprintln!("known fault of {}, {path:?}: {}", client.name(), known.why);
    }
    fault.is_some()
}

/// Lets every client write `source`, and every client list and read the result.
fn cross(world: &World, source: &Path) {
    let clients = clients();
    let wrong: Vec<String> = thread::scope(|scope| {
        let writers: Vec<_> = clients
            .iter()
            .map(|writer| scope.spawn(|| write_and_read(world, source, *writer, &clients)))
            .collect();
        writers
            .into_iter()
            .flat_map(|writer| writer.join().unwrap())
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What went wrong when `writer` wrote and all `readers` listed and read.
fn write_and_read(world: &World, source: &Path, writer: Client, readers: &[Client]) -> Vec<String> {
    let remote = format!("from-{}", writer.name());
    let writable = world.new_folder(&format!("{remote}-source"));
    for (path, (size, _)) in files::read(source) {
        if !excepted(writer, Does::Write, &path, size) {
            files::link(source, &path, &writable);
        }
    }
    let written = files::read(&writable);
    writer.upload(world, &writable, &remote);
    let mut wrong = Vec::new();
    for reader in readers {
        let pair = format!("{} reading what {} wrote", reader.name(), writer.name());
        let listed = reader.list(world, &remote);
        let sizes = written
            .iter()
            .map(|(path, (size, _))| (path.clone(), *size))
            .collect();
        if listed != sizes {
            wrong.push(format!("{pair}: listed {listed:?}"));
        }
        let (mut readable, mut faults) = (written.clone(), Vec::new());
        readable.retain(|path, (size, _)| {
            let fault = excepted(*reader, Does::Read(writer), path, *size);
            faults.extend(fault.then(|| path.clone()));
            !fault
        });
        let target = world.folder(&format!("{}-{}", writer.name(), reader.name()));
        let content = reader.download(world, &remote, &target);
        let mut found = files::read(&target);
        found.retain(|path, _| !faults.contains(path));
        let differences = files::differences(&readable, &found);
        if !differences.is_empty() {
            wrong.push(format!("{pair}:\n  {}", differences.join("\n  ")));
        }
        if let Err(why) = content
            && faults.is_empty()
        {
            wrong.push(format!("{pair}: {why}"));
        }
        // three copies of the largest files need not lie about
        let _ = std::fs::remove_dir_all(&target);
    }
    wrong
}

#[test]
fn sizes() {
    let world = World::new();
    let source = world.new_folder("source");
    for size in SIZES {
        files::write(&source, &format!("size-{size:09}.bin"), size);
    }
    cross(&world, &source);
}

#[test]
fn names() {
    let world = World::new();
    let source = world.new_folder("source");
    let long = format!("{}.txt", "long ".repeat(41));
    let names = [
        "with spaces in it.txt",
        " leading and trailing ",
        "Gr\u{fc}\u{df}e composed.txt",
        "Gru\u{308}\u{df}e decomposed.txt",
        "日本語.txt",
        "emoji \u{1F511}.txt",
        "'single' \"double\" `back`.txt",
        "back\\slash.txt",
        ".hidden",
        "...three dots",
        "percent %2f %s.txt",
        "#hash & ampersand?.txt",
        "-dash",
        "colon: here.txt",
        "star * and {braces} [brackets].txt",
        long.as_str(),
        "folder with spaces/.hidden folder/\u{fc}.txt",
    ];
    for (number, name) in names.iter().enumerate() {
        files::write(&source, name, 10 + number);
    }
    cross(&world, &source);
}

#[test]
fn many_files_in_many_folders() {
    let world = World::new();
    let source = world.new_folder("source");
    for number in 0..300 {
        let folder = number % 40;
        let parent = if folder < 10 {
            String::new()
        } else {
            format!("folder-{:02}/", folder % 10)
        };
        files::write(
            &source,
            &format!("{parent}folder-{folder:02}/file-{number:03}.txt"),
            100 + number,
        );
    }
    cross(&world, &source);
}
