//! Crate `driver`.
