//! Crate `exec`.
