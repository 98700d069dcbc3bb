//! The allocator: segregated size classes with free lists threaded through the region, and a top that is bumped.
//!
//! Sizes are rounded to multiples of 8 up to 256 and to 32 steps per doubling above, so at most a 32nd is waste, and rows of a
//! table do not all begin at the same place of a page. A block at the top grows and shrinks in place. When the limit is reached, larger free blocks are split
//! before the program is told that it is out of memory.

use crate::memory::{Access, Memory};
use crate::types::Types;
use crate::{Raised, collector::Collector, meter::Meter};
use abi::{TypeId, context, object};

/// What a heap did and holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Stats {
    /// Objects that are alive, without immortal ones.
    pub live_objects: u64,
    /// Bytes of their blocks.
    pub live_bytes: u64,
    /// The most that `live_bytes` was.
    pub peak_bytes: u64,
    /// Runs of the cycle collector.
    pub collections: u64,
    /// Objects that the cycle collector freed.
    pub collected: u64,
}

const SMALL: u32 = 1 << SMALL_LOG;
const SMALL_LOG: usize = 8;
const SMALL_CLASSES: usize = (SMALL / 8) as usize + 1;
/// Steps per doubling: their logarithm.
const STEP_LOG: usize = 5;
const CLASSES: usize = SMALL_CLASSES + ((33 - SMALL_LOG) << STEP_LOG);
/// The region is committed in multiples of this.
const COMMIT_STEP: u64 = 64 << 10;

/// The class of blocks that hold `size` bytes, `0 < size <= 4 GiB`.
#[inline]
fn class_of(size: u64) -> usize {
    if size <= u64::from(SMALL) {
        return size.div_ceil(8) as usize;
    }
    let log = 63 - (size - 1).leading_zeros() as usize;
    let step = ((size - 1) >> (log - STEP_LOG)) as usize & ((1 << STEP_LOG) - 1);
    SMALL_CLASSES + ((log - SMALL_LOG) << STEP_LOG) + step
}

/// Bytes of a class's blocks.
#[inline]
fn class_bytes(class: usize) -> u64 {
    if class < SMALL_CLASSES {
        return class as u64 * 8;
    }
    let above = class - SMALL_CLASSES;
    let (log, step) = ((above >> STEP_LOG) + SMALL_LOG, above & ((1 << STEP_LOG) - 1));
    ((1 << STEP_LOG) + 1 + step as u64) << (log - STEP_LOG)
}

/// Bytes of the block that holds `size` bytes.
pub(crate) fn block_bytes(size: u64) -> u64 {
    if size > context::REGION_BYTES { size } else { class_bytes(class_of(size.max(8))) }
}

/// Objects in a region of memory.
#[derive(Debug)]
pub(crate) struct Heap<M> {
    pub mem: M,
    top: u64,
    /// Bytes below `top` that were never the heap's.
    foreign: u64,
    free: [u32; CLASSES],
    pub stats: Stats,
    pub collector: Collector,
    pub meter: Meter,
    /// Objects that live for ever.
    pub immortals: Vec<u32>,
    /// Objects whose count reached 0 and whose children were not released yet.
    pub dying: Vec<u32>,
}

impl<M: Memory> Heap<M> {
    /// A heap whose first object stands at `start`.
    pub fn new(mut mem: M, start: u32) -> Result<Heap<M>, Raised> {
        if !mem.grow_to((u64::from(start) + u64::from(object::READABLE)).next_multiple_of(COMMIT_STEP)) {
            return Err(Raised::OutOfMemory);
        }
        Ok(Heap {
            mem,
            top: u64::from(start).next_multiple_of(8),
            foreign: 0,
            free: [0; CLASSES],
            stats: Stats::default(),
            collector: Collector::default(),
            meter: Meter::default(),
            immortals: Vec::new(),
            dying: Vec::new(),
        })
    }

    /// A block of at least `size` bytes. What it contains is left over from before.
    #[inline]
    pub fn alloc(&mut self, size: u64) -> Result<u32, Raised> {
        if size > context::REGION_BYTES {
            return Err(Raised::OutOfMemory);
        }
        let class = class_of(size.max(8));
        let bytes = class_bytes(class);
        let head = self.free[class];
        let at = if head != 0 {
            self.free[class] = self.mem.u32(head)?;
            head
        } else if let Some(at) = self.bump(bytes)? {
            at
        } else {
            self.split_larger(class, bytes)?
        };
        self.stats.live_bytes += bytes;
        self.stats.peak_bytes = self.stats.peak_bytes.max(self.stats.live_bytes);
        Ok(at)
    }

    /// Gives back a block that was allocated with `size` bytes.
    #[inline]
    pub fn free_block(&mut self, at: u32, size: u64) -> Result<(), Raised> {
        if size > context::REGION_BYTES || at < context::HEAP_START {
            return Err(Raised::Internal);
        }
        let class = class_of(size.max(8));
        let bytes = class_bytes(class);
        self.stats.live_bytes = self.stats.live_bytes.saturating_sub(bytes);
        if u64::from(at) + bytes == self.top {
            self.top = u64::from(at);
            return Ok(());
        }
        self.push_free(class, at)
    }

    /// Makes the block at `at` larger where it stands; false where that is not possible.
    pub fn extend(&mut self, at: u32, old_size: u64, new_size: u64) -> Result<bool, Raised> {
        let (old, new) = (block_bytes(old_size), block_bytes(new_size));
        if new <= old {
            return Ok(true);
        }
        if u64::from(at) + old != self.top || !self.commit(u64::from(at) + new)? {
            return Ok(false);
        }
        self.top = u64::from(at) + new;
        self.stats.live_bytes += new - old;
        self.stats.peak_bytes = self.stats.peak_bytes.max(self.stats.live_bytes);
        Ok(true)
    }

    /// A new object with count 1. Only the header is written.
    #[inline]
    pub fn new_object(&mut self, size: u64, ty: TypeId) -> Result<u32, Raised> {
        let at = self.alloc(size)?;
        self.mem.set_u64(at, 1 | u64::from(ty.0) << 32)?;
        self.stats.live_objects += 1;
        Ok(at)
    }

    /// Gives back the block of an object whose children were released.
    pub fn free_object_block(&mut self, at: u32, types: &Types) -> Result<(), Raised> {
        let size = self.object_size(at, types)?;
        self.free_sized_object(at, size)
    }

    /// The same for an object of a size.
    #[inline]
    pub fn free_sized_object(&mut self, at: u32, size: u64) -> Result<(), Raised> {
        self.stats.live_objects = self.stats.live_objects.saturating_sub(1);
        self.free_block(at, size)
    }

    /// Lets an object live for ever and takes it out of the counters.
    pub fn make_immortal(&mut self, at: u32, types: &Types) -> Result<(), Raised> {
        let bytes = block_bytes(self.object_size(at, types)?);
        self.stats.live_objects = self.stats.live_objects.saturating_sub(1);
        self.stats.live_bytes = self.stats.live_bytes.saturating_sub(bytes);
        self.immortals.push(at);
        self.mem.set_u32(at + object::COUNT, object::IMMORTAL)
    }

    /// From now on these blocks are in use, in the order of their addresses, and everything else is free. Only for memory that nobody but the heap uses.
    pub fn keep_blocks(&mut self, blocks: &[(u32, u64)]) -> Result<(), Raised> {
        self.free = [0; CLASSES];
        self.top = u64::from(context::HEAP_START);
        for &(at, bytes) in blocks {
            let gap = u64::from(at).checked_sub(self.top).ok_or(Raised::Internal)?;
            self.free_gap(self.top, gap)?;
            self.top = u64::from(at) + bytes;
        }
        if self.top > self.mem.bytes().len() as u64 { Err(Raised::Internal) } else { Ok(()) }
    }

    fn bump(&mut self, bytes: u64) -> Result<Option<u32>, Raised> {
        // Programs may read the first words behind any reference, also of an object that has fewer.
        let room = bytes.max(object::READABLE.into());
        let fits = self.commit(self.top + room)? || self.pass_foreign()? && self.commit(self.top + room)?;
        if !fits {
            return Ok(None);
        }
        let at = self.top;
        self.top = at + bytes;
        Ok(u32::try_from(at).ok())
    }

    /// Goes on behind what somebody else put behind the region, if so; the rest before it is given out later.
    fn pass_foreign(&mut self) -> Result<bool, Raised> {
        let end = self.mem.bytes().len() as u64;
        let next = self.mem.go_on();
        if next == end {
            return Ok(false);
        }
        let rest = end.saturating_sub(u64::from(object::READABLE)).saturating_sub(self.top);
        self.free_gap(self.top, rest)?;
        self.foreign += next - end;
        self.top = next;
        Ok(true)
    }

    fn commit(&mut self, end: u64) -> Result<bool, Raised> {
        if end <= self.mem.bytes().len() as u64 {
            return Ok(true);
        }
        if self.mem.interrupted() {
            return Err(Raised::Interrupted);
        }
        let limit = self.mem.limit().saturating_add(self.foreign);
        Ok(end <= limit && self.mem.grow_to(end.next_multiple_of(COMMIT_STEP).min(limit)))
    }

    fn push_free(&mut self, class: usize, at: u32) -> Result<(), Raised> {
        self.mem.set_u32(at, self.free[class])?;
        self.free[class] = at;
        Ok(())
    }

    /// Takes a block of a larger class apart.
    fn split_larger(&mut self, class: usize, bytes: u64) -> Result<u32, Raised> {
        let larger = (class + 1..CLASSES).find(|class| self.free[*class] != 0).ok_or(Raised::OutOfMemory)?;
        let at = self.free[larger];
        self.free[larger] = self.mem.u32(at)?;
        self.free_gap(u64::from(at) + bytes, class_bytes(larger) - bytes)?;
        Ok(at)
    }

    /// Makes free blocks of bytes that are in none.
    fn free_gap(&mut self, mut at: u64, mut bytes: u64) -> Result<(), Raised> {
        while bytes >= 8 {
            let mut piece = class_of(bytes);
            if class_bytes(piece) > bytes {
                piece -= 1;
            }
            self.push_free(piece, u32::try_from(at).map_err(|_| Raised::Internal)?)?;
            at += class_bytes(piece);
            bytes -= class_bytes(piece);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VecMemory;

    #[test]
    fn classes_cover_all_sizes_with_little_waste() {
        let mut size = 1u64;
        while size <= context::REGION_BYTES {
            for probe in [size - 1, size, size + 1] {
                if probe == 0 || probe > context::REGION_BYTES {
                    continue;
                }
                let (class, bytes) = (class_of(probe), class_bytes(class_of(probe)));
                assert!(class < CLASSES && bytes >= probe && bytes % 8 == 0, "{probe}");
                assert!(bytes - probe < 8.max(probe / 32 + 1), "{probe} in {bytes}");
                assert_eq!(class_of(bytes), class);
            }
            size = size * 9 / 8 + 1;
        }
    }

    #[test]
    fn blocks_are_reused_and_never_overlap() {
        let mut heap = Heap::new(VecMemory::new(1 << 20), context::HEAP_START).unwrap();
        let mut live: Vec<(u32, u64)> = Vec::new();
        let mut seed = 1u64;
        for _ in 0..20_000 {
            seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            let size = 8 + (seed >> 33) % 700;
            if live.len() > 200 {
                let (at, size) = live.swap_remove((seed >> 40) as usize % live.len());
                heap.free_block(at, size).unwrap();
            }
            let at = heap.alloc(size).unwrap();
            assert_eq!(at % 8, 0);
            for (other, other_size) in &live {
                let apart = u64::from(at) + block_bytes(size) <= u64::from(*other)
                    || u64::from(*other) + block_bytes(*other_size) <= u64::from(at);
                assert!(apart);
            }
            live.push((at, size));
        }
        for (at, size) in live {
            heap.free_block(at, size).unwrap();
        }
        assert_eq!(heap.stats.live_bytes, 0);
    }

    /// A region behind which somebody else takes a page each time it grows.
    struct Shared {
        bytes: Vec<u8>,
        length: usize,
        limit: u64,
    }

    impl Memory for Shared {
        fn bytes(&self) -> &[u8] {
            &self.bytes[..self.length]
        }
        fn bytes_mut(&mut self) -> &mut [u8] {
            &mut self.bytes[..self.length]
        }
        fn grow_to(&mut self, bytes: u64) -> bool {
            if self.length < self.bytes.len() {
                return bytes <= self.length as u64;
            }
            self.length = bytes as usize;
            self.bytes.resize(self.length, 0);
            self.bytes.resize(self.length + (64 << 10), 0xAA);
            true
        }
        fn go_on(&mut self) -> u64 {
            self.length = self.bytes.len();
            self.length as u64
        }
        fn limit(&self) -> u64 {
            self.limit
        }
        fn interrupted(&self) -> bool {
            false
        }
        fn take_service(&mut self) -> bool {
            false
        }
    }

    #[test]
    fn what_somebody_else_put_behind_the_region_is_passed_over() {
        let memory = Shared { bytes: Vec::new(), length: 0, limit: 1 << 20 };
        let mut heap = Heap::new(memory, context::HEAP_START).unwrap();
        let mut taken = 0;
        while let Ok(at) = heap.alloc(3_000) {
            heap.mem.slice_mut(at, 3_000).unwrap().fill(1);
            taken += 3_000;
        }
        // The limit is for what is the heap's, nearly all of which was given out.
        assert!((900_000..1 << 20).contains(&taken), "{taken}");
        let foreign = heap.mem.bytes.iter().filter(|&&byte| byte == 0xAA).count();
        assert_eq!(foreign % (64 << 10), 0, "somebody else's page was written to");
        assert!(foreign >= 10 * (64 << 10), "{foreign}");
        // Rests before the pages are given out in small pieces.
        assert!(heap.alloc(500).is_ok());
    }

    #[test]
    fn the_limit_is_an_error_and_larger_blocks_are_split() {
        let mut heap = Heap::new(VecMemory::new(256 << 10), context::HEAP_START).unwrap();
        let large = heap.alloc(100_000).unwrap();
        let _keep = heap.alloc(100_000).unwrap();
        assert_eq!(heap.alloc(100_000), Err(Raised::OutOfMemory));
        heap.free_block(large, 100_000).unwrap();
        for _ in 0..1_500 {
            heap.alloc(64).unwrap();
        }
    }
}
