//! The walk through two trees that are compared.

use futures_util::FutureExt;

use super::super::Run;
use super::super::descent::Descent;
use super::super::march::Side;
use super::super::sides::{Dirs, Found, Lister};
use crate::remote::{Entry, Location};

/// A directory of the walk.
#[derive(Clone)]
pub(super) struct Place {
    dirs: Dirs,
    /// Levels below the start.
    depth: usize,
}

impl Place {
    /// The directory on one side.
    pub(super) fn on(&self, side: Side) -> Option<&Entry> {
        match side {
            Side::Source => self.dirs.src.as_ref(),
            Side::Destination => self.dirs.dst.as_ref(),
        }
    }
}

/// The walk under way.
pub(super) struct Steps {
    descent: Descent<Place, (Place, Found)>,
    max_depth: Option<usize>,
}

impl Steps {
    pub(super) fn new(run: &Run, src: &Location, dst: &Location) -> Self {
        let lister = Lister::new(run, src, dst);
        let mut descent = Descent::new(run.options.checkers, move |place: Place| {
            let lister = lister.clone();
            async move {
                let found = lister.find(&place.dirs).await;
                (place, found)
            }
            .boxed()
        });
        descent.enter(vec![Place {
            dirs: Dirs {
                src: Some(Entry::dir(src.path.clone())),
                dst: Some(Entry::dir(dst.path.clone())),
            },
            depth: 0,
        }]);
        Self {
            descent,
            max_depth: run.options.max_depth,
        }
    }

    pub(super) async fn next(&mut self) -> Option<(Place, Found)> {
        self.descent.next().await
    }

    /// Goes into directories of `place`, as deep as allowed.
    pub(super) fn enter(&mut self, place: &Place, below: Vec<Dirs>) {
        let depth = place.depth + 1;
        if self.max_depth.is_some_and(|max| depth >= max) {
            return;
        }
        let places = below
            .into_iter()
            .map(|dirs| Place { dirs, depth })
            .collect();
        self.descent.enter(places);
    }
}
