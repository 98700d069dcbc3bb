//! A program's module and what it needs of the runtime as one module.

use crate::calls::{Callee, Calls, Names};
use crate::module::{Numbers, Parts};
use crate::program::Program;
use crate::runtime::{Needed, Runtime};
use crate::{ExitCodes, Options};
use abi::{command, module};
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;
use wasm_encoder::reencode::Reencode as _;
use wasm_encoder::{ConstExpr, EntityType, ExportKind, Function, GlobalType, ValType};

/// The export that WASI hosts run.
const WASI_RUN: &str = "wasi:cli/run@0.2.0#run";

/// The functions that this linker writes.
const WRITTEN: [&str; 6] =
    [command::MAX_CALLS, command::CALLS, command::TOP, command::PLACES_LEN, command::PLACES, command::LIMIT];

/// The bytes of the module.
///
/// # Errors
/// The two do not fit together.
pub fn link(program: &Program<'_>, runtime: &Runtime<'_>, options: &Options) -> Result<Vec<u8>> {
    let leave = match options.exit_codes {
        ExitCodes::Success => command::EXIT,
        ExitCodes::Exact => command::EXIT_EXACT,
    };
    let leave = runtime.export(leave)?;
    let run = runtime.export(command::RUN)?;
    let overflow = runtime.export(command::OVERFLOW)?;
    let mut roots = vec![run, overflow];
    for (name, _) in &program.imports {
        roots.push(runtime.export(name)?);
    }
    let bound = |name: &str| (name == command::LEAVE).then_some(leave);
    let mut needed = runtime.needed_by(roots.iter().copied(), bound)?;
    if needed.funcs.iter().any(|&func| returns_list(runtime, func)) {
        roots.push(runtime.export(command::REALLOC)?);
        needed = runtime.needed_by(roots, bound)?;
    }
    Linker { program, runtime, needed, options, leave, parts: Parts::default() }.link(run, overflow)
}

/// True for an import whose result the host puts into memory that it asks for.
fn returns_list(runtime: &Runtime<'_>, func: u32) -> bool {
    const LISTS: [&str; 2] = ["get-arguments", "[method]input-stream.blocking-read"];
    runtime.imports.get(func as usize).is_some_and(|(_, name, _)| LISTS.contains(name))
}

struct Linker<'a> {
    program: &'a Program<'a>,
    runtime: &'a Runtime<'a>,
    needed: Needed<'a>,
    options: &'a Options,
    leave: u32,
    parts: Parts,
}

impl Linker<'_> {
    fn link(mut self, run: u32, overflow: u32) -> Result<Vec<u8>> {
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
        let names = self.globals(runtime_funcs[&overflow])?;
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
        let places = calls.into_places().encode();
        for name in WRITTEN {
            self.written(name, &names, places.len() as i32, data + 1)?;
        }
        self.parts.data.passive(places);

        self.parts.exports.export("memory", ExportKind::Memory, 0);
        self.parts.export(WASI_RUN, runtime_funcs[&run]);
        if let Some(&realloc) = runtime_funcs.get(&runtime.export(command::REALLOC)?) {
            self.parts.export(command::REALLOC, realloc);
        }
        for &(func, name) in program.names.iter().filter(|&&(func, _)| func >= program.imports.len() as u32) {
            self.parts.name(program_funcs[&func], name);
        }
        Ok(self.parts.finish())
    }

    fn types(&mut self, types: &[wasmparser::FuncType]) -> Result<Vec<u32>> {
        let mut numbers = Vec::new();
        for ty in types {
            let own = |types: &[wasmparser::ValType]| {
                types.iter().map(|&ty| ValType::try_from(ty)).collect::<Result<Vec<_>, _>>()
            };
            let (Ok(params), Ok(results)) = (own(ty.params()), own(ty.results())) else {
                bail!("a type that is not known here")
            };
            numbers.push(self.parts.ty(&params, &results));
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
    fn written(&mut self, name: &str, names: &Names, places_len: i32, places: u32) -> Result<()> {
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
                sink.local_get(0).i32_const(0).i32_const(places_len).memory_init(0, places);
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
