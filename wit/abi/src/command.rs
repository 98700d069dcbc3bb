//! The linkable form of the runtime, and whoever makes it and a program's module (`module`) one: a component that needs a WASI host and nothing else.
//!
//! ```text
//! WASI     -> runtime   what of it is used
//! linker   -> runtime   the functions of `PROGRAM`
//! runtime  -> linker    what it has for programs (`module`), `RUN`, `EXIT`, `EXIT_EXACT`, `OVERFLOW`, `REALLOC`
//! ```
//! This form carries the relocations of its functions and data, which say who needs whom: what a program does not need is left out of its component.
//!
//! *Calls.* Nobody tells a component what is on its stack. So the linker has each function of the program write down where its calls stand: from the address on
//! that `CALLS` hands over there is a word for each active function that calls anything, an index into `Places::locs`. `TOP` says where the next one goes.
//! `MAX_CALLS` may be active; the function that finds no room calls `OVERFLOW`. Functions that call nothing but the runtime do not look; one of them
//! may be active, so there is room for one word more.

/// What the linkable runtime's imports come from that are not WASI's.
pub const PROGRAM: &str = "program";

/// `() -> i32`: how many functions that call others may be active.
pub const MAX_CALLS: &str = "max_calls";
/// `(address: i32)`: where the words of active calls go, before the program starts.
pub const CALLS: &str = "calls";
/// `() -> i32`: the address behind the last of them.
pub const TOP: &str = "top";
/// `() -> i32`: length of the encoded `Places`.
pub const PLACES_LEN: &str = "places_len";
/// `(address: i32)`: writes the encoded `Places` there.
pub const PLACES: &str = "places";
/// `() -> i32`: length of the encoded functions of a library (`exports::encode`).
pub const EXPORTS_LEN: &str = "exports_len";
/// `(address: i32)`: writes them there.
pub const EXPORTS: &str = "exports";
/// `() -> i64`: bytes that the heap may take.
pub const LIMIT: &str = "limit";
/// `(code: i32)`: ends the program with this exit code: `EXIT`, `EXIT_EXACT` or `ABORT`.
pub const LEAVE: &str = "leave";

/// `() -> i32`: runs the program; 0 if its exit code is, else 1.
pub const RUN: &str = "run";
/// `(code: i32)`: ends the program; all codes but 0 are the same.
pub const EXIT: &str = "exit";
/// `(code: i32)`: ends the program with the last 8 bits of this code. Takes a host that has this part of WASI, which is not stable.
pub const EXIT_EXACT: &str = "exit_exact";
/// `(code: i32)`: ends a library, in a trap.
pub const ABORT: &str = "abort";
/// `(words: i32) -> i32`: room for so many words on their way in or out; their address. The first [`BUFFER_FLAT`] are flat values of the canonical ABI, then words
/// of the program follow.
pub const BUFFER: &str = "buffer";
/// `(function: i32)`: makes words of the program of the flat arguments of a function. The first time it starts the program.
pub const LIFT: &str = "lift";
/// `(function: i32) -> i64`: makes the flat result of the words of a result; of more than one value their address.
pub const LOWER: &str = "lower";
/// `()`: the caller has read the result.
pub const POST_RETURN: &str = "post_return";
/// `(place: i32)`: ends the program: the function that was declared there finds no room for its calls.
pub const OVERFLOW: &str = "overflow";
/// The allocator as the canonical ABI wants it.
pub const REALLOC: &str = "cabi_realloc";

/// How many flat values the arguments of a function have at most; more than these are in memory.
pub const BUFFER_FLAT: usize = 16;
