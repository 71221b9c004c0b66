//! The configuration file on the disk: found, read, and replaced whole.
//!
//! Writers hold the lock file beside it from reading to renaming, so that two
//! programs that each add a remote lose none. At every moment the name shows
//! the old file or the new one, never a part.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::envelope::{Envelope, EnvelopeError};
use super::toml::Draft;
use super::{ConfigError, Secret, Section, ini};

/// Asks for the password of a sealed file; the argument tells whether one was
/// wrong before. `None` gives up.
pub type AskPassword<'a> = &'a dyn Fn(bool) -> Option<Secret>;

/// Whose format a file is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Ours.
    Toml,
    /// rclone's, which is only read.
    Ini,
}

impl Format {
    /// The format that the name of a file promises.
    pub(super) fn by_name(path: &Path) -> Self {
        let extension = path.extension().unwrap_or_default();
        if extension == "conf" || extension == "ini" {
            Self::Ini
        } else {
            Self::Toml
        }
    }
}

/// What was found in a file.
pub(super) struct Loaded {
    pub(super) format: Format,
    pub(super) sections: Vec<Section>,
}

/// Reads a file; `None` when there is none.
pub(super) fn load(path: &Path, ask: AskPassword<'_>) -> Result<Option<Loaded>, ConfigError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Secret::new(text),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(failure("load", path)(e)),
    };
    let sealed = |source| ConfigError::Sealed {
        path: path.to_owned(),
        source,
    };
    if let Some(envelope) = Envelope::parse(text.expose()).map_err(sealed)? {
        let text = unseal(&envelope, ask).map_err(sealed)?;
        return parse_ini(text.expose(), path).map(Some);
    }
    parse(text.expose(), path).map(Some)
}

fn unseal(envelope: &Envelope, ask: AskPassword<'_>) -> Result<Secret, EnvelopeError> {
    let mut wrong = false;
    loop {
        let Some(password) = ask(wrong) else {
            return Err(if wrong {
                EnvelopeError::WrongPassword
            } else {
                EnvelopeError::NoPassword
            });
        };
        match envelope.open(&password) {
            Err(EnvelopeError::WrongPassword | EnvelopeError::EmptyPassword) => wrong = true,
            other => return other,
        }
    }
}

fn parse(text: &str, path: &Path) -> Result<Loaded, ConfigError> {
    if Format::by_name(path) == Format::Ini {
        return parse_ini(text, path);
    }
    let extension = path.extension().unwrap_or_default();
    match Draft::parse(text, path) {
        Ok(draft) => Ok(Loaded {
            format: Format::Toml,
            sections: draft.sections(),
        }),
        // Some other name: rclone's values have no quotes, so it is one or
        // the other.
        Err(error) if extension != "toml" => match parse_ini(text, path) {
            Ok(loaded) if !loaded.sections.is_empty() => Ok(loaded),
            _ => Err(error),
        },
        Err(error) => Err(error),
    }
}

fn parse_ini(text: &str, path: &Path) -> Result<Loaded, ConfigError> {
    let sections = ini::parse(text).map_err(|source| ConfigError::Ini {
        path: path.to_owned(),
        source,
    })?;
    Ok(Loaded {
        format: Format::Ini,
        sections,
    })
}

/// Changes the file under its lock and returns what it holds afterwards. The
/// file is not touched when `change` fails or changes nothing.
pub(super) fn edit<T>(
    path: &Path,
    change: impl FnOnce(&mut Draft) -> Result<T, ConfigError>,
) -> Result<(T, Vec<Section>), ConfigError> {
    // A link is followed: people keep their configuration elsewhere.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match target.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    make_private_dir(&folder).map_err(failure("save", path))?;
    let _lock = lock(&target).map_err(failure("lock", path))?;
    let before = match fs::read_to_string(&target) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(failure("load", path)(e)),
    };
    let mut draft = Draft::parse(&before, path)?;
    let result = change(&mut draft)?;
    let after = draft.text();
    if after != before {
        replace(&target, &folder, &after).map_err(failure("save", path))?;
    }
    Ok((result, draft.sections()))
}

/// Makes an empty file that nobody else may read, unless there is one.
///
/// # Errors
/// [`ConfigError::Io`].
pub fn touch(path: &Path) -> Result<(), ConfigError> {
    let failure = failure("save", path);
    if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
        make_private_dir(folder).map_err(&failure)?;
    }
    let file = private_file().create(true).truncate(false).open(path);
    file.map(drop).map_err(&failure)
}

fn failure(op: &'static str, path: &Path) -> impl Fn(io::Error) -> ConfigError {
    let path = path.to_owned();
    move |source| ConfigError::Io {
        op,
        path: path.clone(),
        source,
    }
}

/// Writes beside the file, and gives it the name when it is safe on the disk.
fn replace(target: &Path, folder: &Path, text: &str) -> io::Result<()> {
    // Made with mode 0600.
    let mut file = tempfile::Builder::new()
        .prefix(".megarc.")
        .suffix(".tmp")
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(target).map_err(|e| e.error)?;
    // The rename itself is safe once the folder is.
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Takes the lock, waiting for it; it ends with the returned file.
pub(super) fn lock(target: &Path) -> io::Result<File> {
    let mut name = target.file_name().unwrap_or_default().to_owned();
    name.push(".lock");
    let file = private_file()
        .create(true)
        .truncate(false)
        .open(target.with_file_name(name))?;
    file.lock()?;
    Ok(file)
}

/// Options for a file that nobody else may read.
pub(super) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder that nobody else may look into; one that exists is kept.
pub(super) fn make_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}
