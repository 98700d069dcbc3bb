//! Modules become programs: validated, compiled, with their imports looked at.

use crate::RUNTIME;
use abi::exports::{self, Library};
use abi::module::{self, Places};
use engine::Cache;
use source::CacheDir;
use std::num::NonZeroUsize;
use std::path::Path;
use wasmtime::{Config, Engine, Module, OptLevel};

/// Stack for a program and the runtime.
pub(crate) const STACK: usize = 32 << 20;

/// A frame has a return address and a frame pointer at least.
const SMALLEST_FRAME: usize = 16;

/// How a sandbox is made.
#[derive(Default)]
pub struct Settings {
    /// Count the instructions of programs, so that they can be limited: costs about a fifth of their speed.
    pub fuel: bool,
    /// Where the compiled runtime is kept between processes; none for no cache.
    pub cache: Option<CacheDir>,
}

/// Wasmtime with the compiled runtime.
#[derive(Debug)]
pub struct Sandbox {
    engine: Engine,
    runtime: Module,
    fuel: bool,
}

/// Why a module is no program for this sandbox.
#[derive(Debug)]
pub enum LoadError {
    /// It is not valid, or beyond what Wasmtime takes.
    Invalid(wasmtime::Error),
    /// It imports something that the runtime does not have.
    Import(String),
    /// It has nothing to run.
    NoEntry,
    /// Its table of source places cannot be read.
    Places(abi::artifact::DecodeError),
    /// Its table of functions for others cannot be read.
    Exports(abi::artifact::DecodeError),
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LoadError::Invalid(error) => write!(f, "not a module that can be run: {error:#}"),
            LoadError::Import(name) => write!(f, "the module imports `{name}`, which programs do not get"),
            LoadError::NoEntry => write!(f, "the module has no entry to run"),
            LoadError::Exports(error) => write!(f, "the module's exports: {error}"),
            LoadError::Places(error) => write!(f, "the module's source places: {error}"),
        }
    }
}

impl std::error::Error for LoadError {}

/// A compiled program.
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) module: Module,
    pub(crate) runtime: Module,
    pub(crate) places: Places,
    /// What it has for others.
    pub(crate) library: Option<Library>,
    /// Fuel is counted.
    pub(crate) fuel: bool,
}

impl Sandbox {
    /// Loads the runtime that this crate carries: from the cache if it can, else it is compiled.
    ///
    /// # Errors
    /// Wasmtime refuses it: a bug, or a machine that it does not support.
    pub fn new(settings: Settings) -> wasmtime::Result<Sandbox> {
        let fuel = settings.fuel;
        let engine = Engine::new(&config(fuel))?;
        let cache = Cache::new(settings.cache, "runtime");
        let name = Cache::name((env!("SIMPLE_RUNTIME_HASH"), engine.precompile_compatibility_hash()));
        if let Some(path) = cache.get(&name)
            && let Ok(runtime) = deserialize(&engine, &path)
        {
            return Ok(Sandbox { engine, runtime, fuel });
        }
        let runtime = Module::new(&engine, RUNTIME)?;
        if cache.is_there() {
            // Not being able to keep it costs the next start, nothing else.
            let _ = cache.put(&name, &runtime.serialize()?);
        }
        Ok(Sandbox { engine, runtime, fuel })
    }

    /// Validates and compiles a program.
    ///
    /// # Errors
    /// See [`LoadError`].
    pub fn load(&self, bytes: &[u8]) -> Result<Program, LoadError> {
        let module = Module::new(&self.engine, without_custom(bytes)).map_err(LoadError::Invalid)?;
        for import in module.imports() {
            let known = self.runtime.exports().any(|export| export.name() == import.name());
            if import.module() != module::RUNTIME || !known {
                return Err(LoadError::Import(format!("{}.{}", import.module(), import.name())));
            }
        }
        let exports = |wanted: &str| module.exports().any(|export| export.name() == wanted);
        if !exports(module::START) || !exports(module::MAIN) {
            return Err(LoadError::NoEntry);
        }
        let places = match section(bytes, module::PLACES) {
            Some(section) => Places::decode(section).map_err(LoadError::Places)?,
            None => Places::default(),
        };
        let library = section(bytes, exports::SECTION).map(Library::decode).transpose();
        let library = library.map_err(LoadError::Exports)?;
        Ok(Program { module, runtime: self.runtime.clone(), places, library, fuel: self.fuel })
    }
}

// The cache's file is mapped as it is.
#[allow(unsafe_code)]
fn deserialize(engine: &Engine, path: &Path) -> wasmtime::Result<Module> {
    // SAFETY: the bytes at this path were just compared with a hash that only this user can make (`Cache::get`), so they are what
    // Wasmtime serialized; files in the cache are replaced by renaming, never changed.
    unsafe { Module::deserialize_file(engine, path) }
}

fn config(fuel: bool) -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        .consume_fuel(fuel)
        // Modules are small, and the threads for that may be busy with the compiler for seconds.
        .parallel_compilation(false)
        .max_wasm_stack(STACK)
        // Nothing here is asynchronous; Wasmtime compares the two all the same.
        .async_stack_size(STACK + (1 << 20))
        // Reports show both ends of a stack.
        .wasm_backtrace_max_frames(NonZeroUsize::new(STACK / SMALLEST_FRAME));
    config
}

/// Bytes of the header of a module.
const HEADER: usize = 8;

/// A section of a module: its number, its contents, all its bytes.
struct Section<'a> {
    id: u8,
    content: &'a [u8],
    whole: &'a [u8],
}

/// The sections of a module, as far as they can be read.
fn sections(module: &[u8]) -> impl Iterator<Item = Section<'_>> {
    let mut rest = module.get(HEADER..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (&id, after) = rest.split_first()?;
        let (size, after) = number(after)?;
        let (content, next) = after.split_at_checked(size)?;
        let whole = &rest[..rest.len() - next.len()];
        rest = next;
        Some(Section { id, content, whole })
    })
}

/// The contents of a custom section.
fn section<'a>(module: &'a [u8], wanted: &str) -> Option<&'a [u8]> {
    sections(module).filter(|section| section.id == 0).find_map(|section| {
        let (len, content) = number(section.content)?;
        let (name, content) = content.split_at_checked(len)?;
        (name == wanted.as_bytes()).then_some(content)
    })
}

/// The module without what says nothing to the engine: it copies the name of a function into each frame of a deep stack, and names can be long. Custom sections
/// of our modules stand behind the code, whose offsets stay as they are.
fn without_custom(module: &[u8]) -> Vec<u8> {
    let mut bytes = module.get(..HEADER).unwrap_or(module).to_vec();
    let mut read = bytes.len();
    for section in sections(module) {
        read += section.whole.len();
        if section.id != 0 {
            bytes.extend_from_slice(section.whole);
        }
    }
    // What is no section stays, to be refused.
    bytes.extend_from_slice(&module[read..]);
    bytes
}

/// A number in LEB128, and what follows.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0u64;
    for (index, &byte) in bytes.iter().enumerate().take(5) {
        value |= u64::from(byte & 0x7F) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, &bytes[index + 1..]));
        }
    }
    None
}
