//! The parts of WASI that programs use, by their names in the canonical ABI: importing them takes no bindings.

use core::alloc::Layout;
use core::cell::Cell;
use runtime::Input;

#[link(wasm_import_module = "wasi:cli/stdout@0.2.0")]
unsafe extern "C" {
    #[link_name = "get-stdout"]
    safe fn get_stdout() -> u32;
}

#[link(wasm_import_module = "wasi:cli/stderr@0.2.0")]
unsafe extern "C" {
    #[link_name = "get-stderr"]
    safe fn get_stderr() -> u32;
}

#[link(wasm_import_module = "wasi:cli/stdin@0.2.0")]
unsafe extern "C" {
    #[link_name = "get-stdin"]
    safe fn get_stdin() -> u32;
}

#[link(wasm_import_module = "wasi:cli/environment@0.2.0")]
unsafe extern "C" {
    #[link_name = "get-arguments"]
    fn get_arguments(result: *mut List<List<u8>>);
}

#[link(wasm_import_module = "wasi:cli/exit@0.2.0")]
unsafe extern "C" {
    #[link_name = "exit"]
    safe fn wasi_exit(failed: u32);
    #[link_name = "exit-with-code"]
    safe fn wasi_exit_with_code(code: u32);
}

#[link(wasm_import_module = "wasi:io/streams@0.2.0")]
unsafe extern "C" {
    #[link_name = "[method]output-stream.blocking-write-and-flush"]
    fn write_and_flush(stream: u32, bytes: *const u8, len: usize, result: *mut Written);
    #[link_name = "[method]input-stream.blocking-read"]
    fn blocking_read(stream: u32, most: u64, result: *mut Read);
}

/// A list that the host made with `cabi_realloc`.
#[repr(C)]
struct List<T> {
    start: *mut T,
    len: usize,
}

impl<T> List<T> {
    const EMPTY: List<T> = List { start: core::ptr::null_mut(), len: 0 };

    /// # Safety
    /// The host has written this list, and nobody else has taken it.
    unsafe fn take(self) -> Vec<T> {
        if self.len == 0 {
            return Vec::new();
        }
        // SAFETY: the host got `len` elements of room from `cabi_realloc`, which is the allocator of this module, and has written all of them.
        unsafe { Vec::from_raw_parts(self.start, self.len, self.len) }
    }
}

/// `result<_, stream-error>`: of an error, whether the stream is closed.
#[repr(C)]
struct Written {
    failed: u8,
    error: [u32; 2],
}

/// `result<list<u8>, stream-error>`: of an error, the list is nonsense.
#[repr(C)]
struct Read {
    failed: u8,
    bytes: List<u8>,
}

/// Room for what the host hands over.
///
/// # Safety
/// As the canonical ABI has it: `old` is null or comes from here, with this size and alignment.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cabi_realloc(old: *mut u8, old_size: usize, align: usize, size: usize) -> *mut u8 {
    if size == 0 {
        return core::ptr::without_provenance_mut(align);
    }
    // SAFETY: the host passes an alignment of the canonical ABI and what it got from here.
    unsafe {
        let layout = Layout::from_size_align_unchecked(old_size, align);
        let new = match old_size {
            0 => std::alloc::alloc(Layout::from_size_align_unchecked(size, align)),
            _ => std::alloc::realloc(old, layout, size),
        };
        if new.is_null() {
            core::arch::wasm32::unreachable();
        }
        new
    }
}

/// A stream of the process, asked for once.
struct Handle(Cell<Option<u32>>);

// SAFETY: the module is compiled without threads.
unsafe impl Sync for Handle {}

impl Handle {
    const fn new() -> Handle {
        Handle(Cell::new(None))
    }

    fn get(&self, ask: extern "C" fn() -> u32) -> u32 {
        self.0.get().unwrap_or_else(|| {
            let handle = ask();
            self.0.set(Some(handle));
            handle
        })
    }
}

static OUT: Handle = Handle::new();
static ERR: Handle = Handle::new();
static IN: Handle = Handle::new();

/// Prints; false once nobody reads it any more.
pub fn print(bytes: &[u8]) -> bool {
    write(OUT.get(get_stdout), bytes)
}

/// Prints to the error stream.
pub fn print_error(bytes: &[u8]) -> bool {
    write(ERR.get(get_stderr), bytes)
}

fn write(stream: u32, bytes: &[u8]) -> bool {
    /// WASI takes no more at a time.
    const MOST: usize = 4096;
    bytes.chunks(MOST).all(|chunk| {
        let mut written = Written { failed: 0, error: [0; 2] };
        // SAFETY: the host reads these bytes, writes its answer, and keeps neither address.
        unsafe { write_and_flush(stream, chunk.as_ptr(), chunk.len(), &raw mut written) };
        written.failed == 0
    })
}

/// The lines of the standard input.
#[derive(Default)]
pub struct Lines {
    /// What was read and not taken yet.
    read: Vec<u8>,
    /// There is no more.
    ended: bool,
}

impl Lines {
    /// The next line without its end. One of `longest` bytes is too long.
    pub fn next(&mut self, longest: u64) -> Input {
        let mut looked_at = 0;
        loop {
            if let Some(at) = self.read[looked_at..].iter().position(|&byte| byte == b'\n') {
                return self.take(looked_at + at, 1);
            }
            looked_at = self.read.len();
            if looked_at as u64 >= longest {
                return Input::TooLong;
            }
            if self.ended {
                return if looked_at == 0 { Input::End } else { self.take(looked_at, 0) };
            }
            self.read_more();
        }
    }

    /// Takes a line of `len` bytes and its end.
    fn take(&mut self, len: usize, end: usize) -> Input {
        let mut line: Vec<u8> = self.read.drain(..len + end).collect();
        line.truncate(len);
        if end > 0 && line.last() == Some(&b'\r') {
            line.pop();
        }
        Input::Line(String::from_utf8_lossy(&line).into_owned())
    }

    fn read_more(&mut self) {
        const AT_A_TIME: u64 = 64 << 10;
        let mut answer = Read { failed: 0, bytes: List::EMPTY };
        // SAFETY: the host writes its answer and does not keep the address; a list in it is for us.
        unsafe {
            blocking_read(IN.get(get_stdin), AT_A_TIME, &raw mut answer);
            match answer.failed {
                0 => self.read.extend(answer.bytes.take()),
                // An input that cannot be read has ended.
                _ => self.ended = true,
            }
        }
    }
}

/// The program's name and its arguments.
pub fn arguments() -> Vec<String> {
    let mut list = List::EMPTY;
    // SAFETY: the host writes a list of texts and does not keep the address.
    let texts = unsafe {
        get_arguments(&raw mut list);
        list.take()
    };
    // SAFETY: each was made by the host and is taken once.
    texts.into_iter().map(|text| String::from_utf8_lossy(&unsafe { text.take() }).into_owned()).collect()
}

/// Ends the program.
pub fn exit(failed: bool) -> ! {
    wasi_exit(u32::from(failed));
    core::arch::wasm32::unreachable()
}

/// Ends the program with an exit code.
pub fn exit_with_code(code: u8) -> ! {
    wasi_exit_with_code(u32::from(code));
    core::arch::wasm32::unreachable()
}
