//! What must hold of the declarations of a library from anywhere, so that nothing that is made of them later stumbles: numbers are in range already
//! (the reader sees to that), here arities, owners and signatures are compared with each other.

use super::Meaning;
use crate::collect::host::foreign;
use crate::hir::{AdtKind, Field, FnId, FnKind, Generic, ImplId, Program, Receiver, TraitRef};
use crate::infer::ity::MAX_DEPTH;
use crate::modules::{ExportedType, ExportedValue};
use crate::scheme::{Owner, Sig};
use crate::ty::{TraitId, Ty, TyId, Types};
use crate::zonk::MAX_SIZE;
use base::{Cx, EntityId, Map, Span};
use std::collections::BTreeSet;

/// What is wrong with the library that was read last, and where. It must not be the standard library, which may do what others may not. `meaning` is that of
/// its numbers: templates use any type among them.
pub fn verify(cx: &Cx, program: &mut Program, meaning: &Meaning) -> Vec<(Span, String)> {
    let shapes = shapes(program);
    let mut verifier = Verifier { cx, program, shapes, found: Vec::new() };
    for &ty in &meaning.types {
        verifier.ty(nowhere(), ty, usize::MAX, "something");
    }
    verifier.library();
    verifier.found
}

/// What is known about a type, whoever uses it.
#[derive(Clone, Copy)]
struct Shape {
    /// One more than the largest type parameter in it.
    params: u32,
    depth: u32,
    size: u64,
    /// Each part has as many arguments as it takes.
    sound: bool,
}

/// Of all types, in their order: a type stands behind its parts.
fn shapes(program: &Program) -> Map<TyId, Shape> {
    let mut shapes: Map<TyId, Shape> = Map::new();
    for ty in program.types.all() {
        let (parts, sound): (Vec<TyId>, bool) = match ty {
            Ty::Error => (vec![], false),
            Ty::Int(int) => (vec![], matches!(int.bits, 8 | 16 | 32 | 64)),
            Ty::Float { bits } => (vec![], matches!(bits, 32 | 64)),
            Ty::Never | Ty::Unit | Ty::Bool | Ty::Text | Ty::Any | Ty::Range => (vec![], true),
            Ty::Number(_) | Ty::Param(_) => (vec![], true),
            Ty::Array(inner) | Ty::Option(inner) => (vec![*inner], true),
            Ty::Dict(key, value) => (vec![*key, *value], true),
            Ty::Tuple(items) => (items.clone(), true),
            Ty::Fn(params, ret) => (params.iter().chain([ret]).copied().collect(), true),
            Ty::Adt(id, args) => {
                (args.clone(), program.adts.get(*id).is_some_and(|adt| adt.generics.len() == args.len()))
            }
            Ty::Dyn(id, args) => {
                (args.clone(), program.traits.get(*id).is_some_and(|it| it.generics.len() == args.len()))
            }
        };
        let mut shape = Shape { params: 0, depth: 0, size: 1, sound };
        if let Ty::Param(n) = ty {
            shape.params = n.saturating_add(1);
        }
        for part in parts {
            let part = shapes[part];
            shape.params = shape.params.max(part.params);
            shape.depth = shape.depth.max(part.depth + 1);
            shape.size = shape.size.saturating_add(part.size);
            shape.sound &= part.sound;
        }
        shapes.push(shape);
    }
    shapes
}

struct Verifier<'a> {
    cx: &'a Cx,
    program: &'a mut Program,
    shapes: Map<TyId, Shape>,
    found: Vec<(Span, String)>,
}

impl Verifier<'_> {
    fn library(&mut self) {
        let Some(library) = self.program.libraries.last() else { return };
        let (first, sizes) = (library.first, library.sizes);
        self.adts(first.adts..first.adts + sizes.adts);
        for index in first.traits..first.traits + sizes.traits {
            self.trait_(TraitId::from_index(index));
        }
        for index in first.fns..first.fns + sizes.fns {
            self.function(FnId::from_index(index));
        }
        // Signatures are compared once each is sound.
        if self.found.is_empty() {
            for index in first.impls..first.impls + sizes.impls {
                self.impl_(ImplId::from_index(index));
            }
        }
        let globals: Vec<_> = self.program.globals.values().skip(first.globals).collect();
        let globals: Vec<(Span, TyId)> = globals.into_iter().map(|global| (global.span, global.ty)).collect();
        for (span, ty) in globals {
            self.ty(span, ty, 0, "a module-level variable");
        }
        for index in first.modules..first.modules + sizes.modules {
            self.module(index);
        }
        self.tables(first.adts, first.fns);
    }

    fn wrong(&mut self, span: Span, what: impl Into<String>) {
        self.found.push((span, what.into()));
    }

    fn require(&mut self, holds: bool, span: Span, what: impl FnOnce() -> String) {
        if !holds {
            let what = what();
            self.wrong(span, what);
        }
    }

    fn ty(&mut self, span: Span, ty: TyId, params: usize, of: &str) {
        let shape = self.shapes[ty];
        self.require(shape.sound && shape.params as usize <= params, span, || {
            format!("the type of {of} is not well formed")
        });
        self.require(shape.depth <= MAX_DEPTH && shape.size <= MAX_SIZE, span, || {
            format!("the type of {of} is too large")
        });
    }

    fn bounds(&mut self, span: Span, generics: &[Generic], params: usize, of: &str) {
        for bound in generics.iter().flat_map(|generic| generic.bounds.iter().chain(&generic.lacks)) {
            self.trait_ref(span, bound, params, of);
        }
    }

    fn trait_ref(&mut self, span: Span, trait_: &TraitRef, params: usize, of: &str) {
        let wanted = self.program.traits[trait_.id].generics.len();
        self.require(wanted == trait_.args.len(), span, || {
            format!("a trait of {of} has {} type arguments instead of {wanted}", trait_.args.len())
        });
        for &arg in &trait_.args {
            self.ty(span, arg, params, of);
        }
    }

    // -- declarations --------------------------------------------------------------------------------------------

    fn adts(&mut self, range: std::ops::Range<usize>) {
        for index in range {
            let adt = &self.program.adts[EntityId::from_index(index)];
            let (span, generics) = (adt.span, adt.generics.clone());
            let name = self.cx.names.name(adt.name).to_owned();
            let of = |fields: &[Field]| fields.iter().map(|field| field.ty).collect::<Vec<_>>();
            let (types, empty) = match &adt.kind {
                AdtKind::Struct(fields) | AdtKind::Class(fields) => (of(fields), false),
                AdtKind::Enum(variants) => {
                    (variants.iter().flat_map(|variant| of(&variant.fields)).collect(), variants.is_empty())
                }
            };
            self.require(!empty, span, || format!("the enum `{name}` has no variants"));
            for ty in types {
                self.ty(span, ty, generics.len(), &format!("a field of `{name}`"));
            }
            self.bounds(span, &generics, generics.len(), &name);
        }
    }

    fn trait_(&mut self, id: TraitId) {
        let trait_ = &self.program.traits[id];
        let (span, generics, supers) = (trait_.span, trait_.generics.clone(), trait_.supers.clone());
        let (name, methods) = (self.cx.names.name(trait_.name).to_owned(), trait_.methods.clone());
        let params = 1 + generics.len();
        self.bounds(span, &generics, params, &name);
        for one in &supers {
            // Declared before it, or in a library that was read before: no circle.
            self.require(one.id != id && !self.above(one.id, id), span, || {
                format!("the trait `{name}` is above itself")
            });
            self.trait_ref(span, one, params, &name);
        }
        for &(method, f) in &methods {
            let sig = &self.program.schemes.sigs[f];
            let fits = sig.owner == Owner::Trait(id) && sig.name == method;
            self.require(fits, span, || format!("a method of the trait `{name}` is another one's"));
        }
        let Some(vtable) = self.program.schemes.vtables.get(&id).cloned() else {
            return self.wrong(span, format!("the trait `{name}` has no table of methods"));
        };
        let known = |&(owner, f): &(TraitId, FnId)| {
            let owned = self.program.traits[owner].methods.iter().any(|&(_, own)| own == f);
            owned && (owner == id || self.above(owner, id))
        };
        let all = methods.iter().all(|&(_, f)| vtable.contains(&(id, f)));
        let fits = vtable.iter().all(known) && all;
        self.require(fits, span, || format!("the table of methods of the trait `{name}` is not its own"));
    }

    /// Whether a trait is above another one.
    fn above(&self, above: TraitId, id: TraitId) -> bool {
        let mut seen = BTreeSet::new();
        let mut work = vec![id];
        while let Some(next) = work.pop() {
            for one in &self.program.traits[next].supers {
                if one.id == above {
                    return true;
                }
                if seen.insert(one.id) {
                    work.push(one.id);
                }
            }
        }
        false
    }

    fn function(&mut self, id: FnId) {
        let function = &self.program.fns[id];
        let (span, name) = (function.span, function.path.clone());
        let (generics, params, ret) = (function.generics.clone(), function.params.clone(), function.ret);
        let of_host = matches!(function.kind, FnKind::Host);
        let kind = matches!(function.kind, FnKind::Template | FnKind::Required | FnKind::Host);
        for &ty in params.iter().chain([&ret]) {
            self.ty(span, ty, generics.len(), &format!("`{name}`"));
        }
        self.bounds(span, &generics, generics.len(), &name);
        let Sig { owner, declared, owned, receiver, has_body, is_std, .. } = self.program.schemes.sigs[id];
        self.require(kind && !is_std, span, || format!("`{name}` does what only the standard library may"));
        self.require(receiver == Receiver::None || !params.is_empty(), span, || {
            format!("`{name}` has no `self`")
        });
        let of_trait = matches!(owner, Owner::Trait(_));
        self.require(has_body || of_trait || of_host, span, || format!("`{name}` has no body"));
        let passes = |ty: &TyId| foreign(&self.program.types, *ty).is_none();
        let is_function = generics.is_empty() && params.iter().chain([&ret]).all(passes);
        self.require(!of_host || is_function, span, || format!("no host could provide `{name}`"));
        let sig = &self.program.schemes.sigs[id];
        let count = sig.generics.len();
        let wanted = match owner {
            Owner::None => owned,
            Owner::Impl(id) => self.program.impls[id].generics.len(),
            Owner::Trait(id) => 1 + self.program.traits[id].generics.len(),
        };
        let fits = count == sig.kinds.len() && owned <= declared && declared <= count && owned == wanted;
        self.require(fits, span, || format!("`{name}` has other type parameters than it says"));
        let sig = &self.program.schemes.sigs[id];
        let (bounds, defaults) = (sig.generics.clone(), sig.params.iter().filter_map(|param| param.default));
        let defaults: Vec<FnId> = defaults.collect();
        let types: Vec<TyId> = sig
            .params
            .iter()
            .filter_map(|param| param.ty)
            .chain(sig.ret)
            .chain(sig.constraints.iter().flat_map(|open| open.kind.types()))
            .collect();
        let traits: Vec<TraitRef> = sig
            .constraints
            .iter()
            .filter_map(|open| match &open.kind {
                crate::scheme::Constraint::Implements { trait_, args, .. }
                | crate::scheme::Constraint::Lacks { trait_, args, .. } => {
                    Some(TraitRef { id: *trait_, args: args.clone() })
                }
                _ => None,
            })
            .collect();
        for ty in types {
            self.ty(span, ty, count, &format!("the signature of `{name}`"));
        }
        self.bounds(span, &bounds, count, &name);
        for trait_ in &traits {
            self.trait_ref(span, trait_, count, &name);
        }
        for default in defaults {
            let sig = &self.program.schemes.sigs[default];
            let fits = sig.params.is_empty() && sig.owned <= count;
            self.require(fits, span, || format!("a default value of `{name}` is none"));
        }
    }

    fn impl_(&mut self, id: ImplId) {
        let impl_ = &self.program.impls[id];
        let (generics, self_ty) = (impl_.generics.clone(), impl_.self_ty);
        let (trait_, methods) = (impl_.trait_.clone(), impl_.methods.clone());
        let count = generics.len();
        let span = methods.first().map_or(nowhere(), |&(_, f)| self.program.fns[f].span);
        self.bounds(span, &generics, count, "an implementation");
        self.ty(span, self_ty, count, "an implementation");
        for &(name, f) in &methods {
            let sig = &self.program.schemes.sigs[f];
            let fits = sig.owner == Owner::Impl(id) && sig.name == name && sig.has_body;
            self.require(fits, span, || "a method of an implementation is another one's".to_owned());
        }
        let Some(trait_) = trait_ else { return };
        self.trait_ref(span, &trait_, count, "an implementation");
        if !self.found.is_empty() {
            return;
        }
        for (name, wanted) in self.program.traits[trait_.id].methods.clone() {
            let own = methods.iter().find(|(own, _)| *own == name);
            match own {
                None => {
                    let is_default = self.program.schemes.sigs[wanted].has_body;
                    self.require(is_default, span, || {
                        format!("an implementation lacks the method `{}`", self.cx.names.name(name))
                    });
                }
                Some(&(_, f)) => self.method(f, wanted, self_ty, &trait_),
            }
        }
        let known: Vec<_> = self.program.traits[trait_.id].methods.iter().map(|&(name, _)| name).collect();
        let fits = methods.iter().all(|(name, _)| known.contains(name));
        self.require(fits, span, || "an implementation has methods that its trait has not".to_owned());
    }

    /// A method of an implementation has the signature that the trait says.
    fn method(&mut self, f: FnId, wanted: FnId, self_ty: TyId, trait_: &TraitRef) {
        let (own, of_trait) = (&self.program.fns[f], &self.program.fns[wanted]);
        let (span, name) = (own.span, own.path.clone());
        let (own_owned, of_owned) =
            (self.program.schemes.sigs[f].owned, self.program.schemes.sigs[wanted].owned);
        let more = own.generics.len() - own_owned;
        let same_shape = more == of_trait.generics.len() - of_owned
            && own.params.len() == of_trait.params.len()
            && own.receiver == of_trait.receiver;
        if !same_shape {
            return self.wrong(span, format!("`{name}` is not the method that its trait says"));
        }
        let theirs: Vec<TyId> = of_trait.params.iter().chain([&of_trait.ret]).copied().collect();
        let ours: Vec<TyId> = own.params.iter().chain([&own.ret]).copied().collect();
        let mut args = vec![self_ty];
        args.extend(&trait_.args);
        for index in 0..more {
            args.push(self.program.types.intern(Ty::Param((own_owned + index) as u32)));
        }
        let theirs = self.program.types.subst_all(&theirs, &args);
        self.require(theirs == ours, span, || format!("`{name}` has other types than its trait says"));
    }

    fn module(&mut self, index: usize) {
        let module = &self.program.modules[EntityId::from_index(index)];
        let (init, exports) = (module.init, module.exports.clone());
        if let Some(init) = init {
            let function = &self.program.fns[init];
            let fits =
                function.params.is_empty() && function.generics.is_empty() && function.ret == Types::unit();
            let span = function.span;
            self.require(fits, span, || "the body of a module takes or gives something".to_owned());
        }
        for (def, span) in exports.types.into_values() {
            if let ExportedType::Alias(ty, count) = def {
                self.ty(span, ty, count as usize, "an alias");
            }
        }
        for (def, span) in exports.values.into_values() {
            if let ExportedValue::Fn(id) = def {
                let fits = self.program.schemes.sigs[id].owner == Owner::None;
                self.require(fits, span, || "a method is exported as a function".to_owned());
            }
        }
    }

    /// Defaults of fields, and what belongs to the standard library alone.
    fn tables(&mut self, first_adt: usize, first_fn: usize) {
        let mut defaults: Vec<_> =
            self.program.schemes.field_defaults.iter().map(|(&(adt, field), &f)| (adt, field, f)).collect();
        defaults.retain(|(adt, _, f)| adt.index() >= first_adt || f.index() >= first_fn);
        defaults.sort_unstable();
        for (id, field, f) in defaults {
            let adt = &self.program.adts[id];
            let (span, generics) = (adt.span, adt.generics.len());
            let fields = match &adt.kind {
                AdtKind::Struct(fields) | AdtKind::Class(fields) => fields.len(),
                AdtKind::Enum(_) => 0,
            };
            let sig = &self.program.schemes.sigs[f];
            let fits = id.index() >= first_adt
                && (field as usize) < fields
                && sig.params.is_empty()
                && sig.owned <= generics;
            self.require(fits, span, || "a default value of a field is none".to_owned());
        }
        let own = self.program.schemes.lang.values().any(|f| f.index() >= first_fn);
        let result = self.program.result.is_some_and(|id| id.index() >= first_adt);
        self.require(!own && !result, nowhere(), || {
            "it defines what only the standard library may".to_owned()
        });
    }
}

fn nowhere() -> Span {
    Span { file: EntityId::from_index(0), start: 0, end: 0 }
}
