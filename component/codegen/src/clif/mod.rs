//! The Cranelift backend: x86-64 and AArch64.
//!
//! One function at a time: [`func`] builds it, Cranelift compiles it, [`link`] lays the pieces out and resolves the references between
//! them.

mod convention;
mod func;
mod inst;
mod link;

use crate::{EmitError, OptLevel, Options};
use abi::artifact::Target;
use base::Budget;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CompiledCode, Context};
use cranelift_frontend::FunctionBuilderContext;
use mir::legal::{Func, FuncId, Program};
use std::fmt::Write;

/// The encoded artifact of a program.
///
/// # Errors
/// See [`EmitError`].
pub fn emit(
    program: &Program,
    target: crate::Target,
    options: &Options,
    budget: &mut Budget,
) -> Result<Vec<u8>, EmitError> {
    let target = machine(target)?;
    let mut compiler = Compiler::new(program, target, options)?;
    let mut linker = link::Linker::new(program, target);
    for (id, func) in program.funcs.iter() {
        compiler.build(id, func, budget)?;
        let code = compiler.compile(func)?;
        linker.add(func, &code, &compiler.context.func.params)?;
    }
    Ok(linker.finish()?.encode())
}

/// All functions in Cranelift's intermediate form, before its optimisations.
///
/// # Errors
/// See [`EmitError`].
pub fn dump_clif(
    program: &Program,
    target: crate::Target,
    options: &Options,
    budget: &mut Budget,
) -> Result<String, EmitError> {
    let target = machine(target)?;
    let mut compiler = Compiler::new(program, target, options)?;
    let mut text = String::new();
    for (id, func) in program.funcs.iter() {
        compiler.build(id, func, budget)?;
        let _ = writeln!(text, "; {}\n{}", func.name, compiler.context.func.display());
    }
    Ok(text)
}

/// All functions in Cranelift's notation for machine code.
///
/// # Errors
/// See [`EmitError`].
pub fn dump_asm(
    program: &Program,
    target: crate::Target,
    options: &Options,
    budget: &mut Budget,
) -> Result<String, EmitError> {
    let target = machine(target)?;
    let mut compiler = Compiler::new(program, target, options)?;
    let mut text = String::new();
    for (id, func) in program.funcs.iter() {
        compiler.build(id, func, budget)?;
        compiler.context.set_disasm(true);
        let code = compiler.compile(func)?;
        let _ = writeln!(text, "; {}\n{}", func.name, code.vcode.as_deref().unwrap_or_default());
    }
    Ok(text)
}

/// Cranelift with its settings, and the memory it uses again for each function.
struct Compiler<'p> {
    program: &'p Program,
    isa: OwnedTargetIsa,
    context: Context,
    builder: FunctionBuilderContext,
    table_mask: u32,
}

impl<'p> Compiler<'p> {
    fn new(program: &'p Program, target: Target, options: &Options) -> Result<Self, EmitError> {
        let isa = target_isa(target, options).map_err(|message| internal("", message))?;
        let table_mask = (1 << link::table_bits(program)?) - 1;
        Ok(Compiler {
            program,
            isa,
            context: Context::new(),
            builder: FunctionBuilderContext::new(),
            table_mask,
        })
    }

    fn build(&mut self, id: FuncId, func: &Func, budget: &mut Budget) -> Result<(), EmitError> {
        let work = func.blocks.values().map(|block| 1 + block.insts.len() as u64).sum::<u64>();
        budget.spend(work)?;
        self.context.clear();
        func::build(self.program, id, self.table_mask, &*self.isa, &mut self.context.func, &mut self.builder)
    }

    fn compile(&mut self, func: &Func) -> Result<CompiledCode, EmitError> {
        let done = self.context.compile(&*self.isa, &mut ControlPlane::default());
        if let Err(error) = done {
            return Err(internal(&func.name, format!("{:?}", error.inner)));
        }
        let code = self.context.take_compiled_code();
        code.ok_or_else(|| internal(&func.name, "no code".to_owned()))
    }
}

/// The instruction set of a target with its baseline, and the settings that the rules for emitted code ask for.
fn target_isa(target: Target, options: &Options) -> Result<OwnedTargetIsa, String> {
    let fail = |error: &dyn std::fmt::Display| error.to_string();
    let mut shared = settings::builder();
    let opt_level = match options.opt {
        OptLevel::None => "none",
        OptLevel::Speed => "speed",
    };
    for (name, value) in [
        ("opt_level", opt_level),
        ("enable_verifier", if options.verify { "true" } else { "false" }),
        ("enable_pinned_reg", "true"),
        ("preserve_frame_pointers", "true"),
        ("enable_probestack", "false"),
        ("unwind_info", "false"),
    ] {
        shared.set(name, value).map_err(|error| fail(&error))?;
    }
    let (triple, features): (_, &[&str]) = match target {
        Target::X86_64 => (
            "x86_64-unknown-linux-gnu",
            &["has_sse3", "has_ssse3", "has_cmpxchg16b", "has_sse41", "has_sse42", "has_popcnt"],
        ),
        Target::Aarch64 => ("aarch64-unknown-linux-gnu", &[]),
    };
    let mut builder = isa::lookup_by_name(triple).map_err(|error| fail(&error))?;
    for feature in features {
        builder.enable(feature).map_err(|error| fail(&error))?;
    }
    builder.finish(settings::Flags::new(shared)).map_err(|error| fail(&error))
}

fn machine(target: crate::Target) -> Result<Target, EmitError> {
    target.machine().ok_or_else(|| internal("", format!("there is no machine code for {target:?}")))
}

fn internal(function: &str, message: String) -> EmitError {
    EmitError::Internal { function: function.to_owned(), message }
}

fn too_large(function: &str, what: &'static str) -> EmitError {
    EmitError::TooLarge { function: function.to_owned(), what }
}
