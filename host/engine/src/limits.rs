//! What an instance of the component may use.

use crate::clock::Clock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use wasmtime::{ResourceLimiter, UpdateDeadline};

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

/// When the program of an [`Execution`](crate::Execution) is to stop: by request, or by time.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    requested: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl Stop {
    /// Not requested yet; due at the deadline if there is one.
    pub fn new(deadline: Option<Instant>) -> Stop {
        Stop { requested: Arc::default(), deadline }
    }

    /// Asks for the end; from any thread, through a clone.
    pub fn request(&self) {
        self.requested.store(true, Ordering::Relaxed);
    }

    /// True after a request.
    pub fn is_requested(&self) -> bool {
        self.requested.load(Ordering::Relaxed)
    }

    /// The deadline.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// True from the deadline on.
    pub fn is_late(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }

    fn is_due(&self) -> bool {
        self.is_requested() || self.is_late()
    }
}

/// Epochs that a step has to end by itself once its program is to stop: then the program's stack can be shown. What takes longer
/// is inside of one runtime function, and the instance goes with it.
const PATIENCE: u64 = 10;

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
    /// Epochs that the call may still take.
    ticks: u64,
    /// When the call is to end, for calls that run a program.
    stop: Option<Stop>,
    patience: u64,
}

impl State {
    /// What the component has, at most: a few core instances that share one memory.
    pub(crate) const INSTANCES: usize = 4;
    pub(crate) const TABLES: usize = 4;
    pub(crate) const MEMORIES: usize = 1;
    pub(crate) const TABLE_LEN: usize = 100_000;

    pub(crate) fn new(limits: &Limits) -> State {
        State {
            limit: limits.memory,
            memory: 0,
            ticks: Clock::ticks(limits.time),
            stop: None,
            patience: PATIENCE,
        }
    }

    /// Before a call.
    pub(crate) fn begin(&mut self, time: Duration, stop: Option<&Stop>) {
        self.ticks = Clock::ticks(time);
        self.stop = stop.cloned();
        self.patience = PATIENCE;
    }

    /// True if the call was ended because its program was to stop.
    pub(crate) fn was_stopped(&self) -> bool {
        self.patience == 0
    }

    /// At the end of each epoch of a call.
    pub(crate) fn tick(&mut self) -> UpdateDeadline {
        self.ticks = self.ticks.saturating_sub(1);
        if self.stop.as_ref().is_some_and(Stop::is_due) {
            self.patience = self.patience.saturating_sub(1);
        }
        if self.ticks == 0 || self.patience == 0 {
            UpdateDeadline::Interrupt
        } else {
            UpdateDeadline::Continue(1)
        }
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
        if desired > Self::TABLE_LEN { Err(MemoryRefused.into()) } else { Ok(true) }
    }

    fn instances(&self) -> usize {
        Self::INSTANCES
    }

    fn tables(&self) -> usize {
        Self::TABLES
    }

    fn memories(&self) -> usize {
        Self::MEMORIES
    }
}
