//! The library that a program calls: texts, arrays, dicts, dynamic values, printing, reference counts, the cycle collector.
//!
//! One implementation for all engines. Everything lives in a region of bytes that is addressed by 32-bit offsets
//! (`abi::object` has the layouts), reached through [`Memory`]. Arguments may come from emitted code and are not
//! trusted: every access is checked against the region, and nonsense is an internal error, never a panic.
//!
//! * [`Rt`] is the state of one program instance, [`Rt::call`] calls a function of the runtime table by number.
//! * [`Host`] is what the program sees of the world.
//! * `native` (a feature) has the entry shims through which machine code calls.
#![cfg_attr(not(feature = "native"), forbid(unsafe_code))]

mod any;
mod any_methods;
mod any_ops;
mod array;
mod collector;
mod compare;
mod count;
mod dict;
mod dispatch;
mod error;
mod exchange;
mod format;
mod heap;
mod host;
mod link;
mod math;
mod memory;
mod meter;
#[cfg(feature = "native")]
#[allow(unsafe_code)] // entry shims: see the SAFETY comments there
pub mod native;
mod recover;
/// The functions of the runtime table by their names, for engines that link them one by one.
pub mod rows;
mod rt;
mod show;
mod sort;
mod text;
mod text_ops;
mod text_pieces;
mod types;
mod value;
mod world;

pub use error::{Raised, RunError};
pub use exchange::Values;
pub use heap::Stats;
pub use host::{BufferHost, Host, Input, Stream, Waker};
pub use link::Objects;
pub use memory::{MAX_REGION, Memory, VecMemory};
pub use rt::{Rt, Statics};

#[cfg(test)]
mod tests;
