//! `--metadata-mapper`: a program that says what becomes of metadata.
//!
//! For each file or directory it gets a JSON object on its standard input, with
//! rclone's fields: `SrcFs`, `SrcFsType`, `DstFs`, `DstFsType`, `Remote`, `Size`
//! (bytes, -1 when unknown), `MimeType`, `ModTime` (RFC 3339), `IsDir`, `ID` and
//! `Metadata`. What it prints is an object whose `Metadata` takes the place of
//! all there was.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::process::Stdio;

use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;

use super::{mime, program};
use crate::remote::{Entry, Metadata};

/// The program, and between what it is asked.
#[derive(Debug, Clone, Default)]
pub struct Mapper {
    /// The program and its arguments; none for no mapping.
    pub words: Vec<String>,
    /// Where things come from.
    pub source: Store,
    /// Where they go.
    pub target: Store,
}

/// A store as a program is told of it.
#[derive(Debug, Clone, Default)]
pub struct Store {
    /// As it stands on a command line, without parameters: `remote:dir`.
    pub text: String,
    /// Its type: `mega`.
    pub kind: String,
}

impl Store {
    /// Where bytes come from that no store holds.
    #[must_use]
    pub fn nowhere() -> Self {
        Self {
            text: "memory:".to_owned(),
            kind: "object.memoryFs".to_owned(),
        }
    }
}

/// What the metadata are of.
pub(super) struct Subject<'a> {
    /// Its path below the source.
    pub path: &'a str,
    pub size: Option<u64>,
    pub modified: Option<Timestamp>,
    pub is_dir: bool,
    pub id: Option<&'a str>,
}

impl<'a> Subject<'a> {
    pub(super) fn of(entry: &'a Entry, path: &'a str) -> Self {
        Self {
            path,
            size: entry.size,
            modified: entry.modified,
            is_dir: entry.is_dir(),
            id: entry.id.as_ref().map(|id| id.as_str()),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Question<'a> {
    src_fs: &'a str,
    src_fs_type: &'a str,
    dst_fs: &'a str,
    dst_fs_type: &'a str,
    remote: &'a str,
    size: i64,
    mime_type: &'a str,
    mod_time: String,
    is_dir: bool,
    #[serde(rename = "ID", skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<&'a str, Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Metadata", default)]
    metadata: Option<BTreeMap<String, String>>,
}

impl Mapper {
    /// What the program makes of `metadata`; the same without a program.
    ///
    /// # Errors
    /// It could not be run, failed, or printed something else; in rclone's words.
    pub(super) async fn map(
        &self,
        subject: &Subject<'_>,
        metadata: Metadata,
    ) -> Result<Metadata, String> {
        let Some((program, arguments)) = self.words.split_first() else {
            return Ok(metadata);
        };
        let question = self.question(subject, &metadata);
        let failed = |said: &[u8], why: &dyn std::fmt::Display| {
            let said = String::from_utf8_lossy(said);
            format!(
                "metadata mapper: failed on {}: {:?}: {why}",
                self.words.join(" "),
                said.trim_end()
            )
        };
        let mut command = tokio::process::Command::from(program::command(program));
        let started = command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        let mut child = started.map_err(|error| failed(b"", &started_not(program, &error)))?;
        let stdin = child.stdin.take();
        let ask = async {
            if let Some(mut stdin) = stdin {
                // One that does not read all of it answers all the same.
                let _ = stdin.write_all(question.as_bytes()).await;
            }
        };
        let ((), ended) = tokio::join!(ask, child.wait_with_output());
        let ended = ended.map_err(|error| failed(b"", &error))?;
        if !ended.status.success() {
            return Err(failed(&ended.stderr, &status(ended.status)));
        }
        let answer: Answer = serde_json::from_slice(&ended.stdout).map_err(|error| {
            let said = String::from_utf8_lossy(&ended.stdout);
            format!("metadata mapper: failed to read output: {said:?}: {error}")
        })?;
        let mut mapped = Metadata::default();
        for (key, value) in answer.metadata.unwrap_or_default() {
            match metadata.get(&key) {
                // Bytes that are no text have come back as they were shown.
                Some(bytes) if String::from_utf8_lossy(bytes) == value => mapped.set(&key, bytes),
                _ => mapped.set(&key, value),
            }
        }
        Ok(mapped)
    }

    fn question(&self, subject: &Subject<'_>, metadata: &Metadata) -> String {
        let question = Question {
            src_fs: &self.source.text,
            src_fs_type: &self.source.kind,
            dst_fs: &self.target.text,
            dst_fs_type: &self.target.kind,
            remote: subject.path,
            size: subject
                .size
                .map_or(-1, |size| i64::try_from(size).unwrap_or(i64::MAX)),
            mime_type: match subject.is_dir {
                true => mime::DIRECTORY,
                false => mime::of_name(subject.path),
            },
            mod_time: time(subject.modified.unwrap_or(Timestamp::UNIX_EPOCH)),
            is_dir: subject.is_dir,
            id: subject.id,
            metadata: metadata
                .iter()
                .map(|(key, value)| (key, String::from_utf8_lossy(value)))
                .collect(),
        };
        // Text under text: nothing in it can fail to be JSON.
        serde_json::to_string_pretty(&question).unwrap_or_default()
    }
}

/// Local time, and `Z` where that is UTC.
fn time(timestamp: Timestamp) -> String {
    let local: Zoned = timestamp.to_zoned(jiff::tz::TimeZone::system());
    match local.offset().seconds() {
        0 => timestamp.to_string(),
        _ => local.strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string(),
    }
}

fn started_not(program: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound if program.contains('/') => {
            format!("fork/exec {program}: no such file or directory")
        }
        io::ErrorKind::NotFound => {
            format!("exec: {program:?}: executable file not found in $PATH")
        }
        io::ErrorKind::PermissionDenied => format!("fork/exec {program}: permission denied"),
        _ => format!("fork/exec {program}: {error}"),
    }
}

fn status(status: std::process::ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit status {code}"),
        None => status.to_string(),
    }
}
