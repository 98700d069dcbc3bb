//! What follows an operand: calls, indices, members, casts; and calls without parentheses.

use super::Parser;
use crate::ast::{Arg, Expr, ExprKind, Name, Stmt, StmtKind, UnwrapKind};
use crate::notes::Role;
use crate::token::T;
use crate::unsupported::Construct;
use base::{Code, Diagnostic};

impl Parser<'_> {
    /// An operand with everything glued to it.
    pub(super) fn postfix(&mut self) -> Expr {
        let command = std::mem::take(&mut self.command);
        let start = self.start();
        let chain = self.begin_chain();
        let mut value = self.primary();
        loop {
            let before = self.taken;
            let (next, goes_on) = self.suffix(start, value, command);
            value = next;
            if !goes_on || self.taken == before || !self.link() {
                break;
            }
        }
        if command && !self.recovering {
            value = self.command_call(start, value);
        }
        self.end_chain(chain);
        value
    }

    /// One suffix; false where there is none.
    #[inline(never)]
    fn suffix(&mut self, start: u32, value: Expr, command: bool) -> (Expr, bool) {
        let token = self.token();
        let glued = !token.spaced;
        match self.kind() {
            T::LParen => {
                let args = self.call_args();
                (self.expr_at(start, ExprKind::Call { callee: Box::new(value), args }), true)
            }
            T::LBracket if glued => (self.index(start, value), true),
            T::Dot => (self.member(start, value), true),
            T::Newline => match self.token().kind {
                T::QuestionQuestion if self.continues_with(false) => self.suffix(start, value, command),
                T::Dot | T::QuestionDot if self.ahead(1).kind.is_word() && self.continues_with(false) => {
                    self.suffix(start, value, command)
                }
                _ => (value, false),
            },
            T::QuestionDot => {
                self.bump();
                let Some(name) = self.member_name() else { return (value, false) };
                let call = if self.t == T::LParen { Some(self.call_args()) } else { None };
                (self.expr_at(start, ExprKind::OptChain { base: Box::new(value), name, call }), true)
            }
            T::Question if glued => {
                self.bump();
                (self.expr_at(start, ExprKind::Try(Box::new(value))), true)
            }
            T::DotQuestion => {
                self.bump();
                (self.expr_at(start, ExprKind::Present(Box::new(value))), true)
            }
            T::QuestionQuestion => {
                self.note(Role::Infix);
                self.bump();
                self.pass_newline();
                let other = if self.enter() { self.coalesce_operand() } else { self.error_expr() };
                self.leave();
                (self.expr_at(start, ExprKind::Coalesce(Box::new(value), Box::new(other))), true)
            }
            T::As if !self.limits.resource => {
                self.bump();
                let ty = self.single_type();
                (self.expr_at(start, ExprKind::Cast(Box::new(value), Box::new(ty))), true)
            }
            T::Unwrap
                if matches!(self.kind_ahead(1), T::Or | T::Else | T::OrReturn)
                    && self.kind_ahead(2) == T::Colon =>
            {
                (self.unwrap(start, value), true)
            }
            T::ColonColon if !self.limits.slice => {
                let span = self.here();
                self.report(
                    Diagnostic::new(Code::Deprecated, span, "`::` is an older spelling of `.`")
                        .help("write `.` instead"),
                );
                (self.member(start, value), true)
            }
            T::Arrow if command && glued && !self.ahead(1).spaced && self.ahead(1).kind.is_name() => {
                self.updates = true;
                self.note(Role::Inner);
                (self.member(start, value), true)
            }
            T::Bang if glued && self.ahead(1).kind.opens() && !self.ahead(1).spaced && is_path(&value) => {
                (self.macro_call(start, value), true)
            }
            T::Lt if glued && is_path(&value) => self.type_application(start, value),
            T::LBrace if self.is_record(&value) => (self.record(start, value), true),
            T::LBrace if glued && self.is_set(&value) => (self.set(start), true),
            T::Backslash if !self.limits.trailing && can_take_lambda(&value) => {
                (self.trailing_lambda(start, value), true)
            }
            _ => (value, false),
        }
    }

    /// The right side of `??`: one operand with its prefix operators, or a jump.
    #[inline(never)]
    fn coalesce_operand(&mut self) -> Expr {
        // A chain `a ?? b ?? c` goes from left to right, so the operand takes no `??` of its own.
        let start = self.start();
        if !matches!(self.t, T::Minus | T::Not | T::Bang | T::Tilde | T::Return | T::Break | T::Continue) {
            let chain = self.begin_chain();
            let mut value = self.primary();
            while self.t != T::QuestionQuestion {
                let before = self.taken;
                let (next, goes_on) = self.suffix(start, value, false);
                value = next;
                if !goes_on || self.taken == before || !self.link() {
                    break;
                }
            }
            self.end_chain(chain);
            return value;
        }
        self.unary()
    }

    /// `.name`, `.0`; the current token is `.` or its like.
    #[inline(never)]
    fn member(&mut self, start: u32, value: Expr) -> Expr {
        let dot = self.here();
        self.bump();
        self.pass_newline();
        match self.kind() {
            T::LParen => {
                self.skip_brackets();
                let word = self.unsupported_at(Construct::ComputedField, ".(", dot);
                return self.expr_at(start, ExprKind::NotYet(word));
            }
            T::Plus | T::Minus | T::Star | T::Slash | T::Caret => {
                let word = format!(".{}", self.t.text());
                self.bump();
                self.unary();
                let word = self.unsupported_at(Construct::Elementwise, &word, dot);
                return self.expr_at(start, ExprKind::NotYet(word));
            }
            T::Await => {
                self.bump();
                return self.expr_at(start, ExprKind::Await(Box::new(value)));
            }
            _ => {}
        }
        match self.member_name() {
            Some(name) => self.expr_at(start, ExprKind::Field(Box::new(value), name)),
            // What was written so far is kept: an editor asks for its members.
            None => {
                let name = Name { sym: self.intern(""), span: dot.after() };
                self.expr_at(start, ExprKind::Field(Box::new(value), name))
            }
        }
    }

    fn member_name(&mut self) -> Option<Name> {
        if self.t == T::Int {
            return Some(self.bump_name());
        }
        self.any_word("the name of a field or method")
    }

    /// `[i]`, `[a:b:c]`, `[a..b]`; the current token is `[`.
    #[inline(never)]
    fn index(&mut self, start: u32, base: Expr) -> Expr {
        let open = self.here();
        let base = Box::new(base);
        let kind = self.bracketed(|parser| {
            parser.limits.slice = true;
            let mut parts: [Option<Box<Expr>>; 3] = [None, None, None];
            let mut colons = 0;
            loop {
                if parser.t == T::ColonColon && colons == 0 {
                    parser.note(Role::Inner);
                    parser.bump();
                    colons = 2;
                } else if parser.t == T::Colon && colons < 2 {
                    parser.note(Role::Inner);
                    parser.bump();
                    colons += 1;
                } else if !matches!(parser.t, T::RBracket | T::Eof) && parts[colons].is_none() {
                    parts[colons] = Some(Box::new(parser.expr()));
                } else {
                    break;
                }
            }
            if parts.iter().all(Option::is_none) && colons == 0 {
                parser.fail_expected("an index", "write the index, or `a[i:j]` for a part");
            }
            parser.close(T::RBracket, open);
            let [first, second, step] = parts;
            if colons > 0 {
                return ExprKind::Slice { base, start: first, end: second, step };
            }
            match first.map(|index| *index) {
                Some(Expr { kind: ExprKind::Range { start, end, inclusive: false }, .. }) => {
                    ExprKind::Slice { base, start, end, step: None }
                }
                Some(index) => ExprKind::Index(base, Box::new(index)),
                None => ExprKind::Error,
            }
        });
        self.expr_at(start, kind)
    }

    #[inline(never)]
    fn unwrap(&mut self, start: u32, value: Expr) -> Expr {
        self.bump();
        let kind = match self.bump().kind {
            T::Or => UnwrapKind::Or,
            T::Else => UnwrapKind::Else,
            _ => UnwrapKind::OrReturn,
        };
        self.bump();
        let fallback = if self.token().first && !self.region.free {
            let body = self.lines_body(super::layout::Flat::None);
            let span = body.span;
            Expr { kind: ExprKind::Block(body), span }
        } else {
            self.expr()
        };
        self.expr_at(start, ExprKind::Unwrap { value: Box::new(value), kind, fallback: Box::new(fallback) })
    }

    /// `f<T>` before `(`, `Type<T>` before `(`, `{` or `.`; otherwise `<` is a comparison.
    #[inline(never)]
    fn type_application(&mut self, start: u32, value: Expr) -> (Expr, bool) {
        let Some(end) = self.scan_type_args(0) else { return (value, false) };
        let after = self.ahead(end);
        let applies = match after.kind {
            T::LParen => !after.spaced,
            T::LBrace | T::Dot | T::ColonColon => self.names_type(&value),
            _ => false,
        };
        if !applies {
            return (value, false);
        }
        let types = self.type_args();
        (self.expr_at(start, ExprKind::TypeApply(Box::new(value), types)), true)
    }

    /// True for a path whose last name is capitalised.
    fn names_type(&self, value: &Expr) -> bool {
        let sym = match &value.kind {
            ExprKind::Name(sym) => *sym,
            ExprKind::Field(_, name) => name.sym,
            ExprKind::TypeApply(base, _) => return self.names_type(base),
            _ => return false,
        };
        self.cx.names.name(sym).starts_with(|first: char| first.is_ascii_uppercase())
    }

    /// The calls of macros that are functions or literals here: `assert!(c)`, `panic!(m)`, `vec![a, b]`, `format!("{x}")`.
    #[inline(never)]
    fn macro_call(&mut self, start: u32, callee: Expr) -> Expr {
        let bang = self.here();
        let name = match &callee.kind {
            ExprKind::Name(sym) => self.cx.names.name(*sym).to_owned(),
            _ => String::new(),
        };
        self.bump();
        match (name.as_str(), self.kind()) {
            ("assert", T::LParen) => {
                let mut args = self.call_args();
                let message = if args.len() == 2 { args.pop() } else { None };
                let (Some(cond), true) = (args.pop(), args.is_empty()) else {
                    let diagnostic = Diagnostic::new(
                        Code::BadArguments,
                        bang,
                        "`assert!` takes a condition and a message",
                    );
                    self.fail(diagnostic);
                    return self.error_expr();
                };
                let kind =
                    StmtKind::Assert { cond: cond.value, message: message.map(|message| message.value) };
                let stmt = Stmt { kind, span: self.span_from(start) };
                self.expr_at(start, ExprKind::Jump(Box::new(stmt)))
            }
            ("panic" | "print" | "println" | "eprint" | "eprintln", T::LParen) => {
                let args = self.call_args();
                let callee = match name.strip_suffix("ln") {
                    Some(plain) => Expr { kind: ExprKind::Name(self.intern(plain)), span: callee.span },
                    None => callee,
                };
                self.expr_at(start, ExprKind::Call { callee: Box::new(callee), args })
            }
            ("vec", T::LBracket) => {
                let mut value = self.primary();
                value.span = self.span_from(start);
                value
            }
            ("format", T::LParen) => {
                let mut args = self.call_args();
                match args.pop() {
                    Some(Arg { name: None, value, spread: false }) if args.is_empty() => value,
                    _ => {
                        let word = self.unsupported_at(Construct::MacroCall, "!", bang);
                        self.expr_at(start, ExprKind::NotYet(word))
                    }
                }
            }
            _ => {
                self.skip_brackets();
                let span = self.span_from(start);
                let word = self.unsupported_at(Construct::MacroCall, "!", span);
                self.expr_at(start, ExprKind::NotYet(word))
            }
        }
    }

    /// `s{`: a set.
    fn is_set(&self, value: &Expr) -> bool {
        matches!(&value.kind, ExprKind::Name(sym) if self.cx.names.name(*sym) == "s")
    }

    /// `s{a, *xs, b}`; the current token is the brace.
    #[inline(never)]
    fn set(&mut self, start: u32) -> Expr {
        let open = self.here();
        let items = self.bracketed(|parser| {
            let items = parser.elements(T::RBrace);
            parser.close(T::RBrace, open);
            items
        });
        self.expr_at(start, ExprKind::Set(items))
    }

    /// `Type {`: a record, unless the brace begins the block of a header.
    fn is_record(&mut self, value: &Expr) -> bool {
        if !self.names_type(value) || (self.limits.header && self.token().spaced) {
            return false;
        }
        let (first, second) = (self.ahead(1).kind, self.ahead(2).kind);
        first == T::RBrace || (first.is_name() && matches!(second, T::Colon | T::Comma | T::RBrace | T::Eq))
    }

    #[inline(never)]
    fn record(&mut self, start: u32, ty: Expr) -> Expr {
        let open = self.here();
        let fields = self.bracketed(|parser| {
            let mut fields = Vec::new();
            while !matches!(parser.t, T::RBrace | T::Eof) {
                let Some(name) = parser.any_word("the name of a field") else { break };
                let value = if matches!(parser.t, T::Colon | T::Eq) {
                    parser.bump();
                    parser.expr()
                } else {
                    Expr { kind: ExprKind::Name(name.sym), span: name.span }
                };
                fields.push((name, value));
                if !parser.eat(T::Comma) {
                    break;
                }
            }
            parser.close(T::RBrace, open);
            fields
        });
        self.expr_at(start, ExprKind::Record { ty: Box::new(ty), fields })
    }

    /// `(a, name: b, xs...)`; the current token is `(`.
    #[inline(never)]
    pub(super) fn call_args(&mut self) -> Vec<Arg> {
        let open = self.here();
        self.bracketed(|parser| {
            let mut args = Vec::new();
            while !matches!(parser.t, T::RParen | T::Eof) {
                args.push(parser.arg());
                if !parser.eat(T::Comma) {
                    break;
                }
            }
            parser.close(T::RParen, open);
            args
        })
    }

    /// One argument.
    #[inline(never)]
    fn arg(&mut self) -> Arg {
        let labelled = matches!(self.ahead(1).kind, T::Colon | T::Eq) && self.may_label();
        let name = if labelled { Some(self.bump_name()) } else { None };
        if labelled {
            self.bump();
        }
        let spread =
            self.t == T::Star && self.eat(T::Star) || self.t == T::DotDotDot && self.eat(T::DotDotDot);
        let value = self.with_placeholders(|parser| {
            if parser.at_arrow_lambda() { parser.arrow_lambda() } else { parser.expr() }
        });
        let spread = self.eat(T::DotDotDot) || spread;
        Arg { name, value, spread }
    }

    /// True for a word that can name an argument.
    fn may_label(&self) -> bool {
        match self.kind() {
            T::True | T::False | T::Nil | T::If | T::Else | T::Not | T::Fn => false,
            kind => kind.is_word(),
        }
    }

    /// At `x =>` or `(x, y) =>`.
    fn at_arrow_lambda(&mut self) -> bool {
        match self.kind() {
            T::LParen => self.scan_brackets(0).is_some_and(|end| self.ahead(end).kind == T::FatArrow),
            kind => kind.is_name() && self.ahead(1).kind == T::FatArrow,
        }
    }

    /// `xs.map \x: e`: the lambda is the last argument.
    #[inline(never)]
    fn trailing_lambda(&mut self, start: u32, value: Expr) -> Expr {
        let lambda = self.lambda();
        self.append_arg(start, value, Arg { name: None, value: lambda, spread: false })
    }

    #[inline(never)]
    fn append_arg(&mut self, start: u32, value: Expr, arg: Arg) -> Expr {
        let kind = match value.kind {
            ExprKind::Call { callee, mut args } => {
                args.push(arg);
                ExprKind::Call { callee, args }
            }
            ExprKind::OptChain { base, name, call } => {
                let mut args = call.unwrap_or_default();
                args.push(arg);
                ExprKind::OptChain { base, name, call: Some(args) }
            }
            _ => ExprKind::Call { callee: Box::new(value), args: vec![arg] },
        };
        self.expr_at(start, kind)
    }

    /// At the place of a statement or behind `=`: `name arg, arg2`, and a block as last argument.
    #[inline(never)]
    fn command_call(&mut self, start: u32, callee: Expr) -> Expr {
        let mut value = callee;
        if is_path(&value) && self.starts_command_arg(&value) {
            let args = self.command_args();
            value = self.expr_at(start, ExprKind::Call { callee: Box::new(value), args });
            if self.t == T::Backslash {
                value = self.trailing_lambda(start, value);
            }
        }
        let callable = is_path(&value) || matches!(value.kind, ExprKind::Call { .. });
        if callable && self.t == T::Colon {
            let next = self.ahead(1);
            if next.first
                && next.kind != T::Eof
                && !next.kind.closes()
                && (self.region.free || next.column > self.line_column)
            {
                let block = self.block_argument();
                value = self.append_arg(start, value, block);
            }
        }
        value
    }

    fn command_args(&mut self) -> Vec<Arg> {
        let limits =
            std::mem::replace(&mut self.limits, super::Limits { trailing: true, ..super::Limits::default() });
        let mut args = Vec::new();
        loop {
            let labelled = self.next_kind() == T::Colon && !matches!(self.kind_ahead(2), T::Newline | T::Eof);
            if labelled && self.may_label() {
                let name = Some(self.bump_name());
                self.bump();
                let value = self.with_placeholders(Self::expr);
                args.push(Arg { name, value, spread: false });
            } else {
                let value = self.with_placeholders(Self::expr);
                let spread = self.eat(T::DotDotDot);
                args.push(Arg { name: None, value, spread });
            }
            // Inside brackets the comma belongs to what is around.
            if self.region.free || !self.eat(T::Comma) {
                break;
            }
            self.pass_newline();
        }
        self.limits = limits;
        args
    }

    /// True where the next token begins an argument and cannot continue the expression.
    fn starts_command_arg(&mut self, callee: &Expr) -> bool {
        let token = self.token();
        if !token.spaced || token.kind != self.t {
            return false;
        }
        let next = self.ahead(1);
        let next_glued = !next.spaced && !next.first;
        match self.kind() {
            T::Int
            | T::Float
            | T::UnitNumber
            | T::Text
            | T::TaggedText
            | T::FormatStart
            | T::Atom
            | T::CustomBlock => true,
            T::True | T::False | T::Nil | T::Not | T::Fn | T::Match | T::Val | T::LBracket => true,
            T::LBrace => !self.names_type(callee),
            T::Amp => next_glued && next.kind == T::Colon,
            T::Colon => next_glued && next.kind.is_word(),
            T::Bang => next_glued,
            T::Tilde => next_glued && super::stmt::updates(next.kind).is_none(),
            // `a -1` is a subtraction, but nobody subtracts from `print`.
            T::Minus => next_glued && self.is_print(callee),
            T::Then | T::Unwrap | T::Xor => false,
            kind => kind.is_name(),
        }
    }

    fn is_print(&self, callee: &Expr) -> bool {
        match &callee.kind {
            ExprKind::Name(sym) => matches!(self.cx.names.name(*sym), "print" | "print_raw" | "eprint"),
            _ => false,
        }
    }

    /// Takes a bracket with everything in it, unread.
    pub(super) fn skip_brackets(&mut self) {
        let outside = self.brackets;
        loop {
            if self.token().kind == T::Eof || self.recovering {
                break;
            }
            self.bump();
            if self.brackets <= outside {
                break;
            }
        }
    }
}

/// A name, or a member of something: what can be called without parentheses.
fn is_path(value: &Expr) -> bool {
    matches!(value.kind, ExprKind::Name(_) | ExprKind::Field(_, _))
}

fn can_take_lambda(value: &Expr) -> bool {
    is_path(value) || matches!(value.kind, ExprKind::Call { .. } | ExprKind::OptChain { .. })
}
