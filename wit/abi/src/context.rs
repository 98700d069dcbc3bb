//! The context record and the tables, at fixed negative offsets from the heap base.
//!
//! ```text
//! base - FN_TABLE  function table   65,536 code addresses, read-only to the program
//! base - RT_TABLE  runtime table     2,048 code addresses, read-only to the program; entry 0 is the host's own
//! base - 16 KiB    context record   read-write
//! base             heap region      4 GiB reserved, then guard pages
//! ```
//! Offsets are in bytes from the base and negative.

/// Bytes reserved for the context record.
pub const CONTEXT_BYTES: usize = 16 << 10;
/// First byte of the runtime table. Entry `n` holds the address of the entry shim of runtime function `n - 1`;
/// entry 0 holds a pointer that only the host reads.
pub const RT_TABLE: i32 = -(32 << 10);
/// Entries in the runtime table.
pub const RT_TABLE_LEN: usize = 2048;
/// First byte of the function table, used by closures and dynamic dispatch.
pub const FN_TABLE: i32 = RT_TABLE - (512 << 10);
/// Entries in the function table. An artifact uses the first 2^k of them.
pub const FN_TABLE_LEN: usize = 1 << 16;
/// Bytes before the heap base in all.
pub const BEFORE_BASE: usize = 544 << 10;
/// The heap region's reserved size.
pub const REGION_BYTES: u64 = 4 << 30;
/// Guard bytes after the heap region: constant displacements stay below.
pub const GUARD_BYTES: usize = 64 << 10;
/// Displacements in emitted code are below this.
pub const MAX_DISPLACEMENT: u32 = 64 << 10;

/// u64: emitted functions raise when their stack pointer is below this address. All ones once the program is to stop.
pub const STACK_LIMIT: i32 = -16;
/// u32: not 0 asks the program to stop at the next back edge or look of the runtime.
pub const INTERRUPT: i32 = -24;
/// At [`INTERRUPT`]: the program shall not stop, but let the host link what is new. No number of an error.
pub const SERVICE: u32 = u32::MAX;
/// u32: not 0 after a runtime function failed: its shim leaves the program.
pub const STATUS: i32 = -32;
/// u64: stack pointer of the innermost entry trampoline, to which a failing shim returns.
pub const ENTRY_SP: i32 = -40;
/// u64: frame pointer at the latest call of a runtime function: where a stack walk starts.
pub const LAST_FP: i32 = -48;
/// u64: frame pointer of the innermost entry trampoline: where a stack walk ends.
pub const ENTRY_FP: i32 = -56;
/// 64 words: arguments that have no register, in order.
pub const ARGS: i32 = -1024;
/// Words at [`ARGS`].
pub const ARGS_LEN: usize = 64;
/// 64 words: results that have no register, in order.
pub const RESULTS: i32 = -2048;
/// Words at [`RESULTS`].
pub const RESULTS_LEN: usize = 64;

/// The lowest heap offsets are never objects: 0 is nil, then a scratch area through which values are
/// passed to runtime functions by address.
pub const SCRATCH_A: u32 = 64;
/// Second scratch value, 512 bytes each.
pub const SCRATCH_B: u32 = 576;
/// Third scratch value: where runtime functions leave a value or an address.
pub const SCRATCH_R: u32 = 1088;
/// The first offset that may be an object.
pub const HEAP_START: u32 = 2048;
