//! The interpreter of legal MIR: runs a program over the [`runtime`] library, in steps of a bounded length.
//!
//! ```text
//! let mut execution = Execution::new(program, args, limits)?;
//! loop {
//!     match execution.step(1_000_000) {
//!         State::Running => {}
//!         State::NeedsInput => execution.host_mut().input.push_back(line), // or close it
//!         State::Exited(code) => break,
//!         State::Failed(report) => break,
//!     }
//!     print(execution.take_output());
//! }
//! ```
//! A program that passes the [verifier](crate::legal::verify) never makes it panic; whatever the program does ends in a [`State`].
//! Frames stand on a vector, so the depth of calls is limited by [`Limits`], not by the host's stack.

mod code;
mod decode;
mod regs;
mod run;

use crate::legal::{FuncId, LocId, Program, Slot, SymbolKind};
use abi::ErrorKind;
use abi::report::{ErrorReport, Frame, StackTrace};
use base::EntityId;
use decode::Decoded;
use runtime::{BufferHost, Raised, Rt, RunError, Stats, VecMemory};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How much a program may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of the heap region.
    pub memory: u64,
    /// Calls that are active at the same time.
    pub depth: u32,
    /// Words of all frames together.
    pub stack_words: usize,
    /// Operations in all. How many an instruction of the program costs is the same on every host; what runtime functions do
    /// counts by the work that they find.
    pub fuel: u64,
    /// Bytes of output in all.
    pub output: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { memory: 1 << 30, depth: 100_000, stack_words: 8 << 20, fuel: u64::MAX, output: u64::MAX }
    }
}

/// What a step led to. All but the first two are final.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// The step's fuel was used up; there is more to do.
    Running,
    /// A line of input is needed to go on.
    NeedsInput,
    /// The program ended with this code.
    Exited(i64),
    /// The program was ended by a run-time error.
    Failed(ErrorReport),
}

/// A program that is being run.
pub struct Execution {
    program: Arc<Program>,
    rt: Rt<VecMemory, BufferHost>,
    decoded: Decoded,
    /// Words of the program's slots.
    slots: Vec<u64>,
    limits: Limits,
    /// The function table.
    table: Vec<FuncId>,
    /// The globals object, or those of the variables, until they are released.
    globals: Vec<u32>,
    machine: run::Machine,
    /// Operations executed so far.
    used: u64,
    interrupt: Arc<AtomicBool>,
    ended: Option<State>,
    leaks: u64,
}

/// Between two looks at the interrupt flag.
const SLICE: u64 = 1 << 20;

impl Execution {
    /// Prepares a program to run from its entry. The program must be sound, in the sense of the verifier.
    ///
    /// # Errors
    /// The program has no entry, or the limits leave no room for its literals.
    pub fn new(program: Arc<Program>, args: Vec<String>, limits: Limits) -> Result<Execution, String> {
        let entry = program.entry.ok_or("the program has no entry")?;
        let mut host = BufferHost::new(limits.output);
        host.args = args;
        host.input_closed = false;
        let interrupt = Arc::<AtomicBool>::default();
        let memory = VecMemory::with_interrupt(limits.memory, interrupt.clone());
        let mut rt = Rt::new(memory, host, program.types.clone())?;
        let mut table = program.table.clone();
        let mut prepare = |rt: &mut Rt<VecMemory, BufferHost>| -> Result<(Vec<u32>, Vec<u64>), Raised> {
            let globals = match program.globals {
                Some(ty) => rt.new_object(ty)?,
                None => 0,
            };
            let mut objects = vec![globals];
            let mut symbols = Vec::new();
            for symbol in &program.symbols {
                match &symbol.kind {
                    SymbolKind::Code(funcs) => {
                        symbols.push(table.len() as u64);
                        table.extend(funcs);
                    }
                    // Calls of what is not there fail as those of any number behind the table do.
                    SymbolKind::Import(_) => symbols.push(u64::from(u32::MAX)),
                    SymbolKind::Variable { ty, .. } => {
                        let object = rt.new_object(*ty)?;
                        objects.push(object);
                        symbols.push(u64::from(object));
                    }
                }
            }
            let slots = program.slots.values().map(|slot| {
                Ok(match slot {
                    Slot::Text(text) => u64::from(rt.immortal_text(text)?),
                    Slot::Type(ty) => u64::from(ty.0),
                    Slot::Table(index) => u64::from(*index),
                    Slot::Globals => u64::from(globals),
                    Slot::Symbol(index) => symbols[*index as usize],
                    // Nobody provides any here; whoever starts a program says so before.
                    Slot::Host(..) => u64::from(u32::MAX),
                })
            });
            let slots = slots.collect::<Result<_, Raised>>()?;
            Ok((objects, slots))
        };
        let (globals, slots) = match prepare(&mut rt) {
            Ok(made) => made,
            Err(raised) => return Err(rt.take_error(raised).message),
        };
        let decoded = Decoded::new(&program);
        Ok(Execution {
            rt,
            decoded,
            slots,
            limits,
            table,
            globals,
            machine: run::Machine::new(entry),
            used: 0,
            interrupt,
            ended: None,
            leaks: 0,
            program,
        })
    }

    /// Goes on for about `fuel` operations.
    pub fn step(&mut self, fuel: u64) -> State {
        if let Some(state) = &self.ended {
            return state.clone();
        }
        let mut left = fuel.max(1);
        loop {
            if self.interrupt.load(Ordering::Relaxed) {
                return self.fail(RunError::with_args(ErrorKind::Interrupted, 0, 0));
            }
            let fuel_left = self.limits.fuel.saturating_sub(self.used);
            let slice = left.min(SLICE).min(fuel_left);
            self.rt.limit_work(fuel_left);
            let before = self.used;
            let exit = run::run(self, slice);
            left = left.saturating_sub(self.used - before);
            match exit {
                // The first look at the fuel behind the limit, wherever slices end.
                run::Exit::Paused if self.used >= self.limits.fuel => {
                    return self.fail(RunError::new(ErrorKind::OutOfFuel, ErrorKind::OutOfFuel.title()));
                }
                run::Exit::Paused if left == 0 => return State::Running,
                run::Exit::Paused => {}
                run::Exit::Finished(code) => return self.finish(code),
                run::Exit::StackOverflow => {
                    return self
                        .fail(RunError::new(ErrorKind::StackOverflow, ErrorKind::StackOverflow.title()));
                }
                run::Exit::Raised(Raised::NeedInput) => return State::NeedsInput,
                run::Exit::Raised(raised) => {
                    let error = self.rt.take_error(raised);
                    if error.kind == ErrorKind::Exit {
                        return self.end(State::Exited(error.args[0]));
                    }
                    return self.fail(error);
                }
            }
        }
    }

    /// Runs to the end of a program whose input is complete.
    pub fn run(&mut self) -> State {
        self.rt.host_mut().input_closed = true;
        loop {
            let state = self.step(u64::MAX);
            if state != State::Running {
                return state;
            }
        }
    }

    /// A flag that stops the program, with an error, soon after it is set; from any thread.
    pub fn interrupt_flag(&self) -> Arc<AtomicBool> {
        self.interrupt.clone()
    }

    /// Ends the program with an error of a kind, unless it has ended already.
    pub fn stop(&mut self, kind: ErrorKind) {
        if self.ended.is_none() {
            self.fail(RunError::new(kind, kind.title()));
        }
    }

    /// The output since the last call: standard output, error stream.
    pub fn take_output(&mut self) -> (Vec<u8>, Vec<u8>) {
        let host = self.rt.host_mut();
        (std::mem::take(&mut host.out), std::mem::take(&mut host.err))
    }

    /// Gives input with `input`, ends it with `input_closed`.
    pub fn host_mut(&mut self) -> &mut BufferHost {
        self.rt.host_mut()
    }

    /// What the heap did and holds. After a regular end no object is alive.
    pub fn stats(&self) -> Stats {
        self.rt.stats()
    }

    /// Objects that were left when the entry had returned and the variables of modules were released: 0 unless counting went wrong. What an
    /// error or `exit` leaves behind is dropped as a whole.
    pub fn leaks(&self) -> u64 {
        self.leaks
    }

    /// Operations executed so far.
    pub fn fuel_used(&self) -> u64 {
        self.used
    }

    /// The entry returned: what is left are the globals and cycles.
    fn finish(&mut self, code: i64) -> State {
        let globals = std::mem::take(&mut self.globals);
        let released = globals.into_iter().try_for_each(|object| self.rt.release(object));
        let released = released.and_then(|()| self.rt.collect());
        self.used = self.used.saturating_add(self.rt.take_work());
        match released {
            Ok(()) => {
                self.leaks = self.rt.stats().live_objects;
                self.end(State::Exited(code))
            }
            // No call of the program is active.
            Err(raised) => {
                let RunError { kind, message, .. } = self.rt.take_error(raised);
                self.end(State::Failed(ErrorReport { kind, message, stack: StackTrace::default() }))
            }
        }
    }

    fn fail(&mut self, error: RunError) -> State {
        let stack = self.trace();
        self.end(State::Failed(ErrorReport { kind: error.kind, message: error.message, stack }))
    }

    fn end(&mut self, state: State) -> State {
        self.ended = Some(state.clone());
        state
    }

    fn trace(&self) -> StackTrace {
        let mut trace = StackTrace::default();
        for loc in self.machine.places(&self.decoded, |func: FuncId| self.program.funcs[func].loc) {
            self.push_frames(loc, &mut trace);
        }
        trace
    }

    /// The function written at a place, and those it was inlined into.
    fn push_frames(&self, loc: LocId, trace: &mut StackTrace) {
        let mut next = Some(loc);
        while let Some(loc) = next.map(|id| &self.program.locs[id]) {
            if !loc.is_std {
                trace.push(Frame {
                    function: loc.function.clone(),
                    file: self.program.files[loc.file as usize].clone(),
                    line: loc.line,
                    column: loc.column,
                });
            }
            next = loc.inlined_at;
        }
    }

    /// Decodes a function that is called for the first time.
    fn decode(&mut self, func: u32) {
        self.decoded.decode(&self.program, &self.slots, FuncId::from_index(func as usize));
    }
}
