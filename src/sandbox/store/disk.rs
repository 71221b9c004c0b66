//! The database file and the thread that writes it.
//!
//! Invariant: when [`Disk::write`]'s receiver resolves to `Ok`, the changes
//! survive `kill -9` and a power cut. Changes that arrive while a commit is
//! being synced leave together in the next one, in the order of their arrival.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use bytes::Bytes;
use redb::{Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};
use tokio::sync::oneshot;

use crate::sandbox::Error;

/// The tables, all from text to bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Accounts by user handle.
    Users,
    /// User attributes by user handle.
    Attributes,
    /// Nodes by handle.
    Nodes,
    /// Sessions by their secret text.
    Sessions,
    /// Links by public handle.
    Links,
    /// Shares by the folder's handle.
    Shares,
    /// Stored content by number.
    Blobs,
    /// Bytes of small content, by the same number.
    Contents,
    /// Thumbnails by handle.
    FileAttributes,
    /// Event packets by channel and number.
    Events,
    /// Answers to repeat, by number.
    Answers,
    /// The server's own secrets and settings.
    Settings,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 12] = [
        Self::Users,
        Self::Attributes,
        Self::Nodes,
        Self::Sessions,
        Self::Links,
        Self::Shares,
        Self::Blobs,
        Self::Contents,
        Self::FileAttributes,
        Self::Events,
        Self::Answers,
        Self::Settings,
    ];

    fn definition(self) -> TableDefinition<'static, &'static str, &'static [u8]> {
        TableDefinition::new(match self {
            Self::Users => "users",
            Self::Attributes => "attributes",
            Self::Nodes => "nodes",
            Self::Sessions => "sessions",
            Self::Links => "links",
            Self::Shares => "shares",
            Self::Blobs => "blobs",
            Self::Contents => "contents",
            Self::FileAttributes => "file-attributes",
            Self::Events => "events",
            Self::Answers => "answers",
            Self::Settings => "settings",
        })
    }
}

/// One row to write, or to remove if there is no value.
#[derive(Clone, Debug)]
pub struct Change {
    /// Where.
    pub table: Table,
    /// Under which name.
    pub key: String,
    /// The new row.
    pub value: Option<Bytes>,
}

/// Resolves once the changes are on disk; the text says why they are not.
pub type Written = oneshot::Receiver<Result<(), String>>;

enum Job {
    Write(Vec<Change>, oneshot::Sender<Result<(), String>>),
    Stop,
}

/// The database and its writer.
pub struct Disk {
    database: Arc<Database>,
    jobs: mpsc::Sender<Job>,
    abandoned: Arc<AtomicBool>,
    writer: Option<JoinHandle<()>>,
}

impl Disk {
    /// Opens or creates the database file at `path`.
    ///
    /// # Errors
    /// If the file cannot be used: another server has it open, or it is not ours.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let fail = |source: &dyn std::fmt::Display| {
            Error::new(format!(
                "opening the sandbox's database {}: {source}",
                path.display()
            ))
        };
        let database = Database::builder()
            .set_cache_size(64 << 20)
            .create(path)
            .map_err(|source| fail(&source))?;
        let begin = database.begin_write().map_err(|source| fail(&source))?;
        for table in Table::ALL {
            begin
                .open_table(table.definition())
                .map_err(|source| fail(&source))?;
        }
        begin.commit().map_err(|source| fail(&source))?;
        let database = Arc::new(database);
        let (jobs, inbox) = mpsc::channel();
        let behind = Arc::clone(&database);
        let abandoned = Arc::new(AtomicBool::new(false));
        let given_up = Arc::clone(&abandoned);
        let writer = std::thread::Builder::new()
            .name("sandbox-writer".into())
            .spawn(move || write_all(&behind, &inbox, &given_up))
            .map_err(|source| fail(&source))?;
        Ok(Self {
            database,
            jobs,
            abandoned,
            writer: Some(writer),
        })
    }

    /// Hands `changes` to the writer. The order of calls is the order on disk.
    pub fn write(&self, changes: Vec<Change>) -> Written {
        let (done, written) = oneshot::channel();
        // A writer that is gone drops `done`, and the receiver reports it.
        let _ = self.jobs.send(Job::Write(changes, done));
        written
    }

    /// Writes nothing more: what waits is lost, and reported as such.
    pub fn abandon(&self) {
        self.abandoned.store(true, Ordering::SeqCst);
    }

    /// One row.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub fn read(&self, table: Table, key: &str) -> Result<Option<Bytes>, Error> {
        let failed = |source: &dyn std::fmt::Display| {
            Error::new(format!("reading the sandbox's database: {source}"))
        };
        let begin = self
            .database
            .begin_read()
            .map_err(|source| failed(&source))?;
        let rows = begin
            .open_table(table.definition())
            .map_err(|source| failed(&source))?;
        let row = rows.get(key).map_err(|source| failed(&source))?;
        Ok(row.map(|row| Bytes::copy_from_slice(row.value())))
    }

    /// Shows every row of `table` in the order of the keys.
    ///
    /// # Errors
    /// If the database cannot be read, or whatever `visit` reports.
    pub fn scan(
        &self,
        table: Table,
        mut visit: impl FnMut(&str, &[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let failed = |source: &dyn std::fmt::Display| {
            Error::new(format!("reading the sandbox's database: {source}"))
        };
        let begin = self
            .database
            .begin_read()
            .map_err(|source| failed(&source))?;
        let rows = begin
            .open_table(table.definition())
            .map_err(|source| failed(&source))?;
        for row in rows.iter().map_err(|source| failed(&source))? {
            let (key, value) = row.map_err(|source| failed(&source))?;
            visit(key.value(), value.value())?;
        }
        Ok(())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = self.jobs.send(Job::Stop);
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// Most changes that one commit may carry: bounds the wait of the first.
const MOST_JOBS: usize = 1024;

fn write_all(database: &Database, inbox: &mpsc::Receiver<Job>, abandoned: &AtomicBool) {
    let mut broken: Option<String> = None;
    while let Ok(first) = inbox.recv() {
        let mut waiting = Vec::new();
        let mut changes = Vec::new();
        let mut stop = false;
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Write(more, done) => {
                    changes.extend(more);
                    waiting.push(done);
                }
                Job::Stop => stop = true,
            }
            next = if stop || waiting.len() >= MOST_JOBS {
                None
            } else {
                inbox.try_recv().ok()
            };
        }
        if !waiting.is_empty() {
            // After a failed commit memory is ahead of the disk: nothing more
            // may be acknowledged until the server starts again.
            if abandoned.load(Ordering::SeqCst) {
                broken.get_or_insert_with(|| "the server was killed".into());
            }
            let result = match &broken {
                Some(why) => Err(why.clone()),
                None => commit(database, &changes).map_err(|source| source.to_string()),
            };
            if let Err(why) = &result {
                broken.get_or_insert_with(|| why.clone());
            }
            for done in waiting {
                let _ = done.send(result.clone());
            }
        }
        if stop {
            return;
        }
    }
}

fn commit(database: &Database, changes: &[Change]) -> Result<(), redb::Error> {
    let mut begin = database.begin_write()?;
    begin.set_durability(Durability::Immediate)?;
    for table in Table::ALL {
        if !changes.iter().any(|change| change.table == table) {
            continue;
        }
        let mut rows = begin.open_table(table.definition())?;
        for change in changes.iter().filter(|change| change.table == table) {
            match &change.value {
                Some(value) => {
                    rows.insert(change.key.as_str(), value.as_ref())?;
                }
                None => {
                    rows.remove(change.key.as_str())?;
                }
            }
        }
    }
    begin.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn put(key: &str, value: &'static [u8]) -> Change {
        Change {
            table: Table::Nodes,
            key: key.into(),
            value: Some(Bytes::from_static(value)),
        }
    }

    #[tokio::test]
    async fn acknowledged_changes_are_there_after_reopening() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("db");
        let disk = Disk::open(&path).unwrap();
        disk.write(vec![put("a", b"1"), put("b", b"2")])
            .await
            .unwrap()
            .unwrap();
        let gone = Change {
            table: Table::Nodes,
            key: "a".into(),
            value: None,
        };
        disk.write(vec![gone]).await.unwrap().unwrap();
        drop(disk);
        let disk = Disk::open(&path).unwrap();
        assert_eq!(disk.read(Table::Nodes, "a").unwrap(), None);
        let mut rows = Vec::new();
        disk.scan(Table::Nodes, |key, value| {
            rows.push((key.to_string(), value.to_vec()));
            Ok(())
        })
        .unwrap();
        assert_eq!(rows, [("b".to_string(), b"2".to_vec())]);
    }
}
