//! Content as files, and small content kept in memory until it is committed.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::node::BlobId;

/// Content up to this size goes into the database with its node, so that a
/// thousand small files cost a few synced commits and not a thousand synced files.
pub const INLINE_LIMIT: u64 = 256 << 10;

/// The folder of content files.
#[derive(Debug)]
pub struct Blobs {
    folder: PathBuf,
}

/// Content that is being received or served.
#[derive(Debug)]
pub enum Content {
    /// In memory.
    Memory(Mutex<Vec<u8>>),
    /// In a file of its own.
    File(File),
}

impl Blobs {
    /// Uses `folder`, which is made if it is missing.
    ///
    /// # Errors
    /// If the folder cannot be made.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder })
    }

    /// Where the content with this number is.
    pub fn path(&self, id: BlobId) -> PathBuf {
        self.folder.join(format!("{id:016x}"))
    }

    /// Makes room for `size` bytes.
    ///
    /// # Errors
    /// If the file cannot be made.
    pub fn create(&self, id: BlobId, size: u64) -> io::Result<Content> {
        if size <= INLINE_LIMIT {
            let size = usize::try_from(size).map_err(io::Error::other)?;
            return Ok(Content::Memory(Mutex::new(vec![0; size])));
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(self.path(id))?;
        Ok(Content::File(file))
    }

    /// Opens finished content.
    ///
    /// # Errors
    /// If the file is not there.
    pub fn read(&self, id: BlobId) -> io::Result<Content> {
        File::open(self.path(id)).map(Content::File)
    }

    /// Removes a file that nothing refers to.
    pub fn remove(&self, id: BlobId) {
        // Left over at worst: the next start sweeps unreferenced files.
        let _ = std::fs::remove_file(self.path(id));
    }

    /// Makes new names in the folder durable.
    ///
    /// # Errors
    /// If the system cannot.
    pub fn sync_folder(&self) -> io::Result<()> {
        File::open(&self.folder)?.sync_all()
    }

    /// The numbers and sizes of all files here.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn list(&self) -> io::Result<Vec<(BlobId, u64)>> {
        let mut found = Vec::new();
        for item in std::fs::read_dir(&self.folder)? {
            let item = item?;
            let name = item.file_name();
            if let Some(id) = name
                .to_str()
                .and_then(|name| BlobId::from_str_radix(name, 16).ok())
            {
                found.push((id, item.metadata()?.len()));
            }
        }
        Ok(found)
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// A lock whose holder may have panicked: the data are plain bytes and valid.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Content {
    /// Writes `data` at `offset`.
    ///
    /// # Errors
    /// If the disk is full, or the place is outside.
    pub fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        match self {
            Self::File(file) => file.write_all_at(data, offset),
            Self::Memory(bytes) => {
                let start = usize::try_from(offset).map_err(io::Error::other)?;
                locked(bytes)
                    .get_mut(start..)
                    .and_then(|rest| rest.get_mut(..data.len()))
                    .map(|place| place.copy_from_slice(data))
                    .ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
            }
        }
    }

    /// Fills `buffer` from `offset`.
    ///
    /// # Errors
    /// If the content ends before.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        match self {
            Self::File(file) => file.read_exact_at(buffer, offset),
            Self::Memory(bytes) => {
                let start = usize::try_from(offset).map_err(io::Error::other)?;
                locked(bytes)
                    .get(start..)
                    .and_then(|rest| rest.get(..buffer.len()))
                    .map(|place| buffer.copy_from_slice(place))
                    .ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))
            }
        }
    }

    /// Makes the bytes durable; content in memory becomes so with its node.
    ///
    /// # Errors
    /// If the system cannot.
    pub fn sync(&self) -> io::Result<()> {
        match self {
            Self::File(file) => file.sync_all(),
            Self::Memory(_) => Ok(()),
        }
    }

    /// The bytes of content in memory.
    pub fn inline(&self) -> Option<Bytes> {
        match self {
            Self::File(_) => None,
            Self::Memory(bytes) => Some(Bytes::copy_from_slice(&locked(bytes))),
        }
    }
}
