//! Certificates that are shown to servers, with keys that have a password.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, ServerConfig, ServerConnection,
    SignatureScheme, StreamOwned,
};

use crate::support::Home;

/// Made by OpenSSL; all keys are the same one, with the password below.
const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/client_keys");
const PASSWORD: &str = "pässword";

/// Wants a certificate of every client, whichever; the client has to prove
/// that it has the key.
#[derive(Debug)]
struct Anybody(WebPkiSupportedAlgorithms);

impl ClientCertVerifier for Anybody {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls12_signature(message, cert, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        rustls::crypto::verify_tls13_signature(message, cert, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

/// The address of a TLS server that sends "hello" to whoever shows a
/// certificate.
fn server() -> String {
    let provider = Arc::new(ring::default_provider());
    let verifier = Anybody(provider.signature_verification_algorithms);
    let keys = Path::new(KEYS);
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(Arc::new(verifier))
        .with_single_cert(
            vec![CertificateDer::from_pem_file(keys.join("cert.pem")).unwrap()],
            PrivateKeyDer::from_pem_file(keys.join("plain.pem")).unwrap(),
        )
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/f", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            std::thread::spawn(move || {
                let mut lines = BufReader::new(StreamOwned::new(connection, socket));
                let mut line = String::new();
                while lines.read_line(&mut line).is_ok_and(|read| read > 2) {
                    line.clear();
                }
                let answer =
                    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
                let stream = lines.get_mut();
                // A client without a certificate is gone by now.
                let _ = stream.write_all(answer);
                stream.conn.send_close_notify();
                let _ = stream.flush();
            });
        }
    });
    url
}

#[test]
fn keys_with_a_password_are_shown_to_servers() {
    let (home, url) = (Home::new(), server());
    let pass = home.run(&["obscure", PASSWORD]).ok();
    let cert = format!("{KEYS}/cert.pem");
    let fetch = |key: &str, more: &[&str]| {
        let key = format!("{KEYS}/{key}.pem");
        let words = [
            "copyurl",
            &url,
            "-",
            "--no-check-certificate",
            "--retries=1",
            "--client-cert",
            &cert,
            "--client-key",
            &key,
        ];
        home.run(&[&words[..], more].concat())
    };
    let mut keys: Vec<String> = fs::read_dir(KEYS)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter_map(|file| Some(file.file_stem()?.to_str()?.to_owned()))
        .filter(|name| name.starts_with("p8-") || name.starts_with("old-"))
        .collect();
    keys.sort();
    assert_eq!(keys.len(), 10);
    for key in &keys {
        let outcome = fetch(key, &["--client-pass", pass.trim()]);
        assert_eq!(outcome.stdout, "hello", "{key}: {}", outcome.stderr);
    }
    assert_eq!(fetch("plain", &[]).stdout, "hello");

    let wrong = home.run(&["obscure", "another"]).ok();
    for (more, why) in [
        (&[][..], "key is encrypted but no --client-pass provided"),
        (
            &["--client-pass", wrong.trim()],
            "decrypt PEM key: decryption password incorrect",
        ),
        (
            &["--client-pass", "!"],
            "reveal key password: base64 decode failed when revealing password - is it obscured?: \
             illegal base64 data at input byte 0",
        ),
    ] {
        let outcome = fetch("old-aes256", more);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""));
        let complaint = format!(
            "CRITICAL: Failed to load --client-cert/--client-key pair {cert}, {KEYS}/old-aes256.pem: {why}"
        );
        assert_eq!(outcome.complaints().last(), Some(&complaint.as_str()));
    }
}
