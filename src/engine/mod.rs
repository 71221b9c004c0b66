//! Walk, filter, march, compare, plan and transfer, on any remote.
//!
//! Nothing here knows a store by name: what a remote can do is asked of its
//! [`Features`](crate::remote::Features). What is decided (which pairs differ,
//! which duplicates go) is pure and stands apart from what acts on it.
//!
//! Log lines go through `tracing` with the field `object`; rclone's NOTICE is
//! `warn!`, its CRITICAL is `error!` with the field `critical`.

mod aside;
pub mod cat;
pub mod check;
pub mod compare;
mod confirm;
mod contents;
pub mod copy;
pub mod dedupe;
pub mod delete;
mod descent;
pub mod details;
mod dirtimes;
mod endings;
mod error;
pub mod filter;
pub mod findings;
pub mod hash;
mod in_order;
mod lanes;
pub mod limits;
pub mod mapper;
pub mod march;
mod markers;
mod metadata;
pub mod mime;
pub mod options;
pub mod plan;
mod program;
pub mod rcat;
mod relocate;
pub mod rmdirs;
mod root;
mod sides;
mod size;
pub mod stats;
mod totals;
pub mod touch;
pub mod transfer;
pub mod transform;
pub mod trial;
pub mod walk;

use std::sync::Arc;

pub use aside::Aside;
pub use confirm::Confirm;
pub use endings::{Endings, Stopped};
pub use error::{Class, Error};
pub use filter::Filter;
pub use limits::Limits;
pub use mapper::Mapper;
pub use options::Options;
pub use root::Root;
pub use size::Size;
pub use stats::Stats;
pub use totals::totals;
pub use transform::Transform;

/// Shorthand for the results of this layer.
pub type Result<T> = std::result::Result<T, Error>;

/// What every operation of one command shares.
#[derive(Clone)]
pub struct Run {
    /// What the user asked for.
    pub options: Arc<Options>,
    /// What has happened so far.
    pub stats: Arc<Stats>,
    /// What may be used at most.
    pub limits: Arc<Limits>,
    /// Which files and directories are seen at all.
    pub filter: Arc<Filter>,
    /// Other places that take part.
    pub aside: Arc<Aside>,
    /// What names become on their way.
    pub names: Arc<Transform>,
    /// What becomes of metadata on their way.
    pub mapper: Arc<Mapper>,
    /// Who is asked before anything is changed, if anybody is.
    pub confirm: Option<Arc<dyn Confirm>>,
    /// Hears what is found out about each path.
    pub listener: Option<Arc<dyn findings::Listener>>,
}

impl Run {
    /// A run that sees every file.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            limits: Arc::new(Limits::new(options.limits.clone())),
            options: Arc::new(options),
            stats: Stats::new(),
            filter: Arc::new(Filter::default()),
            aside: Arc::default(),
            names: Arc::default(),
            mapper: Arc::default(),
            confirm: None,
            listener: None,
        }
    }

    /// The same run, seeing only what `filter` lets through.
    #[must_use]
    pub fn with_filter(mut self, filter: Filter) -> Self {
        self.filter = Arc::new(filter);
        self
    }

    /// Whether nothing more may begin: after a fatal error, or a limit.
    pub(crate) fn is_over(&self) -> bool {
        self.stats.is_fatal() || self.limits.is_over()
    }

    /// The same run, for the steps of something that was agreed to.
    pub(crate) fn unasked(&self) -> Self {
        Self {
            confirm: None,
            ..self.clone()
        }
    }

    /// Whether `action` is left out, because this is a dry run or because the
    /// user does not want it; that is said then.
    pub(crate) async fn skips(&self, action: &str, object: &str, size: Option<u64>) -> bool {
        let flag = if self.options.dry_run {
            "--dry-run"
        } else {
            match &self.confirm {
                Some(confirm) if !confirm.may(action, object).await => "--interactive",
                _ => return false,
            }
        };
        let text = size.map_or_else(String::new, |s| format!(" (size {})", Size(s)));
        tracing::warn!(
            object = %object,
            size,
            skipped = action,
            "Skipped {action} as {flag} is set{text}"
        );
        true
    }
}
