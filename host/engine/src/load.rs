//! Loads the component: from the cache if it can, else compiled, quickly first if that is wanted.

use crate::COMPONENT;
use crate::bindings::CompilerPre;
use crate::cache::Cache;
use crate::limits::State;
use anyhow::{Context as _, Result};
use source::CacheDir;
use std::sync::{Arc, Mutex, Weak};
use std::thread::JoinHandle;
use std::time::Duration;
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, OptLevel, Strategy};

/// How often the epoch moves on: the grain of wall-time limits.
pub(crate) const TICK: Duration = Duration::from_millis(10);
/// Stack for code of the component. A thread that calls it must have [`Engine::THREAD_STACK`].
const WASM_STACK: usize = 16 << 20;

/// How to load the component.
pub struct Settings {
    /// Where compiled forms are kept; none for no cache.
    pub cache: Option<CacheDir>,
    /// On an empty cache, start with a quickly made slow form while the fast one is made for the next start.
    pub quick_start: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { cache: CacheDir::of_user(), quick_start: true }
    }
}

/// Where the running form of the component came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// The cache.
    Cached,
    /// Compiled for speed, just now.
    Compiled,
    /// Compiled quickly, just now; another thread makes the fast form for the next start.
    Quick,
}

/// The loaded component.
pub struct Engine {
    engine: Arc<wasmtime::Engine>,
    pre: CompilerPre<State>,
    start: Start,
    background: Mutex<Option<JoinHandle<()>>>,
}

impl Engine {
    /// Stack that a thread needs to call into a session.
    pub const THREAD_STACK: usize = WASM_STACK + (8 << 20);

    /// Loads the component that this crate carries.
    ///
    /// # Errors
    /// Wasmtime refuses it: a bug, or a machine that it does not support.
    pub fn load(settings: Settings) -> Result<Engine> {
        Engine::load_component(COMPONENT, settings)
    }

    /// Loads a component given as bytes.
    ///
    /// # Errors
    /// As [`Engine::load`]; also when the bytes are not a compiler component.
    pub fn load_component(bytes: &'static [u8], settings: Settings) -> Result<Engine> {
        let cache = Cache::new(settings.cache);
        let name = cache_name(bytes);
        let fast = Arc::new(wasmtime::Engine::new(&config(Strategy::Cranelift))?);
        if let Some(path) = cache.get(&name)
            && let Ok(component) = deserialize(&fast, &path)
            && let Ok(engine) = Engine::new(fast.clone(), &component, Start::Cached)
        {
            return Ok(engine);
        }
        if !settings.quick_start {
            let compiled = fast.precompile_component(bytes).context("compiling the component")?;
            // Without a cache the compiled form is used all the same, from memory.
            let component = match cache.put(&name, &compiled).and_then(|path| deserialize(&fast, &path)) {
                Ok(component) => component,
                Err(_) => Component::new(&fast, bytes)?,
            };
            return Engine::new(fast, &component, Start::Compiled);
        }
        let quick = Arc::new(wasmtime::Engine::new(&config(Strategy::Winch))?);
        let component = Component::new(&quick, bytes).context("compiling the component")?;
        let engine = Engine::new(quick, &component, Start::Quick)?;
        let background = std::thread::spawn(move || {
            if let Ok(compiled) = fast.precompile_component(bytes) {
                // Not being able to keep it costs the next start half a second, nothing else.
                let _ = cache.put(&name, &compiled);
            }
        });
        *engine.background.lock().expect("nobody panics while holding it") = Some(background);
        Ok(engine)
    }

    fn new(engine: Arc<wasmtime::Engine>, component: &Component, start: Start) -> Result<Engine> {
        // The component imports nothing, so the linker stays empty.
        let pre = CompilerPre::new(Linker::new(&engine).instantiate_pre(component)?)?;
        tick(Arc::downgrade(&engine));
        Ok(Engine { engine, pre, start, background: Mutex::new(None) })
    }

    /// Where the running form came from.
    pub fn start(&self) -> Start {
        self.start
    }

    /// Waits for the thread that makes the fast form, if there is one. A process that ends before loses the work.
    pub fn finish(&self) {
        let background = self.background.lock().expect("nobody panics while holding it").take();
        if let Some(thread) = background {
            // A panic there would only mean that nothing was cached.
            let _ = thread.join();
        }
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.engine
    }

    pub(crate) fn pre(&self) -> &CompilerPre<State> {
        &self.pre
    }
}

fn config(strategy: Strategy) -> Config {
    let mut config = Config::new();
    config
        .strategy(strategy)
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK)
        .wasm_component_model(true);
    config
}

// The cache's file is mapped as it is.
#[allow(unsafe_code)]
fn deserialize(engine: &wasmtime::Engine, path: &std::path::Path) -> Result<Component> {
    // SAFETY: the bytes at this path were just compared with a hash that only this user can make (`Cache::get`), or written a moment ago
    // (`Cache::put`), so they are what `precompile_component` returned; files in the cache are replaced by renaming, never changed.
    Ok(unsafe { Component::deserialize_file(engine, path)? })
}

// Component, engine version and settings: everything the compiled form depends on.
fn cache_name(bytes: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(bytes);
    hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
    hasher.update(wasmtime::VERSION.as_bytes());
    hasher.update(std::env::consts::ARCH.as_bytes());
    hasher.finalize().to_hex()[..32].to_owned()
}

// Moves the epoch on for as long as the engine lives.
fn tick(engine: Weak<wasmtime::Engine>) {
    std::thread::spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    });
}
