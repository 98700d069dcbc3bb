//! A `retain` and the `release` that undoes it, with nothing between that lowers a count or looks at one.
//!
//! The object lives when it is retained, and no count is lowered until the release, so it lives as well without the pair, and the
//! release does not free it. Stores do not lower counts (what they overwrite is not released), nor do runtime functions that
//! only borrow.
//!
//! The release is looked for in the block of the retain and down chains of blocks that have one predecessor. Where the chain
//! forks, each way must have its release, or end the program without touching the value.

use super::edit;
use crate::legal::verify::Flow;
use crate::legal::{BlockId, End, Func, Inst, Op, Value};
use abi::RtFn;
use abi::runtime_fns::Param;
use base::{Budget, EntityId, Exhausted};

/// How far a release is looked for: instructions, and blocks behind each other.
const FAR: usize = 64;
const DEEP: usize = 6;

pub(super) fn run(func: &mut Func, budget: &mut Budget) -> Result<bool, Exhausted> {
    edit::spend(func, budget)?;
    let flow = Flow::of(func);
    let edges = edit::edges_to(func, &flow);
    // By block and instruction: gone.
    let mut gone: Vec<Vec<bool>> = func.blocks.values().map(|block| vec![false; block.insts.len()]).collect();
    let mut changed = false;
    // From the last to the first, so that of nested pairs the inner ones do not stand in the way of the outer ones.
    for &id in flow.order().iter().rev() {
        for index in (0..func.blocks[id].insts.len()).rev() {
            let inst = &func.blocks[id].insts[index];
            if inst.op != Op::Retain {
                continue;
            }
            let mut search =
                Search { func, edges: &edges, gone: &gone, value: inst.args[0], found: Vec::new(), steps: 0 };
            let paired = search.from(id, index + 1, 0);
            let Search { found, steps, .. } = search;
            budget.spend(steps as u64)?;
            if paired && !found.is_empty() {
                gone[id.index()][index] = true;
                for (block, release) in found {
                    gone[block.index()][release] = true;
                }
                changed = true;
            }
        }
    }
    if changed {
        for id in func.blocks.ids() {
            let mut gone = gone[id.index()].iter();
            func.blocks[id].insts.retain(|_| gone.next() == Some(&false));
        }
    }
    Ok(changed)
}

struct Search<'a> {
    func: &'a Func,
    edges: &'a [u32],
    gone: &'a [Vec<bool>],
    value: Value,
    /// The releases on the ways looked at so far.
    found: Vec<(BlockId, usize)>,
    steps: usize,
}

impl Search<'_> {
    /// True if every way from here on has its release before anything that forbids the pair to go.
    fn from(&mut self, id: BlockId, start: usize, depth: usize) -> bool {
        let block = &self.func.blocks[id];
        for (index, inst) in block.insts.iter().enumerate().skip(start) {
            self.steps += 1;
            if self.gone[id.index()][index] {
                continue;
            }
            if inst.op == Op::Release && inst.args[0] == self.value {
                self.found.push((id, index));
                return true;
            }
            if self.steps > FAR || looks_at_counts(inst) {
                return false;
            }
        }
        if block.end == End::Unreachable {
            return true;
        }
        let targets = block.end.targets();
        depth < DEEP
            && !targets.is_empty()
            && targets.iter().all(|target| {
                let once = self.edges[target.block.index()] == 1 && target.block != edit::entry();
                once && (self.raises(target.block) || self.from(target.block, 0, depth + 1))
            })
    }

    /// True for a block that ends the program and does not use the value: it may lower what counts it likes.
    fn raises(&self, id: BlockId) -> bool {
        let block = &self.func.blocks[id];
        block.end == End::Unreachable && block.insts.iter().all(|inst| !inst.args.contains(&self.value))
    }
}

/// True for an instruction that may lower a count, or whose effect depends on one.
fn looks_at_counts(inst: &Inst) -> bool {
    match inst.op {
        Op::Release | Op::IsUnique | Op::Call | Op::CallIndirect => true,
        Op::Runtime => !borrows_only(inst),
        Op::Retain | Op::Store | Op::Poll => false,
        _ => !edit::is_pure(inst.op),
    }
}

/// True for a runtime function that takes no count, neither as an argument nor at an address.
fn borrows_only(inst: &Inst) -> bool {
    let function = usize::try_from(inst.imm).ok().and_then(|index| RtFn::ALL.get(index));
    function.is_some_and(|function| {
        function.params().iter().all(|param| !param.is_consumed() && *param != Param::Addr)
    })
}
