//! A sandbox with one account, and megarc pointed at it.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

use megarc::config::obscure;
use megarc::mega::session::{Credentials, MfaSource, Secret};
use megarc::mega::{Client, ClientOptions};
use megarc::sandbox::{self, AccountSpec, Faults, Handle, Options, Stats};
use tokio::runtime::Runtime;

pub(crate) const EMAIL: &str = "me@example.com";
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A sandbox server in this process, and a home for the client.
pub(crate) struct Account {
    runtime: Runtime,
    handle: Option<Handle>,
    home: tempfile::TempDir,
}

impl Account {
    /// A fresh account.
    pub(crate) fn new() -> Self {
        Self::with_faults("")
    }

    /// A fresh account on a server where things go wrong.
    pub(crate) fn with_faults(faults: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let account = AccountSpec {
            // room for the largest tree of these tests, twice
            quota: 64 << 30,
            ..AccountSpec::new(EMAIL, PASSWORD)
        };
        let options = Options {
            accounts: vec![account],
            faults: Faults::parse(faults).unwrap(),
            ..Options::default()
        };
        let handle = runtime.block_on(sandbox::start(options)).unwrap();
        Self {
            runtime,
            handle: Some(handle),
            home: tempfile::tempdir().unwrap(),
        }
    }

    fn server(&self) -> &Handle {
        self.handle.as_ref().unwrap()
    }

    /// The client's home, for local files as well.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The server's address.
    pub(crate) fn url(&self) -> String {
        self.server().url().to_owned()
    }

    /// Runs a future to its end.
    pub(crate) fn wait_for<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// The library's own client, logged in anew.
    pub(crate) async fn client(&self) -> Client {
        let options = ClientOptions {
            api_url: self.url(),
            credentials: Some(Credentials {
                email: EMAIL.to_owned(),
                password: Secret::new(PASSWORD),
                mfa: MfaSource::default(),
            }),
            ..ClientOptions::default()
        };
        Client::connect(options).await.unwrap()
    }

    /// What the server has counted.
    pub(crate) fn stats(&self) -> Stats {
        self.server().stats()
    }

    /// What the server finds wrong with its own state.
    pub(crate) fn check(&self) -> Vec<String> {
        self.server().check()
    }

    /// Replaces the faults.
    pub(crate) fn set_faults(&self, faults: &str) {
        self.server().set_faults(Faults::parse(faults).unwrap());
    }

    /// megarc with the remote `m:` for the account.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_megarc"));
        command
            .args(args)
            .current_dir(self.home())
            .env_clear()
            .env("HOME", self.home())
            .env("TZ", "UTC")
            .env("MEGARC_CONFIG_M_TYPE", "mega")
            .env("MEGARC_CONFIG_M_API_URL", self.server().url())
            .env("MEGARC_CONFIG_M_USER", EMAIL)
            .env("MEGARC_CONFIG_M_PASS", obscure::obscure(PASSWORD).unwrap());
        command
    }

    /// Runs megarc to its end.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs megarc, which has to succeed; returns its standard output.
    pub(crate) fn ok<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> String {
        let output = self.run(args);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take() {
            self.runtime.block_on(handle.shutdown());
        }
    }
}

/// Content that no two offsets share, so that shifted or swapped pieces show.
pub(crate) fn content(seed: u32, size: usize) -> Vec<u8> {
    let mut state = u64::from(seed) | 1;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}
