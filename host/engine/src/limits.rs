//! What an instance of the component may use.

use std::time::Duration;
use wasmtime::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};

/// Limits of one session. The deterministic budget is an option of the session itself; these are the backstop around it.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of linear memory.
    pub memory: usize,
    /// Wall time of one call into the component.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { memory: 1 << 30, time: Duration::from_secs(60) }
    }
}

/// What the store keeps.
pub(crate) struct State {
    pub(crate) limits: StoreLimits,
}

impl State {
    pub(crate) fn new(limits: &Limits) -> State {
        // A failed growth traps: compiled Rust code has nothing sensible to do about it, and the host can say what happened.
        let limits = StoreLimitsBuilder::new()
            .memory_size(limits.memory)
            .table_elements(100_000)
            .instances(16)
            .memories(4)
            .tables(16)
            .trap_on_grow_failure(true)
            .build();
        State { limits }
    }

    pub(crate) fn limiter(&mut self) -> &mut dyn ResourceLimiter {
        &mut self.limits
    }
}
