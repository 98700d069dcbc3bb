//! The tagged 64-bit value of type `any`: three tag bits, 61 payload bits.
//!
//! Integers of 61 bits are immediate. Texts, arrays, dicts, class instances, closures and boxed structs are
//! references to themselves; every other value is a reference to a box whose descriptor says what it holds.

/// Mask of the tag bits.
pub const TAG_MASK: u64 = 7;
/// Integer: the value is shifted left by three.
pub const TAG_INT: u64 = 0;
/// Reference: the object's offset (8-aligned) with this tag.
pub const TAG_REF: u64 = 1;
/// nil, true, false.
pub const TAG_SPECIAL: u64 = 3;
/// `nil`.
pub const NIL: u64 = TAG_SPECIAL;
/// `true`.
pub const TRUE: u64 = 1 << 3 | TAG_SPECIAL;
/// `false`.
pub const FALSE: u64 = 2 << 3 | TAG_SPECIAL;

/// True where an integer fits the immediate form.
pub const fn fits_int(value: i64) -> bool {
    value >= -(1 << 60) && value < 1 << 60
}
