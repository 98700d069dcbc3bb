//! The test language: groups, examples, hooks and expectations become calls of one value, a `Spec` of the standard library
//! (`std/spec.spl`), which a file with any of them holds in a variable that no program can name.
//!
//! * `describe "x":` is a [`StmtKind::Group`] whose first and last statements open and close the group.
//! * `it "x":` and hooks give their body as a lambda.
//! * `shared_examples "x":` is kept, and stands again as a group wherever `it_behaves_like "x"` asks for it.
//! * `given_lazy(:x) \: e` is a variable whose value is made when an example first reads it, for each example anew.
//!
//! Expectations are in `bdd/expect.rs`.

mod expect;
mod given;

pub use expect::is_test_word;

use super::Parser;
use super::lambda::value_block;
use super::layout::Flat;
use crate::ast::{Arg, Block, Cond, Element, Expr, ExprKind, Name, Pat, PatKind, Stmt, StmtKind};
use crate::lexer::text_value;
use crate::token::T;
use base::{Code, Diagnostic, Span};
use std::collections::HashMap;

/// What the parser knows of a file's tests.
#[derive(Default)]
pub(super) struct Spec {
    /// Something needs the object.
    used: bool,
    /// There are groups or examples.
    has_examples: bool,
    /// Inside an example or a hook.
    in_example: bool,
    /// The bodies of `shared_examples` by name.
    shared: HashMap<String, Block>,
}

/// The head of a group or an example.
struct Head {
    name: String,
    tags: Vec<String>,
    span: Span,
}

impl Parser<'_> {
    /// At the head of a statement of the test language: its words are ordinary names elsewhere.
    pub(super) fn at_bdd(&mut self) -> bool {
        match self.kind() {
            T::Expect => !matches!(self.next_kind(), T::Eq | T::Newline | T::Eof | T::Dot),
            T::BeforeEach | T::AfterEach | T::BeforeAll | T::AfterAll => self.next_kind() == T::Colon,
            T::Describe
            | T::Context
            | T::Feature
            | T::It
            | T::SlowIt
            | T::SkipIt
            | T::Pending
            | T::Scenario
            | T::SharedExamples
            | T::ItBehavesLike => {
                let is_text = |kind| matches!(kind, T::Text | T::FormatStart);
                is_text(self.next_kind())
                    || self.next_kind() == T::LParen && is_text(self.kind_ahead(2)) && self.ends_a_head()
            }
            _ => false,
        }
    }

    /// A head in brackets has a body; what needs none is recognised without.
    fn ends_a_head(&mut self) -> bool {
        matches!(self.t, T::Pending | T::SkipIt | T::ItBehavesLike) || self.line_ends_in_colon()
    }

    /// A statement of the test language; the current token is its word.
    pub(super) fn bdd(&mut self, start: u32) -> StmtKind {
        let word = self.kind();
        if self.spec.in_example && word != T::Expect {
            let text = word.text();
            let diagnostic =
                Diagnostic::new(Code::Misplaced, self.here(), format!("`{text}` inside of an example"))
                    .label("an example holds statements and expectations only")
                    .help("move it out of the example, to the group");
            self.report(diagnostic);
        }
        match word {
            T::Expect => {
                self.spec.used = true;
                self.expectation(start)
            }
            T::Describe | T::Context | T::Feature => self.group(start),
            T::It | T::SlowIt | T::SkipIt | T::Pending | T::Scenario => self.example(start),
            T::BeforeEach | T::AfterEach | T::BeforeAll | T::AfterAll => self.hook(start),
            T::SharedExamples => self.shared_examples(),
            T::ItBehavesLike => self.behaves_like(start),
            other => unreachable!("{} is no word of the test language", other.text()),
        }
    }

    /// Adds what a file with tests needs around its statements.
    pub(super) fn with_spec(&mut self, mut body: Vec<Stmt>) -> Vec<Stmt> {
        if !self.spec.used {
            return body;
        }
        let span = Span { file: self.file, start: 0, end: 0 };
        let has_examples = Expr { kind: ExprKind::Bool(self.spec.has_examples), span };
        let init = self.global_call("spec_of_file", has_examples, span);
        let name = Name { sym: self.intern(OBJECT), span };
        let pat = Pat { kind: PatKind::Name { name, mutable: false }, span };
        let kind = StmtKind::Let { mutable: true, pat, ty: None, init: Some(init), otherwise: None };
        body.insert(0, Stmt { kind, span });
        if self.spec.has_examples {
            let end = Span { file: self.file, start: self.last_end, end: self.last_end };
            let call = self.spec_call("finish", Vec::new(), end);
            body.push(Stmt { kind: StmtKind::Expr(call), span: end });
        }
        body
    }

    /// `describe "x", tag: "slow":` and a body.
    fn group(&mut self, start: u32) -> StmtKind {
        self.bump();
        let Some(head) = self.group_head() else { return StmtKind::Error };
        let body = self.body(Flat::None);
        self.group_of(&head, body, self.span_from(start))
    }

    fn group_of(&mut self, head: &Head, body: Block, span: Span) -> StmtKind {
        self.spec.has_examples = true;
        let args = self.head_args(head);
        let open = self.spec_call("open", args, head.span);
        let last = self.run_hooks("last_hooks", head.span);
        let close = self.spec_call("close", Vec::new(), head.span);
        let mut stmts = vec![statement(open)];
        stmts.extend(body.stmts);
        stmts.extend([statement(last), statement(close)]);
        StmtKind::Group(Block { stmts, span })
    }

    /// `it "x":` and its relatives.
    fn example(&mut self, start: u32) -> StmtKind {
        let word = self.bump().kind;
        self.spec.has_examples = true;
        let Some(mut head) = self.head_of_example() else { return StmtKind::Error };
        let body = if self.t == T::Newline || matches!(self.t, T::Eof | T::Semicolon) {
            // `pending "x"` alone.
            None
        } else {
            self.expect(T::Colon, "an example is written `it \"adds\":` with its statements below");
            Some(self.example_body())
        };
        match word {
            T::SlowIt => head.tags.push("slow".to_owned()),
            T::SkipIt => head.tags.push("skip".to_owned()),
            T::Pending => head.tags.push("pending".to_owned()),
            _ => {}
        }
        let left_out = head.tags.iter().any(|tag| tag == "skip" || tag == "pending");
        let span = self.span_from(start);
        let args = self.head_args(&head);
        match body {
            Some(body) if !left_out => StmtKind::Expr(self.example_of(&head, args, body, span)),
            // What is left out may use what is not there yet.
            Some(_) | None if left_out => StmtKind::Expr(self.spec_call("left_out", args, head.span)),
            Some(_) | None => {
                self.fail_expected(
                    "`:` and a body",
                    "an example that is not written yet is `pending \"name\"`",
                );
                StmtKind::Error
            }
        }
    }

    /// An example that runs if the object says so. The body is a function, which `return` leaves.
    fn example_of(&mut self, head: &Head, args: Vec<Arg>, body: Block, span: Span) -> Expr {
        let begins = self.spec_call("begins", args, head.span);
        let first = self.run_hooks("first_hooks", head.span);
        let body = self.global_call("spec_run", lambda(body, span), head.span);
        let end = self.run_hooks("end_hooks", head.span);
        let name = Expr { kind: ExprKind::Text(head.name.clone()), span: head.span };
        let done = self.spec_call("done", vec![plain(name)], head.span);
        let stmts = [first, body, end, done].map(statement).to_vec();
        let cond = Box::new(Cond::Expr(begins));
        Expr { kind: ExprKind::If { cond, then: Block { stmts, span }, otherwise: None }, span }
    }

    /// Runs what a method of the object answers.
    fn run_hooks(&mut self, method: &str, span: Span) -> Expr {
        let hooks = self.spec_call(method, Vec::new(), span);
        self.global_call("spec_run_all", hooks, span)
    }

    /// A call of a function of the standard library.
    fn global_call(&mut self, function: &str, arg: Expr, span: Span) -> Expr {
        let callee = Box::new(Expr { kind: ExprKind::Name(self.intern(function)), span });
        Expr { kind: ExprKind::Call { callee, args: vec![plain(arg)] }, span }
    }

    /// The body of an example or a hook.
    fn example_body(&mut self) -> Block {
        let outer = std::mem::replace(&mut self.spec.in_example, true);
        let body = self.body(Flat::None);
        self.spec.in_example = outer;
        body
    }

    /// `before_each:` and its relatives.
    fn hook(&mut self, start: u32) -> StmtKind {
        let word = self.bump();
        self.spec.used = true;
        self.expect(T::Colon, "a hook is written `before_each:` with its statements below");
        let body = self.example_body();
        let body = lambda(body, self.span_from(start));
        StmtKind::Expr(self.spec_call(word.kind.text(), vec![plain(body)], self.span_of(word)))
    }

    /// `shared_examples "x":`: kept for `it_behaves_like "x"`.
    fn shared_examples(&mut self) -> StmtKind {
        self.bump();
        let Some(head) = self.group_head() else { return StmtKind::Error };
        let body = self.body(Flat::None);
        if self.spec.shared.insert(head.name.clone(), body).is_some() {
            self.report(
                Diagnostic::new(
                    Code::DuplicateName,
                    head.span,
                    format!("the shared examples \"{}\" are there twice", head.name),
                )
                .help("give one of them another name"),
            );
        }
        StmtKind::Pass
    }

    /// `it_behaves_like "x"`.
    fn behaves_like(&mut self, start: u32) -> StmtKind {
        self.bump();
        let Some(head) = self.head_of_example() else { return StmtKind::Error };
        let Some(body) = self.spec.shared.get(&head.name).cloned() else {
            let known = self.spec.shared.keys().map(|name| format!("\"{name}\"")).min();
            let diagnostic = Diagnostic::new(
                Code::UnknownName,
                head.span,
                format!("there are no shared examples \"{}\" before this line", head.name),
            );
            self.report(diagnostic.help(match known {
                Some(name) => {
                    format!("known are {name} and those like it; names are compared letter by letter")
                }
                None => "write them first: `shared_examples \"name\":` with examples below".to_owned(),
            }));
            return StmtKind::Error;
        };
        // The tree grows with every use.
        let size = body.span.end - body.span.start;
        if self.cx.budget.spend(u64::from(size)).is_err() {
            self.unwind();
            return StmtKind::Error;
        }
        let head = Head { name: format!("behaves like {}", head.name), ..head };
        self.group_of(&head, body, self.span_from(start))
    }

    /// At `step "x":`, or `given`, `when`, `then` of a scenario.
    pub(super) fn at_step(&mut self) -> bool {
        let word = matches!(self.t, T::Name | T::Then) && {
            let text = self.text_of(self.here());
            matches!(text, "step" | "given" | "when" | "then" | "and_then")
        };
        word && self.spec.in_example
            && matches!(self.next_kind(), T::Text | T::FormatStart)
            && self.line_ends_in_colon()
    }

    /// A part of an example with a name: its statements, for what comes behind as well.
    pub(super) fn step(&mut self) -> StmtKind {
        let start = self.start();
        self.bump();
        self.description();
        self.expect(T::Colon, "a step is written `step \"name\":` with its statements below");
        let body = self.body(Flat::None);
        StmtKind::Expr(self.expr_at(start, ExprKind::Block(body)))
    }

    // -- heads ------------------------------------------------------------------------------------------

    /// What stands between the word and the body, with the `:`.
    fn group_head(&mut self) -> Option<Head> {
        let head = self.head_of_example()?;
        if !self.expect(T::Colon, "a group is written `describe \"name\":` with examples below") {
            return None;
        }
        Some(head)
    }

    /// A description and tags, in brackets or without.
    fn head_of_example(&mut self) -> Option<Head> {
        self.spec.used = true;
        let start = self.start();
        if self.t == T::LParen {
            let open = self.here();
            return self.bracketed(|parser| {
                let head = parser.head_parts(start);
                parser.close(T::RParen, open);
                head
            });
        }
        self.head_parts(start)
    }

    fn head_parts(&mut self, start: u32) -> Option<Head> {
        let name = self.description()?;
        let span = self.span_from(start);
        let mut tags = Vec::new();
        while self.eat(T::Comma) {
            let labelled = self.next_kind() == T::Colon && self.t.is_word();
            let label = if labelled { Some(self.bump_name()) } else { None };
            if labelled {
                self.bump();
            }
            let value = self.expr();
            let label = label.map(|name| self.cx.names.name(name.sym).to_owned());
            match (label.as_deref(), &value.kind) {
                (Some("skip" | "pending" | "slow"), ExprKind::Bool(false)) => {}
                (Some(word @ ("skip" | "pending" | "slow")), ExprKind::Bool(true) | ExprKind::Text(_)) => {
                    tags.push(word.to_owned());
                }
                (None | Some("tag" | "tags"), _) if tags_of(&value, &mut tags) => {}
                _ => {
                    self.report(
                        Diagnostic::new(Code::BadArguments, value.span, "this is not known about an example")
                            .help("tags are texts: `tag: \"slow\"`, `tags: [\"slow\", \"net\"]`; or write `skip: true`"),
                    );
                }
            }
        }
        Some(Head { name, tags, span })
    }

    /// A text, taken literally: braces are braces.
    fn description(&mut self) -> Option<String> {
        let span = self.here();
        match self.kind() {
            T::Text => {
                self.bump();
                Some(text_value(self.text_of(span)))
            }
            T::FormatStart => {
                self.format_text();
                let span = self.span_from(span.start);
                Some(text_value(self.text_of(span)))
            }
            _ => {
                self.fail_expected(
                    "a text",
                    "groups and examples have a description: `it \"adds numbers\":`",
                );
                None
            }
        }
    }

    fn head_args(&mut self, head: &Head) -> Vec<Arg> {
        let span = head.span;
        let text = |text: &str| plain(Expr { kind: ExprKind::Text(text.to_owned()), span });
        let mut args = vec![text(&head.name), text(&head.tags.join(","))];
        args.push(self.line_arg(span));
        args
    }

    /// The line of a place as an argument.
    fn line_arg(&self, span: Span) -> Arg {
        // Trees with notes are compared with those of other layouts.
        let line = match self.notes {
            None => u64::from(self.cx.sources.line_col(span).line),
            Some(_) => 0,
        };
        plain(Expr { kind: ExprKind::Int(line, None), span })
    }

    /// A call of a method of the object.
    fn spec_call(&mut self, method: &str, args: Vec<Arg>, span: Span) -> Expr {
        let object = Expr { kind: ExprKind::Name(self.intern(OBJECT)), span };
        let name = Name { sym: self.intern(method), span };
        let callee = Expr { kind: ExprKind::Field(Box::new(object), name), span };
        Expr { kind: ExprKind::Call { callee: Box::new(callee), args }, span }
    }
}

/// The variable of a file's object: no program can write this name.
const OBJECT: &str = "spec of the file";

/// Whether a value is a tag or a list of tags, which are then added.
fn tags_of(value: &Expr, tags: &mut Vec<String>) -> bool {
    match &value.kind {
        ExprKind::Text(text) => {
            tags.push(text.strip_prefix(':').unwrap_or(text).to_owned());
            true
        }
        ExprKind::Array(items) => items.iter().all(|item| match item {
            Element::Item(item) => tags_of(item, tags),
            Element::Spread(_) => false,
        }),
        _ => false,
    }
}

fn statement(value: Expr) -> Stmt {
    let span = value.span;
    Stmt { kind: StmtKind::Expr(value), span }
}

fn plain(value: Expr) -> Arg {
    Arg { name: None, value, spread: false }
}

fn lambda(body: Block, span: Span) -> Expr {
    Expr { kind: ExprKind::Lambda { params: Vec::new(), body: Box::new(body) }, span }
}
