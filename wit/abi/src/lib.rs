//! What emitted code and the runtime agree on: machine types, the context record and tables before the heap
//! base, heap object layouts, tagged values, type descriptors, and the table of runtime functions.
//!
//! Both sides read each line; nothing here has behaviour beyond encoding and looking things up.
#![no_std]
extern crate alloc;

pub mod artifact;
pub mod command;
pub mod context;
pub mod convention;
pub mod error;
pub mod exports;
pub mod format_spec;
pub mod module;
pub mod object;
pub mod report;
pub mod repr;
pub mod runtime_fns;
pub mod types;
pub mod value;

pub use error::ErrorKind;
pub use repr::Repr;
pub use runtime_fns::RtFn;
pub use types::{TypeDesc, TypeId, TypeKind};

/// Version of everything in this crate. An artifact with another one is refused. Raised on every change of a
/// layout, an offset, or a row of the runtime table.
pub const ABI_VERSION: u32 = 1;
