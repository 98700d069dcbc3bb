//! Makes a program's module and the runtime one component that needs nothing but a WASI host (`abi::command` is the contract).
//!
//! ```text
//! program, linkable runtime -> what the program needs -> one module (`link`) -> component
//! ```
//! What is left of the runtime is what a program's imports need, by the relocations that the runtime carries ([`runtime`]). Addresses of data and places in the table stay
//! as they are, so nothing is relocated.

mod calls;
mod link;
mod module;
mod program;
mod runtime;

use anyhow::{Context as _, Result};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

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

/// A program as a component that WASI hosts run (`wasi:cli/run`).
///
/// # Errors
/// The module is not one that the compiler writes, or does not fit this runtime.
pub fn command(module: &[u8], options: &Options) -> Result<Vec<u8>> {
    let program = program::Program::read(module).context("reading the program")?;
    let runtime = runtime::Runtime::read(RUNTIME).context("reading the runtime")?;
    let mut linked = link::link(&program, &runtime, options)?;
    let mut resolve = Resolve::default();
    let package = resolve.push_str("wasi.wit", include_str!("wasi.wit"))?;
    let world = resolve.select_world(&[package], Some("command"))?;
    wit_component::embed_component_metadata(&mut linked, &resolve, world, StringEncoding::UTF8, false)?;
    ComponentEncoder::default().validate(true).module(&linked)?.encode().context("encoding the component")
}
