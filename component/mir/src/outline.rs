//! Functions that give module-level variables their values.
//!
//! A statement of a module's body that sets a variable becomes a function of its own, which the body calls in its place. So a variable that a later
//! version of a program adds can be set without running the whole body again.

use base::{Interner, Span, Symbol};
use sema::hir::{
    Body, Call, Callee, Expr, ExprKind, Fn, FnId, FnKind, GlobalId, Local, LocalId, Program, Receiver,
};
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
        let placeholder = std::mem::replace(&mut program.fns[init].kind, FnKind::Required);
        let FnKind::Body(mut body) = placeholder else {
            program.fns[init].kind = placeholder;
            continue;
        };
        let mut value = std::mem::replace(&mut body.value, unit_like(&program.fns[init]));
        let mut uses = Uses::default();
        uses.look(&value);
        blocks(&mut value, &mut |stmts| {
            let mut kept: Vec<Expr> = Vec::with_capacity(stmts.len());
            let mut rest = std::mem::take(stmts).into_iter().peekable();
            while let Some(first) = rest.next() {
                // A pattern binds locals, from which the variables are set behind it.
                let mut group = vec![first];
                let mut inside = Uses::default();
                inside.look(&group[0]);
                while let Some(next) = rest.next_if(|next| sets_from(next, &inside)) {
                    inside.look(&next);
                    group.push(next);
                }
                let set: Vec<GlobalId> = group.iter().flat_map(variables).collect();
                if set.is_empty() || !inside.stands_alone(&uses) {
                    kept.extend(group);
                    continue;
                }
                let listed: Vec<&str> = set.iter().map(|&id| names.name(program.globals[id].name)).collect();
                let name = names.intern(&format!("<{}>", listed.join(", ")));
                let (function, call) = function(program, names, name, group, &body);
                made.extend(set.into_iter().map(|id| (id, function)));
                kept.push(call);
            }
            *stmts = kept;
        });
        body.value = value;
        program.fns[init].kind = FnKind::Body(body);
    }
    made
}

fn unit_like(function: &Fn) -> Expr {
    Expr { kind: ExprKind::Unit, ty: Types::unit(), span: function.span }
}

/// Calls `see` with the statements of a body, and of blocks at its end.
fn blocks(body: &mut Expr, see: &mut dyn FnMut(&mut Vec<Expr>)) {
    if let ExprKind::Block { stmts, value } = &mut body.kind {
        see(stmts);
        value.iter_mut().for_each(|value| blocks(value, see));
    }
}

/// A new function of statements, and its call.
fn function(
    program: &mut Program,
    names: &Interner,
    name: Symbol,
    stmts: Vec<Expr>,
    body: &Body,
) -> (FnId, Expr) {
    let span = stmts.iter().map(|stmt| stmt.span).reduce(Span::to).expect("a statement");
    let unit = |kind| Expr { kind, ty: Types::unit(), span };
    let locals = body.locals.values().map(|local| Local { ..*local }).collect();
    let value = unit(ExprKind::Block { stmts, value: None });
    let body = Body { locals, params: Vec::new(), captures: Vec::new(), self_closure: None, value };
    let id = program.fns.push(Fn {
        name,
        path: names.name(name).to_owned(),
        span,
        generics: Vec::new(),
        params: Vec::new(),
        ret: Types::unit(),
        receiver: Receiver::None,
        kind: FnKind::Body(body),
        is_std: false,
    });
    let call = Call { callee: Callee::Fn(id, Vec::new()), args: Vec::new() };
    (id, unit(ExprKind::Call(Box::new(call))))
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

/// True for a variable that is set from a local which was just bound.
fn sets_from(stmt: &Expr, before: &Uses) -> bool {
    let ExprKind::Assign { place, op: None, value } = &stmt.kind else { return false };
    match (&place.kind, &value.kind) {
        (ExprKind::Global(_), ExprKind::Local(local)) => before.bound.contains(local),
        _ => false,
    }
}

/// How code uses locals.
#[derive(Default)]
struct Uses {
    /// How often each is mentioned.
    used: BTreeMap<LocalId, usize>,
    bound: BTreeSet<LocalId>,
    /// It may leave the function around it.
    leaves: bool,
}

impl Uses {
    fn look(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Local(id) => *self.used.entry(*id).or_default() += 1,
            ExprKind::For { index, .. } => self.bound.extend(index),
            ExprKind::Return(_) | ExprKind::Try(_) => self.leaves = true,
            _ => {}
        }
        walk::patterns(expr, &mut |pat| {
            walk::bindings(pat, &mut |local| {
                self.bound.insert(local);
            });
        });
        walk::parts(expr, &mut |part| self.look(part));
    }

    /// True for a part of a body that uses no locals but its own, which nothing else in the body uses.
    fn stands_alone(&self, body: &Uses) -> bool {
        let own = |(local, &count): (&LocalId, &usize)| {
            self.bound.contains(local) && body.used.get(local).is_some_and(|&all| all == count)
        };
        !self.leaves && self.used.iter().all(own)
    }
}
