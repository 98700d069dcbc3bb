//! Patterns.

use super::Parser;
use crate::ast::{Expr, ExprKind, Name, Pat, PatKind, UnOp};
use crate::notes::Role;
use crate::token::T;
use base::{Code, Diagnostic};

/// Whether `name: T` is a typed pattern here, or the colon belongs to what is around.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Typed {
    Inside,
    Arm,
    No,
}

impl Parser<'_> {
    /// A pattern, with alternatives `A | B`, where a colon behind it is not its own.
    pub(super) fn pattern(&mut self) -> Pat {
        self.alternatives(Typed::No)
    }

    /// A pattern without alternatives.
    pub(super) fn single_pattern(&mut self) -> Pat {
        self.one_pattern(Typed::No)
    }

    /// The pattern of an arm: alternatives with `|` or `,`.
    pub(super) fn arm_pattern(&mut self) -> Pat {
        let start = self.start();
        let first = self.alternatives(Typed::Arm);
        if self.t != T::Comma {
            return first;
        }
        let mut all = Vec::new();
        flatten(first, &mut all);
        while self.eat(T::Comma) {
            self.pass_newline();
            flatten(self.alternatives(Typed::Arm), &mut all);
        }
        Pat { kind: PatKind::Or(all), span: self.span_from(start) }
    }

    fn alternatives(&mut self, typed: Typed) -> Pat {
        let start = self.start();
        let first = self.one_pattern(typed);
        if !self.at_bar() {
            return first;
        }
        let mut all = vec![first];
        while self.at_bar() {
            self.note(Role::Infix);
            self.bump();
            self.pass_newline();
            all.push(self.one_pattern(typed));
        }
        Pat { kind: PatKind::Or(all), span: self.span_from(start) }
    }

    /// At a `|`, also on a deeper line.
    fn at_bar(&mut self) -> bool {
        if self.t == T::Newline && self.token().kind == T::Pipe {
            return self.continues_with(true);
        }
        self.t == T::Pipe
    }

    fn one_pattern(&mut self, typed: Typed) -> Pat {
        let start = self.start();
        let kind = if self.enter() { self.pattern_kind(typed) } else { PatKind::Error };
        self.leave();
        Pat { kind, span: self.span_from(start) }
    }

    fn pattern_kind(&mut self, typed: Typed) -> PatKind {
        match self.kind() {
            T::Int | T::Float | T::Text | T::True | T::False | T::Minus => self.literal_pattern(),
            T::Nil => {
                self.bump();
                PatKind::Nil
            }
            T::DotDot | T::DotDotEq => {
                let inclusive = self.bump().kind == T::DotDotEq;
                let end = Some(Box::new(self.literal()));
                PatKind::Range { start: None, end, inclusive }
            }
            T::LParen => self.tuple_pattern(),
            T::LBracket => self.array_pattern(),
            T::Mut if self.next_kind().is_name() => {
                self.bump();
                let name = self.bump_name();
                PatKind::Name { name, mutable: true }
            }
            T::FormatStart => {
                let diagnostic =
                    Diagnostic::new(Code::UnexpectedToken, self.here(), "a pattern cannot interpolate")
                        .help("write a text without `{…}`, or compare in a guard: `case s if s == \"…\":`");
                self.fail(diagnostic);
                PatKind::Error
            }
            _ if self.at_name() => self.name_or_variant(typed),
            _ => {
                self.fail_expected(
                    "a pattern",
                    "patterns are names, literals, `(a, b)`, `[a, b]`, `Some(x)` or `_`",
                );
                PatKind::Error
            }
        }
    }

    /// A literal with its sign.
    fn literal(&mut self) -> Expr {
        let start = self.start();
        match self.kind() {
            T::Minus => {
                self.bump();
                if !matches!(self.t, T::Int | T::Float) {
                    self.fail_expected("a number", "");
                    return self.error_expr();
                }
                let value = self.primary();
                self.expr_at(start, ExprKind::Unary(UnOp::Neg, Box::new(value)))
            }
            T::Int | T::Float | T::Text | T::True | T::False => self.primary(),
            _ => {
                self.fail_expected("a literal", "");
                self.error_expr()
            }
        }
    }

    fn literal_pattern(&mut self) -> PatKind {
        let value = Box::new(self.literal());
        if !matches!(self.t, T::DotDot | T::DotDotEq) {
            return PatKind::Literal(value);
        }
        let inclusive = self.bump().kind == T::DotDotEq;
        let ends = matches!(self.t, T::Int | T::Float | T::Text | T::Minus);
        let end = if ends { Some(Box::new(self.literal())) } else { None };
        PatKind::Range { start: Some(value), end, inclusive }
    }

    fn tuple_pattern(&mut self) -> PatKind {
        let open = self.here();
        let (mut items, comma) = self.bracketed(|parser| {
            let mut items = Vec::new();
            let mut comma = false;
            while !matches!(parser.t, T::RParen | T::Eof) {
                items.push(parser.alternatives(Typed::Inside));
                comma = parser.eat(T::Comma);
                if !comma {
                    break;
                }
            }
            parser.close(T::RParen, open);
            (items, comma)
        });
        if items.len() == 1 && !comma {
            return items.remove(0).kind;
        }
        PatKind::Tuple(items)
    }

    fn array_pattern(&mut self) -> PatKind {
        let open = self.here();
        self.bracketed(|parser| {
            let mut items = Vec::new();
            let mut rest = None;
            while !matches!(parser.t, T::RBracket | T::Eof) {
                if matches!(parser.t, T::DotDotDot | T::DotDot | T::Star) {
                    let span = parser.here();
                    parser.bump();
                    let name = if parser.t.is_name() { Some(parser.bump_name()) } else { None };
                    if rest.is_some() {
                        let diagnostic =
                            Diagnostic::new(Code::UnexpectedToken, span, "a pattern has one `...` only")
                                .help("remove this one: only one run of elements can be left open");
                        parser.fail(diagnostic);
                    }
                    rest = Some((items.len(), name));
                } else {
                    items.push(parser.alternatives(Typed::Inside));
                }
                if !parser.eat(T::Comma) {
                    break;
                }
            }
            parser.close(T::RBracket, open);
            PatKind::Array { items, rest }
        })
    }

    fn name_or_variant(&mut self, typed: Typed) -> PatKind {
        let has_type = match typed {
            Typed::Inside => self.ahead(1).kind == T::Colon,
            Typed::Arm => self.annotates(&[T::Colon, T::If, T::Arrow, T::FatArrow]),
            Typed::No => false,
        };
        if has_type {
            let name = self.bump_name();
            self.bump();
            return PatKind::Typed { name, ty: Box::new(self.single_type()) };
        }
        let capital = self.is_capitalised(self.token());
        let path = self.type_path();
        let last_is_type = path.last().is_some_and(|name| {
            self.cx.names.name(name.sym).starts_with(|first: char| first.is_ascii_uppercase())
        });
        if self.t == T::LParen && !self.token().spaced {
            let args = Some(self.payload());
            return PatKind::Variant { path, args };
        }
        if self.t == T::LBrace && last_is_type {
            return self.record_pattern(path);
        }
        match path[..] {
            [name] if self.cx.names.name(name.sym) == "None" => PatKind::Nil,
            [name] if capital => PatKind::Name { name, mutable: false },
            [name] => self.name_pattern(name, false).kind,
            _ => PatKind::Variant { path, args: None },
        }
    }

    /// `(p, field: q)`: names of fields are allowed and mean nothing.
    fn payload(&mut self) -> Vec<Pat> {
        let open = self.here();
        self.bracketed(|parser| {
            let mut items = Vec::new();
            while !matches!(parser.t, T::RParen | T::Eof) {
                if parser.t.is_name() && matches!(parser.ahead(1).kind, T::Colon | T::Eq) {
                    parser.bump();
                    parser.bump();
                }
                items.push(parser.alternatives(Typed::No));
                if !parser.eat(T::Comma) {
                    break;
                }
            }
            parser.close(T::RParen, open);
            items
        })
    }

    /// `P { x: 0, y }`.
    fn record_pattern(&mut self, path: Vec<Name>) -> PatKind {
        let open = self.here();
        self.bracketed(|parser| {
            let mut fields = Vec::new();
            while !matches!(parser.t, T::RBrace | T::Eof) {
                if matches!(parser.t, T::DotDot | T::DotDotDot) {
                    // Fields that are left out are free anyway.
                    parser.bump();
                } else {
                    let Some(name) = parser.name("the name of a field") else { break };
                    let pat =
                        if parser.eat(T::Colon) { Some(parser.alternatives(Typed::Inside)) } else { None };
                    fields.push((name, pat));
                }
                if !parser.eat(T::Comma) {
                    break;
                }
            }
            parser.close(T::RBrace, open);
            PatKind::Record { path, fields }
        })
    }
}

fn flatten(pat: Pat, all: &mut Vec<Pat>) {
    match pat.kind {
        PatKind::Or(items) => all.extend(items),
        kind => all.push(Pat { kind, span: pat.span }),
    }
}
