//! Functions that give module-level variables their values.
//!
//! A statement of a module's body that sets a variable becomes a function of its own, which the body calls in its place. So a variable that a later
//! version of a program adds can be set without running the whole body again.

use base::{Interner, Symbol};
use sema::hir::{Body, Call, Callee, Expr, ExprKind, Fn, FnId, FnKind, GlobalId, LocalId, Program, Receiver};
use sema::ty::Types;
use sema::walk;
use std::collections::{BTreeMap, BTreeSet};

/// Moves the statements that set variables into functions; the function of each variable. One statement may set several.
pub fn outline(program: &mut Program, names: &mut Interner) -> BTreeMap<GlobalId, FnId> {
    let mut made = BTreeMap::new();
    for init in program.modules.values().filter_map(|module| module.init).collect::<Vec<FnId>>() {
        if program.fns[init].is_std {
            continue;
        }
        let FnKind::Body(mut body) = std::mem::replace(&mut program.fns[init].kind, FnKind::Required) else {
            continue;
        };
        let mut value = std::mem::replace(&mut body.value, unit_like(&program.fns[init]));
        statements(&mut value, &mut |stmt| {
            let set = variables(stmt);
            if set.is_empty() || !stands_alone(stmt) {
                return;
            }
            let listed: Vec<&str> = set.iter().map(|&id| names.name(program.globals[id].name)).collect();
            let name = names.intern(&format!("<{}>", listed.join(", ")));
            let function = function(program, names, name, stmt, &body, init);
            made.extend(set.into_iter().map(|id| (id, function)));
        });
        body.value = value;
        program.fns[init].kind = FnKind::Body(body);
    }
    made
}

fn unit_like(function: &Fn) -> Expr {
    Expr { kind: ExprKind::Unit, ty: Types::unit(), span: function.span }
}

/// Calls `see` with the statements of a body, blocks at its end opened.
fn statements(body: &mut Expr, see: &mut dyn FnMut(&mut Expr)) {
    match &mut body.kind {
        ExprKind::Block { stmts, value } => {
            stmts.iter_mut().for_each(&mut *see);
            value.iter_mut().for_each(|value| statements(value, see));
        }
        _ => see(body),
    }
}

/// The statement becomes a call of a new function.
fn function(
    program: &mut Program,
    names: &Interner,
    name: Symbol,
    stmt: &mut Expr,
    body: &Body,
    init: FnId,
) -> FnId {
    let span = stmt.span;
    let unit = |kind| Expr { kind, ty: Types::unit(), span };
    let statement = std::mem::replace(stmt, unit(ExprKind::Unit));
    let locals = body.locals.values().map(|local| sema::hir::Local { ..*local }).collect();
    let value = unit(ExprKind::Block { stmts: vec![statement], value: None });
    let kind =
        FnKind::Body(Body { locals, params: Vec::new(), captures: Vec::new(), self_closure: None, value });
    let path = names.name(name).to_owned();
    let is_std = program.fns[init].is_std;
    let id = program.fns.push(Fn {
        name,
        path,
        span,
        generics: Vec::new(),
        params: Vec::new(),
        ret: Types::unit(),
        receiver: Receiver::None,
        kind,
        is_std,
    });
    *stmt = unit(ExprKind::Call(Box::new(Call { callee: Callee::Fn(id, Vec::new()), args: Vec::new() })));
    id
}

/// Variables that a statement sets for sure.
fn variables(stmt: &Expr) -> Vec<GlobalId> {
    match &stmt.kind {
        ExprKind::Assign { place, op: None, .. } => match place.kind {
            ExprKind::Global(global) => vec![global],
            _ => Vec::new(),
        },
        ExprKind::Block { stmts, value } => {
            stmts.iter().chain(value.as_deref()).flat_map(variables).collect()
        }
        _ => Vec::new(),
    }
}

/// True where all locals that a statement uses are its own, and it does not leave what is around it.
fn stands_alone(stmt: &Expr) -> bool {
    let (mut used, mut bound) = (BTreeSet::new(), BTreeSet::new());
    let mut leaves = false;
    look(stmt, &mut used, &mut bound, &mut leaves);
    !leaves && used.is_subset(&bound)
}

fn look(expr: &Expr, used: &mut BTreeSet<LocalId>, bound: &mut BTreeSet<LocalId>, leaves: &mut bool) {
    match &expr.kind {
        ExprKind::Local(id) => {
            used.insert(*id);
        }
        ExprKind::For { index, .. } => bound.extend(index),
        ExprKind::Return(_) | ExprKind::Try(_) => *leaves = true,
        _ => {}
    }
    walk::patterns(expr, &mut |pat| {
        walk::bindings(pat, &mut |local| {
            bound.insert(local);
        });
    });
    walk::parts(expr, &mut |part| look(part, used, bound, leaves));
}
