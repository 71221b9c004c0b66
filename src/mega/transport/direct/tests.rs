//! Plain answers and others, from a server that is a script.

#![allow(clippy::unwrap_used)]

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::super::{
    HttpRequest, HttpTransport, HttpTransportOptions, Received, Transport, TransportError,
    TransportErrorKind,
};

/// Serves connections in order; each has its answers, one a request, and is
/// closed after them. Gives back the heads of all requests.
async fn serve(connections: Vec<Vec<&'static [u8]>>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/dl/SECRET", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let mut heads = Vec::new();
        for answers in connections {
            let (mut connection, _) = listener.accept().await.unwrap();
            for answer in answers {
                heads.push(head(&mut connection).await);
                connection.write_all(answer).await.unwrap();
            }
        }
        heads
    });
    (url, task)
}

async fn head(connection: &mut TcpStream) -> String {
    let mut got = Vec::new();
    while !got.ends_with(b"\r\n\r\n") {
        assert_ne!(connection.read_buf(&mut got).await.unwrap(), 0);
    }
    String::from_utf8(got).unwrap()
}

fn transport() -> HttpTransport {
    HttpTransport::new(HttpTransportOptions {
        timeout: Duration::from_secs(60),
        ..HttpTransportOptions::default()
    })
}

type Fetched = (Result<Received, TransportError>, Vec<u8>);

/// Fetches up to five bytes; gives back what came of them.
async fn fetch(transport: &HttpTransport, url: &str) -> Fetched {
    let (mut target, mut filled) = (vec![0; 5], 0);
    let ended = transport
        .receive(HttpRequest::get(url), &mut target, &mut filled)
        .await;
    target.truncate(filled);
    (ended, target)
}

fn body(fetched: Fetched) -> Vec<u8> {
    assert!(matches!(fetched.0, Ok(Received::Body)), "{:?}", fetched.0);
    fetched.1
}

fn failure(fetched: Fetched) -> (TransportErrorKind, Vec<u8>) {
    let error = fetched.0.unwrap_err();
    assert!(!error.to_string().contains("SECRET"), "{error}");
    (error.kind, fetched.1)
}

const HELLO: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const WORLD: &[u8] = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n\r\nworld";

#[tokio::test]
async fn a_connection_serves_one_request_after_the_other() {
    let refused = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nX-Mega-Time-Left: 7\r\n\r\nno";
    let (url, server) = serve(vec![vec![HELLO, refused, WORLD]]).await;
    let transport = transport();
    assert_eq!(body(fetch(&transport, &url).await), b"hello");
    match fetch(&transport, &url).await.0.unwrap() {
        Received::Refused(answer) => {
            let left = answer.header("x-mega-time-left");
            assert_eq!((answer.status, left), (404, Some("7")));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(body(fetch(&transport, &url).await), b"world");
    let heads = server.await.unwrap();
    let agent = concat!("user-agent: megarc/", env!("CARGO_PKG_VERSION"), "\r\n");
    assert!(heads.iter().all(|head| head.contains(agent)), "{heads:?}");
}

#[tokio::test]
async fn a_connection_that_the_server_has_closed_is_no_failure() {
    let closing = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
    // The first one is closed without a word, the second one with it; the
    // third one brings more than it said, and is not used again either.
    let more = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n";
    let (url, server) = serve(vec![vec![HELLO], vec![closing], vec![more], vec![WORLD]]).await;
    let transport = transport();
    for expected in [&b"hello"[..], b"hello"] {
        assert_eq!(body(fetch(&transport, &url).await), expected);
    }
    let third = fetch(&transport, &url).await;
    assert!(matches!(third.0, Ok(Received::TooLong | Received::Body)));
    assert_eq!(body(fetch(&transport, &url).await), b"world");
    assert_eq!(server.await.unwrap().len(), 4);
}

#[tokio::test]
async fn what_is_not_plain_is_asked_again_the_common_way() {
    let chunked: &[u8] =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    let open: &[u8] = b"HTTP/1.1 200 OK\r\n\r\nhello";
    for answer in [chunked, open] {
        let (url, server) = serve(vec![vec![answer], vec![answer]]).await;
        assert_eq!(body(fetch(&transport(), &url).await), b"hello");
        assert_eq!(server.await.unwrap().len(), 2);
    }
}

#[tokio::test]
async fn bodies_of_other_lengths_are_told_apart() {
    let long = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello!";
    let short = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhell";
    let cut = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel";
    let (url, _server) = serve(vec![vec![long], vec![short], vec![cut]]).await;
    let transport = transport();
    let fetched = fetch(&transport, &url).await;
    assert!(matches!(fetched.0, Ok(Received::TooLong)));
    assert_eq!(body(fetch(&transport, &url).await), b"hell");
    let broken = failure(fetch(&transport, &url).await);
    assert_eq!(broken, (TransportErrorKind::Broken, b"hel".to_vec()));
}

#[tokio::test]
async fn what_is_no_answer_is_a_failure() {
    for (answer, kind) in [
        (&b""[..], TransportErrorKind::Broken),
        (b"HTTP/1.1 200 OK\r\nConte", TransportErrorKind::Broken),
        (b"hello", TransportErrorKind::BadAnswer),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
            TransportErrorKind::BadAnswer,
        ),
    ] {
        let (url, _server) = serve(vec![vec![answer]]).await;
        assert_eq!(failure(fetch(&transport(), &url).await), (kind, vec![]));
    }
}

#[tokio::test]
async fn a_head_without_an_end_is_not_read_for_ever() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/dl/SECRET", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        head(&mut connection).await;
        let mut sent = connection.write_all(b"HTTP/1.1 200 OK\r\nx: ").await;
        while sent.is_ok() {
            sent = connection.write_all(&[b'y'; 4096]).await;
        }
    });
    let failed = failure(fetch(&transport(), &url).await);
    assert_eq!(failed, (TransportErrorKind::BadAnswer, vec![]));
    server.await.unwrap();
}

#[tokio::test]
async fn silence_is_a_time_out() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/dl/SECRET", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        head(&mut connection).await;
        connection
            .write_all(&HELLO[..HELLO.len() - 2])
            .await
            .unwrap();
        connection
    });
    let (mut target, mut filled) = ([0; 5], 0);
    let mut request = HttpRequest::get(url);
    request.idle_timeout = Some(Duration::from_millis(50));
    let transport = transport();
    let ended = transport.receive(request, &mut target, &mut filled).await;
    assert_eq!(ended.unwrap_err().kind, TransportErrorKind::TimedOut);
    assert!(filled <= 3);
    drop(server.await.unwrap());
}

#[tokio::test]
async fn connections_that_were_prepared_go_the_common_way() {
    let (url, server) = serve(vec![vec![HELLO]]).await;
    let transport = HttpTransport::new(HttpTransportOptions {
        setup: Some(std::sync::Arc::new(|builder| builder)),
        ..HttpTransportOptions::default()
    });
    assert_eq!(body(fetch(&transport, &url).await), b"hello");
    let heads = server.await.unwrap();
    assert!(heads[0].contains("accept-encoding: gzip"), "{heads:?}");
}
