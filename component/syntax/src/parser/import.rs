//! `use` and its relatives.

use super::Parser;
use crate::ast::{Name, StmtKind, Use, UseWhat};
use crate::token::T;
use base::{Code, Diagnostic, Span};

impl Parser<'_> {
    /// True at a line that imports or exports.
    pub(super) fn at_import(&mut self) -> bool {
        let next = self.ahead(1);
        if next.first {
            return false;
        }
        let path = next.kind.is_word() || matches!(next.kind, T::Dot | T::DotDot | T::DotDotDot | T::Text);
        match self.kind() {
            T::Use | T::Import => path && (next.spaced || next.kind != T::Dot),
            T::From => next.kind.is_name() && self.line_has_import(),
            T::Export => next.kind.is_word() || next.kind == T::Star || next.kind == T::LBrace,
            T::Common | T::Auto => matches!(next.kind, T::Use | T::Import),
            _ => false,
        }
    }

    /// `from a.b import …`.
    fn line_has_import(&mut self) -> bool {
        for at in 1..64 {
            match self.kind_ahead(at) {
                T::Import => return true,
                T::Dot | T::DotDot | T::ColonColon | T::Slash => {}
                kind if kind.is_word() => {}
                _ => return false,
            }
        }
        false
    }

    /// The current token begins an import. It goes to the module's list; nothing stays in the body.
    pub(super) fn import(&mut self) -> StmtKind {
        let start = self.start();
        if self.depth > 1 {
            let word = self.t.text();
            let diagnostic =
                Diagnostic::new(Code::Misplaced, self.here(), format!("`{word}` inside a block"))
                    .help("move the line to the top of the file");
            self.report(diagnostic);
        }
        let mut export = false;
        let word = self.bump();
        match word.kind {
            T::Export if matches!(self.t, T::Use) => {
                export = true;
                self.bump();
            }
            T::Export => {
                self.export_list(start);
                return StmtKind::Pass;
            }
            T::Common | T::Auto => {
                export = word.kind == T::Common;
                self.bump();
            }
            T::Import | T::From => {
                let span = self.span_of(word);
                self.report(
                    Diagnostic::new(
                        Code::Deprecated,
                        span,
                        format!("`{}` is an older spelling of `use`", word.kind.text()),
                    )
                    .help("write `use a.b.{name}`"),
                );
            }
            _ => {}
        }
        if matches!(self.t, T::Lazy | T::Type) && self.next_kind().is_name() {
            self.bump();
        }
        let path = self.import_path();
        let what = self.import_what(word.kind);
        let span = self.span_from(start);
        if !self.recovering {
            self.uses.push(Use { path, what, export, span });
        }
        StmtKind::Pass
    }

    /// A file that yields uses `std.generator`, by a line that stands nowhere: names that a program brings itself go before.
    pub(super) fn use_generators(&mut self) {
        if !self.yields {
            return;
        }
        let span = Span { file: self.file, start: 0, end: 0 };
        let mut name = |text| Name { sym: self.intern(text), span };
        let path = vec![name("std"), name("generator")];
        self.uses.push(Use { path, what: UseWhat::Glob, export: false, span });
    }

    /// `export f, Thing`.
    fn export_list(&mut self, start: u32) {
        let braces = self.eat(T::LBrace);
        let mut items = Vec::new();
        loop {
            if self.eat(T::Star) {
            } else if let Some(name) = self.any_word("a name to export") {
                items.push((name, None));
            }
            if !self.eat(T::Comma) {
                break;
            }
            self.pass_newline();
        }
        if braces {
            self.expect(T::RBrace, "close the list of names");
        }
        let span = self.span_from(start);
        self.uses.push(Use { path: Vec::new(), what: UseWhat::Items(items), export: true, span });
    }

    /// True at `mod name` alone on its line.
    pub(super) fn at_part(&mut self) -> bool {
        let (name, end) = (self.ahead(1), self.ahead(2));
        name.kind.is_name() && !name.first && (end.first || matches!(end.kind, T::Newline | T::Eof))
    }

    /// `mod name` in the `__init__.spl` of a folder: the module beside it belongs to the folder's, so it must be there. `pub` says no more: modules are found
    /// by their paths.
    pub(super) fn part(&mut self, start: u32) -> StmtKind {
        let word = self.bump();
        let span = self.span_of(word);
        let beside = Name { sym: self.intern("."), span };
        let path = vec![beside, self.bump_name()];
        let span = self.span_from(start);
        if !self.recovering {
            self.uses.push(Use { path, what: UseWhat::Module(None), export: false, span });
        }
        StmtKind::Pass
    }

    /// True at `friend a.b`, which is no expression.
    pub(super) fn at_friends(&mut self) -> bool {
        let next = self.ahead(1);
        let is_path = next.kind.is_name() && !next.first && next.spaced;
        is_path && self.text_of(self.here()) == "friend"
    }

    /// `friend a.b, c` in the `__init__.spl` of a folder: modules to which `pub(friend)` names are shown. They are shown to all that ask, as other `pub` names
    /// are, so the paths say nothing here.
    pub(super) fn friends(&mut self) -> StmtKind {
        self.bump();
        loop {
            self.import_path();
            if !self.eat(T::Comma) {
                break;
            }
            self.pass_newline();
        }
        StmtKind::Pass
    }

    /// `a.b.c`, `.sibling`, `..up.mod`; stops before `.{`, `.*` and `(`.
    fn import_path(&mut self) -> Vec<Name> {
        let mut path = Vec::new();
        if self.t == T::Text {
            let name = self.bump_name();
            let text = crate::lexer::text_value(self.text_of(name.span));
            for part in text.split(['/', '.']).filter(|part| !part.is_empty()) {
                let sym = self.intern(part);
                path.push(Name { sym, span: name.span });
            }
            return path;
        }
        while matches!(self.t, T::Dot | T::DotDot | T::DotDotDot) {
            path.push(self.bump_name());
        }
        while let Some(name) = self.any_word("the name of a module") {
            path.push(name);
            let goes_on = match self.kind() {
                T::Dot => self.next_kind().is_word(),
                T::ColonColon | T::Slash => {
                    let span = self.here();
                    self.report(
                        Diagnostic::new(Code::Deprecated, span, "this separator is an older spelling of `.`")
                            .help("separate the names of a path with `.`"),
                    );
                    self.next_kind().is_word()
                }
                _ => false,
            };
            if !goes_on {
                break;
            }
            self.bump();
        }
        path
    }

    fn import_what(&mut self, word: T) -> UseWhat {
        if matches!(self.t, T::Dot | T::ColonColon)
            && matches!(self.next_kind(), T::LBrace | T::Star | T::LParen)
        {
            self.bump();
        }
        if word == T::From {
            self.expect(T::Import, "older imports are written `from a.b import {name}`");
        }
        match self.kind() {
            T::Star => {
                self.bump();
                UseWhat::Glob
            }
            T::LBrace | T::LParen => {
                let close = if self.t == T::LBrace { T::RBrace } else { T::RParen };
                let open = self.here();
                let items = self.bracketed(|parser| {
                    let items = parser.import_items(close);
                    parser.close(close, open);
                    items
                });
                UseWhat::Items(items)
            }
            _ if word == T::From => UseWhat::Items(self.import_items(T::Newline)),
            T::As => {
                self.bump();
                UseWhat::Module(self.name("the new name"))
            }
            _ => UseWhat::Module(None),
        }
    }

    fn import_items(&mut self, close: T) -> Vec<(Name, Option<Name>)> {
        let mut items = Vec::new();
        while self.t != close && self.t != T::Eof {
            let Some(name) = self.any_word("a name to import") else { break };
            let alias = if self.eat(T::As) { self.name("the new name") } else { None };
            items.push((name, alias));
            if !self.eat(T::Comma) {
                break;
            }
        }
        items
    }
}
