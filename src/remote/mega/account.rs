//! What belongs to the account and not to one directory: its space, and what
//! of it is public.

use jiff::Timestamp;

use super::Mega;
use super::errors::explain;
use crate::mega::api::QuotaReply;
use crate::mega::links::protect_link;
use crate::mega::session::ForeignSession;
use crate::mega::{Client, ClientOptions, NodeHandle};
use crate::remote::{About, Entry, LinkOptions, RemotePath, Result, Transfer};

impl Mega {
    /// Keeps a session that another program has opened for the account.
    ///
    /// # Errors
    /// It cannot be used.
    pub async fn take_over(client: ClientOptions, session: &ForeignSession) -> Result<()> {
        let root = RemotePath::root();
        let taken = Client::take_over(client, session).await;
        taken.map_err(explain("taking over the session", &root))
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

    /// The space of the account.
    pub(super) async fn account_space(&self) -> Result<About> {
        let root = RemotePath::root();
        let op = "asking for the quota of";
        let (quota, roots) = tokio::join!(self.client.quota(), self.client.roots());
        let quota = quota.map_err(explain(op, &root))?;
        let roots = roots.map_err(explain(op, &root))?;
        let of = |handle: Option<NodeHandle>| {
            handle
                .and_then(|handle| quota.by_root.get(&handle))
                .copied()
                .unwrap_or_default()
        };
        let rubbish = of(roots.rubbish);
        let versions = quota.by_root.values().map(|root| root.version_bytes);
        let some = |bytes: u64| (bytes > 0).then_some(bytes);
        Ok(About {
            total: Some(quota.allowed),
            used: Some(quota.used),
            free: Some(quota.allowed.saturating_sub(quota.used)),
            trashed: some(rubbish.bytes.saturating_add(rubbish.version_bytes)),
            other: some(of(roots.cloud).version_bytes),
            objects: None,
            versions: some(versions.fold(0, u64::saturating_add)),
            transfer: Some(transfer(&quota)),
        })
    }

    /// Makes the public link of an entry, or finds the one it has.
    pub(super) async fn public_link(&self, entry: &Entry, options: &LinkOptions) -> Result<String> {
        let op = "linking";
        let handle = self.handle(op, entry).await?;
        let expires = options.expires.map(Timestamp::as_second);
        let link = self
            .client
            .export(handle, expires)
            .await
            .map_err(explain(op, &entry.path))?;
        match &options.password {
            Some(password) => {
                protect_link(&link, password.reveal()).map_err(explain(op, &entry.path))
            }
            None => Ok(link.to_url()),
        }
    }

    /// Takes the public link of an entry back.
    pub(super) async fn withdraw_link(&self, entry: &Entry) -> Result<()> {
        let op = "unlinking";
        let handle = self.handle(op, entry).await?;
        self.client
            .unexport(handle)
            .await
            .map_err(explain(op, &entry.path))
    }
}

/// Free accounts are allowed what MEGA can spare at the moment: of them it is
/// known only what was used in the last hours.
fn transfer(quota: &QuotaReply) -> Transfer {
    match quota.transfer_allowed {
        0 => Transfer {
            used: (quota.free_transfer_by_hour.iter())
                .fold(0, |sum, used| used.saturating_add(sum)),
            allowed: None,
        },
        allowed => Transfer {
            used: quota.transfer_used,
            allowed: Some(allowed),
        },
    }
}
