//! One compilation in an instance of its own.

use crate::bindings::exports::simple::compiler::compile::Guest;
use crate::error::Error;
use crate::instance::Instance;
use crate::limits::Stop;
use crate::load::Loaded;
use crate::{
    Diagnostic, Failure, KnownSymbol, Limits, Linkage, MissingModule, ModuleOptions, Options, Purpose,
    ShareOf, Source, Stage, Stats, Step, Target, places, questions, types,
};
use std::sync::Arc;
use wasmtime::component::ResourceAny;

/// A session of the compiler in an instance of its own.
pub struct Session {
    instance: Instance<Guest>,
}

impl Session {
    pub(crate) fn open(loaded: Arc<Loaded>, options: &Options, limits: Limits) -> Result<Session, Error> {
        let instance = Instance::open(loaded, limits, async |pre, store| {
            let api = pre.instantiate_async(&mut *store).await?.simple_compiler_compile().clone();
            let session = api.session().call_constructor(store, *options).await?;
            Ok((api, session))
        })?;
        Ok(Session { instance })
    }

    /// The folder that `crate.` stands for in modules that are added from now on; without a call that of the first module.
    ///
    /// # Errors
    /// See [`Error`]; so for all calls.
    pub fn set_root(&mut self, folder: &str) -> Result<(), Error> {
        self.instance
            .call(async |live| live.api.session().call_set_root(&mut live.store, live.resource, folder).await)
    }

    /// Leaves contracts unchecked when the program runs; to be said before anything is checked.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn leave_contracts_unchecked(&mut self) -> Result<(), Error> {
        self.instance.call(async |live| {
            live.api.session().call_leave_contracts_unchecked(&mut live.store, live.resource).await
        })
    }

    /// Makes public functions of the program exports of its module of WebAssembly; to be said before anything is checked.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn export_public(&mut self) -> Result<(), Error> {
        self.instance
            .call(async |live| live.api.session().call_export_public(&mut live.store, live.resource).await)
    }

    /// Adds a module, the program first; gives the modules that are used and still missing.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn add_module(&mut self, path: &str, text: &str) -> Result<Vec<MissingModule>, Error> {
        self.instance.takes_in([path.as_bytes(), text.as_bytes()]);
        self.instance.call(async |live| {
            live.api.session().call_add_module(&mut live.store, live.resource, path, text).await
        })
    }

    /// Adds a module file; gives the modules that are used and still missing.
    ///
    /// # Errors
    /// [`Error::Rejected`] for bytes that are no module; the diagnostics say why.
    pub fn add_library(&mut self, path: &str, file: &[u8]) -> Result<Vec<MissingModule>, Error> {
        self.instance.takes_in([path.as_bytes(), file]);
        let result = self.instance.call(async |live| {
            live.api.session().call_add_library(&mut live.store, live.resource, path, file).await
        })?;
        self.value(result)
    }

    /// The module file of everything that was added as source.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program.
    pub fn compile(&mut self, options: &ModuleOptions) -> Result<Vec<u8>, Error> {
        let result = self.instance.call(async |live| {
            live.api.session().call_compile(&mut live.store, live.resource, options).await
        })?;
        self.value(result)
    }

    /// A readable listing of a module file.
    ///
    /// # Errors
    /// See [`Error`]. The inner error says where the file is malformed.
    pub fn inspect(&mut self, file: &[u8]) -> Result<Result<String, String>, Error> {
        self.instance.call(async |live| live.api.call_inspect(&mut live.store, file).await)
    }

    /// Makes the program of parts that can be replaced while it runs, without those that are known.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn make_reloadable(&mut self, linkage: &Linkage) -> Result<(), Error> {
        self.instance.call(async |live| {
            live.api.session().call_make_reloadable(&mut live.store, live.resource, linkage).await
        })
    }

    /// Adds to what the program has.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn add_known(&mut self, known: &[KnownSymbol]) -> Result<(), Error> {
        self.instance
            .call(async |live| live.api.session().call_add_known(&mut live.store, live.resource, known).await)
    }

    /// Parses and infers types.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program.
    pub fn check(&mut self) -> Result<(), Error> {
        let result = self
            .instance
            .call(async |live| live.api.session().call_check(&mut live.store, live.resource).await)?;
        self.value(result)
    }

    /// The artifact for a target.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program.
    pub fn emit(&mut self, target: Target) -> Result<Vec<u8>, Error> {
        let result = self
            .instance
            .call(async |live| live.api.session().call_emit(&mut live.store, live.resource, target).await)?;
        self.value(result)
    }

    /// Machine code of a share of the program's functions. Ends soon after somebody asks for a stop.
    pub(crate) fn emit_share(
        &mut self,
        target: Target,
        purpose: Purpose,
        share: ShareOf,
        stop: Option<&Stop>,
    ) -> Result<Vec<u8>, Error> {
        let result = self.instance.call_until(stop, async |live| {
            live.api.session().call_emit_share(&mut live.store, live.resource, target, purpose, share).await
        })?;
        self.value(result)
    }

    /// Hands in all shares; [`emit`](Session::emit) and [`compile`](Session::compile) use them.
    pub(crate) fn add_shares(
        &mut self,
        target: Target,
        purpose: Purpose,
        shares: &[Vec<u8>],
    ) -> Result<(), Error> {
        let result = self.instance.call(async |live| {
            live.api.session().call_add_shares(&mut live.store, live.resource, target, purpose, shares).await
        })?;
        self.value(result)
    }

    /// The printed form of a stage.
    ///
    /// # Errors
    /// [`Error::Rejected`] where a wrong program does not get that far.
    pub fn dump(&mut self, stage: Stage, target: Target) -> Result<String, Error> {
        let result = self.instance.call(async |live| {
            live.api.session().call_dump(&mut live.store, live.resource, stage, target).await
        })?;
        self.value(result)
    }

    /// The program, ready for the interpreter.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program.
    pub fn start(&mut self, args: &[String], max_memory: u64) -> Result<Execution<'_>, Error> {
        let result = self.instance.call(async |live| {
            live.api.session().call_start(&mut live.store, live.resource, args, max_memory).await
        })?;
        let program = self.value(result)?;
        Ok(Execution { session: self, program })
    }

    /// A text in the house style.
    ///
    /// # Errors
    /// [`Error::Rejected`] for errors of its syntax.
    pub fn format(&mut self, path: &str, text: &str) -> Result<String, Error> {
        self.instance.takes_in([path.as_bytes(), text.as_bytes()]);
        let result = self.instance.call(async |live| {
            live.api.session().call_format(&mut live.store, live.resource, path, text).await
        })?;
        self.value(result)
    }

    /// What the names in a file mean, by its number; to be asked instead of [`check`](Session::check).
    ///
    /// # Errors
    /// See [`Error`]; what is wrong with the program is among the diagnostics.
    pub fn places(&mut self, file: u32) -> Result<places::Index, Error> {
        let result = self
            .instance
            .call(async |live| live.api.session().call_places(&mut live.store, live.resource, file).await)?;
        self.value(result)
    }

    /// What could be written at a byte of a file.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn complete(&mut self, file: u32, offset: u32) -> Result<Vec<places::Entity>, Error> {
        let result = self.instance.call(async |live| {
            live.api.session().call_complete(&mut live.store, live.resource, file, offset).await
        })?;
        self.value(result)
    }

    /// Everything found so far.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn diagnostics(&mut self) -> Result<Vec<Diagnostic>, Error> {
        self.instance
            .call(async |live| live.api.session().call_diagnostics(&mut live.store, live.resource).await)
    }

    /// The file that a span names.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn source(&mut self, file: u32) -> Result<Option<Source>, Error> {
        self.instance
            .call(async |live| live.api.session().call_source(&mut live.store, live.resource, file).await)
    }

    /// The functions of the checked program with their types.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program.
    pub fn types(&mut self) -> Result<types::Table, Error> {
        let result = self
            .instance
            .call(async |live| live.api.session().call_types(&mut live.store, live.resource).await)?;
        self.value(result)
    }

    /// The type arguments of a template, by what is known about its use.
    ///
    /// # Errors
    /// [`Error::Rejected`] for a wrong program; a wrong question is part of the answer.
    pub fn infer(&mut self, question: &questions::Question) -> Result<questions::Answer, Error> {
        let result = self.instance.call(async |live| {
            live.api.session().call_infer(&mut live.store, live.resource, question).await
        })?;
        self.value(result)
    }

    /// [`Session::infer`] for many questions, each on its own.
    ///
    /// # Errors
    /// See there.
    pub fn infer_all(&mut self, list: &[questions::Question]) -> Result<Vec<questions::Answer>, Error> {
        let result = self.instance.call(async |live| {
            live.api.session().call_infer_all(&mut live.store, live.resource, list).await
        })?;
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
        let result = self.instance.call(async |live| {
            live.api.session().call_instantiate(&mut live.store, live.resource, wanted, target).await
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
        let result = self.instance.call(async |live| {
            let session = live.api.session();
            session.call_instantiate_symbol(&mut live.store, live.resource, name, signature, target).await
        })?;
        self.value(result)
    }

    /// Checks every declaration and template of the module files that were added.
    ///
    /// # Errors
    /// [`Error::Rejected`] where one is not sound; the diagnostics say what.
    pub fn check_libraries(&mut self) -> Result<(), Error> {
        let result = self.instance.call(async |live| {
            live.api.session().call_check_libraries(&mut live.store, live.resource).await
        })?;
        self.value(result)
    }

    /// What was counted so far.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn stats(&mut self) -> Result<Stats, Error> {
        self.instance.call(async |live| live.api.session().call_stats(&mut live.store, live.resource).await)
    }

    /// Bytes of linear memory that the component took. It never gives any back, so this is also the most it had.
    pub fn memory(&self) -> Option<usize> {
        self.instance.memory()
    }

    fn value<T>(&self, result: Result<T, Failure>) -> Result<T, Error> {
        result.map_err(|failure| match failure {
            Failure::Rejected => Error::Rejected,
            Failure::TooLarge(bytes) => Error::TooLarge(bytes),
            Failure::Internal(what) => self.instance.internal(&what),
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
        self.session.instance.call_until(Some(stop), async |live| {
            live.api.execution().call_step(&mut live.store, program, instructions).await
        })
    }

    /// The next line of the input, without its end; none at the end of the input.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn supply_line(&mut self, line: Option<&str>) -> Result<(), Error> {
        let program = self.program;
        self.session
            .instance
            .call(async |live| live.api.execution().call_supply_line(&mut live.store, program, line).await)
    }

    /// Ends the program at its next step.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn interrupt(&mut self, timed_out: bool) -> Result<(), Error> {
        let program = self.program;
        self.session
            .instance
            .call(async |live| live.api.execution().call_interrupt(&mut live.store, program, timed_out).await)
    }
}
