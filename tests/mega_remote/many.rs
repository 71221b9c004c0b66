//! Many small files: what they cost is requests, and those are counted.

use std::sync::Arc;
use std::time::Duration;

use megarc::engine::{Options, Root, Run, copy};
use megarc::remote::memory::Memory;
use megarc::remote::{Location, Remote};
use megarc::sandbox;

use super::support::{World, content, path, world_on};

const FILES: u32 = 300;

/// About a fifth of them opens the tree and makes the folders. Without
/// addresses that are asked for ahead it would be 28; file by file, 600.
const MOST_UP: u64 = 25;
const MOST_DOWN: u64 = 15;

fn root(remote: &Arc<dyn Remote>, at: &str) -> Location {
    Location {
        remote: Arc::clone(remote),
        path: path(at),
    }
}

async fn copy_all(src: &Location, dst: &Location) {
    let run = Run::new(Options::default());
    copy::copy(&run, &Root::dir(src.clone()), dst)
        .await
        .unwrap();
}

/// Answers that take their time, as those of servers far away do: what is
/// asked meanwhile must leave together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_about_small_files_share_requests() {
    let far = sandbox::Options {
        latency: Duration::from_millis(50),
        ..sandbox::Options::default()
    };
    let World { sandbox, remote } = world_on(far, |_| {}).await;
    let disk = Memory::default();
    let bytes = content(10 << 10, 1);
    for n in 0..FILES {
        let at = path(&format!("src/d{}/{n}", n % 10));
        disk.put(&at, bytes.clone(), None).unwrap();
    }
    let (disk, cloud): (Arc<dyn Remote>, Arc<dyn Remote>) = (Arc::new(disk), Arc::new(remote));

    let before = sandbox.stats().requests;
    copy_all(&root(&disk, "src"), &root(&cloud, "up")).await;
    let up = sandbox.stats().requests - before;
    copy_all(&root(&cloud, "up"), &root(&disk, "back")).await;
    let down = sandbox.stats().requests - before - up;

    for n in [0, FILES - 1] {
        let file = disk.stat(&path(&format!("back/d{}/{n}", n % 10))).await;
        assert_eq!(file.unwrap().size, Some(10 << 10));
    }
    let stats = sandbox.stats();
    assert_eq!(stats.commands["u"], u64::from(FILES));
    assert_eq!(stats.refusals, Vec::<String>::new());
    assert!(up <= MOST_UP, "{up} requests up");
    assert!(down <= MOST_DOWN, "{down} requests down");
}
