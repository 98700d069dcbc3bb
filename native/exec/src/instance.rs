//! A program instance: runtime, space, code and stack brought together.

use crate::call::{Call, Exit, call, no_function};
use crate::code::{Executable, Region};
use crate::parts::{Parts, Place};
use crate::space::{Context, Interrupter, Space};
use crate::stack::Stack;
use abi::{ErrorKind, context};
use runtime::native::{self, Callee, Service};
use runtime::{Host, Objects, Raised, Rt, RunError};
use std::io;
use std::ptr::NonNull;

/// A program that can be called.
#[derive(Debug)]
pub struct Instance<H> {
    /// Made by `Box::into_raw`. A pointer and not the box: entry 0 of the runtime table has a copy through which the program's
    /// calls reach the runtime, and a box that moves would claim to be the only way to it.
    runtime: NonNull<Rt<Space, H>>,
    parts: Parts,
}

/// What the program waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    /// Whatever somebody requested of it: it stands at a poll.
    Poll,
    /// The function of this entry of the function table, which it is about to call for the first time.
    Instance(u32),
    /// A call of this function of the host, with its arguments in an object that gets the result.
    Host(u32, u32),
}

/// What the host of an instance does for it.
pub type Serve = dyn FnMut(Ask, &mut dyn Objects, &Parts) -> Result<(), Raised>;

impl<H: Host> Instance<H> {
    /// Brings the parts together and fills the tables. `context` is that of the space inside `runtime`; `functions` are the offsets in `code` of
    /// the functions of the function table, which is filled up to `2^table_bits` entries; `stack` is the number of bytes for the
    /// program's frames.
    ///
    /// # Errors
    /// A context of another space, a table that is too long, or what the operating system says.
    pub fn new(
        runtime: Rt<Space, H>,
        context: Context,
        code: Region<Executable>,
        functions: &[u32],
        table_bits: u32,
        stack: usize,
    ) -> io::Result<Instance<H>> {
        let invalid = |what| io::Error::new(io::ErrorKind::InvalidInput, what);
        if !context.is_of(runtime.memory()) {
            return Err(invalid("the context of another space"));
        }
        let table_len = 1usize.checked_shl(table_bits).filter(|&len| len <= context::FN_TABLE_LEN);
        let table_len =
            table_len.filter(|&len| functions.len() <= len).ok_or(invalid("a table that is too long"))?;
        let stack = Stack::new(stack)?;
        let runtime = NonNull::from(Box::leak(Box::new(runtime)));
        let instance = Instance { runtime, parts: Parts::new(context, stack, code) };

        let no_function = no_function as *const () as u64;
        let mut entries = vec![no_function; context::RT_TABLE_LEN];
        entries[0] = runtime.as_ptr() as u64;
        for (entry, address) in entries[1..].iter_mut().zip(native::entry_addresses::<Space, H>()) {
            *entry = address as u64;
        }
        instance.parts.set_tables(&entries, functions, table_len)?;
        Ok(instance)
    }

    /// The code, to be added to and replaced.
    pub fn parts(&self) -> Parts {
        self.parts.clone()
    }

    /// What is done at the program's next poll after [`Interrupter::request_service`], for functions that are made when they are called first, and for
    /// those of the host.
    pub fn set_service(&mut self, serve: Box<Serve>) {
        let parts = self.parts();
        self.rt_mut().set_service(Box::new(Server { parts, serve }));
    }

    /// Calls the function at a place. On an error, the frames of the program stay to be looked at until the next call.
    ///
    /// # Errors
    /// The run-time error that the program ended with, or `exit`.
    pub fn call(&mut self, place: Place, registers: &mut Call) -> Result<(), RunError> {
        let function = self.parts.address(place);
        let Some(function) = function else {
            return Err(RunError::new(ErrorKind::Internal, "the code of the function is gone"));
        };
        let entered = self.parts.enter();
        let exit = call(function, self.parts.context(), self.parts.stack(), registers);
        drop(entered);
        match exit {
            Exit::Returned => Ok(()),
            Exit::Left => {
                let failure = native::take_failure(self.rt_mut());
                let failure = failure.unwrap_or_else(|| {
                    RunError::new(ErrorKind::Internal, "the program was left without a reason")
                });
                Err(self.reason(failure))
            }
        }
    }

    /// The error that a failure stands for: a program that is to stop is interrupted by the runtime or finds no more stack, and the request
    /// says why.
    pub fn reason(&self, error: RunError) -> RunError {
        let may_be_request = matches!(error.kind, ErrorKind::Interrupted | ErrorKind::StackOverflow);
        match ErrorKind::from_number(self.parts.context().half(context::INTERRUPT)) {
            Some(kind) if may_be_request => RunError::with_args(kind, 0, 0),
            Some(_) | None => error,
        }
    }

    /// After an error: the places to which the frames on the program's stack return, innermost first.
    pub fn return_places(&self) -> Vec<Place> {
        self.parts.return_places()
    }

    /// Sets arguments of the next call that have no register, in order.
    ///
    /// # Panics
    /// For more than [`context::ARGS_LEN`]: no function has so many.
    pub fn set_more_args(&mut self, words: &[u64]) {
        assert!(words.len() <= context::ARGS_LEN, "arguments of a function");
        for (offset, &word) in (context::ARGS..).step_by(8).zip(words) {
            self.parts.context().set_word(offset, word);
        }
    }

    /// The n-th result of the latest call that has no register.
    ///
    /// # Panics
    /// For an index that is not below [`context::RESULTS_LEN`].
    pub fn more_results(&self, index: usize) -> u64 {
        assert!(index < context::RESULTS_LEN, "a result of a function");
        self.parts.context().word(context::RESULTS + 8 * index as i32)
    }

    /// Forgets a request to stop the program, which has ended: the next call begins without it. To be said when nobody who may have asked for
    /// it can ask again.
    pub fn forget_stop(&mut self) {
        self.parts.context().forget_stop();
    }

    /// The way to stop the program.
    pub fn interrupter(&self) -> Interrupter {
        self.parts.context().interrupter()
    }

    /// The runtime, between calls.
    pub fn rt(&self) -> &Rt<Space, H> {
        // SAFETY: valid until `drop`; the program, which uses it through its copy of the pointer, only runs inside `call`, which has `self` to itself.
        #[allow(unsafe_code)]
        unsafe {
            self.runtime.as_ref()
        }
    }

    /// The runtime, between calls.
    pub fn rt_mut(&mut self) -> &mut Rt<Space, H> {
        // SAFETY: as for `rt`, and `&mut self` makes it exclusive.
        #[allow(unsafe_code)]
        unsafe {
            self.runtime.as_mut()
        }
    }
}

impl<H> Drop for Instance<H> {
    fn drop(&mut self) {
        // SAFETY: it came from a box, is dropped once, and the program does not run any more.
        #[allow(unsafe_code)]
        drop(unsafe { Box::from_raw(self.runtime.as_ptr()) });
    }
}

/// The instance's side of the service.
struct Server {
    parts: Parts,
    serve: Box<Serve>,
}

impl<H: Host> Service<Space, H> for Server {
    fn serve(&mut self, rt: &mut Rt<Space, H>) -> Result<(), Raised> {
        (self.serve)(Ask::Poll, rt, &self.parts)
    }

    fn instantiate(&mut self, rt: &mut Rt<Space, H>, entry: u32) -> Result<(), Raised> {
        (self.serve)(Ask::Instance(entry), rt, &self.parts)?;
        // What came with it and is to be called, is called at the poll behind.
        if self.parts.has_calls() {
            self.parts.context().interrupter().request_service();
        }
        Ok(())
    }

    fn call_host(&mut self, rt: &mut Rt<Space, H>, function: u32, frame: u32) -> Result<(), Raised> {
        (self.serve)(Ask::Host(function, frame), rt, &self.parts)
    }

    fn next_call(&mut self) -> Option<Callee> {
        self.parts.next_call()
    }
}
