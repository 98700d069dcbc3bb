//! Rust values as values of a program.
//!
//! | Rust | the language |
//! |---|---|
//! | `i8` to `i64`, `u8` to `u64` | the same |
//! | `f32`, `f64`, `bool` | the same |
//! | `String`; `&str` as an argument | `text` |
//! | `()` | `()` |
//! | `Option<T>` | `T?` |
//! | `Vec<T>`; `&[T]` as an argument | `[T]` |
//! | `(A, B)` and so on to eight | `(A, B)` |
//!
//! Values are copied in and out: nothing of a program's heap is ever seen from outside.

mod dynamic;
mod kinds;
mod shape;

pub use dynamic::Value;
pub use shape::Shape;
pub(crate) use shape::Table;

use runtime::{Raised, Values};
use std::fmt;

/// A type of the language that a Rust type stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Type {
    /// `()`.
    Unit,
    /// `bool`.
    Bool,
    /// `i8` to `u64`.
    Int {
        /// Its width.
        bits: u8,
        /// `i` rather than `u`.
        signed: bool,
    },
    /// `f32`, `f64`: its width.
    Float(u8),
    /// `text`.
    Text,
    /// `[T]`.
    Array(Box<Type>),
    /// `T?`.
    Option(Box<Type>),
    /// `(A, B)`.
    Tuple(Vec<Type>),
}

/// As it is written in the language.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Unit => write!(f, "()"),
            Type::Bool => write!(f, "bool"),
            Type::Int { bits, signed: true } => write!(f, "i{bits}"),
            Type::Int { bits, signed: false } => write!(f, "u{bits}"),
            Type::Float(bits) => write!(f, "f{bits}"),
            Type::Text => write!(f, "text"),
            Type::Array(elem) => write!(f, "[{elem}]"),
            Type::Option(inner) => write!(f, "{inner}?"),
            Type::Tuple(items) => write!(f, "({})", List(items)),
        }
    }
}

/// Types with commas between them.
pub(crate) struct List<'a>(pub &'a [Type]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ty) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{ty}")?;
        }
        Ok(())
    }
}

/// A Rust type that stands for a type of the language.
pub trait Typed {
    /// That type.
    fn ty() -> Type;
}

/// A Rust value that can go into a program.
pub trait ToProgram: Typed {
    /// Makes its objects and adds its words, which own them. `shape` is that of [`Typed::ty`] in the program.
    ///
    /// # Errors
    /// The program has no room for it; what was made then stays in its heap.
    fn put(&self, shape: &Shape, heap: &mut dyn Values, words: &mut Vec<u64>) -> Result<(), Raised>;
}

/// A Rust value that can come out of a program.
pub trait FromProgram: Typed + Sized {
    /// Reads it from the next words, which go on owning what they own. `shape` is that of [`Typed::ty`] in the program.
    ///
    /// # Errors
    /// The words are not a value of the type: the program is damaged.
    fn get(shape: &Shape, heap: &dyn Values, words: &mut Words<'_>) -> Result<Self, Raised>;
}

/// Words that are read one after the other.
pub struct Words<'a>(std::slice::Iter<'a, u64>);

impl<'a> Words<'a> {
    /// From the first on.
    pub(crate) fn new(words: &'a [u64]) -> Words<'a> {
        Words(words.iter())
    }

    /// The next word.
    pub(crate) fn next(&mut self) -> Result<u64, Raised> {
        self.0.next().copied().ok_or(Raised::Internal)
    }

    /// The next word, which stays the next.
    pub(crate) fn peek(&self) -> Result<u64, Raised> {
        self.0.as_slice().first().copied().ok_or(Raised::Internal)
    }

    /// Passes over words.
    pub(crate) fn skip(&mut self, count: usize) -> Result<(), Raised> {
        let rest = self.0.as_slice().get(count..).ok_or(Raised::Internal)?;
        self.0 = rest.iter();
        Ok(())
    }
}

/// The arguments of a function: a tuple of values.
pub trait Arguments {
    /// The types of the parameters.
    fn types() -> Vec<Type>;

    /// Makes their objects and adds their words. `shapes` are those of the types.
    ///
    /// # Errors
    /// See [`ToProgram::put`].
    fn put_all(&self, shapes: &[Shape], heap: &mut dyn Values, words: &mut Vec<u64>) -> Result<(), Raised>;
}
