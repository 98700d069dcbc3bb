//! `e as T`.

use super::Infer;
use super::ity::{Con, T, VarKind};
use super::solve::{At, Outcome};
use super::tree::{ICallee, ICond, IExpr, IKind, IPat, IPatKind};
use crate::hir::AdtKind;
use crate::scheme::Constraint;
use base::{Code, Diagnostic, Span};
use syntax::ast;

impl<'a> Infer<'a> {
    pub fn cast(&mut self, value: &'a ast::Expr, ty: &'a ast::Type, span: Span) -> IExpr {
        let scope = self.items();
        let to = self.resolve_type(scope, ty);
        let to = self.own_ty(to);
        let numeric = matches!(self.tt.con_of(to), Some(Con::Int(_) | Con::Float(_)));
        // A literal is an i64 or f64 first: `300 as u8` wraps, `3.9 as i64` cuts.
        let value = self.infer(value, if numeric { None } else { Some(to) });
        let value = self.soften(value);
        let from = self.known(value.ty);
        if let Some((pat, found)) = self.member_pattern(from, to, span) {
            let otherwise = self.no_member(to, span);
            return self.if_member(pat, value, found, otherwise, span);
        }
        self.cast_value(value, ty, to, span)
    }

    /// The pattern that a union matches where it holds a type that is one of its members, and the value that it binds.
    fn member_pattern(&mut self, union: T, to: T, span: Span) -> Option<(IPat, IExpr)> {
        let variant = self.member_for(to, union)? as u32;
        let bind = self.temp(to, span);
        let inner = IPat { kind: IPatKind::Bind(bind), ty: to, span };
        let pat = IPat { kind: IPatKind::Variant { variant, args: vec![inner] }, ty: union, span };
        Some((pat, self.bind_expr(bind, span)))
    }

    fn if_member(&mut self, pat: IPat, value: IExpr, then: IExpr, otherwise: IExpr, span: Span) -> IExpr {
        let ty = then.ty;
        let cond = Box::new(ICond::Let { pat, value });
        let (then, otherwise) = (Box::new(then), Some(Box::new(otherwise)));
        self.expr(IKind::If { cond, then, otherwise }, ty, span)
    }

    /// What ends the program where a union holds another member.
    fn no_member(&mut self, wanted: T, span: Span) -> IExpr {
        let Some(id) = self.lang("no_member") else { return self.error_expr(span) };
        let (name, text, never) = (self.show(wanted), self.tt.text(), self.tt.never());
        let name = self.expr(IKind::Text(name), text, span);
        self.expr(IKind::Call { callee: ICallee::Fn(id, Vec::new()), args: vec![name] }, never, span)
    }

    /// A value cast to a type.
    fn cast_value(&mut self, value: IExpr, ty: &'a ast::Type, to: T, span: Span) -> IExpr {
        if self.tt.kind_of(value.ty).is_some_and(|kind| kind != VarKind::General) {
            self.default_literals(value.ty);
        }
        if self.is_char(ty) && matches!(self.tt.con_of(value.ty), Some(Con::Int(_))) {
            // The character of a code point, not the number's digits.
            let code = self.tt.i64();
            let number = self.expr(IKind::Cast(Box::new(value)), code, span);
            let chr = ast::Name { sym: self.cx.names.intern("chr"), span };
            return self.member_get(number, chr, false, span);
        }
        let from = value.ty;
        self.add(Constraint::Cast { from, to }, span, None);
        self.expr(IKind::Cast(Box::new(value)), to, span)
    }

    /// `e as T unwrap or: d`: the other value where the cast fails. None where it never does.
    pub fn cast_or(
        &mut self,
        value: &'a ast::Expr,
        ty: &'a ast::Type,
        kind: ast::UnwrapKind,
        fallback: &'a ast::Expr,
        span: Span,
    ) -> Option<IExpr> {
        let scope = self.items();
        let id = self.resolve_type(scope, ty);
        let to = self.own_ty(id);
        let inner = self.infer(value, None);
        let inner = self.soften(inner);
        let from = self.known(inner.ty);
        let tested = match (self.tt.con_of(from), self.tt.con_of(to)) {
            // A dynamic value holds one of that type, or another.
            (Some(Con::Any), Some(to)) if to != Con::Any => true,
            // A number is read from the text.
            (Some(Con::Text), Some(Con::Int(_) | Con::Float(_))) => false,
            (Some(Con::Option), _) | (_, None) | (None, _) => return None,
            _ if self.union_members(from).is_some() => true,
            _ => {
                let value = self.cast_value(inner, ty, to, span);
                return Some(value);
            }
        };
        let option = self.tt.option(to);
        let present = if let Some((pat, found)) = self.member_pattern(from, to, span) {
            let then = self.expr(IKind::Some(Box::new(found)), option, span);
            let otherwise = self.expr(IKind::Nil, option, span);
            self.if_member(pat, inner, then, otherwise, span)
        } else if tested {
            let bind = self.temp(to, span);
            let pat = IPat { kind: IPatKind::Bind(bind), ty: to, span };
            let pat = IPat { kind: IPatKind::Is(id, Box::new(pat)), ty: from, span };
            let found = self.bind_expr(bind, span);
            let then = self.expr(IKind::Some(Box::new(found)), option, span);
            let otherwise = self.expr(IKind::Nil, option, span);
            let cond = Box::new(ICond::Let { pat, value: inner });
            let (then, otherwise) = (Box::new(then), Some(Box::new(otherwise)));
            self.expr(IKind::If { cond, then, otherwise }, option, span)
        } else {
            let is_float = matches!(self.tt.con_of(to), Some(Con::Float(_)));
            let name = self.cx.names.intern(if is_float { "parse_float" } else { "parse_int" });
            self.member_get(inner, ast::Name { sym: name, span }, false, span)
        };
        let other = self.fallback(kind, fallback, Some(to));
        Some(self.coalesced(present, other, span))
    }

    /// True for the type of one-character texts, which is `text` but for casts.
    fn is_char(&self, ty: &ast::Type) -> bool {
        match &ty.kind {
            ast::TypeKind::Path { path, .. } => path.len() == 1 && self.cx.names.name(path[0].sym) == "char",
            _ => false,
        }
    }

    pub fn solve_cast(&mut self, at: &At, from: T, to: T) -> Outcome {
        use Con::{Adt, Any, Bool, Error, Float, Int, Never, Param, Text};
        let (from, to) = (self.tt.shallow(from), self.tt.shallow(to));
        if from == to {
            return Outcome::Solved;
        }
        let Some(from_con) = self.tt.con_of(from) else {
            if self.tt.kind_of(from) != Some(VarKind::General) {
                self.default_literals(from);
                return self.solve_cast(at, from, to);
            }
            return Outcome::Blocked(vec![from]);
        };
        let Some(to_con) = self.tt.con_of(to) else { return Outcome::Blocked(vec![to]) };
        let fits = match (from_con, to_con) {
            (Error | Never | Any, _) | (_, Error | Any) => true,
            (Int(_) | Float(_) | Bool, Int(_) | Float(_) | Bool) => true,
            (Int(_) | Float(_) | Bool | Text, Text) => true,
            // One character to its code point.
            (Text, Int(_)) => true,
            (Adt(id), _) if self.is_union(id) => self.convertible_types(from, to),
            (Adt(id), Int(_)) => matches!(self.p.adts[id].kind, AdtKind::Enum(_)),
            (Param(_), _) | (_, Param(_)) => return Outcome::Blocked(Vec::new()),
            _ => self.convertible_types(from, to),
        };
        if !fits {
            let (found, wanted) = (self.show(from), self.show(to));
            let mut diagnostic =
                Diagnostic::new(Code::BadCast, at.span, format!("`{found}` cannot be cast to `{wanted}`"));
            if from_con == Con::Option {
                diagnostic = diagnostic.help("unwrap the option first");
            }
            self.fail(at, diagnostic);
        }
        Outcome::Solved
    }
}
