//! Statements.

use super::Parser;
use super::layout::Flat;
use crate::ast::{BinOp, Element, Expr, ExprKind, Name, Stmt, StmtKind};
use crate::token::T;
use crate::unsupported::{Construct, head_of};
use base::{Code, Diagnostic};

impl Parser<'_> {
    /// The statements of the file.
    pub(super) fn module(&mut self) -> Vec<Stmt> {
        let mut body = Vec::new();
        self.statements(&mut body);
        self.with_spec(body)
    }

    /// A statement.
    pub(super) fn stmt(&mut self) -> Stmt {
        let start = self.start();
        if !self.enter() {
            self.leave();
            return self.error_stmt();
        }
        let kind = self.stmt_kind(start);
        self.leave();
        Stmt { kind, span: self.span_from(start) }
    }

    fn stmt_kind(&mut self, start: u32) -> StmtKind {
        if self.at_item() {
            return self.item_stmt();
        }
        match self.kind() {
            T::Pub | T::Priv if self.next_kind().is_word() => {
                // Visibility of a binding or an import.
                while matches!(self.t, T::Pub | T::Priv) && self.next_kind().is_word() {
                    self.bump();
                }
                self.stmt_kind(start)
            }
            _ if self.at_given() => self.given(start),
            T::Val if self.val_is_name() => self.expr_stmt(start),
            T::Val | T::Var => self.let_stmt(),
            T::Let if self.next_kind().is_name() || matches!(self.next_kind(), T::LParen | T::LBracket) => {
                self.let_stmt()
            }
            T::Const | T::Static
                if self.next_kind().is_name() && matches!(self.kind_ahead(2), T::Eq | T::Colon) =>
            {
                self.let_stmt()
            }
            T::Return | T::Break | T::Continue => self.jump().kind,
            T::Pass | T::PassTodo | T::PassDoNothing | T::PassDn | T::Skip if self.ends_after_word() => {
                self.bump();
                StmtKind::Pass
            }
            T::Label => self.labelled_loop(),
            T::Assert if !matches!(self.next_kind(), T::Eq | T::Dot | T::Bang) => self.assert_stmt(),
            T::Use | T::Import | T::From | T::Export | T::Common | T::Auto if self.at_import() => {
                self.import()
            }
            T::Mod if self.at_part() => self.part(start),
            T::Name if self.at_friends() => self.friends(),
            T::Unsafe if self.next_kind() == T::Colon => {
                self.bump();
                self.bump();
                let body = self.body(Flat::None);
                StmtKind::Expr(self.expr_at(start, ExprKind::Block(body)))
            }
            _ if self.at_contract() => StmtKind::Contract(self.contract()),
            _ if self.at_defer() => self.defer(),
            _ if self.at_with() => StmtKind::Expr(self.with_block()),
            T::Context if self.next_kind().is_name() && self.line_ends_in_colon() => self.context_block(),
            _ if self.at_bdd() => self.bdd(start),
            _ if self.at_step() => self.step(),
            _ => {
                if let Some(construct) = self.later_head() {
                    return self.later_construct(construct);
                }
                self.expr_stmt(start)
            }
        }
    }

    /// A word that stands alone as a statement.
    fn ends_after_word(&mut self) -> bool {
        matches!(self.next_kind(), T::Newline | T::Eof | T::Semicolon | T::Else | T::Elif)
            || self.next_kind().closes()
    }

    /// At the head of a construct that comes later.
    fn later_head(&mut self) -> Option<Construct> {
        let construct = head_of(self.t)?;
        let next = self.ahead(1);
        let next = if next.first && !self.region.free { T::Newline } else { next.kind };
        let text = matches!(next, T::Text | T::FormatStart);
        let declares = next.is_name();
        let found = match construct {
            Construct::Asm => text || next == T::Colon || next == T::Bang,
            Construct::Kernel => matches!(next, T::Fn | T::Me | T::Lt),
            Construct::Proof => {
                next != T::LParen && next != T::Bang && next != T::Newline && next != T::Eq && next != T::Dot
            }
            Construct::Operator => next.is_word() || next == T::CustomBlock,
            Construct::Actor
            | Construct::Unit
            | Construct::Macro
            | Construct::HandlePool
            | Construct::Mock => declares,
            _ => false,
        };
        found.then_some(construct)
    }

    /// True where the last token of this line is a `:`, or a `:` is followed by the rest of the line.
    pub(super) fn line_ends_in_colon(&mut self) -> bool {
        let mut depth = 0usize;
        for at in 1..200 {
            let token = self.ahead(at);
            if token.kind == T::Eof || (token.first && depth == 0) {
                return false;
            }
            if token.kind.opens() {
                depth += 1;
            } else if token.kind.closes() {
                depth = depth.saturating_sub(1);
            } else if depth == 0 && token.kind == T::Colon {
                return true;
            }
        }
        false
    }

    /// Reports a construct that comes later and passes it: its line, and the deeper lines below.
    pub(super) fn later_construct(&mut self, construct: Construct) -> StmtKind {
        let name = self.skip_construct(construct);
        let span = name.span;
        let value = Expr { kind: ExprKind::NotYet(name.sym), span };
        StmtKind::Expr(value)
    }

    /// Reports a construct and passes it. Returns the word that shows which.
    pub(super) fn skip_construct(&mut self, construct: Construct) -> Name {
        let (column, brackets) = (self.line_column, self.brackets);
        let span = self.here();
        self.unsupported_at(construct, "", span);
        let name = self.bump_name();
        loop {
            let token = self.token();
            let outside = self.brackets <= brackets;
            let ended = token.first && token.column <= column && !token.kind.closes();
            let closing = outside && token.kind.closes();
            if token.kind == T::Eof
                || self.recovering
                || ended
                || closing
                || (token.kind == T::Semicolon && outside)
            {
                break;
            }
            if self.cx.budget.is_exhausted() {
                break;
            }
            self.bump();
        }
        self.brackets = brackets;
        name
    }

    /// `return e`, `break 'label v`, `continue 'label`.
    pub(super) fn jump(&mut self) -> Stmt {
        let start = self.start();
        let word = self.bump().kind;
        let kind = if word == T::Return {
            let value = if self.starts_value() { Some(self.command_expr()) } else { None };
            StmtKind::Return(value)
        } else {
            let label = if self.t == T::Label { Some(self.label()) } else { None };
            if word == T::Continue {
                StmtKind::Continue { label }
            } else {
                let value = if self.starts_value() { Some(self.command_expr()) } else { None };
                StmtKind::Break { label, value }
            }
        };
        Stmt { kind, span: self.span_from(start) }
    }

    /// True where a value follows on this line, also one that begins with `if` or `match`.
    fn starts_value(&self) -> bool {
        self.starts_operand()
            || matches!(self.t, T::If | T::Match | T::LBrace | T::DotDot | T::Pipe | T::Amp | T::Star)
    }

    fn label(&mut self) -> Name {
        let token = self.bump();
        let span = self.span_of(token);
        let sym = match token.word {
            Some(sym) => sym,
            None => self.intern(""),
        };
        Name { sym, span }
    }

    fn labelled_loop(&mut self) -> StmtKind {
        let label = self.label();
        self.expect(T::Colon, "a labelled loop is written `'outer: for x in xs:`");
        if !matches!(self.t, T::For | T::While | T::Loop) {
            self.fail_expected("a loop", "only `for`, `while` and `loop` have labels");
            return StmtKind::Error;
        }
        StmtKind::Expr(self.loop_expr(Some(label)))
    }

    /// True at a `val` that is the name of a variable: no pattern follows it. Before `=` the pattern is missing.
    pub(super) fn val_is_name(&mut self) -> bool {
        matches!(
            self.next_kind(),
            T::PlusEq
                | T::MinusEq
                | T::StarEq
                | T::SlashEq
                | T::PercentEq
                | T::EqEq
                | T::BangEq
                | T::Lt
                | T::LtEq
                | T::Gt
                | T::GtEq
                | T::Plus
                | T::Minus
                | T::Star
                | T::Slash
                | T::Percent
                | T::Dot
                | T::QuestionDot
                | T::In
                | T::Is
                | T::And
                | T::Or
                | T::If
                | T::Comma
                | T::RParen
                | T::Newline
        )
    }

    /// `val p: T = e else: …`; the current token is the word.
    fn let_stmt(&mut self) -> StmtKind {
        let word = self.bump().kind;
        let mutable = match word {
            T::Var => true,
            T::Let => self.t == T::Mut && self.next_kind().is_name() && self.eat(T::Mut),
            _ => false,
        };
        let pat = self.pattern();
        if self.t == T::Comma {
            let diagnostic =
                Diagnostic::new(Code::UnexpectedToken, self.here(), "a binding takes one pattern")
                    .help("take a tuple apart with parentheses: `val (a, b) = pair`");
            self.fail(diagnostic);
        }
        let ty = if self.eat(T::Colon) {
            self.pass_newline();
            Some(self.ty())
        } else {
            None
        };
        let init = if self.eat(T::Eq) {
            self.pass_newline();
            Some(self.command_expr())
        } else {
            if ty.is_none() || word != T::Var {
                self.fail_expected("`=` and a value", "a binding is written `val x = 1` or `val x: i64 = 1`");
            }
            None
        };
        let otherwise = if self.t == T::Else {
            self.bump();
            self.expect(T::Colon, "the other case is written `val Some(x) = e else: return`");
            Some(self.body(Flat::None))
        } else {
            None
        };
        StmtKind::Let { mutable, pat, ty, init, otherwise }
    }

    /// `assert c`, `assert c, "msg"`, `assert(c)`.
    fn assert_stmt(&mut self) -> StmtKind {
        if self.ahead(1).kind == T::LParen && !self.ahead(1).spaced {
            let start = self.start();
            return match self.command_expr().kind {
                ExprKind::Call { callee, mut args }
                    if self.is_assert(&callee) && (1..=2).contains(&args.len()) =>
                {
                    let message = if args.len() == 2 { args.pop() } else { None };
                    let cond = args.remove(0).value;
                    StmtKind::Assert { cond, message: message.map(|arg| arg.value) }
                }
                kind => StmtKind::Expr(self.expr_at(start, kind)),
            };
        }
        self.bump();
        let cond = self.expr();
        let message = if self.eat(T::Comma) {
            self.pass_newline();
            Some(self.expr())
        } else {
            None
        };
        StmtKind::Assert { cond, message }
    }

    fn is_assert(&self, callee: &Expr) -> bool {
        matches!(&callee.kind, ExprKind::Name(sym) if self.cx.names.name(*sym) == "assert")
    }

    /// An expression, an assignment, or `n := e`.
    fn expr_stmt(&mut self, start: u32) -> StmtKind {
        if self.t.is_name() && self.next_kind() == T::ColonEq {
            let name = self.bump_name();
            let pat = self.name_pattern(name, false);
            self.bump();
            self.pass_newline();
            let init = Some(self.command_expr());
            return StmtKind::Let { mutable: false, pat, ty: None, init, otherwise: None };
        }
        if self.t == T::Match && self.next_kind() == T::Eq {
            let name = self.bump_name();
            let target = Expr { kind: ExprKind::Name(name.sym), span: name.span };
            return self.assignment(target);
        }
        self.updates = false;
        let target = self.command_expr();
        if let ExprKind::Field(base, _) | ExprKind::Call { callee: base, .. } = &target.kind
            && std::mem::take(&mut self.updates)
        {
            return self.update(base, target.clone());
        }
        if self.t == T::Comma && !self.region.free && is_place(&target) {
            let span = self.span_from(start);
            let diagnostic = Diagnostic::new(Code::UnexpectedToken, self.here(), "a statement has one value")
                .note(span, "this is a complete statement")
                .help("write tuples with parentheses: `(a, b) = (b, a)`");
            self.fail(diagnostic);
        }
        self.assignment(target)
    }

    /// `x->m(a)` is `x = x.m(a)`.
    fn update(&mut self, base: &Expr, value: Expr) -> StmtKind {
        let base = match &base.kind {
            ExprKind::Field(base, _) if matches!(value.kind, ExprKind::Call { .. }) => base,
            _ => base,
        };
        if !is_place(base) {
            let diagnostic = Diagnostic::new(Code::NotAssignable, base.span, "this cannot be assigned to")
                .label("not a place")
                .help("`x->m()` is short for `x = x.m()`");
            self.report(diagnostic);
        }
        StmtKind::Assign { target: base.clone(), op: None, value }
    }

    /// What follows the target of an assignment; the target alone is an expression.
    fn assignment(&mut self, target: Expr) -> StmtKind {
        // `~+=` is two tokens.
        let waits = self.t == T::TildeEq || self.t == T::Tilde && updates(self.next_kind()).is_some();
        if waits && self.t == T::Tilde {
            self.bump();
        }
        let op = match self.kind() {
            T::Eq | T::TildeEq => None,
            kind => match updates(kind) {
                Some(op) => Some(op),
                None => return StmtKind::Expr(target),
            },
        };
        if !is_place(&target) && !matches!(target.kind, ExprKind::Error | ExprKind::NotYet(_)) {
            let diagnostic = Diagnostic::new(Code::NotAssignable, target.span, "this cannot be assigned to")
                .label("not a place")
                .help("assign to a name, a field `a.b`, an element `a[i]`, or a tuple of those; compare with `==`");
            self.report(diagnostic);
        } else if op.is_some() && matches!(target.kind, ExprKind::Tuple(_) | ExprKind::Array(_)) {
            let diagnostic = Diagnostic::new(
                Code::NotAssignable,
                self.here(),
                "several places are only assigned with `=`",
            )
            .note(target.span, "these are several")
            .help("write one statement for each");
            self.report(diagnostic);
        }
        self.bump();
        self.pass_newline();
        let mut value = self.command_expr();
        if waits {
            let span = value.span;
            value = Expr { kind: ExprKind::Await(Box::new(value)), span };
        }
        StmtKind::Assign { target, op, value }
    }
}

/// The operator of an assignment like `+=`.
pub(super) fn updates(kind: T) -> Option<BinOp> {
    Some(match kind {
        T::PlusEq => BinOp::Add,
        T::MinusEq => BinOp::Sub,
        T::StarEq => BinOp::Mul,
        T::SlashEq => BinOp::Div,
        T::PercentEq => BinOp::Rem,
        T::StarStarEq => BinOp::Pow,
        T::AmpEq => BinOp::BitAnd,
        T::PipeEq => BinOp::BitOr,
        T::CaretEq => BinOp::BitXor,
        T::ShlEq => BinOp::Shl,
        T::ShrEq => BinOp::Shr,
        _ => return None,
    })
}

/// What can stand left of `=`.
fn is_place(target: &Expr) -> bool {
    match &target.kind {
        ExprKind::Name(_) | ExprKind::Field(_, _) | ExprKind::Index(_, _) => true,
        ExprKind::Tuple(items) => items.iter().all(is_place),
        ExprKind::Array(items) => items.iter().all(|item| match item {
            Element::Item(item) => is_place(item),
            Element::Spread(_) => false,
        }),
        _ => false,
    }
}
