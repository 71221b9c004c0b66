//! One sandbox with one account, and a home folder for the clients.

use std::fs;
use std::path::{Path, PathBuf};

use megarc::sandbox::{self, AccountSpec, Handle, Options, RsaSource};
use tempfile::TempDir;

pub const EMAIL: &str = "peer@example.com";
pub const PASSWORD: &str = "correct horse battery";

/// A running sandbox and a temporary home.
pub struct World {
    home: TempDir,
    sandbox: Option<Handle>,
    runtime: tokio::runtime::Runtime,
}

impl World {
    pub fn new() -> World {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let account = AccountSpec {
            rsa: RsaSource::Fixed,
            ..AccountSpec::new(EMAIL, PASSWORD)
        };
        let options = Options {
            accounts: vec![account],
            ..Options::default()
        };
        let sandbox = runtime.block_on(sandbox::start(options)).unwrap();
        World {
            home: TempDir::new().unwrap(),
            sandbox: Some(sandbox),
            runtime,
        }
    }

    /// The server's address, ending in a slash.
    pub fn url(&self) -> &str {
        self.sandbox().url()
    }

    pub fn sandbox(&self) -> &Handle {
        self.sandbox.as_ref().unwrap()
    }

    /// The clients' home; each has its own configuration and caches there.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A folder below the home that does not exist yet.
    pub fn folder(&self, name: &str) -> PathBuf {
        let path = self.home().join(name);
        assert!(!path.exists(), "{name} is used twice");
        path
    }

    /// A new folder below the home.
    pub fn new_folder(&self, name: &str) -> PathBuf {
        let path = self.folder(name);
        fs::create_dir_all(&path).unwrap();
        path
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(sandbox) = self.sandbox.take() {
            let refusals = sandbox.stats().refusals;
            let faults = sandbox.check();
            self.runtime.block_on(sandbox.shutdown());
            if !std::thread::panicking() {
                assert!(refusals.is_empty(), "the witness refused: {refusals:?}");
                assert!(
                    faults.is_empty(),
                    "the stored state contradicts itself: {faults:?}"
                );
            } else if !refusals.is_empty() {
                eprintln!("the witness refused: {refusals:?}");
            }
        }
    }
}
