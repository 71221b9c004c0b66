//! The questions of the wizard as JSON, one a run, for programs that ask them
//! in windows of their own: rclone's `--non-interactive`.
//!
//! A question names its state; the answer comes back with it
//! (`--continue --state S --result R`) and brings the next question. The last
//! one has no state.

use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Value, json};

use super::pairs::{self, hide};
use super::section;
use super::wizard::login::log_in;
use super::wizard::options::canonical;
use crate::commands::Context;
use crate::config::kinds::{self, Kind, OptionInfo, SECOND_FACTOR, ValueKind};
use crate::config::{Secret, Section};
use crate::exit::CommandError;

/// The question whether the advanced options are asked for.
const ADVANCED: &str = "*all-advanced";
/// The question for an option: its number and whether it is an advanced one.
const SET: &str = "*all-set";

/// A question, or the word that there is none.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Question {
    state: String,
    option: Option<Value>,
    error: String,
    result: String,
}

impl Question {
    /// As rclone prints it.
    pub(super) fn json(&self) -> Result<String, CommandError> {
        let mut json = Vec::new();
        let format = PrettyFormatter::with_indent(b"\t");
        self.serialize(&mut Serializer::with_formatter(&mut json, format))
            .map_err(|e| CommandError::run(e.to_string()))?;
        Ok(String::from_utf8_lossy(&json).into_owned() + "\n")
    }
}

/// The questions about one remote.
pub(super) struct Questions<'a> {
    /// The command that was called, for complaints.
    pub(super) command: &'a str,
    /// The name of the remote.
    pub(super) remote: &'a str,
    /// Options of the command line: they are not asked for.
    pub(super) given: &'a [(String, String)],
    /// Whether anything is asked at all.
    pub(super) all: bool,
    /// The surroundings.
    pub(super) ctx: &'a Context,
}

impl Questions<'_> {
    /// The first question.
    pub(super) fn first(&self) -> Question {
        match self.kind() {
            Some(kind) if self.all => self.from(kind, 0, false),
            _ => Question::default(),
        }
    }

    /// Takes an answer and returns the next question: the same one with an
    /// error, where the answer is none.
    ///
    /// # Errors
    /// There is no such state, or the file cannot be written.
    pub(super) async fn answer(&self, state: &str, result: &str) -> Result<Question, CommandError> {
        let unknown = || {
            let why = format!("internal error: no question has the state {state:?}");
            self.ctx.refuse(self.command, &why)
        };
        if state.is_empty() {
            return Ok(self.first());
        }
        let kind = self.kind().ok_or_else(unknown)?;
        if state == ADVANCED {
            return Ok(match result {
                "true" => self.from(kind, 0, true),
                "" | "false" => Question::default(),
                _ => Question {
                    error: "it has to be true or false".to_owned(),
                    ..advanced()
                },
            });
        }
        let words: Vec<&str> = state.split(',').collect();
        let &[SET, number, advanced] = words.as_slice() else {
            return Err(unknown());
        };
        let number: usize = number.parse().map_err(|_| unknown())?;
        let advanced: bool = advanced.parse().map_err(|_| unknown())?;
        let option = kind.options.get(number).filter(|option| !option.hidden);
        let option = option.ok_or_else(unknown)?;
        match self.set(option, result).await? {
            Ok(()) => Ok(self.from(kind, number + 1, advanced)),
            Err(error) => Ok(Question {
                error,
                ..self.question(number, option, advanced)
            }),
        }
    }

    /// Stores one answer; the inner error says why it is none.
    async fn set(
        &self,
        option: &OptionInfo,
        answer: &str,
    ) -> Result<Result<(), String>, CommandError> {
        let set = self
            .section()
            .get(option.name)
            .is_some_and(|v| !v.is_empty());
        if option.name == SECOND_FACTOR {
            if answer.is_empty() {
                return Ok(Ok(()));
            }
            let code = Some(Secret::new(answer));
            let logged_in = log_in(&self.ctx.opener, self.remote, code).await;
            return Ok(logged_in.map(drop).map_err(|error| error.to_string()));
        }
        let password = option.value == ValueKind::Password;
        if answer.is_empty() && option.required && !(set && password) {
            return Ok(Err(
                "This value is required and it has no default.".to_owned()
            ));
        }
        if answer.is_empty() && password {
            return Ok(Ok(()));
        }
        let value = if password {
            hide(answer)?
        } else if answer.is_empty() {
            option.default.to_owned()
        } else {
            match canonical(option, answer) {
                Ok(value) => value,
                Err(why) => return Ok(Err(format!("Failed to parse {answer:?}: {why}"))),
            }
        };
        if value == option.default {
            let removed = self.ctx.opener.config().edit(|draft| {
                draft.unset(self.remote, option.name);
                Ok(())
            });
            removed.map_err(|e| super::broken(&e))?;
        } else {
            pairs::store(self.remote, &[(option.name.to_owned(), value)], self.ctx)?;
        }
        Ok(Ok(()))
    }

    /// The question for the first option from `number` on that is asked for.
    fn from(&self, kind: &Kind, number: usize, advanced_ones: bool) -> Question {
        let given = |name: &str| self.given.iter().any(|(key, _)| key == name);
        let next = kind
            .options
            .iter()
            .enumerate()
            .skip(number)
            .find(|(_, o)| !o.hidden && o.advanced == advanced_ones && !given(o.name));
        match next {
            Some((number, option)) => self.question(number, option, advanced_ones),
            None => advanced(),
        }
    }

    fn question(&self, number: usize, option: &OptionInfo, advanced: bool) -> Question {
        let section = self.section();
        // A password leaves the program in no form.
        let secret = option.value == ValueKind::Password || option.name == SECOND_FACTOR;
        let value = section.get(option.name).filter(|_| !secret);
        let value = value.filter(|v| !v.is_empty()).unwrap_or(option.default);
        let choices = option.choices.iter();
        let choices = choices.map(|(value, help)| (*value, *help)).collect();
        Question {
            state: format!("{SET},{number},{advanced}"),
            option: Some(described(option, value, choices)),
            ..Question::default()
        }
    }

    fn section(&self) -> Section {
        section::find(self.remote, self.ctx)
    }

    fn kind(&self) -> Option<&'static Kind> {
        self.section().get("type").and_then(kinds::kind)
    }
}

/// The question whether the advanced options are asked for.
fn advanced() -> Question {
    let option = OptionInfo {
        name: "config_fs_advanced",
        help: "Edit advanced config?",
        value: ValueKind::Bool,
        choices: &[("true", "Yes"), ("false", "No")],
        default: "false",
        required: false,
        advanced: false,
        sensitive: false,
        hidden: false,
    };
    Question {
        state: ADVANCED.to_owned(),
        option: Some(described(&option, "false", option.choices.to_vec())),
        ..Question::default()
    }
}

/// What rclone calls an option that is never asked for.
const HIDDEN: u8 = 3;

/// An option in the form of rclone's JSON.
pub(super) fn described(option: &OptionInfo, value: &str, choices: Vec<(&str, &str)>) -> Value {
    let (kind, default) = match option.value {
        ValueKind::Bool => ("bool", json!(value == "true")),
        ValueKind::Encoding => ("Encoding", json!(value)),
        _ => ("string", json!(value)),
    };
    let mut described = json!({
        "Name": option.name,
        "FieldName": "",
        "Help": option.help,
        "Default": default,
        "Value": null,
        "Hide": if option.hidden { HIDDEN } else { 0 },
        "Required": option.required,
        "IsPassword": option.value == ValueKind::Password,
        "NoPrefix": false,
        "Advanced": option.advanced,
        "Exclusive": !choices.is_empty(),
        "Sensitive": option.sensitive,
        "DefaultStr": value,
        "ValueStr": value,
        "Type": kind,
    });
    if let Some(fields) = described.as_object_mut().filter(|_| !choices.is_empty()) {
        let examples = choices.iter();
        let examples = examples.map(|(value, help)| json!({ "Value": value, "Help": help }));
        fields.insert("Examples".to_owned(), examples.collect());
    }
    described
}
