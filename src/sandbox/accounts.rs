//! Accounts that the sandbox makes and knows the passwords of.
