//! Which chunk goes into which lane: the part that all kernels share.
//!
//! A lane holds one chunk and walks it; when the chunk ends, the lane takes the
//! next one. The longest are taken first, so that lanes end together. Lanes
//! start a little apart from each other: chunk buffers tend to be aligned
//! alike, and lanes that walk in step would meet in the same cache sets.

use super::{ChunkJob, ContentCipher};
#[cfg(test)]
use crate::mega::crypto::keys::ChunkMac;

/// Which way the content goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::mega::crypto) enum Direction {
    /// Plaintext in, ciphertext out.
    Encrypt,
    /// Ciphertext in, plaintext out.
    Decrypt,
}

/// What one lane does in one run of a kernel.
pub(in crate::mega::crypto) struct Work<'a> {
    /// Bytes to cipher in place: whole steps. Empty for an idle lane, else as
    /// long as all others.
    pub(in crate::mega::crypto) data: &'a mut [u8],
    /// Number of the first block, for the counter.
    pub(in crate::mega::crypto) block: u64,
    /// State of the chunk MAC, continued by the kernel.
    pub(in crate::mega::crypto) mac: [u8; 16],
}

/// How far apart lanes start, in bytes: a multiple of any step that is not a
/// divisor of the cache's set cycle.
const STAGGER: usize = 9 * 64;
/// Chunks smaller than this are not worth the wait.
const STAGGER_FROM: usize = 32 * 1024;

struct Active<'j, 'd> {
    job: &'j mut ChunkJob<'d>,
    done: usize,
    mac: [u8; 16],
}

/// Runs all jobs through `N` lanes in steps of `step` bytes a lane. `run`
/// works on all lanes at once; the rest of a chunk that is no whole step is
/// done here, block by block.
pub(super) fn walk<const N: usize>(
    cipher: &ContentCipher,
    direction: Direction,
    step: usize,
    jobs: &mut [ChunkJob<'_>],
    mut run: impl FnMut(&mut [Work<'_>; N]),
) {
    let mut queue: Vec<&mut ChunkJob<'_>> = jobs.iter_mut().collect();
    queue.sort_by_key(|job| job.data.len());
    let shortest = queue.first().map_or(0, |job| job.data.len());
    let stagger = if shortest >= STAGGER_FROM { STAGGER } else { 0 };

    let mut lanes: [Option<Active<'_, '_>>; N] = std::array::from_fn(|_| None);
    let mut clock = 0;
    loop {
        // fill: lane number l is closed until the clock has passed its start
        let mut next_start = None;
        for (l, lane) in lanes.iter_mut().enumerate() {
            if lane.is_some() {
                continue;
            }
            if clock < l * stagger {
                next_start = next_start.or(Some(l * stagger));
                continue;
            }
            *lane = queue.pop().map(|job| Active {
                job,
                done: 0,
                mac: cipher.mac_start(),
            });
        }
        // run as far as the shortest lane goes, or until the next lane may start
        let mut length = usize::MAX;
        for active in lanes.iter().flatten() {
            let rest = active.job.data.len() - active.done;
            length = length.min(rest - rest % step);
        }
        if length == usize::MAX {
            return; // no lane took a job: the queue is empty
        }
        if let Some(start) = next_start.filter(|_| !queue.is_empty()) {
            length = length.min(start - clock);
        }
        if length > 0 {
            let mut work = lanes.each_mut().map(|lane| {
                lane.as_mut().map_or_else(
                    || Work {
                        data: &mut [],
                        block: 0,
                        mac: [0; 16],
                    },
                    |active| active.work(length),
                )
            });
            run(&mut work);
            let macs = work.map(|w| w.mac);
            for (lane, mac) in lanes.iter_mut().zip(macs) {
                if let Some(active) = lane {
                    active.done += length;
                    active.mac = mac;
                }
            }
        }
        clock += length;
        for lane in &mut lanes {
            if let Some(active) = lane.take_if(|a| a.job.data.len() - a.done < step) {
                active.finish(cipher, direction);
            }
        }
    }
}

impl Active<'_, '_> {
    fn work(&mut self, length: usize) -> Work<'_> {
        Work {
            block: self.job.offset / 16 + (self.done / 16) as u64,
            mac: self.mac,
            data: self
                .job
                .data
                .get_mut(self.done..self.done + length)
                .unwrap_or_default(),
        }
    }

    /// Does the bytes that are no whole step, and hands the MAC over.
    fn finish(self, cipher: &ContentCipher, direction: Direction) {
        let offset = self.job.offset + self.done as u64;
        let tail = self.job.data.get_mut(self.done..).unwrap_or_default();
        let mut state = cipher.resume_mac(self.mac);
        match direction {
            Direction::Encrypt => {
                state.update(tail);
                cipher.apply_keystream(offset, tail);
            }
            Direction::Decrypt => {
                cipher.apply_keystream(offset, tail);
                state.update(tail);
            }
        }
        self.job.mac = state.finish();
    }
}

/// The plain way, one chunk after the other, which the kernels must equal.
#[cfg(test)]
pub(super) fn reference(
    cipher: &ContentCipher,
    direction: Direction,
    jobs: &mut [ChunkJob<'_>],
) -> Vec<ChunkMac> {
    jobs.iter_mut()
        .map(|job| {
            if direction == Direction::Decrypt {
                cipher.apply_keystream(job.offset, job.data);
            }
            let mut mac = super::ChunkMacState::new(cipher);
            mac.update(job.data);
            if direction == Direction::Encrypt {
                cipher.apply_keystream(job.offset, job.data);
            }
            mac.finish()
        })
        .collect()
}
