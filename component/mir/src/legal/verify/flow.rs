//! Order, predecessors and dominators of the blocks of a function.

use crate::legal::{BlockId, Func};
use base::EntityId;

/// The order of the blocks of a function, as it was when this was made. Targets must exist.
pub struct Flow {
    /// Reachable blocks in reverse postorder.
    order: Vec<BlockId>,
    /// Position in `order` by block; `UNREACHABLE` for the others.
    number: Vec<u32>,
}

/// Which block dominates which.
pub struct Dominators<'a> {
    flow: &'a Flow,
    /// By position: when the walk of the dominator tree entered and left it.
    span: Vec<(u32, u32)>,
}

const UNREACHABLE: u32 = u32::MAX;

impl Flow {
    /// The order of a function that has blocks.
    pub fn of(func: &Func) -> Self {
        let (order, number) = reverse_postorder(func);
        Flow { order, number }
    }

    /// Reachable blocks in reverse postorder: a block comes behind its dominators.
    pub fn order(&self) -> &[BlockId] {
        &self.order
    }

    /// True for a block to which a way leads.
    pub fn is_reachable(&self, block: BlockId) -> bool {
        self.number[block.index()] != UNREACHABLE
    }

    /// True where an edge goes backward in the order.
    pub fn is_back_edge(&self, from: BlockId, to: BlockId) -> bool {
        self.number[to.index()] <= self.number[from.index()]
    }

    /// Each block but the first with its immediate dominator, in the order. Of the same function.
    pub fn immediate_dominators(&self, func: &Func) -> Vec<(BlockId, BlockId)> {
        let idom = dominators(func, &self.order, &self.number);
        let blocks = self.order.iter().zip(idom).skip(1);
        blocks.map(|(&block, dominator)| (block, self.order[dominator as usize])).collect()
    }

    /// The dominators of the same function.
    pub fn dominators(&self, func: &Func) -> Dominators<'_> {
        Dominators { flow: self, span: tree_spans(&dominators(func, &self.order, &self.number)) }
    }
}

impl Dominators<'_> {
    /// True where every way to `block` leads through `by`. So it is for blocks to which there is no way.
    pub fn dominates(&self, by: BlockId, block: BlockId) -> bool {
        let (by, block) = (self.flow.number[by.index()], self.flow.number[block.index()]);
        if block == UNREACHABLE {
            return true;
        }
        if by == UNREACHABLE {
            return false;
        }
        let (outer, inner) = (self.span[by as usize], self.span[block as usize]);
        outer.0 <= inner.0 && inner.1 <= outer.1
    }

    /// An edge that makes the function irreducible.
    pub(super) fn irreducible_edge(&self, func: &Func) -> Option<(BlockId, BlockId)> {
        self.flow.order.iter().find_map(|&from| {
            let targets = func.blocks[from].end.targets();
            let to = targets
                .iter()
                .map(|target| target.block)
                .find(|&to| self.flow.is_back_edge(from, to) && !self.dominates(to, from));
            to.map(|to| (from, to))
        })
    }
}

fn reverse_postorder(func: &Func) -> (Vec<BlockId>, Vec<u32>) {
    let mut order = Vec::with_capacity(func.blocks.len());
    let mut seen = vec![false; func.blocks.len()];
    let entry = BlockId::from_index(0);
    // A block with its targets that were not visited yet. The last is visited first, so the first comes first in the order.
    let mut stack = vec![(entry, func.blocks[entry].end.targets())];
    seen[entry.index()] = true;
    while let Some((block, rest)) = stack.last_mut() {
        match rest.pop() {
            None => {
                order.push(*block);
                stack.pop();
            }
            Some(target) if !seen[target.block.index()] => {
                seen[target.block.index()] = true;
                stack.push((target.block, func.blocks[target.block].end.targets()));
            }
            Some(_) => {}
        }
    }
    order.reverse();
    let mut number = vec![UNREACHABLE; func.blocks.len()];
    for (position, block) in order.iter().enumerate() {
        number[block.index()] = u32::try_from(position).expect("block ids are 32 bits");
    }
    (order, number)
}

/// Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm. By position: the immediate dominator's position. The entry is its own.
fn dominators(func: &Func, order: &[BlockId], number: &[u32]) -> Vec<u32> {
    let mut preds: Vec<Vec<u32>> = vec![Vec::new(); order.len()];
    for (position, block) in order.iter().enumerate() {
        for target in func.blocks[*block].end.targets() {
            preds[number[target.block.index()] as usize].push(position as u32);
        }
    }
    let mut idom = vec![UNREACHABLE; order.len()];
    idom[0] = 0;
    let mut changed = true;
    while changed {
        changed = false;
        for position in 1..order.len() {
            let mut known =
                preds[position].iter().copied().filter(|pred| idom[*pred as usize] != UNREACHABLE);
            let first = known.next().expect("a predecessor comes before, in reverse postorder");
            let new = known.fold(first, |a, b| common(&idom, a, b));
            changed |= std::mem::replace(&mut idom[position], new) != new;
        }
    }
    idom
}

fn common(idom: &[u32], mut a: u32, mut b: u32) -> u32 {
    while a != b {
        if a > b {
            a = idom[a as usize];
        } else {
            b = idom[b as usize];
        }
    }
    a
}

/// Numbers the dominator tree so that a subtree is a range.
fn tree_spans(idom: &[u32]) -> Vec<(u32, u32)> {
    // Sizes of subtrees: children come behind their parents in the order.
    let mut size = vec![1u32; idom.len()];
    for position in (1..idom.len()).rev() {
        size[idom[position] as usize] += size[position];
    }
    let mut span = vec![(0, 0); idom.len()];
    let mut next = vec![0u32; idom.len()];
    for position in 0..idom.len() {
        let start = if position == 0 { 0 } else { next[idom[position] as usize] };
        span[position] = (start, start + size[position]);
        next[position] = start + 1;
        if position != 0 {
            next[idom[position] as usize] = start + size[position];
        }
    }
    span
}
