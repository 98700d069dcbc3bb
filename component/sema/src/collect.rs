//! Collects declarations: first all names of a scope, then what they say about types. Works on a module and on a block alike.

mod compose;
mod functions;
pub(crate) mod host;
mod impls;
mod types;

use crate::hir::{self, Adt, AdtKind, FnId, Generic};
use crate::infer::Infer;
use crate::infer::ity::Con;
use crate::members::member_con;
use crate::scheme::Owner;
use crate::scope::{ScopeId, TypeDef, ValueDef};
use crate::ty::{AdtId, TraitId, TyId};
use base::{Code, Diagnostic, Span};
use syntax::ast::{self, ItemKind};

/// Where functions are declared.
#[derive(Clone)]
pub(crate) struct Context {
    pub scope: ScopeId,
    pub owner: Owner,
    /// Type parameters that come before a function's own.
    pub generics: Vec<Generic>,
    pub self_ty: Option<TyId>,
    /// What the printed names of functions begin with.
    pub prefix: String,
}

/// Declarations whose names are known and whose types are not yet.
#[derive(Default)]
struct Found<'a> {
    structs: Vec<(AdtId, &'a ast::Struct, ScopeId)>,
    enums: Vec<(AdtId, &'a ast::Enum, ScopeId)>,
    traits: Vec<(TraitId, &'a ast::Trait, ScopeId)>,
    impls: Vec<(&'a ast::Impl, Context)>,
    fns: Vec<(FnId, &'a ast::Fn, Context)>,
    aliases: Vec<(ast::Name, ast::Name, ScopeId)>,
}

impl<'a> Infer<'a> {
    /// Declares items in a scope. `context.generics` are the type parameters of an enclosing function.
    pub(crate) fn declare(&mut self, items: &[&'a ast::Item], context: &Context) {
        let mut found = Found::default();
        for item in items {
            self.declare_name(item, context, &mut found);
        }
        for &(id, decl, scope) in &found.structs {
            self.p.adts[id].generics = self.generics(&decl.generics, scope, 0);
        }
        for &(id, decl, scope) in &found.enums {
            self.p.adts[id].generics = self.generics(&decl.generics, scope, 0);
        }
        for &(id, decl, scope) in &found.traits {
            self.trait_head(id, decl, scope);
        }
        for &(id, decl, scope) in &found.structs {
            self.struct_body(id, decl, scope);
        }
        for &(id, decl, scope) in &found.enums {
            self.enum_body(id, decl, scope);
        }
        for &(id, decl, scope) in &found.traits {
            self.trait_body(id, decl, scope);
        }
        for &(id, ..) in &found.traits {
            self.vtable(id);
        }
        let mut impls = Vec::new();
        for (decl, context) in found.impls {
            if let Some(id) = self.impl_block(decl, &context) {
                impls.push((id, decl));
            }
        }
        for &(id, decl, scope) in &found.structs {
            self.forward(id, decl, scope);
        }
        self.alias_functions(&found.aliases);
        for (id, decl) in impls {
            self.finish_impl(id, decl);
        }
        for (id, decl, context) in found.fns {
            self.signature(id, decl, &context);
        }
        for &(id, decl, _) in &found.structs {
            self.check_finite(id, decl.name.span);
        }
    }

    fn declare_name(&mut self, item: &'a ast::Item, context: &Context, found: &mut Found<'a>) {
        let scope = context.scope;
        let adt = |this: &mut Self, name: ast::Name, kind| {
            let id = this.p.adts.push(Adt { name: name.sym, span: name.span, generics: Vec::new(), kind });
            this.define_type(scope, name, TypeDef::Adt(id));
            this.define_value(scope, name, ValueDef::Adt(id));
            let inner = this.scopes.child(Some(scope));
            this.scopes.get_mut(inner).barrier = true;
            (id, inner)
        };
        match &item.kind {
            ItemKind::Fn(decl) => {
                let id = self.new_sig(decl.name, context);
                self.define_value(scope, decl.name, ValueDef::Fn(id));
                // Of the standard library, what every program has: there is no module yet.
                if self.scopes.get(scope).is_std && self.p.modules.is_empty() {
                    self.p.schemes.lang.insert(decl.name.sym, id);
                }
                found.fns.push((id, decl, context.clone()));
            }
            ItemKind::Struct(decl) => {
                let kind = if decl.is_class { AdtKind::Class(vec![]) } else { AdtKind::Struct(vec![]) };
                let (id, inner) = adt(self, decl.name, kind);
                found.structs.push((id, decl, inner));
            }
            ItemKind::Enum(decl) => {
                let (id, inner) = adt(self, decl.name, AdtKind::Enum(vec![]));
                for (index, variant) in decl.variants.iter().enumerate() {
                    let list = self.scopes.get_mut(scope).variants.entry(variant.name.sym).or_default();
                    list.push((id, index as u32));
                }
                if self.scopes.get(scope).is_std
                    && self.p.modules.is_empty()
                    && decl.name.sym == self.sy.result
                {
                    self.p.result = Some(id);
                }
                found.enums.push((id, decl, inner));
            }
            ItemKind::Trait(decl) => {
                let id = self.p.traits.push(hir::Trait {
                    name: decl.name.sym,
                    span: decl.name.span,
                    generics: Vec::new(),
                    associated: 0,
                    supers: Vec::new(),
                    methods: Vec::new(),
                });
                self.define_type(scope, decl.name, TypeDef::Trait(id));
                let inner = self.scopes.child(Some(scope));
                self.scopes.get_mut(inner).barrier = true;
                found.traits.push((id, decl, inner));
            }
            ItemKind::Impl(decl) => found.impls.push((decl, context.clone())),
            ItemKind::Mixin(decl) => self.define_type(scope, decl.name, TypeDef::Mixin(decl, scope)),
            ItemKind::FnAlias { name, target } => found.aliases.push((*name, *target, scope)),
            ItemKind::Module { name, items } => {
                let inner = self.scopes.child(Some(scope));
                self.define_value(scope, *name, ValueDef::Inline(inner));
                let prefix = format!("{}{}.", context.prefix, self.name(name.sym));
                let context = Context { scope: inner, prefix, ..context.clone() };
                for item in items {
                    self.declare_name(item, &context, found);
                }
            }
            ItemKind::TypeAlias { name, generics, ty } => {
                self.define_type(scope, *name, TypeDef::Alias(ty, scope, generics));
            }
            // The parser has said that it comes later.
            ItemKind::NotYet(_) => {}
        }
    }

    pub(super) fn define_type(&mut self, scope: ScopeId, name: ast::Name, def: TypeDef<'a>) {
        if let Some((_, first)) = self.scopes.get(scope).types.get(&name.sym) {
            self.duplicate(name, *first);
            return;
        }
        self.scopes.get_mut(scope).types.insert(name.sym, (def, name.span));
    }

    fn define_value(&mut self, scope: ScopeId, name: ast::Name, def: ValueDef) {
        if let Some((_, first)) = self.scopes.get(scope).values.get(&name.sym) {
            self.duplicate(name, *first);
            return;
        }
        self.scopes.get_mut(scope).values.insert(name.sym, (def, name.span));
    }

    pub(crate) fn duplicate(&mut self, name: ast::Name, first: Span) {
        let text = self.cx.names.name(name.sym).to_owned();
        self.report(
            Diagnostic::new(Code::DuplicateName, name.span, format!("`{text}` is declared twice"))
                .note(first, "first declared here")
                .help("give one of them another name"),
        );
    }

    /// The head under which methods of a type are found.
    pub(crate) fn con_of_ty(&self, ty: TyId) -> Con {
        member_con(&self.p.types, ty)
    }
}
