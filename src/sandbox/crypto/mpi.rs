//! Multi-precision integers: a bit count in two big-endian bytes, then the
//! number in as few big-endian bytes as hold that many bits.

use super::Malformed;

/// Writes a number; leading zero bytes are dropped and the bit count is exact.
pub fn write(number: &[u8]) -> Vec<u8> {
    let start = number
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(number.len());
    let digits = &number[start..];
    let unused = digits
        .first()
        .map_or(0, |byte| byte.leading_zeros() as usize);
    let bits = (digits.len() * 8 - unused) as u16;
    [&bits.to_be_bytes()[..], digits].concat()
}

/// Takes one number off the front of `bytes`.
///
/// # Errors
/// When the bytes end before the number does.
pub fn read<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], Malformed> {
    let (head, rest) = bytes
        .split_first_chunk::<2>()
        .ok_or(Malformed("the MPI has no length"))?;
    let length = usize::from(u16::from_be_bytes(*head)).div_ceil(8);
    let (number, rest) = rest
        .split_at_checked(length)
        .ok_or(Malformed("the MPI is cut off"))?;
    *bytes = rest;
    Ok(number)
}
