//! A client of a few lines, on the witness's cryptography.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use megarc::sandbox::accounts::AccountRecord;
use megarc::sandbox::crypto::aes::Aes;
use megarc::sandbox::crypto::node_key::{self, FileKey, NodeKey};
use megarc::sandbox::crypto::{attributes, base64, chunks, content, password, rsa};
use megarc::sandbox::{AccountSpec, Handle, Options, RsaSource, start};
use serde_json::{Value, json};

pub const EMAIL: &str = "user@example.com";
pub const PASSWORD: &str = "päss:word";

/// An account that costs no time to make.
pub fn spec() -> AccountSpec {
    AccountSpec {
        rsa: RsaSource::Fixed,
        ..AccountSpec::new(EMAIL, PASSWORD)
    }
}

pub fn options() -> Options {
    Options {
        accounts: vec![spec()],
        ..Options::default()
    }
}

/// A sandbox with one account, and a client that is logged in.
pub async fn sandbox() -> (Handle, Client) {
    with(options()).await
}

pub async fn with(options: Options) -> (Handle, Client) {
    let handle = start(options).await.unwrap();
    let client = Client::login(handle.url(), EMAIL, PASSWORD).await;
    (handle, client)
}

pub fn http() -> reqwest::Client {
    // Several tests install it; the first one wins.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1000);

pub fn next_id() -> u64 {
    NEXT_ID.fetch_add(1, Ordering::Relaxed)
}

/// Somebody logged in.
pub struct Client {
    pub http: reqwest::Client,
    pub url: String,
    pub sid: String,
    pub master: [u8; 16],
    pub handle: String,
    /// Cloud Drive, vault, rubbish.
    pub roots: [String; 3],
}

/// Sends commands as they are, and gives the answer's text.
pub async fn post(http: &reqwest::Client, url: &str, query: &str, body: &Value) -> String {
    let address = format!("{url}cs?{query}");
    let answer = http.post(address).body(body.to_string()).send().await;
    answer.unwrap().text().await.unwrap()
}

/// The derived password key and user hash.
pub async fn hash(
    http: &reqwest::Client,
    url: &str,
    email: &str,
    password: &str,
) -> password::Derived {
    let id = next_id();
    let text = post(
        http,
        url,
        &format!("id={id}"),
        &json!([{"a":"us0","user":email}]),
    )
    .await;
    let answer: Value = serde_json::from_str(&text).unwrap();
    match answer[0]["v"].as_i64() {
        Some(2) => {
            let salt = base64::decode(answer[0]["s"].as_str().unwrap()).unwrap();
            password::derive_v2(password, &salt)
        }
        Some(1) => {
            assert!(answer[0].get("s").is_none());
            password::derive_v1(email, &password::password_bytes_v1(password))
        }
        _ => panic!("no such account: {text}"),
    }
}

impl Client {
    pub async fn login(url: &str, email: &str, password: &str) -> Self {
        let http = http();
        let derived = hash(&http, url, email, password).await;
        let us = json!([{"a":"us","user":email,"uh":base64::encode(&derived.user_hash)}]);
        let text = post(&http, url, &format!("id={}", next_id()), &us).await;
        let answer: Value = serde_json::from_str::<Vec<Value>>(&text)
            .unwrap_or_else(|_| panic!("{text}"))[0]
            .clone();
        Self::open(http, url, &derived, &answer).await
    }

    /// Takes over a session from the answer to `us`.
    pub async fn open(
        http: reqwest::Client,
        url: &str,
        derived: &password::Derived,
        answer: &Value,
    ) -> Self {
        let bytes = |key: &str| base64::decode(answer[key].as_str().unwrap()).unwrap();
        let master: [u8; 16] = Aes::new(&derived.password_key)
            .ecb_decrypt(&bytes("k"))
            .unwrap()
            .try_into()
            .unwrap();
        let sid = match answer.get("tsid") {
            Some(tsid) => tsid.as_str().unwrap().to_string(),
            None => {
                let private = Aes::new(&master).ecb_decrypt(&bytes("privk")).unwrap();
                let plain = rsa_plain(&private, &bytes("csid"));
                base64::encode(&plain[..43])
            }
        };
        let mut client = Self {
            http,
            url: url.to_string(),
            sid,
            master,
            handle: answer["u"].as_str().unwrap().to_string(),
            roots: Default::default(),
        };
        let tree = client.one(json!({"a":"f","c":1})).await;
        for node in tree["f"].as_array().unwrap() {
            if let Some(root) = node["t"].as_u64().and_then(|kind| kind.checked_sub(2)) {
                client.roots[root as usize] = node["h"].as_str().unwrap().to_string();
            }
        }
        client
    }

    pub fn cloud(&self) -> &str {
        &self.roots[0]
    }

    pub fn rubbish(&self) -> &str {
        &self.roots[2]
    }

    /// A batch; the answer's text.
    pub async fn text(&self, body: Value) -> String {
        self.text_with(&format!("id={}", next_id()), body).await
    }

    pub async fn text_with(&self, query: &str, body: Value) -> String {
        let query = format!("{query}&sid={}", self.sid);
        post(&self.http, &self.url, &query, &body).await
    }

    /// A batch of one command.
    pub async fn one(&self, command: Value) -> Value {
        let text = self.text(json!([command])).await;
        let answer: Value = serde_json::from_str(&text).unwrap();
        match answer {
            Value::Array(mut answers) if answers.len() == 1 => answers.remove(0),
            other => panic!("a batch of one was answered with {other}"),
        }
    }

    /// The same with tags.
    pub async fn tagged(&self, command: Value) -> Value {
        let query = format!("id={}&v=3", next_id());
        let text = self.text_with(&query, json!([command])).await;
        serde_json::from_str::<Vec<Value>>(&text).unwrap().remove(0)
    }

    pub async fn tree(&self) -> Value {
        self.one(json!({"a":"f","c":1,"r":1})).await
    }

    /// One node of the tree.
    pub async fn node(&self, handle: &str) -> Option<Value> {
        let tree = self.tree().await;
        let nodes = tree["f"].as_array().unwrap().clone();
        nodes.into_iter().find(|node| node["h"] == handle)
    }

    pub async fn sn(&self) -> String {
        self.tree().await["sn"].as_str().unwrap().to_string()
    }

    /// The event channel.
    pub async fn events(&self, sn: &str) -> Value {
        let address = format!("{}sc?sn={sn}&sid={}", self.url, self.sid);
        let text = self.http.post(address).send().await.unwrap();
        serde_json::from_str(&text.text().await.unwrap()).unwrap()
    }

    /// Makes a folder.
    pub async fn folder(&self, parent: &str, name: &str) -> (String, [u8; 16]) {
        let key: [u8; 16] = megarc::sandbox::crypto::random().unwrap();
        let answer = self
            .one(json!({"a":"p","t":parent,"n":[{
                "h":"xxxxxxxx","t":1,"a":attributes::encrypt(&key, &format!("{{\"n\":{name:?}}}")),
                "k":self.wrap(&NodeKey::Folder(key))}]}))
            .await;
        (
            answer["f"][0]["h"]
                .as_str()
                .unwrap_or_else(|| panic!("{answer}"))
                .to_string(),
            key,
        )
    }

    pub fn wrap(&self, key: &NodeKey) -> String {
        node_key::wrap(&self.master, key)
    }

    /// An upload address.
    pub async fn upload_address(&self, size: usize) -> String {
        let answer = self.one(json!({"a":"u","s":size})).await;
        answer["p"].as_str().unwrap().to_string()
    }

    /// Sends a piece; the answer's bytes.
    pub async fn piece(&self, address: &str, data: &[u8]) -> Vec<u8> {
        let answer = self.http.post(address).body(data.to_vec()).send().await;
        answer.unwrap().bytes().await.unwrap().to_vec()
    }

    /// Sends a whole file in one piece; its completion token.
    pub async fn send(&self, file: &Sealed) -> String {
        let address = self.upload_address(file.data.len()).await;
        let token = self.piece(&format!("{address}/0"), &file.data).await;
        assert_eq!(token.len(), 36, "{}", String::from_utf8_lossy(&token));
        String::from_utf8(token).unwrap()
    }

    /// The row of `p` for a file.
    pub fn row(&self, token: &str, name: &str, file: &Sealed) -> Value {
        json!({"h":token,"t":0,"a":file.attributes(name),"k":self.wrap(&NodeKey::File(file.key))})
    }

    /// Uploads a file.
    pub async fn file(&self, parent: &str, name: &str, file: &Sealed) -> String {
        let token = self.send(file).await;
        let answer = self
            .one(json!({"a":"p","t":parent,"n":[self.row(&token, name, file)]}))
            .await;
        answer["f"][0]["h"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"))
            .to_string()
    }

    /// The ciphertext of a file.
    pub async fn fetch(&self, handle: &str) -> Vec<u8> {
        let answer = self.one(json!({"a":"g","g":1,"n":handle})).await;
        let address = answer["g"].as_str().unwrap_or_else(|| panic!("{answer}"));
        let answer = self.http.get(address).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.bytes().await.unwrap().to_vec()
    }

    /// Replaces a file.
    pub async fn replace(
        &self,
        parent: &str,
        name: &str,
        file: &Sealed,
        old: &str,
        extra: Value,
    ) -> Value {
        let token = self.send(file).await;
        let mut row = self.row(&token, name, file);
        row["ov"] = old.into();
        let mut command = json!({"a":"p","t":parent,"n":[row]});
        for (key, value) in extra.as_object().unwrap() {
            command[key] = value.clone();
        }
        self.one(command).await
    }
}

/// RSA by hand on the witness's blobs: `rsa::decrypt` wants the public half.
fn rsa_plain(private: &[u8], csid: &[u8]) -> Vec<u8> {
    rsa::decrypt(private, fixed_public(), csid).unwrap()
}

/// Public half of the key pair that all accounts of these tests have.
fn fixed_public() -> &'static [u8] {
    static PUBLIC: OnceLock<Vec<u8>> = OnceLock::new();
    PUBLIC.get_or_init(|| {
        let record = AccountRecord::create(&spec()).unwrap();
        base64::decode(record.pubk.as_ref().unwrap()).unwrap()
    })
}

/// A file, encrypted.
pub struct Sealed {
    pub key: FileKey,
    pub data: Vec<u8>,
}

impl Sealed {
    pub fn attributes(&self, name: &str) -> String {
        attributes::encrypt(&self.key.content_key, &format!("{{\"n\":{name:?}}}"))
    }
}

/// Encrypts content under a fresh key.
pub fn seal(plain: &[u8]) -> Sealed {
    let content_key: [u8; 16] = megarc::sandbox::crypto::random().unwrap();
    let nonce: [u8; 8] = megarc::sandbox::crypto::random().unwrap();
    let aes = Aes::new(&content_key);
    let macs: Vec<[u8; 16]> = chunks::table(plain.len() as u64)
        .map(|(offset, length)| {
            let offset = offset as usize;
            content::chunk_mac(&aes, &nonce, &plain[offset..offset + length as usize])
        })
        .collect();
    let meta_mac = content::meta_mac(&aes, &macs);
    let mut data = plain.to_vec();
    aes.ctr(&nonce, 0, &mut data);
    Sealed {
        key: FileKey {
            content_key,
            nonce,
            meta_mac,
        },
        data,
    }
}

/// Bytes that differ everywhere.
pub fn bytes(length: usize) -> Vec<u8> {
    (0..length as u64)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect()
}
