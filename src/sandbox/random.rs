//! Random bytes from the operating system.

/// Fills `buffer` with random bytes.
///
/// A system without a source of randomness cannot run a server that hands out
/// session ids, so the failure ends the process's use of the sandbox.
pub fn fill(buffer: &mut [u8]) {
    #[expect(
        clippy::expect_used,
        reason = "no safe answer exists without randomness"
    )]
    getrandom::fill(buffer).expect("the operating system gives no random bytes");
}

/// `N` random bytes.
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut buffer = [0u8; N];
    fill(&mut buffer);
    buffer
}
