//! Tokens of the text form.

use super::ReadError;

/// A token with the line it stands on.
pub(super) struct Spanned<'a> {
    pub(super) token: Token<'a>,
    pub(super) line: u32,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Token<'a> {
    /// A name, keyword, id, or mnemonic with its type: letters, digits, `_`, `.`.
    Word(&'a str),
    /// An integer or float, with its sign.
    Number(&'a str),
    /// A quoted text, decoded.
    Text(String),
    /// One of `( ) [ ] { } , : + @ =` or `->`.
    Mark(&'a str),
}

/// All tokens of a text.
pub(super) fn lex(text: &str) -> Result<Vec<Spanned<'_>>, ReadError> {
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1u32);
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let mut push = |token, len: usize| {
            tokens.push(Spanned { token, line });
            len
        };
        at += match first {
            '\n' => {
                line += 1;
                1
            }
            ' ' | '\t' | '\r' => 1,
            ';' => rest.find('\n').unwrap_or(rest.len()),
            '"' => {
                let (decoded, len) = quoted(rest).ok_or_else(|| ReadError::new(line, "a text has no end"))?;
                push(Token::Text(decoded), len)
            }
            '-' if rest.starts_with("->") => push(Token::Mark(&rest[..2]), 2),
            '-' | '0'..='9' => {
                let len = number_len(rest);
                push(Token::Number(&rest[..len]), len)
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let len = rest
                    .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'))
                    .unwrap_or(rest.len());
                push(Token::Word(&rest[..len]), len)
            }
            '(' | ')' | '[' | ']' | '{' | '}' | ',' | ':' | '+' | '@' | '=' => {
                push(Token::Mark(&rest[..1]), 1)
            }
            other => return Err(ReadError::new(line, format!("the character {other:?} means nothing here"))),
        };
    }
    Ok(tokens)
}

fn number_len(rest: &str) -> usize {
    let hex = rest.trim_start_matches('-').starts_with("0x");
    let mut before = '-';
    for (index, c) in rest.char_indices() {
        let sign = (c == '-' || c == '+') && (index == 0 || (!hex && matches!(before, 'e' | 'E')));
        if !(sign || c.is_ascii_alphanumeric() || c == '.') {
            return index;
        }
        before = c;
    }
    rest.len()
}

/// Decodes a text that begins with a quote; the result and its length in the source.
fn quoted(rest: &str) -> Option<(String, usize)> {
    let mut decoded = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((index, c)) = chars.next() {
        match c {
            '"' => return Some((decoded, index + 1)),
            '\n' => return None,
            '\\' => match chars.next()?.1 {
                'n' => decoded.push('\n'),
                't' => decoded.push('\t'),
                'r' => decoded.push('\r'),
                'u' => {
                    let mut code = 0u32;
                    let ('{', mut digit) = (chars.next()?.1, chars.next()?.1) else { return None };
                    while digit != '}' {
                        code = code.checked_mul(16)?.checked_add(digit.to_digit(16)?)?;
                        digit = chars.next()?.1;
                    }
                    decoded.push(char::from_u32(code)?);
                }
                itself => decoded.push(itself),
            },
            c => decoded.push(c),
        }
    }
    None
}

/// Quotes a text so that [`lex`] gives it back.
pub(super) fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() => quoted.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
