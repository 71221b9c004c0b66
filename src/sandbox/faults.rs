//! The fault language: what goes wrong, where and when.
