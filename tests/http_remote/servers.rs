//! Real web servers, each a process of its own on a free port.
//!
//! nginx is Debian's; without it its test says so and passes, unless
//! `MEGARC_REQUIRE_PEERS` is set, as it is in CI.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A web server that ends with the test.
pub struct Server {
    child: Child,
    pub url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn python(root: &Path) -> Server {
    let mut child = Command::new("python3")
        .args([
            "-u",
            "-m",
            "http.server",
            "0",
            "--bind",
            "127.0.0.1",
            "--directory",
        ])
        .arg(root)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("python3 runs");
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let port = line
        .split("port ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next())
        .expect("it names its port");
    Server {
        url: format!("http://127.0.0.1:{port}/"),
        child,
    }
}

pub fn nginx(root: &Path, work: &Path) -> Option<Server> {
    let Some(binary) = ["/usr/sbin/nginx", "/usr/bin/nginx"]
        .iter()
        .find(|path| Path::new(path).exists())
    else {
        assert!(
            std::env::var_os("MEGARC_REQUIRE_PEERS").is_none(),
            "nginx is not installed"
        );
        eprintln!("nginx is not installed: its test did not run");
        return None;
    };
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let config = work.join("nginx.conf");
    let (work, root) = (work.display(), root.display());
    fs::write(
        &config,
        format!(
            "daemon off; master_process off; user root; pid {work}/pid; error_log stderr; events {{}}\n\
             http {{ access_log off; client_body_temp_path {work}/b; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f;\n\
             uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;\n\
             server {{ listen 127.0.0.1:{port}; root {root}; autoindex on; charset utf-8; }} }}\n"
        ),
    )
    .unwrap();
    let child = Command::new(binary)
        .arg("-c")
        .arg(&config)
        .args(["-e", "stderr"])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let server = Server {
        child,
        url: format!("http://127.0.0.1:{port}/"),
    };
    // It listens before it says anything; a refused connection means not yet.
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::yield_now();
    }
    Some(server)
}
