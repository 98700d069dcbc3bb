//! Loads the component: from the cache if it can, else compiled, quickly first if that is wanted.

use crate::COMPONENT;
use crate::bindings::CompilerPre;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::limits::State;
use anyhow::Result;
use source::CacheDir;
use std::hash::{Hash as _, Hasher};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, OptLevel, Strategy};

/// Stack for code of the component.
pub(crate) const WASM_STACK: usize = 16 << 20;

/// How to load the component.
pub struct Settings {
    /// Where compiled forms are kept; none for no cache.
    pub cache: Option<CacheDir>,
    /// On an empty cache, start with a quickly made slow form while the fast one is made on another thread.
    pub quick_start: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { cache: CacheDir::of_user(), quick_start: true }
    }
}

/// Where the form of the component came from that an engine started with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// The cache.
    Cached,
    /// Compiled for speed, just now.
    Compiled,
    /// Compiled quickly, just now. With a cache, another thread makes the fast form, for later sessions and the next start.
    Quick,
}

/// The loaded component.
pub struct Engine {
    current: Arc<Mutex<Arc<Loaded>>>,
    start: Start,
    background: Mutex<Option<JoinHandle<()>>>,
}

/// The component in one compiled form.
pub(crate) struct Loaded {
    pub(crate) engine: wasmtime::Engine,
    pub(crate) pre: CompilerPre<State>,
    pub(crate) clock: Clock,
}

impl Engine {
    /// Loads the component that this crate carries.
    ///
    /// # Errors
    /// Wasmtime refuses it: a bug, or a machine that it does not support.
    pub fn load(settings: Settings) -> Result<Engine> {
        Engine::load_named(COMPONENT, env!("SIMPLE_COMPONENT_HASH"), settings)
    }

    /// Loads a component given as bytes.
    ///
    /// # Errors
    /// As [`Engine::load`]; also when the bytes are not a compiler component.
    pub fn load_component(bytes: &'static [u8], settings: Settings) -> Result<Engine> {
        Engine::load_named(bytes, &blake3::hash(bytes).to_hex(), settings)
    }

    fn load_named(bytes: &'static [u8], hash: &str, settings: Settings) -> Result<Engine> {
        let cache = Cache::new(settings.cache);
        let fast = wasmtime::Engine::new(&config(Strategy::Cranelift))?;
        let name = cache_name(hash, &fast);
        if let Some(path) = cache.get(&name)
            && let Ok(component) = deserialize(&fast, &path)
            && let Ok(loaded) = Loaded::new(fast.clone(), &component)
        {
            return Ok(Engine::new(loaded, Start::Cached));
        }
        if !settings.quick_start {
            return Ok(Engine::new(compile(fast, bytes, &cache, &name)?, Start::Compiled));
        }
        let quick = wasmtime::Engine::new(&config(Strategy::Winch))?;
        let component = Component::new(&quick, bytes)?;
        let engine = Engine::new(Loaded::new(quick, &component)?, Start::Quick);
        if cache.is_there() {
            let current = engine.current.clone();
            let background = std::thread::spawn(move || {
                // Where it fails, the quick form goes on: Wasmtime has just shown that it can run the component.
                if let Ok(loaded) = compile(fast, bytes, &cache, &name) {
                    *current.lock().unwrap_or_else(PoisonError::into_inner) = loaded;
                }
            });
            *engine.background.lock().unwrap_or_else(PoisonError::into_inner) = Some(background);
        }
        Ok(engine)
    }

    fn new(loaded: Arc<Loaded>, start: Start) -> Engine {
        Engine { current: Arc::new(Mutex::new(loaded)), start, background: Mutex::new(None) }
    }

    /// Where the form came from that the engine started with.
    pub fn start(&self) -> Start {
        self.start
    }

    /// Whether the fast form is still being made. A process that ends now loses the work.
    pub fn is_compiling(&self) -> bool {
        let background = self.background.lock().unwrap_or_else(PoisonError::into_inner);
        background.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Waits for the thread that makes the fast form, if there is one.
    pub fn finish(&self) {
        let background = self.background.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = background {
            // A panic there would only mean that nothing was cached.
            let _ = thread.join();
        }
    }

    /// The best form there is.
    pub(crate) fn loaded(&self) -> Arc<Loaded> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Loaded {
    fn new(engine: wasmtime::Engine, component: &Component) -> Result<Arc<Loaded>> {
        // The component imports nothing, so the linker stays empty.
        let pre = CompilerPre::new(Linker::new(&engine).instantiate_pre(component)?)?;
        let clock = Clock::start(&engine)?;
        Ok(Arc::new(Loaded { engine, pre, clock }))
    }
}

/// Makes the fast form and keeps it. Not being able to keep it costs the next start, nothing else.
fn compile(engine: wasmtime::Engine, bytes: &[u8], cache: &Cache, name: &str) -> Result<Arc<Loaded>> {
    let component = Component::new(&engine, bytes)?;
    if let Ok(compiled) = component.serialize() {
        let _ = cache.put(name, &compiled);
    }
    Loaded::new(engine, &component)
}

fn config(strategy: Strategy) -> Config {
    let mut config = Config::new();
    config
        .strategy(strategy)
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK)
        .wasm_component_model(true)
        // Places in the component say nothing to its users, and their tables would make up much of the cached file.
        .generate_address_map(false)
        .wasm_backtrace_max_frames(None);
    config
}

// The cache's file is mapped as it is.
#[allow(unsafe_code)]
fn deserialize(engine: &wasmtime::Engine, path: &Path) -> Result<Component> {
    // SAFETY: the bytes at this path were just compared with a hash that only this user can make (`Cache::get`), so they are what
    // Wasmtime serialized; files in the cache are replaced by renaming, never changed.
    Ok(unsafe { Component::deserialize_file(engine, path)? })
}

/// Component, Wasmtime, settings, kind of processor: everything the compiled form depends on.
fn cache_name(hash: &str, engine: &wasmtime::Engine) -> String {
    struct Name(blake3::Hasher);
    impl Hasher for Name {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }
        fn finish(&self) -> u64 {
            let hash = self.0.finalize();
            hash.as_bytes().iter().take(8).fold(0, |word, &byte| word << 8 | u64::from(byte))
        }
    }
    let mut name = Name(blake3::Hasher::new());
    hash.hash(&mut name);
    engine.precompile_compatibility_hash().hash(&mut name);
    name.0.finalize().to_hex()[..32].to_owned()
}
