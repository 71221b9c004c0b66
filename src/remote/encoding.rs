//! Names: what a store cannot say, and how it is said instead.
