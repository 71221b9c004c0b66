//! An account that the sandbox has filled: the client reads all of it.

use std::collections::BTreeSet;

use megarc::mega::node::NodeKind;
use megarc::mega::tree::Tree;
use megarc::mega::{Client, NodeHandle};
use megarc::sandbox::Options;

use super::support::{World, world_on};

async fn seeded(count: u64) -> World {
    let options = Options {
        seed_nodes: count,
        ..Options::default()
    };
    world_on(options, |_| {}).await
}

fn all(tree: &Tree) -> BTreeSet<(String, NodeHandle, u64, i64)> {
    tree.nodes()
        .filter(|node| !node.kind().is_root())
        .map(|node| {
            let name = node.name().unwrap_or("?").to_owned();
            (name, node.handle(), node.size(), node.modified())
        })
        .collect()
}

async fn nodes(client: &Client) -> BTreeSet<(String, NodeHandle, u64, i64)> {
    all(&client.tree().await.unwrap().read())
}

#[tokio::test]
async fn a_filled_account_is_readable_whole_and_the_same_each_time() {
    let world = seeded(1000).await;
    assert_eq!(world.sandbox.check(), Vec::<String>::new());
    let client = world.remote.client();
    let found = nodes(client).await;
    assert_eq!(found.len(), 1000);
    {
        let tree = client.tree().await.unwrap();
        let tree = tree.read();
        assert_eq!(tree.unreadable(), 0);
        let cloud = tree.cloud().unwrap();
        assert_eq!(tree.subtree(cloud).len(), 1001, "all hang together");
        let folders = tree.nodes().filter(|node| node.kind() == NodeKind::Folder);
        assert_eq!(folders.count(), 50);
    }
    let again = seeded(1000).await;
    assert_eq!(nodes(again.remote.client()).await, found);
    let fewer = seeded(1).await;
    assert_eq!(nodes(fewer.remote.client()).await.len(), 1);
}

#[tokio::test]
async fn the_contents_of_a_filled_account_verify() {
    let world = seeded(80).await;
    let client = world.remote.client();
    let files: Vec<(NodeHandle, u64)> = {
        let tree = client.tree().await.unwrap();
        let tree = tree.read();
        let files = tree.nodes().filter(|node| node.kind() == NodeKind::File);
        files.map(|file| (file.handle(), file.size())).collect()
    };
    assert_eq!(files.len(), 76);
    for (file, size) in files {
        let download = client.file(file).await.unwrap();
        let mut stream = client.download(download);
        let mut got = 0;
        while let Some(bytes) = futures_util::StreamExt::next(&mut stream).await {
            got += bytes.unwrap().len() as u64;
        }
        assert_eq!(got, size);
    }
}
