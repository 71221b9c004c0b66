//! Log lines: caught while a command runs, and compared with the recorded.

use std::fmt::{Debug, Write as _};
use std::path::Path;
use std::sync::{Mutex, Once};

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// Level, object, message.
pub(crate) type Line = (String, String, String);

/// What has been logged; remotes log from threads of their own, so that the
/// catcher is one for the whole process and the cases run one by one.
static CAUGHT: Mutex<Vec<Line>> = Mutex::new(Vec::new());

struct Catcher;

#[derive(Default)]
struct Fields {
    object: String,
    message: String,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "object" => write!(self.object, "{value:?}").unwrap(),
            "message" => write!(self.message, "{value:?}").unwrap(),
            _ => {}
        }
    }
}

impl<S: Subscriber> Layer<S> for Catcher {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let level = match *event.metadata().level() {
            Level::ERROR => "error",
            Level::WARN => "notice",
            Level::INFO => "info",
            _ => return,
        };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = (level.to_owned(), fields.object, fields.message);
        CAUGHT.lock().unwrap().push(line);
    }
}

/// Runs `work` and returns what it logged.
pub(crate) fn captured<T>(work: impl Future<Output = T>) -> (T, Vec<Line>) {
    static START: Once = Once::new();
    START.call_once(|| {
        let subscriber = tracing_subscriber::registry().with(Catcher);
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let result = runtime.block_on(work);
    (result, std::mem::take(&mut *CAUGHT.lock().unwrap()))
}

/// What differs from the recorded lines of a case.
pub(crate) fn compare(lines: &[Line], case: &Value, root: &Path) -> Vec<String> {
    let root = root.to_str().unwrap();
    let dry_run = case["argv"]
        .as_array()
        .unwrap()
        .iter()
        .any(|a| a == "--dry-run");
    let clean = |text: &str| text.replace(root, "@ROOT@");
    let mut got: Vec<Line> = lines
        .iter()
        .map(|(level, object, message)| (level.clone(), clean(object), clean(message)))
        .map(below_the_source)
        .map(without_cause)
        .collect();
    let mut expected: Vec<Line> = case["log"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|line| {
            let field = |i: usize| line[i].as_str().unwrap_or("").to_owned();
            (field(0), field(1), field(2))
        })
        .filter(|line| !belongs_to_the_command(line))
        .filter(|line| !dry_run || !is_about_the_root(line))
        .map(without_cause)
        .collect();
    got.sort();
    expected.sort();
    // Recorded with up to three tries; one is run here.
    if case["exit"] != 0 {
        expected.dedup();
        got.dedup();
    }
    let mut problems = Vec::new();
    problems.extend(
        missing(&expected, &got)
            .into_iter()
            .map(|line| format!("not logged: {line:?}")),
    );
    problems.extend(
        missing(&got, &expected)
            .into_iter()
            .map(|line| format!("logged: {line:?}")),
    );
    problems
}

/// The lines of `of` that `from` lacks.
fn missing(of: &[Line], from: &[Line]) -> Vec<Line> {
    let mut left = from.to_vec();
    of.iter()
        .filter(|line| match left.iter().position(|l| l == *line) {
            Some(at) => {
                left.swap_remove(at);
                false
            }
            None => true,
        })
        .cloned()
        .collect()
}

fn belongs_to_the_command((level, object, message): &Line) -> bool {
    let starts = |start: &str| message.starts_with(start);
    object.is_empty()
        && match level.as_str() {
            "notice" => starts("Failed to "),
            "error" => ["Attempt ", "Can't retry any", "Fatal error received"]
                .into_iter()
                .any(starts),
            _ => false,
        }
}

/// rclone's dry run of a directory's time logs the root too, which it would
/// not touch.
fn is_about_the_root((_, object, message): &Line) -> bool {
    object.starts_with("Local file system") && message.contains("directory modification time")
}

/// A store does not know where in it a command works: the links that it skips
/// are named in full.
fn below_the_source((level, object, message): Line) -> Line {
    let object = if message.starts_with("Can't follow symlink") {
        object.trim_start_matches("@ROOT@/src/").to_owned()
    } else {
        object
    };
    (level, object, message)
}

/// What the operating system is quoted with differs; the directory's own size
/// (4Ki on one disk) is not known here.
fn without_cause((level, object, message): Line) -> Line {
    let message = message.replace(" (size 4Ki)", "");
    let end = match level.as_str() {
        "error" => message.find(": ").unwrap_or(message.len()),
        _ => message.len(),
    };
    (level, object, message[..end].to_owned())
}
