//! The textual door of the compiler in an instance of its own.

use crate::bindings::exports::simple::compiler::textual::Guest;
use crate::limits::{Limits, State};
use crate::load::Loaded;
use crate::session::{Error, explain, on_stack};
use crate::{Options, Target};
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::ResourceAny;

/// A context that is asked in JSON.
pub struct Context {
    loaded: Arc<Loaded>,
    limits: Limits,
    input: blake3::Hasher,
    /// None after an error that the instance did not survive.
    live: Option<Live>,
}

struct Live {
    store: Store<State>,
    api: Guest,
    context: ResourceAny,
}

impl Context {
    pub(crate) fn open(
        loaded: Arc<Loaded>,
        options: &Options,
        target: Target,
        limits: Limits,
    ) -> Result<Context, Error> {
        let mut store = crate::session::store(&loaded, &limits);
        let input = blake3::Hasher::new();
        let live = on_stack(|| {
            loaded.clock.during(|| {
                let api = loaded.pre.instantiate(&mut store)?.simple_compiler_textual().clone();
                let context = api.context().call_constructor(&mut store, *options, target)?;
                Ok(Live { store, api, context })
            })
        })?
        .map_err(|error| explain(&error, &limits, &input))?;
        Ok(Context { loaded, limits, input, live: Some(live) })
    }

    /// Adds a module: a module file where the path ends in `.smf`, else a source text; the first one is the program. False where it is wrong.
    ///
    /// # Errors
    /// See [`Error`]; so for all calls. What is wrong with a question is part of the answer.
    pub fn add(&mut self, path: &str, contents: &[u8]) -> Result<bool, Error> {
        for part in [path.as_bytes(), contents] {
            self.input.update(&(part.len() as u64).to_le_bytes());
            self.input.update(part);
        }
        self.call(|live| live.api.context().call_add(&mut live.store, live.context, path, contents))
    }

    /// `compiler_infer_types`.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn infer_types(&mut self, template: &str, hints: &str) -> Result<String, Error> {
        self.call(|live| live.api.context().call_infer_types(&mut live.store, live.context, template, hints))
    }

    /// `compiler_check_types`.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn check_types(&mut self, code: &[u8]) -> Result<bool, Error> {
        self.call(|live| live.api.context().call_check_types(&mut live.store, live.context, code))
    }

    /// `compiler_instantiate_template`.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn instantiate_template(&mut self, template: &str, types: &str) -> Result<String, Error> {
        self.call(|live| {
            live.api.context().call_instantiate_template(&mut live.store, live.context, template, types)
        })
    }

    /// `compiler_get_stats`.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn stats(&mut self) -> Result<String, Error> {
        self.call(|live| live.api.context().call_get_stats(&mut live.store, live.context))
    }

    /// `compiler_get_last_error`.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn last_error(&mut self) -> Result<Option<String>, Error> {
        self.call(|live| live.api.context().call_last_error(&mut live.store, live.context))
    }

    fn call<T: Send>(
        &mut self,
        call: impl FnOnce(&mut Live) -> wasmtime::Result<T> + Send,
    ) -> Result<T, Error> {
        let mut live = self.live.take().ok_or(Error::Gone)?;
        live.store.data_mut().begin(self.limits.time, None);
        live.store.set_epoch_deadline(1);
        let value = on_stack(|| self.loaded.clock.during(|| call(&mut live)))?
            .map_err(|error| explain(&error, &self.limits, &self.input))?;
        self.live = Some(live);
        Ok(value)
    }
}
