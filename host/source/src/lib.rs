//! Crate `source`.
