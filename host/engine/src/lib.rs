//! Runs the compiler component: Wasmtime under limits, with nothing to import.
//!
//! An [`Engine`] holds the compiled component; it is made once per process. A [`Session`] is an instance of its own: memory, time and
//! output are limited, and whatever happens inside — a trap, a limit, a bug — the instance is dropped and the host lives on.

mod artifacts;
mod bindings;
mod cache;
mod clock;
mod error;
mod helpers;
mod instance;
mod limits;
mod load;
mod seal;
mod session;
mod textual;

pub use artifacts::{Artifacts, Counts, Input, Question};
pub(crate) use bindings::exports::simple::compiler::compile::ShareOf;
pub use bindings::exports::simple::compiler::compile::{
    Compression, Ended, Failure, Frame, Linkage, MissingModule, ModuleOptions, Optimization, Options, Phase,
    Purpose, RuntimeError, Source, Stage, State, Stats, Step, Target,
};
pub use bindings::exports::simple::compiler::diagnostics::{Diagnostic, Label, Severity, Span};
pub use bindings::exports::simple::compiler::places;
pub use bindings::exports::simple::compiler::questions;
pub use bindings::exports::simple::compiler::questions::KnownSymbol;
pub use bindings::exports::simple::compiler::types;
pub use cache::Cache;
pub use error::Error;
pub use helpers::{Helpers, Jobs};
pub use limits::{Limits, Stop};
pub use load::{Engine, Settings, Start};
pub use session::{Execution, Session};
pub use textual::Context;

/// True for a module file: it ends with a header, whatever its name and its beginning are.
pub fn is_module_file(bytes: &[u8]) -> bool {
    bytes.len().checked_sub(128).is_some_and(|at| bytes[at..].starts_with(b"SMF\0"))
}

/// The component, byte for byte as it runs everywhere.
pub const COMPONENT: &[u8] = include_bytes!(env!("SIMPLE_COMPONENT"));
