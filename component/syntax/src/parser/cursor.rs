//! Looking at tokens, taking them, and saying what was expected instead.

use super::{MAX_NESTING, MAX_TREE_DEPTH, Parser};
use crate::ast::Name;
use crate::token::{T, Token};
use base::{Code, Diagnostic, Span};

impl Parser<'_> {
    /// Makes sure that the token `ahead` of the current one is in the window.
    pub(super) fn fill(&mut self, ahead: usize) {
        if self.head >= 1024 {
            self.window.drain(..self.head);
            self.head = 0;
        }
        while self.window.len() <= self.head + ahead {
            let token = self.lexer.next(self.cx);
            if let Some(notes) = &mut self.notes {
                notes.tokens.push(token);
            }
            self.window.push(token);
        }
    }

    /// What the parser sees: see [`Parser::t`].
    pub(super) fn kind(&self) -> T {
        self.t
    }

    /// The current token, whatever line it is on.
    pub(super) fn token(&self) -> Token {
        self.window[self.head]
    }

    /// The token `ahead` of the current one, whatever line it is on.
    pub(super) fn ahead(&mut self, ahead: usize) -> Token {
        self.fill(ahead);
        self.window[self.head + ahead]
    }

    /// The kind of the next token on this line.
    pub(super) fn next_kind(&mut self) -> T {
        self.kind_ahead(1)
    }

    /// The kind of the token `ahead` of the current one, if it is on the same line.
    pub(super) fn kind_ahead(&mut self, ahead: usize) -> T {
        for step in 1..=ahead {
            if self.ahead(step).first && !self.region.free {
                return T::Newline;
            }
        }
        self.ahead(ahead).kind
    }

    /// Recomputes what the parser sees, after a move or a change of region.
    pub(super) fn refresh(&mut self) {
        let token = self.token();
        self.t = if self.recovering || token.kind == T::Eof {
            T::Eof
        } else if token.first && !self.region.free {
            T::Newline
        } else {
            token.kind
        };
    }

    /// Takes the current token.
    pub(super) fn bump(&mut self) -> Token {
        let token = self.token();
        if token.kind.opens() {
            self.brackets += 1;
        } else if token.kind.closes() {
            self.brackets = self.brackets.saturating_sub(1);
        }
        self.last_end = token.end;
        self.taken += 1;
        if token.kind != T::Eof {
            self.head += 1;
            self.fill(0);
        }
        self.refresh();
        token
    }

    /// Sees the first token of the next line, although a line end counts here.
    pub(super) fn pass_newline(&mut self) {
        if self.t == T::Newline {
            self.t = self.token().kind;
        }
    }

    /// Takes the current token where it is of this kind.
    pub(super) fn eat(&mut self, kind: T) -> bool {
        if self.t == kind && kind != T::Eof && kind != T::Newline {
            self.bump();
            return true;
        }
        false
    }

    /// The span of the current token; behind the last one at a line end.
    pub(super) fn here(&self) -> Span {
        let token = self.token();
        if token.kind == T::Eof || (token.first && !self.region.free && self.t != token.kind) {
            return Span { file: self.file, start: self.last_end, end: self.last_end };
        }
        self.span_of(token)
    }

    pub(super) fn span_of(&self, token: Token) -> Span {
        Span { file: self.file, start: token.start, end: token.end }
    }

    /// From `start` to the end of the last token taken.
    pub(super) fn span_from(&self, start: u32) -> Span {
        Span { file: self.file, start, end: self.last_end.max(start) }
    }

    /// Where the current token starts.
    pub(super) fn start(&self) -> u32 {
        self.here().start
    }

    /// What stands here, for messages.
    pub(super) fn found(&self) -> String {
        match self.kind() {
            T::Eof => "the end of the file".to_owned(),
            T::Newline => "the end of the line".to_owned(),
            T::Name => format!("the name `{}`", self.text_of(self.span_of(self.token()))),
            T::Int | T::Float | T::UnitNumber => "a number".to_owned(),
            T::Text | T::FormatStart | T::TaggedText => "a text".to_owned(),
            T::FormatClose | T::FormatEnd | T::FormatSpec => "the end of the text's segment".to_owned(),
            T::Label => "a loop label".to_owned(),
            other if other.is_word() => format!("the word `{}`", other.text()),
            other => format!("`{}`", other.text()),
        }
    }

    /// Reports, unless an error is being unwound already, and lets the statement loop find the next line.
    pub(super) fn fail(&mut self, diagnostic: Diagnostic) {
        if !self.recovering {
            // What the lexer already complained about needs no second complaint.
            if self.token().kind != T::Stray || self.t != T::Stray {
                self.report(diagnostic);
            }
            self.unwind();
        }
    }

    /// Goes on with the next line, after something was reported.
    pub(super) fn unwind(&mut self) {
        self.recovering = true;
        self.refresh();
    }

    /// Fails with "expected this, found that".
    pub(super) fn fail_expected(&mut self, expected: &str, help: &str) {
        if self.recovering {
            return;
        }
        let message = format!("expected {expected}, found {}", self.found());
        let mut diagnostic = Diagnostic::new(Code::UnexpectedToken, self.here(), message);
        if !help.is_empty() {
            diagnostic = diagnostic.help(help);
        }
        self.fail(diagnostic);
    }

    /// Takes a token of this kind or fails. `help` says what to write.
    pub(super) fn expect(&mut self, kind: T, help: &str) -> bool {
        if self.eat(kind) {
            return true;
        }
        self.fail_expected(&format!("`{}`", kind.text()), help);
        false
    }

    /// Takes the bracket that closes the one at `open` or fails, pointing at both.
    pub(super) fn close(&mut self, kind: T, open: Span) {
        if self.eat(kind) || self.recovering {
            return;
        }
        let token = self.token();
        let open_text = self.text_of(open).to_owned();
        let lost = self.t == T::Eof || (token.first && token.column <= self.line_column) || self.t.closes();
        let diagnostic = if lost {
            Diagnostic::new(Code::UnbalancedBracket, open, format!("this `{open_text}` is not closed"))
                .note(self.here(), format!("`{}` was expected before this", kind.text()))
                .help(format!("write `{}` where it should end", kind.text()))
        } else {
            let message = format!("expected `,` or `{}`, found {}", kind.text(), self.found());
            let before =
                self.cx.sources.file(self.file).text.get(..self.last_end as usize).unwrap_or_default();
            let help = if self.t == T::Arrow || before.ends_with("lambda") {
                "a function without a name is written `\\x: x + 1`".to_owned()
            } else {
                format!("separate elements with `,`, or close with `{}`", kind.text())
            };
            Diagnostic::new(Code::UnexpectedToken, self.here(), message)
                .note(open, format!("inside the brackets opened by this `{open_text}`"))
                .help(help)
        };
        self.fail(diagnostic);
    }

    /// True at a name that is declared: `val` and `match` are names as well where nothing else can follow.
    pub(super) fn at_name(&mut self) -> bool {
        let declares = |next| {
            matches!(next, T::Eq | T::Colon | T::Comma | T::RParen | T::RBracket | T::In | T::DotDotDot)
        };
        self.t.is_name() || (matches!(self.t, T::Val | T::Match) && declares(self.next_kind()))
    }

    /// A name, where one is expected.
    pub(super) fn name(&mut self, what: &str) -> Option<Name> {
        if self.at_name() {
            return Some(self.bump_name());
        }
        if self.t.is_hard() {
            let word = self.t.text();
            self.fail_expected(
                what,
                &format!("`{word}` is a reserved word; choose another name, such as `{word}_`"),
            );
        } else {
            self.fail_expected(what, "");
        }
        None
    }

    /// A name where every word is one: behind `.`, or before `:` in arguments.
    pub(super) fn any_word(&mut self, what: &str) -> Option<Name> {
        if self.t.is_word() {
            return Some(self.bump_name());
        }
        self.fail_expected(what, "");
        None
    }

    /// Takes the current word as a name.
    pub(super) fn bump_name(&mut self) -> Name {
        let token = self.bump();
        let span = self.span_of(token);
        let sym = match token.word {
            Some(symbol) => symbol,
            None => {
                let text = self.text_of(span).to_owned();
                self.intern(&text)
            }
        };
        Name { sym, span }
    }

    /// True where the current token is a word whose first letter is a capital.
    pub(super) fn is_capitalised(&self, token: Token) -> bool {
        token.kind == T::Name
            && self.text_of(self.span_of(token)).starts_with(|first: char| first.is_ascii_uppercase())
    }

    /// Counts one node, and one level of nesting, which [`leave`](Parser::leave) gives back. False where it is too deep.
    pub(super) fn enter(&mut self) -> bool {
        self.depth += 1;
        if self.cx.budget.spend(1).is_err() {
            self.unwind();
            return false;
        }
        if self.depth > MAX_NESTING {
            self.fail_too_deep();
            return false;
        }
        true
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Begins a chain, in which each link stands on all before it. Returns what [`end_chain`](Parser::end_chain) needs.
    pub(super) fn begin_chain(&mut self) -> u32 {
        std::mem::take(&mut self.stacked)
    }

    /// Counts one link of a chain. False where the tree is too deep.
    pub(super) fn link(&mut self) -> bool {
        self.stacked += 1;
        if self.cx.budget.spend(1).is_err() {
            self.unwind();
            return false;
        }
        if self.depth + self.stacked > MAX_TREE_DEPTH {
            self.fail_too_deep();
            return false;
        }
        true
    }

    pub(super) fn end_chain(&mut self, outer: u32) {
        self.stacked = self.stacked.max(outer);
    }

    fn fail_too_deep(&mut self) {
        if self.too_deep {
            self.unwind();
            return;
        }
        self.too_deep = true;
        let diagnostic = Diagnostic::new(Code::TooDeep, self.here(), "this is nested too deeply")
            .label(format!("more than {MAX_NESTING} levels, or a chain of more than {MAX_TREE_DEPTH} links"))
            .help("name parts of it with `val`, or move them to functions of their own");
        self.fail(diagnostic);
    }
}
