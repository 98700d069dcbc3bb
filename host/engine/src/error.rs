//! Why a call into the component gave nothing.

use crate::limits::{Limits, MemoryRefused};
use std::fmt;
use wasmtime::Trap;

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
        }
    }
}

impl std::error::Error for Error {}

/// What the end of a call means.
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

pub(crate) fn on_input(what: &str, input: &blake3::Hasher) -> String {
    format!("{what} (on input {})", &input.finalize().to_hex()[..16])
}
