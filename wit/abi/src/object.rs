//! Heap object layouts. All objects are 8-aligned and begin with a header.
//!
//! ```text
//! header    0 count u32     4 type u32 (low 24 bits: TypeId; high 8 bits: the collector's)
//! text      8 len u32 bytes 12 cap u32 bytes   16 chars u32 (MAX: not counted yet)  20 hash u32 (0: not yet)  24 UTF-8
//! array     8 len u32       12 cap u32 (elements)                     16 elements, `stride` bytes each
//! dict      8 len u32       12 the runtime's own fields               (entries through runtime functions only)
//! closure   8 function-table index u32                                16 captures (the descriptor's leaves)
//! others    8 payload (the descriptor's leaves): boxed struct, tuple, enum, option; class; box of any/dyn
//! ```

/// Bytes behind every reference, and behind nil, that can be read, whatever the object's size.
pub const READABLE: u32 = 16;
/// Offset of the reference count. Counts with the top bit set belong to objects that live for ever.
pub const COUNT: u32 = 0;
/// A count that never reaches 0.
pub const IMMORTAL: u32 = 0xC000_0000;
/// Offset of the type word.
pub const TYPE: u32 = 4;
/// Bits of the type word that are the TypeId.
pub const TYPE_MASK: u32 = 0x00FF_FFFF;
/// Bits of the type word that are all set while the object stands among the collector's candidates: to note it again changes nothing.
pub const NOTED: u32 = 0x0700_0000;
/// Length: bytes of a text, elements of an array, entries of a dict.
pub const LEN: u32 = 8;
/// Capacity of a text or array.
pub const CAP: u32 = 12;
/// Characters of a text; equal to the length for ASCII.
pub const TEXT_CHARS: u32 = 16;
/// "Not counted yet".
pub const CHARS_UNKNOWN: u32 = u32::MAX;
/// Cached hash of a text.
pub const TEXT_HASH: u32 = 20;
/// First byte of a text.
pub const TEXT_DATA: u32 = 24;
/// First element of an array.
pub const ARRAY_DATA: u32 = 16;
/// A closure's function-table index.
pub const CLOSURE_FN: u32 = 8;
/// First capture of a closure.
pub const CLOSURE_DATA: u32 = 16;
/// Payload of every other object.
pub const PAYLOAD: u32 = 8;
