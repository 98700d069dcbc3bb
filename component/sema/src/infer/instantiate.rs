//! A function for one use: fresh variables for its type parameters, and its constraints anew.

use super::Infer;
use super::function::Ready;
use super::ity::T;
use crate::hir::{FnId, Generic, TraitRef};
use crate::scheme::{Constraint, Owner};
use crate::ty::TyId;
use base::{Code, Diagnostic, Span};
use syntax::ast;

/// A function with types for its type parameters.
pub(crate) struct Instance {
    /// Type arguments, in the order of the type parameters.
    pub args: Vec<T>,
    /// Parameters, `self` first.
    pub params: Vec<T>,
    pub ret: T,
}

impl<'a> Infer<'a> {
    pub fn instantiate(&mut self, id: FnId, span: Span) -> Instance {
        match self.ready(id) {
            Ready::Scheme => self.instantiate_scheme(id, span, &[]),
            Ready::Live => self.instantiate_live(id, span),
        }
    }

    /// An instance of a finished signature. `trace` are the places in templates that lead here.
    pub fn instantiate_scheme(&mut self, id: FnId, span: Span, trace: &[Span]) -> Instance {
        let sig = &self.p.schemes.sigs[id];
        // A function inside another one has the type parameters around it, as they are.
        let inherited = if sig.owner == Owner::None { sig.owned } else { 0 };
        let given: Vec<T> =
            (0..inherited as u32).map(|index| self.tt.con(super::ity::Con::Param(index))).collect();
        self.instantiate_from(id, given, span, trace)
    }

    /// An instance of a finished signature whose first type arguments are known.
    fn instantiate_from(&mut self, id: FnId, given: Vec<T>, span: Span, trace: &[Span]) -> Instance {
        let kinds = self.p.schemes.sigs[id].kinds.clone();
        let mut args = given;
        args.truncate(kinds.len());
        for &kind in &kinds[args.len()..] {
            args.push(self.fresh_kind(kind));
        }
        let sig = &self.p.schemes.sigs[id];
        let params: Vec<_> = sig.params.iter().map(|param| param.ty).collect();
        let ret = sig.ret;
        let convert = |this: &mut Self, ty: Option<crate::ty::TyId>| match ty {
            Some(ty) => this.tt.import(&this.p.types, ty, &args),
            None => this.tt.error(),
        };
        let params = params.into_iter().map(|ty| convert(self, ty)).collect();
        let ret = convert(self, ret);
        self.copy_constraints(id, &args, span, trace);
        Instance { args, params, ret }
    }

    /// A function that gives a default value, with the type arguments of the function or type that it belongs to.
    pub fn instantiate_default(&mut self, id: FnId, given: &[T], span: Span) -> Instance {
        match self.ready(id) {
            Ready::Scheme => {
                let owned = self.p.schemes.sigs[id].owned;
                let given = given.iter().copied().take(owned).collect();
                self.instantiate_from(id, given, span, &[])
            }
            Ready::Live => self.instantiate_live(id, span),
        }
    }

    /// Bounds and open constraints of a function, for one use of it.
    pub fn copy_constraints(&mut self, id: FnId, args: &[T], span: Span, trace: &[Span]) {
        let sig = &self.p.schemes.sigs[id];
        let from_trait = matches!(sig.owner, Owner::Trait(_));
        let generics = sig.generics.clone();
        let open = sig.constraints.clone();
        let declared = sig.span;
        // `Self` of a trait's method has the trait: whoever found the method knows.
        for (index, generic) in generics.iter().enumerate().skip(usize::from(from_trait)) {
            for kind in self.bound_constraints(generic, args[index], args) {
                let mut trace = trace.to_vec();
                trace.push(declared);
                self.add_traced(kind, span, None, trace);
            }
        }
        for constraint in open {
            let kind = constraint.kind.map(&mut |ty| self.tt.import(&self.p.types, ty, args));
            let mut full = constraint.trace.to_vec();
            full.extend_from_slice(trace);
            self.add_traced(kind, span, None, full);
        }
    }

    /// What the bounds of a type parameter say about a type that is to be it, where all parameters are `args`.
    pub fn bound_constraints(&mut self, generic: &Generic, ty: T, args: &[T]) -> Vec<Constraint<T>> {
        let mut over = |bound: &TraitRef| -> Vec<T> {
            bound.args.iter().map(|&arg| self.tt.import(&self.p.types, arg, args)).collect()
        };
        let has = generic.bounds.iter().map(|bound| (bound, true));
        let lacks = generic.lacks.iter().map(|bound| (bound, false));
        has.chain(lacks)
            .map(|(bound, has)| {
                let (trait_, args) = (bound.id, over(bound));
                if has {
                    Constraint::Implements { ty, trait_, args }
                } else {
                    Constraint::Lacks { ty, trait_, args }
                }
            })
            .collect()
    }

    /// A function that is being inferred is used with its types as they are.
    fn instantiate_live(&mut self, id: FnId, span: Span) -> Instance {
        let live = self.live[&id].clone();
        let sig = &self.p.schemes.sigs[id];
        let (declared, owner, owned) = (sig.declared, sig.owner, sig.owned);
        let here = self.bodies.get(self.cur).map(|body| body.id);
        let same_owner = here.is_some_and(|here| {
            here == id || {
                let other = &self.p.schemes.sigs[here];
                other.owner == owner && owner != Owner::None && declared == owned
                    || owner == Owner::None && declared == owned && other.declared >= declared
            }
        });
        if declared > 0 && !same_owner {
            let name = self.p.schemes.sigs[id].path.clone();
            let at = self.p.schemes.sigs[id].span;
            self.report(
                Diagnostic::new(
                    Code::AmbiguousType,
                    span,
                    format!("`{name}` has type parameters and calls itself through this function"),
                )
                .note(at, "its types are not known yet")
                .help(format!("declare the types of all parameters and of the result of `{name}`")),
            );
        }
        let args = (0..declared).map(|n| self.tt.con(super::ity::Con::Param(n as u32))).collect();
        Instance { args, params: live.params, ret: live.ret }
    }

    /// Type arguments that are written.
    pub fn explicit_args(
        &mut self,
        id: FnId,
        inst: &Instance,
        explicit: Option<&'a [ast::Type]>,
        span: Span,
    ) {
        if let Some(explicit) = explicit {
            self.explicit_for(id, &inst.args, explicit, span);
        }
    }

    /// Type arguments that are written, for a function with these.
    pub fn explicit_for(&mut self, id: FnId, args: &[T], explicit: &'a [ast::Type], span: Span) {
        let sig = &self.p.schemes.sigs[id];
        let (owned, declared) = (sig.owned, sig.declared);
        let wanted = declared - owned;
        if explicit.len() > wanted {
            let name = sig.name;
            let text = self.name(name);
            let found = explicit.len();
            let plural = if wanted == 1 { "" } else { "s" };
            self.report(Diagnostic::new(
                Code::TypeArity,
                span,
                format!("`{text}` takes {wanted} type argument{plural}, not {found}"),
            ));
            return;
        }
        let scope = self.items();
        let kinds: Vec<Option<TyId>> = self.p.schemes.sigs[id].generics[owned..declared]
            .iter()
            .map(|generic| generic.constant)
            .collect();
        for ((arg, ty), kind) in args[owned..declared].iter().copied().zip(explicit).zip(kinds) {
            let wanted = self.resolve_arg(scope, ty, kind);
            let wanted = self.own_ty(wanted);
            self.same(ty.span, wanted, arg, &super::convert::Why::Other("this type argument"));
        }
    }
}
