//! Edges into a block that does nothing but branch on one of its parameters: where the edge passes a constant, it leads to the way
//! that the branch takes. This is what `and`, `or`, conditions and options from inlined functions leave behind.
//!
//! The block's parameters may be used behind its branch only in what one of the ways dominates: that way gets parameters of its
//! own for them, so that an edge that no longer leads through the block can pass them.
//!
//! Keeps: dominance, since what else dominates such a block dominates its predecessors; reducibility, since headers of loops are
//! left alone.

use super::edit;
use crate::legal::verify::Flow;
use crate::legal::{BlockId, End, Func, Op, Target, Value, eval};
use base::{Budget, EntityId, Exhausted};

pub(super) fn run(func: &mut Func, budget: &mut Budget) -> Result<bool, Exhausted> {
    edit::spend(func, budget)?;
    let constants = constants(func);
    let flow = Flow::of(func);
    let mut candidates = candidates(func, &flow, &constants);
    if !candidates.contains(&true) {
        return Ok(false);
    }
    edit::spend(func, budget)?;
    hand_on(func, &flow, &mut candidates);
    let mut changed = false;
    for &id in flow.order() {
        let mut end = std::mem::replace(&mut func.blocks[id].end, End::Unreachable);
        for target in end.targets_mut() {
            if target.block != id
                && candidates[target.block.index()]
                && let Some(new) = taken(func, target, &constants)
            {
                *target = new;
                changed = true;
            }
        }
        func.blocks[id].end = end;
    }
    Ok(changed)
}

/// By value: the word of an integer constant.
fn constants(func: &Func) -> Vec<Option<u64>> {
    let mut constants = vec![None; func.values.len()];
    for inst in func.blocks.values().flat_map(|block| &block.insts) {
        if let (Op::IConst, [value]) = (inst.op, &inst.results[..]) {
            constants[value.index()] = Some(eval::constant(inst.ty, inst.imm));
        }
    }
    constants
}

/// The parameter that a block without instructions decides by: its position.
fn decides_by(func: &Func, id: BlockId) -> Option<usize> {
    let block = &func.blocks[id];
    match &block.end {
        End::Branch(value, ..) | End::Switch(value, ..) if block.insts.is_empty() => {
            block.params.iter().position(|param| param == value)
        }
        End::Branch(..) | End::Switch(..) | End::Jump(_) | End::Return(_) | End::Unreachable => None,
    }
}

/// By block: true for one that only decides, is no loop's header, and is passed a constant to decide by.
fn candidates(func: &Func, flow: &Flow, constants: &[Option<u64>]) -> Vec<bool> {
    let mut found = vec![false; func.blocks.len()];
    let mut header = vec![false; func.blocks.len()];
    for &id in flow.order() {
        for target in func.blocks[id].end.targets() {
            let at = target.block.index();
            header[at] |= flow.is_back_edge(id, target.block);
            if let Some(position) = decides_by(func, target.block) {
                found[at] |= constants[target.args[position].index()].is_some();
            }
        }
    }
    found[edit::entry().index()] = false;
    for (found, header) in found.iter_mut().zip(header) {
        *found &= !header;
    }
    found
}

/// Makes the parameters of candidates be used in their own ends alone; where that cannot be, the block is none any more.
fn hand_on(func: &mut Func, flow: &Flow, candidates: &mut [bool]) {
    let elsewhere = uses_elsewhere(func, candidates);
    if elsewhere.is_empty() {
        return;
    }
    let edges = edit::edges_to(func, flow);
    let dominators = flow.dominators(func);
    for (id, uses) in elsewhere {
        let ways: Vec<BlockId> = func.blocks[id]
            .end
            .targets()
            .iter()
            .map(|target| target.block)
            .filter(|way| edges[way.index()] == 1)
            .collect();
        // By use: the way that dominates it.
        let owners: Option<Vec<BlockId>> = uses
            .iter()
            .map(|(_, at)| ways.iter().copied().find(|way| dominators.dominates(*way, *at)))
            .collect();
        let Some(owners) = owners else {
            candidates[id.index()] = false;
            continue;
        };
        let mut new: Vec<(Value, BlockId, Value)> = Vec::new();
        for ((param, at), way) in uses.into_iter().zip(owners) {
            let known = new.iter().find(|(old, of, _)| (*old, *of) == (param, way));
            let value = match known {
                Some((_, _, value)) => *value,
                None => {
                    let value = func.values.push(func.values[param]);
                    func.blocks[way].params.push(value);
                    for target in func.blocks[id].end.targets_mut() {
                        if target.block == way {
                            target.args.push(param);
                        }
                    }
                    new.push((param, way, value));
                    value
                }
            };
            let block = &mut func.blocks[at];
            let rename = |arg: &mut Value| {
                if *arg == param {
                    *arg = value;
                }
            };
            block.insts.iter_mut().flat_map(|inst| &mut inst.args).for_each(rename);
            block.end.values_mut(rename);
        }
    }
}

/// Parameters of candidates with the other blocks that use them, each once, in the order of the blocks.
fn uses_elsewhere(func: &Func, candidates: &[bool]) -> Vec<(BlockId, Vec<(Value, BlockId)>)> {
    let of = edit::param_blocks(func);
    let mut uses: Vec<Vec<(Value, BlockId)>> = vec![Vec::new(); func.blocks.len()];
    for (id, block) in func.blocks.iter() {
        let mut note = |value: Value| {
            if let Some(owner) = of[value.index()].filter(|owner| *owner != id && candidates[owner.index()]) {
                let uses = &mut uses[owner.index()];
                if !uses.iter().rev().take_while(|(_, at)| *at == id).any(|(used, _)| *used == value) {
                    uses.push((value, id));
                }
            }
        };
        block.insts.iter().flat_map(|inst| &inst.args).copied().for_each(&mut note);
        block.end.values(note);
    }
    let uses = uses.into_iter().enumerate().filter(|(_, uses)| !uses.is_empty());
    uses.map(|(index, uses)| (BlockId::from_index(index), uses)).collect()
}

/// Where an edge leads in the end, if that is known.
fn taken(func: &Func, edge: &Target, constants: &[Option<u64>]) -> Option<Target> {
    let block = &func.blocks[edge.block];
    let word = |value: &Value| {
        let index = block.params.iter().position(|param| param == value)?;
        // Values that were made here are no constants.
        constants.get(edge.args[index].index()).copied().flatten()
    };
    let way = match &block.end {
        End::Branch(value, then, otherwise) => {
            if word(value)? != 0 {
                then
            } else {
                otherwise
            }
        }
        End::Switch(value, cases, default) => {
            let word = word(value)?;
            cases.iter().find(|(constant, _)| *constant == word).map_or(default, |(_, target)| target)
        }
        End::Jump(_) | End::Return(_) | End::Unreachable => return None,
    };
    Some(Target { block: way.block, args: edit::through(&way.args, &block.params, &edge.args) })
}
