//! One run of a program.

use crate::host_functions::HostFunctions;
use crate::process::{CallError, Process};
use crate::reload::{LinkError, Reloader};
use crate::service::Instances;
use crate::{LoadError, Program};
use abi::report::ErrorReport;
use runtime::Host;
use std::time::Duration;
use stop::Stopper;

/// What a run may use.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of heap, at most 4 GiB.
    pub memory: u64,
    /// Bytes of stack for the program's frames, 64 KiB to 1 GiB.
    pub stack: usize,
    /// Time of a call; for a run that of all of it.
    pub time: Option<Duration>,
    /// A way to stop it from outside.
    pub stopper: Option<Stopper>,
    /// A way to replace its parts, where it has parts.
    pub reloader: Option<Reloader>,
    /// Functions of the host that it may call.
    pub functions: HostFunctions,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            memory: 1 << 30,
            stack: 64 << 20,
            time: None,
            stopper: None,
            reloader: None,
            functions: HostFunctions::default(),
        }
    }
}

/// Why a program was not started.
#[derive(Debug)]
pub enum RunError {
    /// The artifact is a library.
    NoEntry,
    /// The runtime refuses the program's types.
    Types(String),
    /// It is only a part of a program.
    Link(LinkError),
    /// The operating system refuses memory or a thread.
    System(std::io::Error),
    /// The artifact was not loaded.
    Load(LoadError),
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RunError::NoEntry => write!(f, "the artifact has no entry to run"),
            RunError::Link(error) => error.fmt(f),
            RunError::Types(what) => write!(f, "the artifact's types do not fit: {what}"),
            RunError::System(error) => {
                write!(f, "the system has no memory or thread for the program: {error}")
            }
            RunError::Load(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RunError {}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The entry's result, or the argument of `exit`; 1 after an error.
    pub exit_code: i32,
    /// The run-time error that ended it.
    pub error: Option<ErrorReport>,
    /// What it used.
    pub stats: Stats,
}

/// What a run used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stats {
    /// Objects that were still counted after the globals were released and cycles were collected: leaks, if the program returned by itself. `None` after an error
    /// or `exit`, where what was alive is simply dropped.
    pub live_objects: Option<u64>,
    /// The most bytes that objects took at a time.
    pub peak_bytes: u64,
}

/// Loads and runs an artifact.
///
/// # Errors
/// The program was not started.
pub fn run(artifact: &[u8], limits: &Limits, host: &mut dyn Host) -> Result<Outcome, RunError> {
    Program::load(artifact).map_err(RunError::Load)?.run(limits, host)
}

pub(crate) fn run_program(
    program: &Program,
    limits: &Limits,
    host: &mut dyn Host,
    instances: Option<Box<dyn Instances>>,
) -> Result<Outcome, RunError> {
    if program.artifact().entry.is_none() {
        return Err(RunError::NoEntry);
    }
    let mut process = Process::new(program, limits.clone(), Box::new(host))?;
    if let Some(instances) = instances {
        process.set_instances(instances);
    }
    let ended = process.run();
    let Stats { live_objects, peak_bytes } = process.stats();
    let stats = Stats { live_objects: live_objects.filter(|_| ended.is_ok()), peak_bytes };
    let (exit_code, error) = match ended {
        Ok(exit_code) | Err(CallError::Exited(exit_code)) => (exit_code, None),
        Err(CallError::Failed(report)) => (1, Some(report)),
        Err(CallError::NoFunction | CallError::Arguments { .. } | CallError::Damaged) => {
            return Err(RunError::NoEntry);
        }
        Err(CallError::System(error)) => return Err(RunError::System(std::io::Error::other(error))),
    };
    Ok(Outcome { exit_code, error, stats })
}
