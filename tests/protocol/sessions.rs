//! What the queue does when the session is gone (`-15`) or the account blocked (`-16`).
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use megarc::mega::api::{DownloadTarget, EmptyRubbish, Quota, RequestDownload};
use megarc::mega::error::ErrorCode;
use megarc::mega::handle::NodeHandle;

use crate::script::{Counting, Script, all_ok, anonymous, ok};

fn sids(script: &Script) -> Vec<String> {
    script
        .sent()
        .iter()
        .map(|sent| sent.query["sid"].clone())
        .collect()
}

#[tokio::test]
async fn a_lost_session_is_renewed_once_and_the_commands_sent_again() {
    for body in ["-15", "[-15]"] {
        let script = Script::new(move |sent, n| if n == 0 { ok(body) } else { all_ok(sent) });
        let renewer = Arc::new(Counting::default());
        let api = anonymous(&script).with_renewer(renewer.clone());
        api.call(EmptyRubbish).await.unwrap();
        assert_eq!(renewer.renewals(), 1);
        assert_eq!(sids(&script), ["sid-0", "sid-1"]);
        assert_ne!(script.sent()[0].id(), script.sent()[1].id());
    }
}

#[tokio::test]
async fn a_session_that_stays_lost_is_an_error() {
    let script = Script::new(|_, _| ok("-15"));
    let renewer = Arc::new(Counting::default());
    let api = anonymous(&script).with_renewer(renewer.clone());
    let error = api.call(EmptyRubbish).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrorCode::ESID));
    assert_eq!(renewer.renewals(), 1);
    assert_eq!(script.sent().len(), 2);
}

#[tokio::test]
async fn both_lanes_share_one_renewal() {
    let script = Script::gated(|sent, _| {
        if sent.query["sid"] == "sid-0" {
            return ok("-15");
        }
        match sent.names().as_str() {
            "g" => ok("[{\"s\":5,\"at\":\"x\"}]"),
            _ => all_ok(sent),
        }
    });
    let renewer = Arc::new(Counting::default());
    let api = anonymous(&script).with_renewer(renewer.clone());
    let target = DownloadTarget::Node(NodeHandle::parse("AAAAAAAA").unwrap());
    let lookup = RequestDownload {
        target,
        use_https: true,
        with_address: false,
        striped: false,
    };
    let both = tokio::spawn(async move { tokio::join!(api.call(EmptyRubbish), api.call(lookup)) });
    script.arrived(2).await;
    script.let_through(4);
    let (ordered, lookup) = both.await.unwrap();
    ordered.unwrap();
    lookup.unwrap();
    assert_eq!(renewer.renewals(), 1);
}

#[tokio::test]
async fn a_blocked_account_stops_at_once() {
    for body in ["-16", "{\"err\":-16}"] {
        let script = Script::new(move |_, _| ok(body));
        let api = anonymous(&script).with_renewer(Arc::new(Counting::default()));
        for _ in 0..2 {
            let error = api.call(Quota).await.unwrap_err();
            assert_eq!(error.code(), Some(ErrorCode::EBLOCKED));
        }
        assert_eq!(script.sent().len(), 1, "nothing is sent after -16");
    }
}

#[tokio::test]
async fn a_blocked_file_stops_nothing_else() {
    let script = Script::new(|sent, n| if n == 0 { ok("[-16]") } else { all_ok(sent) });
    let api = anonymous(&script).with_renewer(Arc::new(Counting::default()));
    assert_eq!(
        api.call(EmptyRubbish).await.unwrap_err().code(),
        Some(ErrorCode::EBLOCKED)
    );
    api.call(EmptyRubbish).await.unwrap();
}
