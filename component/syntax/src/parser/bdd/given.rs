//! `given_lazy(:name) \: e`, `let(:name) \: e`: a value that examples read by its name, made when the first of its readers comes.

use super::{Parser, lambda, plain, statement, value_block};
use crate::ast::{Expr, ExprKind, Name, PatKind, StmtKind};
use crate::lexer::text_value;
use crate::notes::Role;
use crate::token::T;
use base::{Code, Diagnostic};

impl Parser<'_> {
    /// At `let(:name)`, `given(:name)`, `given_lazy(:name)`, with brackets or without.
    pub(in super::super) fn at_given(&mut self) -> bool {
        let word = match self.kind() {
            T::Let | T::GivenLazy => true,
            T::Name => matches!(self.text_of(self.here()), "given" | "let_lazy"),
            _ => false,
        };
        word && match self.next_kind() {
            T::Colon => self.t != T::Let && self.kind_ahead(2).is_word(),
            T::LParen => matches!(self.kind_ahead(2), T::Colon | T::Text),
            _ => false,
        }
    }

    /// The current token is the word.
    pub(in super::super) fn given(&mut self, start: u32) -> StmtKind {
        self.bump();
        self.spec.used = true;
        let open = self.here();
        let parts = if self.t == T::LParen {
            self.bracketed(|parser| {
                let name = parser.given_name();
                let value = if parser.eat(T::Comma) { Some(parser.expr()) } else { None };
                parser.close(T::RParen, open);
                (name, value)
            })
        } else {
            let name = self.given_name();
            let value = if self.eat(T::Comma) { Some(self.expr()) } else { None };
            (name, value)
        };
        let (Some(name), value) = parts else { return StmtKind::Error };
        let value = match (value, self.kind()) {
            (Some(value), _) => value,
            (None, T::Backslash) => self.lambda(),
            (None, T::Colon) => self.block_argument().value,
            (None, _) => {
                self.fail_expected("a value", "a given value is written `given_lazy(:name) \\: value`");
                return StmtKind::Error;
            }
        };
        let make = match value.kind {
            ExprKind::Lambda { ref params, .. } if params.is_empty() => value,
            _ => {
                let span = value.span;
                lambda(value_block(value, span), span)
            }
        };
        let span = self.span_from(start);
        let init = self.global_call("spec_given_of", make, span);
        // It is made anew for each example.
        let object = Box::new(Expr { kind: ExprKind::Name(name.sym), span: name.span });
        let callee = ExprKind::Field(object, Name { sym: self.intern("reset"), span });
        let callee = Box::new(Expr { kind: callee, span });
        let reset = Expr { kind: ExprKind::Call { callee, args: Vec::new() }, span };
        let reset = lambda(value_block(reset, span), span);
        let given = self.spec_call("given", vec![plain(reset)], span);
        self.behind.push(statement(given));
        let pat = self.name_pattern(name, false);
        if matches!(pat.kind, PatKind::Wild) {
            let diagnostic = Diagnostic::new(Code::BadPattern, name.span, "a given value needs a name");
            self.report(diagnostic.help("examples read it by its name"));
        }
        StmtKind::Let { mutable: true, pat, ty: None, init: Some(init), otherwise: None }
    }

    /// `:name` or `"name"`.
    fn given_name(&mut self) -> Option<Name> {
        if self.t == T::Colon {
            self.note(Role::Prefix);
            self.bump();
            return self.any_word("a name");
        }
        let span = self.here();
        if self.t != T::Text {
            self.fail_expected("a name", "a given value is written `given_lazy(:name) \\: value`");
            return None;
        }
        self.bump();
        let text = text_value(self.text_of(span));
        Some(Name { sym: self.intern(&text), span })
    }
}
