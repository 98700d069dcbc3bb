//! The way to the host.

use abi::module::input;
use runtime::{Host, Input, RunError, Stream, Waker};

#[link(wasm_import_module = "host")]
unsafe extern "C" {
    safe fn limit() -> u64;
    safe fn read_line() -> i32;
    safe fn args() -> u32;
    fn write(stream: u32, address: *const u8, len: usize) -> u32;
    fn take(address: *mut u8);
    fn fail(kind: u32, first: i64, address: *const u8, len: usize) -> !;
}

/// What is on the other side of the imports.
pub struct Outside;

impl Outside {
    /// There is nothing to be kept on this side.
    pub fn new() -> Outside {
        Outside
    }
}

impl Host for Outside {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> bool {
        let stream = match stream {
            Stream::Out => 0,
            Stream::Err => 1,
        };
        // SAFETY: the host reads these bytes and does not keep the address.
        unsafe { write(stream, bytes.as_ptr(), bytes.len()) != 0 }
    }

    fn read_line(&mut self) -> Input {
        match read_line() {
            input::END => Input::End,
            input::TOO_LONG => Input::TooLong,
            input::INTERRUPTED => Input::Interrupted,
            len => match String::from_utf8(taken(len as u32)) {
                Ok(line) => Input::Line(line),
                Err(bytes) => Input::Line(String::from_utf8_lossy(bytes.as_bytes()).into_owned()),
            },
        }
    }

    fn args(&self) -> Vec<String> {
        let bytes = taken(args());
        let each = bytes.split_inclusive(|&byte| byte == 0).map(|arg| &arg[..arg.len() - 1]);
        each.map(|arg| String::from_utf8_lossy(arg).into_owned()).collect()
    }

    fn waker(&self) -> Option<Waker> {
        None
    }
}

/// Bytes that the host's last answer announced.
fn taken(len: u32) -> Vec<u8> {
    let mut bytes = vec![0; len as usize];
    // SAFETY: the host writes as many bytes as it has just said, and there is room for them.
    unsafe { take(bytes.as_mut_ptr()) };
    bytes
}

/// Bytes that the heap may take.
pub fn memory_limit() -> u64 {
    limit()
}

/// Ends the program.
pub fn leave_with(error: &RunError) -> ! {
    // SAFETY: the host reads these bytes and does not keep the address.
    unsafe { fail(error.kind as u32, error.args[0], error.message.as_ptr(), error.message.len()) }
}
