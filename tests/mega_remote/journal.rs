//! What a journal must never allow: two contents under one key.

use std::io;
use std::sync::Arc;

use megarc::mega::upload::JournalStore;
use megarc::remote::{Content, ErrorKind, Identity, ReadAt, Remote, RemoteError, Result};

use super::support::{World, content, file, get, path, world_with};

const SIZE: usize = 12 << 20;

/// A source that claims to be the same whatever it holds, and fails from
/// `until` on, but not before the server has got something.
struct Sly {
    content: Vec<u8>,
    until: usize,
    world: Arc<World>,
}

impl ReadAt for Sly {
    fn size(&self) -> u64 {
        self.content.len() as u64
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        if start >= self.until {
            while self.world.sandbox.stats().bytes_up == 0 {
                std::thread::yield_now();
            }
            return Err(io::Error::other("the disk is gone"));
        }
        buffer.copy_from_slice(&self.content[start..start + buffer.len()]);
        Ok(())
    }

    fn check_unchanged(&self) -> Result<()> {
        Ok(())
    }

    fn identity(&self) -> Option<Identity> {
        Some(Identity {
            place: "a source".to_owned(),
            version: "1".to_owned(),
        })
    }
}

fn source(world: &Arc<World>, content: &[u8], until: usize) -> Content {
    Content::Random(Arc::new(Sly {
        content: content.to_vec(),
        until,
        world: Arc::clone(world),
    }))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_content_gets_another_key_whatever_the_source_says() {
    let dir = tempfile::tempdir().unwrap();
    let world = Arc::new(
        world_with(|options| {
            options.journals = Some(JournalStore::new(dir.path().join("uploads")));
        })
        .await,
    );
    let first = content(SIZE, 1);
    let mut second = first.clone();
    second[100] ^= 1;
    let write = async |content: Content| {
        let to = path("f").into();
        world.remote.write(&to, file(Some(SIZE), content)).await
    };
    let failed: RemoteError = write(source(&world, &first, 8 << 20)).await.unwrap_err();
    assert_eq!(failed.kind, ErrorKind::Io, "{failed}");
    let before = world.sandbox.stats().bytes_up;
    assert!(before > 0);
    // All of it is sent again, though most of it is the same.
    let entry = write(source(&world, &second, SIZE)).await.unwrap();
    assert!(world.sandbox.stats().bytes_up - before >= SIZE as u64);
    assert!(get(&world.remote, &entry, None).await.unwrap() == second);
    assert_eq!(world.sandbox.stats().refusals, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_content_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let world = Arc::new(
        world_with(|options| {
            options.journals = Some(JournalStore::new(dir.path().join("uploads")));
            options.upload_connections = 1;
        })
        .await,
    );
    let bytes = content(SIZE, 2);
    let write = async |content: Content| {
        let to = path("f").into();
        world.remote.write(&to, file(Some(SIZE), content)).await
    };
    write(source(&world, &bytes, 8 << 20)).await.unwrap_err();
    let before = world.sandbox.stats().bytes_up;
    let entry = write(source(&world, &bytes, SIZE)).await.unwrap();
    assert!(world.sandbox.stats().bytes_up - before < SIZE as u64);
    assert!(get(&world.remote, &entry, None).await.unwrap() == bytes);
    assert_eq!(world.commands("p"), 1);
}
