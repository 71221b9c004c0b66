//! The event channel: `/sc`, `/wsc`, and the address to wait at.

use super::body::Reply;
use super::events::Missed;
use super::http::{Answer, Surroundings, json, plain};
use super::json::Object;
use super::server::Server;
use super::text::{Handle, UserHandle};

/// EARGS.
const ARGS: i64 = -2;
/// ETOOMANY: too far behind, fetch anew.
const TOO_FAR: i64 = -6;
/// ENOENT: the link is gone.
const GONE: i64 = -9;
/// ESID: the session is gone.
const NO_SESSION: i64 = -15;

/// Whose events a client follows.
struct Follower {
    /// The channel's name.
    channel: String,
    /// How the waiting address names it: never the secret session id.
    public: String,
}

fn follower(server: &Server, around: &Surroundings) -> Result<Follower, i64> {
    if let Some(sid) = around.query.get("sid") {
        return server.store.read(|world| {
            let session = world.session(sid).ok_or(NO_SESSION)?;
            Ok(Follower {
                channel: session.user.to_string(),
                public: session.id.to_string(),
            })
        });
    }
    let Some(public) = around.query.get("n") else {
        return Err(NO_SESSION);
    };
    let handle = Handle::parse(public).ok_or(GONE)?;
    server.store.read(|world| {
        world.link(handle).ok_or(GONE)?;
        Ok(Follower {
            channel: handle.to_string(),
            public: handle.to_string(),
        })
    })
}

fn number(code: i64) -> Answer {
    json(Reply::whole(code.to_string()))
}

/// What a client has missed, or where to wait.
pub async fn poll(server: &Server, around: &Surroundings) -> Answer {
    server.counters.count(|stats| stats.polls += 1);
    let follower = match follower(server, around) {
        Ok(follower) => follower,
        Err(code) => return number(code),
    };
    if around.query.get("c").is_some() {
        return alerts(server, &follower);
    }
    let Some(position) = around.query.get("sn") else {
        return number(ARGS);
    };
    let mut tx = server.store.begin();
    match tx.channel(&follower.channel).since(position) {
        Missed::Packets(text) => json(Reply::whole(text)),
        Missed::Lost => number(TOO_FAR),
        Missed::Nothing => {
            let address = format!("{}/wait/{}/{position}", around.base, follower.public);
            json(Reply::whole(Object::new().text("w", &address).end()))
        }
    }
}

/// The list of messages for the user: always empty.
fn alerts(server: &Server, follower: &Follower) -> Answer {
    let sn = server.store.begin().channel(&follower.channel).sn();
    json(Reply::whole(
        Object::new()
            .raw("c", "[]")
            .raw("u", "[]")
            .text("lsn", &sn)
            .text("fsn", &sn)
            .raw("ltd", 0)
            .end(),
    ))
}

/// Blocks until something happens after the position in `path`, or for the
/// longest wait. Clients that add their session get the news themselves.
pub async fn wait(server: &Server, around: &Surroundings, path: &str) -> Answer {
    let mut parts = path.trim_start_matches("/wait/").splitn(2, '/');
    let (public, position) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let asks = around.query.get("sid").is_some() || around.query.get("n").is_some();
    let position = around.query.get("sn").unwrap_or(position);
    let channel = match asks {
        true => match follower(server, around) {
            Ok(follower) => follower.channel,
            Err(code) => return number(code),
        },
        false => match known_channel(server, public) {
            Some(channel) => channel,
            None => return plain(200, "0"),
        },
    };
    let news = {
        let mut tx = server.store.begin();
        let channel = tx.channel(&channel);
        (channel.since(position) == Missed::Nothing).then(|| channel.follow())
    };
    let Some(mut news) = news else {
        return told(server, &channel, position, asks);
    };
    let mut stopping = server.stopping.clone();
    tokio::select! {
        _ = news.changed() => {}
        _ = stopping.wait_for(|stop| *stop) => {}
        () = tokio::time::sleep(server.longest_wait) => {}
    }
    told(server, &channel, position, asks)
}

fn known_channel(server: &Server, public: &str) -> Option<String> {
    server.store.read(|world| {
        if let Some(id) = UserHandle::parse(public) {
            return world
                .session_by_id(id)
                .map(|session| session.user.to_string());
        }
        let link = Handle::parse(public)?;
        world.link(link).map(|_| link.to_string())
    })
}

/// The end of a wait.
fn told(server: &Server, channel: &str, position: &str, asks: bool) -> Answer {
    if !asks {
        return plain(200, "0");
    }
    match server.store.begin().channel(channel).since(position) {
        Missed::Packets(text) => json(Reply::whole(text)),
        Missed::Lost => number(TOO_FAR),
        Missed::Nothing => plain(200, "0"),
    }
}
