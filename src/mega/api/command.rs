//! What every command of the API has: a name, a way to travel, a reply.

use serde_json::Value;

use crate::mega::error::{Error, ErrorCode};

/// How a command travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// Together with whatever else is waiting.
    Batched,
    /// In a request of its own (`us0`, `us`, `f`, `sml`).
    Alone,
    /// On the second connection, beside the ordered one: for look-ups that
    /// change nothing (`g`).
    Lockless,
}

/// A command of the API with its typed reply.
pub trait Command: Send {
    /// The value of `a`.
    const NAME: &'static str;
    /// How the command travels.
    const ROUTE: Route;
    /// What a success answers.
    type Reply: Send;

    /// The command as sent, `a` included.
    fn to_json(&self) -> Value;

    /// Reads a success: error numbers and `{"err":..}` never get here.
    ///
    /// # Errors
    /// The reply lacks what the command needs, or carries an error inside.
    fn parse(reply: Value) -> Result<Self::Reply, Error>;

    /// What the server's `code` means for this command.
    #[must_use]
    fn refusal(code: ErrorCode) -> Error {
        Error::api(Self::NAME, code)
    }
}
