//! How a client comes to its tree: what was kept, brought up to date by the
//! server's events; else the whole of it.

use std::collections::HashSet;
use std::sync::Arc;

use super::api::{Api, FetchNodes, News};
use super::client::Client;
use super::error::{Error, ErrorCode};
use super::handle::NodeHandle;
use super::node::{Keyring, Node};
use super::session::Session;
use super::state::{SharedTree, warn_of_unreadable};
use super::tree::{Doubt, Replay, Roots, Tree, TreeSlot};

/// From so many packets on the tree is written anew, so that they need not be
/// asked for again and again.
const MANY_PACKETS: usize = 1000;
/// The same where a small tree has changed by one part in so many.
const LARGE_PART: usize = 50;
/// Answers without news in which the position does not move.
const MOST_IDLE: u32 = 5;

impl Client {
    /// The account's roots. They are what they are for as long as the account
    /// has its master key, so that a kept tree need not catch up to tell them.
    ///
    /// # Errors
    /// The tree had to be fetched, and could not be.
    pub async fn roots(&self) -> Result<Roots, Error> {
        if let (None, Ok(session)) = (self.state().tree_at_hand(), self.session())
            && let Some(slot) = self.tree_slot(&session)
            && let Some(kept) = blocking(move || slot.open()).await?
        {
            return Ok(kept.roots());
        }
        Ok(self.tree().await?.read().roots())
    }

    /// The place where this account's tree is kept, if it is.
    pub(super) fn tree_slot(&self, session: &Session) -> Option<TreeSlot> {
        let store = self.options().trees.as_ref()?;
        Some(store.slot(self.api().base_url(), session.user, &session.master_key))
    }

    /// The tree as the server has it now.
    pub(super) async fn fetch_tree(&self) -> Result<SharedTree, Error> {
        if let Some(link) = &self.state().link {
            return Ok(SharedTree::new(link.fetch_tree(self.api()).await?));
        }
        let session = self.session()?;
        if let Some(store) = &self.options().turns {
            let turns = &self.state().turns;
            turns.look(store, self.api().base_url(), session.user);
        }
        let tree = self.account_tree(&session).await?;
        self.state().turns.begin_at(tree.position());
        Ok(SharedTree::new(tree))
    }

    async fn account_tree(&self, session: &Session) -> Result<Tree, Error> {
        let slot = self.tree_slot(session);
        if let Some(slot) = &slot
            && let Some(tree) = self.kept_tree(slot, session).await?
        {
            return Ok(tree);
        }
        let mut tree = self.whole_tree(session).await?;
        if let Some(slot) = slot {
            tree = keep(slot, tree).await?;
        }
        warn_of_unreadable(&tree);
        Ok(tree)
    }

    /// Takes into the tree what others have done since `position`; the
    /// position after it.
    pub(super) async fn take_in_newcomers(
        &self,
        tree: &SharedTree,
        position: &str,
    ) -> Result<String, Error> {
        let session = self.session()?;
        let (mut position, mut packets) = (position.to_owned(), Vec::new());
        let read = async {
            let news = self.api().news(&position).await?;
            follow(self.api(), &mut position, news, |packet| {
                packets.push(packet.to_owned());
                Ok(())
            })
            .await
        };
        let before: HashSet<NodeHandle> = self.with_newcomers(|known| known.nodes().collect());
        match read.await {
            Ok(_) => {
                let mut tree = tree.write();
                self.with_newcomers(|newcomers| {
                    for packet in packets {
                        tree.take_in(&packet, newcomers);
                    }
                });
            }
            Err(error) if is_final(&error) => return Err(error),
            Err(error) => {
                tracing::debug!(target: "megarc", "the events cannot be had, the tree is fetched again: {error}");
                let whole = self.whole_tree(&session).await?;
                let nodes: Vec<Node> = whole.nodes().map(|node| node.to_node()).collect();
                let mut tree = tree.write();
                self.with_newcomers(|newcomers| tree.take_in_nodes(&nodes, newcomers));
                whole.position().clone_into(&mut position);
            }
        }
        let tree = tree.read();
        self.with_newcomers(|newcomers| {
            let new = newcomers.nodes().filter(|node| !before.contains(node));
            for node in new.filter_map(|node| tree.node(node)) {
                self.state().known.add(&node.to_node());
            }
        });
        Ok(position)
    }

    /// The kept tree, once it has caught up. `None` where it has to be fetched.
    async fn kept_tree(&self, slot: &TreeSlot, session: &Session) -> Result<Option<Tree>, Error> {
        let (opened, ring) = (slot.clone(), ring(session));
        let Some(kept) = blocking(move || opened.open()).await? else {
            return Ok(None);
        };
        let position = kept.position().to_owned();
        // The server is asked while the disk is read.
        let (tree, news) = tokio::join!(
            blocking(move || kept.read(ring)),
            self.api().news(&position)
        );
        let Some(mut tree) = tree? else {
            return Ok(None);
        };
        let caught_up = match news {
            Ok(news) => catch_up(self.api(), &mut tree, session, news).await,
            Err(error) => Err(error),
        };
        match caught_up {
            Ok(packets) => {
                tracing::debug!(target: "megarc", "the kept tree of {} nodes is up to date after {packets} packets", tree.len());
                if packets >= MANY_PACKETS || packets * LARGE_PART >= tree.len().max(1) {
                    tree = keep(slot.clone(), tree).await?;
                }
                Ok(Some(tree))
            }
            Err(error) if is_final(&error) => Err(error),
            Err(error) => {
                tracing::debug!(target: "megarc", "the kept tree cannot be brought up to date: {error}");
                Ok(None)
            }
        }
    }

    async fn whole_tree(&self, session: &Session) -> Result<Tree, Error> {
        let mut failures = 0;
        let mut tree = loop {
            let body = self.api().stream(FetchNodes).await?;
            match Tree::load(body, ring(session), Some(&session.master_key)).await {
                Ok(tree) => break tree,
                Err(error @ (Error::Transport(_) | Error::Protocol { .. })) => {
                    failures += 1;
                    if !self.api().retries().allows(failures) {
                        return Err(error);
                    }
                    tracing::debug!(target: "megarc", "fetching the tree failed: {error}");
                    self.api().retries().pause(failures).await;
                }
                Err(error) => return Err(error),
            }
        };
        if tree.wants_share_keys() {
            match self.stored_share_keys().await {
                Ok(keys) => tree.add_stored_keys(keys),
                Err(error) => {
                    tracing::debug!(target: "megarc", "the account's key store cannot be read: {error}");
                }
            }
        }
        Ok(tree)
    }
}

/// Applies `news` and all that follow it; how many packets there were.
async fn catch_up(
    api: &Api,
    tree: &mut Tree,
    session: &Session,
    news: News,
) -> Result<usize, Error> {
    let mut position = tree.position().to_owned();
    let mut replay = Replay::new(tree, session.user.as_str(), &session.master_key);
    let packets = follow(api, &mut position, news, |packet| {
        let doubt = |doubt: Doubt| Error::protocol("sc", doubt.0);
        replay.apply(packet).map_err(doubt)
    })
    .await?;
    replay.finish();
    tree.set_position(position);
    Ok(packets)
}

/// Hands `news` and all that follow it to `take`; how many packets there were.
async fn follow(
    api: &Api,
    position: &mut String,
    mut news: News,
    mut take: impl FnMut(&str) -> Result<(), Error>,
) -> Result<usize, Error> {
    let (mut packets, mut idle) = (0, 0);
    loop {
        for packet in &news.packets {
            take(packet.get())?;
        }
        packets += news.packets.len();
        match news.position {
            Some(new) if new != *position => (*position, idle) = (new, 0),
            _ => idle += 1,
        }
        if news.caught_up {
            return Ok(packets);
        }
        if idle > MOST_IDLE {
            return Err(Error::protocol("sc", "the position does not move"));
        }
        news = api.news(position).await?;
    }
}

/// Nothing else would go any better.
fn is_final(error: &Error) -> bool {
    matches!(error, Error::Login(_)) || error.code() == Some(ErrorCode::EBLOCKED)
}

/// The keys that open the account's nodes.
fn ring(session: &Session) -> Keyring {
    let rsa = match session.private_key() {
        Ok(rsa) => rsa.map(Arc::new),
        Err(error) => {
            tracing::debug!(target: "megarc", "the account's RSA key cannot be used: {error}");
            None
        }
    };
    Keyring::of_account(session.user.as_str(), &session.master_key, rsa)
}

/// Keeps the tree before anything changes it.
async fn keep(slot: TreeSlot, tree: Tree) -> Result<Tree, Error> {
    blocking(move || {
        slot.save(&tree);
        tree
    })
    .await
}

/// Runs what reads, writes or computes for long beside the tasks.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Error::Invalid("reading the kept tree was given up".to_owned()))
}
