//! Constraints of members, and of traits.

use super::Found;
use crate::hir::FnId;
use crate::infer::Infer;
use crate::infer::ity::{Clash, Con, T, VarKind};
use crate::infer::solve::{At, Outcome};
use crate::infer::tree::Resolution;
use crate::ty::TraitId;
use base::{Code, Diagnostic, Symbol};
use syntax::ast;

impl<'a> Infer<'a> {
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
        if self.same(at.span, field, wanted, &crate::infer::convert::Why::Other("this field")) {
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
            let of_trait = self.p.impls[id].trait_.clone().map(|trait_| trait_.args).unwrap_or_default();
            let of_trait: Vec<T> =
                of_trait.into_iter().map(|ty| self.tt.import(&self.p.types, ty, &impl_args)).collect();
            let fits = self.tt.attempt(|tt| {
                tt.unify(own, ty)?;
                args.iter().zip(of_trait).try_for_each(|(&arg, of_trait)| tt.unify(arg, of_trait))
            });
            if fits.is_err() {
                continue;
            }
            self.use_impl(id, &impl_args, at);
            return Outcome::Solved;
        }
        if matches!(con, Con::Param(_)) && self.can_stay_open(con) {
            return Outcome::Blocked(Vec::new());
        }
        let (shown, mut name) = (self.show(ty), self.name(self.p.traits[trait_].name));
        if !args.is_empty() {
            let list: Vec<String> = args.iter().map(|&arg| self.show(arg)).collect();
            name = format!("{name}<{}>", list.join(", "));
        }
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

    /// `ty: !trait_<args>`.
    pub fn solve_lacks(&mut self, at: &At, ty: T, trait_: TraitId, args: &[T]) -> Outcome {
        let ty = self.tt.shallow(ty);
        if let Some(kind) = self.tt.kind_of(ty) {
            if kind == VarKind::General {
                return Outcome::Blocked(vec![ty]);
            }
            self.default_literals(ty);
        }
        let con = self.tt.con_of(ty).expect("not a variable");
        let name = self.name(self.p.traits[trait_].name);
        let shown = self.show(ty);
        let found = match con {
            Con::Error | Con::Never => false,
            Con::Param(n) => {
                let has = self.bounds_of(n).iter().any(|bound| bound.id == trait_);
                if !has && self.can_stay_open(con) {
                    return Outcome::Blocked(Vec::new());
                }
                if !has && !self.param_lacks(n, trait_) {
                    let message = format!("`{shown}` may be a type that implements `{name}`");
                    self.fail(
                        at,
                        Diagnostic::new(Code::MissingImpl, at.span, message)
                            .help(format!("add the bound: `{shown}: !{name}`")),
                    );
                    return Outcome::Solved;
                }
                has
            }
            Con::Dyn(id) => {
                id == trait_ || self.p.schemes.vtables[&id].iter().any(|(owner, _)| *owner == trait_)
            }
            _ => self.has_impl(ty, trait_, args),
        };
        if found {
            let message = format!("`{shown}` implements `{name}`, which is ruled out here");
            self.fail(
                at,
                Diagnostic::new(Code::MissingImpl, at.span, message)
                    .help(format!("the bound `!{name}` asks for a type that does not implement it")),
            );
        }
        Outcome::Solved
    }

    fn param_lacks(&self, n: u32, trait_: TraitId) -> bool {
        let sig = self.bodies.get(self.cur).and_then(|body| self.p.schemes.sigs.get(body.id));
        let generic = sig.and_then(|sig| sig.generics.get(n as usize));
        generic.is_some_and(|generic| generic.lacks.iter().any(|bound| bound.id == trait_))
    }

    /// Whether there is an implementation for a type; nothing becomes known by asking.
    fn has_impl(&mut self, ty: T, trait_: TraitId, args: &[T]) -> bool {
        let mut found = false;
        for id in self.p.schemes.trait_impls.get(&trait_).cloned().unwrap_or_default() {
            let impl_args = self.impl_args(id);
            let own = self.tt.import(&self.p.types, self.p.impls[id].self_ty, &impl_args);
            let of_trait = self.p.impls[id].trait_.clone().map(|trait_| trait_.args).unwrap_or_default();
            let of_trait: Vec<T> =
                of_trait.into_iter().map(|ty| self.tt.import(&self.p.types, ty, &impl_args)).collect();
            let _ = self.tt.attempt(|tt| {
                let unified = tt.unify(own, ty).and_then(|()| {
                    args.iter().zip(of_trait).try_for_each(|(&arg, of_trait)| tt.unify(arg, of_trait))
                });
                found |= unified.is_ok();
                // Taken back in any case.
                Err::<(), Clash>(Clash::Mismatch)
            });
        }
        found
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
        for (index, generic) in self.p.impls[id].generics.clone().iter().enumerate() {
            for kind in self.bound_constraints(generic, args[index], args) {
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
