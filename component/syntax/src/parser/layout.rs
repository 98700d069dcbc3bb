//! Lines and blocks: where a block begins and ends, what continues on the next line, and how to go on after an error.

use super::{Parser, Region};
use crate::ast::{Block, Stmt, StmtKind};
use crate::notes::BlockNote;
use crate::token::T;
use base::{Code, Diagnostic, Span};

/// What may follow the `:` of a header on the next line at the same indentation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flat {
    /// One statement is the body.
    One,
    /// Nothing: the body is empty.
    None,
}

impl Parser<'_> {
    /// Runs `body` with line ends meaning nothing, as between brackets. The opening bracket is the current token.
    pub(super) fn bracketed<R>(&mut self, body: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.region;
        let limits = std::mem::take(&mut self.limits);
        let command = std::mem::take(&mut self.command);
        self.region = Region { free: true, arms: false, flat_arms: false, ..outer };
        self.bump();
        let result = body(self);
        self.region = outer;
        self.limits = limits;
        self.command = command;
        // What comes behind the closing bracket is seen by the outer region's rules.
        self.refresh();
        result
    }

    /// The body of a header, behind its `:`: a block on the lines below, or statements on this line.
    pub(super) fn body(&mut self, flat: Flat) -> Block {
        let token = self.token();
        if !token.first || self.recovering || token.kind == T::Eof {
            return self.inline_body();
        }
        self.lines_body(flat)
    }

    /// A block on the lines below.
    pub(super) fn lines_body(&mut self, flat: Flat) -> Block {
        let token = self.token();
        let empty = Block {
            stmts: Vec::new(),
            span: Span { file: self.file, start: self.last_end, end: self.last_end },
        };
        if token.kind == T::Eof || token.kind.closes() {
            return empty;
        }
        if !self.region.free && token.column <= self.line_column {
            let continues = matches!(token.kind, T::Else | T::Elif | T::Case);
            if flat == Flat::One && token.column == self.line_column && !continues {
                return self.flat_body();
            }
            return empty;
        }
        self.in_block(token.column, false, |parser| {
            let start = parser.token().start;
            let mut stmts = Vec::new();
            parser.statements(&mut stmts);
            Block { stmts, span: parser.span_from(start) }
        })
    }

    /// A statement, and those that it stands for behind it.
    fn push_stmt(&mut self, stmts: &mut Vec<Stmt>) {
        let outer = std::mem::take(&mut self.behind);
        stmts.push(self.stmt());
        stmts.append(&mut self.behind);
        self.behind = outer;
    }

    /// One statement at the indentation of its header.
    fn flat_body(&mut self) -> Block {
        self.note_line();
        self.pass_newline();
        let start = self.start();
        let mut stmts = Vec::new();
        if self.enter() {
            self.push_stmt(&mut stmts);
        }
        self.leave();
        Block { stmts, span: self.span_from(start) }
    }

    /// Statements on the line of the header.
    pub(super) fn inline_body(&mut self) -> Block {
        let start = self.start();
        let mut stmts = Vec::new();
        if matches!(self.t, T::Newline | T::Eof) {
            if !self.recovering && self.token().kind != T::Eof {
                self.fail_expected(
                    "a body",
                    "write a statement here, or an indented block on the lines below",
                );
            }
            return Block { stmts, span: self.span_from(start) };
        }
        if self.enter() {
            loop {
                self.push_stmt(&mut stmts);
                if self.t != T::Semicolon || self.region.free || self.recovering {
                    break;
                }
                self.bump();
                if matches!(self.t, T::Newline | T::Eof) {
                    break;
                }
            }
        }
        self.leave();
        Block { stmts, span: self.span_from(start) }
    }

    /// One statement on the line of the header.
    pub(super) fn inline_statement(&mut self) -> Block {
        let start = self.start();
        let mut stmts = Vec::new();
        if matches!(self.t, T::Newline | T::Eof) || self.t.closes() {
            self.fail_expected("a body", "write an expression here");
        } else {
            if self.enter() {
                self.push_stmt(&mut stmts);
            }
            self.leave();
        }
        Block { stmts, span: self.span_from(start) }
    }

    /// Runs `body` in a block whose lines stand at `indent`, with its first line already begun.
    pub(super) fn in_block<R>(&mut self, indent: u32, arms: bool, body: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.region;
        let (line_column, limits) = (self.line_column, std::mem::take(&mut self.limits));
        let placeholders = self.placeholders.take();
        let command = std::mem::take(&mut self.command);
        let noted = self.notes.as_mut().map(|notes| {
            notes.blocks.push(BlockNote {
                start: self.window[self.head].start,
                end: 0,
                column: indent,
                flat: !outer.free && indent <= self.line_column,
                bracketed: outer.free,
            });
            notes.blocks.len() - 1
        });
        let flat_arms = arms && !outer.free && indent <= self.line_column;
        self.region = Region { indent, free: false, arms, flat_arms, brackets: self.brackets };
        self.line_column = indent;
        self.refresh();
        self.depth += 1;
        let result = body(self);
        self.depth -= 1;
        if let (Some(notes), Some(index)) = (&mut self.notes, noted) {
            notes.blocks[index].end = self.last_end;
        }
        self.region = outer;
        self.line_column = line_column;
        self.limits = limits;
        self.placeholders = placeholders;
        self.command = command;
        self.closed_indent = indent;
        self.refresh();
        result
    }

    /// True at the first token of a line that belongs to this block; the line is then begun.
    pub(super) fn next_line(&mut self) -> bool {
        let token = self.token();
        if token.kind == T::Eof || self.recovering {
            return false;
        }
        if self.closes_region() {
            return false;
        }
        if token.first && token.column < self.region.indent {
            return false;
        }
        if self.region.flat_arms && !matches!(token.kind, T::Case | T::Pipe) {
            return false;
        }
        if token.first {
            self.line_column = token.column;
            self.note_line();
        }
        self.pass_newline();
        true
    }

    /// True at a bracket that closes one opened before this block, or a `,` between its elements.
    fn closes_region(&self) -> bool {
        let kind = self.token().kind;
        (kind.closes() || kind == T::Comma)
            && self.region.brackets > 0
            && self.brackets == self.region.brackets
    }

    /// The statements of the current block.
    pub(super) fn statements(&mut self, stmts: &mut Vec<Stmt>) {
        loop {
            if !self.next_line() {
                if self.recovering {
                    self.synchronise();
                    if self.cx.budget.is_exhausted() {
                        return;
                    }
                    continue;
                }
                return;
            }
            let token = self.token();
            if token.first && token.column > self.region.indent {
                self.deeper_lines(stmts);
                continue;
            }
            self.line_statements(stmts);
        }
    }

    /// Runs `member` for each line of the current block.
    pub(super) fn each_line(&mut self, mut member: impl FnMut(&mut Self)) {
        loop {
            if !self.next_line() {
                if self.recovering && !self.cx.budget.is_exhausted() {
                    self.synchronise();
                    continue;
                }
                return;
            }
            let before = self.taken;
            self.statement_taken = before;
            let token = self.token();
            if token.first && token.column > self.region.indent && token.column >= self.closed_indent {
                let diagnostic = Diagnostic::new(
                    Code::BadIndentation,
                    self.span_of(token),
                    "this line is indented more than those above",
                )
                .help("align all lines of a block");
                self.fail(diagnostic);
            } else if self.t == T::Text && token.first && matches!(self.next_kind(), T::Newline | T::Eof) {
                // A text alone is a docstring.
                self.bump();
            } else {
                self.closed_indent = 0;
                self.stacked = 0;
                member(self);
            }
            self.end_of_statement();
            if self.taken == before {
                self.bump();
            }
        }
    }

    /// Lines deeper than their block: legal where they fall back from a deeper block, else an error.
    fn deeper_lines(&mut self, stmts: &mut Vec<Stmt>) {
        let token = self.token();
        if token.column >= self.closed_indent {
            let span = self.span_of(token);
            self.report(
                Diagnostic::new(
                    Code::BadIndentation,
                    span,
                    "this line is indented more than the block it stands in",
                )
                .label(format!(
                    "column {}, the block is at column {}",
                    token.column + 1,
                    self.region.indent + 1
                ))
                .help("align it with the lines above; only a header that ends in `:` opens a block"),
            );
        }
        if !self.enter() {
            self.leave();
            return;
        }
        self.in_block(token.column, self.region.arms, |parser| parser.statements(stmts));
        self.leave();
    }

    /// The statements of one line, separated by `;`.
    fn line_statements(&mut self, stmts: &mut Vec<Stmt>) {
        self.closed_indent = 0;
        let taken = self.taken;
        self.statement_taken = taken;
        loop {
            if self.t == T::Semicolon {
                self.bump();
            }
            if matches!(self.t, T::Newline | T::Eof) {
                break;
            }
            self.stacked = 0;
            self.push_stmt(stmts);
            if self.t != T::Semicolon {
                break;
            }
        }
        self.end_of_statement();
        if self.taken == taken && !self.closes_region() {
            // Nothing was taken: pass one token, so that the loop ends.
            self.bump();
        }
    }

    /// After a statement: a line end, or the bracket around the block; else an error.
    pub(super) fn end_of_statement(&mut self) {
        if matches!(self.t, T::Newline | T::Eof) || self.closes_region() {
            return;
        }
        if self.t.closes() {
            let diagnostic = Diagnostic::new(
                Code::UnbalancedBracket,
                self.here(),
                format!("{} closes nothing", self.found()),
            )
            .help("remove it, or open the bracket before it");
            self.fail(diagnostic);
            return;
        }
        let message = format!("expected the end of the statement, found {}", self.found());
        let diagnostic = Diagnostic::new(Code::UnexpectedToken, self.here(), message);
        let token = self.token();
        let before = Span { start: token.start.saturating_sub(2), end: token.start, ..self.span_of(token) };
        let before = self.cx.sources.file(self.file).text.get(before.start as usize..before.end as usize);
        let before = before.filter(|_| !token.spaced).unwrap_or_default();
        self.fail(diagnostic.help(if before == "{\"" {
            "a `{` right before a quote is a plain brace, so the text ended here; write `{(\"a\")}`"
        } else if before.ends_with('"') {
            "the text ended at the quote before this; inside of a text, a quote is written `\\\"`"
        } else if token.kind == T::Question {
            "one of two values is chosen by `a if c else b`"
        } else {
            "start a new line here, or put an operator or `,` between the two"
        }));
    }

    /// After an error: moves to the next line of this block, or to its end, and sees tokens again.
    fn synchronise(&mut self) {
        self.recovering = false;
        // A statement that took nothing does not get a second chance.
        let mut stuck = self.taken == self.statement_taken;
        loop {
            let token = self.token();
            if token.kind == T::Eof {
                break;
            }
            if token.first && token.column <= self.region.indent && !stuck {
                let goes_on = token.kind.closes() || matches!(token.kind, T::Else | T::Elif);
                if self.brackets_close(token.kind) || !goes_on || token.column < self.region.indent {
                    break;
                }
            } else if self.brackets_close(token.kind) {
                break;
            }
            stuck = false;
            self.bump();
        }
        if self.brackets > self.region.brackets {
            self.brackets = self.region.brackets;
        }
        self.refresh();
    }

    /// True at a bracket that closes one opened before this block.
    fn brackets_close(&self, kind: T) -> bool {
        kind.closes() && self.region.brackets > 0 && self.brackets <= self.region.brackets
    }

    /// True where the next line goes on with this statement because it begins with the token `kind`;
    /// it is then begun. `deeper` asks for a deeper line, for tokens that can also begin a statement.
    pub(super) fn continues_with(&mut self, deeper: bool) -> bool {
        if self.t != T::Newline {
            return false;
        }
        let token = self.token();
        let column = if deeper { self.line_column + 1 } else { self.line_column.min(self.region.indent) };
        if token.column < column {
            return false;
        }
        self.pass_newline();
        true
    }

    /// A statement that was reported.
    pub(super) fn error_stmt(&self) -> Stmt {
        Stmt { kind: StmtKind::Error, span: self.here() }
    }
}
