//! Crate `guest-tests`.
