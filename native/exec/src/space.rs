//! The address space of one program: tables, context record, heap region, guards.

use abi::{ErrorKind, context};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Guard bytes behind the region and a page's worth of slack.
const TOTAL: usize = context::BEFORE_BASE + context::REGION_BYTES as usize + context::GUARD_BYTES;

/// The reserved address range. Whoever holds an `Arc` of it may reach the context record.
#[derive(Debug)]
struct Mapping {
    start: *mut u8,
}

// SAFETY: `start` is an address range of the process, tied to no thread; every access through `&Mapping` is atomic (`word`, `half`), all others
// need the one `Space` of the mapping.
#[allow(unsafe_code)]
unsafe impl Send for Mapping {}
// SAFETY: see `Send`.
#[allow(unsafe_code)]
unsafe impl Sync for Mapping {}

impl Mapping {
    fn reserve() -> io::Result<Mapping> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new anonymous mapping at an address of the kernel's choice; it touches no memory in use.
        #[allow(unsafe_code)]
        let start = unsafe { libc::mmap(std::ptr::null_mut(), TOTAL, libc::PROT_NONE, flags, -1, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Mapping { start: start.cast() })
    }

    fn base(&self) -> *mut u8 {
        self.start.wrapping_add(context::BEFORE_BASE)
    }

    /// Sets the access rights of whole pages, `from` and `to` counted from the heap base.
    fn protect(&self, from: i64, to: i64, rights: libc::c_int) -> io::Result<()> {
        assert!(from <= to && from >= -(context::BEFORE_BASE as i64) && to <= context::REGION_BYTES as i64);
        let start = self.base().wrapping_offset(from as isize);
        // SAFETY: the range is inside the mapping (asserted), which this value owns; nothing but the program, the `Space` and atomics on
        // the context record, which stays readable and writable, use these pages.
        #[allow(unsafe_code)]
        let failed = unsafe { libc::mprotect(start.cast(), (to - from) as usize, rights) } != 0;
        if failed { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// A u64 of the context record or the tables.
    fn word(&self, offset: i32) -> &AtomicU64 {
        let inside = (-(context::BEFORE_BASE as i32)..=-8).contains(&offset) && offset % 8 == 0;
        assert!(inside, "an offset before the heap base");
        // SAFETY: inside the mapping and aligned (asserted; the base is page-aligned); the pages before the base are readable from
        // the time that `Space::new` returns, and written by the host only while they are writable.
        #[allow(unsafe_code)]
        unsafe {
            AtomicU64::from_ptr(self.base().wrapping_offset(offset as isize).cast())
        }
    }

    /// A u32 of the context record.
    fn half(&self, offset: i32) -> &AtomicU32 {
        let inside = (-(context::CONTEXT_BYTES as i32)..=-4).contains(&offset) && offset % 4 == 0;
        assert!(inside, "an offset in the context record");
        // SAFETY: as for `word`.
        #[allow(unsafe_code)]
        unsafe {
            AtomicU32::from_ptr(self.base().wrapping_offset(offset as isize).cast())
        }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is this value's own, and with the last `Arc` nobody is left to use it.
        #[allow(unsafe_code)]
        let failed = unsafe { libc::munmap(self.start.cast(), TOTAL) } != 0;
        debug_assert!(!failed, "the range that was mapped can be unmapped");
    }
}

/// A program's heap region: [`runtime::Memory`] over address space.
#[derive(Debug)]
pub struct Space {
    mapping: Arc<Mapping>,
    committed: usize,
    limit: u64,
}

impl Space {
    /// Reserves the address space; the heap may grow to `limit` bytes.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn new(limit: u64) -> io::Result<Space> {
        let mapping = Mapping::reserve()?;
        mapping.protect(-(context::BEFORE_BASE as i64), 0, libc::PROT_READ | libc::PROT_WRITE)?;
        Ok(Space { mapping: Arc::new(mapping), committed: 0, limit: limit.min(context::REGION_BYTES) })
    }

    /// The way to tables and context record, which outlives moves of the space.
    pub fn context(&self) -> Context {
        Context { mapping: self.mapping.clone() }
    }
}

impl runtime::Memory for Space {
    fn bytes(&self) -> &[u8] {
        // SAFETY: the first `committed` bytes of the region are readable and initialised by the kernel. The program runs only while no
        // Rust code holds this borrow: it stops for the runtime's functions, and other threads never reach the region.
        #[allow(unsafe_code)]
        unsafe {
            std::slice::from_raw_parts(self.mapping.base(), self.committed)
        }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as for `bytes`; `&mut self` of the mapping's only `Space` makes it exclusive.
        #[allow(unsafe_code)]
        unsafe {
            std::slice::from_raw_parts_mut(self.mapping.base(), self.committed)
        }
    }

    fn grow_to(&mut self, bytes: u64) -> bool {
        if bytes > self.limit {
            return false;
        }
        // Large steps, since each costs a call of the kernel; pages that nobody touches take no memory.
        const STEP: u64 = 1 << 20;
        let limit = self.limit.next_multiple_of(64 << 10);
        let wanted = bytes.next_multiple_of(STEP).min(limit);
        let wanted = wanted as i64;
        if wanted > self.committed as i64 {
            let rights = libc::PROT_READ | libc::PROT_WRITE;
            if self.mapping.protect(self.committed as i64, wanted, rights).is_err() {
                return false;
            }
            self.committed = wanted as usize;
        }
        true
    }

    fn limit(&self) -> u64 {
        self.limit
    }

    fn interrupted(&self) -> bool {
        !matches!(self.mapping.half(context::INTERRUPT).load(Ordering::Relaxed), 0 | context::SERVICE)
    }

    fn take_service(&mut self) -> bool {
        // Whoever asked has made ready what it asks for before. A request to stop stays.
        let word = self.mapping.half(context::INTERRUPT);
        word.compare_exchange(context::SERVICE, 0, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }
}

/// Tables and context record of a space.
#[derive(Clone, Debug)]
pub struct Context {
    mapping: Arc<Mapping>,
}

impl Context {
    /// True for the context of that space.
    pub(crate) fn is_of(&self, space: &Space) -> bool {
        Arc::ptr_eq(&self.mapping, &space.mapping)
    }

    /// The heap base, for the pinned register.
    pub(crate) fn base(&self) -> *mut u8 {
        self.mapping.base()
    }

    /// Fills the tables and makes them read-only to the program. `runtime` goes to the runtime table from entry 0 on, `functions` to the function
    /// table.
    ///
    /// # Errors
    /// Tables that are too long, or what the operating system says.
    pub(crate) fn set_tables(&self, runtime: &[u64], functions: &[u64]) -> io::Result<()> {
        if runtime.len() > context::RT_TABLE_LEN || functions.len() > context::FN_TABLE_LEN {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "more entries than the tables have"));
        }
        let (tables, record) = (-(context::BEFORE_BASE as i64), -(context::CONTEXT_BYTES as i64));
        self.mapping.protect(tables, record, libc::PROT_READ | libc::PROT_WRITE)?;
        for (index, &entry) in runtime.iter().enumerate() {
            self.mapping.word(context::RT_TABLE + 8 * index as i32).store(entry, Ordering::Relaxed);
        }
        for (index, &entry) in functions.iter().enumerate() {
            self.mapping.word(context::FN_TABLE + 8 * index as i32).store(entry, Ordering::Relaxed);
        }
        self.mapping.protect(tables, record, libc::PROT_READ)
    }

    /// Writes entries of the function table.
    ///
    /// # Errors
    /// What the operating system says; nothing was written then.
    pub(crate) fn set_functions(&self, entries: &[(u32, u64)]) -> io::Result<()> {
        let (table, end) = (i64::from(context::FN_TABLE), i64::from(context::RT_TABLE));
        self.mapping.protect(table, end, libc::PROT_READ | libc::PROT_WRITE)?;
        for &(index, address) in entries {
            assert!((index as usize) < context::FN_TABLE_LEN, "an entry of the table");
            self.mapping.word(context::FN_TABLE + 8 * index as i32).store(address, Ordering::Relaxed);
        }
        self.mapping.protect(table, end, libc::PROT_READ)
    }

    /// A u64 of the context record.
    pub(crate) fn word(&self, offset: i32) -> u64 {
        self.mapping.word(offset).load(Ordering::Relaxed)
    }

    /// Sets a u64 of the context record.
    pub(crate) fn set_word(&self, offset: i32, word: u64) {
        assert!(offset >= -(context::CONTEXT_BYTES as i32), "an offset in the context record");
        self.mapping.word(offset).store(word, Ordering::Relaxed);
    }

    /// Sets the address below which functions raise. A program that is to stop raises everywhere: of this and [`Interrupter::stop`], which
    /// write and read the two words in opposite order, one sees what the other wrote.
    pub(crate) fn limit_stack(&self, limit: u64) {
        self.mapping.word(context::STACK_LIMIT).store(limit, Ordering::SeqCst);
        if !matches!(self.mapping.half(context::INTERRUPT).load(Ordering::SeqCst), 0 | context::SERVICE) {
            self.mapping.word(context::STACK_LIMIT).store(u64::MAX, Ordering::SeqCst);
        }
    }

    /// Forgets a request to stop; one for the host's service stays.
    pub(crate) fn forget_stop(&self) {
        let word = self.mapping.half(context::INTERRUPT);
        let request = word.load(Ordering::SeqCst);
        if request != context::SERVICE {
            // Where it fails somebody has asked for the service meanwhile.
            let _ = word.compare_exchange(request, 0, Ordering::SeqCst, Ordering::SeqCst);
        }
    }

    /// A u32 of the context record.
    pub(crate) fn half(&self, offset: i32) -> u32 {
        self.mapping.half(offset).load(Ordering::Relaxed)
    }

    /// The way to stop the program, for another thread or a signal handler.
    pub fn interrupter(&self) -> Interrupter {
        Interrupter { mapping: self.mapping.clone() }
    }
}

/// Stops a program from outside. Cheap to clone, usable from any thread; does nothing once the program is gone.
#[derive(Clone, Debug)]
pub struct Interrupter {
    mapping: Arc<Mapping>,
}

impl Interrupter {
    /// Asks the program to end with an error of a kind, at its next back edge, entry of a function or look of the runtime.
    pub fn stop(&self, kind: ErrorKind) {
        self.mapping.half(context::INTERRUPT).store(kind as u32, Ordering::SeqCst);
        // Functions compare their stack pointer with the limit anyway: no stack is enough from now on. That ends recursion, which has no back
        // edge. See `Context::limit_stack` for a call that begins meanwhile.
        self.mapping.word(context::STACK_LIMIT).store(u64::MAX, Ordering::SeqCst);
    }

    /// Asks the host to do what it has for the program, at the program's next poll. Only programs of several parts may be asked. A request to stop
    /// goes before.
    pub fn request_service(&self) {
        let word = self.mapping.half(context::INTERRUPT);
        // Where it fails something was asked already: to stop, or the same.
        let _ = word.compare_exchange(0, context::SERVICE, Ordering::Release, Ordering::Relaxed);
    }
}
