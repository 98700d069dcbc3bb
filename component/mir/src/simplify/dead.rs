//! Values that nothing needs: instructions without effect, and block parameters that are only handed round.

use super::edit;
use crate::legal::verify::Flow;
use crate::legal::{BlockId, End, Func, Value};
use base::{Budget, EntityId, Exhausted};

pub(super) fn run(func: &mut Func, budget: &mut Budget) -> Result<bool, Exhausted> {
    edit::spend(func, budget)?;
    let live = live(func, &Flow::of(func));
    drop_args(func, &live);
    let mut changed = false;
    for id in func.blocks.ids() {
        let block = &mut func.blocks[id];
        if id != edit::entry() {
            block.params.retain(|param| live[param.index()]);
        }
        let before = block.insts.len();
        block.insts.retain(|inst| {
            !inst.op.shape().is_pure() || inst.results.iter().any(|value| live[value.index()])
        });
        changed |= block.insts.len() != before;
    }
    Ok(changed)
}

enum Def {
    Nowhere,
    Inst(BlockId, usize),
    Param(BlockId, usize),
}

fn live(func: &Func, flow: &Flow) -> Vec<bool> {
    let mut defs: Vec<Def> = func.values.ids().map(|_| Def::Nowhere).collect();
    let mut edges: Vec<Vec<(BlockId, usize)>> = vec![Vec::new(); func.blocks.len()];
    let mut live = vec![false; func.values.len()];
    let mut work: Vec<Value> = Vec::new();
    for &id in flow.order() {
        let block = &func.blocks[id];
        for (index, param) in block.params.iter().enumerate() {
            defs[param.index()] = Def::Param(id, index);
        }
        for (index, inst) in block.insts.iter().enumerate() {
            for value in &inst.results {
                defs[value.index()] = Def::Inst(id, index);
            }
            if !inst.op.shape().is_pure() {
                work.extend(&inst.args);
            }
        }
        match &block.end {
            End::Branch(value, ..) | End::Switch(value, ..) => work.push(*value),
            End::Return(values) => work.extend(values),
            End::Jump(_) | End::Unreachable => {}
        }
        for (index, target) in block.end.targets().iter().enumerate() {
            edges[target.block.index()].push((id, index));
        }
    }
    while let Some(value) = work.pop() {
        if std::mem::replace(&mut live[value.index()], true) {
            continue;
        }
        match defs[value.index()] {
            Def::Nowhere => {}
            Def::Inst(block, index) => work.extend(&func.blocks[block].insts[index].args),
            Def::Param(block, index) => {
                for (from, target) in &edges[block.index()] {
                    work.push(func.blocks[*from].end.targets()[*target].args[index]);
                }
            }
        }
    }
    live
}

/// What is passed to a dead parameter goes with it.
fn drop_args(func: &mut Func, live: &[bool]) {
    let stays = |id: BlockId, param: &Value| id == edit::entry() || live[param.index()];
    let stays: Vec<Vec<bool>> = func
        .blocks
        .iter()
        .map(|(id, block)| block.params.iter().map(|param| stays(id, param)).collect())
        .collect();
    for (_, block) in func.blocks.iter_mut() {
        for target in block.end.targets_mut() {
            let mut stays = stays[target.block.index()].iter();
            target.args.retain(|_| stays.next() == Some(&true));
        }
    }
}
