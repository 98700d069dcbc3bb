//! Stable sorting by natural order, with fast paths for integers, floats and texts.

use crate::compare::cmp_floats_total;
use crate::memory::Access;
use crate::{Host, Memory, Raised, Rt};
use abi::{TypeKind, object};
use std::cmp::Ordering;

impl<M: Memory, H: Host> Rt<M, H> {
    pub(crate) fn rt_array_sort(&mut self, array: u32, descending: u8) -> Result<u32, Raised> {
        let array = self.rt_array_reserve(array, 0)?;
        let (elem, stride) = self.array_type(array)?;
        let len = self.len_of(array)?;
        let (data, bytes) = (array + object::ARRAY_DATA, u64::from(stride) * u64::from(len));
        let turn = |order: Ordering| if descending != 0 { order.reverse() } else { order };
        match (&self.types.get(elem)?.desc.kind, stride) {
            (TypeKind::Int { signed: true }, 8) => {
                let slots = self.heap.mem.slice_mut(data, bytes)?.as_chunks_mut::<8>().0;
                let mut values: Vec<i64> = slots.iter().map(|slot| i64::from_le_bytes(*slot)).collect();
                values.sort_unstable_by(|a, b| turn(a.cmp(b)));
                slots.iter_mut().zip(values).for_each(|(slot, value)| *slot = value.to_le_bytes());
            }
            (TypeKind::Float, 8) => {
                let slots = self.heap.mem.slice_mut(data, bytes)?.as_chunks_mut::<8>().0;
                let mut values: Vec<f64> = slots.iter().map(|slot| f64::from_le_bytes(*slot)).collect();
                values.sort_by(|a, b| turn(cmp_floats_total(*a, *b)));
                slots.iter_mut().zip(values).for_each(|(slot, value)| *slot = value.to_le_bytes());
            }
            (TypeKind::Text, 4) => {
                let slots = self.heap.mem.slice(data, bytes)?.as_chunks::<4>().0;
                let mut texts = Vec::with_capacity(slots.len());
                for slot in slots {
                    texts.push((self.bytes_of(u32::from_le_bytes(*slot))?, *slot));
                }
                texts.sort_by(|a, b| turn(a.0.cmp(b.0)));
                let sorted: Vec<u8> = texts.into_iter().flat_map(|(_, slot)| slot).collect();
                self.heap.mem.slice_mut(data, bytes)?.copy_from_slice(&sorted);
            }
            _ => {
                let mut keyed = Vec::with_capacity(len as usize);
                for i in 0..len {
                    keyed.push((self.val_at(elem, self.elem_at(array, stride, i))?, i));
                }
                let mut failed = None;
                keyed.sort_by(|a, b| match self.cmp_vals(a.0.clone(), b.0.clone()) {
                    Ok(order) => turn(order),
                    Err(raised) => {
                        failed = Some(raised);
                        Ordering::Equal
                    }
                });
                if let Some(raised) = failed {
                    return Err(raised);
                }
                let old = self.heap.mem.slice(data, bytes)?.to_vec();
                let slots = self.heap.mem.slice_mut(data, bytes)?.chunks_exact_mut(stride.max(1) as usize);
                for (slot, (_, i)) in slots.zip(keyed) {
                    let from = i as usize * stride as usize;
                    slot.copy_from_slice(&old[from..from + stride as usize]);
                }
            }
        }
        Ok(array)
    }
}
