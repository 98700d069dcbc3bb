//! Wall time for calls into the component: counts Wasmtime's epochs while a call runs.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long an epoch is: a call ends at most this much after its time is over.
const TICK: Duration = Duration::from_millis(10);

/// The clock of one Wasmtime engine. Its thread sleeps while no call runs.
pub(crate) struct Clock {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    calls: usize,
    closing: bool,
}

impl Clock {
    /// Starts the clock of an engine.
    pub(crate) fn start(engine: &wasmtime::Engine) -> std::io::Result<Clock> {
        let shared = Arc::<Shared>::default();
        let (seen, engine) = (shared.clone(), engine.clone());
        let thread = std::thread::Builder::new().name("component clock".to_owned()).spawn(move || {
            let mut state = seen.lock();
            while !state.closing {
                if state.calls == 0 {
                    state = seen.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                    continue;
                }
                let waited = seen.changed.wait_timeout(state, TICK).unwrap_or_else(PoisonError::into_inner);
                state = waited.0;
                if waited.1.timed_out() {
                    engine.increment_epoch();
                }
            }
        })?;
        Ok(Clock { shared, thread: Some(thread) })
    }

    /// Epochs that surely last for a time.
    pub(crate) fn ticks(time: Duration) -> u64 {
        // One more, since the first may be nearly over.
        u64::try_from(time.as_millis() / TICK.as_millis()).map_or(u64::MAX / 2, |ticks| ticks + 2)
    }

    /// Runs a call while the clock goes.
    pub(crate) fn during<T>(&self, call: impl FnOnce() -> T) -> T {
        struct Leave<'a>(&'a Shared);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.lock().calls -= 1;
            }
        }
        self.shared.lock().calls += 1;
        self.shared.changed.notify_all();
        let _leave = Leave(&self.shared);
        call()
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // It holds no state that its end could leave in pieces.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A count and a flag are valid at any time.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
