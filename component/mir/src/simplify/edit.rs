//! What the passes share: replacing values, counting edges, giving back numbers.

use crate::legal::verify::Flow;
use crate::legal::{Block, BlockId, End, Func, Value};
use base::{Budget, EntityId, Exhausted};
use smallvec::SmallVec;

/// Values that stand for others.
pub(super) struct Replaced {
    by: Vec<Value>,
    any: bool,
}

impl Replaced {
    pub(super) fn new(func: &Func) -> Self {
        Replaced { by: func.values.ids().collect(), any: false }
    }

    /// What stands for a value in the end.
    pub(super) fn get(&mut self, value: Value) -> Value {
        let mut last = value;
        while self.by[last.index()] != last {
            last = self.by[last.index()];
        }
        // Chains stay short.
        self.by[value.index()] = last;
        last
    }

    /// From now on `new` stands for `old`, which nothing defines any more.
    pub(super) fn set(&mut self, old: Value, new: Value) {
        let new = self.get(new);
        assert_ne!(old, new, "a value does not stand for itself");
        self.by[old.index()] = new;
        self.any = true;
    }

    /// Writes it into the function.
    pub(super) fn apply(mut self, func: &mut Func) -> bool {
        if self.any {
            for (_, block) in func.blocks.iter_mut() {
                for arg in block.insts.iter_mut().flat_map(|inst| &mut inst.args) {
                    *arg = self.get(*arg);
                }
                block.end.values_mut(|value| *value = self.get(*value));
            }
        }
        self.any
    }
}

/// The entry of a function.
pub(super) fn entry() -> BlockId {
    BlockId::from_index(0)
}

/// By block: how many edges lead there, from reachable blocks. The entry has one more, from the caller.
pub(super) fn edges_to(func: &Func, flow: &Flow) -> Vec<u32> {
    let mut edges = vec![0; func.blocks.len()];
    edges[entry().index()] = 1;
    for id in flow.order() {
        for target in func.blocks[*id].end.targets() {
            edges[target.block.index()] += 1;
        }
    }
    edges
}

/// By value: the block in whose parameters it is.
pub(super) fn param_blocks(func: &Func) -> Vec<Option<BlockId>> {
    let mut blocks = vec![None; func.values.len()];
    for (id, block) in func.blocks.iter() {
        for param in &block.params {
            blocks[param.index()] = Some(id);
        }
    }
    blocks
}

/// By block: true if all of its parameters are used in its own end alone.
pub(super) fn params_stay(func: &Func) -> Vec<bool> {
    let of = param_blocks(func);
    let mut stay = vec![true; func.blocks.len()];
    for (id, block) in func.blocks.iter() {
        for arg in block.insts.iter().flat_map(|inst| &inst.args) {
            if let Some(block) = of[arg.index()] {
                stay[block.index()] = false;
            }
        }
        block.end.values(|value| {
            if let Some(block) = of[value.index()].filter(|block| *block != id) {
                stay[block.index()] = false;
            }
        });
    }
    stay
}

/// Spends for looking at a whole function once.
pub(super) fn spend(func: &Func, budget: &mut Budget) -> Result<(), Exhausted> {
    budget.spend(size(func) as u64)
}

/// Instructions and ends of blocks.
pub(super) fn size(func: &Func) -> usize {
    func.blocks.values().map(|block| block.insts.len() + 1).sum()
}

/// A block without anything.
pub(super) fn empty_block() -> Block {
    Block { params: Vec::new(), insts: Vec::new(), end: End::Unreachable, cold: false }
}

/// Numbers blocks anew in reverse postorder and values in the order of their definitions; what is not reached goes.
pub(super) fn compact(func: &mut Func) {
    let flow = Flow::of(func);
    let mut new_block = vec![entry(); func.blocks.len()];
    for (index, id) in flow.order().iter().enumerate() {
        new_block[id.index()] = BlockId::from_index(index);
    }
    let mut blocks: base::Map<BlockId, Block> =
        flow.order().iter().map(|id| std::mem::replace(&mut func.blocks[*id], empty_block())).collect();

    let mut new_value: Vec<Option<Value>> = vec![None; func.values.len()];
    let mut values = base::Map::new();
    for block in blocks.values() {
        for value in block.params.iter().chain(block.insts.iter().flat_map(|inst| &inst.results)) {
            new_value[value.index()] = Some(values.push(func.values[*value]));
        }
    }
    let rename = |value: &mut Value| {
        *value = new_value[value.index()].expect("a sound program uses what is defined");
    };
    for (_, block) in blocks.iter_mut() {
        block.params.iter_mut().for_each(rename);
        for inst in &mut block.insts {
            inst.args.iter_mut().for_each(rename);
            inst.results.iter_mut().for_each(rename);
        }
        block.end.values_mut(rename);
        for target in block.end.targets_mut() {
            target.block = new_block[target.block.index()];
        }
    }
    (func.blocks, func.values) = (blocks, values);
}

/// The arguments of a jump through a block whose parameters are `params`, on an edge that passes `given`.
pub(super) fn through(args: &[Value], params: &[Value], given: &[Value]) -> SmallVec<[Value; 2]> {
    let through = |arg: &Value| match params.iter().position(|param| param == arg) {
        Some(index) => given[index],
        None => *arg,
    };
    args.iter().map(through).collect()
}
