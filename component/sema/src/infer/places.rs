//! Keeps what names mean while they are looked up, and tells it at the end, when types are known. See [`crate::places`].

use super::ity::{Con, T};
use super::namespace::Space;
use super::tree::{BindId, ModuleVar};
use super::{BindKind, Infer};
use crate::hir::{AdtKind, FnId, GlobalId, ModuleId, Receiver};
use crate::modules::{ExportedType, ExportedValue};
use crate::places::{Entity, Kind, Place, Places, Use, Watch};
use crate::scheme::Owner;
use crate::scope::{ScopeId, TypeDef, ValueDef};
use crate::ty::{AdtId, TraitId, Ty, TyId};
use base::{FileId, Span, Symbol};
use std::collections::{BTreeMap, HashMap};

/// What a name was found to mean.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Meant {
    /// In the body of that number.
    Local(usize, BindId),
    Module(ModuleVar),
    Global(GlobalId),
    Fn(FnId),
    /// The n-th parameter of a function, as the name of an argument.
    Param(FnId, u32),
    Adt(AdtId),
    Trait(TraitId),
    Field(AdtId, u32),
    Variant(AdtId, u32),
    File(ModuleId),
    /// Something that only its declaration tells.
    Declared(Symbol, Span, Known),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Known {
    TypeParameter,
    Alias,
    Mixin,
    Module,
}

/// What was kept so far.
pub(crate) struct Record {
    watch: Watch,
    uses: Vec<(Span, Meant)>,
    proposals: Vec<Proposal>,
}

/// What could be written at the cursor. Its types are shown at the end, when they are known.
enum Proposal {
    Meant(Meant),
    /// A field of a value, with its type in the body of that number.
    Field(Meant, usize, T),
    Builtin(&'static str),
}

impl<'a> Infer<'a> {
    pub fn watch(&mut self, watch: Watch) {
        self.record = Some(Box::new(Record { watch, uses: Vec::new(), proposals: Vec::new() }));
    }

    /// Keeps what a name in the text means.
    pub fn seen(&mut self, span: Span, meant: Meant) {
        if self.silent.is_none()
            && let Some(record) = &mut self.record
        {
            record.uses.push((span, meant));
        }
    }

    /// Keeps a field.
    pub fn seen_field(&mut self, ty: T, index: u32, span: Span) {
        if self.record.is_some()
            && let Some(Con::Adt(adt)) = self.tt.con_of(ty)
        {
            self.seen(span, Meant::Field(adt, index));
        }
    }

    /// Keeps what a module means by a name.
    pub fn seen_export(&mut self, span: Span, ty: Option<ExportedType>, value: Option<ExportedValue>) {
        let ty = ty.and_then(|ty| match ty {
            ExportedType::Adt(id) => Some(Meant::Adt(id)),
            ExportedType::Trait(id) => Some(Meant::Trait(id)),
            ExportedType::Alias(..) => None,
        });
        let value = value.map(|value| match value {
            ExportedValue::Fn(id) => Meant::Fn(id),
            ExportedValue::Adt(id) => Meant::Adt(id),
            ExportedValue::Global(id) => Meant::Global(id),
        });
        if let Some(meant) = value.or(ty) {
            self.seen(span, meant);
        }
    }

    /// Keeps what a name means as a type.
    pub fn seen_type(&mut self, scope: ScopeId, name: Symbol, def: TypeDef<'a>, span: Span) {
        if self.record.is_none() {
            return;
        }
        let known = match def {
            TypeDef::Adt(id) => return self.seen(span, Meant::Adt(id)),
            TypeDef::Trait(id) => return self.seen(span, Meant::Trait(id)),
            TypeDef::Param(_) => Known::TypeParameter,
            TypeDef::Alias(..) | TypeDef::Resolved(..) => Known::Alias,
            TypeDef::Mixin(..) => Known::Mixin,
            TypeDef::Own(ty) => {
                if let Ty::Adt(id, _) = *self.p.types.get(ty) {
                    self.seen(span, Meant::Adt(id));
                }
                return;
            }
        };
        if let Some(declared) = self.scopes.type_span(scope, name) {
            self.seen(span, Meant::Declared(name, declared, known));
        }
    }

    /// Whether the cursor is in a name, and what could stand there is not known yet.
    pub fn at_cursor(&self, span: Span) -> bool {
        let Some(record) = &self.record else { return false };
        self.silent.is_none()
            && record.proposals.is_empty()
            && record.watch.cursor.is_some_and(|(file, at)| {
                file == span.file
                    && (span.start..=span.end).contains(&at)
                    && is_name(self.cx.sources.slice(span))
            })
    }

    fn propose(&mut self, list: Vec<Meant>) {
        if let Some(record) = &mut self.record {
            record.proposals.extend(list.into_iter().map(Proposal::Meant));
        }
    }

    // -- what could be written ----------------------------------------------------------------------------

    /// Every value that can be named here.
    pub fn propose_values(&mut self) {
        let (cur, body) = (self.cur, &self.bodies[self.cur]);
        let mut locals: BTreeMap<Symbol, BindId> = BTreeMap::new();
        for &frame in &body.active {
            for scope in &body.frames[frame].scopes {
                let leaked = scope.leaked.iter().filter_map(|(&name, list)| Some((name, *list.last()?)));
                locals.extend(leaked);
                locals.extend(scope.names.iter().map(|(&name, &bind)| (name, bind)));
            }
        }
        let mut list: Vec<Meant> = locals.values().map(|&bind| Meant::Local(cur, bind)).collect();
        let is_std = self.scopes.get(self.items()).is_std;
        for (name, def) in self.scopes.all_values(self.items()) {
            if locals.contains_key(&name) {
                continue;
            }
            list.push(match def {
                (ValueDef::Fn(id), _) if self.p.schemes.sigs[id].external.is_some() && !is_std => continue,
                (ValueDef::Fn(id), _) => Meant::Fn(id),
                (ValueDef::Adt(id), _) => Meant::Adt(id),
                (ValueDef::Module(var), _) => Meant::Module(var),
                (ValueDef::Global(id), _) => Meant::Global(id),
                (ValueDef::Namespace(id), _) => Meant::File(id),
                (ValueDef::Number(..), span) => Meant::Declared(name, span, Known::TypeParameter),
                (ValueDef::Inline(_), span) => Meant::Declared(name, span, Known::Module),
            });
        }
        for (adt, variant) in self.scopes.all_variants(self.items()) {
            list.push(Meant::Variant(adt, variant));
        }
        self.propose(list);
    }

    /// Every type that can be named here.
    pub fn propose_types(&mut self, scope: ScopeId) {
        let mut list = Vec::new();
        for (name, (def, span)) in self.scopes.all_types(scope) {
            list.push(match def {
                TypeDef::Adt(id) => Meant::Adt(id),
                TypeDef::Trait(id) => Meant::Trait(id),
                TypeDef::Param(_) => Meant::Declared(name, span, Known::TypeParameter),
                TypeDef::Alias(..) | TypeDef::Resolved(..) => Meant::Declared(name, span, Known::Alias),
                TypeDef::Mixin(..) => Meant::Declared(name, span, Known::Mixin),
                TypeDef::Own(_) => continue,
            });
        }
        self.propose(list);
        if let Some(record) = &mut self.record {
            record.proposals.extend(crate::types::usual_names().map(Proposal::Builtin));
        }
    }

    /// Every name that a module shows.
    pub fn propose_exports(&mut self, space: Space) {
        let list = match space {
            Space::File(id) => {
                let exports = &self.p.modules[id].exports;
                let value = |(name, value): (&Symbol, &(ExportedValue, Span))| match value.0 {
                    ExportedValue::Fn(id) => (*name, Meant::Fn(id)),
                    ExportedValue::Adt(id) => (*name, Meant::Adt(id)),
                    ExportedValue::Global(id) => (*name, Meant::Global(id)),
                };
                let mut list: BTreeMap<Symbol, Meant> = exports.values.iter().map(value).collect();
                for (&name, &(ty, span)) in &exports.types {
                    list.entry(name).or_insert(match ty {
                        ExportedType::Adt(id) => Meant::Adt(id),
                        ExportedType::Trait(id) => Meant::Trait(id),
                        ExportedType::Alias(..) => Meant::Declared(name, span, Known::Alias),
                    });
                }
                list.into_values().collect()
            }
            Space::Inline(scope) => {
                let value = |(name, def): (&Symbol, &(ValueDef, Span))| match def.0 {
                    ValueDef::Fn(id) => Some((*name, Meant::Fn(id))),
                    ValueDef::Adt(id) => Some((*name, Meant::Adt(id))),
                    ValueDef::Module(_)
                    | ValueDef::Global(_)
                    | ValueDef::Number(..)
                    | ValueDef::Namespace(_)
                    | ValueDef::Inline(_) => None,
                };
                let list: BTreeMap<Symbol, Meant> =
                    self.scopes.get(scope).values.iter().filter_map(value).collect();
                list.into_values().collect()
            }
        };
        self.propose(list);
    }

    /// Every field and method of a value of a type, or what stands behind the name of the type.
    pub fn propose_members(&mut self, ty: T, of_value: bool) {
        let ty = self.known(ty);
        let Some(con) = self.tt.con_of(ty) else { return };
        let mut list = Vec::new();
        let mut fields = Vec::new();
        if let Con::Adt(id) = con {
            let args = self.tt.head(ty).map(|(_, args)| args.to_vec()).unwrap_or_default();
            match &self.p.adts[id].kind {
                AdtKind::Struct(known) | AdtKind::Class(known) if of_value => {
                    let known: Vec<TyId> = known.iter().map(|field| field.ty).collect();
                    for (index, field) in known.into_iter().enumerate() {
                        let field = self.tt.import(&self.p.types, field, &args);
                        fields.push(Proposal::Field(Meant::Field(id, index as u32), self.cur, field));
                    }
                }
                AdtKind::Enum(variants) if !of_value => {
                    list.extend((0..variants.len()).map(|index| Meant::Variant(id, index as u32)));
                }
                AdtKind::Struct(_) | AdtKind::Class(_) | AdtKind::Enum(_) => {}
            }
        }
        if let Some(record) = &mut self.record {
            record.proposals.extend(fields);
        }
        let mut methods: BTreeMap<String, FnId> = BTreeMap::new();
        match con {
            Con::Param(n) => {
                for bound in self.bounds_of(n) {
                    let known = self.p.traits[bound.id].methods.iter();
                    methods.extend(known.map(|(name, id)| (self.name(*name), *id)));
                }
            }
            Con::Dyn(id) => {
                let known = self.p.schemes.vtable(id).iter();
                methods.extend(known.map(|(_, id)| (self.name(self.p.schemes.sigs[*id].name), *id)));
            }
            _ => {
                let known: Vec<Symbol> = self
                    .p
                    .schemes
                    .members
                    .keys()
                    .filter(|(own, _)| self.has_members_of(con, *own))
                    .map(|it| it.1)
                    .collect();
                for name in known {
                    if let super::member::Pick::One(member) = self.pick(ty, con, name, false, !of_value) {
                        methods.insert(self.name(name), member.id);
                    }
                }
            }
        }
        let shown = methods.into_iter().filter(|(name, _)| !name.starts_with("__"));
        list.extend(shown.map(|(_, id)| Meant::Fn(id)));
        self.propose(list);
    }

    /// Whether methods of a head are found on another one.
    fn has_members_of(&self, con: Con, own: Con) -> bool {
        let wide = match (con, own) {
            (Con::Int(_), Con::Int(own)) => own.signed && own.bits == 64,
            (Con::Float(_), Con::Float(own)) => own == 64,
            _ => false,
        };
        con == own || own == Con::Param(0) || wide
    }

    // -- the end ------------------------------------------------------------------------------------------

    /// Everything that was kept.
    pub fn tell(&mut self, file: FileId) -> Places {
        let Some(record) = self.record.take() else { return Places::default() };
        let proposals = record.proposals.into_iter().filter_map(|proposal| match proposal {
            Proposal::Meant(meant) => self.entity(meant),
            Proposal::Field(meant, body, ty) => {
                let entity = self.entity(meant)?;
                Some(Entity { detail: format!("{}: {}", entity.name, self.shown_in(body, ty)), ..entity })
            }
            Proposal::Builtin(name) => {
                let (name, detail) = (name.to_owned(), name.to_owned());
                Some(Entity { name, kind: Kind::Builtin, detail, place: Place::Nowhere })
            }
        });
        let mut places = Places { proposals: proposals.collect(), ..Places::default() };
        let mut found: BTreeMap<(u32, u32), (Meant, bool)> = BTreeMap::new();
        for (span, meant) in record.uses {
            if span.file == file {
                found.insert((span.start, span.end), (meant, false));
            }
        }
        for (span, meant) in self.declared(file) {
            found.insert((span.start, span.end), (meant, true));
        }
        let mut known: HashMap<Place, u32> = HashMap::new();
        let mut meanings: HashMap<Meant, u32> = HashMap::new();
        for ((start, end), (meant, declares)) in found {
            let span = Span { file, start, end };
            if !is_name(self.cx.sources.slice(span)) {
                continue;
            }
            let index = match meanings.get(&meant) {
                Some(&index) => index,
                None => {
                    let Some(entity) = self.entity(meant) else { continue };
                    let next = places.entities.len() as u32;
                    let index = match entity.place {
                        Place::Nowhere => next,
                        _ => *known.entry(entity.place.clone()).or_insert(next),
                    };
                    if index == next {
                        places.entities.push(entity);
                    }
                    meanings.insert(meant, index);
                    index
                }
            };
            // What the parser made up has no name of its own in the text.
            let written = self.cx.sources.slice(span);
            if declares && places.entities[index as usize].name != written {
                continue;
            }
            places.uses.push(Use { span, entity: index, declares });
        }
        places
    }

    /// Names where they are declared, as far as sema keeps them.
    fn declared(&self, file: FileId) -> Vec<(Span, Meant)> {
        let mut list = Vec::new();
        for (index, body) in self.bodies.iter().enumerate() {
            for (id, bind) in body.binds.iter() {
                let span = bind.decl.map_or(bind.span, |decl| decl.name.span);
                list.push((span, Meant::Local(index, id)));
            }
        }
        let p = &*self.p;
        list.extend(self.module_binds.iter().map(|(id, bind)| (bind.span, Meant::Module(id))));
        list.extend(p.schemes.sigs.iter().map(|(id, sig)| (sig.span, Meant::Fn(id))));
        list.extend(p.adts.iter().map(|(id, adt)| (adt.span, Meant::Adt(id))));
        list.extend(p.traits.iter().map(|(id, trait_)| (trait_.span, Meant::Trait(id))));
        list.retain(|(span, _)| span.file == file);
        list
    }

    /// What there is to say about a meaning.
    fn entity(&mut self, meant: Meant) -> Option<Entity> {
        let p = &*self.p;
        let names = &self.cx.names;
        let name = |symbol: Symbol| names.name(symbol).to_owned();
        Some(match meant {
            Meant::Local(body, bind) => return self.local(body, bind),
            Meant::Module(var) => {
                let bind = &self.module_binds[var];
                let (text, at, mutable, ty) = (name(bind.name), bind.span, bind.mutable, bind.ty);
                self.variable(text, mutable, self.shown_in(0, ty), at)
            }
            Meant::Global(id) => {
                let global = &p.globals[id];
                let ty = crate::types::show_type(self.cx, p, global.ty, &[]);
                self.variable(name(global.name), global.mutable, ty, global.span)
            }
            Meant::Fn(id) => {
                let sig = &p.schemes.sigs[id];
                let kind = if sig.owner == Owner::None { Kind::Function } else { Kind::Method };
                Entity {
                    name: name(sig.name),
                    kind,
                    detail: self.signature_text(id),
                    place: Place::At(sig.span),
                }
            }
            Meant::Param(id, index) => {
                let sig = &p.schemes.sigs[id];
                let param = sig.params.get(index as usize)?;
                let generics: Vec<Symbol> = sig.generics.iter().map(|generic| generic.name).collect();
                let ty =
                    param.ty.map(|ty| format!(": {}", crate::types::show_type(self.cx, p, ty, &generics)));
                let detail = format!("{}{}", name(param.name), ty.unwrap_or_default());
                Entity { name: name(param.name), kind: Kind::Parameter, detail, place: Place::At(param.span) }
            }
            Meant::Adt(id) => {
                let adt = &p.adts[id];
                let (kind, word) = match adt.kind {
                    AdtKind::Struct(_) => (Kind::Struct, "struct"),
                    AdtKind::Class(_) => (Kind::Class, "class"),
                    AdtKind::Enum(_) => (Kind::Enum, "enum"),
                };
                let detail = format!("{word} {}", self.adt_text(id));
                Entity { name: name(adt.name), kind, detail, place: Place::At(adt.span) }
            }
            Meant::Trait(id) => {
                let trait_ = &p.traits[id];
                let detail = format!("trait {}", name(trait_.name));
                Entity { name: name(trait_.name), kind: Kind::Trait, detail, place: Place::At(trait_.span) }
            }
            Meant::Field(adt, index) => {
                let (AdtKind::Struct(fields) | AdtKind::Class(fields)) = &p.adts[adt].kind else {
                    return None;
                };
                let field = fields.get(index as usize)?;
                let text = name(field.name?);
                let generics: Vec<Symbol> = p.adts[adt].generics.iter().map(|generic| generic.name).collect();
                let ty = crate::types::show_type(self.cx, p, field.ty, &generics);
                let detail = format!("{}.{text}: {ty}", name(p.adts[adt].name));
                let place = Place::Member(p.adts[adt].span, text.clone());
                Entity { name: text, kind: Kind::Field, detail, place }
            }
            Meant::Variant(adt, index) => {
                let AdtKind::Enum(variants) = &p.adts[adt].kind else { return None };
                let variant = variants.get(index as usize)?;
                let text = name(variant.name);
                let generics: Vec<Symbol> = p.adts[adt].generics.iter().map(|generic| generic.name).collect();
                let show = |ty| crate::types::show_type(self.cx, p, ty, &generics);
                let fields: Vec<String> = variant.fields.iter().map(|field| show(field.ty)).collect();
                let fields =
                    if fields.is_empty() { String::new() } else { format!("({})", fields.join(", ")) };
                let detail = format!("{}.{text}{fields}", name(p.adts[adt].name));
                let place = Place::Member(p.adts[adt].span, text.clone());
                Entity { name: text, kind: Kind::Variant, detail, place }
            }
            Meant::File(id) => {
                let path = p.modules[id].path.clone();
                let stem = path.rsplit('/').next().unwrap_or(&path).split('.').next().unwrap_or_default();
                let (name, detail) = (stem.to_owned(), format!("module {path}"));
                Entity { name, kind: Kind::Module, detail, place: Place::File(path) }
            }
            Meant::Declared(symbol, span, known) => {
                let (kind, word) = match known {
                    Known::TypeParameter => (Kind::TypeParameter, "type parameter"),
                    Known::Alias => (Kind::Alias, "type"),
                    Known::Mixin => (Kind::Mixin, "mixin"),
                    Known::Module => (Kind::Module, "mod"),
                };
                let text = name(symbol);
                Entity { detail: format!("{word} {text}"), name: text, kind, place: Place::At(span) }
            }
        })
    }

    fn local(&mut self, body: usize, bind: BindId) -> Option<Entity> {
        let cur = std::mem::replace(&mut self.cur, body);
        let root = self.root(bind);
        self.cur = cur;
        let bind = &self.bodies[body].binds[root];
        let name = self.cx.names.name(bind.name).to_owned();
        // Made up by the compiler.
        if !is_name(&name) {
            return None;
        }
        let ty = self.shown_in(body, bind.ty);
        if let Some(decl) = bind.decl {
            let params: Vec<&str> =
                decl.params.iter().map(|param| self.cx.names.name(param.name.sym)).collect();
            let types = self.tt.head(bind.ty).map(|(_, args)| args.to_vec()).unwrap_or_default();
            let typed =
                params.iter().zip(&types).map(|(name, &ty)| format!("{name}: {}", self.shown_in(body, ty)));
            let ret = types.last().map_or_else(String::new, |&ty| format!(" -> {}", self.shown_in(body, ty)));
            let detail = format!("fn {name}({}){ret}", typed.collect::<Vec<_>>().join(", "));
            return Some(Entity { name, kind: Kind::Function, detail, place: Place::At(decl.name.span) });
        }
        let at = bind.span;
        Some(match bind.kind {
            // Without a declaration in the text it is where the method's name is.
            BindKind::Own { .. } => {
                let place = if self.cx.sources.slice(at) == name { Place::At(at) } else { Place::Nowhere };
                Entity { detail: format!("{name}: {ty}"), name, kind: Kind::Parameter, place }
            }
            BindKind::Param => {
                Entity { detail: format!("{name}: {ty}"), name, kind: Kind::Parameter, place: Place::At(at) }
            }
            BindKind::Val | BindKind::Capture => self.variable(name, false, ty, at),
            BindKind::Var { .. } => self.variable(name, true, ty, at),
        })
    }

    fn variable(&self, name: String, mutable: bool, ty: String, at: Span) -> Entity {
        let (kind, word) = if mutable { (Kind::Variable, "var") } else { (Kind::Value, "val") };
        Entity { detail: format!("{word} {name}: {ty}"), name, kind, place: Place::At(at) }
    }

    /// A type of a body, with the names of its type parameters.
    fn shown_in(&self, body: usize, ty: T) -> String {
        self.show_of(ty, self.bodies.get(body).map(|body| body.id))
    }

    /// The head of a declared type, with what is in it as far as that is short.
    fn adt_text(&self, id: AdtId) -> String {
        let adt = &self.p.adts[id];
        let generics: Vec<Symbol> = adt.generics.iter().map(|generic| generic.name).collect();
        let name = |symbol: Symbol| self.cx.names.name(symbol);
        let mut text = name(adt.name).to_owned();
        if !generics.is_empty() {
            let list: Vec<&str> = generics.iter().map(|&generic| name(generic)).collect();
            text.push_str(&format!("<{}>", list.join(", ")));
        }
        let parts: Vec<String> = match &adt.kind {
            AdtKind::Struct(fields) | AdtKind::Class(fields) => fields
                .iter()
                .filter_map(|field| {
                    let ty = crate::types::show_type(self.cx, self.p, field.ty, &generics);
                    Some(format!("{}: {ty}", name(field.name?)))
                })
                .collect(),
            AdtKind::Enum(variants) => variants.iter().map(|variant| name(variant.name).to_owned()).collect(),
        };
        let parts = parts.join(", ");
        if parts.is_empty() || parts.len() > 120 { text } else { format!("{text}({parts})") }
    }

    /// The head of a function as it could be written.
    fn signature_text(&self, id: FnId) -> String {
        let sig = &self.p.schemes.sigs[id];
        let name = |symbol: Symbol| self.cx.names.name(symbol);
        let names: Vec<Symbol> = sig.generics.iter().map(|generic| generic.name).collect();
        let show = |ty: TyId| crate::types::show_type(self.cx, self.p, ty, &names);
        let word = match (sig.owner, sig.receiver) {
            (Owner::None, _) => "fn",
            (Owner::Impl(_) | Owner::Trait(_), Receiver::None) => "static fn",
            (Owner::Impl(_) | Owner::Trait(_), Receiver::Value | Receiver::InOut) if sig.me => "me",
            (Owner::Impl(_) | Owner::Trait(_), Receiver::Value | Receiver::InOut) => "fn",
        };
        let mut text = format!("{word} {}", sig.path);
        let own = &sig.generics
            [sig.owned.min(sig.generics.len())..sig.declared.max(sig.owned).min(sig.generics.len())];
        if !own.is_empty() {
            let bounded = own.iter().map(|generic| {
                let bounds: Vec<&str> =
                    generic.bounds.iter().map(|bound| name(self.p.traits[bound.id].name)).collect();
                let bounds =
                    if bounds.is_empty() { String::new() } else { format!(": {}", bounds.join(" + ")) };
                format!("{}{bounds}", name(generic.name))
            });
            text.push_str(&format!("<{}>", bounded.collect::<Vec<_>>().join(", ")));
        }
        let skip = usize::from(sig.receiver != Receiver::None);
        let params = sig.params.iter().skip(skip).map(|param| {
            let dots = if param.variadic { "..." } else { "" };
            let default = if param.default.is_some() { " = .." } else { "" };
            // A parameter without a type is of any type that fits.
            let open = |ty: TyId| matches!(*self.p.types.get(ty), Ty::Param(n) if n as usize >= sig.declared);
            match param.ty.filter(|&ty| !open(ty)) {
                Some(ty) => format!("{}{dots}: {}{default}", name(param.name), show(ty)),
                None => format!("{}{dots}{default}", name(param.name)),
            }
        });
        text.push_str(&format!("({})", params.collect::<Vec<_>>().join(", ")));
        match sig.ret {
            Some(ret) if *self.p.types.get(ret) != Ty::Unit => text.push_str(&format!(" -> {}", show(ret))),
            Some(_) | None => {}
        }
        text
    }
}

/// Whether a text is one word, as names are.
fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first == '_' || first.is_ascii_alphabetic())
        && letters.all(|letter| letter == '_' || letter.is_alphanumeric())
}
