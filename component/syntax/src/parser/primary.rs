//! Operands: literals, names, brackets, and the words that begin an expression.

use super::Parser;
use crate::ast::{Arg, CompClause, DictElement, Element, Expr, ExprKind, LambdaParam, Name};
use crate::lexer::{float_value, int_value, text_value};
use crate::notes::Role;
use crate::token::T;
use crate::unsupported::Construct;
use base::{Code, Diagnostic, Span};

/// Words in front of an operand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prefix {
    Await,
    Spawn,
    Yield,
    /// The operand itself.
    Plain,
    All,
    Any,
}

impl Parser<'_> {
    /// An operand.
    #[inline(never)]
    pub(super) fn primary(&mut self) -> Expr {
        let start = self.start();
        let kind = match self.kind() {
            T::Int | T::Float => self.number(),
            T::Text => {
                let span = self.bump_span();
                ExprKind::Text(text_value(self.text_of(span)))
            }
            T::FormatStart => self.format_text(),
            T::True | T::False => ExprKind::Bool(self.bump().kind == T::True),
            T::Nil => {
                self.bump();
                ExprKind::Nil
            }
            T::LParen => return self.paren(),
            T::LBracket => self.array(),
            T::LBrace => self.dict(),
            T::Backslash => return self.lambda(),
            T::Fn => return self.fn_lambda(),
            T::Pipe | T::PipePipe => return self.pipe_lambda(),
            T::If => return self.if_expr(),
            T::Match if self.match_is_name() => self.name_operand(),
            T::Val => self.name_operand(),
            T::Match => return self.match_expr(),
            T::For | T::While => return self.loop_expr(None),
            T::Loop if self.next_kind() == T::Colon => return self.loop_expr(None),
            T::UnitNumber => self.not_yet_token(Construct::UnitNumber),
            T::Atom => self.not_yet_token(Construct::Atom),
            T::TaggedText => self.tagged_text(),
            T::CustomBlock => self.not_yet_token(Construct::CustomBlock),
            T::Colon if self.ahead(1).kind.is_word() && !self.ahead(1).spaced => {
                // A symbol is the text of its spelling.
                self.note(Role::Prefix);
                self.bump();
                let name = self.bump_name();
                ExprKind::Text(format!(":{}", self.cx.names.name(name.sym)))
            }
            kind if kind.is_name() => match self.prefix_word() {
                Some(prefix) => return self.prefixed(start, prefix),
                None => self.name_operand(),
            },
            _ => return self.primary_error(),
        };
        self.expr_at(start, kind)
    }

    fn bump_span(&mut self) -> Span {
        let token = self.bump();
        self.span_of(token)
    }

    #[inline(never)]
    pub(super) fn primary_error(&mut self) -> Expr {
        let help = match self.kind() {
            T::Else | T::Elif => "there is no `if` before this that it could belong to",
            T::Eq => "a comparison is written `==`",
            T::Gt => "`<>` is written `!=`; else a value is missing before the `>`",
            T::Case => "`case` stands only in the block of a `match`",
            _ => "",
        };
        self.fail_expected("an expression", help);
        self.error_expr()
    }

    #[inline(never)]
    fn not_yet_token(&mut self, construct: Construct) -> ExprKind {
        let span = self.here();
        let word = self.t.text();
        self.bump();
        ExprKind::NotYet(self.unsupported_at(construct, word, span))
    }

    /// `Name_"text"`, a text that is not translated here; `"text"_tag`, which calls the function `_tag`.
    #[inline(never)]
    fn tagged_text(&mut self) -> ExprKind {
        let span = self.bump_span();
        let source = self.text_of(span).to_owned();
        if source.starts_with(|first: char| first.is_ascii_uppercase()) {
            return ExprKind::Text(text_value(&source));
        }
        let quote = source.rfind(['"', '\'']).map_or(source.len(), |at| at + 1);
        let (text, tag) = source.split_at(quote);
        let at = Span { start: span.start + quote as u32, ..span };
        let value = Expr { kind: ExprKind::Text(text_value(text)), span: Span { end: at.start, ..span } };
        let callee = Box::new(Expr { kind: ExprKind::Name(self.intern(tag)), span: at });
        ExprKind::Call { callee, args: vec![Arg { name: None, value, spread: false }] }
    }

    #[inline(never)]
    fn number(&mut self) -> ExprKind {
        let token = self.bump();
        let span = self.span_of(token);
        if token.kind == T::Float {
            let (value, suffix) = float_value(self.text_of(span));
            return ExprKind::Float(value, suffix.map(|suffix| self.intern(suffix)));
        }
        let (value, suffix) = int_value(self.text_of(span));
        let suffix = suffix.map(|suffix| self.intern(suffix));
        match value {
            Some(value) => ExprKind::Int(value, suffix),
            None => {
                self.report(
                    Diagnostic::new(Code::BadNumber, span, "this number does not fit 64 bits")
                        .help("the largest is 18446744073709551615; write a float, such as `1e20`, for more"),
                );
                ExprKind::Error
            }
        }
    }

    /// `match` before `.` or `=` is a variable.
    fn match_is_name(&mut self) -> bool {
        matches!(
            self.next_kind(),
            T::Dot | T::Eq | T::RParen | T::Comma | T::Newline | T::QuestionDot | T::PlusEq
        )
    }

    #[inline(never)]
    fn name_operand(&mut self) -> ExprKind {
        let name = self.bump_name();
        if self.cx.names.name(name.sym) == "None" {
            return ExprKind::Nil;
        }
        match self.placeholder(name) {
            Some(parameter) => ExprKind::Name(parameter.sym),
            None => ExprKind::Name(name.sym),
        }
    }

    /// A word that is a prefix operator where an operand follows it.
    fn prefix_word(&mut self) -> Option<Prefix> {
        let prefix = match self.kind() {
            T::Await => Prefix::Await,
            T::Spawn | T::Go => Prefix::Spawn,
            T::Yield => Prefix::Yield,
            // What is made lives where its type says, what is used last moves by itself, and what is known early is computed as any other.
            T::New | T::Move | T::Comptime => Prefix::Plain,
            T::Forall => Prefix::All,
            T::Exists => Prefix::Any,
            _ => return None,
        };
        let next = self.ahead(1);
        if prefix == Prefix::Yield {
            let is_name =
                matches!(next.kind, T::Eq | T::Colon | T::Dot | T::PlusEq | T::MinusEq) && !next.first;
            return (!is_name).then_some(prefix);
        }
        if next.first && !self.region.free {
            return None;
        }
        let operand = match next.kind {
            T::Then | T::Unwrap | T::Xor => false,
            T::Int
            | T::Float
            | T::Text
            | T::FormatStart
            | T::Fn
            | T::Backslash
            | T::True
            | T::False
            | T::Nil => true,
            T::LBracket | T::LBrace => next.spaced,
            T::LParen => next.spaced && prefix == Prefix::Await,
            kind => kind.is_name(),
        };
        operand.then_some(prefix)
    }

    #[inline(never)]
    fn prefixed(&mut self, start: u32, prefix: Prefix) -> Expr {
        let span = self.here();
        let moved = self.bump().kind == T::Move;
        if moved && self.t == T::Backslash {
            return self.lambda();
        }
        match prefix {
            Prefix::All | Prefix::Any => return self.quantifier(start, span, prefix == Prefix::All),
            Prefix::Yield => return self.yielded(start),
            Prefix::Await | Prefix::Spawn | Prefix::Plain => {}
        }
        let operand = if self.enter() && self.starts_operand() { self.unary() } else { self.error_expr() };
        self.leave();
        match prefix {
            Prefix::Await => self.expr_at(start, ExprKind::Await(Box::new(operand))),
            Prefix::Spawn => {
                let operand = match operand.kind {
                    ExprKind::Lambda { ref params, .. } if params.is_empty() => {
                        self.expr_at(start, ExprKind::Call { callee: Box::new(operand), args: Vec::new() })
                    }
                    _ => operand,
                };
                let callee = Box::new(Expr { kind: ExprKind::Name(self.intern("future")), span });
                let args = vec![Arg { name: None, value: operand, spread: false }];
                self.expr_at(start, ExprKind::Call { callee, args })
            }
            Prefix::Plain | Prefix::Yield | Prefix::All | Prefix::Any => operand,
        }
    }

    /// `yield e`, or `yield` alone; the current token is behind the word.
    fn yielded(&mut self, start: u32) -> Expr {
        let ends = self.token().first && !self.region.free
            || matches!(self.t, T::Newline | T::Eof | T::Semicolon | T::Comma)
            || self.t.closes();
        self.yields = true;
        let value = if ends { None } else { Some(Box::new(self.expr())) };
        self.expr_at(start, ExprKind::Yield(value))
    }

    /// `forall x in xs: c` is `xs.all(\x: c)`, `exists` is `any`.
    #[inline(never)]
    fn quantifier(&mut self, start: u32, word: Span, all: bool) -> Expr {
        let pat = self.single_pattern();
        self.expect(T::In, "a quantifier is written `forall x in xs: x > 0`");
        let domain = self.header_expr();
        self.expect(T::Colon, "a quantifier is written `forall x in xs: x > 0`");
        let at = self.start();
        let cond = if self.enter() { self.expr() } else { self.error_expr() };
        self.leave();
        let span = self.span_from(at);
        let body = Box::new(super::lambda::value_block(cond, span));
        let value = self.expr_at(at, ExprKind::Lambda { params: vec![LambdaParam { pat, ty: None }], body });
        let name = Name { sym: self.intern(if all { "all" } else { "any" }), span: word };
        let callee = Box::new(Expr { kind: ExprKind::Field(Box::new(domain), name), span: word });
        self.expr_at(start, ExprKind::Call { callee, args: vec![Arg { name: None, value, spread: false }] })
    }

    /// `()`, `(e)`, `(a, b)`; the current token is `(`.
    #[inline(never)]
    fn paren(&mut self) -> Expr {
        let start = self.start();
        let open = self.here();
        if self.ahead(1).kind.is_name() && self.ahead(2).kind == T::Colon && !self.ahead(3).first {
            return self.anonymous_record();
        }
        let (value, tuple) = self.bracketed(|parser| {
            let mut items = Vec::new();
            let mut comma = false;
            while !matches!(parser.t, T::RParen | T::Eof) {
                items.push(parser.expr());
                comma = parser.eat(T::Comma);
                if !comma {
                    break;
                }
            }
            parser.close(T::RParen, open);
            if items.len() == 1 && !comma { (items.pop(), Vec::new()) } else { (None, items) }
        });
        match value {
            Some(value) => Expr { span: self.span_from(start), kind: value.kind },
            None if tuple.is_empty() => self.expr_at(start, ExprKind::Unit),
            None => self.expr_at(start, ExprKind::Tuple(tuple)),
        }
    }

    /// `(x: 1, y: 2)`; the current token is `(`.
    #[inline(never)]
    fn anonymous_record(&mut self) -> Expr {
        let start = self.start();
        let open = self.here();
        let fields = self.bracketed(|parser| {
            let mut fields = Vec::new();
            while !matches!(parser.t, T::RParen | T::Eof) {
                let Some(name) = parser.any_word("the name of a field") else { break };
                parser.expect(T::Colon, "a record is written `(x: 1, y: 2)`");
                fields.push((name, parser.expr()));
                if !parser.eat(T::Comma) {
                    break;
                }
            }
            parser.close(T::RParen, open);
            fields
        });
        self.expr_at(start, ExprKind::Anonymous(fields))
    }

    /// `[…]`: elements, a repetition, or a comprehension.
    #[inline(never)]
    fn array(&mut self) -> ExprKind {
        let open = self.here();
        self.bracketed(|parser| {
            let kind = parser.array_inside();
            parser.close(T::RBracket, open);
            kind
        })
    }

    fn array_inside(&mut self) -> ExprKind {
        if self.t == T::For {
            let clause = Box::new(self.comp_clause());
            self.expect(T::Colon, "a comprehension is written `[for x in xs: x + 1]`");
            let value = Box::new(self.expr());
            return ExprKind::ArrayComp { value, clause };
        }
        if !matches!(self.t, T::Star | T::DotDotDot | T::RBracket) {
            let value = self.expr();
            if self.eat(T::Semicolon) {
                return ExprKind::Repeat(Box::new(value), Box::new(self.expr()));
            }
            if self.t == T::For {
                let clause = Box::new(self.comp_clause());
                return ExprKind::ArrayComp { value: Box::new(value), clause };
            }
            let mut elements = vec![Element::Item(value)];
            if self.eat(T::Comma) {
                elements.extend(self.elements(T::RBracket));
            }
            return ExprKind::Array(elements);
        }
        ExprKind::Array(self.elements(T::RBracket))
    }

    /// Elements up to a bracket: values, and `*xs` or `...xs`.
    pub(super) fn elements(&mut self, close: T) -> Vec<Element> {
        let mut elements = Vec::new();
        while self.t != close && self.t != T::Eof {
            let spread = self.eat(T::Star) || self.eat(T::DotDotDot);
            let value = self.expr();
            elements.push(if spread { Element::Spread(value) } else { Element::Item(value) });
            if !self.eat(T::Comma) {
                break;
            }
        }
        elements
    }

    /// `{…}`: pairs, or a comprehension.
    #[inline(never)]
    fn dict(&mut self) -> ExprKind {
        let open = self.here();
        self.bracketed(|parser| {
            let kind = parser.dict_inside(open);
            parser.close(T::RBrace, open);
            kind
        })
    }

    fn dict_inside(&mut self, open: Span) -> ExprKind {
        if self.t == T::For {
            return self.dict_comprehension();
        }
        let mut elements = Vec::new();
        while !matches!(self.t, T::RBrace | T::Eof) {
            if self.eat(T::StarStar) {
                elements.push(DictElement::Spread(self.expr()));
            } else {
                let key = self.expr();
                if !self.eat(T::Colon) {
                    let diagnostic = Diagnostic::new(
                        Code::UnexpectedToken,
                        self.here(),
                        format!("expected `:` and a value, found {}", self.found()),
                    )
                    .note(open, "in the dict that begins here")
                    .help("a dict is written `{key: value}`; an array of values is written `[a, b]`");
                    self.fail(diagnostic);
                    break;
                }
                let value = self.expr();
                if elements.is_empty() && self.t == T::For {
                    let clause = Box::new(self.comp_clause());
                    return ExprKind::DictComp { key: Box::new(key), value: Box::new(value), clause };
                }
                elements.push(DictElement::Pair(key, value));
            }
            if !self.eat(T::Comma) {
                break;
            }
        }
        ExprKind::Dict(elements)
    }

    /// `{for p in xs: (k, v)}`.
    fn dict_comprehension(&mut self) -> ExprKind {
        let clause = Box::new(self.comp_clause());
        self.expect(T::Colon, "a dict comprehension is written `{for x in xs: (key, value)}`");
        let pair = self.expr();
        let span = pair.span;
        let parts = match pair.kind {
            ExprKind::Tuple(parts) => <[Expr; 2]>::try_from(parts).ok(),
            _ => None,
        };
        match parts {
            Some([key, value]) => ExprKind::DictComp { key: Box::new(key), value: Box::new(value), clause },
            None => {
                let diagnostic = Diagnostic::new(
                    Code::UnexpectedToken,
                    span,
                    "a dict comprehension needs a key and a value",
                )
                .help("write the pair as a tuple: `{for x in xs: (x, x * 2)}`");
                self.fail(diagnostic);
                ExprKind::Error
            }
        }
    }

    /// `for p in xs if c`.
    fn comp_clause(&mut self) -> CompClause {
        self.bump();
        let pat = self.pattern();
        if self.t == T::Comma {
            let diagnostic =
                Diagnostic::new(Code::UnexpectedToken, self.here(), "a comprehension binds one pattern")
                    .help("put the names in parentheses: `for (k, v) in pairs`");
            self.fail(diagnostic);
        }
        self.expect(T::In, "a comprehension is written `[x for x in xs]`");
        let iter = self.clause_expr();
        let cond = if self.eat(T::If) { Some(self.clause_expr()) } else { None };
        CompClause { pat, iter, cond }
    }
}
