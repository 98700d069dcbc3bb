//! Crate `runtime`.
