//! Which commands leave together, and what a caller that goes away leaves behind.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use futures_util::future::join_all;
use megarc::mega::api::{
    DeleteNode, DownloadTarget, EmptyRubbish, Logout, Prelogin, Quota, RequestDownload,
};
use megarc::mega::handle::{NodeHandle, PublicHandle};

use crate::script::{Counting, Script, all_ok, anonymous, ok};

fn delete(name: &str) -> DeleteNode {
    let node = NodeHandle::parse(name).unwrap();
    DeleteNode {
        node,
        only_this_version: false,
    }
}

/// Lets spawned tasks reach their next waiting point.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn calls_that_start_together_leave_together() {
    let script = Script::new(|sent, _| all_ok(sent));
    let api = anonymous(&script);
    let calls = (0..100).map(|n| api.call(delete(&format!("{n:08}"))));
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    assert!(script.sent().len() <= 2, "{} requests", script.sent().len());
    assert_eq!(
        script
            .sent()
            .iter()
            .map(|sent| sent.commands().len())
            .sum::<usize>(),
        100
    );
}

#[tokio::test]
async fn what_arrives_meanwhile_is_the_next_batch_and_lone_commands_split_it() {
    let script = Script::gated(|sent, _| match sent.names().as_str() {
        "us0" => ok("[{\"v\":1}]"),
        _ => all_ok(sent),
    });
    let api = anonymous(&script);
    let first = tokio::spawn({
        let api = api.clone();
        async move { api.call(EmptyRubbish).await }
    });
    script.arrived(1).await;
    let rest = tokio::spawn(async move {
        tokio::join!(
            api.call(delete("AAAAAAAA")),
            api.call(delete("BBBBBBBB")),
            api.call(Prelogin {
                email: "a@b.cd".to_owned()
            }),
            api.call(delete("CCCCCCCC")),
            api.call(Logout),
        )
    });
    settle().await;
    assert_eq!(script.sent().len(), 1, "one request in flight");
    script.let_through(5);
    first.await.unwrap().unwrap();
    let (a, b, c, d, e) = rest.await.unwrap();
    assert!(a.is_ok() && b.is_ok() && c.is_ok() && d.is_ok() && e.is_ok());
    assert_eq!(script.names(), ["dr", "d d", "us0", "d", "sml"]);
    let ids: Vec<u64> = script
        .sent()
        .iter()
        .map(|sent| sent.id() - script.sent()[0].id())
        .collect();
    assert_eq!(ids, [0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn lookups_travel_beside_the_ordered_commands() {
    let script = Script::gated(|sent, _| match sent.names().as_str() {
        "g" => ok("[{\"s\":5,\"at\":\"x\",\"g\":\"http://h/dl/x\"}]"),
        _ => all_ok(sent),
    });
    let api = anonymous(&script);
    let target = DownloadTarget::Link(PublicHandle::parse("AAAAAAAA").unwrap());
    let lookup = RequestDownload {
        target,
        use_https: false,
        with_address: true,
        striped: false,
    };
    let both = tokio::spawn(async move { tokio::join!(api.call(EmptyRubbish), api.call(lookup)) });
    script.arrived(2).await;
    script.let_through(2);
    let (ordered, lookup) = both.await.unwrap();
    ordered.unwrap();
    assert_eq!(lookup.unwrap().size, 5);
    let mut names = script.names();
    names.sort();
    assert_eq!(names, ["dr", "g"]);
}

#[tokio::test]
async fn a_dropped_caller_takes_nobody_down() {
    let script = Script::gated(|sent, _| all_ok(sent));
    let api = anonymous(&script);
    let spawn = |name: &'static str| {
        let api = api.clone();
        tokio::spawn(async move { api.call(delete(name)).await })
    };
    let (gone, stays) = (spawn("AAAAAAAA"), spawn("BBBBBBBB"));
    script.arrived(1).await;
    let (never_sent, later) = (spawn("CCCCCCCC"), spawn("DDDDDDDD"));
    settle().await;
    gone.abort();
    never_sent.abort();
    settle().await;
    script.let_through(2);
    stays.await.unwrap().unwrap();
    later.await.unwrap().unwrap();
    let sent = script.sent();
    assert_eq!(script.names(), ["d d", "d"]);
    assert_eq!(sent[1].commands()[0]["n"], "DDDDDDDD");
}

#[tokio::test]
async fn a_request_that_nobody_waits_for_is_given_up() {
    let script = Script::gated(|sent, _| all_ok(sent));
    let api = anonymous(&script);
    let gone = tokio::spawn({
        let api = api.clone();
        async move { api.call(EmptyRubbish).await }
    });
    script.arrived(1).await;
    gone.abort();
    settle().await;
    let next = tokio::spawn(async move { api.call(Quota).await });
    script.arrived(2).await;
    script.let_through(2);
    assert!(next.await.unwrap().is_err(), "0 is no quota");
}

#[tokio::test]
async fn large_batches_are_cut() {
    let script = Script::new(|sent, _| all_ok(sent));
    let api = anonymous(&script);
    let calls = (0..1200).map(|n| api.call(delete(&format!("{n:08}"))));
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    let counts: Vec<usize> = script
        .sent()
        .iter()
        .map(|sent| sent.commands().len())
        .collect();
    assert_eq!(counts, [500, 500, 200]);
}

#[tokio::test]
async fn a_link_context_replaces_the_session() {
    let script = Script::new(|sent, _| all_ok(sent));
    let api = anonymous(&script).with_renewer(Arc::new(Counting::default()));
    let link = api.with_link_context(PublicHandle::parse("Ab_-5678").unwrap());
    api.call(EmptyRubbish).await.unwrap();
    link.call(EmptyRubbish).await.unwrap();
    let sent = script.sent();
    assert_eq!(sent[0].query.get("sid").map(String::as_str), Some("sid-0"));
    assert!(!sent[0].query.contains_key("n"));
    assert_eq!(sent[1].query.get("n").map(String::as_str), Some("Ab_-5678"));
    assert!(!sent[1].query.contains_key("sid"));
}

/// Lanes fall idle and start again all the time here; no call may get lost in between.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_is_lost_between_batches() {
    let script = Script::new(|sent, _| all_ok(sent));
    let api = anonymous(&script);
    let callers = (0..8).map(|_| {
        let api = api.clone();
        tokio::spawn(async move {
            for _ in 0..500 {
                api.call(EmptyRubbish).await.unwrap();
            }
        })
    });
    for caller in join_all(callers).await {
        caller.unwrap();
    }
    let commands: usize = script.sent().iter().map(|sent| sent.commands().len()).sum();
    assert_eq!(commands, 4000);
}
