//! The way to a WASI host: what is the host's part elsewhere is done here.

use crate::wasi;
use abi::ErrorKind;
use abi::module::Places;
use abi::report::{ErrorReport, StackTrace};
use core::cell::Cell;
use runtime::{Host, Input, RunError, Stream, Waker};

#[link(wasm_import_module = "program")]
unsafe extern "C" {
    safe fn start();
    safe fn main() -> i64;
    safe fn limit() -> u64;
    safe fn max_calls() -> u32;
    safe fn leave(code: i32) -> !;
    safe fn top() -> *const u32;
    fn calls(address: *mut u32);
    safe fn places_len() -> u32;
    fn places(address: *mut u8);
    pub safe fn exports_len() -> u32;
    pub fn exports(address: *mut u8);
}

/// Where the words of active calls begin.
struct Calls(Cell<*const u32>);

// SAFETY: the module is compiled without threads.
unsafe impl Sync for Calls {}

static CALLS: Calls = Calls(Cell::new(core::ptr::null()));

/// Runs the program; gives its exit code.
pub fn start_program() -> i32 {
    let words = vec![0u32; max_calls() as usize + 1].leak();
    CALLS.0.set(words.as_ptr());
    // SAFETY: functions of the program write there, nobody else does until one of them fails.
    unsafe { calls(words.as_mut_ptr()) };
    start();
    main() as i32
}

/// Runs the program.
#[unsafe(no_mangle)]
pub extern "C" fn run() -> u32 {
    match start_program() {
        0 => 0,
        code => leave(code),
    }
}

/// Ends the program; all codes but 0 are the same.
#[unsafe(no_mangle)]
pub extern "C" fn exit(code: i32) -> ! {
    wasi::exit(code & 0xFF != 0)
}

/// Ends the program.
#[unsafe(no_mangle)]
pub extern "C" fn exit_exact(code: i32) -> ! {
    wasi::exit_with_code(code as u8)
}

/// There is no room for the calls of the function that was declared at a place.
#[unsafe(no_mangle)]
pub extern "C" fn overflow(place: u32) -> ! {
    report(&RunError::new(ErrorKind::StackOverflow, ErrorKind::StackOverflow.title()), Some(place))
}

/// What is on the other side of the imports.
pub struct Outside {
    input: wasi::Lines,
}

impl Outside {
    /// Nothing was read yet.
    pub fn new() -> Outside {
        Outside { input: wasi::Lines::default() }
    }
}

impl Host for Outside {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> bool {
        match stream {
            Stream::Out => wasi::print(bytes),
            Stream::Err => wasi::print_error(bytes),
        }
    }

    fn read_line(&mut self) -> Input {
        self.input.next(limit())
    }

    fn args(&self) -> Vec<String> {
        // The first one is the name of the program.
        wasi::arguments().into_iter().skip(1).collect()
    }

    fn waker(&self) -> Option<Waker> {
        None
    }
}

/// Bytes that the heap may take.
pub fn memory_limit() -> u64 {
    limit()
}

/// Ends the program.
pub fn leave_with(error: &RunError) -> ! {
    match error.kind {
        ErrorKind::Exit => leave(error.args[0] as i32),
        _ => report(error, None),
    }
}

/// Prints an error and where it happened, then ends the program.
fn report(error: &RunError, declared: Option<u32>) -> ! {
    let mut bytes = vec![0; places_len() as usize];
    // SAFETY: the linker's function writes as many bytes as it has just said, and there is room for them.
    unsafe { places(bytes.as_mut_ptr()) };
    // The linker has just written them; without them there is still the error.
    let known = Places::decode(&bytes).unwrap_or_default();
    // SAFETY: there are words between the first and the top, and nobody writes any while this runs: a function of the program has called it.
    let active = unsafe {
        let (first, top) = (CALLS.0.get(), top());
        core::slice::from_raw_parts(first, top.offset_from_unsigned(first))
    };
    let innermost_first: Vec<u32> = declared.into_iter().chain(active.iter().rev().copied()).collect();
    let stack = StackTrace::of(&innermost_first, |place| known.at(place));
    let shown = ErrorReport { kind: error.kind, message: error.message.clone(), stack };
    // There is nobody else to tell.
    let _ = wasi::print_error(shown.to_string().as_bytes());
    leave(1)
}
