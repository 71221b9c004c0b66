//! A copy from a web server into MEGA: through memory, past the disk.

use std::process::Command;

use megarc::sandbox::{self, AccountSpec, Options, RsaSource};

use super::servers::python;

/// More than the process may write into any file.
const SIZE: usize = 12 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_does_not_touch_the_disk() {
    let dir = tempfile::tempdir().unwrap();
    let content: Vec<u8> = (0..SIZE).map(|n| (n * n / 7) as u8).collect();
    std::fs::create_dir_all(dir.path().join("pub/sub")).unwrap();
    std::fs::write(dir.path().join("pub/large.bin"), &content).unwrap();
    std::fs::write(dir.path().join("pub/sub/small.txt"), "small").unwrap();
    let web = python(dir.path());
    let server = sandbox::start(Options {
        accounts: vec![AccountSpec {
            rsa: RsaSource::Fixed,
            ..AccountSpec::new("me@example.com", "secret")
        }],
        ..Options::default()
    })
    .await
    .unwrap();
    let home = tempfile::tempdir().unwrap();
    let pass = megarc::config::obscure::obscure("secret").unwrap();
    let config = format!(
        "[web]\ntype = \"http\"\nurl = \"{}pub\"\n\n[mega]\ntype = \"mega\"\nuser = \
         \"me@example.com\"\npass = \"{pass}\"\napi_url = \"{}\"\n",
        web.url,
        server.url()
    );
    std::fs::write(home.path().join("megarc.toml"), config).unwrap();
    let run = |arguments: &str| {
        // No file that it writes may become larger than 64 KiB.
        let script = format!("ulimit -f 128; exec \"$0\" {arguments}");
        let output = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_megarc")])
            .current_dir(home.path())
            .env_clear()
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("MEGARC_CONFIG", home.path().join("megarc.toml"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{arguments}: {output:?}");
        output.stdout
    };
    run("copy web: mega:from-web");
    let listed = run("lsf -R --format ps mega:from-web");
    let listed = String::from_utf8(listed).unwrap();
    let expected = format!("large.bin;{SIZE}\nsub/;-1\nsub/small.txt;5\n");
    assert_eq!(listed, expected);
    assert!(run("cat mega:from-web/large.bin") == content);
    // A second run finds nothing to do.
    let uploaded = server.stats().bytes_up;
    run("copy web: mega:from-web");
    assert_eq!(server.stats().bytes_up, uploaded);
}
