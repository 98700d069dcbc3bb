//! How a runtime function fails.

use abi::ErrorKind;

/// A runtime function did not return to the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Raised {
    /// A run-time error, or `exit`. `Rt::take_error` has the details.
    Error,
    /// Input is pending: call the same function with the same arguments again when there is some.
    NeedInput,
    /// An argument that no correct program passes, or a damaged heap.
    Internal,
    /// The memory limit was reached.
    OutOfMemory,
    /// The program was asked to stop from outside.
    Interrupted,
    /// A call did more work than `Rt::limit_work` allows.
    OutOfFuel,
}

/// A run-time error in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunError {
    /// What kind; `Exit` is not an error.
    pub kind: ErrorKind,
    /// One line in lower case, such as `index 7 out of range for length 3`.
    pub message: String,
    /// The arguments of the kind, such as index and length, or the exit code.
    pub args: [i64; 2],
}

impl RunError {
    /// An error with a message and no arguments.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> RunError {
        RunError { kind, message: message.into(), args: [0, 0] }
    }

    /// The error of a kind with its two arguments, in the usual words.
    pub fn with_args(kind: ErrorKind, a: i64, b: i64) -> RunError {
        let message = match kind {
            ErrorKind::IndexOutOfRange => format!("index {a} out of range for length {b}"),
            ErrorKind::NegativeExponent => format!("negative exponent {a} of an integer power"),
            ErrorKind::Exit => format!("exit with code {a}"),
            ErrorKind::DivisionByZero
            | ErrorKind::ModuloByZero
            | ErrorKind::UnwrapNil
            | ErrorKind::AssertionFailed
            | ErrorKind::Panic
            | ErrorKind::StackOverflow
            | ErrorKind::OutOfMemory
            | ErrorKind::Interrupted
            | ErrorKind::TimedOut
            | ErrorKind::OutOfFuel
            | ErrorKind::DynamicType
            | ErrorKind::InvalidArgument
            | ErrorKind::NoInstance
            | ErrorKind::ContractViolated
            | ErrorKind::HostFunction
            | ErrorKind::Internal => kind.title().to_string(),
        };
        RunError { kind, message, args: [a, b] }
    }

    /// The error of a kind with a message of the program.
    pub fn with_text(kind: ErrorKind, text: &str) -> RunError {
        let message = match kind {
            ErrorKind::Panic
            | ErrorKind::DynamicType
            | ErrorKind::InvalidArgument
            | ErrorKind::NoInstance
            | ErrorKind::HostFunction => text.to_string(),
            _ if text.is_empty() => kind.title().to_string(),
            _ => format!("{}: {text}", kind.title()),
        };
        RunError { kind, message, args: [0, 0] }
    }
}
