//! Crate `codegen`.
