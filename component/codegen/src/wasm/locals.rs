//! Locals for the values that need one.
//!
//! Two values of a function in SSA form are in each other's way only if one is alive where the other is defined. So locals are given out in one walk over the blocks
//! in an order in which dominators come first, each value taking one that no living value has; that never fails, since there
//! are as many locals as one likes (Hack, Grund and Goos: Register Allocation for Programs in SSA-Form). A block's parameter and the arguments
//! for it would best share a local, which makes the jump a jump and nothing else: each of them asks for the local that the first of them got.

use super::fold::{Folding, Source};
use super::val_type;
use base::EntityId;
use mir::legal::verify::Flow;
use mir::legal::{BlockId, Func, Op, Value};
use std::collections::BTreeSet;
use wasm_encoder::ValType;

/// The locals of a function.
pub struct Locals {
    /// By value: its local.
    of: Vec<Option<u32>>,
    /// Those behind the parameters: how many of which type.
    pub declared: Vec<(u32, ValType)>,
    /// For an address that is looked at several times.
    pub address: u32,
    /// For a count.
    pub count: u32,
    /// For a tagged value.
    pub tagged: u32,
    /// How many there are.
    pub len: u32,
}

impl Locals {
    /// The local of a value, where it has one.
    pub fn of(&self, value: Value) -> Option<u32> {
        self.of[value.index()]
    }
}

/// The types of locals, in the order in which they are declared.
const TYPES: [ValType; 4] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64];

/// Gives out the locals.
pub fn allocate(func: &Func, flow: &Flow, folding: &Folding) -> Locals {
    let usage = Usage { func, folding };
    let live = live_in(func, flow, &usage);
    let mut allocation = Allocation {
        func,
        types: Vec::new(),
        by_class: Default::default(),
        is_taken: Vec::new(),
        taken: Vec::new(),
        of: vec![None; func.values.len()],
        webs: Webs::of(func, flow.order()),
    };
    for &param in &func.sig.params {
        allocation.add(val_type(param));
    }
    for &id in flow.order() {
        allocation.block(id, &usage, &live);
    }
    allocation.finish()
}

/// Which values with locals are used where.
struct Usage<'a> {
    func: &'a Func,
    folding: &'a Folding,
}

impl Usage<'_> {
    /// The locals behind an operand.
    fn leaves(&self, value: Value, visit: &mut impl FnMut(Value)) {
        match self.folding.sources[value.index()] {
            Source::Local => visit(value),
            Source::Inst(block, index) => {
                for &arg in &self.func.blocks[block].insts[index as usize].args {
                    self.leaves(arg, visit);
                }
            }
        }
    }

    fn of_root(&self, block: BlockId, root: u32, visit: &mut impl FnMut(Value)) {
        for &arg in &self.func.blocks[block].insts[root as usize].args {
            self.leaves(arg, visit);
        }
    }

    fn of_end(&self, block: BlockId, visit: &mut impl FnMut(Value)) {
        self.func.blocks[block].end.values(|value| self.leaves(value, visit));
    }
}

/// By block: the values that it or a block behind it uses and that come from before it.
fn live_in(func: &Func, flow: &Flow, usage: &Usage<'_>) -> Vec<Vec<Value>> {
    let blocks = func.blocks.len();
    let mut preds: Vec<Vec<BlockId>> = vec![Vec::new(); blocks];
    let mut defined_in = vec![BlockId::from_index(0); func.values.len()];
    let mut uses: Vec<Vec<BlockId>> = vec![Vec::new(); func.values.len()];
    for &id in flow.order() {
        let block = &func.blocks[id];
        for target in block.end.targets() {
            preds[target.block.index()].push(id);
        }
        let results = block.insts.iter().flat_map(|inst| &inst.results);
        for value in block.params.iter().chain(results) {
            defined_in[value.index()] = id;
        }
        let mut note = |value: Value| {
            let uses = &mut uses[value.index()];
            if uses.last() != Some(&id) {
                uses.push(id);
            }
        };
        for &root in &usage.folding.roots[id.index()] {
            usage.of_root(id, root, &mut note);
        }
        usage.of_end(id, &mut note);
    }
    let mut live: Vec<Vec<Value>> = vec![Vec::new(); blocks];
    let mut work = Vec::new();
    for (value, _) in func.values.iter() {
        let home = defined_in[value.index()];
        work.extend(uses[value.index()].iter().copied().filter(|&block| block != home));
        while let Some(block) = work.pop() {
            let live = &mut live[block.index()];
            if live.last() != Some(&value) {
                live.push(value);
                work.extend(preds[block.index()].iter().copied().filter(|&pred| pred != home));
            }
        }
    }
    live
}

struct Allocation<'a> {
    func: &'a Func,
    /// By local.
    types: Vec<ValType>,
    /// By type: those of it.
    by_class: [Vec<u32>; 4],
    /// By local: a living value has it.
    is_taken: Vec<bool>,
    /// All for which that is or was so in the current block.
    taken: Vec<u32>,
    of: Vec<Option<u32>>,
    webs: Webs,
}

impl Allocation<'_> {
    fn block(&mut self, id: BlockId, usage: &Usage<'_>, live_in: &[Vec<Value>]) {
        let func = self.func;
        let block = &func.blocks[id];
        let first = id.index() == 0;
        // What is alive at the start has its local already.
        for local in std::mem::take(&mut self.taken) {
            self.is_taken[local as usize] = false;
        }
        for &value in &live_in[id.index()] {
            if let Some(local) = self.of[value.index()] {
                self.take(value, local);
            }
        }
        for (index, &param) in block.params.iter().enumerate() {
            if first {
                // The parameters of a function are where they are.
                self.take(param, index as u32);
            } else if usage.folding.uses[param.index()] > 0 {
                self.define(param);
            }
        }

        let roots = &usage.folding.roots[id.index()];
        let dying = self.dying(id, usage, live_in);
        for (position, &root) in roots.iter().enumerate() {
            for &value in &dying[position] {
                self.release(value);
            }
            let results = &block.insts[root as usize].results;
            for &result in results {
                if usage.folding.uses[result.index()] > 0 {
                    self.define(result);
                }
            }
        }
        // Arguments that are computed at the end only take the parameters' locals then.
    }

    /// By root: the values that are used there for the last time.
    fn dying(&self, id: BlockId, usage: &Usage<'_>, live_in: &[Vec<Value>]) -> Vec<Vec<Value>> {
        let mut alive = BTreeSet::new();
        let end = &self.func.blocks[id].end;
        for target in end.targets() {
            alive.extend(live_in[target.block.index()].iter().copied());
        }
        usage.of_end(id, &mut |value| {
            alive.insert(value);
        });
        let roots = &usage.folding.roots[id.index()];
        let mut dying = vec![Vec::new(); roots.len()];
        for (position, &root) in roots.iter().enumerate().rev() {
            usage.of_root(id, root, &mut |value| {
                if alive.insert(value) {
                    dying[position].push(value);
                }
            });
        }
        dying
    }

    fn define(&mut self, value: Value) {
        let ty = val_type(self.func.values[value]);
        let wanted = self.webs.wanted(value).filter(|local| !self.is_taken[*local as usize]);
        let free = || self.by_class[class(ty)].iter().copied().find(|local| !self.is_taken[*local as usize]);
        let local = wanted.or_else(free);
        let local = local.unwrap_or_else(|| self.add(ty));
        self.take(value, local);
    }

    fn add(&mut self, ty: ValType) -> u32 {
        let local = self.types.len() as u32;
        self.types.push(ty);
        self.is_taken.push(false);
        self.by_class[class(ty)].push(local);
        local
    }

    fn take(&mut self, value: Value, local: u32) {
        self.of[value.index()] = Some(local);
        self.is_taken[local as usize] = true;
        self.taken.push(local);
        self.webs.got(value, local);
    }

    fn release(&mut self, value: Value) {
        if let Some(local) = self.of[value.index()] {
            self.is_taken[local as usize] = false;
        }
    }

    /// Sorts the locals by type, behind the parameters.
    fn finish(mut self) -> Locals {
        let params = self.func.sig.params.len();
        let insts = self.func.blocks.values().flat_map(|block| &block.insts);
        let counts = insts.filter(|inst| matches!(inst.op, Op::Retain | Op::Release)).count() > 0;
        let scratch = self.types.len();
        if counts {
            self.types.extend([ValType::I32, ValType::I32, ValType::I64]);
        }
        let mut number: Vec<u32> = (0..self.types.len() as u32).collect();
        let mut next = params as u32;
        let mut declared = Vec::new();
        for ty in TYPES {
            let start = next;
            for (number, _) in number.iter_mut().zip(&self.types).skip(params).filter(|(_, of)| **of == ty) {
                *number = next;
                next += 1;
            }
            if next > start {
                declared.push((next - start, ty));
            }
        }
        for local in self.of.iter_mut().flatten() {
            *local = number[*local as usize];
        }
        let scratch = |index: usize| number.get(scratch + index).copied().unwrap_or(u32::MAX);
        Locals {
            declared,
            address: scratch(0),
            count: scratch(1),
            tagged: scratch(2),
            len: next,
            of: self.of,
        }
    }
}

fn class(ty: ValType) -> usize {
    TYPES.iter().position(|&known| known == ty).expect("values are numbers")
}

/// Parameters of blocks with the arguments for them, as disjoint sets, each with the local that its first member got.
struct Webs {
    parent: Vec<u32>,
    wanted: Vec<Option<u32>>,
}

impl Webs {
    fn of(func: &Func, order: &[BlockId]) -> Webs {
        let len = func.values.len();
        let mut webs = Webs { parent: (0..len as u32).collect(), wanted: vec![None; len] };
        for &id in order {
            for target in func.blocks[id].end.targets() {
                let params = &func.blocks[target.block].params;
                for (&param, &arg) in params.iter().zip(&target.args) {
                    let (a, b) = (webs.root(param), webs.root(arg));
                    webs.parent[a as usize] = b;
                }
            }
        }
        webs
    }

    fn root(&mut self, value: Value) -> u32 {
        let mut at = value.index() as u32;
        while self.parent[at as usize] != at {
            // Halves the way for the next time.
            self.parent[at as usize] = self.parent[self.parent[at as usize] as usize];
            at = self.parent[at as usize];
        }
        at
    }

    fn wanted(&mut self, value: Value) -> Option<u32> {
        let root = self.root(value);
        self.wanted[root as usize]
    }

    fn got(&mut self, value: Value, local: u32) {
        let root = self.root(value);
        self.wanted[root as usize].get_or_insert(local);
    }
}
