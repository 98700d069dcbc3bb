//! What types and scopes are put together from: mixins, forwarded traits, other names of functions, modules inside a file.

use super::Context;
use crate::assoc::Open;
use crate::hir::{self, FnId, ImplId, Receiver, TraitRef};
use crate::infer::{Decl, DeclBody, Forward, Infer, State};
use crate::scheme::{Owner, Sig, SigParam};
use crate::scope::{ScopeId, TypeDef, ValueDef};
use crate::ty::{AdtId, Ty, TyId};
use base::{Code, Diagnostic, Symbol};
use syntax::ast;

impl<'a> Infer<'a> {
    /// A type with the mixins that it takes over, each once, those of mixins before them.
    pub(super) fn with_mixins(&mut self, decl: &'a ast::Struct, scope: ScopeId) -> Vec<&'a ast::Struct> {
        let mut parts: Vec<&'a ast::Struct> = Vec::new();
        self.add_mixins(decl, (scope, scope), &mut Vec::new(), &mut parts);
        parts.push(decl);
        parts
    }

    /// `own` is the scope of the type that takes all of them over: there the types in them mean what they mean.
    fn add_mixins(
        &mut self,
        decl: &'a ast::Struct,
        (scope, own): (ScopeId, ScopeId),
        open: &mut Vec<Symbol>,
        parts: &mut Vec<&'a ast::Struct>,
    ) {
        for (name, args) in &decl.mixins {
            let text = self.name(name.sym);
            let Some((TypeDef::Mixin(mixin, at), _)) = self.scopes.find_type(scope, name.sym) else {
                self.report(
                    Diagnostic::new(
                        Code::UnknownType,
                        name.span,
                        format!("there is no mixin called `{text}`"),
                    )
                    .help("declare it in this file: `mixin Name:` with fields and methods"),
                );
                continue;
            };
            if open.contains(&name.sym) {
                self.report(Diagnostic::new(
                    Code::InfiniteType,
                    name.span,
                    format!("the mixin `{text}` takes over itself"),
                ));
                continue;
            }
            if !self.mixin_arguments(*name, mixin, args, own) {
                continue;
            }
            if parts.iter().any(|part| std::ptr::eq(*part, mixin)) {
                continue;
            }
            open.push(name.sym);
            self.add_mixins(mixin, (at, own), open, parts);
            open.pop();
            parts.push(mixin);
        }
    }

    /// Makes the type parameters of a mixin mean its arguments in the type that takes it over.
    fn mixin_arguments(
        &mut self,
        name: ast::Name,
        mixin: &'a ast::Struct,
        args: &'a [ast::Type],
        own: ScopeId,
    ) -> bool {
        let params = &mixin.generics.params;
        if params.len() != args.len() {
            self.type_arity(name.sym, params.len(), args.len(), name.span);
            return false;
        }
        let kinds: Vec<Option<TyId>> =
            params.iter().map(|param| param.constant.as_ref().map(|ty| self.resolve_type(own, ty))).collect();
        let args = self.resolve_args(own, args, &kinds);
        for (param, arg) in params.iter().zip(args) {
            let sym = param.name.sym;
            let before = match self.scopes.get(own).types.get(&sym) {
                Some((TypeDef::Own(ty), _)) => Some(*ty),
                Some((TypeDef::Param(n), _)) => Some(self.p.types.intern(Ty::Param(*n))),
                Some(_) | None => None,
            };
            if before.is_some_and(|before| before != arg) {
                let text = self.name(sym);
                self.report(
                    Diagnostic::new(
                        Code::DuplicateName,
                        name.span,
                        format!("`{text}`, a type parameter of this mixin, means another type here already"),
                    )
                    .note(param.name.span, "declared here")
                    .help("give one of the two another name"),
                );
                return false;
            }
            if before.is_none() {
                self.scopes.get_mut(own).types.insert(sym, (TypeDef::Own(arg), param.name.span));
            }
        }
        true
    }

    /// The methods of a type in the place of its mixins' of the same name.
    pub(super) fn mixed_methods(&mut self, parts: &[&'a ast::Struct]) -> Vec<&'a ast::Item> {
        let mut methods: Vec<&'a ast::Item> = Vec::new();
        let named = |item: &ast::Item| match &item.kind {
            ast::ItemKind::Fn(decl) => Some((decl.name.sym, decl.kind)),
            _ => None,
        };
        for part in parts {
            let own: Vec<_> = part.methods.iter().filter_map(named).collect();
            methods.retain(|item| {
                named(item).is_none_or(|(name, _)| own.iter().all(|(other, _)| *other != name))
            });
            methods.extend(&part.methods);
        }
        methods
    }

    /// The method that checks the invariants of a type.
    pub(super) fn invariant_method(
        &mut self,
        part: &'a ast::Struct,
        self_ty: TyId,
        context: &Context,
        id: ImplId,
    ) {
        let name = ast::Name { sym: self.sy.invariant, span: part.name.span };
        let f = self.new_sig(name, context);
        let sig = &mut self.p.schemes.sigs[f];
        sig.ret = Some(crate::ty::Types::unit());
        sig.receiver = Receiver::Value;
        sig.params = vec![SigParam {
            name: self.sy.self_,
            span: name.span,
            ty: Some(self_ty),
            default: None,
            mutable: false,
            variadic: false,
        }];
        let body = DeclBody::Invariant(&part.invariants);
        self.set_decl(f, Decl { body, scope: context.scope, state: State::Unstarted });
        self.p.impls[id].methods.push((name.sym, f));
    }

    /// `alias Trait = field`: an impl whose methods call those of the field, or the type's own where it has them.
    pub(super) fn forward(&mut self, adt: AdtId, decl: &'a ast::Struct, scope: ScopeId) {
        for (ty, field) in &decl.forwards {
            let Some(trait_) = self.resolve_bound(scope, ty, Open::Nowhere) else { continue };
            let own = decl.fields.iter().any(|known| known.name.sym == field.sym);
            if !own {
                let (text, name) = (self.name(field.sym), self.name(decl.name.sym));
                self.report(Diagnostic::new(
                    Code::UnknownMember,
                    field.span,
                    format!("`{name}` has no field `{text}`"),
                ));
                continue;
            }
            self.forward_trait(adt, decl, scope, &trait_, *field);
        }
    }

    fn forward_trait(
        &mut self,
        adt: AdtId,
        decl: &'a ast::Struct,
        scope: ScopeId,
        trait_: &TraitRef,
        field: ast::Name,
    ) {
        let generics = self.p.adts[adt].generics.clone();
        let args = (0..generics.len()).map(|n| self.p.types.intern(Ty::Param(n as u32))).collect();
        let self_ty = self.p.types.intern(Ty::Adt(adt, args));
        let is_class = decl.is_class;
        let id = self.p.impls.push(hir::Impl {
            generics: generics.clone(),
            trait_: Some(trait_.clone()),
            self_ty,
            methods: Vec::new(),
        });
        let context = Context {
            scope,
            owner: Owner::Impl(id),
            generics,
            self_ty: Some(self_ty),
            prefix: format!("{}.", self.name(decl.name.sym)),
        };
        for (name, wanted) in self.p.traits[trait_.id].methods.clone() {
            let wanted_sig = &self.p.schemes.sigs[wanted];
            if wanted_sig.receiver == Receiver::None || wanted_sig.generics.len() > wanted_sig.owned {
                let text = self.name(name);
                self.not_yet(
                    field.span,
                    &format!("forwarding `{text}`, which has no `self` or type parameters of its own"),
                    "write the `impl` and call the field's method",
                );
                continue;
            }
            let f = self.new_sig(ast::Name { sym: name, span: field.span }, &context);
            self.forwarded_signature(f, wanted, trait_, self_ty, is_class);
            let own = decl
                .methods
                .iter()
                .any(|item| matches!(&item.kind, ast::ItemKind::Fn(method) if method.name.sym == name));
            let body = DeclBody::Forward(Forward { field: (!own).then_some(field), method: name });
            self.set_decl(f, Decl { body, scope, state: State::Unstarted });
            self.p.impls[id].methods.push((name, f));
        }
        self.p.schemes.trait_impls.entry(trait_.id).or_default().push(id);
        self.p.index_methods(id);
    }

    /// The signature of a trait's method for a type.
    fn forwarded_signature(
        &mut self,
        f: FnId,
        wanted: FnId,
        trait_: &TraitRef,
        self_ty: TyId,
        is_class: bool,
    ) {
        let mut args = vec![self_ty];
        args.extend(trait_.args.iter().copied());
        let sig: &Sig = &self.p.schemes.sigs[wanted];
        let (me, ret) = (sig.me, sig.ret);
        let params: Vec<_> = sig.params.iter().map(|param| (param.name, param.span, param.ty)).collect();
        let params = params
            .into_iter()
            .map(|(name, span, ty)| SigParam {
                name,
                span,
                ty: ty.map(|ty| self.p.types.subst(ty, &args)),
                default: None,
                mutable: false,
                variadic: false,
            })
            .collect();
        let ret = ret.map(|ty| self.p.types.subst(ty, &args));
        let sig = &mut self.p.schemes.sigs[f];
        sig.params = params;
        sig.ret = ret;
        sig.me = me;
        sig.receiver = if me && !is_class { Receiver::InOut } else { Receiver::Value };
    }

    /// `fn new = old`: both names mean the same function.
    pub(super) fn alias_functions(&mut self, aliases: &[(ast::Name, ast::Name, ScopeId)]) {
        let mut open: Vec<_> = aliases.to_vec();
        loop {
            let before = open.len();
            open.retain(|&(name, target, scope)| match self.scopes.find_value(scope, target.sym) {
                Some((def @ (ValueDef::Fn(_) | ValueDef::Adt(_)), _)) => {
                    self.define_value(scope, name, def);
                    false
                }
                Some(_) | None => true,
            });
            if open.len() == before {
                break;
            }
        }
        for (name, target, scope) in open {
            self.unresolved.insert(name.sym);
            let text = self.name(target.sym);
            let known = self.scopes.value_names(scope).into_iter().map(|sym| self.name(sym)).collect();
            let mut diagnostic = Diagnostic::new(
                Code::UnknownName,
                target.span,
                format!("there is no function called `{text}`"),
            );
            if let Some(close) = crate::names::closest(&text, known) {
                diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
            }
            self.report(diagnostic);
        }
    }
}
