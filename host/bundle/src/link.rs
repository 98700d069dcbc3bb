//! A program's module and what it needs of the runtime as one module.

use crate::calls::{Callee, Calls, Names};
use crate::library::{Callees, Exported};
use crate::module::{Numbers, Parts};
use crate::program::Program;
use crate::runtime::{Needed, Runtime};
use crate::{ExitCodes, Options};
use abi::module::Places;
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

/// What the types of the two modules are numbered in the new one.
struct Types {
    runtime: Vec<u32>,
    program: Vec<u32>,
}

/// The same for their functions.
#[derive(Default)]
struct Funcs {
    runtime: BTreeMap<u32, u32>,
    program: BTreeMap<u32, u32>,
    next: u32,
}

impl Funcs {
    /// The next number.
    fn take(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    /// The number of a function that the runtime exports.
    fn of_runtime(&self, runtime: &Runtime<'_>, name: &str) -> Result<u32> {
        let func = runtime.export(name)?;
        self.runtime.get(&func).copied().with_context(|| format!("`{name}` was left out"))
    }
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
        let types = Types { runtime: self.types(&runtime.types)?, program: self.types(&program.types)? };
        let funcs = self.number(&types)?;
        self.parts.memories.memory(wasm_encoder::MemoryType {
            minimum: runtime.memory.initial,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let names = self.globals(funcs.of_runtime(runtime, command::OVERFLOW)?)?;
        self.tables(&funcs)?;
        let segments = self.needed.segments();
        let data = segments.len() as u32;
        for (address, bytes) in segments {
            self.parts.data.active(0, &ConstExpr::i32_const(address as i32), bytes);
        }
        self.parts.data.passive(program.data.iter().copied());

        self.copy_runtime(&types, &funcs)?;
        let places = self.copy_program(&types, &funcs, &names, data)?;
        let library = program.library.as_ref().filter(|_| !self.exported.is_empty());
        let handed_over = HandedOver {
            places: places.encode(),
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
            self.parts.export(WASI_RUN, funcs.of_runtime(runtime, command::RUN)?);
        }
        self.export_library(&funcs)?;
        if let Some(&realloc) = funcs.runtime.get(&runtime.export(command::REALLOC)?) {
            self.parts.export(command::REALLOC, realloc);
        }
        for &(func, name) in program.names.iter().filter(|&&(func, _)| func >= program.imports.len() as u32) {
            self.parts.name(funcs.program[&func], name);
        }
        Ok(self.parts.finish())
    }

    /// Numbers the functions: imports, those of the runtime, those of the program, those written here. Adds the imports.
    fn number(&mut self, types: &Types) -> Result<Funcs> {
        let (program, runtime) = (self.program, self.runtime);
        let imports = runtime.imports.len() as u32;
        let mut funcs = Funcs::default();
        for &func in self.needed.funcs.range(..imports) {
            let (module, name, ty) = runtime.imports[func as usize];
            if module != command::PROGRAM {
                self.parts.imports.import(module, name, EntityType::Function(types.runtime[ty as usize]));
                let number = funcs.take();
                funcs.runtime.insert(func, number);
            }
        }
        for &func in self.needed.funcs.range(imports..) {
            let number = funcs.take();
            funcs.runtime.insert(func, number);
        }
        for (func, (name, _)) in (0..).zip(&program.imports) {
            let number = funcs.of_runtime(runtime, name)?;
            funcs.program.insert(func, number);
        }
        for (func, _) in (program.imports.len() as u32..).zip(&program.funcs) {
            let number = funcs.take();
            funcs.program.insert(func, number);
        }
        let written: BTreeMap<&str, u32> = WRITTEN.iter().map(|&name| (name, funcs.take())).collect();
        for (func, (module, name, _)) in (0..imports).zip(&runtime.imports) {
            if *module == command::PROGRAM && self.needed.funcs.contains(&func) {
                let number = match *name {
                    command::LEAVE => funcs.runtime[&self.leave],
                    module::START | module::MAIN => funcs.program[&program.export(name)?],
                    name => *written.get(name).with_context(|| format!("the runtime asks for `{name}`"))?,
                };
                funcs.runtime.insert(func, number);
            }
        }
        Ok(funcs)
    }

    /// The functions of the runtime as they are.
    fn copy_runtime(&mut self, types: &Types, funcs: &Funcs) -> Result<()> {
        let imports = self.runtime.imports.len() as u32;
        let mut numbers = Numbers { funcs: &funcs.runtime, types: &types.runtime, table: 0, data: 0 };
        for &func in self.needed.funcs.range(imports..) {
            let function = self.runtime.defined(func).context("no such function")?;
            let mut locals = Vec::new();
            for group in function.body.get_locals_reader()? {
                let (count, ty) = group?;
                locals.push((count, numbers.val_type(ty)?));
            }
            let mut copy = Function::new(locals);
            for op in function.body.get_operators_reader()? {
                copy.instruction(&numbers.instruction(op?)?);
            }
            self.parts.function(types.runtime[function.ty as usize], &copy);
        }
        Ok(())
    }

    /// The functions of the program, which write down their calls; the places of these.
    fn copy_program(&mut self, types: &Types, funcs: &Funcs, names: &Names, data: u32) -> Result<Places> {
        let program = self.program;
        let mut numbers = Numbers { funcs: &funcs.program, types: &types.program, table: 1, data };
        let mut calls = Calls::new(&program.places);
        let callee = |func: u32| {
            let imported = program.imports.get(func as usize);
            imported.map_or(Callee::Returns, |(name, _)| Callee::of_runtime(name))
        };
        for (ty, body) in &program.funcs {
            let params = program.types[*ty as usize].params().len() as u32;
            let function = calls.function(body, params, callee, names, &mut numbers)?;
            self.parts.function(types.program[*ty as usize], &function);
        }
        Ok(calls.into_places())
    }

    /// The functions for users, numbered behind all others.
    fn export_library(&mut self, funcs: &Funcs) -> Result<()> {
        let (program, runtime) = (self.program, self.runtime);
        let mut next = funcs.next;
        for (number, exported) in self.exported.iter().enumerate() {
            let callee = |name| funcs.of_runtime(runtime, name);
            let callees = Callees {
                buffer: callee(command::BUFFER)?,
                lift: callee(command::LIFT)?,
                lower: callee(command::LOWER)?,
            };
            let func = program.export(&exports::export_name(number))?;
            let ty = &program.types[program.type_of(func)? as usize];
            let (params, results) = (val_types(ty.params())?, val_types(ty.results())?);
            let body = exported.function(number, funcs.program[&func], (&params, &results), &callees);
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
    fn tables(&mut self, funcs: &Funcs) -> Result<()> {
        let elements = self.runtime.elements.iter().filter(|(place, _)| self.needed.elements.contains(place));
        self.parts.table(&elements.map(|(&place, func)| (place, funcs.runtime[func])).collect());
        let elements = (0..).zip(&self.program.elements);
        let elements = elements.map(|(place, func)| {
            Ok((place, *funcs.program.get(func).context("a table with a function that is not there")?))
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
