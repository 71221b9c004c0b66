//! `--fix-case`: what stands at the destination under the same name in other
//! letters gets the name of the source.

use super::super::march::Pair;
use super::super::{Error, Result};
use super::child;
use super::tree::{Tree, lock};
use crate::remote::{Destination, Entry, ErrorKind};

impl Tree {
    /// The pair, with the destination's entry under its new name. A failure is
    /// logged and counted.
    pub(super) async fn with_fixed_case(&self, pair: Pair) -> Pair {
        let options = &self.run.options;
        match pair {
            Pair::Both { src, dst }
                if options.fix_case
                    && !options.immutable
                    && self.run.names.target(&src) != dst.name() =>
            {
                let dst = match self.fix_case(&src, &dst).await {
                    Ok(Some(renamed)) => renamed,
                    Ok(None) => dst,
                    Err(error) => {
                        self.fail(error);
                        dst
                    }
                };
                Pair::Both { src, dst }
            }
            pair => pair,
        }
    }

    /// Renames `dst`; nothing where that is left out.
    async fn fix_case(&self, src: &Entry, dst: &Entry) -> Result<Option<Entry>> {
        let label = self.dst.label(&dst.path);
        let name = self.run.names.target(src);
        let to = child(&dst.path.parent().unwrap_or_default(), &name)?;
        let new = self.dst.label(&to);
        if self
            .run
            .skips(&format!("move to {new}"), &label, dst.size)
            .await
        {
            return Ok(None);
        }
        match self.renamed(dst, &to.into()).await {
            Ok(renamed) => {
                if let Some(above) = dst.path.parent() {
                    lock(&self.times).mark_changed(above);
                }
                tracing::info!(object = %label, "Fixed case by renaming to: {new}");
                Ok(Some(renamed))
            }
            Err(error) => {
                tracing::error!(object = %label, "Error while attempting to rename to {new}: {error}");
                Err(self.run.stats.count_error(error))
            }
        }
    }

    /// Where letters do not matter the new name is taken by the old one: there
    /// the way leads over a third.
    async fn renamed(&self, dst: &Entry, to: &Destination) -> Result<Entry> {
        let remote = &self.dst.remote;
        match remote.rename(dst, to).await {
            Err(e) if e.kind == ErrorKind::AlreadyExists && remote.features().case_insensitive => {}
            done => return Ok(done?),
        }
        let mut random = [0; 4];
        getrandom::fill(&mut random).map_err(|e| Error::new(ErrorKind::Io, e.to_string()))?;
        let name = format!("{}.case-{:08x}", dst.name(), u32::from_be_bytes(random));
        let between = child(&dst.path.parent().unwrap_or_default(), &name)?;
        let away = remote.rename(dst, &between.into()).await?;
        match remote.rename(&away, to).await {
            Ok(renamed) => Ok(renamed),
            Err(error) => {
                // It was called so before.
                let back = Destination::from(dst.path.clone());
                if let Err(e) = remote.rename(&away, &back).await {
                    tracing::error!(object = %dst.path, "It is called {name:?} now: {e}");
                }
                Err(error.into())
            }
        }
    }
}
