//! Programs that go on after their start, to be called.

use crate::imports::State;
use crate::load::Program;
use crate::run::{Instances, Limits, Outcome, RunError, on_stack};
use abi::exports::Library;
use abi::module::{self, HEAP_BASE};
use abi::report::{ErrorReport, StackTrace};
use abi::types::Leaf;
use abi::{ErrorKind, TypeDesc, TypeId, TypeKind, object};
use runtime::{Host, Raised, Values};
use stop::{Handle, Watchdog};
use wasmtime::{Memory, Store, Val, ValType};

/// A program whose own statements have run. Its functions are called by number; values go in and out through [`Values`]. An error ends it.
pub struct Process<H: Host + Send + 'static> {
    program: Program,
    library: Library,
    limits: Limits,
    store: Store<State<H>>,
    instances: Instances,
    memory: Memory,
    handle: Handle,
    watchdog: Option<Watchdog>,
    /// How it ended, if it did.
    ended: Option<Outcome>,
}

/// Why a call has no result.
#[derive(Debug)]
pub enum CallError {
    /// A run-time error. It was the last call.
    Failed(ErrorReport),
    /// The program called `exit` with this code. It was the last call.
    Exited(i32),
    /// An earlier call was the last one.
    Over,
    /// There is no such function.
    NoFunction,
    /// The program was not started, or not called.
    Run(RunError),
}

impl std::fmt::Display for CallError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CallError::Failed(report) => report.fmt(f),
            CallError::Exited(code) => write!(f, "the program ended itself with code {code}"),
            CallError::Over => write!(f, "the program has ended in an earlier call"),
            CallError::NoFunction => write!(f, "the program does not have this function"),
            CallError::Run(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CallError {}

impl Program {
    /// The functions that it has for others, in the order of their numbers, and its types; none of a program that is only run.
    pub fn library(&self) -> Option<&Library> {
        self.library.as_ref()
    }

    /// Starts the program and runs its own statements.
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn start<H: Host + Send + 'static>(&self, limits: &Limits, host: H) -> Result<Process<H>, CallError> {
        let library = self.library.clone().ok_or(CallError::NoFunction)?;
        let (mut store, handle) = self.store(limits, host);
        self.set_fuel(limits, &mut store).map_err(CallError::Run)?;
        let watchdog = limits.time.map(|_| Watchdog::start(handle.clone())).transpose();
        let watchdog = watchdog.map_err(|error| CallError::Run(RunError::System(error)))?;
        let instances = self.instantiate(&mut store).map_err(CallError::Run)?;
        let instances = instances.map_err(|error| ended(self.failed(&error, &store)))?;
        let memory = instances.runtime.get_memory(&mut store, module::MEMORY);
        let memory = memory.ok_or(CallError::NoFunction)?;
        let (program, limits) = (self.clone(), limits.clone());
        let mut process =
            Process { program, library, limits, store, instances, memory, handle, watchdog, ended: None };
        process.enter(|process| {
            let Process { store, instances, .. } = process;
            let started = instances.start(store);
            process.outcome(started.map(|_| ()))
        })?;
        Ok(process)
    }
}

impl<H: Host + Send + 'static> Process<H> {
    /// The functions and all types of the program.
    pub fn library(&self) -> &Library {
        &self.library
    }

    /// What the program sees of the world.
    pub fn host(&self) -> &H {
        &self.store.data().host
    }

    /// The same, to be changed.
    pub fn host_mut(&mut self) -> &mut H {
        &mut self.store.data_mut().host
    }

    /// Lets `action` call functions and exchange values, within the limits of one call: on a stack with room for the program, and with its own time and fuel.
    ///
    /// # Errors
    /// What `action` says; or the program is over, or the system refuses a thread.
    pub fn enter<T: Send>(
        &mut self,
        action: impl FnOnce(&mut Process<H>) -> Result<T, CallError> + Send,
    ) -> Result<T, CallError> {
        if self.ended.is_some() {
            return Err(CallError::Over);
        }
        let program = self.program.clone();
        program.set_fuel(&self.limits, &mut self.store).map_err(CallError::Run)?;
        let connection = self.limits.stopper.as_ref().map(|stopper| stopper.connect(self.handle.clone()));
        let watched = self.watchdog.as_ref().zip(self.limits.time).map(|(watchdog, time)| watchdog.set(time));
        let result = on_stack(|| action(self));
        drop((watched, connection));
        result.map_err(CallError::Run)?
    }

    /// Calls a function with words, which it takes over; gives the words of its result, which the caller owns. Only inside of [`Process::enter`].
    ///
    /// # Errors
    /// See [`CallError`].
    pub fn call(&mut self, function: usize, words: &[u64]) -> Result<Vec<u64>, CallError> {
        let name = abi::exports::export_name(function);
        let function =
            self.instances.program.get_func(&mut self.store, &name).ok_or(CallError::NoFunction)?;
        let ty = function.ty(&self.store);
        if ty.params().len() != words.len() {
            return Err(CallError::NoFunction);
        }
        let params: Vec<Val> = ty.params().zip(words).map(|(ty, &word)| value(&ty, word)).collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        let called = function.call(&mut self.store, &params, &mut results);
        self.outcome(called)?;
        Ok(results.iter().map(word).collect())
    }

    /// What the failure of a call in [`Values`] was.
    pub fn failure(&mut self, raised: Raised) -> CallError {
        match self.ended.clone() {
            Some(outcome) => ended(outcome),
            None => {
                let error = runtime::RunError::new(ErrorKind::Internal, format!("{raised:?}"));
                let stack = StackTrace::default();
                CallError::Failed(ErrorReport { kind: error.kind, message: error.message, stack })
            }
        }
    }

    /// An error ends the program.
    fn outcome<T>(&mut self, result: wasmtime::Result<T>) -> Result<T, CallError> {
        result.map_err(|error| {
            let outcome = self.program.failed(&error, &self.store);
            self.ended = Some(outcome.clone());
            ended(outcome)
        })
    }

    /// A function of the runtime.
    fn guest(&mut self, name: &str, params: &[u32]) -> Result<u32, Raised> {
        if self.ended.is_some() {
            return Err(Raised::Internal);
        }
        let function = self.instances.runtime.get_func(&mut self.store, name).ok_or(Raised::Internal)?;
        let params: Vec<Val> = params.iter().map(|&param| Val::I32(param as i32)).collect();
        let mut results = vec![Val::I32(0); function.ty(&self.store).results().len()];
        let called = function.call(&mut self.store, &params, &mut results);
        self.outcome(called).map_err(|_| Raised::Error)?;
        Ok(results.first().map_or(0, |result| word(result) as u32))
    }

    /// Puts bytes where the runtime finds them.
    fn fill_room(&mut self, bytes: &[u8]) -> Result<(), Raised> {
        let words = u32::try_from(bytes.len().div_ceil(8)).map_err(|_| Raised::OutOfMemory)?;
        let at = self.guest(module::ROOM, &[words])?;
        self.memory.write(&mut self.store, at as usize, bytes).map_err(|_| Raised::Internal)
    }

    fn fill_room_with_words(&mut self, words: &[u64]) -> Result<(), Raised> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.fill_room(&bytes)
    }

    /// Bytes of the region.
    fn bytes(&self, at: u32, len: u64) -> Result<&[u8], Raised> {
        let start = u64::from(HEAP_BASE) + u64::from(at);
        let range = usize::try_from(start).ok().zip(usize::try_from(start + len).ok());
        let (start, end) = range.ok_or(Raised::Internal)?;
        self.memory.data(&self.store).get(start..end).ok_or(Raised::Internal)
    }

    fn number(&self, at: u32) -> Result<u32, Raised> {
        let bytes = self.bytes(at, 4)?.try_into().map_err(|_| Raised::Internal)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn leaves(&self, leaves: &[Leaf], at: u32, words: &mut Vec<u64>) -> Result<(), Raised> {
        for leaf in leaves {
            let mut word = [0; 8];
            let size = leaf.repr.size() as usize;
            word[..size].copy_from_slice(self.bytes(at.saturating_add(leaf.offset), size as u64)?);
            words.push(u64::from_le_bytes(word));
        }
        Ok(())
    }

    fn desc(&self, ty: TypeId) -> Result<&TypeDesc, Raised> {
        self.library.types.get(ty.0 as usize).ok_or(Raised::Internal)
    }

    fn type_of(&self, object: u32) -> Result<&TypeDesc, Raised> {
        self.desc(TypeId(self.number(object.saturating_add(object::TYPE))? & object::TYPE_MASK))
    }
}

impl<H: Host + Send + 'static> Values for Process<H> {
    fn new_text(&mut self, text: &str) -> Result<u32, Raised> {
        self.fill_room(text.as_bytes())?;
        self.guest(module::NEW_TEXT, &[text.len() as u32])
    }

    fn text(&self, at: u32) -> Result<&str, Raised> {
        if self.type_of(at)?.kind != TypeKind::Text {
            return Err(Raised::Internal);
        }
        let len = self.number(at.saturating_add(object::LEN))?;
        let bytes = self.bytes(at.saturating_add(object::TEXT_DATA), len.into())?;
        std::str::from_utf8(bytes).map_err(|_| Raised::Internal)
    }

    fn new_array(&mut self, ty: TypeId, len: usize, words: &[u64]) -> Result<u32, Raised> {
        let count = u32::try_from(len).map_err(|_| Raised::OutOfMemory)?;
        self.fill_room_with_words(words)?;
        self.guest(module::NEW_ARRAY, &[ty.0, count])
    }

    fn elements(&self, array: u32, words: &mut Vec<u64>) -> Result<usize, Raised> {
        let TypeKind::Array { elem } = self.type_of(array)?.kind else { return Err(Raised::Internal) };
        let elem = self.desc(elem)?;
        let (stride, leaves) = (elem.value_size(), elem.value_leaves());
        let len = self.number(array.saturating_add(object::LEN))?;
        let data = array.saturating_add(object::ARRAY_DATA);
        // The length against the region, before anything is reserved for it.
        self.bytes(data, u64::from(len) * u64::from(stride))?;
        for index in 0..len {
            self.leaves(leaves, data + index * stride, words)?;
        }
        Ok(len as usize)
    }

    fn new_box(&mut self, ty: TypeId, payload: &[u64]) -> Result<u32, Raised> {
        self.fill_room_with_words(payload)?;
        self.guest(module::NEW_BOX, &[ty.0])
    }

    fn payload(&self, object: u32, words: &mut Vec<u64>) -> Result<(), Raised> {
        let leaves = &self.type_of(object)?.leaves;
        self.leaves(leaves, object.saturating_add(object::PAYLOAD), words)
    }

    fn set_last(&mut self, object: u32, words: &[u64]) -> Result<(), Raised> {
        let leaves = self.type_of(object)?.leaves.clone();
        let first = leaves.len().checked_sub(words.len()).ok_or(Raised::Internal)?;
        for (leaf, word) in leaves[first..].iter().zip(words) {
            let at = object.saturating_add(object::PAYLOAD).saturating_add(leaf.offset);
            let place = u64::from(HEAP_BASE) + u64::from(at);
            let bytes = &word.to_le_bytes()[..leaf.repr.size() as usize];
            self.memory.write(&mut self.store, place as usize, bytes).map_err(|_| Raised::Internal)?;
        }
        Ok(())
    }

    fn release(&mut self, object: u32) -> Result<(), Raised> {
        self.guest(module::RELEASE, &[object]).map(|_| ())
    }

    fn explain(&mut self, raised: Raised) -> runtime::RunError {
        match self.failure(raised) {
            CallError::Failed(report) => runtime::RunError::new(report.kind, report.message),
            other => runtime::RunError::new(ErrorKind::Internal, other.to_string()),
        }
    }
}

fn ended(outcome: Outcome) -> CallError {
    match outcome.error {
        Some(report) => CallError::Failed(report),
        None => CallError::Exited(outcome.exit_code),
    }
}

fn value(ty: &ValType, word: u64) -> Val {
    match ty {
        ValType::I64 => Val::I64(word as i64),
        ValType::F32 => Val::F32(word as u32),
        ValType::F64 => Val::F64(word),
        _ => Val::I32(word as i32),
    }
}

fn word(value: &Val) -> u64 {
    match value {
        Val::I32(number) => u64::from(*number as u32),
        Val::I64(number) => *number as u64,
        Val::F32(bits) => u64::from(*bits),
        Val::F64(bits) => *bits,
        // No function of the language gives others.
        _ => 0,
    }
}
