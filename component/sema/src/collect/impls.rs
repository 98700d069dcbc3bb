//! Traits, and the implementations of types.

use super::Context;
use crate::assoc::Open;
use crate::hir::{self, FnId, Generic, ImplId, Receiver, TraitRef};
use crate::infer::Infer;
use crate::infer::ity::Con;
use crate::scheme::Owner;
use crate::scope::{ScopeId, TypeDef};
use crate::show_type;
use crate::ty::{TraitId, Ty, TyId, Types};
use base::{Code, Diagnostic, Symbol};
use syntax::ast::{self, ItemKind};

impl<'a> Infer<'a> {
    /// Methods in the body of a type are an impl of their own, with those that check the invariants of its parts.
    pub(super) fn body_methods(
        &mut self,
        methods: Vec<&'a ast::Item>,
        checked: Vec<&'a ast::Struct>,
        self_ty: TyId,
        mut context: Context,
    ) {
        if methods.is_empty() && checked.is_empty() {
            return;
        }
        let id = self.p.impls.push(hir::Impl {
            generics: context.generics.clone(),
            trait_: None,
            self_ty,
            methods: Vec::new(),
        });
        context.owner = Owner::Impl(id);
        self.impl_methods(id, &methods, &context);
        for part in checked {
            self.invariant_method(part, self_ty, &context, id);
        }
        self.p.index_methods(id);
    }

    pub(super) fn impl_methods(&mut self, id: ImplId, methods: &[&'a ast::Item], context: &Context) {
        for item in methods {
            let ItemKind::Fn(decl) = &item.kind else { continue };
            let f = self.new_sig(decl.name, context);
            self.signature(f, decl, context);
            if !self.p.schemes.sigs[f].is_std {
                self.check_duplicate_method(id, f);
            }
            self.p.impls[id].methods.push((decl.name.sym, f));
        }
        for item in methods {
            let ItemKind::FnAlias { name, target } = &item.kind else { continue };
            let known = &self.p.impls[id].methods;
            match known.iter().find(|(own, _)| *own == target.sym).copied() {
                Some((_, f)) => self.p.impls[id].methods.push((name.sym, f)),
                None => {
                    let text = self.name(target.sym);
                    self.report(
                        Diagnostic::new(
                            Code::UnknownMember,
                            target.span,
                            format!("there is no method `{text}` above this line"),
                        )
                        .help("an alias of a method stands behind it, in the same block"),
                    );
                }
            }
        }
    }

    pub(super) fn check_duplicate_method(&mut self, id: ImplId, f: FnId) {
        let sigs = &self.p.schemes.sigs;
        let sig = &sigs[f];
        let is_same = |other: FnId| {
            let other = &sigs[other];
            other.name == sig.name
                && (other.receiver == Receiver::None) == (sig.receiver == Receiver::None)
                && other.me == sig.me
        };
        let own = self.p.impls[id].methods.iter().map(|(_, other)| *other).find(|&other| is_same(other));
        let other = own.or_else(|| {
            let Ty::Adt(adt, _) = *self.p.types.get(self.p.impls[id].self_ty) else { return None };
            if self.p.impls[id].trait_.is_some() {
                return None;
            }
            let list = self.p.schemes.members.get(&(Con::Adt(adt), sig.name))?;
            list.iter()
                .filter(|member| self.p.impls[member.via].trait_.is_none())
                .filter(|member| self.p.impls[member.via].self_ty == self.p.impls[id].self_ty)
                .map(|member| member.id)
                .find(|&other| is_same(other))
        });
        if let Some(other) = other {
            let (name, span, first) = (sig.name, sig.span, sigs[other].span);
            self.duplicate(ast::Name { sym: name, span }, first);
        }
    }

    pub(super) fn trait_head(&mut self, id: TraitId, decl: &'a ast::Trait, scope: ScopeId) {
        let own = self.p.types.intern(Ty::Param(0));
        let own_name = self.sy.own;
        self.scopes.get_mut(scope).types.insert(own_name, (TypeDef::Own(own), decl.name.span));
        let mut generics = self.generics(&decl.generics, scope, 1);
        for (name, default) in &decl.types {
            let n = generics.len() as u32 + 1;
            let default = default.as_ref().map(|ty| self.resolve_type(scope, ty));
            generics.push(Generic { default, ..Generic::any(name.sym) });
            self.define_associated(scope, *name, TypeDef::Param(n));
        }
        self.p.traits[id].generics = generics;
        self.p.traits[id].associated = decl.types.len() as u32;
    }

    pub(super) fn trait_body(&mut self, id: TraitId, decl: &'a ast::Trait, scope: ScopeId) {
        let supers: Vec<TraitRef> =
            decl.supers.iter().filter_map(|ty| self.resolve_bound(scope, ty, Open::Nowhere)).collect();
        self.p.traits[id].supers = supers;
        let own = self.p.types.intern(Ty::Param(0));
        let own_name = self.sy.own;
        let count = self.p.traits[id].generics.len();
        let args = (1..=count).map(|n| self.p.types.intern(Ty::Param(n as u32))).collect();
        let mut generics = vec![Generic { bounds: vec![TraitRef { id, args }], ..Generic::any(own_name) }];
        generics.extend(self.p.traits[id].generics.clone());
        let context = Context {
            scope,
            owner: Owner::Trait(id),
            generics,
            self_ty: Some(own),
            prefix: format!("{}.", self.name(decl.name.sym)),
        };
        for item in &decl.methods {
            let ItemKind::Fn(method) = &item.kind else { continue };
            let f = self.new_sig(method.name, &context);
            if let Some(&(_, other)) =
                self.p.traits[id].methods.iter().find(|(name, _)| *name == method.name.sym)
            {
                let first = self.p.schemes.sigs[other].span;
                self.duplicate(method.name, first);
            }
            self.signature(f, method, &context);
            self.p.traits[id].methods.push((method.name.sym, f));
        }
    }

    /// Methods in vtable order: super-traits' first.
    pub(super) fn vtable(&mut self, id: TraitId) {
        fn add(this: &Infer, id: TraitId, seen: &mut Vec<TraitId>, out: &mut Vec<(TraitId, FnId)>) {
            if seen.contains(&id) {
                return;
            }
            seen.push(id);
            for super_ in &this.p.traits[id].supers {
                add(this, super_.id, seen, out);
            }
            out.extend(this.p.traits[id].methods.iter().map(|&(_, f)| (id, f)));
        }
        let mut out = Vec::new();
        add(self, id, &mut Vec::new(), &mut out);
        self.p.schemes.vtables.insert(id, out);
    }

    pub(super) fn impl_block(&mut self, decl: &'a ast::Impl, context: &Context) -> Option<ImplId> {
        let scope = self.scopes.child(Some(context.scope));
        self.scopes.get_mut(scope).barrier = true;
        let mut generics = self.generics(&decl.generics, scope, 0);
        self.implicit_generics(decl, scope, &mut generics);
        self.wheres(&decl.generics, scope, &mut generics);
        let self_ty = self.impl_self_type(decl, scope, &mut generics);
        if self_ty == Types::error() {
            return None;
        }
        let own = self.sy.own;
        self.scopes.get_mut(scope).types.insert(own, (TypeDef::Own(self_ty), decl.self_ty.span));
        let mut types = Vec::new();
        for (name, ty) in &decl.types {
            let ty = self.resolve_type(scope, ty);
            types.push((name.sym, ty));
            self.define_associated(scope, *name, TypeDef::Own(ty));
        }
        let trait_ = match &decl.trait_ {
            Some(ty) => Some(self.resolve_bound(scope, ty, Open::Impl(&types))?),
            None => None,
        };
        let names: Vec<Symbol> = generics.iter().map(|generic| generic.name).collect();
        let shown = show_type(self.cx, self.p, self_ty, &names);
        let id =
            self.p.impls.push(hir::Impl { generics: generics.clone(), trait_, self_ty, methods: Vec::new() });
        let context = Context {
            scope,
            owner: Owner::Impl(id),
            generics,
            self_ty: Some(self_ty),
            prefix: match self.p.types.get(self_ty) {
                Ty::Adt(..) => format!("{}.", shown.split('<').next().unwrap_or(&shown)),
                _ => format!("{shown}."),
            },
        };
        self.impl_methods(id, &decl.methods.iter().collect::<Vec<_>>(), &context);
        Some(id)
    }

    /// `impl Stack<T>:` without `impl<T>`: unknown plain arguments of a generic type are parameters of the block.
    pub(super) fn implicit_generics(
        &mut self,
        decl: &'a ast::Impl,
        scope: ScopeId,
        generics: &mut Vec<Generic>,
    ) {
        let ast::TypeKind::Path { path: own, args } = &decl.self_ty.kind else { return };
        let own = match own.as_slice() {
            [name] => self.scopes.find_type(scope, name.sym),
            _ => None,
        };
        for (index, arg) in args.iter().enumerate() {
            let ast::TypeKind::Path { path, args } = &arg.kind else { continue };
            let [name] = path.as_slice() else { continue };
            if args.is_empty()
                && self.scopes.find_type(scope, name.sym).is_none()
                && self.builtin_type(name.sym).is_none()
            {
                let constant = match own {
                    Some((TypeDef::Adt(id), _)) => {
                        self.p.adts[id].generics.get(index).and_then(|generic| generic.constant)
                    }
                    _ => None,
                };
                let n = generics.len() as u32;
                self.define_type(scope, *name, TypeDef::Param(n));
                self.define_number(scope, name.sym, name.span, n, constant);
                generics.push(Generic { constant, ..Generic::any(name.sym) });
            }
        }
    }

    /// The type of an impl; `impl Stack:` for a generic `Stack` takes over its parameters.
    pub(super) fn impl_self_type(
        &mut self,
        decl: &'a ast::Impl,
        scope: ScopeId,
        generics: &mut Vec<Generic>,
    ) -> TyId {
        if let ast::TypeKind::Path { path, args } = &decl.self_ty.kind
            && let [name] = path.as_slice()
            && args.is_empty()
            && let Some((TypeDef::Adt(adt), _)) = self.scopes.find_type(scope, name.sym)
            && !self.p.adts[adt].generics.is_empty()
            && generics.is_empty()
        {
            *generics = self.p.adts[adt].generics.clone();
            for (index, generic) in generics.iter().enumerate() {
                let def = (TypeDef::Param(index as u32), name.span);
                self.scopes.get_mut(scope).types.insert(generic.name, def);
                self.define_number(scope, generic.name, name.span, index as u32, generic.constant);
            }
            let args = (0..generics.len()).map(|n| self.p.types.intern(Ty::Param(n as u32))).collect();
            return self.p.types.intern(Ty::Adt(adt, args));
        }
        self.resolve_type(scope, &decl.self_ty)
    }

    /// Compares an impl with its trait, and makes its methods findable.
    pub(super) fn finish_impl(&mut self, id: ImplId, decl: &'a ast::Impl) {
        let Some(trait_) = self.p.impls[id].trait_.clone() else {
            self.index_methods(id);
            return;
        };
        self.match_trait(id, &trait_, decl);
        let twice = self.p.schemes.trait_impls.get(&trait_.id).cloned().unwrap_or_default().into_iter().any(
            |other| {
                let impl_ = &self.p.impls[other];
                impl_.self_ty == self.p.impls[id].self_ty && impl_.trait_.as_ref() == Some(&trait_)
            },
        );
        if twice {
            let (trait_name, ty) =
                (self.name(self.p.traits[trait_.id].name), self.show_type(self.p.impls[id].self_ty));
            self.report(Diagnostic::new(
                Code::BadImpl,
                decl.self_ty.span,
                format!("`{trait_name}` is implemented twice for `{ty}`"),
            ));
            return;
        }
        self.p.schemes.trait_impls.entry(trait_.id).or_default().push(id);
        self.index_methods(id);
    }

    pub(super) fn match_trait(&mut self, id: ImplId, trait_: &TraitRef, decl: &'a ast::Impl) {
        let trait_name = self.name(self.p.traits[trait_.id].name);
        let shown = self.show_type(self.p.impls[id].self_ty);
        let mut missing = Vec::new();
        for (name, wanted) in self.p.traits[trait_.id].methods.clone() {
            match self.p.impls[id].methods.iter().find(|(own, _)| *own == name) {
                Some(&(_, own)) => self.match_method(id, trait_, wanted, own),
                None if !self.p.schemes.sigs[wanted].has_body => missing.push((name, wanted)),
                None => {}
            }
        }
        if !missing.is_empty() {
            let names: Vec<String> =
                missing.iter().map(|(name, _)| format!("`{}`", self.name(*name))).collect();
            let mut diagnostic = Diagnostic::new(
                Code::BadImpl,
                decl.self_ty.span,
                format!("`{shown}` does not have all methods of `{trait_name}`"),
            )
            .label(format!("missing: {}", names.join(", ")));
            for (_, f) in missing {
                diagnostic = diagnostic.note(self.p.schemes.sigs[f].span, "declared here");
            }
            self.report(diagnostic);
        }
        for (name, f) in self.p.impls[id].methods.clone() {
            if !self.p.traits[trait_.id].methods.iter().any(|(wanted, _)| *wanted == name) {
                let text = self.name(name);
                let span = self.p.schemes.sigs[f].span;
                self.report(
                    Diagnostic::new(Code::BadImpl, span, format!("`{trait_name}` has no method `{text}`"))
                        .help(format!("put it into a block `impl {shown}:`")),
                );
            }
        }
    }

    /// Fills in what the method leaves to the trait, and compares the rest.
    pub(super) fn match_method(&mut self, id: ImplId, trait_: &TraitRef, wanted: FnId, own: FnId) {
        let impl_ = &self.p.impls[id];
        let mut args = vec![impl_.self_ty];
        args.extend(trait_.args.iter().copied());
        let (owned, declared) = (self.p.schemes.sigs[own].owned, self.p.schemes.sigs[own].declared);
        for n in owned..declared {
            args.push(self.p.types.intern(Ty::Param(n as u32)));
        }
        let wanted_sig = &self.p.schemes.sigs[wanted];
        let own_sig = &self.p.schemes.sigs[own];
        let (name, span, first) = (self.name(own_sig.name), own_sig.span, wanted_sig.span);
        let mut wrong = None;
        if wanted_sig.params.len() != own_sig.params.len() {
            wrong =
                Some(format!("it must take {} parameters, like the trait's method", wanted_sig.params.len()));
        } else if wanted_sig.declared - wanted_sig.owned != declared - owned {
            wrong = Some("it must have as many type parameters as the trait's method".to_owned());
        } else if (wanted_sig.receiver == Receiver::None) != (own_sig.receiver == Receiver::None) {
            wrong = Some("both or none must be static".to_owned());
        } else if own_sig.me && !wanted_sig.me {
            wrong = Some("the trait declares it with `fn`: it must not change `self`".to_owned());
        }
        if let Some(wrong) = wrong {
            self.report(
                Diagnostic::new(Code::BadImpl, span, format!("`{name}` does not fit the trait"))
                    .label(wrong)
                    .note(first, "declared here"),
            );
            return;
        }
        let wanted_types: Vec<Option<TyId>> =
            wanted_sig.params.iter().map(|param| param.ty).chain([wanted_sig.ret]).collect();
        for (index, wanted_ty) in wanted_types.into_iter().enumerate() {
            let Some(wanted_ty) = wanted_ty else { continue };
            let wanted_ty = self.p.types.subst(wanted_ty, &args);
            let own_sig = &mut self.p.schemes.sigs[own];
            let (slot, at) = match own_sig.params.get_mut(index) {
                Some(param) => (&mut param.ty, param.span),
                None => (&mut own_sig.ret, own_sig.span),
            };
            match *slot {
                None => *slot = Some(wanted_ty),
                Some(ty) if ty == wanted_ty || index == 0 && ty == self.p.impls[id].self_ty => {}
                Some(ty) => {
                    let (found, expected) = (self.show_type(ty), self.show_type(wanted_ty));
                    self.report(
                        Diagnostic::new(Code::BadImpl, at, format!("`{name}` does not fit the trait"))
                            .label(format!("this is `{found}`, the trait says `{expected}`"))
                            .note(first, "declared here"),
                    );
                }
            }
        }
    }

    pub(super) fn index_methods(&mut self, id: ImplId) {
        self.p.index_methods(id);
    }
}
