//! Writing artifacts.

use super::{Artifact, MAGIC, SlotFill, Symbol, SymbolKind, abi_hash, types};
use alloc::{collections::BTreeMap, string::String, vec::Vec};

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
    body.number(artifact.lines.len() as u64);
    let mut last = 0;
    for line in &artifact.lines {
        body.number(u64::from(line.offset - last));
        body.option(line.loc);
        last = line.offset;
    }
    body.number(artifact.files.len() as u64);
    for file in &artifact.files {
        body.string(file);
    }
    body.number(artifact.locs.len() as u64);
    for loc in &artifact.locs {
        body.number(u64::from(loc.file));
        body.number(u64::from(loc.line));
        body.number(u64::from(loc.column));
        body.string(&loc.function);
        body.option(loc.inlined_at);
        body.number(u64::from(loc.is_std));
    }

    let mut out = Writer::default();
    out.bytes.extend_from_slice(&MAGIC);
    out.bytes.extend_from_slice(&abi_hash().to_le_bytes());
    out.bytes.push(artifact.target as u8);
    out.list(artifact.baseline.as_bytes());
    out.number(body.strings.len() as u64);
    for string in &body.strings {
        out.list(string.as_bytes());
    }
    out.bytes.extend_from_slice(&body.bytes);
    out.bytes
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
pub(super) struct Writer {
    bytes: Vec<u8>,
    strings: Vec<String>,
    index: BTreeMap<String, u64>,
}

impl Writer {
    pub(super) fn number(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    pub(super) fn option(&mut self, value: Option<u32>) {
        self.number(value.map_or(0, |value| u64::from(value) + 1));
    }

    fn list(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn string(&mut self, text: &str) {
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
