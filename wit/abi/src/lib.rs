//! Crate `abi`.
