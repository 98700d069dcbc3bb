//! Stacks of the engine to calls in source terms.

use abi::module::Places;
use abi::report::StackTrace;
use wasmtime::{Module, WasmBacktrace};

/// Where a report's stack begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Innermost {
    /// At the call of the program that was active.
    Call,
    /// At the innermost function that looks at the room on its stack, as in the other engines.
    CheckedFunction,
}

/// The program's calls; those inside of the runtime are left out.
pub(crate) fn trace(
    error: &wasmtime::Error,
    program: &Module,
    places: &Places,
    innermost: Innermost,
) -> StackTrace {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else { return StackTrace::default() };
    let frames = backtrace.frames().iter().filter(|frame| Module::same(frame.module(), program));
    let offsets = frames.filter_map(|frame| u32::try_from(frame.module_offset()?).ok());
    match innermost {
        Innermost::Call => StackTrace::of(&offsets.collect::<Vec<_>>(), |offset| places.calls(offset)),
        Innermost::CheckedFunction => {
            let offsets = offsets.skip_while(|&offset| places.declared(offset).is_none());
            let numbered: Vec<(usize, u32)> = offsets.enumerate().collect();
            StackTrace::of(&numbered, |(number, offset)| match places.declared(offset) {
                Some(declared) if number == 0 => declared,
                Some(_) | None => places.calls(offset),
            })
        }
    }
}
