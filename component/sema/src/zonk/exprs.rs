//! Expressions and conversions.

use super::{Locals, Zonk};
use crate::hir::{self, Callee, ExprKind};
use crate::infer::ity::Con;
use crate::infer::tree::{IDictElement, IExit, IExpr, IFormat, IKind, Resolution};
use crate::ty::{Ty, TyId, Types};
use base::{Code, Diagnostic, Span};
use syntax::ast::UnOp;

impl Zonk<'_, '_> {
    /// Puts in the conversions from one type to another.
    pub(super) fn convert(&mut self, expr: hir::Expr, to: TyId) -> hir::Expr {
        let from = expr.ty;
        if from == to || from == Types::error() || to == Types::error() {
            return expr;
        }
        let span = expr.span;
        let (import, to_ty) = (self.infer.p.types.get(from).clone(), self.infer.p.types.get(to).clone());
        match (&import, &to_ty) {
            (Ty::Never, _) => {}
            // A value that nobody uses.
            (_, Ty::Unit) if from != Types::any() => {
                return self.node(ExprKind::Block { stmts: vec![expr], value: None }, to, span);
            }
            (Ty::Option(_), Ty::Option(_)) | (Ty::Any, _) | (_, Ty::Any) => {}
            (_, Ty::Adt(id, members)) if self.infer.is_union(*id) => {
                if let Some(index) = members.iter().position(|&member| member == from) {
                    let kind = ExprKind::Construct { variant: Some(index as u32), fields: vec![expr] };
                    return self.node(kind, to, span);
                }
            }
            (_, Ty::Option(inner)) => {
                let expr = self.convert(expr, *inner);
                return self.node(ExprKind::Coerce(Box::new(expr)), to, span);
            }
            (Ty::Option(inner), _) => {
                let expr = self.unwrap(expr, *inner);
                return self.convert(expr, to);
            }
            _ => {}
        }
        self.node(ExprKind::Coerce(Box::new(expr)), to, span)
    }

    /// The payload of an option, or a run-time error.
    fn unwrap(&mut self, expr: hir::Expr, inner: TyId) -> hir::Expr {
        let span = expr.span;
        let name = self.infer.cx.names.intern("unwrap");
        let found =
            self.infer.p.schemes.members.get(&(Con::Option, name)).and_then(|list| list.first()).copied();
        let callee = match found {
            Some(member) => Callee::Fn(member.id, vec![inner]),
            None => return self.node(ExprKind::Error, Types::error(), span),
        };
        self.node(ExprKind::Call(Box::new(hir::Call { callee, args: vec![expr] })), inner, span)
    }

    #[allow(clippy::too_many_lines)]
    pub(super) fn expr(&mut self, expr: IExpr, locals: &mut Locals) -> hir::Expr {
        let IExpr { kind, ty: t, span, .. } = expr;
        let ty = self.ty(t, span);
        let kind = match kind {
            IKind::Int(value) => self.int(value, ty, false, span),
            IKind::Float(value) => ExprKind::Float(value),
            IKind::Bool(value) => ExprKind::Bool(value),
            IKind::Text(text) => ExprKind::Text(text),
            IKind::Format(parts) => ExprKind::Format(
                parts
                    .into_iter()
                    .map(|part| match part {
                        IFormat::Text(text) => hir::FormatPart::Text(text),
                        IFormat::Value(value, spec) => {
                            let value = self.expr(value, locals);
                            if let Some(spec) = &spec {
                                self.check_spec(spec, &value);
                            }
                            hir::FormatPart::Value(value, spec)
                        }
                    })
                    .collect(),
            ),
            IKind::Nil => ExprKind::Nil,
            IKind::Unit => ExprKind::Unit,
            IKind::Bind(bind) => ExprKind::Local(self.local(bind, locals)),
            IKind::Module(var) => self.module_var(var, locals),
            IKind::Global(id) => ExprKind::Global(id),
            IKind::FnValue(id, args) => ExprKind::FnValue(id, self.fn_args(id, &args, span)),
            IKind::Closure(frame) => return self.closure(frame, ty, span, locals),
            IKind::Construct { variant, fields } => {
                ExprKind::Construct { variant, fields: self.list(fields, locals) }
            }
            IKind::Some(inner) => ExprKind::Some(self.boxed(*inner, locals)),
            IKind::Tuple(items) => ExprKind::Tuple(self.list(items, locals)),
            IKind::Array(items) => ExprKind::Array(
                items.into_iter().map(|(spread, item)| (spread, self.expr(item, locals))).collect(),
            ),
            IKind::Repeat(value, count) => {
                ExprKind::Repeat(self.boxed(*value, locals), self.boxed(*count, locals))
            }
            IKind::Dict(items) => ExprKind::Dict(
                items
                    .into_iter()
                    .map(|item| match item {
                        IDictElement::Pair(key, value) => {
                            hir::DictElement::Pair(self.expr(key, locals), self.expr(value, locals))
                        }
                        IDictElement::Spread(value) => hir::DictElement::Spread(self.expr(value, locals)),
                    })
                    .collect(),
            ),
            IKind::Range { start, end, inclusive } => {
                ExprKind::Range { start: self.boxed(*start, locals), end: self.maybe(end, locals), inclusive }
            }
            IKind::Binary(op, left, right, pending) => {
                let left = self.expr(*left, locals);
                let right = self.expr(*right, locals);
                match pending.and_then(|pending| self.infer.pendings[pending].take()) {
                    Some(Resolution::Call { callee, params, negate, .. }) => {
                        return self.operator_call(callee, &params, vec![left, right], negate, ty, span);
                    }
                    _ => ExprKind::Binary(op, Box::new(left), Box::new(right)),
                }
            }
            IKind::And(left, right) => ExprKind::And(self.boxed(*left, locals), self.boxed(*right, locals)),
            IKind::Or(left, right) => ExprKind::Or(self.boxed(*left, locals), self.boxed(*right, locals)),
            IKind::Unary(UnOp::Neg, operand, _) if matches!(operand.kind, IKind::Int(_)) => {
                let IKind::Int(value) = operand.kind else { unreachable!("looked at above") };
                let inner = self.int(value, ty, true, operand.span);
                match inner {
                    ExprKind::Float(value) => ExprKind::Float(-value),
                    inner => ExprKind::Unary(UnOp::Neg, Box::new(self.node(inner, ty, operand.span))),
                }
            }
            IKind::Unary(op, operand, pending) => {
                let operand = self.expr(*operand, locals);
                match pending.and_then(|pending| self.infer.pendings[pending].take()) {
                    Some(Resolution::Call { callee, params, negate, .. }) => {
                        return self.operator_call(callee, &params, vec![operand], negate, ty, span);
                    }
                    _ => ExprKind::Unary(op, Box::new(operand)),
                }
            }
            IKind::Truthy(inner) => ExprKind::Truthy(self.boxed(*inner, locals)),
            IKind::Present(inner) => return self.present(*inner, span, locals),
            IKind::Coerce(inner) => {
                let inner = self.expr(*inner, locals);
                return self.convert(inner, ty);
            }
            IKind::Cast(inner) => {
                let inner = self.boxed(*inner, locals);
                if inner.ty == ty {
                    return *inner;
                }
                ExprKind::Cast(inner)
            }
            IKind::Call { callee, args } => {
                self.require_known(t, span);
                let args = self.list(args, locals);
                let callee = self.callee(callee, span, locals);
                ExprKind::Call(Box::new(hir::Call { callee, args }))
            }
            IKind::Field(base, index) => ExprKind::Field(self.boxed(*base, locals), index),
            IKind::Member { recv, name, args, statement, pending } => {
                return self.member(*recv, name, args, statement, pending, (ty, span), locals);
            }
            IKind::Index(base, index) => {
                ExprKind::Index(self.boxed(*base, locals), self.boxed(*index, locals))
            }
            IKind::Slice { base, start, end, step } => ExprKind::Slice {
                base: self.boxed(*base, locals),
                start: self.maybe(start, locals),
                end: self.maybe(end, locals),
                step: self.maybe(step, locals),
            },
            IKind::Try(inner) => ExprKind::Try(self.boxed(*inner, locals)),
            IKind::Coalesce(left, right) => {
                ExprKind::Coalesce(self.boxed(*left, locals), self.boxed(*right, locals))
            }
            IKind::Block { stmts, value } => {
                let stmts = self.stmts(stmts, locals);
                let value = self.maybe(value, locals);
                ExprKind::Block { stmts, value }
            }
            IKind::Let { .. } | IKind::LetElse { .. } => {
                let mut stmts = self.stmt(IExpr { kind, ty: t, span, soft: false }, locals);
                if stmts.len() == 1 {
                    return stmts.pop().expect("one statement");
                }
                ExprKind::Block { stmts, value: None }
            }
            IKind::Assign { place, op, value } => {
                let place = self.boxed(*place, locals);
                let value = self.boxed(*value, locals);
                ExprKind::Assign { place, op, value }
            }
            IKind::If { cond, then, otherwise } => {
                let (cond, extra) = self.cond(*cond, locals);
                let then = self.expr(*then, locals);
                let then = self.after(extra, then);
                ExprKind::If {
                    cond: Box::new(cond),
                    then: Box::new(then),
                    otherwise: self.maybe(otherwise, locals),
                }
            }
            IKind::Match { value, arms, exhaustive } => {
                let value = self.boxed(*value, locals);
                let arms = arms.into_iter().map(|arm| self.arm(arm, locals)).collect();
                ExprKind::Match { value, arms, exhaustive }
            }
            IKind::While { id, cond, body } => {
                let (cond, extra) = self.cond(*cond, locals);
                let body = self.expr(*body, locals);
                let body = self.after(extra, body);
                ExprKind::While { id, cond: Box::new(cond), body: Box::new(body) }
            }
            IKind::For { id, index, pat, iter, body } => {
                let iter = self.boxed(*iter, locals);
                let index = index.map(|bind| self.local(bind, locals));
                let (pat, extra) = self.pat(pat, locals);
                let body = self.expr(*body, locals);
                let body = self.after(extra, body);
                ExprKind::For { id, index, pat, iter, body: Box::new(body) }
            }
            IKind::Loop { id, body } => ExprKind::Loop { id, body: self.boxed(*body, locals) },
            IKind::Break(id, value) => ExprKind::Break(id, self.maybe(value, locals)),
            IKind::Continue(id) => ExprKind::Continue(id),
            IKind::Suspend(state) => ExprKind::Suspend(self.local(state, locals)),
            IKind::Return(value) => ExprKind::Return(self.maybe(value, locals)),
            IKind::Defer { exit, body } => {
                let exit = match exit {
                    IExit::Any => hir::Exit::Any,
                    IExit::Success(bind) => hir::Exit::Success(self.local(bind, locals)),
                    IExit::Error(bind) => hir::Exit::Error(bind.map(|bind| self.local(bind, locals))),
                };
                ExprKind::Defer { exit, body: self.boxed(*body, locals) }
            }
            IKind::Finally { body, cleanup } => {
                ExprKind::Finally { body: self.boxed(*body, locals), cleanup: self.boxed(*cleanup, locals) }
            }
            IKind::Assert { cond, message } => {
                ExprKind::Assert { cond: self.boxed(*cond, locals), message: self.maybe(message, locals) }
            }
            IKind::Error => ExprKind::Error,
        };
        self.node(kind, ty, span)
    }

    /// A spec must fit the type, where that is a number or a text.
    fn check_spec(&mut self, spec: &str, value: &hir::Expr) {
        let Ok(parsed) = abi::format_spec::parse(spec) else { return };
        let Some(form) = parsed.form else { return };
        let fits = match self.infer.p.types.get(value.ty) {
            Ty::Text => form.fits_text(),
            Ty::Float { .. } => form.fits_float(),
            _ => true,
        };
        if !fits {
            let text = self.infer.show_type(value.ty);
            self.infer.report(
                Diagnostic::new(
                    Code::BadFormatSpec,
                    value.span,
                    format!("`{spec}` does not format a `{text}`"),
                )
                .help("leave the last letter of the spec out, or convert the value"),
            );
        }
    }

    /// A number in its type: too large ones are reported.
    fn int(&mut self, value: u64, ty: TyId, negative: bool, span: Span) -> ExprKind {
        match *self.infer.p.types.get(ty) {
            Ty::Float { .. } => ExprKind::Float(value as f64),
            Ty::Int(int) if int.bits < 64 => {
                let limit = 1u64 << (int.bits - u8::from(int.signed));
                let fits = if negative && int.signed { value <= limit } else { value < limit };
                if !fits {
                    let text = self.infer.show_type(ty);
                    self.infer.report(
                        Diagnostic::new(
                            Code::BadNumber,
                            span,
                            format!("the number does not fit into `{text}`"),
                        )
                        .help(format!("write `{value} as {text}` to cut it")),
                    );
                }
                ExprKind::Int(value)
            }
            _ => ExprKind::Int(value),
        }
    }
}
