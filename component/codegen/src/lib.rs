//! Legal MIR to artifacts, and to modules of WebAssembly.
//!
//! A backend is a row of [`BACKENDS`]: a name, the targets it emits for, and functions. What emitted machine code looks like is fixed by
//! rules that a host can check on the bytes alone (module [`rules`] holds a checker for tests):
//!
//! - memory is reached as pinned base + zero-extended 32-bit offset + small constant, or at fixed negative offsets from the base;
//! - calls go to functions of the same artifact, or through the function table with a masked index, or through the runtime table;
//! - no jump tables, no stack slots, no arguments on the stack, no library calls, no outside relocation.
//!
//! Nothing here depends on the machine that runs it: the same program gives the same bytes everywhere.

pub mod clif;
#[cfg(feature = "rules")]
pub mod rules;
pub mod wasm;

use abi::artifact;
use base::{Budget, Exhausted};
pub use clif::{Share, join};
use mir::legal::Program;

/// What is emitted for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum Target {
    /// An artifact for x86-64.
    X86_64,
    /// An artifact for AArch64.
    Aarch64,
    /// A module of WebAssembly.
    Wasm32,
}

impl Target {
    /// The machine that an artifact is for; none for a module.
    pub const fn machine(self) -> Option<artifact::Target> {
        match self {
            Target::X86_64 => Some(artifact::Target::X86_64),
            Target::Aarch64 => Some(artifact::Target::Aarch64),
            Target::Wasm32 => None,
        }
    }

    /// The machine that this was compiled for, where it can run artifacts.
    pub const fn host() -> Option<Target> {
        match artifact::Target::host() {
            Some(artifact::Target::X86_64) => Some(Target::X86_64),
            Some(artifact::Target::Aarch64) => Some(Target::Aarch64),
            None => None,
        }
    }
}

/// How much a backend shall do.
#[derive(Clone, Debug)]
pub struct Options {
    /// Effort for fast code.
    pub opt: OptLevel,
    /// Check the backend's own intermediate form: for tests, at 1.5 times the cost.
    pub verify: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options { opt: OptLevel::Speed, verify: false }
    }
}

/// Effort for fast code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OptLevel {
    /// Straight translation.
    None,
    /// The backend's optimisations.
    Speed,
}

/// Why there is no artifact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EmitError {
    /// The work budget was used up.
    Exhausted,
    /// The program is beyond what an artifact can hold.
    TooLarge {
        /// The function at fault; empty for the program as a whole.
        function: String,
        /// What there is too much of.
        what: &'static str,
    },
    /// The backend refused its input: a bug in the compiler.
    Internal {
        /// The function at fault.
        function: String,
        /// What the backend says.
        message: String,
    },
}

impl From<Exhausted> for EmitError {
    fn from(_: Exhausted) -> Self {
        EmitError::Exhausted
    }
}

impl std::fmt::Display for EmitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            EmitError::Exhausted => write!(f, "the work budget was used up"),
            EmitError::TooLarge { function, what } if function.is_empty() => {
                write!(f, "the program is too large: {what}")
            }
            EmitError::TooLarge { function, what } => {
                write!(f, "the function `{function}` is too large: {what}")
            }
            EmitError::Internal { function, message } => {
                write!(f, "internal error while emitting `{function}`: {message}")
            }
        }
    }
}

impl std::error::Error for EmitError {}

/// A code generator.
pub struct Backend {
    /// Its name.
    pub name: &'static str,
    /// What it emits for.
    pub targets: &'static [Target],
    /// The encoded artifact or module of a program.
    pub emit: EmitFn<Vec<u8>>,
    /// Texts of its inner forms, by the name that `simple dump` gives them.
    pub dumps: &'static [(&'static str, EmitFn<String>)],
}

/// A function of a backend: program, target, options, budget.
pub type EmitFn<T> = fn(&Program, Target, &Options, &mut Budget) -> Result<T, EmitError>;

/// THE table of backends.
pub const BACKENDS: &[Backend] = &[
    Backend {
        name: "clif",
        targets: &[Target::X86_64, Target::Aarch64],
        emit: clif::emit,
        dumps: &[("clif", clif::dump_clif), ("asm", clif::dump_asm)],
    },
    Backend { name: "wasm", targets: &[Target::Wasm32], emit: wasm::emit, dumps: &[] },
];

/// The backend for a target.
fn backend(target: Target) -> &'static Backend {
    let found = BACKENDS.iter().find(|backend| backend.targets.contains(&target));
    found.expect("each target has a row in the table of backends")
}

/// The encoded artifact of a program.
///
/// # Errors
/// See [`EmitError`].
pub fn emit(
    program: &Program,
    target: Target,
    options: &Options,
    budget: &mut Budget,
) -> Result<Vec<u8>, EmitError> {
    (backend(target).emit)(program, target, options, budget)
}

/// The backend's intermediate form as text, before its optimisations.
///
/// # Errors
/// See [`EmitError`].
pub fn dump_clif(
    program: &Program,
    target: Target,
    options: &Options,
    budget: &mut Budget,
) -> Result<String, EmitError> {
    clif::dump_clif(program, target, options, budget)
}

/// The emitted instructions as text.
///
/// # Errors
/// See [`EmitError`].
pub fn dump_asm(
    program: &Program,
    target: Target,
    options: &Options,
    budget: &mut Budget,
) -> Result<String, EmitError> {
    clif::dump_asm(program, target, options, budget)
}
