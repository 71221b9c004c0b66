//! Where the six digits of the second factor come from.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tracing::warn;

use super::Secret;
use crate::mega::error::LoginFailure;

/// Fetches a code: runs a command, or asks a person. An error says why there
/// is none.
pub type CodeCallback = Arc<dyn Fn() -> BoxFuture<'static, Result<String, String>> + Send + Sync>;

/// How often a person may mistype.
const PROMPTS: u32 = 3;

/// The sources of codes, asked in this order. A code is never stored.
#[derive(Clone, Default)]
pub struct MfaSource {
    /// A code given beforehand (`--mega-2fa`): good for one try.
    pub fixed: Option<Secret>,
    /// A command that prints a code (`otp_command`): run for one try.
    pub command: Option<CodeCallback>,
    /// A person: asked up to three times.
    pub prompt: Option<CodeCallback>,
}

impl MfaSource {
    /// A code given beforehand.
    #[must_use]
    pub fn fixed(code: impl Into<String>) -> Self {
        Self {
            fixed: Some(Secret::new(code)),
            ..Self::default()
        }
    }

    pub(super) fn begin(&self) -> Codes<'_> {
        Codes {
            source: self,
            stage: Stage::Fixed,
            sent: false,
        }
    }
}

impl fmt::Debug for MfaSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MfaSource")
            .field("fixed", &self.fixed)
            .field("command", &self.command.is_some())
            .field("prompt", &self.prompt.is_some())
            .finish()
    }
}

enum Stage {
    Fixed,
    Command,
    Prompt(u32),
}

/// The codes of one login, one after the other.
pub(super) struct Codes<'a> {
    source: &'a MfaSource,
    stage: Stage,
    sent: bool,
}

impl Codes<'_> {
    /// The next code to try.
    ///
    /// # Errors
    /// All sources are used up, or the one asked failed.
    pub(super) async fn next(&mut self) -> Result<String, LoginFailure> {
        loop {
            match self.stage {
                Stage::Fixed => {
                    self.stage = Stage::Command;
                    if let Some(code) = &self.source.fixed {
                        return self.send(code.reveal());
                    }
                }
                Stage::Command => {
                    self.stage = Stage::Prompt(0);
                    if let Some(command) = &self.source.command {
                        let code = command().await;
                        return self.send(&code.map_err(LoginFailure::SecondFactorUnavailable)?);
                    }
                }
                Stage::Prompt(asked) => {
                    self.stage = Stage::Prompt(asked + 1);
                    let prompt = match &self.source.prompt {
                        Some(prompt) if asked < PROMPTS => prompt,
                        _ if self.sent => return Err(LoginFailure::SecondFactorWrong),
                        _ => return Err(LoginFailure::SecondFactorMissing),
                    };
                    if self.sent {
                        warn!(target: "megarc", "The two-factor code was not accepted");
                    }
                    let code = prompt().await;
                    return self.send(&code.map_err(LoginFailure::SecondFactorUnavailable)?);
                }
            }
        }
    }

    fn send(&mut self, code: &str) -> Result<String, LoginFailure> {
        self.sent = true;
        // Authenticator programs show the digits in two groups.
        Ok(code.chars().filter(|c| !c.is_whitespace()).collect())
    }
}
