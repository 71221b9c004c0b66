//! Content kernel without processor-specific code: eight lanes.
//!
//! The block cipher gives its backend once for a whole stretch, and one block
//! of each lane follows the other: the chains do not depend on each other, so
//! the processor overlaps them. On machines with AES instructions the `aes`
//! crate uses them, this kernel then reaches about a third of the fused ones.

use aes::Aes128;
use cipher::{
    Array, Block, BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser,
    StreamCipher,
};

use super::lanes::{Direction, Work};
use super::{Ctr, counter_block, keystream};

const LANES: usize = 8;
/// The kernel takes any whole number of blocks.
pub(super) const STEP: usize = 16;
/// Bytes of each lane that are ciphered before the MAC sees them, or after:
/// all lanes' stretches stay in the first-level cache.
const STRETCH: usize = 2048;

/// Walks whole blocks: lanes are of one length, or empty.
pub(super) fn run(
    aes: &Aes128,
    nonce: &[u8; 8],
    direction: Direction,
    work: &mut [Work<'_>; LANES],
) {
    let mut streams = work
        .each_ref()
        .map(|w| keystream(aes, counter_block(nonce, w.block)));
    let mut macs = work.each_ref().map(|w| Array(w.mac));
    let length = work.iter().map(|w| w.data.len()).max().unwrap_or(0);
    for start in (0..length).step_by(STRETCH) {
        let end = length.min(start + STRETCH);
        let mut stretch = work
            .each_mut()
            .map(|w| w.data.get_mut(start..end).unwrap_or_default());
        if direction == Direction::Decrypt {
            apply(&mut streams, &mut stretch);
        }
        let blocks = stretch.each_ref().map(|data| data.as_chunks::<16>().0);
        aes.encrypt_with_backend(MacStep {
            macs: &mut macs,
            blocks,
        });
        if direction == Direction::Encrypt {
            apply(&mut streams, &mut stretch);
        }
    }
    for (w, mac) in work.iter_mut().zip(macs) {
        w.mac = mac.0;
    }
}

fn apply(streams: &mut [Ctr; LANES], data: &mut [&mut [u8]; LANES]) {
    for (stream, data) in streams.iter_mut().zip(data) {
        stream.apply_keystream(data);
    }
}

/// Continues all lanes' CBC-MACs over one stretch.
struct MacStep<'a> {
    macs: &'a mut [Block<Aes128>; LANES],
    blocks: [&'a [[u8; 16]]; LANES],
}

impl BlockSizeUser for MacStep<'_> {
    type BlockSize = <Aes128 as BlockSizeUser>::BlockSize;
}

impl BlockCipherEncClosure for MacStep<'_> {
    // must end up inside the function that enables the AES instructions
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = Self::BlockSize>>(self, backend: &B) {
        let steps = self.blocks.iter().map(|lane| lane.len()).max().unwrap_or(0);
        for i in 0..steps {
            for (mac, lane) in self.macs.iter_mut().zip(&self.blocks) {
                if let Some(block) = lane.get(i) {
                    // as one number: byte by byte, the cipher would have to
                    // wait until sixteen stores have reached the cache
                    let sum = u128::from_ne_bytes(mac.0) ^ u128::from_ne_bytes(*block);
                    mac.0 = sum.to_ne_bytes();
                    backend.encrypt_block_inplace(mac);
                }
            }
        }
    }
}
