//! The options of a remote, asked one after the other.

use super::password::{self, Without};
use crate::commands::config::pairs::hide;
use crate::commands::dialogue::ask::{self, Choice, List};
use crate::commands::dialogue::{Prompt, ask::yes};
use crate::config::kinds::{Kind, OptionInfo, SECOND_FACTOR, ValueKind};
use crate::config::{Secret, Section};
use crate::exit::CommandError;

/// What was answered so far.
pub(in crate::commands::config) struct Answers {
    /// What is kept.
    pub(in crate::commands::config) section: Section,
    /// The code of the second factor: for one login, and then gone.
    pub(in crate::commands::config) code: Option<Secret>,
}

impl Answers {
    /// What is in a section already.
    pub(in crate::commands::config) fn of(mut section: Section) -> Self {
        // One that is kept has long expired.
        section.remove(SECOND_FACTOR);
        Self {
            section,
            code: None,
        }
    }
}

/// Asks for all options of a kind: the ordinary ones, the others on request.
/// Those that `given` names are not asked for.
///
/// # Errors
/// Those of the prompt.
pub(in crate::commands::config) fn ask_all(
    prompt: &mut dyn Prompt,
    kind: &Kind,
    answers: &mut Answers,
    given: &[String],
) -> Result<(), CommandError> {
    ask_some(prompt, kind, answers, given, false)?;
    // Asked again afterwards: one can look through them more than once.
    loop {
        prompt.say("\nEdit advanced config?\n")?;
        if !yes(prompt, false)? {
            return Ok(());
        }
        ask_some(prompt, kind, answers, given, true)?;
    }
}

fn ask_some(
    prompt: &mut dyn Prompt,
    kind: &Kind,
    answers: &mut Answers,
    given: &[String],
    advanced: bool,
) -> Result<(), CommandError> {
    for option in kind.options {
        if option.hidden
            || option.advanced != advanced
            || given.iter().any(|name| name == option.name)
        {
            continue;
        }
        prompt.say(&format!("\nOption {}.\n{}\n", option.name, option.help))?;
        if option.name == SECOND_FACTOR {
            let code = ask_text(prompt, option, None)?;
            answers.code = Some(code).filter(|code| !code.is_empty()).map(Secret::new);
            continue;
        }
        let old = answers.section.get(option.name).map(str::to_owned);
        let old = old.as_deref().filter(|value| !value.is_empty());
        let answer = if option.value == ValueKind::Password {
            match ask_password(prompt, option, old)? {
                Some(obscured) => obscured,
                None => continue,
            }
        } else if option.choices.is_empty() {
            ask_text(prompt, option, old)?
        } else {
            ask_choice(prompt, option, old)?
        };
        // What is the default anyway would only be in the way of a better one.
        if answer == option.default {
            answers.section.remove(option.name);
        } else {
            answers.section.set(option.name, &answer);
        }
    }
    Ok(())
}

fn ask_password(
    prompt: &mut dyn Prompt,
    option: &OptionInfo,
    old: Option<&str>,
) -> Result<Option<String>, CommandError> {
    let without = match old {
        Some(_) => Without::Kept,
        None if option.required => Without::Required,
        None => Without::Blank,
    };
    match password::choose(prompt, without)? {
        Some(password) => hide(password.expose()).map(Some),
        None => Ok(None),
    }
}

fn ask_choice(
    prompt: &mut dyn Prompt,
    option: &OptionInfo,
    old: Option<&str>,
) -> Result<String, CommandError> {
    let choices: Vec<Choice<'_>> = option
        .choices
        .iter()
        .map(|(value, help)| Choice { value, help })
        .collect();
    let list = List {
        name: option.name,
        choices: &choices,
        default: Some(old.unwrap_or(option.default)),
        closed: true,
    };
    ask::one_of(prompt, &list)
}

fn ask_text(
    prompt: &mut dyn Prompt,
    option: &OptionInfo,
    old: Option<&str>,
) -> Result<String, CommandError> {
    let default = match old {
        Some(old) => Some(old),
        None if option.required => None,
        None => Some(option.default),
    };
    let mut question = match option.value {
        ValueKind::Bool => "Enter a boolean value (true or false).".to_owned(),
        ValueKind::Encoding => "Enter a value of type Encoding.".to_owned(),
        ValueKind::Count => "Enter a number above 0.".to_owned(),
        _ if old.is_some() => "Enter a value of type string.".to_owned(),
        _ => "Enter a value.".to_owned(),
    };
    match default {
        Some("") => question.push_str(" Press Enter to leave empty."),
        Some(default) => question += &format!(" Press Enter for the default ({default})."),
        None => {}
    }
    ask::text(prompt, option.name, &question, default, &|answer| {
        canonical(option, answer)
    })
}

/// The usual form of a value.
///
/// # Errors
/// Why it is none.
pub(in crate::commands::config) fn canonical(
    option: &OptionInfo,
    value: &str,
) -> Result<String, String> {
    match option.value {
        ValueKind::Bool => match value {
            "1" | "t" | "T" | "true" | "True" | "TRUE" => Ok("true".to_owned()),
            "0" | "f" | "F" | "false" | "False" | "FALSE" => Ok("false".to_owned()),
            _ => Err("it has to be true or false".to_owned()),
        },
        ValueKind::Count => match value.parse::<usize>() {
            Ok(0) => Err("it has to be above 0".to_owned()),
            Ok(count) => Ok(count.to_string()),
            Err(error) => Err(error.to_string()),
        },
        ValueKind::Encoding => match value.parse::<crate::remote::encoding::Encoding>() {
            Ok(_) => Ok(value.to_owned()),
            Err(error) => Err(error.to_string()),
        },
        ValueKind::Text | ValueKind::Password => Ok(value.to_owned()),
    }
}
