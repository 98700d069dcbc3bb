//! A strict reader of SDN tables, the part of SDN that notes are written in:
//!
//! ```text
//! name |column, column|
//!     cell, cell           # a comment
//! name |column, column| cell, cell
//! ```
//! A cell is a quoted text with `\` escapes, a list in brackets, or bare: up to the next comma, trimmed.

use std::fmt;

/// SDN that is not what it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoteError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The byte of the text.
    pub offset: usize,
    /// What belongs there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: expected {}, found {}", self.line, self.column, self.expected, self.found)
    }
}

impl std::error::Error for NoteError {}

/// A place in the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    line: usize,
    column: usize,
    offset: usize,
}

impl Spot {
    pub(crate) fn error(self, expected: impl Into<String>, found: impl Into<String>) -> NoteError {
        NoteError {
            line: self.line,
            column: self.column,
            offset: self.offset,
            expected: expected.into(),
            found: found.into(),
        }
    }
}

/// A named table.
pub(crate) struct Table<'t> {
    pub(crate) name: &'t str,
    pub(crate) spot: Spot,
    pub(crate) columns: Vec<&'t str>,
    /// Each as long as `columns`.
    pub(crate) rows: Vec<Vec<Cell<'t>>>,
}

/// A value in a table.
pub(crate) struct Cell<'t> {
    pub(crate) spot: Spot,
    pub(crate) value: Value<'t>,
}

pub(crate) enum Value<'t> {
    Text(String),
    Bool(bool),
    /// `nil` or a number, as written.
    Other(&'t str),
    List(Vec<Cell<'t>>),
}

impl Value<'_> {
    /// For messages.
    pub(crate) fn describe(&self) -> String {
        match self {
            Value::Text(text) => format!("the text {text:?}"),
            Value::Bool(value) => value.to_string(),
            Value::Other(word) => (*word).to_owned(),
            Value::List(cells) => format!("a list of {}", cells.len()),
        }
    }
}

/// The tables of a text.
pub(crate) fn tables(text: &str) -> Result<Vec<Table<'_>>, NoteError> {
    let mut tables: Vec<Table<'_>> = Vec::new();
    let mut offset = 0;
    for (index, whole) in text.split_inclusive('\n').enumerate() {
        let line = whole.trim_end_matches(['\n', '\r']);
        let mut scanner = Scanner { line, number: index + 1, offset, at: 0 };
        offset += whole.len();
        let indented = line.starts_with([' ', '\t']);
        scanner.skip_spaces();
        if scanner.at_end() {
            continue;
        }
        if !indented {
            tables.push(scanner.table()?);
            continue;
        }
        let spot = scanner.spot();
        let Some(table) = tables.last_mut() else {
            return Err(spot.error("a table", "a row"));
        };
        table.rows.push(scanner.row(table.columns.len())?);
    }
    Ok(tables)
}

/// A text as SDN: bare where it is a word, else quoted.
pub(crate) fn put_text(out: &mut String, text: &str) {
    let mut chars = text.chars();
    let is_word = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | ':' | '-'));
    if is_word && !matches!(text, "true" | "false" | "nil" | "null") {
        out.push_str(text);
    } else {
        put_quoted(out, text);
    }
}

/// A text in quotes.
pub(crate) fn put_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// One line.
struct Scanner<'t> {
    line: &'t str,
    number: usize,
    /// Where the line begins in the text.
    offset: usize,
    at: usize,
}

/// Characters that a bare cell cannot contain.
const RESERVED: [char; 7] = ['"', '[', ']', '{', '}', '|', '\\'];

impl<'t> Scanner<'t> {
    fn rest(&self) -> &'t str {
        &self.line[self.at..]
    }

    fn spot(&self) -> Spot {
        Spot {
            line: self.number,
            column: self.line[..self.at].chars().count() + 1,
            offset: self.offset + self.at,
        }
    }

    /// What is next, for messages.
    fn next_thing(&self) -> String {
        match self.rest().chars().next() {
            Some(c) if !self.at_end() => format!("`{c}`"),
            Some(_) | None => "the end of the line".to_owned(),
        }
    }

    fn skip_spaces(&mut self) {
        self.at = self.line.len() - self.rest().trim_start_matches([' ', '\t', '\r']).len();
    }

    /// Whether only a comment is left.
    fn at_end(&self) -> bool {
        self.rest().is_empty() || self.rest().starts_with('#')
    }

    fn eat(&mut self, c: char) -> bool {
        let eaten = self.rest().starts_with(c);
        if eaten {
            self.at += c.len_utf8();
        }
        eaten
    }

    fn expect(&mut self, c: char, what: &str) -> Result<(), NoteError> {
        if self.eat(c) { Ok(()) } else { Err(self.spot().error(what, self.next_thing())) }
    }

    /// A name of letters, digits and `_`.
    fn name(&mut self, what: &str) -> Result<&'t str, NoteError> {
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        if length == 0 {
            return Err(self.spot().error(what, self.next_thing()));
        }
        self.at += length;
        Ok(&rest[..length])
    }

    fn table(mut self) -> Result<Table<'t>, NoteError> {
        let spot = self.spot();
        let name = self.name("the name of a table")?;
        self.skip_spaces();
        self.expect('|', "`|` and the columns of the table")?;
        let mut columns = Vec::new();
        loop {
            self.skip_spaces();
            columns.push(self.name("the name of a column")?);
            self.skip_spaces();
            if !self.eat(',') {
                break;
            }
        }
        self.expect('|', "`,` or `|` behind a column")?;
        self.skip_spaces();
        let rows = if self.at_end() { Vec::new() } else { vec![self.row(columns.len())?] };
        Ok(Table { name, spot, columns, rows })
    }

    fn row(mut self, columns: usize) -> Result<Vec<Cell<'t>>, NoteError> {
        let mut cells = Vec::new();
        loop {
            self.skip_spaces();
            if cells.len() == columns {
                return Err(self.spot().error(format!("{columns} cells"), "more"));
            }
            cells.push(self.cell()?);
            self.skip_spaces();
            if !self.eat(',') {
                break;
            }
        }
        if !self.at_end() {
            return Err(self.spot().error("`,` or the end of the row", self.next_thing()));
        }
        if cells.len() < columns {
            return Err(self.spot().error(format!("{columns} cells"), cells.len().to_string()));
        }
        Ok(cells)
    }

    fn cell(&mut self) -> Result<Cell<'t>, NoteError> {
        let spot = self.spot();
        let value = if self.eat('"') {
            Value::Text(self.quoted()?)
        } else if self.eat('[') {
            Value::List(self.list()?)
        } else {
            self.bare()?
        };
        Ok(Cell { spot, value })
    }

    /// Behind the opening quote.
    fn quoted(&mut self) -> Result<String, NoteError> {
        let mut text = String::new();
        loop {
            let spot = self.spot();
            let Some(c) = self.rest().chars().next() else {
                return Err(spot.error("a closing quote", "the end of the line"));
            };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(text),
                '\\' => text.push(self.escape(spot)?),
                c => text.push(c),
            }
        }
    }

    /// Behind the backslash, which stands at `spot`.
    fn escape(&mut self, spot: Spot) -> Result<char, NoteError> {
        let rest = self.rest();
        let wrong = || spot.error("an escape: \\\\ \\\" \\n \\r \\t \\0 \\u{...}", "another");
        let c = rest.chars().next().ok_or_else(wrong)?;
        self.at += c.len_utf8();
        match c {
            '\\' | '"' => Ok(c),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            '0' => Ok('\0'),
            'u' => {
                let digits = rest[1..].strip_prefix('{').and_then(|rest| rest.split_once('}'));
                let (digits, _) = digits.ok_or_else(wrong)?;
                let is_hex =
                    (1..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                let code = if is_hex { u32::from_str_radix(digits, 16).ok() } else { None };
                self.at += digits.len() + 2;
                code.and_then(char::from_u32).ok_or_else(wrong)
            }
            _ => Err(wrong()),
        }
    }

    /// Behind the opening bracket. No lists inside: no column has them.
    fn list(&mut self) -> Result<Vec<Cell<'t>>, NoteError> {
        let mut cells = Vec::new();
        loop {
            self.skip_spaces();
            if self.eat(']') {
                return Ok(cells);
            }
            let spot = self.spot();
            let value = if self.eat('"') { Value::Text(self.quoted()?) } else { self.bare()? };
            cells.push(Cell { spot, value });
            self.skip_spaces();
            if !self.eat(',') {
                self.expect(']', "`,` or `]`")?;
                return Ok(cells);
            }
        }
    }

    fn bare(&mut self) -> Result<Value<'t>, NoteError> {
        let rest = self.rest();
        let end = rest.find([',', '#', ']']).unwrap_or(rest.len());
        let word = rest[..end].trim_end_matches([' ', '\t', '\r']);
        if word.is_empty() {
            return Err(self.spot().error("a value", self.next_thing()));
        }
        if let Some(at) = word.find(RESERVED) {
            self.at += at;
            return Err(self.spot().error("`,` or quotes around the text", self.next_thing()));
        }
        self.at += word.len();
        Ok(match word {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "nil" | "null" => Value::Other(word),
            word if is_number(word) => Value::Other(word),
            word => Value::Text(word.to_owned()),
        })
    }
}

fn is_number(word: &str) -> bool {
    let digits = word.trim_start_matches(['-', '+']);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || b"_.eE+-".contains(&byte))
}
