//! The table of run-time errors.

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal $code:literal $title:literal;)*) => {
        /// Why a program ended by itself. The two arguments of `rt_raise` are explained per kind.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        #[repr(u32)]
        pub enum ErrorKind { $($(#[doc = $doc])+ $name = $number,)* }

        impl ErrorKind {
            /// All kinds.
            pub const ALL: &'static [ErrorKind] = &[$(ErrorKind::$name,)*];
            /// The kind of a number, where there is one.
            pub fn from_number(number: u32) -> Option<ErrorKind> {
                match number { $($number => Some(ErrorKind::$name),)* _ => None }
            }
            /// The printed code.
            pub fn code(self) -> &'static str { match self { $(ErrorKind::$name => $code,)* } }
            /// The printed title.
            pub fn title(self) -> &'static str { match self { $(ErrorKind::$name => $title,)* } }
        }
    };
}

kinds! {
    /// Integer division by zero.
    DivisionByZero = 1 "E3001" "division by zero";
    /// Remainder by zero.
    ModuloByZero = 2 "E3001" "modulo by zero";
    /// Index (first argument) outside a collection of a length (second argument).
    IndexOutOfRange = 3 "E3002" "index out of range";
    /// `unwrap` of nil, None, Err.
    UnwrapNil = 4 "E3003" "unwrap of nil";
    /// A failed `assert`.
    AssertionFailed = 5 "E3004" "assertion failed";
    /// `panic(message)`.
    Panic = 6 "E3005" "panic";
    /// The stack limit was reached.
    StackOverflow = 7 "E3006" "stack overflow";
    /// The memory limit was reached.
    OutOfMemory = 8 "E3007" "out of memory";
    /// Stopped from outside.
    Interrupted = 9 "E3008" "interrupted";
    /// The time limit was reached.
    TimedOut = 10 "E3009" "time limit reached";
    /// The instruction limit of the interpreter was reached.
    OutOfFuel = 11 "E3010" "out of fuel";
    /// `**` with a negative integer exponent.
    NegativeExponent = 12 "E3011" "negative exponent";
    /// An operation that a dynamic value does not have, or a conversion of `any` that does not fit.
    DynamicType = 13 "E3012" "type error";
    /// An argument outside of what a function takes.
    InvalidArgument = 14 "E3013" "invalid argument";
    /// A generic function that is instantiated when it is called first, and cannot be.
    NoInstance = 17 "E3014" "no instance";
    /// A contract that does not hold.
    ContractViolated = 18 "E3015" "contract violated";
    /// A function of the host that failed.
    HostFunction = 19 "E3016" "host function failed";
    /// Emitted code that calls what it must not: a bug in the compiler.
    Internal = 15 "E3099" "internal error";
    /// Not an error: `exit(code)`; the first argument is the code.
    Exit = 16 "E3000" "exit";
}
