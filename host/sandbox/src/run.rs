//! One run of a program.

use crate::imports::{self, Failure, State};
use crate::load::{Program, STACK};
use crate::reason::{Reason, handle};
use crate::trace::{Innermost, trace};
use abi::ErrorKind;
use abi::module;
use abi::report::{ErrorReport, StackTrace};
use runtime::Host;
use std::time::Duration;
use stop::{Stopper, Watchdog};
use wasmtime::{Instance, Store, Trap, UpdateDeadline};

/// What a run may use.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of heap, at most 4 GiB. What the runtime needs beside is limited by this, too.
    pub memory: u64,
    /// Time from the program's start.
    pub time: Option<Duration>,
    /// Instructions, in the units of Wasmtime; only in a sandbox that counts them.
    pub fuel: Option<u64>,
    /// A way to stop it from outside.
    pub stopper: Option<Stopper>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { memory: 1 << 30, time: None, fuel: None, stopper: None }
    }
}

/// Why a program was not started.
#[derive(Debug)]
pub enum RunError {
    /// Fuel is limited, and the sandbox does not count it.
    FuelIsNotCounted,
    /// The operating system refuses memory or a thread.
    System(std::io::Error),
    /// The modules do not fit together.
    Link(wasmtime::Error),
}

impl std::fmt::Display for RunError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RunError::FuelIsNotCounted => write!(f, "a sandbox that does not count fuel cannot limit it"),
            RunError::System(error) => {
                write!(f, "the system has no memory or thread for the program: {error}")
            }
            RunError::Link(error) => write!(f, "the program does not fit the runtime: {error:#}"),
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
    /// Objects that were still counted after the globals were released and cycles were collected: leaks, if the program returned by itself. `None` after an error
    /// or `exit`, where what was alive is simply dropped.
    pub live_objects: Option<u64>,
    /// The most bytes that objects took at a time. `None` as above.
    pub peak_bytes: Option<u64>,
}

impl Program {
    /// Runs the program's entry to its end, with a host that is given back.
    ///
    /// # Errors
    /// The program could not be started. What happens once it runs is the [`Outcome`].
    pub fn run<H: Host + Send + 'static>(&self, limits: &Limits, host: H) -> (H, Result<Outcome, RunError>) {
        let (mut store, handle) = self.store(limits, host);
        if let Err(error) = self.set_fuel(limits, &mut store) {
            return (store.into_data().host, Err(error));
        }
        let connection = limits.stopper.as_ref().map(|stopper| stopper.connect(handle.clone()));
        let watchdog = limits.time.map(|_| Watchdog::start(handle)).transpose();
        let outcome = watchdog.map_err(RunError::System).and_then(|watchdog| {
            let _watched = watchdog.as_ref().zip(limits.time).map(|(watchdog, time)| watchdog.set(time));
            on_stack(|| self.execute(&mut store)).and_then(|outcome| outcome)
        });
        drop(connection);
        (store.into_data().host, outcome)
    }

    /// Where the program will live, and what stops it there.
    pub(crate) fn store<H: Host + Send + 'static>(
        &self,
        limits: &Limits,
        host: H,
    ) -> (Store<State<H>>, stop::Handle) {
        let engine = self.module.engine();
        let reason = Reason::default();
        let handle = handle(engine, &reason, host.waker());
        let mut store = Store::new(engine, State::new(host, limits.memory, reason));
        store.limiter(|state| state);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|store| match store.data().reason.get() {
            Some(kind) => Err(Failure { kind, first: 0, message: kind.title().to_owned() }.into()),
            // Another program of the same engine.
            None => Ok(UpdateDeadline::Continue(1)),
        });
        (store, handle)
    }

    /// Fuel for a run, or a call.
    pub(crate) fn set_fuel<H>(&self, limits: &Limits, store: &mut Store<State<H>>) -> Result<(), RunError> {
        match (limits.fuel, self.fuel) {
            (Some(_), false) => Err(RunError::FuelIsNotCounted),
            (fuel, true) => store.set_fuel(fuel.unwrap_or(u64::MAX)).map_err(RunError::Link),
            (None, false) => Ok(()),
        }
    }

    fn execute<H: Host + Send + 'static>(&self, store: &mut Store<State<H>>) -> Result<Outcome, RunError> {
        let outcome = self.instantiate(store)?.and_then(|instances| instances.run(store));
        Ok(outcome.unwrap_or_else(|error| self.failed(&error, store)))
    }

    /// The program and its runtime; or how the program failed already.
    pub(crate) fn instantiate<H: Host + Send + 'static>(
        &self,
        store: &mut Store<State<H>>,
    ) -> Result<wasmtime::Result<Instances>, RunError> {
        let mut linker = imports::linker(self.module.engine()).map_err(RunError::Link)?;
        let runtime = linker.instantiate(&mut *store, &self.runtime).map_err(RunError::Link)?;
        linker.instance(&mut *store, module::RUNTIME, runtime).map_err(RunError::Link)?;
        match linker.instantiate(&mut *store, &self.module) {
            Ok(program) => Ok(Ok(Instances { program, runtime })),
            // A module of somebody else may have a start function.
            Err(error) if error.is::<Trap>() || error.is::<Failure>() => Ok(Err(error)),
            Err(error) => Err(RunError::Link(error)),
        }
    }

    /// What the end of a program by an error means.
    pub(crate) fn failed<H>(&self, error: &wasmtime::Error, store: &Store<State<H>>) -> Outcome {
        let state = store.data();
        let (kind, message) = match (error.downcast_ref::<Failure>(), error.downcast_ref::<Trap>()) {
            (Some(failure), _) if failure.kind == ErrorKind::Exit => return ended(failure.first),
            // The runtime is not told why it is interrupted.
            (Some(failure), _) if failure.kind == ErrorKind::Interrupted => {
                titled(state.reason.get().unwrap_or(failure.kind))
            }
            (Some(failure), _) => (failure.kind, failure.message.clone()),
            (None, Some(Trap::StackOverflow)) => titled(ErrorKind::StackOverflow),
            (None, Some(Trap::OutOfFuel)) => titled(ErrorKind::OutOfFuel),
            (None, _) if state.refused => {
                (ErrorKind::OutOfMemory, format!("out of memory: the limit is {} bytes", state.limit()))
            }
            (None, Some(trap)) => {
                (ErrorKind::Internal, format!("the program broke a rule of its sandbox: {trap}"))
            }
            (None, None) => (ErrorKind::Internal, format!("the program cannot go on: {error:#}")),
        };
        let innermost =
            if kind == ErrorKind::StackOverflow { Innermost::CheckedFunction } else { Innermost::Call };
        let stack = trace(error, &self.module, &self.places, innermost);
        Outcome {
            exit_code: 1,
            error: Some(ErrorReport { kind, message, stack }),
            live_objects: None,
            peak_bytes: None,
        }
    }
}

fn titled(kind: ErrorKind) -> (ErrorKind, String) {
    (kind, kind.title().to_owned())
}

fn ended(code: i64) -> Outcome {
    Outcome { exit_code: code as i32, error: None, live_objects: None, peak_bytes: None }
}

/// The two modules of a program in their store.
#[derive(Clone, Copy)]
pub(crate) struct Instances {
    pub(crate) program: Instance,
    pub(crate) runtime: Instance,
}

impl Instances {
    /// Runs the program's own statements; gives its exit code.
    pub(crate) fn start<H: 'static>(&self, store: &mut Store<State<H>>) -> wasmtime::Result<i64> {
        self.program.get_typed_func::<(), ()>(&mut *store, module::START)?.call(&mut *store, ())?;
        self.program.get_typed_func::<(), i64>(&mut *store, module::MAIN)?.call(&mut *store, ())
    }

    /// Runs the program to its end.
    fn run<H: 'static>(&self, store: &mut Store<State<H>>) -> wasmtime::Result<Outcome> {
        let code = self.start(store)?;
        match end(store, &self.runtime) {
            Ok((live, peak)) => {
                Ok(Outcome { live_objects: Some(live), peak_bytes: Some(peak), ..ended(code) })
            }
            // No call of the program is to blame.
            Err(error) => match error.downcast_ref::<Failure>() {
                Some(failure) => {
                    let report = ErrorReport {
                        kind: failure.kind,
                        message: failure.message.clone(),
                        stack: StackTrace::default(),
                    };
                    Ok(Outcome { error: Some(report), ..ended(1) })
                }
                None => Err(error),
            },
        }
    }
}

/// Lets the runtime clean up; the objects that are left, and the most bytes that were taken.
fn end<H: 'static>(store: &mut Store<State<H>>, runtime: &Instance) -> wasmtime::Result<(u64, u64)> {
    runtime.get_typed_func::<(), ()>(&mut *store, module::END)?.call(&mut *store, ())?;
    let mut ask = |name| runtime.get_typed_func::<(), u64>(&mut *store, name)?.call(&mut *store, ());
    Ok((ask(module::LIVE_OBJECTS)?, ask(module::PEAK_BYTES)?))
}

/// Runs on a thread with room for the program: whoever calls may have a small stack.
pub(crate) fn on_stack<T: Send>(call: impl FnOnce() -> T + Send) -> Result<T, RunError> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("program".to_owned())
            .stack_size(STACK + (2 << 20))
            .spawn_scoped(scope, call)
            .map_err(RunError::System)?;
        Ok(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
