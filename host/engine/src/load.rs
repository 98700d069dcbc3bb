//! Loads the component: from the cache if it can, else compiled, quickly first if that is wanted.

use crate::bindings::CompilerPre;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::error::Error;
use crate::helpers::{Helpers, Jobs};
use crate::limits::State;
use crate::session::Session;
use crate::textual::Context;
use crate::{COMPONENT, Limits, Options, Target};
use anyhow::{Result, anyhow};
use source::CacheDir;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Strategy};

/// Stack for code of the component.
pub(crate) const WASM_STACK: usize = 16 << 20;

/// Instances at the same time whose places are made beforehand. More than these work too, and take longer to make.
const POOLED: u32 = 64;

/// How an engine is made.
pub struct Settings {
    /// What is there when the engine is ready, if nothing is cached.
    pub start: Start,
    /// Where compiled forms are kept between processes; none for no cache.
    pub cache: Option<CacheDir>,
}

/// What is there when an engine is ready, if nothing is cached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// Code that was made quickly and runs at half the speed. With a cache, another thread makes good code, for later sessions and
    /// the next process.
    Quick,
    /// Good code.
    Optimized,
    /// Quickly made code and nothing else ever, whatever is cached.
    Baseline,
}

/// The loaded component.
pub struct Engine {
    current: Arc<Mutex<Arc<Loaded>>>,
    cached: bool,
    background: Option<JoinHandle<Result<()>>>,
}

/// The component in one compiled form.
pub(crate) struct Loaded {
    pub(crate) engine: wasmtime::Engine,
    pub(crate) pre: CompilerPre<State>,
    pub(crate) clock: Clock,
    strategy: Strategy,
    /// The same for instances that have no place in the pool, once there are some.
    unpooled: OnceLock<Option<Arc<Loaded>>>,
}

impl Engine {
    /// Loads the component that this crate carries.
    ///
    /// # Errors
    /// Wasmtime refuses it: a bug, or a machine that it does not support.
    pub fn new(settings: Settings) -> Result<Engine> {
        let quick = || -> Result<Arc<Loaded>> {
            let engine = pooled(Strategy::Winch)?;
            let component = Component::new(&engine, COMPONENT)?;
            Loaded::new(engine, &component, Strategy::Winch)
        };
        if settings.start == Start::Baseline {
            return Ok(Engine::of(quick()?));
        }
        let good = pooled(Strategy::Cranelift)?;
        let cache = Cache::new(settings.cache, "component");
        let name = cache_name(&good);
        if let Some(path) = cache.get(&name)
            && let Ok(component) = deserialize(&good, Compiled::File(&path))
        {
            let engine = Engine::of(Loaded::new(good, &component, Strategy::Cranelift)?);
            return Ok(Engine { cached: true, ..engine });
        }
        if settings.start == Start::Optimized {
            return Ok(Engine::of(compile(good, &cache, &name)?));
        }
        let engine = Engine::of(quick()?);
        if !cache.is_there() {
            return Ok(engine);
        }
        let current = engine.current.clone();
        let background =
            std::thread::Builder::new().name("component compiler".to_owned()).spawn(move || {
                let loaded = compile(good, &cache, &name)?;
                *current.lock().unwrap_or_else(PoisonError::into_inner) = loaded;
                Ok(())
            })?;
        Ok(Engine { background: Some(background), ..engine })
    }

    fn of(loaded: Arc<Loaded>) -> Engine {
        Engine { current: Arc::new(Mutex::new(loaded)), cached: false, background: None }
    }

    /// A compilation in a new instance of the component.
    ///
    /// # Errors
    /// The limits are too small for even that.
    pub fn session(&self, options: &Options, limits: Limits) -> Result<Session, Error> {
        let loaded = self.current.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Session::open(loaded, options, limits)
    }

    /// Helpers for a session with the same options.
    pub fn helpers(&self, options: &Options, limits: Limits, jobs: Jobs) -> Helpers {
        let loaded = self.current.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Helpers::new(loaded, options, limits, jobs)
    }

    /// A context of the textual door in an instance of its own.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn context(&self, options: &Options, target: Target, limits: Limits) -> Result<Context, Error> {
        let loaded = self.current.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Context::open(loaded, options, target, limits)
    }

    /// Whether the code came from the cache.
    pub fn is_cached(&self) -> bool {
        self.cached
    }

    /// Whether good code is still being made. A process that ends now loses the work.
    pub fn is_compiling(&self) -> bool {
        self.background.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Waits for the good code to be made and stored, where that is going on: the next process starts at once then.
    ///
    /// # Errors
    /// It could not be made: a bug, since Wasmtime has just run the component.
    pub fn finish(mut self) -> Result<()> {
        let Some(thread) = self.background.take() else { return Ok(()) };
        thread.join().map_err(|_| anyhow!("the thread that compiles the component panicked"))?
    }
}

impl Loaded {
    fn new(engine: wasmtime::Engine, component: &Component, strategy: Strategy) -> Result<Arc<Loaded>> {
        // The component imports nothing, so the linker stays empty.
        let pre = CompilerPre::new(Linker::new(&engine).instantiate_pre(component)?)?;
        let clock = Clock::start(&engine)?;
        Ok(Arc::new(Loaded { engine, pre, clock, strategy, unpooled: OnceLock::new() }))
    }

    /// The same code in an engine that makes each place when it is needed.
    pub(crate) fn unpooled(&self) -> Option<&Arc<Loaded>> {
        let make = || -> Result<Arc<Loaded>> {
            let bytes = self.pre.instance_pre().component().serialize()?;
            let engine = wasmtime::Engine::new(&config(self.strategy))?;
            let component = deserialize(&engine, Compiled::Bytes(&bytes))?;
            Loaded::new(engine, &component, self.strategy)
        };
        self.unpooled.get_or_init(|| make().ok()).as_ref()
    }
}

/// Makes good code and keeps it. Not being able to keep it costs the next start, nothing else.
fn compile(engine: wasmtime::Engine, cache: &Cache, name: &str) -> Result<Arc<Loaded>> {
    let component = Component::new(&engine, COMPONENT)?;
    if cache.is_there() {
        let _ = cache.put(name, &component.serialize()?);
    }
    Loaded::new(engine, &component, Strategy::Cranelift)
}

/// An engine with a pool of places for instances, whose memories, tables and stacks are mapped once and used again: that halves the time to
/// make an instance (`cargo xtask bench questions`). It reserves addresses, 4 GiB and guards for each place. Where the
/// system refuses that, each place is made when it is needed.
fn pooled(strategy: Strategy) -> Result<wasmtime::Engine> {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(POOLED)
        .total_core_instances(POOLED * State::INSTANCES as u32)
        .total_memories(POOLED * State::MEMORIES as u32)
        .total_tables(POOLED * State::TABLES as u32)
        .total_stacks(POOLED)
        // What an instance may use is for the limiter of its store to say.
        .max_memory_size(4 << 30)
        .table_elements(State::TABLE_LEN);
    let mut config = config(strategy);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    match wasmtime::Engine::new(&config) {
        Ok(engine) => Ok(engine),
        Err(_) => {
            Ok(wasmtime::Engine::new(config.allocation_strategy(InstanceAllocationStrategy::OnDemand))?)
        }
    }
}

pub(crate) fn config(strategy: Strategy) -> Config {
    let mut config = Config::new();
    config
        .strategy(strategy)
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK)
        // What runs on it besides code of the component: Wasmtime, and what copies arguments and results.
        .async_stack_size(WASM_STACK + (1 << 20))
        .wasm_component_model(true)
        // Places in the component say nothing to its users, and their tables would make up much of the cached file.
        .generate_address_map(false)
        .wasm_backtrace_max_frames(None);
    config
}

/// The component in compiled form, as Wasmtime serialized it.
enum Compiled<'a> {
    /// In a file of the cache.
    File(&'a Path),
    /// By this process.
    Bytes(&'a [u8]),
}

// The cache's file is mapped as it is.
#[allow(unsafe_code)]
fn deserialize(engine: &wasmtime::Engine, compiled: Compiled<'_>) -> Result<Component> {
    // SAFETY: the bytes at the path were just compared with a hash that only this user can make (`Cache::get`), so they are what
    // Wasmtime serialized; files in the cache are replaced by renaming, never changed. The other bytes came from Wasmtime a moment ago.
    Ok(unsafe {
        match compiled {
            Compiled::File(path) => Component::deserialize_file(engine, path),
            Compiled::Bytes(bytes) => Component::deserialize(engine, bytes),
        }?
    })
}

/// Component, Wasmtime, settings, kind of processor: everything the compiled form depends on.
fn cache_name(engine: &wasmtime::Engine) -> String {
    Cache::name((env!("SIMPLE_COMPONENT_HASH"), engine.precompile_compatibility_hash()))
}
