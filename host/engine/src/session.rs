//! One compilation in an instance of its own.

use crate::bindings::exports::simple::compiler::compile::Guest;
use crate::limits::{MemoryRefused, State, Stop};
use crate::load::{Loaded, WASM_STACK};
use crate::{
    Diagnostic, Failure, KnownSymbol, Limits, Linkage, MissingModule, ModuleOptions, Options, Source, Stage,
    Stats, Step, Target, questions, types,
};
use std::fmt;
use std::sync::Arc;
use wasmtime::component::ResourceAny;
use wasmtime::{Store, Trap};

/// Why a call gave nothing. After anything but the first two the instance is gone, and so is the session.
#[derive(Debug)]
pub enum Error {
    /// The program was rejected; the diagnostics say why.
    Rejected,
    /// The result has this many bytes, more than was allowed.
    TooLarge(u64),
    /// The compiler needed more memory than its limit, in bytes.
    OutOfMemory(usize),
    /// The call took longer than its limit.
    TimedOut(std::time::Duration),
    /// The program of a step was to stop and did not within the step.
    Stopped,
    /// The compiler needed more stack than there is.
    StackOverflow,
    /// A bug of the compiler. Says what is known about it.
    Internal(String),
    /// The session ended with an earlier error.
    Gone,
    /// The operating system refuses a thread.
    System(std::io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Rejected => write!(f, "the program has errors"),
            Error::TooLarge(bytes) => write!(f, "the result has {bytes} bytes, more than the limit"),
            Error::OutOfMemory(limit) => {
                write!(f, "the compiler reached its memory limit of {} MiB", limit >> 20)
            }
            Error::TimedOut(limit) => {
                write!(f, "the compiler reached its time limit of {} s", limit.as_secs_f64())
            }
            Error::Stopped => write!(f, "the program was stopped"),
            Error::StackOverflow => write!(f, "the compiler reached its stack limit"),
            Error::Internal(what) => write!(f, "internal compiler error: {what}"),
            Error::Gone => write!(f, "the compiler stopped after an earlier error"),
            Error::System(error) => write!(f, "cannot start a thread for the compiler: {error}"),
        }
    }
}

impl std::error::Error for Error {}

/// A session of the compiler in an instance of its own.
pub struct Session {
    loaded: Arc<Loaded>,
    limits: Limits,
    /// Hash of everything that went in, to name the input in reports of bugs.
    input: blake3::Hasher,
    /// None after an error that the instance did not survive.
    live: Option<Live>,
}

struct Live {
    store: Store<State>,
    api: Guest,
    session: ResourceAny,
}

impl Session {
    pub(crate) fn open(loaded: Arc<Loaded>, options: &Options, limits: Limits) -> Result<Session, Error> {
        let mut store = store(&loaded, &limits);
        let input = blake3::Hasher::new();
        let live = on_stack(|| {
            loaded.clock.during(|| {
                let api = loaded.pre.instantiate(&mut store)?.simple_compiler_compile().clone();
                let session = api.session().call_constructor(&mut store, *options)?;
                Ok(Live { store, api, session })
            })
        })?
        .map_err(|error| explain(&error, &limits, &input))?;
        Ok(Session { loaded, limits, input, live: Some(live) })
    }

    /// The folder that `crate.` stands for in modules that are added from now on; without a call that of the first module.
    ///
    /// # Errors
    /// See [`Error`]; so for all calls.
    pub fn set_root(&mut self, folder: &str) -> Result<(), Error> {
        self.call(|live| live.api.session().call_set_root(&mut live.store, live.session, folder))
    }

    /// Leaves contracts unchecked when the program runs; to be said before anything is checked.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn leave_contracts_unchecked(&mut self) -> Result<(), Error> {
        self.call(|live| live.api.session().call_leave_contracts_unchecked(&mut live.store, live.session))
    }

    /// Adds a module, the program first; gives the modules that are used and still missing.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn add_module(&mut self, path: &str, text: &str) -> Result<Vec<MissingModule>, Error> {
        for part in [path, text] {
            self.input.update(&(part.len() as u64).to_le_bytes());
            self.input.update(part.as_bytes());
        }
        self.call(|live| live.api.session().call_add_module(&mut live.store, live.session, path, text))
    }

    /// Adds a module file; gives the modules that are used and still missing.
    ///
    /// # Errors
    /// [`Error::Rejected`] for bytes that are no module; the diagnostics say why.
    pub fn add_library(&mut self, path: &str, file: &[u8]) -> Result<Vec<MissingModule>, Error> {
        for part in [path.as_bytes(), file] {
            self.input.update(&(part.len() as u64).to_le_bytes());
            self.input.update(part);
        }
        let result =
            self.call(|live| live.api.session().call_add_library(&mut live.store, live.session, path, file))?;
        self.value(result)
    }

    /// The module file of everything that was added as source.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program.
    pub fn compile(&mut self, options: &ModuleOptions) -> Result<Vec<u8>, Error> {
        let result =
            self.call(|live| live.api.session().call_compile(&mut live.store, live.session, options))?;
        self.value(result)
    }

    /// A readable listing of a module file.
    ///
    /// # Errors
    /// See [`Error`]. The inner error says where the file is malformed.
    pub fn inspect(&mut self, file: &[u8]) -> Result<Result<String, String>, Error> {
        self.call(|live| live.api.call_inspect(&mut live.store, file))
    }

    /// Makes the program of parts that can be replaced while it runs, without those that are known.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn make_reloadable(&mut self, linkage: &Linkage) -> Result<(), Error> {
        self.call(|live| live.api.session().call_make_reloadable(&mut live.store, live.session, linkage))
    }

    /// Adds to what the program has.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn add_known(&mut self, known: &[KnownSymbol]) -> Result<(), Error> {
        self.call(|live| live.api.session().call_add_known(&mut live.store, live.session, known))
    }

    /// Parses and infers types.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program.
    pub fn check(&mut self) -> Result<(), Error> {
        let result = self.call(|live| live.api.session().call_check(&mut live.store, live.session))?;
        self.value(result)
    }

    /// The artifact for a target.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program.
    pub fn emit(&mut self, target: Target) -> Result<Vec<u8>, Error> {
        let result = self.call(|live| live.api.session().call_emit(&mut live.store, live.session, target))?;
        self.value(result)
    }

    /// The printed form of a stage.
    ///
    /// # Errors
    /// [`Error::Rejected`] where a wrong program does not get that far.
    pub fn dump(&mut self, stage: Stage, target: Target) -> Result<String, Error> {
        let result =
            self.call(|live| live.api.session().call_dump(&mut live.store, live.session, stage, target))?;
        self.value(result)
    }

    /// The program, ready for the interpreter.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program.
    pub fn start(&mut self, args: &[String], max_memory: u64) -> Result<Execution<'_>, Error> {
        let result =
            self.call(|live| live.api.session().call_start(&mut live.store, live.session, args, max_memory))?;
        let program = self.value(result)?;
        Ok(Execution { session: self, program })
    }

    /// Everything found so far.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn diagnostics(&mut self) -> Result<Vec<Diagnostic>, Error> {
        self.call(|live| live.api.session().call_diagnostics(&mut live.store, live.session))
    }

    /// The file that a span names.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn source(&mut self, file: u32) -> Result<Option<Source>, Error> {
        self.call(|live| live.api.session().call_source(&mut live.store, live.session, file))
    }

    /// The functions of the checked program with their types.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program.
    pub fn types(&mut self) -> Result<types::Table, Error> {
        let result = self.call(|live| live.api.session().call_types(&mut live.store, live.session))?;
        self.value(result)
    }

    /// The type arguments of a template, by what is known about its use.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program; a wrong question is part of the answer.
    pub fn infer(&mut self, question: &questions::Question) -> Result<questions::Answer, Error> {
        let result =
            self.call(|live| live.api.session().call_infer(&mut live.store, live.session, question))?;
        self.value(result)
    }

    /// [`Session::infer`] for many questions, each on its own.
    ///
    /// # Errors
    /// See there.
    pub fn infer_all(&mut self, list: &[questions::Question]) -> Result<Vec<questions::Answer>, Error> {
        let result =
            self.call(|live| live.api.session().call_infer_all(&mut live.store, live.session, list))?;
        self.value(result)
    }

    /// One instance as an artifact of its own.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program; a wrong question is part of the answer.
    pub fn instantiate(
        &mut self,
        wanted: &questions::InstanceOf,
        target: Target,
    ) -> Result<questions::Instantiation, Error> {
        let result = self.call(|live| {
            live.api.session().call_instantiate(&mut live.store, live.session, wanted, target)
        })?;
        self.value(result)
    }

    /// The instance behind a symbol that was left out.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program; a symbol that is not known is part of the answer.
    pub fn instantiate_symbol(
        &mut self,
        name: &str,
        signature: u64,
        target: Target,
    ) -> Result<questions::Instantiation, Error> {
        let result = self.call(|live| {
            let session = live.api.session();
            session.call_instantiate_symbol(&mut live.store, live.session, name, signature, target)
        })?;
        self.value(result)
    }

    /// Checks every declaration and template of the module files that were added.
    ///
    /// # Errors
    /// [`Error::Rejected`] where one is not sound; the diagnostics say what.
    pub fn check_libraries(&mut self) -> Result<(), Error> {
        let result =
            self.call(|live| live.api.session().call_check_libraries(&mut live.store, live.session))?;
        self.value(result)
    }

    /// What was counted so far.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn stats(&mut self) -> Result<Stats, Error> {
        self.call(|live| live.api.session().call_stats(&mut live.store, live.session))
    }

    /// Bytes of linear memory that the component took. It never gives any back, so this is also the most it had.
    pub fn memory(&self) -> Option<usize> {
        self.live.as_ref().map(|live| live.store.data().memory)
    }

    fn call<T: Send>(
        &mut self,
        call: impl FnOnce(&mut Live) -> wasmtime::Result<T> + Send,
    ) -> Result<T, Error> {
        self.call_until(None, call)
    }

    fn call_until<T: Send>(
        &mut self,
        stop: Option<&Stop>,
        call: impl FnOnce(&mut Live) -> wasmtime::Result<T> + Send,
    ) -> Result<T, Error> {
        let mut live = self.live.take().ok_or(Error::Gone)?;
        live.store.data_mut().begin(self.limits.time, stop);
        live.store.set_epoch_deadline(1);
        let clock = &self.loaded.clock;
        let value = on_stack(|| clock.during(|| call(&mut live)))?.map_err(|error| {
            if live.store.data().was_stopped() {
                return Error::Stopped;
            }
            explain(&error, &self.limits, &self.input)
        })?;
        self.live = Some(live);
        Ok(value)
    }

    fn value<T>(&self, result: Result<T, Failure>) -> Result<T, Error> {
        result.map_err(|failure| match failure {
            Failure::Rejected => Error::Rejected,
            Failure::TooLarge(bytes) => Error::TooLarge(bytes),
            Failure::Internal(what) => Error::Internal(on_input(&what, &self.input)),
        })
    }
}

/// A program in the interpreter of a session. It runs only inside [`step`](Execution::step).
pub struct Execution<'a> {
    session: &'a mut Session,
    program: ResourceAny,
}

impl Execution<'_> {
    /// Goes on for at most this many instructions, and ends soon once the program is to stop. Whoever wants a report of the place then asks
    /// for it by [`interrupt`](Execution::interrupt) and another step.
    ///
    /// # Errors
    /// See [`Error`]; what goes wrong in the program is part of the step. [`Error::Stopped`] where the program could not even be asked, since
    /// it was inside of one long operation.
    pub fn step(&mut self, instructions: u64, stop: &Stop) -> Result<Step, Error> {
        let program = self.program;
        self.session.call_until(Some(stop), |live| {
            live.api.execution().call_step(&mut live.store, program, instructions)
        })
    }

    /// The next line of the input, without its end; none at the end of the input.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn supply_line(&mut self, line: Option<&str>) -> Result<(), Error> {
        let program = self.program;
        self.session.call(|live| live.api.execution().call_supply_line(&mut live.store, program, line))
    }

    /// Ends the program at its next step.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn interrupt(&mut self, timed_out: bool) -> Result<(), Error> {
        let program = self.program;
        self.session.call(|live| live.api.execution().call_interrupt(&mut live.store, program, timed_out))
    }
}

/// The store of an instance with its limits.
pub(crate) fn store(loaded: &Loaded, limits: &Limits) -> Store<State> {
    let mut store = Store::new(&loaded.engine, State::new(limits));
    store.limiter(|state| state);
    store.epoch_deadline_callback(|mut store| Ok(store.data_mut().tick()));
    store.set_epoch_deadline(1);
    // What the host copies out of the component per call is bounded too.
    store.set_hostcall_fuel(limits.output);
    store
}

/// Runs a call on a thread with room for it: whoever calls may have a small stack, and overflowing that would end the process.
pub(crate) fn on_stack<T: Send>(call: impl FnOnce() -> T + Send) -> Result<T, Error> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("component".to_owned())
            .stack_size(WASM_STACK + (1 << 20))
            .spawn_scoped(scope, call)
            .map_err(Error::System)?;
        thread.join().map_err(|panic| std::panic::resume_unwind(panic))
    })
}

// What the end of a call means.
pub(crate) fn explain(error: &wasmtime::Error, limits: &Limits, input: &blake3::Hasher) -> Error {
    if error.is::<MemoryRefused>() {
        return Error::OutOfMemory(limits.memory);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => Error::TimedOut(limits.time),
        Some(Trap::StackOverflow) => Error::StackOverflow,
        Some(trap) => Error::Internal(on_input(&trap.to_string(), input)),
        None => Error::Internal(on_input(&format!("{error:#}"), input)),
    }
}

fn on_input(what: &str, input: &blake3::Hasher) -> String {
    format!("{what} (on input {})", &input.finalize().to_hex()[..16])
}
