//! What the parser decided about layout, and what the lexer passed between tokens. Only who asks gets it: the formatter needs to know
//! where blocks begin and which `-` has two operands, and documentation needs the comments.

use crate::token::Token;

/// Something between tokens that is not white space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trivia {
    /// What it is.
    pub kind: TriviaKind,
    /// First byte.
    pub start: u32,
    /// One past the last byte; a line end behind it does not belong to it, except to that of a [`TriviaKind::Join`].
    pub end: u32,
}

/// Kinds of what stands between tokens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TriviaKind {
    /// `# …` and `/// …`.
    LineComment,
    /// `/* … */`.
    BlockComment,
    /// A `\` before a line end, with that line end and the indentation behind it.
    Join,
    /// Lines of conditional compilation: those with `#if` or `@when` and their relatives, and those that do not hold.
    Condition,
}

/// What the parser took a token for, where its spelling alone does not tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// It stands between two operands.
    Infix,
    /// It stands before its operand.
    Prefix,
    /// It belongs to both neighbours: `->` in `x->m(a)`, `:` in `a[i:j]`.
    Inner,
}

/// A block on lines of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockNote {
    /// Where its first token starts.
    pub start: u32,
    /// Where its last token ends.
    pub end: u32,
    /// Column of its lines.
    pub column: u32,
    /// Its lines stand where those around them stand.
    pub flat: bool,
    /// Line ends mean nothing around it.
    pub bracketed: bool,
}

/// All of it, for one file.
#[derive(Default, Debug)]
pub(crate) struct Notes {
    /// Every token, the end of the file last.
    pub tokens: Vec<Token>,
    /// Starts of tokens that begin a line of a block, in order.
    pub lines: Vec<u32>,
    /// Blocks in the order in which they begin.
    pub blocks: Vec<BlockNote>,
    /// By the start of the token, in order.
    pub roles: Vec<(u32, Role)>,
}

impl Notes {
    pub fn line(&mut self, start: u32) {
        if self.lines.last() != Some(&start) {
            self.lines.push(start);
        }
    }
}
