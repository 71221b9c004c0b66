//! MEGA accounts and links as a remote.
