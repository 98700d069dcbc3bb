//! Control flow without conditions: a branch with one way becomes a jump; a block that is the only way on from its only predecessor
//! becomes part of it; a block that only jumps on is skipped; a block that is never reached is emptied.
//!
//! Keeps: dominance, since nothing moves but along its only way; reducibility, since a skipped loop header makes the block behind it
//! the header.

use super::edit::{self, Replaced};
use crate::legal::verify::Flow;
use crate::legal::{BlockId, End, Func, Target};
use base::{Budget, EntityId, Exhausted};

pub(super) fn run(func: &mut Func, budget: &mut Budget) -> Result<bool, Exhausted> {
    edit::spend(func, budget)?;
    clear_unreachable(func);
    let mut changed = one_way(func);
    changed |= skip(func);
    changed |= merge(func);
    Ok(changed)
}

/// What is not reached is not looked at by any pass.
fn clear_unreachable(func: &mut Func) {
    let flow = Flow::of(func);
    for id in func.blocks.ids().filter(|id| !flow.is_reachable(*id)) {
        func.blocks[id] = edit::empty_block();
    }
}

fn one_way(func: &mut Func) -> bool {
    let mut changed = false;
    for (_, block) in func.blocks.iter_mut() {
        let way = match &block.end.targets()[..] {
            [first, rest @ ..] if !rest.is_empty() && rest.iter().all(|target| target == first) => {
                (*first).clone()
            }
            _ => continue,
        };
        block.end = End::Jump(way);
        changed = true;
    }
    changed
}

fn skip(func: &mut Func) -> bool {
    let stay = edit::params_stay(func);
    let mut changed = false;
    for id in func.blocks.ids() {
        // A chain of such blocks is followed to its end, but not round a cycle of them.
        for _ in 0..func.blocks.len().min(16) {
            let mut end = std::mem::replace(&mut func.blocks[id].end, End::Unreachable);
            let mut again = false;
            for target in end.targets_mut() {
                if let Some(new) = beyond(func, id, target, &stay) {
                    *target = new;
                    again = true;
                }
            }
            func.blocks[id].end = end;
            changed |= again;
            if !again {
                break;
            }
        }
    }
    changed
}

/// Where an edge from `from` leads if the block at its target only jumps on.
fn beyond(func: &Func, from: BlockId, target: &Target, stay: &[bool]) -> Option<Target> {
    let block = &func.blocks[target.block];
    let skipped = target.block != from && target.block != edit::entry() && block.insts.is_empty();
    match &block.end {
        End::Jump(next) if skipped && next.block != target.block && stay[target.block.index()] => {
            Some(Target { block: next.block, args: edit::through(&next.args, &block.params, &target.args) })
        }
        End::Jump(_) | End::Branch(..) | End::Switch(..) | End::Return(_) | End::Unreachable => None,
    }
}

fn merge(func: &mut Func) -> bool {
    let flow = Flow::of(func);
    let edges = edit::edges_to(func, &flow);
    let mut replaced = Replaced::new(func);
    let mut merged = vec![false; func.blocks.len()];
    let mut changed = false;
    for &id in flow.order() {
        if merged[id.index()] {
            continue;
        }
        while let End::Jump(Target { block: next, args }) = &func.blocks[id].end
            && edges[next.index()] == 1
            && *next != id
            && *next != edit::entry()
        {
            let (next, args) = (*next, args.clone());
            let taken = std::mem::replace(&mut func.blocks[next], edit::empty_block());
            for (param, arg) in taken.params.iter().zip(&args) {
                replaced.set(*param, *arg);
            }
            func.blocks[id].insts.extend(taken.insts);
            func.blocks[id].end = taken.end;
            merged[next.index()] = true;
            changed = true;
        }
    }
    replaced.apply(func);
    changed
}
