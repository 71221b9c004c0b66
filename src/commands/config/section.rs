//! A section in rclone's form, without its secrets.

use crate::commands::Context;
use crate::config::Section;
use crate::config::kinds::{self, OptionInfo, SECOND_FACTOR, ValueKind};
use crate::exit::CommandError;
use crate::remote::spec::{self, printable};

/// How much is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hide {
    /// Passwords and keys.
    Secrets,
    /// These, and what tells who somebody is.
    Persons,
}

/// The lines of a section. Of a type that is not known nothing is shown:
/// nobody can tell what in it is a secret.
pub(super) fn text(section: &Section, hide: Hide) -> String {
    let name = section.name();
    let mut text = format!("[{name}]\n");
    let Some(kind) = section.get("type").and_then(kinds::kind) else {
        text += &format!("# couldn't find type of fs for {name:?}\n");
        return text;
    };
    for (key, value) in section.iter() {
        let option = kind.option(key);
        let person = option.is_some_and(|o| o.sensitive);
        let shown = match hide {
            _ if value.is_empty() => String::new(),
            Hide::Secrets if is_secret(option, key) => "*** ENCRYPTED ***".to_owned(),
            Hide::Persons if person || is_secret(option, key) => "XXX".to_owned(),
            // An address, or a place that an alias leads to.
            _ => printable(value),
        };
        text += &format!("{key} = {shown}\n");
    }
    text
}

/// What the wizard lists of a section: a line for each key, without what the
/// program keeps there for itself and what is not kept.
pub(super) fn summary(section: &Section) -> String {
    let kind = section.get("type").and_then(kinds::kind);
    let mut text = String::new();
    for (key, value) in section.iter() {
        let option = kind.and_then(|kind| kind.option(key));
        if option.is_some_and(|option| option.hidden) || key == SECOND_FACTOR {
            continue;
        }
        let shown = if is_secret(option, key) && !value.is_empty() {
            "*** ENCRYPTED ***".to_owned()
        } else {
            printable(value)
        };
        text += &format!("- {key}: {shown}\n");
    }
    text
}

/// Whether the value of an option is shown to nobody.
fn is_secret(option: Option<&OptionInfo>, key: &str) -> bool {
    let known = option.is_some_and(|o| o.value == ValueKind::Password || o.hidden);
    known || spec::is_secret(key)
}

/// The section of a remote, empty where there is none.
pub(super) fn find(remote: &str, ctx: &Context) -> Section {
    let name = remote.strip_suffix(':').unwrap_or(remote);
    let found = ctx.opener.config().section(name);
    found.unwrap_or_else(|| Section::new(name))
}

/// Prints the section of a remote.
pub(super) fn print(remote: &str, ctx: &Context) -> Result<(), CommandError> {
    ctx.output.text(&text(&find(remote, ctx), Hide::Secrets))?;
    Ok(())
}
