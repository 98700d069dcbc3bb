//! Layout of an artifact: functions one behind the other, then slot words; references between them resolved.

use super::piece::{Destination, Kind, Piece};
use super::{internal, too_large};
use crate::EmitError;
use abi::artifact::{
    Artifact, FuncEntry, HostFunction, Line, Loc, SlotEntry, SlotFill, Symbol, SymbolKind, TABLE_BITS, Target,
};
use base::EntityId;
use mir::legal::{self, Func, Program, Slot};

/// Code beyond this is refused: AArch64 calls reach 128 MiB.
const MAX_CODE: usize = 96 << 20;

/// The exponent of the function table's padded length.
pub fn table_bits(program: &Program) -> Result<u32, EmitError> {
    if !program.symbols.is_empty() {
        // Other artifacts share the table.
        return Ok(*TABLE_BITS.end());
    }
    let bits = (*TABLE_BITS.start()..=*TABLE_BITS.end()).find(|&bits| program.table.len() <= 1 << bits);
    bits.ok_or_else(|| too_large("", "functions used as values"))
}

/// An artifact on its way.
pub struct Linker<'p> {
    program: &'p Program,
    target: Target,
    code: Vec<u8>,
    funcs: Vec<FuncEntry>,
    lines: Vec<Line>,
    fixups: Vec<Fixup>,
}

struct Fixup {
    at: usize,
    kind: Kind,
    /// A place in the piece is one in the code here.
    to: Destination,
    addend: i64,
}

impl<'p> Linker<'p> {
    pub fn new(program: &'p Program, target: Target) -> Self {
        Linker { program, target, code: Vec::new(), funcs: Vec::new(), lines: Vec::new(), fixups: Vec::new() }
    }

    /// Adds the compiled code of the next function of the program.
    pub fn add(&mut self, func: &Func, piece: Piece) -> Result<(), EmitError> {
        self.code.resize(self.code.len().next_multiple_of(piece.align as usize), 0);
        if self.code.len() + piece.code.len() > MAX_CODE {
            return Err(too_large("", "machine code"));
        }
        let start = self.code.len() as u32;
        self.code.extend_from_slice(&piece.code);
        self.funcs.push(FuncEntry {
            name: func.name.as_str().into(),
            offset: start,
            end: start + piece.end,
            frame: piece.frame,
        });
        for (offset, loc) in piece.lines {
            self.line(start + offset, loc);
        }
        self.fixups.extend(piece.references.into_iter().map(|reference| Fixup {
            at: start as usize + reference.at as usize,
            kind: reference.kind,
            to: match reference.to {
                Destination::Code(offset) => Destination::Code(start + offset),
                other @ (Destination::Func(_) | Destination::Slot(_)) => other,
            },
            addend: reference.addend,
        }));
        Ok(())
    }

    /// From here on, code belongs to `loc`.
    fn line(&mut self, offset: u32, loc: Option<u32>) {
        if let Some(last) = self.lines.last_mut() {
            if last.loc == loc {
                return;
            }
            if last.offset == offset {
                last.loc = loc;
                return;
            }
        }
        self.lines.push(Line { offset, loc });
    }

    /// Adds the slot words, resolves all references.
    pub fn finish(mut self) -> Result<Artifact, EmitError> {
        self.code.resize(self.code.len().next_multiple_of(16), 0);
        let slots_at = self.code.len();
        self.code.resize(slots_at + 4 * self.program.slots.len(), 0);
        for fixup in std::mem::take(&mut self.fixups) {
            let to = match fixup.to {
                Destination::Func(index) => self.funcs.get(index as usize).map(|func| func.offset as usize),
                Destination::Slot(index) => Some(slots_at + 4 * index as usize),
                Destination::Code(offset) => Some(offset as usize),
            };
            to.and_then(|to| resolve(&mut self.code, fixup.at, fixup.kind, to as i64 + fixup.addend))
                .ok_or_else(|| internal("", "a reference does not reach".to_owned()))?;
        }
        // Nothing behind the last function's instructions has a source place; a line there would stand outside of an empty rest.
        let code_len = self.code.len() as u32;
        self.lines.retain(|line| line.offset < code_len);

        let program = self.program;
        let slots = program.slots.iter().map(|(id, slot)| SlotEntry {
            offset: (slots_at + 4 * id.index()) as u32,
            fill: match slot {
                Slot::Text(text) => SlotFill::Text(text.as_str().into()),
                Slot::Type(ty) => SlotFill::Type(*ty),
                Slot::Table(index) => SlotFill::Table(*index),
                Slot::Globals => SlotFill::Globals,
                Slot::Symbol(index) => SlotFill::Symbol(*index),
                Slot::Host(name, frame) => {
                    SlotFill::Host(HostFunction { name: name.as_str().into(), frame: *frame })
                }
            },
        });
        let locs = program.locs.values().map(|loc| Loc {
            file: loc.file,
            line: loc.line,
            column: loc.column,
            function: loc.function.as_str().into(),
            inlined_at: loc.inlined_at.map(|at| at.index() as u32),
            is_std: loc.is_std,
        });
        Ok(Artifact {
            target: self.target,
            baseline: self.target.baseline().to_owned(),
            slots: slots.collect(),
            types: program.types.clone(),
            table: program.table.iter().map(|func| func.index() as u32).collect(),
            table_bits: table_bits(program)?,
            globals: program.globals,
            symbols: program.symbols.iter().map(symbol).collect(),
            entry: program.entry.map(|func| func.index() as u32),
            files: program.files.iter().map(|file| file.as_str().into()).collect(),
            locs: locs.collect(),
            code: self.code,
            funcs: self.funcs,
            lines: self.lines,
        })
    }
}

fn symbol(symbol: &legal::Symbol) -> Symbol {
    let kind = match &symbol.kind {
        legal::SymbolKind::Code(run) => {
            SymbolKind::Code(run.iter().map(|func| func.index() as u32).collect())
        }
        legal::SymbolKind::Import(len) => SymbolKind::Import(*len),
        legal::SymbolKind::Variable { ty, initialiser } => {
            SymbolKind::Variable { ty: *ty, initialiser: *initialiser }
        }
    };
    let legal::Symbol { ref name, signature, content, is_value, .. } = *symbol;
    Symbol { name: name.as_str().into(), signature, content, is_value, kind }
}

/// Writes one reference. `None` where it does not reach.
fn resolve(code: &mut [u8], at: usize, kind: Kind, to: i64) -> Option<()> {
    let here = at as i64;
    let old = u32::from_le_bytes(code.get(at..at + 4)?.try_into().ok()?);
    let new = match kind {
        Kind::X86Relative => i32::try_from(to - here).ok()? as u32,
        Kind::Arm64Call => {
            let words = (to - here) >> 2;
            let fits = (to - here) & 3 == 0 && (-(1 << 25)..1 << 25).contains(&words);
            fits.then_some(old & !0x03FF_FFFF | words as u32 & 0x03FF_FFFF)?
        }
        // ADRP: the distance in pages, its low two bits in bits 29..31, the rest in bits 5..24.
        Kind::Arm64Page => {
            let pages = (to >> 12) - (here >> 12);
            let fits = (-(1 << 20)..1 << 20).contains(&pages);
            let pages = fits.then_some(pages as u32)?;
            old & !0x60FF_FFE0 | (pages & 3) << 29 | (pages >> 2 & 0x7_FFFF) << 5
        }
        // ADD with an immediate: the place in the page, in bits 10..22.
        Kind::Arm64InPage => old & !0x003F_FC00 | (to as u32 & 0xFFF) << 10,
    };
    code[at..at + 4].copy_from_slice(&new.to_le_bytes());
    Some(())
}
