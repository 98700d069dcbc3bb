//! Blocks and statements.

use super::convert::Why;
use super::ity::{Con, T, VarKind};
use super::tree::{IExpr, IKind, IPat, IPatKind};
use super::{BindKind, Infer, Ret};
use crate::collect::Context;
use crate::names::Mentions;
use crate::scheme::Owner;
use crate::scope::{ScopeId, ValueDef};
use base::{Code, Diagnostic, Span, Symbol};
use std::collections::HashSet;
use syntax::ast::{self, ExprKind, ItemKind, PatKind, StmtKind};

impl<'a> Infer<'a> {
    /// A block with a scope of its own. Where its value is `used`, that is the last expression.
    pub fn block(&mut self, block: &'a ast::Block, expect: Option<T>, used: bool) -> IExpr {
        self.push_scope();
        let expr = self.block_open(block, expect, used);
        self.pop_scope();
        expr
    }

    /// A block in a scope that is open already.
    pub fn block_open(&mut self, block: &'a ast::Block, expect: Option<T>, used: bool) -> IExpr {
        self.declare_items(block);
        let mut stmts = Vec::new();
        let mut value = None;
        let mut diverges = false;
        let count = block.stmts.len();
        for (index, stmt) in block.stmts.iter().enumerate() {
            if !self.spend() {
                break;
            }
            if used
                && index + 1 == count
                && let StmtKind::Expr(expr) = &stmt.kind
            {
                let only_changes = self.changes_what_stays(expr);
                value = Some(Box::new(self.infer_use(expr, expect, !only_changes)));
                stmts.extend(self.take_collected(stmt.span));
                break;
            }
            let own = self.statement(stmt);
            diverges |= own.iter().any(|expr| self.tt.con_of(expr.ty) == Some(Con::Never));
            stmts.extend(own);
        }
        let ty = match &value {
            Some(_) | None if diverges => self.tt.never(),
            Some(value) => value.ty,
            None => self.tt.unit(),
        };
        let soft = value.as_ref().is_some_and(|value| value.soft);
        if stmts.is_empty()
            && !diverges
            && let Some(value) = value
        {
            return *value;
        }
        IExpr { soft, ..self.expr(IKind::Block { stmts, value }, ty, block.span) }
    }

    /// Declarations of a block, before its statements. Functions that use names of the enclosing function are closures
    /// and come at their place.
    fn declare_items(&mut self, block: &'a ast::Block) {
        let items: Vec<&'a ast::Item> = block
            .stmts
            .iter()
            .filter_map(|stmt| match &stmt.kind {
                StmtKind::Item(item) => Some(item),
                _ => None,
            })
            .collect();
        if items.is_empty() {
            return;
        }
        let closures = self.closures_of(block);
        let items: Vec<&'a ast::Item> = items
            .into_iter()
            .filter(|item| !matches!(&item.kind, ItemKind::Fn(decl) if closures.contains(&decl.name.sym)))
            .collect();
        let scope = self.scopes.child(Some(self.items()));
        self.frame().scopes.last_mut().expect("inside a block").items = Some(scope);
        self.declare_local(&items, scope);
    }

    /// Declares items inside the body that is inferred.
    pub fn declare_local(&mut self, items: &[&'a ast::Item], scope: ScopeId) {
        let sig = &self.p.schemes.sigs[self.bodies[self.cur].id];
        let context = Context {
            scope,
            owner: Owner::None,
            generics: sig.generics[..sig.declared].to_vec(),
            self_ty: None,
            prefix: String::new(),
        };
        let first = self.p.schemes.sigs.next_id();
        self.declare(items, &context);
        let last = self.p.schemes.sigs.next_id();
        self.check_later(first, last);
    }

    /// Whether the last expression of a body without a declared result calls a method on what outlives the body: a part of `self` or a
    /// module-level variable. Where a method exists in a form that changes its receiver and one that gives a changed copy, the change is meant then;
    /// a change of a local would be lost, so there the value is.
    fn changes_what_stays(&mut self, expr: &ast::Expr) -> bool {
        let ExprKind::Call { callee, .. } = &expr.kind else { return false };
        let ExprKind::Field(base, _) = &callee.kind else { return false };
        if !matches!(self.frame().ret, Ret::Inferred { .. }) {
            return false;
        }
        let mut root: &ast::Expr = base;
        while let ExprKind::Field(inner, _) | ExprKind::Index(inner, _) = &root.kind {
            root = inner;
        }
        let ExprKind::Name(name) = root.kind else { return false };
        if name == self.sy.self_ {
            return true;
        }
        let body = &self.bodies[self.cur];
        let mut scopes = body.active.iter().flat_map(|&frame| &body.frames[frame].scopes);
        let is_local =
            scopes.any(|scope| scope.names.contains_key(&name) || scope.leaked.contains_key(&name));
        !is_local && matches!(self.scopes.find_value(self.items(), name), Some((ValueDef::Module(_), _)))
    }

    /// Names of the functions of a block that use local names of the enclosing function.
    fn closures_of(&mut self, block: &'a ast::Block) -> HashSet<Symbol> {
        let mut locals: HashSet<Symbol> = HashSet::new();
        let body = &self.bodies[self.cur];
        for &frame in &body.active {
            for scope in &body.frames[frame].scopes {
                locals.extend(scope.names.keys());
                locals.extend(scope.leaked.keys());
            }
        }
        let mut own = Mentions::default();
        let mut fns = Vec::new();
        for stmt in &block.stmts {
            match &stmt.kind {
                StmtKind::Let { pat, .. } => own.pat(pat),
                StmtKind::Item(ast::Item { kind: ItemKind::Fn(decl), .. }) => {
                    let mut mentions = Mentions::default();
                    mentions.function(decl);
                    fns.push((decl.name.sym, mentions));
                }
                _ => {}
            }
        }
        locals.extend(own.bound);
        for (name, _) in &fns {
            locals.remove(name);
        }
        let mut closures = HashSet::new();
        loop {
            let before = closures.len();
            for (name, mentions) in &fns {
                let uses = mentions.names.iter().any(|used| {
                    !mentions.bound.contains(used)
                        && (locals.contains(used) || used != name && closures.contains(used))
                });
                if uses {
                    closures.insert(*name);
                }
            }
            if closures.len() == before {
                return closures;
            }
        }
    }

    /// A statement, with what goes before it.
    pub fn statement(&mut self, stmt: &'a ast::Stmt) -> Vec<IExpr> {
        if let StmtKind::Contract(contract) = &stmt.kind {
            return self.contract_stmt(contract, stmt.span);
        }
        if let StmtKind::Group(body) = &stmt.kind {
            return self.group_stmt(body);
        }
        let expr = self.stmt(stmt);
        self.drain();
        let mut stmts = self.take_collected(stmt.span);
        stmts.extend(expr);
        stmts
    }

    /// A statement whose value nobody uses.
    fn stmt(&mut self, stmt: &'a ast::Stmt) -> Option<IExpr> {
        match &stmt.kind {
            StmtKind::Item(item) => {
                if let ItemKind::Fn(decl) = &item.kind {
                    let is_declared = self
                        .frame()
                        .scopes
                        .last()
                        .and_then(|scope| scope.items)
                        .is_some_and(|items| self.scopes.get(items).values.contains_key(&decl.name.sym));
                    if !(is_declared || self.cur == 0 && self.is_module_level()) {
                        return Some(self.local_fn(decl));
                    }
                }
                None
            }
            StmtKind::Expr(expr) => Some(self.effect(expr)),
            StmtKind::Let { .. } => {
                if self.cur == 0 && self.is_module_level() {
                    return self.place_module_let();
                }
                Some(self.let_stmt(stmt))
            }
            StmtKind::Assign { target, op, value } => Some(self.assign(target, *op, value, stmt.span)),
            StmtKind::Return(value) => Some(self.return_stmt(value.as_ref(), stmt.span)),
            StmtKind::Break { label, value } => Some(self.break_stmt(*label, value.as_ref(), stmt.span)),
            StmtKind::Continue { label } => Some(self.continue_stmt(*label, stmt.span)),
            StmtKind::Pass | StmtKind::Error | StmtKind::Contract(_) | StmtKind::Group(_) => None,
            StmtKind::Defer { on_error, body } => Some(self.defer_stmt(*on_error, body, stmt.span)),
            StmtKind::Assert { cond, message } => {
                let cond = Box::new(self.condition(cond));
                let message = message.as_ref().map(|message| {
                    let text = self.tt.text();
                    Box::new(self.check(message, text, &Why::Other("the message")))
                });
                let unit = self.tt.unit();
                Some(self.expr(IKind::Assert { cond, message }, unit, stmt.span))
            }
        }
    }

    pub fn jump(&mut self, stmt: &'a ast::Stmt) -> IExpr {
        match self.stmt(stmt) {
            Some(expr) => expr,
            None => {
                let unit = self.tt.unit();
                self.expr(IKind::Unit, unit, stmt.span)
            }
        }
    }

    // -- val, var ---------------------------------------------------------------------------------------

    pub fn let_stmt(&mut self, stmt: &'a ast::Stmt) -> IExpr {
        let StmtKind::Let { mutable, pat, ty, init, otherwise } = &stmt.kind else {
            unreachable!("the caller looked");
        };
        let annotated = ty.as_ref().map(|ty| {
            let resolved = self.resolve_type(self.items(), ty);
            self.own_ty(resolved)
        });
        let is_dynamic = annotated.is_none() && self.dynamic.contains(&pat.span);
        let expect = match annotated {
            Some(ty) => Some(ty),
            None if is_dynamic => Some(self.tt.any()),
            None => None,
        };
        let value = match (init, expect) {
            (Some(init), Some(ty)) => {
                let why = match &pat.kind {
                    PatKind::Name { name, .. } => Why::Variable(self.name(name.sym)),
                    _ => Why::Other("the value"),
                };
                let value = self.check(init, ty, &why);
                // A value that does not fit is reported; the name has its type.
                IExpr { ty, ..value }
            }
            (Some(init), None) => {
                let value = self.infer(init, None);
                self.drain();
                if !mutable {
                    self.default_literals(value.ty);
                }
                value
            }
            (None, Some(ty)) => self.zero(ty, stmt.span),
            (None, None) => {
                if matches!(pat.kind, PatKind::Error) {
                    return self.error_expr(stmt.span);
                }
                self.report(
                    Diagnostic::new(Code::AmbiguousType, pat.span, "a variable without a value needs a type")
                        .help("write `var name: type` or `var name = value`"),
                );
                self.error_expr(stmt.span)
            }
        };
        let kind = if *mutable { BindKind::Var { annotated: annotated.is_some() } } else { BindKind::Val };
        self.bind_let(pat, value, kind, otherwise.as_ref(), stmt.span)
    }

    /// Matches a value against the pattern of a `val` or `var`.
    pub fn bind_let(
        &mut self,
        pat: &'a ast::Pat,
        value: IExpr,
        kind: BindKind,
        otherwise: Option<&'a ast::Block>,
        span: Span,
    ) -> IExpr {
        let unit = self.tt.unit();
        let soft = value.soft;
        // The block of `else` does not see the names.
        let otherwise_expr = otherwise.map(|block| {
            let never = self.tt.never();
            let expr = self.block(block, Some(never), false);
            if self.tt.con_of(expr.ty) != Some(Con::Never) {
                self.report(
                    Diagnostic::new(
                        Code::TypeMismatch,
                        block.span,
                        "this block must not go on: the names would have no value behind it",
                    )
                    .help("end it with `return`, `break`, `continue` or `panic(..)`"),
                );
            }
            expr
        });
        let ty = value.ty;
        self.binding_module = std::mem::take(&mut self.module_let);
        let pat = if otherwise_expr.is_some() {
            self.cond_pattern(pat, ty, kind)
        } else {
            self.pattern(pat, ty, kind)
        };
        self.binding_module = None;
        match pat.kind {
            IPatKind::Bind(bind) => self.body().binds[bind].soft = soft,
            IPatKind::Module(var) => self.module_binds[var].soft = soft,
            _ => {}
        }
        if let Some(otherwise) = otherwise_expr {
            let (init, otherwise) = (Box::new(value), Box::new(otherwise));
            return self.expr(IKind::LetElse { pat, init, otherwise }, unit, span);
        }
        self.take_apart(pat, value, span)
    }

    /// A value taken apart by a pattern that must match.
    pub fn take_apart(&mut self, pat: IPat, value: IExpr, span: Span) -> IExpr {
        let unit = self.tt.unit();
        let init = Box::new(value);
        if !self.refutable(&pat) {
            return self.expr(IKind::Let { pat, init }, unit, span);
        }
        if has_array(&pat) {
            // The length is known only when the program runs.
            let otherwise = self.raise(3, "the array does not have the length of the pattern", span);
            return self.expr(IKind::LetElse { pat, init, otherwise: Box::new(otherwise) }, unit, span);
        }
        let missing = self.missing_case(&pat);
        self.report(
            Diagnostic::new(Code::BadPattern, pat.span, "this pattern does not match every value")
                .label(missing)
                .help("add `else:` with a block that leaves, or use `if val` or `match`"),
        );
        self.expr(IKind::Let { pat, init }, unit, span)
    }

    /// The type of literals whose type nothing else has decided.
    pub fn default_literals(&mut self, t: T) {
        let mut found = Vec::new();
        let _ = self.tt.each_var(t, &mut |var| found.push(var));
        for var in found {
            let ty = match self.tt.vars[var].kind {
                VarKind::General => continue,
                VarKind::Int => self.tt.i64(),
                VarKind::Float => self.tt.f64(),
            };
            self.tt.bind_var(var, ty);
        }
    }

    /// The value that a variable of a type has when nothing was assigned.
    pub fn zero(&mut self, ty: T, span: Span) -> IExpr {
        let kind = match self.tt.con_of(ty) {
            Some(Con::Unit) => IKind::Unit,
            Some(Con::Bool) => IKind::Bool(false),
            Some(Con::Int(_)) => IKind::Int(0),
            Some(Con::Float(_)) => IKind::Float(0.0),
            Some(Con::Text) => IKind::Text(String::new()),
            Some(Con::Option | Con::Any) => IKind::Nil,
            Some(Con::Array) => IKind::Array(Vec::new()),
            Some(Con::Dict) => IKind::Dict(Vec::new()),
            Some(Con::Error) => IKind::Error,
            _ => {
                let text = self.show(ty);
                self.report(
                    Diagnostic::new(
                        Code::AmbiguousType,
                        span,
                        format!("a variable of type `{text}` needs a value"),
                    )
                    .help("write `= value`, or make the type optional with `?`"),
                );
                IKind::Error
            }
        };
        self.expr(kind, ty, span)
    }

    // -- return -----------------------------------------------------------------------------------------

    pub fn return_stmt(&mut self, value: Option<&'a ast::Expr>, span: Span) -> IExpr {
        let never = self.tt.never();
        if self.cur == 0 && self.bodies[0].active.len() == 1 {
            self.report(
                Diagnostic::new(Code::Misplaced, span, "`return` outside of a function")
                    .help("end the program with `exit(code)`"),
            );
            return self.error_expr(span);
        }
        self.not_deferred("`return`", span);
        let ret = self.frame().ret.clone();
        let value = match (ret, value) {
            (Ret::Declared(ty), Some(value)) => Some(self.check(value, ty, &Why::Result)),
            (Ret::Declared(ty), None) => {
                let unit = self.tt.unit();
                let expr = self.expr(IKind::Unit, unit, span);
                let expr = self.coerce(expr, ty, &Why::Result);
                Some(expr)
            }
            (Ret::Unit, Some(value)) => {
                let value = self.effect(value);
                let expr = self.expr(IKind::Return(None), never, span);
                return self.expr(IKind::Block { stmts: vec![value, expr], value: None }, never, span);
            }
            (Ret::Unit, None) => None,
            (Ret::Inferred { ret, .. }, Some(value)) => {
                let value = self.infer(value, Some(ret));
                Some(self.returned(value, ret))
            }
            (Ret::Inferred { ret, .. }, None) => {
                let unit = self.tt.unit();
                let value = self.expr(IKind::Unit, unit, span);
                Some(self.returned(value, ret))
            }
        };
        self.expr(IKind::Return(value.map(Box::new)), never, span)
    }

    /// Deferred work runs while the function returns: it cannot return anything itself.
    pub fn not_deferred(&mut self, what: &str, span: Span) {
        if self.frame().deferring {
            self.report(
                Diagnostic::new(Code::Misplaced, span, format!("{what} inside of deferred work"))
                    .label("the function is returning already")
                    .help("decide with `if` what the work does"),
            );
        }
    }

    /// Notes a value as one of the results, to be converted to what they have in common.
    pub fn returned(&mut self, value: IExpr, ret: T) -> IExpr {
        if let Ret::Inferred { inputs, .. } = &mut self.frame().ret {
            inputs.push(value.ty);
        }
        let span = value.span;
        self.expr(IKind::Coerce(Box::new(value)), ret, span)
    }
}

fn has_array(pat: &IPat) -> bool {
    match &pat.kind {
        IPatKind::Array { .. } => true,
        IPatKind::Tuple(items) | IPatKind::Or(items) => items.iter().any(has_array),
        IPatKind::Struct(fields) => fields.iter().any(|(_, pat)| has_array(pat)),
        IPatKind::Variant { args, .. } => args.iter().any(has_array),
        IPatKind::Some(inner) | IPatKind::Is(_, inner) => has_array(inner),
        IPatKind::Wild
        | IPatKind::Bind(_)
        | IPatKind::Module(_)
        | IPatKind::Literal(_)
        | IPatKind::Range { .. }
        | IPatKind::Nil => false,
    }
}
