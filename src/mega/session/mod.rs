//! Login, kept sessions, logout.
