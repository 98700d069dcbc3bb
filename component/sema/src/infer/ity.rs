//! Types while they are being found: like [`Ty`], with variables. Hash-consed, so that a type that mentions another many times is
//! as small as one that mentions it once; variables are a union-find with a trail, so that a trial unification can be undone.

use crate::ty::{AdtId, IntTy, TraitId, Ty, TyId, Types};
use base::{EntityId, Map, entity_id};
use std::collections::HashMap;

entity_id!(
    /// A type that may mention variables.
    T, "t"
);
entity_id!(
    /// A type variable.
    Var, "v"
);

/// What a type is made with; its arguments stand in [`Node::App`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Con {
    Error,
    Never,
    Unit,
    Bool,
    Int(IntTy),
    Float(u8),
    Text,
    Any,
    Range,
    Array,
    Dict,
    Tuple,
    Option,
    /// Parameters, then the result.
    Fn,
    Adt(AdtId),
    Dyn(TraitId),
    /// A number as a type argument.
    Number(u64),
    /// A type parameter of the function whose body is checked.
    Param(u32),
}

/// A type.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Node {
    Var(Var),
    App(Con, Vec<T>),
}

/// What a variable may become.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VarKind {
    /// Anything.
    General,
    /// The type of an integer literal: an integer or float type.
    Int,
    /// The type of a float literal: a float type.
    Float,
}

#[derive(Clone)]
pub struct VarState {
    pub binding: Option<T>,
    pub kind: VarKind,
    /// Position on the stack of functions under inference that owns it; 0 is the module body.
    pub level: u32,
    /// At most as many bound variables lead here one behind the other.
    pub rank: u32,
}

/// Why two types are not one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clash {
    Mismatch,
    /// A type would contain itself.
    Infinite,
    TooDeep,
}

/// A unification that takes more steps is of types too large to be meant.
const MAX_STEPS: u64 = 100_000;

/// The state that [`ITypes::undo`] goes back to.
pub struct Mark {
    trail: usize,
    woken: usize,
}

/// Types nested deeper than this are rejected.
pub const MAX_DEPTH: u32 = 100;

pub struct ITypes {
    nodes: Vec<Node>,
    open: Vec<bool>,
    ids: HashMap<Node, T>,
    pub vars: Map<Var, VarState>,
    trail: Vec<(Var, VarState)>,
    trials: u32,
    /// Variables bound since the last look: their constraints can be tried again.
    pub woken: Vec<Var>,
    ground: HashMap<TyId, T>,
    visited: HashMap<T, u32>,
    epoch: u32,
    /// Steps of work since the last look.
    pub steps: u64,
    /// Steps after which the unification at hand is given up.
    limit: u64,
}

impl ITypes {
    pub fn new() -> ITypes {
        ITypes {
            nodes: Vec::new(),
            open: Vec::new(),
            ids: HashMap::new(),
            vars: Map::new(),
            trail: Vec::new(),
            trials: 0,
            woken: Vec::new(),
            ground: HashMap::new(),
            visited: HashMap::new(),
            epoch: 0,
            steps: 0,
            limit: 0,
        }
    }

    fn intern(&mut self, node: Node) -> T {
        self.steps += 1;
        if let Some(&id) = self.ids.get(&node) {
            return id;
        }
        let id = T::from_index(self.nodes.len());
        let open = match &node {
            Node::Var(_) => true,
            Node::App(_, args) => args.iter().any(|arg| self.open[arg.index()]),
        };
        self.open.push(open);
        self.nodes.push(node.clone());
        self.ids.insert(node, id);
        id
    }

    pub fn app(&mut self, con: Con, args: Vec<T>) -> T {
        self.intern(Node::App(con, args))
    }

    pub fn con(&mut self, con: Con) -> T {
        self.app(con, Vec::new())
    }

    pub fn error(&mut self) -> T {
        self.con(Con::Error)
    }
    pub fn never(&mut self) -> T {
        self.con(Con::Never)
    }
    pub fn unit(&mut self) -> T {
        self.con(Con::Unit)
    }
    pub fn bool(&mut self) -> T {
        self.con(Con::Bool)
    }
    pub fn i64(&mut self) -> T {
        self.con(Con::Int(IntTy { bits: 64, signed: true }))
    }
    pub fn f64(&mut self) -> T {
        self.con(Con::Float(64))
    }
    pub fn text(&mut self) -> T {
        self.con(Con::Text)
    }
    pub fn any(&mut self) -> T {
        self.con(Con::Any)
    }
    pub fn range(&mut self) -> T {
        self.con(Con::Range)
    }
    pub fn array(&mut self, elem: T) -> T {
        self.app(Con::Array, vec![elem])
    }
    pub fn dict(&mut self, key: T, value: T) -> T {
        self.app(Con::Dict, vec![key, value])
    }
    pub fn option(&mut self, inner: T) -> T {
        self.app(Con::Option, vec![inner])
    }
    pub fn func(&mut self, params: &[T], ret: T) -> T {
        let mut args = params.to_vec();
        args.push(ret);
        self.app(Con::Fn, args)
    }

    /// The type that a variable is.
    pub fn var_type(&mut self, var: Var) -> T {
        self.intern(Node::Var(var))
    }

    pub fn fresh(&mut self, kind: VarKind, level: u32) -> T {
        let var = self.vars.push(VarState { binding: None, kind, level, rank: 0 });
        self.intern(Node::Var(var))
    }

    /// The type with bound variables at its head followed.
    pub fn shallow(&self, mut t: T) -> T {
        while let Node::Var(var) = self.nodes[t.index()] {
            match self.vars[var].binding {
                Some(next) => t = next,
                None => break,
            }
        }
        t
    }

    /// The node of a type, bound variables at its head followed.
    pub fn node(&self, t: T) -> &Node {
        &self.nodes[self.shallow(t).index()]
    }

    /// Constructor and arguments, where the head is known.
    pub fn head(&self, t: T) -> Option<(Con, &[T])> {
        match self.node(t) {
            Node::App(con, args) => Some((*con, args)),
            Node::Var(_) => None,
        }
    }

    /// The constructor, where the head is known.
    pub fn con_of(&self, t: T) -> Option<Con> {
        self.head(t).map(|(con, _)| con)
    }

    /// The unbound variable at the head, if any.
    pub fn var_of(&self, t: T) -> Option<Var> {
        match *self.node(t) {
            Node::Var(var) => Some(var),
            Node::App(..) => None,
        }
    }

    /// The kind of the unbound variable at the head.
    pub fn kind_of(&self, t: T) -> Option<VarKind> {
        self.var_of(t).map(|var| self.vars[var].kind)
    }

    /// Argument `n` of a type with a known head.
    pub fn arg(&self, t: T, n: usize) -> T {
        match self.node(t) {
            Node::App(_, args) => args[n],
            Node::Var(_) => unreachable!("the head is known"),
        }
    }

    /// Calls `see` with each unbound variable in the type, each once.
    pub fn each_var(&mut self, t: T, see: &mut impl FnMut(Var)) -> Result<(), Clash> {
        self.epoch += 1;
        self.walk(t, 0, see)
    }

    fn walk(&mut self, t: T, depth: u32, see: &mut impl FnMut(Var)) -> Result<(), Clash> {
        let t = self.shallow(t);
        if !self.open[t.index()] {
            return if depth + self.ground_depth(t, depth) > MAX_DEPTH {
                Err(Clash::TooDeep)
            } else {
                Ok(())
            };
        }
        if depth > MAX_DEPTH {
            return Err(Clash::TooDeep);
        }
        if self.visited.get(&t) == Some(&self.epoch) {
            return Ok(());
        }
        self.visited.insert(t, self.epoch);
        self.steps += 1;
        match self.nodes[t.index()].clone() {
            Node::Var(var) => see(var),
            Node::App(_, args) => {
                for arg in args {
                    self.walk(arg, depth + 1, see)?;
                }
            }
        }
        Ok(())
    }

    /// Depth of a type without variables, as far as it matters for the limit.
    fn ground_depth(&self, t: T, above: u32) -> u32 {
        if above > MAX_DEPTH {
            return 0;
        }
        match &self.nodes[t.index()] {
            Node::Var(_) => 0,
            // The first argument alone: a chain deeper than the limit is found when it is built step by step.
            Node::App(_, args) => match args.first() {
                Some(&first) => 1 + self.ground_depth(first, above + 1),
                None => 0,
            },
        }
    }

    fn set(&mut self, var: Var, state: VarState) {
        let old = std::mem::replace(&mut self.vars[var], state);
        if self.trials > 0 {
            self.trail.push((var, old));
        }
    }

    fn bind(&mut self, var: Var, t: T) -> Result<(), Clash> {
        let level = self.vars[var].level;
        let mut found = Vec::new();
        self.each_var(t, &mut |inner| found.push(inner))?;
        if found.contains(&var) {
            return Err(Clash::Infinite);
        }
        for inner in found {
            if self.vars[inner].level > level {
                let state = VarState { level, ..self.vars[inner].clone() };
                self.set(inner, state);
            }
        }
        let state = VarState { binding: Some(t), ..self.vars[var].clone() };
        self.set(var, state);
        self.woken.push(var);
        Ok(())
    }

    /// Gives an unbound variable its type, which mentions no variable.
    pub fn bind_var(&mut self, var: Var, t: T) {
        let bound = self.bind(var, t);
        debug_assert!(bound.is_ok(), "a type without variables");
    }

    /// Makes two types one.
    pub fn unify(&mut self, a: T, b: T) -> Result<(), Clash> {
        self.limit = self.steps + MAX_STEPS;
        self.unify_at(a, b, 0)
    }

    fn unify_at(&mut self, a: T, b: T, depth: u32) -> Result<(), Clash> {
        self.steps += 1;
        if depth > MAX_DEPTH || self.steps > self.limit {
            return Err(Clash::TooDeep);
        }
        let (a, b) = (self.shallow(a), self.shallow(b));
        if a == b {
            return Ok(());
        }
        match (self.nodes[a.index()].clone(), self.nodes[b.index()].clone()) {
            (Node::Var(x), Node::Var(y)) => {
                let (kx, ky) = (self.vars[x].kind, self.vars[y].kind);
                let (rx, ry) = (self.vars[x].rank, self.vars[y].rank);
                // The one with the narrower kind stays; among equals the one with the longer chain behind it, so that chains stay short.
                let (from, to, keep) = match (kx, ky) {
                    (VarKind::General, VarKind::General)
                    | (VarKind::Int, VarKind::Int)
                    | (VarKind::Float, VarKind::Float) => {
                        if rx <= ry {
                            (x, b, y)
                        } else {
                            (y, a, x)
                        }
                    }
                    (VarKind::General, _) | (VarKind::Int, VarKind::Float) => (x, b, y),
                    (_, VarKind::General) | (VarKind::Float, VarKind::Int) => (y, a, x),
                };
                let level = self.vars[from].level.min(self.vars[keep].level);
                let rank = self.vars[keep].rank.max(self.vars[from].rank + 1);
                if self.vars[keep].level != level || self.vars[keep].rank != rank {
                    let state = VarState { level, rank, ..self.vars[keep].clone() };
                    self.set(keep, state);
                }
                let state = VarState { binding: Some(to), ..self.vars[from].clone() };
                self.set(from, state);
                self.woken.push(from);
                Ok(())
            }
            (Node::Var(var), Node::App(con, _)) => self.bind_kind(var, b, con),
            (Node::App(con, _), Node::Var(var)) => self.bind_kind(var, a, con),
            (Node::App(Con::Error, _), _) | (_, Node::App(Con::Error, _)) => Ok(()),
            (Node::App(f, xs), Node::App(g, ys)) => {
                if f != g || xs.len() != ys.len() {
                    return Err(Clash::Mismatch);
                }
                for (x, y) in xs.into_iter().zip(ys) {
                    self.unify_at(x, y, depth + 1)?;
                }
                Ok(())
            }
        }
    }

    fn bind_kind(&mut self, var: Var, t: T, con: Con) -> Result<(), Clash> {
        let fits = match self.vars[var].kind {
            VarKind::General => true,
            VarKind::Int => matches!(con, Con::Int(_) | Con::Float(_) | Con::Error),
            VarKind::Float => matches!(con, Con::Float(_) | Con::Error),
        };
        if fits { self.bind(var, t) } else { Err(Clash::Mismatch) }
    }

    /// Begins a trial, to be ended with [`ITypes::undo`].
    pub fn mark(&mut self) -> Mark {
        self.trials += 1;
        Mark { trail: self.trail.len(), woken: self.woken.len() }
    }

    /// Ends a trial and takes back all that it bound.
    pub fn undo(&mut self, mark: Mark) {
        while self.trail.len() > mark.trail {
            let (var, old) = self.trail.pop().expect("longer than the mark");
            self.vars[var] = old;
        }
        self.woken.truncate(mark.woken);
        self.trials -= 1;
    }

    /// Runs a trial; where it fails, all that it bound is undone.
    pub fn attempt<R, E>(&mut self, trial: impl FnOnce(&mut Self) -> Result<R, E>) -> Result<R, E> {
        let mark = self.mark();
        let result = trial(self);
        if result.is_err() {
            self.undo(mark);
        } else {
            self.trials -= 1;
            if self.trials == 0 {
                self.trail.clear();
            }
        }
        result
    }

    /// Whether two types could be made one; nothing is bound.
    pub fn could_unify(&mut self, a: T, b: T) -> bool {
        let mut fits = false;
        let _ = self.attempt(|types| {
            fits = types.unify(a, b).is_ok();
            Err::<(), ()>(())
        });
        fits
    }

    /// A finished type as one under inference, with its type parameters replaced. Parameters beyond `args` stay.
    pub fn import(&mut self, types: &Types, id: TyId, args: &[T]) -> T {
        if let Some(&t) = self.ground.get(&id) {
            return t;
        }
        let mut memo = HashMap::new();
        self.import_inner(types, id, args, &mut memo).0
    }

    fn import_inner(
        &mut self,
        types: &Types,
        id: TyId,
        args: &[T],
        memo: &mut HashMap<TyId, T>,
    ) -> (T, bool) {
        if let Some(&t) = self.ground.get(&id) {
            return (t, true);
        }
        if let Some(&t) = memo.get(&id) {
            return (t, false);
        }
        let (con, parts) = match types.get(id).clone() {
            Ty::Error => (Con::Error, vec![]),
            Ty::Never => (Con::Never, vec![]),
            Ty::Unit => (Con::Unit, vec![]),
            Ty::Bool => (Con::Bool, vec![]),
            Ty::Int(int) => (Con::Int(int), vec![]),
            Ty::Float { bits } => (Con::Float(bits), vec![]),
            Ty::Text => (Con::Text, vec![]),
            Ty::Any => (Con::Any, vec![]),
            Ty::Range => (Con::Range, vec![]),
            Ty::Number(n) => (Con::Number(n), vec![]),
            Ty::Array(elem) => (Con::Array, vec![elem]),
            Ty::Dict(key, value) => (Con::Dict, vec![key, value]),
            Ty::Tuple(items) => (Con::Tuple, items),
            Ty::Option(inner) => (Con::Option, vec![inner]),
            Ty::Fn(mut params, ret) => {
                params.push(ret);
                (Con::Fn, params)
            }
            Ty::Adt(adt, targs) => (Con::Adt(adt), targs),
            Ty::Dyn(trait_, targs) => (Con::Dyn(trait_), targs),
            Ty::Param(n) => {
                let t = match args.get(n as usize) {
                    Some(&t) => t,
                    None => self.con(Con::Param(n)),
                };
                return (t, false);
            }
        };
        let mut ground = true;
        let mut list = Vec::with_capacity(parts.len());
        for part in parts {
            let (t, part_ground) = self.import_inner(types, part, args, memo);
            ground &= part_ground;
            list.push(t);
        }
        let t = self.app(con, list);
        if ground {
            self.ground.insert(id, t);
        } else {
            memo.insert(id, t);
        }
        (t, ground)
    }
}
