//! The control-flow graph of generic bodies: order, predecessors, dominators, chains.

use crate::generic::{Block, BlockId, Body, End};
use base::{EntityId, Map};

impl End {
    /// [`End::targets`], for change.
    pub fn targets_mut(&mut self) -> Vec<&mut BlockId> {
        match self {
            End::Goto(block) | End::Suspend(_, block) => vec![block],
            End::Branch(_, a, b) => vec![a, b],
            End::SwitchVariant(_, cases, default) => {
                cases.iter_mut().map(|(_, block)| block).chain([default]).collect()
            }
            End::Return(_) | End::Raise(..) | End::Unreachable => Vec::new(),
        }
    }
}

/// The blocks that the entry reaches, in reverse postorder.
pub fn reverse_postorder(body: &Body) -> Vec<BlockId> {
    let mut order = Vec::with_capacity(body.blocks.len());
    let mut seen = vec![false; body.blocks.len()];
    // A block with those of its targets that were not visited yet.
    let mut stack: Vec<(BlockId, Vec<BlockId>)> = Vec::new();
    let mut enter = Some(BlockId::from_index(0));
    loop {
        if let Some(block) = enter.take()
            && !std::mem::replace(&mut seen[block.index()], true)
        {
            stack.push((block, body.blocks[block].end.targets()));
        }
        let Some((block, targets)) = stack.last_mut() else { break };
        // From the last target on, so that in the order the first comes first.
        match targets.pop() {
            Some(target) => enter = Some(target),
            None => {
                order.push(*block);
                stack.pop();
            }
        }
    }
    order.reverse();
    order
}

/// How many edges lead to each block.
pub fn predecessor_counts(body: &Body) -> Vec<u32> {
    let mut counts = vec![0; body.blocks.len()];
    for block in body.blocks.values() {
        for target in block.end.targets() {
            counts[target.index()] += 1;
        }
    }
    counts
}

/// The immediate dominator of each block, none for the entry and for what it does not reach. After Cooper, Harvey and Kennedy, "A Simple,
/// Fast Dominance Algorithm".
pub fn dominators(body: &Body, order: &[BlockId]) -> Vec<Option<BlockId>> {
    let mut number = vec![usize::MAX; body.blocks.len()];
    for (i, block) in order.iter().enumerate() {
        number[block.index()] = i;
    }
    let mut preds: Vec<Vec<usize>> = vec![Vec::new(); order.len()];
    for (i, &block) in order.iter().enumerate() {
        for target in body.blocks[block].end.targets() {
            preds[number[target.index()]].push(i);
        }
    }
    let mut idom = vec![usize::MAX; order.len()];
    idom[0] = 0;
    let mut changed = true;
    while changed {
        changed = false;
        for i in 1..order.len() {
            let mut new = usize::MAX;
            for &pred in preds[i].iter().filter(|&&pred| idom[pred] != usize::MAX) {
                new = if new == usize::MAX { pred } else { meet(&idom, new, pred) };
            }
            if idom[i] != new {
                idom[i] = new;
                changed = true;
            }
        }
    }
    let mut result = vec![None; body.blocks.len()];
    for (i, &block) in order.iter().enumerate().skip(1) {
        result[block.index()] = Some(order[idom[i]]);
    }
    result
}

fn meet(idom: &[usize], mut a: usize, mut b: usize) -> usize {
    while a != b {
        while a > b {
            a = idom[a];
        }
        while b > a {
            b = idom[b];
        }
    }
    a
}

/// Appends each block that has one predecessor to that predecessor, where nothing else goes on from there.
pub fn merge_chains(body: &mut Body) {
    let order = reverse_postorder(body);
    let mut counts = vec![0u32; body.blocks.len()];
    for &block in &order {
        for target in body.blocks[block].end.targets() {
            counts[target.index()] += 1;
        }
    }
    let mut merged = vec![false; body.blocks.len()];
    for &head in &order {
        if merged[head.index()] {
            continue;
        }
        while let End::Goto(next) = body.blocks[head].end {
            if counts[next.index()] != 1 || next == head {
                break;
            }
            merged[next.index()] = true;
            let tail = std::mem::replace(&mut body.blocks[next].end, End::Unreachable);
            let stmts = std::mem::take(&mut body.blocks[next].stmts);
            let end_span = body.blocks[next].end_span;
            let block = &mut body.blocks[head];
            block.stmts.extend(stmts);
            block.end = tail;
            block.end_span = end_span;
        }
    }
}

/// Numbers the blocks in reverse postorder and leaves out those that the entry does not reach.
pub fn order(body: &mut Body) {
    let order = reverse_postorder(body);
    let mut number = vec![BlockId::from_index(0); body.blocks.len()];
    for (i, block) in order.iter().enumerate() {
        number[block.index()] = BlockId::from_index(i);
    }
    let mut blocks: Map<BlockId, Block> = Map::new();
    for &block in &order {
        let old = &mut body.blocks[block];
        let mut end = std::mem::replace(&mut old.end, End::Unreachable);
        for target in end.targets_mut() {
            *target = number[target.index()];
        }
        blocks.push(Block { stmts: std::mem::take(&mut old.stmts), end, end_span: old.end_span });
    }
    body.blocks = blocks;
}
