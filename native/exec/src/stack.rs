//! The stack that a program runs on: a mapping of its own, so that its limit is known and its frames outlive an error exit.

use abi::artifact::MAX_FRAME;
use std::io;

/// Stack below the limit: for the frame of a function that does not check, and for the runtime's functions.
const RESERVE: usize = MAX_FRAME as usize + (1 << 20);
/// Below that: no access.
const GUARD: usize = 64 << 10;

/// A stack.
#[derive(Debug)]
pub(crate) struct Stack {
    start: *mut u8,
    total: usize,
}

// SAFETY: an address range of the process, tied to no thread.
#[allow(unsafe_code)]
unsafe impl Send for Stack {}

impl Stack {
    /// A stack with `size` bytes for the program's frames.
    ///
    /// # Errors
    /// What the operating system says.
    pub(crate) fn new(size: usize) -> io::Result<Stack> {
        let size = size.clamp(64 << 10, 1 << 30).next_multiple_of(64 << 10);
        let total = GUARD + RESERVE + size;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new anonymous mapping at an address of the kernel's choice; it touches no memory in use.
        #[allow(unsafe_code)]
        let start = unsafe { libc::mmap(std::ptr::null_mut(), total, libc::PROT_NONE, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let stack = Stack { start: start.cast(), total };
        let usable = stack.start.wrapping_add(GUARD);
        let rights = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: the range is inside the mapping, which nothing uses yet.
        #[allow(unsafe_code)]
        let failed = unsafe { libc::mprotect(usable.cast(), total - GUARD, rights) } != 0;
        if failed { Err(io::Error::last_os_error()) } else { Ok(stack) }
    }

    /// Its highest address, a multiple of 16.
    pub(crate) fn top(&self) -> u64 {
        self.start as u64 + self.total as u64
    }

    /// The address below which functions raise.
    pub(crate) fn limit(&self) -> u64 {
        self.start as u64 + (GUARD + RESERVE) as u64
    }

    /// Two neighbouring words at an address, where both are in the stack.
    pub(crate) fn pair(&self, address: u64) -> Option<[u64; 2]> {
        let lowest = self.start as u64 + GUARD as u64;
        if !address.is_multiple_of(8) || address < lowest || address > self.top() - 16 {
            return None;
        }
        // SAFETY: aligned and inside the readable part of the mapping (checked above), which no other thread writes while its program stands.
        #[allow(unsafe_code)]
        Some(unsafe { (address as *const [u64; 2]).read() })
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own; a program runs on it only inside `call`, which borrows it.
        #[allow(unsafe_code)]
        let failed = unsafe { libc::munmap(self.start.cast(), self.total) } != 0;
        debug_assert!(!failed, "the range that was mapped can be unmapped");
    }
}
