//! The node tree.
