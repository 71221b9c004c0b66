//! Decides, event by event, whether a fault is due.

use std::sync::{Mutex, PoisonError};

use super::{CommandFault, Effect, Fault, Faults, Point, Rule, When};

/// Where a request arrived.
#[derive(Debug, Clone, Copy)]
pub enum At<'a> {
    /// `/cs`, with the names of its commands.
    Api(&'a [&'a str]),
    /// `/sc` and `/wsc`.
    Events,
    /// The address an event answer named.
    Wait,
    /// An upload piece.
    Upload,
    /// A download piece.
    Download,
}

/// A fault list and how often each of its items was met.
///
/// The same list, seed and order of events give the same faults.
#[derive(Debug, Default)]
pub struct Injector(Mutex<(Faults, Vec<u64>)>);

impl Injector {
    /// Starts counting.
    pub fn new(faults: Faults) -> Injector {
        let injector = Injector::default();
        injector.set(faults);
        injector
    }

    /// Replaces the list and starts counting anew.
    pub fn set(&self, faults: Faults) {
        let counts = vec![0; faults.rules.len()];
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (faults, counts);
    }

    /// Asks once for each HTTP request.
    pub fn request(&self, at: At<'_>) -> Option<Fault> {
        self.first_due(|rule, entropy| match &rule.effect {
            Effect::Request(fault) if rule.point.covers(at) => Some(fault.with(entropy)),
            _ => None,
        })
    }

    /// Asks once for each command of a request that is carried out.
    pub fn command(&self, name: &str) -> Option<CommandFault> {
        self.first_due(|rule, entropy| match &rule.effect {
            Effect::Command(fault) if rule.point.covers(At::Api(&[name])) => {
                Some(fault.with(entropy))
            }
            _ => None,
        })
    }

    /// Counts the event for every rule it concerns; the first due one decides.
    fn first_due<T>(&self, concerns: impl Fn(&Rule, u64) -> Option<T>) -> Option<T> {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (faults, counts) = &mut *guard;
        let mut first = None;
        for (index, (rule, count)) in faults.rules.iter().zip(counts).enumerate() {
            let entropy = mix(faults.seed, index as u64, *count + 1);
            if let Some(fault) = concerns(rule, entropy) {
                *count += 1;
                if first.is_none() && rule.is_due(*count, entropy) {
                    first = Some(fault);
                }
            }
        }
        first
    }
}

impl Point {
    fn covers(&self, at: At<'_>) -> bool {
        match (self, at) {
            (Point::Any, _) | (Point::Api, At::Api(_)) => true,
            (Point::Command(name), At::Api(commands)) => commands.contains(&name.as_str()),
            (Point::Login, At::Api(commands)) => {
                commands.iter().any(|name| ["us0", "us"].contains(name))
            }
            (Point::Events, At::Events) | (Point::Wait, At::Wait) => true,
            (Point::Upload, At::Upload) | (Point::Download, At::Download) => true,
            _ => false,
        }
    }
}

impl Rule {
    /// Whether the `count`th event (from 1) is one of those named.
    fn is_due(&self, count: u64, entropy: u64) -> bool {
        self.when.iter().all(|when| match when {
            When::First(times) => count <= *times,
            When::Range(from, to) => (*from..=*to).contains(&count),
            When::Every(every) => count.is_multiple_of(*every),
            When::Chance(millionths) => entropy % 1_000_000 < *millionths,
        })
    }
}

impl Fault {
    fn with(&self, entropy: u64) -> Fault {
        match self {
            Fault::Flip(_) => Fault::Flip(entropy >> 20),
            other => other.clone(),
        }
    }
}

impl CommandFault {
    fn with(&self, entropy: u64) -> CommandFault {
        match self {
            CommandFault::FlipKey(_) => CommandFault::FlipKey(entropy >> 20),
            CommandFault::FlipAttributes(_) => CommandFault::FlipAttributes(entropy >> 20),
            other => other.clone(),
        }
    }
}

/// A number that looks random but depends on nothing else (splitmix64).
fn mix(seed: u64, rule: u64, count: u64) -> u64 {
    let mut state = seed;
    for word in [rule, count] {
        state = state.wrapping_add(word).wrapping_add(0x9E37_79B9_7F4A_7C15);
        state = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        state ^= state >> 31;
    }
    state
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn hits(faults: &str, events: usize) -> Vec<usize> {
        let injector = Injector::new(Faults::parse(faults).unwrap());
        (1..=events)
            .filter(|_| injector.request(At::Api(&["p", "a"])).is_some())
            .collect()
    }

    #[test]
    fn each_condition_names_its_events() {
        assert_eq!(hits("cs:-3", 3), [1, 2, 3]);
        assert_eq!(hits("cs:-3*2", 4), [1, 2]);
        assert_eq!(hits("cs.p:-3@3", 5), [3]);
        assert_eq!(hits("any:500@2-3", 5), [2, 3]);
        assert_eq!(hits("cs.a:500/2", 5), [2, 4]);
        assert_eq!(hits("cs:500@2+/2", 5), [2, 4]);
        assert_eq!(hits("cs:500%100", 3), [1, 2, 3]);
        assert_eq!(hits("cs:500%0,cs.f:500,login:500,up:500", 3), [0; 0]);
    }

    #[test]
    fn chance_follows_the_seed() {
        let first = hits("cs:500%10;seed=1", 2000);
        assert_eq!(first, hits("cs:500%10;seed=1", 2000));
        assert_ne!(first, hits("cs:500%10;seed=2", 2000));
        assert!((150..250).contains(&first.len()), "{}", first.len());
    }

    #[test]
    fn the_first_due_item_decides_and_all_count() {
        let injector = Injector::new(Faults::parse("cs:-3@1,cs:500@2,cs.p:[-9]").unwrap());
        let at = At::Api(&["p"]);
        assert_eq!(injector.request(at), Some(Fault::Code(-3)));
        assert_eq!(injector.request(at), Some(Fault::Status(500)));
        assert_eq!(injector.request(at), None);
        assert_eq!(injector.command("p"), Some(CommandFault::Code(-9)));
        assert_eq!(injector.command("f"), None);
        assert_eq!(injector.request(At::Upload), None);
    }

    #[test]
    fn a_flip_names_one_bit() {
        let injector = Injector::new(Faults::parse("down:flip;seed=3").unwrap());
        let flips: Vec<Fault> = (0..3)
            .map(|_| injector.request(At::Download).unwrap())
            .collect();
        assert_ne!(flips[0], flips[1]);
        let mut bytes = [0_u8; 5];
        let Fault::Flip(number) = flips[2] else {
            panic!("not a flip")
        };
        super::super::flip_bit(&mut bytes, number);
        assert_eq!(bytes.iter().map(|byte| byte.count_ones()).sum::<u32>(), 1);
        super::super::flip_bit(&mut [], 5);
    }
}
