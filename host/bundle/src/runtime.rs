//! The linkable runtime, taken apart: what is in it, and who needs whom.

use anyhow::{Context as _, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use wasmparser::{
    DataKind, ElementItems, ElementKind, ExternalKind, FuncType, FunctionBody, Global, Linking, MemoryType,
    Operator, Parser, Payload, RelocationEntry, RelocationType, SymbolInfo, TypeRef,
};

/// A module with the relocations of its code and data.
pub struct Runtime<'a> {
    pub types: Vec<FuncType>,
    /// Imported functions, which come first: module, name, type.
    pub imports: Vec<(&'a str, &'a str, u32)>,
    /// Functions behind the imported ones.
    pub funcs: Vec<Function<'a>>,
    pub memory: MemoryType,
    /// Functions in the table by their place.
    pub elements: BTreeMap<u32, u32>,
    pub globals: Vec<Global<'a>>,
    /// Exported functions.
    pub exports: BTreeMap<&'a str, u32>,
    /// Data by symbol of the linker; none for a symbol that is no data.
    symbols: Vec<Option<Symbol<'a>>>,
    /// By their place in the module.
    relocations: BTreeMap<usize, RelocationEntry>,
    /// Functions by symbol of the linker.
    functions_of_symbols: BTreeMap<u32, u32>,
}

/// A function that is not imported.
pub struct Function<'a> {
    pub ty: u32,
    pub body: FunctionBody<'a>,
}

/// A part of the data that is there or not as a whole.
#[derive(Clone)]
struct Symbol<'a> {
    address: u32,
    bytes: &'a [u8],
    /// Where it stands in the module.
    place: Range<usize>,
}

/// What is needed of a runtime.
#[derive(Default)]
pub struct Needed<'a> {
    /// Function numbers, imported ones among them.
    pub funcs: BTreeSet<u32>,
    /// Functions that are called through the table.
    pub elements: BTreeSet<u32>,
    /// Data by address: those that overlap are one.
    pub data: BTreeMap<u32, &'a [u8]>,
}

impl<'a> Runtime<'a> {
    /// Reads a module.
    ///
    /// # Errors
    /// It is malformed, or has what the linker of this crate does not know.
    pub fn read(module: &'a [u8]) -> Result<Runtime<'a>> {
        let mut types = Vec::new();
        let mut imports = Vec::new();
        let mut func_types = Vec::new();
        let mut bodies = Vec::new();
        let mut memory = None;
        let mut elements = BTreeMap::new();
        let mut globals = Vec::new();
        let mut exports = BTreeMap::new();
        let mut segments: Vec<(u32, &[u8], usize)> = Vec::new();
        let mut starts = BTreeMap::new();
        let mut symbols = Vec::new();
        let mut functions_of_symbols = BTreeMap::new();
        let mut relocations = BTreeMap::new();
        // The number of the section, as relocations name it.
        let mut section = 0;
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload?;
            let is_section = payload.as_section().is_some();
            match payload {
                Payload::TypeSection(reader) => {
                    for ty in reader.into_iter_err_on_gc_types() {
                        types.push(ty?);
                    }
                }
                Payload::ImportSection(reader) => {
                    for import in reader.into_imports() {
                        let import = import?;
                        let TypeRef::Func(ty) = import.ty else { bail!("an import that is no function") };
                        imports.push((import.module, import.name, ty));
                    }
                }
                Payload::FunctionSection(reader) => {
                    func_types = reader.into_iter().collect::<Result<Vec<u32>, _>>()?;
                }
                Payload::MemorySection(reader) => memory = reader.into_iter().next().transpose()?,
                Payload::GlobalSection(reader) => {
                    globals = reader.into_iter().collect::<Result<Vec<_>, _>>()?;
                }
                Payload::ExportSection(reader) => {
                    for export in reader {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            exports.insert(export.name, export.index);
                        }
                    }
                }
                Payload::ElementSection(reader) => {
                    for segment in reader {
                        let segment = segment?;
                        let (ElementKind::Active { offset_expr, .. }, ElementItems::Functions(items)) =
                            (segment.kind, segment.items)
                        else {
                            bail!("elements of a kind that is not known here")
                        };
                        for (place, func) in (constant(&offset_expr)?..).zip(items) {
                            elements.insert(place, func?);
                        }
                    }
                }
                Payload::CodeSectionStart { unchecked_range: range, .. } => {
                    starts.insert(section, range.start as usize);
                }
                Payload::CodeSectionEntry(body) => bodies.push(body),
                Payload::DataSection(reader) => {
                    starts.insert(section, reader.range().start as usize);
                    for segment in reader {
                        let segment = segment?;
                        let DataKind::Active { offset_expr, .. } = segment.kind else {
                            bail!("data of a kind that is not known here")
                        };
                        let start = segment.range.end as usize - segment.data.len();
                        segments.push((constant(&offset_expr)?, segment.data, start));
                    }
                }
                Payload::StartSection { .. } => bail!("a start function"),
                Payload::CustomSection(custom) => match custom.as_known() {
                    wasmparser::KnownCustom::Linking(reader) => {
                        for part in reader.subsections() {
                            let Linking::SymbolTable(table) = part? else { continue };
                            for symbol in table {
                                let number = symbols.len() as u32;
                                let mut data = None;
                                match symbol? {
                                    SymbolInfo::Func { index, .. } => {
                                        functions_of_symbols.insert(number, index);
                                    }
                                    SymbolInfo::Data { symbol: Some(symbol), .. } => {
                                        data = data_of(&segments, &symbol);
                                    }
                                    SymbolInfo::Data { .. }
                                    | SymbolInfo::Global { .. }
                                    | SymbolInfo::Section { .. }
                                    | SymbolInfo::Event { .. }
                                    | SymbolInfo::Table { .. } => {}
                                }
                                symbols.push(data);
                            }
                        }
                    }
                    wasmparser::KnownCustom::Reloc(reader) => {
                        // Of sections for debuggers, too.
                        if let Some(start) = starts.get(&reader.section_index()) {
                            for entry in reader.entries() {
                                let entry = entry?;
                                relocations.insert(start + entry.offset as usize, entry);
                            }
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
            section += u32::from(is_section);
        }
        if relocations.is_empty() {
            bail!("no relocations");
        }
        let funcs = func_types.into_iter().zip(bodies).map(|(ty, body)| Function { ty, body }).collect();
        Ok(Runtime {
            types,
            imports,
            funcs,
            memory: memory.context("no memory")?,
            elements,
            globals,
            exports,
            symbols,
            relocations,
            functions_of_symbols,
        })
    }

    /// The number of an exported function.
    ///
    /// # Errors
    /// There is none of this name.
    pub fn export(&self, name: &str) -> Result<u32> {
        self.exports.get(name).copied().with_context(|| format!("the runtime has no `{name}`"))
    }

    /// The function that is defined under a number, if it is not imported.
    pub fn defined(&self, func: u32) -> Option<&Function<'a>> {
        self.funcs.get((func as usize).checked_sub(self.imports.len())?)
    }

    /// What functions need, themselves among it. `bound` says what stands behind an import from the linker: another function of the runtime, if it is one.
    ///
    /// # Errors
    /// A relocation that names nothing.
    pub fn needed_by(
        &self,
        roots: impl IntoIterator<Item = u32>,
        bound: impl Fn(&str) -> Option<u32>,
    ) -> Result<Needed<'a>> {
        let mut needed = Needed::default();
        let mut pending: Vec<u32> = roots.into_iter().collect();
        let mut seen_symbols = BTreeSet::new();
        let places: BTreeMap<u32, u32> = self.elements.iter().map(|(&place, &func)| (func, place)).collect();
        while let Some(func) = pending.pop() {
            if !needed.funcs.insert(func) {
                continue;
            }
            let Some(function) = self.defined(func) else {
                let (module, name, _) = self.imports[func as usize];
                if module == abi::command::PROGRAM {
                    pending.extend(bound(name));
                }
                continue;
            };
            let range = function.body.range();
            let own = range.start as usize..range.end as usize;
            let mut more: Vec<Range<usize>> = Vec::new();
            let mut next = Some(own);
            while let Some(range) = next.take().or_else(|| more.pop()) {
                for entry in self.relocations.range(range).map(|(_, entry)| entry) {
                    match entry.ty {
                        RelocationType::FunctionIndexLeb => pending.push(self.function(entry.index)?),
                        RelocationType::TableIndexSleb | RelocationType::TableIndexI32 => {
                            let func = self.function(entry.index)?;
                            needed.elements.insert(*places.get(&func).context("not in the table")?);
                            pending.push(func);
                        }
                        RelocationType::MemoryAddrLeb
                        | RelocationType::MemoryAddrSleb
                        | RelocationType::MemoryAddrI32 => {
                            if !seen_symbols.insert(entry.index) {
                                continue;
                            }
                            let symbol = self.symbols.get(entry.index as usize).context("no such symbol")?;
                            if let Some(symbol) = symbol {
                                needed.add_data(symbol);
                                more.push(symbol.place.clone());
                            }
                        }
                        RelocationType::TypeIndexLeb
                        | RelocationType::GlobalIndexLeb
                        | RelocationType::TableNumberLeb => {}
                        other => bail!("a relocation of a kind that is not known here: {other:?}"),
                    }
                }
            }
        }
        Ok(needed)
    }

    fn function(&self, symbol: u32) -> Result<u32> {
        self.functions_of_symbols.get(&symbol).copied().context("a relocation that names no function")
    }
}

impl<'a> Needed<'a> {
    fn add_data(&mut self, symbol: &Symbol<'a>) {
        // Symbols may share an address, such as an empty one and the one behind it.
        let known = self.data.entry(symbol.address).or_default();
        if symbol.bytes.len() > known.len() {
            *known = symbol.bytes;
        }
    }

    /// The data as few segments without zeros at their ends: memory is zero to begin with.
    pub fn segments(&self) -> Vec<(u32, Vec<u8>)> {
        /// What a segment of its own costs.
        const GAP: usize = 8;
        let mut segments: Vec<(u32, Vec<u8>)> = Vec::new();
        for (&address, bytes) in &self.data {
            let leading = bytes.iter().take_while(|&&byte| byte == 0).count();
            let trailing = bytes.iter().rev().take_while(|&&byte| byte == 0).count();
            let Some(bytes) = bytes.get(leading..bytes.len() - trailing) else { continue };
            let address = address + leading as u32;
            match segments.last_mut() {
                Some((start, last)) if (address as usize) < *start as usize + last.len() + GAP => {
                    let at = (address - *start) as usize;
                    // A symbol inside of another one has the same bytes.
                    last.resize(last.len().max(at + bytes.len()), 0);
                    last[at..at + bytes.len()].copy_from_slice(bytes);
                }
                _ => segments.push((address, bytes.to_vec())),
            }
        }
        segments
    }
}

fn data_of<'a>(
    segments: &[(u32, &'a [u8], usize)],
    symbol: &wasmparser::DefinedDataSymbol,
) -> Option<Symbol<'a>> {
    let &(address, bytes, place) = segments.get(symbol.index as usize)?;
    let range = symbol.offset as usize..symbol.offset as usize + symbol.size as usize;
    Some(Symbol {
        address: address + symbol.offset,
        bytes: bytes.get(range.clone())?,
        place: place + range.start..place + range.end,
    })
}

/// The value of a constant expression.
fn constant(expr: &wasmparser::ConstExpr<'_>) -> Result<u32> {
    match expr.get_operators_reader().read()? {
        Operator::I32Const { value } => Ok(value as u32),
        _ => bail!("an address that is no constant"),
    }
}
