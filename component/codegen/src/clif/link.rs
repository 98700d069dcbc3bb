//! Layout of an artifact: functions one behind the other, then slot words; references between them resolved.

use super::func::{FUNCS, SLOTS};
use super::{internal, too_large};
use crate::EmitError;
use abi::artifact::{
    Artifact, FUNC_ALIGN, FuncEntry, Line, Loc, MAX_FRAME, SlotEntry, SlotFill, Symbol, SymbolKind,
    TABLE_BITS, Target,
};
use base::EntityId;
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir::ExternalName;
use cranelift_codegen::ir::function::FunctionParameters;
use cranelift_codegen::{CompiledCode, FinalizedRelocTarget};
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
    kind: Reloc,
    to: Destination,
    addend: i64,
}

enum Destination {
    Func(usize),
    Slot(usize),
    Code(usize),
}

impl<'p> Linker<'p> {
    pub fn new(program: &'p Program, target: Target) -> Self {
        Linker { program, target, code: Vec::new(), funcs: Vec::new(), lines: Vec::new(), fixups: Vec::new() }
    }

    /// Adds the compiled code of the next function of the program.
    pub fn add(
        &mut self,
        func: &Func,
        compiled: &CompiledCode,
        params: &FunctionParameters,
    ) -> Result<(), EmitError> {
        let align = compiled.buffer.alignment.max(FUNC_ALIGN) as usize;
        self.code.resize(self.code.len().next_multiple_of(align), 0);
        let start = self.code.len();
        self.code.extend_from_slice(compiled.code_buffer());
        if self.code.len() > MAX_CODE {
            return Err(too_large("", "machine code"));
        }
        let end = code_end(compiled, self.target);
        if end == 0 || end as usize > compiled.code_buffer().len() {
            return Err(internal(&func.name, "the end of its code is not known".to_owned()));
        }
        let frame = compiled.buffer.frame_layout().map_or(0, |layout| layout.frame_to_fp_offset);
        let frame = frame.next_multiple_of(16);
        if frame > MAX_FRAME {
            return Err(too_large(&func.name, "values alive at the same time"));
        }
        self.funcs.push(FuncEntry {
            name: func.name.as_str().into(),
            offset: start as u32,
            end: start as u32 + end,
            frame,
        });
        self.add_lines(start as u32, end, compiled);
        for reloc in compiled.buffer.relocs() {
            let to = match &reloc.target {
                FinalizedRelocTarget::Func(offset) => Destination::Code(start + *offset as usize),
                FinalizedRelocTarget::ExternalName(ExternalName::User(name)) => {
                    let name = &params.user_named_funcs()[*name];
                    match name.namespace {
                        FUNCS => Destination::Func(name.index as usize),
                        SLOTS => Destination::Slot(name.index as usize),
                        _ => return Err(internal(&func.name, format!("refers to {name:?}"))),
                    }
                }
                FinalizedRelocTarget::ExternalName(name) => {
                    return Err(internal(&func.name, format!("refers to {name:?}")));
                }
            };
            let at = start + reloc.offset as usize;
            self.fixups.push(Fixup { at, kind: reloc.kind, to, addend: reloc.addend });
        }
        Ok(())
    }

    fn add_lines(&mut self, start: u32, end: u32, compiled: &CompiledCode) {
        let mut next = 0;
        for range in compiled.buffer.get_srclocs_sorted() {
            if range.start > next {
                self.line(start + next, None);
            }
            if range.end > range.start && !range.loc.is_default() {
                self.line(start + range.start, Some(range.loc.bits()));
            }
            next = next.max(range.end);
        }
        self.line(start + end, None);
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
                Destination::Func(index) => self.funcs[index].offset as usize,
                Destination::Slot(index) => slots_at + 4 * index,
                Destination::Code(offset) => offset,
            };
            resolve(&mut self.code, fixup.at, fixup.kind, to as i64 + fixup.addend)
                .ok_or_else(|| internal("", format!("a reference of kind {:?}", fixup.kind)))?;
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

/// The end of a function's instructions. Cranelift puts constants behind them and does not say where they begin; but every
/// instruction that it was given has a source place, the last one in the layout is emitted for one of those or is a trap, and constants
/// have none.
fn code_end(compiled: &CompiledCode, target: Target) -> u32 {
    let trap_size = match target {
        Target::X86_64 => 2,
        Target::Aarch64 => 4,
    };
    let located = compiled.buffer.get_srclocs_sorted().iter().map(|range| range.end);
    let traps = compiled.buffer.traps().iter().map(|trap| trap.offset + trap_size);
    located.chain(traps).max().unwrap_or(0)
}

/// Writes one reference. `None` where it does not reach or is of a kind that emitted code does not have.
fn resolve(code: &mut [u8], at: usize, kind: Reloc, to: i64) -> Option<()> {
    let here = at as i64;
    let old = u32::from_le_bytes(code.get(at..at + 4)?.try_into().ok()?);
    let new = match kind {
        // The addend already counts from the end of the field.
        Reloc::X86CallPCRel4 | Reloc::X86PCRel4 => i32::try_from(to - here).ok()? as u32,
        Reloc::Arm64Call => {
            let words = (to - here) >> 2;
            let fits = (to - here) & 3 == 0 && (-(1 << 25)..1 << 25).contains(&words);
            fits.then_some(old & !0x03FF_FFFF | words as u32 & 0x03FF_FFFF)?
        }
        // ADRP: the distance in pages, its low two bits in bits 29..31, the rest in bits 5..24.
        Reloc::Aarch64AdrPrelPgHi21 => {
            let pages = (to >> 12) - (here >> 12);
            let fits = (-(1 << 20)..1 << 20).contains(&pages);
            let pages = fits.then_some(pages as u32)?;
            old & !0x60FF_FFE0 | (pages & 3) << 29 | (pages >> 2 & 0x7_FFFF) << 5
        }
        // ADD with an immediate: the place in the page, in bits 10..22.
        Reloc::Aarch64AddAbsLo12Nc => old & !0x003F_FC00 | (to as u32 & 0xFFF) << 10,
        _ => return None,
    };
    code[at..at + 4].copy_from_slice(&new.to_le_bytes());
    Some(())
}
