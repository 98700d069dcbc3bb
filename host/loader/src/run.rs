//! One run of a program.

use crate::link::Linker;
use crate::reload::{LinkError, Reloader};
use crate::stop::{Handle, Stopper, Watchdog};
use crate::{LoadError, Program, trace};
use abi::ErrorKind;
use abi::artifact::Artifact;
use abi::report::ErrorReport;
use exec::{Ask, Call, Instance, Serve, Space};
use runtime::{Host, Input, Rt, Stream, Waker};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// What a run may use.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of heap, at most 4 GiB.
    pub memory: u64,
    /// Bytes of stack for the program's frames, 64 KiB to 1 GiB.
    pub stack: usize,
    /// Time from the program's start.
    pub time: Option<Duration>,
    /// A way to stop it from outside.
    pub stopper: Option<Stopper>,
    /// A way to replace its parts, where it has parts.
    pub reloader: Option<Reloader>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { memory: 1 << 30, stack: 64 << 20, time: None, stopper: None, reloader: None }
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
    artifact: &Artifact,
    limits: &Limits,
    host: &mut dyn Host,
) -> Result<Outcome, RunError> {
    let entry = artifact.entry.ok_or(RunError::NoEntry)?;
    let space = Space::new(limits.memory).map_err(RunError::System)?;
    let context = space.context();
    let mut rt = Rt::new(space, Lent(host), artifact.types.clone()).map_err(RunError::Types)?;
    let (linker, linked) = Linker::first(artifact, &mut rt).map_err(RunError::Link)?;
    let code = linked.code.publish().map_err(RunError::System)?;
    let mut instance = Instance::new(rt, context, code, &linked.functions, artifact.table_bits, limits.stack)
        .map_err(RunError::System)?;
    let linker = Rc::new(RefCell::new(linker));
    // A program of one part has no poll at which it could be changed.
    let reloader = limits.reloader.as_ref().filter(|_| !artifact.symbols.is_empty());
    let reloading = reloader.map(|reloader| {
        instance.set_service(service(reloader.clone(), linker.clone()));
        reloader.connect(instance.interrupter(), linker.borrow().known())
    });

    let handle = Handle::new(instance.interrupter(), instance.rt().host().waker());
    let connection = limits.stopper.as_ref().map(|stopper| stopper.connect(handle.clone()));
    let watchdog = limits.time.map(|time| Watchdog::start(time, handle)).transpose();
    let watchdog = watchdog.map_err(RunError::System)?;
    let mut call = Call::default();
    let ended = instance.call(artifact.funcs[entry as usize].offset, &mut call);
    let (exit_code, error, live_objects) = match ended {
        Ok(()) => {
            let live = end(&mut instance, linker.borrow_mut().take_variables());
            match live {
                Ok(live) => (call.int_results[0] as i64, None, Some(live)),
                Err(error) => (
                    1,
                    Some(ErrorReport { kind: error.kind, message: error.message, stack: Default::default() }),
                    None,
                ),
            }
        }
        Err(error) if error.kind == ErrorKind::Exit => (error.args[0], None, None),
        Err(error) => {
            let stack = trace::trace(&linker.borrow(), &instance.return_places());
            (1, Some(ErrorReport { kind: error.kind, message: error.message, stack }), None)
        }
    };
    drop(reloading);
    drop(watchdog);
    drop(connection);
    let peak_bytes = instance.rt().stats().peak_bytes;
    Ok(Outcome { exit_code: exit_code as i32, error, stats: Stats { live_objects, peak_bytes } })
}

/// What is done at a poll: links what was submitted.
fn service(reloader: Reloader, linker: Rc<RefCell<Linker>>) -> Box<Serve> {
    Box::new(move |ask, rt, parts| match ask {
        Ask::Poll => {
            if let Some(artifact) = reloader.take() {
                let mut linker = linker.borrow_mut();
                let answer = linker.further(&artifact, rt, parts);
                reloader.linked(answer, linker.known());
            }
            Ok(())
        }
        Ask::Instance(_) => Err(
            rt.fail(runtime::RunError::new(ErrorKind::NoInstance, "nobody makes functions for this program"))
        ),
    })
}

/// Releases the globals and collects cycles; the objects that are left.
fn end(instance: &mut Instance<Lent<'_>>, variables: Vec<u32>) -> Result<u64, runtime::RunError> {
    let rt = instance.rt_mut();
    let released = variables.into_iter().try_for_each(|object| rt.release(object));
    let released = released.and_then(|()| rt.collect());
    match released {
        Ok(()) => Ok(rt.stats().live_objects),
        Err(raised) => {
            let error = rt.take_error(raised);
            Err(instance.reason(error))
        }
    }
}

/// A host that its owner gets back.
struct Lent<'a>(&'a mut dyn Host);

impl Host for Lent<'_> {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> bool {
        self.0.write(stream, bytes)
    }

    fn read_line(&mut self) -> Input {
        self.0.read_line()
    }

    fn args(&self) -> Vec<String> {
        self.0.args()
    }

    fn waker(&self) -> Option<Waker> {
        self.0.waker()
    }
}
