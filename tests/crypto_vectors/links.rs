//! Public links of every form, and password links.

use megarc::mega::crypto::link::{LinkError, LinkTarget, PublicLink, SubKind};
use megarc::mega::crypto::password_link::PasswordLink;
use serde_json::Value;

use crate::support::*;

fn check(link: &PublicLink, expected: &Value) {
    assert_eq!(link.handle, text(expected, "ph"));
    assert_eq!(link.key_text(), text(expected, "key"));
    let kind = match &link.target {
        LinkTarget::File(_) => "file",
        LinkTarget::Folder { .. } => "folder",
    };
    assert_eq!(kind, text(expected, "kind"));
}

#[test]
fn valid_links() {
    for case in cases(&load("links"), "valid") {
        let url = text(case, "url");
        let link = PublicLink::parse(url).unwrap();
        check(&link, case);
        let (key, sub) = match &link.target {
            LinkTarget::File(key) => (key.pack().to_vec(), None),
            LinkTarget::Folder { key, sub } => (key.as_bytes().to_vec(), sub.as_ref()),
        };
        assert_eq!(hex(&key), text(case, "key_hex"), "{url}");
        assert_eq!(sub.map(|sub| sub.handle.as_str()), case["sub"].as_str());
        let sub_kind = sub.map(|sub| match sub.kind {
            SubKind::File => "file",
            SubKind::Folder => "folder",
            SubKind::Any => "any",
        });
        assert_eq!(sub_kind, case["sub_kind"].as_str(), "{url}");
        assert_eq!(PublicLink::parse(&link.to_url()), Ok(link), "{url}");
    }
}

#[test]
fn malformed_links_fail_with_their_kind() {
    for case in cases(&load("links"), "malformed") {
        let expected = match text(case, "error") {
            "EINCOMPLETE (-13): no key" => LinkError::MissingKey,
            "EARGS (-2): key too short" | "EARGS (-2): folder-size key in a file link" => {
                LinkError::Key
            }
            "EARGS (-2): handle too short" => LinkError::Handle,
            "EARGS (-2): nothing to parse" | "EARGS (-2): empty" => LinkError::NotALink,
            other if other.starts_with("not a mega host") => LinkError::ForeignHost,
            other => panic!("unknown error {other}"),
        };
        let url = text(case, "url");
        assert_eq!(PublicLink::parse(url), Err(expected), "{url}");
    }
}

#[test]
fn password_links_open_and_close() {
    for case in cases(&load("links"), "password_protected") {
        let url = text(case, "url");
        assert_eq!(PublicLink::parse(url), Err(LinkError::NeedsPassword));
        let protected = PasswordLink::parse(url).unwrap();
        assert_eq!(protected.to_url(), url);
        let link = protected.open(text(case, "password")).unwrap();
        check(&link, &case["expect"]);
    }
    // closing again: another salt, the same link
    let case = &load("links")["password_protected"][0];
    let link = PasswordLink::parse(text(case, "url"))
        .and_then(|link| link.open(text(case, "password")))
        .unwrap();
    let again = PasswordLink::protect(&link, "other").unwrap();
    assert_ne!(again.to_url(), text(case, "url"));
    let reread = PasswordLink::parse(&again.to_url()).unwrap();
    assert_eq!(reread.open("other"), Ok(link));
}

#[test]
fn bad_password_links_fail_with_their_kind() {
    for case in cases(&load("links"), "password_protected_bad") {
        let expected = match text(case, "error") {
            "EKEY (-14): HMAC differs" => LinkError::WrongPassword,
            "EINCOMPLETE (-13): too short" => LinkError::CutOff,
            "EINTERNAL (-1): unknown algorithm" => LinkError::UnknownAlgorithm,
            other => panic!("unknown error {other}"),
        };
        let result = PasswordLink::parse(text(case, "url"))
            .and_then(|link| link.open(text(case, "password")));
        assert_eq!(result, Err(expected));
    }
}
