//! Source texts and places in them.

use crate::Map;
use std::sync::Arc;

crate::entity_id!(
    /// A source file of the session.
    FileId, "file"
);

/// A range of bytes in one source file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The smallest span that holds both; both must lie in the same file.
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The empty span just behind this one.
    pub fn after(self) -> Span {
        Span { start: self.end, ..self }
    }
}

/// A place as people count: both from 1; columns count characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineCol {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// One source text with its line starts.
pub struct SourceFile {
    /// The path as it was given; it names the file in messages and is never opened here.
    pub path: String,
    /// The text.
    pub text: Arc<str>,
    line_starts: Vec<u32>,
}

impl SourceFile {
    /// The offset of the first byte of each line.
    pub fn line_starts(&self) -> &[u32] {
        &self.line_starts
    }

    /// Line and column of a byte offset. An offset inside a character counts as that character.
    pub fn line_col(&self, offset: u32) -> LineCol {
        let line = self.line_starts.partition_point(|&start| start <= offset) - 1;
        let start = self.line_starts[line] as usize;
        let end = (offset as usize).min(self.text.len());
        let column = match self.text.as_bytes().get(start..end) {
            Some(before) => before.iter().filter(|&&byte| byte & 0xc0 != 0x80).count(),
            // A file of a library, without its text.
            None => (offset as usize).saturating_sub(start),
        };
        LineCol { line: line as u32 + 1, column: column as u32 + 1 }
    }
}

/// All source files of a session.
#[derive(Default)]
pub struct SourceMap {
    files: Map<FileId, SourceFile>,
}

impl SourceMap {
    /// Adds a text. Texts of 2 GiB and more are the caller's to refuse.
    pub fn add(&mut self, path: &str, text: &str) -> FileId {
        let newlines = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        let line_starts = std::iter::once(0).chain(newlines.map(|(at, _)| at as u32 + 1)).collect();
        self.files.push(SourceFile { path: path.to_owned(), text: text.into(), line_starts })
    }

    /// Adds a file of which the lines are known, and the text only perhaps: an empty one stands for any.
    pub fn add_compiled(&mut self, path: &str, text: &str, line_starts: Vec<u32>) -> FileId {
        self.files.push(SourceFile { path: path.to_owned(), text: text.into(), line_starts })
    }

    /// One file.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id]
    }

    /// All files in the order they were added.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter()
    }

    /// The text of a span.
    pub fn slice(&self, span: Span) -> &str {
        self.files[span.file].text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Line and column of a span's start.
    pub fn line_col(&self, span: Span) -> LineCol {
        self.files[span.file].line_col(span.start)
    }
}
