//! `doctor`: a healthy account, and each ailment with its cause and cure.

use std::net::TcpListener;

use megarc::sandbox::{self, AccountSpec, Handle, Options, RsaSource};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::support::{Home, Outcome};

const USER: &str = "me@example.com";
const PASSWORD: &str = "correct horse battery staple";

struct Patient {
    home: Home,
    _runtime: Runtime,
    server: Handle,
}

impl Patient {
    fn new(faults: &str, quota: u64) -> Self {
        let runtime = Runtime::new().unwrap();
        let options = Options {
            accounts: vec![AccountSpec {
                rsa: RsaSource::Fixed,
                quota,
                ..AccountSpec::new(USER, PASSWORD)
            }],
            faults: faults.parse().unwrap(),
            ..Options::default()
        };
        let server = runtime.block_on(sandbox::start(options)).unwrap();
        let home = Home::new();
        let create = ["config", "create", "m", "mega"];
        let (user, pass) = (format!("user={USER}"), format!("pass={PASSWORD}"));
        home.run(&[&create[..], &[&user, &pass]].concat()).ok();
        Self {
            home,
            _runtime: runtime,
            server,
        }
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        let mut command = self.home.command(arguments);
        command.env("MEGARC_MEGA_API_URL", self.server.url());
        self.home.finish(command, "")
    }
}

/// `check state` of each line.
fn states(report: &str) -> Vec<String> {
    let lines = report.lines().filter(|line| !line.starts_with(' '));
    lines
        .map(|line| {
            let (check, rest) = line.split_at(14);
            let state = rest.split_whitespace().next().unwrap();
            format!("{} {state}", check.trim())
        })
        .collect()
}

const ROOM: u64 = 1 << 30;

#[test]
fn a_healthy_account_passes_and_is_left_as_it_was() {
    let patient = Patient::new("", ROOM);
    let report = patient.run(&["doctor", "m:"]).ok();
    let all = [
        "configuration",
        "name lookup",
        "connection",
        "TLS",
        "API",
        "clock",
        "hashcash",
        "login",
        "session",
        "keys",
        "quota",
        "listing",
        "trial",
    ];
    let expected: Vec<String> = all.iter().map(|check| format!("{check} ok")).collect();
    assert_eq!(states(&report), expected, "{report}");
    assert!(
        report.contains("mega, me@example.com, from @ROOT@/megarc.toml\n"),
        "{report}"
    );
    assert!(
        report.contains("ok       user name and password are right\n"),
        "{report}"
    );
    assert!(
        report.contains("ok       open, for me@example.com\n"),
        "{report}"
    );
    assert!(!report.contains(PASSWORD));

    // The next one finds the session, and nothing that this one left.
    let json = patient.run(&["doctor", "m:", "--json"]).ok();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["ok"], &json["remote"]), (&true.into(), &"m:".into()));
    let checks = json["checks"].as_array().unwrap();
    assert_eq!(checks.len(), all.len());
    assert_eq!(checks[7]["found"], "not needed: a session is kept");
    assert_eq!(checks[11]["found"], "0 entries in \"\"");
    assert_eq!(patient.run(&["lsf", "m,root=rubbish:"]).ok(), "");
    assert_eq!(patient.server.stats().logins, 1);
}

#[test]
fn each_ailment_is_named_with_its_cure() {
    for (faults, quota, check, found, cure) in [
        ("cs:garbage", ROOM, "API", "", "try again later"),
        ("cs.ug:[-16]", ROOM, "session", "", "log in on mega.nz"),
        ("cs.f:-4", ROOM, "keys", "", "wait some minutes"),
        (
            "up:500",
            ROOM,
            "trial",
            "uploading a file: ",
            "try again later",
        ),
        ("down:flip", ROOM, "trial", "downloading it: ", "try again"),
        (
            "cs.p:[-17]",
            ROOM,
            "trial",
            "making a folder: ",
            "megarc cleanup",
        ),
    ] {
        let patient = Patient::new(faults, quota);
        let outcome = patient.run(&["doctor", "m:", "--low-level-retries", "1"]);
        assert_eq!(outcome.code, 1, "{faults}: {}", outcome.stdout);
        let report = &outcome.stdout;
        let states = states(report);
        assert_eq!(
            states.last(),
            Some(&format!("{check} FAILED")),
            "{faults}: {report}"
        );
        assert_eq!(report.matches("FAILED").count(), 1, "{report}");
        assert!(report.contains(&format!("FAILED   {found}")), "{report}");
        let lines: Vec<&str> = report.lines().rev().take(2).collect();
        assert!(
            lines[0].trim().starts_with("cure: ") && lines[0].contains(cure),
            "{report}"
        );
        assert!(lines[1].trim().starts_with("likely cause: "), "{report}");
    }
}

#[test]
fn a_full_account_is_told_with_its_cure() {
    const FULL: usize = 1 << 20;
    let patient = Patient::new("", FULL as u64);
    patient.home.write("aux/full", &"x".repeat(FULL));
    patient.run(&["copy", "aux:", "m:"]).ok();
    let outcome = patient.run(&["doctor", "m:"]);
    assert_eq!(outcome.code, 1, "{}", outcome.stdout);
    let report = &outcome.stdout;
    assert!(
        report.contains(
            "quota         FAILED   1 MiB of 1 MiB used\n              likely cause: the account \
             is full, or its transfer quota is used up\n              cure: see 'megarc about \
             m:'; 'megarc cleanup m:' empties the rubbish bin\n"
        ),
        "{report}"
    );
    // the others are tried all the same
    let states = states(report);
    assert!(states.contains(&"listing ok".to_owned()), "{report}");
    assert_eq!(states.last().unwrap(), "trial FAILED", "{report}");
    assert_eq!(patient.run(&["lsf", "m:"]).ok(), "full\n");
}

#[test]
fn ctrl_c_leaves_nothing_of_the_trial() {
    // The upload would last for ever.
    let patient = Patient::new("up:delay=3600000", ROOM);
    let mut command = patient.home.command(&["doctor", "m:"]);
    command.env("MEGARC_MEGA_API_URL", patient.server.url());
    let child = command.spawn().unwrap();
    let pieces = || patient.server.stats().commands.get("u").copied();
    while pieces().is_none() {
        std::thread::yield_now();
    }
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{ended:?}");
    patient.server.set_faults("".parse().unwrap());
    assert_eq!(patient.run(&["lsf", "m:"]).ok(), "");
    assert_eq!(patient.run(&["lsf", "m,root=rubbish:"]).ok(), "");
}

#[test]
fn a_proof_of_work_is_told_and_a_wrong_password_explained() {
    let patient = Patient::new("cs:402=250*1", ROOM);
    let outcome = patient.run(&["doctor", "m:"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stdout);
    assert!(
        outcome
            .stdout
            .contains("hashcash      ok       1 given, in "),
        "{}",
        outcome.stdout
    );
    patient.run(&["config", "update", "m", "pass=wrong"]).ok();
    let outcome = patient.run(&["doctor", "m:"]);
    assert_eq!(outcome.code, 1);
    let report = &outcome.stdout;
    assert_eq!(states(report).last().unwrap(), "login FAILED", "{report}");
    assert!(
        report.contains("wrong e-mail address or password"),
        "{report}"
    );
    assert!(
        report.contains("cure: set the password with 'megarc config password m'"),
        "{report}"
    );
    // Any other command says as much.
    let outcome = patient.run(&["lsd", "m:"]);
    assert!(
        outcome
            .stderr
            .contains("hint: set the password with 'megarc config password m'"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_remote_that_does_not_open_is_followed_by_what_to_do() {
    let home = Home::new();
    let nobody = "[m]\ntype = \"mega\"\nuser = \"me@example.com\"\n\
                  api_url = \"http://127.0.0.1:1/\"\n";
    home.write("megarc.toml", nobody);
    let set = home.run(&["config", "password", "m", "pass", "good password"]);
    assert_eq!(set.code, 0, "{}", set.stderr);
    let outcome = home.run(&["lsd", "m:", "--low-level-retries", "1"]);
    let hint = "hint: see 'megarc doctor m:' for what does not answer";
    assert!(outcome.stderr.contains(hint), "{}", outcome.stderr);
    // What scripts know from rclone stays as it is there.
    let outcome = home.run(&["lsd", "nosuch:"]);
    assert!(!outcome.stderr.contains("hint"), "{}", outcome.stderr);
}

#[test]
fn a_node_whose_key_is_damaged_is_counted_and_the_rest_goes_on() {
    let patient = Patient::new("cs.f:flip=key", ROOM);
    patient.home.write("aux/a.txt", "a");
    patient.run(&["copy", "aux:", "m:"]).ok();
    let outcome = patient.run(&["doctor", "m:"]);
    let report = &outcome.stdout;
    assert_eq!(outcome.code, 1, "{report}");
    assert!(report.contains("keys          FAILED   1 of "), "{report}");
    assert!(report.contains("trial         ok "), "{report}");
}

#[test]
fn what_lies_between_here_and_the_server_is_told_apart() {
    let home = Home::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let patient = Patient::new("", ROOM);
    let spoken = patient.server.url().replace("http://", "https://");
    let nobody = format!("http://127.0.0.1:{port}/");
    for (url, check) in [
        ("http://a..b/", "name lookup"),
        (nobody.as_str(), "connection"),
        (spoken.as_str(), "TLS"),
    ] {
        let remote = format!(":mega,user=u,pass=QTFtYVlFecWSv-agbsKplQ,api_url='{url}':");
        let outcome = home.run(&["doctor", &remote]);
        let report = &outcome.stdout;
        assert_eq!(outcome.code, 1, "{report}");
        assert_eq!(
            states(report).last(),
            Some(&format!("{check} FAILED")),
            "{report}"
        );
    }
    let unknown = home.run(&["doctor", "nosuch:", "--json"]);
    assert_eq!(unknown.code, 1);
    let json: Value = serde_json::from_str(&unknown.stdout).unwrap();
    assert_eq!(json["ok"], false);
    let check = &json["checks"][0];
    assert_eq!(
        (&check["check"], &check["state"]),
        (&"configuration".into(), &"failed".into())
    );
    assert!(check["cure"].as_str().unwrap().contains("megarc config"));
}

#[test]
fn other_remotes_are_listed_and_tried() {
    let home = Home::new();
    let report = home.run(&["doctor", "aux:"]).ok();
    assert_eq!(
        states(&report),
        ["configuration ok", "quota ok", "listing ok", "trial ok"]
    );
    assert!(report.contains("local, alias of @ROOT@/aux"), "{report}");
    let dry = home.run(&["doctor", "aux:", "-n"]).ok();
    assert_eq!(states(&dry)[3], "trial skipped");
    assert_eq!(std::fs::read_dir(home.path("aux")).unwrap().count(), 0);
    let missing = home.run(&["doctor", "aux:nothing/here"]);
    assert_eq!(missing.code, 1);
    assert_eq!(states(&missing.stdout).last().unwrap(), "listing FAILED");
}
