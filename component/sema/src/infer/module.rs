//! The body of the module: its `val`s and `var`s may be needed by functions before their turn comes.

use super::tree::{IExpr, ModuleVar};
use super::{BlockScope, Infer, LetState, ModuleBind, ModuleLet};
use crate::scope::{ScopeId, ValueDef};
use base::Symbol;
use std::collections::HashMap;
use syntax::ast::{self, ExprKind, PatKind, StmtKind};

impl<'a> Infer<'a> {
    /// Makes the variables of a module known. They are `shared` where other modules may use them.
    pub fn register_module(&mut self, module: &'a ast::Module, scope: ScopeId, shared: bool) {
        self.register_stmts(&module.body, scope, shared);
    }

    fn register_stmts(&mut self, stmts: &'a [ast::Stmt], scope: ScopeId, shared: bool) {
        for stmt in stmts {
            match &stmt.kind {
                StmtKind::Group(body) => {
                    let inner = self.scopes.child(Some(scope));
                    self.groups.scopes.push(inner);
                    self.register_stmts(&body.stmts, inner, shared);
                }
                StmtKind::Let { mutable, pat, ty, .. } => {
                    let mut names = Vec::new();
                    pattern_names(pat, &mut names);
                    let annotated = ty.as_ref().filter(|_| matches!(pat.kind, PatKind::Name { .. }));
                    let mut vars = Vec::new();
                    for name in names {
                        let own = match annotated {
                            Some(ty) => {
                                let ty = self.resolve_type(scope, ty);
                                self.own_ty(ty)
                            }
                            None => self.fresh(),
                        };
                        let var = self.module_bind(name, own, *mutable, annotated.is_some(), scope);
                        self.module_binds[var].shared |= shared;
                        vars.push(var);
                    }
                    self.module_lets.push(ModuleLet { stmt, vars, scope, state: LetState::Unstarted });
                }
                // `main = 3`: the exit code, without a declaration.
                StmtKind::Assign { target, op: None, .. } => {
                    if let ExprKind::Name(name) = target.kind
                        && name == self.sy.main
                        && !self.module_names.contains_key(&name)
                        && self.scopes.find_value(scope, name).is_none()
                    {
                        let own = self.fresh();
                        let name = ast::Name { sym: name, span: target.span };
                        self.module_bind(name, own, true, true, scope);
                    }
                }
                _ => {}
            }
        }
    }

    fn module_bind(
        &mut self,
        name: ast::Name,
        ty: super::ity::T,
        mutable: bool,
        annotated: bool,
        scope: ScopeId,
    ) -> ModuleVar {
        let stmt = self.module_lets.len();
        let var = self.module_binds.push(ModuleBind {
            name: name.sym,
            span: name.span,
            ty,
            mutable,
            annotated,
            soft: false,
            scope,
            stmt,
            // A variable called `main` is the exit code, read behind the module body.
            shared: name.sym == self.sy.main,
        });
        if let Some((ValueDef::Fn(_) | ValueDef::Adt(_), first)) =
            self.scopes.get(scope).values.get(&name.sym)
        {
            let first = *first;
            self.duplicate(name, first);
        }
        self.scopes.get_mut(scope).values.insert(name.sym, (ValueDef::Module(var), name.span));
        self.module_names.entry(name.sym).or_default().push(var);
        var
    }

    /// At the outermost level of the module body.
    pub fn is_module_level(&self) -> bool {
        let body = &self.bodies[0];
        match body.active.as_slice() {
            [only] => body.frames[*only].scopes.len() == 1,
            _ => false,
        }
    }

    /// Infers the statement that sets a variable, where that has not happened yet.
    pub fn ensure_module_var(&mut self, var: ModuleVar) {
        let index = self.module_binds[var].stmt;
        let is_annotated = self.module_binds[var].annotated;
        match self.module_lets.get(index) {
            Some(ModuleLet { state: LetState::Unstarted, .. }) if !is_annotated => {
                self.infer_module_let(index)
            }
            _ => {}
        }
    }

    /// Infers a module-level `val` or `var` out of its turn.
    pub fn infer_module_let(&mut self, index: usize) {
        if !matches!(self.module_lets[index].state, LetState::Unstarted) {
            return;
        }
        self.module_lets[index].state = LetState::Running;
        let saved = (self.cur, self.level, self.module_at, self.module_let, self.binding_module);
        (self.cur, self.level, self.module_at, self.binding_module) = (0, 0, index, None);
        let first = base::EntityId::from_index(0);
        let active = std::mem::replace(&mut self.bodies[0].active, vec![first]);
        let fresh = vec![BlockScope { names: HashMap::new(), items: None, leaked: HashMap::new() }];
        let in_turn = active.len() == 1 && self.bodies[0].frames[first].scopes.len() == 1;
        let scopes = if in_turn {
            None
        } else {
            Some(std::mem::replace(&mut self.bodies[0].frames[first].scopes, fresh))
        };
        let items = self.enter_items(self.module_lets[index].scope);
        self.module_let = Some(index);
        let stmt = self.module_lets[index].stmt;
        let expr = self.let_stmt(stmt);
        self.drain();
        self.bodies[0].frames[first].scopes[0].items = items;
        if let Some(scopes) = scopes {
            self.bodies[0].frames[first].scopes = scopes;
        }
        self.bodies[0].active = active;
        (self.cur, self.level, self.module_at, self.module_let, self.binding_module) = saved;
        self.module_lets[index].state = LetState::Done(expr);
    }

    /// The next module-level `val` or `var`, at its place.
    pub fn place_module_let(&mut self) -> Option<IExpr> {
        let index = self.module_at;
        self.infer_module_let(index);
        self.module_at += 1;
        match std::mem::replace(&mut self.module_lets[index].state, LetState::Placed) {
            LetState::Done(expr) => Some(expr),
            LetState::Unstarted | LetState::Running | LetState::Placed => None,
        }
    }

    /// The statements of the module, in order.
    pub fn module_stmts(&mut self, files: &'a [ast::Module]) {
        let mut stmts = Vec::new();
        for stmt in files.iter().flat_map(|file| &file.body) {
            if !self.spend() {
                return;
            }
            stmts.extend(self.statement(stmt));
        }
        let unit = self.tt.unit();
        let span = self.frame().span;
        let value = self.expr(super::tree::IKind::Block { stmts, value: None }, unit, span);
        let frame = self.frame();
        frame.value = Some(value);
        frame.ret_ty = unit;
    }
}

/// Names that a pattern binds, in order.
pub(crate) fn pattern_names(pat: &ast::Pat, out: &mut Vec<ast::Name>) {
    let known = |out: &[ast::Name], sym: Symbol| out.iter().any(|name| name.sym == sym);
    match &pat.kind {
        PatKind::Name { name, .. } | PatKind::Typed { name, .. } => {
            if !known(out, name.sym) {
                out.push(*name);
            }
        }
        PatKind::Or(list) | PatKind::Tuple(list) => list.iter().for_each(|pat| pattern_names(pat, out)),
        PatKind::Array { items, rest } => {
            items.iter().for_each(|pat| pattern_names(pat, out));
            if let Some((_, Some(name))) = rest {
                out.push(*name);
            }
        }
        PatKind::Record { fields, .. } => {
            for (name, pat) in fields {
                match pat {
                    Some(pat) => pattern_names(pat, out),
                    None => out.push(*name),
                }
            }
        }
        PatKind::Variant { args, .. } => args.iter().flatten().for_each(|pat| pattern_names(pat, out)),
        PatKind::Wild | PatKind::Literal(_) | PatKind::Nil | PatKind::Range { .. } | PatKind::Error => {}
    }
}
