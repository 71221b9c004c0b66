//! Packing, wrapping, share keys, the `k` field, and a whole folder link.

use std::collections::HashMap;

use megarc::mega::crypto::attributes::Attributes;
use megarc::mega::crypto::key_field::{KeyRing, open_node_key};
use megarc::mega::crypto::keys::{
    ContentKey, FileKey, MasterKey, MetaMac, NodeKey, Nonce, ShareKey,
};
use megarc::mega::crypto::link::{LinkTarget, PublicLink};
use megarc::mega::crypto::rsa::RsaPrivateKey;
use megarc::mega::crypto::wrap::{Wrapper, Wrapping, ha, open_own_share_key};
use megarc::mega::crypto::{CryptoError, base64};

use crate::support::*;

struct Ring {
    me: String,
    own: Wrapper,
    shares: HashMap<String, Wrapper>,
    rsa: Option<RsaPrivateKey>,
}

impl KeyRing for Ring {
    fn own_handle(&self) -> &str {
        &self.me
    }
    fn own_key(&self) -> &Wrapper {
        &self.own
    }
    fn share_key(&self, handle: &str) -> Option<&Wrapper> {
        self.shares.get(handle)
    }
    fn rsa_key(&self) -> Option<&RsaPrivateKey> {
        self.rsa.as_ref()
    }
}

fn rsa_key() -> RsaPrivateKey {
    RsaPrivateKey::parse(&bytes(&load("login")["rsa"], "privk_plain_hex")).unwrap()
}

#[test]
fn file_and_folder_keys() {
    let file = load("keys");
    let master = MasterKey::from_bytes(array(&file, "master_key_hex"));
    for case in cases(&file, "files") {
        let key = FileKey::new(
            ContentKey::from_bytes(array(case, "aes_key_hex")),
            Nonce::from_bytes(array(case, "nonce_hex")),
            MetaMac::from_bytes(array(case, "meta_mac_hex")),
        );
        assert_eq!(hex(&key.pack()), text(case, "node_key_hex"));
        assert_eq!(base64::encode(&key.pack()), text(case, "link_key"));
        assert_eq!(FileKey::unpack(&array(case, "node_key_hex")).unwrap(), key);
        let node_key = NodeKey::File(key);
        assert_eq!(master.wrap_node_key(&node_key), text(case, "k_encrypted"));
        let wrapped = base64::decode(text(case, "k_encrypted")).unwrap();
        assert_eq!(
            master.wrapper().unwrap_node_key(&wrapped).unwrap(),
            node_key
        );
    }
    for case in cases(&file, "folders") {
        let key = NodeKey::from_slice(&bytes(case, "node_key_hex")).unwrap();
        assert_eq!(master.wrap_node_key(&key), text(case, "k_encrypted"));
        let wrapped = base64::decode(text(case, "k_encrypted")).unwrap();
        assert_eq!(
            hex(&master.unwrap_key(&wrapped).unwrap()),
            text(case, "node_key_hex")
        );
    }
}

#[test]
fn own_share_keys_need_their_proof() {
    let file = load("keys");
    let share = &file["share"];
    let master = MasterKey::from_bytes(array(&file, "master_key_hex"));
    let open = |entry| {
        let (h, ha, k) = (text(entry, "h"), text(entry, "ha"), text(entry, "k"));
        open_own_share_key(h, ha, k, &master)
    };
    let key = open(&share["ok"]).unwrap().unwrap();
    assert_eq!(hex(key.as_bytes()), text(share, "share_key_hex"));
    assert_eq!(
        ha(text(share, "share_handle"), &master).unwrap(),
        text(&share["ok"], "ha")
    );
    assert_eq!(open(&share["ok_tampered"]), Err(CryptoError::ShareKeyProof));
}

#[test]
fn k_fields_give_the_key_we_may_have() {
    let file = load("keys");
    let share = &file["share"];
    let master = MasterKey::from_bytes(array(&file, "master_key_hex"));
    let share_key = ShareKey::from_bytes(array(share, "share_key_hex"));
    let ring = Ring {
        me: text(share, "me").to_owned(),
        own: master.wrapper(),
        shares: [(text(share, "share_handle").to_owned(), share_key.wrapper())].into(),
        rsa: Some(rsa_key()),
    };
    for case in cases(share, "k_fields") {
        let is_file = number(case, "type") == 0;
        let key = open_node_key(text(case, "k"), is_file, &ring).unwrap();
        assert_eq!(
            key.map(|key| hex(&key.to_bytes())).as_deref(),
            case["expect_key_hex"].as_str(),
            "{}",
            text(case, "name")
        );
    }

    let rsa = &file["rsa_encrypted"];
    for (kind, is_file) in [("file", true), ("folder", false)] {
        let key = open_node_key(text(&rsa[kind], "k"), is_file, &ring).unwrap();
        assert_eq!(
            hex(&key.unwrap().to_bytes()),
            text(&rsa[kind], "expect_key_hex")
        );
    }
    let sk = base64::decode(text(&rsa["share_key_sk"], "sk")).unwrap();
    assert_eq!(
        hex(&rsa_key().decrypt_key(&sk, ShareKey::LEN).unwrap()),
        text(&rsa["share_key_sk"], "expect_key_hex")
    );

    // without the RSA key the node cannot be opened, and that is the reason
    let ring = Ring { rsa: None, ..ring };
    assert_eq!(
        open_node_key(text(&rsa["file"], "k"), true, &ring),
        Err(CryptoError::RsaKey)
    );
}

#[test]
fn a_folder_link_opens_to_its_names_and_keys() {
    let file = load("folderlink");
    let link = PublicLink::parse(text(&file, "url")).unwrap();
    assert_eq!(link.handle, text(&file["request"]["query"], "n"));
    let LinkTarget::Folder { key, sub: None } = link.target else {
        panic!("not a folder link");
    };
    assert_eq!(hex(key.as_bytes()), text(&file, "share_key_hex"));
    let ring = Ring {
        me: text(&file, "root").to_owned(),
        own: key.wrapper(),
        shares: HashMap::new(),
        rsa: None,
    };
    let nodes = cases(&file["response"][0], "f");
    assert_eq!(text(&nodes[0], "h"), text(&file, "root"));
    for expected in cases(&file, "expect") {
        let node = nodes
            .iter()
            .find(|node| node["h"] == expected["h"])
            .unwrap();
        let key = open_node_key(text(node, "k"), node["t"] == 0, &ring)
            .unwrap()
            .unwrap();
        assert_eq!(hex(&key.to_bytes()), text(expected, "key_hex"));
        let attributes = Attributes::decrypt(text(node, "a"), key.attr_key()).unwrap();
        assert_eq!(attributes.name().as_deref(), expected["name"].as_str());
    }
}
