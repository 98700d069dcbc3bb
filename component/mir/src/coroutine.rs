//! Functions that are left in the middle and go on there when they are called again: bodies of generators.
//!
//! Requires a body as `build` leaves it, where [`End::Suspend`] names the parameter that holds the state: an instance of a class whose first field
//! says where to go on and whose second one, an array of `any`, holds what is needed there. Afterwards no block ends so. Every read is
//! still a copy, and a local is still set before it is read on every path.
//!
//! To go on inside of a loop would give it a second entry. So the heads of loops that hold a suspension are places to go on at as well, and every
//! way to such a place leads through one dispatcher, which is the head of the only loop around all of them: what is live at the place is
//! put into the state and taken out behind the dispatcher. The graph stays reducible.

use crate::generic::{
    Block, BlockId, Body, Const, End, Local, LocalDecl, Operand, Place, Proj, Root, Rvalue, Stmt, StmtKind,
};
use crate::{generic_cfg, ownership};
use base::{Budget, EntityId, Exhausted, Map, Span};
use sema::hir::{AdtKind, BinOp, Program};
use sema::ty::{Ty, TyId, Types};
use std::collections::{BTreeMap, BTreeSet};

/// The fields of the state.
const AT: u32 = 0;
const SAVED: u32 = 1;
/// Where a state says to go on: at the beginning, nowhere, or at a place by its number from 1.
const BEGIN: u64 = 0;
const NOWHERE: u64 = u64::MAX;

/// Makes suspensions returns, and the function go on behind them.
///
/// # Errors
/// The budget is used up.
pub fn expand(program: &Program, body: &mut Body, budget: &mut Budget) -> Result<(), Exhausted> {
    let state = body.blocks.values().find_map(|block| match block.end {
        End::Suspend(state, _) => Some(state),
        _ => None,
    });
    let Some(state) = state else { return Ok(()) };
    let Ty::Adt(class, _) = program.types.get(body.locals[state].ty) else {
        panic!("the state of a generator is an instance");
    };
    let AdtKind::Class(fields) = &program.adts[*class].kind else {
        panic!("the state of a generator is an instance");
    };
    let saved_ty = fields[SAVED as usize].ty;
    let places: Vec<BlockId> = places(body, budget)?.into_iter().collect();
    let inputs: BTreeSet<Local> =
        body.params.iter().chain(&body.captures).chain(&body.self_closure).copied().collect();
    let mut live = ownership::live_at(body, &places, budget)?;
    live.iter_mut().for_each(|locals| locals.retain(|local| !inputs.contains(local)));
    let span = body.blocks.values().next().map(|block| block.end_span);
    let span = span.expect("a body has an entry");
    Expansion { body, state, saved_ty, live, span, blocks: Map::new() }.run(&places);
    generic_cfg::order(body);
    Ok(())
}

/// Where the function may go on: behind suspensions, and at the heads of loops around them.
fn places(body: &Body, budget: &mut Budget) -> Result<BTreeSet<BlockId>, Exhausted> {
    let resumed: BTreeSet<BlockId> = body
        .blocks
        .values()
        .filter_map(|block| match block.end {
            End::Suspend(_, resume) => Some(resume),
            _ => None,
        })
        .collect();
    let order = generic_cfg::reverse_postorder(body);
    let dominators = generic_cfg::dominators(body, &order);
    let mut preds: BTreeMap<BlockId, Vec<BlockId>> = BTreeMap::new();
    for (id, block) in body.blocks.iter() {
        for target in block.end.targets() {
            preds.entry(target).or_default().push(id);
        }
    }
    let mut places = resumed.clone();
    for &head in &order {
        budget.spend(1)?;
        let back = preds.get(&head).into_iter().flatten().copied();
        let mut todo: Vec<BlockId> = back.filter(|&tail| dominates(&dominators, head, tail)).collect();
        // The loop is what reaches its back edges without passing the head.
        let mut inside = BTreeSet::from([head]);
        let is_loop = !todo.is_empty();
        while let Some(block) = todo.pop() {
            budget.spend(1)?;
            if inside.insert(block) {
                todo.extend(preds.get(&block).into_iter().flatten());
            }
        }
        if is_loop && inside.iter().any(|block| resumed.contains(block)) {
            places.insert(head);
        }
    }
    Ok(places)
}

fn dominates(dominators: &[Option<BlockId>], above: BlockId, block: BlockId) -> bool {
    let mut at = Some(block);
    while let Some(block) = at {
        if block == above {
            return true;
        }
        at = dominators[block.index()].filter(|&next| next != block);
    }
    false
}

struct Expansion<'a> {
    body: &'a mut Body,
    state: Local,
    saved_ty: TyId,
    /// What is live at each place, but for parameters and captures.
    live: Vec<Vec<Local>>,
    span: Span,
    blocks: Map<BlockId, Block>,
}

impl Expansion<'_> {
    fn run(mut self, places: &[BlockId]) {
        // A new entry comes first, so that old blocks have a number one higher.
        let old = std::mem::take(&mut self.body.blocks);
        let moved = |block: BlockId| BlockId::from_index(block.index() + 1);
        let dispatcher = BlockId::from_index(old.len() + 1);
        self.add(Vec::new(), End::Goto(dispatcher));
        let number = |block: BlockId| places.iter().position(|&place| place == block);
        // Behind the dispatcher, for each place the block that leads to the dispatcher and the one that returns.
        let ways = |n: usize| {
            let first = old.len() + 2 + 2 * n;
            (BlockId::from_index(first), BlockId::from_index(first + 1))
        };
        for block in old.values() {
            let Block { stmts, mut end, end_span } = block.clone();
            if let End::Suspend(_, resume) = end {
                let n = number(resume).expect("where a suspension goes on is a place");
                end = End::Goto(ways(n).1);
            } else {
                for target in end.targets_mut() {
                    *target = match number(*target) {
                        Some(n) => ways(n).0,
                        None => moved(*target),
                    };
                }
            }
            self.blocks.push(Block { stmts, end, end_span });
        }
        // Its end is set when the tests are there.
        self.add(Vec::new(), End::Unreachable);
        for n in 0..places.len() {
            let save = self.save(n);
            self.add(save.clone(), End::Goto(dispatcher));
            self.add(save, End::Return(vec![Operand::Const(Const::Unit, Types::unit())]));
        }
        let begin = match number(BlockId::from_index(0)) {
            // The entry is in no loop.
            Some(_) => unreachable!("nothing leads to the entry of a body"),
            None => BlockId::from_index(1),
        };
        let mut targets = vec![(BEGIN, begin)];
        for (n, &place) in places.iter().enumerate() {
            let stmts = self.restore(n);
            let block = self.add(stmts, End::Goto(moved(place)));
            targets.push((n as u64 + 1, block));
        }
        self.dispatch(dispatcher, targets);
        self.body.blocks = self.blocks;
    }

    fn add(&mut self, stmts: Vec<Stmt>, end: End) -> BlockId {
        self.blocks.push(Block { stmts, end, end_span: self.span })
    }

    fn temp(&mut self, ty: TyId) -> Local {
        self.body.locals.push(LocalDecl { ty, name: None })
    }

    fn stmt(&self, kind: StmtKind) -> Stmt {
        Stmt { kind, span: self.span }
    }

    fn field(&self, field: u32) -> Place {
        Place { root: Root::Local(self.state), path: vec![Proj::Field(field)] }
    }

    /// Reads where to go on, and goes there; until the function says otherwise the next call goes nowhere.
    fn dispatch(&mut self, dispatcher: BlockId, targets: Vec<(u64, BlockId)>) {
        let at = self.temp(Types::i64());
        let nowhere = Operand::Const(Const::Int(NOWHERE), Types::i64());
        let mut stmts = vec![
            self.stmt(StmtKind::Set(at, Rvalue::Use(Operand::Copy(self.field(AT))))),
            self.stmt(StmtKind::Store(self.field(AT), nowhere)),
        ];
        let unit = Operand::Const(Const::Unit, Types::unit());
        let mut other = self.add(Vec::new(), End::Return(vec![unit]));
        // The last test leads to a return, each other one to the next.
        for (index, &(number, target)) in targets.iter().enumerate().rev() {
            let test = self.temp(Types::bool());
            let wanted = Operand::Const(Const::Int(number), Types::i64());
            let equal = Rvalue::Binary(BinOp::Eq, Operand::Copy(whole(at)), wanted);
            let set = self.stmt(StmtKind::Set(test, equal));
            let end = End::Branch(Operand::Copy(whole(test)), target, other);
            if index == 0 {
                stmts.push(set);
                let block = &mut self.blocks[dispatcher];
                block.stmts = std::mem::take(&mut stmts);
                block.end = end;
            } else {
                other = self.add(vec![set], end);
            }
        }
    }

    /// Puts what is live at a place into the state.
    fn save(&mut self, n: usize) -> Vec<Stmt> {
        let mut stmts = Vec::new();
        let mut items = Vec::new();
        for local in self.live[n].clone() {
            let item = self.temp(Types::any());
            stmts.push(self.stmt(StmtKind::Set(item, Rvalue::Coerce(Operand::Copy(whole(local))))));
            items.push(Operand::Copy(whole(item)));
        }
        let array = self.temp(self.saved_ty);
        stmts.push(self.stmt(StmtKind::Set(array, Rvalue::Array(items))));
        stmts.push(self.stmt(StmtKind::Store(self.field(SAVED), Operand::Copy(whole(array)))));
        let number = Operand::Const(Const::Int(n as u64 + 1), Types::i64());
        stmts.push(self.stmt(StmtKind::Store(self.field(AT), number)));
        stmts
    }

    /// Takes what is live at a place out of the state, which then holds it no longer.
    fn restore(&mut self, n: usize) -> Vec<Stmt> {
        let mut stmts = Vec::new();
        for (index, local) in self.live[n].clone().into_iter().enumerate() {
            let item = self.temp(Types::any());
            let mut place = self.field(SAVED);
            place.path.push(Proj::Index(Operand::Const(Const::Int(index as u64), Types::i64())));
            stmts.push(self.stmt(StmtKind::Set(item, Rvalue::Use(Operand::Copy(place)))));
            stmts.push(self.stmt(StmtKind::Set(local, Rvalue::Cast(Operand::Copy(whole(item))))));
        }
        let empty = self.temp(self.saved_ty);
        stmts.push(self.stmt(StmtKind::Set(empty, Rvalue::Array(Vec::new()))));
        stmts.push(self.stmt(StmtKind::Store(self.field(SAVED), Operand::Copy(whole(empty)))));
        stmts
    }
}

fn whole(local: Local) -> Place {
    Place { root: Root::Local(local), path: Vec::new() }
}
