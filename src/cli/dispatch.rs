//! Runs a command: tries, statistics, signals, the last word, the exit code.

use std::sync::Arc;
use std::time::Duration;

use super::Cli;
use super::live::Live;
use super::setup;
use super::signals::{Signal, Signals};
use crate::commands::{Command, Context};
use crate::engine;
use crate::exit::{Code, CommandError, Stage};
use crate::output::Output;
use crate::output::logging::Level;
use crate::remote::ErrorKind;

/// How long tasks may take to clear up after a signal.
const CLEAR_UP: Duration = Duration::from_secs(5);

/// Runs the command and returns the exit code.
pub(super) fn main(cli: Cli, output: &Arc<Output>) -> u8 {
    let name = cli.command.name();
    let level = match setup::logging(&cli.flags, output) {
        Ok(level) => level,
        Err(error) => return last_word(&error, name, 0, Level::Notice, output),
    };
    let (runtime, signals, ctx) = match setup::surroundings(cli.flags, cli.command.manner(), output)
    {
        Ok(parts) => parts,
        Err(error) => return last_word(&error, name, 0, level, output),
    };
    let result = runtime.block_on(async {
        let result = run(&cli.command, &ctx, signals).await;
        let finish = ctx.opener.finish();
        ctx.flags.dump.open_files();
        // Other processes may go on using a sandbox that runs in this one;
        // who asks to stop is not kept waiting for them.
        if is_signal(&result) {
            let clear_up = async {
                ctx.endings.stop().await;
                finish.await;
            };
            if tokio::time::timeout(CLEAR_UP, clear_up).await.is_err() {
                tracing::debug!("Not everything was cleared up in {CLEAR_UP:?}");
            }
        } else {
            finish.await;
        }
        result
    });
    // What still runs is dropped here, and with it every unfinished file.
    runtime.shutdown_timeout(CLEAR_UP);
    if is_signal(&result) {
        tracing::info!("Exiting...");
    }
    match result {
        Ok(()) => 0,
        Err(error) => last_word(&error, name, ctx.run.stats.errors(), level, output),
    }
}

/// Whether the user stopped the command.
fn is_signal(result: &Result<(), CommandError>) -> bool {
    matches!(
        result,
        Err(CommandError {
            code: Code::Signal(_),
            ..
        })
    )
}

/// Runs the command, with its statistics, until it ends or a signal comes.
async fn run(command: &Command, ctx: &Context, mut signals: Signals) -> Result<(), CommandError> {
    let manner = command.manner();
    let live = Live::start(ctx, manner.statistics);
    let work = async {
        if manner.retried {
            retry(command, ctx).await
        } else {
            once(command, ctx).await
        }
    };
    let result = tokio::select! {
        result = work => result,
        Signal { number, name } = signals.first() => {
            tracing::info!("Signal received: {name}");
            drop(live.stop());
            return Err(CommandError::silent(Code::Signal(number)));
        }
        ended = broken_off(ctx) => {
            drop(live.stop());
            ctx.output.flush()?;
            return ended;
        }
    };
    if let Err(CommandError {
        stage: Stage::Start,
        ..
    }) = result
    {
        // Nothing was done that could be counted.
        drop(live.stop());
        return result;
    }
    live.finish(ctx.flags.show.stats_interval());
    // What was printed before a failure shall be seen, too.
    let flushed = ctx.output.flush();
    result?;
    flushed?;
    let transferred = ctx.run.stats.snapshot().counts.transfers;
    if manner.statistics && ctx.flags.copy.error_on_no_transfer && transferred == 0 {
        return Err(CommandError::silent(Code::NothingTransferred));
    }
    Ok(())
}

/// Waits until the user ends the run instead of answering a question.
async fn broken_off(ctx: &Context) -> Result<(), CommandError> {
    match &ctx.confirmation {
        Some(confirmation) => confirmation.ended().await,
        None => std::future::pending().await,
    }
}

/// Runs the command once and counts its failure.
async fn once(command: &Command, ctx: &Context) -> Result<(), CommandError> {
    match command.run(ctx).await {
        Err(mut error) if error.stage == Stage::Run => {
            let source = match error.source.take() {
                Some(source) => *source,
                None => engine::Error::new(ErrorKind::Io, error.to_string()),
            };
            error.source = Some(Box::new(ctx.run.stats.count_error(source)));
            Err(error)
        }
        // Some failures were counted on the way and do not end the command
        // by themselves.
        Ok(()) => ctx.run.stats.last_error().map_or(Ok(()), |e| Err(e.into())),
        early => early,
    }
}

/// Runs the command until it succeeds, as often as the user wants, and as
/// long as another try makes sense.
async fn retry(command: &Command, ctx: &Context) -> Result<(), CommandError> {
    let tries = ctx.flags.copy.retries;
    let stats = &ctx.run.stats;
    let mut attempt = 1;
    loop {
        let error = match once(command, ctx).await {
            Ok(()) => {
                if attempt > 1 {
                    tracing::error!("Attempt {attempt}/{tries} succeeded");
                }
                return Ok(());
            }
            Err(error) if error.stage != Stage::Run => return Err(error),
            Err(error) => error,
        };
        if stats.is_fatal() {
            tracing::error!("Fatal error received - not attempting retries");
            return Err(error);
        }
        if !stats.can_retry() {
            tracing::error!("Can't retry any of the errors - not attempting retries");
            return Err(error);
        }
        if let Some(pause) = stats.retry_after().filter(|pause| !pause.is_zero()) {
            tracing::warn!("Received retry after error - sleeping for {pause:?}");
            tokio::time::sleep(pause).await;
        }
        let last = stats
            .last_error()
            .map_or_else(|| error.to_string(), |e| e.to_string());
        let errors = stats.errors();
        tracing::error!("Attempt {attempt}/{tries} failed with {errors} errors and: {last}");
        if attempt >= tries {
            return Err(error);
        }
        stats.reset_errors();
        attempt += 1;
        tokio::time::sleep(ctx.flags.copy.retries_sleep).await;
    }
}

/// Says why the command failed, unless it is known, and returns the code.
fn last_word(
    error: &CommandError,
    command: &str,
    errors: u64,
    level: Level,
    output: &Output,
) -> u8 {
    // Who reads it may be gone; then there is nobody to tell.
    let _ = output.flush();
    match error.stage {
        Stage::Silent => {}
        Stage::Start => tracing::error!(critical = true, "{error}"),
        Stage::Run if errors > 1 => {
            tracing::warn!("Failed to {command} with {errors} errors: last error was: {error}");
        }
        Stage::Run => tracing::warn!("Failed to {command}: {error}"),
    }
    if let Some(hint) = error.hint.as_ref().filter(|_| level >= Level::Notice) {
        output.complain(&format!("\nhint: {hint}\n"));
    }
    error.code.number()
}
