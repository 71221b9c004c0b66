//! `megarc ncdu`.

mod draw;
mod keys;
mod sizes;
mod view;

use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::Context;
use crate::engine::walk::{Listing, Walk};
use crate::engine::{self, Root, delete};
use crate::exit::CommandError;
use crate::output::fullscreen::Fullscreen;
use crate::remote::spec::printable;
use crate::remote::{Entry, ErrorKind, Location};
use keys::Key;
use view::{Action, View};

/// Pause between two pictures while the tree is read.
const REDRAW: Duration = Duration::from_millis(100);
/// Listings that wait to be added.
const AHEAD: usize = 64;

/// Browse a path by size, on the whole terminal
///
/// Directories are shown with all that is below them, the largest first, and
/// can be entered while the rest is still read. '?' shows the keys. A letter in
/// front means: e no files, ~ some sizes are not known, ! it could not be read,
/// . something below could not be read.
#[derive(clap::Args)]
pub struct Args {
    /// Directory
    #[arg(value_name = "PATH")]
    path: String,
}

/// Runs `megarc ncdu`.
///
/// # Errors
/// There is no terminal; the path, or something below it, cannot be listed.
pub async fn run(args: &Args, ctx: &Context) -> Result<(), CommandError> {
    let system = |error: std::io::Error| CommandError::start(format!("ncdu: {error}"));
    let dir = ctx.open_dir(&args.path).await?;
    let mut screen = Fullscreen::enter(Arc::clone(&ctx.output)).map_err(system)?;
    let root = Entry::dir(dir.path.clone());
    let mut view = View::new(&printable(&args.path), root.clone());
    let mut keys = keys::pressed();
    let mut resized = signal(SignalKind::window_change()).map_err(system)?;
    let mut ticks = interval(REDRAW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut scan = Scan::start(ctx, &dir);
    let mut result = Ok(());
    let mut changed = true;
    loop {
        if changed {
            let errors = ctx.run.stats.errors();
            screen.show(|frame| draw::draw(&view, frame, errors))?;
        }
        changed = true;
        tokio::select! {
            biased;
            key = keys.recv() => match view.press(key.unwrap_or(Key::Interrupt)) {
                Action::Stay => {}
                Action::Quit => break,
                Action::Redraw => screen.clear()?,
                Action::Delete(ids) => {
                    for id in ids {
                        delete_node(ctx, &dir, &mut view, id).await;
                    }
                }
                Action::Rescan => {
                    view.restart(root.clone());
                    scan = Scan::start(ctx, &dir);
                }
            },
            _ = resized.recv() => {}
            _ = ticks.tick(), if scan.runs => {}
            listing = scan.listings.recv(), if scan.runs => {
                changed = false;
                match listing {
                    Some(listing) => view.sizes_mut().add(listing),
                    None => {
                        result = scan.end().await;
                        view.finish();
                        changed = true;
                    }
                }
            }
        }
    }
    drop(screen);
    Ok(result?)
}

/// Deletes something, and says in the picture how that failed.
async fn delete_node(ctx: &Context, dir: &Location, view: &mut View, id: sizes::Id) {
    let Some(entry) = view.sizes.node(id).map(|node| node.entry.clone()) else {
        return;
    };
    match delete(ctx, dir, &entry).await {
        // Nothing was deleted.
        Ok(()) if ctx.run.options.dry_run => {}
        Ok(()) => view.remove(id),
        Err(error) => view.say(&format!("{} is still there: {error}", entry.path)),
    }
}

async fn delete(ctx: &Context, dir: &Location, entry: &Entry) -> engine::Result<()> {
    // The browser has asked already.
    let run = &ctx.run.unasked();
    if !entry.is_dir() {
        return delete::delete_file(run, dir, entry).await;
    }
    // Of two directories of one name, this very one.
    if !run.options.dry_run && entry.id.is_some() {
        match dir.remote.purge(entry).await {
            Err(error) if error.kind == ErrorKind::Unsupported => {}
            result => return Ok(result?),
        }
    }
    let place = Location {
        remote: Arc::clone(&dir.remote),
        path: entry.path.clone(),
    };
    delete::purge(run, &place).await
}

/// The reading of the tree, beside the browser.
struct Scan {
    listings: mpsc::Receiver<Listing>,
    task: JoinHandle<engine::Result<()>>,
    runs: bool,
}

impl Scan {
    fn start(ctx: &Context, dir: &Location) -> Self {
        let mut walk = Walk::new(&ctx.run, &Root::dir(dir.clone()));
        let (sender, listings) = mpsc::channel(AHEAD);
        let task = tokio::spawn(async move {
            while let Some(listing) = walk.next().await {
                if sender.send(listing).await.is_err() {
                    return Ok(());
                }
            }
            drop(sender);
            walk.finish()
        });
        Self {
            listings,
            task,
            runs: true,
        }
    }

    /// How the reading went.
    async fn end(&mut self) -> engine::Result<()> {
        self.runs = false;
        (&mut self.task)
            .await
            .unwrap_or_else(|stopped| Err(engine::Error::new(ErrorKind::Io, stopped.to_string())))
    }
}

impl Drop for Scan {
    fn drop(&mut self) {
        self.task.abort();
    }
}
