//! Reference counts: retain, release, free, copy. Freeing works through a list, not the stack.

use crate::heap::Heap;
use crate::memory::{Access, Memory};
use crate::types::{Counted, Layout, Types};
use crate::{Raised, dict};
use abi::{object, value};

/// A count with this bit never changes.
pub(crate) const IMMORTAL_BIT: u32 = 0x8000_0000;

/// The object that a tagged value refers to, or 0.
#[inline]
pub(crate) fn any_object(bits: u64) -> u32 {
    if bits & value::TAG_MASK == value::TAG_REF { (bits - value::TAG_REF) as u32 } else { 0 }
}

impl<M: Memory> Heap<M> {
    /// One more owner; nothing for nil.
    #[inline]
    pub fn retain(&mut self, at: u32) -> Result<(), Raised> {
        if at == 0 {
            return Ok(());
        }
        let count = self.mem.u32(at)?;
        if count & IMMORTAL_BIT == 0 { self.mem.set_u32(at, count + 1) } else { Ok(()) }
    }

    /// One owner less; frees the object with the last one. Nothing for nil.
    #[inline]
    pub fn release(&mut self, at: u32, types: &Types) -> Result<(), Raised> {
        if self.lower(at, types)? { self.free(at, types) } else { Ok(()) }
    }

    /// Lowers a count; true if it is 0 now.
    #[inline]
    fn lower(&mut self, at: u32, types: &Types) -> Result<bool, Raised> {
        if at == 0 {
            return Ok(false);
        }
        let count = self.mem.u32(at)?;
        if count & IMMORTAL_BIT != 0 {
            return Ok(false);
        }
        if count == 0 {
            return Err(Raised::Internal);
        }
        self.mem.set_u32(at, count - 1)?;
        if count == 1 {
            return Ok(true);
        }
        let type_word = self.mem.u32(at + object::TYPE)?;
        if types.of_word(type_word)?.desc.may_cycle {
            self.note_root(at, type_word)?;
        }
        Ok(false)
    }

    /// Frees an object whose count is 0, and all objects that lose their last owner by that.
    pub fn free(&mut self, at: u32, types: &Types) -> Result<(), Raised> {
        if self.mem.u32(at)? != 0 {
            return Err(Raised::Internal);
        }
        let type_word = self.mem.u32(at.saturating_add(object::TYPE))?;
        let layout = &types.of_word(type_word)?.layout;
        if layout.is_childless() {
            if !self.keep_for_collector(at, type_word)? {
                let size = self.object_size_in(layout, at)?;
                self.free_sized_object(at, size)?;
            }
            return Ok(());
        }
        self.dying.push(at);
        while let Some(at) = self.dying.pop() {
            self.work(1)?;
            let type_word = self.mem.u32(at.saturating_add(object::TYPE))?;
            let layout = &types.of_word(type_word)?.layout;
            self.for_each_child_in(layout, at, |heap, child| {
                if heap.lower(child, types)? {
                    heap.dying.push(child);
                }
                Ok(())
            })?;
            if let Layout::Dict(_) = layout {
                self.free_dict_data(at, types)?;
            }
            if !self.keep_for_collector(at, type_word)? {
                let size = self.object_size_in(layout, at)?;
                self.free_sized_object(at, size)?;
            }
        }
        Ok(())
    }

    /// Calls `each` with every object that the object at `at` owns a count on (never nil).
    #[inline]
    pub fn for_each_child(
        &mut self,
        at: u32,
        types: &Types,
        each: impl FnMut(&mut Heap<M>, u32) -> Result<(), Raised>,
    ) -> Result<(), Raised> {
        let type_word = self.mem.u32(at.saturating_add(object::TYPE))?;
        self.for_each_child_in(&types.of_word(type_word)?.layout, at, each)
    }

    #[inline]
    fn for_each_child_in(
        &mut self,
        layout: &Layout,
        at: u32,
        mut each: impl FnMut(&mut Heap<M>, u32) -> Result<(), Raised>,
    ) -> Result<(), Raised> {
        match layout {
            Layout::None => Err(Raised::Internal),
            Layout::Text => Ok(()),
            Layout::Plain { counted, .. } => self.for_each_leaf(counted, at, &mut each),
            Layout::Array(layout) => {
                if layout.counted.is_empty() {
                    return Ok(());
                }
                let mut elem = at.saturating_add(object::ARRAY_DATA);
                for _ in 0..self.mem.u32(at + object::LEN)? {
                    self.work(1)?;
                    self.for_each_leaf(&layout.counted, elem, &mut each)?;
                    elem = elem.saturating_add(layout.stride);
                }
                Ok(())
            }
            Layout::Dict(layout) => {
                if layout.counted.is_empty() {
                    return Ok(());
                }
                let mut entry = self.mem.u32(at.saturating_add(dict::DATA))?;
                for _ in 0..self.mem.u32(at + object::LEN)? {
                    self.work(1)?;
                    self.for_each_leaf(&layout.counted, entry, &mut each)?;
                    entry = entry.saturating_add(layout.stride);
                }
                Ok(())
            }
        }
    }

    #[inline]
    fn for_each_leaf(
        &mut self,
        counted: &[Counted],
        base: u32,
        each: &mut impl FnMut(&mut Heap<M>, u32) -> Result<(), Raised>,
    ) -> Result<(), Raised> {
        for leaf in counted {
            let at = base.saturating_add(leaf.offset);
            let child = if leaf.is_any { any_object(self.mem.u64(at)?) } else { self.mem.u32(at)? };
            if child != 0 {
                each(self, child)?;
            }
        }
        Ok(())
    }

    /// One more owner for everything that the value at `base` owns.
    #[inline]
    pub fn retain_leaves(&mut self, counted: &[Counted], base: u32) -> Result<(), Raised> {
        self.for_each_leaf(counted, base, &mut |heap, child| heap.retain(child))
    }

    /// Releases everything that the value at `base` owns.
    #[inline]
    pub fn release_leaves(&mut self, counted: &[Counted], base: u32, types: &Types) -> Result<(), Raised> {
        self.for_each_leaf(counted, base, &mut |heap, child| heap.release(child, types))
    }

    /// True if nobody else owns the object.
    #[inline]
    pub fn is_unique(&self, at: u32) -> Result<bool, Raised> {
        Ok(self.mem.u32(at)? == 1)
    }

    /// Bytes of an object. A dict's entries have a block of their own.
    pub fn object_size(&self, at: u32, types: &Types) -> Result<u64, Raised> {
        let type_word = self.mem.u32(at.saturating_add(object::TYPE))?;
        self.object_size_in(&types.of_word(type_word)?.layout, at)
    }

    #[inline]
    fn object_size_in(&self, layout: &Layout, at: u32) -> Result<u64, Raised> {
        match layout {
            Layout::None => Err(Raised::Internal),
            Layout::Text => Ok(u64::from(object::TEXT_DATA) + u64::from(self.mem.u32(at + object::CAP)?)),
            Layout::Array(layout) => {
                let cap = u64::from(self.mem.u32(at + object::CAP)?);
                Ok(u64::from(object::ARRAY_DATA) + cap * u64::from(layout.stride))
            }
            Layout::Dict(_) => Ok(u64::from(dict::SIZE)),
            Layout::Plain { size, .. } => Ok(u64::from(*size)),
        }
    }

    /// A shallow copy with count 1: everything in it has one more owner.
    pub fn copy_object(&mut self, at: u32, types: &Types) -> Result<u32, Raised> {
        let type_word = self.mem.u32(at.saturating_add(object::TYPE))? & object::TYPE_MASK;
        if let Layout::Dict(_) = &types.of_word(type_word)?.layout {
            return self.copy_dict(at, types);
        }
        let size = self.object_size(at, types)?;
        let copy = self.new_object(size, abi::TypeId(type_word))?;
        self.copy(at + 8, copy + 8, size - 8)?;
        self.for_each_child(copy, types, |heap, child| heap.retain(child))?;
        Ok(copy)
    }
}
