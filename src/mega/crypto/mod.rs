//! MEGA cryptography: synchronous functions on slices, no I/O.
