//! Crate `guest`.
