//! The column of sema: collect, infer, settle, build.

use crate::collect::Context;
use crate::hir::{FnId, ModuleId, Program, Receiver};
use crate::infer::{Infer, LetState};
use crate::modules::Import;
use crate::names::Mentions;
use crate::places::{Places, Watch};
use crate::scheme::{Owner, Sig};
use crate::scope::ScopeId;
use crate::ty::{Ty, Types};
use base::{Code, Cx, Diagnostic, EntityId, Exhausted, Span, Symbol};
use std::collections::{HashMap, HashSet};
use syntax::ast::{self, ItemKind, StmtKind};

/// A variable that turns out to be dynamic starts inference again; modules need this once or twice.
const MAX_RUNS: usize = 6;

/// A module to be checked.
pub struct Source<'a> {
    /// The path that it was added with.
    pub path: &'a str,
    /// Its file; the standard library, which is one module, has several.
    pub files: &'a [ast::Module],
    /// What the `use` lines of the files mean, in their order.
    pub imports: &'a [Import],
    /// What it is.
    pub role: Role,
}

/// What a module is in its program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// The standard library: it comes first, and its names are known everywhere.
    Std,
    /// A module of the standard library that programs use by its name.
    Standard,
    /// Used by others: its variables outlive its body.
    Library,
    /// The program: its `main` is called.
    Main,
    /// A program that others may use: both.
    MainLibrary,
}

impl Role {
    fn is_program(self) -> bool {
        match self {
            Role::Main | Role::MainLibrary => true,
            Role::Std | Role::Standard | Role::Library => false,
        }
    }
}

/// Checks a module and adds it to a program that holds the modules it uses. Findings are in `cx.diags`; with errors among them the program is
/// incomplete and must not be lowered, though other modules can still be checked against it.
///
/// # Errors
/// [`Exhausted`] where the work budget is used up.
pub fn check_module(cx: &mut Cx, program: &mut Program, source: &Source<'_>) -> Result<ModuleId, Exhausted> {
    check_and_watch(cx, program, source, None).map(|(id, _)| id)
}

/// Checks a module like [`check_module`], and tells what its names mean. A module of one file.
///
/// # Errors
/// [`Exhausted`] where the work budget is used up.
pub fn watch_module(
    cx: &mut Cx,
    program: &mut Program,
    source: &Source<'_>,
    watch: Watch,
) -> Result<(ModuleId, Places), Exhausted> {
    check_and_watch(cx, program, source, Some(watch))
}

fn check_and_watch(
    cx: &mut Cx,
    program: &mut Program,
    source: &Source<'_>,
    watch: Option<Watch>,
) -> Result<(ModuleId, Places), Exhausted> {
    let earlier = cx.diags.take();
    let mark = program.mark();
    let mut dynamic: HashSet<Span> = HashSet::new();
    let mut runs = 0;
    let (id, places) = loop {
        runs += 1;
        let mut infer = Infer::new(cx, program);
        infer.dynamic.clone_from(&dynamic);
        if let Some(watch) = watch {
            infer.watch(watch);
        }
        let (id, places) = run(&mut infer, source);
        let exhausted = infer.exhausted;
        let found = std::mem::take(&mut infer.found_dynamic);
        if exhausted {
            return Err(Exhausted);
        }
        if found.is_subset(&dynamic) || runs == MAX_RUNS {
            report_dynamic(cx, found);
            break (id, places);
        }
        dynamic.extend(found);
        cx.diags.take();
        program.forget(&mark);
    };
    if !cx.diags.has_errors() {
        crate::globals::check(cx, program, id, mark.globals);
    }
    if cx.diags.has_errors() {
        program.modules[id].init = None;
    }
    // In the order of the program, not in that of inference.
    let mut new = cx.diags.take();
    new.sort_by_key(|diagnostic| (diagnostic.primary.span.file.index(), diagnostic.primary.span.start));
    for diagnostic in earlier.into_iter().chain(new) {
        cx.diags.push(diagnostic);
    }
    Ok((id, places))
}

/// Checks the standard library from its source: the first module of every program.
///
/// # Errors
/// [`Exhausted`] where the work budget is used up.
pub fn check_std(cx: &mut Cx, sources: &[(&str, &str)]) -> Result<Program, Exhausted> {
    let files: Vec<ast::Module> = sources
        .iter()
        .map(|(path, text)| {
            let file = cx.sources.add(path, text);
            syntax::parse(cx, file)
        })
        .collect();
    let mut program = Program::default();
    check_module(cx, &mut program, &Source { path: "std", files: &files, imports: &[], role: Role::Std })?;
    Ok(program)
}

/// Checks a program of one file without imports, with the standard library from its source: what tests need.
///
/// # Errors
/// [`Exhausted`] where the work budget is used up.
pub fn check_alone(cx: &mut Cx, std: &[(&str, &str)], module: &ast::Module) -> Result<Program, Exhausted> {
    let mut program = check_std(cx, std)?;
    let imports = vec![Import::Nothing; module.uses.len()];
    let files = std::slice::from_ref(module);
    check_module(cx, &mut program, &Source { path: "", files, imports: &imports, role: Role::Main })?;
    Ok(program)
}

/// Variables that hold several types and cannot be dynamic, because a pattern binds them.
fn report_dynamic(cx: &mut Cx, found: HashSet<Span>) {
    let mut found: Vec<Span> = found.into_iter().collect();
    found.sort_by_key(|span| (span.file.index(), span.start));
    for span in found {
        let name = cx.sources.slice(span).to_owned();
        cx.diags.push(
            Diagnostic::new(
                Code::TypeMismatch,
                span,
                format!("`{name}` is assigned values of different types"),
            )
            .help(format!("declare it alone, with a type: `var {name}: any = ..`")),
        );
    }
}

fn run<'a>(infer: &mut Infer<'a>, source: &Source<'a>) -> (ModuleId, Places) {
    let scope = infer.module_scope(source);
    let first = infer.p.schemes.sigs.next_id();
    let declared: Vec<&'a ast::Item> = source.files.iter().flat_map(items).collect();
    infer.declare(&declared, &context(scope));
    let end = infer.p.schemes.sigs.next_id();
    for file in source.files {
        let shared = source.role != Role::Main || infer.p.all_globals;
        infer.register_module(file, scope, shared);
    }
    if source.role.is_program() {
        // One that a library brought is not called.
        (infer.p.main, infer.p.main_code) = (None, None);
    }
    let span = whole(source.files);
    let init = module_fn(infer, span, source.role);
    infer.start_module_body(init, scope, span);
    in_order(infer, first, end);
    infer.module_stmts(source.files);
    infer.check_later(first, end);
    loop {
        infer.check_waiting();
        infer.cur = 0;
        infer.settle(0, 0, false);
        if infer.todo.is_empty() {
            break;
        }
    }
    for index in infer.open_from(0, 0) {
        infer.ambiguous(index);
    }
    infer.finish_monomorphic();
    if source.role.is_program() {
        find_main(infer, source.files, scope);
    }
    let places = source.files.first().map(|file| infer.tell(file.file)).unwrap_or_default();
    if !infer.exhausted && !infer.cx.diags.has_errors() && infer.found_dynamic.is_subset(&infer.dynamic) {
        infer.build_program();
        if source.role.is_program() {
            find_main_code(infer);
        }
    }
    (infer.finish_module(source, scope, init), places)
}

fn items(module: &ast::Module) -> impl Iterator<Item = &ast::Item> {
    module.body.iter().filter_map(|stmt| match &stmt.kind {
        StmtKind::Item(item) => Some(item),
        _ => None,
    })
}

fn context(scope: ScopeId) -> Context {
    Context { scope, owner: Owner::None, generics: Vec::new(), self_ty: None, prefix: String::new() }
}

/// All of the first file that says anything.
fn whole(files: &[ast::Module]) -> Span {
    let all = |module: &ast::Module| Some(module.body.first()?.span.to(module.body.last()?.span));
    files.iter().find_map(all).unwrap_or(Span {
        file: files.first().map_or(base::FileId::from_index(0), |module| module.file),
        start: 0,
        end: 0,
    })
}

/// The function that the body of the module is.
fn module_fn(infer: &mut Infer, span: Span, role: Role) -> FnId {
    let name = infer.cx.names.intern("<module>");
    infer.p.schemes.sigs.push(Sig {
        name,
        path: "<module>".to_owned(),
        span,
        owner: Owner::None,
        generics: Vec::new(),
        kinds: Vec::new(),
        declared: 0,
        owned: 0,
        params: Vec::new(),
        ret: Some(Types::unit()),
        receiver: Receiver::None,
        me: false,
        constraints: Vec::new(),
        is_std: matches!(role, Role::Std | Role::Standard),
        external: None,
        has_body: true,
    })
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Unit {
    Fn(FnId),
    Let(usize),
}

/// Infers functions and module-level variables, those first that others mention. This is only a good order (it keeps the chain of
/// functions that are inferred one inside the other short): what belongs together is found by inference.
fn in_order(infer: &mut Infer<'_>, first: FnId, end: FnId) {
    let mut mentions: HashMap<Unit, Vec<Symbol>> = HashMap::new();
    let mut by_name: HashMap<Symbol, Vec<Unit>> = HashMap::new();
    let mut units = Vec::new();
    for index in first.index()..end.index() {
        let id = FnId::from_index(index);
        let Some(body) = infer.decls.get(index).and_then(|decl| decl.as_ref()).map(|decl| decl.body) else {
            continue;
        };
        if infer.is_annotated(id) && infer.p.schemes.sigs[id].generics.is_empty() {
            continue;
        }
        let mut own = Mentions::default();
        match body {
            crate::infer::DeclBody::Fn(decl) => own.function(decl),
            crate::infer::DeclBody::Default(expr) => own.expr(expr),
            // Their types are declared.
            crate::infer::DeclBody::Invariant(_) | crate::infer::DeclBody::Forward(_) => {}
        }
        units.push(Unit::Fn(id));
        mentions.insert(Unit::Fn(id), own.order);
        by_name.entry(infer.p.schemes.sigs[id].name).or_default().push(Unit::Fn(id));
    }
    for index in 0..infer.module_lets.len() {
        let mut own = Mentions::default();
        own.stmt(infer.module_lets[index].stmt);
        units.push(Unit::Let(index));
        mentions.insert(Unit::Let(index), own.order);
        for &var in &infer.module_lets[index].vars {
            by_name.entry(infer.module_binds[var].name).or_default().push(Unit::Let(index));
        }
    }
    let mut seen: HashSet<Unit> = HashSet::new();
    for unit in units {
        let mut stack = vec![(unit, 0usize)];
        if !seen.insert(unit) {
            continue;
        }
        while let Some((unit, at)) = stack.pop() {
            // Children are the units of all names that are mentioned, counted through.
            let child = mentions[&unit]
                .iter()
                .flat_map(|name| by_name.get(name).into_iter().flatten())
                .nth(at)
                .copied();
            match child {
                Some(child) => {
                    stack.push((unit, at + 1));
                    if seen.insert(child) {
                        stack.push((child, 0));
                    }
                }
                None => match unit {
                    Unit::Fn(id) => {
                        infer.ready(id);
                    }
                    // Those that only the module body uses wait for their turn.
                    Unit::Let(index) => {
                        if matches!(infer.module_lets[index].state, LetState::Unstarted)
                            && mentioned(&by_name, &mentions, index)
                        {
                            infer.infer_module_let(index);
                        }
                    }
                },
            }
        }
    }
}

/// Whether a function mentions a variable of the statement.
fn mentioned(
    by_name: &HashMap<Symbol, Vec<Unit>>,
    mentions: &HashMap<Unit, Vec<Symbol>>,
    index: usize,
) -> bool {
    mentions.iter().any(|(unit, names)| {
        matches!(unit, Unit::Fn(_))
            && names
                .iter()
                .any(|name| by_name.get(name).is_some_and(|units| units.contains(&Unit::Let(index))))
    })
}

/// `main` is called after the module body, unless that mentions it itself.
fn find_main(infer: &mut Infer, files: &[ast::Module], scope: ScopeId) {
    let Some((crate::scope::ValueDef::Fn(id), _)) =
        infer.scopes.get(scope).values.get(&infer.sy.main).copied()
    else {
        return;
    };
    let sig = &infer.p.schemes.sigs[id];
    if let Some(param) = sig.params.first() {
        let span = param.span;
        infer.report(
            Diagnostic::new(Code::BadArguments, span, "`main` takes no arguments")
                .help("the arguments of the program are `get_cli_args()`"),
        );
        return;
    }
    let mut mentions = Mentions::default();
    for stmt in files.iter().flat_map(|module| &module.body) {
        if !matches!(&stmt.kind, StmtKind::Item(ast::Item { kind: ItemKind::Fn(_), .. })) {
            mentions.stmt(stmt);
        }
    }
    if !mentions.names.contains(&infer.sy.main) {
        infer.p.main = Some(id);
    }
}

/// A module-level `main = 3`.
fn find_main_code(infer: &mut Infer) {
    if infer.p.main.is_some() {
        return;
    }
    let Some(&var) = infer.module_names.get(&infer.sy.main).and_then(|list| list.last()) else { return };
    let Some(&global) = infer.globals.get(&var) else { return };
    if let Ty::Int(_) = infer.p.types.get(infer.p.globals[global].ty) {
        infer.p.main_code = Some(global);
    }
}
