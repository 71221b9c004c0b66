//! Tests of the session store.
#![allow(clippy::unwrap_used)]

use super::*;

const URL: &str = "https://g.api.mega.co.nz/";

fn session() -> Session {
    Session {
        id: SessionId::new("sid-text"),
        user: UserHandle::parse("T4Ihc23NcAQ").unwrap(),
        master_key: MasterKey::from_bytes([7; 16]),
        wrapped_private_key: Some("cHJpdms".to_owned()),
    }
}

fn store(dir: &tempfile::TempDir) -> SessionStore {
    SessionStore::new(
        dir.path().join("state/sessions"),
        SealKey::from_bytes([9; 32]),
    )
}

fn slot(store: &SessionStore, password: &str) -> Slot {
    store
        .slot(URL, "user@example.com", &Secret::new(password))
        .unwrap()
}

#[test]
fn gives_back_what_was_saved() {
    let dir = tempfile::tempdir().unwrap();
    let slot = slot(&store(&dir), "password");
    assert!(slot.load().is_none());
    slot.save(&session());
    let loaded = slot.load().unwrap();
    assert_eq!(loaded.id, session().id);
    assert_eq!(loaded.user, session().user);
    assert_eq!(loaded.master_key, session().master_key);
    assert_eq!(loaded.wrapped_private_key, session().wrapped_private_key);
    slot.remove();
    slot.remove();
    assert!(slot.load().is_none());
}

#[test]
fn nothing_readable_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let slot = slot(&store(&dir), "password");
    slot.save(&session());
    let bytes = fs::read(&slot.file).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("sid-text") && !text.contains("T4Ihc23NcAQ"));
    let name = slot
        .file
        .file_name()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    assert!(
        !name.contains("user") && !name.contains("example"),
        "{name}"
    );
}

#[test]
fn a_changed_password_account_server_or_byte_means_a_new_login() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir);
    let saved = slot(&store, "password");
    saved.save(&session());
    assert!(slot(&store, "Password").load().is_none());
    assert!(slot(&store, "password").load().is_some());

    let other = store
        .slot(URL, "other@example.com", &Secret::new("password"))
        .unwrap();
    fs::copy(&saved.file, &other.file).unwrap();
    assert!(other.load().is_none());
    let other = store
        .slot(
            "http://127.0.0.1:1/",
            "user@example.com",
            &Secret::new("password"),
        )
        .unwrap();
    fs::copy(&saved.file, &other.file).unwrap();
    assert!(other.load().is_none());

    let mut bytes = fs::read(&saved.file).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&saved.file, bytes).unwrap();
    assert!(saved.load().is_none());
    fs::write(&saved.file, b"").unwrap();
    assert!(saved.load().is_none());
}

#[cfg(unix)]
#[test]
fn files_are_private_and_others_are_not_trusted() {
    use std::os::unix::fs::PermissionsExt;

    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir);
    let saved = slot(&store, "password");
    saved.save(&session());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&saved.file), 0o600);
    assert_eq!(mode(saved.file.parent().unwrap()), 0o700);

    fs::set_permissions(&saved.file, fs::Permissions::from_mode(0o666)).unwrap();
    assert!(saved.load().is_none());
    fs::set_permissions(
        saved.file.parent().unwrap(),
        fs::Permissions::from_mode(0o777),
    )
    .unwrap();
    assert!(
        store
            .slot(URL, "user@example.com", &Secret::new("password"))
            .is_none()
    );
}

#[tokio::test]
async fn the_lock_lets_one_in_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir);
    let (first, second) = (slot(&store, "a"), slot(&store, "b"));
    let held = first.lock().await;
    let waiting = tokio::spawn(async move { second.lock().await });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    drop(held);
    waiting.await.unwrap();
}
