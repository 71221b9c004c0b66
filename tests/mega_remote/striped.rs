//! Files striped over six parts (CloudRAID): five of them are enough.

use megarc::remote::{Entry, ErrorKind, Span};
use megarc::sandbox;

use super::support::{World, content, get, kind, world_on};

const SIZE: usize = 9_000_007;

async fn world() -> (World, Entry, Vec<u8>) {
    let striped = sandbox::Options {
        cloudraid: true,
        ..sandbox::Options::default()
    };
    // One connection at a time, so that faults hit the piece that is meant.
    let world = world_on(striped, |options| options.download_connections = 1).await;
    let bytes = content(SIZE, 1);
    let entry = world.put("f", &bytes).await;
    (world, entry, bytes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_parity_stays_where_it_is_while_all_goes_well() {
    let (world, entry, bytes) = world().await;
    assert!(world.get(&entry).await.unwrap() == bytes);
    let stats = world.sandbox.stats();
    assert_eq!((stats.commands["g"], stats.pieces_down % 5), (1, 0));
    // Pieces meet inside a line, which both of them fetch.
    let most = SIZE as u64 + 80 * stats.pieces_down / 5;
    assert!((SIZE as u64..=most).contains(&stats.bytes_down));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_files_are_not_asked_for_in_parts() {
    let (world, ..) = world().await;
    let bytes = content(300_000, 2);
    let entry = world.put("small", &bytes).await;
    assert!(world.get(&entry).await.unwrap() == bytes);
    assert_eq!(world.sandbox.stats().pieces_down, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_part_may_fail_in_any_way() {
    let (world, entry, bytes) = world().await;
    for faults in [
        "down:404@1",
        "down:503@3",
        "down:cut=1000@5",
        "down:long=16@2",
        "down:short=16@4",
        "down:refuse@2",
    ] {
        let before = world.commands("g");
        world.faults(faults);
        assert!(world.get(&entry).await.unwrap() == bytes, "{faults}");
        assert_eq!(world.commands("g"), before + 1, "{faults}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_part_is_dropped() {
    let (world, entry, bytes) = world().await;
    // At a hundred bytes a second the part would take hours.
    world.faults("down:slow=100@2");
    assert!(world.get(&entry).await.unwrap() == bytes);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_two_parts_fail_the_addresses_are_asked_for_again() {
    let (world, entry, bytes) = world().await;
    world.faults("down:404@1-2");
    assert!(world.get(&entry).await.unwrap() == bytes);
    assert_eq!(world.commands("g"), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_in_a_part_is_never_accepted() {
    let (world, entry, _) = world().await;
    // The second case: the part that is rebuilt from the others is wrong too.
    for faults in ["down:flip@4;seed=5", "down:404@1,down:flip@2;seed=5"] {
        world.faults(faults);
        let got = world.get(&entry).await;
        assert_eq!(kind(got), ErrorKind::Corrupt, "{faults}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_of_a_striped_file_start_and_end_anywhere() {
    let (world, entry, bytes) = world().await;
    for (offset, length) in [(0, 1), (79, 2), (131_071, 81), (4_999_999, 3_000_001)] {
        let span = Span {
            offset: offset as u64,
            length: Some(length as u64),
        };
        let part = get(&world.remote, &entry, Some(span)).await.unwrap();
        assert!(part == bytes[offset..offset + length], "{span:?}");
    }
}
