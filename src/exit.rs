//! Errors as the user meets them, and the exit code of each.
