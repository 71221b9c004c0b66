//! The tree kept between runs: never another one than a full fetch brings.

use std::fs;
use std::path::{Path, PathBuf};

use megarc::mega::crypto::seal::SealKey;
use megarc::mega::session::SessionStore;
use megarc::mega::tree::{NodeRef, TreeStore};
use megarc::mega::{Client, NodeHandle};
use megarc::remote::mega::{Mega, MegaOptions};
use megarc::remote::{Destination, Entry, EntryId, Remote, RemotePath};

use super::support::{EMAIL, World, content, file, options, random, world};

/// A client that keeps its tree in `dir`.
async fn client(world: &World, dir: &Path) -> Client {
    sandbox_client(world.sandbox.url(), dir, EMAIL, true).await
}

/// A client that fetches its tree.
async fn fetching(world: &World, dir: &Path) -> Client {
    sandbox_client(world.sandbox.url(), dir, EMAIL, false).await
}

/// A client of the account of `email` at `url` with its files in `dir`.
pub async fn sandbox_client(url: &str, dir: &Path, email: &str, keeps: bool) -> Client {
    let mut options = options(url);
    if let Some(credentials) = &mut options.credentials {
        email.clone_into(&mut credentials.email);
    }
    // One login for each home.
    let key = SealKey::from_bytes([1; 32]);
    options.store = Some(SessionStore::new(dir.join("sessions"), key));
    options.trees = keeps.then(|| TreeStore::new(dir.join("trees")));
    Client::connect(options).await.unwrap()
}

/// All there is to know about each node, children in their order.
pub async fn dump(client: &Client) -> Vec<String> {
    let tree = client.tree().await.unwrap();
    let tree = tree.read();
    let mut all: Vec<String> = tree
        .nodes()
        .map(|node| {
            let handle = node.handle();
            let links = tree.link(handle);
            let shares = tree.shares_above(handle);
            let key = node.key().map(|key| key.to_bytes().to_vec());
            let children: Vec<String> = tree.children(handle).map(|n| n.handle().to_string()).collect();
            let mut sorted = children.clone();
            sorted.sort();
            format!(
                "{handle} {:?} below {:?}: {:?} {} bytes, {} {:?} {key:?} {links:?} {shares:?} {sorted:?}",
                node.kind(),
                node.parent().map(NodeRef::handle),
                node.attributes(),
                node.size(),
                node.created(),
                node.fingerprint(),
            )
        })
        .collect();
    all.sort();
    all.push(format!(
        "{:?} {:?} {:?} {:?} {}",
        tree.cloud(),
        tree.vault(),
        tree.rubbish(),
        tree.incoming(),
        tree.len()
    ));
    all
}

/// The one kept tree.
pub fn kept(dir: &Path) -> PathBuf {
    let found: Vec<PathBuf> = fs::read_dir(dir.join("trees"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "tree"))
        .collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

/// Numbers that look random and are always the same.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit.max(1)
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        from.get(self.below(from.len())).copied()
    }
}

/// One thing that somebody does to the account; it may as well be refused.
async fn do_something(remote: &Mega, dice: &mut Dice) {
    let client = remote.client();
    let tree = client.tree().await.unwrap();
    let (nodes, folders, files) = {
        let tree = tree.read();
        // In the order of the tree: handles are others in each run.
        let roots = [tree.cloud(), tree.rubbish()].into_iter().flatten();
        let all: Vec<NodeRef<'_>> = roots.flat_map(|root| tree.subtree(root)).collect();
        let of = |wanted: &dyn Fn(&NodeRef<'_>) -> bool| -> Vec<NodeHandle> {
            all.iter()
                .filter(|node| wanted(node))
                .map(|node| node.handle())
                .collect()
        };
        (
            of(&|n| !n.kind().is_root()),
            of(&|n| n.kind().is_folder()),
            of(&|n| !n.kind().is_folder() && !n.is_version()),
        )
    };
    let cloud = tree.read().cloud().unwrap();
    let folder = dice.pick(&folders).unwrap_or(cloud);
    let node = dice.pick(&nodes);
    let name = format!("n{}", dice.below(9));
    let done = match (dice.below(14), node, dice.pick(&files)) {
        (0 | 1, ..) => client
            .create_folder(folder, &[&name, "below"])
            .await
            .map(drop),
        (2..=4, ..) => {
            let bytes = content(dice.below(300), 7);
            let to = Destination {
                parent: Some(EntryId::new(folder.as_str())),
                ..Destination::from(RemotePath::parse(&name).unwrap())
            };
            let _ = remote
                .write(&to, file(Some(bytes.len()), random(&bytes)))
                .await;
            Ok(())
        }
        (5, _, Some(old)) => {
            let (name, parent) = {
                let tree = tree.read();
                let node = tree.node(old).unwrap();
                (
                    node.name().unwrap().to_owned(),
                    node.parent().unwrap().handle(),
                )
            };
            let bytes = content(dice.below(300), 8);
            let mut new = file(Some(bytes.len()), random(&bytes));
            let mut entry = Entry::file(RemotePath::parse(&name).unwrap(), None);
            entry.id = Some(EntryId::new(old.as_str()));
            new.replace = Some(entry);
            let to = Destination {
                parent: Some(EntryId::new(parent.as_str())),
                ..Destination::from(RemotePath::parse(&name).unwrap())
            };
            let _ = remote.write(&to, new).await;
            Ok(())
        }
        (6, Some(node), _) => client.rename(node, &name).await,
        (7 | 8, Some(node), _) => client.move_node(node, folder).await,
        (9, Some(node), _) => client.discard(node).await,
        (10, Some(node), _) if dice.below(3) == 0 => client.delete(node).await,
        (11, Some(node), _) => client.copy_node(node, folder, &name, None).await.map(drop),
        (12, Some(node), _) => client.export(node, None).await.map(drop),
        (13, _, Some(file)) => client.set_mtime(file, 1_500_000_000).await,
        _ => client.empty_rubbish().await.map(drop),
    };
    drop(done);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happened_meanwhile_the_tree_is_the_one_that_a_fetch_brings() {
    let world = world().await;
    let homes: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    for home in &homes {
        dump(&client(&world, home.path()).await).await;
    }
    let other = Mega::new(
        fetching(&world, homes[0].path()).await,
        MegaOptions::default(),
    );
    let mut dice = Dice(7);
    let (mut fetched, mut looks) = (0, 0);
    for round in 0..30 {
        for _ in 0..=dice.below(6) {
            do_something(&other, &mut dice).await;
        }
        let right = dump(&fetching(&world, homes[0].path()).await).await;
        assert_eq!(
            dump(other.client()).await,
            right,
            "own changes, round {round}"
        );
        // One that looks each time, and two that lag behind.
        for home in homes.iter().skip(if round % 7 == 0 { 0 } else { 2 }) {
            let before = world.commands("f");
            assert_eq!(
                dump(&client(&world, home.path()).await).await,
                right,
                "round {round}"
            );
            fetched += world.commands("f") - before;
            looks += 1;
        }
    }
    assert!(
        fetched * 3 < looks,
        "{fetched} of {looks} looks were whole fetches"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unchanged_tree_costs_one_question() {
    let world = world().await;
    let home = tempfile::tempdir().unwrap();
    world.put("dir/a", b"one").await;
    let right = dump(&client(&world, home.path()).await).await;
    let again = client(&world, home.path()).await;
    let before = world.sandbox.stats();
    assert_eq!(dump(&again).await, right);
    let after = world.sandbox.stats();
    assert_eq!(after.requests, before.requests, "no command");
    assert_eq!(after.polls, before.polls + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_changes_are_there_the_next_time() {
    let world = world().await;
    let home = tempfile::tempdir().unwrap();
    let options = MegaOptions::default();
    let remote = Mega::new(client(&world, home.path()).await, options);
    for n in 0..3 {
        let before = world.commands("f");
        let at = RemotePath::parse(&format!("dir/{n}")).unwrap();
        let new = file(Some(3), random(b"abc"));
        remote.write(&at.into(), new).await.unwrap();
        let again = client(&world, home.path()).await;
        assert_eq!(dump(&again).await, dump(remote.client()).await);
        assert_eq!(
            world.commands("f"),
            before + u64::from(n == 0 && before == 0)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_has_forgotten_is_asked_for_everything() {
    let world = world().await;
    let home = tempfile::tempdir().unwrap();
    dump(&client(&world, home.path()).await).await;
    world.put("a", b"one").await;
    for faults in ["sc:-6@1", "sc:-9@1", "sc:-2@1"] {
        world.faults(faults);
        let fetches = world.commands("f");
        let warm = dump(&client(&world, home.path()).await).await;
        world.faults("");
        assert_eq!(
            warm,
            dump(&fetching(&world, home.path()).await).await,
            "{faults}"
        );
        assert_eq!(world.commands("f"), fetches + 2, "{faults}");
    }
    for faults in ["sc:-3@1", "sc:garbage@1", "sc:500@1"] {
        world.faults(faults);
        let fetches = world.commands("f");
        dump(&client(&world, home.path()).await).await;
        assert_eq!(world.commands("f"), fetches, "{faults} is asked again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_costs_a_fetch_and_nothing_else() {
    let world = world().await;
    let home = tempfile::tempdir().unwrap();
    world.put("a", b"one").await;
    let right = dump(&client(&world, home.path()).await).await;
    let file = kept(home.path());
    let good = fs::read(&file).unwrap();
    let step = (good.len() / 40).max(1);
    let damaged = (0..good.len()).step_by(step).map(|at| {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        bad
    });
    let cut = (0..good.len())
        .step_by(step * 4)
        .map(|end| good[..end].to_vec());
    let longer = [[&good[..], b"x"].concat(), [&good[..], &good[..]].concat()];
    for bad in damaged.chain(cut).chain(longer) {
        fs::write(&file, &bad).unwrap();
        let fetches = world.commands("f");
        assert_eq!(dump(&client(&world, home.path()).await).await, right);
        assert_eq!(world.commands("f"), fetches + 1);
        assert_ne!(
            fs::read(&file).unwrap(),
            bad,
            "a good one has taken its place"
        );
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_owner_may_read_it_and_nobody_else_write() {
    use std::os::unix::fs::PermissionsExt;

    let world = world().await;
    let home = tempfile::tempdir().unwrap();
    let right = dump(&client(&world, home.path()).await).await;
    let file = kept(home.path());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o620)).unwrap();
    let fetches = world.commands("f");
    assert_eq!(dump(&client(&world, home.path()).await).await, right);
    assert_eq!(world.commands("f"), fetches + 1);
    assert_eq!(mode(&kept(home.path())), 0o600, "made anew");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logging_out_forgets_the_tree() {
    let world = world().await;
    let home = tempfile::tempdir().unwrap();
    let client = client(&world, home.path()).await;
    dump(&client).await;
    let file = kept(home.path());
    client.logout().await.unwrap();
    assert!(!file.exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_space_of_an_account_is_one_question() {
    let world = world().await;
    let home = tempfile::tempdir().unwrap();
    world.put("a", b"one").await;
    dump(&client(&world, home.path()).await).await;
    let again = Mega::new(client(&world, home.path()).await, MegaOptions::default());
    let before = world.sandbox.stats();
    let about = again.about(&RemotePath::root()).await.unwrap();
    let after = world.sandbox.stats();
    assert_eq!(
        about,
        world.remote.about(&RemotePath::root()).await.unwrap()
    );
    assert_eq!(
        (after.requests, after.polls),
        (before.requests + 1, before.polls)
    );
}
