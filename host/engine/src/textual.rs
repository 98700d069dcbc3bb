//! The textual door of the compiler in an instance of its own.

use crate::bindings::exports::simple::compiler::textual::Guest;
use crate::error::Error;
use crate::instance::Instance;
use crate::limits::Limits;
use crate::load::Loaded;
use crate::{Options, Target};
use std::sync::Arc;

/// A context that is asked in JSON.
pub struct Context {
    instance: Instance<Guest>,
}

impl Context {
    pub(crate) fn open(
        loaded: Arc<Loaded>,
        options: &Options,
        target: Target,
        limits: Limits,
    ) -> Result<Context, Error> {
        let instance = Instance::open(loaded, limits, async |pre, store| {
            let api = pre.instantiate_async(&mut *store).await?.simple_compiler_textual().clone();
            let context = api.context().call_constructor(store, *options, target).await?;
            Ok((api, context))
        })?;
        Ok(Context { instance })
    }

    /// Adds a module: a module file where the path ends in `.smf`, else a source text; the first one is the program. False where it is wrong.
    ///
    /// # Errors
    /// See [`Error`]; so for all calls. What is wrong with a question is part of the answer.
    pub fn add(&mut self, path: &str, contents: &[u8]) -> Result<bool, Error> {
        self.instance.takes_in([path.as_bytes(), contents]);
        self.instance.call(async |live| {
            live.api.context().call_add(&mut live.store, live.resource, path, contents).await
        })
    }

    /// `compiler_infer_types`.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn infer_types(&mut self, template: &str, hints: &str) -> Result<String, Error> {
        self.instance.call(async |live| {
            live.api.context().call_infer_types(&mut live.store, live.resource, template, hints).await
        })
    }

    /// `compiler_check_types`.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn check_types(&mut self, code: &[u8]) -> Result<bool, Error> {
        self.instance.call(async |live| {
            live.api.context().call_check_types(&mut live.store, live.resource, code).await
        })
    }

    /// `compiler_instantiate_template`.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn instantiate_template(&mut self, template: &str, types: &str) -> Result<String, Error> {
        self.instance.call(async |live| {
            live.api
                .context()
                .call_instantiate_template(&mut live.store, live.resource, template, types)
                .await
        })
    }

    /// `compiler_get_stats`.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn stats(&mut self) -> Result<String, Error> {
        self.instance
            .call(async |live| live.api.context().call_get_stats(&mut live.store, live.resource).await)
    }

    /// `compiler_get_last_error`.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn last_error(&mut self) -> Result<Option<String>, Error> {
        self.instance
            .call(async |live| live.api.context().call_last_error(&mut live.store, live.resource).await)
    }
}
