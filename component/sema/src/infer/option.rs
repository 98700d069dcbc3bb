//! What may be absent: `??`, `unwrap` with its endings, `?` and `?.`.

use super::Infer;
use super::convert::Why;
use super::ity::{Con, T};
use super::solve::{At, Outcome};
use super::tree::{IExpr, IKind};
use crate::scheme::Constraint;
use base::{Code, Diagnostic, Span};
use syntax::ast::{self, ExprKind, UnwrapKind};

impl<'a> Infer<'a> {
    pub fn coalesce(
        &mut self,
        left: &'a ast::Expr,
        right: &'a ast::Expr,
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        let (left, hint) = self.present_operand(left, expect);
        let right = self.infer(right, hint.or(expect));
        self.coalesced(left, right, span)
    }

    /// The left side of `??` with the type of its payload, where that is known.
    fn present_operand(&mut self, left: &'a ast::Expr, expect: Option<T>) -> (IExpr, Option<T>) {
        let wanted =
            expect.filter(|&ty| self.tt.con_of(ty).is_some_and(|con| con != Con::Option && con != Con::Any));
        let hint = wanted.map(|ty| self.tt.option(ty));
        let left = self.infer(left, hint);
        let left_ty = self.known(left.ty);
        let inner = match self.tt.con_of(left_ty) {
            Some(Con::Option) => Some(self.tt.arg(left_ty, 0)),
            Some(Con::Adt(id)) if Some(id) == self.p.result => Some(self.tt.arg(left_ty, 0)),
            _ => None,
        };
        (left, inner)
    }

    /// `left ?? right` of values.
    pub fn coalesced(&mut self, left: IExpr, right: IExpr, span: Span) -> IExpr {
        let ret = self.fresh();
        let (lt, rt) = (left.ty, right.ty);
        self.add(Constraint::Coalesce { left: lt, right: rt, ret }, span, None);
        let right_span = right.span;
        let right = self.expr(IKind::Coerce(Box::new(right)), ret, right_span);
        self.expr(IKind::Coalesce(Box::new(left), Box::new(right)), ret, span)
    }

    pub fn solve_coalesce(&mut self, at: &At, left: T, right: T, ret: T, force: bool) -> Outcome {
        let inner = match self.tt.con_of(left) {
            None if force => {
                let inner = self.fresh();
                let option = self.tt.option(inner);
                let _ = self.tt.unify(left, option);
                inner
            }
            None => return Outcome::Blocked(vec![left]),
            Some(Con::Option) => self.tt.arg(left, 0),
            Some(Con::Adt(id)) if Some(id) == self.p.result => self.tt.arg(left, 0),
            // Never nil: the other side is never used.
            Some(_) => left,
        };
        let (inner, right) = (self.tt.shallow(inner), self.tt.shallow(right));
        if self.tt.con_of(right) == Some(Con::Option) && self.tt.con_of(inner) != Some(Con::Option) {
            let _ = self.tt.unify(ret, right);
            self.coerce_type(at, inner, right, false);
            return Outcome::Solved;
        }
        let _ = self.tt.unify(ret, inner);
        self.coerce_type(at, right, ret, false);
        Outcome::Solved
    }

    pub fn unwrap(
        &mut self,
        value: &'a ast::Expr,
        kind: UnwrapKind,
        fallback: &'a ast::Expr,
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        if let ExprKind::Cast(inner, ty) = &value.kind
            && let Some(value) = self.cast_or(inner, ty, kind, fallback, span)
        {
            return value;
        }
        let (value, hint) = self.present_operand(value, expect);
        let other = self.fallback(kind, fallback, hint.or(expect));
        self.coalesced(value, other, span)
    }

    /// What an `unwrap` gives where there is no value.
    pub fn fallback(&mut self, kind: UnwrapKind, fallback: &'a ast::Expr, expect: Option<T>) -> IExpr {
        match (kind, &fallback.kind) {
            (UnwrapKind::Or, _) => self.infer(fallback, expect),
            // The function is called at once: its body is a block as any other.
            (UnwrapKind::Else, ExprKind::Lambda { params, body }) if params.is_empty() => {
                self.block(body, expect, true)
            }
            (UnwrapKind::Else, ExprKind::Block(body)) => self.block(body, expect, true),
            (UnwrapKind::Else, _) => {
                let callee = self.infer(fallback, None);
                self.call_value(callee, &[], fallback.span)
            }
            (UnwrapKind::OrReturn, _) => self.return_stmt(Some(fallback), fallback.span),
        }
    }

    pub fn try_expr(&mut self, value: &'a ast::Expr, span: Span) -> IExpr {
        let value = self.infer(value, None);
        self.not_deferred("`?`", span);
        let ret = match self.frame().ret.clone() {
            super::Ret::Declared(ty) => ty,
            super::Ret::Inferred { .. } => {
                // One more result: what `?` returns.
                let early = self.fresh();
                if let super::Ret::Inferred { inputs, .. } = &mut self.frame().ret {
                    inputs.push(early);
                }
                early
            }
            super::Ret::Unit => self.tt.unit(),
        };
        let ok = self.fresh();
        let ty = value.ty;
        self.add(Constraint::Try { value: ty, ok, ret }, span, None);
        self.expr(IKind::Try(Box::new(value)), ok, span)
    }

    pub fn solve_try(&mut self, at: &At, value: T, ok: T, ret: T) -> Outcome {
        let Some(con) = self.tt.con_of(value) else { return Outcome::Blocked(vec![value]) };
        let result = self.p.result;
        match con {
            Con::Error => {
                let _ = self.tt.unify(ok, value);
            }
            Con::Option => {
                let inner = self.tt.arg(value, 0);
                let _ = self.tt.unify(ok, inner);
                match self.tt.con_of(ret) {
                    None => {
                        let inner = self.fresh();
                        let option = self.tt.option(inner);
                        let _ = self.tt.unify(ret, option);
                    }
                    Some(Con::Option | Con::Any | Con::Error) => {}
                    Some(_) => self.bad_try(at, "nil", ret),
                }
            }
            Con::Adt(id) if Some(id) == result => {
                let (value_ok, error) = (self.tt.arg(value, 0), self.tt.arg(value, 1));
                let _ = self.tt.unify(ok, value_ok);
                match self.tt.con_of(ret) {
                    None => {
                        let other = self.fresh();
                        let early = self.tt.app(con, vec![other, error]);
                        let _ = self.tt.unify(ret, early);
                    }
                    Some(found) if found == con => {
                        let wanted = self.tt.arg(ret, 1);
                        self.same(at.span, error, wanted, &Why::Other("the error that `?` returns"));
                    }
                    Some(Con::Any | Con::Error) => {}
                    Some(_) => self.bad_try(at, "the error", ret),
                }
            }
            _ => {
                let text = self.show(value);
                self.fail(
                    at,
                    Diagnostic::new(
                        Code::BadOperator,
                        at.span,
                        format!("`?` needs an option or a Result, this is `{text}`"),
                    ),
                );
                let error = self.tt.error();
                let _ = self.tt.unify(ok, error);
            }
        }
        Outcome::Solved
    }

    fn bad_try(&mut self, at: &At, what: &str, ret: T) {
        let text = self.show(ret);
        self.fail(
            at,
            Diagnostic::new(
                Code::Misplaced,
                at.span,
                format!("`?` returns {what}, but this function gives `{text}`"),
            )
            .help("declare an option or a Result as the function's result, or use `match`"),
        );
    }

    /// `a?.b`: nil where `a` is nil.
    pub fn opt_chain(
        &mut self,
        base: &'a ast::Expr,
        name: ast::Name,
        call: Option<&'a [ast::Arg]>,
        span: Span,
    ) -> IExpr {
        use super::tree::{ICond, IPat, IPatKind};
        let base = self.infer(base, None);
        let ty = self.known(base.ty);
        let inner = match self.tt.con_of(ty) {
            Some(Con::Option) => self.tt.arg(ty, 0),
            None => {
                let inner = self.fresh();
                let option = self.tt.option(inner);
                self.same(span, ty, option, &Why::Other("what stands before `?.`"));
                inner
            }
            // Never nil: an ordinary member, still as an option.
            Some(_) => ty,
        };
        let is_option = self.tt.con_of(ty) == Some(Con::Option);
        let base_span = base.span;
        let bind = self.temp(inner, base_span);
        let recv = self.bind_expr(bind, base_span);
        let member = match call {
            Some(args) => self.method_call(recv, name, args, None, false, span),
            None => self.member_get(recv, name, false, span),
        };
        let member_ty = self.known(member.ty);
        let ret = match self.tt.con_of(member_ty) {
            Some(Con::Option | Con::Any) => member_ty,
            _ => self.tt.option(member_ty),
        };
        let then = self.coerce(member, ret, &Why::Other("the member"));
        let bound = IPat { kind: IPatKind::Bind(bind), ty: inner, span: base_span };
        let pat = if is_option {
            IPat { kind: IPatKind::Some(Box::new(bound)), ty, span: base_span }
        } else {
            bound
        };
        let otherwise = self.expr(IKind::Nil, ret, span);
        let cond = ICond::Let { pat, value: base };
        self.expr(
            IKind::If { cond: Box::new(cond), then: Box::new(then), otherwise: Some(Box::new(otherwise)) },
            ret,
            span,
        )
    }
}
