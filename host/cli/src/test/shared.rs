//! What the files of one call of `simple test` share: each part is loaded once, when a file needs it.

use crate::compile;
use crate::kept::Kept;
use anyhow::Result;
use engine::Engine;
use sandbox::{Sandbox, Settings};
use source::CacheDir;
use std::sync::{Arc, Mutex, PoisonError};

pub struct Shared {
    /// Programs that were compiled before.
    pub kept: Kept,
    engine: Mutex<Option<Arc<Engine>>>,
    sandbox: Mutex<Option<Arc<Sandbox>>>,
}

impl Shared {
    pub fn new(kept: Kept) -> Shared {
        Shared { kept, engine: Mutex::default(), sandbox: Mutex::default() }
    }

    /// The compiler.
    pub fn engine(&self) -> Result<Arc<Engine>> {
        once(&self.engine, compile::load)
    }

    /// What runs WebAssembly.
    pub fn sandbox(&self) -> Result<Arc<Sandbox>> {
        once(&self.sandbox, || Ok(Sandbox::new(Settings { fuel: false, cache: CacheDir::of_user() })?))
    }

    /// Waits for the compiler's fast form if it is being made: the next call starts at once then.
    pub fn finish(self) -> Result<()> {
        let engine = self.engine.into_inner().unwrap_or_else(PoisonError::into_inner);
        engine.and_then(Arc::into_inner).map_or(Ok(()), Engine::finish)
    }
}

/// What was made before, or is made now. Who comes meanwhile waits.
fn once<T>(place: &Mutex<Option<Arc<T>>>, make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
    // What is in it is whole, whatever happened to another thread.
    let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
    match &*place {
        Some(value) => Ok(value.clone()),
        None => Ok(place.insert(Arc::new(make()?)).clone()),
    }
}
