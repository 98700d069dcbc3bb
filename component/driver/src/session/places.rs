//! What names mean, and what could be written at a place: answers for editors, also about programs that are wrong.

use super::{Failure, Session};
use base::{Cx, FileId, Span};
use sema::places::{self, Kind, Place, Watch};
use std::collections::{HashMap, HashSet};
use syntax::ast::{self, ItemKind, StmtKind};

/// Something that has a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entity {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// One line that says it as a declaration does, with types.
    pub detail: String,
    /// The comment or text that explains it.
    pub documentation: String,
    /// Its name where it is declared; an empty span at the beginning of a file for a module.
    pub declared: Option<Span>,
}

/// A declaration of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Declaration {
    /// What is declared, at its name.
    pub entity: Entity,
    /// All of it.
    pub whole: Span,
    /// Its name.
    pub name: Span,
    /// What it is in: index of a declaration before it.
    pub parent: Option<u32>,
    /// Others may use it.
    pub visible: bool,
}

/// What there is to know about one file.
#[derive(Clone, Default, Debug)]
pub struct Index {
    /// What the file says about itself.
    pub documentation: String,
    /// What is named in it, each once.
    pub entities: Vec<Entity>,
    /// Names in the order of the text.
    pub uses: Vec<places::Use>,
    /// Declarations in the order of the text, each behind what it is in.
    pub declarations: Vec<Declaration>,
}

/// The name that stands at a cursor with none.
const MARKER: &str = "written_here";

impl Session {
    /// What names in a file mean. What is wrong with the program is among the diagnostics; what could be inferred is in the answer.
    ///
    /// # Errors
    /// See [`Failure`]; none of them is that the program is wrong.
    pub fn places(&mut self, file: FileId) -> Result<Index, Failure> {
        if self.watched.is_none() {
            self.watched = Some(self.watch(Watch::default())?);
        }
        let Some(found) = self.watched.as_ref().and_then(|all| all.get(&file)) else {
            return Ok(Index::default());
        };
        let members = Members::of(self.graph.trees(), &self.cx);
        let teller = Teller { cx: &self.cx, members: &members, paths: self.graph.files() };
        let mut index = Index {
            documentation: syntax::module_documentation(&self.cx.sources.file(file).text),
            entities: found.entities.iter().map(|entity| teller.entity(entity)).collect(),
            uses: found.uses.clone(),
            declarations: Vec::new(),
        };
        if let Some(tree) = self.graph.trees().find(|tree| tree.file == file) {
            let place = |(at, entity): (usize, &Entity)| Some((entity.declared?, at as u32));
            let by_place = index.entities.iter().enumerate().filter_map(place).collect();
            let declared = index.uses.iter().filter(|it| it.declares).map(|it| it.span).collect();
            Outline { teller: &teller, found: &mut index, parent: None, by_place, declared }
                .stmts(&tree.body);
        }
        index.uses.sort_by_key(|it| it.span.start);
        Ok(index)
    }

    /// What could be written at a place in a file: in the name that ends or goes on there, or as a new one.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn complete(&mut self, file: FileId, offset: u32) -> Result<Vec<Entity>, Failure> {
        let Some((path, tree)) = self.graph.find_file(file) else { return Ok(Vec::new()) };
        let (path, tree) = (path.to_owned(), tree.clone());
        let text = self.cx.sources.file(file).text.clone();
        let at = text.floor_char_boundary(offset as usize);
        let before = &text[..at];
        let word = before
            .rsplit(|letter: char| letter != '_' && !letter.is_alphanumeric())
            .next()
            .unwrap_or_default();
        let reserved = syntax::WORDS.iter().any(|&(reserved, kind)| reserved == word && kind.is_hard());
        let marker = match (word, reserved) {
            ("", _) => MARKER,
            // A name that begins like a reserved word.
            (_, true) => "_",
            (_, false) => "",
        };
        let marked = format!("{}{marker}{}", &text[..at], &text[at..]);
        let diagnostics = self.cx.diags.take();
        let copy = self.cx.sources.add(&path, &marked);
        let changed = syntax::parse(&mut self.cx, copy);
        self.graph.add(&self.cx, &path, changed);
        let found = self.watch(Watch { cursor: Some((copy, at as u32)) });
        self.graph.add(&self.cx, &path, tree);
        self.cx.diags.take();
        for diagnostic in diagnostics {
            self.cx.diags.push(diagnostic);
        }
        let found = found?.remove(&copy).unwrap_or_default();
        let members = Members::of(self.graph.trees(), &self.cx);
        let teller = Teller { cx: &self.cx, members: &members, paths: self.graph.files() };
        let mut list: Vec<Entity> = found.proposals.iter().map(|entity| teller.entity(entity)).collect();
        list.retain(|entity| entity.name != MARKER);
        list.sort_by(|a, b| (&a.name, &a.detail).cmp(&(&b.name, &b.detail)));
        list.dedup();
        Ok(list)
    }

    /// Checks all modules as far as that goes, and keeps what their names mean. Errors of syntax hide what follows from them.
    fn watch(&mut self, watch: Watch) -> Result<HashMap<FileId, places::Places>, Failure> {
        let unreadable = self.cx.diags.has_errors();
        let before = self.cx.diags.take();
        let mut found = HashMap::new();
        let result = self.check_each_module(self.role, Some((watch, &mut found)));
        self.end_phase("check");
        let new = self.cx.diags.take();
        let checked = !matches!(self.progress, super::Progress::Parsed);
        let budget = new.iter().any(|new| new.code == base::Code::BudgetExhausted);
        for diagnostic in
            before.into_iter().chain(new.into_iter().filter(|_| !checked && (!unreadable || budget)))
        {
            self.cx.diags.push(diagnostic);
        }
        match result {
            Ok(_) | Err(Failure::Rejected) => Ok(found),
            Err(failure @ (Failure::Internal(_) | Failure::TooLarge(_))) => Err(failure),
        }
    }
}

/// Names of fields and variants in the declarations of their types.
struct Members {
    /// By the name of the type.
    places: HashMap<(FileId, u32), Vec<(String, Span)>>,
}

impl Members {
    fn of<'t>(trees: impl Iterator<Item = &'t ast::Module>, cx: &Cx) -> Members {
        let mut members = Members { places: HashMap::new() };
        for tree in trees {
            members.stmts(&tree.body, cx);
        }
        members
    }

    fn stmts(&mut self, stmts: &[ast::Stmt], cx: &Cx) {
        for stmt in stmts {
            match &stmt.kind {
                StmtKind::Item(item) => self.item(item, cx),
                StmtKind::Group(block) => self.stmts(&block.stmts, cx),
                StmtKind::Expr(_)
                | StmtKind::Let { .. }
                | StmtKind::Assign { .. }
                | StmtKind::Return(_)
                | StmtKind::Break { .. }
                | StmtKind::Continue { .. }
                | StmtKind::Pass
                | StmtKind::Assert { .. }
                | StmtKind::Defer { .. }
                | StmtKind::Contract(_)
                | StmtKind::Error => {}
            }
        }
    }

    fn item(&mut self, item: &ast::Item, cx: &Cx) {
        let (name, list): (ast::Name, Vec<ast::Name>) = match &item.kind {
            ItemKind::Struct(decl) | ItemKind::Mixin(decl) => {
                (decl.name, decl.fields.iter().map(|field| field.name).collect())
            }
            ItemKind::Enum(decl) => (decl.name, decl.variants.iter().map(|variant| variant.name).collect()),
            ItemKind::Module { items, .. } => return items.iter().for_each(|item| self.item(item, cx)),
            ItemKind::Fn(decl) => {
                return decl.body.iter().for_each(|body| self.stmts(&body.stmts, cx));
            }
            ItemKind::Trait(_)
            | ItemKind::Impl(_)
            | ItemKind::TypeAlias { .. }
            | ItemKind::FnAlias { .. }
            | ItemKind::NotYet(_) => return,
        };
        let list =
            list.into_iter().map(|member| (cx.names.name(member.sym).to_owned(), member.span)).collect();
        self.places.insert((name.span.file, name.span.start), list);
    }

    fn find(&self, owner: Span, member: &str) -> Option<Span> {
        let list = self.places.get(&(owner.file, owner.start))?;
        list.iter().find(|(name, _)| name == member).map(|(_, span)| *span)
    }
}

/// Adds to what sema says where it is and how it is explained.
struct Teller<'a> {
    cx: &'a Cx,
    members: &'a Members,
    paths: HashMap<&'a str, FileId>,
}

impl Teller<'_> {
    fn entity(&self, entity: &places::Entity) -> Entity {
        let declared = match &entity.place {
            Place::At(span) => Some(*span),
            Place::Member(owner, name) => self.members.find(*owner, name),
            Place::File(path) => self.paths.get(path.as_str()).map(|&file| Span { file, start: 0, end: 0 }),
            Place::Nowhere => None,
        };
        let documentation = match (entity.kind, declared) {
            (Kind::Parameter | Kind::TypeParameter, _) | (_, None) => String::new(),
            (Kind::Module, Some(span)) if span.end == 0 => {
                syntax::module_documentation(&self.cx.sources.file(span.file).text)
            }
            (_, Some(span)) => self.documentation(span),
        };
        Entity {
            name: entity.name.clone(),
            kind: entity.kind,
            detail: entity.detail.clone(),
            documentation,
            declared,
        }
    }

    fn documentation(&self, name: Span) -> String {
        syntax::documentation(&self.cx.sources.file(name.file).text, name.start as usize)
    }
}

/// Collects the declarations of a file.
struct Outline<'a, 't> {
    teller: &'a Teller<'t>,
    found: &'a mut Index,
    parent: Option<u32>,
    /// Entities by the names of their declarations.
    by_place: HashMap<Span, u32>,
    /// Names that are among the uses as declarations.
    declared: HashSet<Span>,
}

impl Outline<'_, '_> {
    fn stmts(&mut self, stmts: &[ast::Stmt]) {
        for stmt in stmts {
            match &stmt.kind {
                StmtKind::Item(item) => self.item(item),
                StmtKind::Let { mutable, pat, .. } => {
                    let kind = if *mutable { Kind::Variable } else { Kind::Value };
                    if let ast::PatKind::Name { name, .. } = &pat.kind {
                        self.push(*name, kind, stmt.span, true);
                    }
                }
                StmtKind::Group(block) => self.stmts(&block.stmts),
                StmtKind::Expr(_)
                | StmtKind::Assign { .. }
                | StmtKind::Return(_)
                | StmtKind::Break { .. }
                | StmtKind::Continue { .. }
                | StmtKind::Pass
                | StmtKind::Assert { .. }
                | StmtKind::Defer { .. }
                | StmtKind::Contract(_)
                | StmtKind::Error => {}
            }
        }
    }

    fn push(&mut self, name: ast::Name, kind: Kind, whole: Span, visible: bool) -> u32 {
        // What nobody uses and sema keeps no place of is shown as it is written.
        let written = |this: &Self| {
            let source =
                this.teller.cx.sources.slice(Span { end: whole.end.max(name.span.end), ..name.span });
            source.lines().next().unwrap_or_default().split(" #").next().unwrap_or_default().trim().to_owned()
        };
        let index = match self.by_place.get(&name.span) {
            Some(&index) => index,
            None => {
                self.found.entities.push(Entity {
                    name: self.teller.cx.names.name(name.sym).to_owned(),
                    kind,
                    detail: written(self),
                    documentation: self.teller.documentation(name.span),
                    declared: Some(name.span),
                });
                self.found.entities.len() as u32 - 1
            }
        };
        if self.declared.insert(name.span) {
            self.found.uses.push(places::Use { span: name.span, entity: index, declares: true });
        }
        let entity = self.found.entities[index as usize].clone();
        self.found.declarations.push(Declaration {
            entity,
            whole,
            name: name.span,
            parent: self.parent,
            visible,
        });
        self.found.declarations.len() as u32 - 1
    }

    fn inside(&mut self, parent: u32, inside: impl FnOnce(&mut Self)) {
        let outer = self.parent.replace(parent);
        inside(self);
        self.parent = outer;
    }

    fn item(&mut self, item: &ast::Item) {
        let visible = item.public;
        let method = if self.parent.is_some() { Kind::Method } else { Kind::Function };
        match &item.kind {
            ItemKind::Fn(decl) => {
                // A decorated function stands under a name that nobody wrote.
                if self.teller.cx.sources.slice(decl.name.span) == self.teller.cx.names.name(decl.name.sym) {
                    self.push(decl.name, method, item.span, visible);
                }
            }
            ItemKind::Struct(decl) | ItemKind::Mixin(decl) => {
                let kind = match (&item.kind, decl.is_class) {
                    (ItemKind::Mixin(_), _) => Kind::Mixin,
                    (_, true) => Kind::Class,
                    (_, false) => Kind::Struct,
                };
                let own = self.push(decl.name, kind, item.span, visible);
                self.inside(own, |this| {
                    for field in &decl.fields {
                        this.push(field.name, Kind::Field, field.name.span.to(field.ty.span), visible);
                    }
                    decl.methods.iter().for_each(|method| this.item(method));
                });
            }
            ItemKind::Enum(decl) => {
                let own = self.push(decl.name, Kind::Enum, item.span, visible);
                self.inside(own, |this| {
                    for variant in &decl.variants {
                        let end = variant.fields.last().map_or(variant.name.span, |(_, ty)| ty.span);
                        let whole = variant.name.span.to(end);
                        let whole = Span { end: whole.end + u32::from(!variant.fields.is_empty()), ..whole };
                        this.push(variant.name, Kind::Variant, whole, visible);
                    }
                    decl.methods.iter().for_each(|method| this.item(method));
                });
            }
            ItemKind::Trait(decl) => {
                let own = self.push(decl.name, Kind::Trait, item.span, visible);
                self.inside(own, |this| decl.methods.iter().for_each(|method| this.item(method)));
            }
            ItemKind::Impl(decl) => {
                // An implementation has no name: its type stands for it.
                let text = self.teller.cx.sources.slice(decl.self_ty.span).to_owned();
                let head = self.teller.cx.sources.slice(item.span).lines().next().unwrap_or_default();
                let entity = Entity {
                    name: text,
                    kind: Kind::Module,
                    detail: head.trim_end_matches(':').to_owned(),
                    documentation: String::new(),
                    declared: None,
                };
                let name = decl.self_ty.span;
                self.found.declarations.push(Declaration {
                    entity,
                    whole: item.span,
                    name,
                    parent: self.parent,
                    visible: true,
                });
                let own = self.found.declarations.len() as u32 - 1;
                self.inside(own, |this| decl.methods.iter().for_each(|method| this.item(method)));
            }
            ItemKind::TypeAlias { name, .. } => {
                self.push(*name, Kind::Alias, item.span, visible);
            }
            ItemKind::FnAlias { name, .. } => {
                self.push(*name, method, item.span, visible);
            }
            ItemKind::Module { name, items } => {
                let own = self.push(*name, Kind::Module, item.span, visible);
                self.inside(own, |this| items.iter().for_each(|item| this.item(item)));
            }
            ItemKind::NotYet(_) => {}
        }
    }
}
