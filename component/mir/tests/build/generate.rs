//! Makes up functions.

use base::{EntityId, FileId, Interner, Map, Span};
use sema::hir::*;
use sema::intrinsic::Intrinsic;
use sema::ty::{AdtId, Ty, TyId, Types};

pub struct Made {
    pub program: Program,
    pub names: Interner,
    pub main: FnId,
}

pub const SPAN: fn() -> Span = || Span { file: FileId::from_index(0), start: 0, end: 0 };

/// What the generator works with.
struct Gen {
    state: u64,
    tys: Tys,
    locals: Map<LocalId, Local>,
    name: base::Symbol,
    /// Locals that were set, by type.
    vars: Vec<LocalId>,
    loops: Vec<(LoopId, bool)>,
    next_loop: usize,
}

#[derive(Clone, Copy)]
struct Tys {
    array: TyId,
    pair: TyId,
    option: TyId,
    choice: TyId,
}

/// Ids of the functions of every made program.
pub const BUMP: usize = 0;
pub const PUSH: usize = 1;
pub const POP_OR: usize = 2;

pub fn function(seed: u64) -> Made {
    let mut names = Interner::default();
    let name = names.intern("v");
    let mut program = Program::default();
    let int = Types::i64();
    let array = program.types.intern(Ty::Array(int));
    let pair = program.types.intern(Ty::Tuple(vec![int, array]));
    let option = program.types.intern(Ty::Option(int));
    let field = || Field { name: None, ty: int };
    let variant = |fields| Variant { name, fields, discriminant: 0 };
    let choice_adt: AdtId = program.adts.push(Adt {
        name,
        span: SPAN(),
        generics: Vec::new(),
        kind: AdtKind::Enum(vec![
            variant(vec![]),
            variant(vec![field()]),
            variant(vec![field(), Field { name: None, ty: array }]),
        ]),
    });
    let choice = program.types.intern(Ty::Adt(choice_adt, Vec::new()));
    program.globals.push(Global { name, ty: int, mutable: true, span: SPAN() });
    let f = |path: &str, params: Vec<TyId>, ret, receiver, kind| Fn {
        name,
        path: path.into(),
        span: SPAN(),
        generics: Vec::new(),
        params,
        ret,
        receiver,
        kind,
        is_std: false,
    };
    // Adds to the module-level variable and returns it.
    program.fns.push(f("bump", vec![int], int, Receiver::None, FnKind::Required));
    let push = FnKind::Intrinsic(Intrinsic::ArrayPush);
    program.fns.push(f("array_push", vec![array, int], Types::unit(), Receiver::None, push));
    // Takes the last item, or gives the argument where there is none.
    program.fns.push(f("pop_or", vec![array, int], int, Receiver::InOut, FnKind::Required));

    let tys = Tys { array, pair, option, choice };
    let mut g = Gen {
        state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1,
        tys,
        locals: Map::new(),
        name,
        vars: Vec::new(),
        loops: Vec::new(),
        next_loop: 0,
    };
    let self_local = g.local(array);
    let parameter = g.local(int);
    let in_out = !g.chance(4);
    let mut stmts = Vec::new();
    for ty in [int, int, array, pair, option, choice, Types::bool()] {
        stmts.push(g.declare(ty, 0));
    }
    for _ in 0..4 {
        stmts.push(g.stmt(4));
    }
    let value = g.expr(int, 4);
    // Everything that is left shows in the receiver.
    let mut all = Vec::new();
    for &id in &g.vars {
        let ty = g.locals[id].ty;
        if ty == int || ty == array {
            all.push((ty == array, e(ExprKind::Local(id), ty)));
        }
        if ty == pair {
            let part = |i, ty| e(ExprKind::Field(Box::new(e(ExprKind::Local(id), pair)), i), ty);
            all.extend([(false, part(0, int)), (true, part(1, array))]);
        }
    }
    let place = Box::new(e(ExprKind::Local(self_local), array));
    let all = Box::new(e(ExprKind::Array(all), array));
    stmts.push(e(ExprKind::Assign { place, op: None, value: all }, Types::unit()));
    let value = block(stmts, Some(value), int);
    let body = Body {
        locals: g.locals,
        params: vec![self_local, parameter],
        captures: vec![],
        self_closure: None,
        value,
    };
    let receiver = if in_out { Receiver::InOut } else { Receiver::None };
    let main = program.fns.push(f("main", vec![array, int], int, receiver, FnKind::Body(body)));
    Made { program, names, main }
}

fn e(kind: ExprKind, ty: TyId) -> Expr {
    Expr { kind, ty, span: SPAN() }
}

fn block(stmts: Vec<Expr>, value: Option<Expr>, ty: TyId) -> Expr {
    e(ExprKind::Block { stmts, value: value.map(Box::new) }, ty)
}

fn pat(kind: PatKind, ty: TyId) -> Pat {
    Pat { kind, ty, span: SPAN() }
}

impl Gen {
    fn next(&mut self, below: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) % below
    }

    fn chance(&mut self, of: u64) -> bool {
        self.next(of) == 0
    }

    fn local(&mut self, ty: TyId) -> LocalId {
        let id = self.locals.push(Local { name: self.name, ty, span: SPAN() });
        self.vars.push(id);
        id
    }

    /// A local that is set already.
    fn var(&mut self, ty: TyId) -> Option<LocalId> {
        let fitting: Vec<LocalId> =
            self.vars.iter().copied().filter(|&id| self.locals[id].ty == ty).collect();
        match fitting.len() {
            0 => None,
            n => Some(fitting[self.next(n as u64) as usize]),
        }
    }

    fn declare(&mut self, ty: TyId, depth: u32) -> Expr {
        let init = Box::new(self.expr(ty, depth));
        let id = self.local(ty);
        e(ExprKind::Let { pat: pat(PatKind::Bind(id), ty), init }, Types::unit())
    }

    fn some_type(&mut self) -> TyId {
        let Tys { array, pair, option, choice } = self.tys;
        [Types::i64(), array, pair, option, choice, Types::bool()][self.next(6) as usize]
    }

    /// Code whose declarations nobody sees afterwards.
    fn scoped<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> T {
        let count = self.vars.len();
        let made = make(self);
        self.vars.truncate(count);
        made
    }

    fn place(&mut self, ty: TyId, depth: u32) -> Expr {
        let Tys { array, pair, .. } = self.tys;
        if ty == Types::i64() {
            match self.next(4) {
                0 => return e(ExprKind::Global(GlobalId::from_index(0)), ty),
                1 => {
                    let base = self.place(pair, depth);
                    return e(ExprKind::Field(Box::new(base), 0), ty);
                }
                2 if depth > 0 => {
                    let base = self.place(array, depth - 1);
                    let index = match self.var(ty) {
                        Some(id) if self.chance(2) => e(ExprKind::Local(id), ty),
                        _ => self.expr(ty, depth - 1),
                    };
                    return e(ExprKind::Index(Box::new(base), Box::new(index)), ty);
                }
                _ => {}
            }
        }
        if ty == array && self.chance(2) {
            let base = self.place(pair, depth);
            return e(ExprKind::Field(Box::new(base), 1), ty);
        }
        let id = self.var(ty).expect("every type has a variable");
        e(ExprKind::Local(id), ty)
    }

    fn body(&mut self, id: LoopId, valued: bool, depth: u32) -> Box<Expr> {
        self.loops.push((id, valued));
        let body = self.scoped(|g| {
            let mut stmts = vec![g.stmt(depth)];
            if g.chance(2) {
                stmts.push(g.stmt(depth));
            }
            block(stmts, None, Types::unit())
        });
        self.loops.pop();
        Box::new(body)
    }

    fn loop_id(&mut self) -> LoopId {
        self.next_loop += 1;
        LoopId::from_index(self.next_loop - 1)
    }

    fn stmt(&mut self, depth: u32) -> Expr {
        let unit = Types::unit();
        if depth == 0 {
            let ty = self.some_type();
            return self.declare(ty, 0);
        }
        let d = depth - 1;
        match self.next(14) {
            0 | 1 => {
                let ty = self.some_type();
                self.declare(ty, d)
            }
            2..=4 => {
                let ty = self.some_type();
                let place = Box::new(self.place(ty, d));
                let op = (ty == Types::i64() && self.chance(2)).then_some(BinOp::Add);
                let value = Box::new(self.expr(ty, d));
                e(ExprKind::Assign { place, op, value }, unit)
            }
            5 => {
                let cond = self.scoped(|g| g.cond(d));
                let then = Box::new(self.scoped(|g| g.stmt(d)));
                let otherwise = self.chance(2).then(|| Box::new(self.scoped(|g| g.stmt(d))));
                e(ExprKind::If { cond: Box::new(cond), then, otherwise }, unit)
            }
            6 => {
                let id = self.loop_id();
                let array = self.tys.array;
                let iter = match self.next(3) {
                    0 => self.expr(array, d),
                    1 => {
                        let start = Box::new(self.small(0));
                        let end = Some(Box::new(self.small(3)));
                        let inclusive = self.chance(2);
                        e(ExprKind::Range { start, end, inclusive }, Types::range())
                    }
                    _ => self.small(3),
                };
                let index = self.chance(3).then(|| self.local(Types::i64()));
                let item = self.local(Types::i64());
                let body = self.body(id, false, d);
                let pat = pat(PatKind::Bind(item), Types::i64());
                let made = e(ExprKind::For { id, index, pat, iter: Box::new(iter), body }, unit);
                self.vars.retain(|id| *id != item && Some(*id) != index);
                made
            }
            7 => {
                let id = self.loop_id();
                let cond = Box::new(self.scoped(|g| g.cond(d)));
                let body = self.body(id, false, d);
                e(ExprKind::While { id, cond, body }, unit)
            }
            8 if !self.loops.is_empty() => {
                let which = self.next(self.loops.len() as u64) as usize;
                let (id, valued) = self.loops[which];
                let leave = if !valued && self.chance(2) {
                    e(ExprKind::Continue(id), Types::never())
                } else {
                    let value = valued.then(|| Box::new(self.expr(Types::i64(), d)));
                    e(ExprKind::Break(id, value), Types::never())
                };
                let leave = e(ExprKind::Coerce(Box::new(leave)), unit);
                let cond = Box::new(Cond::Expr(self.expr(Types::bool(), d)));
                e(ExprKind::If { cond, then: Box::new(leave), otherwise: None }, unit)
            }
            9 => {
                let place = self.place(self.tys.array, d);
                let item = self.expr(Types::i64(), d);
                self.call(PUSH, vec![place, item], unit)
            }
            10 => {
                let value = self.expr(self.tys.choice, d);
                self.match_(value, unit, d)
            }
            11 if self.chance(4) => {
                let value = Box::new(self.expr(Types::i64(), d));
                let leave = e(ExprKind::Return(Some(value)), Types::never());
                let cond = Box::new(Cond::Expr(self.expr(Types::bool(), d)));
                e(ExprKind::If { cond, then: Box::new(leave), otherwise: None }, unit)
            }
            13 => {
                // The value changes an index of the place.
                let int = Types::i64();
                let local = |id| Box::new(e(ExprKind::Local(id), int));
                let index = self.var(int).expect("every type has a variable");
                let array = Box::new(self.place(self.tys.array, 0));
                let place = Box::new(e(ExprKind::Index(array, local(index)), int));
                let new = Box::new(self.expr(int, d));
                let write = e(ExprKind::Assign { place: local(index), op: None, value: new }, unit);
                let value = Box::new(self.expr(int, d));
                let value = Box::new(block(vec![write], Some(*value), int));
                let op = self.chance(2).then_some(BinOp::Sub);
                e(ExprKind::Assign { place, op, value }, unit)
            }
            12 => {
                // Destructures.
                let init = Box::new(self.expr(self.tys.pair, d));
                let [a, b] = [self.local(Types::i64()), self.local(self.tys.array)];
                let items = vec![pat(PatKind::Bind(a), Types::i64()), pat(PatKind::Bind(b), self.tys.array)];
                e(ExprKind::Let { pat: pat(PatKind::Tuple(items), self.tys.pair), init }, unit)
            }
            _ => {
                let ty = self.some_type();
                self.expr(ty, d)
            }
        }
    }

    fn call(&mut self, id: usize, args: Vec<Expr>, ty: TyId) -> Expr {
        let callee = Callee::Fn(FnId::from_index(id), Vec::new());
        e(ExprKind::Call(Box::new(Call { callee, args })), ty)
    }

    /// Writes a variable.
    fn write(&mut self) -> Expr {
        let ty = [Types::i64(), self.tys.array, self.tys.choice][self.next(3) as usize];
        let id = self.var(ty).expect("every type has a variable");
        let value = Box::new(self.leaf(ty));
        e(ExprKind::Assign { place: Box::new(e(ExprKind::Local(id), ty)), op: None, value }, Types::unit())
    }

    fn cond(&mut self, depth: u32) -> Cond {
        if self.chance(3) {
            let value = self.expr(self.tys.option, depth);
            let id = self.local(Types::i64());
            let inner = pat(PatKind::Bind(id), Types::i64());
            return Cond::Let { pat: pat(PatKind::Some(Box::new(inner)), self.tys.option), value };
        }
        let ty = if self.chance(4) { self.tys.array } else { Types::bool() };
        Cond::Expr(self.expr(ty, depth))
    }

    fn small(&mut self, least: u64) -> Expr {
        let n = least + self.next(4);
        e(ExprKind::Int(n), Types::i64())
    }

    /// A match over the enum.
    fn match_(&mut self, value: Expr, ty: TyId, depth: u32) -> Expr {
        let choice = self.tys.choice;
        let mut arms = Vec::new();
        for _ in 0..self.next(5) {
            let arm = self.scoped(|g| {
                let variant = g.next(3) as u32;
                let int = Types::i64();
                let kind = match g.next(6) {
                    0 => PatKind::Or(vec![
                        pat(PatKind::Variant { variant: 0, args: vec![] }, choice),
                        pat(PatKind::Variant { variant, args: vec![] }, choice),
                    ]),
                    1 => PatKind::Bind(g.local(choice)),
                    2 => {
                        // Both alternatives bind the same local.
                        let id = g.local(int);
                        let arg = |id| pat(PatKind::Bind(id), int);
                        PatKind::Or(vec![
                            pat(PatKind::Variant { variant: 1, args: vec![arg(id)] }, choice),
                            pat(PatKind::Variant { variant: 2, args: vec![arg(id)] }, choice),
                        ])
                    }
                    _ => {
                        let mut args = Vec::new();
                        if variant > 0 {
                            args.push(match g.next(3) {
                                0 => pat(PatKind::Literal(Box::new(g.small(0))), int),
                                _ => pat(PatKind::Bind(g.local(int)), int),
                            });
                        }
                        if variant == 2 && g.chance(2) {
                            let first = vec![pat(PatKind::Bind(g.local(int)), int)];
                            let rest = g.chance(2).then(|| g.chance(2).then(|| g.local(g.tys.array)));
                            let last = match rest.is_some() && g.chance(2) {
                                true => vec![pat(PatKind::Bind(g.local(int)), int)],
                                false => vec![],
                            };
                            args.push(pat(PatKind::Array { first, rest, last }, g.tys.array));
                        }
                        PatKind::Variant { variant, args }
                    }
                };
                let guard = g.chance(2).then(|| {
                    let stmts = if g.chance(2) { vec![g.write()] } else { vec![] };
                    let value = g.expr(Types::bool(), depth.min(1));
                    block(stmts, Some(value), Types::bool())
                });
                let body = if ty == Types::unit() { g.stmt(depth) } else { g.expr(ty, depth) };
                Arm { pat: pat(kind, choice), guard, body }
            });
            arms.push(arm);
        }
        let rest = if ty == Types::unit() { None } else { Some(self.scoped(|g| g.expr(ty, 0))) };
        if let Some(body) = rest {
            arms.push(Arm { pat: pat(PatKind::Wild, choice), guard: None, body });
        }
        e(ExprKind::Match { value: Box::new(value), arms, exhaustive: ty != Types::unit() }, ty)
    }

    fn expr(&mut self, ty: TyId, depth: u32) -> Expr {
        let Tys { array, pair, option, choice } = self.tys;
        if depth == 0 || self.chance(5) {
            return match self.var(ty) {
                Some(id) if !self.chance(4) => e(ExprKind::Local(id), ty),
                _ => self.leaf(ty),
            };
        }
        let d = depth - 1;
        match self.next(10) {
            0 => {
                let cond = self.scoped(|g| g.cond(d));
                let then = Box::new(self.scoped(|g| g.expr(ty, d)));
                let otherwise = Some(Box::new(self.scoped(|g| g.expr(ty, d))));
                return e(ExprKind::If { cond: Box::new(cond), then, otherwise }, ty);
            }
            1 | 3 => {
                // Statements in the middle of an expression.
                return self.scoped(|g| {
                    let stmts = vec![if g.chance(2) { g.write() } else { g.stmt(d) }];
                    let value = g.expr(ty, d);
                    block(stmts, Some(value), ty)
                });
            }
            2 => {
                let value = self.expr(choice, d.min(1));
                return self.match_(value, ty, d);
            }
            _ => {}
        }
        if ty == Types::i64() {
            match self.next(8) {
                0 | 1 => {
                    let op = [BinOp::Add, BinOp::Sub, BinOp::Mul][self.next(3) as usize];
                    let a = Box::new(self.expr(ty, d));
                    let b = Box::new(self.expr(ty, d));
                    e(ExprKind::Binary(op, a, b), ty)
                }
                2 => {
                    let arg = self.expr(ty, d);
                    self.call(BUMP, vec![arg], ty)
                }
                3 => {
                    let place = self.place(array, d);
                    let arg = self.expr(ty, d);
                    self.call(POP_OR, vec![place, arg], ty)
                }
                4 => {
                    let a = Box::new(self.expr(option, d));
                    let b = Box::new(self.expr(ty, d));
                    e(ExprKind::Coalesce(a, b), ty)
                }
                5 => {
                    let id = self.loop_id();
                    let body = self.scoped(|g| {
                        g.loops.push((id, true));
                        let mut stmts = vec![g.stmt(d)];
                        let value = Some(Box::new(g.expr(ty, d)));
                        stmts.push(e(ExprKind::Break(id, value), Types::never()));
                        g.loops.pop();
                        block(stmts, None, Types::never())
                    });
                    e(ExprKind::Loop { id, body: Box::new(body) }, ty)
                }
                _ => self.place(ty, d),
            }
        } else if ty == Types::bool() {
            let op = [BinOp::Lt, BinOp::Eq, BinOp::Ge][self.next(3) as usize];
            match self.next(5) {
                0 => {
                    let a = Box::new(self.expr(ty, d));
                    let b = Box::new(self.expr(ty, d));
                    e(ExprKind::And(a, b), ty)
                }
                1 => {
                    let a = Box::new(self.expr(array, d));
                    let b = Box::new(self.expr(ty, d));
                    e(ExprKind::Or(a, b), ty)
                }
                2 => {
                    let a = Box::new(self.expr(ty, d));
                    e(ExprKind::Unary(UnOp::Not, a), ty)
                }
                _ => {
                    let a = Box::new(self.expr(Types::i64(), d));
                    let b = Box::new(self.expr(Types::i64(), d));
                    e(ExprKind::Binary(op, a, b), ty)
                }
            }
        } else if ty == array {
            let mut items = Vec::new();
            for _ in 0..self.next(4) {
                let spread = self.chance(3);
                let item = self.expr(if spread { array } else { Types::i64() }, d);
                items.push((spread, item));
            }
            if self.chance(3) { self.place(array, d) } else { e(ExprKind::Array(items), ty) }
        } else if ty == pair {
            let items = vec![self.expr(Types::i64(), d), self.expr(array, d)];
            e(ExprKind::Tuple(items), ty)
        } else if ty == option {
            let inner = Box::new(self.expr(Types::i64(), d));
            e(ExprKind::Some(inner), ty)
        } else {
            let variant = self.next(3) as u32;
            let mut fields = Vec::new();
            if variant > 0 {
                fields.push(self.expr(Types::i64(), d));
            }
            if variant > 1 {
                fields.push(self.expr(array, d));
            }
            e(ExprKind::Construct { variant: Some(variant), fields }, ty)
        }
    }

    fn leaf(&mut self, ty: TyId) -> Expr {
        let Tys { array, pair, option, .. } = self.tys;
        if ty == Types::i64() {
            self.small(0)
        } else if ty == Types::bool() {
            let value = self.chance(2);
            e(ExprKind::Bool(value), ty)
        } else if ty == array {
            let items = (0..self.next(4)).map(|_| (false, self.small(0))).collect();
            e(ExprKind::Array(items), ty)
        } else if ty == pair {
            let items = vec![self.small(0), self.leaf(array)];
            e(ExprKind::Tuple(items), ty)
        } else if ty == option {
            match self.chance(2) {
                true => e(ExprKind::Nil, ty),
                false => e(ExprKind::Some(Box::new(self.small(0))), ty),
            }
        } else {
            let fields = vec![self.small(0)];
            e(ExprKind::Construct { variant: Some(1), fields }, ty)
        }
    }
}
