//! Conditions, branches, early returns.

use super::{Builder, copy, local, whole};
use crate::generic::{BlockId, Const, End, Local, Operand, Place, Proj, Root, Rvalue};
use abi::ErrorKind;
use base::Span;
use sema::hir::{Cond, Expr, ExprKind, Receiver, UnOp};
use sema::ty::{Ty, TyId, Types};

impl Builder<'_> {
    /// Goes to `yes` or `no` by the truth of an expression.
    pub(super) fn branch(&mut self, e: &Expr, yes: BlockId, no: BlockId) {
        self.work += 1;
        match &e.kind {
            ExprKind::And(a, b) => {
                let more = self.block();
                self.branch(a, more, no);
                self.current = more;
                self.branch(b, yes, no);
            }
            ExprKind::Or(a, b) => {
                let more = self.block();
                self.branch(a, yes, more);
                self.current = more;
                self.branch(b, yes, no);
            }
            ExprKind::Unary(UnOp::Not, inner) => self.branch(inner, no, yes),
            ExprKind::Truthy(inner) => self.branch(inner, yes, no),
            ExprKind::Bool(value) => self.goto(if *value { yes } else { no }, e.span),
            _ => {
                let value = self.value(e);
                if e.ty == Types::bool() {
                    let operand = self.whole_operand(value.operand, e.ty, e.span);
                    self.end(End::Branch(operand, yes, no), e.span);
                } else {
                    self.test(Rvalue::Truthy(value.operand), yes, no, e.span);
                }
            }
        }
    }

    /// Goes to `yes` or `no` by a bool.
    pub(super) fn test(&mut self, rvalue: Rvalue, yes: BlockId, no: BlockId, span: Span) {
        let bool = self.set_temp(Types::bool(), rvalue, span);
        self.end(End::Branch(copy(bool), yes, no), span);
    }

    /// Operands of ends are constants or whole locals: nothing can be dropped behind an end.
    fn whole_operand(&mut self, operand: Operand, ty: TyId, span: Span) -> Operand {
        match &operand {
            Operand::Copy(place) if !place.path.is_empty() || matches!(place.root, Root::Global(_)) => {
                copy(self.set_temp(ty, Rvalue::Use(operand), span))
            }
            _ => operand,
        }
    }

    /// Goes on here where the condition holds, with what it binds; to `fail` otherwise.
    pub(super) fn cond(&mut self, cond: &Cond, fail: BlockId) {
        match cond {
            Cond::Expr(e) => {
                let yes = self.block();
                self.branch(e, yes, fail);
                self.current = yes;
            }
            Cond::Let { pat, value } => {
                let place = self.scrutinee(value, false);
                self.match_pattern(pat, &place, fail);
            }
        }
    }

    pub(super) fn if_(
        &mut self,
        dest: Option<Local>,
        cond: &Cond,
        then: &Expr,
        otherwise: Option<&Expr>,
        span: Span,
    ) {
        let fail = self.block();
        let join = self.block();
        self.cond(cond, fail);
        self.arm(dest, then, join);
        self.current = fail;
        match (otherwise, dest) {
            (Some(otherwise), _) => self.arm(dest, otherwise, join),
            (None, Some(dest)) => {
                self.set_absent(dest, span);
                self.goto(join, span);
            }
            (None, None) => self.goto(join, span),
        }
        self.current = join;
    }

    /// One of several ways to a value.
    pub(super) fn arm(&mut self, dest: Option<Local>, e: &Expr, join: BlockId) {
        match dest {
            Some(dest) => self.into(dest, e),
            None => self.effect(e),
        }
        self.goto(join, e.span);
    }

    pub(super) fn short_circuit(&mut self, dest: Local, a: &Expr, b: &Expr, and: bool, span: Span) {
        let more = self.block();
        let short = self.block();
        let join = self.block();
        if and {
            self.branch(a, more, short);
        } else {
            self.branch(a, short, more);
        }
        self.current = short;
        self.set(dest, Rvalue::Use(Operand::Const(Const::Bool(!and), Types::bool())), span);
        self.goto(join, span);
        self.current = more;
        if b.ty == Types::bool() || self.is_empty(b.ty) {
            self.into(dest, b);
        } else {
            let operand = self.value(b).operand;
            self.set(dest, Rvalue::Truthy(operand), b.span);
        }
        self.goto(join, span);
        self.current = join;
    }

    /// `a and b` as a statement.
    pub(super) fn short_circuit_effect(&mut self, a: &Expr, b: &Expr, and: bool, span: Span) {
        let more = self.block();
        let join = self.block();
        if and {
            self.branch(a, more, join);
        } else {
            self.branch(a, join, more);
        }
        self.current = more;
        self.effect(b);
        self.goto(join, span);
        self.current = join;
    }

    pub(super) fn assert(&mut self, cond: &Expr, message: Option<&Expr>, span: Span) {
        let holds = self.block();
        let fails = self.block();
        self.branch(cond, holds, fails);
        self.current = fails;
        let message = message.map(|message| {
            let value = self.value(message);
            if message.ty == Types::text() {
                self.whole_operand(value.operand, message.ty, message.span)
            } else {
                copy(self.set_temp(Types::text(), Rvalue::Show(value.operand, None), message.span))
            }
        });
        self.end(End::Raise(ErrorKind::AssertionFailed, message), span);
        self.current = holds;
    }

    // -- leaving the function ---------------------------------------------------------------------------------

    /// `return e`. An in-out receiver is given back with it.
    pub(super) fn return_value(&mut self, value: Option<&Expr>, span: Span) {
        let ret = self.function.ret;
        let operand = match value {
            None => Operand::Const(Const::Unit, Types::unit()),
            Some(e) if self.is_empty(ret) || self.is_empty(e.ty) => {
                self.effect(e);
                Operand::Const(Const::Unit, Types::unit())
            }
            Some(e) => {
                let value = self.value(e);
                if e.ty == ret {
                    self.whole_operand(value.operand, ret, e.span)
                } else {
                    copy(self.set_temp(ret, Rvalue::Coerce(value.operand), e.span))
                }
            }
        };
        self.return_operand(operand, span);
    }

    fn return_operand(&mut self, operand: Operand, span: Span) {
        let operand = self.leave_function(operand, span);
        let mut operands = vec![operand];
        if self.function.receiver == Receiver::InOut {
            operands.insert(0, copy(local(self.source.params[0])));
        }
        self.end(End::Return(operands), span);
    }

    // -- present or not ---------------------------------------------------------------------------------------

    pub(super) fn is_result(&self, ty: TyId) -> bool {
        matches!(self.ty(ty), Ty::Adt(adt, _) if Some(*adt) == self.program.result)
    }

    /// Goes to `no` where an option, a result or an `any` holds no value.
    fn if_present(&mut self, place: &Place, ty: TyId, no: BlockId, span: Span) {
        let yes = self.block();
        let operand = Operand::Copy(place.clone());
        let rvalue = match self.is_result(ty) {
            true => Rvalue::IsVariant(operand, 0),
            false => Rvalue::IsSome(operand),
        };
        self.test(rvalue, yes, no, span);
        self.current = yes;
    }

    /// The value in a present option, result or `any`; `to` is the type that is expected.
    fn payload(&mut self, dest: Local, place: &Place, ty: TyId, span: Span) {
        let to = self.locals[dest].ty;
        let mut place = place.clone();
        let from = match self.ty(ty) {
            Ty::Option(inner) => {
                place.path.push(Proj::Some);
                *inner
            }
            Ty::Adt(_, args) if self.is_result(ty) => {
                place.path.push(Proj::Variant(0, 0));
                args.first().copied().unwrap_or(to)
            }
            _ => ty,
        };
        let operand = Operand::Copy(place);
        let rvalue = if from == to { Rvalue::Use(operand) } else { Rvalue::Coerce(operand) };
        self.set(dest, rvalue, span);
    }

    pub(super) fn coalesce(&mut self, dest: Local, a: &Expr, b: &Expr, span: Span) {
        let place = self.scrutinee(a, false);
        let absent = self.block();
        let join = self.block();
        self.if_present(&place, a.ty, absent, span);
        if a.ty == self.locals[dest].ty {
            self.set(dest, Rvalue::Use(Operand::Copy(place)), span);
        } else {
            self.payload(dest, &place, a.ty, span);
        }
        self.goto(join, span);
        self.current = absent;
        self.arm(Some(dest), b, join);
        self.current = join;
    }

    pub(super) fn try_(&mut self, dest: Local, e: &Expr, span: Span) {
        let place = self.scrutinee(e, false);
        let absent = self.block();
        let join = self.block();
        self.if_present(&place, e.ty, absent, span);
        self.payload(dest, &place, e.ty, span);
        self.goto(join, span);
        self.current = absent;
        self.return_absent(&place, e.ty, span);
        self.current = join;
    }

    /// Returns what `e?` found instead of a value.
    fn return_absent(&mut self, place: &Place, ty: TyId, span: Span) {
        let ret = self.function.ret;
        let operand = match (self.ty(ty), self.ty(ret)) {
            _ if ty == ret => copy(self.set_temp(ret, Rvalue::Use(Operand::Copy(place.clone())), span)),
            (Ty::Option(_), Ty::Option(_) | Ty::Any) => Operand::Const(Const::Nil, ret),
            (Ty::Adt(_, from), Ty::Adt(_, to)) if self.is_result(ty) && self.is_result(ret) => {
                let mut error = place.clone();
                error.path.push(Proj::Variant(1, 0));
                let mut error = Operand::Copy(error);
                if let (Some(&from), Some(&to)) = (from.get(1), to.get(1))
                    && from != to
                {
                    error = copy(self.set_temp(to, Rvalue::Coerce(error), span));
                }
                copy(self.set_temp(ret, Rvalue::Construct(Some(1), vec![error]), span))
            }
            _ => copy(self.set_temp(ret, Rvalue::Coerce(Operand::Copy(place.clone())), span)),
        };
        self.return_operand(operand, span);
    }

    /// A place with the value of an expression that is looked at several times. With `lasting`, code of the program runs in between.
    pub(super) fn scrutinee(&mut self, e: &Expr, lasting: bool) -> Place {
        let value = self.value(e);
        match value.operand {
            Operand::Copy(place) if !lasting => place,
            operand => whole(self.set_temp(e.ty, Rvalue::Use(operand), e.span)),
        }
    }
}
