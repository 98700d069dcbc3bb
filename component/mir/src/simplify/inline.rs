//! Calls replaced by the body of the callee.
//!
//! Functions are gone through from the leaves of the call graph up, and each is simplified before its callers look at it. A
//! callee is taken in if it is small, or if this is its only call and it is not large; never one that calls itself. On a cycle of
//! calls one call stays, since a callee is taken in only after it was gone through itself.
//!
//! Places: an instruction that can show up in a stack trace gets a place of its own that says where it was inlined; all others get
//! the place of the call.

use super::edit;
use crate::legal::{Block, BlockId, End, FuncId, Inst, Loc, LocId, Op, Program, Target, Value};
use base::{Budget, EntityId, Exhausted, Map};
use std::collections::BTreeMap;

/// Instructions and ends of blocks of a callee that is taken in everywhere.
const SMALL: usize = 20;
/// The same for a function with one call.
const MODERATE: usize = 120;
/// A caller that is larger takes in nothing but what is smaller than a call.
const LARGE: usize = 4000;
/// About what a call costs.
const TINY: usize = 4;

pub(super) fn run(program: &mut Program, budget: &mut Budget) -> Result<(), Exhausted> {
    let graph = Graph::of(program);
    let mut done: Vec<Option<Callee>> = vec![None; program.funcs.len()];
    for id in graph.leaves_first() {
        super::rounds(&mut program.funcs[id], budget)?;
        if take_in(program, id, &graph, &done, budget)? {
            super::rounds(&mut program.funcs[id], budget)?;
        }
        done[id.index()] = Some(Callee::of(program, id));
    }
    Ok(())
}

/// What a caller looks at.
#[derive(Clone, Copy)]
struct Callee {
    size: usize,
    calls_itself: bool,
}

impl Callee {
    fn of(program: &Program, id: FuncId) -> Callee {
        let func = &program.funcs[id];
        let calls_itself = calls(&func.blocks).any(|callee| callee == id);
        Callee { size: edit::size(func), calls_itself }
    }
}

fn calls(blocks: &Map<BlockId, Block>) -> impl Iterator<Item = FuncId> + '_ {
    blocks.values().flat_map(|block| &block.insts).filter_map(callee_of)
}

fn callee_of(inst: &Inst) -> Option<FuncId> {
    (inst.op == Op::Call).then(|| FuncId::from_index(usize::try_from(inst.imm).unwrap_or(usize::MAX)))
}

/// Who calls whom, before anything was inlined.
struct Graph {
    callees: Vec<Vec<FuncId>>,
    /// Calls of each function, and one for each other way to get at it.
    uses: Vec<u32>,
}

impl Graph {
    fn of(program: &Program) -> Graph {
        let mut uses = vec![0; program.funcs.len()];
        let callees: Vec<Vec<FuncId>> =
            program.funcs.values().map(|func| calls(&func.blocks).collect()).collect();
        let others = program.table.iter().chain(&program.entry).chain(program.exported());
        for id in callees.iter().flatten().chain(others) {
            uses[id.index()] += 1;
        }
        Graph { callees, uses }
    }

    /// All functions, callees before their callers but on cycles.
    fn leaves_first(&self) -> Vec<FuncId> {
        let mut order = Vec::with_capacity(self.callees.len());
        let mut seen = vec![false; self.callees.len()];
        let mut stack: Vec<(FuncId, usize)> = Vec::new();
        for root in (0..self.callees.len()).map(FuncId::from_index) {
            if !std::mem::replace(&mut seen[root.index()], true) {
                stack.push((root, 0));
            }
            while let Some((func, next)) = stack.last_mut() {
                match self.callees[func.index()].get(*next) {
                    Some(&callee) => {
                        *next += 1;
                        if !std::mem::replace(&mut seen[callee.index()], true) {
                            stack.push((callee, 0));
                        }
                    }
                    None => {
                        order.push(*func);
                        stack.pop();
                    }
                }
            }
        }
        order
    }
}

/// Takes in the callees of one function; true if there was one.
fn take_in(
    program: &mut Program,
    caller: FuncId,
    graph: &Graph,
    done: &[Option<Callee>],
    budget: &mut Budget,
) -> Result<bool, Exhausted> {
    let mut size = edit::size(&program.funcs[caller]);
    let mut locs = BTreeMap::new();
    let mut changed = false;
    // Blocks that are added hold what was inlined, where the calls that stay were decided on already, or the rest of a block that
    // was split, which is looked at again.
    let mut work: Vec<BlockId> = program.funcs[caller].blocks.ids().collect();
    while let Some(id) = work.pop() {
        let block = &program.funcs[caller].blocks[id];
        let wanted = block.insts.iter().enumerate().find_map(|(index, inst)| {
            let callee = callee_of(inst).filter(|callee| *callee != caller)?;
            let facts = done[callee.index()].filter(|facts| !facts.calls_itself)?;
            let limit = match graph.uses[callee.index()] {
                _ if size > LARGE => TINY,
                1 => MODERATE,
                _ if block.cold => TINY,
                _ => SMALL,
            };
            (facts.size <= limit).then_some((index, callee, facts.size))
        });
        if let Some((index, callee, added)) = wanted {
            budget.spend(added as u64)?;
            size += added;
            changed = true;
            work.push(inline(program, caller, id, index, callee, &mut locs));
        }
    }
    Ok(changed)
}

/// Replaces one call. Returns the block with what stood behind it.
fn inline(
    program: &mut Program,
    caller: FuncId,
    at: BlockId,
    index: usize,
    callee: FuncId,
    locs: &mut BTreeMap<(LocId, LocId), LocId>,
) -> BlockId {
    let body = program.funcs[callee].blocks.clone();
    let types = program.funcs[callee].values.clone();
    let func = &mut program.funcs[caller];

    let block = &mut func.blocks[at];
    let rest = block.insts.split_off(index + 1);
    let call = block.insts.pop().expect("the call is there");
    let cold = block.cold;
    let end = std::mem::replace(&mut block.end, End::Unreachable);
    let behind = func.blocks.push(Block { params: call.results.to_vec(), insts: rest, end, cold });

    let first_value = func.values.len();
    for ty in types.values() {
        func.values.push(*ty);
    }
    let value = |value: &mut Value| *value = Value::from_index(first_value + value.index());
    let first_block = func.blocks.len();
    let block_id = |id: BlockId| BlockId::from_index(first_block + id.index());

    let mut mapper = Mapper { locs: &mut program.locs, known: locs, call: call.loc };
    for (_, block) in body.iter() {
        let mut block = block.clone();
        block.cold |= cold;
        block.params.iter_mut().for_each(value);
        for inst in &mut block.insts {
            inst.args.iter_mut().for_each(value);
            inst.results.iter_mut().for_each(value);
            inst.loc = if may_be_traced(inst.op) { mapper.inlined(inst.loc) } else { call.loc };
        }
        block.end.values_mut(value);
        for target in block.end.targets_mut() {
            target.block = block_id(target.block);
        }
        if let End::Return(values) = &block.end {
            block.end = End::Jump(Target { block: behind, args: values.clone() });
        }
        func.blocks.push(block);
    }
    func.blocks[at].end = End::Jump(Target { block: block_id(edit::entry()), args: call.args });
    behind
}

/// True where a stack trace may begin or lead through.
fn may_be_traced(op: Op) -> bool {
    // Memory is reached with checked offsets; whether that holds is not known here.
    !op.shape().is_pure() || op == Op::Load
}

/// Makes places of inlined code.
struct Mapper<'a> {
    locs: &'a mut Map<LocId, Loc>,
    /// By call and place in the callee.
    known: &'a mut BTreeMap<(LocId, LocId), LocId>,
    call: LocId,
}

impl Mapper<'_> {
    fn inlined(&mut self, loc: LocId) -> LocId {
        // The chain of places from the innermost out, down to one that is known; then back. Callers' places come before.
        let mut chain = Vec::new();
        let mut at = Some(loc);
        let mut outer = self.call;
        while let Some(id) = at {
            if let Some(known) = self.known.get(&(self.call, id)) {
                outer = *known;
                break;
            }
            chain.push(id);
            at = self.locs[id].inlined_at;
        }
        for id in chain.into_iter().rev() {
            let inlined = Loc { inlined_at: Some(outer), ..self.locs[id].clone() };
            outer = self.locs.push(inlined);
            self.known.insert((self.call, id), outer);
        }
        outer
    }
}
