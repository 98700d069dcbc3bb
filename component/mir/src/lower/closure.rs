//! Closures and functions as values.
//!
//! A function value is an object with the function-table index of its code and its captures. The code gets the object as its first
//! argument, *borrowed*: the caller keeps it alive for the whole call, and with it the captures that the body only reads. Of those that it
//! writes it takes copies.

use super::call::Args;
use super::{Lower, Val};
use crate::generic::{Body, Operand};
use crate::instantiate::{Key, R};
use crate::layout::Payload;
use crate::legal::{End, Slot, Value};
use abi::{Repr, RtFn, TypeId, object};
use base::{EntityId, Symbol};
use sema::hir::{FnId, FnKind};
use sema::ty::{Ty, TyId};
use std::rc::Rc;

impl Lower<'_, '_> {
    /// A closure with its captures, wanted as a value of a function type.
    pub(super) fn closure(&mut self, id: FnId, args: &[TyId], captures: &[Operand], ty: TyId) -> R<Val> {
        let args = self.s.hir.types.subst_all(args, &self.args);
        let ty = self.value_type(id, &args, ty);
        let body = self.s.template(id)?;
        let (desc, payload) = self.closure_object(&body, id, &args)?;
        let func = self.s.instance(Key::Closure { id, args: args.clone(), fn_ty: ty }, self.span)?;
        let mut vals = Vec::new();
        for (capture, &local) in captures.iter().zip(&body.captures) {
            let wanted = self.s.hir.types.subst(body.locals[local].ty, &args);
            vals.push(self.consume_as(capture, wanted)?);
        }
        let object = self.new_closure(desc, func)?;
        let leaves = vals.iter().flat_map(|val| val.leaves.iter().copied());
        for (value, info) in leaves.zip(&payload.leaves) {
            self.e.store(object, object::CLOSURE_DATA + info.offset, value);
        }
        Ok(Val { ty, leaves: [object].into_iter().collect() })
    }

    /// The function type that a function is wanted as, or else its own.
    fn value_type(&mut self, id: FnId, args: &[TyId], wanted: TyId) -> TyId {
        if let Ty::Fn(..) = self.ty(wanted) {
            return wanted;
        }
        let (params, results) = self.s.fn_types(id, args);
        let ret = results[results.len() - 1];
        self.intern(Ty::Fn(params, ret))
    }

    fn new_closure(&mut self, desc: TypeId, func: crate::legal::FuncId) -> R<Value> {
        let entry = self.s.table_entry(func);
        let word = self.desc_word(desc);
        let object = self.e.rt1(RtFn::rt_object_new, &[word]);
        let slot = self.s.slot(Slot::Table(entry));
        let index = self.e.slot(slot, Repr::I32);
        self.e.store(object, object::CLOSURE_FN, index);
        Ok(object)
    }

    fn closure_object(&mut self, body: &Body, id: FnId, args: &[TyId]) -> R<(TypeId, Rc<Payload>)> {
        let captures: Vec<(Option<Symbol>, TyId)> = body
            .captures
            .iter()
            .map(|&local| {
                let decl = &body.locals[local];
                (decl.name, self.s.hir.types.subst(decl.ty, args))
            })
            .collect();
        self.s.closure_object(id, args, &captures, self.span)
    }

    /// Takes the captures of the function that is lowered out of its environment.
    pub(super) fn load_captures(&mut self, body: &Body, env: Value) -> R<()> {
        let args = self.args.clone();
        let (_, payload) = self.closure_object(body, body.id, &args)?;
        let mut infos = payload.leaves.iter();
        let lent = body.lent_inputs();
        for &local in &body.captures {
            let ty = self.local_ty(local);
            let count = self.layout(ty)?.leaves.len();
            let leaves = infos
                .by_ref()
                .take(count)
                .map(|info| self.e.load(info.repr, env, object::CLOSURE_DATA + info.offset))
                .collect();
            let val = Val { ty, leaves };
            if !lent.contains(&local) {
                self.retain(&val)?;
            }
            self.state[local.index()] = Some(val.leaves);
        }
        if let Some(local) = body.self_closure {
            let val = Val { ty: self.local_ty(local), leaves: [env].into_iter().collect() };
            if !lent.contains(&local) {
                self.retain(&val)?;
            }
            self.state[local.index()] = Some(val.leaves);
        }
        Ok(())
    }

    /// A function without captures, wanted as a value of a function type.
    pub(super) fn fn_value(&mut self, id: FnId, args: &[TyId], ty: TyId) -> R<Val> {
        let args = self.s.hir.types.subst_all(args, &self.args);
        let ty = self.value_type(id, &args, ty);
        let func = self.s.instance(Key::FnValue { id, args: args.clone(), fn_ty: ty }, self.span)?;
        let (desc, _) = self.s.closure_object(id, &args, &[], self.span)?;
        let object = self.new_closure(desc, func)?;
        Ok(Val { ty, leaves: [object].into_iter().collect() })
    }

    /// The code of a function as a value: it ignores its environment and calls the function.
    pub(super) fn fn_value_thunk(&mut self, id: FnId, args: &[TyId], fn_ty: TyId) -> R<()> {
        let (params, ret) = self.fn_type(fn_ty);
        let mut passed = self.e.params().into_iter().skip(1);
        let mut vals = Vec::new();
        for ty in params {
            let count = self.layout(ty)?.leaves.len();
            vals.push(Val { ty, leaves: passed.by_ref().take(count).collect() });
        }
        let result = self.call_vals(id, args, vals)?;
        if self.dead {
            return Ok(());
        }
        let result = self.coerce(result, ret)?;
        self.e.end(End::Return(result.leaves));
        Ok(())
    }

    /// Calls a function with owned values.
    pub fn call_vals(&mut self, id: FnId, targs: &[TyId], vals: Vec<Val>) -> R<Val> {
        match self.s.hir.fns[id].kind {
            FnKind::Body(_) | FnKind::Template | FnKind::Host => {
                let (params, results) = self.s.fn_types(id, targs);
                let mut converted = Vec::new();
                for (val, ty) in vals.into_iter().zip(params) {
                    converted.push(self.coerce(val, ty)?);
                }
                let func = self.s.instance(Key::Body(id, targs.to_vec()), self.span)?;
                self.call_direct(func, Args { vals: converted, lent: None }, &results)
            }
            FnKind::Runtime(_) | FnKind::Intrinsic(_) | FnKind::Required => {
                // As a call of locals that hold the values.
                let mut operands = Vec::new();
                for val in vals {
                    operands.push(self.temp(val));
                }
                self.call_fn(id, targs, &operands)
            }
        }
    }
}
