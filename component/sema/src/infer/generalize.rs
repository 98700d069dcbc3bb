//! Let-generalisation: variables that a group of functions leaves open become type parameters, its open constraints part of
//! its signatures.

use super::ity::{T, Var, VarKind};
use super::{Infer, State};
use crate::hir::{FnId, Generic};
use crate::scheme::{Open, Owner};
use base::{Code, Diagnostic};
use std::collections::HashMap;

impl Infer<'_> {
    /// Finishes the signatures of a group. `members` are functions with their bodies.
    pub fn generalize(&mut self, members: &[(FnId, usize)], min_level: u32, mark: usize, generalize: bool) {
        let open: Vec<usize> = self
            .open_from(min_level, mark)
            .into_iter()
            .filter(|&index| !self.is_outer(index, min_level))
            .collect();
        if !generalize {
            for index in open {
                self.ambiguous(index);
            }
            return;
        }
        let mut vars: Vec<Var> = Vec::new();
        for (id, _) in members {
            let live = self.live[id].clone();
            for t in live.params.into_iter().chain([live.ret]) {
                self.add_vars(t, min_level, &mut vars);
            }
        }
        if self.hangs_on_module(members, min_level) {
            self.keep_monomorphic(members, &vars, &open);
            return;
        }
        let kept = self.reachable(&open, min_level, &mut vars);
        for &index in &open {
            if !kept.contains(&index) {
                self.ambiguous(index);
            }
        }
        for &(id, body) in members {
            self.finish_signature(id, body, &vars, &kept);
        }
        for index in kept {
            self.constraints[index].done = true;
        }
    }

    /// Whether a signature mentions a variable of the module whose type is not known yet.
    fn hangs_on_module(&mut self, members: &[(FnId, usize)], min_level: u32) -> bool {
        let mut types = Vec::new();
        for (id, _) in members {
            let live = &self.live[id];
            types.extend(live.params.iter().copied().chain([live.ret]));
        }
        let mut found = Vec::new();
        for t in types {
            let _ = self.tt.each_var(t, &mut |var| found.push(var));
        }
        found.into_iter().any(|var| self.tt.vars[var].level < min_level)
    }

    /// Such functions are not generalised: their variables become the module's.
    fn keep_monomorphic(&mut self, members: &[(FnId, usize)], vars: &[Var], open: &[usize]) {
        for &var in vars {
            self.tt.vars[var].level = 0;
        }
        for &index in open {
            self.constraints[index].level = 0;
            for t in self.constraints[index].kind.types() {
                let mut found = Vec::new();
                let _ = self.tt.each_var(t, &mut |var| found.push(var));
                for var in found {
                    self.tt.vars[var].level = 0;
                }
            }
        }
        for &(id, _) in members {
            self.set_state(id, State::Monomorphic);
        }
    }

    /// Writes the types found into the signature.
    pub fn lower_signature(&mut self, id: FnId) {
        let map = HashMap::new();
        let Some(live) = self.live.get(&id).cloned() else { return };
        let params: Vec<_> = live.params.iter().map(|&t| self.lower(t, &map)).collect();
        let ret = self.lower(live.ret, &map);
        let sig = &mut self.p.schemes.sigs[id];
        for (param, ty) in sig.params.iter_mut().zip(params) {
            param.ty.get_or_insert(ty);
        }
        sig.ret.get_or_insert(ret);
    }

    fn add_vars(&mut self, t: T, min_level: u32, vars: &mut Vec<Var>) {
        let mut found = Vec::new();
        let _ = self.tt.each_var(t, &mut |var| found.push(var));
        for var in found {
            if self.tt.vars[var].level >= min_level && !vars.contains(&var) {
                vars.push(var);
            }
        }
    }

    /// Constraints that a call decides: those whose keys follow from the signature. Their other types follow then too.
    fn reachable(&mut self, open: &[usize], min_level: u32, vars: &mut Vec<Var>) -> Vec<usize> {
        let mut kept: Vec<usize> = Vec::new();
        loop {
            let before = kept.len();
            for &index in open {
                if kept.contains(&index) {
                    continue;
                }
                let kind = self.constraints[index].kind.clone();
                let follows = kind.keys().into_iter().all(|t| match self.tt.var_of(t) {
                    // The type of a literal needs nothing else.
                    Some(var) => vars.contains(&var) || self.tt.vars[var].kind != VarKind::General,
                    None => true,
                });
                if follows {
                    kept.push(index);
                    for t in kind.types() {
                        self.add_vars(t, min_level, vars);
                    }
                }
            }
            if kept.len() == before {
                kept.sort_unstable();
                return kept;
            }
        }
    }

    fn finish_signature(&mut self, id: FnId, body: usize, vars: &[Var], kept: &[usize]) {
        let declared = self.p.schemes.sigs[id].declared;
        let map: HashMap<Var, u32> =
            vars.iter().enumerate().map(|(index, &var)| (var, (declared + index) as u32)).collect();
        let live = self.live[&id].clone();
        let params: Vec<_> = live.params.iter().map(|&t| self.lower(t, &map)).collect();
        let ret = self.lower(live.ret, &map);
        let names = self.names_of(id, &live.params, vars);
        let mut constraints = Vec::new();
        for &index in kept {
            let waiting = &self.constraints[index];
            let kind = waiting.kind.clone();
            let mut trace = waiting.trace.clone();
            trace.push(waiting.span);
            let kind = kind.map(&mut |t| self.lower(t, &map));
            // A constraint of another function of the group over that one's own parameters is not this one's.
            let foreign =
                declared == 0 && kind.types().into_iter().any(|ty| self.mentions_low_param(ty, vars.len()));
            if !foreign {
                constraints.push(Open { kind, trace: trace.into() });
            }
        }
        let kinds: Vec<VarKind> = vars.iter().map(|&var| self.tt.vars[var].kind).collect();
        let extras: Vec<T> = vars.iter().map(|&var| self.tt.var_type(var)).collect();
        let sig = &mut self.p.schemes.sigs[id];
        for (param, ty) in sig.params.iter_mut().zip(params) {
            param.ty.get_or_insert(ty);
        }
        sig.ret.get_or_insert(ret);
        sig.kinds.truncate(declared);
        sig.kinds.extend(kinds);
        sig.generics.truncate(declared);
        sig.generics.extend(names.into_iter().map(|name| Generic { name, bounds: Vec::new() }));
        sig.constraints = constraints;
        self.bodies[body].params = map;
        self.extras.insert(id, extras);
        self.check_method_scheme(id, vars);
    }

    fn mentions_low_param(&self, ty: crate::ty::TyId, count: usize) -> bool {
        use crate::ty::Ty;
        match self.p.types.get(ty) {
            Ty::Param(n) => *n as usize >= count,
            Ty::Array(inner) | Ty::Option(inner) => self.mentions_low_param(*inner, count),
            Ty::Dict(key, value) => {
                self.mentions_low_param(*key, count) || self.mentions_low_param(*value, count)
            }
            Ty::Tuple(items) | Ty::Adt(_, items) | Ty::Dyn(_, items) => {
                items.iter().any(|&item| self.mentions_low_param(item, count))
            }
            Ty::Fn(params, ret) => {
                params.iter().any(|&param| self.mentions_low_param(param, count))
                    || self.mentions_low_param(*ret, count)
            }
            Ty::Error
            | Ty::Never
            | Ty::Unit
            | Ty::Bool
            | Ty::Int(_)
            | Ty::Float { .. }
            | Ty::Text
            | Ty::Any
            | Ty::Range => false,
        }
    }

    /// Names for added type parameters: that of the untyped parameter, or a letter.
    fn names_of(&mut self, id: FnId, params: &[T], vars: &[Var]) -> Vec<base::Symbol> {
        let mut names = Vec::new();
        let mut count = 0;
        for &var in vars {
            let of_param = params.iter().position(|&t| self.tt.var_of(t) == Some(var));
            let text = match of_param {
                Some(index) => {
                    let name = self.p.schemes.sigs[id].params[index].name;
                    format!("'{}", self.name(name))
                }
                None => {
                    count += 1;
                    format!("'{count}")
                }
            };
            names.push(self.cx.names.intern(&text));
        }
        names
    }

    /// Methods of traits and their implementations are called without knowing which: nothing may be left to find per call.
    fn check_method_scheme(&mut self, id: FnId, vars: &[Var]) {
        let sig = &self.p.schemes.sigs[id];
        let of_trait = match sig.owner {
            Owner::Trait(_) => true,
            Owner::Impl(owner) => self.p.impls[owner].trait_.is_some(),
            Owner::None => false,
        };
        if !of_trait || vars.is_empty() {
            return;
        }
        let (name, span) = (self.name(sig.name), sig.span);
        self.report(
            Diagnostic::new(
                Code::BadImpl,
                span,
                format!("the types of the trait's method `{name}` are not all known"),
            )
            .help("declare the types of its parameters and its result in the trait"),
        );
    }
}
