//! Crate `loader`.
