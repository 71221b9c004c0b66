//! `:sandbox:`: started by whoever comes first, shared, ended by the last.

use megarc::sandbox::embedded::acquire;
use serde_json::json;

use crate::support::{http, next_id, post};

async fn answers(url: &str, email: &str) -> bool {
    let us0 = json!([{"a":"us0","user":email}]);
    let text = post(&http(), url, &format!("id={}", next_id()), &us0).await;
    text.contains("\"v\":2")
}

#[tokio::test]
async fn one_process_shares_one_server() {
    let dir = tempfile::tempdir().unwrap();
    let first = acquire(dir.path()).await.unwrap();
    let second = acquire(dir.path()).await.unwrap();
    assert!(first.is_host());
    assert_eq!(first.url(), second.url());
    assert_eq!(first.password(), second.password());
    let (url, password) = (first.url().to_string(), first.password().to_string());
    first.release().await;
    assert!(answers(&url, second.email()).await, "still in use");
    second.release().await;
    assert!(http().get(&url).send().await.is_err(), "ended");
    let third = acquire(dir.path()).await.unwrap();
    assert_eq!(third.password(), password, "the account stays");
    assert!(answers(third.url(), third.email()).await);
    third.release().await;
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_look() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let sandbox = acquire(&dir.path().join("inner")).await.unwrap();
    let mode = |path: &str| {
        let metadata = std::fs::metadata(dir.path().join(path)).unwrap();
        metadata.permissions().mode() & 0o777
    };
    assert_eq!(mode("inner"), 0o700);
    assert_eq!(mode("inner/account.json"), 0o600);
    sandbox.release().await;
}

#[tokio::test]
async fn a_stale_address_of_a_killed_host_is_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("address"),
        "{\"listens\":\"127.0.0.1:1\",\"word\":\"old\"}",
    )
    .unwrap();
    let sandbox = acquire(dir.path()).await.unwrap();
    assert!(sandbox.is_host());
    assert!(answers(sandbox.url(), sandbox.email()).await);
    sandbox.release().await;
}
