//! Text to tokens to syntax tree.
//!
//! The parser never fails: it always returns a tree, and what was wrong is in the diagnostics.

// Fields of enum variants in the syntax tree are explained by the variant they belong to.
#[allow(missing_docs)]
pub mod ast;
