//! `u g ufa pfa`: addresses for content to come and to go.

use serde_json::Value;

use crate::sandbox::clock;
use crate::sandbox::faults::CommandFault;
use crate::sandbox::json::{self, Object};
use crate::sandbox::random;
use crate::sandbox::storage::transfers::{ADDRESS_LIFE, Address, Purpose};
use crate::sandbox::store::node::{Kind, Node};
use crate::sandbox::store::tx::Tx;
use crate::sandbox::text::{Handle, UserHandle};

use super::share::find_link;
use super::{Caller, Done, Outcome, code, handle, number, text};

/// The largest thumbnail or preview, bytes.
const LARGEST_THUMBNAIL: u64 = 16 << 20;

/// `u`: an address to upload to.
pub fn request_upload(tx: &Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let user = caller.user()?;
    let size = number(command, "s")
        .and_then(|size| u64::try_from(size).ok())
        .ok_or(code::ARGS)?;
    // The quota that counts is that of the account the file will belong to.
    let target = command
        .get("t")
        .and_then(|target| target.get(0))
        .and_then(Value::as_str)
        .and_then(Handle::parse)
        .and_then(|target| tx.world().node(target))
        .map_or(user, |node| node.owner);
    let quota = tx.world().user(target).ok_or(code::SESSION)?.quota;
    if tx.world().used(target).saturating_add(size) > quota {
        return Err(code::OVER_QUOTA);
    }
    let level = number(command, "v").unwrap_or(0);
    let address = caller
        .server
        .transfers
        .begin(tx.store(), user, size, Purpose::File, level >= 2)
        .map_err(|_| code::INTERNAL)?;
    let address = format!("{}/ul/{address}", caller.around.base);
    let answer = Object::new().text("p", &address);
    Outcome::plain(hints(answer, caller, level, 1).end())
}

/// Network addresses of the hosts, for clients that ask for them.
fn hints(answer: Object, caller: &Caller<'_>, level: i64, hosts: usize) -> Object {
    let host = caller.around.base.trim_start_matches("http://");
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    let Ok(four) = host.parse::<std::net::Ipv4Addr>() else {
        return answer;
    };
    if level < 3 {
        return answer;
    }
    let pairs = (0..hosts).flat_map(|_| [four.to_string(), "[::1]".to_string()]);
    answer.raw("ip", json::texts(pairs))
}

/// Which file a `g` means.
fn wanted(tx: &Tx<'_>, caller: &Caller<'_>, command: &Value) -> Result<Node, i64> {
    let world = tx.world();
    if let Some(public) = text(command, "p") {
        let link = find_link(world, public)?;
        return world
            .node(link.node)
            .map(|node| Node::clone(node))
            .ok_or(code::NOT_FOUND);
    }
    let node = world.node(handle(command, "n")?).ok_or(code::NOT_FOUND)?;
    let root = match (&caller.link, text(command, "en")) {
        (Some(link), _) => Some(link.root),
        // The official client names the link's root, not the link.
        (None, Some(root)) => Handle::parse(root).filter(|root| {
            world
                .link_of(*root)
                .is_some_and(|(_, link)| super::share::is_open(link))
        }),
        (None, None) => None,
    };
    let in_link = root.is_some_and(|root| world.is_within(node.handle, root));
    let own = caller
        .session_user
        .is_some_and(|user| world.access(user, node.handle).is_some());
    if in_link || own {
        Ok(Node::clone(node))
    } else {
        Err(code::NOT_FOUND)
    }
}

/// `g`: what a file is, and where to get it.
pub fn request_download(
    tx: &Tx<'_>,
    caller: &Caller<'_>,
    command: &Value,
    fault: &Option<CommandFault>,
) -> Done {
    let node = wanted(tx, caller, command)?;
    let blob = match node.kind {
        Kind::File => node.blob.ok_or(code::NOT_FOUND)?,
        _ => return Err(code::ARGS),
    };
    let level = number(command, "v").unwrap_or(0);
    // Whoever is logged in pays; for strangers the owner of the link does.
    let payer = caller.session_user.unwrap_or(node.owner);
    let mut answer = Object::new()
        .raw("s", node.size)
        .text("at", &node.attributes)
        .maybe_text("fa", node.file_attributes.as_deref())
        .raw("msd", 1)
        .raw("pfa", 1);
    let wait = match fault {
        Some(CommandFault::OverQuota(seconds)) => Some(*seconds),
        _ => exhausted(tx, caller, payer),
    };
    if number(command, "g") != Some(1) {
        return Outcome::plain(answer.raw("tl", 0).end());
    }
    if let Some(seconds) = wait {
        answer = answer.raw("e", code::OVER_QUOTA).raw("tl", seconds);
        return Outcome::plain(answer.end());
    }
    let secret = tx.store().secret();
    let at = |part| {
        let address = Address {
            blob,
            payer,
            expires: clock::now() + ADDRESS_LIFE,
            part,
            serial: u64::from_be_bytes(random::bytes()),
        };
        format!("{}/dl/{}", caller.around.base, address.sign(secret))
    };
    let answer = answer.raw("tl", 0);
    let answer = if level >= 2 && caller.server.cloudraid && node.size > 0 {
        answer.raw("g", json::texts((0..6).map(|part| at(Some(part)))))
    } else if level >= 2 {
        answer.raw("g", json::texts([at(None)]))
    } else {
        answer.text("g", &at(None))
    };
    Outcome::plain(answer.end())
}

/// The seconds until transfer quota is free again, if it is used up.
fn exhausted(tx: &Tx<'_>, caller: &Caller<'_>, payer: UserHandle) -> Option<u64> {
    let quota = tx.world().user(payer)?.transfer_quota?;
    let (used, wait) = caller.server.transfers.window(payer);
    (used >= quota).then_some(wait)
}

/// `ufa`: an address to send a thumbnail to, or to get one from.
pub fn request_thumbnail(tx: &Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let user = caller.user()?;
    if text(command, "fah").is_some() {
        let address = format!("{}/ufa/get", caller.around.base);
        return Outcome::plain(Object::new().text("p", &address).end());
    }
    let size = number(command, "s")
        .and_then(|size| u64::try_from(size).ok())
        .filter(|size| *size <= LARGEST_THUMBNAIL)
        .ok_or(code::ARGS)?;
    let address = caller
        .server
        .transfers
        .begin(tx.store(), user, size, Purpose::Thumbnail, false)
        .map_err(|_| code::INTERNAL)?;
    let address = format!("{}/ufa/{address}", caller.around.base);
    let answer = Object::new().text("p", &address);
    let level = number(command, "v").unwrap_or(0);
    Outcome::plain(hints(answer, caller, level, 1).end())
}

/// `pfa`: thumbnails are hung on a file. A new one of a type replaces the old.
pub fn set_thumbnails(tx: &mut Tx<'_>, caller: &Caller<'_>, command: &Value) -> Done {
    let user = caller.user()?;
    let node = tx
        .world()
        .node(handle(command, "n")?)
        .cloned()
        .ok_or(code::NOT_FOUND)?;
    let given = text(command, "fa").ok_or(code::ARGS)?;
    if node.kind != Kind::File {
        return Err(code::ARGS);
    }
    super::put::writable(tx, user, &node, command)?;
    let kind = |entry: &str| {
        entry
            .split('*')
            .next()
            .map(|kind| kind.rsplit(':').next().map(str::to_string))
    };
    let mut entries: Vec<String> = node
        .file_attributes
        .as_deref()
        .unwrap_or_default()
        .split('/')
        .filter(|entry| !entry.is_empty())
        .filter(|old| given.split('/').all(|new| kind(new) != kind(old)))
        .map(str::to_string)
        .collect();
    entries.extend(given.split('/').map(|entry| match entry.contains(':') {
        true => entry.to_string(),
        // The number before the colon names a group of hosts: there is one.
        false => format!("0:{entry}"),
    }));
    let all = entries.join("/");
    tx.edit_node(node.handle, |node| {
        node.file_attributes = Some(all.as_str().into())
    });
    tx.emit_to_audience(node.handle, "fa", text(command, "i"), |_, object| {
        object.text("n", node.handle.as_str()).text("fa", &all)
    });
    Outcome::changed_with(json::text(&all))
}
