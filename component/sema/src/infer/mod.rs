//! Type inference: Hindley-Milner with deferred constraints.
//!
//! Functions are inferred on demand. A function that is needed while it is still being inferred is used with the types found so far,
//! and everything on the stack above it belongs to its group (Tarjan's algorithm, on the references that inference really
//! makes); a group is generalised together when its first function is done. What constraints a group leaves open becomes part
//! of its signatures and is solved anew at each call. The module body is never generalised: its variables have level 0.

mod arguments;
mod assign;
mod binding;
mod block;
mod call;
mod cast;
mod cleanup;
mod collection;
mod construct;
mod context;
mod contract;
mod control;
pub(crate) mod convert;
mod expr;
mod function;
mod future;
mod generalize;
mod generator;
mod group;
mod instantiate;
mod iterate;
pub(crate) mod ity;
mod join;
mod lambda;
pub(crate) mod member;
mod module;
pub(crate) mod namespace;
mod operator;
mod option;
mod pattern;
mod pattern_adt;
mod place;
pub(crate) mod places;
mod record;
mod set;
mod settle;
mod show;
pub(crate) mod solve;
pub(crate) mod tree;

use crate::hir::{FnId, Program};
use crate::scheme::Constraint;
use crate::scope::{ScopeId, Scopes};
use base::{Code, Cx, Diagnostic, Map, Span, Symbol};
use ity::{ITypes, T, Var, VarKind};
use std::collections::{HashMap, HashSet, VecDeque};
use syntax::ast;
use tree::{BindId, FrameId, IExpr, ModuleVar, Pending, Resolution};

/// What a function does, in the syntax tree.
#[derive(Clone, Copy)]
pub(crate) enum DeclBody<'a> {
    Fn(&'a ast::Fn),
    /// A default value of a parameter or field.
    Default(&'a ast::Expr),
    /// The check of a type's invariants.
    Invariant(&'a [ast::Clause]),
    /// A call of another method with the same arguments.
    Forward(Forward),
}

/// Where a forwarded method leads.
#[derive(Clone, Copy)]
pub(crate) struct Forward {
    /// The field whose method is called; none for the method of the same name that the type has itself.
    pub field: Option<ast::Name>,
    pub method: Symbol,
}

/// What a postcondition keeps of the time when the function begins.
pub(crate) struct Olds {
    /// The name of the result, which is not known then.
    pub result: Symbol,
    /// How many functions and lambdas are open around the clause.
    pub depth: usize,
    pub stmts: Vec<IExpr>,
}

/// How far a function is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    Unstarted,
    /// Its signature is complete, its body waits.
    Queued,
    /// Being inferred, or waiting for its group; position on the stack.
    Running(usize),
    /// Inferred, but its types hang on those of module-level variables: it has one type, known at the end.
    Monomorphic,
    Finished,
}

#[derive(Clone, Copy)]
pub(crate) struct Decl<'a> {
    pub body: DeclBody<'a>,
    /// Where names in it are looked up.
    pub scope: ScopeId,
    pub state: State,
}

/// A function on the stack of inference.
struct Running {
    id: FnId,
    body: usize,
    /// The lowest position that it reaches.
    low: usize,
    /// Its first constraint.
    mark: usize,
}

/// Types of a function that is being inferred.
#[derive(Clone)]
struct Live {
    params: Vec<T>,
    ret: T,
}

/// A body under inference, with the lambdas in it.
pub(crate) struct Body<'a> {
    pub id: FnId,
    pub scope: ScopeId,
    pub binds: Map<BindId, Bind<'a>>,
    pub frames: Map<FrameId, Frame>,
    /// Frames that are being inferred, innermost last.
    pub active: Vec<FrameId>,
    /// Type parameters that generalisation made of variables.
    pub params: HashMap<Var, u32>,
}

/// A name bound in a body.
pub(crate) struct Bind<'a> {
    pub name: Symbol,
    pub ty: T,
    pub span: Span,
    pub kind: BindKind,
    pub soft: bool,
    /// The variable that it shares its place with, for a name that is used behind the block that binds it.
    pub alias: Option<BindId>,
    /// Read behind the block that first binds it: it has a zero value from the start.
    pub hoisted: bool,
    /// The declaration, for a function inside this one: calls by its name know its parameters.
    pub decl: Option<&'a ast::Fn>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BindKind {
    Val,
    /// A variable; with a type that was written, or found.
    Var {
        annotated: bool,
    },
    Param,
    /// `self`, and whether the method may change it.
    Own {
        me: bool,
    },
    Capture,
}

/// One activation: a function or a lambda.
pub(crate) struct Frame {
    pub id: FnId,
    pub params: Vec<BindId>,
    /// Outer name, and the name inside.
    pub captures: Vec<(BindId, BindId)>,
    pub self_closure: Option<BindId>,
    pub scopes: Vec<BlockScope>,
    pub ret: Ret,
    pub loops: Vec<Loop>,
    pub next_loop: usize,
    pub value: Option<IExpr>,
    pub ret_ty: T,
    pub span: Span,
    /// Statements in that many scopes are passed on every way through the function.
    pub straight: usize,
    /// The state of the generator that it runs, and the type of a value.
    pub generator: Option<(BindId, T)>,
    /// Inside of deferred work.
    pub deferring: bool,
    /// Deferred work of the branches and loops of the statement at hand.
    pub collected: cleanup::Collected,
}

/// How `return` and the last value are treated.
#[derive(Clone)]
pub(crate) enum Ret {
    /// Converted to the declared type.
    Declared(T),
    /// Joined at the end.
    Inferred { inputs: Vec<T>, ret: T },
    /// Values are dropped: the result is unit.
    Unit,
}

pub(crate) struct BlockScope {
    pub names: HashMap<Symbol, BindId>,
    pub items: Option<ScopeId>,
    /// Names that inner blocks have bound first: usable behind them.
    pub leaked: HashMap<Symbol, Vec<BindId>>,
}

pub(crate) struct Loop {
    pub label: Option<Symbol>,
    pub id: crate::hir::LoopId,
    /// For `loop`: types of `break` values.
    pub breaks: Option<Vec<T>>,
    pub broken: bool,
}

/// A module-level variable.
pub(crate) struct ModuleBind {
    pub name: Symbol,
    pub span: Span,
    pub ty: T,
    pub mutable: bool,
    pub annotated: bool,
    pub soft: bool,
    /// The scope that it is declared in: the module, or a test group.
    pub scope: ScopeId,
    /// The statement that sets it.
    pub stmt: usize,
    /// Functions or lambdas use it.
    pub shared: bool,
}

/// A module-level `val` or `var`.
pub(crate) struct ModuleLet<'a> {
    pub stmt: &'a ast::Stmt,
    pub vars: Vec<ModuleVar>,
    /// Where its names are found: the module, or a test group.
    pub scope: ScopeId,
    pub state: LetState,
}

pub(crate) enum LetState {
    Unstarted,
    Running,
    Done(IExpr),
    /// Taken over into the module body.
    Placed,
}

/// A constraint that waits.
pub(crate) struct Waiting {
    pub kind: Constraint<T>,
    /// What the program asks for here.
    pub span: Span,
    pub level: u32,
    pub pending: Option<Pending>,
    /// Uses in templates that lead to it, outermost last.
    pub trace: Vec<Span>,
    pub done: bool,
}

/// Names that the compiler knows.
pub(crate) struct Known {
    pub self_: Symbol,
    pub own: Symbol,
    pub result: Symbol,
    pub some: Symbol,
    pub none: Symbol,
    pub main: Symbol,
    pub lambda: Symbol,
    pub temp: Symbol,
    pub underscore: Symbol,
    pub invariant: Symbol,
    pub result_name: Symbol,
    pub old: Symbol,
}

pub(crate) struct Infer<'a> {
    pub cx: &'a mut Cx,
    pub p: &'a mut Program,
    pub scopes: Scopes<'a>,
    pub decls: Vec<Option<Decl<'a>>>,
    pub tt: ITypes,
    pub sy: Known,
    pub alias_depth: u32,
    pub bodies: Vec<Body<'a>>,
    pub cur: usize,
    pub level: u32,
    stack: Vec<Running>,
    /// Positions of the functions whose inference is nested in the compiler's own calls, innermost last.
    runners: Vec<usize>,
    /// Positions of functions on the stack whose bodies wait until the innermost runner has looked at its own.
    joined: VecDeque<usize>,
    live: HashMap<FnId, Live>,
    /// Variables that stand for the added type parameters of a function, in order.
    pub extras: HashMap<FnId, Vec<T>>,
    pub constraints: Vec<Waiting>,
    waiting: HashMap<Var, Vec<usize>>,
    queue: VecDeque<usize>,
    pub pendings: Map<Pending, Option<Resolution>>,
    pub todo: VecDeque<FnId>,
    /// Names that a `use` line should have brought and did not, which was reported.
    pub unresolved: HashSet<Symbol>,
    pub module_binds: Map<ModuleVar, ModuleBind>,
    pub module_lets: Vec<ModuleLet<'a>>,
    pub groups: group::Groups,
    pub module_names: HashMap<Symbol, Vec<ModuleVar>>,
    /// Module-level variables that became globals.
    pub globals: HashMap<ModuleVar, crate::hir::GlobalId>,
    /// How many of the module's `val`s and `var`s stand before the place that is looked at.
    pub module_at: usize,
    /// The module-level statement whose value is inferred, and the one whose names are bound just now.
    pub module_let: Option<usize>,
    pub binding_module: Option<usize>,
    /// Places of variables that hold values of several types, from the last run; and those found in this one.
    pub dynamic: HashSet<Span>,
    pub found_dynamic: HashSet<Span>,
    pub exhausted: bool,
    /// Inside of a postcondition.
    pub olds: Option<Olds>,
    reported: HashSet<(Code, Span)>,
    /// Constraint failures are counted, not reported: an instance is being decided.
    pub silent: Option<u32>,
    /// What names mean, where somebody asked.
    record: Option<Box<places::Record>>,
}

impl<'a> Infer<'a> {
    pub fn new(cx: &'a mut Cx, p: &'a mut Program) -> Infer<'a> {
        let names = &mut cx.names;
        let sy = Known {
            self_: names.intern("self"),
            own: names.intern("Self"),
            result: names.intern("Result"),
            some: names.intern("Some"),
            none: names.intern("None"),
            main: names.intern("main"),
            lambda: names.intern("<lambda>"),
            temp: names.intern("<temp>"),
            underscore: names.intern("_"),
            invariant: names.intern(contract::INVARIANT),
            result_name: names.intern("result"),
            old: names.intern("old"),
        };
        Infer {
            cx,
            p,
            scopes: Scopes::default(),
            decls: Vec::new(),
            tt: ITypes::new(),
            sy,
            alias_depth: 0,
            bodies: Vec::new(),
            cur: 0,
            level: 0,
            stack: Vec::new(),
            runners: Vec::new(),
            joined: VecDeque::new(),
            live: HashMap::new(),
            extras: HashMap::new(),
            constraints: Vec::new(),
            waiting: HashMap::new(),
            queue: VecDeque::new(),
            pendings: Map::new(),
            todo: VecDeque::new(),
            unresolved: HashSet::new(),
            module_binds: Map::new(),
            module_lets: Vec::new(),
            groups: group::Groups::default(),
            module_names: HashMap::new(),
            globals: HashMap::new(),
            module_at: 0,
            module_let: None,
            binding_module: None,
            dynamic: HashSet::new(),
            found_dynamic: HashSet::new(),
            exhausted: false,
            olds: None,
            reported: HashSet::new(),
            silent: None,
            record: None,
        }
    }

    /// Reports a finding; the same code at the same place is reported once.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        if let Some(count) = &mut self.silent {
            *count += 1;
            return;
        }
        if self.reported.insert((diagnostic.code, diagnostic.primary.span)) {
            self.cx.diags.push(diagnostic);
        }
    }

    pub fn name(&self, symbol: Symbol) -> String {
        self.cx.names.name(symbol).to_owned()
    }

    /// Takes work from the budget; false once it is used up. Everything then ends quickly with errors that nobody sees.
    pub fn spend(&mut self) -> bool {
        let steps = 1 + std::mem::take(&mut self.tt.steps);
        if self.cx.budget.spend(steps).is_err() {
            self.exhausted = true;
        }
        !self.exhausted
    }

    pub fn fresh(&mut self) -> T {
        self.fresh_kind(VarKind::General)
    }

    pub fn fresh_kind(&mut self, kind: VarKind) -> T {
        let level = self.level;
        self.tt.fresh(kind, level)
    }

    /// A finished type in the body that is looked at: type parameters are its own.
    pub fn own_ty(&mut self, ty: crate::ty::TyId) -> T {
        self.tt.import(&self.p.types, ty, &[])
    }

    /// Solves what can be solved, then gives the type with its head as far as it is known.
    pub fn known(&mut self, t: T) -> T {
        self.drain();
        self.tt.shallow(t)
    }

    pub fn body(&mut self) -> &mut Body<'a> {
        &mut self.bodies[self.cur]
    }

    pub fn frame(&mut self) -> &mut Frame {
        let body = &mut self.bodies[self.cur];
        let id = *body.active.last().expect("inside a function");
        &mut body.frames[id]
    }

    /// The scope of declarations that holds here.
    pub fn items(&self) -> ScopeId {
        let body = &self.bodies[self.cur];
        for &frame in body.active.iter().rev() {
            for scope in body.frames[frame].scopes.iter().rev() {
                if let Some(items) = scope.items {
                    return items;
                }
            }
        }
        body.scope
    }

    pub fn expr(&self, kind: tree::IKind, ty: T, span: Span) -> IExpr {
        IExpr { kind, ty, span, soft: false }
    }

    pub fn error_expr(&mut self, span: Span) -> IExpr {
        let ty = self.tt.error();
        self.expr(tree::IKind::Error, ty, span)
    }
}
