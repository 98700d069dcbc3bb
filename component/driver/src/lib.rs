//! A session: the one column of calls from source text to artifact.
//!
//! ```text
//! add_module -> parse        check -> infer types
//! emit_share -> code of some functions; add_shares, then emit: the artifact of them
//! emit       -> build MIR, instantiate, lower, simplify, generate code
//! start      -> the same as far as legal MIR, then the interpreter
//! dump       -> any of these, printed
//! infer      -> type arguments of a template; instantiate -> one instance of it as an artifact
//! ```
//! The session keeps what a stage made, so that each runs once. It does no I/O and reads no clock: work is counted in units.

mod directory;
mod ffi;
mod graph;
mod module;
mod run;
mod session;
mod standard;
mod stats;
mod types;

pub use abi::Repr;
pub use abi::report::ErrorReport;
pub use codegen::{OptLevel, Target};
pub use ffi::Context;
pub use graph::Missing;
pub use mir::link::{Known, Linkage};
pub use module::{ModuleOptions, inspect};
pub use run::{Ended, Execution, State, Step};
pub use sema::library::Text;
pub use sema::places::{Kind, Use};
pub use session::{
    Answer, Declaration, Entity, Failure, Hint, Index, Inferred, Instance, InstanceOf, InstanceTypes,
    Options, Purpose, Question, Session, ShareOf, Stage, TemplateOf, TypeParameter,
};
pub use smf::Compression;
pub use stats::{Phase, Stats};
pub use types::{Function, Named, Node, TypeTable};
