//! Text → [`Faults`], with the position of what is wrong.

use std::time::Duration;

use super::{CommandFault, Effect, Fault, Faults, Point, Rule, When};

/// A fault list that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("fault list, character {}: {what}", position + 1)]
pub struct ParseError {
    /// Offset in bytes from the start of the text.
    pub position: usize,
    /// What is wrong there.
    pub what: String,
}

pub(super) fn faults(text: &str) -> Result<Faults, ParseError> {
    let mut faults = Faults::default();
    let mut position = 0;
    for item in text.split([',', ';', ' ']) {
        if let Some(seed) = item.strip_prefix("seed=") {
            faults.seed = number(seed, position + 5)?;
        } else if !item.is_empty() {
            faults.rules.push(rule(item, position)?);
        }
        position += item.len() + 1;
    }
    Ok(faults)
}

fn rule(item: &str, position: usize) -> Result<Rule, ParseError> {
    let Some((place, rest)) = item.split_once(':') else {
        return error(
            position,
            format!("'{item}' has no ':' between the place and the fault"),
        );
    };
    let point = point(place, position)?;
    let position = position + place.len() + 1;
    let end = rest.find(['*', '@', '/', '%']).unwrap_or(rest.len());
    let (what, when) = rest.split_at(end);
    let effect = effect(what, position)?;
    if !possible(&effect, &point) {
        return error(position, format!("'{what}' cannot happen at '{place}'"));
    }
    Ok(Rule {
        point,
        effect,
        when: conditions(when, position + end)?,
    })
}

fn point(text: &str, position: usize) -> Result<Point, ParseError> {
    Ok(match text {
        "cs" => Point::Api,
        "login" => Point::Login,
        "sc" => Point::Events,
        "wait" => Point::Wait,
        "up" => Point::Upload,
        "down" => Point::Download,
        "any" => Point::Any,
        _ => match text.strip_prefix("cs.") {
            Some(name) if !name.is_empty() => Point::Command(name.to_owned()),
            _ => {
                let known = "cs, cs.<command>, login, sc, wait, up, down or any";
                return error(position, format!("'{text}' is no place; expected {known}"));
            }
        },
    })
}

fn effect(text: &str, position: usize) -> Result<Effect, ParseError> {
    if let Some(code) = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
    {
        return Ok(Effect::Command(CommandFault::Code(code_number(
            code,
            position + 1,
        )?)));
    }
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => (name, Some((value, position + name.len() + 1))),
        None => (text, None),
    };
    let or = |default: u64| value.map_or(Ok(default), |(text, at)| number(text, at));
    let needed = || match value {
        Some((text, at)) => number(text, at),
        None => error(position, format!("'{name}' needs a number: '{name}=10'")),
    };
    let fault = match name {
        "402" => match u8::try_from(needed()?) {
            Ok(easiness) => Fault::Hashcash(easiness),
            Err(_) => return error(position + 4, "the easiness of a hashcash is 0 to 255"),
        },
        "509" => Fault::OverQuota(value.map(|(text, at)| number(text, at)).transpose()?),
        "hangup" => Fault::Hangup(or(0)?),
        "cut" => Fault::Cut(or(0)?),
        "short" => Fault::Short(or(1)?),
        "long" => Fault::Long(or(1)?),
        "shift" => Fault::Shift(or(16)?),
        "stall" => Fault::Stall(Duration::from_millis(needed()?)),
        "delay" => Fault::Delay(Duration::from_millis(needed()?)),
        "slow" => Fault::Slow(needed()?.max(1)),
        "quota" => return Ok(Effect::Command(CommandFault::OverQuota(or(0)?))),
        "length" => Fault::Length(match value {
            Some((text, at)) => signed(text, at)?,
            None => 1,
        }),
        "flip" => match value {
            None => Fault::Flip(0),
            Some(("key", _)) => return Ok(Effect::Command(CommandFault::FlipKey(0))),
            Some(("attr", _)) => return Ok(Effect::Command(CommandFault::FlipAttributes(0))),
            Some((other, at)) => {
                return error(at, format!("'{other}' is neither 'key' nor 'attr'"));
            }
        },
        _ if value.is_some() => return error(position, format!("'{name}' takes no value")),
        "refuse" => Fault::Refuse,
        "reset" => Fault::Reset,
        "lose" => Fault::Lose,
        "empty" => Fault::Empty,
        "garbage" => Fault::Garbage,
        "expired" => Fault::Expired,
        _ if name.starts_with('-') => Fault::Code(code_number(name, position)?),
        _ => match name.parse() {
            Ok(status @ 400..=599) => Fault::Status(status),
            _ => return error(position, format!("'{name}' is no fault")),
        },
    };
    Ok(Effect::Request(fault))
}

/// Whether the fault has a meaning at that point.
fn possible(effect: &Effect, point: &Point) -> bool {
    let api = matches!(point, Point::Api | Point::Command(_) | Point::Login);
    let storage = matches!(point, Point::Upload | Point::Download);
    match effect {
        Effect::Command(CommandFault::OverQuota(_)) => *point == Point::Command("g".into()),
        Effect::Command(_) => api,
        Effect::Request(Fault::Hashcash(_)) => api,
        Effect::Request(Fault::OverQuota(_) | Fault::Expired) => storage,
        Effect::Request(Fault::Shift(_)) => *point == Point::Download,
        Effect::Request(Fault::Flip(_)) => storage,
        Effect::Request(_) => true,
    }
}

fn conditions(text: &str, position: usize) -> Result<Vec<When>, ParseError> {
    let mut when = Vec::new();
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let at = position + text.len() - rest.len() + 1;
        let tail = &rest[1..];
        let end = tail.find(['*', '@', '/', '%']).unwrap_or(tail.len());
        let (value, next) = tail.split_at(end);
        when.push(match sign {
            '*' => When::First(number(value, at)?),
            '/' => match number(value, at)? {
                0 => return error(at, "every 0th time is never"),
                every => When::Every(every),
            },
            '%' => When::Chance(percent(value, at)?),
            _ => match (value.strip_suffix('+'), value.split_once('-')) {
                (Some(from), _) => When::Range(number(from, at)?, u64::MAX),
                (None, Some((from, to))) => {
                    When::Range(number(from, at)?, number(to, at + from.len() + 1)?)
                }
                (None, None) => {
                    let nth = number(value, at)?;
                    When::Range(nth, nth)
                }
            },
        });
        rest = next;
    }
    Ok(when)
}

fn percent(text: &str, position: usize) -> Result<u64, ParseError> {
    match text.parse::<f64>() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok((percent * 10_000.0).round() as u64),
        _ => error(position, format!("'{text}' is no percentage")),
    }
}

fn code_number(text: &str, position: usize) -> Result<i64, ParseError> {
    match signed(text, position)? {
        code if code < 0 => Ok(code),
        _ => error(position, "an error code is negative"),
    }
}

fn number(text: &str, position: usize) -> Result<u64, ParseError> {
    text.parse()
        .or_else(|_| error(position, format!("'{text}' is no whole number")))
}

fn signed(text: &str, position: usize) -> Result<i64, ParseError> {
    text.parse()
        .or_else(|_| error(position, format!("'{text}' is no whole number")))
}

fn error<T>(position: usize, what: impl Into<String>) -> Result<T, ParseError> {
    Err(ParseError {
        position,
        what: what.into(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn one(text: &str) -> Rule {
        let mut faults = faults(text).unwrap();
        assert_eq!(faults.rules.len(), 1, "{text}");
        faults.rules.remove(0)
    }

    #[test]
    fn every_fault_has_its_word() {
        let ms = Duration::from_millis;
        let table = [
            ("cs:-3", Fault::Code(-3)),
            ("sc:-6", Fault::Code(-6)),
            ("up:-14", Fault::Code(-14)),
            ("down:-14", Fault::Code(-14)),
            ("cs:500", Fault::Status(500)),
            ("down:404", Fault::Status(404)),
            ("down:509", Fault::OverQuota(None)),
            ("down:509=30", Fault::OverQuota(Some(30))),
            ("login:402=255", Fault::Hashcash(255)),
            ("any:refuse", Fault::Refuse),
            ("up:hangup=1000", Fault::Hangup(1000)),
            ("cs.p:reset", Fault::Reset),
            ("cs.p:lose", Fault::Lose),
            ("cs.f:cut=100", Fault::Cut(100)),
            ("down:short=5", Fault::Short(5)),
            ("down:long", Fault::Long(1)),
            ("down:length=-7", Fault::Length(-7)),
            ("down:shift=16", Fault::Shift(16)),
            ("down:flip", Fault::Flip(0)),
            ("wait:empty", Fault::Empty),
            ("up:garbage", Fault::Garbage),
            ("down:stall=200", Fault::Stall(ms(200))),
            ("cs:delay=50", Fault::Delay(ms(50))),
            ("down:slow=1024", Fault::Slow(1024)),
            ("up:expired", Fault::Expired),
        ];
        for (text, fault) in table {
            assert_eq!(one(text).effect, Effect::Request(fault), "{text}");
        }
        let table = [
            ("cs.p:[-17]", CommandFault::Code(-17)),
            ("cs:[-3]", CommandFault::Code(-3)),
            ("cs.g:quota=60", CommandFault::OverQuota(60)),
            ("cs.f:flip=key", CommandFault::FlipKey(0)),
            ("cs.f:flip=attr", CommandFault::FlipAttributes(0)),
        ];
        for (text, fault) in table {
            assert_eq!(one(text).effect, Effect::Command(fault), "{text}");
        }
    }

    #[test]
    fn conditions_are_read_together() {
        let table: [(&str, &[When]); 6] = [
            ("cs:-3", &[]),
            ("cs:-3*2", &[When::First(2)]),
            ("cs:500@3", &[When::Range(3, 3)]),
            ("up:-4@3-5", &[When::Range(3, 5)]),
            ("up:lose/4", &[When::Every(4)]),
            (
                "any:reset@5+%0.5",
                &[When::Range(5, u64::MAX), When::Chance(5_000)],
            ),
        ];
        for (text, when) in table {
            assert_eq!(one(text).when, when, "{text}");
        }
        let list = faults("cs:-3*2,up:-4@2, down:flip@1;seed=7").unwrap();
        assert_eq!((list.rules.len(), list.seed), (3, 7));
        assert_eq!(faults("").unwrap(), Faults::default());
    }

    #[test]
    fn errors_point_at_the_place() {
        let table = [
            ("cs", 0, "no ':'"),
            ("moon:-3", 0, "no place"),
            ("cs.:-3", 0, "no place"),
            ("cs:-3,up:boom", 9, "no fault"),
            ("cs:3", 3, "no fault"),
            ("cs:600", 3, "no fault"),
            ("cs:[3]", 4, "negative"),
            ("cs:402", 3, "needs a number"),
            ("cs:402=256", 7, "0 to 255"),
            ("cs:-3*x", 6, "no whole number"),
            ("cs:-3@2-", 8, "no whole number"),
            ("cs:-3/0", 6, "never"),
            ("cs:-3%101", 6, "no percentage"),
            ("down:flip=name", 10, "neither"),
            ("cs:reset=3", 3, "takes no value"),
            ("seed=x", 5, "no whole number"),
            ("cs:flip", 3, "cannot happen"),
            ("up:[-3]", 3, "cannot happen"),
            ("cs:509=3", 3, "cannot happen"),
            ("up:shift=3", 3, "cannot happen"),
        ];
        for (text, position, what) in table {
            let error = faults(text).unwrap_err();
            assert_eq!(error.position, position, "{text}: {error}");
            assert!(error.what.contains(what), "{text}: {error}");
        }
    }
}
