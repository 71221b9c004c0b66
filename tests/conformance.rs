//! One suite over every remote: what the trait promises, clause by clause.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "conformance/suite.rs"]
mod suite;

use std::sync::Arc;

use megarc::remote::local::Local;
use megarc::remote::memory::Memory;
use megarc::remote::{Location, RemotePath};
use suite::Place;

fn local() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let path = RemotePath::parse(dir.path().to_str().unwrap()).unwrap();
    let remote = Arc::new(Local::default());
    Place::new(Location { remote, path }, dir)
}

fn memory() -> Place {
    let remote = Arc::new(Memory::default());
    Place::new(
        Location {
            remote,
            path: RemotePath::parse("some/where").unwrap(),
        },
        (),
    )
}

fn memory_with_duplicates() -> Place {
    let remote = Arc::new(Memory::with_duplicates());
    Place::new(
        Location {
            remote,
            path: RemotePath::root(),
        },
        (),
    )
}

suite::conformance!(local, local());
suite::conformance!(memory, memory());
suite::conformance!(memory_with_duplicates, memory_with_duplicates());
