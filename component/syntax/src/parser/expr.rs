//! Operators, from the loosest to the tightest.

use super::Parser;
use super::lambda::value_block;
use crate::ast::{Arg, BinOp, Combinator, Cond, Expr, ExprKind, UnOp};
use crate::notes::Role;
use crate::token::T;
use crate::unsupported::Construct;
use base::{Code, Diagnostic};

/// How tightly operators bind; a higher level binds tighter.
pub(super) mod level {
    pub const PIPE: u8 = 1;
    pub const CONNECT: u8 = 2;
    pub const PARALLEL: u8 = 3;
    pub const OR: u8 = 4;
    pub const AND: u8 = 5;
    pub const EQUALITY: u8 = 6;
    pub const COMPARISON: u8 = 7;
    pub const RANGE: u8 = 8;
    pub const BIT_OR: u8 = 9;
    pub const BIT_XOR: u8 = 10;
    pub const BIT_AND: u8 = 11;
    pub const SHIFT: u8 = 12;
    pub const MATRIX: u8 = 13;
    pub const SUM: u8 = 14;
    pub const PRODUCT: u8 = 15;
    pub const POWER: u8 = 16;
}

/// What an infix token does.
#[derive(Clone, Copy)]
enum Infix {
    Binary(BinOp),
    And,
    Or,
    Pipe,
    Range { inclusive: bool },
    Combine(Combinator),
}

/// Where a token at the beginning of a line goes on with the line before.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Leading {
    /// On a deeper line: the token can also begin a statement.
    Deeper,
    /// On a line as deep or deeper.
    Always,
    Never,
}

fn infix(kind: T) -> Option<(u8, Infix, Leading)> {
    use Infix::Binary;
    use Leading::{Always, Deeper, Never};
    Some(match kind {
        T::PipeArrow => (level::PIPE, Infix::Pipe, Always),
        T::TildeArrow => (level::CONNECT, Infix::Combine(Combinator::Connect), Always),
        T::SlashSlash => (level::PARALLEL, Infix::Combine(Combinator::Parallel), Always),
        T::Or | T::PipePipe => (level::OR, Infix::Or, Always),
        T::And | T::AmpAmp => (level::AND, Infix::And, Always),
        T::EqEq => (level::EQUALITY, Binary(BinOp::Eq), Deeper),
        T::BangEq => (level::EQUALITY, Binary(BinOp::Ne), Deeper),
        T::Is => (level::EQUALITY, Binary(BinOp::Is), Deeper),
        T::In => (level::EQUALITY, Binary(BinOp::In), Deeper),
        T::Not => (level::EQUALITY, Binary(BinOp::NotIn), Never),
        T::Lt => (level::COMPARISON, Binary(BinOp::Lt), Deeper),
        T::LtEq => (level::COMPARISON, Binary(BinOp::Le), Deeper),
        T::Gt => (level::COMPARISON, Binary(BinOp::Gt), Deeper),
        T::GtEq => (level::COMPARISON, Binary(BinOp::Ge), Deeper),
        T::DotDot => (level::RANGE, Infix::Range { inclusive: false }, Deeper),
        T::DotDotEq => (level::RANGE, Infix::Range { inclusive: true }, Deeper),
        T::Pipe => (level::BIT_OR, Binary(BinOp::BitOr), Always),
        T::Caret | T::Xor => (level::BIT_XOR, Binary(BinOp::BitXor), Always),
        T::Amp => (level::BIT_AND, Binary(BinOp::BitAnd), Always),
        T::Shl => (level::SHIFT, Binary(BinOp::Shl), Always),
        T::Shr => (level::SHIFT, Binary(BinOp::Shr), Always),
        T::At => (level::MATRIX, Binary(BinOp::MatMul), Never),
        T::Plus => (level::SUM, Binary(BinOp::Add), Deeper),
        T::Minus => (level::SUM, Binary(BinOp::Sub), Deeper),
        T::Star => (level::PRODUCT, Binary(BinOp::Mul), Deeper),
        T::Slash => (level::PRODUCT, Binary(BinOp::Div), Always),
        T::Percent => (level::PRODUCT, Binary(BinOp::Rem), Always),
        T::StarStar => (level::POWER, Binary(BinOp::Pow), Always),
        _ => return None,
    })
}

fn is_comparison(op: BinOp) -> bool {
    matches!(op, BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge)
}

impl Parser<'_> {
    /// An expression.
    pub(super) fn expr(&mut self) -> Expr {
        self.command = false;
        self.conditional()
    }

    /// An expression where a call may go without parentheses: a statement, or the right side of `=`.
    pub(super) fn command_expr(&mut self) -> Expr {
        self.command = true;
        let value = self.conditional();
        self.command = false;
        value
    }

    /// The header of `if`, `while`, `for`, `match`: an expression before a block.
    pub(super) fn header_expr(&mut self) -> Expr {
        let outer = std::mem::replace(&mut self.limits.header, true);
        let value = self.expr();
        self.limits.header = outer;
        value
    }

    /// An expression without `a if c else b`, for clauses that are followed by `if`.
    pub(super) fn clause_expr(&mut self) -> Expr {
        self.command = false;
        if !self.enter() {
            self.leave();
            return self.error_expr();
        }
        let value = self.binary(level::PIPE);
        self.leave();
        value
    }

    /// `a if c else b`, on one line.
    fn conditional(&mut self) -> Expr {
        let start = self.start();
        if !self.enter() {
            self.leave();
            return self.error_expr();
        }
        let mut value = self.binary(level::PIPE);
        if self.t == T::If && !self.token().first {
            self.bump();
            let cond = self.clause_expr();
            if self.t == T::Else && !self.token().first {
                self.bump();
                let other = self.expr();
                let (then_span, other_span) = (value.span, other.span);
                value = self.expr_at(
                    start,
                    ExprKind::If {
                        cond: Box::new(Cond::Expr(cond)),
                        then: value_block(value, then_span),
                        otherwise: Some(value_block(other, other_span)),
                    },
                );
            } else {
                self.fail_expected("`else`", "write `a if c else b`, or a statement `if c: a`");
            }
        }
        self.leave();
        value
    }

    /// Operators of level `min` and tighter.
    pub(super) fn binary(&mut self, min: u8) -> Expr {
        let start = self.start();
        let chain = self.begin_chain();
        let mut left = match self.kind() {
            T::DotDot | T::DotDotEq if min <= level::RANGE => self.open_range(start),
            _ => self.unary(),
        };
        while let Some((at, infix)) = self.infix_here(min) {
            if !self.link() {
                break;
            }
            left = self.infix(start, left, at, infix);
        }
        self.end_chain(chain);
        left
    }

    /// The operator here, where it is of level `min` or tighter, going to the next line where the rules allow it.
    fn infix_here(&mut self, min: u8) -> Option<(u8, Infix)> {
        let (at, infix, leading) = infix(if self.t == T::Newline { self.token().kind } else { self.t })?;
        if at < min {
            return None;
        }
        match self.token().kind {
            // A lone `not` begins an operand.
            T::Not if self.kind_ahead(1) != T::In => return None,
            // `xor` is also a name.
            T::Xor if !self.token().spaced => return None,
            // A bar in front of an arm.
            T::Pipe if self.region.arms && self.t == T::Newline => return None,
            _ => {}
        }
        if self.t == T::Newline {
            let goes_on = match leading {
                Leading::Deeper => self.continues_with(true),
                Leading::Always => self.continues_with(false),
                Leading::Never => false,
            };
            if !goes_on {
                return None;
            }
        }
        Some((at, infix))
    }

    #[inline(never)]
    fn infix(&mut self, start: u32, left: Expr, at: u8, infix: Infix) -> Expr {
        self.note(if matches!(infix, Infix::Range { .. }) { Role::Inner } else { Role::Infix });
        self.command = false;
        match infix {
            Infix::Range { inclusive } => return self.range_end(start, Some(Box::new(left)), inclusive),
            Infix::Binary(op) if is_comparison(op) => return self.comparison(start, left, op),
            Infix::Binary(_) | Infix::And | Infix::Or | Infix::Pipe | Infix::Combine(_) => {}
        }
        let kind = self.bump().kind;
        if kind == T::Not {
            self.bump();
        }
        if matches!(kind, T::And | T::Or) && self.t == T::Tilde && !self.token().spaced {
            self.bump();
        }
        self.pass_newline();
        let negated = kind == T::Is && self.eat(T::Not);
        let right = Box::new(if at == level::POWER { self.power_operand() } else { self.binary(at + 1) });
        let left = Box::new(left);
        match infix {
            Infix::Binary(op) => {
                let test = self.expr_at(start, ExprKind::Binary(op, left, right));
                if negated { self.expr_at(start, ExprKind::Unary(UnOp::Not, Box::new(test))) } else { test }
            }
            Infix::And => self.expr_at(start, ExprKind::And(left, right)),
            Infix::Or => self.expr_at(start, ExprKind::Or(left, right)),
            Infix::Pipe => self.pipe(start, *left, *right),
            Infix::Combine(how) => self.expr_at(start, ExprKind::Combine(how, left, right)),
            Infix::Range { .. } => self.error_expr(),
        }
    }

    /// The right side of `**`, which takes all further `**` with it.
    fn power_operand(&mut self) -> Expr {
        let value = if self.enter() { self.binary(level::POWER) } else { self.error_expr() };
        self.leave();
        value
    }

    /// `a < b < c`: one comparison, or a chain.
    #[inline(never)]
    fn comparison(&mut self, start: u32, left: Expr, first: BinOp) -> Expr {
        let mut ops = vec![first];
        let mut operands = vec![left];
        loop {
            self.note(Role::Infix);
            self.bump();
            self.pass_newline();
            operands.push(self.binary(level::COMPARISON + 1));
            match self.infix_here(level::COMPARISON) {
                Some((level::COMPARISON, Infix::Binary(op))) if is_comparison(op) => ops.push(op),
                Some(_) | None => break,
            }
        }
        let kind = match (<[Expr; 2]>::try_from(operands), &ops[..]) {
            (Ok([left, right]), &[op]) => ExprKind::Binary(op, Box::new(left), Box::new(right)),
            (Ok([left, right]), _) => ExprKind::Chain(ops, vec![left, right]),
            (Err(operands), _) => ExprKind::Chain(ops, operands),
        };
        self.expr_at(start, kind)
    }

    /// `..b`, `..`.
    fn open_range(&mut self, start: u32) -> Expr {
        let inclusive = self.t == T::DotDotEq;
        self.range_end(start, None, inclusive)
    }

    /// The rest of a range; the current token is `..` or `..=`.
    #[inline(never)]
    fn range_end(&mut self, start: u32, from: Option<Box<Expr>>, inclusive: bool) -> Expr {
        self.bump();
        let end = if self.starts_operand() { Some(Box::new(self.binary(level::RANGE + 1))) } else { None };
        self.expr_at(start, ExprKind::Range { start: from, end, inclusive })
    }

    /// True where an operand can begin here.
    pub(super) fn starts_operand(&self) -> bool {
        match self.kind() {
            T::Then => false,
            T::Int | T::Float | T::UnitNumber | T::Text | T::TaggedText | T::FormatStart | T::Atom => true,
            T::CustomBlock | T::LParen | T::LBracket | T::Backslash | T::Minus | T::Not | T::Bang => true,
            T::LBrace => !self.limits.header,
            T::Tilde | T::True | T::False | T::Nil | T::Fn => true,
            kind => kind.is_name(),
        }
    }

    /// `x |> f` is `f(x)`, `x |> f(a)` is `f(x, a)`.
    #[inline(never)]
    fn pipe(&mut self, start: u32, value: Expr, function: Expr) -> Expr {
        let first = Arg { name: None, value, spread: false };
        let kind = match function.kind {
            ExprKind::Call { callee, mut args } => {
                args.insert(0, first);
                ExprKind::Call { callee, args }
            }
            _ => ExprKind::Call { callee: Box::new(function), args: vec![first] },
        };
        self.expr_at(start, kind)
    }

    /// Prefix operators.
    pub(super) fn unary(&mut self) -> Expr {
        let start = self.start();
        let op = match self.kind() {
            T::Minus => UnOp::Neg,
            T::Not | T::Bang => UnOp::Not,
            T::Tilde => UnOp::BitNot,
            T::Plus => {
                let diagnostic =
                    Diagnostic::new(Code::UnexpectedToken, self.here(), "there is no prefix `+`");
                let diagnostic = diagnostic.help(if matches!(self.next_kind(), T::Newline | T::Eof) {
                    "to count up, write `n += 1`"
                } else {
                    "leave the `+` out: a number without a sign is positive"
                });
                self.fail(diagnostic);
                return self.error_expr();
            }
            T::Amp | T::Star | T::Lt => return self.rare_prefix(start),
            T::Return | T::Break | T::Continue => {
                let jump = self.jump();
                return self.expr_at(start, ExprKind::Jump(Box::new(jump)));
            }
            _ => return self.postfix(),
        };
        self.command = false;
        if !self.enter() {
            self.leave();
            return self.error_expr();
        }
        self.note(Role::Prefix);
        self.bump();
        let operand = self.unary();
        self.leave();
        self.expr_at(start, ExprKind::Unary(op, Box::new(operand)))
    }

    /// `&x`, `*x`, `<-x`, and `&:name`.
    #[inline(never)]
    fn rare_prefix(&mut self, start: u32) -> Expr {
        let next = self.ahead(1);
        let glued = !next.spaced;
        match self.kind() {
            T::Amp if next.kind == T::Colon && glued => return self.method_reference(),
            T::Lt if next.kind == T::Minus && glued => {}
            T::Amp | T::Star => {}
            _ => return self.primary_error(),
        }
        let channel = self.t == T::Lt;
        let word = self.t.text();
        let span = self.here();
        self.command = false;
        self.bump();
        self.eat(T::Minus);
        if self.t == T::Mut {
            self.bump();
        }
        let operand = if self.enter() { self.unary() } else { self.error_expr() };
        self.leave();
        if channel {
            let word = self.unsupported_at(Construct::Channel, word, span);
            return self.expr_at(start, ExprKind::NotYet(word));
        }
        // A reference is written as what it refers to: instances are references anyway, values are passed as they are.
        operand
    }

    /// Reports a construct that comes later; returns the word that shows which.
    #[inline(never)]
    pub(super) fn unsupported_at(
        &mut self,
        construct: Construct,
        word: &str,
        span: base::Span,
    ) -> base::Symbol {
        if !self.recovering {
            let message = format!("not supported yet: {}", construct.phrase());
            let mut diagnostic = Diagnostic::new(Code::NotSupportedYet, span, message);
            if !construct.help().is_empty() {
                diagnostic = diagnostic.help(construct.help());
            }
            self.report(diagnostic);
        }
        self.intern(word)
    }
}
