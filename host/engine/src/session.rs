//! One compilation in an instance of its own.

use crate::bindings::exports::simple::compiler::compile::Guest;
use crate::limits::State;
use crate::load::{Engine, TICK};
use crate::{Diagnostic, Failure, Limits, Options, Source, Stage, Stats, Step, Target, types};
use std::fmt;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

/// Why a call gave nothing.
#[derive(Debug)]
pub enum Error {
    /// The program was rejected; the diagnostics say why.
    Rejected,
    /// The result has this many bytes, more than was allowed.
    TooLarge(u64),
    /// The compiler needed more memory than its limit.
    OutOfMemory,
    /// The call took longer than its limit.
    TimedOut,
    /// A bug of the compiler: the instance is gone. Says what is known about it.
    Internal(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Rejected => write!(f, "the program has errors"),
            Error::TooLarge(bytes) => write!(f, "the result has {bytes} bytes, more than the limit"),
            Error::OutOfMemory => write!(f, "the compiler reached its memory limit"),
            Error::TimedOut => write!(f, "the compiler reached its time limit"),
            Error::Internal(what) => write!(f, "internal compiler error: {what}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<Failure> for Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Rejected => Error::Rejected,
            Failure::TooLarge(bytes) => Error::TooLarge(bytes),
            Failure::Internal(what) => Error::Internal(what),
        }
    }
}

/// A session of the compiler in its own instance. After [`Error::OutOfMemory`], [`Error::TimedOut`] or a trap every further call fails the same way.
pub struct Session {
    store: Store<State>,
    api: Guest,
    session: ResourceAny,
    ticks: u64,
    /// Hash of everything that went in, to name the input in reports of bugs.
    input: blake3::Hasher,
    dead: Option<String>,
}

/// A program in the interpreter of a session.
pub struct Execution(ResourceAny);

macro_rules! call {
    ($session:ident, $($call:tt)*) => {{
        $session.alive()?;
        $session.store.set_epoch_deadline($session.ticks);
        let api = $session.api.session();
        let result = api.$($call)*;
        $session.settle(result)
    }};
}

impl Session {
    /// Makes an instance and a session in it.
    ///
    /// # Errors
    /// The limits are too small for even that.
    pub fn new(engine: &Engine, options: &Options, limits: &Limits) -> Result<Session, Error> {
        let mut store = Store::new(engine.wasmtime(), State::new(limits));
        store.limiter(State::limiter);
        let ticks = (limits.time.as_millis() / TICK.as_millis()).max(1) as u64 + 1;
        store.set_epoch_deadline(ticks);
        let instance = engine.pre().instantiate(&mut store).map_err(|error| explain(&error, None))?;
        let api = instance.simple_compiler_compile().clone();
        let session =
            api.session().call_constructor(&mut store, options).map_err(|error| explain(&error, None))?;
        Ok(Session { store, api, session, ticks, input: blake3::Hasher::new(), dead: None })
    }

    /// Adds a module; gives the imports still missing.
    ///
    /// # Errors
    /// See [`Error`]; so for all calls.
    pub fn add_module(&mut self, path: &str, text: &str) -> Result<Vec<String>, Error> {
        self.input.update(path.as_bytes());
        self.input.update(text.as_bytes());
        call!(self, call_add_module(&mut self.store, self.session, path, text))
    }

    /// Parses and infers types.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program.
    pub fn check(&mut self) -> Result<(), Error> {
        Ok(call!(self, call_check(&mut self.store, self.session))??)
    }

    /// The artifact for a target.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program.
    pub fn emit(&mut self, target: Target) -> Result<Vec<u8>, Error> {
        Ok(call!(self, call_emit(&mut self.store, self.session, target))??)
    }

    /// The printed form of a stage.
    ///
    /// # Errors
    /// [`Error::Rejected`] where a wrong program does not get that far.
    pub fn dump(&mut self, stage: Stage, target: Target) -> Result<String, Error> {
        Ok(call!(self, call_dump(&mut self.store, self.session, stage, target))??)
    }

    /// The program, ready for the interpreter.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program.
    pub fn start(&mut self, args: &[String], max_memory: u64) -> Result<Execution, Error> {
        Ok(call!(self, call_start(&mut self.store, self.session, args, max_memory))?.map(Execution)?)
    }

    /// Everything found so far.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn diagnostics(&mut self) -> Result<Vec<Diagnostic>, Error> {
        call!(self, call_diagnostics(&mut self.store, self.session))
    }

    /// The file that a span names.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn source(&mut self, file: u32) -> Result<Option<Source>, Error> {
        call!(self, call_source(&mut self.store, self.session, file))
    }

    /// The functions of the checked program with their types.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program.
    pub fn types(&mut self) -> Result<types::Table, Error> {
        Ok(call!(self, call_types(&mut self.store, self.session))??)
    }

    /// What was counted so far.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn stats(&mut self) -> Result<Stats, Error> {
        call!(self, call_stats(&mut self.store, self.session))
    }

    /// Runs a program of this session on.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn step(&mut self, execution: &Execution, instructions: u64) -> Result<Step, Error> {
        self.alive()?;
        self.store.set_epoch_deadline(self.ticks);
        let result = self.api.execution().call_step(&mut self.store, execution.0, instructions);
        self.settle(result)
    }

    /// Gives a program its next line of input; none at the end.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn supply_line(&mut self, execution: &Execution, line: Option<&str>) -> Result<(), Error> {
        self.alive()?;
        self.store.set_epoch_deadline(self.ticks);
        let result = self.api.execution().call_supply_line(&mut self.store, execution.0, line);
        self.settle(result)
    }

    /// Ends a program at its next step.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn interrupt(&mut self, execution: &Execution, timed_out: bool) -> Result<(), Error> {
        self.alive()?;
        self.store.set_epoch_deadline(self.ticks);
        let result = self.api.execution().call_interrupt(&mut self.store, execution.0, timed_out);
        self.settle(result)
    }

    fn alive(&self) -> Result<(), Error> {
        match &self.dead {
            Some(why) => Err(Error::Internal(format!("the session is gone: {why}"))),
            None => Ok(()),
        }
    }

    fn settle<T>(&mut self, result: wasmtime::Result<T>) -> Result<T, Error> {
        result.map_err(|error| {
            let error = explain(&error, Some(&self.input));
            self.dead = Some(error.to_string());
            error
        })
    }
}

// What a trap means.
fn explain(error: &wasmtime::Error, input: Option<&blake3::Hasher>) -> Error {
    if let Some(trap) = error.downcast_ref::<wasmtime::Trap>() {
        if *trap == wasmtime::Trap::Interrupt {
            return Error::TimedOut;
        }
        let input =
            input.map(|hash| format!(" on input {}", &hash.finalize().to_hex()[..16])).unwrap_or_default();
        return Error::Internal(format!("{trap}{input}"));
    }
    // The limiter's refusal to grow is an error of its own, not a trap.
    let text = format!("{error:#}");
    if text.contains("memory") && text.contains("grow") || text.contains("forcing trap") {
        return Error::OutOfMemory;
    }
    Error::Internal(text)
}
