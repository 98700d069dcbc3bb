//! The cycle collector: synchronous trial deletion (Bacon and Rajan, "Concurrent Cycle Collection in Reference
//! Counted Systems", 2001), with lists in place of recursion.
//!
//! Objects whose type may be part of a cycle and whose count was lowered, but not to 0, are candidates. A collection takes
//! away the counts that come from inside the graph below the candidates; what has none left is garbage. Objects of
//! types that cannot be part of a cycle are not visited: garbage releases them like any owner.

use crate::Raised;
use crate::count::IMMORTAL_BIT;
use crate::heap::Heap;
use crate::memory::{Access, Memory};
use crate::types::Types;
use abi::object;

const COLOUR: u32 = 3 << 24;
/// In use, or free.
const BLACK: u32 = 0;
/// Its children's counts were lowered on trial.
const GRAY: u32 = 1 << 24;
/// Garbage, unless it turns black again.
const WHITE: u32 = 2 << 24;
/// A candidate.
const PURPLE: u32 = 3 << 24;
/// Stands in the list of candidates.
const BUFFERED: u32 = 1 << 26;

// Emitted code does not call where an object is noted already.
const _: () = assert!(PURPLE | BUFFERED == object::NOTED);

const FIRST_THRESHOLD: usize = 4096;

/// The candidates, and when to look at them.
#[derive(Debug)]
pub(crate) struct Collector {
    candidates: Vec<u32>,
    threshold: usize,
}

impl Default for Collector {
    fn default() -> Collector {
        Collector { candidates: Vec::new(), threshold: FIRST_THRESHOLD }
    }
}

impl Collector {
    /// Enough candidates for a collection to pay.
    #[inline]
    pub fn is_due(&self) -> bool {
        self.candidates.len() >= self.threshold
    }
}

impl<M: Memory> Heap<M> {
    /// Notes a candidate. Never collects: callers may be in the middle of a change.
    #[inline]
    pub fn note_root(&mut self, at: u32, type_word: u32) -> Result<(), Raised> {
        if type_word & COLOUR == PURPLE && type_word & BUFFERED != 0 {
            return Ok(());
        }
        self.mem.set_u32(at + object::TYPE, type_word & !COLOUR | PURPLE | BUFFERED)?;
        if type_word & BUFFERED == 0 {
            self.collector.candidates.push(at);
        }
        Ok(())
    }

    /// For an object whose children were released: true if it stands in the list of candidates, which then frees it.
    #[inline]
    pub fn keep_for_collector(&mut self, at: u32, type_word: u32) -> Result<bool, Raised> {
        if type_word & BUFFERED == 0 {
            return Ok(false);
        }
        self.mem.set_u32(at + object::TYPE, type_word & !COLOUR | BLACK)?;
        Ok(true)
    }

    /// Collects if there are many candidates. Only where the heap is whole: every count is an owner.
    #[inline]
    pub fn collect_if_due(&mut self, types: &Types) -> Result<(), Raised> {
        if self.collector.is_due() { self.collect_once(types) } else { Ok(()) }
    }

    /// Frees all garbage cycles, also those that freeing others makes.
    pub fn collect(&mut self, types: &Types) -> Result<(), Raised> {
        while !self.collector.candidates.is_empty() {
            self.collect_once(types)?;
        }
        Ok(())
    }

    fn collect_once(&mut self, types: &Types) -> Result<(), Raised> {
        self.stats.collections += 1;
        let candidates = std::mem::take(&mut self.collector.candidates);
        let mut roots = Vec::new();
        let mut visited = 0usize;
        for at in candidates {
            self.work(1)?;
            let type_word = self.mem.u32(at + object::TYPE)?;
            self.mem.set_u32(at + object::TYPE, type_word & !BUFFERED)?;
            if self.mem.u32(at)? == 0 {
                self.free_object_block(at, types)?;
            } else {
                roots.push(at);
            }
        }
        for at in &roots {
            self.work(1)?;
            if self.colour(*at)? == PURPLE {
                visited += self.mark_gray(*at, types)?;
            }
        }
        for at in &roots {
            self.work(1)?;
            self.scan(*at, types)?;
        }
        let mut garbage = Vec::new();
        for at in roots {
            self.gather_white(at, types, &mut garbage)?;
        }
        self.stats.collected += garbage.len() as u64;
        // Another collection pays when as much has become a candidate as this one found alive.
        self.collector.threshold = FIRST_THRESHOLD.max(visited.saturating_sub(garbage.len()));
        self.free_garbage(&garbage, types)
    }

    fn colour(&self, at: u32) -> Result<u32, Raised> {
        Ok(self.mem.u32(at.saturating_add(object::TYPE))? & COLOUR)
    }

    fn set_colour(&mut self, at: u32, colour: u32) -> Result<(), Raised> {
        let type_word = self.mem.u32(at.saturating_add(object::TYPE))?;
        self.mem.set_u32(at + object::TYPE, type_word & !COLOUR | colour)
    }

    /// True for what trial deletion visits.
    fn is_traced(&self, at: u32, types: &Types) -> Result<bool, Raised> {
        let type_word = self.mem.u32(at.saturating_add(object::TYPE))?;
        Ok(types.of_word(type_word)?.desc.may_cycle && self.mem.u32(at)? & IMMORTAL_BIT == 0)
    }

    fn mark_gray(&mut self, root: u32, types: &Types) -> Result<usize, Raised> {
        let mut visited = 1;
        self.set_colour(root, GRAY)?;
        let mut work = vec![root];
        while let Some(at) = work.pop() {
            self.work(1)?;
            self.for_each_child(at, types, |heap, child| {
                if heap.is_traced(child, types)? {
                    let count = heap.mem.u32(child)?;
                    heap.mem.set_u32(child, count.checked_sub(1).ok_or(Raised::Internal)?)?;
                    if heap.colour(child)? != GRAY {
                        heap.set_colour(child, GRAY)?;
                        visited += 1;
                        work.push(child);
                    }
                }
                Ok(())
            })?;
        }
        Ok(visited)
    }

    fn scan(&mut self, root: u32, types: &Types) -> Result<(), Raised> {
        let mut work = vec![root];
        while let Some(at) = work.pop() {
            self.work(1)?;
            if self.colour(at)? != GRAY {
                continue;
            }
            if self.mem.u32(at)? > 0 {
                self.scan_black(at, types)?;
                continue;
            }
            self.set_colour(at, WHITE)?;
            self.for_each_child(at, types, |heap, child| {
                if heap.is_traced(child, types)? {
                    work.push(child);
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn scan_black(&mut self, root: u32, types: &Types) -> Result<(), Raised> {
        self.set_colour(root, BLACK)?;
        let mut work = vec![root];
        while let Some(at) = work.pop() {
            self.work(1)?;
            self.for_each_child(at, types, |heap, child| {
                if heap.is_traced(child, types)? {
                    let count = heap.mem.u32(child)?;
                    heap.mem.set_u32(child, count + 1)?;
                    if heap.colour(child)? != BLACK {
                        heap.set_colour(child, BLACK)?;
                        work.push(child);
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    fn gather_white(&mut self, root: u32, types: &Types, garbage: &mut Vec<u32>) -> Result<(), Raised> {
        if self.colour(root)? != WHITE {
            return Ok(());
        }
        self.set_colour(root, BLACK)?;
        let mut next = garbage.len();
        garbage.push(root);
        while let Some(at) = garbage.get(next).copied() {
            self.work(1)?;
            next += 1;
            self.for_each_child(at, types, |heap, child| {
                if heap.is_traced(child, types)? && heap.colour(child)? == WHITE {
                    heap.set_colour(child, BLACK)?;
                    garbage.push(child);
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Counts between garbage, and from garbage to what is traced, are gone already; other children are released here. All of
    /// them before any block is given back, since a child's type is read from its block.
    fn free_garbage(&mut self, garbage: &[u32], types: &Types) -> Result<(), Raised> {
        for at in garbage {
            self.work(1)?;
            let mut children = Vec::new();
            self.for_each_child(*at, types, |heap, child| {
                if !heap.is_traced(child, types)? {
                    children.push(child);
                }
                Ok(())
            })?;
            for child in children {
                self.release(child, types)?;
            }
        }
        for at in garbage {
            self.work(1)?;
            self.free_dict_data(*at, types)?;
            self.free_object_block(*at, types)?;
        }
        Ok(())
    }
}
