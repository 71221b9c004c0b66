//! HTTP as the client sees it.
