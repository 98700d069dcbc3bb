//! A program's module and what it needs of the runtime as one module.

use crate::calls::{Callee, Calls, Names};
use crate::library::{Callees, Exported};
use crate::module::{Numbers, Parts};
use crate::program::Program;
use crate::runtime::{Needed, Runtime};
use crate::{ExitCodes, Options};
use abi::{command, exports, module};
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;
use wasm_encoder::reencode::Reencode as _;
use wasm_encoder::{ConstExpr, EntityType, ExportKind, Function, GlobalType, ValType};

/// The export that WASI hosts run.
const WASI_RUN: &str = "wasi:cli/run@0.2.0#run";

/// What a library needs of the runtime.
const LIBRARY: [&str; 5] =
    [command::BUFFER, command::LIFT, command::LOWER, command::POST_RETURN, command::REALLOC];

/// The functions that this linker writes.
const WRITTEN: [&str; 8] = [
    command::MAX_CALLS,
    command::CALLS,
    command::TOP,
    command::PLACES_LEN,
    command::PLACES,
    command::EXPORTS_LEN,
    command::EXPORTS,
    command::LIMIT,
];

/// The bytes of the module.
///
/// # Errors
/// The two do not fit together.
pub fn link(
    program: &Program<'_>,
    runtime: &Runtime<'_>,
    options: &Options,
    exported: &[Exported],
) -> Result<Vec<u8>> {
    let (leave, entries): (_, &[&str]) = match options.exit_codes {
        _ if !exported.is_empty() => (command::ABORT, &LIBRARY),
        ExitCodes::Success => (command::EXIT, &[command::RUN]),
        ExitCodes::Exact => (command::EXIT_EXACT, &[command::RUN]),
    };
    let leave = runtime.export(leave)?;
    let mut roots = vec![runtime.export(command::OVERFLOW)?];
    for name in entries {
        roots.push(runtime.export(name)?);
    }
    for (name, _) in &program.imports {
        roots.push(runtime.export(name)?);
    }
    let bound = |name: &str| (name == command::LEAVE).then_some(leave);
    let mut needed = runtime.needed_by(roots.iter().copied(), bound)?;
    if needed.funcs.iter().any(|&func| returns_list(runtime, func)) {
        roots.push(runtime.export(command::REALLOC)?);
        needed = runtime.needed_by(roots, bound)?;
    }
    Linker { program, runtime, needed, options, exported, leave, parts: Parts::default() }.link()
}

/// True for an import whose result the host puts into memory that it asks for.
fn returns_list(runtime: &Runtime<'_>, func: u32) -> bool {
    const LISTS: [&str; 2] = ["get-arguments", "[method]input-stream.blocking-read"];
    runtime.imports.get(func as usize).is_some_and(|(_, name, _)| LISTS.contains(name))
}

/// Bytes that the runtime asks for.
struct HandedOver {
    places: Vec<u8>,
    exports: Vec<u8>,
    /// The data segment of the places; that of the exports is the next one.
    segment: u32,
}

fn val_types(types: &[wasmparser::ValType]) -> Result<Vec<ValType>> {
    let own = types.iter().map(|&ty| ValType::try_from(ty).ok());
    own.collect::<Option<_>>().context("a type that is not known here")
}

struct Linker<'a> {
    program: &'a Program<'a>,
    runtime: &'a Runtime<'a>,
    needed: Needed<'a>,
    options: &'a Options,
    /// Empty for a program that is only run.
    exported: &'a [Exported],
    leave: u32,
    parts: Parts,
}

impl Linker<'_> {
    fn link(mut self) -> Result<Vec<u8>> {
        let (program, runtime) = (self.program, self.runtime);
        let runtime_types = self.types(&runtime.types)?;
        let program_types = self.types(&program.types)?;

        // Functions are numbered: imports, those of the runtime, those of the program, those written here.
        let imports = runtime.imports.len() as u32;
        let mut runtime_funcs = BTreeMap::new();
        let mut next = 0;
        for &func in self.needed.funcs.range(..imports) {
            let (module, name, ty) = runtime.imports[func as usize];
            if module != command::PROGRAM {
                self.parts.imports.import(module, name, EntityType::Function(runtime_types[ty as usize]));
                runtime_funcs.insert(func, next);
                next += 1;
            }
        }
        for &func in self.needed.funcs.range(imports..) {
            runtime_funcs.insert(func, next);
            next += 1;
        }
        let mut program_funcs = BTreeMap::new();
        for (func, (name, _)) in (0..).zip(&program.imports) {
            program_funcs.insert(func, runtime_funcs[&runtime.export(name)?]);
        }
        for (func, _) in (program.imports.len() as u32..).zip(&program.funcs) {
            program_funcs.insert(func, next);
            next += 1;
        }
        let written: BTreeMap<&str, u32> = WRITTEN.into_iter().zip(next..).collect();
        next += WRITTEN.len() as u32;
        for (func, (module, name, _)) in (0..imports).zip(&runtime.imports) {
            if *module == command::PROGRAM && self.needed.funcs.contains(&func) {
                let number = match *name {
                    command::LEAVE => runtime_funcs[&self.leave],
                    module::START | module::MAIN => program_funcs[&program.export(name)?],
                    name => *written.get(name).with_context(|| format!("the runtime asks for `{name}`"))?,
                };
                runtime_funcs.insert(func, number);
            }
        }

        let mut memory = runtime.memory;
        memory.maximum = None;
        self.parts.memories.memory(wasm_encoder::MemoryType {
            minimum: memory.initial,
            maximum: memory.maximum,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let names = self.globals(runtime_funcs[&runtime.export(command::OVERFLOW)?])?;
        self.tables(&runtime_funcs, &program_funcs)?;
        let segments = self.needed.segments();
        let data = segments.len() as u32;
        for (address, bytes) in segments {
            self.parts.data.active(0, &ConstExpr::i32_const(address as i32), bytes);
        }
        self.parts.data.passive(program.data.iter().copied());

        let mut numbers = Numbers { funcs: &runtime_funcs, types: &runtime_types, table: 0, data: 0 };
        for &func in self.needed.funcs.range(imports..) {
            let function = runtime.defined(func).context("no such function")?;
            let mut locals = Vec::new();
            for group in function.body.get_locals_reader()? {
                let (count, ty) = group?;
                locals.push((count, numbers.val_type(ty)?));
            }
            let mut copy = Function::new(locals);
            for op in function.body.get_operators_reader()? {
                copy.instruction(&numbers.instruction(op?)?);
            }
            self.parts.function(runtime_types[function.ty as usize], &copy);
        }
        let mut numbers = Numbers { funcs: &program_funcs, types: &program_types, table: 1, data };
        let mut calls = Calls::new(&program.places);
        let callee = |func: u32| {
            let imported = program.imports.get(func as usize);
            imported.map_or(Callee::Returns, |(name, _)| Callee::of_runtime(name))
        };
        for (ty, body) in &program.funcs {
            let params = program.types[*ty as usize].params().len() as u32;
            let function = calls.function(body, params, callee, &names, &mut numbers)?;
            self.parts.function(program_types[*ty as usize], &function);
        }
        let library = program.library.as_ref().filter(|_| !self.exported.is_empty());
        let handed_over = HandedOver {
            places: calls.into_places().encode(),
            exports: library.map(|library| exports::encode(&library.exports)).unwrap_or_default(),
            segment: data + 1,
        };
        for name in WRITTEN {
            self.written(name, &names, &handed_over)?;
        }
        self.parts.data.passive(handed_over.places);
        self.parts.data.passive(handed_over.exports);

        self.parts.exports.export("memory", ExportKind::Memory, 0);
        if self.exported.is_empty() {
            self.parts.export(WASI_RUN, runtime_funcs[&runtime.export(command::RUN)?]);
        }
        self.export_library(next, &runtime_funcs, &program_funcs)?;
        if let Some(&realloc) = runtime_funcs.get(&runtime.export(command::REALLOC)?) {
            self.parts.export(command::REALLOC, realloc);
        }
        for &(func, name) in program.names.iter().filter(|&&(func, _)| func >= program.imports.len() as u32) {
            self.parts.name(program_funcs[&func], name);
        }
        Ok(self.parts.finish())
    }

    /// The functions for users, numbered from here on.
    fn export_library(
        &mut self,
        mut next: u32,
        runtime_funcs: &BTreeMap<u32, u32>,
        program_funcs: &BTreeMap<u32, u32>,
    ) -> Result<()> {
        let (program, runtime) = (self.program, self.runtime);
        for (number, exported) in self.exported.iter().enumerate() {
            let callee = |name| runtime.export(name).map(|func| runtime_funcs[&func]);
            let callees = Callees {
                buffer: callee(command::BUFFER)?,
                lift: callee(command::LIFT)?,
                lower: callee(command::LOWER)?,
            };
            let func = program.export(&exports::export_name(number))?;
            let ty = &program.types[program.type_of(func)? as usize];
            let (params, results) = (val_types(ty.params())?, val_types(ty.results())?);
            let body = exported.function(number, program_funcs[&func], (&params, &results), &callees);
            let ty = self.parts.ty(&exported.params, &exported.results);
            self.parts.function(ty, &body);
            self.parts.export(&exported.name, next);
            next += 1;
            if exported.has_post_return {
                let body = Exported::post_return(callee(command::POST_RETURN)?);
                let ty = self.parts.ty(&exported.results, &[]);
                self.parts.function(ty, &body);
                self.parts.export(&format!("cabi_post_{}", exported.name), next);
                next += 1;
            }
        }
        Ok(())
    }

    fn types(&mut self, types: &[wasmparser::FuncType]) -> Result<Vec<u32>> {
        let mut numbers = Vec::new();
        for ty in types {
            numbers.push(self.parts.ty(&val_types(ty.params())?, &val_types(ty.results())?));
        }
        Ok(numbers)
    }

    /// Those of the runtime, then two of ours.
    fn globals(&mut self, overflow: u32) -> Result<Names> {
        let nothing = BTreeMap::new();
        let mut numbers = Numbers { funcs: &nothing, types: &[], table: 0, data: 0 };
        for global in &self.runtime.globals {
            self.parts
                .globals
                .global(numbers.global_type(global.ty)?, &numbers.const_expr(global.init_expr.clone())?);
        }
        let top = self.parts.globals.len();
        let own = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
        self.parts.globals.global(own, &ConstExpr::i32_const(0));
        self.parts.globals.global(own, &ConstExpr::i32_const(0));
        Ok(Names { top, end: top + 1, overflow })
    }

    /// The runtime's and the program's.
    fn tables(
        &mut self,
        runtime_funcs: &BTreeMap<u32, u32>,
        program_funcs: &BTreeMap<u32, u32>,
    ) -> Result<()> {
        let elements = self.runtime.elements.iter().filter(|(place, _)| self.needed.elements.contains(place));
        self.parts.table(&elements.map(|(&place, func)| (place, runtime_funcs[func])).collect());
        let elements = (0..).zip(&self.program.elements);
        let elements = elements.map(|(place, func)| {
            Ok((place, *program_funcs.get(func).context("a table with a function that is not there")?))
        });
        self.parts.table(&elements.collect::<Result<_>>()?);
        Ok(())
    }

    /// One of the functions that the runtime expects from whoever links it.
    fn written(&mut self, name: &str, names: &Names, handed_over: &HandedOver) -> Result<()> {
        let places_len = handed_over.places.len() as i32;
        let exports_len = handed_over.exports.len() as i32;
        let segment = handed_over.segment;
        let max_calls = i32::from(self.options.max_calls);
        let mut body = Function::new([]);
        let mut sink = body.instructions();
        let ty = match name {
            command::MAX_CALLS => {
                sink.i32_const(max_calls);
                self.parts.ty(&[], &[ValType::I32])
            }
            command::CALLS => {
                sink.local_get(0).global_set(names.top);
                sink.local_get(0).i32_const(max_calls * 4).i32_add().global_set(names.end);
                self.parts.ty(&[ValType::I32], &[])
            }
            command::TOP => {
                sink.global_get(names.top);
                self.parts.ty(&[], &[ValType::I32])
            }
            command::PLACES_LEN => {
                sink.i32_const(places_len);
                self.parts.ty(&[], &[ValType::I32])
            }
            command::PLACES => {
                sink.local_get(0).i32_const(0).i32_const(places_len).memory_init(0, segment);
                self.parts.ty(&[ValType::I32], &[])
            }
            command::EXPORTS_LEN => {
                sink.i32_const(exports_len);
                self.parts.ty(&[], &[ValType::I32])
            }
            command::EXPORTS => {
                sink.local_get(0).i32_const(0).i32_const(exports_len).memory_init(0, segment + 1);
                self.parts.ty(&[ValType::I32], &[])
            }
            command::LIMIT => {
                sink.i64_const(self.options.max_memory as i64);
                self.parts.ty(&[], &[ValType::I64])
            }
            other => bail!("`{other}` is not written here"),
        };
        sink.end();
        self.parts.function(ty, &body);
        Ok(())
    }
}
