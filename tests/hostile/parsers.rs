//! Everything that reads what a server, a file or a user supplies, as functions
//! of bytes. Each asserts what must hold for any input; that it returns at all
//! (no panic, no hang, no unbounded memory) is the first of these properties.
//!
//! Two users: `cargo test --test hostile`, and the fuzz targets in `tests/fuzz`.

// its place is said for both users of this file
#[path = "kept.rs"]
mod kept;

use std::path::Path;

use aes::Aes128;
use cipher::block_padding::NoPadding;
use cipher::{Array, BlockModeEncrypt, KeyIvInit};
use megarc::cli::values;
use megarc::config::envelope::Envelope;
use megarc::config::{ini, obscure, toml};
use megarc::engine::check::Sums;
use megarc::engine::filter::{Filter, FilterSpec, RuleSpec, glob};
use megarc::mega::api::{Answer, parse_answer};
use megarc::mega::crypto::attributes::Attributes;
use megarc::mega::crypto::base64;
use megarc::mega::crypto::fingerprint::Fingerprint;
use megarc::mega::crypto::hashcash::Challenge;
use megarc::mega::crypto::key_field::open_node_key;
use megarc::mega::crypto::keys::{MasterKey, NodeKey};
use megarc::mega::crypto::keys_attribute::KeysAttribute;
use megarc::mega::crypto::link::PublicLink;
use megarc::mega::crypto::mpi::split_mpi;
use megarc::mega::crypto::password_link::PasswordLink;
use megarc::mega::crypto::rsa::RsaPrivateKey;
use megarc::mega::crypto::seal::{self, SealKey};
use megarc::mega::crypto::upload_answer::parse_upload_answer;
use megarc::mega::node::Keyring;
use megarc::output::sanitize;
use megarc::remote::RemotePath;
use megarc::remote::encoding::Encoding;
use megarc::remote::http::{index, name};
use megarc::remote::spec::Spec;

/// One parser with what must hold for any input.
pub struct Parser {
    /// Name of the fuzz target and of the kept corpus.
    pub name: &'static str,
    /// Inputs that it accepts, to start from.
    pub seeds: &'static [&'static str],
    /// Parses, and asserts.
    pub run: fn(&[u8]),
}

impl Parser {
    const fn new(name: &'static str, seeds: &'static [&'static str], run: fn(&[u8])) -> Self {
        Self { name, seeds, run }
    }
}

/// All of them, by name.
pub const PARSERS: &[Parser] = &[
    Parser::new("answer", ANSWERS, answer),
    Parser::new("attributes", ATTRIBUTES, attributes),
    Parser::new("encoding", NAMES, encoding),
    Parser::new("envelope", ENVELOPES, envelope),
    kept::EVENTS,
    Parser::new("filters", FILTERS, filters),
    Parser::new("fingerprint", FINGERPRINTS, fingerprint),
    Parser::new("hashcash", CHALLENGES, hashcash),
    Parser::new("http-index", PAGES, http_index),
    Parser::new("ini", INIS, read_ini),
    kept::JOURNAL,
    Parser::new("keys", KEYS, keys),
    Parser::new("keys-attribute", RECORDS, keys_attribute),
    Parser::new("link", LINKS, link),
    kept::PARTIAL,
    Parser::new("remote", REMOTES, remote),
    Parser::new("replies", REPLIES, replies),
    Parser::new("rsa", NUMBERS, rsa),
    Parser::new("sealed", NAMES, sealed),
    kept::SESSION,
    kept::SNAPSHOT,
    Parser::new("sums", SUMS, sums),
    Parser::new("toml", TOMLS, read_toml),
    kept::TREE,
    Parser::new("upload-answer", UPLOADS, upload_answer),
    Parser::new("values", VALUES, read_values),
    Parser::new("web-name", DISPOSITIONS, web_name),
];

/// Runs the parser of that name.
pub fn run(name: &str, input: &[u8]) {
    let parser = PARSERS.iter().find(|parser| parser.name == name);
    (parser.expect("a parser of that name").run)(input);
}

fn text(input: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(input)
}

const ANSWERS: &[&str] = &[
    "[0]",
    "-3",
    "[{\"a\":1}]",
    "{\"err\":-9}",
    "[-9,{\"sn\":\"x\"}]",
];

fn answer(input: &[u8]) {
    for commands in 0..3 {
        if let Ok(Answer::Results(results)) = parse_answer(input, commands) {
            assert_eq!(results.len(), commands);
        }
    }
}

const ATTRIBUTES: &[&str] = &[
    "{\"n\":\"a\"}",
    "{\"n\":\"a\",\"c\":\"uAAAAAAAAAAAAAAAAAAAAAEB\",\"rr\":\"AAAAAAAA\"}",
    "{\"n\":\"\\u00e4\\ud83d\\ude00\",\"n\":[1,{\"x\":null}]}",
];

fn attributes(input: &[u8]) {
    let key = [7; 16];
    let _ = Attributes::decrypt(&text(input), &key);
    // the plaintext that a server holding the key could have chosen
    let mut plain = b"MEGA".to_vec();
    plain.extend_from_slice(input);
    plain.resize(plain.len().next_multiple_of(16), 0);
    let length = plain.len();
    let sealed = cbc::Encryptor::<Aes128>::new(&Array(key), &Array([0; 16]))
        .encrypt_padded::<NoPadding>(&mut plain, length)
        .expect("whole blocks");
    if let Ok(read) = Attributes::decrypt(&base64::encode(sealed), &key) {
        let again = Attributes::decrypt(&read.encrypt(&key), &key).expect("what we wrote");
        assert_eq!(*again.to_json(), *read.to_json());
        assert_eq!(again.name(), read.name());
        assert_eq!(again.fingerprint(), read.fingerprint());
    }
}

const NAMES: &[&str] = &[
    "a",
    ".",
    "..",
    "a/b",
    "CON",
    "x\u{202e}txt",
    "\x1b[2J",
    "a ",
    "\u{ff0f}",
];

fn encoding(input: &[u8]) {
    for encoding in [Encoding::MEGA, Encoding::UNIX, Encoding::STANDARD] {
        let name = encoding.to_standard(input);
        // no name leads out of its directory
        assert!(!name.contains('/'), "{name:?}");
        assert!(
            input.is_empty() || !matches!(&*name, "." | ".."),
            "{name:?}"
        );
        // MEGA's names are text: what is shown is stored and shown the same again
        if encoding == Encoding::MEGA && std::str::from_utf8(input).is_ok() {
            assert_eq!(encoding.to_standard(&encoding.from_standard(&name)), name);
        }
    }
    let shown = sanitize::line(&text(input)).into_owned();
    assert!(
        !shown
            .chars()
            .any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c))
    );
    assert_eq!(sanitize::line(&shown), shown);
}

const ENVELOPES: &[&str] = &[
    "# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\n3L39fm9IsfQ2nu9vv9118WQ4/jrUaxhDcXZBIsJho+Ymx+ejsj4pwLvDNGe45duo8ESb0hhZjA1zD2Wm86U+Y0URpPk1cJOQ\n",
    "HEhIdEJl7gPBU5Af0vufS7Sif8KokQ",
    "RCLONE_ENCRYPT_V1:\n",
];

fn envelope(input: &[u8]) {
    let text = text(input);
    let _ = Envelope::parse(&text);
    if let Ok(secret) = obscure::reveal(&text) {
        let again = obscure::obscure_with(secret.expose(), [9; 16]);
        let revealed = obscure::reveal(&again).expect("what we obscured");
        assert_eq!(revealed.expose(), secret.expose());
    }
}

const FILTERS: &[&str] = &[
    "+ *.jpg\n- /dir/**\n",
    "*.{a,b}\n",
    "- {{.*\\.tmp}}\n!\n+ [a-z]?\n",
    "/dir/\n# comment\n; comment\n",
];

fn filters(input: &[u8]) {
    let text = text(input);
    if let Ok(source) = glob::to_regex(&text, true) {
        assert!(!source.is_empty());
    }
    let lines: Vec<String> = text.lines().take(20).map(str::to_owned).collect();
    let refuse = |_: &str| Err(std::io::Error::other("no files here"));
    let with = |names: RuleSpec, ignore_case| FilterSpec {
        names,
        ignore_case,
        ..FilterSpec::default()
    };
    let none = RuleSpec::default;
    for spec in [
        with(
            RuleSpec {
                filter: lines.clone(),
                ..none()
            },
            false,
        ),
        with(
            RuleSpec {
                include: lines.clone(),
                ..none()
            },
            false,
        ),
        with(
            RuleSpec {
                exclude: lines.clone(),
                ..none()
            },
            true,
        ),
        FilterSpec {
            metadata: RuleSpec {
                filter: lines,
                ..none()
            },
            ..FilterSpec::default()
        },
    ] {
        let Ok(filter) = Filter::build(&spec, refuse) else {
            continue;
        };
        for path in ["a", "dir/a.jpg", "dir/sub/x.tmp", "\u{e4}/ b"] {
            let included = filter.includes_file(path, Some(1), None);
            assert_eq!(included, filter.includes_file(path, Some(1), None));
        }
        let _ = (filter.includes_dir("dir"), filter.dump());
    }
}

const FINGERPRINTS: &[&str] = &["uAAAAAAAAAAAAAAAAAAAAAEB", "9JIxz20LqkjmhCLBX_2bAAIAAQ", ""];

fn fingerprint(input: &[u8]) {
    if let Ok(read) = Fingerprint::parse(&text(input)) {
        let again = Fingerprint::parse(&read.encode()).expect("what we wrote");
        assert_eq!(again, read);
    }
}

const CHALLENGES: &[&str] = &[
    "1:255:1731410499:F3RrW3wWY5_zMVVm7aThM-cuYjn0PvfVjAP9cRFQ1mmSvBsDUtcHI3Vh_uYjn0Pv",
    "1:180:1731410499:AAAA",
];

fn hashcash(input: &[u8]) {
    if let Some(challenge) = Challenge::parse(&text(input)) {
        assert!(challenge.threshold() > 0);
        assert!(challenge.expected_tries() > 0);
        let _ = challenge.verify([1, 2, 3, 4]);
    }
}

const PAGES: &[&str] = &[
    "<html><a href=\"file.txt\">file</a> <a href='dir/'>dir</a></html>",
    "<a href=\"../\">up</a><a href=\"/pub/dir/x%2Fy\">x</a><a href=\"?C=N\">sort</a>",
    "<A HREF=./a:b>x</A><a href=\"http://other/pub/dir/z\">z</a>",
];

fn http_index(input: &[u8]) {
    let page = "http://127.0.0.1:8080/pub/dir/".parse().expect("a URL");
    for link in index::links(&page, &text(input)) {
        assert!(!link.name.is_empty());
        assert_eq!(link.url.host_str(), Some("127.0.0.1"));
        assert_eq!(link.url.port(), Some(8080));
    }
}

const DISPOSITIONS: &[&str] = &[
    "attachment; filename=\"../a\\\"b.txt\"; size=3",
    "inline; filename*=UTF-8''%e2%82%ac%2F..; filename=x",
    "attachment;filename=..\\c\u{202e}d",
];

fn web_name(input: &[u8]) {
    for said in [Some(input.to_vec()), name::in_header(input)] {
        let Some(name) = name::harmless(&said.unwrap_or_default()) else {
            continue;
        };
        assert!(RemotePath::root().child(&name).is_ok(), "{name:?}");
        assert_eq!(sanitize::line(&name), name);
    }
}

const INIS: &[&str] = &[
    "[mega]\ntype = mega\nuser = a@b\npass = `x`\n",
    "a = 1\n[b]\nc: %(a)s\n; comment\n",
    "[x]\ny = \"\"\"z\"\"\"\n",
];

fn read_ini(input: &[u8]) {
    if let Ok(sections) = ini::parse(&text(input)) {
        let mut names: Vec<&str> = sections.iter().map(|section| section.name()).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all, "one section of a name");
    }
}

const KEYS: &[&str] = &[
    "USERHANDLE1:j7B-kfAxiOfZ-pf_9q_kUwdTTCxEQeWQPq2DPV0tDFI",
    "aaaaaaaa:AAAAAAAAAAAAAAAAAAAAAA/USERHANDLE1:AAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAA",
];

fn keys(input: &[u8]) {
    let ring = ring();
    for is_file in [false, true] {
        if let Ok(Some(key)) = open_node_key(&text(input), is_file, &ring) {
            assert_eq!(matches!(key, NodeKey::File(_)), is_file);
        }
    }
}

const USER: &str = "USERHANDLE1";

fn ring() -> Keyring {
    Keyring::of_account(USER, &MasterKey::from_bytes([7; 16]), None)
}

const RECORDS: &[&str] = &[
    "\u{1}\0\0\u{1}\u{14}",
    "\u{4}\0\0\u{4}\0\0\0\u{1}\u{30}\0\0\0",
];

fn keys_attribute(input: &[u8]) {
    let _ = KeysAttribute::parse(&text(input), &MasterKey::from_bytes([7; 16]));
    if let Ok(read) = KeysAttribute::parse_records(input) {
        // a share takes more than twenty bytes
        assert!(read.shares.len() <= input.len() / 20);
    }
}

const LINKS: &[&str] = &[
    "https://mega.nz/file/uV-vYDJX#ELwwEGsglbne530wQmIpaGt3JUWt8U3ExumG6EklLLo",
    "https://mega.nz/folder/uV-vYDJX#ELwwEGsglbne530wQmIpaA/file/AAAAAAAA",
    "https://mega.nz/#!uV-vYDJX!ELwwEGsglbne530wQmIpaGt3JUWt8U3ExumG6EklLLo",
    "https://mega.nz/#P!AgAAAAAAAAAA",
];

fn link(input: &[u8]) {
    let text = text(input);
    if let Ok(read) = PublicLink::parse(&text) {
        let again = PublicLink::parse(&read.to_url()).expect("what we wrote");
        assert_eq!(again.to_url(), read.to_url());
    }
    if let Ok(read) = PasswordLink::parse(&text) {
        let again = PasswordLink::parse(&read.to_url()).expect("what we wrote");
        assert_eq!(again.to_url(), read.to_url());
    }
}

const REMOTES: &[&str] = &[
    "mega:path/to",
    "mega,user=\"a\"\"b\",x='y':path",
    ":sandbox,fault=x:dir",
    "/local/path",
    "C:\\x",
];

fn remote(input: &[u8]) {
    if let Ok(Spec::Named { name, .. } | Spec::OnTheFly { kind: name, .. }) =
        Spec::parse(&text(input))
    {
        assert!(!name.is_empty());
        assert!(
            !name.contains([':', ',', '/', '\\', '=', '\n', '\0']),
            "{name:?}"
        );
    }
}

const NUMBERS: &[&str] = &[
    "\0\u{8}\u{7f}\0\u{8}\u{7}\0\u{8}\u{5}\0\u{8}\u{3}",
    "\u{8}\0",
];

fn rsa(input: &[u8]) {
    let mut rest = input;
    while let Ok((number, after)) = split_mpi(rest) {
        assert!(after.len() + number.len() < rest.len());
        rest = after;
    }
    if let Ok(key) = RsaPrivateKey::parse(input) {
        let _ = key.decrypt_session_id(input);
    }
}

fn sealed(input: &[u8]) {
    let key = SealKey::from_bytes([5; 32]);
    let _ = seal::open(&key, b"context", input);
    let mut blob = seal::seal(&key, b"context", input);
    let opened = seal::open(&key, b"context", &blob).expect("what we sealed");
    assert_eq!(opened, input);
    assert!(seal::open(&key, b"another", &blob).is_err());
    let at = usize::from(input.first().copied().unwrap_or(0)) % blob.len();
    blob[at] ^= 1 << (input.len() % 8);
    assert!(seal::open(&key, b"context", &blob).is_err());
}

const REPLIES: &[&str] = &[
    "{\"p\":\"http://host/ul/x\"}",
    "{\"s\":5,\"at\":\"x\",\"msd\":1,\"tl\":60,\"g\":[\"http://host/dl/0\",\"http://host/dl/1\",\"http://host/dl/2\",\"http://host/dl/3\",\"http://host/dl/4\",\"http://host/dl/5\"]}",
    "{\"u\":\"USERHANDLE1\",\"email\":\"a@b\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"privk\":\"AAAA\",\"pubk\":\"AAAA\",\"^!keys\":{\"av\":\"AAAA\"}}",
    "{\"v\":2,\"s\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"csid\":\"AAAA\",\"tsid\":\"AAAA\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"sek\":\"AAAAAAAAAAAAAAAAAAAAAA\"}",
    "{\"cstrg\":1,\"mstrg\":2,\"cstrgn\":{\"AAAAAAAA\":[1,2,3,4,5]},\"f\":[{\"h\":\"AAAAAAAA\"}],\"e\":[0,-9],\"r\":[0,-3]}",
    "[[1,2,\"agent\",\"127.0.0.1\",\"DE\",1,\"AAAAAAAAAAA\",1]]",
    "\"PUBLIC_1\"",
];

/// What each command makes of what it was answered.
fn replies(input: &[u8]) {
    use megarc::mega::api;
    let Ok(Answer::Results(results)) = parse_answer(&[b"[", input, b"]"].concat(), 1) else {
        return;
    };
    let Some(Ok(reply)) = results.into_iter().next() else {
        return;
    };
    macro_rules! read {
        ($($command:ident)*) => {
            $(let _ = <api::$command as api::Command>::parse(reply.clone());)*
        };
    }
    read! {
        AddKeys DeleteNode DeleteVersions EmptyRubbish Export FetchNodes KillSessions LinkInfo Login
        Logout MoveNode Prelogin PutNodes Quota Sessions SetAttributes SetKeyPair Share Unexport
        Unshare UserAttribute UserInfo
    }
    if let Ok(address) = <api::RequestUpload as api::Command>::parse(reply.clone()) {
        assert!(address.starts_with("http"));
    }
    if let Ok(found) = <api::RequestDownload as api::Command>::parse(reply) {
        assert!(!format!("{found:?}").contains("://"), "an address is shown");
    }
}

const SUMS: &[&str] = &[
    "d41d8cd98f00b204e9800998ecf8427e  a\n",
    "ABC *a b\nabc  a b\n\nx\n",
];

fn sums(input: &[u8]) {
    let _ = Sums::parse(&text(input));
}

const TOMLS: &[&str] = &[
    "# ours\n[mega]\ntype = \"mega\" # kind\nuser = 'a'\n",
    "[\"a b\"]\nx = 1\n[c.d]\ny = [1, 2]\n",
    "a = { b = \"c\" }\n",
];

fn read_toml(input: &[u8]) {
    let path = Path::new("megarc.toml");
    let Ok(mut draft) = toml::Draft::parse(&text(input), path) else {
        return;
    };
    let before = draft.sections().len();
    draft.set("new remote", "pass", "s3\"cr\\et\n");
    let written = toml::Draft::parse(&draft.text(), path).expect("what we wrote");
    if let Some(section) = written.section("new remote") {
        assert_eq!(section.get("pass"), Some("s3\"cr\\et\n"));
    }
    assert!(
        written.sections().len() >= before,
        "an edit loses no remote"
    );
}

const UPLOADS: &[&str] = &[
    "",
    "-4",
    "0",
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "\u{1}\u{2}",
];

fn upload_answer(input: &[u8]) {
    let _ = parse_upload_answer(input);
}

const VALUES: &[&str] = &[
    "10M",
    "1.5GiB",
    "off",
    "1d2h",
    "2026-01-02T03:04:05Z",
    "0x1F",
    "\"a\",b",
    "-1",
];

fn read_values(input: &[u8]) {
    let text = text(input);
    let _ = values::boolean(&text);
    let _ = values::integer(&text);
    let _ = values::strict_integer(&text);
    let _ = values::float(&text);
    let _ = values::count(&text);
    let _ = values::depth(&text);
    let _ = values::go_duration(&text);
    let _ = values::size(&text);
    let _ = values::span(&text);
    let _ = values::list(&text);
}
