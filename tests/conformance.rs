//! One suite over every remote: what the trait promises, clause by clause.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "conformance/counter.rs"]
mod counter;
#[path = "conformance/likeness.rs"]
mod likeness;
#[path = "conformance/suite.rs"]
mod suite;

use std::sync::Arc;

use megarc::config::obscure::obscure;
use megarc::config::{Config, Env};
use megarc::remote::local::Local;
use megarc::remote::memory::Memory;
use megarc::remote::open::{OpenOptions, Opener};
use megarc::remote::{Location, RemotePath};
use megarc::sandbox::{self, AccountSpec};
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

/// An alias to a folder of the disk.
async fn alias_to_local() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let opener = Opener::new(Arc::default(), OpenOptions::default());
    let target = dir.path().display();
    let at = opener
        .open(&format!(":alias,remote='{target}':below"))
        .await;
    Place::new(at.unwrap(), dir)
}

/// An alias to a folder in memory.
async fn alias_to_memory() -> Place {
    let opener = Opener::new(Arc::default(), OpenOptions::default());
    let at = opener.open(":alias,remote=':memory:dir':below").await;
    Place::new(at.unwrap(), ())
}

/// An account of a server of its own, opened as a user would. What stands in
/// the account already is sent all the same: the suite counts the bytes that a
/// source hands over, and a copy on the server reads none of a second file of
/// the same content.
async fn mega() -> Place {
    let spec = AccountSpec::new("user@example.com", "a good password");
    let server = sandbox::start(sandbox::Options {
        accounts: vec![spec],
        ..sandbox::Options::default()
    });
    let server = server.await.unwrap();
    let state = tempfile::tempdir().unwrap();
    let env: Env = [("MEGARC_STATE_DIR", state.path().to_str().unwrap())]
        .into_iter()
        .collect();
    let opener = Opener::new(Arc::new(Config::in_memory(env)), OpenOptions::default());
    let place = format!(
        ":mega,user=user@example.com,pass={},no_dedupe_upload=true,api_url='{}':some/where",
        obscure("a good password").unwrap(),
        server.url()
    );
    let at = opener.open(&place).await.unwrap();
    at.remote.make_dir(&at.path).await.unwrap();
    Place::new(at, (server, state))
}

suite::conformance!(local, local());
suite::conformance!(memory, memory());
suite::conformance!(memory_with_duplicates, memory_with_duplicates());
suite::conformance!(alias_local, alias_to_local().await);
suite::conformance!(alias_memory, alias_to_memory().await);
suite::conformance!(mega_on_the_sandbox, mega().await);
