//! Conditions that were decided on the way: a branch on a value that a dominating branch has decided goes the same way. And counts: an object
//! that has one owner, and was not retained since, still has.
//!
//! A value has one owner where `unique` said so, or where it comes from a runtime function that gives such. A block parameter has if all
//! that is passed to it has. That is assumed of parameters of loops at first and given up where it does not hold.
//!
//! Keeps: dominance. A `unique` becomes a constant, and a branch a jump, for other passes to use.

use super::edit;
use super::loops::Loops;
use super::memory::{Class, Memory, Summary, Version};
use crate::legal::verify::{Dominators, Flow};
use crate::legal::{BlockId, End, Func, Op, Value};
use abi::{Repr, RtFn};
use base::{Budget, EntityId, Exhausted};
use smallvec::SmallVec;

/// Assumptions are given up at most this often, else all are.
const MAX_STEPS: usize = 8;

pub(super) fn run(func: &mut Func, summary: &Summary, budget: &mut Budget) -> Result<bool, Exhausted> {
    edit::spend(func, budget)?;
    let flow = Flow::of(func);
    let dominators = flow.dominators(func);
    let mut changed = branches(func, &flow, &dominators);
    let asks = |block: &crate::legal::Block| block.insts.iter().any(|inst| inst.op == Op::IsUnique);
    if func.blocks.values().any(asks) {
        changed |= owners(func, &flow, &dominators, summary, budget)?;
    }
    Ok(changed)
}

// -- conditions ----------------------------------------------------------------------------------------------

fn branches(func: &mut Func, flow: &Flow, dominators: &Dominators) -> bool {
    let edges = edit::edges_to(func, flow);
    // By condition: blocks that are only reached where it is what stands beside them.
    let mut decided: Vec<SmallVec<[(BlockId, bool); 2]>> = vec![SmallVec::new(); func.values.len()];
    let mut changed = false;
    for &id in flow.order() {
        let End::Branch(condition, then, otherwise) = &func.blocks[id].end else { continue };
        let known = decided[condition.index()].iter().find(|(block, _)| dominators.dominates(*block, id));
        if let Some((_, holds)) = known {
            let way = if *holds { then } else { otherwise }.clone();
            func.blocks[id].end = End::Jump(way);
            changed = true;
            continue;
        }
        for (way, holds) in [(then.block, true), (otherwise.block, false)] {
            if edges[way.index()] == 1 {
                decided[condition.index()].push((way, holds));
            }
        }
    }
    changed
}

// -- owners --------------------------------------------------------------------------------------------------

struct Owners<'a> {
    func: &'a Func,
    flow: &'a Flow,
    dominators: &'a Dominators<'a>,
    memory: &'a Memory<'a>,
    /// By value: places from which on it has one owner, with what counts as [`Class::Raised`] there.
    facts: Vec<SmallVec<[(BlockId, Version); 2]>>,
    /// By block: what it is at the end.
    ends: Vec<Version>,
    /// By value: a parameter of which it is assumed that it has one owner at the start of its block.
    assumed: Vec<bool>,
    /// By block: the value that it asks for in its branch.
    asked: Vec<Option<Value>>,
}

fn owners(
    func: &mut Func,
    flow: &Flow,
    dominators: &Dominators,
    summary: &Summary,
    budget: &mut Budget,
) -> Result<bool, Exhausted> {
    let loops = Loops::of(func, flow);
    let memory = Memory::of(func, flow, &loops, summary);
    let mut owners = Owners {
        func,
        flow,
        dominators,
        memory: &memory,
        facts: vec![SmallVec::new(); func.values.len()],
        ends: flow_ends(func, &memory),
        assumed: vec![false; func.values.len()],
        asked: vec![None; func.blocks.len()],
    };
    owners.collect();
    for _ in 0..MAX_STEPS {
        edit::spend(func, budget)?;
        if !owners.give_up() {
            let answered = owners.answers();
            for (block, index) in &answered {
                let inst = &mut func.blocks[*block].insts[*index];
                (inst.op, inst.ty, inst.imm) = (Op::IConst, Repr::I8, 1);
                inst.args.clear();
            }
            return Ok(!answered.is_empty());
        }
    }
    Ok(false)
}

/// By block: what counts as [`Class::Raised`] at its end.
fn flow_ends(func: &Func, memory: &Memory) -> Vec<Version> {
    let end = |id: BlockId| {
        let mut at = memory.entry(id);
        for index in 0..func.blocks[id].insts.len() {
            memory.step(&mut at, func, id, index);
        }
        at.get(Class::Raised)
    };
    func.blocks.ids().map(end).collect()
}

impl Owners<'_> {
    /// Facts from instructions and branches, and all assumptions.
    fn collect(&mut self) {
        let edges = edit::edges_to(self.func, self.flow);
        let mut asks: Vec<Option<(Value, Version)>> = vec![None; self.func.values.len()];
        for &id in self.flow.order() {
            let block = &self.func.blocks[id];
            let mut at = self.memory.entry(id);
            for (index, inst) in block.insts.iter().enumerate() {
                self.memory.step(&mut at, self.func, id, index);
                let now = at.get(Class::Raised);
                match (inst.op, &inst.results[..]) {
                    (Op::IsUnique, [result]) => asks[result.index()] = Some((inst.args[0], now)),
                    // Both have to hold.
                    (Op::And, [result]) => {
                        asks[result.index()] = inst
                            .args
                            .iter()
                            .find_map(|arg| asks[arg.index()])
                            .filter(|_| inst.ty == Repr::I8);
                    }
                    (Op::Runtime, [result]) => {
                        let function = usize::try_from(inst.imm).ok().and_then(|index| RtFn::ALL.get(index));
                        if function.is_some_and(|function| function.result_is_unique()) {
                            self.facts[result.index()].push((id, now));
                        }
                    }
                    _ => {}
                }
            }
            if let End::Branch(condition, then, otherwise) = &block.end
                && let Some((value, version)) = asks[condition.index()]
            {
                if edges[then.block.index()] == 1 {
                    self.facts[value.index()].push((then.block, version));
                } else if then.block != otherwise.block && version == self.ends[id.index()] {
                    self.asked[id.index()] = Some(value);
                }
            }
            if id != edit::entry() {
                for param in block.params.iter().filter(|param| self.func.values[**param] == Repr::Ref) {
                    self.assumed[param.index()] = true;
                    self.facts[param.index()].push((id, self.memory.entry(id).get(Class::Raised)));
                }
            }
        }
    }

    /// Gives up what does not hold; true if there was something.
    fn give_up(&mut self) -> bool {
        let mut changed = false;
        for &id in self.flow.order() {
            for (way, target) in self.func.blocks[id].end.targets().into_iter().enumerate() {
                let params = &self.func.blocks[target.block].params;
                for (param, arg) in params.iter().zip(&target.args) {
                    if self.assumed[param.index()] {
                        let asked = way == 0 && self.asked[id.index()] == Some(*arg);
                        if !asked && !self.holds(*arg, id, self.ends[id.index()]) {
                            self.assumed[param.index()] = false;
                            self.facts[param.index()].clear();
                            changed = true;
                        }
                    }
                }
            }
        }
        changed
    }

    /// True if a value has one owner where [`Class::Raised`] is `now`, in or behind the start of a block.
    fn holds(&self, value: Value, block: BlockId, now: Version) -> bool {
        let facts = &self.facts[value.index()];
        facts.iter().any(|(from, version)| *version == now && self.dominators.dominates(*from, block))
    }

    /// The instructions whose answer is known to be 1.
    fn answers(&self) -> Vec<(BlockId, usize)> {
        let mut answers = Vec::new();
        for &id in self.flow.order() {
            let block = &self.func.blocks[id];
            let mut at = self.memory.entry(id);
            for (index, inst) in block.insts.iter().enumerate() {
                self.memory.step(&mut at, self.func, id, index);
                if inst.op == Op::IsUnique && self.holds(inst.args[0], id, at.get(Class::Raised)) {
                    answers.push((id, index));
                }
            }
        }
        answers
    }
}
