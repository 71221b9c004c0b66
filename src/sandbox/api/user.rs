//! `ug uga upv up2 up uq qbq`: the account itself.

use serde_json::Value;

use crate::sandbox::crypto::base64;
use crate::sandbox::json::{self, Object};
use crate::sandbox::random;
use crate::sandbox::store::node::Kind;
use crate::sandbox::store::records::Attribute;
use crate::sandbox::store::tx::Tx;
use crate::sandbox::text::{Handle, UserHandle};

use super::{Caller, Done, Outcome, code, number, text};

/// `ug`: who is logged in.
pub fn describe(tx: &Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let handle = caller.user()?;
    let user = tx.world().user(handle).ok_or(code::SESSION)?;
    let account = &user.account;
    let name = account.email.split('@').next().unwrap_or_default();
    let mut answer = Object::new()
        .text("u", handle.as_str())
        .raw("s", 1)
        .text("email", &account.email)
        .text("firstname", name)
        .text("lastname", "")
        .text("name", name)
        .text("k", &account.k)
        .raw("c", 1)
        .maybe_text("pubk", account.pubk.as_deref())
        .maybe_text("privk", account.privk.as_deref())
        .text("ts", &user.created.to_string())
        .raw("since", user.created)
        .text("terms", "1")
        .text("country", "NZ")
        .raw("aav", account.version)
        .maybe_text("aas", account.salt.as_deref())
        .raw(
            "flags",
            Object::new()
                .raw("mfae", u8::from(account.mfa.is_some()))
                .end(),
        );
    if number(command, "v").is_some() {
        for (name, attribute) in tx.world().attributes(handle) {
            answer = answer.raw(&name, versioned(&attribute));
        }
    }
    Outcome::plain(answer.end())
}

fn versioned(attribute: &Attribute) -> String {
    Object::new()
        .text("av", &attribute.value)
        .text("v", &attribute.version)
        .end()
}

/// `uga`: one attribute, of oneself or a public one of somebody else.
pub fn attribute(tx: &Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let own = caller.user()?;
    let name = text(command, "ua").ok_or(code::ARGS)?;
    let whose = match text(command, "u") {
        Some(name) => tx.world().user_by_name(name).ok_or(code::NOT_FOUND)?,
        None => own,
    };
    if whose != own && !name.starts_with('+') {
        return Err(code::ACCESS);
    }
    let attributes = tx.world().attributes(whose);
    let attribute = attributes.get(name).ok_or(code::NOT_FOUND)?;
    match number(command, "v") {
        Some(_) => Outcome::plain(versioned(attribute)),
        None => Outcome::plain(json::text(&attribute.value)),
    }
}

/// Stores attributes and tells the account's other clients.
fn store(
    tx: &mut Tx<'_>,
    user: UserHandle,
    id: Option<&str>,
    new: Vec<(String, String)>,
) -> Vec<(String, String)> {
    let mut attributes = tx.world().attributes(user);
    let mut versions = Vec::new();
    for (name, value) in new {
        let version = base64::encode(&random::bytes::<8>());
        versions.push((name.clone(), version.clone()));
        attributes.insert(name, Attribute { value, version });
    }
    tx.put_attributes(user, attributes);
    let names = json::texts(versions.iter().map(|(name, _)| name));
    let numbers = json::texts(versions.iter().map(|(_, version)| version));
    tx.emit(user.as_str(), "ua", id, |object| {
        object
            .text("u", user.as_str())
            .raw("ua", names)
            .raw("v", numbers)
    });
    versions
}

fn version_list(versions: &[(String, String)]) -> String {
    versions
        .iter()
        .fold(Object::new(), |object, (name, version)| {
            object.text(name, version)
        })
        .end()
}

/// The fields of a command that are attributes.
fn attribute_fields(command: &Value) -> impl Iterator<Item = (&String, &Value)> {
    command
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(name, _)| !["a", "i", "v", "vw"].contains(&name.as_str()))
}

/// `upv`: attributes with versions; an outdated version is refused.
pub fn set_versioned(tx: &mut Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let user = caller.user()?;
    let known = tx.world().attributes(user);
    let mut new = Vec::new();
    for (name, given) in attribute_fields(command) {
        let (value, version) = match given {
            Value::Array(parts) => (parts.first(), parts.get(1)),
            given => (Some(given), None),
        };
        let value = value.and_then(Value::as_str).ok_or(code::ARGS)?;
        let version = version
            .and_then(Value::as_str)
            .filter(|version| !version.is_empty());
        if let Some(known) = known.get(name)
            && version.is_some_and(|version| version != known.version)
        {
            return Err(code::EXPIRED);
        }
        new.push((name.clone(), value.to_string()));
    }
    if new.is_empty() {
        return Err(code::ARGS);
    }
    let versions = store(tx, user, text(command, "i"), new);
    Outcome::changed_with(version_list(&versions))
}

/// `up2`: attributes without a check; always answers the new versions.
pub fn set_plain(tx: &mut Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let user = caller.user()?;
    let new: Vec<(String, String)> = attribute_fields(command)
        .filter_map(|(name, value)| {
            let value = value.as_str().or_else(|| value.get(0)?.as_str())?;
            Some((name.clone(), value.to_string()))
        })
        .collect();
    if new.is_empty() {
        return Err(code::ARGS);
    }
    let versions = store(tx, user, text(command, "i"), new);
    Outcome::plain(version_list(&versions))
}

/// `up`: an RSA key pair for an account that has none, and attributes.
pub fn set_account(tx: &mut Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let handle = caller.user()?;
    let mut user = tx.world().user(handle).ok_or(code::SESSION)?.clone();
    match (text(command, "privk"), text(command, "pubk")) {
        (Some(privk), Some(pubk)) => {
            user.account.set_rsa(privk, pubk).map_err(|problem| {
                caller
                    .server
                    .counters
                    .refuse(format!("key pair: {problem}"));
                code::KEY
            })?;
            let email = user.account.email.clone();
            tx.put_user(handle, &email, user);
        }
        (None, None) => {}
        _ => return Err(code::ARGS),
    }
    let new: Vec<(String, String)> = attribute_fields(command)
        .filter(|(name, _)| name.starts_with(['+', '^', '*', '#']))
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_string())))
        .collect();
    if !new.is_empty() {
        store(tx, handle, text(command, "i"), new);
    }
    Outcome::changed_with(json::text(handle.as_str()))
}

/// `uq`: storage and transfer. Every field is sent: some clients insist.
pub fn quota(tx: &mut Tx<'_>, caller: &Caller<'_>) -> Done {
    let handle = caller.user()?;
    let world = tx.world();
    let user = world.user(handle).ok_or(code::SESSION)?;
    let roots: Vec<Handle> = [user.cloud, user.vault, user.rubbish]
        .into_iter()
        .filter_map(|root| world.node(root))
        .filter(|root| root.kind != Kind::Vault || world.children(root.handle).next().is_some())
        .map(|root| root.handle)
        .chain(world.incoming(handle))
        .collect();
    let by_root = roots.into_iter().fold(Object::new(), |object, root| {
        object.raw(root.as_str(), tx.usage(root).to_json())
    });
    let world = tx.world();
    let user = world.user(handle).ok_or(code::SESSION)?;
    let used = world.used(handle);
    let state = match used.saturating_mul(10) {
        tenfold if used >= user.quota && tenfold > 0 => 2,
        tenfold if tenfold >= user.quota.saturating_mul(9) => 1,
        _ => 0,
    };
    let (downloaded, wait) = caller.server.transfers.window(handle);
    let is_pro = user.transfer_quota.is_some();
    Outcome::plain(
        Object::new()
            .raw("cstrg", used)
            .raw("mstrg", user.quota)
            .raw("cstrgn", by_root.end())
            .raw("usl", state)
            .raw("uslw", 9000)
            .raw("mxfer", user.transfer_quota.unwrap_or(0))
            .raw("caxfer", if is_pro { downloaded } else { 0 })
            .raw("csxfer", 0)
            .raw("srvratio", 25)
            .raw("tuo", 0)
            .raw("tua", 0)
            .raw("ruo", 0)
            .raw("rua", 0)
            .raw("tar", 0)
            .raw(
                "bt",
                if wait > 0 {
                    3600u64.saturating_sub(wait)
                } else {
                    0
                },
            )
            .raw(
                "tah",
                json::array(["0", "0", "0", "0", "0", &downloaded.to_string()]),
            )
            .raw("rtt", 0)
            .raw("utype", u8::from(is_pro))
            .raw("balance", "[]")
            .raw("subs", "[]")
            .raw("plans", "[]")
            .raw("features", "[]")
            .end(),
    )
}

/// `qbq`: whether a download of that size fits; 0 means it does.
pub fn transfer_fits(tx: &Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let handle = caller.user()?;
    let size = number(command, "s")
        .and_then(|size| u64::try_from(size).ok())
        .unwrap_or(0);
    let user = tx.world().user(handle).ok_or(code::SESSION)?;
    let (used, _) = caller.server.transfers.window(handle);
    let over = user
        .transfer_quota
        .is_some_and(|quota| used.saturating_add(size) > quota);
    Outcome::plain(if over { "1" } else { "0" })
}
