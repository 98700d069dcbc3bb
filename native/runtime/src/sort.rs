//! Stable sorting by natural order, with fast paths for integers and floats.
//!
//! The standard library's sorts can neither be stopped nor be given a comparison that fails: where the order changes its mind they may panic.
//! So they sort runs of numbers, which is quick and cannot fail, and everything longer or slower is merged here.

use crate::compare::cmp_floats_total;
use crate::heap::Heap;
use crate::memory::Access;
use crate::{Host, Memory, Raised, Rt};
use abi::{TypeKind, object};
use std::cmp::Ordering;

/// Numbers that are sorted without a look at the request to stop: some ten milliseconds. Few in tests, which then merge.
const NUMBERS_AT_ONCE: usize = if cfg!(test) { 32 } else { 1 << 18 };
/// Elements with a comparison of their own: a run is made by insertion.
const SHORT_RUN: usize = 16;

impl<M: Memory> Heap<M> {
    /// Sorts by a comparison of a few instructions. Stable.
    pub fn sort_numbers<T: Copy>(
        &self,
        numbers: Vec<T>,
        order: impl Fn(&T, &T) -> Ordering,
    ) -> Result<Vec<T>, Raised> {
        let mut numbers = numbers;
        for run in numbers.chunks_mut(NUMBERS_AT_ONCE) {
            self.work(run.len() as u64)?;
            run.sort_by(&order);
        }
        self.merge_runs(numbers, NUMBERS_AT_ONCE, |a, b| Ok(order(a, b)))
    }

    /// Sorts by a comparison that may fail and that counts its own work. Stable.
    pub fn sort_by<T: Copy>(
        &self,
        items: Vec<T>,
        mut order: impl FnMut(&T, &T) -> Result<Ordering, Raised>,
    ) -> Result<Vec<T>, Raised> {
        let mut items = items;
        for run in items.chunks_mut(SHORT_RUN) {
            for next in 1..run.len() {
                let item = run[next];
                let mut at = next;
                while at > 0 && order(&run[at - 1], &item)? == Ordering::Greater {
                    run[at] = run[at - 1];
                    at -= 1;
                }
                run[at] = item;
            }
        }
        self.merge_runs(items, SHORT_RUN, order)
    }

    /// Merges neighbouring sorted runs until there is one.
    fn merge_runs<T: Copy>(
        &self,
        items: Vec<T>,
        run: usize,
        mut order: impl FnMut(&T, &T) -> Result<Ordering, Raised>,
    ) -> Result<Vec<T>, Raised> {
        let (mut items, mut run) = (items, run);
        let mut merged = Vec::with_capacity(if items.len() > run { items.len() } else { 0 });
        while run < items.len() {
            for pair in items.chunks(2 * run) {
                let (mut left, mut right) = pair.split_at(run.min(pair.len()));
                self.work(1)?;
                if let ([.., last], [first, ..]) = (left, right)
                    && order(last, first)? != Ordering::Greater
                {
                    merged.extend_from_slice(pair);
                    continue;
                }
                let mut until_count = MERGED_PER_COUNT;
                while let ([a, rest_left @ ..], [b, rest_right @ ..]) = (left, right) {
                    if order(a, b)? == Ordering::Greater {
                        merged.push(*b);
                        right = rest_right;
                    } else {
                        merged.push(*a);
                        left = rest_left;
                    }
                    until_count -= 1;
                    if until_count == 0 {
                        self.work(MERGED_PER_COUNT)?;
                        until_count = MERGED_PER_COUNT;
                    }
                }
                merged.extend_from_slice(left);
                merged.extend_from_slice(right);
            }
            std::mem::swap(&mut items, &mut merged);
            merged.clear();
            run = run.saturating_mul(2);
        }
        Ok(items)
    }
}

/// Elements that are merged between two counts of the work.
const MERGED_PER_COUNT: u64 = 1 << 10;

impl<M: Memory, H: Host> Rt<M, H> {
    pub(crate) fn rt_array_sort(&mut self, array: u32, descending: u8) -> Result<u32, Raised> {
        let array = self.rt_array_reserve(array, 0)?;
        let (elem, stride) = self.array_type(array)?;
        let len = self.len_of(array)?;
        let (data, bytes) = (array + object::ARRAY_DATA, u64::from(stride) * u64::from(len));
        let turn = |order: Ordering| if descending != 0 { order.reverse() } else { order };
        self.heap.work_on_bytes(bytes)?;
        match (&self.types.get(elem)?.desc.kind, stride) {
            (TypeKind::Int { signed: true }, 8) => {
                let slots = self.heap.mem.slice(data, bytes)?.as_chunks::<8>().0;
                let values: Vec<i64> = slots.iter().map(|slot| i64::from_le_bytes(*slot)).collect();
                let values = self.heap.sort_numbers(values, |a, b| turn(a.cmp(b)))?;
                let slots = self.heap.mem.slice_mut(data, bytes)?.as_chunks_mut::<8>().0;
                slots.iter_mut().zip(values).for_each(|(slot, value)| *slot = value.to_le_bytes());
            }
            (TypeKind::Float, 8) => {
                let slots = self.heap.mem.slice(data, bytes)?.as_chunks::<8>().0;
                let values: Vec<f64> = slots.iter().map(|slot| f64::from_le_bytes(*slot)).collect();
                let values = self.heap.sort_numbers(values, |a, b| turn(cmp_floats_total(*a, *b)))?;
                let slots = self.heap.mem.slice_mut(data, bytes)?.as_chunks_mut::<8>().0;
                slots.iter_mut().zip(values).for_each(|(slot, value)| *slot = value.to_le_bytes());
            }
            (TypeKind::Text, 4) => {
                let slots = self.heap.mem.slice(data, bytes)?.as_chunks::<4>().0;
                let mut texts = Vec::with_capacity(slots.len());
                for slot in slots {
                    texts.push((self.bytes_of(u32::from_le_bytes(*slot))?, *slot));
                }
                let texts = self.heap.sort_by(texts, |a, b| Ok(turn(self.heap.cmp_bytes(a.0, b.0)?)))?;
                let sorted: Vec<u8> = texts.into_iter().flat_map(|(_, slot)| slot).collect();
                self.heap.mem.slice_mut(data, bytes)?.copy_from_slice(&sorted);
            }
            _ => {
                // Also checks the length against the block before anything is reserved for it.
                let old = self.heap.mem.slice(data, bytes)?.to_vec();
                let item = |i: &u32| self.val_at(elem, self.elem_at(array, stride, *i));
                let order = self
                    .heap
                    .sort_by((0..len).collect(), |a, b| Ok(turn(self.cmp_vals(item(a)?, item(b)?)?)))?;
                let slots = self.heap.mem.slice_mut(data, bytes)?.chunks_exact_mut(stride.max(1) as usize);
                for (slot, i) in slots.zip(order) {
                    let from = i as usize * stride as usize;
                    slot.copy_from_slice(&old[from..from + stride as usize]);
                }
            }
        }
        Ok(array)
    }
}
