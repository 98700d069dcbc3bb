//! The middle of the compiler: typed trees to generic MIR, instances of it in legal MIR, and the interpreter.

pub mod build;
mod coroutine;
// Fields of enum variants are explained by the variant they belong to.
#[allow(missing_docs)]
pub mod generic;
pub mod generic_cfg;
pub mod generic_operands;
pub mod generic_text;
pub mod generic_verify;
mod hash;
pub mod instantiate;
pub mod interp;
pub mod layout;
pub mod legal;
pub mod library;
pub mod link;
mod lower;
pub mod outline;
pub mod ownership;
pub mod simplify;
