//! The source map: which files a module was made from, and which line each piece of code comes from.
//!
//! ```text
//! count u32 of files, each: path text, hash u64
//! count u32 of symbols, each: symbol u32, file u32, count u32 of rows, each: offset, line, column: u32 each
//! ```
//! Symbols are indices into the symbol table, rising; offsets within a symbol rise as well.

use crate::bytes::{Cursor, put, put_count, put_text};
use crate::error::{Fault, ReadError};
use crate::read::SymbolTable;
use std::collections::BTreeSet;

/// A source file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceFile {
    /// Its path as the compiler was given it.
    pub path: String,
    /// [`crate::content_hash`] of its text.
    pub hash: u64,
}

/// Where code comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineRow {
    /// The first byte of code it speaks of, from the symbol's value; rows end where the next begins.
    pub offset: u32,
    /// Line, from 1; 0 for code that no line asks for.
    pub line: u32,
    /// Column, from 1; 0 without a line.
    pub column: u32,
}

/// The lines of a symbol.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SymbolLines {
    /// Its name.
    pub symbol: String,
    /// Index of its file.
    pub file: u32,
    /// By rising offset.
    pub rows: Vec<LineRow>,
}

/// The contents of the section.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct SourceMap {
    /// The files; no path twice.
    pub files: Vec<SourceFile>,
    /// Lines for symbols, each at most once. A file has them in the order of its symbol table.
    pub lines: Vec<SymbolLines>,
}

/// Bytes of the smallest file and the smallest lines of a symbol, and of a row.
const LEAST_FILE: usize = 2 + 8;
const LEAST_LINES: usize = 3 * 4;
const ROW: usize = 3 * 4;

impl SourceMap {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.lines.is_empty()
    }

    /// `index_of` tells the place of a name in the symbol table.
    pub(crate) fn encode(
        &self,
        index_of: impl Fn(&str) -> Option<usize>,
    ) -> Result<Vec<u8>, (String, Fault)> {
        let whole = |fault| (String::new(), fault);
        let mut out = Vec::new();
        put_count(&mut out, self.files.len(), "files").map_err(whole)?;
        let mut paths = BTreeSet::new();
        for file in &self.files {
            let named = |fault| (file.path.clone(), fault);
            if !paths.insert(&file.path) {
                return Err(named(twice(&file.path)));
            }
            put_text(&mut out, &file.path).map_err(named)?;
            put(&mut out, file.hash);
        }
        let mut sorted = Vec::with_capacity(self.lines.len());
        for lines in &self.lines {
            let Some(index) = index_of(&lines.symbol) else {
                return Err((
                    lines.symbol.clone(),
                    Fault::new("a symbol of the module", "none of that name"),
                ));
            };
            sorted.push((index, lines));
        }
        sorted.sort_by_key(|(index, _)| *index);
        put_count(&mut out, sorted.len(), "symbols with lines").map_err(whole)?;
        let mut before = None;
        for (index, lines) in sorted {
            let named = |fault| (lines.symbol.clone(), fault);
            if before == Some(index) {
                return Err(named(twice(&lines.symbol)));
            }
            before = Some(index);
            put_count(&mut out, index, "symbols").map_err(named)?;
            check_file(lines.file, self.files.len()).map_err(named)?;
            put(&mut out, lines.file);
            put_count(&mut out, lines.rows.len(), "rows").map_err(named)?;
            let mut last = None;
            for row in &lines.rows {
                check_offset(last, row.offset).map_err(named)?;
                last = Some(row.offset);
                for number in [row.offset, row.line, row.column] {
                    put(&mut out, number);
                }
            }
        }
        Ok(out)
    }

    pub(crate) fn decode(mut cursor: Cursor<'_>, symbols: &SymbolTable<'_>) -> Result<SourceMap, ReadError> {
        let mut map = SourceMap::default();
        let mut paths = BTreeSet::new();
        for _ in 0..cursor.count(LEAST_FILE, "the number of files")? {
            let at = cursor.at();
            let path = cursor.text("a path")?;
            if !paths.insert(path) {
                return Err(cursor.error(at, twice(path)));
            }
            map.files.push(SourceFile { path: path.to_owned(), hash: cursor.get("a hash")? });
        }
        let mut before: Option<u32> = None;
        for _ in 0..cursor.count(LEAST_LINES, "the number of symbols with lines")? {
            let at = cursor.at();
            let index: u32 = cursor.get("a symbol")?;
            let symbol = symbols.at(index).filter(|_| before.is_none_or(|before| before < index));
            let Some(symbol) = symbol else {
                let fault = Fault::new(
                    format!("rising indices of {} symbols", symbols.len()),
                    match before {
                        Some(before) => format!("{index} behind {before}"),
                        None => index.to_string(),
                    },
                );
                return Err(cursor.error(at, fault));
            };
            before = Some(index);
            let at = cursor.at();
            let file: u32 = cursor.get("a file")?;
            check_file(file, map.files.len()).map_err(|fault| cursor.error(at, fault))?;
            let mut rows = Vec::new();
            let mut last = None;
            for _ in 0..cursor.count(ROW, "the number of rows")? {
                let at = cursor.at();
                let row = LineRow {
                    offset: cursor.get("an offset")?,
                    line: cursor.get("a line")?,
                    column: cursor.get("a column")?,
                };
                check_offset(last, row.offset).map_err(|fault| cursor.error(at, fault))?;
                last = Some(row.offset);
                rows.push(row);
            }
            map.lines.push(SymbolLines { symbol: symbol.name.to_owned(), file, rows });
        }
        if map.is_empty() {
            return Err(cursor.error(0, Fault::new("a file", "none")));
        }
        cursor.finish()?;
        Ok(map)
    }
}

fn check_file(file: u32, files: usize) -> Result<(), Fault> {
    if (file as usize) < files {
        return Ok(());
    }
    Err(Fault::new(format!("one of {files} files"), format!("file {file}")))
}

fn check_offset(last: Option<u32>, offset: u32) -> Result<(), Fault> {
    match last {
        Some(last) if offset <= last => {
            Err(Fault::new(format!("an offset above {last}"), offset.to_string()))
        }
        Some(_) | None => Ok(()),
    }
}

fn twice(name: &str) -> Fault {
    Fault::new("each name once", format!("`{name}` again"))
}
