//! Names in their composed form (NFC), whatever the disk has
//! (`--local-unicode-normalization`).
//!
//! Listings show the composed form, and what is asked for by it is found on
//! the disk under the form that stands there. Where a directory holds several
//! forms of one name, one of them goes by the composed form and the others by
//! their own, so that no file hides another.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

/// The names of a directory that are not composed, by their composed forms.
pub(super) struct Composed(HashMap<String, OsString>);

impl Composed {
    /// Reads the names of `dir`; one that cannot be read has none.
    pub(super) fn of(dir: &Path) -> Self {
        let mut names: HashMap<String, OsString> = HashMap::new();
        for item in fs::read_dir(dir).into_iter().flatten().flatten() {
            let name = item.file_name();
            let Some(text) = name.to_str().filter(|text| !is_nfc(text)) else {
                continue;
            };
            let composed: String = text.nfc().collect();
            // The composed form itself goes by itself.
            if fs::symlink_metadata(dir.join(&composed)).is_ok() {
                continue;
            }
            names
                .entry(composed)
                .and_modify(|first| *first = name.clone().min(std::mem::take(first)))
                .or_insert(name);
        }
        Self(names)
    }

    /// What `name` of that directory goes by.
    pub(super) fn name<'a>(&self, name: &'a OsStr) -> Cow<'a, OsStr> {
        let composed = name
            .to_str()
            .filter(|text| !is_nfc(text))
            .map(|text| text.nfc().collect::<String>())
            .filter(|composed| self.0.get(composed).is_some_and(|first| first == name));
        match composed {
            Some(composed) => Cow::Owned(composed.into()),
            None => Cow::Borrowed(name),
        }
    }

    fn find(&self, name: &str) -> Option<&OsString> {
        self.0.get(&name.nfc().collect::<String>())
    }
}

/// `os` with each name in the form that stands on the disk; what does not
/// exist in any form stays as it is.
pub(super) fn on_disk(os: PathBuf) -> PathBuf {
    if fs::symlink_metadata(&os).is_ok() {
        return os;
    }
    let mut here = PathBuf::new();
    let mut exists = true;
    for part in os.components() {
        let mut next = here.join(part);
        if exists && fs::symlink_metadata(&next).is_err() {
            let other = part.as_os_str().to_str();
            match other.and_then(|name| Composed::of(&here).find(name).cloned()) {
                Some(found) => next = here.join(found),
                None => exists = false,
            }
        }
        here = next;
    }
    here
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const DECOMPOSED: &str = "u\u{308}";
    const COMPOSED: &str = "ü";

    fn shown(dir: &Path, name: &str) -> String {
        let shown = Composed::of(dir).name(OsStr::new(name)).into_owned();
        shown.into_string().unwrap()
    }

    #[test]
    fn a_name_is_shown_composed_and_found_as_it_stands() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path().join(format!("d{DECOMPOSED}"));
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join(DECOMPOSED), "").unwrap();
        assert_eq!(shown(&dir, DECOMPOSED), COMPOSED);
        let asked = home.path().join(format!("d{COMPOSED}"));
        assert_eq!(on_disk(asked.join(COMPOSED)), dir.join(DECOMPOSED));
        assert_eq!(on_disk(asked.join("new/ü")), dir.join("new/ü"));
        assert_eq!(on_disk(dir.join(DECOMPOSED)), dir.join(DECOMPOSED));
        let missing = home.path().join("no/ü");
        assert_eq!(on_disk(missing.clone()), missing);
    }

    #[test]
    fn of_several_forms_each_keeps_a_name() {
        let home = tempfile::tempdir().unwrap();
        let dir = home.path();
        // Both compose to U+1E69; neither is composed.
        let forms = ["s\u{323}\u{307}", "s\u{307}\u{323}"];
        for form in forms {
            fs::write(dir.join(form), form).unwrap();
        }
        let mut names = forms.map(|form| shown(dir, form));
        names.sort();
        assert_eq!(names, [forms[0], "\u{1e69}"]);
        for name in names {
            assert!(on_disk(dir.join(&name)).exists(), "{name}");
        }
        fs::write(dir.join("\u{1e69}"), "").unwrap();
        assert_eq!(forms.map(|form| shown(dir, form)), forms);
    }

    #[test]
    fn what_is_no_text_is_left_alone() {
        use std::os::unix::ffi::OsStrExt as _;
        let home = tempfile::tempdir().unwrap();
        let name = OsStr::from_bytes(b"u\xcc\xff");
        assert_eq!(Composed::of(home.path()).name(name), name);
    }
}
