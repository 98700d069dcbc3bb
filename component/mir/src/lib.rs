//! The middle of the compiler: typed trees to generic MIR, instances of it in legal MIR, and the interpreter.

pub mod legal;
