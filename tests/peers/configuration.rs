//! What rclone has configured, megarc takes over and uses; passwords that one
//! has obscured the other reveals.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use super::client::Client::Rclone;
use super::client::{have, megarc, rclone};
use super::world::{EMAIL, PASSWORD, World};

const FILE_PASSWORD: &str = "open, pässword";

/// Both programs in the world's home, with no remotes from the environment.
struct Pair<'a> {
    world: &'a World,
    home: PathBuf,
}

impl Pair<'_> {
    fn run(&self, program: PathBuf, arguments: &[&str], stdin: &str) -> Output {
        use std::io::Write as _;

        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .current_dir(&self.home)
            .env("HOME", &self.home)
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("RCLONE_CONFIG", self.home.join("rclone.conf"))
            .env("RCLONE_CONFIG_PASS", FILE_PASSWORD)
            .env("X_MEGA_API_URL", self.world.url().trim_end_matches('/'))
            .env("MEGARC_MEGA_API_URL", self.world.url());
        let pipes = [Stdio::piped(), Stdio::piped(), Stdio::piped()];
        let [input, output, errors] = pipes;
        let child = command.stdin(input).stdout(output).stderr(errors);
        let mut child = child.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        child.wait_with_output().unwrap()
    }

    fn ok(&self, program: PathBuf, arguments: &[&str], stdin: &str) -> String {
        let output = self.run(program, arguments, stdin);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn rclone(&self, arguments: &[&str]) -> String {
        self.ok(rclone(), arguments, "")
    }

    fn megarc(&self, arguments: &[&str]) -> String {
        self.ok(megarc(), arguments, "")
    }
}

fn pair(world: &World) -> Pair<'_> {
    let home = world.new_folder("configuration");
    fs::create_dir(home.join("up")).unwrap();
    fs::write(home.join("up/a.txt"), "from rclone").unwrap();
    Pair { world, home }
}

/// A configuration with an account, an alias into it, a web server, and a type
/// that megarc has not.
fn configure(pair: &Pair<'_>) {
    let create = |arguments: &[&str]| {
        pair.rclone(&[&["config", "create"], arguments].concat());
    };
    let pass = format!("pass={PASSWORD}");
    create(&[
        "account",
        "mega",
        &format!("user={EMAIL}"),
        &pass,
        "hard_delete=true",
    ]);
    create(&["photos", "alias", "remote=account:some/photos"]);
    create(&["web", "http", "url=http://127.0.0.1:1/"]);
    create(&["secret", "crypt", "remote=account:x", "password=abcdefgh"]);
    // Now there is a session in the file.
    pair.rclone(&["copy", "up", "photos:"]);
    let text = fs::read_to_string(pair.home.join("rclone.conf")).unwrap();
    assert!(text.contains("session_id = ") && text.contains("master_key = "));
}

#[test]
fn a_configuration_of_rclone_is_taken_over_with_its_session() {
    if !have(&[Rclone]) {
        return;
    }
    let world = World::new();
    let pair = pair(&world);
    configure(&pair);
    let file = || fs::read_to_string(pair.home.join("rclone.conf")).unwrap();
    let before = file();
    let logins = world.sandbox().stats().logins;
    let expected = "secret: left out: megarc has no remotes of type \"crypt\"\n\
                    account: taken over, with its session\n\
                    photos: taken over\n\
                    web: taken over\n";
    let mut rows: Vec<&str> = expected.lines().collect();
    rows.sort_unstable();
    let said = pair.megarc(&["config", "import"]);
    let mut said: Vec<&str> = said.lines().collect();
    said.sort_unstable();
    assert_eq!(said, rows);
    assert_eq!(pair.megarc(&["cat", "photos:a.txt"]), "from rclone");
    fs::write(pair.home.join("b.txt"), "from megarc").unwrap();
    pair.megarc(&["copyto", "b.txt", "account:some/photos/b.txt"]);
    assert_eq!(world.sandbox().stats().logins, logins);
    assert_eq!(pair.rclone(&["cat", "photos:b.txt"]), "from megarc");
    assert_eq!(file(), before);

    // What is kept is sealed, and nobody else may look at it.
    let ours = fs::read_to_string(pair.home.join(".config/megarc/megarc.toml")).unwrap();
    assert!(!ours.contains("session_id") && !ours.contains("master_key"));
    // The password came along: without the session it logs in.
    pair.megarc(&["logout", "account:"]);
    assert_eq!(pair.megarc(&["lsf", "photos:"]), "a.txt\nb.txt\n");
    assert_eq!(world.sandbox().stats().logins, logins + 1);

    // Now that session has ended, and another import says so.
    let again = pair.megarc(&["config", "import", "--overwrite", "rclone.conf"]);
    let row = again
        .lines()
        .find(|row| row.starts_with("account: "))
        .unwrap();
    assert!(
        row.starts_with("account: taken over, without its session: "),
        "{row}"
    );
    assert_eq!(pair.megarc(&["lsf", "photos:"]), "a.txt\nb.txt\n");
}

#[test]
fn rclones_file_serves_as_it_is_plain_and_encrypted() {
    if !have(&[Rclone]) {
        return;
    }
    let world = World::new();
    let pair = pair(&world);
    configure(&pair);
    let list = ["--config", "rclone.conf", "lsf", "photos:"];
    assert_eq!(pair.megarc(&list), "a.txt\n");
    let answers = format!("{FILE_PASSWORD}\n{FILE_PASSWORD}\n");
    pair.ok(rclone(), &["config", "encryption", "set"], &answers);
    let sealed = fs::read_to_string(pair.home.join("rclone.conf")).unwrap();
    assert!(sealed.contains("RCLONE_ENCRYPT_V0:"), "{sealed}");
    let command = format!("echo \"{FILE_PASSWORD}\"");
    let list = [&list[..], &["--password-command", &command]].concat();
    assert_eq!(pair.megarc(&list), "a.txt\n");
    // RCLONE_CONFIG_PASS opens it for an import.
    let said = pair.megarc(&["config", "import"]);
    assert!(
        said.contains("account: taken over, with its session\n"),
        "{said}"
    );
    assert_eq!(pair.megarc(&["lsf", "photos:"]), "a.txt\n");
}

#[test]
fn each_reveals_what_the_other_obscured() {
    if !have(&[Rclone]) {
        return;
    }
    let world = World::new();
    let pair = pair(&world);
    for password in [PASSWORD, "", "päss wört", "x"] {
        let theirs = pair.rclone(&["obscure", password]);
        let ours = pair.megarc(&["obscure", password]);
        for obscured in [theirs.trim(), ours.trim()] {
            let expected = format!("{password}\n");
            assert_eq!(pair.megarc(&["reveal", "--", obscured]), expected);
            assert_eq!(pair.rclone(&["reveal", "--", obscured]), expected);
        }
    }
    // And in use: obscured by the one, in the configuration of the other.
    let theirs = pair.rclone(&["obscure", PASSWORD]);
    let ours = pair.megarc(&["obscure", PASSWORD]);
    let user = format!("user={EMAIL}");
    let pass = format!("pass={}", theirs.trim());
    pair.megarc(&[
        "config",
        "create",
        "m",
        "mega",
        &user,
        &pass,
        "--no-obscure",
    ]);
    pair.megarc(&["copy", "up", "m:up"]);
    let pass = format!("pass={}", ours.trim());
    pair.rclone(&[
        "config",
        "create",
        "m",
        "mega",
        &user,
        &pass,
        "--no-obscure",
    ]);
    assert_eq!(pair.rclone(&["cat", "m:up/a.txt"]), "from rclone");
}
