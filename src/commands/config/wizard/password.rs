//! A password: typed twice, generated, or left as it is.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use super::broken;
use crate::commands::dialogue::{Prompt, ask};
use crate::config::{ConfigError, Secret};
use crate::exit::CommandError;

/// What stands in the place of a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::commands::config) enum Without {
    /// Nothing can.
    Required,
    /// None at all.
    Blank,
    /// The one that is set.
    Kept,
}

/// Asks what the password shall be; `None` leaves it as it is.
///
/// # Errors
/// Those of the prompt; the system gives no random numbers.
pub(in crate::commands::config) fn choose(
    prompt: &mut dyn Prompt,
    without: Without,
) -> Result<Option<Secret>, CommandError> {
    let mut menu = vec![
        ('y', "Yes, type in my own password"),
        ('g', "Generate random password"),
    ];
    let none = match without {
        Without::Required => None,
        Without::Blank => Some("No, leave this optional password blank"),
        Without::Kept => Some("No, keep existing"),
    };
    menu.extend(none.map(|text| ('n', text)));
    let default = none.map(|_| 'n');
    let hint = if default.is_some() {
        " Press Enter for the default (n)."
    } else {
        ""
    };
    prompt.say(&format!("Choose an alternative below.{hint}\n"))?;
    match ask::letter(prompt, &menu, default)? {
        'y' => ask::password_twice(prompt, "the").map(Some),
        'g' => generated(prompt).map(Some),
        _ => Ok(None),
    }
}

fn generated(prompt: &mut dyn Prompt) -> Result<Secret, CommandError> {
    loop {
        prompt.say(
            "Password strength in bits.\n\
             64 can be remembered with some effort\n\
             128 is secure\n\
             1024 is the most there is\n",
        )?;
        let bits = ask::number(prompt, "Bits", 64..=1024)?;
        let password = random(bits)?;
        prompt.say(&format!("Your password is: {}\n", password.expose()))?;
        prompt.say(
            "Use this password? Write it down in a safe place: the configuration keeps\n\
             it in a form that is hidden from a glance, for megarc and not for you. It\n\
             has to be the password of the account, too.\n",
        )?;
        if ask::yes(prompt, true)? {
            return Ok(password);
        }
    }
}

/// As many random bits, rounded up to bytes, in letters.
fn random(bits: usize) -> Result<Secret, CommandError> {
    let mut bytes = Zeroizing::new(vec![0; bits.div_ceil(8)]);
    getrandom::fill(&mut bytes).map_err(|e| broken(&ConfigError::Random(e.to_string())))?;
    Ok(Secret::new(URL_SAFE_NO_PAD.encode(&*bytes)))
}
