//! `import`, and links as sources that it takes.

use crate::support::{Home, Server};

/// Two accounts of one server; the first one has shared `docs`.
struct World {
    home: Home,
    server: Server,
    folder: String,
    file: String,
}

impl World {
    fn new() -> Self {
        let home = Home::new();
        home.write("src/a.txt", "one\n");
        home.write("src/d/b.bin", &"0123456789abcdef".repeat(20_000));
        home.write("src/d/empty", "");
        let server = Server::start(&home, &["first@example.com", "second@example.com"]);
        let docs = server.place("first@example.com", "docs");
        home.run(&["copy", "src:", &docs]).ok();
        let folder = home.run(&["link", &docs]).ok().trim().to_owned();
        let file = home.run(&["link", &format!("{docs}/a.txt")]).ok();
        Self {
            folder,
            file: file.trim().to_owned(),
            home,
            server,
        }
    }

    fn second(&self, path: &str) -> String {
        self.server.place("second@example.com", path)
    }

    /// megarc, with links of this server.
    fn run(&self, arguments: &[&str]) -> crate::support::Outcome {
        let url = self.server.url();
        let mut all = arguments.to_vec();
        all.extend(["--mega-api-url", url]);
        self.home.run(&all)
    }
}

#[test]
fn files_and_folders_are_taken_over_without_a_download() {
    let world = World::new();
    let said = world.run(&["import", "-v", &world.folder, &world.second("mine")]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(
        said.stderr.contains("mine/docs: Imported"),
        "{}",
        said.stderr
    );
    world.run(&["import", &world.file, &world.second("")]).ok();
    let listed = world
        .home
        .run(&["lsf", "-R", "--files-only", &world.second("")]);
    assert_eq!(
        listed.ok(),
        "a.txt\nmine/docs/a.txt\nmine/docs/d/b.bin\nmine/docs/d/empty\n"
    );
    world
        .home
        .run(&["copy", &world.second("mine"), "dst:"])
        .ok();
    assert_eq!(
        world.home.read("dst/docs/d/b.bin"),
        world.home.read("src/d/b.bin")
    );
    let cat = world.home.run(&["cat", &world.second("a.txt")]);
    assert_eq!(cat.ok(), "one\n");
    // What is there is not there twice.
    let again = world.run(&["import", &world.file, &world.second("")]);
    assert_eq!(again.code, 1);
    assert!(
        again.stderr.contains("there is a 'a.txt'"),
        "{}",
        again.stderr
    );
    // The links may go: what was taken over stays.
    let docs = world.server.place("first@example.com", "docs");
    world.home.run(&["link", "--unlink", &docs]).ok();
    world.home.run(&["purge", &docs]).ok();
    let kept = world.home.run(&["cat", &world.second("mine/docs/a.txt")]);
    assert_eq!(kept.ok(), "one\n");
    let dead = world.run(&["import", &world.folder, &world.second("other")]);
    assert_eq!(dead.code, 4, "{}", dead.stderr);
}

#[test]
fn a_part_of_a_folder_is_taken_by_its_path() {
    let world = World::new();
    let part = format!(":mega,link=\"{}\":d", world.folder);
    world.run(&["import", "-n", &part, &world.second("")]);
    assert_eq!(world.home.run(&["lsf", &world.second("")]).ok(), "");
    world.run(&["import", &part, &world.second("")]).ok();
    let file = format!(":mega,link=\"{}\":d/b.bin", world.folder);
    world.run(&["import", &file, &world.second("")]).ok();
    assert_eq!(
        world.home.run(&["lsf", "-R", &world.second("")]).ok(),
        "b.bin\nd/\nd/b.bin\nd/empty\n"
    );
}

#[test]
fn links_with_a_password_are_made_and_opened() {
    let world = World::new();
    let docs = world.server.place("first@example.com", "docs");
    let locked = world
        .home
        .run(&["link", "--password", "open sesame", &docs])
        .ok();
    let locked = locked.trim();
    assert!(locked.starts_with("https://mega.nz/#P!"), "{locked}");
    let asked = world
        .home
        .run_with(&["link", "--password", "-", &docs], "a b\n");
    assert!(
        asked.stdout.starts_with("https://mega.nz/#P!"),
        "{}",
        asked.stdout
    );
    let obscured = |password: &str| {
        let text = world.home.run(&["obscure", password]).ok();
        text.trim().to_owned()
    };
    let right = obscured("open sesame");
    let listed = world.run(&["lsf", "--mega-link-password", &right, locked]);
    assert_eq!(listed.ok(), "a.txt\nd/\n");
    let taken = world.second("mine");
    world
        .run(&["import", "--mega-link-password", &right, locked, &taken])
        .ok();
    assert_eq!(
        world
            .home
            .run(&["cat", &world.second("mine/docs/a.txt")])
            .ok(),
        "one\n"
    );
    let without = world.run(&["lsf", locked]);
    assert_eq!(without.code, 1);
    assert!(
        without.stderr.contains("the link needs a password"),
        "{}",
        without.stderr
    );
    assert!(
        without.stderr.contains("--mega-link-password"),
        "{}",
        without.stderr
    );
    let wrong = world.run(&["lsf", "--mega-link-password", &obscured("x"), locked]);
    assert!(
        wrong.stderr.contains("wrong password for this link"),
        "{}",
        wrong.stderr
    );
    assert!(!wrong.stderr.contains(&locked[20..]), "{}", wrong.stderr);
}

#[test]
fn what_is_no_link_is_refused() {
    let home = Home::new();
    home.write("src/a", "a");
    let outcome = home.run(&["import", "src:", ":sandbox:"]);
    assert_eq!(outcome.code, 1);
    assert!(
        outcome.stderr.contains("is no public link"),
        "{}",
        outcome.stderr
    );
}
