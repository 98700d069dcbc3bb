//! Functions that give module-level variables their values.
//!
//! The statement of a module's body that gives a variable its first value is also made a function of its own. So a variable that a later version of a program
//! adds can be set without running the whole body again.

use base::{Interner, Span};
use sema::hir::{Body, Expr, ExprKind, Fn, FnId, FnKind, GlobalId, Local, LocalId, Program, Receiver};
use sema::ty::Types;
use sema::walk;
use std::collections::{BTreeMap, BTreeSet};

/// Makes the functions; that of each variable which can be set alone. One function may set several.
pub fn outline(program: &mut Program, names: &mut Interner) -> BTreeMap<GlobalId, FnId> {
    let mut made = Vec::new();
    for init in program.modules.values().filter_map(|module| module.init) {
        if let FnKind::Body(body) = &program.fns[init].kind {
            made.extend(initialisers(body).into_iter().map(|(set, value)| (init, set, value)));
        }
    }
    let mut initialisers = BTreeMap::new();
    for (init, set, body) in made {
        let listed: Vec<&str> = set.iter().map(|&id| names.name(program.globals[id].name)).collect();
        let path = format!("<{}>", listed.join(", "));
        let is_std = program.fns[init].is_std;
        let function = Fn {
            name: names.intern(&path),
            path,
            span: body.value.span,
            generics: Vec::new(),
            params: Vec::new(),
            ret: Types::unit(),
            receiver: Receiver::None,
            kind: FnKind::Body(body),
            is_std,
        };
        let function = program.fns.push(function);
        initialisers.extend(set.into_iter().map(|id| (id, function)));
    }
    initialisers
}

/// Variables of a module with the bodies of functions that give them their first values.
fn initialisers(body: &Body) -> Vec<(Vec<GlobalId>, Body)> {
    let mut uses = Uses::default();
    uses.look(&body.value);
    let mut known: BTreeSet<GlobalId> = BTreeSet::new();
    let mut list = Vec::new();
    let mut rest = statements(&body.value).into_iter().peekable();
    while let Some(first) = rest.next() {
        // A pattern binds locals, from which the variables are set behind it.
        let mut group = vec![first];
        let mut inside = Uses::default();
        inside.look(first);
        while let Some(next) = rest.next_if(|next| sets_from(next, &inside)) {
            inside.look(next);
            group.push(next);
        }
        let set: Vec<GlobalId> = group.iter().flat_map(|stmt| variables(stmt)).collect();
        let new = set.iter().filter(|&&id| known.insert(id)).count();
        if !set.is_empty() && new == set.len() && inside.stands_alone(&uses) {
            list.push((set, function_body(body, &group)));
        }
    }
    list
}

/// The statements of a body, blocks at its end opened.
fn statements(body: &Expr) -> Vec<&Expr> {
    let mut list = Vec::new();
    let mut at = body;
    while let ExprKind::Block { stmts, value } = &at.kind {
        list.extend(stmts);
        match value {
            Some(value) => at = value,
            None => return list,
        }
    }
    list.push(at);
    list
}

/// Some statements of a body as a body.
fn function_body(body: &Body, stmts: &[&Expr]) -> Body {
    let span = stmts.iter().map(|stmt| stmt.span).reduce(Span::to).expect("a statement");
    let stmts = stmts.iter().map(|&stmt| stmt.clone()).collect();
    let value = Expr { kind: ExprKind::Block { stmts, value: None }, ty: Types::unit(), span };
    let locals = body.locals.values().map(|local| Local { ..*local }).collect();
    Body { locals, params: Vec::new(), captures: Vec::new(), self_closure: None, value }
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
