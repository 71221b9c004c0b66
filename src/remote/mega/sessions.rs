//! Sessions of an account without a remote that uses them.

use super::errors::explain;
use super::{Mega, RemotePath};
use crate::mega::session::ForeignSession;
use crate::mega::{Client, ClientOptions};
use crate::remote::Result;

impl Mega {
    /// Keeps a session that another program has opened for the account.
    ///
    /// # Errors
    /// It cannot be used.
    pub async fn take_over(client: ClientOptions, session: &ForeignSession) -> Result<()> {
        let taken = Client::take_over(client, session).await;
        taken.map_err(explain("taking over the session", &RemotePath::root()))
    }

    /// Ends the session that is kept for the account, without a login.
    ///
    /// # Errors
    /// The server could not be asked.
    pub async fn end_session(client: ClientOptions) -> Result<()> {
        let ended = Client::end_stored(client).await;
        ended.map_err(explain("logging out of", &RemotePath::root()))
    }

    /// Makes sure that the server of the account answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn greet(client: &ClientOptions, email: &str) -> Result<()> {
        let greeted = Client::greet(client, email).await;
        greeted.map_err(explain("asking the server", &RemotePath::root()))
    }

    /// Fetches the whole tree: how many nodes it has, and how many of them do
    /// not open.
    ///
    /// # Errors
    /// It cannot be fetched.
    pub async fn count_nodes(&self) -> Result<(usize, usize)> {
        let tree = self.tree("fetching the tree", &RemotePath::root()).await?;
        let tree = tree.read();
        Ok((tree.len(), tree.unreadable()))
    }
}
