//! Sizes to text.

/// A size as statistics show it: `12 B`, `120.589 KiB`, `50 GiB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [(u32, &str); 6] = [
        (60, "EiB"),
        (50, "PiB"),
        (40, "TiB"),
        (30, "GiB"),
        (20, "MiB"),
        (10, "KiB"),
    ];
    let Some((shift, unit)) = UNITS.into_iter().find(|(shift, _)| bytes >> shift > 0) else {
        return format!("{bytes} B");
    };
    if bytes.trailing_zeros() >= shift {
        return format!("{} {unit}", bytes >> shift);
    }
    #[expect(clippy::cast_precision_loss, reason = "three decimals are shown")]
    let value = bytes as f64 / (1_u64 << shift) as f64;
    format!("{value:.3} {unit}")
}
