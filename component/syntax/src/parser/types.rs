//! Types, type parameters and `where` clauses.

use super::Parser;
use crate::ast::{ExprKind, GenericParam, Generics, Name, Type, TypeKind};
use crate::notes::Role;
use crate::token::T;
use crate::unsupported::Construct;
use base::{Code, Diagnostic};

impl Parser<'_> {
    /// A type, with `A | B` unions.
    pub(super) fn ty(&mut self) -> Type {
        let first = self.single_type();
        if self.t != T::Pipe {
            return first;
        }
        let start = first.span.start;
        let mut members = vec![first];
        while self.t == T::Pipe {
            self.note(Role::Infix);
            self.bump();
            members.push(self.single_type());
        }
        Type { kind: TypeKind::Union(members), span: self.span_from(start) }
    }

    /// A type without unions.
    pub(super) fn single_type(&mut self) -> Type {
        let start = self.start();
        let kind = if self.enter() { self.base_type() } else { TypeKind::Error };
        let mut ty = Type { kind, span: self.span_from(start) };
        let chain = self.begin_chain();
        while matches!(self.t, T::Question | T::QuestionQuestion) {
            let twice = self.bump().kind == T::QuestionQuestion;
            for _ in 0..=u8::from(twice) {
                if !self.link() {
                    break;
                }
                ty = Type { span: self.span_from(start), kind: TypeKind::Option(Box::new(ty)) };
            }
        }
        self.end_chain(chain);
        self.leave();
        ty
    }

    fn base_type(&mut self) -> TypeKind {
        match self.kind() {
            T::LBracket => self.array_type(),
            T::LBrace => self.brace_type(),
            T::LParen => self.paren_type(),
            T::Fn => {
                self.bump();
                if self.t != T::LParen {
                    self.fail_expected(
                        "`(` and the parameter types",
                        "a function type is written `fn(i64, text) -> bool`",
                    );
                    return TypeKind::Error;
                }
                let params = self.type_tuple();
                let result = self.eat(T::Arrow).then(|| Box::new(self.single_type()));
                TypeKind::Fn(params, result)
            }
            T::Dyn => {
                self.bump();
                TypeKind::Dyn(Box::new(self.single_type()))
            }
            T::Nil => {
                let name = self.bump_name();
                TypeKind::Path { path: vec![name], args: Vec::new() }
            }
            // Instances are references anyway, values are passed as they are.
            T::Amp | T::AmpAmp | T::Star => {
                self.bump();
                if matches!(self.t, T::Mut | T::Const) {
                    self.bump();
                }
                self.single_type().kind
            }
            T::Minus | T::Plus => {
                let word = self.t.text();
                let span = self.here();
                self.bump();
                if matches!(self.t, T::Mut | T::Const) {
                    self.bump();
                }
                self.single_type();
                TypeKind::NotYet(self.unsupported_at(Construct::PointerType, word, span))
            }
            // A type of the name `iso` may stand before anything else.
            T::Mut | T::Iso
                if self.next_kind().is_name()
                    || matches!(self.next_kind(), T::LBracket | T::LBrace) && self.ahead(1).spaced =>
            {
                self.bump();
                self.single_type().kind
            }
            kind if kind.is_name() => self.path_type(),
            _ => {
                self.fail_expected(
                    "a type",
                    "types look like `i64`, `text`, `[T]`, `{K: V}`, `T?` or `fn(A) -> B`",
                );
                TypeKind::Error
            }
        }
    }

    fn path_type(&mut self) -> TypeKind {
        let path = self.type_path();
        let first = path[0];
        let mut args = Vec::new();
        match self.kind() {
            T::Lt => args = self.type_args(),
            T::LBracket if !self.token().spaced => {
                let span = self.here();
                if self.cx.names.name(first.sym) == "vec" {
                    self.skip_brackets();
                    return TypeKind::NotYet(self.unsupported_at(Construct::SimdType, "vec", first.span));
                }
                args = self.bracketed(|parser| {
                    let mut args = Vec::new();
                    while !matches!(parser.t, T::RBracket | T::Eof) {
                        args.push(parser.ty());
                        if !parser.eat(T::Comma) {
                            break;
                        }
                    }
                    parser.close(T::RBracket, span);
                    args
                });
                self.report(
                    Diagnostic::new(
                        Code::Deprecated,
                        span,
                        "type arguments in square brackets are an older spelling",
                    )
                    .help("write them in angle brackets, as in `List<i64>`"),
                );
            }
            T::LParen if !self.token().spaced && self.cx.names.name(first.sym) == "const_keys" => {
                self.skip_brackets();
                return TypeKind::NotYet(self.unsupported_at(
                    Construct::KeySetType,
                    "const_keys",
                    first.span,
                ));
            }
            _ => {}
        }
        TypeKind::Path { path, args }
    }

    /// `a.b.C` or `a::b::C`; at least one name is there.
    pub(super) fn type_path(&mut self) -> Vec<Name> {
        let mut path = vec![self.bump_name()];
        while matches!(self.t, T::Dot | T::ColonColon) {
            self.bump();
            match self.any_word("the next name of the path") {
                Some(name) => path.push(name),
                None => break,
            }
        }
        path
    }

    /// `<A, B>`; the current token is `<`.
    pub(super) fn type_args(&mut self) -> Vec<Type> {
        let open = self.here();
        let args = self.bracketed(|parser| {
            let mut args = Vec::new();
            while !matches!(parser.t, T::Gt | T::Shr | T::Eof) {
                args.push(parser.type_arg());
                if !parser.eat(T::Comma) {
                    break;
                }
            }
            parser.close_angle(open);
            args
        });
        self.refresh();
        args
    }

    fn type_arg(&mut self) -> Type {
        let start = self.start();
        if self.t == T::Int {
            let number = self.unary();
            let kind = match number.kind {
                ExprKind::Int(value, None) => TypeKind::Number(value),
                _ => {
                    self.fail_expected(
                        "a type or a number",
                        "a type argument that is a number has no suffix",
                    );
                    TypeKind::Error
                }
            };
            return Type { kind, span: self.span_from(start) };
        }
        if self.t.is_name() && self.ahead(1).kind == T::Eq {
            let name = self.bump_name();
            self.bump();
            let kind = TypeKind::Binding(name, Box::new(self.ty()));
            return Type { kind, span: self.span_from(start) };
        }
        self.ty()
    }

    /// Takes one `>`, splitting it off from `>>`, `>=` and `>>=`.
    pub(super) fn close_angle(&mut self, open: base::Span) {
        let rest = match self.kind() {
            T::Gt => {
                self.bump();
                return;
            }
            T::Shr => T::Gt,
            T::GtEq => T::Eq,
            T::ShrEq => T::GtEq,
            _ => return self.close(T::Gt, open),
        };
        let token = &mut self.window[self.head];
        token.kind = rest;
        token.start += 1;
        token.spaced = false;
        token.first = false;
        self.last_end = token.start;
        self.refresh();
    }

    fn array_type(&mut self) -> TypeKind {
        let open = self.here();
        self.bracketed(|parser| {
            let element = Box::new(parser.ty());
            let kind = if parser.eat(T::Semicolon) {
                TypeKind::FixedArray(element, Box::new(parser.expr()))
            } else {
                TypeKind::Array(element)
            };
            parser.close(T::RBracket, open);
            kind
        })
    }

    fn brace_type(&mut self) -> TypeKind {
        let open = self.here();
        self.bracketed(|parser| {
            let key = Box::new(parser.ty());
            let kind = if parser.eat(T::Colon) {
                TypeKind::Dict(key, Box::new(parser.ty()))
            } else {
                TypeKind::Set(key)
            };
            parser.close(T::RBrace, open);
            kind
        })
    }

    fn paren_type(&mut self) -> TypeKind {
        let mut types = self.type_tuple();
        if self.t == T::Arrow {
            self.bump();
            return TypeKind::Fn(types, Some(Box::new(self.single_type())));
        }
        if types.len() == 1 { types.remove(0).kind } else { TypeKind::Tuple(types) }
    }

    /// `(A, B)`; the current token is `(`. Names before the types are allowed and mean nothing.
    fn type_tuple(&mut self) -> Vec<Type> {
        let open = self.here();
        self.bracketed(|parser| {
            let mut types = Vec::new();
            while !matches!(parser.t, T::RParen | T::Eof) {
                if parser.t.is_name() && parser.next_kind() == T::Colon {
                    parser.bump();
                    parser.bump();
                }
                types.push(parser.ty());
                if !parser.eat(T::Comma) {
                    break;
                }
            }
            parser.close(T::RParen, open);
            types
        })
    }

    /// `<T: A + B, U>`, or the older `[T]`; nothing where neither is there.
    pub(super) fn generics(&mut self) -> Generics {
        let mut generics = Generics::default();
        let open = self.here();
        let angle = match self.kind() {
            T::Lt => true,
            T::LBracket => {
                self.report(
                    Diagnostic::new(
                        Code::Deprecated,
                        open,
                        "type parameters in square brackets are an older spelling",
                    )
                    .help("write them in angle brackets, as in `fn first<T>(xs: [T])`"),
                );
                false
            }
            _ => return generics,
        };
        self.bracketed(|parser| {
            while !matches!(parser.t, T::Gt | T::RBracket | T::Eof) {
                generics.params.extend(parser.generic_param());
                if !parser.eat(T::Comma) {
                    break;
                }
            }
            if angle { parser.close_angle(open) } else { parser.close(T::RBracket, open) }
        });
        generics
    }

    fn generic_param(&mut self) -> Option<GenericParam> {
        let is_constant = self.t == T::Const && self.next_kind().is_name();
        if is_constant {
            self.bump();
        }
        let name = self.name("the name of a type parameter")?;
        let mut bounds = if self.eat(T::Colon) { self.bounds() } else { Vec::new() };
        let constant = if is_constant { bounds.pop() } else { None };
        if is_constant && constant.is_none() {
            self.fail_expected("`:` and a type", "a number as type parameter is written `const N: usize`");
        }
        let default = if self.eat(T::Eq) { Some(self.type_arg()) } else { None };
        Some(GenericParam { name, constant, bounds, default })
    }

    /// `A + B`.
    pub(super) fn bounds(&mut self) -> Vec<Type> {
        let mut bounds = Vec::new();
        loop {
            let start = self.start();
            if self.eat(T::Bang) {
                let kind = TypeKind::Not(Box::new(self.single_type()));
                bounds.push(Type { kind, span: self.span_from(start) });
            } else {
                bounds.push(self.single_type());
            }
            if !self.eat(T::Plus) {
                return bounds;
            }
        }
    }

    /// `where T: A + B, U: C`, on the same line or deeper on the next.
    pub(super) fn where_clause(&mut self, generics: &mut Generics) {
        if self.t == T::Newline && self.token().kind == T::Where && !self.continues_with(true) {
            return;
        }
        if self.t != T::Where {
            return;
        }
        self.bump();
        loop {
            self.pass_newline();
            if self.recovering {
                return;
            }
            let ty = self.single_type();
            self.expect(T::Colon, "a condition is written `where T: Trait`");
            let bounds = self.bounds();
            generics.wheres.push((ty, bounds));
            if !self.eat(T::Comma) {
                return;
            }
        }
    }
}
