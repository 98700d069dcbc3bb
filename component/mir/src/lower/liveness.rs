//! Which locals of a body are looked at later, and which a loop writes.

use crate::generic::{BlockId, Body, End, Local, Operand, Place, Root, Rvalue, StmtKind};
use base::EntityId;
use std::collections::{BTreeMap, BTreeSet};

/// A set of the locals of one body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct LocalSet {
    words: Vec<u64>,
}

impl LocalSet {
    fn new(locals: usize) -> LocalSet {
        LocalSet { words: vec![0; locals.div_ceil(64)] }
    }

    fn insert(&mut self, local: Local) {
        self.words[local.index() / 64] |= 1 << (local.index() % 64);
    }

    pub fn contains(&self, local: Local) -> bool {
        self.words[local.index() / 64] >> (local.index() % 64) & 1 != 0
    }

    /// Adds what is in `more` and not in `except`; true if that is anything new.
    fn add_except(&mut self, more: &LocalSet, except: &LocalSet) -> bool {
        let mut changed = false;
        for ((word, more), except) in self.words.iter_mut().zip(&more.words).zip(&except.words) {
            let new = *word | (more & !except);
            changed |= new != *word;
            *word = new;
        }
        changed
    }

    /// The locals in it, in order.
    pub fn iter(&self) -> impl Iterator<Item = Local> {
        self.words.iter().enumerate().flat_map(|(index, &word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    Local::from_index(index * 64 + bit)
                })
            })
        })
    }
}

/// For each block the locals that are looked at before they are filled.
pub(super) fn liveness(body: &Body, order: &[BlockId]) -> Vec<LocalSet> {
    let none = LocalSet::new(body.locals.len());
    let mut live = vec![none.clone(); body.blocks.len()];
    let mut fills = vec![none; body.blocks.len()];
    for (id, block) in body.blocks.iter() {
        let (used, filled) = (&mut live[id.index()], &mut fills[id.index()]);
        for stmt in &block.stmts {
            stmt_locals(&stmt.kind, &mut |local| {
                if !filled.contains(local) {
                    used.insert(local);
                }
            });
            if let StmtKind::Set(local, _) = stmt.kind {
                filled.insert(local);
            }
        }
        end_locals(&block.end, &mut |local| {
            if !filled.contains(local) {
                used.insert(local);
            }
        });
    }
    let mut changed = true;
    while changed {
        changed = false;
        for &id in order.iter().rev() {
            for target in body.blocks[id].end.targets() {
                if target != id {
                    let (here, there) = pair(&mut live, id, target);
                    changed |= here.add_except(there, &fills[id.index()]);
                }
            }
        }
    }
    live
}

fn pair(sets: &mut [LocalSet], a: BlockId, b: BlockId) -> (&mut LocalSet, &LocalSet) {
    let (a, b) = (a.index(), b.index());
    if a < b {
        let (left, right) = sets.split_at_mut(b);
        (&mut left[a], &right[0])
    } else {
        let (left, right) = sets.split_at_mut(a);
        (&mut right[0], &left[b])
    }
}

/// For each loop's header the locals that the loop writes.
pub(super) fn loop_writes(body: &Body, order: &[BlockId]) -> BTreeMap<BlockId, LocalSet> {
    let mut number = vec![usize::MAX; body.blocks.len()];
    let mut preds: Vec<Vec<BlockId>> = vec![Vec::new(); body.blocks.len()];
    for (at, &id) in order.iter().enumerate() {
        number[id.index()] = at;
        for target in body.blocks[id].end.targets() {
            preds[target.index()].push(id);
        }
    }
    let mut writes = BTreeMap::new();
    for &header in order {
        let backs =
            preds[header.index()].iter().filter(|pred| number[pred.index()] >= number[header.index()]);
        let mut open: Vec<BlockId> = backs.copied().collect();
        if open.is_empty() {
            continue;
        }
        let mut inside: BTreeSet<BlockId> = [header].into_iter().collect();
        while let Some(block) = open.pop() {
            if inside.insert(block) {
                open.extend(preds[block.index()].iter().copied());
            }
        }
        let mut written = LocalSet::new(body.locals.len());
        for block in inside {
            for stmt in &body.blocks[block].stmts {
                written_locals(&stmt.kind, &mut written);
            }
        }
        writes.insert(header, written);
    }
    writes
}

fn written_locals(kind: &StmtKind, out: &mut LocalSet) {
    match kind {
        StmtKind::Set(local, rvalue) => {
            out.insert(*local);
            if let Rvalue::Call(_, args) = rvalue
                && let Some(Operand::InOut(Place { root: Root::Local(local), .. })) = args.first()
            {
                out.insert(*local);
            }
        }
        StmtKind::Store(place, _) | StmtKind::Update(place, ..) => {
            if let Root::Local(local) = place.root {
                out.insert(local);
            }
        }
        StmtKind::Drop(_) => {}
    }
}

fn stmt_locals(kind: &StmtKind, see: &mut impl FnMut(Local)) {
    match kind {
        StmtKind::Set(_, rvalue) => {
            rvalue.operands().iter().for_each(|operand| operand.for_each_local(see));
        }
        StmtKind::Store(place, operand) | StmtKind::Update(place, _, operand) => {
            operand.for_each_local(see);
            place.for_each_local(see);
        }
        StmtKind::Drop(local) => see(*local),
    }
}

fn end_locals(end: &End, see: &mut impl FnMut(Local)) {
    if let End::SwitchVariant(place, ..) = end {
        place.for_each_local(see);
    }
    end.operands().iter().for_each(|operand| operand.for_each_local(see));
}
