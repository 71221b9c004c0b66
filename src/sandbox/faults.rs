//! The fault language: what goes wrong, where, and when. Pure: nothing here
//! touches a socket; the server asks [`Injector`] and does what it is told.
//!
//! ```text
//! faults = item { ("," | ";" | " ") item }
//! item   = "seed=" number  |  point ":" fault { when }
//! ```
//!
//! **Points**
//!
//! | text | is |
//! | --- | --- |
//! | `cs` | every API request; with a command fault: every command |
//! | `cs.<name>` | API requests with that command among theirs (`cs.p`, `cs.us`, `cs.f`) |
//! | `login` | `us0` and `us` |
//! | `sc` | the event channel |
//! | `wait` | the address that event channel answers name |
//! | `up` | an upload piece |
//! | `down` | a download piece |
//! | `any` | every request of all the above |
//!
//! **Faults of a request**
//!
//! | text | what happens |
//! | --- | --- |
//! | `-3` | a bare error code is answered, nothing is carried out |
//! | `500` | that HTTP status (400 … 599), nothing is carried out |
//! | `509=30` | transfer quota used up, with the seconds to wait |
//! | `402=192` | hashcash of that easiness is demanded first |
//! | `refuse` | the connection closes before the request is read |
//! | `hangup=N` | it closes after N bytes of the request's body |
//! | `reset` | it closes after the whole request; nothing is carried out |
//! | `lose` | the request is carried out, the answer is lost |
//! | `cut=N` | the connection closes after N bytes of the answer's body |
//! | `short=N`, `long=N` | the body lacks N bytes, or has N more, and says so |
//! | `length=N` | Content-Length promises N bytes more than come (-N: fewer) |
//! | `shift=N` | a download's bytes come from N further on |
//! | `flip` | one bit of the body is flipped; of a piece sent up: before it is stored |
//! | `empty`, `garbage` | the body is empty, or not what the protocol says |
//! | `stall=MS`, `delay=MS` | silence in the middle of the answer, or before it |
//! | `slow=N` | N bytes a second |
//! | `expired` | the storage address of this request is dead from now on |
//!
//! **Faults of one command** (the rest of its batch goes on)
//!
//! | text | what happens |
//! | --- | --- |
//! | `[-3]` | that code stands in the answer's array, the command is not run |
//! | `quota=30` | `g` says that the transfer quota is used up, with seconds |
//! | `flip=key`, `flip=attr` | one bit of a node's key or attributes is flipped in the answer |
//!
//! **When**: nothing: always. `*2`: the first two times. `@3`: the third time
//! only; `@3+`: from the third on; `@3-5`: third to fifth. `/4`: every fourth
//! time. `%10`: with a probability of 10 percent (decimals allowed), from the
//! seed. Several are all to hold: `@5+%10`. Each item counts its own point's
//! events; the first item that is due decides.
//!
//! Example: `cs:-3*2,up:-4@2,down:flip@1;seed=7`

mod inject;
mod parse;

pub use inject::{At, Injector};
pub use parse::ParseError;

use std::time::Duration;

/// A parsed list of faults.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Faults {
    rules: Vec<Rule>,
    seed: u64,
}

/// What befalls a whole request.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// A bare error code as the body; nothing is carried out.
    Code(i64),
    /// An HTTP status; nothing is carried out.
    Status(u16),
    /// HTTP 509 with the seconds to wait, if given.
    OverQuota(Option<u64>),
    /// HTTP 402 with a hashcash challenge of this easiness.
    Hashcash(u8),
    /// Close before reading the request.
    Refuse,
    /// Close after this many bytes of the request's body.
    Hangup(u64),
    /// Read the request, then close without carrying it out.
    Reset,
    /// Carry the request out, then close without an answer.
    Lose,
    /// Close after this many bytes of the answer's body.
    Cut(u64),
    /// Answer this many bytes fewer, consistently.
    Short(u64),
    /// Answer this many bytes more, consistently.
    Long(u64),
    /// Promise this many bytes more in Content-Length than are sent.
    Length(i64),
    /// Answer the bytes that stand this much further on.
    Shift(u64),
    /// Flip one bit; pass the number to [`flip_bit`].
    Flip(u64),
    /// Answer with an empty body.
    Empty,
    /// Answer with bytes that mean nothing.
    Garbage,
    /// Fall silent in the middle of the answer.
    Stall(Duration),
    /// Fall silent before the answer.
    Delay(Duration),
    /// Answer at this many bytes a second.
    Slow(u64),
    /// Let the storage address die.
    Expired,
}

/// What befalls one command of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum CommandFault {
    /// This code instead of running the command.
    Code(i64),
    /// `g`: transfer quota used up, seconds to wait.
    OverQuota(u64),
    /// Flip one bit of a node key in the answer; pass the number to [`flip_bit`].
    FlipKey(u64),
    /// Flip one bit of a node's attributes in the answer.
    FlipAttributes(u64),
}

/// Flips the bit that a fault's number stands for. Does nothing to no bytes.
pub fn flip_bit(bytes: &mut [u8], number: u64) {
    let bits = bytes.len() as u64 * 8;
    if let Some(bit) = number.checked_rem(bits)
        && let Some(byte) = bytes.get_mut((bit / 8) as usize)
    {
        *byte ^= 1 << (bit % 8);
    }
}

impl Faults {
    /// Reads the language of the module's header.
    ///
    /// # Errors
    /// Names the position and what was expected there.
    pub fn parse(text: &str) -> Result<Faults, ParseError> {
        parse::faults(text)
    }

    /// Whether nothing ever goes wrong.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

impl std::str::FromStr for Faults {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Faults, ParseError> {
        Faults::parse(text)
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Rule {
    point: Point,
    effect: Effect,
    when: Vec<When>,
}

#[derive(Debug, Clone, PartialEq)]
enum Point {
    Api,
    Command(String),
    Login,
    Events,
    Wait,
    Upload,
    Download,
    Any,
}

#[derive(Debug, Clone, PartialEq)]
enum Effect {
    Request(Fault),
    Command(CommandFault),
}

#[derive(Debug, Clone, PartialEq)]
enum When {
    First(u64),
    Range(u64, u64),
    Every(u64),
    /// Out of a million.
    Chance(u64),
}
