//! Numbers: how far one reaches, and what it is worth.

use super::Lexer;
use crate::token::{T, Token};
use base::{Code, Cx, Diagnostic};

/// Suffixes that fix the type of a number.
pub const SUFFIXES: &[&str] = &["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64"];

impl Lexer {
    /// The number at `start`. Only its reach and family are found here; [`int_value`] and [`float_value`] read it.
    pub(super) fn number(&mut self, cx: &mut Cx, start: usize, limit: usize) -> Token {
        let source = self.source.clone();
        let bytes = &source.as_bytes()[..limit];
        if self.after_dot {
            self.pos = start + bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            return self.token(T::Int, start);
        }
        let radix = match bytes.get(start + 1) {
            _ if bytes[start] != b'0' => 10,
            Some(b'x' | b'X') => 16,
            Some(b'o' | b'O') => 8,
            Some(b'b' | b'B') => 2,
            Some(_) | None => 10,
        };
        if radix != 10 {
            let body = start + 2;
            let end = digits_end(bytes, body, radix);
            self.pos = end;
            if end == body {
                self.bad_number(
                    cx,
                    start,
                    "this number has no digits",
                    "write at least one digit behind the prefix",
                );
            }
            return self.number_suffix(cx, start, limit, T::Int);
        }
        let mut kind = T::Int;
        let mut end = digits_end(bytes, start, 10);
        if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
            kind = T::Float;
            end = digits_end(bytes, end + 1, 10);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
                kind = T::Float;
                end = digits_end(bytes, end + 1 + sign, 10);
            }
        }
        self.pos = end;
        self.number_suffix(cx, start, limit, kind)
    }

    fn number_suffix(&mut self, cx: &mut Cx, start: usize, limit: usize, kind: T) -> Token {
        let source = self.source.clone();
        let from = self.pos;
        let end = super::word_end(&source, from, limit);
        if end == from {
            return self.token(kind, start);
        }
        let suffix = &source[from..end];
        self.pos = end;
        if suffix.starts_with('_') {
            return self.token(T::UnitNumber, start);
        }
        if let Some(&suffix) = SUFFIXES.iter().find(|&&known| known == suffix) {
            let is_float = suffix.starts_with('f');
            if kind == T::Float && !is_float {
                self.bad_number(
                    cx,
                    start,
                    &format!("a number with a fraction or an exponent is no `{suffix}`"),
                    &format!("its suffix is `f32` or `f64`; to cut it, write `as {suffix}` behind it"),
                );
            }
            return self.token(if is_float { T::Float } else { kind }, start);
        }
        let (message, help) = if suffix.starts_with(|character: char| character.is_ascii_digit()) {
            (
                format!("`{suffix}` is not a digit of this number"),
                "use only digits of the number's base".to_owned(),
            )
        } else {
            (
                format!("numbers have no suffix `{suffix}`"),
                format!("the suffixes are {}; put a space before a name", SUFFIXES.join(", ")),
            )
        };
        cx.diags.push(Diagnostic::new(Code::BadNumber, self.span(from, end), message).help(help));
        self.token(kind, start)
    }

    fn bad_number(&self, cx: &mut Cx, start: usize, message: &str, help: &str) {
        cx.diags.push(Diagnostic::new(Code::BadNumber, self.span(start, self.pos), message).help(help));
    }
}

/// One past the digits at `start`; `_` stands anywhere between them, but is left alone where a unit begins.
fn digits_end(bytes: &[u8], start: usize, radix: u32) -> usize {
    let mut end = start;
    while let Some(&byte) = bytes.get(end) {
        if (byte as char).is_digit(radix) {
            end += 1;
        } else if byte == b'_' {
            let run = bytes[end..].iter().take_while(|&&byte| byte == b'_').count();
            let next = bytes.get(end + run).copied().unwrap_or(0);
            if (next as char).is_digit(radix) || !(next.is_ascii_alphabetic() || next >= 0x80) {
                end += run;
            } else {
                break;
            }
        } else {
            break;
        }
    }
    end
}

/// A number's digits and its suffix, from its spelling.
fn split_suffix(text: &str) -> (&str, Option<&'static str>) {
    let hex = text.starts_with("0x") || text.starts_with("0X");
    let suffix = SUFFIXES.iter().find(|suffix| text.ends_with(**suffix) && !(hex && suffix.starts_with('f')));
    match suffix {
        Some(suffix) => (&text[..text.len() - suffix.len()], Some(suffix)),
        None => (text, None),
    }
}

/// The value of an integer literal and its suffix; the value is none where it does not fit 64 bits.
pub fn int_value(text: &str) -> (Option<u64>, Option<&'static str>) {
    let (digits, suffix) = split_suffix(text);
    let radix = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 10,
    };
    let digits = if radix == 10 { digits } else { &digits[2..] };
    let mut value = Some(0u64);
    for digit in digits.chars().filter_map(|character| character.to_digit(radix)) {
        value = value
            .and_then(|value| value.checked_mul(u64::from(radix)))
            .and_then(|value| value.checked_add(u64::from(digit)));
    }
    (value, suffix)
}

/// The value of a float literal and its suffix.
pub fn float_value(text: &str) -> (f64, Option<&'static str>) {
    let (digits, suffix) = split_suffix(text);
    let plain: String = digits.chars().filter(|&character| character != '_').collect();
    match plain.parse() {
        Ok(value) => (value, suffix),
        // Not decimal: an integer in another base with a float suffix.
        Err(_) => (int_value(digits).0.map_or(f64::INFINITY, |value| value as f64), suffix),
    }
}
