//! Reading and checking artifacts.

use super::{
    Artifact, DecodeError, FUNC_ALIGN, FuncEntry, HostFunction, Line, Loc, MAGIC, MAX_FRAME, SlotEntry,
    SlotFill, Symbol, SymbolKind, TABLE_BITS, Target, abi_hash, types,
};
use crate::{TypeDesc, TypeId, TypeKind, context};
use alloc::{collections::BTreeSet, string::String, sync::Arc, vec::Vec};

/// Bytes of names in type descriptors in all: they are copies, so a short input could name a long string often.
const MAX_NAME_BYTES: usize = 64 << 20;

pub(super) fn decode(bytes: &[u8]) -> Result<Artifact, DecodeError> {
    let mut reader = Reader::new(bytes);
    if reader.take(MAGIC.len(), "no artifact header")? != MAGIC {
        return Err(DecodeError { offset: 0, what: "no artifact header" });
    }
    let at = reader.at;
    if reader.take(8, "header cut short")? != abi_hash().to_le_bytes() {
        return Err(DecodeError { offset: at, what: "made for another version of the runtime" });
    }
    let at = reader.at;
    let target = reader.take(1, "header cut short")?[0];
    let target = Target::ALL.into_iter().find(|&known| known as u8 == target);
    let target = target.ok_or(DecodeError { offset: at, what: "unknown target" })?;
    let baseline = reader.text()?.into();
    reader.read_strings()?;

    let length = reader.count("code size")?;
    let code = reader.take(length, "code cut short")?.to_vec();
    let (funcs, code_end) = read_funcs(&mut reader, code.len())?;
    let slots_at = reader.at;
    let slots = read_slots(&mut reader, code_end, code.len())?;
    let type_count = reader.count("type count")?;
    let types_at = reader.at;
    let mut types = Vec::new();
    for _ in 0..type_count {
        types.push(types::read(&mut reader)?);
    }
    if let Some(wrong) = crate::types::wrong_types(&types).first() {
        return Err(DecodeError { offset: types_at, what: wrong.what });
    }

    let at = reader.at;
    let table_bits = reader.u32("table bits")?;
    let mut table = Vec::new();
    for _ in 0..reader.count("table size")? {
        table.push(reader.index(funcs.len(), "function number in the table")?);
    }
    if !TABLE_BITS.contains(&table_bits) || table.len() > 1 << table_bits {
        return Err(DecodeError { offset: at, what: "table bits that do not fit the table" });
    }
    let at = reader.at;
    let globals = reader.option(types.len(), "type of the globals")?.map(TypeId);
    if let Some(ty) = globals
        && !matches!(types[ty.0 as usize].kind, TypeKind::Class { .. })
    {
        return Err(DecodeError { offset: at, what: "globals that are not a class" });
    }
    let symbols = read_symbols(&mut reader, funcs.len(), &types)?;
    let entry = reader.option(funcs.len(), "function number of the entry")?;
    for slot in &slots {
        let fits = match &slot.fill {
            SlotFill::Text(_) => true,
            SlotFill::Type(ty) => (ty.0 as usize) < types.len(),
            SlotFill::Table(index) => (*index as usize) < table.len(),
            SlotFill::Globals => globals.is_some(),
            SlotFill::Symbol(index) => (*index as usize) < symbols.len(),
            SlotFill::Host(HostFunction { frame, .. }) => {
                let desc = types.get(frame.0 as usize);
                matches!(desc, Some(TypeDesc { kind: TypeKind::Class { fields, .. }, .. }) if !fields.is_empty())
            }
        };
        if !fits {
            return Err(DecodeError { offset: slots_at, what: "a slot that names nothing" });
        }
    }

    let (lines, files, locs) = reader.places(code.len())?;
    reader.end()?;
    Ok(Artifact {
        target,
        baseline,
        code,
        funcs,
        slots,
        types,
        table,
        table_bits,
        globals,
        symbols,
        entry,
        lines,
        files,
        locs,
    })
}

/// The functions, and the end of the last one's instructions.
fn read_funcs(reader: &mut Reader<'_>, code_len: usize) -> Result<(Vec<FuncEntry>, u32), DecodeError> {
    let mut funcs = Vec::new();
    let mut last_end = 0;
    for _ in 0..reader.count("function count")? {
        let at = reader.at;
        let name = reader.string()?;
        let offset = reader.u32("function offset")?;
        let end = reader.u32("function size")?.checked_add(offset);
        let frame = reader.u32("frame size")?;
        let bad = |what| DecodeError { offset: at, what };
        let end = end.filter(|&end| end as usize <= code_len && end > offset);
        let end = end.ok_or(bad("a function outside of the code"))?;
        if offset < last_end || offset % FUNC_ALIGN != 0 {
            return Err(bad("functions that overlap or are not aligned"));
        }
        if frame > MAX_FRAME || frame % 16 != 0 {
            return Err(bad("a frame that is too large or not aligned"));
        }
        last_end = end;
        funcs.push(FuncEntry { name, offset, end, frame });
    }
    Ok((funcs, last_end))
}

fn read_slots(
    reader: &mut Reader<'_>,
    code_end: u32,
    code_len: usize,
) -> Result<Vec<SlotEntry>, DecodeError> {
    let mut slots = Vec::new();
    let mut free = code_end;
    for _ in 0..reader.count("slot count")? {
        let at = reader.at;
        let offset = reader.u32("slot offset")?;
        if offset < free || offset % 4 != 0 || offset as usize + 4 > code_len {
            return Err(DecodeError { offset: at, what: "a slot outside of its place behind the code" });
        }
        free = offset + 4;
        let at = reader.at;
        let fill = match reader.u32("slot kind")? {
            0 => SlotFill::Text(reader.string()?),
            1 => SlotFill::Type(TypeId(reader.u32("slot type")?)),
            2 => SlotFill::Table(reader.u32("slot table index")?),
            3 => SlotFill::Globals,
            4 => SlotFill::Symbol(reader.u32("slot symbol")?),
            5 => SlotFill::Host(HostFunction {
                name: reader.string()?,
                frame: TypeId(reader.u32("slot type")?),
            }),
            _ => return Err(DecodeError { offset: at, what: "an unknown kind of slot" }),
        };
        slots.push(SlotEntry { offset, fill });
    }
    Ok(slots)
}

fn read_symbols(
    reader: &mut Reader<'_>,
    funcs: usize,
    types: &[TypeDesc],
) -> Result<Vec<Symbol>, DecodeError> {
    let start = reader.at;
    let count = reader.count("symbol count")?;
    let mut symbols: Vec<Symbol> = Vec::new();
    let mut entries = 0usize;
    for _ in 0..count {
        let at = reader.at;
        let name = reader.string()?;
        let signature = reader.number("signature of a symbol")?;
        let content = reader.number("content of a symbol")?;
        let is_value = reader.index(2, "flag")? == 1;
        let kind = match reader.index(3, "kind of a symbol")? {
            0 => {
                let mut run = Vec::new();
                for _ in 0..reader.count("length of a run")? {
                    run.push(reader.index(funcs, "function number of a symbol")?);
                }
                entries += run.len();
                SymbolKind::Code(run)
            }
            1 => {
                let len = reader.u32("length of a run")?;
                entries = entries.saturating_add(len as usize);
                SymbolKind::Import(len)
            }
            _ => SymbolKind::Variable {
                ty: TypeId(reader.index(types.len(), "type of a variable")?),
                initialiser: reader.option(count, "initialiser of a variable")?,
            },
        };
        let fits = match &kind {
            SymbolKind::Code(run) => !run.is_empty(),
            SymbolKind::Import(len) => *len > 0,
            SymbolKind::Variable { ty, .. } => matches!(types[ty.0 as usize].kind, TypeKind::Class { .. }),
        };
        if !fits || entries > context::FN_TABLE_LEN {
            return Err(DecodeError { offset: at, what: "a symbol without a meaning" });
        }
        symbols.push(Symbol { name, signature, content, is_value, kind });
    }
    let mut keys = BTreeSet::new();
    for symbol in &symbols {
        let initialised = match symbol.kind {
            SymbolKind::Variable { initialiser: Some(by), .. } => {
                !matches!(symbols[by as usize].kind, SymbolKind::Variable { .. })
            }
            SymbolKind::Variable { initialiser: None, .. } | SymbolKind::Code(_) | SymbolKind::Import(_) => {
                true
            }
        };
        if !initialised || !keys.insert((&symbol.name, symbol.signature)) {
            return Err(DecodeError {
                offset: start,
                what: "symbols that are the same or initialise wrongly",
            });
        }
    }
    Ok(symbols)
}

fn read_lines(reader: &mut Reader<'_>, code_len: usize) -> Result<Vec<Line>, DecodeError> {
    let mut lines: Vec<Line> = Vec::new();
    for _ in 0..reader.count("line count")? {
        let at = reader.at;
        let step = reader.u32("line offset")?;
        let offset = match lines.last() {
            Some(last) if step > 0 => last.offset.checked_add(step),
            Some(_) => None,
            None => Some(step),
        };
        let offset = offset.filter(|&offset| (offset as usize) < code_len);
        let offset =
            offset.ok_or(DecodeError { offset: at, what: "lines out of order or outside of the code" })?;
        let loc = reader.option(u32::MAX as usize, "source place")?;
        lines.push(Line { offset, loc });
    }
    Ok(lines)
}

fn read_locs(reader: &mut Reader<'_>, files: usize) -> Result<Vec<Loc>, DecodeError> {
    let count = reader.count("number of source places")?;
    let at = reader.at;
    let mut locs = Vec::new();
    for _ in 0..count {
        locs.push(Loc {
            file: reader.index(files, "file of a source place")?,
            line: reader.u32("line")?,
            column: reader.u32("column")?,
            function: reader.string()?,
            inlined_at: reader.option(count, "inlining source place")?,
            is_std: reader.index(2, "flag")? == 1,
        });
    }
    if inlining_is_cyclic(&locs) {
        return Err(DecodeError { offset: at, what: "a source place that is inlined into itself" });
    }
    Ok(locs)
}

/// Follows each chain once: a place is done when its chain was seen to end.
fn inlining_is_cyclic(locs: &[Loc]) -> bool {
    let mut done = alloc::vec![false; locs.len()];
    let mut chain = Vec::new();
    for start in 0..locs.len() {
        let mut at = Some(start);
        while let Some(index) = at.filter(|&index| !done[index]) {
            if chain.len() == locs.len() {
                return true;
            }
            chain.push(index);
            at = locs[index].inlined_at.map(|next| next as usize);
        }
        for index in chain.drain(..) {
            done[index] = true;
        }
    }
    false
}

/// A cursor over bytes from anyone.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    strings: Vec<Arc<str>>,
    /// How many of them were asked for so far: they stand in the order of their first use.
    used: usize,
    names_left: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes, at: 0, strings: Vec::new(), used: 0, names_left: MAX_NAME_BYTES }
    }

    /// The strings that the rest names by number.
    pub(crate) fn read_strings(&mut self) -> Result<(), DecodeError> {
        let mut distinct = BTreeSet::new();
        for _ in 0..self.count("string count")? {
            let offset = self.at;
            let string = self.text()?;
            if !distinct.insert(string) {
                return Err(DecodeError { offset, what: "a string that was there before" });
            }
            self.strings.push(string.into());
        }
        Ok(())
    }

    /// Lines of code of a length, files, source places.
    #[allow(clippy::type_complexity)] // three lists, named by the line above
    pub(crate) fn places(
        &mut self,
        code_len: usize,
    ) -> Result<(Vec<Line>, Vec<Arc<str>>, Vec<Loc>), DecodeError> {
        let lines_at = self.at;
        let lines = read_lines(self, code_len)?;
        let mut files = Vec::new();
        for _ in 0..self.count("file count")? {
            files.push(self.string()?);
        }
        let locs = read_locs(self, files.len())?;
        if lines.iter().any(|line| line.loc.is_some_and(|loc| loc as usize >= locs.len())) {
            return Err(DecodeError { offset: lines_at, what: "a line without a source place" });
        }
        Ok((lines, files, locs))
    }

    /// Nothing is left over.
    pub(crate) fn end(&self) -> Result<(), DecodeError> {
        if self.used != self.strings.len() {
            return Err(DecodeError { offset: self.at, what: "strings without use" });
        }
        if self.at != self.bytes.len() {
            return Err(DecodeError { offset: self.at, what: "bytes behind the end" });
        }
        Ok(())
    }

    pub(crate) fn at(&self) -> usize {
        self.at
    }

    pub(crate) fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let rest = &self.bytes[self.at..];
        let taken = rest.get(..count).ok_or(DecodeError { offset: self.at, what })?;
        self.at += count;
        Ok(taken)
    }

    /// An unsigned integer in its shortest LEB128 form.
    fn number(&mut self, what: &'static str) -> Result<u64, DecodeError> {
        let start = self.at;
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1, what)?[0];
            let bits = u64::from(byte & 0x7F);
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                if byte == 0 && shift > 0 {
                    break;
                }
                return Ok(value);
            }
        }
        Err(DecodeError { offset: start, what })
    }

    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        let offset = self.at;
        u32::try_from(self.number(what)?).map_err(|_| DecodeError { offset, what })
    }

    /// How many of something follow. Each takes at least one byte, so a count above the rest of the input is wrong, and
    /// lists take no more memory than a multiple of the input's size.
    pub(crate) fn count(&mut self, what: &'static str) -> Result<usize, DecodeError> {
        let offset = self.at;
        let count = self.number(what)?;
        let rest = (self.bytes.len() - self.at) as u64;
        if count <= rest { Ok(count as usize) } else { Err(DecodeError { offset, what }) }
    }

    /// A number below `limit`.
    pub(crate) fn index(&mut self, limit: usize, what: &'static str) -> Result<u32, DecodeError> {
        let offset = self.at;
        let index = self.u32(what)?;
        if (index as usize) < limit { Ok(index) } else { Err(DecodeError { offset, what }) }
    }

    fn option(&mut self, limit: usize, what: &'static str) -> Result<Option<u32>, DecodeError> {
        let offset = self.at;
        match self.number(what)? {
            0 => Ok(None),
            index if index <= limit as u64 => {
                Ok(Some(u32::try_from(index - 1).map_err(|_| DecodeError { offset, what })?))
            }
            _ => Err(DecodeError { offset, what }),
        }
    }

    fn text(&mut self) -> Result<&'a str, DecodeError> {
        let length = self.count("string length")?;
        let offset = self.at;
        let bytes = self.take(length, "string cut short")?;
        core::str::from_utf8(bytes).map_err(|_| DecodeError { offset, what: "text that is not UTF-8" })
    }

    /// A string of the string table, shared.
    fn string(&mut self) -> Result<Arc<str>, DecodeError> {
        let limit = self.strings.len().min(self.used + 1);
        let index = self.index(limit, "string index")? as usize;
        self.used = self.used.max(index + 1);
        Ok(self.strings[index].clone())
    }

    /// A string of the string table, copied.
    pub(crate) fn name(&mut self) -> Result<String, DecodeError> {
        let offset = self.at;
        let name = self.string()?;
        let left = self.names_left.checked_sub(name.len());
        self.names_left = left.ok_or(DecodeError { offset, what: "too many long names" })?;
        Ok((*name).into())
    }

    /// An error at the byte that was read last.
    pub(crate) fn wrong(&self, what: &'static str) -> DecodeError {
        DecodeError { offset: self.at.saturating_sub(1), what }
    }
}
