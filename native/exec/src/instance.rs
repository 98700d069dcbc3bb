//! A program instance: runtime, space, code and stack brought together.

use crate::call::{Call, Exit, call, no_function};
use crate::code::{Executable, Region};
use crate::space::{Context, Interrupter, Space};
use crate::stack::Stack;
use crate::walk::walk;
use abi::{ErrorKind, context};
use runtime::{Host, Rt, RunError, native};
use std::io;
use std::ptr::NonNull;

/// A program that can be called.
#[derive(Debug)]
pub struct Instance<H> {
    /// Made by `Box::into_raw`. A pointer and not the box: entry 0 of the runtime table has a copy through which the program's
    /// calls reach the runtime, and a box that moves would claim to be the only way to it.
    runtime: NonNull<Rt<Space, H>>,
    context: Context,
    code: Region<Executable>,
    stack: Stack,
}

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
        let instance = Instance { runtime, context, code, stack };

        let no_function = no_function as *const () as u64;
        let mut entries = vec![no_function; context::RT_TABLE_LEN];
        entries[0] = runtime.as_ptr() as u64;
        for (entry, address) in entries[1..].iter_mut().zip(native::entry_addresses::<Space, H>()) {
            *entry = address as u64;
        }
        let mut table: Vec<u64> = functions.iter().map(|&offset| instance.code.address(offset)).collect();
        table.resize(table_len, no_function);
        instance.context.set_tables(&entries, &table)?;
        Ok(instance)
    }

    /// Calls the function at an offset of the code. On an error, the frames of the program stay to be looked at until the next call.
    ///
    /// # Errors
    /// The run-time error that the program ended with, or `exit`.
    pub fn call(&mut self, offset: u32, registers: &mut Call) -> Result<(), RunError> {
        match call(&self.code, offset, &self.context, &mut self.stack, registers) {
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
        match ErrorKind::from_number(self.context.half(context::INTERRUPT)) {
            Some(kind) if may_be_request => RunError::with_args(kind, 0, 0),
            Some(_) | None => error,
        }
    }

    /// After an error: the return addresses of the frames on the program's stack as offsets of the code, innermost first.
    pub fn return_offsets(&self) -> Vec<u32> {
        let addresses = self.code.addresses();
        let inside =
            walk(&self.context, &self.stack).into_iter().filter(|address| addresses.contains(address));
        inside.map(|address| (address - addresses.start) as u32).collect()
    }

    /// The way to stop the program.
    pub fn interrupter(&self) -> Interrupter {
        self.context.interrupter()
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
