//! Members: fields and methods of values, found by the head of the type; on a type parameter by its bounds, or later.

use super::Infer;
use super::ity::{Con, T, VarKind};
use super::solve::{At, Outcome};
use super::tree::{ICallee, IExpr, IKind, Resolution};
use crate::hir::{AdtKind, FnId, Receiver, TraitRef};
use crate::scheme::{Constraint, Member};
use crate::ty::{IntTy, TraitId};
use base::{Code, Diagnostic, Span, Symbol};
use syntax::ast;

/// A method for one use.
pub(crate) struct Target {
    pub callee: ICallee,
    /// The function whose signature holds: names, defaults.
    pub id: FnId,
    pub args: Vec<T>,
    /// `self` first.
    pub params: Vec<T>,
    pub ret: T,
    pub receiver: Receiver,
}

/// What a name is on a type.
pub(crate) enum Found {
    Method(Target),
    /// The value is dynamic.
    Dynamic,
    /// One of these must be known first; on a type parameter, none will be.
    Blocked(Vec<T>),
    Missing,
    /// Reported before.
    Error,
}

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
    fn candidates(&self, con: Con, name: Symbol) -> Vec<Member> {
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

    fn impl_args(&mut self, id: crate::hir::ImplId) -> Vec<T> {
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

    fn instantiate_traced(&mut self, id: FnId, span: Span, trace: &[Span]) -> super::instantiate::Instance {
        match self.ready(id, span) {
            super::function::Ready::Scheme => self.instantiate_scheme(id, span, trace),
            super::function::Ready::Live => self.instantiate(id, span),
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
    ) -> super::instantiate::Instance {
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

    // -- expressions ------------------------------------------------------------------------------------

    /// `recv.name` without parentheses: a field, or a method without arguments.
    pub fn member_get(&mut self, recv: IExpr, name: ast::Name, statement: bool, span: Span) -> IExpr {
        let ty = self.known(recv.ty);
        if let Some((index, field)) = self.find_field(ty, name.sym) {
            return self.expr(IKind::Field(Box::new(recv), index), field, span);
        }
        match self.find_method(ty, name.sym, statement, name.span, &[]) {
            Found::Method(target) => self.call_target(target, recv, name, &[], None, span),
            Found::Blocked(_) => {
                let ret = self.fresh();
                let pending = self.pendings.push(None);
                self.add(
                    Constraint::Member { recv: ty, name: name.sym, args: None, ret, statement },
                    name.span,
                    Some(pending),
                );
                self.expr(
                    IKind::Member { recv: Box::new(recv), name: name.sym, args: None, statement, pending },
                    ret,
                    span,
                )
            }
            Found::Dynamic => {
                let any = self.tt.any();
                let pending = self.pendings.push(Some(Resolution::Dynamic));
                self.expr(
                    IKind::Member { recv: Box::new(recv), name: name.sym, args: None, statement, pending },
                    any,
                    span,
                )
            }
            Found::Missing if recv.soft && self.tt.con_of(ty) == Some(Con::Option) => {
                let recv = self.soften(recv);
                self.member_get(recv, name, statement, span)
            }
            Found::Missing => {
                self.missing_member(&At::new(name.span), ty, name.sym);
                self.error_expr(span)
            }
            Found::Error => self.error_expr(span),
        }
    }

    /// `recv.name(args)`.
    pub fn method_call(
        &mut self,
        recv: IExpr,
        name: ast::Name,
        args: &'a [ast::Arg],
        expect: Option<T>,
        statement: bool,
        span: Span,
    ) -> IExpr {
        let ty = self.known(recv.ty);
        match self.find_method(ty, name.sym, statement, name.span, &[]) {
            Found::Method(target) => self.call_target(target, recv, name, args, expect, span),
            found @ (Found::Blocked(_) | Found::Dynamic) => {
                if let Some((index, field)) = self.find_field(ty, name.sym) {
                    let callee = self.expr(IKind::Field(Box::new(recv), index), field, span);
                    return self.call_value(callee, args, span);
                }
                let is_dynamic = matches!(found, Found::Dynamic);
                self.open_call(recv, name, args, statement, is_dynamic, span)
            }
            Found::Missing => {
                if let Some((index, field)) = self.find_field(ty, name.sym) {
                    let callee = self.expr(IKind::Field(Box::new(recv), index), field, span);
                    return self.call_value(callee, args, span);
                }
                if recv.soft && self.tt.con_of(ty) == Some(Con::Option) {
                    let recv = self.soften(recv);
                    return self.method_call(recv, name, args, expect, statement, span);
                }
                self.missing_member(&At::new(name.span), ty, name.sym);
                self.effects(args);
                self.error_expr(span)
            }
            Found::Error => {
                self.effects(args);
                self.error_expr(span)
            }
        }
    }

    /// A call on a value whose type is not known yet, or is dynamic.
    fn open_call(
        &mut self,
        recv: IExpr,
        name: ast::Name,
        args: &'a [ast::Arg],
        statement: bool,
        dynamic: bool,
        span: Span,
    ) -> IExpr {
        let mut values = Vec::new();
        for arg in args {
            if let Some(label) = arg.name {
                self.report(
                    Diagnostic::new(
                        Code::BadArguments,
                        label.span,
                        "a named argument needs a function that is known here",
                    )
                    .help("write the arguments in order, or declare the type of the receiver"),
                );
            }
            if arg.spread {
                self.not_yet(arg.value.span, "spread arguments", "pass the elements one by one");
            }
            let value = self.infer(&arg.value, None);
            values.push(if dynamic {
                let any = self.tt.any();
                self.coerce(value, any, &super::convert::Why::Argument(String::new()))
            } else {
                value
            });
        }
        let recv_ty = recv.ty;
        if dynamic {
            let ret = self.tt.any();
            let pending = self.pendings.push(Some(Resolution::Dynamic));
            let kind = IKind::Member {
                recv: Box::new(recv),
                name: name.sym,
                args: Some(values),
                statement,
                pending,
            };
            return self.expr(kind, ret, span);
        }
        let ret = self.fresh();
        let types = values.iter().map(|value| value.ty).collect();
        let pending = self.pendings.push(None);
        let kind =
            IKind::Member { recv: Box::new(recv), name: name.sym, args: Some(values), statement, pending };
        self.add(
            Constraint::Member { recv: recv_ty, name: name.sym, args: Some(types), ret, statement },
            name.span,
            Some(pending),
        );
        self.expr(kind, ret, span)
    }

    pub fn missing_member(&mut self, at: &At, ty: T, name: Symbol) {
        let (text, shown) = (self.name(name), self.show(ty));
        let mut diagnostic = Diagnostic::new(
            Code::UnknownMember,
            at.span,
            format!("`{shown}` has no field or method `{text}`"),
        );
        let mut known: Vec<String> = Vec::new();
        let con = self.tt.con_of(ty);
        if let Some(con) = con {
            known.extend(
                self.p
                    .schemes
                    .members
                    .keys()
                    .filter(|(own, _)| *own == con)
                    .map(|(_, name)| self.name(*name)),
            );
            if let Con::Adt(id) = con
                && let AdtKind::Struct(fields) | AdtKind::Class(fields) = &self.p.adts[id].kind
            {
                known.extend(fields.iter().filter_map(|field| field.name).map(|name| self.name(name)));
            }
        }
        if con == Some(Con::Option) {
            let inner = self.tt.arg(ty, 0);
            let inner_con = self.tt.con_of(inner);
            let inner_has = inner_con.is_some_and(|con| !self.candidates(con, name).is_empty())
                || self.find_field(inner, name).is_some();
            if inner_has {
                diagnostic =
                    diagnostic.help(format!("the value may be nil: write `?.{text}`, or unwrap it first"));
            }
        } else if let Some(close) = crate::names::closest(&text, known) {
            diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
        } else if let Some(Con::Param(_)) = con {
            diagnostic = diagnostic.help("add a bound with a trait that has it");
        }
        self.fail(at, diagnostic);
    }

    // -- constraints ------------------------------------------------------------------------------------

    pub fn solve_member(
        &mut self,
        at: &At,
        recv: T,
        name: Symbol,
        args: Option<&[T]>,
        ret: T,
        statement: bool,
    ) -> Outcome {
        let recv = self.tt.shallow(recv);
        if args.is_none()
            && let Some((index, field)) = self.find_field(recv, name)
        {
            self.resolve(at, Resolution::Field(index));
            self.result_of(at, field, ret);
            return Outcome::Solved;
        }
        let found = self.find_method(recv, name, statement, at.span, &at.trace);
        let target = match found {
            Found::Method(target) => target,
            Found::Blocked(on) => return Outcome::Blocked(on),
            Found::Dynamic => {
                self.resolve(at, Resolution::Dynamic);
                let any = self.tt.any();
                self.result_of(at, any, ret);
                return Outcome::Solved;
            }
            Found::Missing => {
                return self.member_of_field(at, recv, name, args, ret);
            }
            Found::Error => {
                let error = self.tt.error();
                let _ = self.tt.unify(ret, error);
                return Outcome::Solved;
            }
        };
        let given = args.unwrap_or_default();
        let params = &target.params[1..];
        if given.len() > params.len() {
            let text = self.p.schemes.sigs[target.id].path.clone();
            self.fail(
                at,
                Diagnostic::new(
                    Code::BadArguments,
                    at.span,
                    format!("`{text}` takes {} arguments, not {}", params.len(), given.len()),
                ),
            );
            return Outcome::Solved;
        }
        let mut defaults = Vec::new();
        for (index, &param) in target.params[1..].to_vec().iter().enumerate() {
            match given.get(index) {
                Some(&arg) => {
                    self.coerce_type(at, arg, param, false);
                }
                None => match self.p.schemes.sigs[target.id].params[index + 1].default {
                    Some(default) => {
                        let ty = self.default_type(default, &target.args, at.span);
                        self.coerce_type(at, ty.1, param, false);
                        defaults.push((default, ty.0, ty.1));
                    }
                    None => {
                        let missing = self.name(self.p.schemes.sigs[target.id].params[index + 1].name);
                        let text = self.p.schemes.sigs[target.id].path.clone();
                        self.fail(
                            at,
                            Diagnostic::new(
                                Code::BadArguments,
                                at.span,
                                format!("the call of `{text}` lacks the argument `{missing}`"),
                            ),
                        );
                    }
                },
            }
        }
        self.result_of(at, target.ret, ret);
        let resolution =
            Resolution::Call { callee: target.callee, params: target.params, defaults, negate: false };
        self.resolve(at, resolution);
        Outcome::Solved
    }

    /// A call of a field that holds a function.
    fn member_of_field(&mut self, at: &At, recv: T, name: Symbol, args: Option<&[T]>, ret: T) -> Outcome {
        let Some((index, field)) = self.find_field(recv, name) else {
            self.missing_member(at, recv, name);
            let error = self.tt.error();
            let _ = self.tt.unify(ret, error);
            return Outcome::Solved;
        };
        let given = args.unwrap_or_default();
        let params: Vec<T> = given.iter().map(|_| self.fresh()).collect();
        let wanted = self.tt.func(&params, ret);
        if self.same(at.span, field, wanted, &super::convert::Why::Other("this field")) {
            for (&arg, &param) in given.iter().zip(&params) {
                self.coerce_type(at, arg, param, false);
            }
        }
        self.resolve(at, Resolution::FieldCall(index, params));
        Outcome::Solved
    }

    pub fn resolve(&mut self, at: &At, resolution: Resolution) {
        if let Some(pending) = at.pending {
            self.pendings[pending] = Some(resolution);
        }
    }

    pub fn result_of(&mut self, at: &At, found: T, ret: T) {
        if self.tt.attempt(|tt| tt.unify(ret, found)).is_err() {
            let (found, wanted) = (self.show(found), self.show(ret));
            self.fail(
                at,
                Diagnostic::new(
                    Code::TypeMismatch,
                    at.span,
                    format!("this gives `{found}`, but `{wanted}` is expected"),
                ),
            );
        }
    }

    /// A method for an operator. Equality has a built-in meaning, and `!=` may use `__eq__`.
    #[allow(clippy::too_many_arguments)]
    pub fn operator_method(
        &mut self,
        at: &At,
        method: &str,
        op: ast::BinOp,
        left: T,
        right: T,
        ret: T,
    ) -> Outcome {
        use ast::BinOp;
        let mut negate = false;
        let mut name = self.cx.names.intern(method);
        let con = self.tt.con_of(left).expect("the rule looked at it");
        if op == BinOp::Ne
            && self.candidates(con, name).is_empty()
            && let Some(equal) = crate::ops::method_name(BinOp::Eq)
        {
            name = self.cx.names.intern(equal);
            negate = true;
        }
        if self.candidates(con, name).is_empty() {
            if matches!(op, BinOp::Eq | BinOp::Ne) {
                let bool_ = self.tt.bool();
                let _ = self.tt.unify(ret, bool_);
                let rule_fits = match (con, self.tt.con_of(right)) {
                    (_, Some(Con::Option)) => {
                        let inner = self.tt.arg(right, 0);
                        self.tt.attempt(|tt| tt.unify(inner, left)).is_ok()
                    }
                    _ => self.tt.attempt(|tt| tt.unify(left, right)).is_ok(),
                };
                if !rule_fits {
                    self.bad_binary(at, op, left, right);
                }
                return Outcome::Solved;
            }
            self.bad_binary(at, op, left, right);
            let error = self.tt.error();
            let _ = self.tt.unify(ret, error);
            return Outcome::Solved;
        }
        match self.find_method(left, name, false, at.span, &at.trace) {
            Found::Method(target) if target.params.len() == 2 => {
                let param = target.params[1];
                self.coerce_type(at, right, param, false);
                self.result_of(at, target.ret, ret);
                let resolution = Resolution::Call {
                    callee: target.callee,
                    params: target.params,
                    defaults: Vec::new(),
                    negate,
                };
                self.resolve(at, resolution);
            }
            _ => self.bad_binary(at, op, left, right),
        }
        Outcome::Solved
    }

    pub fn unary_method(&mut self, at: &At, method: &str, arg: T, ret: T) -> Outcome {
        let name = self.cx.names.intern(method);
        match self.find_method(arg, name, false, at.span, &at.trace) {
            Found::Method(target) if target.params.len() == 1 => {
                self.result_of(at, target.ret, ret);
                let resolution = Resolution::Call {
                    callee: target.callee,
                    params: target.params,
                    defaults: Vec::new(),
                    negate: false,
                };
                self.resolve(at, resolution);
            }
            _ => {
                let text = self.show(arg);
                self.fail(
                    at,
                    Diagnostic::new(Code::BadOperator, at.span, format!("-`{text}` does not exist"))
                        .help(format!("give the type a method `{method}`")),
                );
                let error = self.tt.error();
                let _ = self.tt.unify(ret, error);
            }
        }
        Outcome::Solved
    }

    /// `ty: trait_<args>`.
    pub fn solve_implements(&mut self, at: &At, ty: T, trait_: TraitId, args: &[T]) -> Outcome {
        let ty = self.tt.shallow(ty);
        if let Some(kind) = self.tt.kind_of(ty) {
            if kind == VarKind::General {
                return Outcome::Blocked(vec![ty]);
            }
            // A literal implements what its usual type does.
            self.default_literals(ty);
        }
        let con = self.tt.con_of(ty).expect("not a variable");
        match con {
            Con::Error | Con::Never => return Outcome::Solved,
            Con::Param(n) => {
                for bound in self.bounds_of(n) {
                    if bound.id == trait_ {
                        let own: Vec<T> = bound.args.iter().map(|&arg| self.own_ty(arg)).collect();
                        for (&a, b) in args.iter().zip(own) {
                            let _ = self.tt.attempt(|tt| tt.unify(a, b));
                        }
                        return Outcome::Solved;
                    }
                }
            }
            Con::Dyn(id) => {
                let fits =
                    id == trait_ || self.p.schemes.vtables[&id].iter().any(|(owner, _)| *owner == trait_);
                if fits {
                    return Outcome::Solved;
                }
            }
            _ => {}
        }
        for id in self.p.schemes.trait_impls.get(&trait_).cloned().unwrap_or_default() {
            let impl_args = self.impl_args(id);
            let own = self.tt.import(&self.p.types, self.p.impls[id].self_ty, &impl_args);
            if !self.tt.could_unify(own, ty) {
                continue;
            }
            let _ = self.tt.attempt(|tt| tt.unify(own, ty));
            let wanted = self.p.impls[id].trait_.clone().map(|trait_| trait_.args).unwrap_or_default();
            for (&arg, wanted) in args.iter().zip(wanted) {
                let wanted = self.tt.import(&self.p.types, wanted, &impl_args);
                let _ = self.tt.attempt(|tt| tt.unify(arg, wanted));
            }
            self.use_impl(id, &impl_args, at);
            return Outcome::Solved;
        }
        if matches!(con, Con::Param(_)) && self.can_stay_open(con) {
            return Outcome::Blocked(Vec::new());
        }
        let (shown, name) = (self.show(ty), self.name(self.p.traits[trait_].name));
        let mut help = format!("write `impl {name} for {shown}:` with its methods");
        if matches!(con, Con::Param(_)) {
            help = format!("add the bound: `{shown}: {name}`");
        }
        self.fail(
            at,
            Diagnostic::new(Code::MissingImpl, at.span, format!("`{shown}` does not implement `{name}`"))
                .help(help),
        );
        Outcome::Solved
    }

    /// A type parameter without any bound may need one: it then stays open.
    fn can_stay_open(&mut self, con: Con) -> bool {
        match con {
            Con::Param(n) => self.bounds_of(n).is_empty(),
            _ => false,
        }
    }

    /// An impl is used: its own bounds must hold, and its methods may be called where nobody sees it.
    fn use_impl(&mut self, id: crate::hir::ImplId, args: &[T], at: &At) {
        for (index, generic) in self.p.impls[id].generics.clone().into_iter().enumerate() {
            for bound in generic.bounds {
                let bound_args =
                    bound.args.iter().map(|&arg| self.tt.import(&self.p.types, arg, args)).collect();
                let kind = Constraint::Implements { ty: args[index], trait_: bound.id, args: bound_args };
                self.add_traced(kind, at.span, None, at.trace.clone());
            }
        }
        let own: Vec<FnId> = self.p.impls[id].methods.iter().map(|&(_, f)| f).collect();
        let defaults = self.p.impls[id].trait_.as_ref().map(|trait_| trait_.id).into_iter();
        let defaults: Vec<FnId> =
            defaults.flat_map(|id| self.p.traits[id].methods.iter().map(|&(_, f)| f)).collect();
        self.todo.extend(own.into_iter().chain(defaults));
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
