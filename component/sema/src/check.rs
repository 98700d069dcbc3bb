//! The column of sema: collect, infer, settle, build.

use crate::collect::Context;
use crate::hir::{FnId, Program, Receiver};
use crate::infer::{Infer, LetState};
use crate::names::Mentions;
use crate::scheme::{Owner, Sig};
use crate::scope::ScopeId;
use crate::ty::{Ty, Types};
use base::{Code, Cx, Diagnostic, EntityId, Exhausted, Span, Symbol};
use std::collections::{HashMap, HashSet};
use syntax::ast::{self, ItemKind, StmtKind};

/// The standard library: file names and texts.
const STD: &[(&str, &str)] = &[
    ("std/core.spl", include_str!("../../std/core.spl")),
    ("std/option.spl", include_str!("../../std/option.spl")),
    ("std/number.spl", include_str!("../../std/number.spl")),
    ("std/text.spl", include_str!("../../std/text.spl")),
    ("std/range.spl", include_str!("../../std/range.spl")),
    ("std/array.spl", include_str!("../../std/array.spl")),
    ("std/dict.spl", include_str!("../../std/dict.spl")),
];

/// A variable that turns out to be dynamic starts inference again; programs need this once or twice.
const MAX_RUNS: usize = 6;

/// Checks a program. `modules` are its parsed files, the one whose body is run last. Findings are in `cx.diags`; with errors among them
/// the program is incomplete and must not be lowered.
///
/// # Errors
/// [`Exhausted`] where the work budget is used up.
pub fn check(cx: &mut Cx, modules: &[ast::Module]) -> Result<Program, Exhausted> {
    let std: Vec<ast::Module> = STD
        .iter()
        .map(|(path, text)| {
            let file = cx.sources.add(path, text);
            syntax::parse(cx, file)
        })
        .collect();
    let earlier = cx.diags.take();
    let mut dynamic: HashSet<Span> = HashSet::new();
    let mut runs = 0;
    let program = loop {
        runs += 1;
        let mut program = Program::default();
        let mut infer = Infer::new(cx, &mut program);
        infer.dynamic.clone_from(&dynamic);
        run(&mut infer, &std, modules);
        let exhausted = infer.exhausted;
        let found = std::mem::take(&mut infer.found_dynamic);
        if exhausted {
            return Err(Exhausted);
        }
        if found.is_subset(&dynamic) || runs == MAX_RUNS {
            report_dynamic(cx, found);
            break program;
        }
        dynamic.extend(found);
        cx.diags.take();
    };
    // In the order of the program, not in that of inference.
    let mut new = cx.diags.take();
    new.sort_by_key(|diagnostic| (diagnostic.primary.span.file.index(), diagnostic.primary.span.start));
    for diagnostic in earlier.into_iter().chain(new) {
        cx.diags.push(diagnostic);
    }
    let mut program = program;
    if !cx.diags.has_errors() {
        crate::globals::check(cx, &program);
    }
    if cx.diags.has_errors() {
        program.init = None;
    }
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

fn run<'a>(infer: &mut Infer<'a>, std: &'a [ast::Module], modules: &'a [ast::Module]) {
    let std_scope = infer.scopes.child(None);
    infer.scopes.get_mut(std_scope).is_std = true;
    let items: Vec<&'a ast::Item> = std.iter().flat_map(items).collect();
    infer.declare(&items, &context(std_scope));
    use_unwrap(infer);
    let Some((main, others)) = modules.split_last() else { return };
    for module in others {
        let scope = user_scope(infer, std_scope);
        uses(infer, module);
        infer.declare(&items_of(module), &context(scope));
    }
    let scope = user_scope(infer, std_scope);
    uses(infer, main);
    let first = infer.p.schemes.sigs.next_id();
    infer.declare(&items_of(main), &context(scope));
    let end = infer.p.schemes.sigs.next_id();
    infer.register_module(main, scope);
    let init = module_fn(infer, main);
    infer.start_module_body(init, scope, whole(main));
    in_order(infer, first, end, main);
    infer.module_stmts(main);
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
    infer.p.init = Some(init);
    find_main(infer, main, scope);
    if !infer.exhausted && !infer.cx.diags.has_errors() && infer.found_dynamic.is_subset(&infer.dynamic) {
        infer.build_program();
        find_main_code(infer);
    }
}

/// Conversions call `unwrap` of options without mentioning it.
fn use_unwrap(infer: &mut Infer) {
    let name = infer.cx.names.intern("unwrap");
    if let Some(list) = infer.p.schemes.members.get(&(crate::infer::ity::Con::Option, name)) {
        infer.todo.extend(list.iter().map(|member| member.id));
    }
}

/// A scope of a program: the standard library lies around it.
fn user_scope(infer: &mut Infer, std_scope: ScopeId) -> ScopeId {
    let scope = infer.scopes.child(Some(std_scope));
    infer.scopes.get_mut(scope).is_std = false;
    scope
}

fn items(module: &ast::Module) -> impl Iterator<Item = &ast::Item> {
    module.body.iter().filter_map(|stmt| match &stmt.kind {
        StmtKind::Item(item) => Some(item),
        _ => None,
    })
}

fn items_of(module: &ast::Module) -> Vec<&ast::Item> {
    items(module).collect()
}

fn context(scope: ScopeId) -> Context {
    Context { scope, owner: Owner::None, generics: Vec::new(), self_ty: None, prefix: String::new() }
}

fn whole(module: &ast::Module) -> Span {
    match (module.body.first(), module.body.last()) {
        (Some(first), Some(last)) => first.span.to(last.span),
        _ => Span { file: module.file, start: 0, end: 0 },
    }
}

/// `use std.*` lines say what is there anyway; other modules come later.
fn uses(infer: &mut Infer, module: &ast::Module) {
    for line in &module.uses {
        let first = line.path.first().map(|name| infer.name(name.sym));
        if !matches!(first.as_deref(), Some("std" | "lib")) {
            infer.not_yet(line.span, "modules of a program", "put all declarations into one file");
        }
    }
}

/// The function that the body of the module is.
fn module_fn(infer: &mut Infer, module: &ast::Module) -> FnId {
    let name = infer.cx.names.intern("<module>");
    infer.p.schemes.sigs.push(Sig {
        name,
        path: "<module>".to_owned(),
        span: whole(module),
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
        is_std: false,
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
fn in_order<'a>(infer: &mut Infer<'a>, first: FnId, end: FnId, main: &'a ast::Module) {
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
    let _ = main;
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
fn find_main(infer: &mut Infer, module: &ast::Module, scope: ScopeId) {
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
    for stmt in &module.body {
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
