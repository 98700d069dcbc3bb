//! Expectations: `expect a == b`, `expect(a).to_equal(b)`, `expect a to eq b` and their relatives are calls of the methods of
//! [`Matcher`], with `true` as first argument, `false` where the expectation is turned around.

use super::{Parser, plain, statement};
use crate::ast::{Arg, BinOp, Block, Cond, Expr, ExprKind, Name, StmtKind, UnOp};
use crate::token::T;
use base::{Code, Diagnostic, Span};

macro_rules! matchers {
    ($($method:ident $count:literal: $($name:literal)+;)*) => {
        /// The method and the number of arguments of a matcher, by its name without `to_`.
        fn matcher(name: &str) -> Option<(&'static str, usize)> {
            match name { $($($name)|+ => Some((stringify!($method), $count)),)* _ => None }
        }
        /// The usual name of each matcher.
        const MATCHERS: &[&str] = &[$(first(&[$($name),+]),)*];
    };
}

const fn first(names: &[&'static str]) -> &'static str {
    names[0]
}

matchers! {
    equal 1: "equal" "eq" "be" "be_equal" "equal_to" "be_equal_to" "eql" "match_value";
    be_nil 0: "be_nil" "be_none";
    be_present 0: "be_some" "be_present" "be_not_nil";
    be_true 0: "be_true";
    be_false 0: "be_false";
    be_truthy 0: "be_truthy";
    be_falsy 0: "be_falsy" "be_falsey";
    contain 1: "contain" "include" "contains" "have_item";
    be_in 1: "be_in" "be_one_of";
    start_with 1: "start_with" "starts_with";
    end_with 1: "end_with" "ends_with";
    greater 1: "be_greater_than" "be_gt" "gt" "greater_than" "be_above";
    less 1: "be_less_than" "be_lt" "lt" "less_than" "be_below";
    at_least 1: "be_gte" "gte" "be_at_least" "be_greater_than_or_equal" "be_greater_than_or_equal_to" "be_greater_or_equal";
    at_most 1: "be_lte" "lte" "be_at_most" "be_less_than_or_equal" "be_less_than_or_equal_to" "be_less_or_equal";
    between 2: "be_between" "be_within_range";
    close_to 2: "be_close_to" "be_near" "be_within";
    be_empty 0: "be_empty";
    have_length 1: "have_length" "have_len" "have_size" "have_count";
    be_ok 0: "be_ok";
    be_err 0: "be_err";
}

/// The operator of a matcher that compares, and what it says.
struct Comparison {
    op: BinOp,
    words: &'static str,
    /// What is looked at stands on the right of the operator.
    turned: bool,
}

fn comparison(method: &str) -> Option<Comparison> {
    let (op, words) = match method {
        "equal" => (BinOp::Eq, "to equal"),
        "less" => (BinOp::Lt, "to be less than"),
        "greater" => (BinOp::Gt, "to be greater than"),
        "at_least" => (BinOp::Ge, "to be at least"),
        "at_most" => (BinOp::Le, "to be at most"),
        "be_in" => (BinOp::In, "to be in"),
        "contain" => (BinOp::In, "to contain"),
        _ => return None,
    };
    Some(Comparison { op, words, turned: method == "contain" })
}

/// The names of what an expectation compares: whether it holds, and the sides. No program can write them.
const NAMES: [&str; 3] = ["<holds>", "<left>", "<right>"];

/// Whether a word is one of the test language: `describe`, `expect`, `to_equal`, `be_nil`, ..
pub fn is_test_word(name: &str) -> bool {
    let own = crate::token::WORDS.iter().any(|&(word, kind)| word == name && BDD_WORDS.contains(&kind));
    own || matches!(name, "to" | "not_to" | "to_not")
        || matcher(name.strip_prefix("to_").unwrap_or(name)).is_some()
}

const BDD_WORDS: &[T] = &[
    T::Describe,
    T::Context,
    T::Feature,
    T::Scenario,
    T::It,
    T::SlowIt,
    T::SkipIt,
    T::Pending,
    T::Expect,
    T::BeforeEach,
    T::AfterEach,
    T::BeforeAll,
    T::AfterAll,
    T::GivenLazy,
    T::ItBehavesLike,
    T::SharedExamples,
];

/// How a matcher is used.
struct Use {
    name: Name,
    args: Vec<Arg>,
    turned: bool,
}

impl Parser<'_> {
    /// `expect …`; the current token is the word.
    pub(super) fn expectation(&mut self, start: u32) -> StmtKind {
        self.bump();
        let value = self.expr();
        let (subject, found) = self.expectation_parts(value);
        let span = self.span_from(start);
        if self.recovering {
            return StmtKind::Error;
        }
        let call = match found {
            Some(found) => match self.matched(subject, found, span) {
                Some(call) => call,
                None => return StmtKind::Error,
            },
            None => self.whole(subject, false, span),
        };
        if !matches!(self.t, T::Newline | T::Eof | T::Semicolon) && !self.t.closes() {
            self.fail_expected(
                "the end of the line",
                "`expect` takes one expression, and a matcher behind it",
            );
        }
        StmtKind::Expr(call)
    }

    /// The matcher behind a value, if there is one: as its last method call, or as a word behind it.
    fn expectation_parts(&mut self, value: Expr) -> (Expr, Option<Use>) {
        // `expect x to_equal 5`, `expect x to eq 5`, `expect x not_to eq 5`.
        if self.t.is_name() || self.t == T::Not {
            let name = self.bump_name();
            let args = self.matcher_args();
            return self.turned(value, Use { name, args, turned: false });
        }
        match value.kind {
            ExprKind::Call { callee, args } => match callee.kind {
                ExprKind::Field(base, name) if self.is_matcher(name) => {
                    self.turned(*base, Use { name, args, turned: false })
                }
                kind => {
                    let callee = Box::new(Expr { kind, span: callee.span });
                    (Expr { kind: ExprKind::Call { callee, args }, span: value.span }, None)
                }
            },
            // `expect(x).to eq(5)`, `expect(x).to_be_nil`, `expect(x).to_equal 5`.
            ExprKind::Field(base, name) if self.is_matcher(name) => {
                let args = self.matcher_args();
                self.turned(*base, Use { name, args, turned: false })
            }
            kind => (Expr { kind, span: value.span }, None),
        }
    }

    /// Takes `not` and `to` off: `x.not.to_equal(y)`, `x.to(eq(y))`, `x to eq y`, `x not_to be_nil`.
    fn turned(&mut self, mut subject: Expr, mut found: Use) -> (Expr, Option<Use>) {
        while let ExprKind::Field(base, name) = subject.kind {
            match self.cx.names.name(name.sym) {
                "not" | "not_to" | "to_not" => found.turned = !found.turned,
                "to" => {}
                _ => {
                    subject.kind = ExprKind::Field(base, name);
                    break;
                }
            }
            subject = *base;
        }
        let word = self.cx.names.name(found.name.sym);
        if !matches!(word, "to" | "not_to" | "to_not" | "not") {
            return (subject, Some(found));
        }
        found.turned ^= word != "to";
        let Some(inner) = found.args.pop().filter(|_| found.args.is_empty()) else {
            return (subject, Some(found));
        };
        match inner.value.kind {
            ExprKind::Name(sym) => {
                found.name = Name { sym, span: inner.value.span };
                found.args = self.matcher_args();
            }
            ExprKind::Call { callee, args } if matches!(callee.kind, ExprKind::Name(_)) => {
                if let ExprKind::Name(sym) = callee.kind {
                    found.name = Name { sym, span: callee.span };
                }
                found.args = args;
            }
            _ => found.args.push(inner),
        }
        (subject, Some(found))
    }

    /// What stands behind a matcher's name: arguments in brackets, or to the end of the line.
    fn matcher_args(&mut self) -> Vec<Arg> {
        if self.t == T::LParen && !self.token().spaced {
            return self.call_args();
        }
        let mut args = Vec::new();
        if matches!(self.t, T::Newline | T::Eof | T::Semicolon) || self.t.closes() {
            return args;
        }
        loop {
            args.push(plain(self.expr()));
            if !self.eat(T::Comma) {
                return args;
            }
        }
    }

    /// True for the name of a matcher, right or wrong: `to`, `to_…`, `not_to_…`.
    fn is_matcher(&self, name: Name) -> bool {
        let text = self.cx.names.name(name.sym);
        let plain = text.strip_prefix("not_").unwrap_or(text);
        let after = plain.strip_prefix("to_").map(|rest| rest.strip_prefix("not_").unwrap_or(rest));
        matches!(text, "to" | "not_to" | "to_not" | "not")
            || after.is_some_and(|rest| matcher(rest).is_some() || RAISES.contains(&rest))
            // A method like `to_text` is the value's own; what looks like a matcher is one that does not exist.
            || after.is_some_and(|rest| rest.starts_with("be_") || rest.starts_with("have_"))
    }

    /// The call of a matcher.
    fn matched(&mut self, subject: Expr, found: Use, span: Span) -> Option<Expr> {
        let Use { name, mut args, mut turned } = found;
        let text = self.cx.names.name(name.sym).to_owned();
        let mut word = text.as_str();
        loop {
            if let Some(rest) = word.strip_prefix("to_") {
                word = rest;
            } else if let Some(rest) = word.strip_prefix("not_") {
                word = rest;
                turned = !turned;
            } else {
                break;
            }
        }
        if RAISES.contains(&word) {
            return self.raises(subject, &text, name, args, turned, span);
        }
        let Some((method, count)) = matcher(word) else {
            let diagnostic =
                Diagnostic::new(Code::UnknownMember, name.span, format!("`{text}` is not a matcher"))
                    .help(format!("matchers are {}, each also behind `to` and `not_to`", known()));
            self.report(diagnostic);
            return None;
        };
        if word == "be" && args.is_empty() {
            let diagnostic = Diagnostic::new(Code::BadArguments, name.span, "`be` needs a value");
            self.report(diagnostic.help("write `to_be(value)`, or `to_be_true()`"));
            return None;
        }
        if method == "close_to" && args.len() == 1 {
            args.push(plain(Expr { kind: ExprKind::Float(1e-6, None), span }));
        }
        if args.len() != count {
            let given = args.len();
            let diagnostic = Diagnostic::new(
                Code::BadArguments,
                name.span,
                format!("`{text}` takes {count} argument{}, not {given}", if count == 1 { "" } else { "s" }),
            );
            self.report(diagnostic.help("the value that is looked at stands behind `expect`"));
            return None;
        }
        let mut args: Vec<Expr> = args.into_iter().map(|arg| arg.value).collect();
        Some(match (comparison(method), args.len()) {
            (Some(comparison), 1) => {
                let other = args.remove(0);
                let compared = Span { file: span.file, start: subject.span.start, end: span.end };
                self.compare(comparison, turned, subject, other, compared)
            }
            _ => self.expect_call(method, turned, subject, args, span),
        })
    }

    /// `expect(\: f()).to_raise_error("part of its message")`: what is expected to fail stands in a branch, so that a run of the program that
    /// knows how it failed passes over it.
    fn raises(
        &mut self,
        subject: Expr,
        text: &str,
        name: Name,
        args: Vec<Arg>,
        turned: bool,
        span: Span,
    ) -> Option<Expr> {
        if args.len() > 1 {
            let diagnostic = Diagnostic::new(
                Code::BadArguments,
                name.span,
                format!("`{text}` takes one argument at most, not {}", args.len()),
            );
            self.report(diagnostic.help("the argument is a part of the error's message"));
            return None;
        }
        let attempt = match subject.kind {
            // A function without parameters is called; anything else is evaluated.
            ExprKind::Lambda { ref params, .. } if params.is_empty() => called(subject),
            ExprKind::Name(_) => called(subject),
            _ => subject,
        };
        let line = self.line_arg(span);
        let part = args.into_iter().next();
        let part = part.unwrap_or_else(|| plain(Expr { kind: ExprKind::Text(String::new()), span }));
        if turned {
            // An error fails the example anyway.
            let done = self.spec_call("did_not_raise", vec![line], span);
            let stmts = vec![statement(attempt), statement(done)];
            return Some(Expr { kind: ExprKind::Block(Block { stmts, span }), span });
        }
        let cond = Box::new(Cond::Expr(self.spec_call("attempts", vec![line.clone(), part], span)));
        let failed = self.spec_call("should_have_raised", vec![line], span);
        let then = Block { stmts: vec![statement(attempt), statement(failed)], span };
        Some(Expr { kind: ExprKind::If { cond, then, otherwise: None }, span })
    }

    /// An expectation without a matcher: a comparison shows both sides, anything else its source.
    fn whole(&mut self, value: Expr, turned: bool, span: Span) -> Expr {
        match value.kind {
            ExprKind::Unary(UnOp::Not, inner) if matches!(inner.kind, ExprKind::Binary(..)) => {
                self.whole(*inner, !turned, span)
            }
            ExprKind::Binary(op, left, right) => {
                let (method, turns) = match op {
                    BinOp::Eq => ("equal", false),
                    BinOp::Ne => ("equal", true),
                    BinOp::Lt => ("less", false),
                    BinOp::Le => ("at_most", false),
                    BinOp::Gt => ("greater", false),
                    BinOp::Ge => ("at_least", false),
                    BinOp::In => ("be_in", false),
                    BinOp::NotIn => ("be_in", true),
                    // `is` also tests variants, and the others give values.
                    BinOp::Is
                    | BinOp::Add
                    | BinOp::Sub
                    | BinOp::Mul
                    | BinOp::Div
                    | BinOp::Rem
                    | BinOp::Pow
                    | BinOp::BitAnd
                    | BinOp::BitOr
                    | BinOp::BitXor
                    | BinOp::Shl
                    | BinOp::Shr
                    | BinOp::MatMul => {
                        let value = Expr { kind: ExprKind::Binary(op, left, right), span: value.span };
                        return self.holds(value, turned, span);
                    }
                };
                match comparison(method) {
                    Some(comparison) => self.compare(comparison, turned ^ turns, *left, *right, value.span),
                    None => self.expect_call(method, turned ^ turns, *left, vec![*right], span),
                }
            }
            // Whether something is there is a question about it, not its value.
            ExprKind::Present(_) => {
                let test = self.negated(self.negated(value));
                self.holds(test, turned, span)
            }
            kind => self.holds(Expr { kind, span: value.span }, turned, span),
        }
    }

    fn negated(&self, value: Expr) -> Expr {
        let span = value.span;
        Expr { kind: ExprKind::Unary(UnOp::Not, Box::new(value)), span }
    }

    fn holds(&mut self, value: Expr, turned: bool, span: Span) -> Expr {
        // Trees with notes are compared with those of other layouts.
        let space = if self.notes.is_some() { "" } else { " " };
        let source = self.text_of(value.span).split_whitespace().collect::<Vec<_>>().join(space);
        let source = Expr { kind: ExprKind::Text(source), span };
        self.expect_call("holds", turned, value, vec![source], span)
    }

    /// A comparison that shows both sides.
    fn compare(&mut self, how: Comparison, turned: bool, subject: Expr, other: Expr, span: Span) -> Expr {
        let names = NAMES.map(|name| self.intern(name));
        let name = |at: usize| plain(Expr { kind: ExprKind::Name(names[at]), span });
        let words = plain(Expr { kind: ExprKind::Text(how.words.to_owned()), span });
        let want = plain(Expr { kind: ExprKind::Bool(!turned), span });
        let (shown, sides) = if how.turned {
            ([name(2), name(1)], [other, subject])
        } else {
            ([name(1), name(2)], [subject, other])
        };
        let mut args = vec![name(0), want, self.line_arg(span), words];
        args.extend(shown);
        let tell = Box::new(self.spec_call("compared", args, span));
        Expr { kind: ExprKind::Compared { op: how.op, sides: Box::new(sides), names, tell }, span }
    }

    fn expect_call(
        &mut self,
        method: &str,
        turned: bool,
        subject: Expr,
        others: Vec<Expr>,
        span: Span,
    ) -> Expr {
        let mut args = vec![plain(Expr { kind: ExprKind::Bool(!turned), span })];
        args.push(self.line_arg(span));
        args.push(plain(subject));
        args.extend(others.into_iter().map(plain));
        self.spec_call(method, args, span)
    }
}

fn called(callee: Expr) -> Expr {
    let span = callee.span;
    Expr { kind: ExprKind::Call { callee: Box::new(callee), args: Vec::new() }, span }
}

/// Matchers about run-time errors.
const RAISES: &[&str] = &["raise", "raise_error", "panic", "throw", "fail"];

fn known() -> String {
    MATCHERS.iter().map(|name| format!("`to_{name}`")).collect::<Vec<_>>().join(", ")
}
