//! What of another program's configuration can be taken over, and what not,
//! with the reason.

use std::path::Path;

use super::file::load;
use super::kinds::{self, SECOND_FACTOR};
use super::unlock::{AskPassword, PasswordCommand, Passwords};
use super::{ConfigError, Env, Secret, Section};

/// The password of rclone's encrypted configuration.
const RCLONE_CONFIG_PASS: &str = "RCLONE_CONFIG_PASS";
/// Where rclone keeps the session that it has opened, and its key.
const SESSION: (&str, &str) = ("session_id", "master_key");

/// A remote that can be taken over.
#[derive(Debug)]
pub struct Import {
    /// Its options as they are to be stored; obscured passwords stay so.
    pub section: Section,
    /// The session that rclone has kept for it: its id and the master key.
    pub session: Option<(Secret, Secret)>,
    /// Options that stay behind, and why.
    pub left_out: Vec<(String, String)>,
}

/// Reads the file of another program, plain or encrypted; `None` when there is
/// none.
///
/// # Errors
/// [`ConfigError`] when it cannot be read or opened.
pub fn read(
    path: &Path,
    env: &Env,
    ask: Option<AskPassword<'_>>,
) -> Result<Option<Vec<Section>>, ConfigError> {
    let passwords = Passwords {
        command: &PasswordCommand::default(),
        env,
        variable: RCLONE_CONFIG_PASS,
        ask,
    };
    Ok(load(path, &passwords)?.map(|loaded| loaded.sections))
}

/// Looks at one remote of it.
///
/// # Errors
/// Why it cannot be taken over.
pub fn import(section: &Section) -> Result<Import, String> {
    let name = section.get("type").unwrap_or_default();
    if name.is_empty() {
        return Err("it has no type".to_owned());
    }
    let kind =
        kinds::kind(name).ok_or_else(|| format!("megarc has no remotes of type {name:?}"))?;
    let mut taken = Section::new(section.name());
    taken.set("type", name);
    let mut left_out = Vec::new();
    let is_mega = kind.option(SECOND_FACTOR).is_some();
    for (key, value) in section.iter().filter(|(key, _)| *key != "type") {
        let why = match kind.option(key) {
            _ if is_mega && (key == SESSION.0 || key == SESSION.1) => continue,
            Some(option) if option.name == SECOND_FACTOR => {
                "a code is good for one login, and is not kept"
            }
            Some(option) if option.hidden => "it is made anew",
            Some(_) => {
                taken.set(key, value);
                continue;
            }
            None => "megarc has no such option",
        };
        if !value.is_empty() {
            left_out.push((key.to_owned(), why.to_owned()));
        }
    }
    let set = |key| section.get(key).filter(|value| !value.is_empty());
    let session = set(SESSION.0).zip(set(SESSION.1));
    Ok(Import {
        section: taken,
        session: session
            .filter(|_| is_mega)
            .map(|(id, key)| (Secret::new(id), Secret::new(key))),
        left_out,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::ini;

    fn one(text: &str) -> Result<Import, String> {
        import(&ini::parse(text).unwrap()[0])
    }

    #[test]
    fn what_megarc_knows_is_taken_over_as_it_stands() {
        let import = one(
            "[m]\ntype = mega\nuser = u\npass = \"\"\"x#y\"\"\"\nhard_delete = true\n2fa = 123456\n\
             session_id = sid\nmaster_key = key\nsession_key = k\nbogus = 1\nempty =\n",
        )
        .unwrap();
        let taken: Vec<_> = import.section.iter().collect();
        assert_eq!(
            taken,
            [
                ("type", "mega"),
                ("user", "u"),
                ("pass", "x#y"),
                ("hard_delete", "true")
            ]
        );
        let (id, key) = import.session.as_ref().unwrap();
        assert_eq!((id.expose(), key.expose()), ("sid", "key"));
        let left: Vec<&str> = import.left_out.iter().map(|(key, _)| &**key).collect();
        assert_eq!(left, ["2fa", "session_key", "bogus"]);
        assert!(!format!("{import:?}").contains("sid"), "{import:?}");
    }

    #[test]
    fn others_stay_behind_with_a_reason() {
        assert_eq!(
            one("[d]\ntype = drive\n").unwrap_err(),
            "megarc has no remotes of type \"drive\""
        );
        assert_eq!(one("[d]\nuser = x\n").unwrap_err(), "it has no type");
        // Half a session is none, and a web server has none.
        assert!(
            one("[m]\ntype = mega\nsession_id = x\n")
                .unwrap()
                .session
                .is_none()
        );
        let web = one("[w]\ntype = http\nurl = http://x/\nsession_id = a\nmaster_key = b\n");
        let web = web.unwrap();
        assert!(web.session.is_none());
        assert_eq!(web.left_out.len(), 2);
    }
}
