//! Collects declarations: first all names of a scope, then what they say about types. Works on a module and on a block alike.

use crate::hir::{self, Adt, AdtKind, Field, FnId, Generic, ImplId, Receiver, TraitRef, Variant};
use crate::infer::ity::{Con, VarKind};
use crate::infer::{Decl, DeclBody, Infer, State};
use crate::intrinsic::Intrinsic;
use crate::members::con_of;
use crate::scheme::{External, Owner, Sig, SigParam};
use crate::scope::{ScopeId, TypeDef, ValueDef};
use crate::show_type;
use crate::ty::{AdtId, TraitId, Ty, TyId, Types};
use abi::RtFn;
use base::{Code, Diagnostic, EntityId, Span, Symbol};
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
    impls: Vec<&'a ast::Impl>,
    fns: Vec<(FnId, &'a ast::Fn)>,
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
        for decl in found.impls {
            if let Some(id) = self.impl_block(decl, context) {
                impls.push((id, decl));
            }
        }
        for (id, decl) in impls {
            self.finish_impl(id, decl);
        }
        for (id, decl) in found.fns {
            self.signature(id, decl, context);
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
                if self.scopes.get(scope).is_std {
                    self.p.schemes.lang.insert(decl.name.sym, id);
                }
                found.fns.push((id, decl));
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
                if self.scopes.get(scope).is_std && decl.name.sym == self.sy.result {
                    self.p.result = Some(id);
                }
                found.enums.push((id, decl, inner));
            }
            ItemKind::Trait(decl) => {
                let id = self.p.traits.push(hir::Trait {
                    name: decl.name.sym,
                    span: decl.name.span,
                    generics: Vec::new(),
                    supers: Vec::new(),
                    methods: Vec::new(),
                });
                self.define_type(scope, decl.name, TypeDef::Trait(id));
                let inner = self.scopes.child(Some(scope));
                self.scopes.get_mut(inner).barrier = true;
                found.traits.push((id, decl, inner));
            }
            ItemKind::Impl(decl) => found.impls.push(decl),
            ItemKind::TypeAlias { name, generics, ty } => {
                self.define_type(scope, *name, TypeDef::Alias(ty, scope, generics));
            }
            // The parser has said that it comes later.
            ItemKind::NotYet(_) => {}
        }
    }

    fn define_type(&mut self, scope: ScopeId, name: ast::Name, def: TypeDef<'a>) {
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

    // -- types ------------------------------------------------------------------------------------------

    /// Declares type parameters in a scope, the first as `Param(offset)`, then reads their bounds.
    fn generics(&mut self, generics: &'a ast::Generics, scope: ScopeId, offset: usize) -> Vec<Generic> {
        for (index, param) in generics.params.iter().enumerate() {
            self.define_type(scope, param.name, TypeDef::Param((offset + index) as u32));
        }
        let mut list = Vec::new();
        for param in &generics.params {
            let bounds = param.bounds.iter().filter_map(|bound| self.resolve_bound(scope, bound)).collect();
            list.push(Generic { name: param.name.sym, bounds });
        }
        list
    }

    /// Adds the bounds of a `where` clause to parameters.
    fn wheres(&mut self, generics: &'a ast::Generics, scope: ScopeId, list: &mut [Generic]) {
        for (ty, bounds) in &generics.wheres {
            let subject = self.resolve_type(scope, ty);
            let Ty::Param(n) = *self.p.types.get(subject) else {
                if subject != Types::error() {
                    self.report(
                        Diagnostic::new(
                            Code::NotSupportedYet,
                            ty.span,
                            "a bound on a type that is not a parameter is not supported yet",
                        )
                        .help("put the bound on a type parameter"),
                    );
                }
                continue;
            };
            let bounds: Vec<TraitRef> =
                bounds.iter().filter_map(|bound| self.resolve_bound(scope, bound)).collect();
            list[n as usize].bounds.extend(bounds);
        }
    }

    fn struct_body(&mut self, id: AdtId, decl: &'a ast::Struct, scope: ScopeId) {
        let self_ty = self.own_type(id, scope, decl.name.span);
        let mut generics = self.p.adts[id].generics.clone();
        self.wheres(&decl.generics, scope, &mut generics);
        self.p.adts[id].generics = generics.clone();
        let context = Context {
            scope,
            owner: Owner::None,
            generics,
            self_ty: Some(self_ty),
            prefix: format!("{}.", self.name(decl.name.sym)),
        };
        let mut fields: Vec<Field> = Vec::new();
        for (index, field) in decl.fields.iter().enumerate() {
            if let Some(before) = decl.fields[..index].iter().find(|other| other.name.sym == field.name.sym) {
                self.duplicate(field.name, before.name.span);
            }
            let ty = self.resolve_type(scope, &field.ty);
            fields.push(Field { name: Some(field.name.sym), ty });
            if let Some(default) = &field.default {
                let f = self.default_fn(field.name, default, Some(ty), &context);
                self.p.schemes.field_defaults.insert((id, index as u32), f);
            }
        }
        self.p.adts[id].kind = if decl.is_class { AdtKind::Class(fields) } else { AdtKind::Struct(fields) };
        self.body_methods(&decl.methods, self_ty, context);
    }

    fn enum_body(&mut self, id: AdtId, decl: &'a ast::Enum, scope: ScopeId) {
        let self_ty = self.own_type(id, scope, decl.name.span);
        let mut generics = self.p.adts[id].generics.clone();
        self.wheres(&decl.generics, scope, &mut generics);
        self.p.adts[id].generics = generics.clone();
        let mut variants: Vec<Variant> = Vec::new();
        let mut next = 0;
        for (index, variant) in decl.variants.iter().enumerate() {
            if let Some(before) =
                decl.variants[..index].iter().find(|other| other.name.sym == variant.name.sym)
            {
                self.duplicate(variant.name, before.name.span);
            }
            let fields = variant
                .fields
                .iter()
                .map(|(name, ty)| Field { name: name.map(|name| name.sym), ty: self.resolve_type(scope, ty) })
                .collect();
            let discriminant = match &variant.discriminant {
                Some(expr) => self.discriminant(expr),
                None => next,
            };
            next = discriminant.wrapping_add(1);
            variants.push(Variant { name: variant.name.sym, fields, discriminant });
        }
        self.p.adts[id].kind = AdtKind::Enum(variants);
        let context = Context {
            scope,
            owner: Owner::None,
            generics,
            self_ty: Some(self_ty),
            prefix: format!("{}.", self.name(decl.name.sym)),
        };
        self.body_methods(&decl.methods, self_ty, context);
    }

    fn discriminant(&mut self, expr: &ast::Expr) -> i64 {
        match &expr.kind {
            ast::ExprKind::Int(n, _) => *n as i64,
            ast::ExprKind::Unary(ast::UnOp::Neg, inner) => self.discriminant(inner).wrapping_neg(),
            _ => {
                self.report(
                    Diagnostic::new(
                        Code::TypeMismatch,
                        expr.span,
                        "the number of a variant must be an integer literal",
                    )
                    .help("write a number such as `= 3`"),
                );
                0
            }
        }
    }

    /// Defines `Self` in the scope of a declared type.
    fn own_type(&mut self, id: AdtId, scope: ScopeId, span: Span) -> TyId {
        let count = self.p.adts[id].generics.len();
        let args = (0..count).map(|n| self.p.types.intern(Ty::Param(n as u32))).collect();
        let self_ty = self.p.types.intern(Ty::Adt(id, args));
        let own = self.sy.own;
        self.scopes.get_mut(scope).types.insert(own, (TypeDef::Own(self_ty), span));
        self_ty
    }

    /// A struct that holds itself without anything between has no value.
    fn check_finite(&mut self, id: AdtId, span: Span) {
        let mut seen = vec![id];
        let mut work = vec![id];
        while let Some(adt) = work.pop() {
            let AdtKind::Struct(fields) = &self.p.adts[adt].kind else { continue };
            for field in fields {
                if let Ty::Adt(inner, _) = *self.p.types.get(field.ty) {
                    if inner == id {
                        let name = self.name(self.p.adts[id].name);
                        self.report(
                            Diagnostic::new(
                                Code::InfiniteType,
                                span,
                                format!("`{name}` contains itself without end"),
                            )
                            .help(format!(
                                "make the field optional (`{name}?`), or declare `{name}` as a class"
                            )),
                        );
                        return;
                    }
                    if !seen.contains(&inner) {
                        seen.push(inner);
                        work.push(inner);
                    }
                }
            }
        }
    }

    /// Methods in the body of a type are an impl of their own.
    fn body_methods(&mut self, methods: &'a [ast::Item], self_ty: TyId, mut context: Context) {
        if methods.is_empty() {
            return;
        }
        let id = self.p.impls.push(hir::Impl {
            generics: context.generics.clone(),
            trait_: None,
            self_ty,
            methods: Vec::new(),
        });
        context.owner = Owner::Impl(id);
        self.impl_methods(id, methods, &context);
        self.index_methods(id);
    }

    fn impl_methods(&mut self, id: ImplId, methods: &'a [ast::Item], context: &Context) {
        for item in methods {
            let ItemKind::Fn(decl) = &item.kind else { continue };
            let f = self.new_sig(decl.name, context);
            self.signature(f, decl, context);
            if !self.p.schemes.sigs[f].is_std {
                self.check_duplicate_method(id, f);
            }
            self.p.impls[id].methods.push((decl.name.sym, f));
        }
    }

    fn check_duplicate_method(&mut self, id: ImplId, f: FnId) {
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

    // -- functions --------------------------------------------------------------------------------------

    /// A signature that only has a name.
    pub(crate) fn new_sig(&mut self, name: ast::Name, context: &Context) -> FnId {
        let is_std = self.scopes.get(context.scope).is_std;
        let path = format!("{}{}", context.prefix, self.cx.names.name(name.sym));
        self.p.schemes.sigs.push(Sig {
            name: name.sym,
            path,
            span: name.span,
            owner: context.owner,
            generics: context.generics.clone(),
            kinds: vec![VarKind::General; context.generics.len()],
            declared: context.generics.len(),
            owned: context.generics.len(),
            params: Vec::new(),
            ret: None,
            receiver: Receiver::None,
            me: false,
            constraints: Vec::new(),
            is_std,
            external: None,
            has_body: true,
        })
    }

    /// A hidden function that gives a default value; it is called where an argument or a field is left out.
    fn default_fn(
        &mut self,
        name: ast::Name,
        value: &'a ast::Expr,
        ty: Option<TyId>,
        context: &Context,
    ) -> FnId {
        let id = self.new_sig(name, context);
        let sig = &mut self.p.schemes.sigs[id];
        sig.path = format!("{}{}.default", context.prefix, self.cx.names.name(name.sym));
        sig.owner = Owner::None;
        sig.span = value.span;
        sig.ret = ty;
        self.set_decl(
            id,
            Decl { body: DeclBody::Default(value), scope: context.scope, state: State::Unstarted },
        );
        id
    }

    /// Reads the signature of a function.
    pub(crate) fn signature(&mut self, id: FnId, decl: &'a ast::Fn, context: &Context) {
        let scope = self.scopes.child(Some(context.scope));
        let mut generics = context.generics.clone();
        generics.extend(self.generics(&decl.generics, scope, context.generics.len()));
        self.wheres(&decl.generics, scope, &mut generics);
        let is_std = self.scopes.get(scope).is_std;

        let receiver = self.receiver(decl, context);
        let mut params = Vec::new();
        if receiver != Receiver::None {
            let span = decl.explicit_self.unwrap_or(decl.name.span);
            params.push(SigParam {
                name: self.sy.self_,
                span,
                ty: context.self_ty,
                default: None,
                mutable: false,
            });
        } else if let (Some(span), None) = (decl.explicit_self, context.self_ty) {
            self.report(
                Diagnostic::new(Code::Misplaced, span, "`self` is only for methods")
                    .help("give the parameter another name"),
            );
        }
        let inner = Context {
            scope,
            generics: generics.clone(),
            prefix: format!("{}.", self.p.schemes.sigs[id].path),
            ..context.clone()
        };
        for (index, param) in decl.params.iter().enumerate() {
            if let Some(before) = decl.params[..index].iter().find(|other| other.name.sym == param.name.sym)
                && self.name(param.name.sym) != "_"
            {
                self.duplicate(param.name, before.name.span);
            }
            if param.variadic {
                self.report(
                    Diagnostic::new(
                        Code::NotSupportedYet,
                        param.name.span,
                        "variadic parameters are not supported yet",
                    )
                    .help("take an array"),
                );
            }
            let ty = param.ty.as_ref().map(|ty| self.resolve_type(scope, ty));
            let default = param.default.as_ref().map(|value| self.default_fn(param.name, value, ty, &inner));
            params.push(SigParam {
                name: param.name.sym,
                span: param.name.span,
                ty,
                default,
                mutable: param.mutable,
            });
        }
        let mut ret = decl.ret.as_ref().map(|ty| self.resolve_type(scope, ty));
        let mut external = None;
        if decl.is_extern {
            external = self.external(decl, is_std);
            let never = match external {
                Some(External::Runtime(f)) => f.never_returns(),
                Some(External::Intrinsic(f)) => f == Intrinsic::Raise,
                None => false,
            };
            ret = ret.or(Some(if never { Types::never() } else { Types::unit() }));
        } else if decl.body.is_none() {
            ret = ret.or(Some(Types::unit()));
        }
        let sig = &mut self.p.schemes.sigs[id];
        sig.kinds = vec![VarKind::General; generics.len()];
        sig.declared = generics.len();
        sig.owned = context.generics.len();
        sig.generics = generics;
        sig.params = params;
        sig.ret = ret;
        sig.receiver = receiver;
        sig.me = decl.kind == ast::FnKind::Me;
        sig.external = external;
        sig.has_body = decl.body.is_some();
        if decl.body.is_none() && !decl.is_extern && !matches!(context.owner, Owner::Trait(_)) {
            self.report(
                Diagnostic::new(Code::UnexpectedToken, decl.name.span, "a function needs a body")
                    .help("end the line with `:` and write the body below it"),
            );
        }
        self.set_decl(id, Decl { body: DeclBody::Fn(decl), scope, state: State::Unstarted });
    }

    fn external(&mut self, decl: &ast::Fn, is_std: bool) -> Option<External> {
        let name = self.name(decl.name.sym);
        if !is_std {
            self.report(
                Diagnostic::new(
                    Code::NotSupportedYet,
                    decl.name.span,
                    "extern functions are not supported yet outside of the standard library",
                )
                .help("write the function in Simple"),
            );
            return None;
        }
        let found = RtFn::from_name(&name)
            .map(External::Runtime)
            .or_else(|| Intrinsic::from_name(&name).map(External::Intrinsic));
        if found.is_none() {
            self.report(Diagnostic::new(
                Code::UnknownName,
                decl.name.span,
                format!("no runtime function or intrinsic is called `{name}`"),
            ));
        }
        found
    }

    /// Whether a function has a `self`, and how it is passed.
    fn receiver(&mut self, decl: &ast::Fn, context: &Context) -> Receiver {
        let Some(self_ty) = context.self_ty else { return Receiver::None };
        let me = decl.kind == ast::FnKind::Me;
        let name = self.cx.names.name(decl.name.sym);
        let is_maker = matches!(name, "new" | "create" | "default" | "init") || name.starts_with("from_");
        let of_trait = match context.owner {
            Owner::Impl(id) => self.p.impls[id].trait_.is_some(),
            Owner::Trait(_) => true,
            Owner::None => false,
        };
        let is_static = decl.kind == ast::FnKind::Static
            || (is_maker
                && !me
                && !of_trait
                && decl.explicit_self.is_none()
                && !crate::names::mentions_self(decl, self.sy.self_));
        if is_static {
            return Receiver::None;
        }
        let is_class = match self.p.types.get(self_ty) {
            Ty::Adt(id, _) => matches!(self.p.adts[*id].kind, AdtKind::Class(_)),
            _ => false,
        };
        if me && !is_class { Receiver::InOut } else { Receiver::Value }
    }

    // -- traits -----------------------------------------------------------------------------------------

    fn trait_head(&mut self, id: TraitId, decl: &'a ast::Trait, scope: ScopeId) {
        let own = self.p.types.intern(Ty::Param(0));
        let own_name = self.sy.own;
        self.scopes.get_mut(scope).types.insert(own_name, (TypeDef::Own(own), decl.name.span));
        self.p.traits[id].generics = self.generics(&decl.generics, scope, 1);
        if let Some((name, _)) = decl.types.first() {
            self.report(
                Diagnostic::new(Code::NotSupportedYet, name.span, "associated types are not supported yet")
                    .help("give the trait a type parameter"),
            );
        }
    }

    fn trait_body(&mut self, id: TraitId, decl: &'a ast::Trait, scope: ScopeId) {
        let supers: Vec<TraitRef> =
            decl.supers.iter().filter_map(|ty| self.resolve_bound(scope, ty)).collect();
        self.p.traits[id].supers = supers;
        let own = self.p.types.intern(Ty::Param(0));
        let own_name = self.sy.own;
        let count = self.p.traits[id].generics.len();
        let args = (1..=count).map(|n| self.p.types.intern(Ty::Param(n as u32))).collect();
        let mut generics = vec![Generic { name: own_name, bounds: vec![TraitRef { id, args }] }];
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
    fn vtable(&mut self, id: TraitId) {
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

    // -- implementations --------------------------------------------------------------------------------

    fn impl_block(&mut self, decl: &'a ast::Impl, context: &Context) -> Option<ImplId> {
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
        let trait_ = match &decl.trait_ {
            Some(ty) => Some(self.resolve_bound(scope, ty)?),
            None => None,
        };
        if let Some((name, _)) = decl.types.first() {
            self.report(
                Diagnostic::new(Code::NotSupportedYet, name.span, "associated types are not supported yet")
                    .help("give the trait a type parameter"),
            );
        }
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
        self.impl_methods(id, &decl.methods, &context);
        Some(id)
    }

    /// `impl Stack<T>:` without `impl<T>`: unknown plain arguments of a generic type are parameters of the block.
    fn implicit_generics(&mut self, decl: &'a ast::Impl, scope: ScopeId, generics: &mut Vec<Generic>) {
        let ast::TypeKind::Path { args, .. } = &decl.self_ty.kind else { return };
        for arg in args {
            let ast::TypeKind::Path { path, args } = &arg.kind else { continue };
            let [name] = path.as_slice() else { continue };
            if args.is_empty()
                && self.scopes.find_type(scope, name.sym).is_none()
                && self.builtin_type(name.sym).is_none()
            {
                self.define_type(scope, *name, TypeDef::Param(generics.len() as u32));
                generics.push(Generic { name: name.sym, bounds: Vec::new() });
            }
        }
    }

    /// The type of an impl; `impl Stack:` for a generic `Stack` takes over its parameters.
    fn impl_self_type(&mut self, decl: &'a ast::Impl, scope: ScopeId, generics: &mut Vec<Generic>) -> TyId {
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
            }
            let args = (0..generics.len()).map(|n| self.p.types.intern(Ty::Param(n as u32))).collect();
            return self.p.types.intern(Ty::Adt(adt, args));
        }
        self.resolve_type(scope, &decl.self_ty)
    }

    /// Compares an impl with its trait, and makes its methods findable.
    fn finish_impl(&mut self, id: ImplId, decl: &'a ast::Impl) {
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

    fn match_trait(&mut self, id: ImplId, trait_: &TraitRef, decl: &'a ast::Impl) {
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
    fn match_method(&mut self, id: ImplId, trait_: &TraitRef, wanted: FnId, own: FnId) {
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

    fn index_methods(&mut self, id: ImplId) {
        self.p.index_methods(id);
    }

    /// The head under which methods of a type are found.
    pub(crate) fn con_of_ty(&self, ty: TyId) -> Con {
        con_of(&self.p.types, ty)
    }

    fn set_decl(&mut self, id: FnId, decl: Decl<'a>) {
        if self.decls.len() <= id.index() {
            self.decls.resize_with(id.index() + 1, || None);
        }
        self.decls[id.index()] = Some(decl);
    }
}
