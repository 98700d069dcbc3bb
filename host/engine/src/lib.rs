//! Runs the compiler component: Wasmtime under limits, with nothing to import.
//!
//! An [`Engine`] holds the compiled component; it is made once per process. A [`Session`] is an instance of its own: memory, time and
//! output are limited, and whatever happens inside — a trap, a limit, a bug — the instance is dropped and the host lives on.

mod artifacts;
mod bindings;
mod cache;
mod clock;
mod limits;
mod load;
mod seal;
mod session;
mod textual;

pub use artifacts::{Artifacts, Counts, Input, Question};
pub use bindings::exports::simple::compiler::compile::{
    Compression, Ended, Failure, Frame, Linkage, MissingModule, ModuleOptions, Optimization, Options, Phase,
    RuntimeError, Source, Stage, State, Stats, Step, Target,
};
pub use bindings::exports::simple::compiler::diagnostics::{Diagnostic, Label, Severity, Span};
pub use bindings::exports::simple::compiler::questions;
pub use bindings::exports::simple::compiler::questions::KnownSymbol;
pub use bindings::exports::simple::compiler::types;
pub use cache::Cache;
pub use limits::{Limits, Stop};
pub use load::{Engine, Settings, Start};
pub use session::{Error, Execution, Session};
pub use textual::Context;

/// The component, byte for byte as it runs everywhere.
pub const COMPONENT: &[u8] = include_bytes!(env!("SIMPLE_COMPONENT"));
