//! Dicts: entries side by side in the order of insertion or of keys, and an open-addressing index of them.
//!
//! ```text
//! object   8 len u32   12 data u32 (block of entries and index, 0: none)   16 cap u32 (entries)   20 slots u32   24 flags u32
//! data     cap entries: key, value       then, 8-aligned, slots x { entry + 1 u32 (0: free), hash u32 }
//! ```
//! Removal puts the last entry into the gap. Key order is made when somebody asks for it, and kept as long as keys
//! are appended in order.

use crate::compare::hash_word;
use crate::heap::Heap;
use crate::memory::Access;
use crate::types::{DictLayout, Layout, Types};
use crate::value::Val;
use crate::{Host, Memory, Raised, Rt};
use abi::{TypeId, TypeKind, context, object};
use std::cmp::Ordering;

/// Offset of the address of the data block.
pub(crate) const DATA: u32 = 12;
const CAP: u32 = 16;
const SLOTS: u32 = 20;
const FLAGS: u32 = 24;
/// Bytes of a dict object.
pub(crate) const SIZE: u32 = 32;

/// Flag: the entries are in key order.
const SORTED: u32 = 1;
const FIRST_SLOTS: u32 = 8;

/// Entries that an index of so many slots serves.
fn cap_of(slots: u32) -> u32 {
    slots / 4 * 3
}

fn index_offset(cap: u32, stride: u32) -> u64 {
    (u64::from(cap) * u64::from(stride)).next_multiple_of(8)
}

fn data_size(cap: u32, slots: u32, stride: u32) -> u64 {
    index_offset(cap, stride) + u64::from(slots) * 8
}

/// A key that is looked for.
enum Key {
    /// The leaf of an integer or bool, and its size.
    Word(u64, u32),
    Text(u32),
    Other(Val),
}

/// The entry that was found last: who reads an entry often writes it next. It is only a guess, since dicts change and die.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Found {
    dict: u32,
    hash: u32,
    entry: u32,
}

/// Where a dict's parts are.
#[derive(Clone, Copy)]
struct Place {
    data: u32,
    index: u32,
    mask: u32,
    stride: u32,
}

impl<M: Memory> Heap<M> {
    /// The layout of a dict object.
    fn dict_layout<'t>(&self, at: u32, types: &'t Types) -> Result<&'t DictLayout, Raised> {
        match &types.of_word(self.mem.u32(at.saturating_add(object::TYPE))?)?.layout {
            Layout::Dict(layout) => Ok(layout),
            Layout::None | Layout::Text | Layout::Array(_) | Layout::Plain { .. } => Err(Raised::Internal),
        }
    }

    /// The data block of a dict and its bytes, if it has one.
    pub fn dict_data(&self, at: u32, types: &Types) -> Result<Option<(u32, u64)>, Raised> {
        let stride = self.dict_layout(at, types)?.stride;
        let data = self.mem.u32(at + DATA)?;
        let size = data_size(self.mem.u32(at + CAP)?, self.mem.u32(at + SLOTS)?, stride);
        Ok((data != 0).then_some((data, size)))
    }

    /// Gives back the data block, if the object is a dict and has one. What the entries own was released.
    pub fn free_dict_data(&mut self, at: u32, types: &Types) -> Result<(), Raised> {
        let Layout::Dict(_) = &types.of_word(self.mem.u32(at.saturating_add(object::TYPE))?)?.layout else {
            return Ok(());
        };
        let Some((data, size)) = self.dict_data(at, types)? else { return Ok(()) };
        self.reset_dict(at)?;
        self.free_block(data, size)
    }

    fn reset_dict(&mut self, at: u32) -> Result<(), Raised> {
        self.zero(at + object::LEN, u64::from(SIZE - object::LEN))?;
        self.mem.set_u32(at + FLAGS, SORTED)
    }

    /// A copy with count 1 that shares keys and values.
    pub fn copy_dict(&mut self, at: u32, types: &Types) -> Result<u32, Raised> {
        let layout = self.dict_layout(at, types)?;
        let ty = TypeId(self.mem.u32(at + object::TYPE)? & object::TYPE_MASK);
        let (data, cap, slots) =
            (self.mem.u32(at + DATA)?, self.mem.u32(at + CAP)?, self.mem.u32(at + SLOTS)?);
        let copied = if data == 0 {
            0
        } else {
            let size = data_size(cap, slots, layout.stride);
            let copied = self.alloc(size)?;
            self.copy(data, copied, size)?;
            copied
        };
        let copy = self.new_object(u64::from(SIZE), ty)?;
        self.copy(at + 8, copy + 8, u64::from(SIZE - 8))?;
        self.mem.set_u32(copy + DATA, copied)?;
        self.for_each_child(copy, types, |heap, child| heap.retain(child))?;
        Ok(copy)
    }
}

impl<M: Memory, H: Host> Rt<M, H> {
    pub(crate) fn dict_layout(&self, at: u32) -> Result<&DictLayout, Raised> {
        self.heap.dict_layout(at, &self.types)
    }

    fn place(&self, at: u32) -> Result<Place, Raised> {
        self.place_in(self.dict_layout(at)?.stride, at)
    }

    fn place_in(&self, stride: u32, at: u32) -> Result<Place, Raised> {
        let mem = &self.heap.mem;
        let (data, slots) = (mem.u32(at + DATA)?, mem.u32(at + SLOTS)?);
        let offset = index_offset(mem.u32(at + CAP)?, stride);
        if data != 0 && !slots.is_power_of_two() {
            return Err(Raised::Internal);
        }
        Ok(Place {
            data,
            index: u32::try_from(u64::from(data) + offset).map_err(|_| Raised::Internal)?,
            mask: slots.wrapping_sub(1),
            stride,
        })
    }

    fn key_at(&self, ty: TypeId, at: u32) -> Result<(Key, u32), Raised> {
        let info = self.types.get(ty)?;
        match &info.desc.kind {
            TypeKind::Int { .. } | TypeKind::Bool => {
                let word = self.read_scalar(info.value_size, at)?;
                Ok((Key::Word(word, info.value_size), hash_word(word)))
            }
            TypeKind::Text => {
                let text = self.heap.mem.u32(at)?;
                Ok((Key::Text(text), self.text_hash(text)?))
            }
            _ => {
                let value = self.val_at(ty, at)?;
                let hash = self.hash_val(&value, 0)?;
                Ok((Key::Other(value), hash))
            }
        }
    }

    #[inline]
    fn key_matches(&self, ty: TypeId, key: &Key, entry: u32) -> Result<bool, Raised> {
        match key {
            Key::Word(word, size) => Ok(self.read_scalar(*size, entry)? == *word),
            Key::Text(text) => {
                let other = self.heap.mem.u32(entry)?;
                Ok(*text == other || self.heap.same_bytes(self.bytes_of(*text)?, self.bytes_of(other)?)?)
            }
            Key::Other(value) => {
                Ok(self.cmp_vals(value.clone(), self.val_at(ty, entry)?)? == Ordering::Equal)
            }
        }
    }

    /// Slot address and entry number of a key, or the free slot where it would go.
    fn probe(&self, dict: u32, key: &Key, hash: u32) -> Result<(u32, Option<u32>), Raised> {
        let layout = self.dict_layout(dict)?;
        let (place, ty) = (self.place_in(layout.stride, dict)?, layout.key);
        if place.data == 0 {
            return Ok((0, None));
        }
        let mut slot = hash & place.mask;
        // One more than there are slots: an index that the program overwrote has no free one.
        for _ in 0..=place.mask {
            let at = place.index.saturating_add(slot.wrapping_mul(8));
            let word = self.heap.mem.u64(at)?;
            let entry = word as u32;
            if entry == 0 {
                return Ok((at, None));
            }
            if (word >> 32) as u32 == hash {
                let entry = entry - 1;
                if self.key_matches(ty, key, place.data.saturating_add(entry.wrapping_mul(place.stride)))? {
                    return Ok((at, Some(entry)));
                }
            }
            self.heap.work(1)?;
            slot = (slot + 1) & place.mask;
        }
        Err(Raised::Internal)
    }

    /// The number of a key's entry, first looked for where it was found last.
    fn entry_of(&self, dict: u32, key: &Key, hash: u32) -> Result<Option<u32>, Raised> {
        let Found { dict: of, hash: with, entry } = self.found;
        if of == dict && with == hash && entry < self.len_of(dict)? {
            let at = self.entry_at(dict, entry)?;
            if self.key_matches(self.dict_layout(dict)?.key, key, at)? {
                return Ok(Some(entry));
            }
        }
        Ok(self.probe(dict, key, hash)?.1)
    }

    /// Address of an entry; the number is checked against the length.
    fn entry_at(&self, dict: u32, entry: u32) -> Result<u32, Raised> {
        if entry >= self.len_of(dict)? {
            return Err(Raised::Internal);
        }
        let stride = self.dict_layout(dict)?.stride;
        Ok(self.heap.mem.u32(dict + DATA)?.saturating_add(entry.wrapping_mul(stride)))
    }

    /// Key and value of an entry.
    pub(crate) fn entry_vals(&self, dict: u32, entry: u32) -> Result<(Val, Val), Raised> {
        let layout = self.dict_layout(dict)?;
        let at = self.entry_at(dict, entry)?;
        Ok((self.val_at(layout.key, at)?, self.val_at(layout.value, at.saturating_add(layout.value_at))?))
    }

    /// The numbers of the entries in key order.
    pub(crate) fn entries_in_order(&self, dict: u32, depth: u32) -> Result<Vec<u32>, Raised> {
        let len = self.len_of(dict)?;
        // Also checks the length against the block before anything is reserved for it.
        let layout = self.dict_layout(dict)?;
        self.heap.mem.slice(self.heap.mem.u32(dict + DATA)?, u64::from(len) * u64::from(layout.stride))?;
        if self.heap.mem.u32(dict + FLAGS)? & SORTED != 0 {
            return Ok((0..len).collect());
        }
        let key = |entry: u32| self.val_at(layout.key, self.entry_at(dict, entry)?);
        match self.types.get(layout.key)?.desc.kind {
            TypeKind::Int { signed: true } => {
                let mut numbers = Vec::with_capacity(len as usize);
                for entry in 0..len {
                    self.heap.work(1)?;
                    let Val::Int(number) = key(entry)? else { return Err(Raised::Internal) };
                    numbers.push((number, entry));
                }
                let numbers = self.heap.sort_numbers(numbers, |a, b| a.cmp(b))?;
                Ok(numbers.into_iter().map(|(_, entry)| entry).collect())
            }
            TypeKind::Text => {
                let mut texts = Vec::with_capacity(len as usize);
                for entry in 0..len {
                    self.heap.work(1)?;
                    let bytes = if let Val::Text(at) = key(entry)? { self.bytes_of(at)? } else { &[] };
                    texts.push((bytes, entry));
                }
                let texts = self.heap.sort_by(texts, |a, b| self.heap.cmp_bytes(a.0, b.0))?;
                Ok(texts.into_iter().map(|(_, entry)| entry).collect())
            }
            _ => self.heap.sort_by((0..len).collect(), |a, b| self.cmp_keys(key(*a)?, key(*b)?, depth)),
        }
    }

    /// Makes room for one more entry in a unique dict.
    fn reserve_entry(&mut self, dict: u32) -> Result<(), Raised> {
        let (len, cap) = (self.len_of(dict)?, self.heap.mem.u32(dict + CAP)?);
        if len < cap {
            return Ok(());
        }
        let old = self.place(dict)?;
        let old_slots = self.heap.mem.u32(dict + SLOTS)?;
        let slots =
            if old_slots == 0 { FIRST_SLOTS } else { old_slots.checked_mul(2).ok_or(Raised::OutOfMemory)? };
        let new_cap = cap_of(slots);
        let data = self.heap.alloc(data_size(new_cap, slots, old.stride))?;
        self.heap.copy(old.data, data, u64::from(len) * u64::from(old.stride))?;
        let index = (u64::from(data) + index_offset(new_cap, old.stride)) as u32;
        self.heap.zero(index, u64::from(slots) * 8)?;
        for slot in 0..old_slots {
            self.heap.work(1)?;
            let word = self.heap.mem.u64(old.index.saturating_add(slot.wrapping_mul(8)))?;
            if word as u32 != 0 {
                let at = self.free_slot(index, slots - 1, (word >> 32) as u32)?;
                self.heap.mem.set_u64(at, word)?;
            }
        }
        if old.data != 0 {
            self.heap.free_block(old.data, data_size(cap, old_slots, old.stride))?;
        }
        self.heap.mem.set_u32(dict + DATA, data)?;
        self.heap.mem.set_u32(dict + CAP, new_cap)?;
        self.heap.mem.set_u32(dict + SLOTS, slots)
    }

    fn free_slot(&self, index: u32, mask: u32, hash: u32) -> Result<u32, Raised> {
        let mut slot = hash & mask;
        for _ in 0..=mask {
            let at = index.saturating_add(slot.wrapping_mul(8));
            if self.heap.mem.u32(at)? == 0 {
                return Ok(at);
            }
            self.heap.work(1)?;
            slot = (slot + 1) & mask;
        }
        Err(Raised::Internal)
    }

    pub(crate) fn rt_dict_new(&mut self, ty: u32) -> Result<u32, Raised> {
        let Layout::Dict(_) = &self.types.get(TypeId(ty))?.layout else { return Err(Raised::Internal) };
        let at = self.heap.new_object(u64::from(SIZE), TypeId(ty))?;
        self.heap.reset_dict(at)?;
        Ok(at)
    }

    pub(crate) fn rt_dict_find(&mut self, dict: u32, key: u32) -> Result<u32, Raised> {
        let layout = self.dict_layout(dict)?;
        let value_at = layout.value_at;
        let (key, hash) = self.key_at(layout.key, key)?;
        if let Key::Text(text) = key {
            self.note_text_hash(text, hash)?;
        }
        match self.probe(dict, &key, hash)?.1 {
            Some(entry) => {
                self.found = Found { dict, hash, entry };
                Ok(self.entry_at(dict, entry)?.saturating_add(value_at))
            }
            None => Ok(0),
        }
    }

    pub(crate) fn rt_dict_slot(&mut self, dict: u32, key: u32) -> Result<u32, Raised> {
        let dict = self.rt_unique(dict)?;
        let layout = self.dict_layout(dict)?;
        let (key_type, value_at) = (layout.key, layout.value_at);
        let (key_size, value_size) = (u64::from(layout.key_size), u64::from(layout.value_size));
        let (wanted, hash) = self.key_at(key_type, key)?;
        if let Key::Text(text) = wanted {
            self.note_text_hash(text, hash)?;
        }
        let (address, is_new) = match self.entry_of(dict, &wanted, hash)? {
            Some(entry) => {
                self.heap.release_leaves(&self.types.get(key_type)?.value_counted, key, &self.types)?;
                (self.entry_at(dict, entry)?, 0)
            }
            None => {
                let len = self.len_of(dict)?;
                self.reserve_entry(dict)?;
                let stays_sorted = len == 0
                    || (self.heap.mem.u32(dict + FLAGS)? & SORTED != 0 && {
                        let last = self.val_at(key_type, self.entry_at(dict, len - 1)?)?;
                        self.cmp_vals(last, self.val_at(key_type, key)?)? == Ordering::Less
                    });
                self.heap.mem.set_u32(dict + FLAGS, if stays_sorted { SORTED } else { 0 })?;
                let place = self.place(dict)?;
                let slot = self.free_slot(place.index, place.mask, hash)?;
                let address = place.data.saturating_add(len.wrapping_mul(place.stride));
                self.heap.copy(key, address, key_size)?;
                self.heap.zero(address.saturating_add(value_at), value_size)?;
                // Only now, so that a dict whose change is cut short is whole.
                self.heap.mem.set_u64(slot, u64::from(hash) << 32 | u64::from(len + 1))?;
                self.heap.mem.set_u32(dict + object::LEN, len + 1)?;
                (address, 1)
            }
        };
        self.heap.mem.set_u32(context::SCRATCH_R, address.saturating_add(value_at))?;
        self.heap.mem.set_u32(context::SCRATCH_R + 4, is_new)?;
        Ok(dict)
    }

    pub(crate) fn rt_dict_remove(&mut self, dict: u32, key: u32) -> Result<u32, Raised> {
        let dict = self.rt_unique(dict)?;
        let (key, hash) = self.key_at(self.dict_layout(dict)?.key, key)?;
        let (slot, Some(entry)) = self.probe(dict, &key, hash)? else {
            self.heap.mem.set_u32(context::SCRATCH_R, 0)?;
            return Ok(dict);
        };
        self.close_gap(dict, slot)?;
        let (last, stride) = (self.len_of(dict)? - 1, self.dict_layout(dict)?.stride);
        let gone = self.entry_at(dict, entry)?;
        let moved = self.entry_at(dict, last)?;
        let old = self.heap.mem.slice(gone, u64::from(stride))?.to_vec();
        if entry != last {
            let (_, hash) = self.key_at(self.dict_layout(dict)?.key, moved)?;
            let slot = self.slot_of_entry(dict, last, hash)?;
            self.heap.mem.set_u32(slot, entry + 1)?;
            self.heap.mem.copy(moved, gone, u64::from(stride))?;
            self.heap.mem.set_u32(dict + FLAGS, 0)?;
        }
        self.heap.mem.set_u32(dict + object::LEN, last)?;
        // Released from behind the end, when the dict is whole again.
        self.heap.mem.slice_mut(moved, u64::from(stride))?.copy_from_slice(&old);
        let layout = self.heap.dict_layout(dict, &self.types)?;
        self.heap.release_leaves(&layout.counted, moved, &self.types)?;
        self.heap.mem.set_u32(context::SCRATCH_R, 1)?;
        Ok(dict)
    }

    fn slot_of_entry(&self, dict: u32, entry: u32, hash: u32) -> Result<u32, Raised> {
        let place = self.place(dict)?;
        let mut slot = hash & place.mask;
        for _ in 0..=place.mask {
            let at = place.index.saturating_add(slot.wrapping_mul(8));
            if self.heap.mem.u32(at)? == entry + 1 {
                return Ok(at);
            }
            self.heap.note_work(1);
            slot = (slot + 1) & place.mask;
        }
        Err(Raised::Internal)
    }

    /// Frees a slot and moves those behind it that would not be found any more.
    fn close_gap(&mut self, dict: u32, slot: u32) -> Result<(), Raised> {
        let place = self.place(dict)?;
        let mut gap = slot.wrapping_sub(place.index) / 8;
        let mut next = gap;
        for _ in 0..=place.mask {
            self.heap.note_work(1);
            next = (next + 1) & place.mask;
            let word = self.heap.mem.u64(place.index.saturating_add(next.wrapping_mul(8)))?;
            if word as u32 == 0 {
                break;
            }
            let home = (word >> 32) as u32 & place.mask;
            if next.wrapping_sub(home) & place.mask >= next.wrapping_sub(gap) & place.mask {
                self.heap.mem.set_u64(place.index.saturating_add(gap.wrapping_mul(8)), word)?;
                gap = next;
            }
        }
        self.heap.mem.set_u64(place.index.saturating_add(gap.wrapping_mul(8)), 0)
    }

    pub(crate) fn rt_dict_clear(&mut self, dict: u32) -> Result<u32, Raised> {
        if !self.heap.is_unique(dict)? {
            let ty = self.type_of(dict)?;
            self.release_quietly(dict)?;
            return self.rt_dict_new(ty.0);
        }
        // The entries move to an object of their own, which dies: the dict is empty before anything else happens.
        let ty = self.type_of(dict)?;
        let dying = self.rt_dict_new(ty.0)?;
        self.heap.copy(dict + object::LEN, dying + object::LEN, u64::from(SIZE - object::LEN))?;
        self.heap.reset_dict(dict)?;
        self.release_quietly(dying)?;
        Ok(dict)
    }

    pub(crate) fn rt_dict_sort(&mut self, dict: u32) -> Result<(), Raised> {
        let layout = self.dict_layout(dict)?;
        if self.heap.mem.u32(dict + FLAGS)? & SORTED != 0 {
            return Ok(());
        }
        let stride = layout.stride as usize;
        let order = self.entries_in_order(dict, 0)?;
        let place = self.place(dict)?;
        let len = order.len();
        let old = self.heap.mem.slice(place.data, (len * stride) as u64)?.to_vec();
        let mut new_number = vec![0u32; len];
        for (new, from) in order.iter().enumerate() {
            self.heap.note_work(1);
            let from = *from as usize;
            new_number[from] = new as u32;
            let to = place.data.saturating_add((new * stride) as u32);
            let entry = self.heap.mem.slice_mut(to, stride as u64)?;
            entry.copy_from_slice(&old[from * stride..][..stride]);
        }
        for slot in 0..=place.mask {
            self.heap.note_work(1);
            let at = place.index.saturating_add(slot.wrapping_mul(8));
            let entry = self.heap.mem.u32(at)?;
            if entry != 0 {
                let new = new_number.get(entry as usize - 1).ok_or(Raised::Internal)?;
                self.heap.mem.set_u32(at, new + 1)?;
            }
        }
        self.heap.mem.set_u32(dict + FLAGS, SORTED)
    }

    pub(crate) fn rt_dict_key_at(&mut self, dict: u32, i: i64) -> Result<u32, Raised> {
        let len = self.len_of(dict)?;
        if i < 0 || i >= i64::from(len) {
            return self.raise_index(i, u64::from(len));
        }
        self.entry_at(dict, i as u32)
    }

    pub(crate) fn rt_dict_value_at(&mut self, dict: u32, i: i64) -> Result<u32, Raised> {
        let value_at = self.dict_layout(dict)?.value_at;
        Ok(self.rt_dict_key_at(dict, i)?.saturating_add(value_at))
    }
}
