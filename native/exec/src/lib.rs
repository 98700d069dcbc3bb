//! Memory for programs and the calls into them. The only crate that is unsafe by nature.
//!
//! - [`Space`]: the heap region of a program, with the context record and the tables before it and guards behind.
//! - [`Region`]: code pages that are written first and executable after, never both.
//! - [`Stack`]: the stack that a program runs on.
//! - [`Instance`]: all of them with a runtime: calls in, and what is left when a program stopped.
//!
//! What is trusted: that published code follows the rules of the code generator. Given that, whatever the program does stays inside its space
//! and its stack.

mod call;
mod code;
mod instance;
mod parts;
mod space;
mod stack;
mod walk;

pub use call::Call;
pub use code::{Executable, Region, Writable};
pub use instance::{Ask, Instance, Serve};
pub use parts::{PartId, Parts, Place};
pub use space::{Context, Interrupter, Space};
