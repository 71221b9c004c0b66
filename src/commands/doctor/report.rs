//! What was found, in lines or as JSON.

use serde_json::{Value, json};

use crate::commands::Context;
use crate::exit::CommandError;
use crate::output::Output;
use crate::remote::spec::printable;

/// What is wrong, why probably, and what helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) found: String,
    pub(super) cause: String,
    pub(super) cure: String,
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It works, and this was found.
    Fine(String),
    /// It does not.
    Failed(Failure),
    /// It was not tried, for this reason.
    Skipped(String),
}

/// All steps so far.
pub(super) struct Report<'a> {
    remote: &'a str,
    json: bool,
    output: &'a Output,
    checks: Vec<Value>,
    fine: bool,
}

impl<'a> Report<'a> {
    pub(super) fn new(remote: &'a str, json: bool, ctx: &'a Context) -> Self {
        Self {
            remote,
            json,
            output: &ctx.output,
            checks: Vec::new(),
            fine: true,
        }
    }

    /// Adds a step, and shows it at once; returns whether the next ones have a
    /// chance.
    pub(super) fn add(&mut self, check: &str, outcome: Outcome) -> Result<bool, CommandError> {
        let failed = matches!(outcome, Outcome::Failed(_));
        self.fine &= !failed;
        if self.json {
            self.checks.push(object(check, &outcome));
        } else {
            self.output.text(&lines(check, &outcome))?;
        }
        Ok(!failed)
    }

    /// Ends the report; returns whether all is well.
    pub(super) fn finish(self) -> Result<bool, CommandError> {
        if self.json {
            let report = json!({
                "remote": printable(self.remote),
                "ok": self.fine,
                "checks": self.checks,
            });
            let text = serde_json::to_string_pretty(&report);
            let text = text.map_err(|e| CommandError::run(e.to_string()))?;
            self.output.row(&text)?;
        }
        // After a failure nobody else does it.
        self.output.flush()?;
        Ok(self.fine)
    }
}

fn lines(check: &str, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Fine(found) => format!("{check:<14}ok       {found}\n"),
        Outcome::Skipped(why) => format!("{check:<14}skipped  {why}\n"),
        Outcome::Failed(failure) => format!(
            "{check:<14}FAILED   {}\n{:14}likely cause: {}\n{:14}cure: {}\n",
            failure.found, "", failure.cause, "", failure.cure
        ),
    }
}

fn object(check: &str, outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Fine(found) => json!({"check": check, "state": "ok", "found": found}),
        Outcome::Skipped(why) => json!({"check": check, "state": "skipped", "found": why}),
        Outcome::Failed(failure) => json!({
            "check": check,
            "state": "failed",
            "found": failure.found,
            "cause": failure.cause,
            "cure": failure.cure,
        }),
    }
}
