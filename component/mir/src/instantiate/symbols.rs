//! What functions, variables and types are called from outside of an artifact: names that stay the same from one version of a program to
//! the next, and hashes of all that whoever uses them relies on.
//!
//! A function's name is its module's, its own, and its type arguments; a closure is named after the function in which it is written, and
//! numbered there. The signature covers the types of parameters, results, captures and type arguments *with the definitions of all types and traits that are
//! reached from them*: code that was compiled for a class with two fields cannot call code for the same class with three.

use super::{Key, R, Session, Variables};
use crate::hash::Hash64;
use crate::legal::{FuncId, Program, Symbol, SymbolKind};
use abi::TypeId;
use base::{EntityId, FileId, Map};
use sema::hir::{self, AdtKind, Field, FnId, GlobalId};
use sema::ty::{AdtId, TraitId, Ty, TyId};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a function is called outside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name {
    /// Module, function, type arguments.
    pub name: String,
    /// Hash of its types.
    pub signature: u64,
}

/// A program whose functions have names for others.
pub struct Named {
    /// The program. Its symbols are its variables.
    pub program: Program,
    /// By function.
    pub names: Map<FuncId, Name>,
    /// By symbol: the function that sets the variable.
    pub initialisers: Vec<Option<FuncId>>,
    /// The one instance that was asked for.
    pub root: Option<FuncId>,
    /// Functions that have no body yet.
    pub lazy: Vec<Lazy>,
}

/// An instance whose body is made when it is called first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lazy {
    /// Its function, without blocks.
    pub func: FuncId,
    /// The template.
    pub function: FnId,
    /// Its type arguments.
    pub args: Vec<TyId>,
}

/// What names are made of that a checked program has once, however often it is instantiated.
#[derive(Default)]
pub struct Naming {
    /// The functions that set module-level variables.
    initialisers: BTreeMap<GlobalId, FnId>,
    /// Functions of the same name in the same file, such as methods of several traits for one type: their place among them.
    twins: HashMap<FnId, usize>,
    shapes: HashMap<TyId, u64>,
}

impl Naming {
    /// That of a program with its initialisers.
    pub fn new(hir: &hir::Program, initialisers: BTreeMap<GlobalId, FnId>) -> Naming {
        let mut count: HashMap<(FileId, &str), usize> = HashMap::new();
        let mut twins = HashMap::new();
        for (id, function) in hir.fns.iter() {
            let count = count.entry((function.span.file, &function.path)).or_default();
            if *count > 0 {
                twins.insert(id, *count);
            }
            *count += 1;
        }
        Naming { initialisers, twins, shapes: HashMap::new() }
    }
}

/// Names that were given out.
pub(super) struct Symbols<'a> {
    naming: &'a mut Naming,
    names: Map<FuncId, Name>,
    /// How many have asked for a name.
    taken: BTreeMap<String, u32>,
}

impl<'a> Symbols<'a> {
    pub(super) fn new(naming: &'a mut Naming) -> Symbols<'a> {
        Symbols { naming, names: Map::new(), taken: BTreeMap::new() }
    }
}

impl Session<'_> {
    /// What was made, with its names.
    pub(super) fn named(self, root: Option<FuncId>) -> Named {
        let mut initialisers = vec![None; self.out.symbols.len()];
        if let Variables::Apart(variables) = &self.globals {
            for (&id, &(symbol, _)) in variables {
                let by = self.initialiser(id).and_then(|by| self.keys.get(&Key::Body(by, Vec::new())));
                initialisers[symbol as usize] = by.copied();
            }
        }
        let names = self.symbols.map(|symbols| symbols.names).unwrap_or_default();
        Named { program: self.out, names, initialisers, root, lazy: self.left_out }
    }

    /// The function that sets a variable alone, where there is one.
    pub(super) fn initialiser(&self, id: GlobalId) -> Option<FnId> {
        self.symbols.as_ref()?.naming.initialisers.get(&id).copied()
    }

    /// All functions that set variables.
    pub(super) fn initialisers(&self) -> BTreeSet<FnId> {
        let all = self.symbols.iter().flat_map(|symbols| symbols.naming.initialisers.values());
        all.copied().collect()
    }

    /// Names the function that is made next.
    pub(super) fn name_symbol(&mut self, key: &Key, printed: &str) -> R<()> {
        if self.symbols.is_none() {
            return Ok(());
        }
        let (name, types) = match key {
            Key::Entry => (printed.to_owned(), Vec::new()),
            Key::Body(id, args) => (self.path(*id, args), self.relied_on(*id, args)),
            Key::FnValue { id, args, fn_ty } => {
                let mut types = args.clone();
                types.push(*fn_ty);
                (format!("{} as value", self.path(*id, args)), types)
            }
            Key::Closure { id, args, fn_ty } => {
                let body = self.template(*id)?;
                let mut types = args.clone();
                types.push(*fn_ty);
                for &local in &body.captures {
                    types.push(self.hir.types.subst(body.locals[local].ty, args));
                }
                (format!("{} in {}", self.fn_name(*id, args), self.asker()), types)
            }
            Key::Method { id, args, self_ty, method, method_args } => {
                let mut types = self.relied_on(*id, args);
                types.push(*self_ty);
                types.extend(self.relied_on(*method, method_args));
                (format!("{} as method", self.path(*id, args)), types)
            }
        };
        let signature = self.signature_of(&types);
        let name = self.unique(name, signature);
        if let Some(symbols) = &mut self.symbols {
            symbols.names.push(Name { name, signature });
        }
        Ok(())
    }

    /// The symbol of a variable.
    pub(super) fn variable_symbol(&mut self, id: GlobalId, ty: TypeId) -> Symbol {
        let global = &self.hir.globals[id];
        let name = format!("{}::{}", self.file_name(global.span.file), self.cx.names.name(global.name));
        let signature = self.signature_of(&[self.hir.globals[id].ty]);
        let name = self.unique(name, signature);
        Symbol {
            name,
            signature,
            content: 0,
            is_value: false,
            kind: SymbolKind::Variable { ty, initialiser: None },
        }
    }

    /// Type arguments, parameters, results.
    fn relied_on(&mut self, id: FnId, args: &[TyId]) -> Vec<TyId> {
        let (params, results) = self.fn_types(id, args);
        args.iter().copied().chain(params).chain(results).collect()
    }

    fn file_name(&self, file: FileId) -> String {
        let known = file.index() < self.cx.sources.files().count();
        if known { self.cx.sources.file(file).path.clone() } else { String::new() }
    }

    fn path(&self, id: FnId, args: &[TyId]) -> String {
        let twin = self.symbols.as_ref().and_then(|symbols| symbols.naming.twins.get(&id));
        let twin = twin.map_or(String::new(), |number| format!(" ({})", number + 1));
        format!("{}::{}{twin}", self.file_name(self.hir.fns[id].span.file), self.fn_name(id, args))
    }

    /// The function that asks for another.
    fn asker(&self) -> &str {
        let names = self.symbols.as_ref().map(|symbols| &symbols.names);
        let asker = self.current.and_then(|id| names?.get(id));
        asker.map_or("", |name| &name.name)
    }

    /// Two things of one name are told apart by their signatures; where those are the same too, by their order.
    fn unique(&mut self, name: String, signature: u64) -> String {
        let Some(symbols) = &mut self.symbols else { return name };
        let count = symbols.taken.entry(format!("{name} {signature}")).or_default();
        *count += 1;
        if *count == 1 { name } else { format!("{name} #{count}") }
    }

    fn signature_of(&mut self, types: &[TyId]) -> u64 {
        let mut hash = Hash64::default();
        hash.number(types.len() as u64);
        for &ty in types {
            let shape = self.shape(ty);
            hash.number(shape);
        }
        hash.finish()
    }

    fn shape(&mut self, ty: TyId) -> u64 {
        if let Some(&shape) = self.symbols.as_ref().and_then(|symbols| symbols.naming.shapes.get(&ty)) {
            return shape;
        }
        let mut walk = Walk {
            session: self,
            hash: Hash64::default(),
            adts: Vec::new(),
            traits: Vec::new(),
            met: HashMap::new(),
        };
        walk.ty(ty);
        walk.definitions();
        let shape = walk.hash.finish();
        if let Some(symbols) = &mut self.symbols {
            symbols.naming.shapes.insert(ty, shape);
        }
        shape
    }
}

/// A way through a type and all definitions that it reaches, each once, in the order in which they are met.
struct Walk<'s, 'a> {
    session: &'s Session<'a>,
    hash: Hash64,
    adts: Vec<AdtId>,
    traits: Vec<TraitId>,
    /// Types with parts, by the order in which they were met: one may stand in another very often.
    met: HashMap<TyId, u64>,
}

impl Walk<'_, '_> {
    fn definitions(&mut self) {
        let (mut adts, mut traits) = (0, 0);
        loop {
            if let Some(&id) = self.adts.get(adts) {
                adts += 1;
                self.adt(id);
            } else if let Some(&id) = self.traits.get(traits) {
                traits += 1;
                self.trait_(id);
            } else {
                return;
            }
        }
    }

    fn adt(&mut self, id: AdtId) {
        let session = self.session;
        let adt = &session.hir.adts[id];
        self.hash.text(session.cx.names.name(adt.name));
        self.hash.text(&session.file_name(adt.span.file));
        match &adt.kind {
            AdtKind::Struct(fields) => self.fields(1, fields),
            AdtKind::Class(fields) => self.fields(2, fields),
            AdtKind::Enum(variants) => {
                self.hash.number(3);
                self.hash.number(variants.len() as u64);
                for variant in variants {
                    self.hash.text(session.cx.names.name(variant.name));
                    self.fields(variant.discriminant as u64, &variant.fields);
                }
            }
        }
    }

    fn fields(&mut self, tag: u64, fields: &[Field]) {
        self.hash.number(tag);
        self.hash.number(fields.len() as u64);
        for field in fields {
            self.hash.text(field.name.map_or("", |name| self.session.cx.names.name(name)));
            self.ty(field.ty);
        }
    }

    fn trait_(&mut self, id: TraitId) {
        let session = self.session;
        let trait_ = &session.hir.traits[id];
        self.hash.text(session.cx.names.name(trait_.name));
        self.hash.text(&session.file_name(trait_.span.file));
        self.hash.number(trait_.supers.len() as u64);
        for super_ in &trait_.supers {
            self.known_trait(super_.id);
            self.tys(&super_.args);
        }
        self.hash.number(trait_.methods.len() as u64);
        for &(name, method) in &trait_.methods {
            let function = &session.hir.fns[method];
            self.hash.text(session.cx.names.name(name));
            self.hash.number(function.receiver as u64);
            self.tys(&function.params);
            self.ty(function.ret);
        }
    }

    fn known_trait(&mut self, id: TraitId) {
        let number = position(&mut self.traits, id);
        self.hash.number(number);
    }

    fn tys(&mut self, tys: &[TyId]) {
        self.hash.number(tys.len() as u64);
        tys.iter().for_each(|&ty| self.ty(ty));
    }

    fn ty(&mut self, ty: TyId) {
        let session = self.session;
        if let Some(&number) = self.met.get(&ty) {
            self.hash.number(15);
            self.hash.number(number);
            return;
        }
        if !session.hir.types.get(ty).parts().is_empty() {
            self.met.insert(ty, self.met.len() as u64);
        }
        let ty = session.hir.types.get(ty);
        let tag = match ty {
            Ty::Error => 0,
            Ty::Never => 1,
            Ty::Unit => 2,
            Ty::Bool => 3,
            Ty::Int(int) => 16 + 2 * u64::from(int.bits) + u64::from(int.signed),
            Ty::Float { bits } => 256 + u64::from(*bits),
            Ty::Text => 4,
            Ty::Any => 5,
            Ty::Range => 6,
            Ty::Array(_) => 7,
            Ty::Dict(..) => 8,
            Ty::Tuple(_) => 9,
            Ty::Option(_) => 10,
            Ty::Fn(..) => 11,
            Ty::Adt(..) => 12,
            Ty::Dyn(..) => 13,
            Ty::Param(_) => 14,
            Ty::Number(_) => 15,
        };
        self.hash.number(tag);
        match ty {
            Ty::Error
            | Ty::Never
            | Ty::Unit
            | Ty::Bool
            | Ty::Int(_)
            | Ty::Float { .. }
            | Ty::Text
            | Ty::Any
            | Ty::Range => {}
            Ty::Number(n) => self.hash.number(*n),
            Ty::Param(n) => self.hash.number(u64::from(*n)),
            Ty::Array(inner) | Ty::Option(inner) => self.ty(*inner),
            Ty::Dict(key, value) => {
                self.ty(*key);
                self.ty(*value);
            }
            Ty::Tuple(items) => self.tys(items),
            Ty::Fn(params, ret) => {
                self.tys(params);
                self.ty(*ret);
            }
            Ty::Adt(id, args) => {
                let number = position(&mut self.adts, *id);
                self.hash.number(number);
                self.tys(args);
            }
            Ty::Dyn(id, args) => {
                self.known_trait(*id);
                self.tys(args);
            }
        }
    }
}

/// The place of an item in a list, at whose end it is put if it is not there.
fn position<T: PartialEq>(list: &mut Vec<T>, item: T) -> u64 {
    let found = list.iter().position(|known| *known == item);
    let at = found.unwrap_or(list.len());
    if found.is_none() {
        list.push(item);
    }
    at as u64
}
