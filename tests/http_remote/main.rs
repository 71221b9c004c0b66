//! The http remote against real web servers, Python's and nginx, against index
//! pages that others have made, and against a server that says what a test
//! wants to hear.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod options;
mod pages;
mod scripted;
mod servers;
mod to_mega;

use std::fs;
use std::sync::Arc;

use futures_util::TryStreamExt;
use megarc::remote::http::{Http, HttpOptions, Web};
use megarc::remote::{Content, Destination, Entry, ErrorKind, NewFile, Remote, RemotePath, Span};

use servers::{nginx, python};

fn tree() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("pub");
    fs::create_dir_all(root.join("sub/deeper")).unwrap();
    fs::create_dir(root.join("sp ace & more")).unwrap();
    fs::write(root.join("plain.txt"), b"0123456789").unwrap();
    fs::write(root.join("sub/näme #1?.txt"), b"odd").unwrap();
    fs::write(root.join("sub/empty"), b"").unwrap();
    fs::write(root.join("sp ace & more/100%.bin"), vec![7; 300_000]).unwrap();
    let file = fs::File::options()
        .write(true)
        .open(root.join("plain.txt"))
        .unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_577_934_245))
        .unwrap();
    dir
}

fn remote(url: String) -> Arc<dyn Remote> {
    Arc::new(
        Http::new(HttpOptions {
            url,
            user_agent: "megarc-test".into(),
            ..HttpOptions::default()
        })
        .unwrap(),
    )
}

fn path(text: &str) -> RemotePath {
    RemotePath::parse(text).unwrap()
}

async fn names(remote: &Arc<dyn Remote>, dir: &Entry) -> Vec<String> {
    let mut names: Vec<String> = remote
        .list(dir)
        .await
        .unwrap()
        .into_iter()
        .map(|e| {
            format!(
                "{}{}",
                e.path,
                if e.is_dir() {
                    "/".to_owned()
                } else {
                    format!(" {:?}", e.size)
                }
            )
        })
        .collect();
    names.sort();
    names
}

async fn bytes(remote: &Arc<dyn Remote>, entry: &Entry, span: Option<Span>) -> Vec<u8> {
    let stream = remote.read(entry, span).await.unwrap();
    stream
        .try_fold(Vec::new(), async |mut all, piece| {
            all.extend_from_slice(&piece);
            Ok(all)
        })
        .await
        .unwrap()
}

/// What every web server has to show.
async fn reads_a_tree(remote: Arc<dyn Remote>, ranges: bool) {
    let top = Entry::dir(path("pub"));
    assert_eq!(
        names(&remote, &Entry::dir(RemotePath::root())).await,
        ["pub/"]
    );
    assert_eq!(
        names(&remote, &top).await,
        ["pub/plain.txt Some(10)", "pub/sp ace & more/", "pub/sub/"]
    );
    let sub = remote.stat(&path("pub/sub")).await.unwrap();
    assert!(sub.is_dir());
    assert_eq!(
        names(&remote, &sub).await,
        [
            "pub/sub/deeper/",
            "pub/sub/empty Some(0)",
            "pub/sub/näme #1?.txt Some(3)"
        ]
    );

    let plain = remote.stat(&path("pub/plain.txt")).await.unwrap();
    assert_eq!(
        (plain.size, plain.modified.map(|t| t.as_second())),
        (Some(10), Some(1_577_934_245))
    );
    assert_eq!(bytes(&remote, &plain, None).await, b"0123456789");
    let odd = remote.stat(&path("pub/sub/näme #1?.txt")).await.unwrap();
    assert_eq!(bytes(&remote, &odd, None).await, b"odd");
    let big = remote
        .stat(&path("pub/sp ace & more/100%.bin"))
        .await
        .unwrap();
    assert_eq!(bytes(&remote, &big, None).await, vec![7; 300_000]);

    let part = Some(Span {
        offset: 3,
        length: Some(4),
    });
    if ranges {
        assert_eq!(bytes(&remote, &plain, part).await, b"3456");
        assert_eq!(
            bytes(
                &remote,
                &plain,
                Some(Span {
                    offset: 8,
                    length: None
                })
            )
            .await,
            b"89"
        );
        assert_eq!(
            bytes(
                &remote,
                &plain,
                Some(Span {
                    offset: 20,
                    length: None
                })
            )
            .await,
            b""
        );
    } else {
        assert_eq!(
            remote.read(&plain, part).await.err().unwrap().kind,
            ErrorKind::Unsupported
        );
    }

    assert_eq!(
        remote.stat(&path("pub/none")).await.unwrap_err().kind,
        ErrorKind::NotFound
    );
    assert_eq!(
        remote
            .list(&Entry::dir(path("pub/none")))
            .await
            .unwrap_err()
            .kind,
        ErrorKind::DirNotFound
    );
    let new = NewFile::new(
        Some(0),
        Content::Stream(Box::pin(futures_util::stream::empty())),
    );
    let refused = remote
        .write(&Destination::from(path("x")), new)
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("http remotes are read only"),
        "{refused}"
    );
}

#[tokio::test]
async fn pythons_server() {
    let dir = tree();
    let server = python(dir.path());
    reads_a_tree(remote(server.url.clone()), false).await;
}

#[tokio::test]
async fn nginx_server() {
    let dir = tree();
    let work = tempfile::tempdir().unwrap();
    if let Some(server) = nginx(dir.path(), work.path()) {
        reads_a_tree(remote(server.url.clone()), true).await;
    }
}

#[tokio::test]
async fn without_head_nothing_is_known_but_names() {
    let dir = tree();
    let server = python(dir.path());
    let options = HttpOptions {
        url: server.url.clone(),
        no_head: true,
        ..HttpOptions::default()
    };
    let remote: Arc<dyn Remote> = Arc::new(Http::new(options).unwrap());
    assert_eq!(
        names(&remote, &Entry::dir(path("pub"))).await,
        ["pub/plain.txt None", "pub/sp ace & more/", "pub/sub/"]
    );
    assert!(remote.stat(&path("pub/sub")).await.unwrap().is_dir());
    assert_eq!(
        remote.stat(&path("pub/none")).await.unwrap_err().kind,
        ErrorKind::NotFound
    );
}

/// Single files by their addresses, as `copyurl` fetches them.
#[tokio::test]
async fn files_of_pythons_server_by_their_addresses() {
    let dir = tree();
    let server = python(dir.path());
    let web = Web::new(&HttpOptions::default()).unwrap();
    for (path, name, content) in [
        ("pub/plain.txt", "plain.txt", &b"0123456789"[..]),
        ("pub/sub/n%C3%A4me%20%231%3F.txt", "näme #1?.txt", b"odd"),
        ("pub/sub/empty", "empty", b""),
    ] {
        let file = web.get(&format!("{}{path}", server.url)).await.unwrap();
        assert_eq!(file.name.as_deref(), Some(name));
        assert_eq!((file.size, file.given), (Some(content.len() as u64), None));
        let bytes: Vec<_> = file.content.try_collect().await.unwrap();
        assert_eq!(bytes.concat(), content);
    }
    // A directory without its slash: the server sends on.
    let page = web.get(&format!("{}pub", server.url)).await.unwrap();
    assert_eq!(page.name.as_deref(), Some("pub"));
    let missing = web.get(&format!("{}none", server.url)).await.err().unwrap();
    assert!(missing.to_string().contains("404 Not Found"), "{missing}");
}

#[test]
fn secrets_in_the_address_are_not_shown() {
    let remote = remote("http://me:hidden@127.0.0.1:1/x".into());
    assert_eq!(remote.describe(&path("a")), "http://127.0.0.1:1/x/a/");
    let error = Http::new(HttpOptions {
        url: "me:hidden@host".into(),
        ..HttpOptions::default()
    })
    .err()
    .unwrap();
    assert!(!error.to_string().contains("hidden"), "{error}");
}
