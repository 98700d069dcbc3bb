//! Ownership: who takes a value and where it dies.
//!
//! Requires a body as `build` leaves it: every read is a `Copy`, operands of a `Return` are whole locals or constants, the entry has no
//! predecessors, and a local is set before it is read on every path. Afterwards a copy of a whole local at its last use is a
//! `Move`; a local that is not moved where it was last used is dropped there; so a local holds a value exactly where it is live. Only in blocks in
//! which the program ends more may be held.
//!
//! Liveness is backward dataflow over whole locals. Only locals that are read in a block before they are set there can be live
//! between blocks; the sets hold only those, so that temporaries cost nothing.

use crate::generic::{Block, BlockId, Body, End, Local, LocalDecl, Operand, Place, Rvalue, Stmt, StmtKind};
use crate::generic_cfg;
use base::{Budget, EntityId, Exhausted, Map, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Turns last uses into moves and inserts drops.
///
/// # Errors
/// [`Exhausted`] when the budget is used up.
pub fn complete(body: &mut Body, budget: &mut Budget) -> Result<(), Exhausted> {
    let liveness = Liveness::compute(body, budget)?;
    let lent = body.lent_inputs();
    let held_at_end = Rewrite::blocks(body, &liveness, &lent);
    drop_on_edges(body, &liveness, &held_at_end, &lent);
    drop_unused_inputs(body, &liveness, &lent);
    generic_cfg::order(body);
    Ok(())
}

/// The locals that are live where each of some blocks begins.
///
/// # Errors
/// [`Exhausted`] when the budget is used up.
pub(crate) fn live_at(
    body: &Body,
    blocks: &[BlockId],
    budget: &mut Budget,
) -> Result<Vec<Vec<Local>>, Exhausted> {
    let Liveness { mut live_in, locals, .. } = Liveness::compute(body, budget)?;
    let live = |&block: &BlockId| {
        let bits = std::mem::replace(&mut live_in[block], Bits::new(0));
        bits.into_iter().map(|number| locals[number as usize]).collect()
    };
    Ok(blocks.iter().map(live).collect())
}

/// Which locals are live at the edges of blocks.
struct Liveness {
    /// The number of a local in the sets, where it has one.
    numbers: Vec<Option<u32>>,
    /// The local of a number.
    locals: Vec<Local>,
    live_in: Map<BlockId, Bits>,
    live_out: Map<BlockId, Bits>,
}

impl Liveness {
    fn compute(body: &Body, budget: &mut Budget) -> Result<Liveness, Exhausted> {
        let mut numbers = vec![None; body.locals.len()];
        let mut locals = Vec::new();
        // The block in which a local was last set, to tell reads of what came from before.
        let mut set_in: Vec<Option<BlockId>> = vec![None; body.locals.len()];
        let mut exposed: Vec<Vec<Local>> = Vec::with_capacity(body.blocks.len());
        let mut set: Vec<Vec<Local>> = Vec::with_capacity(body.blocks.len());
        for (id, block) in body.blocks.iter() {
            budget.spend(block.stmts.len() as u64 + 1)?;
            let mut block_exposed = Vec::new();
            let mut block_set = Vec::new();
            let mut read = |local: Local, set_in: &[Option<BlockId>]| {
                if set_in[local.index()] != Some(id) {
                    block_exposed.push(local);
                    numbers[local.index()].get_or_insert_with(|| {
                        locals.push(local);
                        locals.len() as u32 - 1
                    });
                }
            };
            for stmt in &block.stmts {
                for_each_read(&stmt.kind, &mut |local| read(local, &set_in));
                if let StmtKind::Set(local, _) = stmt.kind
                    && set_in[local.index()] != Some(id)
                {
                    set_in[local.index()] = Some(id);
                    block_set.push(local);
                }
            }
            for_each_end_read(&block.end, &mut |local| read(local, &set_in));
            exposed.push(block_exposed);
            set.push(block_set);
        }
        let empty = || body.blocks.ids().map(|_| Bits::new(locals.len())).collect::<Map<BlockId, Bits>>();
        let mut liveness = Liveness { numbers, live_in: empty(), live_out: empty(), locals };
        let mut keeps: Vec<Bits> = Vec::with_capacity(body.blocks.len());
        for id in body.blocks.ids() {
            let mut keep = Bits::full(liveness.locals.len());
            for local in &set[id.index()] {
                if let Some(number) = liveness.numbers[local.index()] {
                    keep.remove(number);
                }
            }
            keeps.push(keep);
            for local in &exposed[id.index()] {
                if let Some(number) = liveness.numbers[local.index()] {
                    liveness.live_in[id].insert(number);
                }
            }
        }
        liveness.propagate(body, &keeps, budget)?;
        Ok(liveness)
    }

    fn propagate(&mut self, body: &Body, keeps: &[Bits], budget: &mut Budget) -> Result<(), Exhausted> {
        let mut preds: Vec<Vec<BlockId>> = vec![Vec::new(); body.blocks.len()];
        for (id, block) in body.blocks.iter() {
            for target in block.end.targets() {
                preds[target.index()].push(id);
            }
        }
        // Blocks are numbered in reverse postorder; the last comes first.
        let mut work: Vec<BlockId> = body.blocks.ids().collect();
        let mut queued = vec![true; body.blocks.len()];
        while let Some(id) = work.pop() {
            queued[id.index()] = false;
            let mut out = std::mem::take(&mut self.live_out[id]);
            for target in body.blocks[id].end.targets() {
                budget.spend(1 + out.words.len() as u64 / 8)?;
                out.unite(&self.live_in[target]);
            }
            let changed = self.live_in[id].unite_masked(&out, &keeps[id.index()]);
            self.live_out[id] = out;
            if changed {
                for &pred in &preds[id.index()] {
                    if !std::mem::replace(&mut queued[pred.index()], true) {
                        work.push(pred);
                    }
                }
            }
        }
        Ok(())
    }

    fn is_live_in(&self, local: Local, block: BlockId) -> bool {
        self.numbers[local.index()].is_some_and(|number| self.live_in[block].contains(number))
    }

    /// What is live behind a block, but not at the start of one it may go to.
    fn dead_on_edge(&self, block: BlockId, target: BlockId) -> impl Iterator<Item = Local> {
        let dead = self.live_out[block].without(&self.live_in[target]);
        dead.into_iter().map(|number| self.locals[number as usize])
    }
}

fn for_each_read(kind: &StmtKind, visit: &mut impl FnMut(Local)) {
    match kind {
        StmtKind::Set(_, rvalue) => {
            for operand in rvalue.operands() {
                operand.for_each_local(visit);
            }
        }
        StmtKind::Store(place, operand) | StmtKind::Update(place, _, operand) => {
            operand.for_each_local(visit);
            place.for_each_local(visit);
        }
        StmtKind::Drop(local) => visit(*local),
    }
}

fn for_each_end_read(end: &End, visit: &mut impl FnMut(Local)) {
    match end {
        End::SwitchVariant(place, ..) => place.for_each_local(visit),
        End::Suspend(state, _) => visit(*state),
        End::Goto(_) | End::Branch(..) | End::Return(_) | End::Raise(..) | End::Unreachable => {}
    }
    for operand in end.operands() {
        operand.for_each_local(visit);
    }
}

/// Walks blocks backward.
struct Rewrite<'a> {
    locals: &'a mut Map<Local, LocalDecl>,
    numbers: &'a [Option<u32>],
    /// What is not the body's own: it lives always.
    lent: &'a BTreeSet<Local>,
    /// What is live at the point of the walk, of locals with numbers.
    live: Bits,
    /// The same of the others, which live only within a block.
    live_inside: Vec<bool>,
    /// The block's new statements, last first.
    stmts: Vec<Stmt>,
}

impl Rewrite<'_> {
    /// Rewrites all blocks; returns for each what its end reads but leaves in place for the last time.
    fn blocks(body: &mut Body, liveness: &Liveness, lent: &BTreeSet<Local>) -> Vec<Vec<Local>> {
        let count = body.locals.len();
        let mut rewrite = Rewrite {
            locals: &mut body.locals,
            numbers: &liveness.numbers,
            lent,
            live: Bits::default(),
            live_inside: vec![false; count],
            stmts: Vec::new(),
        };
        body.blocks.iter_mut().map(|(id, block)| rewrite.block(block, &liveness.live_out[id])).collect()
    }

    fn block(&mut self, block: &mut Block, live_out: &Bits) -> Vec<Local> {
        self.live.clone_from(live_out);
        let mut held = Vec::new();
        if let End::SwitchVariant(place, ..) = &block.end {
            self.hold(place, &mut held);
        }
        for operand in block.end.operands_mut().into_iter().rev() {
            self.operand(operand, &mut held);
        }
        for stmt in std::mem::take(&mut block.stmts).into_iter().rev() {
            self.stmt(stmt);
        }
        block.stmts = std::mem::take(&mut self.stmts);
        block.stmts.reverse();
        held
    }

    fn stmt(&mut self, mut stmt: Stmt) {
        let span = stmt.span;
        let mut held = Vec::new();
        match &mut stmt.kind {
            StmtKind::Set(dest, rvalue) => {
                let dest = *dest;
                let needed = self.is_live(dest);
                self.set_live(dest, false);
                self.rvalue(rvalue, &mut held);
                if held.contains(&dest) {
                    // The old value is still there when the new one is known.
                    return self.replace(dest, needed, stmt, &held);
                }
                if !needed {
                    self.push(StmtKind::Drop(dest), span);
                }
            }
            StmtKind::Store(place, operand) | StmtKind::Update(place, _, operand) => {
                self.hold(place, &mut held);
                self.operand(operand, &mut held);
            }
            StmtKind::Drop(local) => self.set_live(*local, true),
        }
        for &local in held.iter().rev() {
            self.push(StmtKind::Drop(local), span);
        }
        self.stmts.push(stmt);
    }

    /// `dest = f(dest.x)`: by way of a temporary, since `dest` must be empty when it is set.
    fn replace(&mut self, dest: Local, needed: bool, stmt: Stmt, held: &[Local]) {
        let span = stmt.span;
        let StmtKind::Set(_, rvalue) = stmt.kind else { return };
        let LocalDecl { ty, .. } = self.locals[dest];
        let temp = self.locals.push(LocalDecl { ty, name: None });
        self.live_inside.push(false);
        if needed {
            self.push(StmtKind::Set(dest, Rvalue::Use(Operand::Move(temp))), span);
        } else {
            self.push(StmtKind::Drop(temp), span);
        }
        for &local in held.iter().rev() {
            self.push(StmtKind::Drop(local), span);
        }
        self.push(StmtKind::Set(temp, rvalue), span);
    }

    fn rvalue(&mut self, rvalue: &mut Rvalue, held: &mut Vec<Local>) {
        let mut operands = rvalue.operands_mut();
        // A place that is given back holds its value behind everything else.
        for operand in &operands {
            if let Operand::InOut(place) = &**operand {
                self.hold(place, held);
            }
        }
        for operand in operands.iter_mut().rev() {
            self.operand(operand, held);
        }
    }

    /// An operand that is evaluated here. What it reads for the last time without taking it is added to `held`.
    fn operand(&mut self, operand: &mut Operand, held: &mut Vec<Local>) {
        match operand {
            Operand::Copy(place) if place.path.is_empty() => {
                if let Some(local) = place.local()
                    && !self.is_live(local)
                {
                    self.set_live(local, true);
                    *operand = Operand::Move(local);
                }
            }
            Operand::Copy(place) | Operand::InOut(place) => self.hold(place, held),
            Operand::Move(local) => self.set_live(*local, true),
            Operand::Const(..) => {}
        }
    }

    /// The root and the indices of a place stay where they are.
    fn hold(&mut self, place: &Place, held: &mut Vec<Local>) {
        place.for_each_local(&mut |local| {
            if !self.is_live(local) {
                self.set_live(local, true);
                held.push(local);
            }
        });
    }

    fn push(&mut self, kind: StmtKind, span: Span) {
        self.stmts.push(Stmt { kind, span });
    }

    fn is_live(&self, local: Local) -> bool {
        if self.lent.contains(&local) {
            return true;
        }
        match self.number(local) {
            Some(number) => self.live.contains(number),
            None => self.live_inside[local.index()],
        }
    }

    fn set_live(&mut self, local: Local, live: bool) {
        match self.number(local) {
            Some(number) if live => self.live.insert(number),
            Some(number) => self.live.remove(number),
            None => self.live_inside[local.index()] = live,
        }
    }

    /// None also for temporaries that were added here.
    fn number(&self, local: Local) -> Option<u32> {
        self.numbers.get(local.index()).copied().flatten()
    }
}

/// Where a local is live on one way out of a block and not on another, it dies on the other, unless the program ends there.
fn drop_on_edges(body: &mut Body, liveness: &Liveness, held_at_end: &[Vec<Local>], lent: &BTreeSet<Local>) {
    let preds = generic_cfg::predecessor_counts(body);
    let ids: Vec<BlockId> = body.blocks.ids().collect();
    for id in ids {
        let held = &held_at_end[id.index()];
        let targets = body.blocks[id].end.targets();
        if targets.is_empty() || (targets.len() == 1 && held.is_empty()) {
            continue;
        }
        let span = body.blocks[id].end_span;
        // Where the edge to a target goes instead.
        let mut ways: BTreeMap<BlockId, BlockId> = BTreeMap::new();
        for target in targets {
            if ways.contains_key(&target) {
                continue;
            }
            // What the end itself reads for the last time is live nowhere behind it.
            let dead = liveness.dead_on_edge(id, target).chain(held.iter().copied());
            let mut dead: Vec<Local> = dead.filter(|local| !lent.contains(local)).collect();
            dead.sort_unstable();
            if preds[target.index()] == 1 && ends_program(&body.blocks[target]) {
                dead.clear();
            }
            let drops = dead.into_iter().map(|local| Stmt { kind: StmtKind::Drop(local), span });
            let way = if drops.len() == 0 {
                target
            } else if preds[target.index()] == 1 {
                body.blocks[target].stmts.splice(0..0, drops);
                target
            } else {
                body.blocks.push(Block { stmts: drops.collect(), end: End::Goto(target), end_span: span })
            };
            ways.insert(target, way);
        }
        for target in body.blocks[id].end.targets_mut() {
            *target = ways[target];
        }
    }
}

/// Whether the program ends in a block: nothing needs to be released there.
fn ends_program(block: &Block) -> bool {
    matches!(block.end, End::Raise(..) | End::Unreachable)
}

/// Parameters and captures that nothing reads die at the entry.
fn drop_unused_inputs(body: &mut Body, liveness: &Liveness, lent: &BTreeSet<Local>) {
    let entry = BlockId::from_index(0);
    let inputs = body.params.iter().chain(&body.captures).chain(&body.self_closure);
    let dead: Vec<Local> = inputs
        .copied()
        .filter(|local| !lent.contains(local) && !liveness.is_live_in(*local, entry))
        .collect();
    let entry = &mut body.blocks[entry];
    let span = entry.stmts.first().map_or(entry.end_span, |stmt| stmt.span);
    let drops = dead.into_iter().map(|local| Stmt { kind: StmtKind::Drop(local), span });
    entry.stmts.splice(0..0, drops);
}

/// A set of small numbers.
#[derive(Clone, Default)]
struct Bits {
    words: Vec<u64>,
}

impl Bits {
    fn new(len: usize) -> Bits {
        Bits { words: vec![0; len.div_ceil(64)] }
    }

    fn full(len: usize) -> Bits {
        Bits { words: vec![u64::MAX; len.div_ceil(64)] }
    }

    fn insert(&mut self, number: u32) {
        self.words[number as usize / 64] |= 1 << (number % 64);
    }

    fn remove(&mut self, number: u32) {
        self.words[number as usize / 64] &= !(1 << (number % 64));
    }

    fn contains(&self, number: u32) -> bool {
        self.words[number as usize / 64] & (1 << (number % 64)) != 0
    }

    fn unite(&mut self, other: &Bits) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    /// Adds what is in both others; tells whether that was new.
    fn unite_masked(&mut self, other: &Bits, mask: &Bits) -> bool {
        let mut changed = false;
        for ((word, other), mask) in self.words.iter_mut().zip(&other.words).zip(&mask.words) {
            let new = *word | (other & mask);
            changed |= new != *word;
            *word = new;
        }
        changed
    }

    fn without(&self, other: &Bits) -> Bits {
        Bits { words: self.words.iter().zip(&other.words).map(|(word, other)| word & !other).collect() }
    }

    fn into_iter(self) -> impl Iterator<Item = u32> {
        self.words.into_iter().enumerate().flat_map(|(i, word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(i as u32 * 64 + bit)
            })
        })
    }
}
