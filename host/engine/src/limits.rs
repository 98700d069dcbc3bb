//! What an instance of the component may use.

use std::time::Duration;
use wasmtime::ResourceLimiter;

/// Limits of one session. The deterministic budget is an option of the session itself; these are the backstop around it.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of linear memory.
    pub memory: usize,
    /// Wall time of one call into the component.
    pub time: Duration,
    /// Bytes that one call may hand out.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { memory: 1 << 30, time: Duration::from_secs(60), output: 256 << 20 }
    }
}

/// The component asked for more memory than it may have. The call ends with this error: compiled Rust code has nothing sensible to do
/// about memory that it does not get, and the host can say what happened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemoryRefused;

impl std::fmt::Display for MemoryRefused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the component asked for more memory than it may have")
    }
}

impl std::error::Error for MemoryRefused {}

/// What the store keeps.
pub(crate) struct State {
    limit: usize,
    /// Bytes of linear memory.
    pub(crate) memory: usize,
}

impl State {
    pub(crate) fn new(limits: &Limits) -> State {
        State { limit: limits.memory, memory: 0 }
    }
}

impl ResourceLimiter for State {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // The component has one memory, so the size of one is the size of all.
        if desired > self.limit {
            return Err(MemoryRefused.into());
        }
        self.memory = desired;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > 100_000 { Err(MemoryRefused.into()) } else { Ok(true) }
    }

    fn instances(&self) -> usize {
        16
    }

    fn tables(&self) -> usize {
        16
    }

    fn memories(&self) -> usize {
        1
    }
}
