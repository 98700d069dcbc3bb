//! Stopping a program from outside: by request, by time.

use abi::ErrorKind;
use runtime::Waker;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use wasmtime::Engine;

/// A request to stop, from any thread: for Ctrl-C and the like. Stops the program that runs with it, and each one that is started later.
#[derive(Clone, Debug, Default)]
pub struct Stopper {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    requested: bool,
    running: Vec<Handle>,
}

impl Stopper {
    /// No request, no program.
    pub fn new() -> Stopper {
        Stopper::default()
    }

    /// Asks for the end. The program raises "interrupted" at its next back edge or call.
    pub fn stop(&self) {
        self.with(|state| {
            state.requested = true;
            for handle in &state.running {
                handle.stop(ErrorKind::Interrupted);
            }
        });
    }

    /// Connects a program for as long as the returned value lives.
    pub(crate) fn connect(&self, handle: Handle) -> Connection {
        self.with(|state| {
            if state.requested {
                handle.stop(ErrorKind::Interrupted);
            }
            state.running.push(handle.clone());
        });
        Connection { stopper: self.clone(), handle }
    }

    fn with<T>(&self, action: impl FnOnce(&mut State) -> T) -> T {
        // A panic inside leaves a flag and a list, which are valid at any time.
        action(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Why a program is to stop; the first request counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reason(Arc<AtomicU32>);

impl Reason {
    pub(crate) fn get(&self) -> Option<ErrorKind> {
        ErrorKind::from_number(self.0.load(Ordering::Relaxed))
    }
}

/// All that it takes to stop a program: the reason, what lets it look there, what ends its wait for input.
#[derive(Clone)]
pub(crate) struct Handle {
    engine: Engine,
    reason: Reason,
    waker: Option<Waker>,
}

impl Handle {
    pub(crate) fn new(engine: Engine, reason: Reason, waker: Option<Waker>) -> Handle {
        Handle { engine, reason, waker }
    }

    fn stop(&self, kind: ErrorKind) {
        // The reason first: who is woken finds it. Another one that was there before stays.
        let _ = self.reason.0.compare_exchange(0, kind as u32, Ordering::Relaxed, Ordering::Relaxed);
        self.engine.increment_epoch();
        if let Some(wake) = &self.waker {
            wake();
        }
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Handle").field(&self.reason).finish()
    }
}

/// A program that its stopper reaches.
pub(crate) struct Connection {
    stopper: Stopper,
    handle: Handle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let reason = &self.handle.reason.0;
        self.stopper.with(|state| state.running.retain(|other| !Arc::ptr_eq(&other.reason.0, reason)));
    }
}

/// A clock beside a program that stops it when its time is over.
pub(crate) struct Watchdog {
    done: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Starts the clock.
    pub(crate) fn start(limit: Duration, handle: Handle) -> std::io::Result<Watchdog> {
        let done = Arc::new((Mutex::new(false), Condvar::new()));
        let shared = done.clone();
        let watch = move || {
            let (flag, condition) = &*shared;
            let guard = flag.lock().unwrap_or_else(PoisonError::into_inner);
            let waited = condition.wait_timeout_while(guard, limit, |done| !*done);
            let (done, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if !*done {
                handle.stop(ErrorKind::TimedOut);
            }
        };
        let thread = std::thread::Builder::new().name("time limit".to_owned()).spawn(watch)?;
        Ok(Watchdog { done, thread: Some(thread) })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        *self.done.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.done.1.notify_one();
        if let Some(thread) = self.thread.take() {
            // It waits and sets a word; there is nothing in it to fail.
            let _ = thread.join();
        }
    }
}
