//! Texts: making, joining, indexing, slicing. What needs Unicode tables is in `text_ops`.

use crate::array::slice_bounds;
use crate::memory::Access;
use crate::meter::PIECE;
use crate::{Host, Memory, Raised, Rt};
use abi::object::{self, CHARS_UNKNOWN};
use abi::types::well_known;

/// Bytes that begin a character.
#[inline]
pub(crate) fn char_count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

/// Bytes of the character that begins with a byte.
#[inline]
fn char_len(first: u8) -> u32 {
    match first {
        0..0x80 => 1,
        0x80..0xE0 => 2,
        0xE0..0xF0 => 3,
        0xF0.. => 4,
    }
}

/// Counting the characters of texts up to this length costs nothing beside making them.
const COUNT_AT_ONCE: usize = 64;

impl<M: Memory, H: Host> Rt<M, H> {
    /// A text object with room for `cap` bytes; length 0.
    fn alloc_text_cap(&mut self, cap: u64) -> Result<u32, Raised> {
        let size = crate::heap::block_bytes(u64::from(object::TEXT_DATA) + cap);
        let at = self.heap.new_object(size, well_known::TEXT)?;
        self.heap.mem.set_u32(at + object::LEN, 0)?;
        self.heap.mem.set_u32(
            at + object::CAP,
            (size - u64::from(object::TEXT_DATA)).min(u64::from(u32::MAX)) as u32,
        )?;
        self.heap.mem.set_u32(at + object::TEXT_CHARS, 0)?;
        self.heap.mem.set_u32(at + object::TEXT_HASH, 0)?;
        Ok(at)
    }

    /// A text object of its own, even for the texts of which one immortal object would do.
    pub(crate) fn alloc_text(&mut self, bytes: &[u8]) -> Result<u32, Raised> {
        let at = self.alloc_text_cap(bytes.len() as u64)?;
        self.heap.mem.slice_mut(at + object::TEXT_DATA, bytes.len() as u64)?.copy_from_slice(bytes);
        let chars = if bytes.len() <= COUNT_AT_ONCE { char_count(bytes) as u32 } else { CHARS_UNKNOWN };
        self.set_text_len(at, bytes.len() as u32, chars)?;
        Ok(at)
    }

    fn set_text_len(&mut self, at: u32, len: u32, chars: u32) -> Result<(), Raised> {
        self.heap.mem.set_u32(at + object::LEN, len)?;
        self.heap.mem.set_u32(at + object::TEXT_CHARS, chars)?;
        self.heap.mem.set_u32(at + object::TEXT_HASH, 0)
    }

    /// A text with these bytes, which are UTF-8.
    pub(crate) fn text_from(&mut self, bytes: &[u8]) -> Result<u32, Raised> {
        match bytes {
            [] => Ok(self.empty),
            [byte @ 0..0x80] => self.ascii_text(*byte),
            _ => self.alloc_text(bytes),
        }
    }

    fn ascii_text(&mut self, byte: u8) -> Result<u32, Raised> {
        let at = self.ascii[usize::from(byte & 0x7F)];
        if at != 0 {
            return Ok(at);
        }
        let at = self.alloc_text(&[byte])?;
        self.heap.make_immortal(at, &self.types)?;
        self.ascii[usize::from(byte & 0x7F)] = at;
        Ok(at)
    }

    /// A text with `len` bytes that stand in the region.
    pub(crate) fn text_within(&mut self, from: u32, len: u32) -> Result<u32, Raised> {
        if len == 0 {
            return Ok(self.empty);
        }
        let first = self.heap.mem.u8(from)?;
        if len == 1 && first < 0x80 {
            return self.ascii_text(first);
        }
        let at = self.alloc_text_cap(u64::from(len))?;
        self.heap.copy(from, at + object::TEXT_DATA, u64::from(len))?;
        let chars = if len as usize <= COUNT_AT_ONCE {
            char_count(self.heap.mem.slice(at + object::TEXT_DATA, u64::from(len))?) as u32
        } else {
            CHARS_UNKNOWN
        };
        self.set_text_len(at, len, chars)?;
        Ok(at)
    }

    /// The bytes of a text.
    #[inline]
    pub(crate) fn bytes_of(&self, at: u32) -> Result<&[u8], Raised> {
        let len = self.len_of(at)?;
        self.heap.mem.slice(at.saturating_add(object::TEXT_DATA), u64::from(len))
    }

    /// The characters of a text.
    pub(crate) fn str_of(&self, at: u32) -> Result<&str, Raised> {
        str::from_utf8(self.bytes_of(at)?).map_err(|_| Raised::Internal)
    }

    /// Number of characters, noted in the object.
    pub(crate) fn chars_of(&mut self, at: u32) -> Result<u32, Raised> {
        let chars = self.heap.mem.u32(at.saturating_add(object::TEXT_CHARS))?;
        if chars != CHARS_UNKNOWN {
            return Ok(chars);
        }
        let mut chars = 0;
        for piece in self.bytes_of(at)?.chunks(PIECE) {
            self.heap.work_on_bytes(piece.len() as u64)?;
            chars += char_count(piece) as u32;
        }
        self.heap.mem.set_u32(at + object::TEXT_CHARS, chars)?;
        Ok(chars)
    }

    /// The hash of a text; noted in the object by [`Rt::note_text_hash`].
    pub(crate) fn text_hash(&self, at: u32) -> Result<u32, Raised> {
        match self.heap.mem.u32(at.saturating_add(object::TEXT_HASH))? {
            0 => self.hash_bytes(self.bytes_of(at)?),
            hash => Ok(hash),
        }
    }

    /// FNV-1a, never 0.
    fn hash_bytes(&self, bytes: &[u8]) -> Result<u32, Raised> {
        let mut hash = 0x811C_9DC5u32;
        for piece in bytes.chunks(PIECE) {
            self.heap.work_on_chars(piece.len())?;
            hash = piece.iter().fold(hash, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
        }
        Ok(if hash == 0 { 1 } else { hash })
    }

    pub(crate) fn note_text_hash(&mut self, at: u32, hash: u32) -> Result<(), Raised> {
        self.heap.mem.set_u32(at.saturating_add(object::TEXT_HASH), hash)
    }

    /// Byte position of the `n`-th character, `n` at most the number of characters.
    fn byte_of_char(&self, at: u32, n: u32) -> Result<u32, Raised> {
        let bytes = self.bytes_of(at)?;
        Ok(self.skip_chars(bytes, n)? as u32)
    }

    /// Bytes of the first `n` characters.
    fn skip_chars(&self, bytes: &[u8], n: u32) -> Result<usize, Raised> {
        let (mut position, mut left) = (0usize, n);
        while left > 0 && position < bytes.len() {
            let some = left.min(PIECE as u32);
            self.heap.work_on_chars(some as usize)?;
            for _ in 0..some {
                position += bytes.get(position).map_or(0, |first| char_len(*first) as usize);
            }
            left -= some;
        }
        Ok(position.min(bytes.len()))
    }

    pub(crate) fn rt_text_concat(&mut self, text: u32, other: u32) -> Result<u32, Raised> {
        let (len, extra) = (self.len_of(text)?, self.len_of(other)?);
        if extra == 0 {
            return Ok(text);
        }
        if len == 0 {
            self.heap.retain(other)?;
            self.release_quietly(text)?;
            return Ok(other);
        }
        let total = u64::from(len) + u64::from(extra);
        if total > u64::from(u32::MAX) {
            return Err(Raised::OutOfMemory);
        }
        let chars =
            (self.heap.mem.u32(text + object::TEXT_CHARS)?, self.heap.mem.u32(other + object::TEXT_CHARS)?);
        let chars = if chars.0 == CHARS_UNKNOWN || chars.1 == CHARS_UNKNOWN {
            CHARS_UNKNOWN
        } else {
            chars.0.wrapping_add(chars.1)
        };
        let target = if text != other && self.heap.is_unique(text)? {
            self.grow_text(text, len, total)?
        } else {
            let target = self.alloc_text_cap(total)?;
            self.heap.copy(text + object::TEXT_DATA, target + object::TEXT_DATA, u64::from(len))?;
            target
        };
        self.heap.copy(other + object::TEXT_DATA, target + object::TEXT_DATA + len, u64::from(extra))?;
        self.set_text_len(target, total as u32, chars)?;
        if target != text && self.heap.mem.u32(text)? != 0 {
            self.release_quietly(text)?;
        } else if target != text {
            self.heap.free_object_block(text, &self.types)?;
        }
        Ok(target)
    }

    /// A unique text with room for `total` bytes and the first `len` bytes in place. If it is another object, the
    /// count of the old one is 0 now, and its block is still there.
    fn grow_text(&mut self, text: u32, len: u32, total: u64) -> Result<u32, Raised> {
        let cap = u64::from(self.heap.mem.u32(text + object::CAP)?);
        if total <= cap {
            return Ok(text);
        }
        let data = u64::from(object::TEXT_DATA);
        let size = crate::heap::block_bytes(data + total.max(2 * u64::from(len)));
        if self.heap.extend(text, data + cap, size)? {
            self.heap.mem.set_u32(text + object::CAP, (size - data).min(u64::from(u32::MAX)) as u32)?;
            return Ok(text);
        }
        let target = match self.alloc_text_cap(size - data) {
            Err(Raised::OutOfMemory) => self.alloc_text_cap(total)?,
            other => other?,
        };
        self.heap.copy(text + object::TEXT_DATA, target + object::TEXT_DATA, u64::from(len))?;
        self.heap.mem.set_u32(text, 0)?;
        Ok(target)
    }

    pub(crate) fn rt_text_eq(&mut self, a: u32, b: u32) -> Result<u8, Raised> {
        Ok(u8::from(a == b || self.heap.same_bytes(self.bytes_of(a)?, self.bytes_of(b)?)?))
    }

    pub(crate) fn rt_text_cmp(&mut self, a: u32, b: u32) -> Result<u32, Raised> {
        Ok(self.heap.cmp_bytes(self.bytes_of(a)?, self.bytes_of(b)?)? as i32 as u32)
    }

    pub(crate) fn rt_text_char_count(&mut self, text: u32) -> Result<i64, Raised> {
        self.chars_of(text).map(i64::from)
    }

    pub(crate) fn rt_text_char_at(&mut self, text: u32, i: i64) -> Result<u32, Raised> {
        let chars = self.chars_of(text)?;
        let index = if i < 0 { i.wrapping_add(i64::from(chars)) } else { i };
        if index < 0 || index >= i64::from(chars) {
            return self.raise_index(i, u64::from(chars));
        }
        let byte =
            if chars == self.len_of(text)? { index as u32 } else { self.byte_of_char(text, index as u32)? };
        self.rt_text_char_from(text, i64::from(byte))
    }

    pub(crate) fn rt_text_char_from(&mut self, text: u32, byte: i64) -> Result<u32, Raised> {
        let next = self.rt_text_next(text, byte)?;
        let start = (text + object::TEXT_DATA).wrapping_add(byte as u32);
        self.text_within(start, (next - byte) as u32)
    }

    pub(crate) fn rt_text_next(&mut self, text: u32, byte: i64) -> Result<i64, Raised> {
        let bytes = self.bytes_of(text)?;
        let first = usize::try_from(byte).ok().and_then(|at| bytes.get(at)).ok_or(Raised::Internal)?;
        let next = byte + i64::from(char_len(*first));
        let ends_one = bytes.get(next as usize).is_none_or(|after| after & 0xC0 != 0x80);
        if first & 0xC0 == 0x80 || next > bytes.len() as i64 || !ends_one {
            return Err(Raised::Internal);
        }
        Ok(next)
    }

    pub(crate) fn rt_text_slice(
        &mut self,
        text: u32,
        start: i64,
        end: i64,
        step: i64,
    ) -> Result<u32, Raised> {
        let chars = self.chars_of(text)?;
        let Some(bounds) = slice_bounds(u64::from(chars), start, end, step) else {
            return self.raise_invalid("the step of a slice is 0");
        };
        if bounds.count == 0 {
            return Ok(self.empty);
        }
        let is_ascii = chars == self.len_of(text)?;
        if bounds.step == 1 {
            if bounds.count == u64::from(chars) {
                self.heap.retain(text)?;
                return Ok(text);
            }
            let (from, to) = (bounds.first as u32, (bounds.first + bounds.count) as u32);
            let (from, to) = if is_ascii {
                (from, to)
            } else {
                let from_byte = self.byte_of_char(text, from)?;
                let rest = self.heap.mem.slice(
                    text + object::TEXT_DATA + from_byte,
                    u64::from(self.len_of(text)?.saturating_sub(from_byte)),
                )?;
                (from_byte, from_byte + self.skip_chars(rest, to - from)? as u32)
            };
            return self.text_within(text + object::TEXT_DATA + from, to - from);
        }
        let mut picked = String::new();
        if is_ascii {
            let bytes = self.bytes_of(text)?;
            for i in bounds.indices() {
                self.heap.work(1)?;
                picked.push(char::from(bytes.get(i as usize).copied().unwrap_or(b'?')));
            }
        } else {
            let mut chars: Vec<char> = Vec::new();
            for piece in self.pieces(self.str_of(text)?) {
                chars.extend(piece?.chars());
            }
            for i in bounds.indices() {
                self.heap.work(1)?;
                picked.extend(chars.get(i as usize));
            }
        }
        self.text_from(picked.as_bytes())
    }

    pub(crate) fn rt_text_repeat(&mut self, text: u32, n: i64) -> Result<u32, Raised> {
        let len = self.len_of(text)?;
        let Ok(n) = u64::try_from(n) else { return Ok(self.empty) };
        if n == 0 || len == 0 {
            return Ok(self.empty);
        }
        if n == 1 {
            self.heap.retain(text)?;
            return Ok(text);
        }
        let total = n.saturating_mul(u64::from(len));
        if total > u64::from(u32::MAX) {
            return Err(Raised::OutOfMemory);
        }
        let chars = self.chars_of(text)?;
        let at = self.alloc_text_cap(total)?;
        let data = at + object::TEXT_DATA;
        self.heap.copy(text + object::TEXT_DATA, data, u64::from(len))?;
        self.heap.repeat(data, u64::from(len), total)?;
        self.set_text_len(at, total as u32, chars.wrapping_mul(n as u32))?;
        Ok(at)
    }
}
