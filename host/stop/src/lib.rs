//! Stopping a program from outside, whatever runs it: by request, by time.

use abi::ErrorKind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A program that can be asked to stop. It ends with an error of the kind soon, also where it waits for input.
pub trait Stop: Send + Sync {
    /// Asks it.
    fn stop(&self, kind: ErrorKind);
}

/// The way to one program.
pub type Handle = Arc<dyn Stop>;

/// A request to stop, from any thread: for Ctrl-C and the like. Stops the program that runs with it, and each one that is started later, until
/// [`reset`](Stopper::reset).
#[derive(Clone, Debug, Default)]
pub struct Stopper {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    requested: bool,
    running: Vec<Handle>,
}

impl Stopper {
    /// No request, no program.
    pub fn new() -> Stopper {
        Stopper::default()
    }

    /// Asks for the end. The program raises "interrupted" at its next back edge or in a call of the runtime.
    pub fn stop(&self) {
        self.with(|state| {
            state.requested = true;
            for handle in &state.running {
                handle.stop(ErrorKind::Interrupted);
            }
        });
    }

    /// True after a request.
    pub fn is_requested(&self) -> bool {
        self.with(|state| state.requested)
    }

    /// Forgets the request.
    pub fn reset(&self) {
        self.with(|state| state.requested = false);
    }

    /// Connects a program for as long as the returned value lives.
    pub fn connect(&self, handle: Handle) -> Connection {
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

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let running = self.running.len();
        f.debug_struct("State").field("requested", &self.requested).field("running", &running).finish()
    }
}

/// A program that its stopper reaches.
pub struct Connection {
    stopper: Stopper,
    handle: Handle,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let own = Arc::as_ptr(&self.handle);
        self.stopper.with(|state| state.running.retain(|other| !std::ptr::addr_eq(Arc::as_ptr(other), own)));
    }
}

/// A clock beside a program that stops it where a call of it takes too long. It has a thread of its own, which sleeps from one limit to the next.
pub struct Watchdog {
    shared: Shared,
    thread: Option<JoinHandle<()>>,
}

type Shared = Arc<(Mutex<Due>, Condvar)>;

/// When the program is to stop.
#[derive(Default)]
struct Due {
    at: Option<Instant>,
    /// When the thread looks next.
    wakes: Option<Instant>,
    over: bool,
}

impl Watchdog {
    /// A clock that is not set.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub fn start(handle: Handle) -> std::io::Result<Watchdog> {
        let shared = Arc::new((Mutex::new(Due::default()), Condvar::new()));
        let watched = shared.clone();
        let watch = move || {
            let changed = &watched.1;
            let mut due = lock(&watched);
            while !due.over {
                let now = Instant::now();
                match due.at {
                    // Under the lock, so that no call that comes after this one is stopped instead.
                    Some(at) if at <= now => {
                        handle.stop(ErrorKind::TimedOut);
                        due.at = None;
                    }
                    Some(at) => {
                        due.wakes = Some(at);
                        due = changed.wait_timeout(due, at - now).unwrap_or_else(PoisonError::into_inner).0;
                        due.wakes = None;
                    }
                    None => due = changed.wait(due).unwrap_or_else(PoisonError::into_inner),
                }
            }
        };
        let thread = std::thread::Builder::new().name("time limit".to_owned()).spawn(watch)?;
        Ok(Watchdog { shared, thread: Some(thread) })
    }

    /// The program is to stop after this time, unless the returned value is gone by then.
    pub fn set(&self, limit: Duration) -> Watched {
        let mut due = lock(&self.shared);
        due.at = Instant::now().checked_add(limit);
        // A thread that sleeps until the limit of an earlier call finds the later one when it wakes.
        if due.wakes.is_none_or(|wakes| due.at.is_some_and(|at| at < wakes)) {
            self.shared.1.notify_one();
        }
        Watched { shared: self.shared.clone() }
    }
}

fn lock(shared: &Shared) -> MutexGuard<'_, Due> {
    shared.0.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A call whose time is limited.
pub struct Watched {
    shared: Shared,
}

impl Drop for Watched {
    fn drop(&mut self) {
        lock(&self.shared).at = None;
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        lock(&self.shared).over = true;
        self.shared.1.notify_one();
        if let Some(thread) = self.thread.take() {
            // It waits and sets a word; there is nothing in it to fail.
            let _ = thread.join();
        }
    }
}
