//! From flags to what a command runs in: log, signals, runtime, context.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio::runtime::Runtime;

use super::Flags;
use super::signals::Signals;
use crate::commands::dialogue::{Confirmation, Terminal, ask};
use crate::commands::{Context, Manner};
use crate::config::{Config, ConfigSource, Env};
use crate::engine::{self, Endings, Run};
use crate::exit::CommandError;
use crate::output::Output;
use crate::output::logging::{self, Level, Logging};
use crate::remote::disabled::{NAMES, Switches};
use crate::remote::open::{Ask, OpenOptions, Opener, limit_buffers};

/// Starts the log; returns how much of it is shown.
///
/// # Errors
/// The flags contradict each other, or the log has nowhere to go.
pub(super) fn logging(flags: &Flags, output: &Arc<Output>) -> Result<Level, CommandError> {
    output.set_color(flags.show.color);
    let logging = match flags.show.logging() {
        Ok(logging) => logging,
        Err(error) => {
            logging::start(Logging::default(), Arc::clone(output));
            return Err(error);
        }
    };
    let (logging, raised) = flags.dump.raise(logging);
    logging::start(logging, Arc::clone(output));
    flags.dump.notice(raised);
    flags.show.complain_of_unit();
    if let Some(sink) = flags.show.sink()? {
        output.log_to(sink);
    }
    Ok(logging.level)
}

/// Everything else that a command needs.
///
/// # Errors
/// The configuration cannot be read, or the system refuses threads.
pub(super) fn surroundings(
    flags: Flags,
    manner: Manner,
    output: &Arc<Output>,
) -> Result<(Runtime, Signals, Context), CommandError> {
    let system = |error: std::io::Error| CommandError::start(error.to_string());
    if let Some(dir) = &flags.place.temp_dir {
        // Nothing has asked for it yet, so that nothing is changed behind
        // anybody's back.
        let _ = tempfile::env::override_temp_dir(dir);
    }
    if let Some(bytes) = flags.limit.max_buffer_memory.0.filter(|bytes| *bytes > 0) {
        limit_buffers(bytes);
    }
    let asking = Arc::default();
    let signals = Signals::listen(Arc::clone(&asking)).map_err(system)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(system)?;
    let filter = flags.filter.filter()?;
    flags.dump.filters(&filter, output)?;
    let confirmation = flags.copy.interactive.then(|| Confirmation::new(output));
    let mut run = Run::new(engine_options(&flags)?).with_filter(filter);
    run.names = Arc::new(flags.copy.names()?);
    run.mapper = Arc::new(flags.metadata.mapper());
    run.confirm = confirmation.clone().map(|asked| asked as _);
    let ctx = Context {
        output: Arc::clone(output),
        opener: opener(&flags, manner, output, &asking)?,
        asking,
        confirmation,
        run,
        endings: Endings::default(),
        flags,
    };
    Ok((runtime, signals, ctx))
}

/// What the engine is asked to do.
fn engine_options(flags: &Flags) -> Result<engine::Options, CommandError> {
    let mut options = engine::Options {
        limits: flags.limit.asked(),
        ..flags.copy.options()
    };
    flags.copy.check()?;
    flags.sync.apply(&mut options)?;
    flags.metadata.apply(&mut options)?;
    Ok(options)
}

/// Finds remotes as configuration and flags say.
fn opener(
    flags: &Flags,
    manner: Manner,
    output: &Arc<Output>,
    asking: &Arc<AtomicBool>,
) -> Result<Opener, CommandError> {
    let early = |error: &dyn std::fmt::Display| CommandError::start(error.to_string());
    let config = if manner.remotes {
        load_config(flags, output, asking)?
    } else {
        Config::default()
    };
    let mut remotes = flags.mega.options();
    flags.local.add_to(&mut remotes);
    let options = OpenOptions {
        cwd: std::env::current_dir().map_err(|e| early(&e))?,
        flags: remotes,
        server_times: flags.copy.use_server_modtime,
        disabled: disabled(flags)?,
        network: flags
            .network
            .network(flags.copy.low_level_retries, flags.dump.network())?,
        ask_code: ask("Two-factor code"),
        ask_link_password: ask("Password of the link"),
    };
    Ok(Opener::new(Arc::new(config), options))
}

/// What remotes shall do without; or, for `help`, what they could.
fn disabled(flags: &Flags) -> Result<Switches, CommandError> {
    let list = flags.copy.disable.as_deref().unwrap_or_default();
    if list == "help" {
        let names = NAMES.join(", ");
        return Err(CommandError::start(format!(
            "Possible backend features are: {names}"
        )));
    }
    Ok(Switches::parse(list))
}

/// Asks for a secret where somebody can answer; standard input is left alone,
/// it may hold a file.
fn ask(what: &'static str) -> Option<Ask> {
    if !std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        return None;
    }
    Some(Arc::new(move || {
        Box::pin(async move {
            let ask = move || rpassword::prompt_password(format!("{what}: "));
            tokio::task::spawn_blocking(ask)
                .await
                .map_err(|e| e.to_string())?
                .map_err(|e| format!("the terminal cannot be asked for it: {e}"))
        })
    }))
}

/// Reads the configuration; for an encrypted one it may ask.
fn load_config(
    flags: &Flags,
    output: &Arc<Output>,
    asking: &Arc<AtomicBool>,
) -> Result<Config, CommandError> {
    let place = &flags.place;
    let gave_up = RefCell::new(None);
    let ask = || {
        let mut terminal = Terminal::on(output, asking);
        ask::password(&mut terminal, "Enter configuration password:")
            .map_err(|error| gave_up.replace(Some(error)))
            .ok()
    };
    let loaded = Config::load(ConfigSource {
        file: place.config.clone(),
        cache_dir: place.cache_dir.clone(),
        env: Env::from_process(),
        password_command: place.password_command.clone().unwrap_or_default(),
        ask_password: place.ask_password.then_some(&ask),
    });
    loaded.map_err(|error| match gave_up.take() {
        Some(why) => why,
        None => CommandError::start(error.to_string()),
    })
}
