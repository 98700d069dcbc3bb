//! Declarations: attributes, visibility, functions.

use super::Parser;
use super::layout::Flat;
use crate::ast::{
    Arg, Attr, Block, Expr, ExprKind, Field, Fn, FnKind, Item, ItemKind, Name, Param, Stmt, StmtKind, Struct,
    Type, TypeKind,
};
use crate::token::T;
use crate::unsupported::Construct;
use base::{Code, Diagnostic};

/// Decorators that direct the compiler; all others wrap the function at run time.
const DIRECTIVES: &[&str] = &[
    "extern",
    "deprecated",
    "pure",
    "io",
    "inline",
    "noinline",
    "simd",
    "gpu_kernel",
    "async",
    "verify",
    "allow",
    "cfg",
    "repr",
    "align",
    "packed",
    "test",
    "doc",
    "cold",
    "hot",
    "must_use",
    "no_mangle",
    "export",
    "unsafe",
    "safe",
    "static",
    "const",
    "tag",
    "tags",
    "slow",
    "skip",
    "ignore",
    "trusted",
    "builtin",
    "intrinsic",
];

impl Parser<'_> {
    /// True at the head of a declaration.
    pub(super) fn at_item(&mut self) -> bool {
        match self.kind() {
            T::At => self.next_kind().is_word() && !self.ahead(1).spaced,
            T::HashBracket => true,
            T::Fn => self.next_kind().is_word() || self.next_kind() == T::Star,
            // What other languages call `fn`.
            T::Name => {
                self.next_kind().is_name()
                    && self.kind_ahead(2) == T::LParen
                    && matches!(self.text_of(self.here()), "def" | "func" | "function" | "fun")
            }
            T::Gen => {
                let at = if self.next_kind() == T::Fn { 2 } else { 1 };
                self.kind_ahead(at).is_name() && matches!(self.kind_ahead(at + 1), T::LParen | T::Lt)
            }
            T::Async => matches!(self.next_kind(), T::Fn | T::Me | T::Static),
            T::Mixin => self.next_kind().is_name() && matches!(self.kind_ahead(2), T::Colon | T::Lt),
            T::Mod => self.next_kind().is_name() && self.kind_ahead(2) == T::Colon,
            T::Literal => self.next_kind() == T::Fn,
            T::Bitfield => self.at_bitfield(),
            T::Newtype => self.next_kind().is_name() && matches!(self.kind_ahead(2), T::Eq | T::Lt),
            T::Struct | T::Class | T::Enum | T::Trait | T::Impl => true,
            T::Pub | T::Priv => {
                let next = self.ahead(1).kind;
                let declares = matches!(
                    next,
                    T::Fn | T::Struct | T::Class | T::Enum | T::Trait | T::Extern | T::Type | T::Alias
                );
                declares
                    || next == T::LParen
                        && self.scan_brackets(1).is_some_and(|end| self.ahead(end).kind.is_word())
                    || matches!(
                        next,
                        T::Me
                            | T::Static
                            | T::Union
                            | T::Sync
                            | T::Async
                            | T::Mixin
                            | T::Actor
                            | T::Literal
                            | T::Newtype
                            | T::Bitfield
                            | T::Gen
                    ) && self.kind_ahead(2).is_word()
                    || next == T::Mod && self.kind_ahead(2).is_name() && self.kind_ahead(3) == T::Colon
            }
            T::Extern => matches!(self.next_kind(), T::Fn | T::Class),
            T::Static | T::Sync => matches!(self.next_kind(), T::Fn | T::Me),
            T::Me => {
                self.next_kind() == T::Fn
                    || self.next_kind().is_word() && matches!(self.kind_ahead(2), T::LParen | T::Lt | T::Eq)
            }
            T::Type | T::Alias => {
                let next = self.ahead(1);
                self.is_capitalised(next) && !next.first && matches!(self.kind_ahead(2), T::Eq | T::Lt)
            }
            T::Union => self.next_kind().is_name() && matches!(self.kind_ahead(2), T::Colon | T::Lt),
            _ => false,
        }
    }

    /// A declaration as statement.
    pub(super) fn item_stmt(&mut self) -> StmtKind {
        let start = self.start();
        let attrs = self.attrs();
        if self.recovering {
            return StmtKind::Error;
        }
        if !self.at_item() {
            // Attributes of a binding mean nothing so far; those of nothing at all are passed.
            if matches!(self.t, T::Newline | T::Eof) {
                return StmtKind::Pass;
            }
            return self.stmt().kind;
        }
        let item = self.item(start, attrs);
        let span = item.span;
        StmtKind::Item(self.decorated(item, span))
    }

    /// True for a decorator that wraps what it stands before, rather than directing the compiler.
    pub(super) fn wraps(&self, attr: &Attr) -> bool {
        !attr.hash && !DIRECTIVES.contains(&self.cx.names.name(attr.name.sym))
    }

    /// `@name(args)` and `#[name(args)]`, each on its own line or in front.
    pub(super) fn attrs(&mut self) -> Vec<Attr> {
        let mut attrs = Vec::new();
        loop {
            match self.kind() {
                T::At => {
                    self.bump();
                    let Some(name) = self.any_word("the name of a decorator") else { break };
                    let called = self.t == T::LParen && !self.token().spaced;
                    let args = if called { self.call_args() } else { Vec::new() };
                    attrs.push(Attr { name, args, called, hash: false });
                }
                T::HashBracket => {
                    let open = self.here();
                    self.bracketed(|parser| {
                        while !matches!(parser.t, T::RBracket | T::Eof) {
                            let Some(name) = parser.any_word("the name of an attribute") else { break };
                            let mut args = Vec::new();
                            if parser.t == T::LParen {
                                args = parser.call_args();
                            } else if parser.eat(T::Eq) {
                                let value = parser.expr();
                                args.push(crate::ast::Arg { name: None, value, spread: false });
                            }
                            attrs.push(Attr { name, called: !args.is_empty(), args, hash: true });
                            if !parser.eat(T::Comma) {
                                break;
                            }
                        }
                        parser.close(T::RBracket, open);
                    });
                }
                T::Newline if !attrs.is_empty() && self.token().column == self.line_column => {
                    self.note_line();
                    self.pass_newline();
                }
                _ => break,
            }
        }
        attrs
    }

    /// A declaration behind its attributes.
    pub(super) fn item(&mut self, start: u32, attrs: Vec<Attr>) -> Item {
        let mut public = false;
        while matches!(self.t, T::Pub | T::Priv) {
            public = self.bump().kind == T::Pub;
            if self.t == T::LParen {
                self.skip_brackets();
            }
        }
        let kind = self.item_kind();
        Item { kind, public, attrs, span: self.span_from(start) }
    }

    fn item_kind(&mut self) -> ItemKind {
        match self.kind() {
            T::Fn => self.fn_item(FnKind::Fn, false),
            T::Name => {
                let message = format!("`{}` begins no function", self.text_of(self.here()));
                let diagnostic = Diagnostic::new(Code::UnexpectedToken, self.here(), message);
                self.report(diagnostic.help("a function is written `fn name(a: i64) -> i64:`"));
                self.bump();
                self.fn_item(FnKind::Fn, false)
            }
            T::Gen => {
                self.bump();
                self.eat(T::Fn);
                self.generator_item()
            }
            T::Me => {
                self.bump();
                self.fn_item(FnKind::Me, false)
            }
            T::Static => {
                self.bump();
                self.fn_item(FnKind::Static, false)
            }
            // Calls return when their work is done: there is no other way to run.
            // What a tagged text calls is a function as any other.
            T::Sync | T::Async | T::Literal => {
                self.bump();
                self.item_kind()
            }
            T::Extern => {
                if self.next_kind() == T::Class {
                    return ItemKind::NotYet(self.skip_construct(Construct::ExternClass));
                }
                self.bump();
                self.fn_item(FnKind::Fn, true)
            }
            T::Struct | T::Class => self.struct_item(),
            T::Enum | T::Union => self.enum_item(),
            T::Trait => self.trait_item(),
            T::Impl => self.impl_item(),
            T::Type | T::Alias => self.type_alias(),
            T::Mixin => match self.struct_item() {
                ItemKind::Struct(item) => ItemKind::Mixin(item),
                other => other,
            },
            T::Mod => self.inline_module(),
            T::Newtype => self.newtype(),
            T::Bitfield => self.bitfield(),
            T::Actor => ItemKind::NotYet(self.skip_construct(Construct::Actor)),
            _ => {
                self.fail_expected(
                    "a declaration",
                    "such as `fn`, `struct`, `class`, `enum`, `trait` or `impl`",
                );
                let span = self.here();
                ItemKind::NotYet(Name { sym: self.intern(""), span })
            }
        }
    }

    fn type_alias(&mut self) -> ItemKind {
        self.bump();
        let name = self.bump_name();
        let generics = self.generics();
        self.expect(T::Eq, "a type alias is written `type Name = i64`");
        self.pass_newline();
        ItemKind::TypeAlias { name, generics, ty: self.ty() }
    }

    /// `new = old` behind `fn` or `me`.
    fn fn_alias(&mut self) -> ItemKind {
        let name = self.bump_name();
        self.bump();
        match self.any_word("the name of a function") {
            Some(target) => ItemKind::FnAlias { name, target },
            None => ItemKind::NotYet(name),
        }
    }

    /// `newtype N = T`: a struct with one field.
    fn newtype(&mut self) -> ItemKind {
        self.bump();
        let name = self.bump_name();
        let generics = self.generics();
        self.expect(T::Eq, "a newtype is written `newtype Name = i64`");
        self.pass_newline();
        let ty = self.ty();
        let field = Field { name: Name { sym: self.intern("value"), span: name.span }, ty, default: None };
        ItemKind::Struct(Struct {
            name,
            generics,
            is_class: false,
            fields: vec![field],
            methods: Vec::new(),
            mixins: Vec::new(),
            forwards: Vec::new(),
            invariants: Vec::new(),
        })
    }

    /// `mod name:` and declarations on the lines below.
    fn inline_module(&mut self) -> ItemKind {
        self.bump();
        let name = self.bump_name();
        let mut items = Vec::new();
        let token = self.ahead(1);
        self.bump();
        if token.first && token.kind != T::Eof && (self.region.free || token.column > self.line_column) {
            self.in_block(token.column, false, |parser| {
                parser.each_line(|parser| {
                    let start = parser.start();
                    let attrs = parser.attrs();
                    if parser.at_item() {
                        let item = parser.item(start, attrs);
                        items.push(item);
                    } else if !parser.recovering {
                        parser.fail_expected(
                            "a declaration",
                            "a module inside a file holds declarations alone",
                        );
                    }
                });
            });
        }
        ItemKind::Module { name, items }
    }

    /// A decorated function: `@wrap fn f` is a function with a name of its own, and `val f = wrap(that)` behind it.
    fn decorated(&mut self, mut item: Item, span: base::Span) -> Item {
        let (wraps, rest): (Vec<Attr>, Vec<Attr>) = item.attrs.into_iter().partition(|attr| self.wraps(attr));
        item.attrs = rest;
        let ItemKind::Fn(decl) = &mut item.kind else {
            if let Some(first) = wraps.first() {
                self.unsupported_at(Construct::Decorator, "@", first.name.span);
            }
            return item;
        };
        if wraps.is_empty() {
            return item;
        }
        let name = decl.name;
        let own = format!("{} (undecorated)", self.cx.names.name(name.sym));
        decl.name.sym = self.intern(&own);
        let value = Expr { kind: ExprKind::Name(decl.name.sym), span: name.span };
        let value = self.wrapped(value, wraps);
        let pat = self.name_pattern(name, false);
        let kind = StmtKind::Let { mutable: false, pat, ty: None, init: Some(value), otherwise: None };
        self.behind.push(Stmt { kind, span });
        item
    }

    /// What decorators make of a function; the lowest one wraps first.
    pub(super) fn wrapped(&mut self, mut value: Expr, wraps: Vec<Attr>) -> Expr {
        for wrap in wraps.into_iter().rev() {
            let at = wrap.name.span;
            let mut callee = Expr { kind: ExprKind::Name(wrap.name.sym), span: at };
            if wrap.called {
                callee =
                    Expr { kind: ExprKind::Call { callee: Box::new(callee), args: wrap.args }, span: at };
            }
            let args = vec![Arg { name: None, value, spread: false }];
            value = Expr { kind: ExprKind::Call { callee: Box::new(callee), args }, span: at };
        }
        value
    }

    /// A function; the current token is `fn`, or its name behind `me`.
    fn fn_item(&mut self, kind: FnKind, is_extern: bool) -> ItemKind {
        if self.t == T::Fn {
            self.bump();
            // The older spelling of `gen`.
            if self.eat(T::Star) {
                return self.generator_item();
            }
        }
        if self.t.is_name() && self.next_kind() == T::Eq {
            return self.fn_alias();
        }
        let Some(name) = self.any_word("the name of the function") else {
            let span = self.here();
            return ItemKind::NotYet(Name { sym: self.intern("fn"), span });
        };
        let mut generics = self.generics();
        let mut explicit_self = None;
        let params = if self.t == T::LParen {
            self.params(&mut explicit_self)
        } else {
            self.fail_expected("`(` and the parameters", "a function is written `fn name(a: i64) -> i64:`");
            Vec::new()
        };
        let mut ret = self.result_type();
        if ret.is_none() && self.t == T::Colon && self.kind_ahead(2) == T::Colon && self.at_type_name(1) {
            let diagnostic = Diagnostic::new(
                Code::UnexpectedToken,
                self.here(),
                "expected `->` and the type of the result",
            );
            self.report(diagnostic.help("a function is written `fn name(a: i64) -> i64:`"));
            self.bump();
            ret = Some(self.ty());
        }
        self.where_clause(&mut generics);
        let body = match self.kind() {
            T::Colon => {
                self.bump();
                Some(self.body(Flat::None))
            }
            T::Newline | T::Eof | T::Semicolon => None,
            _ => {
                if !self.t.closes() {
                    self.fail_expected("`:` and a body", "a function is written `fn name(a: i64) -> i64:`");
                }
                None
            }
        };
        ItemKind::Fn(Fn { name, generics, params, explicit_self, ret, body, kind, is_extern })
    }

    /// A function that gives a generator; the current token is its name. The declared result is the type of a value that it yields.
    fn generator_item(&mut self) -> ItemKind {
        self.yields = true;
        let mut item = self.fn_item(FnKind::Fn, false);
        let ItemKind::Fn(function) = &mut item else { return item };
        if let Some(body) = function.body.take() {
            let span = body.span;
            let value = Expr { kind: ExprKind::Generator(body), span };
            function.body = Some(Block { stmts: vec![Stmt { kind: StmtKind::Expr(value), span }], span });
        }
        if let Some(ret) = function.ret.take() {
            let span = ret.span;
            let name = Name { sym: self.intern("Generator"), span };
            let is_said = matches!(&ret.kind, TypeKind::Path { path, .. } if path.last().is_some_and(|last| last.sym == name.sym));
            let kind = TypeKind::Path { path: vec![name], args: vec![ret.clone()] };
            function.ret = Some(if is_said { ret } else { Type { kind, span } });
        }
        item
    }

    /// `-> T`, also on a deeper line.
    /// Whether a token ahead is the name of a type that everybody knows, or looks like one.
    fn at_type_name(&mut self, ahead: usize) -> bool {
        const COMMON: [&str; 9] = ["i64", "i32", "int", "f64", "float", "bool", "text", "str", "any"];
        let token = self.ahead(ahead);
        token.kind == T::Name
            && (self.is_capitalised(token) || COMMON.contains(&self.text_of(self.span_of(token))))
    }

    fn result_type(&mut self) -> Option<crate::ast::Type> {
        if self.t == T::Newline && self.token().kind == T::Arrow {
            self.continues_with(true);
        }
        if !self.eat(T::Arrow) {
            return None;
        }
        self.pass_newline();
        Some(self.ty())
    }

    fn params(&mut self, explicit_self: &mut Option<base::Span>) -> Vec<Param> {
        let open = self.here();
        self.bracketed(|parser| {
            let mut params = Vec::new();
            while !matches!(parser.t, T::RParen | T::Eof) {
                if parser.t == T::Amp {
                    // `&self` is `self`.
                    parser.bump();
                }
                let mutable = parser.t == T::Mut && parser.ahead(1).kind.is_name() && parser.eat(T::Mut);
                let leading = parser.eat(T::DotDotDot);
                let Some(name) = parser.name("the name of a parameter") else { break };
                let variadic = parser.eat(T::DotDotDot) || leading;
                let ty = if parser.eat(T::Colon) { Some(parser.ty()) } else { None };
                let variadic = parser.eat(T::DotDotDot) || variadic;
                let default = if parser.eat(T::Eq) { Some(parser.expr()) } else { None };
                if params.is_empty() && explicit_self.is_none() && parser.cx.names.name(name.sym) == "self" {
                    *explicit_self = Some(name.span);
                } else {
                    params.push(Param { name, ty, default, mutable, variadic });
                }
                if !parser.eat(T::Comma) {
                    break;
                }
            }
            parser.close(T::RParen, open);
            params
        })
    }
}
