//! The table of diagnostic codes: the one place where a code gets its number, severity and title.

use crate::Severity;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $number:literal $severity:ident;)*) => {
        /// A diagnostic code. Numbers are stable: they are never used again for something else.
        ///
        /// E0xxx text and syntax, E1xxx names and types, E2xxx later checks and limits;
        /// run-time errors have codes of their own (E3xxx, in crate `abi`).
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $name,)* }

        impl Code {
            /// All codes, in the order of the table.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The printed form, such as `E0001`.
            pub fn number(self) -> &'static str {
                match self { $(Code::$name => $number,)* }
            }

            /// How bad a finding of this code is.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }

            /// One sentence on what the code means.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => concat!($($doc),+),)* }
            }
        }
    };
}

codes! {
    /// A character that no token starts with.
    StrayCharacter = "E0001" Error;
    /// A text literal that is not closed.
    UnclosedText = "E0002" Error;
    /// A number that is not well formed or does not fit its type.
    BadNumber = "E0003" Error;
    /// A comment that is not closed.
    UnclosedComment = "E0004" Error;
    /// A bracket that is not closed, or closes nothing.
    UnbalancedBracket = "E0005" Error;
    /// Indentation that fits no open block.
    BadIndentation = "E0006" Error;
    /// A token where the grammar expects another.
    UnexpectedToken = "E0007" Error;
    /// Nested deeper than the compiler follows.
    TooDeep = "E0008" Error;
    /// A construct of the language that this compiler does not support yet.
    NotSupportedYet = "E0009" Error;
    /// An older spelling that still works.
    Deprecated = "W0010" Warning;
    /// A format spec that is not well formed or does not fit its value.
    BadFormatSpec = "E0011" Error;

    /// A name that nothing declares.
    UnknownName = "E1001" Error;
    /// A type that nothing declares.
    UnknownType = "E1002" Error;
    /// A field or method that the type does not have.
    UnknownMember = "E1003" Error;
    /// Two types that should be one.
    TypeMismatch = "E1004" Error;
    /// A call with too few, too many or wrongly named arguments.
    BadArguments = "E1005" Error;
    /// The same name declared twice.
    DuplicateName = "E1006" Error;
    /// An assignment to what cannot be assigned.
    NotAssignable = "E1007" Error;
    /// A type that would contain itself without end.
    InfiniteType = "E1008" Error;
    /// A type that nothing determines.
    AmbiguousType = "E1009" Error;
    /// A trait that a type does not implement.
    MissingImpl = "E1010" Error;
    /// An operator that its operands do not have.
    BadOperator = "E1011" Error;
    /// A call of something that is not a function.
    NotCallable = "E1012" Error;
    /// A pattern that does not fit what is matched.
    BadPattern = "E1013" Error;
    /// An assignment to a captured local inside a lambda or nested function.
    CapturedAssignment = "E1014" Error;
    /// `break`, `continue`, `return`, `self` or `?` where there is none to refer to.
    Misplaced = "E1015" Error;
    /// Wrong number of type arguments.
    TypeArity = "E1016" Error;
    /// A trait implementation that lacks methods or has wrong ones.
    BadImpl = "E1017" Error;
    /// A cast that does not exist.
    BadCast = "E1018" Error;
    /// A match that does not cover every case.
    NotExhaustive = "W1019" Warning;
    /// A case of a match that the cases before it leave nothing for.
    UnreachableArm = "W1025" Warning;
    /// A module that was not supplied.
    UnknownModule = "E1020" Error;
    /// A module-level variable that is read before it has a value.
    UsedBeforeSet = "E1021" Error;
    /// Modules that use each other.
    ImportCycle = "E1022" Error;
    /// A compiled library that is damaged, or of another compiler.
    BadLibrary = "E1023" Error;
    /// A question about a program that is not well formed.
    BadQuestion = "E1024" Error;
    /// An `extern fn` that no host could provide.
    BadExtern = "E1025" Error;
    /// A public function that cannot be called from outside of the program.
    NotExportable = "E1026" Error;

    /// A generic function that instantiates itself for ever larger types.
    InstantiationLimit = "E2001" Error;
    /// The work budget of the compilation is used up.
    BudgetExhausted = "E2002" Error;
    /// The program is larger than a limit of its artifact.
    ProgramTooLarge = "E2003" Error;
}
