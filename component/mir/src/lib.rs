//! The middle of the compiler: typed trees to generic MIR, instances of it in legal MIR, and the interpreter.

// Fields of enum variants are explained by the variant they belong to.
#[allow(missing_docs)]
pub mod generic;
pub mod layout;
pub mod legal;
