//! Crate `sema`.
