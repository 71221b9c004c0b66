//! From what the user typed to a remote: the only file that names every kind.
