//! The command line: root, global flags, dispatch.
