//! The C interface: the compiler's textual door, and programs whose functions C can call.
//!
//! C gives addresses. What is done with them, and nothing else, is in [`boundary`]; handles are numbers in the form of pointers, which are
//! looked up in a table ([`state`]) and never followed.

mod boundary;
mod buffers;
mod functions;
mod programs;
mod state;

pub use boundary::*;
