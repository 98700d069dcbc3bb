//! Tokens to syntax tree: recursive descent, with precedence climbing for operators.
//!
//! What holds everywhere in the parser:
//! * It never fails. After an error the cursor shows [`T::Eof`] until the statement loop has moved it
//!   to the next line of the block, so that every loop ends at once and one mistake is reported once.
//! * Every loop takes a token or stops.
//! * The tree is at most [`MAX_TREE_DEPTH`] deep: recursion counts in `depth`, and loops that put
//!   one node on top of another count in `stacked`.
//! * Functions off the path of plain nesting are not inlined into it, so that the deepest text needs about a megabyte
//!   of stack; `tests/robust.rs` runs with two.

pub(crate) mod bdd;
mod bitfield;
mod contract;
mod control;
mod cursor;
mod expr;
mod import;
mod item;
mod lambda;
mod layout;
mod lookahead;
mod pattern;
mod postfix;
mod primary;
mod stmt;
mod text;
mod type_body;
mod types;

use crate::ast::{Expr, ExprKind, Module, Name, Stmt, Use};
use crate::lexer::Lexer;
use crate::notes::{Notes, Role, Trivia};
use crate::token::{T, Token};
use base::{Cx, Diagnostic, FileId, Span, Symbol};

/// How deep syntax may nest.
const MAX_NESTING: u32 = 200;
/// How deep the tree may be: nesting, plus the lengths of operator and call chains on the way down.
const MAX_TREE_DEPTH: u32 = 500;

/// Parses one file of the session.
pub fn parse(cx: &mut Cx, file: FileId) -> Module {
    let lexer = Lexer::new(cx, file);
    let mut parser = Parser::new(cx, lexer, file, None);
    let body = parser.module();
    parser.use_generators();
    Module { file, uses: parser.uses, body }
}

/// Parses one file of the session, and keeps what was decided on the way.
pub(crate) fn parse_with_notes(cx: &mut Cx, file: FileId) -> (Module, Notes, Vec<Trivia>) {
    let mut lexer = Lexer::new(cx, file);
    lexer.keep_trivia();
    let mut parser = Parser::new(cx, lexer, file, Some(Box::default()));
    let body = parser.module();
    let notes = parser.notes.take().map(|notes| *notes).unwrap_or_default();
    let trivia = parser.lexer.take_trivia();
    (Module { file, uses: parser.uses, body }, notes, trivia)
}

/// The region that decides what a line end means.
#[derive(Clone, Copy, Debug)]
struct Region {
    /// Column of the lines of this block.
    indent: u32,
    /// Inside brackets: line ends mean nothing.
    free: bool,
    /// The block holds the arms of a `match`, where a leading `|` begins an arm.
    arms: bool,
    /// The arms stand at the column of their `match`: a line that begins no arm is not theirs.
    flat_arms: bool,
    /// Brackets open where the region began.
    brackets: u32,
}

/// What an expression in this place may not swallow.
#[derive(Clone, Copy, Default, Debug)]
struct Limits {
    /// In the header of `if`, `while`, `for`, `match`: ` {` begins a block, not a record.
    header: bool,
    /// In the arguments of a call without parentheses: a trailing lambda belongs to that call.
    trailing: bool,
    /// In the head of a `with`: `as` names the resource.
    resource: bool,
    /// Between the brackets of an index: `::` stands between the parts of a slice.
    slice: bool,
}

struct Parser<'a> {
    cx: &'a mut Cx,
    lexer: Lexer,
    file: FileId,
    /// Tokens read ahead; `window[head]` is the current one.
    window: Vec<Token>,
    head: usize,
    /// What the parser sees: the current kind, [`T::Newline`] before a line end that counts, or [`T::Eof`]
    /// while an error is being unwound.
    t: T,
    /// End of the last token taken.
    last_end: u32,
    recovering: bool,
    /// Tokens taken; whoever loops can see whether it moved.
    taken: u64,
    /// `taken` when the current statement began.
    statement_taken: u64,
    region: Region,
    /// Column of the line on which the current statement began.
    line_column: u32,
    /// Column of the block that ended last within the current statement.
    closed_indent: u32,
    brackets: u32,
    depth: u32,
    stacked: u32,
    too_deep: bool,
    /// Something yields.
    yields: bool,
    limits: Limits,
    /// The next operand may be the name of a call without parentheses.
    command: bool,
    /// The parameters that `_`, `_1`, … of the argument being read became so far.
    placeholders: Option<Placeholders>,
    uses: Vec<Use>,
    /// Statements that stand behind the one that is read.
    behind: Vec<Stmt>,
    /// The statement that is read is `x->m(a)`.
    updates: bool,
    /// What the test language of this file needs.
    spec: bdd::Spec,
    /// What is decided, where somebody asked for it.
    notes: Option<Box<Notes>>,
}

/// The placeholders of one argument: names in order.
#[derive(Default)]
struct Placeholders {
    names: Vec<Name>,
}

impl<'a> Parser<'a> {
    fn new(cx: &'a mut Cx, lexer: Lexer, file: FileId, notes: Option<Box<Notes>>) -> Self {
        let mut parser = Parser {
            cx,
            lexer,
            file,
            window: Vec::new(),
            head: 0,
            t: T::Eof,
            last_end: 0,
            recovering: false,
            taken: 0,
            statement_taken: 0,
            region: Region { indent: 0, free: false, arms: false, flat_arms: false, brackets: 0 },
            line_column: 0,
            closed_indent: 0,
            brackets: 0,
            depth: 0,
            stacked: 0,
            too_deep: false,
            yields: false,
            limits: Limits::default(),
            command: false,
            placeholders: None,
            uses: Vec::new(),
            behind: Vec::new(),
            updates: false,
            spec: bdd::Spec::default(),
            notes,
        };
        parser.fill(0);
        parser.refresh();
        parser
    }

    /// Keeps what the current token is.
    fn note(&mut self, role: Role) {
        let start = self.token().start;
        if let Some(notes) = &mut self.notes {
            notes.roles.push((start, role));
        }
    }

    /// Keeps that the current token begins a line of its block.
    fn note_line(&mut self) {
        let start = self.token().start;
        if let Some(notes) = &mut self.notes {
            notes.line(start);
        }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if !self.cx.budget.is_exhausted() {
            self.cx.diags.push(diagnostic);
        }
    }

    fn intern(&mut self, text: &str) -> Symbol {
        self.cx.names.intern(text)
    }

    fn text_of(&self, span: Span) -> &str {
        self.cx.sources.slice(span)
    }

    fn expr_at(&self, start: u32, kind: ExprKind) -> Expr {
        Expr { kind, span: self.span_from(start) }
    }

    fn error_expr(&self) -> Expr {
        Expr { kind: ExprKind::Error, span: self.here() }
    }
}
