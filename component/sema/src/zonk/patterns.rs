//! Statements, conditions and patterns, with the variables that live longer than the pattern that binds them.

use super::{Locals, Zonk};
use crate::hir::{self, ExprKind, PatKind};
use crate::infer::tree::{IArm, ICond, IExpr, IKind, IPat, IPatKind};
use crate::ty::{TyId, Types};
use base::Span;

impl Zonk<'_, '_> {
    pub(super) fn stmts(&mut self, stmts: Vec<IExpr>, locals: &mut Locals) -> Vec<hir::Expr> {
        stmts.into_iter().flat_map(|stmt| self.stmt(stmt, locals)).collect()
    }

    pub(super) fn stmt(&mut self, stmt: IExpr, locals: &mut Locals) -> Vec<hir::Expr> {
        let span = stmt.span;
        let unit = Types::unit();
        match stmt.kind {
            IKind::Let { pat, init } => {
                let init = self.boxed(*init, locals);
                let (pat, extra) = self.pat(pat, locals);
                let mut list = vec![self.node(ExprKind::Let { pat, init }, unit, span)];
                list.extend(extra);
                list
            }
            IKind::LetElse { pat, init, otherwise } => {
                let init = self.boxed(*init, locals);
                let otherwise = self.boxed(*otherwise, locals);
                let (pat, extra) = self.pat(pat, locals);
                let mut list = vec![self.node(ExprKind::LetElse { pat, init, otherwise }, unit, span)];
                list.extend(extra);
                list
            }
            kind => vec![self.expr(IExpr { kind, ..stmt }, locals)],
        }
    }

    pub(super) fn cond(&mut self, cond: ICond, locals: &mut Locals) -> (hir::Cond, Vec<hir::Expr>) {
        match cond {
            ICond::Expr(expr) => (hir::Cond::Expr(self.expr(expr, locals)), Vec::new()),
            ICond::Let { pat, value } => {
                let value = self.expr(value, locals);
                let (pat, extra) = self.pat(pat, locals);
                (hir::Cond::Let { pat, value }, extra)
            }
        }
    }

    pub(super) fn arm(&mut self, arm: IArm, locals: &mut Locals) -> hir::Arm {
        let (pat, extra) = self.pat(arm.pat, locals);
        let guard = arm.guard.map(|guard| {
            let guard = self.expr(guard, locals);
            // The guard reads the names already: it sets them too.
            let extra = self.copies(&extra);
            self.after(extra, guard)
        });
        let body = self.expr(arm.body, locals);
        hir::Arm { pat, guard, body: self.after(extra, body) }
    }

    fn copies(&mut self, extra: &[hir::Expr]) -> Vec<hir::Expr> {
        let mut list = Vec::new();
        for assign in extra {
            let ExprKind::Assign { place, value, .. } = &assign.kind else { continue };
            let place_kind = match place.kind {
                ExprKind::Local(local) => ExprKind::Local(local),
                ExprKind::Global(global) => ExprKind::Global(global),
                _ => continue,
            };
            let ExprKind::Local(from) = value.kind else { continue };
            let place = Box::new(self.node(place_kind, place.ty, place.span));
            let value = Box::new(self.node(ExprKind::Local(from), value.ty, value.span));
            list.push(self.node(ExprKind::Assign { place, op: None, value }, assign.ty, assign.span));
        }
        list
    }

    /// Assignments to variables that live longer than the pattern that binds them, then the rest.
    pub(super) fn after(&mut self, extra: Vec<hir::Expr>, expr: hir::Expr) -> hir::Expr {
        if extra.is_empty() {
            return expr;
        }
        let (ty, span) = (expr.ty, expr.span);
        self.node(ExprKind::Block { stmts: extra, value: Some(Box::new(expr)) }, ty, span)
    }

    /// A pattern, and assignments to module-level and hoisted variables that it sets.
    pub(super) fn pat(&mut self, pat: IPat, locals: &mut Locals) -> (hir::Pat, Vec<hir::Expr>) {
        let mut extra = Vec::new();
        let pat = self.pat_into(pat, locals, &mut extra);
        (pat, extra)
    }

    fn pat_into(&mut self, pat: IPat, locals: &mut Locals, extra: &mut Vec<hir::Expr>) -> hir::Pat {
        let span = pat.span;
        let ty = self.ty(pat.ty, span);
        let kind = match pat.kind {
            IPatKind::Wild => PatKind::Wild,
            IPatKind::Bind(bind) if self.is_hoisted(bind) => {
                let place = ExprKind::Local(self.local(bind, locals));
                self.set_later(place, ty, span, locals, extra)
            }
            IPatKind::Bind(bind) => PatKind::Bind(self.local(bind, locals)),
            IPatKind::Module(var) => match self.module_var(var, locals) {
                ExprKind::Local(local) => PatKind::Bind(local),
                place => self.set_later(place, ty, span, locals, extra),
            },
            IPatKind::Literal(literal) => PatKind::Literal(self.boxed(*literal, locals)),
            IPatKind::Range { start, end, inclusive } => {
                PatKind::Range { start: self.maybe(start, locals), end: self.maybe(end, locals), inclusive }
            }
            IPatKind::Or(list) => PatKind::Or(self.pats(list, locals, extra)),
            IPatKind::Tuple(items) => PatKind::Tuple(self.pats(items, locals, extra)),
            IPatKind::Array { first, rest, last } => {
                let first = self.pats(first, locals, extra);
                let rest = rest.map(|rest| rest.map(|bind| self.local(bind, locals)));
                PatKind::Array { first, rest, last: self.pats(last, locals, extra) }
            }
            IPatKind::Struct(fields) => PatKind::Struct(
                fields.into_iter().map(|(index, pat)| (index, self.pat_into(pat, locals, extra))).collect(),
            ),
            IPatKind::Variant { variant, args } => {
                PatKind::Variant { variant, args: self.pats(args, locals, extra) }
            }
            IPatKind::Some(inner) => PatKind::Some(Box::new(self.pat_into(*inner, locals, extra))),
            IPatKind::Nil => PatKind::Nil,
            IPatKind::Is(id, inner) => PatKind::Is(id, Box::new(self.pat_into(*inner, locals, extra))),
        };
        hir::Pat { kind, ty, span }
    }

    fn pats(&mut self, list: Vec<IPat>, locals: &mut Locals, extra: &mut Vec<hir::Expr>) -> Vec<hir::Pat> {
        list.into_iter().map(|pat| self.pat_into(pat, locals, extra)).collect()
    }

    /// Binds a temporary that is then assigned to a longer-lived place.
    fn set_later(
        &mut self,
        place: ExprKind,
        ty: TyId,
        span: Span,
        locals: &mut Locals,
        extra: &mut Vec<hir::Expr>,
    ) -> PatKind {
        let local = locals.list.push(hir::Local { name: self.infer.sy.temp, ty, span });
        let place = Box::new(self.node(place, ty, span));
        let value = Box::new(self.node(ExprKind::Local(local), ty, span));
        extra.push(self.node(ExprKind::Assign { place, op: None, value }, Types::unit(), span));
        PatKind::Bind(local)
    }
}
