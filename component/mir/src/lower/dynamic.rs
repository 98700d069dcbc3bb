//! Trait objects: an object and the first function-table entry of its vtable.
//!
//! The object is a class instance, a boxed struct, or a box around a flat value. A vtable's functions take it as `self`; where a trait's method changes
//! `self`, they give the changed object back as their first result.

use super::loan::Runs;
use super::{Lower, Val};
use crate::generic::Operand;
use crate::instantiate::{Key, R, Session, Vtable};
use crate::legal::{End, Op, Slot, Value};
use abi::{Repr, RtFn, object};
use base::{Code, Span};
use sema::hir::{AdtKind, FnId, TraitRef};
use sema::ty::{Ty, TyId};

/// A trait's methods in vtable order, super-traits' first: the function in the trait, its place in its own trait, and that trait.
fn methods(s: &mut Session<'_>, trait_: &TraitRef, self_ty: TyId) -> Vec<(FnId, u32, TraitRef)> {
    let mut out = Vec::new();
    let mut seen = Vec::new();
    add_methods(s, trait_, self_ty, &mut seen, &mut out);
    out
}

fn add_methods(
    s: &mut Session<'_>,
    trait_: &TraitRef,
    self_ty: TyId,
    seen: &mut Vec<usize>,
    out: &mut Vec<(FnId, u32, TraitRef)>,
) {
    use base::EntityId;
    if seen.contains(&trait_.id.index()) {
        return;
    }
    seen.push(trait_.id.index());
    let args: Vec<TyId> = [self_ty].into_iter().chain(trait_.args.iter().copied()).collect();
    let supers = s.hir.traits[trait_.id].supers.clone();
    for super_ in supers {
        let super_ = TraitRef { id: super_.id, args: s.hir.types.subst_all(&super_.args, &args) };
        add_methods(s, &super_, self_ty, seen, out);
    }
    let own = s.hir.traits[trait_.id].methods.iter().enumerate();
    out.extend(own.map(|(index, &(_, id))| (id, index as u32, trait_.clone())));
}

/// The entries of the vtable of a type for a trait.
pub(crate) fn vtable_methods(s: &mut Session<'_>, self_ty: TyId, trait_: &TraitRef, span: Span) -> R<Vtable> {
    let mut keys = Vec::new();
    for (method, index, of) in methods(s, trait_, self_ty) {
        let (id, args) = super::member::trait_fn(s, &of, index, self_ty, span)?;
        let method_args: Vec<TyId> = [self_ty].into_iter().chain(of.args.iter().copied()).collect();
        let same = s.fn_types(id, &args) == s.fn_types(method, &method_args);
        // An object that is the value itself goes straight to the method.
        let direct = same && s.has_body(id) && is_object(s, self_ty, span)?;
        keys.push(if direct {
            Key::Body(id, args)
        } else {
            Key::Method { id, args, self_ty, method, method_args }
        });
    }
    Ok(Vtable { methods: keys })
}

/// True for types whose values are objects that know their type: class instances and boxed structs.
fn is_object(s: &mut Session<'_>, ty: TyId, span: Span) -> R<bool> {
    let is_class = match s.hir.types.get(ty) {
        Ty::Adt(id, _) => matches!(s.hir.adts[*id].kind, AdtKind::Class(_)),
        _ => false,
    };
    Ok(is_class || s.layout(ty, span)?.boxed)
}

impl Lower<'_, '_> {
    /// A trait with its arguments in this instance.
    pub fn subst_trait(&mut self, trait_: &TraitRef) -> TraitRef {
        TraitRef { id: trait_.id, args: self.s.hir.types.subst_all(&trait_.args, &self.args) }
    }

    /// An owned value as a trait object.
    pub(super) fn dyn_from(&mut self, val: Val, to: TyId) -> R<Val> {
        let Ty::Dyn(id, args) = self.ty(to) else { panic!("the type is that of a trait object") };
        let trait_ = TraitRef { id, args };
        if let Ty::Dyn(..) = self.ty(val.ty) {
            return self.dyn_to_dyn(val, &trait_, to);
        }
        let start = self.s.vtable(val.ty, &trait_, self.span)?;
        let slot = self.s.slot(Slot::Table(start));
        let object = self.wrap_object(val)?;
        let vtable = self.e.slot(slot, Repr::I32);
        Ok(Val { ty: to, leaves: [object, vtable].into_iter().collect() })
    }

    /// To a super-trait whose methods stand together in the vtable.
    fn dyn_to_dyn(&mut self, val: Val, trait_: &TraitRef, to: TyId) -> R<Val> {
        let Ty::Dyn(id, args) = self.ty(val.ty) else { panic!("the type is that of a trait object") };
        let from = TraitRef { id, args };
        let whole = methods(self.s, &from, val.ty);
        let part = methods(self.s, trait_, val.ty);
        let ids = |list: &[(FnId, u32, TraitRef)]| list.iter().map(|(id, ..)| *id).collect::<Vec<_>>();
        let (whole, part) = (ids(&whole), ids(&part));
        let Some(at) = whole.windows(part.len().max(1)).position(|run| run == part) else {
            let (from, to) = (self.name(val.ty), self.name(to));
            return Err(self.error(Code::NotSupportedYet, format!("a `{from}` cannot become a `{to}` yet")));
        };
        let vtable = self.e.binary_imm(Op::Add, val.leaves[1], at as i64);
        Ok(Val { ty: to, leaves: [val.leaves[0], vtable].into_iter().collect() })
    }

    /// Calls a method of a trait object.
    pub(super) fn call_dyn(&mut self, trait_: &TraitRef, method: u32, args: &[Operand]) -> R<Val> {
        let Some(first) = args.first() else { panic!("a method has a receiver") };
        let self_ty = self.operand_ty(first)?;
        let all = methods(self.s, trait_, self_ty);
        let Some((id, _, of)) = all.get(method as usize).cloned() else {
            panic!("the trait has a method of this number")
        };
        let method_args: Vec<TyId> = [self_ty].into_iter().chain(of.args.iter().copied()).collect();
        let (mut params, results) = self.s.fn_types(id, &method_args);
        params[0] = self_ty;
        let in_out = results.len() == 2;
        let args = self.args(args, &params, in_out.then_some(Runs::Anything))?;
        let receiver = &args.vals[0];
        let (object, vtable) = match (self.ty(receiver.ty), &receiver.leaves[..]) {
            (Ty::Dyn(..), &[object, vtable]) => (object, vtable),
            _ => return Err(self.error(Code::TypeMismatch, "the receiver is not a trait object")),
        };
        let index = self.e.binary_imm(Op::Add, vtable, i64::from(method));
        let mut values: Vec<Value> = vec![index, object];
        values.extend(args.vals[1..].iter().flat_map(|val| val.leaves.iter().copied()));
        let sig = self.s.method_sig(id, &method_args, self.span)?;
        let reprs = sig.results.clone();
        let sig = self.s.sig(sig);
        let mut leaves = self.e.call_indirect(sig, &values, &reprs);
        let ret = results[results.len() - 1];
        if !in_out {
            return self.finish_call(leaves, None, &[ret]);
        }
        let changed = Val { ty: self_ty, leaves: [leaves.remove(0), vtable].into_iter().collect() };
        let lent = args.lent;
        let result = self.finish_call(leaves, None, &[ret])?;
        if !self.dead {
            match lent {
                Some(lent) => self.give_back(lent, changed)?,
                None => self.release(&changed)?,
            }
        }
        Ok(result)
    }

    /// The code of a vtable entry: takes the value out of the object and calls the method.
    pub(super) fn method_thunk(
        &mut self,
        id: FnId,
        args: &[TyId],
        self_ty: TyId,
        method: FnId,
        method_args: &[TyId],
    ) -> R<()> {
        let (params, wanted) = self.s.fn_types(method, method_args);
        let mut passed = self.e.params().into_iter();
        let Some(object) = passed.next() else { panic!("a method has a receiver") };
        let receiver = self.open_object(object, self_ty)?;
        let mut vals = vec![receiver];
        for &ty in params.iter().skip(1) {
            let count = self.layout(ty)?.leaves.len();
            vals.push(Val { ty, leaves: passed.by_ref().take(count).collect() });
        }
        let wants_self = wanted.len() == 2;
        let (own_params, own) = self.s.fn_types(id, args);
        let gives_self = own.len() == 2;
        let keeps = wants_self && !gives_self;
        if keeps {
            // The method changes what the object refers to; the object stays.
            self.retain(&vals[0].clone())?;
        }
        let kept = keeps.then(|| vals[0].clone());
        let mut converted = Vec::new();
        for (val, ty) in vals.into_iter().zip(own_params) {
            converted.push(self.coerce(val, ty)?);
        }
        if !self.s.has_body(id) {
            return Err(self.bad_extern(id));
        }
        let func = self.s.instance(Key::Body(id, args.to_vec()), self.span)?;
        let values: Vec<Value> = converted.iter().flat_map(|val| val.leaves.iter().copied()).collect();
        let reprs = self.s.out.funcs[func].sig.results.clone();
        let mut leaves = self.e.call(func, &values, &reprs);
        let mut out = smallvec::SmallVec::new();
        if gives_self {
            let count = self.layout(self_ty)?.leaves.len();
            let changed = Val { ty: self_ty, leaves: leaves.drain(..count).collect() };
            if wants_self {
                out.push(self.wrap_object(changed)?);
            } else {
                self.release(&changed)?;
            }
        } else if let Some(kept) = kept {
            out.push(self.wrap_object(kept)?);
        }
        let result = self.finish_call(leaves, None, &own[own.len() - 1..])?;
        if self.dead {
            return Ok(());
        }
        let result = self.coerce(result, wanted[wanted.len() - 1])?;
        out.extend(result.leaves);
        self.e.end(End::Return(out));
        Ok(())
    }

    /// The value in an owned object of a trait object.
    fn open_object(&mut self, object: Value, ty: TyId) -> R<Val> {
        if is_object(self.s, ty, self.span)? {
            return Ok(Val { ty, leaves: [object].into_iter().collect() });
        }
        let val = self.load_at(object, object::PAYLOAD, ty)?;
        self.retain(&val)?;
        let info = self.object_info(ty)?;
        self.e.release(object, &info);
        Ok(val)
    }

    fn wrap_object(&mut self, val: Val) -> R<Value> {
        if is_object(self.s, val.ty, self.span)? {
            return Ok(self.one(&val));
        }
        let desc = self.s.box_desc(val.ty, self.span)?;
        let word = self.desc_word(desc);
        let object = self.e.rt1(RtFn::rt_object_new, &[word]);
        self.store_at(object, object::PAYLOAD, &val)?;
        Ok(object)
    }

    fn object_info(&mut self, ty: TyId) -> R<crate::layout::LeafInfo> {
        let may_cycle = self.layout(ty)?.leaves.iter().any(|leaf| leaf.may_cycle);
        Ok(crate::layout::LeafInfo { repr: Repr::Ref, offset: 0, nullable: false, may_cycle })
    }
}
