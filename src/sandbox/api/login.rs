//! `us0 us sml usl usr`: getting in, staying in, getting out.

use serde_json::Value;

use crate::sandbox::json::{self, Object};
use crate::sandbox::store::records::{Session, User};
use crate::sandbox::store::tx::Tx;
use crate::sandbox::text::UserHandle;

use super::{Caller, Done, Outcome, code, number, text};

/// `us0`: which way to derive the password key.
pub fn prelogin(tx: &Tx<'_>, command: &Value) -> Done {
    let name = text(command, "user").ok_or(code::ARGS)?;
    let world = tx.world();
    let user = world
        .user_by_name(name)
        .and_then(|handle| world.user(handle))
        .ok_or(code::NOT_FOUND)?;
    // Some clients tell the version by the presence of `s` alone.
    Outcome::plain(
        Object::new()
            .maybe_text("s", user.account.salt.as_deref())
            .raw("v", user.account.version)
            .end(),
    )
}

/// `us`: a login with a password, a check of a session, or a second session.
pub fn login(tx: &mut Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let Some(name) = text(command, "user") else {
        return match number(command, "c") {
            Some(_) => second_session(tx, caller, command),
            None => resume(tx, caller, command),
        };
    };
    let world = tx.world();
    let handle = world.user_by_name(name).ok_or(code::NOT_FOUND)?;
    let user = world.user(handle).ok_or(code::NOT_FOUND)?.clone();
    let uh = text(command, "uh").unwrap_or_default();
    let mfa = match command.get("mfa") {
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    let now = u64::try_from(tx.now()).unwrap_or(0);
    user.account.check_login(uh, mfa.as_deref(), now)?;
    caller.server.counters.count(|stats| stats.logins += 1);
    open(tx, caller, command, handle, &user)
}

fn second_session(tx: &mut Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let handle = caller.user()?;
    let user = tx.world().user(handle).ok_or(code::SESSION)?.clone();
    open(tx, caller, command, handle, &user)
}

/// Opens a session and says how to get at its id.
fn open(
    tx: &mut Tx<'_>,
    caller: &Caller<'_>,
    command: &Value,
    handle: UserHandle,
    user: &User,
) -> Done {
    let grant = user.account.new_session().map_err(|_| code::INTERNAL)?;
    let sek = text(command, "sek").map(str::to_string);
    let now = tx.now();
    let session = Session {
        user: handle,
        id: UserHandle::random(),
        sek: sek.clone(),
        created: now,
        used: now,
        agent: caller.around.agent.clone(),
        address: caller.around.peer.ip().to_string(),
        device: text(command, "si").map(str::to_string),
    };
    tx.put_session(&grant.sid, session);
    Outcome::plain(
        Object::new()
            .maybe_text("csid", grant.csid.as_deref())
            .maybe_text("tsid", grant.tsid.as_deref())
            .maybe_text("privk", user.account.privk.as_deref())
            .text("k", &user.account.k)
            .text("u", handle.as_str())
            .raw("ach", 1)
            .maybe_text("sek", sek.as_deref())
            .end(),
    )
}

/// A stored session is still good; the key that seals it comes back.
fn resume(tx: &mut Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let handle = caller.user()?;
    let sid = caller.sid.as_deref().ok_or(code::SESSION)?;
    let mut session = tx.world().session(sid).ok_or(code::SESSION)?.clone();
    session.used = tx.now();
    if session.sek.is_none() {
        session.sek = text(command, "sek").map(str::to_string);
    }
    let sek = session.sek.clone();
    tx.put_session(sid, session);
    let user = tx.world().user(handle).ok_or(code::SESSION)?;
    Outcome::plain(
        Object::new()
            .maybe_text("sek", sek.as_deref())
            .text("k", &user.account.k)
            .text("u", handle.as_str())
            .maybe_text("privk", user.account.privk.as_deref())
            .raw("ach", 1)
            .end(),
    )
}

/// `sml`: this session ends.
pub fn logout(tx: &mut Tx<'_>, caller: &Caller<'_>) -> Done {
    let sid = caller.sid.as_deref().ok_or(code::SESSION)?;
    tx.remove_session(sid);
    Outcome::plain("0")
}

/// `usl`: the account's sessions.
pub fn sessions(tx: &Tx<'_>, caller: &Caller<'_>) -> Done {
    let user = caller.user()?;
    let rows = tx.world().sessions(user).into_iter().map(|(sid, session)| {
        let current = caller.sid.as_deref() == Some(sid.as_str());
        json::array([
            session.created.to_string(),
            session.used.to_string(),
            json::text(&session.agent),
            json::text(&session.address),
            json::text("NZ"),
            u8::from(current).to_string(),
            json::text(session.id.as_str()),
            "1".to_string(),
            json::text(session.device.as_deref().unwrap_or_default()),
        ])
    });
    Outcome::plain(json::array(rows))
}

/// `usr`: other sessions end, or the named ones.
pub fn end_sessions(tx: &mut Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let user = caller.user()?;
    let others = number(command, "ko") == Some(1);
    let named: Vec<&str> = match command.get("s") {
        Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(id)) => vec![id.as_str()],
        _ => Vec::new(),
    };
    if !others && named.is_empty() {
        return Err(code::ARGS);
    }
    for (sid, session) in tx.world().sessions(user) {
        let is_other = caller.sid.as_deref() != Some(sid.as_str());
        if others && is_other || named.contains(&session.id.as_str()) {
            tx.remove_session(&sid);
        }
    }
    Outcome::plain("0")
}
