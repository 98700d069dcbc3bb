//! The Cranelift backend: x86-64 and AArch64.
//!
//! One function at a time: [`func`] builds it, Cranelift compiles it to a [`piece`]; [`link`] lays the pieces out and resolves the references
//! between them.

mod convention;
mod func;
mod inst;
mod link;
mod piece;

use crate::{EmitError, OptLevel, Options};
use abi::artifact::Target;
use base::wire::{In, Malformed, Out};
use base::{Budget, EntityId};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::isa::{self, OwnedTargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CompiledCode, Context};
use cranelift_frontend::FunctionBuilderContext;
use mir::legal::{Func, FuncId, Program};
use piece::Piece;
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
        linker.add(func, compiler.piece(id, func, budget)?)?;
    }
    Ok(linker.finish()?.encode())
}

/// Machine code of some functions of a program, for [`join`].
pub struct Share<'p> {
    compiler: Compiler<'p>,
    out: Out,
}

impl<'p> Share<'p> {
    /// Without functions.
    ///
    /// # Errors
    /// See [`EmitError`].
    pub fn new(program: &'p Program, target: crate::Target, options: &Options) -> Result<Self, EmitError> {
        let target = machine(target)?;
        Ok(Share { compiler: Compiler::new(program, target, options)?, out: Out::default() })
    }

    /// Adds a function of the program, as it is to be emitted: of the one in the program only the signature counts.
    ///
    /// # Errors
    /// See [`EmitError`].
    pub fn add(&mut self, id: FuncId, func: &Func, budget: &mut Budget) -> Result<(), EmitError> {
        let piece = self.compiler.piece(id, func, budget)?;
        self.out.uint(id.index() as u64);
        piece.write(&mut self.out);
        Ok(())
    }

    /// The functions as bytes.
    pub fn finish(self) -> Vec<u8> {
        self.out.into_bytes()
    }
}

/// The encoded artifact of a program from the shares that its functions were emitted in: the same bytes as [`emit`] gives.
///
/// # Errors
/// See [`EmitError`]; an internal one where a function is missing, is there twice, or the bytes are no share.
pub fn join(program: &Program, target: crate::Target, shares: &[&[u8]]) -> Result<Vec<u8>, EmitError> {
    let target = machine(target)?;
    let mut pieces: Vec<Option<Piece>> = program.funcs.values().map(|_| None).collect();
    for share in shares {
        let mut input = In::new(share);
        while !input.is_at_end() {
            let mut read = || Ok((input.uint()?, Piece::read(&mut input)?));
            let (index, piece) = read()
                .map_err(|malformed: Malformed| internal("", format!("a share of the code: {malformed}")))?;
            let place = usize::try_from(index).ok().and_then(|index| pieces.get_mut(index));
            match place {
                Some(empty @ None) => *empty = Some(piece),
                Some(Some(_)) | None => return Err(internal("", format!("code of a function {index}"))),
            }
        }
    }
    let mut linker = link::Linker::new(program, target);
    for (func, piece) in program.funcs.values().zip(pieces) {
        let piece = piece.ok_or_else(|| internal(&func.name, "no share has its code".to_owned()))?;
        linker.add(func, piece)?;
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
    target: Target,
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
            target,
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
        func::build(
            self.program,
            (id, func),
            self.table_mask,
            &*self.isa,
            &mut self.context.func,
            &mut self.builder,
        )
    }

    fn piece(&mut self, id: FuncId, func: &Func, budget: &mut Budget) -> Result<Piece, EmitError> {
        self.build(id, func, budget)?;
        let code = self.compile(func)?;
        Piece::of(func, &code, &self.context.func.params, self.target)
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
