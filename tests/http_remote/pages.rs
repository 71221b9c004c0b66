//! Index pages as other servers have written them for one and the same folder:
//! Apache 2.4 (mod_autoindex: plain, fancy, as a table) and Caddy 2 (browse;
//! styles, scripts and pictures cut out).

use std::sync::Arc;

use megarc::remote::http::{Http, HttpOptions};
use megarc::remote::{Entry, Remote};

use super::scripted::{Page, Web};
use super::{bytes, path};

/// The name, and the address as the server wrote it.
const FILES: &[(&str, &str)] = &[
    ("+plus \"quoted\".txt", "+plus%20%22quoted%22.txt"),
    ("100%.bin", "100%25.bin"),
    (LONG, LONG_ADDRESS),
    ("a&b <c>.txt", "a&b%20%3cc%3e.txt"),
    ("näme #1?.txt", "n%c3%a4me%20%231%3f.txt"),
    ("plain.txt", "plain.txt"),
    ("semi;colon:x.txt", "semi;colon:x.txt"),
];
const LONG: &str = "a very long name, longer than the column that web servers cut it to, in all of \
                    their tables.bin";
const LONG_ADDRESS: &str = "a%20very%20long%20name,%20longer%20than%20the%20column%20that%20web%20\
                            servers%20cut%20it%20to,%20in%20all%20of%20their%20tables.bin";

async fn shows_the_folder(page: &str, upper_case: bool) {
    let mut pages = vec![Page::html("/pub/", page)];
    for (name, address) in FILES {
        let hex = |text: &str| match upper_case {
            // Servers differ in how they write bytes, and each reads its own.
            true => text
                .replace("%3c", "%3C")
                .replace("%3e", "%3E")
                .replace("%3f", "%3F")
                .replace("%c3%a4", "%C3%A4"),
            false => text.to_owned(),
        };
        let address = format!("/pub/{}", hex(address));
        pages.push(Page::new(&address, "text/plain", *name));
    }
    let web = Web::new(pages);
    let options = HttpOptions {
        url: format!("{}pub", web.url),
        ..HttpOptions::default()
    };
    let remote: Arc<dyn Remote> = Arc::new(Http::new(options).unwrap());
    let mut entries = remote.list(&Entry::dir(path(""))).await.unwrap();
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    let (dirs, files): (Vec<Entry>, Vec<Entry>) = entries.into_iter().partition(Entry::is_dir);
    let dirs: Vec<&str> = dirs.iter().map(|dir| dir.path.as_str()).collect();
    assert_eq!(dirs, ["sub dir"], "{page}");
    let names: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let expected: Vec<&str> = FILES.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, expected, "{page}");
    for file in &files {
        let name = file.path.as_str();
        assert_eq!(file.size, u64::try_from(name.len()).ok(), "{name}");
        assert_eq!(file.modified.unwrap().to_string(), "2020-01-02T03:04:05Z");
        assert_eq!(bytes(&remote, file, None).await, name.as_bytes());
    }
}

#[tokio::test]
async fn apache() {
    shows_the_folder(include_str!("pages/apache-plain.html"), false).await;
    shows_the_folder(include_str!("pages/apache-fancy.html"), false).await;
    shows_the_folder(include_str!("pages/apache-table.html"), false).await;
}

#[tokio::test]
async fn caddy() {
    shows_the_folder(include_str!("pages/caddy.html"), true).await;
}
