//! Values that go in and out of a program between its calls, for hosts that know their types.
//!
//! A value is a list of words, one for each leaf of its type in order: integers in the low bits, floats as bits, references as offsets.

use crate::memory::Access;
use crate::types::Layout;
use crate::value::write_leaves;
use crate::{Host, Memory, Raised, Rt, RunError};
use abi::{TypeId, object};

/// A program's values. Objects that are made have count 1; whoever gets them owns that.
pub trait Values {
    /// A new text.
    ///
    /// # Errors
    /// The memory limit was reached; so for all that make something.
    fn new_text(&mut self, text: &str) -> Result<u32, Raised>;

    /// The characters of a text.
    ///
    /// # Errors
    /// There is no text; so for all that look at something.
    fn text(&self, at: u32) -> Result<&str, Raised>;

    /// A new array of a type, with elements that are handed over: the words of all of them, one behind the other.
    ///
    /// # Errors
    /// See [`Values::new_text`].
    fn new_array(&mut self, ty: TypeId, len: usize, words: &[u64]) -> Result<u32, Raised>;

    /// Adds the words of an array's elements; gives the length. The array keeps what they refer to.
    ///
    /// # Errors
    /// See [`Values::text`].
    fn elements(&self, array: u32, words: &mut Vec<u64>) -> Result<usize, Raised>;

    /// A new object of a boxed type, with a payload that is handed over.
    ///
    /// # Errors
    /// See [`Values::new_text`].
    fn new_box(&mut self, ty: TypeId, payload: &[u64]) -> Result<u32, Raised>;

    /// Adds the words of a boxed value's payload. The object keeps what they refer to.
    ///
    /// # Errors
    /// See [`Values::text`].
    fn payload(&self, object: u32, words: &mut Vec<u64>) -> Result<(), Raised>;

    /// Sets the last leaves of an object's payload, which hold nothing counted yet, to words that are handed over.
    ///
    /// # Errors
    /// See [`Values::text`].
    fn set_last(&mut self, object: u32, words: &[u64]) -> Result<(), Raised>;

    /// One owner less; nothing for nil.
    ///
    /// # Errors
    /// The heap is damaged.
    fn release(&mut self, object: u32) -> Result<(), Raised>;

    /// What happened, after a failure.
    fn explain(&mut self, raised: Raised) -> RunError;
}

impl<M: Memory, H: Host> Values for Rt<M, H> {
    fn new_text(&mut self, text: &str) -> Result<u32, Raised> {
        Rt::new_text(self, text)
    }

    fn text(&self, at: u32) -> Result<&str, Raised> {
        Rt::text(self, at)
    }

    fn new_array(&mut self, ty: TypeId, len: usize, words: &[u64]) -> Result<u32, Raised> {
        let count = u32::try_from(len).map_err(|_| Raised::OutOfMemory)?;
        let array = self.rt_array_new(ty.0, i64::from(count))?;
        let (elem, stride) = self.array_type(array)?;
        let leaves = self.types.get(elem)?.leaves.len();
        if words.len() != len * leaves {
            return Err(Raised::Internal);
        }
        // An element of no leaves has no words to be taken apart.
        for (i, element) in words.chunks_exact(leaves.max(1)).enumerate() {
            let at = self.elem_at(array, stride, i as u32);
            self.write_words(elem, element, at)?;
        }
        self.heap.mem.set_u32(array + object::LEN, count)?;
        Ok(array)
    }

    fn elements(&self, array: u32, words: &mut Vec<u64>) -> Result<usize, Raised> {
        let (elem, stride) = self.array_type(array)?;
        let leaves = &self.types.get(elem)?.leaves;
        let len = self.len_of(array)?;
        // The length against the region, before anything is reserved for it.
        self.heap.mem.slice(array + object::ARRAY_DATA, u64::from(len) * u64::from(stride))?;
        words.reserve(len as usize * leaves.len());
        for i in 0..len {
            let at = self.elem_at(array, stride, i);
            for leaf in leaves {
                words.push(self.read_scalar(leaf.repr.size(), at.saturating_add(leaf.offset))?);
            }
        }
        Ok(len as usize)
    }

    fn new_box(&mut self, ty: TypeId, payload: &[u64]) -> Result<u32, Raised> {
        self.object_of(ty, payload)
    }

    fn payload(&self, object: u32, words: &mut Vec<u64>) -> Result<(), Raised> {
        let info = self.types.get(self.type_of(object)?)?;
        let Layout::Plain { data, .. } = info.layout else { return Err(Raised::Internal) };
        words.extend(self.read_leaves(&info.desc.leaves, object.saturating_add(data))?);
        Ok(())
    }

    fn set_last(&mut self, object: u32, words: &[u64]) -> Result<(), Raised> {
        let info = self.types.get(self.type_of(object)?)?;
        let Layout::Plain { data, .. } = info.layout else { return Err(Raised::Internal) };
        let leaves = &info.desc.leaves;
        let first = leaves.len().checked_sub(words.len()).ok_or(Raised::Internal)?;
        write_leaves(&mut self.heap.mem, &leaves[first..], words, object.saturating_add(data))
    }

    fn release(&mut self, object: u32) -> Result<(), Raised> {
        Rt::release(self, object)
    }

    fn explain(&mut self, raised: Raised) -> RunError {
        self.take_error(raised)
    }
}
