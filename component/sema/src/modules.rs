//! Modules: where a `use` line leads, what a module shows of itself, and what its names mean in another one.
//!
//! A module is checked against finished modules only, so `use` lines form no circle. Imported names lie in a scope between the
//! standard library and the module's own declarations, which may shadow them.

use crate::check::{Role, Source};
use crate::hir::{self, AdtKind, FnId, GlobalId, ModuleId};
use crate::infer::Infer;
use crate::infer::namespace::Space;
use crate::infer::places::Meant;
use crate::scheme::External;
use crate::scope::{ScopeId, TypeDef, ValueDef};
use crate::ty::{AdtId, TraitId, TyId};
use base::{Code, Diagnostic, EntityId, Interner, Span, Symbol};
use std::collections::{HashMap, HashSet};
use syntax::ast::{self, ItemKind, StmtKind, Use, UseWhat};

/// What a `use` line of a module means in its program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Import {
    /// An `export` of the module's own names.
    Nothing,
    /// A part of the standard library whose names are known anyway.
    Prelude,
    /// A module of the standard library.
    Standard(ModuleId),
    /// The standard library has no such module; these it has.
    NotStandard(Vec<&'static str>),
    /// A module.
    Module(ModuleId),
    /// There is no such module: the paths at which it was looked for.
    Missing(Vec<String>),
    /// The module uses the one that holds the line, directly or through others.
    Circle,
}

/// What other modules see of a module.
#[derive(Default, Clone)]
pub(crate) struct Exports {
    pub types: HashMap<Symbol, (ExportedType, Span)>,
    pub values: HashMap<Symbol, (ExportedValue, Span)>,
    /// Names that are there and that others do not see.
    pub hidden: HashMap<Symbol, Span>,
}

impl Exports {
    /// All names, each once, always in the same order: what is made of them must not depend on the order of a table.
    fn names(&self) -> Vec<Symbol> {
        let mut names: Vec<Symbol> = self.types.keys().chain(self.values.keys()).copied().collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// What a name of a module means in a type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ExportedType {
    Adt(AdtId),
    Trait(TraitId),
    /// An alias with that many parameters, which are `Param(0)` and so on in it.
    Alias(TyId, u32),
}

/// What a name of a module means in an expression.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ExportedValue {
    Fn(FnId),
    Adt(AdtId),
    Global(GlobalId),
}

/// The folder of a module's path, without a slash at its end; empty for a file that stands alone.
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// What a `use` line asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// Nothing: it is an `export` of own names.
    Nothing,
    /// A module of the standard library, by its name behind `std.`; the name is empty for the library as a whole.
    Standard(String),
    /// A file, at one of these paths, the most wanted first. A relative path that would leave the outermost folder has none.
    Files(Vec<String>),
}

/// What a `use` line asks for. `importer` is the path of the module with the line, `root` the folder that `crate.` stands for.
pub fn wanted(names: &Interner, importer: &str, root: &str, line: &Use) -> Wanted {
    let mut segments: Vec<&str> = line.path.iter().map(|name| names.name(name.sym)).collect();
    let Some(&first) = segments.first() else { return Wanted::Nothing };
    // `use a.b.Thing`: the module is `a.b`.
    if imported_item(names, line).is_some() {
        segments.pop();
    }
    if matches!(first, "std" | "lib") {
        return Wanted::Standard(segments.get(1..).unwrap_or_default().join("."));
    }
    let mut bases: Vec<String> = Vec::new();
    if first.bytes().all(|byte| byte == b'.') {
        let mut ups = 0;
        while let Some(dots) = segments.first().filter(|s| s.bytes().all(|byte| byte == b'.')) {
            ups += dots.len();
            segments.remove(0);
        }
        let mut at = Some(folder(importer).to_owned());
        for _ in 1..ups {
            at = at.and_then(|at| parent(&at));
        }
        bases.extend(at);
    } else if first == "crate" {
        segments.remove(0);
        bases.push(root.to_owned());
    } else {
        bases.push(folder(importer).to_owned());
        if root != folder(importer) {
            bases.push(root.to_owned());
        }
    }
    let mut list = Vec::new();
    for base in bases {
        let mut stem = base;
        for segment in &segments {
            if !stem.is_empty() && !stem.ends_with('/') {
                stem.push('/');
            }
            stem.push_str(segment);
        }
        if segments.is_empty() {
            list.push(if stem.is_empty() {
                "__init__.spl".to_owned()
            } else {
                format!("{stem}/__init__.spl")
            });
        } else {
            list.extend([format!("{stem}.spl"), format!("{stem}/__init__.spl"), format!("{stem}.smf")]);
        }
    }
    Wanted::Files(list)
}

fn parent(path: &str) -> Option<String> {
    if path.is_empty() || path == ".." || path.ends_with("/..") {
        return None;
    }
    Some(folder(path).to_owned())
}

/// The path of a `use` line as it is written.
pub fn written(names: &Interner, line: &Use) -> String {
    let mut path = String::new();
    for name in &line.path {
        if !path.is_empty() && !path.ends_with('.') {
            path.push('.');
        }
        path.push_str(names.name(name.sym));
    }
    path
}

/// The item that a line without braces names: its capitalised last segment.
fn imported_item(names: &Interner, line: &Use) -> Option<ast::Name> {
    match &line.what {
        UseWhat::Module(_) => {
            let last = *line.path.last()?;
            names.name(last.sym).starts_with(|c: char| c.is_ascii_uppercase()).then_some(last)
        }
        UseWhat::Items(_) | UseWhat::Glob => None,
    }
}

impl<'a> Infer<'a> {
    /// The scope of a module's own declarations: around it what it imports, around that the standard library.
    pub(crate) fn module_scope(&mut self, source: &Source<'a>) -> ScopeId {
        let std_scope = self.scopes.child(None);
        self.scopes.get_mut(std_scope).is_std = true;
        if source.role == Role::Std {
            return std_scope;
        }
        let prelude = self.prelude();
        for name in prelude.names() {
            self.import_name(std_scope, &prelude, name, name);
        }
        let imports = self.scopes.child(Some(std_scope));
        self.scopes.get_mut(imports).is_std = false;
        let mut globs: HashSet<Symbol> = HashSet::new();
        let lines = source.files.iter().flat_map(|file| &file.uses);
        for (line, import) in lines.zip(source.imports) {
            match import {
                Import::Nothing => {}
                Import::Prelude => self.import_known(imports, line, &prelude, &mut globs),
                Import::Standard(id) => self.import_standard(imports, line, *id, &prelude, &mut globs),
                Import::Module(id) => self.import_line(imports, line, *id, &mut globs),
                Import::NotStandard(known) => self.not_standard(line, known),
                Import::Missing(tried) => self.missing_module(line, tried),
                Import::Circle => {
                    self.unresolved(line);
                    self.report(
                        Diagnostic::new(
                            Code::ImportCycle,
                            line.span,
                            "this module is used by the one it uses",
                        )
                        .help("move what both need into a module of its own"),
                    );
                }
            }
        }
        let own = self.scopes.child(Some(imports));
        self.scopes.get_mut(own).is_std = source.role == Role::Standard;
        own
    }

    /// What every program has of the standard library: its first module.
    fn prelude(&self) -> Exports {
        self.p.modules.values().next().map(|std| std.exports.clone()).unwrap_or_default()
    }

    /// A line about names that are known anyway: they must be there, and may get other names.
    fn import_known(
        &mut self,
        scope: ScopeId,
        line: &'a Use,
        prelude: &Exports,
        globs: &mut HashSet<Symbol>,
    ) {
        let items = match &line.what {
            UseWhat::Items(items) => items.clone(),
            UseWhat::Module(alias) => {
                imported_item(&self.cx.names, line).map(|name| (name, *alias)).into_iter().collect()
            }
            UseWhat::Glob => return,
        };
        for (name, alias) in items {
            let alias = alias.unwrap_or(name);
            if !self.import_known_name(scope, prelude, name, alias, globs) {
                self.unresolved.insert(alias.sym);
                self.not_exported(&written(&self.cx.names, line), name, prelude);
            }
        }
    }

    /// A line about a module of the standard library: what is known anyway may stand among its names.
    fn import_standard(
        &mut self,
        scope: ScopeId,
        line: &'a Use,
        id: ModuleId,
        prelude: &Exports,
        globs: &mut HashSet<Symbol>,
    ) {
        let UseWhat::Items(items) = &line.what else { return self.import_line(scope, line, id, globs) };
        for (name, alias) in items {
            let alias = alias.unwrap_or(*name);
            let own = self.shows(&self.p.modules[id].exports, name.sym);
            if own || !self.import_known_name(scope, prelude, *name, alias, globs) {
                self.import_item(scope, id, *name, alias, globs);
            }
        }
    }

    /// Whether a name is known anyway; then it is known by its other name too.
    fn import_known_name(
        &mut self,
        scope: ScopeId,
        prelude: &Exports,
        name: ast::Name,
        alias: ast::Name,
        globs: &mut HashSet<Symbol>,
    ) -> bool {
        let shown = self.shows(prelude, name.sym);
        if shown {
            self.import_new(scope, prelude, name, alias, globs);
        }
        shown || syntax::is_test_word(&self.name(name.sym))
    }

    /// Whether others may use a name: what the standard library is made of is not for programs.
    fn shows(&self, exports: &Exports, name: Symbol) -> bool {
        let is_external = |value: &ExportedValue| match value {
            ExportedValue::Fn(id) => External::is_of_std(self.p.schemes.sigs[*id].external),
            ExportedValue::Adt(_) | ExportedValue::Global(_) => false,
        };
        exports.types.contains_key(&name)
            || exports.values.get(&name).is_some_and(|(value, _)| !is_external(value))
    }

    fn not_standard(&mut self, line: &Use, known: &[&str]) {
        let path = written(&self.cx.names, line);
        let mut diagnostic =
            Diagnostic::new(Code::UnknownModule, line.span, format!("there is no module `{path}`"));
        let own = path.split_once('.').map_or("", |(_, own)| own);
        let close = crate::names::closest(own, known.iter().map(|&name| name.to_owned()).collect());
        diagnostic = match close {
            Some(close) => diagnostic.help(format!("did you mean `std.{close}`?")),
            None => diagnostic.help(format!("the standard library has {}", known.join(", "))),
        };
        self.unresolved(line);
        self.report(diagnostic);
    }

    fn missing_module(&mut self, line: &Use, tried: &[String]) {
        let path = written(&self.cx.names, line);
        let diagnostic =
            Diagnostic::new(Code::UnknownModule, line.span, format!("there is no module `{path}`"));
        let diagnostic = match tried {
            [] => diagnostic.help("the path leads out of the program's folder"),
            tried => diagnostic.help(format!("it was looked for at {}", tried.join(", "))),
        };
        self.unresolved(line);
        self.report(diagnostic);
    }

    /// Notes the names that a line would have brought: that they mean nothing is said once.
    fn unresolved(&mut self, line: &Use) {
        match &line.what {
            UseWhat::Items(items) => {
                self.unresolved.extend(items.iter().map(|(name, alias)| alias.unwrap_or(*name).sym));
            }
            UseWhat::Module(alias) => {
                self.unresolved.extend(alias.or(line.path.last().copied()).map(|n| n.sym))
            }
            UseWhat::Glob => {}
        }
    }

    fn import_line(&mut self, scope: ScopeId, line: &'a Use, id: ModuleId, globs: &mut HashSet<Symbol>) {
        match &line.what {
            UseWhat::Items(items) => {
                for (name, alias) in items {
                    self.import_item(scope, id, *name, alias.unwrap_or(*name), globs);
                }
            }
            UseWhat::Module(alias) => match imported_item(&self.cx.names, line) {
                Some(name) => self.import_item(scope, id, name, alias.unwrap_or(name), globs),
                None => {
                    let Some(name) = alias.or(line.path.last().copied()) else { return };
                    self.seen(name.span, Meant::File(id));
                    let values = &mut self.scopes.get_mut(scope).values;
                    values.insert(name.sym, (ValueDef::Namespace(id), name.span));
                }
            },
            UseWhat::Glob => {
                let exports = self.p.modules[id].exports.clone();
                for name in exports.names() {
                    // Names that a line brings one by one go before those of a `*`.
                    let taken = self.imported(scope, name);
                    if taken && !globs.contains(&name) {
                        continue;
                    }
                    if taken && !self.is_same(scope, name, &exports) {
                        let text = self.name(name);
                        self.report(
                            Diagnostic::new(
                                Code::DuplicateName,
                                line.span,
                                format!("two modules that are used with `*` have a `{text}`"),
                            )
                            .help(format!("name the one that is meant: `use module.{{{text}}}`")),
                        );
                        continue;
                    }
                    globs.insert(name);
                    self.import_name(scope, &exports, name, name);
                }
            }
        }
    }

    fn imported(&self, scope: ScopeId, name: Symbol) -> bool {
        let scope = self.scopes.get(scope);
        scope.types.contains_key(&name) || scope.values.contains_key(&name)
    }

    /// Whether a name that is there already means the same thing.
    fn is_same(&self, scope: ScopeId, name: Symbol, exports: &Exports) -> bool {
        let place = |span: Span| (span.file, span.start);
        let scope = self.scopes.get(scope);
        let old = scope.types.get(&name).map(|def| def.1).or(scope.values.get(&name).map(|def| def.1));
        let new = exports.types.get(&name).map(|def| def.1).or(exports.values.get(&name).map(|def| def.1));
        old.map(place) == new.map(place)
    }

    fn import_item(
        &mut self,
        scope: ScopeId,
        id: ModuleId,
        name: ast::Name,
        alias: ast::Name,
        globs: &mut HashSet<Symbol>,
    ) {
        let exports = self.p.modules[id].exports.clone();
        if self.at_cursor(name.span) {
            self.propose_exports(Space::File(id));
        }
        let ty = exports.types.get(&name.sym).map(|it| it.0);
        let value = exports.values.get(&name.sym).map(|it| it.0);
        self.seen_export(name.span, ty, value);
        if alias.span != name.span {
            self.seen_export(alias.span, ty, value);
        }
        if exports.types.contains_key(&name.sym) || exports.values.contains_key(&name.sym) {
            self.import_new(scope, &exports, name, alias, globs);
        } else {
            self.unresolved.insert(alias.sym);
            let module = self.p.modules[id].path.clone();
            self.not_exported(&module, name, &exports);
        }
    }

    /// Makes a name of a module known in a scope, unless another one is there.
    fn import_new(
        &mut self,
        scope: ScopeId,
        exports: &Exports,
        name: ast::Name,
        alias: ast::Name,
        globs: &mut HashSet<Symbol>,
    ) {
        if self.imported(scope, alias.sym)
            && !globs.remove(&alias.sym)
            && !self.is_same(scope, alias.sym, exports)
        {
            let text = self.name(alias.sym);
            self.report(
                Diagnostic::new(Code::DuplicateName, alias.span, format!("`{text}` is imported twice"))
                    .help(format!("give one of them another name: `{{{text} as other}}`")),
            );
            return;
        }
        self.import_name(scope, exports, name.sym, alias.sym);
    }

    pub(crate) fn not_exported(&mut self, module: &str, name: ast::Name, exports: &Exports) {
        let text = self.name(name.sym);
        let mut diagnostic =
            Diagnostic::new(Code::UnknownName, name.span, format!("`{module}` has no `{text}`"));
        if let Some(&declared) = exports.hidden.get(&name.sym) {
            diagnostic = Diagnostic::new(
                Code::UnknownName,
                name.span,
                format!("`{text}` of `{module}` is not visible outside of it"),
            )
            .note(declared, "declared here")
            .help(format!("write `pub` before its declaration, or a line `export {text}`"));
        } else {
            let known = exports
                .names()
                .into_iter()
                .filter(|&name| self.shows(exports, name))
                .map(|name| self.name(name))
                .collect();
            if let Some(close) = crate::names::closest(&text, known) {
                diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
            }
        }
        self.report(diagnostic);
    }

    /// Makes a name of a module known in a scope.
    fn import_name(&mut self, scope: ScopeId, exports: &Exports, name: Symbol, alias: Symbol) {
        if let Some(&(def, span)) = exports.types.get(&name) {
            self.import_type(scope, alias, def, span);
        }
        if let Some(&(def, span)) = exports.values.get(&name) {
            self.import_value(scope, alias, def, span);
        }
    }

    fn import_type(&mut self, scope: ScopeId, name: Symbol, def: ExportedType, span: Span) {
        let def = match def {
            ExportedType::Adt(id) => {
                // The variants of an enum are known with it.
                if let AdtKind::Enum(variants) = &self.p.adts[id].kind {
                    let variants: Vec<Symbol> = variants.iter().map(|variant| variant.name).collect();
                    for (index, variant) in variants.into_iter().enumerate() {
                        let list = self.scopes.get_mut(scope).variants.entry(variant).or_default();
                        if !list.contains(&(id, index as u32)) {
                            list.push((id, index as u32));
                        }
                    }
                }
                TypeDef::Adt(id)
            }
            ExportedType::Trait(id) => TypeDef::Trait(id),
            ExportedType::Alias(ty, count) => TypeDef::Resolved(ty, count),
        };
        self.scopes.get_mut(scope).types.insert(name, (def, span));
    }

    fn import_value(&mut self, scope: ScopeId, name: Symbol, def: ExportedValue, span: Span) {
        let def = match def {
            ExportedValue::Fn(id) => ValueDef::Fn(id),
            ExportedValue::Adt(id) => ValueDef::Adt(id),
            ExportedValue::Global(id) => ValueDef::Global(id),
        };
        self.scopes.get_mut(scope).values.insert(name, (def, span));
    }

    /// Adds the module to the program.
    pub(crate) fn finish_module(&mut self, source: &Source<'a>, scope: ScopeId, init: FnId) -> ModuleId {
        let visible = visible(source.files);
        let mut exports = Exports::default();
        let own = self.scopes.get(scope);
        let mut types: Vec<(Symbol, TypeDef<'a>, Span)> =
            own.types.iter().map(|(&name, &(def, span))| (name, def, span)).collect();
        types.sort_unstable_by_key(|&(name, ..)| name);
        let values: Vec<(Symbol, ValueDef, Span)> =
            own.values.iter().map(|(&name, &(def, span))| (name, def, span)).collect();
        let is_visible = |name: Symbol| visible.as_ref().is_none_or(|names| names.contains_key(&name));
        for (name, def, span) in types {
            if let Some(def) = self.exported_type(def).filter(|_| is_visible(name)) {
                exports.types.insert(name, (def, span));
            } else {
                exports.hidden.insert(name, span);
            }
        }
        for (name, def, span) in values {
            if let Some(def) = self.exported_value(def).filter(|_| is_visible(name)) {
                exports.values.insert(name, (def, span));
            } else {
                exports.hidden.insert(name, span);
            }
        }
        self.exported_again(source, scope, &visible.unwrap_or_default(), &mut exports);
        let has_body = source
            .files
            .iter()
            .flat_map(|file| &file.body)
            .any(|stmt| !matches!(stmt.kind, StmtKind::Item(_) | StmtKind::Pass));
        let init = has_body.then_some(init);
        self.p.modules.push(hir::Module { path: source.path.to_owned(), init, exports })
    }

    fn exported_type(&mut self, def: TypeDef<'a>) -> Option<ExportedType> {
        match def {
            TypeDef::Adt(id) => Some(ExportedType::Adt(id)),
            TypeDef::Trait(id) => Some(ExportedType::Trait(id)),
            TypeDef::Resolved(ty, count) => Some(ExportedType::Alias(ty, count)),
            TypeDef::Alias(ty, at, generics) => {
                let inner = self.scopes.child(Some(at));
                for (n, param) in generics.params.iter().enumerate() {
                    let def = (TypeDef::Param(n as u32), param.name.span);
                    self.scopes.get_mut(inner).types.insert(param.name.sym, def);
                }
                let ty = self.resolve_type(inner, ty);
                Some(ExportedType::Alias(ty, generics.params.len() as u32))
            }
            TypeDef::Param(_) | TypeDef::Own(_) | TypeDef::Mixin(..) => None,
        }
    }

    fn exported_value(&self, def: ValueDef) -> Option<ExportedValue> {
        match def {
            ValueDef::Fn(id) => Some(ExportedValue::Fn(id)),
            ValueDef::Adt(id) => Some(ExportedValue::Adt(id)),
            ValueDef::Global(id) => Some(ExportedValue::Global(id)),
            // With errors in the module there are no globals; nobody runs it.
            ValueDef::Module(var) => self.globals.get(&var).map(|&id| ExportedValue::Global(id)),
            ValueDef::Namespace(_) | ValueDef::Inline(_) | ValueDef::Number(..) => None,
        }
    }

    /// `export use m.{f}`, and `export f` of an imported name.
    fn exported_again(
        &mut self,
        source: &Source<'a>,
        scope: ScopeId,
        named: &HashMap<Symbol, Span>,
        exports: &mut Exports,
    ) {
        let Some(imports) = self.scopes.get(scope).parent.filter(|_| source.role != Role::Std) else {
            return;
        };
        let lines = source.files.iter().flat_map(|file| &file.uses);
        let mut again: Vec<Symbol> = Vec::new();
        for (line, import) in lines.zip(source.imports) {
            let (Import::Module(id) | Import::Standard(id)) = import else { continue };
            if !line.export {
                continue;
            }
            match &line.what {
                UseWhat::Items(items) => {
                    again.extend(items.iter().map(|(name, alias)| alias.unwrap_or(*name).sym));
                }
                UseWhat::Glob => {
                    again.extend(self.p.modules[*id].exports.names());
                }
                UseWhat::Module(alias) => {
                    let name = imported_item(&self.cx.names, line).map(|name| alias.unwrap_or(name).sym);
                    again.extend(name);
                }
            }
        }
        let known = |name: Symbol, exports: &Exports| {
            exports.types.contains_key(&name) || exports.values.contains_key(&name)
        };
        let unknown: Vec<(Symbol, Span)> = {
            let mut list: Vec<(Symbol, Span)> = named
                .iter()
                .map(|(&name, &span)| (name, span))
                .filter(|&(name, _)| !known(name, exports))
                .collect();
            list.sort_unstable_by_key(|(_, span)| span.start);
            list
        };
        for (name, span) in again
            .into_iter()
            .map(|name| (name, None))
            .chain(unknown.into_iter().map(|(name, span)| (name, Some(span))))
        {
            let from = self.scopes.get(imports);
            let (ty, value) = (from.types.get(&name).copied(), from.values.get(&name).copied());
            if let Some((def, at)) = ty
                && let Some(def) = self.exported_type(def)
            {
                exports.types.insert(name, (def, at));
            }
            if let Some((def, at)) = value
                && let Some(def) = self.exported_value(def)
            {
                exports.values.insert(name, (def, at));
            }
            if let Some(span) = span
                && !known(name, exports)
                && !self.cx.diags.has_errors()
            {
                let text = self.name(name);
                self.report(
                    Diagnostic::new(Code::UnknownName, span, format!("there is no `{text}` to export"))
                        .help("export what this module declares or imports"),
                );
            }
        }
    }
}

/// Names that a module makes visible, with the place; none where it says nothing about it: then all are.
fn visible(files: &[ast::Module]) -> Option<HashMap<Symbol, Span>> {
    let mut names = HashMap::new();
    let mut said = false;
    for file in files {
        for line in file.uses.iter().filter(|line| line.export) {
            said = true;
            if let (true, UseWhat::Items(items)) = (line.path.is_empty(), &line.what) {
                names.extend(items.iter().map(|(name, _)| (name.sym, name.span)));
            }
        }
        for stmt in &file.body {
            let StmtKind::Item(item) = &stmt.kind else { continue };
            if !item.public {
                continue;
            }
            said = true;
            let name = match &item.kind {
                ItemKind::Fn(decl) => decl.name,
                ItemKind::Struct(decl) => decl.name,
                ItemKind::Enum(decl) => decl.name,
                ItemKind::Trait(decl) => decl.name,
                ItemKind::TypeAlias { name, .. } | ItemKind::FnAlias { name, .. } => *name,
                // Other modules do not see them.
                ItemKind::Mixin(_) | ItemKind::Module { .. } => continue,
                ItemKind::Impl(_) | ItemKind::NotYet(_) => continue,
            };
            names.insert(name.sym, name.span);
        }
    }
    said.then_some(names)
}

/// How much a program held at some time.
pub(crate) struct Mark {
    adts: usize,
    traits: usize,
    impls: usize,
    fns: usize,
    sigs: usize,
    pub globals: usize,
    modules: usize,
}

impl hir::Program {
    /// The state before a module is added.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            adts: self.adts.len(),
            traits: self.traits.len(),
            impls: self.impls.len(),
            fns: self.fns.len(),
            sigs: self.schemes.sigs.len(),
            globals: self.globals.len(),
            modules: self.modules.len(),
        }
    }

    /// Takes back everything that was added since. Types stay: they are only names.
    pub(crate) fn forget(&mut self, mark: &Mark) {
        self.adts.truncate(mark.adts);
        self.traits.truncate(mark.traits);
        self.impls.truncate(mark.impls);
        self.fns.truncate(mark.fns);
        self.globals.truncate(mark.globals);
        self.modules.truncate(mark.modules);
        self.main = self.main.filter(|id| id.index() < mark.sigs);
        self.main_code = self.main_code.filter(|id| id.index() < mark.globals);
        self.result = self.result.filter(|id| id.index() < mark.adts);
        let schemes = &mut self.schemes;
        schemes.sigs.truncate(mark.sigs);
        schemes.members.retain(|_, list| {
            list.retain(|member| member.id.index() < mark.sigs && member.via.index() < mark.impls);
            !list.is_empty()
        });
        schemes.trait_impls.retain(|_, list| {
            list.retain(|id| id.index() < mark.impls);
            !list.is_empty()
        });
        schemes.field_defaults.retain(|_, id| id.index() < mark.sigs);
        schemes.lang.retain(|_, id| id.index() < mark.sigs);
        schemes.vtables.retain(|id, _| id.index() < mark.traits);
    }
}
