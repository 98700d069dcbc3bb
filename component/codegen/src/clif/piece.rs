//! The machine code of one function before it has its place in an artifact. Pieces may be made in one session and linked in another, so they
//! can be written as bytes.

use super::func::{FUNCS, SLOTS};
use super::{internal, too_large};
use crate::EmitError;
use abi::artifact::Target;
use abi::artifact::{FUNC_ALIGN, MAX_FRAME};
use base::wire::{In, Malformed, Out};
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::ir::ExternalName;
use cranelift_codegen::ir::function::FunctionParameters;
use cranelift_codegen::{CompiledCode, FinalizedRelocTarget};
use mir::legal::Func;

/// A compiled function.
pub struct Piece {
    pub align: u32,
    pub code: Vec<u8>,
    /// The end of its instructions: constants stand behind them.
    pub end: u32,
    /// Bytes of its frame.
    pub frame: u32,
    /// Where code of a source place begins; `None` for code without one.
    pub lines: Vec<(u32, Option<u32>)>,
    pub references: Vec<Reference>,
}

/// A place in the code that names another one.
pub struct Reference {
    pub at: u32,
    pub kind: Kind,
    pub to: Destination,
    pub addend: i64,
}

/// How a reference is written.
#[derive(Clone, Copy)]
pub enum Kind {
    /// x86-64: 32 bits, relative to the field.
    X86Relative,
    /// AArch64: the distance of a call in words.
    Arm64Call,
    /// AArch64: the distance in pages.
    Arm64Page,
    /// AArch64: the place in the page.
    Arm64InPage,
}

/// What a reference names.
pub enum Destination {
    /// A function of the program.
    Func(u32),
    /// A slot word.
    Slot(u32),
    /// A place in the same piece.
    Code(u32),
}

const KINDS: [Kind; 4] = [Kind::X86Relative, Kind::Arm64Call, Kind::Arm64Page, Kind::Arm64InPage];

impl Kind {
    /// `None` for a kind that emitted code does not have.
    fn of(reloc: Reloc) -> Option<Kind> {
        match reloc {
            // The addend already counts from the end of the field.
            Reloc::X86CallPCRel4 | Reloc::X86PCRel4 => Some(Kind::X86Relative),
            Reloc::Arm64Call => Some(Kind::Arm64Call),
            Reloc::Aarch64AdrPrelPgHi21 => Some(Kind::Arm64Page),
            Reloc::Aarch64AddAbsLo12Nc => Some(Kind::Arm64InPage),
            _ => None,
        }
    }
}

impl Piece {
    /// What Cranelift made of a function.
    pub fn of(
        func: &Func,
        compiled: &CompiledCode,
        params: &FunctionParameters,
        target: Target,
    ) -> Result<Piece, EmitError> {
        let code = compiled.code_buffer().to_vec();
        let end = code_end(compiled, target);
        if end == 0 || end as usize > code.len() {
            return Err(internal(&func.name, "the end of its code is not known".to_owned()));
        }
        let frame = compiled.buffer.frame_layout().map_or(0, |layout| layout.frame_to_fp_offset);
        let frame = frame.next_multiple_of(16);
        if frame > MAX_FRAME {
            return Err(too_large(&func.name, "values alive at the same time"));
        }
        let mut references = Vec::new();
        for reloc in compiled.buffer.relocs() {
            let to = match &reloc.target {
                FinalizedRelocTarget::Func(offset) => Destination::Code(*offset),
                FinalizedRelocTarget::ExternalName(ExternalName::User(name)) => {
                    let name = &params.user_named_funcs()[*name];
                    match name.namespace {
                        FUNCS => Destination::Func(name.index),
                        SLOTS => Destination::Slot(name.index),
                        _ => return Err(internal(&func.name, format!("refers to {name:?}"))),
                    }
                }
                FinalizedRelocTarget::ExternalName(name) => {
                    return Err(internal(&func.name, format!("refers to {name:?}")));
                }
            };
            let kind = Kind::of(reloc.kind)
                .ok_or_else(|| internal(&func.name, format!("a reference of kind {:?}", reloc.kind)))?;
            references.push(Reference { at: reloc.offset, kind, to, addend: reloc.addend });
        }
        let align = compiled.buffer.alignment.max(FUNC_ALIGN);
        Ok(Piece { align, code, end, frame, lines: lines(compiled, end), references })
    }

    /// Writes it.
    pub fn write(&self, out: &mut Out) {
        for number in [self.align, self.end, self.frame] {
            out.uint(number.into());
        }
        out.block(&self.code);
        out.uint(self.lines.len() as u64);
        for &(offset, loc) in &self.lines {
            out.uint(offset.into());
            out.uint(loc.map_or(0, |loc| u64::from(loc) + 1));
        }
        out.uint(self.references.len() as u64);
        for reference in &self.references {
            out.uint(reference.at.into());
            out.byte(reference.kind as u8);
            let (kind, number) = match reference.to {
                Destination::Func(index) => (0, index),
                Destination::Slot(index) => (1, index),
                Destination::Code(offset) => (2, offset),
            };
            out.byte(kind);
            out.uint(number.into());
            out.int(reference.addend);
        }
    }

    /// Reads what [`write`](Piece::write) wrote.
    pub fn read(input: &mut In<'_>) -> Result<Piece, Malformed> {
        let (align, end, frame) = (word(input)?, word(input)?, word(input)?);
        let code = input.block()?.to_vec();
        if !align.is_power_of_two() || end as usize > code.len() {
            return input.fail("a function's alignment and end");
        }
        let count = input.count()?;
        let mut lines = Vec::with_capacity(count);
        for _ in 0..count {
            let offset = word(input)?;
            let loc = match input.uint()? {
                0 => None,
                loc => Some((loc - 1) as u32),
            };
            lines.push((offset, loc));
        }
        let count = input.count()?;
        let mut references = Vec::with_capacity(count);
        for _ in 0..count {
            let at = word(input)?;
            let Some(&kind) = KINDS.get(usize::from(input.byte()?)) else {
                return input.fail("a kind of reference");
            };
            let to = match input.byte()? {
                0 => Destination::Func(word(input)?),
                1 => Destination::Slot(word(input)?),
                2 => Destination::Code(word(input)?),
                _ => return input.fail("a destination"),
            };
            references.push(Reference { at, kind, to, addend: input.int()? });
        }
        Ok(Piece { align, code, end, frame, lines, references })
    }
}

fn word(input: &mut In<'_>) -> Result<u32, Malformed> {
    match u32::try_from(input.uint()?) {
        Ok(word) => Ok(word),
        Err(_) => input.fail("a number of 32 bits"),
    }
}

fn lines(compiled: &CompiledCode, end: u32) -> Vec<(u32, Option<u32>)> {
    let mut lines = Vec::new();
    let mut next = 0;
    for range in compiled.buffer.get_srclocs_sorted() {
        if range.start > next {
            lines.push((next, None));
        }
        if range.end > range.start && !range.loc.is_default() {
            lines.push((range.start, Some(range.loc.bits())));
        }
        next = next.max(range.end);
    }
    lines.push((end, None));
    lines
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
