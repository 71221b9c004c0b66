//! Statistics while a command runs: the live block, or lines in the log.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::commands::Context;
use crate::engine::{Limits, Stats};
use crate::output::Output;
use crate::output::progress::{self, Style};

/// Pause between two pictures of the live block.
const REDRAW: Duration = Duration::from_millis(500);

/// The statistics of a running command.
pub(super) struct Live {
    stats: Arc<Stats>,
    style: Style,
    output: Arc<Output>,
    ticker: Option<JoinHandle<()>>,
    /// Answers SIGUSR1 and SIGUSR2.
    asked: Option<JoinHandle<()>>,
    /// The live block stands on the screen.
    drawn: bool,
    /// The window's title tells the time left.
    titled: bool,
    /// Statistics are logged, at the end too.
    logged: bool,
}

impl Live {
    /// Begins to show statistics, as the flags ask for.
    pub(super) fn start(ctx: &Context, by_default: bool) -> Self {
        let show = &ctx.flags.show;
        let mut live = Self {
            stats: Arc::clone(&ctx.run.stats),
            style: show.style(ctx.run.options.dry_run || ctx.run.confirm.is_some()),
            output: Arc::clone(&ctx.output),
            ticker: None,
            asked: None,
            drawn: show.progress,
            titled: show.progress_terminal_title,
            logged: by_default || show.stats.is_some(),
        };
        if live.drawn && live.titled {
            let title = progress::title(&live.stats.snapshot());
            live.output.title(Some(&title));
        }
        live.ticker = live.begin(show.stats_interval());
        live.asked = live.listen(Arc::clone(&ctx.run.limits));
        ctx.run.limits.announce();
        live
    }

    fn begin(&self, pause: Option<Duration>) -> Option<JoinHandle<()>> {
        let (stats, style) = (Arc::clone(&self.stats), self.style.clone());
        if self.drawn {
            let output = Arc::clone(&self.output);
            let titled = self.titled;
            return Some(every(REDRAW, move || {
                draw(&output, &stats, &style);
                if titled {
                    output.title(Some(&progress::title(&stats.snapshot())));
                }
            }));
        }
        let pause = pause.filter(|_| self.logged)?;
        Some(every(pause, move || {
            progress::log(&stats.snapshot(), &style)
        }))
    }

    /// SIGUSR1 shows the statistics at once, SIGUSR2 switches the bandwidth
    /// limit off and on.
    #[cfg(unix)]
    fn listen(&self, limits: Arc<Limits>) -> Option<JoinHandle<()>> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut show = signal(SignalKind::user_defined1()).ok()?;
        let mut toggle = signal(SignalKind::user_defined2()).ok()?;
        let (stats, style) = (Arc::clone(&self.stats), self.style.clone());
        Some(tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = show.recv() => progress::log(&stats.snapshot(), &style),
                    _ = toggle.recv() => limits.toggle(),
                }
            }
        }))
    }

    #[cfg(not(unix))]
    fn listen(&self, _: Arc<Limits>) -> Option<JoinHandle<()>> {
        None
    }

    /// Ends the ticking and leaves the last picture where it stands.
    pub(super) fn stop(mut self) -> Self {
        for task in [self.ticker.take(), self.asked.take()]
            .into_iter()
            .flatten()
        {
            task.abort();
        }
        self.output.title(None);
        self.output.end_block();
        self
    }

    /// Shows the final state: in the block, and in the log where statistics
    /// are wanted or something went wrong.
    pub(super) fn finish(self, interval: Option<Duration>) {
        if self.drawn {
            draw(&self.output, &self.stats, &self.style);
        }
        let live = self.stop();
        if live.logged && (interval.is_some() || live.stats.errors() > 0) {
            progress::log(&live.stats.snapshot(), &live.style);
        }
    }
}

fn draw(output: &Output, stats: &Stats, style: &Style) {
    output.draw(progress::block(&stats.snapshot(), style).trim());
}

/// Calls `act` again and again, first after one pause.
fn every(pause: Duration, act: impl Fn() + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut ticks = interval(pause);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            act();
        }
    })
}
