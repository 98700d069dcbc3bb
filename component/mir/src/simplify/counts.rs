//! A `retain` and the `release` that undoes it, with nothing between that lowers a count or looks at one.
//!
//! The object lives when it is retained, and no count is lowered until the release, so it lives as well without the pair, and the
//! release does not free it. Stores do not lower counts (what they overwrite is not released), nor do runtime functions that
//! only borrow.
//!
//! The releases are looked for on all ways from the retain: each must have one, or end the program without using the value.
//! Blocks on the way must not be reached past the retain, nor lead back before it.

use super::edit;
use super::memory::Summary;
use crate::legal::verify::Flow;
use crate::legal::{BlockId, End, Func, Inst, Op, Shape, Value};
use abi::RtFn;
use abi::runtime_fns::Param;
use base::{Budget, EntityId, Exhausted};

/// How far releases are looked for, in instructions and ends of blocks.
const FAR: usize = 100;

pub(super) fn run(func: &mut Func, budget: &mut Budget) -> Result<bool, Exhausted> {
    remove(func, &looks_at_counts, budget)
}

/// The same where it is known of calls what they do.
pub(super) fn run_knowing(
    func: &mut Func,
    summary: &Summary,
    budget: &mut Budget,
) -> Result<bool, Exhausted> {
    remove(func, &|inst| summary.looks_at_counts(inst), budget)
}

fn remove(func: &mut Func, blocks: &dyn Fn(&Inst) -> bool, budget: &mut Budget) -> Result<bool, Exhausted> {
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
            let mut search = Search {
                func,
                blocks,
                edges: &edges,
                gone: &gone,
                value: inst.args[0],
                found: Vec::new(),
                entered: Vec::new(),
                steps: 0,
            };
            let paired = search.from(id, index + 1);
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
    /// Tells what a pair must not stand around.
    blocks: &'a dyn Fn(&Inst) -> bool,
    edges: &'a [u32],
    gone: &'a [Vec<bool>],
    value: Value,
    /// The releases on the ways looked at so far.
    found: Vec<(BlockId, usize)>,
    /// The blocks on those ways but the first and those that raise, with the edges that led there.
    entered: Vec<(BlockId, u32)>,
    steps: usize,
}

impl Search<'_> {
    /// True if every way from here on has its release before anything that forbids the pair to go.
    fn from(&mut self, start: BlockId, index: usize) -> bool {
        let mut work = vec![(start, index)];
        while let Some((id, index)) = work.pop() {
            match self.block(id, index) {
                Way::Ends => {}
                Way::Blocked => return false,
                Way::GoesOn => {
                    for target in self.func.blocks[id].end.targets() {
                        if self.raises(target.block) {
                            continue;
                        }
                        match self.entered.iter_mut().find(|(block, _)| *block == target.block) {
                            Some((_, edges)) => *edges += 1,
                            None if target.block == start => return false,
                            None => {
                                self.entered.push((target.block, 1));
                                work.push((target.block, 0));
                            }
                        }
                    }
                }
            }
        }
        self.entered.iter().all(|(block, edges)| self.edges[block.index()] == *edges)
    }

    fn block(&mut self, id: BlockId, start: usize) -> Way {
        let block = &self.func.blocks[id];
        for (index, inst) in block.insts.iter().enumerate().skip(start) {
            self.steps += 1;
            if self.gone[id.index()][index] {
                continue;
            }
            if inst.op == Op::Release && inst.args[0] == self.value {
                self.found.push((id, index));
                return Way::Ends;
            }
            if self.steps > FAR || (self.blocks)(inst) {
                return Way::Blocked;
            }
        }
        self.steps += 1;
        match block.end {
            End::Unreachable => Way::Ends,
            _ if self.steps > FAR => Way::Blocked,
            End::Return(_) => Way::Blocked,
            End::Jump(_) | End::Branch(..) | End::Switch(..) => Way::GoesOn,
        }
    }

    /// True for a block that ends the program and does not use the value: it may lower what counts it likes.
    fn raises(&self, id: BlockId) -> bool {
        let block = &self.func.blocks[id];
        block.end == End::Unreachable && block.insts.iter().all(|inst| !inst.args.contains(&self.value))
    }
}

/// What is found in a block.
enum Way {
    /// The release, or the end of the program.
    Ends,
    /// What forbids the pair to go, or the end of the function.
    Blocked,
    GoesOn,
}

/// True for an instruction that may lower a count, or whose effect depends on one.
pub(super) fn looks_at_counts(inst: &Inst) -> bool {
    match inst.op.shape() {
        Shape::Test | Shape::Call | Shape::CallIndirect => true,
        Shape::Count => inst.op == Op::Release,
        Shape::Runtime => !borrows_only(inst),
        Shape::Const
        | Shape::Slot
        | Shape::Unary
        | Shape::Binary
        | Shape::Compare
        | Shape::Convert
        | Shape::Select
        | Shape::Load
        | Shape::Store
        | Shape::Poll => false,
    }
}

/// True for a runtime function that takes no count, neither as an argument nor at an address, and runs no code of the program.
fn borrows_only(inst: &Inst) -> bool {
    inst.runtime_fn().is_some_and(|function| {
        let runs_code = function == RtFn::rt_poll;
        !runs_code && function.params().iter().all(|param| !param.is_consumed() && *param != Param::Addr)
    })
}
