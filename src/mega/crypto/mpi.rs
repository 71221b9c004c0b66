//! Big numbers as MEGA stores them (MPI): 2-byte big-endian bit count, then the
//! bytes, big-endian. Some writers round the bit count up to whole bytes.
//! Spec: docs/protocol.md#rsa-key-and-session-id.

use super::CryptoError;

/// No key in use has numbers longer than 4096 bits; more is refused before any
/// arithmetic.
pub const MAX_BITS: usize = 4096;

/// Splits the first MPI's bytes from the rest.
///
/// # Errors
/// [`CryptoError::Mpi`] if it is cut off or longer than [`MAX_BITS`].
pub fn split_mpi(data: &[u8]) -> Result<(&[u8], &[u8]), CryptoError> {
    let (bits, rest) = data.split_first_chunk::<2>().ok_or(CryptoError::Mpi)?;
    let bits = usize::from(u16::from_be_bytes(*bits));
    if bits > MAX_BITS {
        return Err(CryptoError::Mpi);
    }
    rest.split_at_checked(bits.div_ceil(8))
        .ok_or(CryptoError::Mpi)
}

/// Appends a number given as big-endian bytes, with its exact bit count.
pub fn push_mpi(out: &mut Vec<u8>, number: &[u8]) {
    let leading = number.iter().take_while(|b| **b == 0).count();
    let number = number.get(leading..).unwrap_or_default();
    let bits = number
        .first()
        .map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize);
    out.extend_from_slice(&u16::try_from(bits).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(number);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn exact_and_rounded_bit_counts_are_read() {
        assert_eq!(
            split_mpi(&[0, 9, 1, 2, 3]).unwrap(),
            (&[1, 2][..], &[3][..])
        );
        assert_eq!(split_mpi(&[0, 16, 1, 2]).unwrap(), (&[1, 2][..], &[][..]));
        assert_eq!(split_mpi(&[0, 0]).unwrap(), (&[][..], &[][..]));
    }

    #[test]
    fn cut_off_and_oversized_are_refused() {
        for bad in [&[][..], &[0], &[0, 9, 1], &[0x10, 1, 0]] {
            assert_eq!(split_mpi(bad), Err(CryptoError::Mpi));
        }
    }

    #[test]
    fn leading_zeros_are_not_written() {
        let mut out = Vec::new();
        push_mpi(&mut out, &[0, 1, 2]);
        push_mpi(&mut out, &[0]);
        assert_eq!(out, [0, 9, 1, 2, 0, 0]);
    }
}
