//! The bytes behind the heap offsets.

use crate::Raised;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The committed front part of a heap region. Offsets count from its first byte.
pub trait Memory {
    /// The committed bytes.
    fn bytes(&self) -> &[u8];
    /// The committed bytes.
    fn bytes_mut(&mut self) -> &mut [u8];
    /// Commits at least `bytes` bytes; false where the limit does not allow it. New bytes are 0.
    fn grow_to(&mut self, bytes: u64) -> bool;
    /// Where somebody else took the bytes behind the region, so that it cannot grow: lets it go on behind those, and gives its new length. What lies between is
    /// in `bytes`, and not the heap's.
    fn go_on(&mut self) -> u64 {
        self.bytes().len() as u64
    }
    /// The limit in bytes, at most [`MAX_REGION`], of what is the heap's.
    fn limit(&self) -> u64;
    /// True where the program was asked to stop from outside. Asked now and then.
    fn interrupted(&self) -> bool;
    /// True once after somebody asked the host to do something for the program at its next poll.
    fn take_service(&mut self) -> bool;
}

/// The most that a region commits: what stands a little behind an offset inside of it has an offset, too.
pub const MAX_REGION: u64 = abi::context::REGION_BYTES - (64 << 10);

/// A region in a vector.
#[derive(Debug)]
pub struct VecMemory {
    bytes: Vec<u8>,
    limit: u64,
    interrupt: Arc<AtomicBool>,
}

impl VecMemory {
    /// An empty region that may grow to `limit` bytes.
    pub fn new(limit: u64) -> VecMemory {
        VecMemory::with_interrupt(limit, Arc::default())
    }

    /// The same; the program is to stop once the flag is set.
    pub fn with_interrupt(limit: u64, interrupt: Arc<AtomicBool>) -> VecMemory {
        VecMemory { bytes: Vec::new(), limit: limit.min(MAX_REGION), interrupt }
    }
}

impl Memory for VecMemory {
    fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    fn grow_to(&mut self, bytes: u64) -> bool {
        let Ok(wanted) = usize::try_from(bytes) else { return false };
        if bytes > self.limit {
            return false;
        }
        if wanted > self.bytes.len() {
            if self.bytes.try_reserve(wanted - self.bytes.len()).is_err() {
                return false;
            }
            self.bytes.resize(wanted, 0);
        }
        true
    }

    fn limit(&self) -> u64 {
        self.limit
    }

    fn interrupted(&self) -> bool {
        self.interrupt.load(Ordering::Relaxed)
    }

    fn take_service(&mut self) -> bool {
        false
    }
}

/// Checked access by offset. Everything outside the committed bytes is [`Raised::Internal`]: offsets may come from
/// emitted code, which is not trusted.
pub(crate) trait Access: Memory {
    #[inline]
    fn array<const N: usize>(&self, at: u32) -> Result<[u8; N], Raised> {
        match self.bytes().get(at as usize..).and_then(|bytes| bytes.first_chunk::<N>()) {
            Some(chunk) => Ok(*chunk),
            None => Err(Raised::Internal),
        }
    }

    #[inline]
    fn set_array<const N: usize>(&mut self, at: u32, value: [u8; N]) -> Result<(), Raised> {
        match self.bytes_mut().get_mut(at as usize..).and_then(|bytes| bytes.first_chunk_mut::<N>()) {
            Some(chunk) => {
                *chunk = value;
                Ok(())
            }
            None => Err(Raised::Internal),
        }
    }

    #[inline]
    fn u8(&self, at: u32) -> Result<u8, Raised> {
        self.array(at).map(u8::from_le_bytes)
    }

    #[inline]
    fn u16(&self, at: u32) -> Result<u16, Raised> {
        self.array(at).map(u16::from_le_bytes)
    }

    #[inline]
    fn u32(&self, at: u32) -> Result<u32, Raised> {
        self.array(at).map(u32::from_le_bytes)
    }

    #[inline]
    fn u64(&self, at: u32) -> Result<u64, Raised> {
        self.array(at).map(u64::from_le_bytes)
    }

    #[inline]
    fn set_u8(&mut self, at: u32, value: u8) -> Result<(), Raised> {
        self.set_array(at, value.to_le_bytes())
    }

    #[inline]
    fn set_u16(&mut self, at: u32, value: u16) -> Result<(), Raised> {
        self.set_array(at, value.to_le_bytes())
    }

    #[inline]
    fn set_u32(&mut self, at: u32, value: u32) -> Result<(), Raised> {
        self.set_array(at, value.to_le_bytes())
    }

    #[inline]
    fn set_u64(&mut self, at: u32, value: u64) -> Result<(), Raised> {
        self.set_array(at, value.to_le_bytes())
    }

    /// `len` bytes from `at`.
    #[inline]
    fn slice(&self, at: u32, len: u64) -> Result<&[u8], Raised> {
        let (start, end) = range(at, len)?;
        self.bytes().get(start..end).ok_or(Raised::Internal)
    }

    /// `len` bytes from `at`.
    #[inline]
    fn slice_mut(&mut self, at: u32, len: u64) -> Result<&mut [u8], Raised> {
        let (start, end) = range(at, len)?;
        self.bytes_mut().get_mut(start..end).ok_or(Raised::Internal)
    }

    /// Copies `len` bytes; the two ranges may overlap.
    #[inline]
    fn copy(&mut self, from: u32, to: u32, len: u64) -> Result<(), Raised> {
        let (from_start, from_end) = range(from, len)?;
        let (to_start, to_end) = range(to, len)?;
        let bytes = self.bytes_mut();
        if from_end > bytes.len() || to_end > bytes.len() {
            return Err(Raised::Internal);
        }
        bytes.copy_within(from_start..from_end, to_start);
        Ok(())
    }

    /// Sets `len` bytes to 0.
    #[inline]
    fn zero(&mut self, at: u32, len: u64) -> Result<(), Raised> {
        self.slice_mut(at, len)?.fill(0);
        Ok(())
    }
}

impl<M: Memory + ?Sized> Access for M {}

#[inline]
fn range(at: u32, len: u64) -> Result<(usize, usize), Raised> {
    let end =
        usize::try_from(u64::from(at) + len.min(u64::from(u32::MAX) + 1)).map_err(|_| Raised::Internal)?;
    Ok((at as usize, end))
}
