//! Other places that take part in a copy: where replaced and deleted files
//! are kept, and where files may stand already.

use super::compare::{Rules, Verdict};
use super::contents::same_contents;
use super::relocate::{Part, relocate};
use super::root::relative;
use super::transfer::{Job, transfer};
use super::{Class, Error, Options, Result, Run};
use crate::remote::{Destination, Entry, ErrorKind, Location, RemoteError, RemotePath};

/// The other places of a run.
#[derive(Clone, Default)]
pub struct Aside {
    /// Where files go instead of being replaced or deleted.
    pub backup: Option<Location>,
    /// What stands here is not copied.
    pub compare: Vec<Location>,
    /// What stands here is copied by the server.
    pub copy: Vec<Location>,
}

impl Aside {
    /// Checks that the places can play their parts for `dst`.
    ///
    /// # Errors
    /// [`Class::Fatal`].
    pub(super) fn check(&self, dst: &Location) -> Result<()> {
        for place in &self.copy {
            if !place.same_store(dst) {
                return Err(fatal(
                    "parameter to --copy-dest has to be on the same remote as destination",
                ));
            }
            if !dst.remote.features().server_copy {
                return Err(fatal(
                    "can't use --copy-dest on a remote which doesn't support server side copy",
                ));
            }
        }
        Ok(())
    }

    /// Where the files of `dst` go instead of being replaced or deleted.
    /// With a suffix alone they stay beside the new ones.
    ///
    /// # Errors
    /// [`Class::Fatal`] where that is no place for them; `whole`: a directory
    /// is copied, not one file.
    pub(super) async fn backup(
        &self,
        run: &Run,
        (src, dst): (&Location, &Location),
        whole: bool,
    ) -> Result<Option<Location>> {
        let suffix = !run.options.suffix.is_empty();
        let Some(backup) = &self.backup else {
            return Ok(suffix.then(|| dst.clone()));
        };
        if !backup.same_store(dst) {
            return Err(fatal(
                "parameter to --backup-dir has to be on the same remote as destination",
            ));
        }
        for (what, place) in [("destination", dst), ("source", src)] {
            if whole && super::copy::overlap::overlaps(run, backup, place).await? {
                return Err(fatal(&format!(
                    "{what} and parameter to --backup-dir mustn't overlap"
                )));
            }
            if !whole && !suffix && backup.same_store(place) && backup.path == place.path {
                return Err(fatal(&format!(
                    "{what} and parameter to --backup-dir mustn't be the same"
                )));
            }
        }
        if !dst.remote.features().server_move && !dst.remote.features().server_copy {
            return Err(fatal(
                "can't use --backup-dir on a remote which doesn't support server-side move or copy",
            ));
        }
        Ok(Some(backup.clone()))
    }

    /// Whether the file of `job` need not be transferred, because it stands in
    /// one of the other places; from there the server may have copied it.
    ///
    /// # Errors
    /// Those of looking there.
    pub(super) async fn has(
        &self,
        run: &Run,
        (src, dst): (&Location, &Location),
        job: &Job,
    ) -> Result<bool> {
        for (place, copies) in self
            .compare
            .iter()
            .map(|place| (place, false))
            .chain(self.copy.iter().map(|place| (place, true)))
        {
            let Some(found) = find(place, job).await? else {
                continue;
            };
            if !is_equal(run, (src, &job.src), (place, &found)).await? {
                continue;
            }
            if !copies {
                tracing::debug!(object = %job.name, "Destination found in --compare-dest, skipping");
                return Ok(true);
            }
            let job = Job {
                src: found,
                ..job.clone()
            };
            return transfer(run, place, dst, &job).await.map(|()| true);
        }
        Ok(false)
    }

    /// Whether [`Aside::has`] may find anything.
    pub(super) fn is_asked(&self) -> bool {
        !self.compare.is_empty() || !self.copy.is_empty()
    }
}

fn fatal(text: &str) -> Error {
    Error::new(ErrorKind::Invalid, text).class(Class::Fatal)
}

async fn find(place: &Location, job: &Job) -> Result<Option<Entry>> {
    let below = if job.replace.is_some() {
        &job.to_name
    } else {
        &job.name
    };
    let below = RemotePath::parse(below)
        .map_err(|e| RemoteError::new(ErrorKind::Invalid, "naming", below.as_str()).because(e))?;
    match place.remote.stat(&place.path.join(&below)).await {
        Ok(entry) => Ok(Some(entry).filter(|entry| !entry.is_dir())),
        Err(e) if e.is_not_found() => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Whether two files are equal, whatever the destination has.
async fn is_equal(
    run: &Run,
    (src, file): (&Location, &Entry),
    (place, found): (&Location, &Entry),
) -> Result<bool> {
    let options = Options {
        ignore_existing: false,
        ignore_times: false,
        update: false,
        ..(*run.options).clone()
    };
    let rules = Rules::new(&options, &src.remote.features(), &place.remote.features());
    match rules.compare(file, found) {
        Verdict::Same(_) => Ok(true),
        Verdict::Different(_) => Ok(false),
        Verdict::Contents { depth, .. } => {
            match same_contents(run, (src, file), (place, found), depth).await {
                Ok(same) => Ok(same),
                Err(e) if e.kind == ErrorKind::Unsupported => Ok(false),
                Err(e) => Err(e.into()),
            }
        }
    }
}

/// Moves a file of `dst` that is to be replaced or deleted to where such files
/// are kept, over one of an earlier time; `false` when the user does not want
/// that.
///
/// # Errors
/// The failure, logged and counted.
pub(super) async fn put_away(
    run: &Run,
    backup: &Location,
    dst: &Location,
    file: &Entry,
) -> Result<bool> {
    let name = relative(&file.path, &dst.path).as_str().to_owned();
    let to_name = with_suffix(&name, &run.options);
    let below = RemotePath::parse(&to_name)
        .map_err(|e| RemoteError::new(ErrorKind::Invalid, "naming", to_name.as_str()).because(e))?;
    let path = backup.path.join(&below);
    let replace = match backup.remote.stat(&path).await {
        Ok(old) if old.is_dir() => return Err(ErrorKind::IsDir.into()),
        Ok(old) => Some(old),
        Err(e) if e.is_not_found() => None,
        Err(e) => return Err(e.into()),
    };
    let job = Job {
        src: file.clone(),
        name,
        to: Destination::from(path),
        to_name,
        replace,
    };
    // Boxed: what is in the way there is deleted, and deleting may keep.
    Box::pin(relocate(run, dst, backup, &job, Part::Aside)).await
}

/// A name with the suffix that the user asked for.
fn with_suffix(name: &str, options: &Options) -> String {
    if !options.suffix_keep_extension || options.suffix.is_empty() {
        return format!("{name}{}", options.suffix);
    }
    let (base, extensions) = split_extensions(name);
    format!("{base}{}{extensions}", options.suffix)
}

/// A name, and the extensions that belong to it.
pub(super) fn split_extensions(name: &str) -> (&str, &str) {
    let leaf = name.rfind('/').map_or(0, |at| at + 1);
    let mut end = name.len();
    let mut first = true;
    while let Some(dot) = name.get(leaf..end).and_then(|part| part.rfind('.')) {
        let at = leaf + dot;
        let extension = name.get(at + 1..end).unwrap_or_default();
        // `.tar.gz` stays whole, `.b.c` is an extension after a name with a dot.
        if !first && !KNOWN.contains(&extension.to_ascii_lowercase().as_str()) {
            break;
        }
        end = at;
        first = false;
    }
    name.split_at(end)
}

/// Extensions that may stand before another one.
const KNOWN: &[&str] = &[
    "7z", "avi", "bmp", "bz2", "c", "cpio", "css", "csv", "doc", "docx", "epub", "flac", "gif",
    "gz", "htm", "html", "iso", "jpeg", "jpg", "js", "json", "md", "mkv", "mov", "mp3", "mp4",
    "mpg", "odp", "ods", "odt", "ogg", "pdf", "png", "ppt", "pptx", "ps", "rar", "rtf", "sh",
    "sql", "svg", "tar", "tif", "tiff", "txt", "wav", "webm", "webp", "xls", "xlsx", "xml", "xz",
    "yaml", "zip",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_stands_before_the_extension_where_asked() {
        let keep = Options {
            suffix: "-o".to_owned(),
            suffix_keep_extension: true,
            ..Options::default()
        };
        for (name, kept) in [
            ("x.txt", "x-o.txt"),
            ("z", "z-o"),
            (".hidden", "-o.hidden"),
            ("a.b.c", "a.b-o.c"),
            ("d.d/v.txt", "d.d/v-o.txt"),
            ("d.d/v", "d.d/v-o"),
            ("w.", "w-o."),
            ("y.tar.gz", "y-o.tar.gz"),
        ] {
            assert_eq!(with_suffix(name, &keep), kept);
        }
        let plain = Options {
            suffix_keep_extension: false,
            ..keep
        };
        assert_eq!(with_suffix("y.tar.gz", &plain), "y.tar.gz-o");
    }
}
