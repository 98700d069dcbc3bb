//! What is decided by name once types are known: members, operators of declared types, methods of traits.

use super::operand::Read;
use super::{Lower, Val};
use crate::generic::Operand;
use crate::instantiate::{R, Session};
use base::{Code, Span, Symbol};
use sema::hir::{BinOp, FnId, TraitRef, UnOp};
use sema::ty::{Ty, TyId};

/// The function of a trait's method for a type.
pub(super) fn trait_method(
    s: &mut Session<'_>,
    trait_: &TraitRef,
    method: u32,
    self_ty: TyId,
    args: &[TyId],
    span: Span,
) -> R<(FnId, Vec<TyId>)> {
    let _ = (trait_, method, self_ty, args);
    Err(s.error(Code::NotSupportedYet, span, "methods of traits"))
}

impl Lower<'_, '_> {
    pub(super) fn trait_method(
        &mut self,
        trait_: &TraitRef,
        method: u32,
        self_ty: TyId,
        args: &[TyId],
    ) -> R<(FnId, Vec<TyId>)> {
        let trait_ = self.subst_trait(trait_);
        let self_ty = self.subst(self_ty);
        let args = self.s.hir.types.subst_all(args, &self.args);
        trait_method(self.s, &trait_, method, self_ty, &args, self.span)
    }

    /// True for declared types, which may have methods for operators.
    pub(super) fn has_own_operator(&self, ty: TyId) -> bool {
        matches!(self.s.hir.types.get(ty), Ty::Adt(..))
    }

    /// The operator as a method of the left operand's type, if it has one; then both operands are taken over.
    pub(super) fn own_binary(&mut self, op: BinOp, left: &Read, right: &Read) -> R<Option<Val>> {
        let _ = (op, left, right);
        Ok(None)
    }

    /// The operator as a method, if there is one; then the operand is taken over.
    pub(super) fn own_unary(&mut self, op: UnOp, read: &Read) -> R<Option<Val>> {
        let _ = (op, read);
        Ok(None)
    }

    pub(super) fn member_value(&mut self, operand: &Operand, name: Symbol, want: TyId) -> R<Val> {
        let _ = (operand, name, want);
        Err(self.error(Code::NotSupportedYet, "members of type parameters"))
    }

    pub(super) fn call_member(
        &mut self,
        name: Symbol,
        statement: bool,
        args: &[Operand],
        want: TyId,
    ) -> R<Val> {
        let _ = (name, statement, args, want);
        Err(self.error(Code::NotSupportedYet, "members of type parameters"))
    }
}
