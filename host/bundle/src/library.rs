//! The functions that a library's users call: from flat values of the canonical ABI to those of the program and back (`abi::command`).

use abi::command::BUFFER_FLAT;
use anyhow::Result;
use wasm_encoder::{Function, InstructionSink, MemArg, MemArgTarget, ValType};
use wit_parser::abi::{AbiVariant, WasmSignature, WasmType};
use wit_parser::{Resolve, WorldId, WorldItem, WorldKey};

/// An exported function on its way into the module.
pub struct Exported {
    /// What it is called outside.
    pub name: String,
    /// What the component's users call.
    pub params: Vec<ValType>,
    pub results: Vec<ValType>,
    /// The result is an address: the caller says when it has read what stands there.
    pub has_post_return: bool,
}

/// What the new functions call.
pub struct Callees {
    pub buffer: u32,
    pub lift: u32,
    pub lower: u32,
}

impl Exported {
    /// The functions of a world, by their names.
    ///
    /// # Errors
    /// The world has no such function.
    pub fn of_world(resolve: &Resolve, world: WorldId, names: &[String]) -> Result<Vec<Exported>> {
        names.iter().map(|name| Exported::of(resolve, world, name)).collect()
    }

    fn of(resolve: &Resolve, world: WorldId, name: &str) -> Result<Exported> {
        let item = resolve.worlds[world].exports.get(&WorldKey::Name(name.to_owned()));
        let Some(WorldItem::Function(function)) = item else { anyhow::bail!("the world has no `{name}`") };
        let WasmSignature { params, results, retptr, .. } =
            resolve.wasm_signature(AbiVariant::GuestExport, function);
        let own = |types: Vec<WasmType>| types.into_iter().map(val_type).collect();
        Ok(Exported {
            name: name.to_owned(),
            params: own(params),
            results: own(results),
            has_post_return: retptr,
        })
    }

    /// The function for users. `program` is the program's function, `number` is what it is called by the runtime.
    pub fn function(
        &self,
        number: usize,
        program: u32,
        (params, results): (&[ValType], &[ValType]),
        callees: &Callees,
    ) -> Function {
        let buffer = self.params.len() as u32;
        let mut locals = vec![(1, ValType::I32)];
        locals.extend(results.iter().map(|&ty| (1, ty)));
        let mut function = Function::new(locals);
        let mut sink = function.instructions();
        let words = BUFFER_FLAT + params.len().max(results.len());
        sink.i32_const(words as i32).call(callees.buffer).local_set(buffer);
        for (index, &ty) in self.params.iter().enumerate() {
            sink.local_get(buffer).local_get(index as u32);
            store(&mut sink, ty, index);
        }
        sink.i32_const(number as i32).call(callees.lift);
        for (index, &ty) in params.iter().enumerate() {
            sink.local_get(buffer);
            load(&mut sink, ty, BUFFER_FLAT + index);
        }
        sink.call(program);
        for index in (0..results.len()).rev() {
            sink.local_set(buffer + 1 + index as u32);
        }
        for (index, &ty) in results.iter().enumerate() {
            sink.local_get(buffer).local_get(buffer + 1 + index as u32);
            store(&mut sink, ty, BUFFER_FLAT + index);
        }
        sink.i32_const(number as i32).call(callees.lower);
        match self.results.first() {
            None => sink.drop(),
            Some(ValType::I64) => &mut sink,
            Some(ValType::F32) => sink.i32_wrap_i64().f32_reinterpret_i32(),
            Some(ValType::F64) => sink.f64_reinterpret_i64(),
            Some(_) => sink.i32_wrap_i64(),
        };
        sink.end();
        function
    }

    /// The function that is called once the result was read.
    pub fn post_return(callee: u32) -> Function {
        let mut function = Function::new([]);
        function.instructions().call(callee).end();
        function
    }
}

fn val_type(ty: WasmType) -> ValType {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => ValType::I32,
        WasmType::I64 | WasmType::PointerOrI64 => ValType::I64,
        WasmType::F32 => ValType::F32,
        WasmType::F64 => ValType::F64,
    }
}

/// Stores a value into a word of the buffer.
fn store(sink: &mut InstructionSink<'_>, ty: ValType, word: usize) {
    match ty {
        ValType::I64 => sink.i64_store(place(word, 3)),
        ValType::F32 => sink.f32_store(place(word, 2)),
        ValType::F64 => sink.f64_store(place(word, 3)),
        _ => sink.i32_store(place(word, 2)),
    };
}

fn load(sink: &mut InstructionSink<'_>, ty: ValType, word: usize) {
    match ty {
        ValType::I64 => sink.i64_load(place(word, 3)),
        ValType::F32 => sink.f32_load(place(word, 2)),
        ValType::F64 => sink.f64_load(place(word, 3)),
        _ => sink.i32_load(place(word, 2)),
    };
}

fn place(word: usize, align: u32) -> MemArg {
    MemArg { offset: 8 * word as u64, align, target: MemArgTarget::Memory(0), ordering: None }
}
