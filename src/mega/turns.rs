//! Taking turns: of the processes of one account on this machine one at a time
//! makes new names.
//!
//! MEGA lets a folder hold any number of nodes of one name. Whoever looks
//! whether a name is free, and then takes it, can be overtaken by another who
//! does the same. So both happen in a turn: under the lock of a file, which the
//! system gives back when its owner dies. The file holds a number that is odd
//! while a turn lasts and goes up when one begins and when one ends. Whoever
//! finds the number that he knows has missed nothing, and asks the server
//! nothing; else the events say what has come.
//!
//! All tasks of a process share its turn, which lasts as long as one of them
//! needs it. Whoever waits rings a bell, a second locked file, and the turn is
//! given away. Where no file can be locked, and when a turn does not come for
//! long, it goes on without.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::client::Client;
use super::error::Error;
use super::handle::{NodeHandle, UserHandle};
use super::node::NodeKind;
use super::private::{check_owner, context, file_name, open, open_lock, prepare_dir};
use super::tree::{Newcomers, Tree};

/// How often a lock held by another process is tried.
const POLL: Duration = Duration::from_millis(10);
/// How long a turn lasts at least, while others wait: as many commands as
/// possible are to share a request.
const SHARE: Duration = Duration::from_millis(100);
/// After so long a wait it goes on without: the other process may be stopped.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the processes of an account find each other.
#[derive(Clone, Debug)]
pub struct TurnStore {
    dir: PathBuf,
    server: Option<String>,
}

impl TurnStore {
    /// A store in `dir`, which is made when first needed.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            server: None,
        }
    }

    /// Knows the server by `name` where its address changes from run to run.
    #[must_use]
    pub fn for_server(mut self, name: String) -> Self {
        self.server = Some(name);
        self
    }

    fn place(&self, api_url: &str, user: UserHandle) -> Place {
        let server = self.server.as_deref().unwrap_or(api_url);
        let name = file_name(&context(&["megarc turns", server, user.as_str()]));
        Place {
            dir: self.dir.clone(),
            name,
        }
    }
}

/// Where the files of an account stand.
#[derive(Clone)]
struct Place {
    dir: PathBuf,
    name: String,
}

impl Place {
    fn path(&self, ending: &str) -> PathBuf {
        self.dir.join(format!("{}.{ending}", self.name))
    }

    fn open(&self) -> io::Result<Files> {
        prepare_dir(&self.dir)?;
        let lock = open(&self.path("turn"))?;
        check_owner(&lock.metadata()?)?;
        Ok(Files {
            lock,
            bell: open_lock(&self.path("bell"))?,
        })
    }

    /// The number that stands there now.
    fn number(&self) -> u64 {
        File::open(self.path("turn")).map_or(0, |file| number_in(&file))
    }
}

/// A file that has just been made is empty: nobody has had a turn.
fn number_in(mut file: &File) -> u64 {
    let mut bytes = [0; 8];
    let read = file.rewind().and_then(|()| file.read_exact(&mut bytes));
    read.map_or(0, |()| u64::from_le_bytes(bytes))
}

/// The files of an account.
struct Files {
    /// Locked by whose turn it is; holds the number.
    lock: File,
    /// Locked, shared, by those who wait.
    bell: File,
}

impl Files {
    fn number(&self) -> u64 {
        number_in(&self.lock)
    }

    fn set_number(&self, number: u64) -> io::Result<()> {
        let mut file = &self.lock;
        file.rewind()?;
        file.write_all(&number.to_le_bytes())
    }

    /// Whether another process waits for its turn.
    fn somebody_waits(&self) -> bool {
        match self.bell.try_lock() {
            Ok(()) => {
                let _ = self.bell.unlock();
                false
            }
            Err(TryLockError::WouldBlock) => true,
            Err(TryLockError::Error(_)) => false,
        }
    }
}

/// The turns of a client; see the module.
#[derive(Default)]
pub(super) struct Turns {
    /// Held by the task that takes the turn, or gives it away.
    door: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    /// Wakes who waits for the end of the turn.
    over: Notify,
}

#[derive(Default)]
struct State {
    place: Option<Place>,
    /// Open from the first turn on.
    files: Option<Arc<Files>>,
    /// Tasks that need the turn.
    inside: usize,
    /// The number up to which nothing has been missed.
    seen: Option<u64>,
    /// In this turn nothing has been missed.
    caught_up: bool,
    /// Up to where the events are known.
    position: String,
    /// When this turn began; `None` if it is not ours.
    since: Option<Instant>,
    /// What others have done since the tree was fetched.
    newcomers: Newcomers,
}

impl State {
    fn end(&mut self) {
        if self.since.take().is_some()
            && let Some(files) = &self.files
        {
            let after = (files.number() | 1) + 1;
            let told = files.set_number(after).is_ok();
            self.seen = Some(after).filter(|_| told && self.caught_up);
            let _ = files.lock.unlock();
        }
    }
}

/// Held while a name is looked for and taken.
pub(super) struct Turn<'a>(Option<&'a Turns>);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(turns) = self.0 {
            let mut state = turns.state();
            state.inside -= 1;
            if state.inside == 0 {
                state.end();
                turns.over.notify_waiters();
            }
        }
    }
}

impl Turns {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the number before the tree is fetched, so that what others do
    /// from then on is noticed.
    pub(super) fn look(&self, store: &TurnStore, api_url: &str, user: UserHandle) {
        let place = store.place(api_url, user);
        let number = place.number();
        let mut state = self.state();
        // While a turn lasts it is not known what it has come to.
        state.seen = Some(number).filter(|number| number % 2 == 0);
        state.place = Some(place);
    }

    /// The files, opened; `None` where there are no turns.
    fn files(&self) -> Option<Arc<Files>> {
        let mut state = self.state();
        if let (None, Some(place)) = (&state.files, &state.place) {
            match place.open() {
                Ok(files) => state.files = Some(Arc::new(files)),
                Err(error) => {
                    tracing::debug!(target: "megarc", "no turns are taken: {}: {error}", place.dir.display());
                    state.place = None;
                }
            }
        }
        state.files.clone()
    }

    /// Goes on without turns.
    fn give_up(&self, why: &str) {
        tracing::info!(target: "megarc", "Going on without regard to other processes that change this account: {why}");
        let mut state = self.state();
        (state.place, state.files) = (None, None);
    }

    /// The tree stands for this position.
    pub(super) fn begin_at(&self, position: &str) {
        position.clone_into(&mut self.state().position);
    }

    /// Joins the turn if it is ours and nobody waits for it.
    fn join(&self) -> Option<Turn<'_>> {
        let mut state = self.state();
        let files = state.files.clone()?;
        let since = state.since?;
        if since.elapsed() >= SHARE && files.somebody_waits() {
            return None;
        }
        state.inside += 1;
        Some(Turn(Some(self)))
    }

    /// Begins a turn; without files nothing but the events can help.
    fn begin(&self) -> Turn<'_> {
        let mut state = self.state();
        let Some(files) = state.files.clone() else {
            state.caught_up = false;
            return Turn(None);
        };
        let number = files.number();
        state.caught_up = state.seen == Some(number);
        // Should this process die now, the next one looks.
        let _ = files.set_number((number + 1) | 1);
        state.since = Some(Instant::now());
        state.inside = 1;
        Turn(Some(self))
    }

    /// Waits until no task of this process needs the turn.
    async fn leave(&self) {
        let gave_away = self.state().since.is_some();
        loop {
            let over = self.over.notified();
            if self.state().since.is_none() {
                break;
            }
            over.await;
        }
        if gave_away {
            // Whoever waits tries again meanwhile.
            tokio::time::sleep(POLL * 2).await;
        }
    }
}

/// Locks the file; `false` after too long a wait.
async fn lock(files: &Files) -> io::Result<bool> {
    let begun = Instant::now();
    let mut told = false;
    loop {
        match files.lock.try_lock() {
            Ok(()) => break,
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) => {}
        }
        // Who looks at the bell holds it for a moment: then the next time.
        let _ = files.bell.try_lock_shared();
        if begun.elapsed() >= PATIENCE {
            let _ = files.bell.unlock();
            return Ok(false);
        }
        if !told {
            tracing::debug!(target: "megarc", "waiting for another process that changes this account");
            told = true;
        }
        tokio::time::sleep(POLL).await;
    }
    let _ = files.bell.unlock();
    Ok(true)
}

impl Client {
    /// Waits for this process's turn to make names, and learns what others
    /// have made.
    ///
    /// # Errors
    /// The server could not be asked for that.
    pub(super) async fn turn(&self) -> Result<Turn<'_>, Error> {
        let tree = self.tree().await?;
        let turns = &self.state().turns;
        let _door = turns.door.lock().await;
        if let Some(turn) = turns.join() {
            return Ok(turn);
        }
        let Some(files) = turns.files() else {
            return Ok(Turn(None));
        };
        turns.leave().await;
        match lock(&files).await {
            Ok(true) => {}
            Ok(false) => turns.give_up("one of them has not let go for a minute"),
            Err(error) => turns.give_up(&error.to_string()),
        }
        let turn = turns.begin();
        let position = {
            let state = turns.state();
            if state.caught_up {
                return Ok(turn);
            }
            state.position.clone()
        };
        let position = self.take_in_newcomers(&tree, &position).await?;
        let mut state = turns.state();
        state.position = position;
        state.caught_up = true;
        Ok(turn)
    }

    /// The file that another process has put in this place while this one ran;
    /// `None` while `replaces`, which is to go, is still there.
    pub(super) fn newcomer_at(
        &self,
        tree: &Tree,
        parent: NodeHandle,
        name: &str,
        replaces: Option<NodeHandle>,
    ) -> Option<NodeHandle> {
        let files = || {
            let there = tree.children_named(parent, name);
            there.filter(|node| node.kind() == NodeKind::File)
        };
        if files().any(|node| Some(node.handle()) == replaces) {
            return None;
        }
        let state = self.state().turns.state();
        let found = files().find(|node| state.newcomers.contains(node.handle()));
        found.map(|node| node.handle())
    }

    /// Whether another process has put a folder in this place.
    pub(super) fn new_folder_at(&self, tree: &Tree, parent: NodeHandle, name: &str) -> bool {
        let state = self.state().turns.state();
        tree.children_named(parent, name)
            .any(|node| node.kind().is_folder() && state.newcomers.contains(node.handle()))
    }

    /// This client is about to give the node another place or name: events
    /// that come late are not to undo that.
    pub(super) fn note_own(&self, node: NodeHandle) {
        self.with_newcomers(|newcomers| newcomers.note_own(node));
    }

    /// What is known of the doings of others.
    pub(super) fn with_newcomers<T>(&self, work: impl FnOnce(&mut Newcomers) -> T) -> T {
        work(&mut self.state().turns.state().newcomers)
    }
}
