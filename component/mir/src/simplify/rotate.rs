//! Loops that test at their end: the block at a loop's head that decides whether the loop goes on is copied to where it is entered and to where
//! it goes round, so that a turn takes one jump, and what stands behind the loop's entry is executed in every loop that is entered.
//!
//! The block may hold instructions without effects only, and few. Behind the copies values come together again in parameters of two
//! new blocks: one that is the new head, and one behind the loop. Where a value of the old head is used in places that both lead to, the loop
//! stays as it is.
//!
//! Keeps: reducibility, since the new head is the only way into the loop.

use super::edit;
use super::loops::{LoopId, Loops};
use crate::legal::verify::Flow;
use crate::legal::{Block, BlockId, End, Func, Inst, Target, Value};
use base::{Budget, EntityId, Exhausted};
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// Instructions that are copied.
const FEW: usize = 8;
/// Edges that lead to the head.
const MOST_EDGES: u32 = 4;

/// A head on its way.
struct Head {
    block: BlockId,
    /// Where the loop goes on, and what is behind it.
    ways: [Way; 2],
    /// False where a value is used behind both ways.
    stays_sound: bool,
}

/// A new block on a way from the head, with the values that it gets.
struct Way {
    block: BlockId,
    values: Vec<Value>,
}

pub(super) fn run(func: &mut Func, budget: &mut Budget) -> Result<bool, Exhausted> {
    edit::spend(func, budget)?;
    let flow = Flow::of(func);
    let loops = Loops::of(func, &flow);
    let edges = edit::edges_to(func, &flow);
    let heads: Vec<BlockId> = (0..loops.loops.len())
        .filter(|id| can_rotate(func, &loops, *id, &edges))
        .map(|id| loops.loops[id].header)
        .collect();
    if heads.is_empty() {
        return Ok(false);
    }
    edit::spend(func, budget)?;
    let mut heads: Vec<Head> = heads.into_iter().map(|block| split(func, block)).collect();
    find_uses(func, &mut heads);
    heads.retain(|head| head.stays_sound);
    rename(func, &heads);
    copy(func, &heads);
    Ok(!heads.is_empty())
}

fn can_rotate(func: &Func, loops: &Loops, id: LoopId, edges: &[u32]) -> bool {
    let found = &loops.loops[id];
    let head = &func.blocks[found.header];
    let End::Branch(_, then, otherwise) = &head.end else { return false };
    let leaves =
        |block: &BlockId| func.blocks[*block].end.targets().iter().any(|to| !loops.contains(id, to.block));
    loops.contains(id, then.block) != loops.contains(id, otherwise.block)
        && found.header != edit::entry()
        && head.insts.len() <= FEW
        && head.insts.iter().all(|inst| inst.op.shape().is_pure())
        && edges[found.header.index()] <= MOST_EDGES
        && !found.latches.iter().any(leaves)
}

/// Puts an empty block on each way from a head.
fn split(func: &mut Func, head: BlockId) -> Head {
    let mut end = std::mem::replace(&mut func.blocks[head].end, End::Unreachable);
    let mut ways = Vec::with_capacity(2);
    for target in end.targets_mut() {
        let cold = func.blocks[target.block].cold;
        let onward = std::mem::replace(target, Target { block: head, args: SmallVec::new() });
        target.block =
            func.blocks.push(Block { params: Vec::new(), insts: Vec::new(), end: End::Jump(onward), cold });
        ways.push(Way { block: target.block, values: Vec::new() });
    }
    func.blocks[head].end = end;
    let ways = ways.try_into().unwrap_or_else(|_| panic!("a branch has two ways"));
    Head { block: head, ways, stays_sound: true }
}

/// Notes which values of heads are used behind which way.
fn find_uses(func: &Func, heads: &mut [Head]) {
    let of = defined_in(func, heads);
    let flow = Flow::of(func);
    let dominators = flow.dominators(func);
    for &id in flow.order() {
        let mut note = |value: Value| {
            let Some(index) = of[value.index()].filter(|index| heads[*index].block != id) else { return };
            let head = &mut heads[index];
            match head.ways.iter_mut().find(|way| dominators.dominates(way.block, id)) {
                Some(way) if way.values.contains(&value) => {}
                Some(way) => way.values.push(value),
                None => head.stays_sound = false,
            }
        };
        func.blocks[id].insts.iter().flat_map(|inst| &inst.args).copied().for_each(&mut note);
        func.blocks[id].end.values(note);
    }
}

/// By value: the head that defines it, as an index.
fn defined_in(func: &Func, heads: &[Head]) -> Vec<Option<usize>> {
    let mut of = vec![None; func.values.len()];
    for (index, head) in heads.iter().enumerate() {
        let block = &func.blocks[head.block];
        for value in block.params.iter().chain(block.insts.iter().flat_map(|inst| &inst.results)) {
            of[value.index()] = Some(index);
        }
    }
    of
}

/// Gives the new blocks their parameters, and uses behind them those instead of the head's values.
fn rename(func: &mut Func, heads: &[Head]) {
    let of = defined_in(func, heads);
    let mut new: BTreeMap<(Value, BlockId), Value> = BTreeMap::new();
    for head in heads {
        for way in &head.ways {
            for &value in &way.values {
                let param = func.values.push(func.values[value]);
                func.blocks[way.block].params.push(param);
                new.insert((value, way.block), param);
            }
        }
    }
    let flow = Flow::of(func);
    let dominators = flow.dominators(func);
    for &id in flow.order() {
        let rename = |value: &mut Value| {
            let Some(index) = of.get(value.index()).copied().flatten() else { return };
            let ways = &heads[index].ways;
            let way = ways.iter().find(|way| dominators.dominates(way.block, id));
            if let Some(way) = way {
                *value = new[&(*value, way.block)];
            }
        };
        let block = &mut func.blocks[id];
        block.insts.iter_mut().flat_map(|inst| &mut inst.args).for_each(rename);
        block.end.values_mut(rename);
    }
}

/// Copies the heads to where edges lead to them from.
fn copy(func: &mut Func, heads: &[Head]) {
    let mut by_block: BTreeMap<BlockId, &Head> = BTreeMap::new();
    by_block.extend(heads.iter().map(|head| (head.block, head)));
    for id in func.blocks.ids() {
        let mut end = std::mem::replace(&mut func.blocks[id].end, End::Unreachable);
        if let End::Jump(target) = &end
            && let Some(head) = by_block.get(&target.block)
        {
            let (insts, copied) = copy_of(func, head, &target.args);
            func.blocks[id].insts.extend(insts);
            end = copied;
        } else {
            for target in end.targets_mut() {
                if let Some(head) = by_block.get(&target.block) {
                    let (insts, end) = copy_of(func, head, &target.args);
                    let cold = func.blocks[id].cold;
                    let block = func.blocks.push(Block { params: Vec::new(), insts, end, cold });
                    *target = Target { block, args: SmallVec::new() };
                }
            }
        }
        func.blocks[id].end = end;
    }
}

/// What a head does when it is passed `args`.
fn copy_of(func: &mut Func, head: &Head, args: &[Value]) -> (Vec<Inst>, End) {
    let block = func.blocks[head.block].clone();
    let mut new: Vec<(Value, Value)> = block.params.iter().copied().zip(args.iter().copied()).collect();
    let of = |new: &[(Value, Value)], value: Value| {
        new.iter().find(|(old, _)| *old == value).map_or(value, |(_, new)| *new)
    };
    let mut insts = block.insts;
    for inst in &mut insts {
        inst.args.iter_mut().for_each(|arg| *arg = of(&new, *arg));
        for result in &mut inst.results {
            let copied = func.values.push(func.values[*result]);
            new.push((*result, copied));
            *result = copied;
        }
    }
    let mut end = block.end;
    if let End::Branch(condition, ..) = &mut end {
        *condition = of(&new, *condition);
    }
    for (target, way) in end.targets_mut().into_iter().zip(&head.ways) {
        target.args = way.values.iter().map(|value| of(&new, *value)).collect();
    }
    (insts, end)
}
