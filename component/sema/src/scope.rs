//! Names of declarations: scopes that chain from a function's type parameters over blocks and the module to the standard library.

use crate::hir::{FnId, GlobalId, ModuleId};
use crate::infer::tree::ModuleVar;
use crate::ty::{AdtId, TraitId, TyId};
use base::{Map, Span, Symbol, entity_id};
use std::collections::{BTreeMap, HashMap};
use syntax::ast;

entity_id!(
    /// A scope of declarations.
    ScopeId, "scope"
);

/// What a name means in a type.
#[derive(Clone, Copy)]
pub(crate) enum TypeDef<'a> {
    Adt(AdtId),
    Trait(TraitId),
    Alias(&'a ast::Type, ScopeId, &'a ast::Generics),
    /// An alias of another module with that many parameters, which are `Param(0)` and so on in it.
    Resolved(TyId, u32),
    /// A type parameter.
    Param(u32),
    /// `Self`.
    Own(TyId),
    /// A mixin, with the scope that it is declared in: no type, only parts of types.
    Mixin(&'a ast::Struct, ScopeId),
}

/// What a name means in an expression. Locals come before.
#[derive(Clone, Copy)]
pub(crate) enum ValueDef {
    Fn(FnId),
    /// A struct or class by its name: its constructor.
    Adt(AdtId),
    Module(ModuleVar),
    /// A variable of another module.
    Global(GlobalId),
    /// Another module, for `name.item`.
    Namespace(ModuleId),
    /// A module inside this one.
    Inline(ScopeId),
    /// A type parameter that stands for a number of a type.
    Number(u32, TyId),
}

#[derive(Default)]
pub(crate) struct Scope<'a> {
    pub parent: Option<ScopeId>,
    pub types: HashMap<Symbol, (TypeDef<'a>, Span)>,
    pub values: HashMap<Symbol, (ValueDef, Span)>,
    /// Variants by their bare name.
    pub variants: HashMap<Symbol, Vec<(AdtId, u32)>>,
    /// Type parameters of scopes further out are not those of what is declared here.
    pub barrier: bool,
    pub is_std: bool,
}

#[derive(Default)]
pub(crate) struct Scopes<'a> {
    list: Map<ScopeId, Scope<'a>>,
}

impl<'a> Scopes<'a> {
    pub fn child(&mut self, parent: Option<ScopeId>) -> ScopeId {
        let is_std = parent.is_some_and(|parent| self.list[parent].is_std);
        self.list.push(Scope { parent, is_std, ..Scope::default() })
    }

    pub fn get(&self, id: ScopeId) -> &Scope<'a> {
        &self.list[id]
    }

    pub fn get_mut(&mut self, id: ScopeId) -> &mut Scope<'a> {
        &mut self.list[id]
    }

    /// The meaning of a type name, and whether a barrier lies between.
    pub fn find_type(&self, mut id: ScopeId, name: Symbol) -> Option<(TypeDef<'a>, bool)> {
        let mut barrier = false;
        loop {
            let scope = &self.list[id];
            if let Some((def, _)) = scope.types.get(&name) {
                return Some((*def, barrier));
            }
            barrier |= scope.barrier;
            id = scope.parent?;
        }
    }

    /// Where a type name is declared.
    pub fn type_span(&self, mut id: ScopeId, name: Symbol) -> Option<Span> {
        loop {
            let scope = &self.list[id];
            if let Some((_, span)) = scope.types.get(&name) {
                return Some(*span);
            }
            id = scope.parent?;
        }
    }

    pub fn find_value(&self, mut id: ScopeId, name: Symbol) -> Option<(ValueDef, Span)> {
        loop {
            let scope = &self.list[id];
            if let Some(def) = scope.values.get(&name) {
                return Some(*def);
            }
            id = scope.parent?;
        }
    }

    /// Enum variants of a bare name, from the nearest scope that has any.
    pub fn find_variants(&self, mut id: ScopeId, name: Symbol) -> &[(AdtId, u32)] {
        loop {
            let scope = &self.list[id];
            if let Some(list) = scope.variants.get(&name) {
                return list;
            }
            match scope.parent {
                Some(parent) => id = parent,
                None => return &[],
            }
        }
    }

    fn chain(&self, id: ScopeId) -> impl Iterator<Item = &Scope<'a>> {
        std::iter::successors(Some(&self.list[id]), |scope| scope.parent.map(|parent| &self.list[parent]))
    }

    /// All names that mean something in an expression, the nearest meaning of each.
    pub fn all_values(&self, id: ScopeId) -> BTreeMap<Symbol, (ValueDef, Span)> {
        let mut all = BTreeMap::new();
        for (&name, &def) in self.chain(id).flat_map(|scope| &scope.values) {
            all.entry(name).or_insert(def);
        }
        all
    }

    /// All names that mean something in a type, the nearest meaning of each.
    pub fn all_types(&self, id: ScopeId) -> BTreeMap<Symbol, (TypeDef<'a>, Span)> {
        let mut all = BTreeMap::new();
        for (&name, &def) in self.chain(id).flat_map(|scope| &scope.types) {
            all.entry(name).or_insert(def);
        }
        all
    }

    /// All variants that their bare names mean.
    pub fn all_variants(&self, id: ScopeId) -> Vec<(AdtId, u32)> {
        let lists: BTreeMap<Symbol, &Vec<(AdtId, u32)>> = self
            .chain(id)
            .flat_map(|scope| scope.variants.iter().map(|(&name, list)| (name, list)))
            .collect();
        lists.into_values().flatten().copied().collect()
    }

    /// All names that can be written in an expression, for suggestions.
    pub fn value_names(&self, mut id: ScopeId) -> Vec<Symbol> {
        let mut names = Vec::new();
        loop {
            let scope = &self.list[id];
            names.extend(scope.values.keys().copied());
            match scope.parent {
                Some(parent) => id = parent,
                None => return names,
            }
        }
    }

    /// All names that can be written as a type.
    pub fn type_names(&self, mut id: ScopeId) -> Vec<Symbol> {
        let mut names = Vec::new();
        loop {
            let scope = &self.list[id];
            names.extend(scope.types.keys().copied());
            match scope.parent {
                Some(parent) => id = parent,
                None => return names,
            }
        }
    }
}
