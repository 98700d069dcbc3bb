//! What templates leave to their instances: members of type parameters, methods of traits, operators of declared types. Types here have no
//! parameters left. The answers are those that inference found when it checked the call that asks for the instance.

use crate::hir::{FnId, ImplId, Program, TraitRef};
use crate::infer::Infer;
use crate::infer::ity::T;
use crate::infer::member::Found;
use crate::infer::solve::{At, Outcome};
use crate::infer::tree::{ICallee, Resolution};
use crate::ty::{Ty, TyId};
use base::{Cx, EntityId, Span, Symbol};
use std::collections::HashMap;
use syntax::ast::BinOp;

/// What a member of an instance is.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Member {
    /// A field by position, and its type.
    Field(u32, TyId),
    /// A method.
    Method(Method),
    /// A method of a trait object: position in the vtable, parameters (`self` first), result.
    Dyn { trait_: TraitRef, method: u32, params: Vec<TyId>, ret: TyId },
    /// A call of a field that holds a function: position, parameters, result.
    FieldCall { index: u32, params: Vec<TyId>, ret: TyId },
    /// The value is dynamic: found when the program runs.
    Dynamic,
}

/// A function with what it is called with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Method {
    /// The function.
    pub id: FnId,
    /// Its type arguments.
    pub args: Vec<TyId>,
    /// Parameters, `self` first: receiver and arguments are converted to them.
    pub params: Vec<TyId>,
    /// Functions without parameters that give the arguments that were left out, with their type arguments.
    pub defaults: Vec<(FnId, Vec<TyId>)>,
    /// Its result.
    pub ret: TyId,
    /// The result is `not` the function's (`!=` by way of `__eq__`).
    pub negate: bool,
}

/// A method of a trait, for a type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TraitMethod {
    /// The implementation's function, or the trait's default, with its type arguments.
    Fn(FnId, Vec<TyId>),
    /// The type is a trait object: position in its vtable.
    Dyn(TraitRef, u32),
}

/// `recv.name` (without `args`) or `recv.name(args)`, whose result has type `ret`. `None` where there is none: the instance is an error
/// that inference did not see.
pub fn member(
    cx: &mut Cx,
    program: &mut Program,
    recv: TyId,
    name: Symbol,
    args: Option<&[TyId]>,
    ret: TyId,
    statement: bool,
) -> Option<Member> {
    let mut infer = instance(cx, program);
    let recv_t = infer.own_ty(recv);
    let arg_types: Option<Vec<T>> = args.map(|args| args.iter().map(|&arg| infer.own_ty(arg)).collect());
    let ret_t = infer.own_ty(ret);
    let pending = infer.pendings.push(None);
    let at = At { span: nowhere(), pending: Some(pending), trace: Vec::new() };
    let outcome = infer.solve_member(&at, recv_t, name, arg_types.as_deref(), ret_t, statement);
    if !matches!(outcome, Outcome::Solved) || !finish(&mut infer) {
        return None;
    }
    match infer.pendings[pending].take()? {
        Resolution::Field(index) => Some(Member::Field(index, ret)),
        Resolution::Dynamic => Some(Member::Dynamic),
        Resolution::FieldCall(index, params) => {
            let (_, field) = infer.find_field(recv_t, name)?;
            let params = lower_all(&mut infer, &params);
            let field = lower(&mut infer, field);
            let ret = match infer.p.types.get(field) {
                Ty::Fn(_, ret) => *ret,
                _ => return None,
            };
            Some(Member::FieldCall { index, params, ret })
        }
        Resolution::Call { callee, params, defaults, negate } => {
            let params = lower_all(&mut infer, &params);
            let defaults = defaults.iter().map(|(id, args, _)| (*id, lower_all(&mut infer, args))).collect();
            method_of(&mut infer, callee, params, defaults, ret, negate)
        }
    }
}

fn method_of(
    infer: &mut Infer,
    callee: ICallee,
    params: Vec<TyId>,
    defaults: Vec<(FnId, Vec<TyId>)>,
    ret: TyId,
    negate: bool,
) -> Option<Member> {
    match callee {
        ICallee::Fn(id, args) => {
            let args = lower_all(infer, &args);
            Some(Member::Method(Method { id, args, params, defaults, ret, negate }))
        }
        ICallee::Dyn { trait_, trait_args, method } => {
            let trait_ = TraitRef { id: trait_, args: lower_all(infer, &trait_args) };
            Some(Member::Dyn { trait_, method, params, ret })
        }
        // There is no type parameter left that has a bound.
        ICallee::Trait { .. } | ICallee::Value(_) => None,
    }
}

/// The method of a declared type that an operator calls. `None`: the operator is built in ([`crate::ops::binary_result`]).
pub fn operator(cx: &mut Cx, program: &mut Program, op: BinOp, left: TyId, right: TyId) -> Option<Method> {
    let Ty::Adt(..) = program.types.get(left) else { return None };
    let mut infer = instance(cx, program);
    let (l, r) = (infer.own_ty(left), infer.own_ty(right));
    let ret = infer.fresh();
    let pending = infer.pendings.push(None);
    let at = At { span: nowhere(), pending: Some(pending), trace: Vec::new() };
    let outcome = infer.solve_binary(&at, op, l, r, ret);
    if !matches!(outcome, Outcome::Solved) || !finish(&mut infer) {
        return None;
    }
    let Some(Resolution::Call { callee, params, negate, .. }) = infer.pendings[pending].take() else {
        return None;
    };
    let params = lower_all(&mut infer, &params);
    let ret = lower(&mut infer, ret);
    match method_of(&mut infer, callee, params, Vec::new(), ret, negate)? {
        Member::Method(method) => Some(method),
        Member::Field(..) | Member::Dyn { .. } | Member::FieldCall { .. } | Member::Dynamic => None,
    }
}

/// The method of a declared type that unary `-` calls.
pub fn negation(cx: &mut Cx, program: &mut Program, operand: TyId) -> Option<Method> {
    let Ty::Adt(..) = program.types.get(operand) else { return None };
    let name = cx.names.intern(crate::ops::NEGATION);
    let mut infer = instance(cx, program);
    let own = infer.own_ty(operand);
    let Found::Method(target) = infer.find_method(own, name, false, nowhere(), &[]) else { return None };
    if !finish(&mut infer) {
        return None;
    }
    let params = lower_all(&mut infer, &target.params);
    let ret = lower(&mut infer, target.ret);
    match method_of(&mut infer, target.callee, params, Vec::new(), ret, false)? {
        Member::Method(method) => Some(method),
        Member::Field(..) | Member::Dyn { .. } | Member::FieldCall { .. } | Member::Dynamic => None,
    }
}

/// The function that a method of a trait is for a type. `args` are the method's own type arguments.
pub fn trait_method(
    cx: &mut Cx,
    program: &mut Program,
    trait_: &TraitRef,
    method: u32,
    self_ty: TyId,
    args: &[TyId],
) -> Option<TraitMethod> {
    let &(name, wanted) = program.traits[trait_.id].methods.get(method as usize)?;
    if let Ty::Dyn(own, own_args) = program.types.get(self_ty).clone() {
        let vtable = &program.schemes.vtables[&own];
        let index = vtable.iter().position(|&(_, id)| id == wanted)?;
        return Some(TraitMethod::Dyn(TraitRef { id: own, args: own_args }, index as u32));
    }
    let (impl_, mut list) = find_impl(cx, program, trait_, self_ty)?;
    match program.impls[impl_].methods.iter().find(|(own, _)| *own == name) {
        Some(&(_, id)) => {
            list.extend_from_slice(args);
            Some(TraitMethod::Fn(id, list))
        }
        None => {
            let mut list = vec![self_ty];
            list.extend(&trait_.args);
            list.extend_from_slice(args);
            Some(TraitMethod::Fn(wanted, list))
        }
    }
}

/// The functions of a vtable: all methods of the trait for a type, super-traits' first.
pub fn vtable(
    cx: &mut Cx,
    program: &mut Program,
    trait_: &TraitRef,
    self_ty: TyId,
) -> Option<Vec<(FnId, Vec<TyId>)>> {
    let slots = program.schemes.vtables[&trait_.id].clone();
    let mut list = Vec::new();
    for (owner, id) in slots {
        let owner_ref =
            if owner == trait_.id { trait_.clone() } else { TraitRef { id: owner, args: Vec::new() } };
        let index = program.traits[owner].methods.iter().position(|&(_, own)| own == id)?;
        match trait_method(cx, program, &owner_ref, index as u32, self_ty, &[])? {
            TraitMethod::Fn(id, args) => list.push((id, args)),
            TraitMethod::Dyn(..) => return None,
        }
    }
    Some(list)
}

/// The implementation of a trait for a type, with the type arguments of the impl.
pub fn find_impl(
    cx: &mut Cx,
    program: &mut Program,
    trait_: &TraitRef,
    self_ty: TyId,
) -> Option<(ImplId, Vec<TyId>)> {
    let candidates = program.schemes.trait_impls.get(&trait_.id).cloned().unwrap_or_default();
    let mut infer = instance(cx, program);
    let own = infer.own_ty(self_ty);
    let wanted: Vec<T> = trait_.args.iter().map(|&arg| infer.own_ty(arg)).collect();
    for id in candidates {
        let count = infer.p.impls[id].generics.len();
        let args: Vec<T> = (0..count).map(|_| infer.fresh()).collect();
        let declared = infer.p.impls[id].self_ty;
        let declared = infer.tt.import(&infer.p.types, declared, &args);
        let trait_args = infer.p.impls[id].trait_.clone().map(|trait_| trait_.args).unwrap_or_default();
        let fits = infer.tt.attempt(|tt| tt.unify(declared, own)).is_ok()
            && trait_args.into_iter().zip(&wanted).all(|(arg, &wanted)| {
                let arg = infer.tt.import(&infer.p.types, arg, &args);
                infer.tt.attempt(|tt| tt.unify(arg, wanted)).is_ok()
            });
        if fits {
            let args = lower_all(&mut infer, &args);
            return Some((id, args));
        }
    }
    None
}

fn instance<'a>(cx: &'a mut Cx, program: &'a mut Program) -> Infer<'a> {
    let mut infer = Infer::new(cx, program);
    infer.silent = Some(0);
    infer
}

/// Solves what is left; false where something does not hold.
fn finish(infer: &mut Infer) -> bool {
    infer.settle(0, 0, false);
    infer.silent == Some(0) && infer.open_from(0, 0).is_empty()
}

fn lower(infer: &mut Infer, t: T) -> TyId {
    infer.lower(t, &HashMap::new())
}

fn lower_all(infer: &mut Infer, list: &[T]) -> Vec<TyId> {
    list.iter().map(|&t| lower(infer, t)).collect()
}

fn nowhere() -> Span {
    Span { file: base::FileId::from_index(0), start: 0, end: 0 }
}
