//! The WebAssembly backend: a program as a module that imports the runtime's memory and functions (`abi::module`).
//!
//! The features are those of WebAssembly 2.0 and no more: bulk memory, several results, sign extension, saturating conversions. [`func`] writes one function:
//! [`control`] nests its blocks, [`fold`] decides what needs no local, [`locals`] gives out the others, [`inst`] has each instruction.

mod code;
mod control;
mod fold;
mod func;
mod inst;
mod locals;
mod statics;

use crate::{EmitError, Options, Target};
use abi::artifact::{Line, Loc};
use abi::context::HEAP_START;
use abi::exports::{self, Export, Library, export_name};
use abi::module::{self, Checked, HEAP_BASE, Places};
use abi::{Repr, RtFn};
use base::{Budget, EntityId, Map};
use mir::legal::{Func, FuncId, Op, Program, Sig, SigId, SlotId};
use statics::Statics;
use std::collections::{BTreeMap, BTreeSet};
use wasm_encoder::{
    CodeSection, ConstExpr, CustomSection, DataCountSection, DataSection, ElementSection, Elements,
    Encode as _, EntityType, ExportKind, ExportSection, FunctionSection, ImportSection, InstructionSink,
    MemoryType, Module, NameMap, NameSection, RefType, TableSection, TableType, TypeSection, ValType,
};

/// What engines take at most.
const MAX_VALUES: usize = 1000;

/// The bytes of the module.
///
/// # Errors
/// See [`EmitError`].
pub fn emit(program: &Program, _: Target, _: &Options, budget: &mut Budget) -> Result<Vec<u8>, EmitError> {
    if !program.symbols.is_empty() {
        return Err(internal("", "a module has nothing in common with other artifacts".to_owned()));
    }
    let mut types = Types::default();
    let indices = Indices::of(program, &mut types)?;
    let start_type = types.index(&[], &[]);

    let mut functions = FunctionSection::new();
    for func in program.funcs.values() {
        functions.function(types.of(&func.sig, &func.name)?);
    }
    functions.function(start_type);
    let start_index = indices.first_func + program.funcs.len() as u32;

    let mut code = CodeSection::new();
    let mut places = Places {
        files: program.files.iter().map(|file| file.as_str().into()).collect(),
        ..Places::default()
    };
    let mut locs = Locs::default();
    for func in program.funcs.values() {
        let work = func.blocks.values().map(|block| 1 + block.insts.len() as u64).sum::<u64>();
        budget.spend(work)?;
        let body = func::build(program, func, &indices)?;
        // The bytes of a body stand behind their length.
        code.raw(&body.bytes);
        let end = code.byte_len() as u32;
        let start = end - body.bytes.len() as u32;
        for (offset, loc) in body.lines {
            let loc = locs.number(program, loc);
            line(&mut places.lines, start + offset, loc);
        }
        if calls_functions(func) {
            places.checked.push(Checked { start, end, loc: locs.number(program, func.loc) });
        }
    }
    code.raw(&start_function(program, &indices));
    places.locs = locs.list;

    let mut imports = ImportSection::new();
    let memory =
        MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None };
    imports.import(module::RUNTIME, module::MEMORY, EntityType::Memory(memory));
    imports.import(module::RUNTIME, module::BEGIN, EntityType::Function(types.index(&[ValType::I32], &[])));
    imports.import(module::RUNTIME, module::LINK, EntityType::Function(types.index(&[ValType::I32; 3], &[])));
    for &function in indices.runtime.keys() {
        let params: Vec<ValType> = function.params().iter().map(|param| val_type(param.repr())).collect();
        let result: Vec<ValType> = function.result().map(val_type).into_iter().collect();
        imports.import(module::RUNTIME, function.name(), EntityType::Function(types.index(&params, &result)));
    }

    let mut exported = ExportSection::new();
    exported.export(module::START, ExportKind::Func, start_index);
    if let Some(entry) = program.entry {
        exported.export(module::MAIN, ExportKind::Func, indices.func(entry));
    }

    for (number, export) in program.exports.iter().enumerate() {
        exported.export(&export_name(number), ExportKind::Func, indices.func(export.func));
    }

    let mut out = Module::new();
    out.section(&types.section).section(&imports).section(&functions);
    let table = program.table.len() as u64;
    out.section(TableSection::new().table(TableType {
        element_type: RefType::FUNCREF,
        table64: false,
        minimum: table,
        maximum: Some(table),
        shared: false,
    }));
    out.section(&exported);
    if table > 0 {
        let entries: Vec<u32> = program.table.iter().map(|&func| indices.func(func)).collect();
        out.section(ElementSection::new().active(
            None,
            &ConstExpr::i32_const(0),
            Elements::Functions(entries.into()),
        ));
    }
    out.section(&DataCountSection { count: 1 });
    // Of the section's contents, the functions stand behind their number.
    let before = out.len()
        + 1
        + leb_len(code.byte_len() + leb_len(code.len() as usize))
        + leb_len(code.len() as usize);
    out.section(&code);
    out.section(DataSection::new().passive(indices.statics.bytes.iter().copied()));
    out.section(&names(program, &indices, start_index));
    for line in &mut places.lines {
        line.offset += before as u32;
    }
    for checked in &mut places.checked {
        checked.start += before as u32;
        checked.end += before as u32;
    }
    out.section(&CustomSection { name: module::PLACES.into(), data: places.encode().into() });
    if !program.exports.is_empty() {
        let signatures: Vec<Export> = program.exports.iter().map(|export| export.signature.clone()).collect();
        let data = Library::encode(&signatures, &program.types);
        out.section(&CustomSection { name: exports::SECTION.into(), data: data.into() });
    }
    Ok(out.finish())
}

/// Makes room, copies the data, links.
fn start_function(program: &Program, indices: &Indices) -> Vec<u8> {
    let statics = &indices.statics;
    let len = statics.bytes.len() as i32;
    let globals = program.globals.map_or(module::NO_GLOBALS, |ty| ty.0);
    let mut bytes = Vec::new();
    0u32.encode(&mut bytes);
    let mut sink = InstructionSink::new(&mut bytes);
    sink.i32_const(HEAP_START as i32 + len).call(Indices::BEGIN);
    sink.i32_const((HEAP_BASE + HEAP_START) as i32)
        .i32_const(0)
        .i32_const(len)
        .memory_init(0, 0)
        .data_drop(0);
    sink.i32_const(statics.end as i32).i32_const(statics.types_len as i32).i32_const(globals as i32);
    sink.call(Indices::LINK).end();
    bytes
}

fn names(program: &Program, indices: &Indices, start_index: u32) -> NameSection {
    let mut map = NameMap::new();
    map.append(Indices::BEGIN, module::BEGIN);
    map.append(Indices::LINK, module::LINK);
    for (function, &index) in &indices.runtime {
        map.append(index, function.name());
    }
    for (id, func) in program.funcs.iter() {
        map.append(indices.func(id), &func.name);
    }
    map.append(start_index, module::START);
    let mut names = NameSection::new();
    names.functions(&map);
    names
}

/// From an offset on, code belongs to a place.
fn line(lines: &mut Vec<Line>, offset: u32, loc: u32) {
    match lines.last_mut() {
        Some(last) if last.loc == Some(loc) => {}
        Some(last) if last.offset == offset => last.loc = Some(loc),
        Some(_) | None => lines.push(Line { offset, loc: Some(loc) }),
    }
}

/// The places that are named, numbered anew: a program has many more.
#[derive(Default)]
struct Locs {
    list: Vec<Loc>,
    numbers: BTreeMap<u32, u32>,
}

impl Locs {
    fn number(&mut self, program: &Program, loc: mir::legal::LocId) -> u32 {
        // From the outermost call inwards, so that each names one that is there.
        let chain: Vec<_> = std::iter::successors(Some(loc), |&loc| program.locs[loc].inlined_at).collect();
        let mut outer = None;
        for id in chain.into_iter().rev() {
            let number = self.numbers.get(&(id.index() as u32)).copied().unwrap_or_else(|| {
                let loc = &program.locs[id];
                self.list.push(Loc {
                    file: loc.file,
                    line: loc.line,
                    column: loc.column,
                    function: loc.function.as_str().into(),
                    inlined_at: outer,
                    is_std: loc.is_std,
                });
                self.list.len() as u32 - 1
            });
            self.numbers.insert(id.index() as u32, number);
            outer = Some(number);
        }
        outer.unwrap_or(0)
    }
}

/// True for functions through which recursion may pass.
fn calls_functions(func: &Func) -> bool {
    let mut insts = func.blocks.values().flat_map(|block| &block.insts);
    insts.any(|inst| matches!(inst.op, Op::Call | Op::CallIndirect))
}

/// The types of functions, each once.
#[derive(Default)]
struct Types {
    section: TypeSection,
    known: BTreeMap<(Vec<u8>, Vec<u8>), u32>,
}

impl Types {
    fn index(&mut self, params: &[ValType], results: &[ValType]) -> u32 {
        let bytes = |types: &[ValType]| {
            let mut bytes = Vec::new();
            types.iter().for_each(|ty| ty.encode(&mut bytes));
            bytes
        };
        let next = self.known.len() as u32;
        *self.known.entry((bytes(params), bytes(results))).or_insert_with(|| {
            self.section.ty().function(params.iter().copied(), results.iter().copied());
            next
        })
    }

    fn of(&mut self, sig: &Sig, function: &str) -> Result<u32, EmitError> {
        if sig.params.len() > MAX_VALUES {
            return Err(too_large(function, "arguments"));
        }
        if sig.results.len() > MAX_VALUES {
            return Err(too_large(function, "results"));
        }
        let types = |reprs: &[Repr]| reprs.iter().map(|&repr| val_type(repr)).collect::<Vec<_>>();
        Ok(self.index(&types(&sig.params), &types(&sig.results)))
    }
}

/// What the parts of a program are called in its module.
pub struct Indices {
    runtime: BTreeMap<RtFn, u32>,
    first_func: u32,
    sigs: Map<SigId, u32>,
    statics: Statics,
}

impl Indices {
    const BEGIN: u32 = 0;
    const LINK: u32 = 1;
    /// Imported functions before those of the runtime table.
    const FIXED: u32 = 2;

    fn of(program: &Program, types: &mut Types) -> Result<Indices, EmitError> {
        let blocks = program.funcs.values().flat_map(|func| func.blocks.values());
        let insts = blocks.flat_map(|block| &block.insts);
        let used: BTreeSet<RtFn> = insts.flat_map(inst::calls).flatten().collect();
        let runtime: BTreeMap<RtFn, u32> = used.into_iter().zip(Indices::FIXED..).collect();
        let mut sigs = Map::default();
        for sig in program.sigs.values() {
            sigs.push(types.of(sig, "")?);
        }
        let first_func = Indices::FIXED + runtime.len() as u32;
        Ok(Indices { runtime, first_func, sigs, statics: Statics::of(program)? })
    }

    fn func(&self, id: FuncId) -> u32 {
        self.first_func + id.index() as u32
    }

    fn sig(&self, id: SigId) -> u32 {
        self.sigs[id]
    }

    fn runtime(&self, function: RtFn) -> u32 {
        self.runtime[&function]
    }

    fn slot(&self, slot: SlotId) -> Option<u32> {
        self.statics.word(slot)
    }
}

/// WebAssembly's type for a machine type.
fn val_type(repr: Repr) -> ValType {
    match repr {
        Repr::I8 | Repr::I16 | Repr::I32 | Repr::Ref => ValType::I32,
        Repr::I64 | Repr::Any => ValType::I64,
        Repr::F32 => ValType::F32,
        Repr::F64 => ValType::F64,
    }
}

/// Bytes of a number in LEB128.
fn leb_len(number: usize) -> usize {
    let mut bytes = Vec::new();
    number.encode(&mut bytes);
    bytes.len()
}

fn internal(function: &str, message: String) -> EmitError {
    EmitError::Internal { function: function.to_owned(), message }
}

fn too_large(function: &str, what: &'static str) -> EmitError {
    EmitError::TooLarge { function: function.to_owned(), what }
}
