//! `if`, `match` and loops, in all their spellings.

use super::Parser;
use super::lambda::value_block;
use super::layout::Flat;
use crate::ast::{Arm, Block, Cond, Expr, ExprKind, Name, Pat, PatKind};
use crate::token::T;
use base::{Code, Diagnostic};

impl Parser<'_> {
    /// `if`, with all its `elif` and `else`; the current token is `if`.
    #[inline(never)]
    pub(super) fn if_expr(&mut self) -> Expr {
        let first = self.start();
        let chain = self.begin_chain();
        let mut branches: Vec<(u32, Cond, Block)> = Vec::new();
        let mut otherwise = None;
        let mut start = first;
        loop {
            self.bump();
            self.suspended();
            let cond = self.cond();
            let then = self.branch();
            branches.push((start, cond, then));
            if !self.link() || !self.at_else() {
                break;
            }
            start = self.start();
            if self.t == T::Elif {
                continue;
            }
            self.bump();
            if self.t == T::If {
                continue;
            }
            otherwise = Some(self.else_branch());
            break;
        }
        self.end_chain(chain);
        let mut rest = otherwise;
        while let Some((start, cond, then)) = branches.pop() {
            let value =
                self.expr_at(start, ExprKind::If { cond: Box::new(cond), then, otherwise: rest.take() });
            if branches.is_empty() {
                return value;
            }
            let span = value.span;
            rest = Some(value_block(value, span));
        }
        self.error_expr()
    }

    /// At `else` or `elif` of this `if`, on this line or on a line of its own.
    fn at_else(&mut self) -> bool {
        if self.t == T::Newline && matches!(self.token().kind, T::Else | T::Elif) {
            return self.continues_with(false);
        }
        matches!(self.t, T::Else | T::Elif)
    }

    /// `c`, `val p = e`, `let p = e`, `var p = e`.
    fn cond(&mut self) -> Cond {
        let binds = match self.kind() {
            T::Val => !self.val_is_name(),
            T::Var => true,
            T::Let => self.next_kind().is_name() || matches!(self.next_kind(), T::LParen | T::LBracket),
            _ => false,
        };
        if !binds {
            return Cond::Expr(self.header_expr());
        }
        let mutable = self.bump().kind == T::Var;
        let pat = self.pattern();
        let typed = self.t == T::Colon && self.scan_type(1).is_some_and(|end| self.kind_ahead(end) == T::Eq);
        let pat = match pat.kind {
            PatKind::Name { name, .. } if typed => {
                self.bump();
                let ty = Box::new(self.ty());
                Pat { kind: PatKind::Typed { name, ty }, span: self.span_from(pat.span.start) }
            }
            kind => Pat { kind, span: pat.span },
        };
        self.expect(T::Eq, "a binding condition is written `if val x = e:`");
        Cond::Let { mutable, pat, value: self.header_expr() }
    }

    /// What follows a condition: `: a`, `then a`, `{ a }`, or `:` and a block.
    fn branch(&mut self) -> Block {
        match self.kind() {
            T::Colon => {
                self.bump();
                self.body(Flat::One)
            }
            T::Then => {
                self.bump();
                self.pass_newline();
                self.inline_statement()
            }
            T::LBrace => self.brace_block(),
            _ => {
                let help = if self.t == T::Eq {
                    "`=` assigns a value; whether two are equal is asked by `==`"
                } else {
                    "a condition ends in `:`, as in `if x > 0:`"
                };
                self.fail_expected("`:`", help);
                self.inline_body()
            }
        }
    }

    fn else_branch(&mut self) -> Block {
        match self.kind() {
            T::Colon => {
                self.bump();
                self.body(Flat::One)
            }
            T::LBrace => self.brace_block(),
            _ => {
                self.pass_newline();
                self.inline_statement()
            }
        }
    }

    /// `{ a; b }` as the block of an `if`.
    #[inline(never)]
    fn brace_block(&mut self) -> Block {
        let open = self.here();
        self.bracketed(|parser| {
            if parser.token().first {
                let block = parser.lines_body(Flat::None);
                parser.close(T::RBrace, open);
                return block;
            }
            let start = parser.start();
            let mut stmts = Vec::new();
            while !matches!(parser.t, T::RBrace | T::Eof) {
                let before = parser.taken;
                stmts.push(parser.stmt());
                if !parser.eat(T::Semicolon) || parser.taken == before {
                    break;
                }
            }
            parser.close(T::RBrace, open);
            Block { stmts, span: parser.span_from(start) }
        })
    }

    /// `if~`, `for~`, …: the awaiting variants. What they wait for is there when it is asked for.
    fn suspended(&mut self) {
        if self.t == T::Tilde && !self.token().spaced {
            self.bump();
        }
    }

    /// `match e:` with its arms; the current token is `match`.
    #[inline(never)]
    pub(super) fn match_expr(&mut self) -> Expr {
        let start = self.start();
        self.bump();
        self.suspended();
        let value = Box::new(self.header_expr());
        self.expect(T::Colon, "a match is written `match e:`, with its arms on the lines below");
        let mut arms = Vec::new();
        let token = self.token();
        if self.recovering || token.kind == T::Eof {
            return self.expr_at(start, ExprKind::Match { value, arms });
        }
        if !token.first {
            self.inline_arms(&mut arms);
        } else if self.arms_below() {
            self.in_block(token.column, true, |parser| {
                parser.each_line(|parser| {
                    let arm = parser.arm(false);
                    arms.push(arm);
                });
            });
        }
        self.expr_at(start, ExprKind::Match { value, arms })
    }

    /// Arms stand deeper than the match, or, with `case` or `|`, at its column.
    fn arms_below(&self) -> bool {
        let token = self.token();
        self.region.free
            || token.column > self.line_column
            || (token.column == self.line_column
                && matches!(token.kind, T::Case | T::Pipe)
                && !self.region.arms)
    }

    /// `match e: case A: x; case B: y`.
    fn inline_arms(&mut self, arms: &mut Vec<Arm>) {
        loop {
            let before = self.taken;
            arms.push(self.arm(true));
            if !self.eat(T::Semicolon) || self.taken == before || matches!(self.t, T::Newline | T::Eof) {
                return;
            }
        }
    }

    /// `case P if g: body`, in every spelling.
    fn arm(&mut self, single: bool) -> Arm {
        let start = self.start();
        if !self.eat(T::Case) {
            self.eat(T::Pipe);
        }
        let pat = self.arm_pattern();
        let guard = if self.eat(T::If) { Some(self.header_expr()) } else { None };
        if matches!(self.t, T::Colon | T::Arrow | T::FatArrow) {
            self.bump();
        } else {
            self.fail_expected("`:`", "an arm is written `case pattern: value`");
        }
        let body = if single || self.recovering { self.inline_statement() } else { self.body(Flat::None) };
        Arm { pat, guard, body, span: self.span_from(start) }
    }

    /// `for`, `while` or `loop`; the current token is the word.
    #[inline(never)]
    pub(super) fn loop_expr(&mut self, label: Option<Name>) -> Expr {
        let start = label.map_or(self.start(), |label| label.span.start);
        let word = self.bump().kind;
        self.suspended();
        let kind = match word {
            T::For => self.for_loop(label),
            T::While => {
                let cond = Box::new(self.cond());
                self.loop_colon("while x > 0:");
                ExprKind::While { label, cond, body: self.body(Flat::One) }
            }
            _ => {
                self.loop_colon("loop:");
                ExprKind::Loop { label, body: self.body(Flat::One) }
            }
        };
        self.expr_at(start, kind)
    }

    fn loop_colon(&mut self, example: &str) {
        if !self.eat(T::Colon) {
            self.fail_expected("`:`", &format!("the header of a loop ends in `:`, as in `{example}`"));
        }
    }

    fn for_loop(&mut self, label: Option<Name>) -> ExprKind {
        let mut pat = self.pattern();
        let mut index = None;
        if self.t == T::Comma {
            let span = pat.span;
            self.bump();
            index = match pat.kind {
                crate::ast::PatKind::Name { name, .. } => Some(name),
                crate::ast::PatKind::Wild => Some(Name { sym: self.intern("_"), span }),
                _ => {
                    let diagnostic =
                        Diagnostic::new(Code::UnexpectedToken, span, "the index of a loop is a plain name")
                            .help(
                                "`for i, x in xs` counts the elements; `for (a, b) in xs` takes pairs apart",
                            );
                    self.fail(diagnostic);
                    None
                }
            };
            pat = self.pattern();
        }
        self.expect(T::In, "a loop is written `for x in xs:`");
        let iter = Box::new(self.header_expr());
        self.loop_colon("for x in xs:");
        ExprKind::For { label, index, pat, iter, body: self.body(Flat::One) }
    }
}
