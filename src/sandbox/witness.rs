//! Checks every finished upload against the protocol text, for accounts the sandbox made.
