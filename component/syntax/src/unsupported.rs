//! What the language has and this compiler does not support yet: one row for each construct.

use crate::token::T;

macro_rules! constructs {
    ($($name:ident $phrase:literal $help:literal;)*) => {
        /// A construct that comes later.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[allow(missing_docs)]
        pub enum Construct { $($name,)* }

        impl Construct {
            /// Every construct, in the order of the table.
            pub const ALL: &'static [Construct] = &[$(Construct::$name,)*];

            /// What it is called, to follow "not supported yet: ".
            pub fn phrase(self) -> &'static str {
                match self { $(Construct::$name => $phrase,)* }
            }

            /// What to write instead; empty where nothing comes close.
            pub fn help(self) -> &'static str {
                match self { $(Construct::$name => $help,)* }
            }
        }
    };
}

constructs! {
    // Declarations.
    Actor "actors" "";
    Unit "units of measure" "use a plain number, or a struct around it";
    UnitNumber "numbers with a unit" "a type suffix has no `_`: `100u64`";
    Macro "macros" "write a function";
    MacroCall "calls of macros other than `assert!`, `panic!`, `vec!` and `format!`" "call a function, without the `!`";
    ExternClass "extern classes" "declare the functions with `extern fn`";
    Operator "aspects and bindings" "call the code directly";
    HandlePool "handle pools" "";
    Mock "mocks" "";
    Decorator "decorators of types, and of methods that change or have no object" "call the wrapping function where the value is used";
    // Functions.
    Kernel "GPU kernels" "write an ordinary function";
    // Statements.
    Asm "inline assembly" "";
    Proof "proof statements" "use `assert`";
    // Expressions.
    CustomBlock "custom blocks" "use a text, or an ordinary call";
    Atom "atom literals" "use a text";
    Elementwise "element-wise operators" "use `map` or `zip`";
    Channel "channel operations" "";
    ComputedField "computed fields" "use a dict";
    // Types.
    PointerType "weak references and handles" "write the type itself: what is not used any more is found, also in circles";
    SimdType "SIMD types" "use an array";
    KeySetType "key-set types" "use `text`";
}

/// Word sequences at the head of a line that are a construct of their own, by their first word.
pub fn head_of(kind: T) -> Option<Construct> {
    Some(match kind {
        T::Actor => Construct::Actor,
        T::Unit => Construct::Unit,
        T::Macro => Construct::Macro,
        T::Kernel => Construct::Kernel,
        T::Bind | T::On | T::Forbid | T::Allow => Construct::Operator,
        T::HandlePool => Construct::HandlePool,
        T::Mock => Construct::Mock,
        T::Asm => Construct::Asm,
        T::Assume | T::Admit => Construct::Proof,
        _ => return None,
    })
}
