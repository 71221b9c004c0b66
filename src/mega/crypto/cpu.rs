//! The processor kernels: which of them this machine can run, and the only
//! `unsafe` code of the crate.
//!
//! The arithmetic itself stands in safe `#[target_feature]` functions
//! ([`content`](super::content), [`hashcash`](super::hashcash)); here are the
//! two things that the language cannot check for them: that the processor has
//! the features before the first call, and the loads and stores of vectors.
//!
//! Invariant: a [`ContentKernel`] or [`Sha4`] of a processor-specific kind
//! exists only if the features were detected.

#![allow(unsafe_code)]

use super::content::lanes::{Direction, Work};

/// AES-128 round keys, as the kernels take them.
pub(super) type RoundKeys = [[u8; 16]; 11];

/// The ways to walk chunks, from slow to fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentKernel(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    AesNi,
    #[cfg(target_arch = "x86_64")]
    Vaes256,
    #[cfg(target_arch = "x86_64")]
    Vaes512,
    #[cfg(target_arch = "aarch64")]
    Armv8,
}

/// How many lanes a processor kernel walks.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(super) enum Lanes {
    /// Six.
    Six,
    /// Eight.
    #[cfg(target_arch = "x86_64")]
    Eight,
}

impl ContentKernel {
    /// The portable kernel; runs everywhere.
    pub const PORTABLE: Self = Self(Kind::Portable);

    /// The fastest kernel of this machine.
    pub fn best() -> Self {
        Self::available().last().unwrap_or(Self::PORTABLE)
    }

    /// All kernels that this machine can run, the fastest last.
    pub fn available() -> impl Iterator<Item = Self> {
        let mut kinds = vec![Kind::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("aes") && is_x86_feature_detected!("avx") {
                kinds.push(Kind::AesNi);
                if is_x86_feature_detected!("vaes") && is_x86_feature_detected!("avx2") {
                    kinds.push(Kind::Vaes256);
                    if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw") {
                        kinds.push(Kind::Vaes512);
                    }
                }
            }
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("neon")
            && std::arch::is_aarch64_feature_detected!("aes")
        {
            kinds.push(Kind::Armv8);
        }
        kinds.into_iter().map(Self)
    }

    /// The kernel's name, for benchmarks and tests.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::AesNi => "aes-ni",
            #[cfg(target_arch = "x86_64")]
            Kind::Vaes256 => "vaes-256",
            #[cfg(target_arch = "x86_64")]
            Kind::Vaes512 => "vaes-512",
            #[cfg(target_arch = "aarch64")]
            Kind::Armv8 => "armv8",
        }
    }
}

#[cfg(target_arch = "aarch64")]
pub(super) use arm::*;
#[cfg(target_arch = "x86_64")]
pub(super) use x86::*;

#[cfg(target_arch = "aarch64")]
mod arm {
    use std::arch::aarch64::*;

    use super::{ContentKernel, Direction, Kind, Lanes, RoundKeys, Work};
    use crate::mega::crypto::content::armv8;

    impl ContentKernel {
        /// The number of lanes to hand over.
        pub(in crate::mega::crypto) fn lanes(self) -> Lanes {
            Lanes::Six
        }

        /// The bytes of each lane that one step takes.
        pub(in crate::mega::crypto) fn step(self) -> usize {
            16
        }

        /// Computes the round keys of a key; `None` for the portable kernel.
        pub(in crate::mega::crypto) fn expand_key(self, key: &[u8; 16]) -> Option<RoundKeys> {
            match self.0 {
                Kind::Portable => None,
                // SAFETY: the kind exists only where its features were detected
                Kind::Armv8 => Some(unsafe { armv8::expand_key(key) }),
            }
        }

        /// Runs a kernel of six lanes.
        pub(in crate::mega::crypto) fn run6(
            self,
            keys: &RoundKeys,
            nonce: u64,
            direction: Direction,
            work: &mut [Work<'_>; 6],
        ) {
            if self.0 == Kind::Armv8 {
                // SAFETY: the kind exists only where its features were detected
                unsafe { armv8::run(keys, nonce, direction, work) }
            }
        }
    }

    /// Loads 16 bytes.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(in crate::mega::crypto) fn load_block(bytes: &[u8; 16]) -> uint8x16_t {
        // SAFETY: 16 readable bytes; the load needs no alignment
        unsafe { vld1q_u8(bytes.as_ptr()) }
    }

    /// Stores 16 bytes.
    #[inline]
    #[target_feature(enable = "neon")]
    pub(in crate::mega::crypto) fn store_block(bytes: &mut [u8; 16], value: uint8x16_t) {
        // SAFETY: 16 writable bytes; the store needs no alignment
        unsafe { vst1q_u8(bytes.as_mut_ptr(), value) }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{ContentKernel, Direction, Kind, Lanes, RoundKeys, Work};
    use crate::mega::crypto::content::{aes_ni, vaes256, vaes512};
    use crate::mega::crypto::hashcash::{avx512, sha_ni};

    impl ContentKernel {
        /// The number of lanes to hand over.
        pub(in crate::mega::crypto) fn lanes(self) -> Lanes {
            match self.0 {
                Kind::AesNi => Lanes::Six,
                Kind::Portable | Kind::Vaes256 | Kind::Vaes512 => Lanes::Eight,
            }
        }

        /// The bytes of each lane that one step takes.
        pub(in crate::mega::crypto) fn step(self) -> usize {
            match self.0 {
                Kind::Portable | Kind::AesNi => 16,
                Kind::Vaes256 => 32,
                Kind::Vaes512 => 64,
            }
        }

        /// Computes the round keys of a key; `None` for the portable kernel.
        pub(in crate::mega::crypto) fn expand_key(self, key: &[u8; 16]) -> Option<RoundKeys> {
            match self.0 {
                Kind::Portable => None,
                // SAFETY: every other kind exists only where AES-NI was detected
                _ => Some(unsafe { aes_ni::expand_key(key) }),
            }
        }

        /// Runs a kernel of six lanes.
        pub(in crate::mega::crypto) fn run6(
            self,
            keys: &RoundKeys,
            nonce: u64,
            direction: Direction,
            work: &mut [Work<'_>; 6],
        ) {
            if self.0 == Kind::AesNi {
                // SAFETY: the kind exists only where its features were detected
                unsafe { aes_ni::run(keys, nonce, direction, work) }
            }
        }

        /// Runs a kernel of eight lanes.
        pub(in crate::mega::crypto) fn run8(
            self,
            keys: &RoundKeys,
            nonce: u64,
            direction: Direction,
            work: &mut [Work<'_>; 8],
        ) {
            match self.0 {
                // SAFETY: the kind exists only where its features were detected
                Kind::Vaes256 => unsafe { vaes256::run(keys, nonce, direction, work) },
                // SAFETY: as above
                Kind::Vaes512 => unsafe { vaes512::run(keys, nonce, direction, work) },
                Kind::Portable | Kind::AesNi => {}
            }
        }
    }

    /// Proof that the processor has SHA-NI.
    #[derive(Debug, Clone, Copy)]
    pub(in crate::mega::crypto) struct Sha4(());

    impl Sha4 {
        /// Detects SHA-NI.
        pub(in crate::mega::crypto) fn detect() -> Option<Self> {
            let found = is_x86_feature_detected!("sha")
                && is_x86_feature_detected!("ssse3")
                && is_x86_feature_detected!("sse4.1");
            found.then_some(Self(()))
        }

        /// Compresses `count` times the three prepared blocks into each of
        /// four states.
        pub(in crate::mega::crypto) fn compress(
            self,
            states: &mut [[u32; 8]; 4],
            blocks: &[[u32; 64]; 3],
            count: usize,
        ) {
            // SAFETY: the features were detected when the value was made
            unsafe { sha_ni::compress(states, blocks, count) }
        }
    }

    /// Proof that the processor has 512-bit vectors.
    #[derive(Debug, Clone, Copy)]
    pub(in crate::mega::crypto) struct Sha16(());

    impl Sha16 {
        /// Detects AVX-512.
        pub(in crate::mega::crypto) fn detect() -> Option<Self> {
            is_x86_feature_detected!("avx512f").then_some(Self(()))
        }

        /// Compresses `count` times the three prepared blocks into each of
        /// sixteen states.
        pub(in crate::mega::crypto) fn compress(
            self,
            states: &mut [[u32; 8]; 16],
            blocks: &[[u32; 64]; 3],
            count: usize,
        ) {
            // SAFETY: the feature was detected when the value was made
            unsafe { avx512::compress(states, blocks, count) }
        }
    }

    /// Loads sixteen words.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(in crate::mega::crypto) fn load_words512(words: &[u32; 16]) -> __m512i {
        // SAFETY: 64 readable bytes; the load needs no alignment
        unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
    }

    /// Stores sixteen words.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(in crate::mega::crypto) fn store_words512(words: &mut [u32; 16], value: __m512i) {
        // SAFETY: 64 writable bytes; the store needs no alignment
        unsafe { _mm512_storeu_si512(words.as_mut_ptr().cast(), value) }
    }

    /// Loads 16 bytes.
    #[inline]
    #[target_feature(enable = "sse2")]
    pub(in crate::mega::crypto) fn load128(bytes: &[u8; 16]) -> __m128i {
        // SAFETY: 16 readable bytes; the load needs no alignment
        unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
    }

    /// Stores 16 bytes.
    #[inline]
    #[target_feature(enable = "sse2")]
    pub(in crate::mega::crypto) fn store128(bytes: &mut [u8; 16], value: __m128i) {
        // SAFETY: 16 writable bytes; the store needs no alignment
        unsafe { _mm_storeu_si128(bytes.as_mut_ptr().cast(), value) }
    }

    /// Loads four words.
    #[inline]
    #[target_feature(enable = "sse2")]
    pub(in crate::mega::crypto) fn load_words(words: &[u32; 4]) -> __m128i {
        // SAFETY: 16 readable bytes; the load needs no alignment
        unsafe { _mm_loadu_si128(words.as_ptr().cast()) }
    }

    /// Stores four words.
    #[inline]
    #[target_feature(enable = "sse2")]
    pub(in crate::mega::crypto) fn store_words(words: &mut [u32; 4], value: __m128i) {
        // SAFETY: 16 writable bytes; the store needs no alignment
        unsafe { _mm_storeu_si128(words.as_mut_ptr().cast(), value) }
    }

    /// Loads 32 bytes.
    #[inline]
    #[target_feature(enable = "avx")]
    pub(in crate::mega::crypto) fn load256(bytes: &[u8; 32]) -> __m256i {
        // SAFETY: 32 readable bytes; the load needs no alignment
        unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
    }

    /// Stores 32 bytes.
    #[inline]
    #[target_feature(enable = "avx")]
    pub(in crate::mega::crypto) fn store256(bytes: &mut [u8; 32], value: __m256i) {
        // SAFETY: 32 writable bytes; the store needs no alignment
        unsafe { _mm256_storeu_si256(bytes.as_mut_ptr().cast(), value) }
    }

    /// Loads 64 bytes.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(in crate::mega::crypto) fn load512(bytes: &[u8; 64]) -> __m512i {
        // SAFETY: 64 readable bytes; the load needs no alignment
        unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
    }

    /// Stores 64 bytes.
    #[inline]
    #[target_feature(enable = "avx512f")]
    pub(in crate::mega::crypto) fn store512(bytes: &mut [u8; 64], value: __m512i) {
        // SAFETY: 64 writable bytes; the store needs no alignment
        unsafe { _mm512_storeu_si512(bytes.as_mut_ptr().cast(), value) }
    }
}
