//! What is decided by name once types are known: members, operators of declared types, methods of traits.

use super::binary::bool_val;
use super::operand::Read;
use super::{Lower, Val};
use crate::generic::{Operand, Place, Proj};
use crate::instantiate::{R, Session};
use abi::RtFn;
use base::{Code, EntityId, Span, Symbol};
use sema::hir::{BinOp, FnId, TraitRef, UnOp};
use sema::resolve::{self, Member, Method, TraitMethod};
use sema::ty::{Ty, TyId, Types};

/// What a trait's method is for a type.
pub(super) fn trait_method(
    s: &mut Session<'_>,
    trait_: &TraitRef,
    method: u32,
    self_ty: TyId,
    args: &[TyId],
    span: Span,
) -> R<TraitMethod> {
    if let Some(found) = resolve::trait_method(s.cx, s.hir, trait_, method, self_ty, args) {
        return Ok(found);
    }
    let ty = s.type_name(self_ty);
    let name = s.cx.names.name(s.hir.traits[trait_.id].name).to_owned();
    Err(s.error(Code::MissingImpl, span, format!("`{ty}` does not implement `{name}`")))
}

/// The function of a trait's method for a type that is no trait object.
pub(super) fn trait_fn(
    s: &mut Session<'_>,
    trait_: &TraitRef,
    method: u32,
    self_ty: TyId,
    span: Span,
) -> R<(FnId, Vec<TyId>)> {
    match trait_method(s, trait_, method, self_ty, &[], span)? {
        TraitMethod::Fn(id, args) => Ok((id, args)),
        TraitMethod::Dyn(..) => {
            let ty = s.type_name(self_ty);
            Err(s.error(Code::NotSupportedYet, span, format!("a `{ty}` inside of a trait object")))
        }
    }
}

impl Lower<'_, '_> {
    /// Calls a trait's method on a type that has it.
    pub(super) fn call_trait(
        &mut self,
        trait_: &TraitRef,
        method: u32,
        self_ty: TyId,
        targs: &[TyId],
        args: &[Operand],
    ) -> R<Val> {
        let trait_ = self.subst_trait(trait_);
        let self_ty = self.subst(self_ty);
        let targs = self.s.hir.types.subst_all(targs, &self.args);
        match trait_method(self.s, &trait_, method, self_ty, &targs, self.span)? {
            TraitMethod::Fn(id, targs) => self.call_fn(id, &targs, args),
            TraitMethod::Dyn(trait_, method) => self.call_dyn(&trait_, method, args),
        }
    }

    // -- operators -------------------------------------------------------------------------------------------

    /// True for declared types, which may have methods for operators.
    pub(super) fn has_own_operator(&self, ty: TyId) -> bool {
        matches!(self.s.hir.types.get(ty), Ty::Adt(..))
    }

    /// The operator as a method of the left operand's type, if it has one; then both operands are taken over.
    pub(super) fn own_binary(&mut self, op: BinOp, left: &Read, right: &Read) -> R<Option<Val>> {
        let Some(method) = resolve::operator(self.s.cx, self.s.hir, op, left.val.ty, right.val.ty) else {
            return Ok(None);
        };
        let vals = vec![self.keep(left.clone())?, self.keep(right.clone())?];
        self.call_method(&method, vals).map(Some)
    }

    /// The operator as a method, if there is one; then the operand is taken over.
    pub(super) fn own_unary(&mut self, op: UnOp, read: &Read) -> R<Option<Val>> {
        if op != UnOp::Neg {
            return Ok(None);
        }
        let Some(method) = resolve::negation(self.s.cx, self.s.hir, read.val.ty) else { return Ok(None) };
        let vals = vec![self.keep(read.clone())?];
        self.call_method(&method, vals).map(Some)
    }

    fn call_method(&mut self, method: &Method, vals: Vec<Val>) -> R<Val> {
        let result = self.call_vals(method.id, &method.args, vals)?;
        self.negated(method, result)
    }

    fn negated(&mut self, method: &Method, result: Val) -> R<Val> {
        if !method.negate || self.dead {
            return Ok(result);
        }
        let truth = self.truthy(&result)?;
        self.release(&result)?;
        Ok(bool_val(self.e.not(truth)))
    }

    // -- members ---------------------------------------------------------------------------------------------

    /// `x.name`: a field, or a method without arguments.
    pub(super) fn member_value(&mut self, operand: &Operand, name: Symbol, want: TyId) -> R<Val> {
        let ty = self.operand_ty(operand)?;
        match resolve::member(self.s.cx, self.s.hir, ty, name, None, want, false) {
            Some(Member::Field(index, _)) => self.field(operand, index),
            Some(Member::Method(method)) => self.call_with_defaults(&method, std::slice::from_ref(operand)),
            Some(Member::Dyn { trait_, method, .. }) => {
                self.call_dyn(&trait_, method, std::slice::from_ref(operand))
            }
            Some(Member::Dynamic) => {
                let value = self.read_as(operand, Types::any())?;
                let name = self.symbol(name);
                let field = self.e.rt1(RtFn::rt_any_field, &[self.one(&value.val), name]);
                self.done(value)?;
                Ok(Val { ty: Types::any(), leaves: [field].into_iter().collect() })
            }
            Some(Member::FieldCall { .. }) | None => Err(self.no_member(ty, name)),
        }
    }

    fn field(&mut self, operand: &Operand, index: u32) -> R<Val> {
        match operand {
            Operand::Copy(place) | Operand::InOut(place) => {
                let read = self.read_place(&inner(place, index))?;
                self.keep(read)
            }
            Operand::Move(_) | Operand::Const(..) => {
                let val = self.consume(operand)?;
                self.take_part(val, &Proj::Field(index))
            }
        }
    }

    /// `x.name(args)`; the receiver is the first of `args`.
    pub(super) fn call_member(
        &mut self,
        name: Symbol,
        statement: bool,
        args: &[Operand],
        want: TyId,
    ) -> R<Val> {
        let mut tys = Vec::new();
        for arg in args {
            tys.push(self.operand_ty(arg)?);
        }
        let Some((&ty, rest)) = tys.split_first() else { panic!("a member has a receiver") };
        match resolve::member(self.s.cx, self.s.hir, ty, name, Some(rest), want, statement) {
            Some(Member::Method(method)) => self.call_with_defaults(&method, args),
            Some(Member::Dyn { trait_, method, .. }) => self.call_dyn(&trait_, method, args),
            Some(Member::FieldCall { index, .. }) => {
                let callee = self.field(&args[0], index)?;
                self.call_value(Read { val: callee, owned: true }, &args[1..])
            }
            Some(Member::Dynamic) => self.call_dynamic(name, args),
            Some(Member::Field(..)) | None => Err(self.no_member(ty, name)),
        }
    }

    fn call_with_defaults(&mut self, method: &Method, args: &[Operand]) -> R<Val> {
        let mut all = args.to_vec();
        for (id, targs) in &method.defaults {
            let val = self.call_vals(*id, targs, Vec::new())?;
            all.push(self.temp(val));
        }
        let result = self.call_fn(method.id, &method.args, &all)?;
        self.negated(method, result)
    }

    /// An owned value as an operand that is moved.
    pub(super) fn temp(&mut self, val: Val) -> Operand {
        let local = crate::generic::Local::from_index(self.tys.len());
        self.tys.push(val.ty);
        self.state.push(Some(val.leaves));
        Operand::Move(local)
    }

    /// A method of a dynamic value, found when the program runs.
    fn call_dynamic(&mut self, name: Symbol, args: &[Operand]) -> R<Val> {
        let array_ty = self.intern(Ty::Array(Types::any()));
        let items = self.array(&args[1..], array_ty)?;
        let value = match &args[0] {
            Operand::InOut(place) => {
                let read = self.read_place(place)?;
                self.as_type(read, Types::any())?
            }
            other => self.read_as(other, Types::any())?,
        };
        let name = self.symbol(name);
        let result = self.e.rt1(RtFn::rt_any_method, &[self.one(&value.val), name, self.one(&items)]);
        self.done(value)?;
        self.release(&items)?;
        Ok(Val { ty: Types::any(), leaves: [result].into_iter().collect() })
    }

    fn symbol(&mut self, name: Symbol) -> crate::legal::Value {
        let name = self.s.cx.names.name(name).to_owned();
        self.text(&name)
    }

    fn no_member(&mut self, ty: TyId, name: Symbol) -> crate::instantiate::Stop {
        let ty = self.name(ty);
        let name = self.s.cx.names.name(name).to_owned();
        self.error(Code::UnknownMember, format!("`{ty}` has no member `{name}` that fits here"))
    }
}

/// A field of what stands at a place.
fn inner(place: &Place, index: u32) -> Place {
    let mut place = place.clone();
    place.path.push(Proj::Field(index));
    place
}
