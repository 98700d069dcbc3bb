//! Long texts a piece at a time, so that a program which works on one can be stopped.

use crate::meter::PIECE;
use crate::{Host, Memory, Raised, Rt};
use std::ops::ControlFlow;

impl<M: Memory, H: Host> Rt<M, H> {
    /// The pieces of a text, each of a bounded length and counted.
    pub(crate) fn pieces<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Result<&'a str, Raised>> {
        let mut rest = text;
        std::iter::from_fn(move || {
            let (piece, behind) = rest.split_at(rest.floor_char_boundary(PIECE));
            rest = behind;
            (!piece.is_empty()).then(|| self.heap.work_on_chars(piece.len()).map(|()| piece))
        })
    }

    /// The same pieces, the last one first.
    pub(crate) fn pieces_from_the_end<'a>(
        &'a self,
        text: &'a str,
    ) -> impl Iterator<Item = Result<&'a str, Raised>> {
        let mut rest = text;
        std::iter::from_fn(move || {
            let (before, piece) = rest.split_at(rest.ceil_char_boundary(rest.len().saturating_sub(PIECE)));
            rest = before;
            (!piece.is_empty()).then(|| self.heap.work_on_chars(piece.len()).map(|()| piece))
        })
    }

    /// Appends a text in lower case.
    pub(crate) fn push_lower(&self, text: &str, out: &mut String) -> Result<(), Raised> {
        let mut rest = text;
        while !rest.is_empty() {
            let (piece, behind) = rest.split_at(lower_piece(rest));
            rest = behind;
            self.heap.work_on_chars(piece.len())?;
            out.push_str(&piece.to_lowercase());
        }
        Ok(())
    }

    /// Appends a character so many times.
    pub(crate) fn push_fill(&self, fill: char, count: u64, out: &mut String) -> Result<(), Raised> {
        let mut left = count as usize;
        while left > 0 {
            let some = left.min(PIECE);
            self.heap.work_on_chars(some)?;
            out.extend(std::iter::repeat_n(fill, some));
            left -= some;
        }
        Ok(())
    }

    /// Where a text contains another for the first time.
    pub(crate) fn first_match(&self, text: &str, part: &str) -> Result<Option<usize>, Raised> {
        let mut found = None;
        self.for_each_match(text, part, |at| {
            found = Some(at);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }

    /// Calls `each` with the places of a text that contain another, from left to right and not overlapping. The empty text is
    /// between all characters.
    pub(crate) fn for_each_match(
        &self,
        text: &str,
        part: &str,
        mut each: impl FnMut(usize) -> Result<ControlFlow<()>, Raised>,
    ) -> Result<(), Raised> {
        // What is longer than a piece is found by its first piece, and then compared.
        let (head, tail) = part.split_at(part.floor_char_boundary(PIECE));
        let mut start = 0;
        while start <= text.len() && text.len() - start >= part.len() {
            // The next window begins here; this one also has what begins before and ends behind.
            let mut next = if text.len() - start > PIECE {
                text.ceil_char_boundary(start + PIECE)
            } else {
                text.len() + 1
            };
            let end = text.ceil_char_boundary(text.len().min(next + head.len()));
            self.heap.work_on_chars(end - start)?;
            for (at, _) in text[start..end].match_indices(head) {
                let at = start + at;
                if at >= next {
                    break;
                }
                self.heap.work(1)?;
                if !tail.is_empty() {
                    let rest = &text.as_bytes()[at + head.len()..];
                    if rest.len() < tail.len() {
                        return Ok(());
                    }
                    if !self.heap.same_bytes(&rest[..tail.len()], tail.as_bytes())? {
                        next = text.ceil_char_boundary(at + 1);
                        break;
                    }
                }
                if each(at)?.is_break() {
                    return Ok(());
                }
                next = next.max(at + part.len());
                if !tail.is_empty() {
                    next = at + part.len();
                    break;
                }
            }
            start = next;
        }
        Ok(())
    }

    /// Where a text contains another for the last time.
    pub(crate) fn last_match(&self, text: &str, part: &str) -> Result<Option<usize>, Raised> {
        // What is longer than a piece is found by its last piece, and then compared.
        let (rest, head) = part.split_at(part.ceil_char_boundary(part.len().saturating_sub(PIECE)));
        let mut end = text.len();
        while end >= part.len() {
            let start = text.floor_char_boundary(end.saturating_sub(PIECE + head.len()));
            self.heap.work_on_chars(end - start)?;
            match text[start..end].rfind(head).map(|at| start + at) {
                Some(at) if at < rest.len() => return Ok(None),
                Some(at) => {
                    let from = at - rest.len();
                    if self.heap.same_bytes(&text.as_bytes()[from..at], rest.as_bytes())? {
                        return Ok(Some(from));
                    }
                    end = text.floor_char_boundary(at + head.len() - 1);
                }
                None if start == 0 => return Ok(None),
                // One that reaches into this window begins before it.
                None => end = text.floor_char_boundary(start + head.len() - 1),
            }
        }
        Ok(None)
    }
}

/// Where to cut a text that is written in lower case piece by piece: a final sigma looks at the letters around it, past what is no letter, so the cut must have
/// a character on both sides at which such a look ends.
fn lower_piece(text: &str) -> usize {
    let mut before = None;
    let from = text.floor_char_boundary(PIECE);
    for (at, char) in text[from..].char_indices() {
        if before.is_some_and(ends_a_look) && ends_a_look(char) {
            return from + at;
        }
        before = Some(char);
    }
    text.len()
}

/// True for characters that are neither passed over when a sigma looks for letters, nor a sigma.
fn ends_a_look(char: char) -> bool {
    match char {
        'Σ' => false,
        '\0'..='\x7f' => char.is_ascii_alphanumeric() || char.is_ascii_whitespace(),
        // Ideographs and Hangul.
        '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => true,
        // Letters with two cases, but not the one mark that has them.
        _ => {
            char != '\u{345}'
                && (char.is_lowercase() || char.is_uppercase())
                && !char.to_uppercase().eq(char.to_lowercase())
        }
    }
}
