//! `alias` remotes: another name for a place elsewhere.
