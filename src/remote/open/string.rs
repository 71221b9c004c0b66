//! Connection strings: a remote with all that is set for it in one text.

use super::{Opener, invalid};
use crate::config::Options;
use crate::remote::Result;
use crate::remote::spec::Spec;

impl Opener {
    /// The place that `text` names as one that needs no configuration: every
    /// option that differs from its default, wherever it was set. It holds the
    /// passwords, obscured.
    ///
    /// # Errors
    /// `text` names no place, or a remote that nobody knows.
    pub fn connection_string(&self, text: &str) -> Result<String> {
        let flags = &self.options.flags;
        let place = match Spec::parse(text).map_err(|e| invalid(text, e))? {
            Spec::Local(path) => Spec::OnTheFly {
                kind: "local".to_owned(),
                params: Vec::new(),
                path,
            },
            Spec::Named { name, params, path } => {
                let options = self.config.named(&name, &params, flags);
                spelled_out(&options.map_err(|e| invalid(text, e))?, path)
            }
            Spec::OnTheFly { kind, params, path } => {
                spelled_out(&self.config.on_the_fly(&kind, &params, flags), path)
            }
            Spec::Link(url) => Spec::OnTheFly {
                kind: "mega".to_owned(),
                params: vec![("link".to_owned(), url)],
                path: String::new(),
            },
        };
        Ok(place.to_string())
    }
}

fn spelled_out(options: &Options<'_>, path: String) -> Spec {
    Spec::OnTheFly {
        kind: options.kind().to_owned(),
        params: options.changed(),
        path,
    }
}
