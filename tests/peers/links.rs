//! Links that one client exports and another one opens.

use super::client::{Client, have};
use super::files;
use super::world::World;

use Client::{Megarc, Megatools, Rclone};

#[test]
fn megatools_opens_what_megarc_exports() {
    if !have(&[Megarc, Megatools]) {
        return;
    }
    let world = World::new();
    let source = world.new_folder("source");
    for (name, size) in [
        ("a.bin", 200_000),
        ("sub/b.txt", 17),
        ("sub/deep/c \u{fc}.txt", 1),
    ] {
        files::write(&source, name, size);
    }
    let expected = files::read(&source);
    Megarc.upload(&world, &source, "d");

    let file = world.new_folder("file");
    let link = Megarc.run(&world, &["link", "mega:d/a.bin"]);
    download(&world, link.trim(), &file);
    assert_eq!(files::read(&file).get("a.bin"), expected.get("a.bin"));

    let folder = world.new_folder("folder");
    let link = Megarc.run(&world, &["link", "mega:d"]);
    download(&world, link.trim(), &folder);
    assert_eq!(files::read(&folder), expected);

    // a file added to an exported folder is seen through the link as well
    let more = world.new_folder("more");
    files::write(&more, "later.txt", 33);
    Megarc.upload(&world, &more, "d/sub");
    let again = world.new_folder("again");
    download(&world, link.trim(), &again);
    assert_eq!(
        files::read(&again).get("sub/later.txt"),
        files::read(&more).get("later.txt")
    );
}

fn download(world: &World, link: &str, target: &std::path::Path) {
    Megatools.run(
        world,
        &[
            "dl",
            "--no-progress",
            "--path",
            target.to_str().unwrap(),
            link,
        ],
    );
}

#[test]
fn megarc_opens_what_others_export() {
    let world = World::new();
    let source = world.new_folder("source");
    files::write(&source, "a.bin", 200_000);
    let expected = files::read(&source);
    if have(&[Megarc, Rclone]) {
        Rclone.upload(&world, &source, "r");
        let link = Rclone.run(&world, &["link", "mega:r/a.bin"]);
        let target = world.folder("from-rclone");
        Megarc.run(&world, &["copy", link.trim(), target.to_str().unwrap()]);
        assert_eq!(files::read(&target), expected);
    }
    if have(&[Megarc, Megatools]) {
        Megatools.upload(&world, &source, "m");
        let row = Megatools.run(&world, &["export", "/Root/m/a.bin"]);
        let link = row
            .split_whitespace()
            .find(|word| word.starts_with("https://"))
            .unwrap();
        let target = world.folder("from-megatools");
        Megarc.run(&world, &["copy", link, target.to_str().unwrap()]);
        assert_eq!(files::read(&target), expected);
    }
}
