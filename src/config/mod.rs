//! What the user set: files, environment, connection strings.
