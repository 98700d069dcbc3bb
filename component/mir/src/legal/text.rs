//! Legal MIR as text: printer and reader.
//!
//! ```text
//! file "main.spl"
//! loc0 = 0:3:5 "main"                        ; file:line:column, the function written there
//! loc1 = 0:9:2 "len" std inlined loc0
//! ty32 = struct "P" ("x": ty5 [0]) leaves [i64@0] size 8 boxed cycle
//! sig0 = (i64, ref) -> (i64)
//! slot0 = text "abc"                         ; or: type ty32, table 0, globals
//! table = fn1, fn2
//! globals = ty33
//! entry = fn0
//!
//! fn0 "main" () -> (i64) @loc0 {
//! block0:
//!     v0 = iconst.i64 5
//!     v1 = load.i64 v7+16                    ; displacement behind the address
//!     v2: i64 = call fn1(v0, v1) @loc1       ; results of calls carry their types
//!     retain.ref v7 nullable
//!     branch v3, block1(v0), block2
//! block1(v4: i64) cold:
//!     return v4
//! }
//! ```
//!
//! `;` begins a comment. The operands of an instruction stand on its line. An instruction without `@loc` has the place of the one before it in the function; the first has the function's.
//! Well-known types are not written. A text without a `loc` line gets its places from itself: the line of each instruction
//! in a file called `text.lmir`.
//!
//! Printing and reading are inverse for every program whose instructions have the operands of their shape. Whether
//! a program is sound is the [verifier](super::verify)'s question, not the reader's.

mod lex;
mod print;
mod read;

pub use print::{print, print_func};
pub use read::{ReadError, read};

use super::Shape;
use abi::Repr;

/// What `Inst::ty` is where the shape has no use for it; any other value is printed. None where it has.
fn unused_ty(shape: Shape) -> Option<Repr> {
    match shape {
        Shape::Test => Some(Repr::Ref),
        Shape::Call | Shape::CallIndirect | Shape::Runtime | Shape::Poll => Some(Repr::I32),
        Shape::Const
        | Shape::Slot
        | Shape::Unary
        | Shape::Binary
        | Shape::Compare
        | Shape::Convert
        | Shape::Select
        | Shape::Load
        | Shape::Store
        | Shape::Count => None,
    }
}
