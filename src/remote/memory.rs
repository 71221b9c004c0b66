//! A remote in memory, for tests.
