//! Lambdas in every spelling, and the placeholders that stand for them.

use super::layout::Flat;
use super::{Parser, Placeholders};
use crate::ast::{Arg, Block, Expr, ExprKind, LambdaParam, Name, Pat, PatKind, Stmt, StmtKind};
use crate::notes::Role;
use crate::token::T;
use base::Span;

impl Parser<'_> {
    /// `\x, y: e`; the current token is `\`.
    #[inline(never)]
    pub(super) fn lambda(&mut self) -> Expr {
        let start = self.start();
        self.bump();
        // The older `\\x` means the same.
        self.eat(T::Backslash);
        let mut params = Vec::new();
        while !matches!(self.t, T::Colon | T::Eof | T::Newline) {
            params.push(self.lambda_param());
            if !self.eat(T::Comma) {
                break;
            }
        }
        self.expect(T::Colon, "a lambda is written `\\x: x + 1`, with `:` before its body");
        self.lambda_body(start, params)
    }

    fn lambda_param(&mut self) -> LambdaParam {
        let typed = self.t.is_name() && self.annotates(&[T::Colon, T::Comma]) && self.annotation_is_plain();
        let pat = self.lambda_pattern();
        let ty = if typed && self.eat(T::Colon) { Some(self.single_type()) } else { None };
        LambdaParam { pat, ty }
    }

    /// `\x: T: e` is read as typed only where `T` cannot well be the body: a built-in or capitalised type.
    fn annotation_is_plain(&mut self) -> bool {
        let token = self.ahead(2);
        if self.is_capitalised(token) {
            return self.scan_type(2).is_some_and(|end| self.ahead(end).kind == T::Colon);
        }
        let text = self.text_of(self.span_of(token));
        matches!(
            text,
            "i8" | "i16"
                | "i32"
                | "i64"
                | "u8"
                | "u16"
                | "u32"
                | "u64"
                | "f32"
                | "f64"
                | "int"
                | "float"
                | "bool"
                | "text"
                | "str"
                | "any"
        )
    }

    fn lambda_pattern(&mut self) -> Pat {
        if self.t == T::LParen {
            return self.single_pattern();
        }
        let start = self.start();
        let mutable = self.t == T::Mut && self.next_kind().is_name() && self.eat(T::Mut);
        match self.name("a parameter") {
            Some(name) => self.name_pattern(name, mutable),
            None => Pat { kind: PatKind::Error, span: self.span_from(start) },
        }
    }

    /// A name as pattern: `_` matches anything.
    pub(super) fn name_pattern(&self, name: Name, mutable: bool) -> Pat {
        let wild = self.cx.names.name(name.sym) == "_";
        let kind = if wild { PatKind::Wild } else { PatKind::Name { name, mutable } };
        Pat { kind, span: name.span }
    }

    /// What follows the parameters of a lambda.
    pub(super) fn lambda_body(&mut self, start: u32, params: Vec<LambdaParam>) -> Expr {
        let placeholders = self.placeholders.take();
        let below = self.token().first && !self.recovering && self.token().kind != T::Eof;
        let body = if below { self.lines_body(Flat::None) } else { self.inline_statement() };
        self.placeholders = placeholders;
        self.expr_at(start, ExprKind::Lambda { params, body: Box::new(body) })
    }

    /// `fn(x, y): e`; the current token is `fn`.
    #[inline(never)]
    pub(super) fn fn_lambda(&mut self) -> Expr {
        let start = self.start();
        self.bump();
        let mut params = Vec::new();
        if self.t == T::LParen {
            let open = self.here();
            self.bracketed(|parser| {
                while !matches!(parser.t, T::RParen | T::Eof) {
                    let pat = parser.lambda_pattern();
                    let ty = if parser.eat(T::Colon) { Some(parser.ty()) } else { None };
                    params.push(LambdaParam { pat, ty });
                    if !parser.eat(T::Comma) {
                        break;
                    }
                }
                parser.close(T::RParen, open);
            });
        } else {
            self.fail_expected("`(`", "a function value is written `fn(x): x + 1`");
        }
        if self.eat(T::Arrow) {
            self.ty();
        }
        self.expect(T::Colon, "a function value is written `fn(x): x + 1`");
        self.lambda_body(start, params)
    }

    /// `|x, y| e`; the current token is `|` or `||`.
    #[inline(never)]
    pub(super) fn pipe_lambda(&mut self) -> Expr {
        let start = self.start();
        let mut params = Vec::new();
        if self.bump().kind == T::Pipe {
            while !matches!(self.t, T::Pipe | T::Eof | T::Newline) {
                let pat = self.lambda_pattern();
                let ty = if self.eat(T::Colon) { Some(self.single_type()) } else { None };
                params.push(LambdaParam { pat, ty });
                if !self.eat(T::Comma) {
                    break;
                }
            }
            self.expect(T::Pipe, "a lambda is written `|x| x + 1` or `\\x: x + 1`");
        }
        self.eat(T::Colon);
        self.lambda_body(start, params)
    }

    /// `x => e` and `(x, y) => e`; the caller has looked ahead.
    pub(super) fn arrow_lambda(&mut self) -> Expr {
        let start = self.start();
        let mut params: Vec<LambdaParam> = Vec::new();
        if self.t == T::LParen {
            let open = self.here();
            self.bracketed(|parser| {
                while !matches!(parser.t, T::RParen | T::Eof) {
                    let pat = parser.lambda_pattern();
                    params.push(LambdaParam { pat, ty: None });
                    if !parser.eat(T::Comma) {
                        break;
                    }
                }
                parser.close(T::RParen, open);
            });
        } else {
            let pat = self.lambda_pattern();
            params.push(LambdaParam { pat, ty: None });
        }
        self.expect(T::FatArrow, "a lambda is written `x => x + 1` or `\\x: x + 1`");
        self.lambda_body(start, params)
    }

    /// `&:len`: a lambda that calls the method on its parameter. The current token is `&`.
    #[inline(never)]
    pub(super) fn method_reference(&mut self) -> Expr {
        let start = self.start();
        self.note(Role::Prefix);
        self.bump();
        self.note(Role::Prefix);
        self.bump();
        let Some(name) = self.any_word("a method name") else { return self.error_expr() };
        let span = self.span_from(start);
        let param = Name { sym: self.intern("_1"), span };
        let base = Expr { kind: ExprKind::Name(param.sym), span };
        let callee = Expr { kind: ExprKind::Field(Box::new(base), name), span };
        let call = Expr { kind: ExprKind::Call { callee: Box::new(callee), args: Vec::new() }, span };
        simple_lambda(vec![param], call)
    }

    /// Reads one argument with `read`; where it holds placeholders, it becomes a lambda over them.
    pub(super) fn with_placeholders(&mut self, read: impl FnOnce(&mut Self) -> Expr) -> Expr {
        let outer = self.placeholders.replace(Placeholders::default());
        let value = read(self);
        let found = std::mem::replace(&mut self.placeholders, outer).unwrap_or_default();
        if found.names.is_empty() { value } else { simple_lambda(found.names, value) }
    }

    /// `_`, `_1`, `_2`, … as operand: the parameter it stands for, where it stands in an argument.
    pub(super) fn placeholder(&mut self, name: Name) -> Option<Name> {
        let text = self.cx.names.name(name.sym);
        let number = match text.strip_prefix('_')? {
            "" => None,
            digits if digits.len() <= 2 && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(digits.parse::<usize>().ok()?)
            }
            _ => return None,
        };
        let have = self.placeholders.as_ref()?.names.len();
        let wanted = match number {
            // Each `_` is the next parameter.
            None => have + 1,
            Some(0) => return None,
            Some(number) => number.min(9),
        };
        for index in have..wanted {
            let sym = self.intern(&format!("_{}", index + 1));
            if let Some(placeholders) = &mut self.placeholders {
                placeholders.names.push(Name { sym, span: name.span });
            }
        }
        let sym = self.intern(&format!("_{wanted}"));
        Some(Name { sym, span: name.span })
    }

    /// A block behind a call, `f(a):` and deeper lines, as its last argument.
    pub(super) fn block_argument(&mut self) -> Arg {
        let start = self.start();
        self.bump();
        let placeholders = self.placeholders.take();
        let body = self.lines_body(Flat::None);
        self.placeholders = placeholders;
        let value = self.expr_at(start, ExprKind::Lambda { params: Vec::new(), body: Box::new(body) });
        Arg { name: None, value, spread: false }
    }
}

/// A lambda over plain names.
fn simple_lambda(names: Vec<Name>, value: Expr) -> Expr {
    let span = value.span;
    let param = |name: Name| LambdaParam {
        pat: Pat { kind: PatKind::Name { name, mutable: false }, span: name.span },
        ty: None,
    };
    let params = names.into_iter().map(param).collect();
    let body = value_block(value, span);
    Expr { kind: ExprKind::Lambda { params, body: Box::new(body) }, span }
}

/// A block of one expression.
pub(super) fn value_block(value: Expr, span: Span) -> Block {
    Block { stmts: vec![Stmt { kind: StmtKind::Expr(value), span }], span }
}
