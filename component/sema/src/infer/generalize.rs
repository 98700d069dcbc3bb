//! Let-generalisation: variables that a group of functions leaves open become type parameters, its open constraints part of
//! its signatures.

use super::ity::{T, Var, VarKind};
use super::{Infer, State};
use crate::hir::{FnId, Generic};
use crate::scheme::{Constraint, Open, Owner};
use base::{Code, Diagnostic};
use std::collections::{HashMap, HashSet};

/// A group of functions may leave so many constraints and types to its calls. Each call would ask for all of them again: a group that leaves
/// more is not generalised, the calls of the program decide its types together.
const MAX_OPEN: usize = 600;

/// So many uses in templates are shown for an error in an instance.
const MAX_TRACE: usize = 6;

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
        self.without_result(members, &open, min_level);
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
        let open = self.merge_equal(open);
        let (kept, lost) = self.reachable(&open, min_level, &mut vars);
        if kept.len().max(vars.len()) > MAX_OPEN {
            self.keep_monomorphic(members, &vars, &open);
            return;
        }
        for index in lost {
            self.ambiguous(index);
        }
        for &(id, body) in members {
            self.finish_signature(id, body, &vars, &kept);
        }
        for index in kept {
            self.constraints[index].done = true;
        }
    }

    /// A result that only calls of the group itself give never comes.
    fn without_result(&mut self, members: &[(FnId, usize)], open: &[usize], min_level: u32) {
        let results: Vec<T> = members.iter().map(|(id, _)| self.live[id].ret).collect();
        let params = members.iter().flat_map(|(id, _)| self.live[id].params.clone());
        let constrained = open.iter().flat_map(|&index| self.constraints[index].kind.types());
        let mut used = Vec::new();
        for t in params.chain(constrained) {
            let _ = self.tt.each_var(t, &mut |var| used.push(var));
        }
        let used: HashSet<Var> = used.into_iter().collect();
        for ret in results {
            if let Some(var) = self.tt.var_of(ret)
                && self.tt.vars[var].level >= min_level
                && self.tt.vars[var].kind == VarKind::General
                && !used.contains(&var)
            {
                let never = self.tt.never();
                self.tt.bind_var(var, never);
            }
        }
    }

    /// What decides a constraint decides its result: of two with equal keys one is enough.
    fn merge_equal(&mut self, open: Vec<usize>) -> Vec<usize> {
        let mut open = open;
        loop {
            let mut known: HashMap<(String, Vec<T>), T> = HashMap::new();
            let mut progress = false;
            let mut rest = Vec::new();
            for index in open {
                if self.constraints[index].done {
                    continue;
                }
                let Some((name, keys, ret)) = self.key_of(index) else {
                    rest.push(index);
                    continue;
                };
                match known.get(&(name.clone(), keys.clone())) {
                    Some(&first) if self.tt.attempt(|tt| tt.unify(first, ret)).is_ok() => {
                        self.constraints[index].done = true;
                        progress = true;
                    }
                    Some(_) => rest.push(index),
                    None => {
                        known.insert((name, keys), ret);
                        rest.push(index);
                    }
                }
            }
            self.drain();
            open = rest;
            if !progress {
                return open;
            }
        }
    }

    /// What a constraint computes, from which types, and its result, where that follows from them alone.
    fn key_of(&self, index: usize) -> Option<(String, Vec<T>, T)> {
        let key = |name: String, keys: &[T], ret: T| {
            Some((name, keys.iter().map(|&t| self.tt.shallow(t)).collect(), ret))
        };
        match &self.constraints[index].kind {
            Constraint::Binary { op, left, right, ret } => key(format!("{op:?}"), &[*left, *right], *ret),
            Constraint::Unary { op, arg, ret } => key(format!("{op:?}"), &[*arg], *ret),
            Constraint::Member { recv, name, args: None, ret, .. } => key(format!(".{name}"), &[*recv], *ret),
            Constraint::Index { base, index, ret, place } => {
                key(format!("[{place}]"), &[*base, *index], *ret)
            }
            Constraint::Slice { base, ret } => key("[:]".to_owned(), &[*base], *ret),
            Constraint::Iterate { base, item } => key("for".to_owned(), &[*base], *item),
            Constraint::Member { .. }
            | Constraint::Implements { .. }
            | Constraint::Lacks { .. }
            | Constraint::Coerce { .. }
            | Constraint::Join { .. }
            | Constraint::Coalesce { .. }
            | Constraint::Try { .. }
            | Constraint::Cast { .. } => None,
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

    /// The functions are not generalised: their variables become the module's.
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

    /// Constraints that a call decides, and the others: those whose keys follow from the signature. Their other types follow then too.
    pub fn reachable(
        &mut self,
        open: &[usize],
        min_level: u32,
        vars: &mut Vec<Var>,
    ) -> (Vec<usize>, Vec<usize>) {
        let mut known: HashSet<Var> = vars.iter().copied().collect();
        let mut kept: Vec<usize> = Vec::new();
        let mut rest: Vec<usize> = open.to_vec();
        loop {
            let before = rest.len();
            let mut left = Vec::new();
            for index in rest {
                let kind = self.constraints[index].kind.clone();
                let follows = kind.keys().into_iter().all(|t| match self.tt.var_of(t) {
                    // The type of a literal needs nothing else.
                    Some(var) => known.contains(&var) || self.tt.vars[var].kind != VarKind::General,
                    None => true,
                });
                if !follows {
                    left.push(index);
                    continue;
                }
                kept.push(index);
                for t in kind.types() {
                    let mut found = Vec::new();
                    let _ = self.tt.each_var(t, &mut |var| found.push(var));
                    for var in found {
                        if self.tt.vars[var].level >= min_level && known.insert(var) {
                            vars.push(var);
                        }
                    }
                }
            }
            rest = left;
            if rest.len() == before {
                kept.sort_unstable();
                return (kept, rest);
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
        let mut sizes = HashMap::new();
        let too_large =
            params.iter().chain([&ret]).any(|&ty| self.type_size(ty, &mut sizes) > crate::zonk::MAX_SIZE);
        if too_large {
            let (name, span) = (self.p.schemes.sigs[id].path.clone(), self.p.schemes.sigs[id].span);
            self.report(
                Diagnostic::new(Code::TooDeep, span, format!("the type of `{name}` is too large"))
                    .help("give parts of it names of their own: a struct or class"),
            );
            self.give_up(id);
            return;
        }
        let names = self.names_of(id, &live.params, vars);
        let mut constraints = Vec::new();
        for &index in kept {
            let waiting = &self.constraints[index];
            let kind = waiting.kind.clone();
            let mut trace = waiting.trace.clone();
            if trace.len() < MAX_TRACE {
                trace.push(waiting.span);
            }
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
        sig.generics.extend(names.into_iter().map(Generic::any));
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
            | Ty::Range
            | Ty::Number(_) => false,
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
