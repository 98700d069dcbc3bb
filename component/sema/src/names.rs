//! Names in the syntax tree, without meaning: what a function mentions, and which known name is close to a wrong one.

use base::Symbol;
use std::collections::HashSet;
use syntax::ast::{self, ExprKind, StmtKind};

/// The known name that is closest to a wrong one, if one is close enough to be meant.
pub(crate) fn closest(wrong: &str, known: Vec<String>) -> Option<String> {
    let limit = match wrong.chars().count() {
        0..=3 => 1,
        4..=5 => 2,
        _ => 3,
    };
    let wanted: Vec<char> = wrong.chars().collect();
    known
        .into_iter()
        .filter(|name| name != wrong && name.chars().all(|c| c.is_alphanumeric() || c == '_'))
        .filter_map(|name| {
            let distance = edit_distance(&wanted, &name.chars().collect::<Vec<_>>());
            (distance <= limit && distance < wanted.len()).then_some((distance, name))
        })
        .min()
        .map(|(_, name)| name)
}

/// What a program here says instead of a word of other languages.
pub(crate) fn foreign(word: &str) -> Option<&'static str> {
    Some(match word {
        "null" | "NULL" | "Null" | "undefined" | "Nil" | "none" => "write `nil`",
        "True" | "TRUE" => "write `true`",
        "False" | "FALSE" => "write `false`",
        "this" => "write `self`",
        "println" | "printf" | "puts" | "echo" => "write `print`",
        "switch" => "write `match e:` and `case`",
        "try" | "catch" | "except" | "throw" | "raise" => {
            "there are no exceptions: a function that may fail gives a `Result`, and `e?` hands its error on"
        }
        "lambda" => "a function without a name is written `\\x: x + 1`",
        _ => return None,
    })
}

/// Levenshtein distance; a change of case alone counts one in all.
fn edit_distance(a: &[char], b: &[char]) -> usize {
    if a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x.eq_ignore_ascii_case(y)) {
        return usize::from(a != b);
    }
    if a.len().abs_diff(b.len()) > 3 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}

/// True if a function's body says `self`.
pub(crate) fn mentions_self(decl: &ast::Fn, self_: Symbol) -> bool {
    decl.body.as_ref().is_some_and(|body| {
        let mut mentions = Mentions::default();
        mentions.block(body);
        mentions.names.contains(&self_)
    })
}

/// What a piece of syntax mentions: names in expressions, and members after a dot.
#[derive(Default)]
pub(crate) struct Mentions {
    pub names: HashSet<Symbol>,
    pub members: HashSet<Symbol>,
    /// In order of appearance, names and members alike.
    pub order: Vec<Symbol>,
    /// Names that patterns, parameters and declarations inside bind.
    pub bound: HashSet<Symbol>,
}

impl Mentions {
    fn name(&mut self, sym: Symbol) {
        if self.names.insert(sym) {
            self.order.push(sym);
        }
    }

    fn member(&mut self, sym: Symbol) {
        if self.members.insert(sym) {
            self.order.push(sym);
        }
    }

    pub fn block(&mut self, block: &ast::Block) {
        for stmt in &block.stmts {
            self.stmt(stmt);
        }
    }

    pub fn function(&mut self, decl: &ast::Fn) {
        for param in &decl.params {
            self.bound.insert(param.name.sym);
            if let Some(default) = &param.default {
                self.expr(default);
            }
        }
        if let Some(body) = &decl.body {
            self.block(body);
        }
    }

    pub fn item(&mut self, item: &ast::Item) {
        let methods = match &item.kind {
            ast::ItemKind::Fn(decl) => {
                self.bound.insert(decl.name.sym);
                self.function(decl);
                return;
            }
            ast::ItemKind::Struct(decl) => {
                for field in &decl.fields {
                    if let Some(default) = &field.default {
                        self.expr(default);
                    }
                }
                &decl.methods
            }
            ast::ItemKind::Enum(decl) => &decl.methods,
            ast::ItemKind::Trait(decl) => &decl.methods,
            ast::ItemKind::Impl(decl) => &decl.methods,
            ast::ItemKind::Mixin(decl) => &decl.methods,
            ast::ItemKind::FnAlias { name, target } => {
                self.bound.insert(name.sym);
                self.name(target.sym);
                return;
            }
            ast::ItemKind::Module { items, .. } => {
                items.iter().for_each(|item| self.item(item));
                return;
            }
            ast::ItemKind::TypeAlias { .. } | ast::ItemKind::NotYet(_) => return,
        };
        for method in methods {
            if let ast::ItemKind::Fn(decl) = &method.kind {
                self.function(decl);
            }
        }
    }

    pub fn stmt(&mut self, stmt: &ast::Stmt) {
        match &stmt.kind {
            StmtKind::Item(item) => self.item(item),
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Let { pat, init, otherwise, .. } => {
                self.pat(pat);
                self.option(init.as_ref());
                if let Some(block) = otherwise {
                    self.block(block);
                }
            }
            StmtKind::Assign { target, value, .. } => {
                self.expr(target);
                self.expr(value);
            }
            StmtKind::Return(value) => self.option(value.as_ref()),
            StmtKind::Break { value, .. } => self.option(value.as_ref()),
            StmtKind::Assert { cond, message } => {
                self.expr(cond);
                self.option(message.as_ref());
            }
            StmtKind::Defer { body, .. } | StmtKind::Group(body) => self.block(body),
            StmtKind::Contract(contract) => {
                self.bound.extend(contract.name.map(|name| name.sym));
                for clause in &contract.clauses {
                    self.expr(&clause.cond);
                    self.option(clause.message.as_ref());
                }
            }
            StmtKind::Continue { .. } | StmtKind::Pass | StmtKind::Error => {}
        }
    }

    pub fn pat(&mut self, pat: &ast::Pat) {
        match &pat.kind {
            ast::PatKind::Name { name, .. } | ast::PatKind::Typed { name, .. } => {
                self.bound.insert(name.sym);
            }
            ast::PatKind::Or(list) | ast::PatKind::Tuple(list) => list.iter().for_each(|pat| self.pat(pat)),
            ast::PatKind::Array { items, rest } => {
                items.iter().for_each(|pat| self.pat(pat));
                if let Some((_, Some(name))) = rest {
                    self.bound.insert(name.sym);
                }
            }
            ast::PatKind::Record { fields, .. } => {
                for (name, pat) in fields {
                    match pat {
                        Some(pat) => self.pat(pat),
                        None => {
                            self.bound.insert(name.sym);
                        }
                    }
                }
            }
            ast::PatKind::Variant { args, .. } => args.iter().flatten().for_each(|pat| self.pat(pat)),
            ast::PatKind::Literal(expr) => self.expr(expr),
            ast::PatKind::Range { start, end, .. } => {
                self.option(start.as_deref());
                self.option(end.as_deref());
            }
            ast::PatKind::Wild | ast::PatKind::Nil | ast::PatKind::Error => {}
        }
    }

    fn option(&mut self, expr: Option<&ast::Expr>) {
        if let Some(expr) = expr {
            self.expr(expr);
        }
    }

    fn args(&mut self, args: &[ast::Arg]) {
        args.iter().for_each(|arg| self.expr(&arg.value));
    }

    fn cond(&mut self, cond: &ast::Cond) {
        match cond {
            ast::Cond::Expr(expr) => self.expr(expr),
            ast::Cond::Let { pat, value, .. } => {
                self.pat(pat);
                self.expr(value);
            }
        }
    }

    fn clause(&mut self, clause: &ast::CompClause) {
        self.pat(&clause.pat);
        self.expr(&clause.iter);
        self.option(clause.cond.as_ref());
    }

    pub fn expr(&mut self, expr: &ast::Expr) {
        match &expr.kind {
            ExprKind::Name(sym) => self.name(*sym),
            ExprKind::Format(parts) => {
                for part in parts {
                    if let ast::FormatPart::Expr { expr, .. } = part {
                        self.expr(expr);
                    }
                }
            }
            ExprKind::TypeApply(base, _)
            | ExprKind::Unary(_, base)
            | ExprKind::Try(base)
            | ExprKind::Await(base)
            | ExprKind::Present(base)
            | ExprKind::Cast(base, _) => {
                self.expr(base);
            }
            ExprKind::Tuple(items) | ExprKind::Chain(_, items) => {
                items.iter().for_each(|item| self.expr(item))
            }
            ExprKind::Compared { sides, tell, .. } => {
                sides.iter().for_each(|side| self.expr(side));
                self.expr(tell);
            }
            ExprKind::Array(items) => {
                for item in items {
                    match item {
                        ast::Element::Item(expr) | ast::Element::Spread(expr) => self.expr(expr),
                    }
                }
            }
            ExprKind::Repeat(a, b)
            | ExprKind::Binary(_, a, b)
            | ExprKind::And(a, b)
            | ExprKind::Or(a, b)
            | ExprKind::Coalesce(a, b)
            | ExprKind::Combine(_, a, b)
            | ExprKind::Index(a, b)
            | ExprKind::Unwrap { value: a, fallback: b, .. } => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Dict(items) => {
                for item in items {
                    match item {
                        ast::DictElement::Pair(key, value) => {
                            self.expr(key);
                            self.expr(value);
                        }
                        ast::DictElement::Spread(expr) => self.expr(expr),
                    }
                }
            }
            ExprKind::Record { ty, fields } => {
                self.expr(ty);
                fields.iter().for_each(|(_, value)| self.expr(value));
            }
            ExprKind::ArrayComp { value, clause } => {
                self.clause(clause);
                self.expr(value);
            }
            ExprKind::DictComp { key, value, clause } => {
                self.clause(clause);
                self.expr(key);
                self.expr(value);
            }
            ExprKind::Generator(body) => self.block(body),
            ExprKind::Yield(value) => self.option(value.as_deref()),
            ExprKind::Range { start, end, .. } => {
                self.option(start.as_deref());
                self.option(end.as_deref());
            }
            ExprKind::Call { callee, args } => {
                self.expr(callee);
                self.args(args);
            }
            ExprKind::Field(base, name) => {
                self.expr(base);
                self.member(name.sym);
            }
            ExprKind::OptChain { base, name, call } => {
                self.expr(base);
                self.member(name.sym);
                self.args(call.as_deref().unwrap_or_default());
            }
            ExprKind::Slice { base, start, end, step } => {
                self.expr(base);
                for bound in [start, end, step] {
                    self.option(bound.as_deref());
                }
            }
            ExprKind::Set(items) => {
                for item in items {
                    match item {
                        ast::Element::Item(expr) | ast::Element::Spread(expr) => self.expr(expr),
                    }
                }
            }
            ExprKind::Anonymous(fields) => fields.iter().for_each(|(_, value)| self.expr(value)),
            ExprKind::Context { object, body } => {
                self.expr(object);
                self.block(body);
            }
            ExprKind::With { resource, pat, body } => {
                self.expr(resource);
                if let Some(pat) = pat {
                    self.pat(pat);
                }
                self.block(body);
            }
            ExprKind::Lambda { params, body } => {
                params.iter().for_each(|param| self.pat(&param.pat));
                self.block(body);
            }
            ExprKind::If { cond, then, otherwise } => {
                self.cond(cond);
                self.block(then);
                if let Some(block) = otherwise {
                    self.block(block);
                }
            }
            ExprKind::Match { value, arms } => {
                self.expr(value);
                for arm in arms {
                    self.pat(&arm.pat);
                    self.option(arm.guard.as_ref());
                    self.block(&arm.body);
                }
            }
            ExprKind::While { cond, body, .. } => {
                self.cond(cond);
                self.block(body);
            }
            ExprKind::For { index, pat, iter, body, .. } => {
                if let Some(name) = index {
                    self.bound.insert(name.sym);
                }
                self.pat(pat);
                self.expr(iter);
                self.block(body);
            }
            ExprKind::Loop { body, .. } | ExprKind::Block(body) => self.block(body),
            ExprKind::Jump(stmt) => self.stmt(stmt),
            ExprKind::Int(..)
            | ExprKind::Float(..)
            | ExprKind::Bool(_)
            | ExprKind::Text(_)
            | ExprKind::Nil
            | ExprKind::Unit
            | ExprKind::NotYet(_)
            | ExprKind::Error => {}
        }
    }
}
