//! Names in bodies: scopes, captures, assignment targets.
//!
//! A name that shadows an outer one is gone at the end of its block. A name that a block binds first stays
//! readable behind it; such a variable holds the zero of its type until it is set.

use super::ity::T;
use super::namespace::Space;
use super::places::Meant;
use super::tree::{BindId, FrameId, ModuleVar};
use super::{Bind, BindKind, BlockScope, Infer};
use crate::hir::{FnId, GlobalId};
use crate::scheme::External;
use crate::scope::ValueDef;
use crate::ty::{AdtId, TyId, Types};
use base::{Code, Diagnostic, Span, Symbol};
use std::collections::HashMap;

/// What a name means.
#[derive(Clone, Copy)]
pub(crate) enum Meaning {
    Bind(BindId),
    Module(ModuleVar),
    /// A variable of another module.
    Global(GlobalId),
    /// Another module.
    Namespace(Space),
    Fn(FnId),
    Adt(AdtId),
    /// A type parameter that stands for a number of a type.
    Number(u32, TyId),
    Unknown,
}

impl Infer<'_> {
    pub fn push_scope(&mut self) {
        self.frame().scopes.push(BlockScope { names: HashMap::new(), items: None, leaked: HashMap::new() });
    }

    /// Ends a block: names that no outer block of the function knows stay readable.
    pub fn pop_scope(&mut self) {
        let items = self.items();
        let Some(scope) = self.frame().scopes.pop() else { return };
        let mut new: Vec<(Symbol, Vec<BindId>)> = Vec::new();
        for (name, bind) in scope.names {
            new.push((name, vec![bind]));
        }
        new.extend(scope.leaked);
        new.retain(|(name, _)| {
            self.scopes.find_value(items, *name).is_none()
                && !self.frame().scopes.iter().any(|scope| scope.names.contains_key(name))
        });
        let frame = self.frame();
        if let Some(parent) = frame.scopes.last_mut() {
            for (name, binds) in new {
                parent.leaked.entry(name).or_default().extend(binds);
            }
        }
    }

    pub fn new_bind(&mut self, name: Symbol, ty: T, span: Span, kind: BindKind) -> BindId {
        self.body().binds.push(Bind {
            name,
            ty,
            span,
            kind,
            soft: false,
            alias: None,
            hoisted: false,
            decl: None,
        })
    }

    /// Binds a name in the innermost block.
    pub fn bind_name(&mut self, name: Symbol, bind: BindId) {
        if name == self.sy.underscore {
            return;
        }
        let scope = self.frame().scopes.last_mut().expect("inside a block");
        scope.names.insert(name, bind);
        scope.leaked.remove(&name);
    }

    /// Takes a name out of the innermost block again.
    pub fn unbind_name(&mut self, name: Symbol) {
        let scope = self.frame().scopes.last_mut().expect("inside a block");
        scope.names.remove(&name);
    }

    pub fn temp(&mut self, ty: T, span: Span) -> BindId {
        let name = self.sy.temp;
        self.new_bind(name, ty, span, BindKind::Val)
    }

    /// Looks a name up; captures it into the lambda where it is an outer function's.
    pub fn lookup(&mut self, name: Symbol, span: Span) -> Meaning {
        if self.at_cursor(span) {
            self.propose_values();
        }
        let meaning = self.meaning(name, span);
        let meant = match meaning {
            Meaning::Bind(bind) => Meant::Local(self.cur, bind),
            Meaning::Module(var) => Meant::Module(var),
            Meaning::Global(id) => Meant::Global(id),
            Meaning::Namespace(Space::File(id)) => Meant::File(id),
            Meaning::Fn(id) => Meant::Fn(id),
            Meaning::Adt(id) => Meant::Adt(id),
            Meaning::Namespace(Space::Inline(_)) | Meaning::Number(..) | Meaning::Unknown => return meaning,
        };
        self.seen(span, meant);
        meaning
    }

    fn meaning(&mut self, name: Symbol, span: Span) -> Meaning {
        if let Some((depth, bind)) = self.find_local(name, span) {
            return Meaning::Bind(self.capture(depth, bind));
        }
        match self.scopes.find_value(self.items(), name) {
            Some((ValueDef::Fn(id), _)) => {
                // What the standard library is made of is not for programs.
                let of_std = External::is_of_std(self.p.schemes.sigs[id].external);
                let hidden = of_std && !self.scopes.get(self.items()).is_std;
                if hidden { Meaning::Unknown } else { Meaning::Fn(id) }
            }
            Some((ValueDef::Adt(id), _)) => Meaning::Adt(id),
            Some((ValueDef::Global(id), _)) => Meaning::Global(id),
            Some((ValueDef::Namespace(id), _)) => Meaning::Namespace(Space::File(id)),
            Some((ValueDef::Inline(id), _)) => Meaning::Namespace(Space::Inline(id)),
            Some((ValueDef::Number(n, ty), _)) => match self.scopes.find_type(self.items(), name) {
                Some((_, true)) => {
                    self.outer_param(name, span);
                    Meaning::Number(n, Types::error())
                }
                Some((_, false)) | None => Meaning::Number(n, ty),
            },
            Some((ValueDef::Module(var), _)) => {
                let var = self.module_var_at(name, var);
                self.check_set(var, span);
                // The module body is one function, lambdas in it are others.
                if self.cur != 0 || self.bodies[0].active.len() > 1 {
                    self.module_binds[var].shared = true;
                }
                Meaning::Module(var)
            }
            None => Meaning::Unknown,
        }
    }

    /// The module body itself may only read variables of statements before.
    fn check_set(&mut self, var: ModuleVar, span: Span) {
        if self.cur != 0 || self.bodies[0].active.len() > 1 {
            return;
        }
        let info = &self.module_binds[var];
        let is_let = self.module_lets.get(info.stmt).is_some_and(|stmt| stmt.vars.contains(&var));
        if !is_let || info.stmt < self.module_at {
            return;
        }
        let (name, declared) = (info.name, info.span);
        let text = self.name(name);
        self.report(
            Diagnostic::new(Code::UsedBeforeSet, span, format!("`{text}` is used before it has a value"))
                .note(declared, "it gets its value here")
                .help("move the declaration up"),
        );
    }

    /// In the module body a name means the latest variable before the place.
    /// `found` is the last one of its scope.
    fn module_var_at(&self, name: Symbol, found: ModuleVar) -> ModuleVar {
        let Some(list) = self.module_names.get(&name).filter(|_| self.cur == 0) else { return found };
        let scope = self.module_binds[found].scope;
        let mut own = list.iter().copied().filter(|&var| self.module_binds[var].scope == scope);
        let before = own.clone().rev().find(|&var| self.module_binds[var].stmt < self.module_at);
        before.or_else(|| own.next()).unwrap_or(found)
    }

    fn find_local(&mut self, name: Symbol, span: Span) -> Option<(usize, BindId)> {
        let body = &self.bodies[self.cur];
        let mut leaked = None;
        'outer: for (depth, &frame) in body.active.iter().enumerate().rev() {
            for scope in body.frames[frame].scopes.iter().rev() {
                if let Some(&bind) = scope.names.get(&name) {
                    return Some((depth, bind));
                }
                if leaked.is_none()
                    && let Some(list) = scope.leaked.get(&name)
                {
                    leaked = Some((depth, list.clone()));
                    continue 'outer;
                }
            }
        }
        let (depth, list) = leaked?;
        Some((depth, self.merge_leaked(&list, span)))
    }

    /// Variables of blocks that have ended become one variable, used behind them.
    fn merge_leaked(&mut self, list: &[BindId], span: Span) -> BindId {
        let keep = self.root(list[list.len() - 1]);
        for &other in list {
            let other = self.root(other);
            if other == keep {
                continue;
            }
            let (a, b) = (self.body().binds[other].ty, self.body().binds[keep].ty);
            if self.tt.attempt(|tt| tt.unify(a, b)).is_ok() {
                self.body().binds[other].alias = Some(keep);
            } else {
                let (name, at) = (self.body().binds[other].name, self.body().binds[other].span);
                let text = self.name(name);
                self.report(
                    Diagnostic::new(
                        Code::AmbiguousType,
                        span,
                        format!("`{text}` is set with different types in different blocks"),
                    )
                    .note(at, "one of them")
                    .help(format!("declare it before the blocks: `var {text} = ..`")),
                );
            }
        }
        self.body().binds[keep].hoisted = true;
        keep
    }

    /// The binding whose place is used.
    pub fn root(&self, mut bind: BindId) -> BindId {
        while let Some(next) = self.bodies[self.cur].binds[bind].alias {
            bind = next;
        }
        bind
    }

    /// Takes a binding of an outer frame into all frames between.
    fn capture(&mut self, depth: usize, mut bind: BindId) -> BindId {
        let active = self.bodies[self.cur].active.clone();
        for &frame in &active[depth + 1..] {
            bind = self.capture_into(frame, bind);
        }
        bind
    }

    fn capture_into(&mut self, frame: FrameId, outer: BindId) -> BindId {
        let body = self.body();
        if let Some(&(_, inner)) = body.frames[frame].captures.iter().find(|(from, _)| *from == outer) {
            return inner;
        }
        let Bind { name, ty, span, soft, decl, .. } = body.binds[outer];
        let inner = body.binds.push(Bind {
            name,
            ty,
            span,
            kind: BindKind::Capture,
            soft,
            alias: None,
            hoisted: false,
            decl,
        });
        body.frames[frame].captures.push((outer, inner));
        inner
    }

    /// Names that can be meant here, for suggestions.
    pub fn names_in_reach(&self) -> Vec<String> {
        let body = &self.bodies[self.cur];
        let mut names = Vec::new();
        for &frame in &body.active {
            for scope in &body.frames[frame].scopes {
                names.extend(scope.names.keys().map(|&name| self.name(name)));
            }
        }
        // What the standard library is made of is not for programs.
        let items = self.items();
        let is_std = self.scopes.get(items).is_std;
        for name in self.scopes.value_names(items) {
            let hidden = match self.scopes.find_value(items, name) {
                Some((ValueDef::Fn(id), _)) => {
                    !is_std && External::is_of_std(self.p.schemes.sigs[id].external)
                }
                _ => false,
            };
            if !hidden {
                names.push(self.name(name));
            }
        }
        names
    }

    /// Whether the type around a method has a field of this name.
    fn is_own_field(&mut self, name: Symbol) -> bool {
        let own = self.own_type_here().map(|(_, own)| own);
        own.is_some_and(|own| self.find_field(own, name).is_some())
    }

    pub fn unknown_name(&mut self, name: Symbol, span: Span) {
        if self.unresolved.contains(&name) {
            return;
        }
        let text = self.name(name);
        let mut diagnostic = Diagnostic::new(Code::UnknownName, span, format!("`{text}` is not declared"));
        if let Some(help) = crate::names::foreign(&text) {
            self.report(diagnostic.help(help));
            return;
        }
        if self.is_own_field(name) {
            self.report(diagnostic.help(format!("a field is read by `self.{text}`")));
            return;
        }
        // Names in angle brackets are the compiler's own.
        let known = self.names_in_reach().into_iter().filter(|name| !name.starts_with('<')).collect();
        if let Some(close) = crate::names::closest(&text, known) {
            diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
        }
        self.report(diagnostic);
    }
}
