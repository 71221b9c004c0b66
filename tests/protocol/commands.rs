//! What each command sends, and which answers it accepts: those recorded from
//! other clients' conversations, and hostile ones.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use megarc::mega::api::{
    AddKeys, Command, DeleteNode, DeleteVersions, DownloadAddress, DownloadTarget, EmptyRubbish,
    Export, FetchNodes, KeyRequest, KillSessions, LinkInfo, Login, Logout, MoveNode, NewNode,
    NodeSource, Prelogin, PutNodes, Quota, RequestDownload, RequestUpload, Sessions, SetAttributes,
    SetKeyPair, Share, Unexport, Unshare, UserAttribute, UserInfo,
};
use megarc::mega::error::{Error, ErrorCode};
use megarc::mega::handle::{NodeHandle, PublicHandle, UserHandle};
use proptest::prelude::*;
use serde_json::{Value, json};

fn node(text: &str) -> NodeHandle {
    NodeHandle::parse(text).unwrap()
}

type Check = fn(Value) -> Result<(), Error>;

fn check<C: Command>(reply: Value) -> Result<(), Error> {
    C::parse(reply).map(drop)
}

/// Every command by its letter; `l` and `s2` have two that share an answer's form.
fn parsers() -> BTreeMap<&'static str, Vec<Check>> {
    BTreeMap::from([
        ("us0", vec![check::<Prelogin> as Check]),
        ("us", vec![check::<Login>]),
        ("up", vec![check::<SetKeyPair>]),
        ("sml", vec![check::<Logout>]),
        ("usl", vec![check::<Sessions>]),
        ("usr", vec![check::<KillSessions>]),
        ("ug", vec![check::<UserInfo>]),
        ("uga", vec![check::<UserAttribute>]),
        ("uq", vec![check::<Quota>]),
        ("f", vec![check::<FetchNodes>]),
        ("p", vec![check::<PutNodes>]),
        ("m", vec![check::<MoveNode>]),
        ("a", vec![check::<SetAttributes>]),
        ("d", vec![check::<DeleteNode>]),
        ("dr", vec![check::<EmptyRubbish>]),
        ("dv", vec![check::<DeleteVersions>]),
        ("l", vec![check::<Export>, check::<Unexport>]),
        ("s2", vec![check::<Share>, check::<Unshare>]),
        ("k", vec![check::<AddKeys>]),
        ("pli", vec![check::<LinkInfo>]),
        ("u", vec![check::<RequestUpload>]),
        ("g", vec![check::<RequestDownload>]),
    ])
}

/// The answers that rclone, megajs and async-mega-py accept, we accept.
#[test]
fn recorded_answers_are_accepted() {
    let text = include_str!("../vectors/transcripts.json").replace("{BASE}", "http://127.0.0.1:1");
    let file: Value = serde_json::from_str(&text).unwrap();
    let parsers = parsers();
    let mut seen = BTreeMap::new();
    for scenario in file["scenarios"].as_object().unwrap().values() {
        for exchange in scenario["exchanges"].as_array().unwrap() {
            let (Some(commands), Some(results)) =
                (exchange["body"].as_array(), exchange["response"].as_array())
            else {
                continue;
            };
            for (command, result) in commands.iter().zip(results) {
                let name = command["a"].as_str().unwrap();
                if result.as_i64().is_some_and(|code| code < 0) {
                    continue;
                }
                let accepted = parsers[name]
                    .iter()
                    .any(|parse| parse(result.clone()).is_ok());
                assert!(accepted, "{name}: {result}");
                *seen.entry(name.to_owned()).or_insert(0) += 1;
            }
        }
    }
    assert!(seen.len() >= 14, "{seen:?}");
}

#[test]
fn commands_are_sent_in_their_wire_form() {
    let keys = KeyRequest {
        shares: vec![node("SHARE123")],
        nodes: vec![node("NODE1234"), node("NODE5678")],
        keys: vec![(0, 0, "key0".to_owned()), (0, 1, "key1".to_owned())],
    };
    let cr = json!([
        ["SHARE123"],
        ["NODE1234", "NODE5678"],
        [0, 0, "key0", 0, 1, "key1"]
    ]);
    let (at, k) = ("at".to_owned(), "k".to_owned());
    let mut upload = NewNode::new(
        NodeSource::Upload {
            token: "token".to_owned(),
        },
        at.clone(),
        k.clone(),
    );
    upload.replaces = Some(node("OLD12345"));
    upload.file_attributes = Some("0*h".to_owned());
    let folder = NewNode::new(
        NodeSource::Folder {
            temporary: "xxxxxxxx".to_owned(),
        },
        at.clone(),
        k.clone(),
    );
    let mut copy = NewNode::new(
        NodeSource::CopyFile(node("SRC12345")),
        at.clone(),
        k.clone(),
    );
    copy.parent = Some("xxxxxxxx".to_owned());
    let import = NewNode::new(
        NodeSource::ImportFile(PublicHandle::parse("PUB12345").unwrap()),
        at,
        k,
    );
    let put = PutNodes {
        target: node("DIR12345"),
        nodes: vec![upload, folder, copy, import],
        keys: Some(KeyRequest {
            nodes: Vec::new(),
            ..keys.clone()
        }),
        keep_replaced: Some(false),
    };
    assert_eq!(
        put.to_json(),
        json!({"a": "p", "t": "DIR12345", "vb": 0,
        "cr": [["SHARE123"], [], [0, 0, "key0", 0, 1, "key1"]],
        "n": [
            {"h": "token", "t": 0, "a": "at", "k": "k", "ov": "OLD12345", "fa": "0*h"},
            {"h": "xxxxxxxx", "t": 1, "a": "at", "k": "k"},
            {"h": "SRC12345", "t": 0, "a": "at", "k": "k", "p": "xxxxxxxx"},
            {"ph": "PUB12345", "t": 0, "a": "at", "k": "k"},
        ]})
    );
    let target = node("DIR12345");
    let moved = MoveNode {
        node: node("NODE1234"),
        target,
        keys: Some(keys.clone()),
    };
    assert_eq!(
        moved.to_json(),
        json!({"a": "m", "n": "NODE1234", "t": "DIR12345", "cr": cr})
    );
    let share = Share {
        folder: target,
        share_key: "ok".to_owned(),
        authentication: "ha".to_owned(),
        keys: keys.clone(),
    };
    assert_eq!(
        share.to_json(),
        json!({"a": "s2", "n": "DIR12345", "s": [{"u": "EXP", "r": 0}], "ok": "ok", "ha": "ha", "cr": cr})
    );
    assert_eq!(
        Unshare { folder: target }.to_json(),
        json!({"a": "s2", "n": "DIR12345", "s": [{"u": "EXP", "r": ""}]})
    );
    assert_eq!(AddKeys { keys }.to_json(), json!({"a": "k", "cr": cr}));
    let export = Export {
        node: target,
        expires: Some(1_700_000_000),
    };
    assert_eq!(
        export.to_json(),
        json!({"a": "l", "n": "DIR12345", "ets": 1_700_000_000})
    );
    assert_eq!(
        Unexport { node: target }.to_json(),
        json!({"a": "l", "n": "DIR12345", "d": 1})
    );
    let version = DeleteNode {
        node: target,
        only_this_version: true,
    };
    assert_eq!(
        version.to_json(),
        json!({"a": "d", "n": "DIR12345", "v": 1})
    );
    let attributes = SetAttributes {
        node: target,
        attributes: "x".to_owned(),
    };
    assert_eq!(
        attributes.to_json(),
        json!({"a": "a", "n": "DIR12345", "at": "x"})
    );
    let upload = RequestUpload {
        size: 5,
        use_https: true,
    };
    assert_eq!(
        upload.to_json(),
        json!({"a": "u", "s": 5, "ssl": 2, "v": 2})
    );
    let link = DownloadTarget::Link(PublicHandle::parse("PUB12345").unwrap());
    let download = RequestDownload {
        target: link,
        use_https: false,
        with_address: true,
        striped: false,
    };
    assert_eq!(
        download.to_json(),
        json!({"a": "g", "g": 1, "ssl": 0, "p": "PUB12345"})
    );
    let striped = RequestDownload {
        striped: true,
        ..download
    };
    assert_eq!(striped.to_json()["v"], json!(2));
    let user = UserHandle::parse("T4Ihc23NcAQ").unwrap();
    let attribute = UserAttribute {
        user,
        name: "^!keys".to_owned(),
    };
    assert_eq!(
        attribute.to_json(),
        json!({"a": "uga", "u": "T4Ihc23NcAQ", "ua": "^!keys", "v": 1})
    );
    assert_eq!(FetchNodes.to_json(), json!({"a": "f", "c": 1, "r": 1}));
}

#[test]
fn a_file_is_at_one_address_or_at_six() {
    let address = |g: serde_json::Value| {
        RequestDownload::parse(json!({"g": g, "s": 5, "at": "x"})).map(|reply| reply.address)
    };
    let one = || DownloadAddress::Whole("http://h/1".to_owned());
    assert!(address(json!("http://h/1")).unwrap() == one());
    assert!(address(json!(["http://h/1"])).unwrap() == one());
    assert!(address(json!("")).unwrap() == DownloadAddress::None);
    let six: [String; 6] = std::array::from_fn(|part| format!("http://h/{part}"));
    assert!(address(json!(six)).unwrap() == DownloadAddress::Striped(six.clone()));
    for wrong in [json!(six[1..]), json!([]), json!([5]), json!(["ftp://h"])] {
        assert!(address(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn errors_inside_replies_are_errors() {
    let quota = RequestDownload::parse(
        json!({"g": "http://h/dl/x", "s": 5, "at": "x", "e": -17, "tl": 120}),
    );
    assert!(
        matches!(quota, Err(Error::Quota { retry_after: Some(wait) }) if wait == Duration::from_secs(120))
    );
    let quota = RequestDownload::parse(json!({"e": -17}));
    assert!(
        matches!(quota, Err(Error::Quota { retry_after: Some(wait) }) if wait == Duration::from_secs(3600))
    );
    assert!(matches!(
        RequestDownload::refusal(ErrorCode(-17)),
        Error::Quota { .. }
    ));
    assert_eq!(
        RequestUpload::refusal(ErrorCode(-17)).code(),
        Some(ErrorCode::EOVERQUOTA)
    );
    let gone = RequestDownload::parse(json!({"s": 5, "e": -11})).unwrap_err();
    assert_eq!(gone.code(), Some(ErrorCode::EACCESS));
    let taken_down = RequestDownload::parse(json!({"s": 5, "d": 1})).unwrap_err();
    assert_eq!(taken_down.code(), Some(ErrorCode::EBLOCKED));
    assert_eq!(
        DeleteNode::parse(json!({"r": [0, -11]}))
            .unwrap_err()
            .code(),
        Some(ErrorCode::EACCESS)
    );
    assert_eq!(
        Share::parse(json!({"r": [-9]})).unwrap_err().code(),
        Some(ErrorCode::ENOENT)
    );
    assert_eq!(
        PutNodes::parse(json!({"e": [-9]})).unwrap_err().code(),
        Some(ErrorCode::ENOENT)
    );
    let partly = PutNodes::parse(json!({"f": [{"h": "A"}], "e": {"1": -17}})).unwrap();
    assert_eq!(partly.failed, BTreeMap::from([(1, ErrorCode::EOVERQUOTA)]));
}

#[test]
fn missing_and_odd_fields_are_named_and_never_shown() {
    let error = Login::parse(json!({"csid": "SECRET", "k": ["SECRET"]}))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("'k'") && !error.contains("SECRET"),
        "{error}"
    );
    let error = RequestUpload::parse(json!({"p": "file:///etc/passwd"}))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("http") && !error.contains("passwd"),
        "{error}"
    );
    assert!(
        Prelogin::parse(json!({"v": 3}))
            .unwrap_err()
            .to_string()
            .contains("version 3")
    );
    assert!(Prelogin::parse(json!({"v": 2})).is_err());
    assert!(Quota::parse(json!({"cstrg": -1, "mstrg": 5})).is_err());
    assert!(RequestDownload::parse(json!({"s": 5, "g": ["http://a", "http://b"]})).is_err());
    assert_eq!(
        Quota::parse(json!({"cstrg": "7", "mstrg": 9}))
            .unwrap()
            .used,
        7
    );
    assert_eq!(
        Export::parse(json!([0, "Tl8BMK3u"])).unwrap().as_str(),
        "Tl8BMK3u"
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        let key = prop_oneof![
            Just("e"),
            Just("f"),
            Just("g"),
            Just("k"),
            Just("s"),
            Just("v"),
            Just("u"),
            Just("r"),
            Just("cstrg"),
            Just("mstrg"),
            Just("cstrgn"),
            Just("tah"),
            Just("at"),
            Just("d"),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(key, inner, 0..8)
                .prop_map(|map| map.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_reply_makes_a_parser_panic(reply in any_json()) {
        for parse in parsers().values().flatten() {
            let _ = parse(reply.clone());
        }
    }
}
