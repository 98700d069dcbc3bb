//! Module-level variables are set before they are read: each statement of the module body may only reach, through the functions
//! that it mentions, variables of statements before it.

use crate::hir::{Callee, Expr, ExprKind, FnId, FnKind, GlobalId, ModuleId, Program};
use crate::walk;
use base::{Code, Cx, Diagnostic, EntityId, Span, Symbol};
use std::collections::{BTreeSet, HashMap};

/// What a function reaches: where it reads each variable.
type Reads = Vec<(GlobalId, Span)>;

struct Check<'p> {
    program: &'p Program,
    by_name: HashMap<Symbol, Vec<FnId>>,
    direct: HashMap<FnId, (Reads, Vec<FnId>)>,
}

/// Checks a module. `first` is its first variable: those of modules before it are set.
pub(crate) fn check(cx: &mut Cx, program: &Program, module: ModuleId, first: usize) {
    let Some(init) = program.modules[module].init else { return };
    if program.globals.len() == first {
        return;
    }
    let FnKind::Body(body) = &program.fns[init].kind else { return };
    let mut by_name: HashMap<Symbol, Vec<FnId>> = HashMap::new();
    for (id, function) in program.fns.iter() {
        by_name.entry(function.name).or_default().push(id);
    }
    let mut check = Check { program, by_name, direct: HashMap::new() };
    let mut set: BTreeSet<usize> = (0..first).collect();
    for stmt in statements(&body.value) {
        if let Some(diagnostic) = check.statement(cx, stmt, &set) {
            cx.diags.push(diagnostic);
            return;
        }
        assigned(stmt, &mut set);
    }
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

/// Variables that a statement sets for sure.
fn assigned(expr: &Expr, set: &mut BTreeSet<usize>) {
    match &expr.kind {
        ExprKind::Assign { place, op: None, .. } => {
            if let ExprKind::Global(global) = place.kind {
                set.insert(global.index());
            }
        }
        ExprKind::Block { stmts, value } => {
            stmts.iter().for_each(|stmt| assigned(stmt, set));
            value.iter().for_each(|value| assigned(value, set));
        }
        _ => {}
    }
}

impl Check<'_> {
    /// What a statement reads that is not set yet.
    fn statement(&mut self, cx: &Cx, stmt: &Expr, set: &BTreeSet<usize>) -> Option<Diagnostic> {
        let mut reads = Vec::new();
        let mut fns = Vec::new();
        self.collect(stmt, &mut reads, &mut fns);
        let direct = reads.iter().map(|&(global, span)| (global, span, span));
        let mut all: Vec<(GlobalId, Span, Span)> = direct.collect();
        all.extend(self.reached(fns).into_iter().map(|(global, span)| (global, span, stmt.span)));
        let (global, span, at) = all.into_iter().find(|(global, ..)| !set.contains(&global.index()))?;
        let info = &self.program.globals[global];
        let name = cx.names.name(info.name);
        let mut diagnostic =
            Diagnostic::new(Code::UsedBeforeSet, at, format!("`{name}` is used before it has a value"))
                .note(info.span, "it gets its value here");
        if span != at {
            diagnostic = diagnostic.note(span, "used here, by a function that this statement reaches");
        }
        Some(diagnostic.help("move the declaration up"))
    }

    /// What an expression reads and mentions itself.
    fn collect(&self, expr: &Expr, reads: &mut Reads, fns: &mut Vec<FnId>) {
        match &expr.kind {
            ExprKind::Global(global) => reads.push((*global, expr.span)),
            ExprKind::FnValue(id, _) | ExprKind::Closure { id, .. } => fns.push(*id),
            ExprKind::Member(_, name) => self.named(*name, fns),
            ExprKind::Call(call) => match &call.callee {
                Callee::Fn(id, _) => fns.push(*id),
                Callee::Trait { trait_, method, .. } | Callee::Dyn { trait_, method } => {
                    let names = &self.program.traits[trait_.id].methods;
                    match names.get(*method as usize) {
                        Some((name, _)) => self.named(*name, fns),
                        // A method of a super-trait: any of them.
                        None => self
                            .program
                            .traits
                            .values()
                            .flat_map(|info| &info.methods)
                            .for_each(|(name, _)| self.named(*name, fns)),
                    }
                }
                Callee::Member { name, .. } => self.named(*name, fns),
                Callee::Value(_) => {}
            },
            ExprKind::Assign { place, op: None, value } if matches!(place.kind, ExprKind::Global(_)) => {
                self.collect(value, reads, fns);
                return;
            }
            _ => {}
        }
        walk::parts(expr, &mut |part| self.collect(part, reads, fns));
    }

    fn named(&self, name: Symbol, fns: &mut Vec<FnId>) {
        fns.extend(self.by_name.get(&name).into_iter().flatten());
    }

    /// Everything that functions read, themselves or through others.
    fn reached(&mut self, start: Vec<FnId>) -> Reads {
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        let mut work = start;
        let mut reads = Vec::new();
        while let Some(id) = work.pop() {
            if !seen.insert(id.index()) {
                continue;
            }
            if !self.direct.contains_key(&id) {
                let mut own = (Vec::new(), Vec::new());
                if let FnKind::Body(body) = &self.program.fns[id].kind {
                    self.collect(&body.value, &mut own.0, &mut own.1);
                }
                self.direct.insert(id, own);
            }
            let (own_reads, own_fns) = &self.direct[&id];
            reads.extend(own_reads.iter().copied());
            work.extend(own_fns.iter().copied());
        }
        reads.sort_by_key(|(global, span)| (global.index(), span.start));
        reads
    }
}
