//! The forms of questions: a letter of a menu, a line of a list, a number.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use super::Prompt;
use crate::config::Secret;
use crate::exit::CommandError;

const REQUIRED: &str = "This value is required and it has no default.\n";

/// One way to answer a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice<'a> {
    /// The answer.
    pub value: &'a str,
    /// What it means, in one line; may be empty.
    pub help: &'a str,
}

/// A question whose answers are listed.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    /// What the prompt calls it.
    pub name: &'a str,
    /// The answers, which are numbered from 1.
    pub choices: &'a [Choice<'a>],
    /// What an empty line stands for.
    pub default: Option<&'a str>,
    /// Whether nothing else is an answer.
    pub closed: bool,
}

/// Asks for a letter of a menu. An empty line stands for the default.
///
/// # Errors
/// Those of the prompt.
pub fn letter(
    prompt: &mut dyn Prompt,
    menu: &[(char, &str)],
    default: Option<char>,
) -> Result<char, CommandError> {
    let mut lines = String::new();
    for (letter, text) in menu {
        let mark = if default == Some(*letter) {
            " (default)"
        } else {
            ""
        };
        let _ = writeln!(lines, "{letter}) {text}{mark}");
    }
    prompt.say(&lines)?;
    let letters: Vec<String> = menu.iter().map(|(letter, _)| letter.to_string()).collect();
    let question = format!("{}> ", letters.join("/"));
    loop {
        let answer = prompt.line(&question)?.to_lowercase();
        let mut typed = answer.chars();
        let complaint = match (typed.next(), typed.next(), default) {
            (Some(letter), None, _) if menu.iter().any(|(known, _)| *known == letter) => {
                return Ok(letter);
            }
            (None, _, Some(letter)) => return Ok(letter),
            (None, _, None) => REQUIRED.to_owned(),
            (Some(_), None, _) => format!(
                "This value must be one of the following characters: {}.\n",
                letters.join(", ")
            ),
            _ => format!(
                "This value must be a single character, one of the following: {}.\n",
                letters.join(", ")
            ),
        };
        prompt.say(&complaint)?;
    }
}

/// Asks yes or no.
///
/// # Errors
/// Those of the prompt.
pub fn yes(prompt: &mut dyn Prompt, default: bool) -> Result<bool, CommandError> {
    let menu = [('y', "Yes"), ('n', "No")];
    let default = if default { 'y' } else { 'n' };
    Ok(letter(prompt, &menu, Some(default))? == 'y')
}

/// Asks for one answer of a list, by number or as it is written.
///
/// # Errors
/// Those of the prompt.
pub fn one_of(prompt: &mut dyn Prompt, list: &List<'_>) -> Result<String, CommandError> {
    let own = if list.closed {
        "an existing"
    } else {
        "your own"
    };
    let mut lines = format!("Choose a number from below, or type in {own} value.\n");
    if let Some(default) = list.default {
        let _ = writeln!(lines, "Press Enter for the default ({default}).");
    }
    for (number, choice) in (1..).zip(list.choices) {
        let _ = if choice.help.is_empty() {
            writeln!(lines, "{number:2} > {}", choice.value)
        } else {
            writeln!(
                lines,
                "{number:2} / {}\n   \\ ({})",
                choice.help, choice.value
            )
        };
    }
    prompt.say(&lines)?;
    let question = format!("{}> ", list.name);
    loop {
        let answer = prompt.line(&question)?;
        if answer.is_empty() {
            match list.default {
                Some(default) => return Ok(default.to_owned()),
                None => prompt.say(REQUIRED)?,
            }
        } else if let Ok(number) = answer.parse::<usize>() {
            match number.checked_sub(1).and_then(|at| list.choices.get(at)) {
                Some(choice) => return Ok(choice.value.to_owned()),
                None => prompt.say("No choices with this number.\n")?,
            }
        } else if list.closed && list.choices.iter().all(|choice| choice.value != answer) {
            prompt.say("This value must match an existing value.\n")?;
        } else {
            return Ok(answer);
        }
    }
}

/// Asks for a whole number.
///
/// # Errors
/// Those of the prompt.
pub fn number(
    prompt: &mut dyn Prompt,
    name: &str,
    range: RangeInclusive<usize>,
) -> Result<usize, CommandError> {
    loop {
        match prompt.line(&format!("{name}> "))?.parse::<usize>() {
            Ok(number) if range.contains(&number) => return Ok(number),
            Ok(_) => prompt.say(&format!(
                "Out of range - {} to {} inclusive\n",
                range.start(),
                range.end()
            ))?,
            Err(error) => prompt.say(&format!("Bad number: {error}\n"))?,
        }
    }
}

/// Asks for a text in one line; `empty` tells whether none is an answer, and
/// `check` turns the answer into its usual form or says what is wrong with it.
/// The question is repeated with the prompt.
///
/// # Errors
/// Those of the prompt.
pub fn text(
    prompt: &mut dyn Prompt,
    name: &str,
    question: &str,
    default: Option<&str>,
    check: &dyn Fn(&str) -> Result<String, String>,
) -> Result<String, CommandError> {
    loop {
        prompt.say(&format!("{question}\n"))?;
        let answer = loop {
            let answer = prompt.line(&format!("{name}> "))?;
            match default {
                Some(default) if answer.is_empty() => return Ok(default.to_owned()),
                None if answer.is_empty() => prompt.say(REQUIRED)?,
                _ => break answer,
            }
        };
        match check(&answer) {
            Ok(answer) => return Ok(answer),
            Err(why) => prompt.say(&format!("Failed to parse {answer:?}: {why}\n"))?,
        }
    }
}

/// Asks for a password twice, until both are the same.
///
/// # Errors
/// Those of the prompt.
pub fn password_twice(prompt: &mut dyn Prompt, which: &str) -> Result<Secret, CommandError> {
    loop {
        let first = password(prompt, &format!("Enter {which} password:"))?;
        let second = password(prompt, &format!("Confirm {which} password:"))?;
        if first == second {
            return Ok(first);
        }
        prompt.remark("Passwords do not match!");
    }
}

/// Asks for a password until there is something in it.
///
/// # Errors
/// Those of the prompt.
pub fn password(prompt: &mut dyn Prompt, title: &str) -> Result<Secret, CommandError> {
    loop {
        let password = prompt.password(title)?;
        let text = password.expose();
        if text.trim().is_empty() {
            prompt.remark("Bad password: no characters in password");
            continue;
        }
        if text.trim() != text {
            prompt.remark("The blanks around this password are taken as part of it.");
        }
        return Ok(password);
    }
}
