//! The ladder of chunks: 128 KiB, 256 KiB … 1 MiB, then 1 MiB for ever.

/// Smallest chunk, in bytes, and the step by which the first eight grow.
pub const STEP: u64 = 131_072;

/// Lists the chunks of a file as (offset, length), in order.
///
/// An empty file has none.
pub fn table(size: u64) -> impl Iterator<Item = (u64, u64)> {
    let mut offset = 0;
    (1..).map_while(move |number: u64| {
        let start = offset;
        let length = (number.min(8) * STEP).min(size - start);
        offset += length;
        (length > 0).then_some((start, length))
    })
}

/// Whether a chunk begins at this offset.
pub fn is_start(offset: u64) -> bool {
    let regular = 36 * STEP;
    if offset >= regular {
        return (offset - regular).is_multiple_of(8 * STEP);
    }
    // the first eight chunks begin at the triangular numbers
    let mut start = 0;
    (1..=8).any(|number| {
        let here = start == offset;
        start += number * STEP;
        here
    })
}

/// Whether a piece `offset..offset + length` of a file is made of whole chunks.
pub fn is_whole(offset: u64, length: u64, size: u64) -> bool {
    let Some(end) = offset.checked_add(length) else {
        return false;
    };
    let empty_file = size == 0 && offset == 0 && length == 0;
    empty_file || (length > 0 && end <= size && is_start(offset) && (end == size || is_start(end)))
}
