//! What a name is on a type.

use super::{Found, Target};
use crate::hir::{AdtKind, FnId, Receiver, TraitRef};
use crate::infer::Infer;
use crate::infer::ity::{Con, T, VarKind};
use crate::infer::places::Meant;
use crate::infer::tree::ICallee;
use crate::scheme::{Constraint, Member};
use crate::ty::{IntTy, TraitId};
use base::{Code, Diagnostic, Span, Symbol};

impl<'a> Infer<'a> {
    /// The field of a type.
    pub fn find_field(&mut self, ty: T, name: Symbol) -> Option<(u32, T)> {
        let (con, args) = self.tt.head(ty).map(|(con, args)| (con, args.to_vec()))?;
        match con {
            Con::Adt(id) => {
                let (AdtKind::Struct(fields) | AdtKind::Class(fields)) = &self.p.adts[id].kind else {
                    return None;
                };
                let index = fields.iter().position(|field| field.name == Some(name))?;
                let field = fields[index].ty;
                Some((index as u32, self.tt.import(&self.p.types, field, &args)))
            }
            Con::Tuple => {
                let index: usize = self.cx.names.name(name).parse().ok()?;
                args.get(index).map(|&item| (index as u32, item))
            }
            _ => None,
        }
    }

    /// The method of a type. `statement`: its result is not used.
    pub fn find_method(&mut self, ty: T, name: Symbol, statement: bool, span: Span, trace: &[Span]) -> Found {
        let found = self.method_of(ty, name, statement, span, trace);
        if let Found::Method(target) = &found {
            self.seen(span, Meant::Fn(target.id));
        }
        found
    }

    fn method_of(&mut self, ty: T, name: Symbol, statement: bool, span: Span, trace: &[Span]) -> Found {
        if let Some(kind) = self.tt.kind_of(ty) {
            if kind == VarKind::General {
                return Found::Blocked(vec![ty]);
            }
            self.default_literals(ty);
        }
        let con = self.tt.con_of(ty).expect("not a variable");
        match con {
            Con::Error | Con::Never => return Found::Error,
            Con::Param(n) => return self.param_method(ty, n, name, span, trace),
            Con::Dyn(trait_) => {
                let args = self.tt.head(ty).map(|(_, args)| args.to_vec()).unwrap_or_default();
                return self.dyn_method(ty, trait_, args, name, span, trace);
            }
            _ => {}
        }
        match self.pick(ty, con, name, statement, false) {
            Pick::One(member) => Found::Method(self.method_target(member, ty, span, trace)),
            Pick::Blocked(on) => Found::Blocked(on),
            Pick::None if con == Con::Any => Found::Dynamic,
            Pick::None => Found::Missing,
        }
    }

    /// Chooses among the methods of a name.
    pub fn pick(&mut self, ty: T, con: Con, name: Symbol, statement: bool, is_static: bool) -> Pick {
        let mut list = self.candidates(con, name);
        let sigs = &self.p.schemes.sigs;
        list.retain(|member| (sigs[member.id].receiver == Receiver::None) == is_static);
        if list.is_empty() {
            return Pick::None;
        }
        let mut fitting = self.fitting(&list, ty);
        if several_types(self, &fitting) {
            self.default_literals(ty);
            fitting = self.fitting(&list, ty);
            if several_types(self, &fitting) {
                let mut open = Vec::new();
                let _ = self.tt.each_var(ty, &mut |var| open.push(var));
                let on: Vec<T> = open.into_iter().map(|var| self.tt.var_type(var)).collect();
                if !on.is_empty() {
                    return Pick::Blocked(on);
                }
            }
        }
        let sigs = &self.p.schemes.sigs;
        let wanted = fitting.iter().find(|member| sigs[member.id].me == statement).or(fitting.first());
        match wanted {
            Some(&member) => Pick::One(member),
            None => Pick::None,
        }
    }

    /// All methods of a name that a head has. Own methods come before those of traits.
    pub(super) fn candidates(&self, con: Con, name: Symbol) -> Vec<Member> {
        let members = &self.p.schemes.members;
        let mut list: Vec<Member> = Vec::new();
        let mut add = |con: Con| {
            if let Some(found) = members.get(&(con, name)) {
                list.extend(found);
            }
        };
        add(con);
        add(Con::Param(0));
        if list.is_empty() {
            // What other widths do not have they take from the usual one.
            let wide = IntTy { bits: 64, signed: true };
            match con {
                Con::Int(int) if int != wide => {
                    list.extend(members.get(&(Con::Int(wide), name)).into_iter().flatten())
                }
                Con::Float(32) => list.extend(members.get(&(Con::Float(64), name)).into_iter().flatten()),
                _ => {}
            }
        }
        list.sort_by_key(|member| self.p.impls[member.via].trait_.is_some());
        list
    }

    fn fitting(&mut self, list: &[Member], ty: T) -> Vec<Member> {
        let mut fitting = Vec::new();
        for &member in list {
            let own = self.impl_type(member.via);
            let number = matches!(self.tt.con_of(ty), Some(Con::Int(_) | Con::Float(_)));
            if number || self.tt.could_unify(own, ty) {
                fitting.push(member);
            }
        }
        fitting
    }

    /// The type of an impl with fresh variables.
    fn impl_type(&mut self, id: crate::hir::ImplId) -> T {
        let args = self.impl_args(id);
        self.tt.import(&self.p.types, self.p.impls[id].self_ty, &args)
    }

    pub(super) fn impl_args(&mut self, id: crate::hir::ImplId) -> Vec<T> {
        let count = self.p.impls[id].generics.len();
        let _span = Span { file: base::EntityId::from_index(0), start: 0, end: 0 };
        (0..count).map(|_| self.fresh()).collect()
    }

    /// A method found by name, for a receiver type.
    fn method_target(&mut self, member: Member, ty: T, span: Span, trace: &[Span]) -> Target {
        match member.default_of {
            None => {
                let inst = self.instantiate_traced(member.id, span, trace);
                let receiver = self.p.schemes.sigs[member.id].receiver;
                if let Some(&own) = inst.params.first()
                    && receiver != Receiver::None
                {
                    // Other widths of numbers are converted.
                    let _ = self.tt.attempt(|tt| tt.unify(own, ty));
                }
                let callee = ICallee::Fn(member.id, inst.args.clone());
                Target {
                    callee,
                    id: member.id,
                    args: inst.args,
                    params: inst.params,
                    ret: inst.ret,
                    receiver,
                }
            }
            Some(trait_) => {
                let impl_args = self.impl_args(member.via);
                let own = self.tt.import(&self.p.types, self.p.impls[member.via].self_ty, &impl_args);
                let _ = self.tt.attempt(|tt| tt.unify(own, ty));
                let trait_args =
                    self.p.impls[member.via].trait_.clone().map(|trait_| trait_.args).unwrap_or_default();
                let trait_args: Vec<T> = trait_args
                    .into_iter()
                    .map(|arg| self.tt.import(&self.p.types, arg, &impl_args))
                    .collect();
                let inst = self.trait_instance(member.id, ty, &trait_args, span, trace);
                self.add_traced(
                    Constraint::Implements { ty, trait_, args: trait_args },
                    span,
                    None,
                    trace.to_vec(),
                );
                let receiver = self.p.schemes.sigs[member.id].receiver;
                let callee = ICallee::Fn(member.id, inst.args.clone());
                Target {
                    callee,
                    id: member.id,
                    args: inst.args,
                    params: inst.params,
                    ret: inst.ret,
                    receiver,
                }
            }
        }
    }

    fn instantiate_traced(
        &mut self,
        id: FnId,
        span: Span,
        trace: &[Span],
    ) -> crate::infer::instantiate::Instance {
        match self.ready(id) {
            crate::infer::function::Ready::Scheme => self.instantiate_scheme(id, span, trace),
            crate::infer::function::Ready::Live => self.instantiate(id, span),
        }
    }

    /// A trait's method with `Self` and the trait's arguments given.
    fn trait_instance(
        &mut self,
        id: FnId,
        own: T,
        trait_args: &[T],
        span: Span,
        trace: &[Span],
    ) -> crate::infer::instantiate::Instance {
        let inst = self.instantiate_traced(id, span, trace);
        let given = std::iter::once(&own).chain(trait_args);
        for (&arg, &wanted) in inst.args.iter().zip(given) {
            let _ = self.tt.attempt(|tt| tt.unify(arg, wanted));
        }
        inst
    }

    fn trait_method(&self, trait_: TraitId, name: Symbol) -> Option<(u32, FnId)> {
        let methods = &self.p.traits[trait_].methods;
        methods.iter().position(|(known, _)| *known == name).map(|index| (index as u32, methods[index].1))
    }

    /// The bounds of a type parameter with their super-traits, arguments over the parameters of the function.
    pub fn bounds_of(&mut self, n: u32) -> Vec<TraitRef> {
        let Some(sig) = self.bodies.get(self.cur).and_then(|body| self.p.schemes.sigs.get(body.id)) else {
            return Vec::new();
        };
        let mut list: Vec<TraitRef> =
            sig.generics.get(n as usize).map(|generic| generic.bounds.clone()).unwrap_or_default();
        let own = self.p.types.intern(crate::ty::Ty::Param(n));
        let mut at = 0;
        while at < list.len() {
            let bound = list[at].clone();
            let mut args = vec![own];
            args.extend(&bound.args);
            for super_ in self.p.traits[bound.id].supers.clone() {
                let args = self.p.types.subst_all(&super_.args, &args);
                let super_ = TraitRef { id: super_.id, args };
                if !list.contains(&super_) {
                    list.push(super_);
                }
            }
            at += 1;
        }
        list
    }

    fn param_method(&mut self, ty: T, n: u32, name: Symbol, span: Span, trace: &[Span]) -> Found {
        let bounds = self.bounds_of(n);
        for bound in &bounds {
            let Some((method, id)) = self.trait_method(bound.id, name) else { continue };
            let trait_args: Vec<T> = bound.args.iter().map(|&arg| self.own_ty(arg)).collect();
            let inst = self.trait_instance(id, ty, &trait_args, span, trace);
            let own = 1 + trait_args.len();
            let callee = ICallee::Trait {
                trait_: bound.id,
                trait_args,
                method,
                self_ty: ty,
                args: inst.args[own..].to_vec(),
            };
            let receiver = self.p.schemes.sigs[id].receiver;
            return Found::Method(Target {
                callee,
                id,
                args: inst.args,
                params: inst.params,
                ret: inst.ret,
                receiver,
            });
        }
        // Methods of every type.
        if let Pick::One(member) = self.pick(ty, Con::Param(0), name, false, false) {
            return Found::Method(self.method_target(member, ty, span, trace));
        }
        if bounds.is_empty() { Found::Blocked(Vec::new()) } else { Found::Missing }
    }

    fn dyn_method(
        &mut self,
        ty: T,
        trait_: TraitId,
        args: Vec<T>,
        name: Symbol,
        span: Span,
        trace: &[Span],
    ) -> Found {
        let vtable = self.p.schemes.vtables[&trait_].clone();
        let found = vtable.iter().position(|(_, id)| self.p.schemes.sigs[*id].name == name);
        let Some(index) = found else { return Found::Missing };
        let (owner, id) = vtable[index];
        // Arguments of a super-trait would have to be followed; only the trait's own are.
        let trait_args = if owner == trait_ { args.clone() } else { Vec::new() };
        let inst = self.trait_instance(id, ty, &trait_args, span, trace);
        let sig = &self.p.schemes.sigs[id];
        if sig.generics.len() > sig.owned {
            let declared = sig.span;
            let text = self.name(name);
            self.report(
                Diagnostic::new(
                    Code::NotSupportedYet,
                    span,
                    format!("`{text}` has type parameters: a trait object cannot call it"),
                )
                .note(declared, "declared here")
                .help("take the value as a type parameter with the trait as its bound"),
            );
        }
        let receiver = self.p.schemes.sigs[id].receiver;
        let callee = ICallee::Dyn { trait_, trait_args: args, method: index as u32 };
        Found::Method(Target { callee, id, args: inst.args, params: inst.params, ret: inst.ret, receiver })
    }
}

/// The outcome of choosing a method.
pub(crate) enum Pick {
    None,
    One(Member),
    Blocked(Vec<T>),
}

/// True where methods of impls for different types fit, because the type is not fully known.
fn several_types(infer: &Infer, list: &[Member]) -> bool {
    let own = |member: &Member| infer.p.impls[member.via].self_ty;
    let inherent: Vec<&Member> =
        list.iter().filter(|member| infer.p.impls[member.via].trait_.is_none()).collect();
    inherent.windows(2).any(|pair| own(pair[0]) != own(pair[1]) && !overlap(infer, pair[0], pair[1]))
}

/// Impls like `impl<T> [T]` and `impl [i64]` both have their own parameters; only fully concrete ones exclude each other.
fn overlap(infer: &Infer, a: &Member, b: &Member) -> bool {
    let generic = |member: &Member| !infer.p.impls[member.via].generics.is_empty();
    generic(a) && generic(b)
}
