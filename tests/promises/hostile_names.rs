//! Names that were made to do harm: nothing of them reaches the terminal as it
//! is.

use std::process::Stdio;
use std::time::Duration;

use expectrl::Expect as _;
use megarc::mega::content::Source;
use megarc::mega::session::{Credentials, MfaSource, Secret};
use megarc::mega::upload::Upload;
use megarc::mega::{Client, ClientOptions, NodeHandle};

use crate::account::{Account, EMAIL, PASSWORD};

/// Names that a file system cannot have, or that would lead elsewhere.
const NAMES: [&str; 22] = [
    "..",
    ".",
    "/",
    "a/b",
    "../../evil",
    "/etc/evil",
    "C:\\x",
    "nul\0byte",
    "\u{1}\u{1b}[2J\u{7f}",
    "\u{202e}txt.exe",
    "line\nfeed\rreturn",
    "CON",
    "aux.txt",
    "blank ",
    "dot.",
    " ",
    "\u{ff0f}",
    "\u{ff0e}\u{ff0e}",
    "\u{fffd}\u{feff}",
    "-rf",
    "~",
    "good",
];

/// A client that takes names as they are.
async fn client(account: &Account) -> Client {
    let options = ClientOptions {
        api_url: account.url(),
        credentials: Some(Credentials {
            email: EMAIL.to_owned(),
            password: Secret::new(PASSWORD),
            mfa: MfaSource::default(),
        }),
        ..ClientOptions::default()
    };
    Client::connect(options).await.unwrap()
}

async fn put(client: &Client, parent: NodeHandle, name: &str) {
    let content = format!("content of {}", name.escape_debug());
    let size = content.len() as u64;
    let stream = futures_util::stream::iter([Ok(content.into())]);
    let upload = Upload {
        parent,
        name: name.to_owned(),
        size: Some(size),
        mtime: 1_700_000_000,
        source: Source::Stream(Box::pin(stream)),
        replaces: None,
        attributes: Vec::new(),
        progress: None,
    };
    client.upload(upload).await.unwrap();
}

async fn folder(client: &Client, path: &[&str]) -> NodeHandle {
    let root = client.roots().await.unwrap().cloud.unwrap();
    client.create_folder(root, path).await.unwrap()
}

#[test]
fn on_a_terminal_nothing_of_a_name_is_obeyed() {
    let account = Account::new();
    account.wait_for(async {
        let client = client(&account).await;
        let files = folder(&client, &["n"]).await;
        for name in NAMES {
            put(&client, files, name).await;
        }
    });
    for args in [
        &["ls", "m:n"][..],
        &["lsf", "m:n"],
        &["lsl", "m:n"],
        &["tree", "m:n"],
        &["copy", "m:n", "back", "-v"],
    ] {
        let mut command = account.command(args);
        command.env("TERM", "dumb");
        command.stdin(Stdio::inherit()).stdout(Stdio::inherit());
        command.stderr(Stdio::inherit());
        let mut session = expectrl::Session::spawn(command).unwrap();
        session.set_expect_timeout(Some(Duration::from_secs(120)));
        let shown = session.expect(expectrl::Eof).unwrap();
        let shown = String::from_utf8(shown.as_bytes().to_vec()).unwrap();
        assert!(shown.contains("good"), "{shown}");
        // Of ours there is the end of a line, and what stands for the title.
        let shown = shown.replace("\r\n", "\n");
        assert!(!shown.contains("\u{1b}[2J"), "{args:?}: {shown:?}");
        assert!(!shown.contains('\u{202e}'), "{args:?}: {shown:?}");
        assert!(!shown.contains("feed\r"), "{args:?}: {shown:?}");
        assert!(!shown.contains("line\n"), "{args:?}: {shown:?}");
        assert!(!shown.contains('\0'), "{args:?}: {shown:?}");
    }
}
