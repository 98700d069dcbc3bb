//! The heap after a call that failed: what can still be reached is kept, everything else is free.
//!
//! A call that fails leaves its frames with what they own, perhaps in the middle of a change. No frame is left afterwards, so the objects that
//! anybody can still use are those that the program's variables lead to. Their counts are what refers to them, and the rest of the region is free:
//! free lists, counters and the collector's candidates are made anew from that, whatever they were. This costs as much as there is to keep.
//!
//! A value that was lent to a function has left a nil behind in its place, and went with the function. Where the place's type has no nil, it gets the value
//! that is nothing: an empty text, array or dict, or a struct of such values and zeros.

use crate::collector::Collector;
use crate::count::IMMORTAL_BIT;
use crate::heap::{Heap, block_bytes};
use crate::memory::Access;
use crate::types::{Layout, Types};
use crate::{Host, Memory, Raised, Rt, dict};
use abi::types::{FieldDesc, Leaf};
use abi::{TypeId, TypeKind, object};
use std::collections::BTreeMap;

impl<M: Memory, H: Host> Rt<M, H> {
    /// Keeps what these objects lead to, each of which has one owner outside of the heap.
    ///
    /// # Errors
    /// The heap is damaged: two objects overlap, or one is not whole. Nothing may be called with it any more.
    pub fn recover(&mut self, roots: &[u32]) -> Result<(), Raised> {
        self.found = dict::Found::default();
        self.prompted = false;
        let kept = self.heap.recover(roots, &self.types)?;
        kept.into_iter().try_for_each(|at| self.fill_object(at, 0))
    }

    /// Fills nils that the types in an object do not have.
    fn fill_object(&mut self, at: u32, depth: u32) -> Result<(), Raised> {
        let ty = self.type_of(at)?;
        let desc = self.types.get(ty)?.desc.clone();
        let (kind, data) = (&desc.kind, object::PAYLOAD);
        let places = |leaves: &[Leaf], at: u32| -> Vec<u32> {
            leaves.iter().map(|leaf| at.saturating_add(leaf.offset)).collect()
        };
        match kind {
            TypeKind::Class { fields, .. } | TypeKind::Struct { fields, .. } | TypeKind::Tuple(fields) => {
                self.fill_fields(fields, &places(&desc.leaves, at.saturating_add(data)), depth)
            }
            TypeKind::Closure { captures, .. } => {
                let data = at.saturating_add(object::CLOSURE_DATA);
                self.fill_fields(captures, &places(&desc.leaves, data), depth)
            }
            TypeKind::Box { inner } => {
                self.fill_value(*inner, &places(&desc.leaves, at.saturating_add(data)), depth)
            }
            TypeKind::Array { elem } => {
                let (_, stride) = self.array_type(at)?;
                let leaves = self.types.get(*elem)?.leaves.clone();
                for i in 0..if self.may_lack(*elem)? { self.len_of(at)? } else { 0 } {
                    let element = self.elem_at(at, stride, i);
                    self.fill_value(*elem, &places(&leaves, element), depth)?;
                }
                Ok(())
            }
            TypeKind::Dict { value, .. } => {
                let leaves = self.types.get(*value)?.leaves.clone();
                for i in 0..if self.may_lack(*value)? { self.len_of(at)? } else { 0 } {
                    let value_at = self.rt_dict_value_at(at, i.into())?;
                    self.fill_value(*value, &places(&leaves, value_at), depth)?;
                }
                Ok(())
            }
            TypeKind::Unit
            | TypeKind::Bool
            | TypeKind::Int { .. }
            | TypeKind::Float
            | TypeKind::Text
            | TypeKind::Any
            | TypeKind::Range
            | TypeKind::Enum { .. }
            | TypeKind::Option { .. }
            | TypeKind::Fn
            | TypeKind::Dyn => Ok(()),
        }
    }

    /// False for values that need not be looked at.
    fn may_lack(&self, ty: TypeId) -> Result<bool, Raised> {
        Ok(self.types.get(ty)?.leaves.iter().any(|leaf| leaf.repr.is_counted()))
    }

    fn fill_fields(&mut self, fields: &[FieldDesc], places: &[u32], depth: u32) -> Result<(), Raised> {
        for field in fields {
            let leaf = |&leaf: &u32| places.get(leaf as usize).copied().ok_or(Raised::Internal);
            let of_field = field.leaves.iter().map(leaf).collect::<Result<Vec<_>, _>>()?;
            self.fill_value(field.ty, &of_field, depth)?;
        }
        Ok(())
    }

    /// Fills nils in a value whose leaves are at these places.
    fn fill_value(&mut self, ty: TypeId, places: &[u32], depth: u32) -> Result<(), Raised> {
        const MAX_DEPTH: u32 = 64;
        let desc = &self.types.get(ty)?.desc;
        let is_flat = !desc.boxed;
        match &desc.kind {
            TypeKind::Struct { fields, .. } | TypeKind::Tuple(fields) if is_flat => {
                let fields = fields.clone();
                self.fill_fields(&fields, places, depth)
            }
            TypeKind::Text
            | TypeKind::Array { .. }
            | TypeKind::Dict { .. }
            | TypeKind::Struct { .. }
            | TypeKind::Tuple(_) => {
                let place = *places.first().ok_or(Raised::Internal)?;
                if self.heap.mem.u32(place)? != 0 || depth == MAX_DEPTH {
                    return Ok(());
                }
                let made = self.rt_object_new(ty.0)?;
                self.heap.mem.set_u32(place, made)?;
                self.fill_object(made, depth + 1)
            }
            TypeKind::Unit
            | TypeKind::Bool
            | TypeKind::Int { .. }
            | TypeKind::Float
            | TypeKind::Any
            | TypeKind::Range
            | TypeKind::Class { .. }
            | TypeKind::Enum { .. }
            | TypeKind::Option { .. }
            | TypeKind::Fn
            | TypeKind::Closure { .. }
            | TypeKind::Dyn
            | TypeKind::Box { .. } => Ok(()),
        }
    }
}

impl<M: Memory> Heap<M> {
    /// The objects that are kept, but for those that live for ever.
    fn recover(&mut self, roots: &[u32], types: &Types) -> Result<Vec<u32>, Raised> {
        self.dying.clear();
        self.collector = Collector::default();
        let counts = self.owners(roots, types)?;
        let mut blocks: Vec<(u32, u64)> = Vec::with_capacity(counts.len() + self.immortals.len());
        let (mut live_objects, mut live_bytes) = (0, 0);
        for (&at, &count) in &counts {
            let type_word = self.mem.u32(at + object::TYPE)? & object::TYPE_MASK;
            self.mem.set_u32(at, count)?;
            self.mem.set_u32(at + object::TYPE, type_word)?;
            let size = block_bytes(self.object_size(at, types)?);
            blocks.push((at, size));
            live_objects += 1;
            live_bytes += size;
            if let Layout::Dict(_) = types.of_word(type_word)?.layout
                && let Some((data, size)) = self.dict_data(at, types)?
            {
                blocks.push((data, block_bytes(size)));
                live_bytes += block_bytes(size);
            }
        }
        for &at in &self.immortals {
            blocks.push((at, block_bytes(self.object_size(at, types)?)));
        }
        blocks.sort_unstable();
        self.keep_blocks(&blocks)?;
        self.stats.live_objects = live_objects;
        self.stats.live_bytes = live_bytes;
        Ok(counts.into_keys().collect())
    }

    /// Objects that can be reached and do not live for ever, with the number of their owners.
    fn owners(&mut self, roots: &[u32], types: &Types) -> Result<BTreeMap<u32, u32>, Raised> {
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        let mut open = Vec::new();
        let mut own = |heap: &Heap<M>, at: u32, open: &mut Vec<u32>| -> Result<(), Raised> {
            if heap.mem.u32(at)? & IMMORTAL_BIT == 0 {
                let count = counts.entry(at).or_insert(0);
                *count += 1;
                if *count == 1 {
                    open.push(at);
                }
            }
            Ok(())
        };
        for &root in roots {
            own(self, root, &mut open)?;
        }
        while let Some(at) = open.pop() {
            self.for_each_child(at, types, |heap, child| own(heap, child, &mut open))?;
        }
        Ok(counts)
    }
}
