//! Names and types: syntax tree to typed tree.

// Fields of enum variants in the typed tree are explained by the variant they belong to.
#[allow(missing_docs)]
pub mod hir;
pub mod intrinsic;
#[allow(missing_docs)]
pub mod ty;
