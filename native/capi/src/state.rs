//! What the handles of a thread stand for.
//!
//! The functions of the interface have no argument for a library, so the table is the thread's own: a process of the language cannot move between threads.

use crate::programs::{Context, Program};
use loader::DynamicFunction;
use loader::embed::Engine;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::CString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::{Rc, Weak};

/// The handles of a thread. Numbers are given out once, over all kinds.
#[derive(Default)]
pub struct State {
    last: usize,
    pub contexts: BTreeMap<usize, Context>,
    pub programs: BTreeMap<usize, Program>,
    /// Functions, with the numbers of their programs.
    pub functions: BTreeMap<usize, (usize, DynamicFunction)>,
    /// The compiler; it goes with the last context.
    engine: Weak<Engine>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
    static ERROR: RefCell<Option<CString>> = const { RefCell::new(None) };
}

impl State {
    /// The next number.
    pub fn number(&mut self) -> usize {
        self.last += 1;
        self.last
    }

    /// The compiler, loaded where no context has it.
    pub fn engine(&mut self) -> Result<Rc<Engine>, String> {
        if let Some(engine) = self.engine.upgrade() {
            return Ok(engine);
        }
        let engine = Rc::new(crate::programs::engine()?);
        self.engine = Rc::downgrade(&engine);
        Ok(engine)
    }
}

/// Does something with the thread's handles. What goes wrong, a bug of ours included, is the thread's last error; then there is nothing.
pub fn attempt<T>(action: impl FnOnce(&mut State) -> Result<T, String>) -> Option<T> {
    let done = catch_unwind(AssertUnwindSafe(|| {
        STATE.with(|state| match state.try_borrow_mut() {
            Ok(mut state) => action(&mut state),
            Err(_) => Err("a call inside of a call".to_owned()),
        })
    }));
    let done = done.unwrap_or_else(|_| Err("internal error: a panic".to_owned()));
    let (value, error) = match done {
        Ok(value) => (Some(value), None),
        Err(error) => (None, Some(text(error))),
    };
    ERROR.set(error);
    value
}

/// A text for C, which knows no zero inside of one.
fn text(text: String) -> CString {
    let whole = text.replace('\0', "\u{fffd}");
    CString::new(whole).expect("zeros were replaced")
}

/// The bytes of the last error's text, with the zero.
pub fn error_text() -> Option<Vec<u8>> {
    ERROR.with(|error| error.borrow().as_ref().map(|text| text.as_bytes_with_nul().to_vec()))
}

/// The address of the last error's text; it stays until the thread's next call. Null where the last call went well.
pub fn last_error() -> *const std::ffi::c_char {
    ERROR.with(|error| error.borrow().as_ref().map_or(std::ptr::null(), |text| text.as_ptr()))
}
