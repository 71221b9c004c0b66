//! Walk, filter, march, compare, plan and transfer, on any remote.

pub mod filter;
