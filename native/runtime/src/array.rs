//! Arrays: unboxed elements side by side, changed in place by their only owner.

use crate::heap::block_bytes;
use crate::memory::Access;
use crate::meter::PIECE;
use crate::types::{ArrayLayout, Layout};
use crate::{Host, Memory, Raised, Rt};
use abi::types::well_known;
use abi::{TypeId, TypeKind, context, object};

/// Which elements a slice takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bounds {
    pub first: u64,
    pub step: i64,
    pub count: u64,
}

impl Bounds {
    pub fn indices(self) -> impl Iterator<Item = u64> {
        (0..self.count).map(move |n| self.first.wrapping_add_signed((n as i64).wrapping_mul(self.step)))
    }
}

/// Python's rules; `i64::MIN` is a bound (or step) that was left out. `None` for step 0.
pub(crate) fn slice_bounds(len: u64, start: i64, end: i64, step: i64) -> Option<Bounds> {
    const OPEN: i64 = i64::MIN;
    let len = len as i64;
    let step = if step == OPEN { 1 } else { step };
    let place = |bound: i64, low: i64, high: i64| {
        if bound < 0 { bound.saturating_add(len).max(low) } else { bound.min(high) }
    };
    let (start, span) = match step {
        0 => return None,
        1.. => {
            let start = if start == OPEN { 0 } else { place(start, 0, len) };
            let end = if end == OPEN { len } else { place(end, 0, len) };
            (start, end - start)
        }
        _ => {
            let start = if start == OPEN { len - 1 } else { place(start, -1, len - 1) };
            let end = if end == OPEN { -1 } else { place(end, -1, len - 1) };
            (start, start - end)
        }
    };
    let count = if span <= 0 { 0 } else { (span as u64).div_ceil(step.unsigned_abs()) };
    Some(Bounds { first: if count == 0 { 0 } else { start as u64 }, step, count })
}

impl<M: Memory, H: Host> Rt<M, H> {
    fn array_layout(&self, at: u32) -> Result<&ArrayLayout, Raised> {
        match &self.types.of_word(self.heap.mem.u32(at.saturating_add(object::TYPE))?)?.layout {
            Layout::Array(layout) => Ok(layout),
            Layout::None | Layout::Text | Layout::Dict(_) | Layout::Plain { .. } => Err(Raised::Internal),
        }
    }

    /// An array of length 0 with room for `cap` elements, or some more.
    fn alloc_array(&mut self, ty: TypeId, cap: u64) -> Result<u32, Raised> {
        let Layout::Array(layout) = &self.types.get(ty)?.layout else { return Err(Raised::Internal) };
        let stride = u64::from(layout.stride);
        let data = u64::from(object::ARRAY_DATA);
        let bytes = cap
            .checked_mul(stride)
            .filter(|bytes| *bytes < context::REGION_BYTES)
            .ok_or(Raised::OutOfMemory)?;
        let size = block_bytes(data + bytes);
        let at = self.heap.new_object(size, ty)?;
        self.heap.mem.set_u32(at + object::LEN, 0)?;
        self.heap.mem.set_u32(at + object::CAP, capacity(size, stride))?;
        Ok(at)
    }

    /// Address of element `i`, which is not checked against the length.
    #[inline]
    pub(crate) fn elem_at(&self, at: u32, stride: u32, i: u32) -> u32 {
        at.saturating_add(object::ARRAY_DATA).saturating_add(stride.wrapping_mul(i))
    }

    /// A new array of a type with `count` elements whose bytes `fill` writes; they own what they refer to.
    pub(crate) fn array_with(&mut self, ty: TypeId, bytes: &[u8], count: u32) -> Result<u32, Raised> {
        let at = self.alloc_array(ty, u64::from(count))?;
        self.heap.mem.slice_mut(at + object::ARRAY_DATA, bytes.len() as u64)?.copy_from_slice(bytes);
        self.heap.mem.set_u32(at + object::LEN, count)?;
        Ok(at)
    }

    /// A `[text]` of texts that are handed over.
    pub(crate) fn array_of_texts(&mut self, texts: &[u32]) -> Result<u32, Raised> {
        let bytes: Vec<u8> = texts.iter().flat_map(|text| text.to_le_bytes()).collect();
        self.array_with(well_known::ARRAY_TEXT, &bytes, texts.len() as u32)
    }

    /// Appends an element that is handed over, to a unique array.
    pub(crate) fn push_words(&mut self, array: u32, words: &[u64]) -> Result<u32, Raised> {
        let array = self.rt_array_reserve(array, 1)?;
        let (elem, stride) = self.array_type(array)?;
        let len = self.len_of(array)?;
        self.write_words(elem, words, self.elem_at(array, stride, len))?;
        self.heap.mem.set_u32(array + object::LEN, len + 1)?;
        Ok(array)
    }

    fn bytes_for(&self, array: u32, count: u32) -> Result<u64, Raised> {
        Ok(u64::from(self.array_layout(array)?.stride) * u64::from(count))
    }

    pub(crate) fn rt_array_new(&mut self, ty: u32, cap: i64) -> Result<u32, Raised> {
        self.alloc_array(TypeId(ty), cap.max(0) as u64)
    }

    pub(crate) fn rt_array_fill(&mut self, ty: u32, n: i64, value: u32) -> Result<u32, Raised> {
        let n = n.max(0) as u64;
        if n > u64::from(u32::MAX) {
            return Err(Raised::OutOfMemory);
        }
        let at = self.alloc_array(TypeId(ty), n)?;
        let layout = match &self.types.get(TypeId(ty))?.layout {
            Layout::Array(layout) => layout,
            Layout::None | Layout::Text | Layout::Dict(_) | Layout::Plain { .. } => {
                return Err(Raised::Internal);
            }
        };
        let stride = u64::from(layout.stride);
        if n > 0 {
            let data = at + object::ARRAY_DATA;
            self.heap.copy(value, data, stride)?;
            self.heap.repeat(data, stride, stride * n)?;
            if !layout.counted.is_empty() {
                for _ in 0..n {
                    self.heap.work(1)?;
                    self.heap.retain_leaves(&layout.counted, value)?;
                }
            }
        }
        self.heap.mem.set_u32(at + object::LEN, n as u32)?;
        Ok(at)
    }

    /// A copy with room for `cap` elements that takes over the first `keep` of them: moved from a unique array, whose block
    /// goes; shared with others else. Consumes `array`.
    fn move_array(&mut self, array: u32, keep: u32, cap: u64) -> Result<u32, Raised> {
        let ty = self.type_of(array)?;
        let target = self.alloc_array(ty, cap)?;
        let bytes = self.bytes_for(array, keep)?;
        self.heap.copy(array + object::ARRAY_DATA, target + object::ARRAY_DATA, bytes)?;
        self.heap.mem.set_u32(target + object::LEN, keep)?;
        if self.heap.is_unique(array)? {
            self.heap.mem.set_u32(array, 0)?;
            let type_word = self.heap.mem.u32(array + object::TYPE)?;
            if !self.heap.keep_for_collector(array, type_word)? {
                self.heap.free_object_block(array, &self.types)?;
            } else {
                self.heap.mem.set_u32(array + object::LEN, 0)?;
            }
        } else {
            self.heap.for_each_child(target, &self.types, |heap, child| heap.retain(child))?;
            self.release_quietly(array)?;
        }
        Ok(target)
    }

    pub(crate) fn rt_array_reserve(&mut self, array: u32, extra: i64) -> Result<u32, Raised> {
        let len = self.len_of(array)?;
        let cap = self.heap.mem.u32(array + object::CAP)?;
        let needed = u64::from(len) + extra.max(0) as u64;
        let is_unique = self.heap.is_unique(array)?;
        if is_unique && needed <= u64::from(cap) {
            return Ok(array);
        }
        let stride = u64::from(self.array_layout(array)?.stride);
        let data = u64::from(object::ARRAY_DATA);
        let wanted =
            if needed > u64::from(cap) && extra > 0 { needed.max(2 * u64::from(len)).max(4) } else { needed };
        if wanted.checked_mul(stride).is_none_or(|bytes| bytes >= context::REGION_BYTES) {
            return Err(Raised::OutOfMemory);
        }
        if is_unique {
            let size = block_bytes(data + wanted * stride);
            if self.heap.extend(array, data + u64::from(cap) * stride, size)? {
                self.heap.mem.set_u32(array + object::CAP, capacity(size, stride))?;
                return Ok(array);
            }
        }
        match self.move_array(array, len, wanted) {
            Err(Raised::OutOfMemory) if needed < wanted => self.move_array(array, len, needed),
            other => other,
        }
    }

    /// Index from the front, negative ones from the end; an error outside of `0..limit`.
    pub(crate) fn index_in(&mut self, i: i64, len: u32, limit: u64) -> Result<u32, Raised> {
        let index = if i < 0 { i.wrapping_add(i64::from(len)) } else { i };
        if index < 0 || index as u64 >= limit {
            return self.raise_index(i, u64::from(len));
        }
        Ok(index as u32)
    }

    pub(crate) fn rt_array_insert_hole(&mut self, array: u32, at: i64) -> Result<u32, Raised> {
        let len = self.len_of(array)?;
        let index = self.index_in(at, len, u64::from(len) + 1)?;
        let array = self.rt_array_reserve(array, 1)?;
        let stride = self.array_layout(array)?.stride;
        let hole = self.elem_at(array, stride, index);
        self.heap.copy(hole, hole.saturating_add(stride), u64::from(stride) * u64::from(len - index))?;
        self.heap.zero(hole, u64::from(stride))?;
        self.heap.mem.set_u32(array + object::LEN, len + 1)?;
        Ok(array)
    }

    pub(crate) fn rt_array_remove(&mut self, array: u32, at: i64) -> Result<u32, Raised> {
        let len = self.len_of(array)?;
        let index = self.index_in(at, len, u64::from(len))?;
        let array = self.rt_array_reserve(array, 0)?;
        let stride = self.array_layout(array)?.stride;
        if stride > context::HEAP_START - context::SCRATCH_R {
            return Err(Raised::Internal);
        }
        let gone = self.elem_at(array, stride, index);
        self.heap.copy(gone, context::SCRATCH_R, u64::from(stride))?;
        self.heap.copy(gone.saturating_add(stride), gone, u64::from(stride) * u64::from(len - index - 1))?;
        self.heap.mem.set_u32(array + object::LEN, len - 1)?;
        Ok(array)
    }

    pub(crate) fn rt_array_truncate(&mut self, array: u32, len: i64) -> Result<u32, Raised> {
        let old = self.len_of(array)?;
        let len = len.clamp(0, i64::from(old)) as u32;
        if !self.heap.is_unique(array)? {
            return self.move_array(array, len, u64::from(len));
        }
        self.heap.mem.set_u32(array + object::LEN, len)?;
        let layout = match &self.types.of_word(self.heap.mem.u32(array + object::TYPE)?)?.layout {
            Layout::Array(layout) if !layout.counted.is_empty() => layout,
            Layout::Array(_) => return Ok(array),
            Layout::None | Layout::Text | Layout::Dict(_) | Layout::Plain { .. } => {
                return Err(Raised::Internal);
            }
        };
        for i in len..old {
            self.heap.work(1)?;
            let elem = array.saturating_add(object::ARRAY_DATA).saturating_add(layout.stride.wrapping_mul(i));
            self.heap.release_leaves(&layout.counted, elem, &self.types)?;
        }
        Ok(array)
    }

    pub(crate) fn rt_array_slice(
        &mut self,
        array: u32,
        start: i64,
        end: i64,
        step: i64,
    ) -> Result<u32, Raised> {
        let len = self.len_of(array)?;
        let Some(bounds) = slice_bounds(u64::from(len), start, end, step) else {
            return self.raise_invalid("the step of a slice is 0");
        };
        let (ty, stride) = (self.type_of(array)?, self.array_layout(array)?.stride);
        let target = self.alloc_array(ty, bounds.count)?;
        if bounds.step == 1 {
            let from = self.elem_at(array, stride, bounds.first as u32);
            self.heap.copy(from, target + object::ARRAY_DATA, bounds.count * u64::from(stride))?;
        } else {
            let mut to = target + object::ARRAY_DATA;
            for i in bounds.indices() {
                self.heap.work(1)?;
                self.heap.copy(self.elem_at(array, stride, i as u32), to, u64::from(stride))?;
                to = to.saturating_add(stride);
            }
        }
        self.heap.mem.set_u32(target + object::LEN, bounds.count as u32)?;
        self.heap.for_each_child(target, &self.types, |heap, child| heap.retain(child))?;
        Ok(target)
    }

    pub(crate) fn rt_array_concat(&mut self, array: u32, other: u32) -> Result<u32, Raised> {
        let (len, extra) = (self.len_of(array)?, self.len_of(other)?);
        if self.array_type(array)? != self.array_type(other)? {
            return Err(Raised::Internal);
        }
        if extra == 0 {
            return Ok(array);
        }
        // With a count of its own for the other, an array is never appended to itself in place.
        self.heap.retain(other)?;
        let array = self.rt_array_reserve(array, i64::from(extra))?;
        let layout = match &self.types.of_word(self.heap.mem.u32(array + object::TYPE)?)?.layout {
            Layout::Array(layout) => layout,
            Layout::None | Layout::Text | Layout::Dict(_) | Layout::Plain { .. } => {
                return Err(Raised::Internal);
            }
        };
        let to = array.saturating_add(object::ARRAY_DATA).saturating_add(layout.stride.wrapping_mul(len));
        self.heap.copy(other + object::ARRAY_DATA, to, u64::from(layout.stride) * u64::from(extra))?;
        self.heap.mem.set_u32(array + object::LEN, len + extra)?;
        if !layout.counted.is_empty() {
            for i in 0..extra {
                self.heap.work(1)?;
                self.heap.retain_leaves(&layout.counted, to.saturating_add(layout.stride.wrapping_mul(i)))?;
            }
        }
        self.release_quietly(other)?;
        Ok(array)
    }

    pub(crate) fn rt_array_reverse(&mut self, array: u32) -> Result<u32, Raised> {
        let array = self.rt_array_reserve(array, 0)?;
        let (len, stride) = (self.len_of(array)?, self.array_layout(array)?.stride as usize);
        let bytes = u64::from(len) * stride as u64;
        let (mut low, mut high) = (0, bytes as usize);
        // A piece from either end at a time, until one element or none is left between them.
        while stride > 0 && high - low >= 2 * stride {
            let half = (high - low) / 2;
            let piece = half.min(PIECE.max(stride)) / stride * stride;
            self.heap.work_on_bytes(2 * piece as u64)?;
            let all = self.heap.mem.slice_mut(array + object::ARRAY_DATA, bytes)?;
            let (front, back) = all[low..high].split_at_mut(high - low - piece);
            front[..piece].swap_with_slice(back);
            for part in [&mut front[..piece], back] {
                part.reverse();
                part.chunks_exact_mut(stride).for_each(<[u8]>::reverse);
            }
            (low, high) = (low + piece, high - piece);
        }
        Ok(array)
    }

    pub(crate) fn rt_array_index_of(&mut self, array: u32, value: u32) -> Result<i64, Raised> {
        let (elem, stride) = self.array_type(array)?;
        let len = self.len_of(array)?;
        let info = self.types.get(elem)?;
        let found = match &info.desc.kind {
            TypeKind::Int { .. } | TypeKind::Bool if stride > 0 => {
                let wanted = self.heap.mem.slice(value, u64::from(stride))?;
                let all =
                    self.heap.mem.slice(array + object::ARRAY_DATA, u64::from(stride) * u64::from(len))?;
                let stride = stride as usize;
                let mut found = None;
                for (n, piece) in all.chunks(PIECE * stride).enumerate() {
                    self.heap.work_on_bytes(piece.len() as u64)?;
                    found = if stride == 8 {
                        let wanted: &[u8; 8] = wanted.first_chunk().ok_or(Raised::Internal)?;
                        piece.as_chunks::<8>().0.iter().position(|elem| elem == wanted)
                    } else {
                        piece.chunks_exact(stride).position(|elem| elem == wanted)
                    };
                    if let Some(at) = found {
                        found = Some(n * PIECE + at);
                        break;
                    }
                }
                found
            }
            TypeKind::Text => {
                let wanted = self.bytes_of(self.heap.mem.u32(value)?)?;
                let mut found = None;
                for i in 0..len {
                    self.heap.work(1)?;
                    let item = self.bytes_of(self.heap.mem.u32(self.elem_at(array, stride, i))?)?;
                    if self.heap.same_bytes(item, wanted)? {
                        found = Some(i as usize);
                        break;
                    }
                }
                found
            }
            _ => {
                let wanted = self.val_at(elem, value)?;
                let mut found = None;
                for i in 0..len {
                    self.heap.work(1)?;
                    let item = self.val_at(elem, self.elem_at(array, stride, i))?;
                    if self.vals_equal(item, wanted.clone())? {
                        found = Some(i as usize);
                        break;
                    }
                }
                found
            }
        };
        Ok(found.map_or(-1, |i| i as i64))
    }

    pub(crate) fn rt_array_join(&mut self, array: u32, separator: u32) -> Result<u32, Raised> {
        let (elem, stride) = self.array_type(array)?;
        let mut out = Vec::new();
        let limit = self.heap.mem.limit() as usize;
        for i in 0..self.len_of(array)? {
            let before = out.len();
            if i > 0 {
                out.extend_from_slice(self.bytes_of(separator)?);
            }
            let at = self.elem_at(array, stride, i);
            match self.val_at(elem, at)? {
                crate::value::Val::Text(text) => out.extend_from_slice(self.bytes_of(text)?),
                other => out.extend_from_slice(self.shown(&other)?.as_bytes()),
            }
            if out.len() > limit {
                return Err(Raised::OutOfMemory);
            }
            self.heap.work(1 + (out.len() - before) as u64 / 64)?;
        }
        self.text_from(&out)
    }
}

/// Elements that fit an array's block.
fn capacity(size: u64, stride: u64) -> u32 {
    match (size - u64::from(object::ARRAY_DATA)).checked_div(stride) {
        Some(count) => count.min(u64::from(u32::MAX)) as u32,
        None => u32::MAX,
    }
}
