//! Parses `remote:path`, connection strings and local paths.
