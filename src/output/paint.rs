//! Colours of names in a listing.

/// A colour, bold, as terminals have had them for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// 31
    Red,
    /// 32
    Green,
    /// 34
    Blue,
    /// 35
    Magenta,
}

impl Paint {
    /// `text` between the sequences that begin and end the colour.
    #[must_use]
    pub fn on(self, text: &str) -> String {
        let number = match self {
            Self::Red => 31,
            Self::Green => 32,
            Self::Blue => 34,
            Self::Magenta => 35,
        };
        format!("\x1b[1;{number}m{text}\x1b[0m")
    }
}
