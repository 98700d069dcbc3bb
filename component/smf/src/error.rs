//! Why a file is no module, and why a module cannot become a file.

use std::fmt;

/// The part of a file that an error is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// The 128 bytes at the end.
    Header,
    /// The table of sections, and where sections lie.
    Sections,
    /// The bytes of a section.
    Contents,
    /// The symbol table.
    Symbols,
    /// The names of the symbols.
    Strings,
    /// The version section.
    Version,
    /// The source map.
    SourceMap,
    /// The templates.
    Templates,
    /// Counts and specialisations of templates.
    Meta,
    /// The SDN tables.
    Notes,
}

impl Part {
    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Part::Header => "header",
            Part::Sections => "section table",
            Part::Contents => "section contents",
            Part::Symbols => "symbol table",
            Part::Strings => "string table",
            Part::Version => "version section",
            Part::SourceMap => "source map",
            Part::Templates => "template code",
            Part::Meta => "template meta",
            Part::Notes => "notes",
        }
    }
}

/// A rule that does not hold: what it asks for and what is there instead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Fault {
    pub(crate) expected: String,
    pub(crate) found: String,
}

impl Fault {
    pub(crate) fn new(expected: impl Into<String>, found: impl Into<String>) -> Fault {
        Fault { expected: expected.into(), found: found.into() }
    }

    /// Seen while reading, at a byte of the file.
    pub(crate) fn at(self, part: Part, offset: u64) -> ReadError {
        ReadError { part, offset, unpacked: None, expected: self.expected, found: self.found }
    }

    /// Seen before writing, in something that has a name.
    pub(crate) fn of(self, part: Part, item: &str) -> WriteError {
        WriteError { part, item: item.to_owned(), expected: self.expected, found: self.found }
    }
}

/// Bytes that are not a module, with the first place that shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadError {
    /// What was being read.
    pub part: Part,
    /// The byte of the file where the wrong thing begins; in a packed section, where that section begins.
    pub offset: u64,
    /// In a packed section, the byte of the unpacked contents.
    pub unpacked: Option<u64>,
    /// What belongs there.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a sound SMF file: {} at byte {}", self.part.name(), self.offset)?;
        if let Some(unpacked) = self.unpacked {
            write!(f, " (byte {unpacked} of what is packed there)")?;
        }
        // Both may quote the file.
        write!(f, ": expected {}, found {}", printable(&self.expected), printable(&self.found))
    }
}

impl std::error::Error for ReadError {}

/// The text with control characters as escapes, so that a file cannot speak to a terminal.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

/// A module that the format cannot express.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WriteError {
    /// Where it would stand.
    pub part: Part,
    /// The name of what is wrong: a section, a symbol, a template; empty for the module.
    pub item: String,
    /// What the format asks for.
    pub expected: String,
    /// What the module has.
    pub found: String,
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot be an SMF file: {}", self.part.name())?;
        if !self.item.is_empty() {
            write!(f, ", `{}`", self.item)?;
        }
        write!(f, ": expected {}, found {}", self.expected, self.found)
    }
}

impl std::error::Error for WriteError {}
