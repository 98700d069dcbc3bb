//! Programs whose functions are replaced while they run.
//!
//! A [`Reloader`] is made before the run and passed in [`Limits`](crate::Limits). Whoever compiles a new version asks it what the program has
//! ([`Reloader::known`]), submits an artifact with the rest ([`Reloader::submit`]), and the program links it at its next back edge.

use crate::check;
use crate::{CallError, LoadError};
use abi::artifact::Artifact;
use exec::Interrupter;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A symbol that a program has: name, signature, content.
pub type Known = (String, u64, u64);

/// What a new version changed, by name.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reload {
    /// Functions that have new code; everybody calls it from now on.
    pub replaced: Vec<String>,
    /// Functions and variables that the program did not have.
    pub added: Vec<String>,
    /// Functions that are there with other types: new code calls these, old code the old ones until it is replaced.
    pub other_signature: Vec<String>,
    /// Variables that have another type and so a new value: old code keeps the old ones.
    pub other_type: Vec<String>,
    /// Functions that this version has no more, but values of the program may call.
    pub kept: Vec<String>,
    /// Variables that nothing can set alone. A version with such is not linked.
    pub(crate) unset: Vec<String>,
    /// The artifact whose entry is still to be run.
    pub(crate) entry: Option<exec::PartId>,
    /// Artifacts whose code is there.
    pub parts: usize,
    /// Bytes of code pages.
    pub code_bytes: u64,
    /// Entries of the function table in use.
    pub entries: u32,
    /// Types of the program.
    pub types: usize,
}

impl std::fmt::Display for Reload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let lists = [
            ("replaced", &self.replaced),
            ("added", &self.added),
            ("other signature", &self.other_signature),
            ("other type", &self.other_type),
            ("kept for values", &self.kept),
        ];
        let mut separator = "";
        for (what, names) in lists.iter().filter(|(_, names)| !names.is_empty()) {
            write!(f, "{separator}{what}: {}", names.join(", "))?;
            separator = "; ";
        }
        if separator.is_empty() { write!(f, "nothing changed") } else { Ok(()) }
    }
}

/// Why an artifact was not linked. The program is as it was, and goes on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LinkError {
    /// It calls a function that the program does not have.
    Missing(String),
    /// It has a symbol of this name with as many functions as the program's does not have.
    Clash(String),
    /// It is not a part of a program.
    Whole,
    /// Everything is linked, but a new variable did not get its value: its statement ended like this.
    Values(Box<CallError>),
    /// A variable is new, and the statement that sets it needs more than other variables.
    Unset(String),
    /// It calls a function of the host that is not registered.
    NoHostFunction {
        /// Its name.
        name: String,
        /// Its type, as the program declares it.
        is: String,
    },
    /// The function of the host that is registered by this name is of another type.
    HostFunction {
        /// Its name.
        name: String,
        /// Its type, as the program declares it.
        is: String,
        /// Its type, as it is registered.
        registered: String,
    },
    /// There is no room for this.
    NoRoom(&'static str),
    /// The runtime refuses its types.
    Types(String),
    /// The operating system refuses memory.
    System(String),
}

impl std::fmt::Display for LinkError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LinkError::Missing(name) => {
                write!(f, "the program does not have `{name}`, which the artifact calls")
            }
            LinkError::Clash(name) => write!(f, "the program has another `{name}`"),
            LinkError::Whole => write!(f, "the artifact is a program of its own, not a part of one"),
            LinkError::Values(error) => write!(f, "a new variable did not get its value: {error}"),
            LinkError::Unset(name) => {
                write!(f, "the new variable `{name}` cannot get its value while the program runs")
            }
            LinkError::NoHostFunction { name, is } => {
                write!(
                    f,
                    "the program calls `{name}`, `{is}`, of its host, which has no function of this name"
                )
            }
            LinkError::HostFunction { name, is, registered } => {
                write!(
                    f,
                    "the program calls `{name}` of its host as `{is}`, but the host's is `{registered}`"
                )
            }
            LinkError::NoRoom(what) => write!(f, "there is no room for {what}"),
            LinkError::Types(what) => write!(f, "the artifact's types do not fit: {what}"),
            LinkError::System(what) => write!(f, "the system has no memory for the code: {what}"),
        }
    }
}

impl std::error::Error for LinkError {}

/// Why an artifact is not even tried.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SubmitError {
    /// It cannot be loaded on this machine.
    Load(LoadError),
    /// It was compiled against a program that has changed since: compile again.
    Stale,
    /// No program runs.
    NotRunning,
}

impl std::fmt::Display for SubmitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SubmitError::Load(error) => error.fmt(f),
            SubmitError::Stale => write!(f, "the program has changed since the artifact was compiled"),
            SubmitError::NotRunning => write!(f, "the program does not run"),
        }
    }
}

impl std::error::Error for SubmitError {}

/// The way to replace parts of a program that runs. Usable from any thread; clones stand for the same program.
#[derive(Clone, Debug, Default)]
pub struct Reloader {
    shared: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Debug, Default)]
struct State {
    running: Option<Running>,
    /// Counts what was linked, over all runs.
    version: u64,
    waiting: Option<Artifact>,
    answers: VecDeque<Result<Reload, LinkError>>,
}

#[derive(Debug)]
struct Running {
    interrupter: Interrupter,
    known: Vec<Known>,
}

impl Reloader {
    /// One without a program.
    pub fn new() -> Reloader {
        Reloader::default()
    }

    /// What the running program has, with the version for [`submit`](Reloader::submit); none where no program of parts runs.
    pub fn known(&self) -> Option<(u64, Vec<Known>)> {
        let state = self.state();
        state.running.as_ref().map(|running| (state.version, running.known.clone()))
    }

    /// Hands over an artifact that was compiled against what [`known`](Reloader::known) gave. It takes the place of one that waits.
    ///
    /// # Errors
    /// See [`SubmitError`]. Whether it is linked is the next [`answer`](Reloader::answer).
    pub fn submit(&self, version: u64, artifact: &[u8]) -> Result<(), SubmitError> {
        let artifact = check::check(artifact).map_err(SubmitError::Load)?;
        let mut state = self.state();
        let current = state.version;
        let running = state.running.as_ref().ok_or(SubmitError::NotRunning)?;
        if version != current {
            return Err(SubmitError::Stale);
        }
        let interrupter = running.interrupter.clone();
        state.waiting = Some(artifact);
        interrupter.request_service();
        Ok(())
    }

    /// What became of an artifact that was submitted; waits for it as long as this.
    pub fn answer(&self, timeout: Duration) -> Option<Result<Reload, LinkError>> {
        let (_, changed) = &*self.shared;
        let waited = changed.wait_timeout_while(self.state(), timeout, |state| state.answers.is_empty());
        waited.unwrap_or_else(PoisonError::into_inner).0.answers.pop_front()
    }

    /// Connects a program for as long as the returned value lives.
    pub(crate) fn connect(&self, interrupter: Interrupter, known: Vec<Known>) -> Connection {
        let mut state = self.state();
        state.version += 1;
        state.running = Some(Running { interrupter, known });
        Connection { reloader: self.clone() }
    }

    /// What waits to be linked.
    pub(crate) fn take(&self) -> Option<Artifact> {
        self.state().waiting.take()
    }

    /// Notes what became of it.
    pub(crate) fn linked(&self, answer: Result<Reload, LinkError>, known: Vec<Known>) {
        let mut state = self.state();
        if answer.is_ok() {
            state.version += 1;
        }
        if let Some(running) = &mut state.running {
            running.known = known;
        }
        state.answers.push_back(answer);
        drop(state);
        self.shared.1.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whatever panicked inside has left whole values.
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A program that its reloader reaches.
pub(crate) struct Connection {
    reloader: Reloader,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut state = self.reloader.state();
        state.running = None;
        state.waiting = None;
    }
}
