//! Sizes as text, in rclone's two forms.

use std::fmt;

const UNITS: [(u32, &str); 6] = [
    (60, "Ei"),
    (50, "Pi"),
    (40, "Ti"),
    (30, "Gi"),
    (20, "Mi"),
    (10, "Ki"),
];

/// A number of bytes. Its `Display` is rclone's short form: `12`,
/// `120.562Ki`, `16Mi`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Size {
    /// The long form: `12 B`, `120.562 KiB`, `16 MiB`.
    #[must_use]
    pub fn long(self) -> String {
        let (number, unit) = self.parts();
        format!("{number} {unit}B")
    }

    /// The number in the largest unit that it fills, and the unit: exact
    /// multiples lose the fraction.
    #[must_use]
    pub fn parts(self) -> (String, &'static str) {
        let Some((shift, unit)) = UNITS.into_iter().find(|(s, _)| self.0 >= 1 << s) else {
            return (self.0.to_string(), "");
        };
        if self.0.trailing_zeros() >= shift {
            return ((self.0 >> shift).to_string(), unit);
        }
        #[expect(clippy::cast_precision_loss, reason = "three decimals are shown")]
        let value = self.0 as f64 / (1_u64 << shift) as f64;
        (format!("{value:.3}"), unit)
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (number, unit) = self.parts();
        write!(f, "{number}{unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_as_rclone_prints_them() {
        for (size, short, long) in [
            (0, "0", "0 B"),
            (1023, "1023", "1023 B"),
            (1024, "1Ki", "1 KiB"),
            (123_455, "120.562Ki", "120.562 KiB"),
            (1_073_741_823, "1024.000Mi", "1024.000 MiB"),
            (16 << 20, "16Mi", "16 MiB"),
        ] {
            assert_eq!(Size(size).to_string(), short);
            assert_eq!(Size(size).long(), long);
        }
    }
}
