//! Every option of the remote, and what the server gets to see of it.

use std::sync::Arc;

use megarc::remote::http::{Http, HttpOptions};
use megarc::remote::{Entry, ErrorKind, Remote, Span};

use super::scripted::{Page, Web};
use super::{bytes, names, path};

fn remote(options: HttpOptions) -> Arc<dyn Remote> {
    Arc::new(Http::new(options).unwrap())
}

fn plain(web: &Web) -> HttpOptions {
    HttpOptions {
        url: web.url.clone(),
        ..HttpOptions::default()
    }
}

fn span(offset: u64, length: Option<u64>) -> Option<Span> {
    Some(Span { offset, length })
}

const INDEX: &str = "<a href=\"a.txt\">a</a><a href=\"sub/\">s</a>";

#[tokio::test]
async fn headers_go_with_every_request_and_user_and_password_too() {
    let web = Web::new(vec![
        Page::html("/", INDEX),
        Page::new("/a.txt", "text/plain", "content"),
    ]);
    let remote = remote(HttpOptions {
        url: web.url.replace("http://", "http://me:pa%20ss@"),
        headers: vec![
            ("X-Key".to_owned(), "k1".to_owned()),
            ("Cookie".to_owned(), "a=b; c=d".to_owned()),
        ],
        user_agent: "an agent".to_owned(),
        ..HttpOptions::default()
    });
    let listed = remote.list(&Entry::dir(path(""))).await.unwrap();
    assert_eq!(bytes(&remote, &listed[0], None).await, b"content");
    let found = remote.stat(&path("a.txt")).await.unwrap();
    assert_eq!(bytes(&remote, &found, span(1, Some(2))).await, b"on");
    let requests = web.requests();
    assert_eq!(requests.len(), 5, "{requests:?}");
    for request in &requests {
        for header in [
            "x-key: k1\r\n",
            "cookie: a=b; c=d\r\n",
            "user-agent: an agent\r\n",
            // "me:pa ss"
            "authorization: basic bwu6cgegc3m=\r\n",
        ] {
            assert!(request.contains(header), "{request}");
        }
    }
    // What a log may show of an entry, and of the remote.
    let shown = format!("{listed:?} {found:?} {}", remote.describe(&path("")));
    assert!(!shown.contains("pa%20ss"), "{shown}");
}

#[tokio::test]
async fn without_head_nothing_is_asked_but_pages() {
    let web = Web::new(vec![
        Page::html("/", INDEX),
        Page::html("/sub/", "<a href=b>b</a>"),
        Page::new("/a.txt", "text/plain", "content"),
    ]);
    let remote = remote(HttpOptions {
        no_head: true,
        ..plain(&web)
    });
    let root = Entry::dir(path(""));
    assert_eq!(names(&remote, &root).await, ["a.txt None", "sub/"]);
    let found = remote.stat(&path("a.txt")).await.unwrap();
    assert_eq!(bytes(&remote, &found, None).await, b"content");
    assert!(remote.stat(&path("sub")).await.unwrap().is_dir());
    assert_eq!(web.count("HEAD"), 0, "{:?}", web.requests());
}

#[tokio::test]
async fn without_slashes_a_page_is_a_directory() {
    let pages = vec![
        Page::html("/", "<a href=sub>s</a><a href=a.txt>a</a>"),
        Page::html("/sub", "<a href=sub/b.txt>b</a>"),
        Page::html("/sub/", "<a href=b.txt>b</a>"),
        Page::new("/a.txt", "text/plain", "a"),
        Page::new("/b.txt", "text/plain", "b"),
        Page::new("/sub/b.txt", "text/plain", "bb"),
    ];
    let web = Web::new(pages.clone());
    let root = Entry::dir(path(""));
    let by_default = remote(plain(&web));
    let sizes = names(&by_default, &root).await;
    assert_eq!(sizes, ["a.txt Some(1)", "sub Some(23)"]);
    let remote = remote(HttpOptions {
        no_slash: true,
        ..plain(&web)
    });
    assert_eq!(names(&remote, &root).await, ["a.txt Some(1)", "sub/"]);
    assert!(remote.stat(&path("sub")).await.unwrap().is_dir());
}

#[tokio::test]
async fn names_are_escaped_or_sent_as_they_are() {
    let web = Web::new(vec![
        Page::new("/a%25b", "text/plain", "escaped"),
        Page::new("/a%b", "text/plain", "as it is"),
    ]);
    for (no_escape, content) in [(false, "escaped"), (true, "as it is")] {
        let remote = remote(HttpOptions {
            no_escape,
            ..plain(&web)
        });
        let found = remote.stat(&path("a%b")).await.unwrap();
        assert_eq!(bytes(&remote, &found, None).await, content.as_bytes());
    }
}

#[tokio::test]
async fn parts_of_a_file_are_asked_for() {
    let web = Web::new(vec![
        Page::new("/a", "text/plain", "0123456789"),
        Page::new("/whole", "text/plain", "0123456789").whole(),
    ]);
    let remote = remote(plain(&web));
    let file = remote.stat(&path("a")).await.unwrap();
    for (offset, length, expected, asked) in [
        (3, Some(4), "3456", Some("bytes=3-6")),
        (8, None, "89", Some("bytes=8-")),
        (8, Some(9), "89", Some("bytes=8-16")),
        (20, None, "", Some("bytes=20-")),
        (0, Some(1), "0", Some("bytes=0-0")),
        (0, None, "0123456789", None),
        (4, Some(0), "", None),
    ] {
        let before = web.requests().len();
        let part = bytes(&remote, &file, span(offset, length)).await;
        assert_eq!(part, expected.as_bytes(), "{offset} {length:?}");
        let requests = web.requests();
        let ranges: Vec<&str> = requests[before..]
            .iter()
            .filter_map(|request| request.split("range: ").nth(1)?.lines().next())
            .collect();
        assert_eq!(ranges, asked.into_iter().collect::<Vec<_>>());
    }
    let whole = remote.stat(&path("whole")).await.unwrap();
    let refused = remote.read(&whole, span(3, None)).await.err().unwrap();
    assert_eq!(refused.kind, ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_file_elsewhere_is_fetched_from_there_unless_headers_are_secret() {
    let there = Web::new(vec![Page::new("/x", "text/plain", "from there")]);
    let here = Web::new(vec![
        Page::html("/", "<a href=moved>m</a>"),
        Page::moved("/moved", &format!("{}x", there.url)),
        Page::moved("/near", "/here"),
        Page::new("/here", "text/plain", "from here"),
        Page::moved("/round", "/round"),
    ]);
    let remote_ = remote(plain(&here));
    let found = remote_.stat(&path("moved")).await.unwrap();
    assert_eq!(found.size, Some(10));
    assert_eq!(bytes(&remote_, &found, None).await, b"from there");
    let root = Entry::dir(path(""));
    assert_eq!(names(&remote_, &root).await, ["moved Some(10)"]);
    assert!(remote_.stat(&path("round")).await.is_err());
    let asked = there.requests().len();

    let remote_ = remote(HttpOptions {
        headers: vec![("X-Key".to_owned(), "k1".to_owned())],
        ..plain(&here)
    });
    let refused = remote_.stat(&path("moved")).await.unwrap_err();
    assert!(refused.to_string().contains("302"), "{refused}");
    let near = remote_.stat(&path("near")).await.unwrap();
    assert_eq!(bytes(&remote_, &near, None).await, b"from here");
    assert_eq!(there.requests().len(), asked);
}
