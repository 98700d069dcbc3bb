//! What every part of the compiler shares: typed ids and maps, spans and the source map, interned
//! symbols, diagnostics with their table of codes, and the work budget.
//!
//! Nothing here does I/O, reads a clock, or keeps state outside the values it hands out.

mod budget;
mod codes;
mod diag;
mod entity;
mod source;
mod symbol;
pub mod wire;

pub use budget::{Budget, Exhausted};
pub use codes::Code;
pub use diag::{Diagnostic, Diagnostics, Label, Severity};
pub use entity::{EntityId, Map};
pub use source::{FileId, LineCol, SourceFile, SourceMap, Span};
pub use symbol::{Interner, Symbol};

/// The part of a session that every pass may touch: a plain value, owned by whoever runs the column.
#[derive(Default)]
pub struct Cx {
    /// The texts that were added, in order.
    pub sources: SourceMap,
    /// Names, each once.
    pub names: Interner,
    /// What was found wrong so far.
    pub diags: Diagnostics,
    /// How much work may still be done.
    pub budget: Budget,
}
