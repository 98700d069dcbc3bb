//! Artifacts become running programs: check, link, publish, call.
//!
//! ```no_run
//! use loader::{Limits, Program};
//! use runtime::BufferHost;
//!
//! let artifact = std::fs::read("program.smx")?;
//! let program = Program::load(&artifact)?;
//! let mut host = BufferHost::new(1 << 20);
//! let outcome = program.run(&Limits::default(), &mut host)?;
//! match outcome.error {
//!     None => println!("exit code {}", outcome.exit_code),
//!     Some(report) => eprint!("{report}"),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`Program`] is inert and can be run any number of times. Each run has a heap, a stack and code pages of its own, which go
//! away with it. Whatever a program does inside its limits, errors and endless loops included, ends as an [`Outcome`].
//!
//! Functions of a program that was compiled in parts are replaced while it runs through a [`Reloader`].
//!
//! A program is stopped from outside through a [`Stopper`]: made before the run, passed in [`Limits`], usable from any thread.

mod check;
#[cfg(feature = "compiler")]
pub mod embed;
mod function;
mod host_functions;
mod link;
mod process;
mod reload;
mod run;
mod service;
mod trace;
mod unify;
pub mod value;

pub use abi::report::{ErrorReport, Frame, StackTrace};
pub use check::LoadError;
pub use exec::{Call, Place};
pub use function::{DynamicFunction, Function, HandleError, Signature};
pub use host_functions::{HostFunction, HostFunctions};
pub use link::Linking;
pub use process::{CallError, Id, Process, Symbol};
pub use reload::{Known, LinkError, Reload, Reloader, SubmitError};
pub use run::{Limits, Outcome, RunError, Stats, run};
pub use runtime::{BufferHost, Host, Input, Stream, Waker};
pub use service::Instances;
pub use stop::Stopper;

use abi::artifact::{Artifact, SymbolKind};
use std::collections::BTreeSet;

/// A checked artifact.
#[derive(Clone, Debug)]
pub struct Program {
    artifact: Artifact,
}

impl Program {
    /// Checks the bytes of an artifact: form, ABI, target, instruction set.
    ///
    /// # Errors
    /// Why this host does not run it.
    pub fn load(bytes: &[u8]) -> Result<Program, LoadError> {
        check::check(bytes).map(|artifact| Program { artifact })
    }

    /// What was loaded.
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// The symbols that a process gets with this: name, signature, content.
    pub fn symbols(&self) -> Vec<Known> {
        let is_import = |symbol: &&abi::artifact::Symbol| matches!(symbol.kind, SymbolKind::Import(_));
        let symbols = self.artifact.symbols.iter().filter(|symbol| !is_import(symbol));
        symbols.map(|own| (own.name.to_string(), own.signature, own.content)).collect()
    }

    /// Name and signature of everything that it brings or refers to.
    pub fn names(&self) -> BTreeSet<(String, u64)> {
        self.artifact.symbols.iter().map(|symbol| (symbol.name.to_string(), symbol.signature)).collect()
    }

    /// Runs the program's entry to its end.
    ///
    /// # Errors
    /// The program could not be started: no entry, or no room for what it needs within the limits. What happens once it runs is
    /// the [`Outcome`].
    pub fn run(&self, limits: &Limits, host: &mut dyn Host) -> Result<Outcome, RunError> {
        run::run_program(self, limits, host, None)
    }

    /// The same for a program whose generic functions are made when they are called first, by this.
    ///
    /// # Errors
    /// See [`Program::run`].
    pub fn run_lazily(
        &self,
        limits: &Limits,
        host: &mut dyn Host,
        instances: Box<dyn Instances>,
    ) -> Result<Outcome, RunError> {
        run::run_program(self, limits, host, Some(instances))
    }
}
