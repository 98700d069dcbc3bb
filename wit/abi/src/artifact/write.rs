//! Writing artifacts.

use super::{Artifact, Line, Loc, MAGIC, SlotFill, Symbol, SymbolKind, abi_hash, types};
use alloc::{collections::BTreeMap, string::String, sync::Arc, vec::Vec};

pub(super) fn encode(artifact: &Artifact) -> Vec<u8> {
    let mut body = Writer::default();
    body.list(&artifact.code);
    body.number(artifact.funcs.len() as u64);
    for func in &artifact.funcs {
        body.string(&func.name);
        body.number(u64::from(func.offset));
        body.number(u64::from(func.end - func.offset));
        body.number(u64::from(func.frame));
    }
    body.number(artifact.slots.len() as u64);
    for slot in &artifact.slots {
        body.number(u64::from(slot.offset));
        match &slot.fill {
            SlotFill::Text(text) => {
                body.number(0);
                body.string(text);
            }
            SlotFill::Type(ty) => {
                body.number(1);
                body.number(u64::from(ty.0));
            }
            SlotFill::Table(index) => {
                body.number(2);
                body.number(u64::from(*index));
            }
            SlotFill::Globals => body.number(3),
            SlotFill::Symbol(index) => {
                body.number(4);
                body.number(u64::from(*index));
            }
            SlotFill::Host(function) => {
                body.number(5);
                body.string(&function.name);
                body.number(u64::from(function.frame.0));
            }
        }
    }
    body.number(artifact.types.len() as u64);
    for desc in &artifact.types {
        types::write(&mut body, desc);
    }
    body.number(u64::from(artifact.table_bits));
    body.number(artifact.table.len() as u64);
    for &func in &artifact.table {
        body.number(u64::from(func));
    }
    body.option(artifact.globals.map(|ty| ty.0));
    body.number(artifact.symbols.len() as u64);
    for symbol in &artifact.symbols {
        write_symbol(&mut body, symbol);
    }
    body.option(artifact.entry);
    body.places(&artifact.lines, &artifact.files, &artifact.locs);

    let mut out = Writer::default();
    out.bytes.extend_from_slice(&MAGIC);
    out.bytes.extend_from_slice(&abi_hash().to_le_bytes());
    out.bytes.push(artifact.target as u8);
    out.list(artifact.baseline.as_bytes());
    body.behind_strings(&out.bytes)
}

fn write_symbol(body: &mut Writer, symbol: &Symbol) {
    body.string(&symbol.name);
    body.number(symbol.signature);
    body.number(symbol.content);
    body.number(u64::from(symbol.is_value));
    match &symbol.kind {
        SymbolKind::Code(funcs) => {
            body.number(0);
            body.number(funcs.len() as u64);
            for &func in funcs {
                body.number(u64::from(func));
            }
        }
        SymbolKind::Import(len) => {
            body.number(1);
            body.number(u64::from(*len));
        }
        SymbolKind::Variable { ty, initialiser } => {
            body.number(2);
            body.number(u64::from(ty.0));
            body.option(*initialiser);
        }
    }
}

/// Bytes under construction. Strings are written as indices into a table, each string once, in the order of first use.
#[derive(Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
    strings: Vec<String>,
    index: BTreeMap<String, u64>,
}

impl Writer {
    /// What was written, with `head` and the strings before it.
    pub(crate) fn behind_strings(&self, head: &[u8]) -> Vec<u8> {
        let mut out = Writer { bytes: head.to_vec(), ..Writer::default() };
        out.number(self.strings.len() as u64);
        for string in &self.strings {
            out.list(string.as_bytes());
        }
        out.bytes.extend_from_slice(&self.bytes);
        out.bytes
    }

    pub(crate) fn places(&mut self, lines: &[Line], files: &[Arc<str>], locs: &[Loc]) {
        self.number(lines.len() as u64);
        let mut last = 0;
        for line in lines {
            self.number(u64::from(line.offset - last));
            self.option(line.loc);
            last = line.offset;
        }
        self.number(files.len() as u64);
        for file in files {
            self.string(file);
        }
        self.number(locs.len() as u64);
        for loc in locs {
            self.number(u64::from(loc.file));
            self.number(u64::from(loc.line));
            self.number(u64::from(loc.column));
            self.string(&loc.function);
            self.option(loc.inlined_at);
            self.number(u64::from(loc.is_std));
        }
    }

    pub(crate) fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    pub(crate) fn option(&mut self, value: Option<u32>) {
        self.number(value.map_or(0, |value| u64::from(value) + 1));
    }

    fn list(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn string(&mut self, text: &str) {
        let index = match self.index.get(text) {
            Some(&index) => index,
            None => {
                let index = self.strings.len() as u64;
                self.strings.push(text.into());
                self.index.insert(text.into(), index);
                index
            }
        };
        self.number(index);
    }
}
