//! Between which stores a command moves things, as the program of
//! `--metadata-mapper` is told.

use std::sync::Arc;

use super::Context;
use crate::engine::mapper::{Mapper, Store};
use crate::engine::{Root, Run};
use crate::remote::spec::Spec;

/// What stands on the command line, and whether it names a file.
pub(super) struct Named<'a> {
    text: &'a str,
    is_file: bool,
}

impl<'a> Named<'a> {
    /// A directory.
    pub(super) fn dir(text: &'a str) -> Self {
        Self {
            text,
            is_file: false,
        }
    }

    /// A file, whose directory is meant.
    pub(super) fn file(text: &'a str) -> Self {
        Self {
            text,
            is_file: true,
        }
    }

    /// What `root` was found at.
    pub(super) fn found(text: &'a str, root: &Root) -> Self {
        Self {
            text,
            is_file: root.file.is_some(),
        }
    }
}

impl Context {
    /// `run`, whose mapper knows that things go from `source`, or from nowhere,
    /// to `target`.
    pub(super) fn between(
        &self,
        mut run: Run,
        source: Option<Named<'_>>,
        target: Named<'_>,
    ) -> Run {
        if !run.mapper.words.is_empty() {
            run.mapper = Arc::new(Mapper {
                words: run.mapper.words.clone(),
                source: source.map_or_else(Store::nowhere, |named| self.store(&named)),
                target: self.store(&target),
            });
        }
        run
    }

    /// The store without its parameters, which may be passwords.
    fn store(&self, named: &Named<'_>) -> Store {
        let path = |path: &str| {
            let path = path.trim_end_matches('/');
            match named.is_file {
                true => path.rsplit_once('/').map_or("", |(dir, _)| dir).to_owned(),
                false => path.to_owned(),
            }
        };
        match Spec::parse(named.text) {
            Ok(Spec::Named { name, path: at, .. }) => Store {
                text: format!("{name}:{}", path(&at)),
                kind: self.opener.kind_of(&name).unwrap_or_default(),
            },
            Ok(Spec::OnTheFly { kind, path: at, .. }) => Store {
                text: format!(":{kind}:{}", path(&at)),
                kind,
            },
            Ok(Spec::Link(_)) => Store {
                // The address holds the key.
                text: ":mega:".to_owned(),
                kind: "mega".to_owned(),
            },
            Ok(Spec::Local(at)) => Store {
                text: path(&at),
                kind: "local".to_owned(),
            },
            Err(_) => Store::default(),
        }
    }
}
