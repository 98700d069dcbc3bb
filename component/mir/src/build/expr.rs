//! Expressions: as an operand, into a local, or for what they do.

use super::place::{Access, Held, Value};
use super::{Builder, copy};
use crate::generic::{Const, End, Local, Operand, Rvalue};
use base::Span;
use sema::hir::{Expr, ExprKind, UnOp};
use sema::ty::{Ty, TyId, Types};

impl Builder<'_> {
    /// Evaluates to an operand.
    pub(super) fn value(&mut self, e: &Expr) -> Value {
        self.work += 1;
        let value = self.value_of(e);
        self.after(e);
        value
    }

    fn value_of(&mut self, e: &Expr) -> Value {
        match &e.kind {
            ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Bool(_)
            | ExprKind::Text(_)
            | ExprKind::Nil
            | ExprKind::Unit => constant(Operand::Const(self.constant(e), e.ty), e.ty),
            ExprKind::Unary(UnOp::Neg, _) if self.negated(e).is_some() => {
                let value = self.negated(e).unwrap_or(Const::Unit);
                constant(Operand::Const(value, e.ty), e.ty)
            }
            ExprKind::Local(_) | ExprKind::Global(_) | ExprKind::Field(..) | ExprKind::Index(..) => {
                let spot = self.spot(e, Access::Read);
                self.read_spot(spot, e.span)
            }
            ExprKind::Coerce(inner) if inner.ty == e.ty => self.value(inner),
            ExprKind::Block { stmts, value: Some(value) } => {
                for stmt in stmts {
                    self.effect(stmt);
                }
                self.value(value)
            }
            _ if self.is_empty(e.ty) => {
                self.effect(e);
                unit()
            }
            _ => {
                let temp = self.temp(e.ty);
                self.into(temp, e);
                Value { operand: copy(temp), ty: e.ty, shared: false }
            }
        }
    }

    /// Whether values of the type carry nothing, so that only the effect counts.
    pub(super) fn is_empty(&self, ty: TyId) -> bool {
        matches!(self.ty(ty), Ty::Unit | Ty::Never)
    }

    /// What never returns ends its block.
    fn after(&mut self, e: &Expr) {
        if e.ty == Types::never() {
            self.end(End::Unreachable, e.span);
        }
    }

    /// Evaluates several, left to right.
    pub(super) fn values<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) -> Vec<Operand> {
        let held: Vec<Held> = exprs
            .into_iter()
            .map(|e| {
                let value = self.value(e);
                self.hold(value)
            })
            .collect();
        self.settle(held)
    }

    fn pair(&mut self, a: &Expr, b: &Expr) -> [Operand; 2] {
        let a = self.value(a);
        let a = self.hold(a);
        let b = self.value(b);
        let b = self.hold(b);
        self.settle_two(a, b)
    }

    /// Evaluates for the effect alone.
    pub(super) fn effect(&mut self, e: &Expr) {
        self.work += 1;
        match &e.kind {
            ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Bool(_)
            | ExprKind::Text(_)
            | ExprKind::Nil
            | ExprKind::Unit
            | ExprKind::Local(_)
            | ExprKind::Global(_)
            | ExprKind::FnValue(..) => {}
            ExprKind::Block { stmts, value } => {
                for stmt in stmts.iter().chain(value.as_deref()) {
                    self.effect(stmt);
                }
            }
            ExprKind::Let { pat, init } => self.let_(pat, init),
            ExprKind::LetElse { pat, init, otherwise } => self.let_else(pat, init, otherwise),
            ExprKind::Assign { place, op, value } => self.assign(place, *op, value, e.span),
            ExprKind::If { cond, then, otherwise } => {
                self.if_(None, cond, then, otherwise.as_deref(), e.span);
            }
            ExprKind::Match { value, arms, exhaustive } => {
                self.match_(None, value, arms, *exhaustive, e.span);
            }
            ExprKind::And(a, b) => self.short_circuit_effect(a, b, true, e.span),
            ExprKind::Or(a, b) => self.short_circuit_effect(a, b, false, e.span),
            ExprKind::While { id, cond, body } => self.while_(*id, cond, body, e.span),
            ExprKind::For { id, index, pat, iter, body } => {
                self.for_(*id, *index, pat, iter, body, e.span);
            }
            ExprKind::Loop { id, body } => self.loop_(None, *id, body, e.span),
            ExprKind::Defer { exit, body } => self.defer(*exit, body),
            ExprKind::Finally { body, cleanup } => self.finally(None, body, cleanup),
            ExprKind::Break(id, value) => self.break_(*id, value.as_deref(), e.span),
            ExprKind::Continue(id) => self.continue_(*id, e.span),
            ExprKind::Suspend(state) => self.suspend(*state, e.span),
            ExprKind::Return(value) => self.return_value(value.as_deref(), e.span),
            ExprKind::Assert { cond, message } => self.assert(cond, message.as_deref(), e.span),
            ExprKind::Coerce(inner) if self.is_empty(inner.ty) => self.effect(inner),
            ExprKind::Call(call) => {
                let temp = self.temp(e.ty);
                self.call(temp, call, e.span);
            }
            ExprKind::Field(..) | ExprKind::Index(..) => {
                self.value(e);
            }
            ExprKind::Format(_)
            | ExprKind::Closure { .. }
            | ExprKind::Construct { .. }
            | ExprKind::Some(_)
            | ExprKind::Tuple(_)
            | ExprKind::Array(_)
            | ExprKind::Repeat(..)
            | ExprKind::Dict(_)
            | ExprKind::Range { .. }
            | ExprKind::Binary(..)
            | ExprKind::Unary(..)
            | ExprKind::Truthy(_)
            | ExprKind::Coerce(_)
            | ExprKind::Cast(_)
            | ExprKind::Member(..)
            | ExprKind::Slice { .. }
            | ExprKind::Try(_)
            | ExprKind::Coalesce(..)
            | ExprKind::Error => {
                let temp = self.temp(e.ty);
                self.compute(temp, e);
            }
        }
        self.after(e);
    }

    /// Evaluates into a local; converts where its type is another one. Reads of the local itself see its old value.
    pub(super) fn into(&mut self, dest: Local, e: &Expr) {
        self.work += 1;
        let ty = self.locals[dest].ty;
        if self.is_empty(e.ty) || self.is_empty(ty) {
            self.effect(e);
            if e.ty != Types::never() {
                self.set(dest, Rvalue::Use(Operand::Const(Const::Unit, Types::unit())), e.span);
            }
        } else if e.ty != ty {
            let operand = self.value(e).operand;
            self.set(dest, Rvalue::Coerce(operand), e.span);
        } else {
            self.compute(dest, e);
        }
    }

    /// Evaluates into a local of the expression's type.
    fn compute(&mut self, dest: Local, e: &Expr) {
        let span = e.span;
        match &e.kind {
            ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Bool(_)
            | ExprKind::Text(_)
            | ExprKind::Nil
            | ExprKind::Unit
            | ExprKind::Local(_)
            | ExprKind::Global(_) => {
                let operand = self.value(e).operand;
                self.set(dest, Rvalue::Use(operand), span);
            }
            ExprKind::Field(..) | ExprKind::Index(..) => {
                let spot = self.spot(e, Access::Read);
                self.set(dest, Rvalue::Use(Operand::Copy(spot.place)), span);
            }
            ExprKind::FnValue(id, args) => self.set(dest, Rvalue::FnValue(*id, args.clone()), span),
            ExprKind::Format(parts) => self.format(dest, parts, span),
            ExprKind::Closure { id, args, captures } => {
                let captures = self.values(captures);
                self.set(dest, Rvalue::Closure(*id, args.clone(), captures), span);
            }
            ExprKind::Construct { variant, fields } => {
                let fields = self.values(fields);
                self.set(dest, Rvalue::Construct(*variant, fields), span);
            }
            ExprKind::Some(inner) => {
                let operand = self.value(inner).operand;
                self.set(dest, Rvalue::Some(operand), span);
            }
            ExprKind::Tuple(items) => {
                let items = self.values(items);
                self.set(dest, Rvalue::Tuple(items), span);
            }
            ExprKind::Array(items) => self.array(dest, items, span),
            ExprKind::Repeat(value, count) => {
                let [value, count] = self.pair(value, count);
                self.set(dest, Rvalue::Repeat(value, count), span);
            }
            ExprKind::Dict(elements) => self.dict(dest, elements, span),
            ExprKind::Range { start, end, inclusive } => {
                let mut operands = self.values(std::iter::once(&**start).chain(end.as_deref())).into_iter();
                if let Some(start) = operands.next() {
                    self.set(dest, Rvalue::Range(start, operands.next(), *inclusive), span);
                }
            }
            ExprKind::Binary(op, a, b) => {
                let [a, b] = self.pair(a, b);
                self.set(dest, Rvalue::Binary(*op, a, b), span);
            }
            ExprKind::And(a, b) => self.short_circuit(dest, a, b, true, span),
            ExprKind::Or(a, b) => self.short_circuit(dest, a, b, false, span),
            ExprKind::Unary(op, inner) => {
                let rvalue = match self.negated(e) {
                    Some(value) => Rvalue::Use(Operand::Const(value, e.ty)),
                    None => Rvalue::Unary(*op, self.value(inner).operand),
                };
                self.set(dest, rvalue, span);
            }
            ExprKind::Truthy(inner) => {
                let operand = self.value(inner).operand;
                self.set(dest, Rvalue::Truthy(operand), span);
            }
            ExprKind::Coerce(inner) if inner.ty == e.ty => self.compute(dest, inner),
            ExprKind::Coerce(inner) if inner.ty == Types::never() => self.effect(inner),
            ExprKind::Coerce(inner) => {
                let operand = self.value(inner).operand;
                self.set(dest, Rvalue::Coerce(operand), span);
            }
            ExprKind::Cast(inner) => {
                let operand = self.value(inner).operand;
                self.set(dest, Rvalue::Cast(operand), span);
            }
            ExprKind::Call(call) => self.call(dest, call, span),
            ExprKind::Member(base, name) => {
                let operand = self.value(base).operand;
                self.set(dest, Rvalue::Member(operand, *name), span);
            }
            ExprKind::Slice { base, start, end, step } => {
                let bounds = [start.as_deref(), end.as_deref(), step.as_deref()];
                let all = std::iter::once(&**base).chain(bounds.into_iter().flatten());
                let mut operands = self.values(all).into_iter();
                if let Some(base) = operands.next() {
                    let bounds = bounds.map(|bound| bound.and_then(|_| operands.next()));
                    self.set(dest, Rvalue::Slice(base, bounds), span);
                }
            }
            ExprKind::Try(inner) => self.try_(dest, inner, span),
            ExprKind::Coalesce(a, b) => self.coalesce(dest, a, b, span),
            ExprKind::Block { stmts, value: Some(value) } => {
                for stmt in stmts {
                    self.effect(stmt);
                }
                self.into(dest, value);
            }
            ExprKind::If { cond, then, otherwise } => {
                self.if_(Some(dest), cond, then, otherwise.as_deref(), span);
            }
            ExprKind::Match { value, arms, exhaustive } => {
                self.match_(Some(dest), value, arms, *exhaustive, span);
            }
            ExprKind::Loop { id, body } => self.loop_(Some(dest), *id, body, span),
            ExprKind::Finally { body, cleanup } => self.finally(Some(dest), body, cleanup),
            ExprKind::Block { value: None, .. }
            | ExprKind::Let { .. }
            | ExprKind::LetElse { .. }
            | ExprKind::Assign { .. }
            | ExprKind::While { .. }
            | ExprKind::For { .. }
            | ExprKind::Break(..)
            | ExprKind::Continue(_)
            | ExprKind::Suspend(_)
            | ExprKind::Return(_)
            | ExprKind::Defer { .. }
            | ExprKind::Assert { .. } => {
                self.effect(e);
                self.set_absent(dest, span);
            }
            // A program with errors is never handed on.
            ExprKind::Error => self.end(End::Unreachable, span),
        }
    }

    /// The value where there is none: nil, or unit.
    pub(super) fn set_absent(&mut self, dest: Local, span: Span) {
        let ty = self.locals[dest].ty;
        let value = match self.is_empty(ty) {
            true => Operand::Const(Const::Unit, Types::unit()),
            false => Operand::Const(Const::Nil, ty),
        };
        self.set(dest, Rvalue::Use(value), span);
    }
}

fn constant(operand: Operand, ty: TyId) -> Value {
    Value { operand, ty, shared: false }
}

pub(super) fn unit() -> Value {
    constant(Operand::Const(Const::Unit, Types::unit()), Types::unit())
}
