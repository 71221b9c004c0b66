//! The first login of a remote that was just set up.

use super::Wizard;
use super::setup::Next;
use crate::commands::dialogue::ask;
use crate::config::kinds::SECOND_FACTOR;
use crate::config::{Secret, Section};
use crate::exit::CommandError;
use crate::output::units;
use crate::remote::open::Opener;
use crate::remote::spec::Spec;
use crate::remote::{About, RemotePath, Result};

impl Wizard<'_> {
    /// Offers to log in, and says in words what is wrong where that fails. A
    /// code is used at once, and only here.
    pub(super) async fn try_login(
        &mut self,
        remote: &Section,
        code: Option<Secret>,
    ) -> std::result::Result<Next, CommandError> {
        let account = remote.get("type") == Some("mega") && remote.get("link").is_none();
        let person = self.prompt.is_person();
        if !account || (code.is_none() && !person) {
            return Ok(Next::Done);
        }
        if code.is_none() {
            self.prompt.say("\nTest the login now?\n")?;
            if !ask::yes(self.prompt, true)? {
                return Ok(Next::Done);
            }
        }
        let user = remote.get("user").unwrap_or_default();
        self.prompt.say(&format!("\nLogging in as {user} ...\n"))?;
        let error = match log_in(self.opener, remote.name(), code).await {
            Ok(about) => {
                self.prompt
                    .say(&format!("The login works{}.\n", space(&about)))?;
                return Ok(Next::Done);
            }
            Err(error) => error,
        };
        self.prompt
            .say(&format!("The login does not work: {error}\n"))?;
        if let Some(hint) = &error.hint {
            self.prompt.say(&format!("hint: {hint}\n"))?;
        }
        // A script that was written for rclone has no answer for this.
        if !person {
            return Ok(Next::Done);
        }
        self.prompt.say(&format!(
            "\nKeep this {:?} remote all the same?\n",
            remote.name()
        ))?;
        let menu = [
            ('y', "Yes, keep it as it is"),
            ('e', "Edit this remote"),
            ('d', "Delete this remote"),
        ];
        Ok(match ask::letter(self.prompt, &menu, Some('e'))? {
            'y' => Next::Done,
            'e' => Next::Edit,
            _ => Next::Delete,
        })
    }
}

/// Logs in to an account of the configuration, with a code of the second
/// factor or without, and keeps the session.
///
/// # Errors
/// The server refused, or no answer could be had.
pub(in crate::commands::config) async fn log_in(
    opener: &Opener,
    remote: &str,
    code: Option<Secret>,
) -> Result<About> {
    let code = code.map(|code| (SECOND_FACTOR.to_owned(), code.expose().to_owned()));
    let place = Spec::Named {
        name: remote.to_owned(),
        params: code.into_iter().collect(),
        path: String::new(),
    };
    let place = opener.open(&place.to_string()).await?;
    // A kept session is taken up without a word to the server.
    place.remote.about(&RemotePath::root()).await
}

fn space(about: &About) -> String {
    match (about.used, about.total) {
        (Some(used), Some(total)) => {
            format!(": {} of {} used", units::size(used), units::size(total))
        }
        _ => String::new(),
    }
}
