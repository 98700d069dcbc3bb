//! `struct`, `class`, `enum`, `trait`, `impl`.

use super::Parser;
use crate::ast::{
    Arg, Attr, Block, Enum, Expr, ExprKind, Field, Fn, FnKind, Generics, Impl, Item, ItemKind, LambdaParam,
    Name, Pat, PatKind, Stmt, StmtKind, Struct, Trait, Type, Variant,
};
use crate::token::T;
use crate::unsupported::Construct;
use base::{Code, Diagnostic, Span};

impl Parser<'_> {
    /// The members behind a header: `:` and lines, or members on this line separated by `,` or `;`.
    pub(super) fn members(&mut self, mut member: impl FnMut(&mut Self)) {
        if !self.eat(T::Colon) {
            if !matches!(self.t, T::Newline | T::Eof | T::Semicolon) {
                self.fail_expected("`:` and a body", "the body is indented on the lines below the `:`");
            }
            return;
        }
        let token = self.token();
        if token.kind == T::Eof || self.recovering {
            return;
        }
        if token.first {
            if self.region.free || token.column > self.line_column {
                self.in_block(token.column, false, |parser| parser.each_line(member));
            }
            return;
        }
        loop {
            let before = self.taken;
            member(self);
            let more = self.eat(T::Comma) || self.eat(T::Semicolon);
            if !more || self.taken == before || matches!(self.t, T::Newline | T::Eof) {
                return;
            }
        }
    }

    fn declared_name(&mut self, what: &str) -> Name {
        match self.name(what) {
            Some(name) => name,
            None => Name { sym: self.intern(""), span: self.here() },
        }
    }

    /// A method, where one begins here.
    fn method(&mut self, methods: &mut Vec<Item>) -> bool {
        let later = self.t == T::Kernel && self.next_kind().is_word() && self.kind_ahead(2) != T::Colon;
        if later {
            self.skip_construct(Construct::Kernel);
            return true;
        }
        if self.at_constant() {
            methods.extend(self.constant());
            return true;
        }
        if !self.at_item() {
            return false;
        }
        let start = self.start();
        let attrs = self.attrs();
        if self.at_item() {
            let item = self.item(start, attrs);
            methods.extend(self.decorated_method(item));
            return true;
        }
        self.recovering
    }

    /// True at a constant of a type: `const N: T = e`, `static N = e`.
    fn at_constant(&mut self) -> bool {
        let public = usize::from(self.t == T::Pub);
        let word = if public == 1 { self.next_kind() } else { self.t };
        matches!(word, T::Const | T::Static)
            && self.kind_ahead(public + 1).is_name()
            && matches!(self.kind_ahead(public + 2), T::Colon | T::Eq)
    }

    fn constant(&mut self) -> Option<Item> {
        let start = self.start();
        let public = self.eat(T::Pub);
        self.bump();
        let name = self.name("the name of the constant")?;
        let ret = if self.eat(T::Colon) { Some(self.ty()) } else { None };
        let body = self.eat(T::Eq).then(|| {
            self.pass_newline();
            expr_block(self.expr())
        });
        let function = Fn {
            name,
            generics: Generics::default(),
            params: Vec::new(),
            explicit_self: None,
            ret,
            body,
            kind: FnKind::Const,
            is_extern: false,
        };
        let kind = ItemKind::Fn(function);
        Some(Item { kind, public, attrs: Vec::new(), span: self.span_from(start) })
    }

    /// A decorated method is one with a name of its own, and one that calls what the decorators make of it, bound to its object.
    fn decorated_method(&mut self, mut item: Item) -> Vec<Item> {
        let (wraps, rest): (Vec<Attr>, Vec<Attr>) = item.attrs.into_iter().partition(|attr| self.wraps(attr));
        item.attrs = rest;
        let ItemKind::Fn(decl) = &mut item.kind else {
            if let Some(first) = wraps.first() {
                self.unsupported_at(Construct::Decorator, "@", first.name.span);
            }
            return vec![item];
        };
        // Who gives values anew each time, or none at all, has nothing to be bound.
        let plain = decl.kind == FnKind::Fn && decl.body.is_some();
        if let (Some(first), false) = (wraps.first(), plain) {
            self.unsupported_at(Construct::Decorator, "@", first.name.span);
        }
        if wraps.is_empty() || !plain {
            return vec![item];
        }
        let (name, span) = (decl.name, item.span);
        let own = format!("{} (undecorated)", self.cx.names.name(name.sym));
        let outer = Fn { body: None, ..decl.clone() };
        decl.name.sym = self.intern(&own);
        let at = name.span;
        let named = |sym| Expr { kind: ExprKind::Name(sym), span: at };
        let args: Vec<Arg> = outer
            .params
            .iter()
            .map(|param| Arg { name: None, value: named(param.name.sym), spread: param.variadic })
            .collect();
        let params: Vec<LambdaParam> = outer
            .params
            .iter()
            .map(|param| {
                let kind = PatKind::Name { name: param.name, mutable: false };
                LambdaParam { pat: Pat { kind, span: param.name.span }, ty: param.ty.clone() }
            })
            .collect();
        let this = named(self.intern("self"));
        let method = Expr { kind: ExprKind::Field(Box::new(this), decl.name), span: at };
        let call = Expr { kind: ExprKind::Call { callee: Box::new(method), args: args.clone() }, span: at };
        let body = Box::new(expr_block(call));
        let bound = Expr { kind: ExprKind::Lambda { params, body }, span: at };
        let wrapped = self.wrapped(bound, wraps);
        let call = Expr { kind: ExprKind::Call { callee: Box::new(wrapped), args }, span: at };
        let outer = Fn { body: Some(expr_block(call)), ..outer };
        let public = item.public;
        vec![item, Item { kind: ItemKind::Fn(outer), public, attrs: Vec::new(), span }]
    }

    /// Lines that may stand in every body and declare nothing here.
    pub(super) fn filler(&mut self) -> bool {
        let next = self.next_kind();
        let ends = matches!(next, T::Newline | T::Eof | T::Semicolon | T::Comma);
        match self.kind() {
            T::Pass | T::PassTodo | T::PassDoNothing | T::PassDn if ends => {
                self.bump();
                true
            }
            T::Text if ends => {
                self.bump();
                true
            }
            T::Name if next == T::Bang => {
                self.skip_construct(Construct::MacroCall);
                true
            }
            _ => false,
        }
    }

    /// `struct`, `class` or `mixin`; the current token is the word.
    pub(super) fn struct_item(&mut self) -> ItemKind {
        let is_class = self.bump().kind == T::Class;
        let name = self.declared_name("the name of the type");
        let generics = self.generics();
        let mut item = Struct {
            name,
            generics,
            is_class,
            fields: Vec::new(),
            methods: Vec::new(),
            mixins: Vec::new(),
            forwards: Vec::new(),
            invariants: Vec::new(),
        };
        self.parents(&mut item);
        self.where_clause(&mut item.generics);
        self.members(|parser| {
            if !parser.filler() && !parser.composed(&mut item) && !parser.method(&mut item.methods) {
                parser.fields(&mut item.fields);
            }
        });
        ItemKind::Struct(item)
    }

    fn no_inheritance(&mut self, span: Span) {
        self.report(Diagnostic::new(Code::Misplaced, span, "types have no base classes").help(
            "declare a trait for what they share, take over a mixin, or hold the other one in a field",
        ));
    }

    /// `(Base)` and `extends Base`, which are errors; `with Mixin, Mixin`.
    fn parents(&mut self, item: &mut Struct) {
        if self.t == T::LParen {
            let span = self.here();
            self.skip_brackets();
            self.no_inheritance(span);
        }
        loop {
            match self.kind() {
                T::Extends => {
                    let span = self.here();
                    self.bump();
                    self.single_type();
                    self.no_inheritance(span);
                }
                T::With => {
                    self.bump();
                    loop {
                        item.mixins.extend(self.mixed_in());
                        if !self.eat(T::Comma) {
                            break;
                        }
                    }
                }
                _ => return,
            }
        }
    }

    /// `Mixin`, `Mixin<i64>`.
    fn mixed_in(&mut self) -> Option<(Name, Vec<Type>)> {
        let name = self.name("the name of a mixin")?;
        let args = if self.t == T::Lt { self.type_args() } else { Vec::new() };
        Some((name, args))
    }

    /// `use Mixin`, `alias Trait = field`, `invariant:`.
    fn composed(&mut self, item: &mut Struct) -> bool {
        let next = self.next_kind();
        match self.kind() {
            T::Use if next.is_name() => {
                self.bump();
                loop {
                    item.mixins.extend(self.mixed_in());
                    if !self.eat(T::Comma) {
                        return true;
                    }
                }
            }
            T::Alias if next.is_name() => {
                self.bump();
                let trait_ = self.single_type();
                self.expect(T::Eq, "it is written `alias Trait = field`");
                if let Some(field) = self.any_word("the name of a field") {
                    item.forwards.push((trait_, field));
                }
                true
            }
            // A field may have that name too.
            T::Invariant if next == T::Colon && (self.kind_ahead(2) == T::Newline || !self.is_field()) => {
                self.bump();
                item.invariants.extend(self.clauses());
                true
            }
            _ => false,
        }
    }

    /// At `name: Type`, or `name: Type = default`.
    fn is_field(&mut self) -> bool {
        self.annotates(&[T::Newline, T::Eq, T::Comma, T::Eof])
    }

    /// Fields on one line, separated by commas.
    fn fields(&mut self, fields: &mut Vec<Field>) {
        loop {
            while matches!(self.t, T::Pub | T::Priv | T::Mut | T::Var | T::Val)
                && self.next_kind() != T::Colon
            {
                self.bump();
                if self.t == T::LParen {
                    self.skip_brackets();
                }
            }
            let Some(name) = self.any_word("a field or a method") else { return };
            if !self.eat(T::Colon) {
                self.fail_expected(
                    "`:` and a type",
                    "a field is written `name: i64`, or `name: i64 = 0` with a default",
                );
                return;
            }
            self.pass_newline();
            let ty = self.ty();
            let default = if self.eat(T::Eq) {
                self.pass_newline();
                Some(self.expr())
            } else {
                None
            };
            fields.push(Field { name, ty, default });
            if self.t != T::Comma {
                return;
            }
            self.bump();
            if matches!(self.t, T::Newline | T::Eof) {
                return;
            }
        }
    }

    pub(super) fn enum_item(&mut self) -> ItemKind {
        self.bump();
        let name = self.declared_name("the name of the type");
        let mut generics = self.generics();
        self.where_clause(&mut generics);
        let mut variants = Vec::new();
        let mut methods = Vec::new();
        self.members(|parser| {
            if !parser.filler() && !parser.method(&mut methods) {
                parser.variants(&mut variants);
            }
        });
        ItemKind::Enum(Enum { name, generics, variants, methods })
    }

    /// Variants on one line, separated by `,` or `|`.
    fn variants(&mut self, variants: &mut Vec<Variant>) {
        self.eat(T::Pipe);
        self.eat(T::Case);
        loop {
            let Some(name) = self.any_word("a variant or a method") else { return };
            let fields = match self.kind() {
                T::LParen => self.payload_types(T::RParen),
                T::LBrace => self.payload_types(T::RBrace),
                _ => Vec::new(),
            };
            let discriminant =
                if self.eat(T::Eq) { Some(self.binary(super::expr::level::BIT_XOR)) } else { None };
            variants.push(Variant { name, fields, discriminant });
            if !self.eat(T::Comma) && !self.eat(T::Pipe) || matches!(self.t, T::Newline | T::Eof) {
                return;
            }
        }
    }

    fn payload_types(&mut self, close: T) -> Vec<(Option<Name>, Type)> {
        let open = self.here();
        self.bracketed(|parser| {
            let mut fields = Vec::new();
            while parser.t != close && parser.t != T::Eof {
                let named = parser.t.is_word() && parser.ahead(1).kind == T::Colon;
                let name = if named { Some(parser.bump_name()) } else { None };
                if named {
                    parser.bump();
                }
                fields.push((name, parser.ty()));
                if !parser.eat(T::Comma) {
                    break;
                }
            }
            parser.close(close, open);
            fields
        })
    }

    pub(super) fn trait_item(&mut self) -> ItemKind {
        self.bump();
        let name = self.declared_name("the name of the trait");
        let mut generics = self.generics();
        let mut supers = Vec::new();
        if self.eat(T::With) {
            supers.push(self.single_type());
            while self.eat(T::Comma) {
                supers.push(self.single_type());
            }
        }
        if self.t == T::Colon && self.supers_follow() {
            self.bump();
            supers = self.bounds();
        }
        self.where_clause(&mut generics);
        let mut types = Vec::new();
        let mut methods = Vec::new();
        self.members(|parser| {
            if parser.t == T::Type && parser.next_kind().is_name() {
                types.extend(parser.associated_type());
            } else if !parser.filler() && !parser.method(&mut methods) {
                parser.fail_expected(
                    "a method",
                    "a trait holds `fn name(a: T) -> U`, with or without a body, and `type Name`",
                );
            }
        });
        ItemKind::Trait(Trait { name, generics, supers, types, methods })
    }

    /// Behind the `:` of a trait: super-traits rather than members.
    fn supers_follow(&mut self) -> bool {
        let next = self.ahead(1);
        !next.first && next.kind.is_name() && !matches!(next.kind, T::Me | T::Static | T::Type | T::Pass)
    }

    /// `type Item`, `type Item: Bound`, `type Item = T`.
    fn associated_type(&mut self) -> Option<(Name, Option<Type>)> {
        self.bump();
        let name = self.name("the name of the type")?;
        if self.eat(T::Colon) {
            self.bounds();
        }
        let ty = if self.eat(T::Eq) { Some(self.ty()) } else { None };
        Some((name, ty))
    }

    pub(super) fn impl_item(&mut self) -> ItemKind {
        self.bump();
        let mut generics: Generics = if self.t == T::Lt { self.generics() } else { Generics::default() };
        let first = self.single_type();
        let (trait_, self_ty) =
            if self.eat(T::For) { (Some(first), self.single_type()) } else { (None, first) };
        self.where_clause(&mut generics);
        let mut types = Vec::new();
        let mut methods = Vec::new();
        self.members(|parser| {
            if parser.t == T::Type && parser.next_kind().is_name() {
                let ty = parser.associated_type();
                types.extend(ty.and_then(|(name, ty)| ty.map(|ty| (name, ty))));
            } else if !parser.filler() && !parser.method(&mut methods) {
                parser.fail_expected("a method", "an `impl` holds functions: `fn name(a: T) -> U:`");
            }
        });
        ItemKind::Impl(Impl { generics, trait_, self_ty, types, methods })
    }
}

/// A block that is an expression.
fn expr_block(value: Expr) -> Block {
    let span = value.span;
    Block { stmts: vec![Stmt { kind: StmtKind::Expr(value), span }], span }
}
