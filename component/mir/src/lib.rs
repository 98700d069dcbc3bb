//! Crate `mir`.
