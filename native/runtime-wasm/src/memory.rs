//! The region in the linear memory.

use abi::module::HEAP_BASE;
use core::arch::wasm32::{memory_grow, memory_size};
use runtime::{MAX_REGION, Memory};

const PAGE: u64 = 64 << 10;
/// The end of what 32 bits address, without a page: nothing wraps round behind it.
const MOST: u64 = (4 << 30) - PAGE;

/// From [`HEAP_BASE`] on. The allocator of this module takes pages from the end of the same memory when it needs them, so there may be pages in
/// between that are not the heap's.
pub struct LinearMemory {
    /// Bytes from the base on.
    length: u64,
    limit: u64,
}

impl LinearMemory {
    /// A region of what is there behind the base. There is one in a module.
    pub fn new(limit: u64) -> LinearMemory {
        let limit = limit.min(MAX_REGION - u64::from(HEAP_BASE));
        LinearMemory { length: behind_base(), limit }
    }
}

impl Memory for LinearMemory {
    fn bytes(&self) -> &[u8] {
        // SAFETY: the memory reaches that far and never shrinks. The linker put nothing behind the base (`exports::begin` makes sure), and the pages that
        // the allocator took there are not looked at: the heap gives out none of them. A program that makes up offsets may reach them all the same; it can
        // reach all of this memory by itself, which is its own, and what goes wrong then stays inside of the instance.
        unsafe { core::slice::from_raw_parts(base(), self.length as usize) }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above; there is one region, and it is borrowed for as long as the result lives.
        unsafe { core::slice::from_raw_parts_mut(base(), self.length as usize) }
    }

    fn grow_to(&mut self, bytes: u64) -> bool {
        if bytes <= self.length {
            return true;
        }
        if behind_base() != self.length || !grow(u64::from(HEAP_BASE) + bytes) {
            return false;
        }
        self.length = behind_base();
        true
    }

    fn go_on(&mut self) -> u64 {
        self.length = behind_base();
        self.length
    }

    fn limit(&self) -> u64 {
        self.limit
    }

    // The engine stops a program without its help.
    fn interrupted(&self) -> bool {
        false
    }

    fn take_service(&mut self) -> bool {
        false
    }
}

/// Makes the memory so large, if it is not.
pub fn grow(bytes: u64) -> bool {
    let pages = bytes.div_ceil(PAGE).saturating_sub(memory_size::<0>() as u64);
    bytes <= MOST && (pages == 0 || memory_grow::<0>(pages as usize) != usize::MAX)
}

/// Bytes of the whole memory.
pub fn size() -> usize {
    memory_size::<0>() * PAGE as usize
}

fn behind_base() -> u64 {
    (memory_size::<0>() as u64 * PAGE).saturating_sub(u64::from(HEAP_BASE))
}

fn base() -> *mut u8 {
    core::ptr::with_exposed_provenance_mut(HEAP_BASE as usize)
}
