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
    let mut trace = StackTrace::default();
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else { return trace };
    let mut pending = innermost == Innermost::CheckedFunction;
    for frame in backtrace.frames() {
        if !Module::same(frame.module(), program) {
            continue;
        }
        let Some(offset) = frame.module_offset().and_then(|offset| u32::try_from(offset).ok()) else {
            continue;
        };
        let calls = if pending {
            let Some(declared) = places.declared(offset) else { continue };
            pending = false;
            declared
        } else {
            places.calls(offset)
        };
        calls.into_iter().for_each(|frame| trace.push(frame));
    }
    trace
}
