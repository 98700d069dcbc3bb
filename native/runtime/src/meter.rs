//! The work of runtime functions, counted in units of a few nanoseconds.
//!
//! Whoever loops over what a program made calls [`Heap::work`] from inside the loop. That is all there is to be done so that no
//! runtime function outlives a request to stop, and so that engines which count what a program does also count what it has done
//! for it. After a failure counts may be half changed: the program has ended, and its heap is dropped as a
//! whole or put in order (`recover`). What is reached from its variables is whole at any time.

use crate::Raised;
use crate::heap::Heap;
use crate::memory::{Access, Memory};
use std::cell::Cell;
use std::cmp::Ordering;

/// Units between two looks at the request to stop: well below a millisecond of work.
const BETWEEN_LOOKS: u64 = 1 << 15;
/// Bytes that are copied or compared as a whole: one unit.
const BYTES: u64 = 64;
/// Bytes of text that are looked at one by one: one unit.
const CHARS: u64 = 4;
/// The most bytes that are worked on between two looks. Small in tests, whose texts then have borders of pieces in them.
pub(crate) const PIECE: usize = if cfg!(test) { 64 } else { 1 << 20 };

/// What was counted.
#[derive(Debug)]
pub(crate) struct Meter {
    done: Cell<u64>,
    /// The count at which to look next.
    look_at: Cell<u64>,
    limit: u64,
}

impl Default for Meter {
    fn default() -> Meter {
        Meter { done: Cell::new(0), look_at: Cell::new(BETWEEN_LOOKS), limit: u64::MAX }
    }
}

impl Meter {
    /// What was done since the last time, which counts from 0 again.
    #[inline]
    pub fn take(&mut self) -> u64 {
        let done = self.done.replace(0);
        if done != 0 {
            self.look_at.set(BETWEEN_LOOKS.min(self.limit));
        }
        done
    }

    /// Work beyond so many units, counted from the last [`Meter::take`], is out of fuel.
    pub fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
        self.look_at.set(self.look_at.get().min(limit));
    }
}

impl<M: Memory> Heap<M> {
    /// Counts work that is done or about to be done; fails if the program is to stop.
    #[inline]
    pub fn work(&self, units: u64) -> Result<(), Raised> {
        let done = self.meter.done.get().saturating_add(units);
        self.meter.done.set(done);
        if done < self.meter.look_at.get() { Ok(()) } else { self.look(done) }
    }

    /// Counts work in the middle of a change, which is finished whatever was asked: the next look is behind it. For what is linear in one object at most.
    #[inline]
    pub fn note_work(&self, units: u64) {
        self.meter.done.set(self.meter.done.get().saturating_add(units));
    }

    #[cold]
    fn look(&self, done: u64) -> Result<(), Raised> {
        if self.mem.interrupted() {
            return Err(Raised::Interrupted);
        }
        if done >= self.meter.limit {
            return Err(Raised::OutOfFuel);
        }
        self.meter.look_at.set(done.saturating_add(BETWEEN_LOOKS).min(self.meter.limit));
        Ok(())
    }

    /// Counts bytes that are copied, compared or hashed as a whole.
    #[inline]
    pub fn work_on_bytes(&self, bytes: u64) -> Result<(), Raised> {
        // What is short is part of the call.
        if bytes < BYTES { Ok(()) } else { self.work(bytes / BYTES) }
    }

    /// Counts bytes of text whose characters are looked at.
    #[inline]
    pub fn work_on_chars(&self, bytes: usize) -> Result<(), Raised> {
        if (bytes as u64) < CHARS { Ok(()) } else { self.work(bytes as u64 / CHARS) }
    }

    /// The order of bytes.
    #[inline]
    pub fn cmp_bytes(&self, a: &[u8], b: &[u8]) -> Result<Ordering, Raised> {
        self.work(1)?;
        for (a, b) in a.chunks(PIECE).zip(b.chunks(PIECE)) {
            self.work_on_bytes(a.len().min(b.len()) as u64)?;
            let order = a[..a.len().min(b.len())].cmp(&b[..a.len().min(b.len())]);
            if order != Ordering::Equal {
                return Ok(order);
            }
        }
        Ok(a.len().cmp(&b.len()))
    }

    /// True for equal bytes.
    #[inline]
    pub fn same_bytes(&self, a: &[u8], b: &[u8]) -> Result<bool, Raised> {
        if a.len() != b.len() {
            return Ok(false);
        }
        for (a, b) in a.chunks(PIECE).zip(b.chunks(PIECE)) {
            self.work_on_bytes(a.len() as u64)?;
            if a != b {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Copies `len` bytes; the two ranges may overlap.
    pub fn copy(&mut self, from: u32, to: u32, len: u64) -> Result<(), Raised> {
        if len <= PIECE as u64 {
            self.work_on_bytes(len)?;
            return self.mem.copy(from, to, len);
        }
        // Both ends are checked before the first byte moves, so the sums below do not overflow.
        self.mem.slice(from, len)?;
        self.mem.slice(to, len)?;
        // From the side at which a piece never covers what is still to be copied.
        let forward = to < from;
        let mut done = 0;
        while done < len {
            let piece = (len - done).min(PIECE as u64);
            self.work_on_bytes(piece)?;
            let at = if forward { done } else { len - done - piece } as u32;
            self.mem.copy(from + at, to + at, piece)?;
            done += piece;
        }
        Ok(())
    }

    /// Sets `len` bytes to 0.
    pub fn zero(&mut self, at: u32, len: u64) -> Result<(), Raised> {
        let mut done = 0;
        while done < len {
            let piece = (len - done).min(PIECE as u64);
            self.work_on_bytes(piece)?;
            let at = u32::try_from(u64::from(at) + done).map_err(|_| Raised::Internal)?;
            self.mem.zero(at, piece)?;
            done += piece;
        }
        Ok(())
    }

    /// Fills `total` bytes from `at` on with repetitions of the first `len` of them, which are there.
    pub fn repeat(&mut self, at: u32, len: u64, total: u64) -> Result<(), Raised> {
        let mut done = len.max(1);
        while done < total {
            let piece = done.min(total - done).min(whole_repetitions(len));
            let to = u32::try_from(u64::from(at) + done).map_err(|_| Raised::Internal)?;
            self.copy(at, to, piece)?;
            done += piece;
        }
        Ok(())
    }
}

/// As many bytes as are copied at a time when `len` bytes are repeated: they stay in the cache.
fn whole_repetitions(len: u64) -> u64 {
    let len = len.max(1);
    (PIECE as u64 / len).max(1) * len
}
