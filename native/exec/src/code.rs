//! Code pages. The type says which rights they have: written as [`Writable`], run as [`Executable`], never both at once.

use memmap2::{Mmap, MmapMut};
use std::io;
use std::ops::Range;

/// Rights: read and write.
#[derive(Debug)]
pub struct Writable(MmapMut);
/// Rights: read and execute.
#[derive(Debug)]
pub struct Executable(Mmap);

/// Pages for code.
#[derive(Debug)]
pub struct Region<Rights> {
    pages: Rights,
}

impl Region<Writable> {
    /// Zeroed pages with room for `size` bytes.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn new(size: usize) -> io::Result<Region<Writable>> {
        Ok(Region { pages: Writable(MmapMut::map_anon(size.max(1))?) })
    }

    /// The bytes.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.pages.0
    }

    /// Gives up the right to write and gains the right to execute.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn publish(self) -> io::Result<Region<Executable>> {
        let pages = self.pages.0.make_exec()?;
        // SAFETY: the range is the mapping's own.
        #[allow(unsafe_code)]
        unsafe {
            wasmtime_internal_jit_icache_coherence::clear_cache(pages.as_ptr().cast(), pages.len())?;
        }
        wasmtime_internal_jit_icache_coherence::pipeline_flush_mt()?;
        Ok(Region { pages: Executable(pages) })
    }
}

impl Region<Executable> {
    /// The address of an offset, for a table.
    ///
    /// # Panics
    /// For an offset outside of the region.
    pub fn address(&self, offset: u32) -> u64 {
        assert!((offset as usize) < self.pages.0.len(), "an offset inside the code");
        self.pages.0.as_ptr() as u64 + u64::from(offset)
    }

    /// The addresses it covers.
    pub fn addresses(&self) -> Range<u64> {
        let start = self.pages.0.as_ptr() as u64;
        start..start + self.pages.0.len() as u64
    }
}
