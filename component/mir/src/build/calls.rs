//! Calls.

use super::place::{Access, Held};
use super::{Builder, copy};
use crate::generic::{Callee, Const, End, Local, Operand, Place, Proj, Root, Rvalue};
use abi::ErrorKind;
use base::Span;
use sema::hir::{self, Call, Expr, ExprKind, FnId, FnKind, Program, Receiver, TraitRef};
use sema::intrinsic::Intrinsic;
use sema::ty::{TyId, Types};

impl Builder<'_> {
    /// A call into a local.
    ///
    /// The first argument is `InOut` where the callee is known to change its receiver, and also where only an instance knows: for a member on
    /// a type parameter, and for a method of a trait that declares it `me`. Lowering then finds a method that does not change its receiver
    /// (a class's, say) and reads the place instead.
    pub(super) fn call(&mut self, dest: Local, call: &Call, span: Span) {
        if self.raise(call, span) {
            return;
        }
        match call.args.split_first() {
            Some((receiver, rest)) if may_change_receiver(self.program, &call.callee) => {
                self.in_out_call(dest, &call.callee, receiver, rest, span);
            }
            _ => {
                let callee = match &call.callee {
                    hir::Callee::Value(e) => {
                        let value = self.value(e);
                        Some(self.hold(value))
                    }
                    _ => None,
                };
                let mut held: Vec<Held> = callee.into_iter().collect();
                for arg in &call.args {
                    let value = self.value(arg);
                    held.push(self.hold(value));
                }
                let mut operands = self.settle(held).into_iter();
                let callee = self.callee(&call.callee, || operands.next());
                self.set(dest, Rvalue::Call(callee, operands.collect()), span);
            }
        }
    }

    fn in_out_call(&mut self, dest: Local, callee: &hir::Callee, receiver: &Expr, rest: &[Expr], span: Span) {
        let mut spot = match self.is_place(receiver) {
            true => self.spot(receiver, Access::Write),
            false => {
                let temp = self.temp(receiver.ty);
                self.into(temp, receiver);
                super::place::Spot::local(temp, receiver.ty)
            }
        };
        let mark = self.mark();
        let operands = self.values(rest);
        self.settle_spot(&mut spot, mark);
        let mut args = Vec::with_capacity(rest.len() + 1);
        for (operand, e) in operands.into_iter().zip(rest) {
            args.push(self.apart(operand, e.ty, &spot, e.span));
        }
        self.indices_apart(&mut spot.place, span);
        args.insert(0, Operand::InOut(spot.place.clone()));
        let callee = self.callee(callee, || None);
        self.set(dest, Rvalue::Call(callee, args), span);
        self.write_back(spot, span);
    }

    /// Indices that are read from the very value they index are read before.
    pub(super) fn indices_apart(&mut self, place: &mut Place, span: Span) {
        let root = place.root;
        for step in &mut place.path {
            let Proj::Index(Operand::Copy(index)) = step else { continue };
            let (Root::Local(local), true) = (index.root, index.root == root) else { continue };
            let ty = self.locals[local].ty;
            *step = Proj::Index(copy(self.set_temp(ty, Rvalue::Use(Operand::Copy(index.clone())), span)));
        }
    }

    fn callee(&self, callee: &hir::Callee, value: impl FnOnce() -> Option<Operand>) -> Callee {
        match callee {
            hir::Callee::Fn(id, args) => Callee::Fn(*id, args.clone()),
            hir::Callee::Trait { trait_, method, self_ty, args } => Callee::Trait {
                trait_: trait_.clone(),
                method: *method,
                self_ty: *self_ty,
                args: args.clone(),
            },
            hir::Callee::Dyn { trait_, method } => Callee::Dyn { trait_: trait_.clone(), method: *method },
            hir::Callee::Member { name, statement } => Callee::Member { name: *name, statement: *statement },
            hir::Callee::Value(_) => {
                Callee::Value(value().unwrap_or(Operand::Const(Const::Unit, Types::unit())))
            }
        }
    }

    /// The intrinsic `raise` with a kind that is a literal ends the block.
    fn raise(&mut self, call: &Call, span: Span) -> bool {
        let hir::Callee::Fn(id, _) = &call.callee else { return false };
        let FnKind::Intrinsic(Intrinsic::Raise) = self.program.fns[*id].kind else { return false };
        let [Expr { kind: ExprKind::Int(kind), .. }, message] = call.args.as_slice() else { return false };
        let Some(kind) = u32::try_from(*kind).ok().and_then(ErrorKind::from_number) else { return false };
        let message = self.value(message).operand;
        let message = copy(self.set_temp(Types::text(), Rvalue::Use(message), span));
        self.end(End::Raise(kind, Some(message)), span);
        true
    }

    /// The function of the standard library that is an intrinsic.
    pub(super) fn intrinsic(&self, wanted: Intrinsic) -> FnId {
        let is = |kind: &FnKind| matches!(kind, FnKind::Intrinsic(intrinsic) if *intrinsic == wanted);
        match self.program.fns.iter().find(|(_, function)| is(&function.kind)) {
            Some((id, _)) => id,
            None => panic!("the standard library does not declare `{}`", wanted.name()),
        }
    }

    /// A call of an intrinsic into a temporary.
    pub(super) fn intrinsic_call(
        &mut self,
        intrinsic: Intrinsic,
        types: &[TyId],
        args: Vec<Operand>,
        ty: TyId,
        span: Span,
    ) -> Local {
        let callee = Callee::Fn(self.intrinsic(intrinsic), types.to_vec());
        self.set_temp(ty, Rvalue::Call(callee, args), span)
    }
}

/// Whether a call takes its first argument as a place, because the callee changes it or an instance's may.
pub fn may_change_receiver(program: &Program, callee: &hir::Callee) -> bool {
    let in_out = |id: FnId| program.fns[id].receiver == Receiver::InOut;
    match callee {
        hir::Callee::Fn(id, _) => match program.fns[*id].kind {
            FnKind::Intrinsic(intrinsic) => intrinsic.changes_first_argument(),
            FnKind::Body(_) | FnKind::Template | FnKind::Required | FnKind::Runtime(_) | FnKind::Host => {
                in_out(*id)
            }
        },
        hir::Callee::Trait { trait_, method, .. } => {
            let methods = &program.traits[trait_.id].methods;
            methods.get(*method as usize).is_some_and(|&(_, id)| in_out(id))
        }
        hir::Callee::Dyn { trait_, method } => {
            let methods = vtable_methods(program, trait_);
            methods.get(*method as usize).is_some_and(|&id| in_out(id))
        }
        hir::Callee::Member { .. } => true,
        hir::Callee::Value(_) => false,
    }
}

/// Methods in vtable order: super-traits' first.
fn vtable_methods(program: &Program, trait_: &TraitRef) -> Vec<FnId> {
    let declared = &program.traits[trait_.id];
    let mut methods: Vec<FnId> = Vec::new();
    for super_ in &declared.supers {
        for id in vtable_methods(program, super_) {
            if !methods.contains(&id) {
                methods.push(id);
            }
        }
    }
    methods.extend(declared.methods.iter().map(|&(_, id)| id));
    methods
}
