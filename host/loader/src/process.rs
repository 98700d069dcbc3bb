//! A program that stays alive between calls.

use crate::link::{Linker, Linking, TypeTable};
use crate::reload::{Connection, LinkError, Reload};
use crate::run::{Limits, RunError, Stats};
use crate::service::{Instances, Services, serve};
use crate::value::{Shape, Type};
use crate::{Program, trace};
use abi::ErrorKind;
use abi::artifact::{Artifact, Target};
use abi::report::ErrorReport;
use exec::{Call, Instance, Interrupter, PartId, Place, Space};
use runtime::{Host, Rt, Values, Waker};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use stop::{Handle, Stop, Watchdog};

/// The world of a process. There is one kind, so that there is one copy of the runtime.
pub(crate) type World<'h> = Box<dyn Host + 'h>;

/// A program with a heap, a stack and code of its own, which can be called any number of times and be given more code between calls. All of that
/// goes away with it.
///
/// A call that fails leaves a process that can be called again. What the call had changed stays changed; a value that a function of the program was
/// changing in place may be empty. What the call owned is free again: after a failure the heap keeps exactly what the program's variables lead to,
/// which takes as long as there is something to keep.
pub struct Process<'h> {
    instance: Instance<World<'h>>,
    linker: Rc<RefCell<Linker>>,
    services: Rc<RefCell<Services>>,
    /// `() -> i64`: the bodies of the modules.
    entry: Option<Place>,
    limits: Limits,
    watchdog: Option<Watchdog>,
    reloading: Option<Connection>,
    id: Id,
    /// After a failure the heap could not be put in order.
    damaged: bool,
}

/// How a call ended that did not return.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CallError {
    /// A run-time error.
    Failed(ErrorReport),
    /// The program called `exit` with this code.
    Exited(i32),
    /// There is no such function, or not any more.
    NoFunction,
    /// The arguments are not of the function's types.
    Arguments {
        /// The function's type.
        expected: String,
    },
    /// An earlier failure has left a heap that cannot be used any more: a bug in emitted code or the runtime.
    Damaged,
    /// The operating system refuses memory or a thread.
    System(String),
}

impl std::fmt::Display for CallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CallError::Failed(report) => report.fmt(f),
            CallError::Exited(code) => write!(f, "the program ended itself with code {code}"),
            CallError::NoFunction => write!(f, "the program does not have this function"),
            CallError::Arguments { expected } => {
                write!(f, "these are no arguments of a function of the type `{expected}`")
            }
            CallError::Damaged => write!(f, "an earlier error has damaged the program's memory"),
            CallError::System(what) => {
                write!(f, "the system has no memory or thread for the program: {what}")
            }
        }
    }
}

impl std::error::Error for CallError {}

/// All that it takes to stop a program: the word that it polls, and what ends its wait for input.
struct Interruption {
    interrupter: Interrupter,
    waker: Option<Waker>,
}

impl Stop for Interruption {
    fn stop(&self, kind: ErrorKind) {
        // The word first: who wakes finds it.
        self.interrupter.stop(kind);
        if let Some(wake) = &self.waker {
            wake();
        }
    }
}

/// Which process something belongs to: equal for the same one alone.
#[derive(Clone, Debug)]
pub struct Id(Arc<()>);

impl PartialEq for Id {
    fn eq(&self, other: &Id) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Id {}

/// A function of a process, by the function table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol {
    /// Hash of its types: functions of one name have different ones.
    pub signature: u64,
    /// Counts the code that it had, from 1.
    pub version: u64,
    /// Its entries; more than one for the methods of a trait object.
    pub entries: Range<u32>,
}

impl<'h> Process<'h> {
    /// A process of a program, in which nothing has run yet.
    ///
    /// # Errors
    /// It is not whole, or there is no room for what it needs within the limits.
    pub fn new(program: &Program, limits: Limits, host: Box<dyn Host + 'h>) -> Result<Process<'h>, RunError> {
        let artifact = program.artifact();
        let space = Space::new(limits.memory).map_err(RunError::System)?;
        let context = space.context();
        let mut rt = Rt::new(space, host, artifact.types.clone()).map_err(RunError::Types)?;
        let (linker, linked) =
            Linker::first(artifact, limits.functions.clone(), &mut rt).map_err(RunError::Link)?;
        let code = linked.code.publish().map_err(RunError::System)?;
        let instance = Instance::new(rt, context, code, &linked.functions, artifact.table_bits, limits.stack)
            .map_err(RunError::System)?;
        let entry = artifact.entry.map(|entry| (PartId::FIRST, artifact.funcs[entry as usize].offset));
        let linker = Rc::new(RefCell::new(linker));
        let mut process = Process {
            instance,
            linker,
            services: Rc::default(),
            entry,
            limits,
            watchdog: None,
            reloading: None,
            id: Id(Arc::default()),
            damaged: false,
        };
        process.instance.set_service(serve(process.services.clone(), process.linker.clone()));
        // A program of one part has no poll at which it could be changed.
        if let Some(reloader) = &process.limits.reloader
            && !artifact.symbols.is_empty()
        {
            process.services.borrow_mut().reloader = Some(reloader.clone());
            let known = process.linker.borrow().known();
            process.reloading = Some(reloader.connect(process.instance.interrupter(), known));
        }
        Ok(process)
    }

    /// A process without a program, for modules that are linked into it one by one.
    ///
    /// # Errors
    /// There is no machine code for this machine, or no room within the limits.
    pub fn empty(limits: Limits, host: Box<dyn Host + 'h>) -> Result<Process<'h>, RunError> {
        let target =
            Target::host().ok_or_else(|| RunError::System(std::io::ErrorKind::Unsupported.into()))?;
        Process::new(&Program { artifact: Artifact::empty(target) }, limits, host)
    }

    /// From now on functions that were left out of the program are made by this when they are called first.
    pub fn set_instances(&mut self, instances: Box<dyn Instances>) {
        self.services.borrow_mut().instances = Some(instances);
    }

    /// Runs the bodies of the program's modules, or of the module that was linked last: sets its variables, does what stands outside of functions. Gives the exit code.
    ///
    /// # Errors
    /// See [`CallError`]; there is no function where the program is a library.
    pub fn start(&mut self) -> Result<i32, CallError> {
        let entry = self.entry.ok_or(CallError::NoFunction)?;
        let mut call = Call::default();
        let ended = self.call(entry, &mut call);
        self.linker.borrow_mut().forget_entry();
        ended.map(|()| call.int_results[0] as i32)
    }

    /// Calls the function at a place, which expects and gives what stands in these registers and in the words beyond ([`Process::set_more_args`]).
    ///
    /// # Errors
    /// See [`CallError`]. The process lives on.
    pub fn call(&mut self, place: Place, registers: &mut Call) -> Result<(), CallError> {
        self.link_waiting();
        if self.damaged {
            return Err(CallError::Damaged);
        }
        let ended = self.watched(|process| process.enter(place, registers))?;
        if ended.is_err() {
            let variables = self.linker.borrow().variables();
            self.damaged = self.instance.rt_mut().recover(&variables).is_err();
        }
        ended
    }

    /// Sets arguments of the next call that have no register, in order.
    ///
    /// # Panics
    /// For more than any function has.
    pub fn set_more_args(&mut self, words: &[u64]) {
        self.instance.set_more_args(words);
    }

    /// The n-th result of the latest call that has no register.
    ///
    /// # Panics
    /// For one that no function has.
    pub fn more_results(&self, index: usize) -> u64 {
        self.instance.more_results(index)
    }

    /// Links a further artifact, and gives variables that are new their values.
    ///
    /// # Errors
    /// See [`LinkError`]. The process is as it was, but after [`LinkError::Values`].
    pub fn link(&mut self, part: &Program, linking: Linking) -> Result<Reload, LinkError> {
        let parts = self.instance.parts();
        let linked =
            self.linker.borrow_mut().further(part.artifact(), linking, self.instance.rt_mut(), &parts)?;
        if let Some(entry) = part.artifact().entry {
            self.entry = linked.entry.map(|id| (id, part.artifact().funcs[entry as usize].offset));
        }
        while let Some(place) = parts.take_call() {
            if let Err(error) = self.call(place, &mut Call::default()) {
                // Those behind it may need what it did not make.
                while parts.take_call().is_some() {}
                return Err(LinkError::Values(Box::new(error)));
            }
        }
        Ok(linked)
    }

    /// Takes symbols out of the program, by name and signature: what nothing else in it reaches goes away, code and variables.
    ///
    /// # Errors
    /// See [`CallError`]: objects in the variables were not in order.
    pub fn retire(&mut self, symbols: &BTreeSet<(String, u64)>) -> Result<Reload, CallError> {
        let parts = self.instance.parts();
        let (report, variables) = self.linker.borrow_mut().retire(symbols, &parts);
        self.release(variables)?;
        Ok(report)
    }

    /// The functions of a name.
    pub fn symbols(&self, name: &str) -> Vec<Symbol> {
        let linker = self.linker.borrow();
        linker.functions(name).collect()
    }

    /// All functions that are symbols: name, signature, content.
    pub fn known(&self) -> Vec<crate::Known> {
        self.linker.borrow().known()
    }

    /// Where an entry of the function table leads.
    pub fn entry(&self, index: u32) -> Option<Place> {
        self.instance.parts().entry(index)
    }

    /// The entries of the function with this name and signature.
    pub fn symbol(&self, name: &str, signature: u64) -> Option<Range<u32>> {
        self.linker.borrow().function(name, signature)
    }

    /// The heap, for values that go in and out between calls.
    pub fn values(&mut self) -> &mut dyn Values {
        self.instance.rt_mut()
    }

    /// What values of a type look like here.
    ///
    /// # Errors
    /// There is no room for another type.
    pub fn shape(&mut self, ty: &Type) -> Result<Shape, LinkError> {
        let mut linker = self.linker.borrow_mut();
        Shape::of(ty, &mut TypeTable { linker: &mut linker, rt: self.instance.rt_mut() })
    }

    /// Which process it is.
    pub fn id(&self) -> Id {
        self.id.clone()
    }

    /// The limits of calls from now on. Memory, stack and reloader stay as they were when the process was made.
    pub fn set_time(&mut self, time: Option<Duration>) {
        self.limits.time = time;
    }

    /// What it holds and held.
    pub fn stats(&self) -> Stats {
        let stats = self.instance.rt().stats();
        Stats { live_objects: Some(stats.live_objects), peak_bytes: stats.peak_bytes }
    }

    /// Ends it: gives the variables back and collects cycles. Objects that are still counted then are leaks.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn finish(mut self) -> Result<Stats, CallError> {
        self.watched(Process::end)??;
        Ok(self.stats())
    }

    /// Runs the entry and ends, all of it as one call with regard to limits. The exit code, and what is left alive.
    pub(crate) fn run(&mut self) -> Result<i32, CallError> {
        let entry = self.entry.ok_or(CallError::NoFunction)?;
        self.watched(|process| {
            let mut call = Call::default();
            process.enter(entry, &mut call)?;
            process.end()?;
            Ok(call.int_results[0] as i32)
        })?
    }

    // -- steps -----------------------------------------------------------------------------------------------

    /// Does something that requests to stop and the limit of time end.
    fn watched<T>(&mut self, action: impl FnOnce(&mut Process<'h>) -> T) -> Result<T, CallError> {
        if self.limits.time.is_some() && self.watchdog.is_none() {
            let started = Watchdog::start(self.handle());
            self.watchdog = Some(started.map_err(|error| CallError::System(error.to_string()))?);
        }
        let connection = self.limits.stopper.as_ref().map(|stopper| stopper.connect(self.handle()));
        let watched = self.watchdog.as_ref().zip(self.limits.time).map(|(watchdog, time)| watchdog.set(time));
        let value = action(self);
        drop(watched);
        drop(connection);
        // Nobody can ask any more.
        self.instance.forget_stop();
        Ok(value)
    }

    /// What stops the program.
    fn handle(&self) -> Handle {
        let (interrupter, waker) = (self.instance.interrupter(), self.instance.rt().host().waker());
        Arc::new(Interruption { interrupter, waker })
    }

    fn enter(&mut self, place: Place, registers: &mut Call) -> Result<(), CallError> {
        self.instance.call(place, registers).map_err(|error| match error.kind {
            ErrorKind::Exit => CallError::Exited(error.args[0] as i32),
            kind => {
                let stack = trace::trace(&self.linker.borrow(), &self.instance.return_places());
                CallError::Failed(ErrorReport { kind, message: error.message, stack })
            }
        })
    }

    /// Releases the variables and collects cycles.
    fn end(&mut self) -> Result<(), CallError> {
        let variables = self.linker.borrow_mut().take_variables();
        self.release(variables)
    }

    fn release(&mut self, variables: Vec<u32>) -> Result<(), CallError> {
        let rt = self.instance.rt_mut();
        let released = variables.into_iter().try_for_each(|object| rt.release(object));
        let Err(raised) = released.and_then(|()| rt.collect()) else { return Ok(()) };
        let error = rt.take_error(raised);
        let error = self.instance.reason(error);
        let stack = Default::default();
        Err(CallError::Failed(ErrorReport { kind: error.kind, message: error.message, stack }))
    }

    /// Links what the reloader has while no call is in the program.
    fn link_waiting(&mut self) {
        let Some(reloader) = &self.limits.reloader else { return };
        let Some(artifact) = reloader.take() else { return };
        let reloader = reloader.clone();
        let answer = self.link(&Program { artifact }, Linking::Version);
        reloader.linked(answer, self.known());
    }
}
