//! One client tidies up what another one wrote.

use super::client::{Client, clients};
use super::files;
use super::world::World;

use Client::{Megarc, Rclone};

/// Both directions of rclone and megarc, which have the same commands.
fn pairs() -> Vec<(Client, Client)> {
    let here = clients();
    [(Megarc, Rclone), (Rclone, Megarc)]
        .into_iter()
        .filter(|(writer, other)| here.contains(writer) && here.contains(other))
        .collect()
}

fn paths(client: Client, world: &World, remote: &str) -> Vec<String> {
    client.list(world, remote).into_keys().collect()
}

#[test]
fn move_delete_and_clean_up() {
    for (writer, other) in pairs() {
        let world = World::new();
        let source = world.new_folder("source");
        for name in ["a.txt", "b.txt", "sub/c.txt", "sub/deep/d.txt"] {
            files::write(&source, name, 1000);
        }
        let expected = files::read(&source);
        writer.upload(&world, &source, "d");
        assert_eq!(
            paths(other, &world, "d"),
            ["a.txt", "b.txt", "sub/c.txt", "sub/deep/d.txt"]
        );

        let mover = if other == Rclone { Rclone } else { writer };
        mover.run(
            &world,
            &["moveto", "mega:d/a.txt", "mega:d/sub/renamed.txt"],
        );
        let listed = paths(other, &world, "d");
        assert_eq!(
            listed,
            ["b.txt", "sub/c.txt", "sub/deep/d.txt", "sub/renamed.txt"]
        );

        other.run(&world, &["deletefile", "mega:d/b.txt"]);
        other.run(&world, &["purge", "mega:d/sub/deep"]);
        other.run(&world, &["mkdir", "mega:d/empty"]);
        writer.run(&world, &["rmdir", "mega:d/empty"]);
        assert_eq!(paths(writer, &world, "d"), ["sub/c.txt", "sub/renamed.txt"]);

        let back = world.folder("back");
        writer.download(&world, "d", &back).unwrap();
        let found = files::read(&back);
        assert_eq!(found.get("sub/renamed.txt"), expected.get("a.txt"));
        assert_eq!(found.get("sub/c.txt"), expected.get("sub/c.txt"));

        let used = |client: Client| {
            let about = client.run(&world, &["about", "mega:", "--json"]);
            let about: serde_json::Value = serde_json::from_str(&about).unwrap();
            about["used"].as_u64().unwrap()
        };
        assert_eq!(used(writer), used(other));
        assert!(used(other) > 2000, "the rubbish counts");
        other.run(&world, &["cleanup", "mega:"]);
        assert_eq!(used(writer), 2000);
    }
}

#[test]
fn dedupe() {
    for (writer, other) in pairs() {
        let world = World::new();
        let source = world.new_folder("source");
        files::write(&source, "same.txt", 500);
        files::write(&source, "x/only-in-first.txt", 5);
        writer.upload(&world, &source, "one");
        let again = world.new_folder("again");
        files::write(&again, "same.txt", 700);
        files::write(&again, "x/only-in-second.txt", 6);
        writer.upload(&world, &again, "two");
        // MEGA allows two nodes of one name; a move that does not look makes them
        for name in ["same.txt", "x/only-in-second.txt"] {
            let folder = name.split_once('/').map_or("", |(folder, _)| folder);
            let (from, to) = (format!("mega:two/{name}"), format!("mega:one/{folder}"));
            Rclone.run(&world, &["move", "--no-check-dest", &from, &to]);
        }
        other.run(&world, &["dedupe", "--dedupe-mode", "largest", "mega:one"]);
        let listed = writer.list(&world, "one");
        assert_eq!(listed.get("same.txt"), Some(&700), "{listed:?}");
        assert_eq!(listed.len(), 3, "{listed:?}");
    }
}
