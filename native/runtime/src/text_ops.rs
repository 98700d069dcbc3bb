//! Text functions that look at characters: searching, case, splitting, padding, numbers.

use crate::memory::Access;
use crate::{Host, Memory, Raised, Rt};
use abi::object;
use abi::types::well_known;
use std::ops::ControlFlow;

impl<M: Memory, H: Host> Rt<M, H> {
    /// A new text of characters; out of memory before it would not fit the region.
    fn text_of(&mut self, text: &str) -> Result<u32, Raised> {
        self.text_from(text.as_bytes())
    }

    /// A `[text]` of parts of a text, given as byte ranges.
    fn parts_of(&mut self, text: u32, parts: &[(u32, u32)]) -> Result<u32, Raised> {
        let mut texts = Vec::with_capacity(parts.len());
        for (start, end) in parts {
            self.heap.work(1)?;
            texts.push(self.text_within(text + object::TEXT_DATA + *start, end - start)?);
        }
        self.array_of_texts(&texts)
    }

    /// Notes a part, unless an array of so many parts would be beyond the limit.
    fn push_part(&self, parts: &mut Vec<(u32, u32)>, start: usize, end: usize) -> Result<(), Raised> {
        if parts.len() as u64 >= self.heap.mem.limit() / 4 {
            return Err(Raised::OutOfMemory);
        }
        parts.push((start as u32, end as u32));
        Ok(())
    }

    pub(crate) fn rt_text_find(&mut self, text: u32, part: u32) -> Result<i64, Raised> {
        let found = self.first_match(self.str_of(text)?, self.str_of(part)?)?;
        Ok(found.map_or(-1, |at| at as i64))
    }

    pub(crate) fn rt_text_rfind(&mut self, text: u32, part: u32) -> Result<i64, Raised> {
        let found = self.last_match(self.str_of(text)?, self.str_of(part)?)?;
        Ok(found.map_or(-1, |at| at as i64))
    }

    pub(crate) fn rt_text_contains(&mut self, text: u32, part: u32) -> Result<u8, Raised> {
        let found = self.first_match(self.str_of(text)?, self.str_of(part)?)?;
        Ok(u8::from(found.is_some()))
    }

    pub(crate) fn rt_text_starts_with(&mut self, text: u32, part: u32) -> Result<u8, Raised> {
        let (all, part) = (self.bytes_of(text)?, self.bytes_of(part)?);
        let start = all.get(..part.len());
        Ok(u8::from(start.map_or(Ok(false), |start| self.heap.same_bytes(start, part))?))
    }

    pub(crate) fn rt_text_ends_with(&mut self, text: u32, part: u32) -> Result<u8, Raised> {
        let (all, part) = (self.bytes_of(text)?, self.bytes_of(part)?);
        let end = all.len().checked_sub(part.len()).and_then(|at| all.get(at..));
        Ok(u8::from(end.map_or(Ok(false), |end| self.heap.same_bytes(end, part))?))
    }

    pub(crate) fn rt_text_upper(&mut self, text: u32) -> Result<u32, Raised> {
        let mut upper = String::new();
        for piece in self.pieces(self.str_of(text)?) {
            upper.push_str(&piece?.to_uppercase());
        }
        self.text_of(&upper)
    }

    pub(crate) fn rt_text_lower(&mut self, text: u32) -> Result<u32, Raised> {
        let mut lower = String::new();
        self.push_lower(self.str_of(text)?, &mut lower)?;
        self.text_of(&lower)
    }

    pub(crate) fn rt_text_capitalize(&mut self, text: u32) -> Result<u32, Raised> {
        let mut capitalized = String::new();
        self.push_capitalized(self.str_of(text)?, &mut capitalized)?;
        self.text_of(&capitalized)
    }

    fn push_capitalized(&self, text: &str, out: &mut String) -> Result<(), Raised> {
        let first = text.chars().next().map_or(0, char::len_utf8);
        out.push_str(&text[..first].to_uppercase());
        self.push_lower(&text[first..], out)
    }

    pub(crate) fn rt_text_title(&mut self, text: u32) -> Result<u32, Raised> {
        let mut title = String::new();
        for word in self.str_of(text)?.split_inclusive(char::is_whitespace) {
            self.push_capitalized(word, &mut title)?;
        }
        self.text_of(&title)
    }

    pub(crate) fn rt_text_trim(&mut self, text: u32, sides: u32) -> Result<u32, Raised> {
        let all = self.str_of(text)?;
        let mut start = 0;
        if sides & 1 != 0 {
            for piece in self.pieces(all) {
                let piece = piece?;
                let rest = piece.trim_start().len();
                start += piece.len() - rest;
                if rest > 0 {
                    break;
                }
            }
        }
        let mut end = all.len();
        if sides & 2 != 0 {
            for piece in self.pieces_from_the_end(&all[start..]) {
                let piece = piece?;
                let rest = piece.trim_end().len();
                end -= piece.len() - rest;
                if rest > 0 {
                    break;
                }
            }
        }
        if (start, end) == (0, all.len()) {
            self.heap.retain(text)?;
            return Ok(text);
        }
        self.text_within(text + object::TEXT_DATA + start as u32, (end - start) as u32)
    }

    pub(crate) fn rt_text_split(&mut self, text: u32, separator: u32) -> Result<u32, Raised> {
        let by = self.str_of(separator)?;
        if by.is_empty() {
            return self.rt_text_chars(text);
        }
        let mut parts = Vec::new();
        let mut start = 0;
        let all = self.str_of(text)?;
        self.for_each_match(all, by, |at| {
            self.push_part(&mut parts, start, at)?;
            start = at + by.len();
            Ok(ControlFlow::Continue(()))
        })?;
        self.push_part(&mut parts, start, all.len())?;
        self.parts_of(text, &parts)
    }

    pub(crate) fn rt_text_lines(&mut self, text: u32) -> Result<u32, Raised> {
        let mut parts = Vec::new();
        let mut start = 0;
        for line in self.str_of(text)?.split_inclusive('\n') {
            let body = line.strip_suffix('\n').map_or(line, |body| body.strip_suffix('\r').unwrap_or(body));
            self.heap.work(1)?;
            self.heap.work_on_bytes(line.len() as u64)?;
            self.push_part(&mut parts, start, start + body.len())?;
            start += line.len();
        }
        self.parts_of(text, &parts)
    }

    pub(crate) fn rt_text_chars(&mut self, text: u32) -> Result<u32, Raised> {
        let mut parts = Vec::new();
        for (at, char) in self.str_of(text)?.char_indices() {
            self.heap.work(1)?;
            self.push_part(&mut parts, at, at + char.len_utf8())?;
        }
        self.parts_of(text, &parts)
    }

    pub(crate) fn rt_text_bytes(&mut self, text: u32) -> Result<u32, Raised> {
        let len = self.len_of(text)?;
        let array = self.rt_array_new(well_known::ARRAY_I64.0, i64::from(len))?;
        for i in 0..len {
            self.heap.work(1)?;
            let byte = self.heap.mem.u8(text.saturating_add(object::TEXT_DATA).saturating_add(i))?;
            self.heap.mem.set_u64(self.elem_at(array, 8, i), u64::from(byte))?;
        }
        self.heap.mem.set_u32(array + object::LEN, len)?;
        Ok(array)
    }

    pub(crate) fn rt_text_byte_at(&mut self, text: u32, at: i64) -> Result<i64, Raised> {
        let bytes = self.bytes_of(text)?;
        let byte = usize::try_from(at).ok().and_then(|at| bytes.get(at));
        Ok(byte.map_or(-1, |byte| i64::from(*byte)))
    }

    pub(crate) fn rt_text_byte_slice(&mut self, text: u32, start: i64, end: i64) -> Result<u32, Raised> {
        let bytes = self.bytes_of(text)?;
        let len = bytes.len() as i64;
        let (start, end) = (start.clamp(0, len), end.clamp(0, len));
        let is_inside = |at: i64| bytes.get(at as usize).is_some_and(|byte| byte & 0xC0 == 0x80);
        if is_inside(start) || is_inside(end) {
            return self.raise_invalid("a part of a text begins or ends inside of a character");
        }
        if start >= end {
            return Ok(self.empty);
        }
        self.text_within(text + object::TEXT_DATA + start as u32, (end - start) as u32)
    }

    pub(crate) fn rt_text_from_bytes(&mut self, bytes: u32) -> Result<u32, Raised> {
        let mut all = Vec::new();
        for i in 0..self.len_of(bytes)? {
            self.heap.work(1)?;
            let byte = self.heap.mem.u64(self.elem_at(bytes, 8, i))?;
            match u8::try_from(byte) {
                Ok(byte) => all.push(byte),
                Err(_) => return self.raise_invalid("a byte is a number from 0 to 255"),
            }
        }
        self.text_of(&String::from_utf8_lossy(&all))
    }

    pub(crate) fn rt_text_replace(
        &mut self,
        text: u32,
        from: u32,
        to: u32,
        limit: i64,
    ) -> Result<u32, Raised> {
        let (all, old, new) = (self.str_of(text)?, self.str_of(from)?, self.str_of(to)?);
        let mut left = usize::try_from(limit).unwrap_or(usize::MAX);
        let most = self.heap.mem.limit() as usize;
        let mut out = String::new();
        let mut start = 0;
        self.for_each_match(all, old, |at| {
            if left == 0 {
                return Ok(ControlFlow::Break(()));
            }
            left -= 1;
            self.heap.work_on_bytes((at - start + new.len()) as u64)?;
            out.push_str(&all[start..at]);
            out.push_str(new);
            start = at + old.len();
            if out.len() > most { Err(Raised::OutOfMemory) } else { Ok(ControlFlow::Continue(())) }
        })?;
        if start == 0 && out.is_empty() {
            self.heap.retain(text)?;
            return Ok(text);
        }
        out.push_str(&all[start..]);
        self.text_of(&out)
    }

    pub(crate) fn rt_text_reverse(&mut self, text: u32) -> Result<u32, Raised> {
        let mut reversed = String::new();
        for piece in self.pieces_from_the_end(self.str_of(text)?) {
            reversed.extend(piece?.chars().rev());
        }
        self.text_of(&reversed)
    }

    pub(crate) fn rt_text_pad(
        &mut self,
        text: u32,
        width: i64,
        fill: u32,
        align: u32,
    ) -> Result<u32, Raised> {
        let chars = self.chars_of(text)?;
        let missing = width.saturating_sub(i64::from(chars)).max(0) as u64;
        if missing == 0 {
            self.heap.retain(text)?;
            return Ok(text);
        }
        let Some(fill) = self.str_of(fill)?.chars().next() else {
            return self.raise_invalid("the text to pad with is empty");
        };
        if missing.saturating_mul(fill.len_utf8() as u64) > self.heap.mem.limit() {
            return Err(Raised::OutOfMemory);
        }
        let left = match align {
            0 => missing,
            1 => 0,
            _ => missing / 2,
        };
        let mut padded = String::new();
        self.push_fill(fill, left, &mut padded)?;
        padded.push_str(self.str_of(text)?);
        self.push_fill(fill, missing - left, &mut padded)?;
        self.text_of(&padded)
    }

    pub(crate) fn rt_text_is_class(&mut self, text: u32, class: u32) -> Result<u8, Raised> {
        let is = match class {
            0 => char::is_numeric,
            1 => char::is_alphabetic,
            2 => char::is_alphanumeric,
            3 => char::is_whitespace,
            4 => char::is_uppercase,
            5 => char::is_lowercase,
            _ => return Err(Raised::Internal),
        };
        let text = self.str_of(text)?;
        for piece in self.pieces(text) {
            if !piece?.chars().all(is) {
                return Ok(0);
            }
        }
        Ok(u8::from(!text.is_empty()))
    }

    pub(crate) fn rt_text_ord(&mut self, text: u32) -> Result<i64, Raised> {
        match self.str_of(text)?.chars().next() {
            Some(char) => Ok(i64::from(u32::from(char))),
            None => self.raise_invalid("an empty text has no code point"),
        }
    }

    pub(crate) fn rt_text_from_code(&mut self, code: i64) -> Result<u32, Raised> {
        match u32::try_from(code).ok().and_then(char::from_u32) {
            Some(char) => self.text_of(char.encode_utf8(&mut [0; 4])),
            None => self.raise_invalid(format!("{code} is not a code point of a character")),
        }
    }

    pub(crate) fn parse_int(&self, text: u32) -> Result<Option<i64>, Raised> {
        Ok(self.str_of(text)?.trim().parse().ok())
    }

    pub(crate) fn parse_float(&self, text: u32) -> Result<Option<f64>, Raised> {
        Ok(self.str_of(text)?.trim().parse().ok())
    }

    pub(crate) fn rt_text_is_int(&mut self, text: u32) -> Result<u8, Raised> {
        Ok(u8::from(self.parse_int(text)?.is_some()))
    }

    pub(crate) fn rt_text_to_int(&mut self, text: u32) -> Result<i64, Raised> {
        Ok(self.parse_int(text)?.unwrap_or(0))
    }

    pub(crate) fn rt_text_is_float(&mut self, text: u32) -> Result<u8, Raised> {
        Ok(u8::from(self.parse_float(text)?.is_some()))
    }

    pub(crate) fn rt_text_to_float(&mut self, text: u32) -> Result<f64, Raised> {
        Ok(self.parse_float(text)?.unwrap_or(0.0))
    }

    pub(crate) fn rt_int_to_base(&mut self, value: i64, base: u32) -> Result<u32, Raised> {
        let (sign, digits) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
        let text = match base {
            2 => format!("{sign}{digits:b}"),
            8 => format!("{sign}{digits:o}"),
            16 => format!("{sign}{digits:x}"),
            _ => return Err(Raised::Internal),
        };
        self.text_of(&text)
    }
}
