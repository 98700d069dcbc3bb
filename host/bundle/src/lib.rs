//! Makes a program's module and the runtime one component that needs nothing but a WASI host (`abi::command` is the contract): a command that hosts run, or a library
//! with functions that others call.
//!
//! ```text
//! program, linkable runtime -> what the program needs -> one module (`link`) -> component
//! ```
//! What is left of the runtime is what a program's imports need, by the relocations that the runtime carries ([`runtime`]). Addresses of data and places in the table stay
//! as they are, so nothing is relocated.

mod calls;
mod library;
mod link;
mod module;
mod program;
mod runtime;
mod world;

use anyhow::{Context as _, Result};
use library::Exported;
use program::Program;
use runtime::Runtime;
use wit_component::{ComponentEncoder, StringEncoding, WitPrinter};
use wit_parser::{Resolve, WorldId};
use world::World;

/// How a program is made a component.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Bytes that its heap may take.
    pub max_memory: u64,
    /// How many of its functions that call others may be active: whoever goes beyond has a stack overflow. A host has a limit of its own, in bytes of its
    /// stack, and ends the program there without a word of ours; [`MAX_CALLS`] fits the 512 KiB of Wasmtime as long as functions are small.
    pub max_calls: u16,
    /// What becomes of its exit code.
    pub exit_codes: ExitCodes,
}

/// See [`Options::max_calls`].
pub const MAX_CALLS: u16 = 8192;

/// What becomes of a program's exit code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitCodes {
    /// 0 or 1, as any host can say it.
    Success,
    /// Itself, by a part of WASI that is not stable.
    Exact,
}

/// The runtime with its relocations.
const RUNTIME: &[u8] = include_bytes!(env!("SIMPLE_LINKABLE_RUNTIME"));

/// The parts of WASI that the runtime imports.
const WASI: &str = include_str!("wasi.wit");
/// What every world imports; a component has what it uses of that.
const IMPORTS: &str = "    import wasi:cli/environment@0.2.0;
    import wasi:cli/exit@0.2.0;
    import wasi:cli/stdin@0.2.0;
    import wasi:cli/stdout@0.2.0;
    import wasi:cli/stderr@0.2.0;
";

/// A program as a component that WASI hosts run (`wasi:cli/run`).
///
/// # Errors
/// The module is not one that the compiler writes, or does not fit this runtime.
pub fn command(module: &[u8], options: &Options) -> Result<Vec<u8>> {
    let program = Program::read(module).context("reading the program")?;
    let mut resolve = Resolve::default();
    let text = format!(
        "package simple:program;\n\nworld program {{\n{IMPORTS}    export wasi:cli/run@0.2.0;\n}}\n{WASI}"
    );
    let package = resolve.push_str("program.wit", &text)?;
    let world = resolve.select_world(&[package], None)?;
    component(&program, options, &resolve, world, &[])
}

/// A program whose public functions are exports of a component. Its own statements run before the first call. An error ends the component in a trap, after
/// it was printed.
///
/// # Errors
/// As for [`command`]; or the module exports nothing, or something that WIT has no name for.
pub fn library(module: &[u8], options: &Options) -> Result<Vec<u8>> {
    let program = Program::read(module).context("reading the program")?;
    let described = world_of(&program)?;
    let mut resolve = Resolve::default();
    let package = resolve.push_str("program.wit", &format!("{}{WASI}", described.text(IMPORTS)))?;
    let world = resolve.select_world(&[package], None)?;
    let exported = Exported::of_world(&resolve, world, &described.functions)?;
    component(&program, options, &resolve, world, &exported)
}

/// The world of a library in WIT, without what it imports.
///
/// # Errors
/// As for [`library`].
pub fn world(module: &[u8]) -> Result<String> {
    let described = world_of(&Program::read(module).context("reading the program")?)?;
    let mut resolve = Resolve::default();
    let package = resolve.push_str("program.wit", &described.text(""))?;
    let mut printer = WitPrinter::default();
    printer.print(&resolve, package, &[])?;
    Ok(printer.output.to_string())
}

fn world_of(program: &Program<'_>) -> Result<World> {
    World::of(program.library.as_ref().context("the module exports nothing")?)
}

/// The component of a program in a world.
fn component(
    program: &Program<'_>,
    options: &Options,
    resolve: &Resolve,
    world: WorldId,
    exported: &[Exported],
) -> Result<Vec<u8>> {
    let runtime = Runtime::read(RUNTIME).context("reading the runtime")?;
    let mut linked = link::link(program, &runtime, options, exported)?;
    wit_component::embed_component_metadata(&mut linked, resolve, world, StringEncoding::UTF8, false)?;
    ComponentEncoder::default().validate(true).module(&linked)?.encode().context("encoding the component")
}
