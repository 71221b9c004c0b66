//! One file a command; this one lists and dispatches them.
