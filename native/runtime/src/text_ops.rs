//! Text functions that look at characters: searching, case, splitting, padding, numbers.

use crate::{Host, Memory, Raised, Rt};
use abi::object;
use abi::types::well_known;

impl<M: Memory, H: Host> Rt<M, H> {
    /// A new text of characters; out of memory before it would not fit the region.
    fn text_of(&mut self, text: &str) -> Result<u32, Raised> {
        self.text_from(text.as_bytes())
    }

    /// A `[text]` of parts of a text, given as byte ranges.
    fn parts_of(&mut self, text: u32, parts: &[(usize, usize)]) -> Result<u32, Raised> {
        let mut texts = Vec::with_capacity(parts.len());
        for (start, end) in parts {
            let from = text + object::TEXT_DATA + *start as u32;
            texts.push(self.text_within(from, (end - start) as u32)?);
        }
        self.array_of_texts(&texts)
    }

    pub(crate) fn rt_text_find(&mut self, text: u32, part: u32) -> Result<i64, Raised> {
        Ok(self.str_of(text)?.find(self.str_of(part)?).map_or(-1, |at| at as i64))
    }

    pub(crate) fn rt_text_rfind(&mut self, text: u32, part: u32) -> Result<i64, Raised> {
        Ok(self.str_of(text)?.rfind(self.str_of(part)?).map_or(-1, |at| at as i64))
    }

    pub(crate) fn rt_text_contains(&mut self, text: u32, part: u32) -> Result<u8, Raised> {
        Ok(u8::from(self.str_of(text)?.contains(self.str_of(part)?)))
    }

    pub(crate) fn rt_text_starts_with(&mut self, text: u32, part: u32) -> Result<u8, Raised> {
        Ok(u8::from(self.bytes_of(text)?.starts_with(self.bytes_of(part)?)))
    }

    pub(crate) fn rt_text_ends_with(&mut self, text: u32, part: u32) -> Result<u8, Raised> {
        Ok(u8::from(self.bytes_of(text)?.ends_with(self.bytes_of(part)?)))
    }

    pub(crate) fn rt_text_upper(&mut self, text: u32) -> Result<u32, Raised> {
        let upper = self.str_of(text)?.to_uppercase();
        self.text_of(&upper)
    }

    pub(crate) fn rt_text_lower(&mut self, text: u32) -> Result<u32, Raised> {
        let lower = self.str_of(text)?.to_lowercase();
        self.text_of(&lower)
    }

    pub(crate) fn rt_text_capitalize(&mut self, text: u32) -> Result<u32, Raised> {
        let text = self.str_of(text)?;
        let first = text.chars().next().map_or(0, char::len_utf8);
        let capitalized = text[..first].to_uppercase() + &text[first..].to_lowercase();
        self.text_of(&capitalized)
    }

    pub(crate) fn rt_text_title(&mut self, text: u32) -> Result<u32, Raised> {
        let mut title = String::new();
        for word in self.str_of(text)?.split_inclusive(char::is_whitespace) {
            let first = word.chars().next().map_or(0, char::len_utf8);
            title.push_str(&word[..first].to_uppercase());
            title.push_str(&word[first..].to_lowercase());
        }
        self.text_of(&title)
    }

    pub(crate) fn rt_text_trim(&mut self, text: u32, sides: u32) -> Result<u32, Raised> {
        let all = self.str_of(text)?;
        let trimmed = if sides & 1 != 0 { all.trim_start() } else { all };
        let start = all.len() - trimmed.len();
        let trimmed = if sides & 2 != 0 { trimmed.trim_end() } else { trimmed };
        if trimmed.len() == all.len() {
            self.heap.retain(text)?;
            return Ok(text);
        }
        let len = trimmed.len() as u32;
        self.text_within(text + object::TEXT_DATA + start as u32, len)
    }

    pub(crate) fn rt_text_split(&mut self, text: u32, separator: u32) -> Result<u32, Raised> {
        let by = self.str_of(separator)?;
        if by.is_empty() {
            return self.rt_text_chars(text);
        }
        let mut parts = Vec::new();
        let mut start = 0;
        let all = self.str_of(text)?;
        for (at, _) in all.match_indices(by) {
            parts.push((start, at));
            start = at + by.len();
        }
        parts.push((start, all.len()));
        self.parts_of(text, &parts)
    }

    pub(crate) fn rt_text_lines(&mut self, text: u32) -> Result<u32, Raised> {
        let mut parts = Vec::new();
        let mut start = 0;
        for line in self.str_of(text)?.split_inclusive('\n') {
            let body = line.strip_suffix('\n').map_or(line, |body| body.strip_suffix('\r').unwrap_or(body));
            parts.push((start, start + body.len()));
            start += line.len();
        }
        self.parts_of(text, &parts)
    }

    pub(crate) fn rt_text_chars(&mut self, text: u32) -> Result<u32, Raised> {
        let parts: Vec<(usize, usize)> =
            self.str_of(text)?.char_indices().map(|(at, char)| (at, at + char.len_utf8())).collect();
        self.parts_of(text, &parts)
    }

    pub(crate) fn rt_text_bytes(&mut self, text: u32) -> Result<u32, Raised> {
        let bytes = self.bytes_of(text)?;
        let count = bytes.len() as u32;
        let words: Vec<u8> = bytes.iter().flat_map(|byte| u64::from(*byte).to_le_bytes()).collect();
        self.array_with(well_known::ARRAY_I64, &words, count)
    }

    pub(crate) fn rt_text_replace(
        &mut self,
        text: u32,
        from: u32,
        to: u32,
        limit: i64,
    ) -> Result<u32, Raised> {
        let (all, old, new) = (self.str_of(text)?, self.str_of(from)?, self.str_of(to)?);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let most = self.heap.mem.limit() as usize;
        let mut out = String::new();
        let mut start = 0;
        for (at, _) in all.match_indices(old).take(limit) {
            out.push_str(&all[start..at]);
            out.push_str(new);
            start = at + old.len();
            if out.len() > most {
                return Err(Raised::OutOfMemory);
            }
        }
        if start == 0 && out.is_empty() {
            self.heap.retain(text)?;
            return Ok(text);
        }
        out.push_str(&all[start..]);
        self.text_of(&out)
    }

    pub(crate) fn rt_text_reverse(&mut self, text: u32) -> Result<u32, Raised> {
        let reversed: String = self.str_of(text)?.chars().rev().collect();
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
        let fill = |count: u64| std::iter::repeat_n(fill, count as usize);
        let padded: String =
            fill(left).chain(self.str_of(text)?.chars()).chain(fill(missing - left)).collect();
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
        Ok(u8::from(!text.is_empty() && text.chars().all(is)))
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
