//! The natural loops of a function, as it was when this was made. Control flow is reducible, so every edge back leads to a header
//! that dominates where it comes from.

use crate::legal::verify::Flow;
use crate::legal::{BlockId, Func};
use base::EntityId;

/// Number of a loop. An inner loop has a smaller one than those around it.
pub(super) type LoopId = usize;

/// A loop.
pub(super) struct Loop {
    /// The one block by which it is entered.
    pub header: BlockId,
    /// The loop around it.
    pub parent: Option<LoopId>,
    /// Where edges lead back to the header from.
    pub latches: Vec<BlockId>,
}

/// All loops.
pub(super) struct Loops {
    /// Inner loops first.
    pub loops: Vec<Loop>,
    /// By block: the innermost loop that it is part of.
    innermost: Vec<Option<LoopId>>,
}

/// True for a function with a loop.
pub(super) fn has_loops(func: &Func) -> bool {
    let flow = Flow::of(func);
    let back = |id: &BlockId| {
        func.blocks[*id].end.targets().iter().any(|target| flow.is_back_edge(*id, target.block))
    };
    flow.order().iter().any(back)
}

impl Loops {
    pub(super) fn of(func: &Func, flow: &Flow) -> Loops {
        let mut found = Loops { loops: Vec::new(), innermost: vec![None; func.blocks.len()] };
        let mut preds: Vec<Vec<BlockId>> = vec![Vec::new(); func.blocks.len()];
        for &id in flow.order() {
            for target in func.blocks[id].end.targets() {
                preds[target.block.index()].push(id);
            }
        }
        // Headers of inner loops come behind those of the loops around them.
        for &header in flow.order().iter().rev() {
            let back = preds[header.index()].iter().copied().filter(|from| flow.is_back_edge(*from, header));
            let mut latches: Vec<BlockId> = back.collect();
            latches.dedup();
            if !latches.is_empty() {
                found.add(header, latches, &preds);
            }
        }
        found
    }

    /// Adds a loop whose inner loops are there already.
    fn add(&mut self, header: BlockId, latches: Vec<BlockId>, preds: &[Vec<BlockId>]) {
        let new = self.loops.len();
        let mut work = latches.clone();
        self.loops.push(Loop { header, parent: None, latches });
        self.innermost[header.index()] = Some(new);
        while let Some(block) = work.pop() {
            match self.innermost[block.index()] {
                None => {
                    self.innermost[block.index()] = Some(new);
                    work.extend(&preds[block.index()]);
                }
                // A whole loop becomes part of this one, and the walk goes on before its header.
                Some(inner) => {
                    let outermost = self.outermost(inner);
                    if outermost != new {
                        self.loops[outermost].parent = Some(new);
                        work.extend(&preds[self.loops[outermost].header.index()]);
                    }
                }
            }
        }
    }

    fn outermost(&self, inner: LoopId) -> LoopId {
        self.around(Some(inner)).last().unwrap_or(inner)
    }

    /// A loop and those around it, from the inside out.
    pub(super) fn around(&self, inner: Option<LoopId>) -> impl Iterator<Item = LoopId> + '_ {
        std::iter::successors(inner, |id| self.loops[*id].parent)
    }

    /// The innermost loop that a block is part of.
    pub(super) fn innermost(&self, block: BlockId) -> Option<LoopId> {
        self.innermost[block.index()]
    }

    /// True if a block is part of a loop.
    pub(super) fn contains(&self, id: LoopId, block: BlockId) -> bool {
        self.around(self.innermost(block)).any(|around| around == id)
    }

    /// A block was added to the function, in a loop or outside of all.
    pub(super) fn add_block(&mut self, inner: Option<LoopId>) {
        self.innermost.push(inner);
    }

    /// The loop of which a block is the header.
    pub(super) fn headed_by(&self, block: BlockId) -> Option<LoopId> {
        self.innermost(block).filter(|id| self.loops[*id].header == block)
    }
}
