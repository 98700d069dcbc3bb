//! Texts: where they end, which braces in them open a segment of code, and what their escapes mean.

use super::{Lexer, line_end};
use crate::token::{T, Token};
use base::{Code, Cx, Diagnostic};

/// How an interpolated text is quoted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Quote {
    /// `"`
    Double,
    /// `"""`
    Triple,
    /// `\"` inside a segment.
    Escaped,
}

/// What the lexer is in the middle of.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frame {
    /// Between the quotes of an interpolated text, opened at `open`.
    Text { quote: Quote, open: usize },
    /// Inside `{…}`: code up to `code_end`, then a format spec up to `close` where they differ.
    Segment { code_end: usize, close: usize },
}

/// A segment found in a text: where its code ends, and its closing brace.
#[derive(Clone, Copy)]
struct Segment {
    code_end: usize,
    close: usize,
}

/// What ends a literal piece of a text.
enum PieceEnd {
    Quote(usize),
    Segment(usize, Segment),
    Missing(usize),
}

/// Brackets nested deeper than this are not a segment.
const SEGMENT_DEPTH: usize = 250;
/// Texts in segments of texts, nested deeper than this, are not read as such.
const TEXT_DEPTH: usize = 8;

impl Lexer {
    /// A text whose quotes begin at `quote`, with a prefix (`r`, `f`, or a name) from `start`.
    pub(super) fn text(&mut self, cx: &mut Cx, start: usize, quote: usize, limit: usize) -> Token {
        let source = self.source.clone();
        let bytes = &source.as_bytes()[..limit];
        let prefix = &bytes[start..quote];
        let triple = bytes[quote..].starts_with(b"\"\"\"");
        if triple && prefix != b"f" {
            return self.raw_text(cx, start, quote, b"\"\"\"", limit);
        }
        if prefix == b"r" {
            return self.raw_text(cx, start, quote, b"\"", limit);
        }
        let (quote_kind, length) = match bytes[quote] {
            b'\\' => (Quote::Escaped, 2),
            _ if triple => (Quote::Triple, 3),
            _ => (Quote::Double, 1),
        };
        match self.piece_end(quote + length, quote_kind, limit, 0) {
            PieceEnd::Quote(end) => {
                self.pos = end + length;
                self.tagged(start, limit)
            }
            PieceEnd::Missing(end) => {
                self.pos = end;
                self.unclosed(cx, start, quote + length);
                self.token(T::Text, start)
            }
            PieceEnd::Segment(..) => {
                self.pos = quote + length;
                self.frames.push(Frame::Text { quote: quote_kind, open: quote });
                self.token(T::FormatStart, start)
            }
        }
    }

    /// The next token between the quotes of an interpolated text.
    pub(super) fn text_token(&mut self, cx: &mut Cx, quote: Quote, open: usize) -> Token {
        let limit = self.limit();
        let start = self.pos;
        match self.piece_end(start, quote, limit, 0) {
            PieceEnd::Segment(open, segment) if open == start => {
                self.pos = open + 1;
                self.frames.push(Frame::Segment { code_end: segment.code_end, close: segment.close });
                self.token(T::FormatOpen, start)
            }
            PieceEnd::Quote(end) if end == start => {
                self.frames.pop();
                self.pos = end
                    + match quote {
                        Quote::Double => 1,
                        Quote::Triple => 3,
                        Quote::Escaped => 2,
                    };
                self.token(T::FormatEnd, start)
            }
            PieceEnd::Missing(end) if end == start => {
                self.frames.pop();
                self.unclosed(cx, open, open + 1);
                self.token(T::FormatEnd, start)
            }
            PieceEnd::Segment(end, _) | PieceEnd::Quote(end) | PieceEnd::Missing(end) => {
                self.pos = end;
                self.token(T::FormatText, start)
            }
        }
    }

    /// Where the code around the innermost text ends.
    fn limit(&self) -> usize {
        let segment = self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Segment { code_end, .. } => Some(*code_end),
            Frame::Text { .. } => None,
        });
        segment.unwrap_or(self.source.len())
    }

    /// `'…'`, or a loop label where no `'` follows on the line.
    pub(super) fn quoted(&mut self, cx: &mut Cx, start: usize, limit: usize) -> Token {
        let source = self.source.clone();
        let bytes = &source.as_bytes()[..limit];
        if start >= self.no_quote_before {
            let line = line_end(bytes, start);
            if let Some(end) = quote_end(&bytes[..line], start + 1) {
                self.pos = end + 1;
                return self.tagged(start, limit);
            }
            // Every `'` up to the line end has a backslash before it, so that none closes a later text either.
            self.no_quote_before = line;
        }
        let named = bytes.get(start + 1).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
        if named {
            self.pos = super::word_end(&source, start + 1, limit);
            let symbol = cx.names.intern(&source[start + 1..self.pos]);
            let mut token = self.token(T::Label, start);
            token.word = Some(symbol);
            return token;
        }
        self.pos = self.no_quote_before.min(limit);
        self.unclosed(cx, start, start + 1);
        self.token(T::Text, start)
    }

    fn raw_text(&mut self, cx: &mut Cx, start: usize, quote: usize, mark: &[u8], limit: usize) -> Token {
        let source = self.source.clone();
        let from = quote + mark.len();
        let end = if mark.len() == 1 { line_end(&source.as_bytes()[..limit], from) } else { limit };
        let found = source.as_bytes()[from..end].windows(mark.len()).position(|window| window == mark);
        match found {
            Some(length) => {
                self.pos = from + length + mark.len();
                self.tagged(start, limit)
            }
            None => {
                self.pos = end;
                self.unclosed(cx, start, from);
                self.token(T::Text, start)
            }
        }
    }

    /// A finished text; a glued `_name` behind it makes it a tagged text.
    fn tagged(&mut self, start: usize, limit: usize) -> Token {
        let tag = self.pos;
        let letter = self.source.as_bytes()[..limit].get(tag + 1).is_some_and(u8::is_ascii_alphabetic);
        if tag < limit && self.byte(tag) == b'_' && letter {
            self.pos = super::word_end(&self.source.clone(), tag, limit);
            return self.token(T::TaggedText, start);
        }
        self.token(T::Text, start)
    }

    fn unclosed(&self, cx: &mut Cx, start: usize, end: usize) {
        cx.diags.push(
            Diagnostic::new(Code::UnclosedText, self.span(start, end), "this text is never closed")
                .label("opened here")
                .help("close it on the same line; a text over several lines is written `\"\"\"…\"\"\"`"),
        );
    }

    /// From inside a text: where the literal piece at `start` ends.
    fn piece_end(&mut self, start: usize, quote: Quote, limit: usize, depth: usize) -> PieceEnd {
        let source = self.source.clone();
        let bytes = &source.as_bytes()[..limit];
        let mut at = start;
        while let Some(&byte) = bytes.get(at) {
            match byte {
                b'\\' if quote == Quote::Escaped && bytes.get(at + 1) == Some(&b'"') => {
                    return PieceEnd::Quote(at);
                }
                b'\\' if bytes[at + 1..].starts_with(b"u{") => at += 3,
                b'\\' if !matches!(bytes.get(at + 1), None | Some(b'\n' | b'\r')) => at += 2,
                b'"' => match quote {
                    Quote::Double => return PieceEnd::Quote(at),
                    Quote::Triple if bytes[at..].starts_with(b"\"\"\"") => return PieceEnd::Quote(at),
                    Quote::Triple | Quote::Escaped => at += 1,
                },
                b'\n' if quote != Quote::Triple => return PieceEnd::Missing(at),
                b'{' => match bytes.get(at + 1) {
                    Some(b'{' | b'}') => at += 2,
                    Some(b'\\' | b'\'' | b'"') | None => at += 1,
                    Some(_) => match self.segment(at, quote, limit, depth) {
                        Some(segment) => return PieceEnd::Segment(at, segment),
                        None => at += 1,
                    },
                },
                _ => at += 1,
            }
        }
        PieceEnd::Missing(at.min(limit))
    }

    /// The segment that opens at the brace `open`; none where the brace is a plain character.
    fn segment(&mut self, open: usize, quote: Quote, limit: usize, depth: usize) -> Option<Segment> {
        if depth >= TEXT_DEPTH {
            return None;
        }
        let source = self.source.clone();
        let bytes = &source.as_bytes()[..limit];
        let mut brackets: Vec<u8> = Vec::new();
        let mut scan = Scan::default();
        let mut colon = None;
        let mut at = open + 1;
        while let Some(&byte) = bytes.get(at) {
            self.scan_fuel = self.scan_fuel.checked_sub(1)?;
            let inside = !brackets.is_empty();
            match byte {
                b'\n' if quote != Quote::Triple => return None,
                b'"' => {
                    if quote == Quote::Escaped || (quote == Quote::Double && !inside && !scan.operand) {
                        return None;
                    }
                    at = self.nested_end(at + 1, Quote::Double, limit, depth)?;
                    scan.operand = false;
                }
                b'\\' if bytes.get(at + 1) == Some(&b'"') => {
                    if quote == Quote::Escaped {
                        return None;
                    }
                    at = self.nested_end(at + 2, Quote::Escaped, limit, depth)?;
                    scan.operand = false;
                }
                b'\'' if inside || scan.operand => {
                    let line = line_end(&bytes[..limit.min(at + 4096)], at);
                    self.scan_fuel = self.scan_fuel.checked_sub(line - at)?;
                    if let Some(end) = quote_end(&bytes[..line], at + 1) {
                        at = end;
                    }
                    scan.operand = false;
                }
                b'(' | b'[' | b'{' => {
                    brackets.push(byte);
                    scan.operand = true;
                    if brackets.len() > SEGMENT_DEPTH {
                        return None;
                    }
                }
                b')' | b']' => {
                    let opener = if byte == b')' { b'(' } else { b'[' };
                    if brackets.pop() != Some(opener) {
                        return None;
                    }
                    scan.operand = false;
                }
                b'}' => match brackets.pop() {
                    Some(b'{') => scan.operand = false,
                    Some(_) => return None,
                    None => {
                        let spec = colon.filter(|&colon: &usize| is_spec(&source[colon + 1..at]));
                        return Some(Segment { code_end: spec.unwrap_or(at), close: at });
                    }
                },
                b':' if inside => scan.operand = true,
                b':' if bytes.get(at + 1) == Some(&b':') => at += 1,
                b':' => colon = scan.colon().then_some(at),
                b' ' | b'\t' | b'\r' | b'\n' => {}
                _ if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0xc0 => {
                    let end = super::word_end(&source, at, limit).max(at + 1);
                    self.scan_fuel = self.scan_fuel.checked_sub(end - at)?;
                    scan.word(&bytes[at..end], inside);
                    at = end;
                    continue;
                }
                // The rest of a character.
                0x80..=0xbf => {}
                _ => {
                    scan.operand = true;
                    if byte == b'\\' && !inside {
                        scan.headers += 1;
                    }
                }
            }
            at += 1;
        }
        None
    }

    /// The last byte of the closing quotes of a text inside a segment.
    fn nested_end(&mut self, start: usize, quote: Quote, limit: usize, depth: usize) -> Option<usize> {
        let mut at = start;
        loop {
            let end = self.piece_end(at, quote, limit, depth + 1);
            let (PieceEnd::Quote(stop) | PieceEnd::Segment(stop, _) | PieceEnd::Missing(stop)) = end;
            self.scan_fuel = self.scan_fuel.checked_sub(stop - at)?;
            match end {
                PieceEnd::Quote(end) => return Some(if quote == Quote::Escaped { end + 1 } else { end }),
                PieceEnd::Segment(_, segment) => at = segment.close + 1,
                PieceEnd::Missing(_) => return None,
            }
        }
    }
}

/// What a scan through a segment remembers of its code.
#[derive(Default)]
struct Scan {
    /// An operand is expected, so that `"` opens a nested text.
    operand: bool,
    /// `if`, `elif`, `match` and lambdas whose colon has not come yet.
    headers: usize,
    /// The last word was `else`.
    after_else: bool,
}

impl Scan {
    /// A colon outside brackets; true where it does not belong to an `if`, `else`, `match` or lambda.
    fn colon(&mut self) -> bool {
        let belongs = self.after_else || self.headers > 0;
        if !self.after_else {
            self.headers = self.headers.saturating_sub(1);
        }
        self.after_else = false;
        self.operand = belongs;
        !belongs
    }

    fn word(&mut self, word: &[u8], inside: bool) {
        self.operand = matches!(
            word,
            b"if"
                | b"elif"
                | b"else"
                | b"then"
                | b"match"
                | b"case"
                | b"and"
                | b"or"
                | b"not"
                | b"in"
                | b"is"
                | b"xor"
        );
        if inside {
            return;
        }
        self.after_else = word == b"else";
        match word {
            b"if" | b"elif" | b"match" | b"case" => self.headers += 1,
            b"else" => self.headers = self.headers.saturating_sub(1),
            b"then" => self.headers = self.headers.saturating_sub(1),
            _ => {}
        }
    }
}

/// The first `'` from `from` on that has no backslash before it.
fn quote_end(line: &[u8], from: usize) -> Option<usize> {
    (from..line.len()).find(|&at| line[at] == b'\'' && line[at - 1] != b'\\')
}

/// True for text made of the characters of a format spec only; a fill character is free.
fn is_spec(text: &str) -> bool {
    let mut characters = text.chars();
    let rest = match (characters.next(), characters.next()) {
        (Some(_), Some('<' | '>' | '^' | '=')) => characters.as_str(),
        (_, _) => text,
    };
    rest.len() <= 64 && rest.bytes().all(|byte| b"<>^=+- #0123456789,_.%bcdeEfFgGnosxX".contains(&byte))
}

/// The value of a text token, with the meaning of its quotes and escapes. `token` is its whole spelling.
pub fn text_value(token: &str) -> String {
    let prefix = token.find(['"', '\'']).unwrap_or(0);
    let (head, body) = token.split_at(prefix);
    if let Some(rest) = body.strip_prefix("\"\"\"") {
        let inner = rest.strip_suffix("\"\"\"").unwrap_or(rest);
        return if head == "f" { piece_value(inner) } else { inner.to_owned() };
    }
    if let Some(rest) = body.strip_prefix('\'') {
        return rest.strip_suffix('\'').unwrap_or(rest).replace("\\'", "'");
    }
    let rest = body.strip_prefix('"').unwrap_or(body);
    if head == "\\" {
        return piece_value(rest.strip_suffix("\\\"").unwrap_or(rest));
    }
    let inner = rest.strip_suffix('"').unwrap_or(rest);
    if head == "r" { inner.to_owned() } else { piece_value(inner) }
}

/// The value of a literal piece of a text: escapes and doubled braces resolved.
pub fn piece_value(piece: &str) -> String {
    let mut value = String::with_capacity(piece.len());
    let mut rest = piece;
    while let Some(at) = rest.find(['\\', '{', '}']) {
        value.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("{{") {
            value.push('{');
            rest = after;
        } else if let Some(after) = rest.strip_prefix("}}") {
            value.push('}');
            rest = after;
        } else if rest.starts_with('\\') {
            let (character, length) = escape(&rest[1..]);
            value.push(character);
            rest = &rest[1 + length..];
        } else {
            value.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    value.push_str(rest);
    value
}

/// The character that an escape means, and its length without the backslash.
fn escape(text: &str) -> (char, usize) {
    let Some(first) = text.chars().next() else { return ('\\', 0) };
    let digits = |from: usize, count: usize, radix: u32| {
        let digits = text.get(from..)?;
        let length = digits.chars().take(count).take_while(|digit| digit.is_digit(radix)).count();
        let value = u32::from_str_radix(&digits[..length], radix).ok()?;
        Some((char::from_u32(value)?, length))
    };
    match first {
        'n' => ('\n', 1),
        't' => ('\t', 1),
        'r' => ('\r', 1),
        'a' => ('\x07', 1),
        'b' => ('\x08', 1),
        'f' => ('\x0c', 1),
        'v' => ('\x0b', 1),
        'x' => match digits(1, 2, 16) {
            Some((character, 2)) => (character, 3),
            _ => ('x', 1),
        },
        'u' if text.starts_with("u{") => match digits(2, 6, 16) {
            Some((character, length)) if text[2 + length..].starts_with('}') => (character, length + 3),
            _ => ('u', 1),
        },
        'u' => match digits(1, 4, 16) {
            Some((character, 4)) => (character, 5),
            _ => ('u', 1),
        },
        '0'..='7' => match digits(0, 3, 8) {
            Some((character, length)) if character <= '\u{ff}' => (character, length),
            _ => (first, 1),
        },
        other => (other, other.len_utf8()),
    }
}
