//! Crate `engine`.
