//! What programs and the host call.

use crate::host::{self, Outside};
use crate::memory::{self, LinearMemory};
// A component is made of one program and its runtime: nobody else can hand in types.
#[cfg(feature = "command")]
use abi::module::decode_trusted_types as decode_types;
#[cfg(not(feature = "command"))]
use abi::module::decode_types;
use abi::module::{HEAP_BASE, NO_GLOBALS};
use abi::{ErrorKind, TypeId};
use core::cell::UnsafeCell;
use runtime::{Memory as _, Raised, RunError, Statics};

/// The runtime of the one program.
pub type Rt = runtime::Rt<LinearMemory, Outside>;

/// The one program's runtime.
struct Program(UnsafeCell<Option<State>>);

/// It, once it is linked.
pub struct State {
    pub rt: Rt,
    globals: Option<u32>,
}

// SAFETY: the module is compiled without threads.
unsafe impl Sync for Program {}

static PROGRAM: Program = Program(UnsafeCell::new(None));

/// Lets `body` work on the runtime; leaves the program where it fails.
#[inline]
pub fn enter<T>(body: impl FnOnce(&mut State) -> Result<T, Raised>) -> T {
    // SAFETY: nobody else refers to it: exports are called by the program or the host one after the other, and what they call, the imports of this
    // module included, does not call exports.
    let Some(state) = (unsafe { &mut *PROGRAM.0.get() }) else { not_linked() };
    match body(state) {
        Ok(result) => result,
        Err(raised) => leave(state, raised),
    }
}

#[cold]
fn leave(state: &mut State, raised: Raised) -> ! {
    host::leave_with(&state.rt.take_error(raised))
}

#[cold]
fn not_linked() -> ! {
    host::leave_with(&RunError::new(ErrorKind::Internal, "the program was not linked"))
}

macro_rules! value {
    (I64) => {
        i64
    };
    (F64) => {
        f64
    };
    (Any) => {
        u64
    };
    (OwnAny) => {
        u64
    };
    // Integers up to 32 bits
    ($other:ident) => {
        u32
    };
}

macro_rules! narrow {
    (I8, $value:expr) => {
        $value as u8
    };
    ($other:ident, $value:expr) => {
        $value
    };
}

macro_rules! widen {
    ($result:expr, I8) => {
        u32::from($result)
    };
    ($result:expr $(, $other:ident)?) => {
        $result
    };
}

macro_rules! exports {
    ($($(#[doc = $doc:literal])+ $name:ident($($param:ident: $kind:ident),*) $(-> $result:ident)?;)*) => {
        $(
            $(#[doc = $doc])+
            #[unsafe(no_mangle)]
            pub extern "C" fn $name($($param: value!($kind)),*) $(-> value!($result))? {
                enter(|state| {
                    let result = runtime::rows::$name(&mut state.rt, $(narrow!($kind, $param)),*)?;
                    Ok(widen!(result $(, $result)?))
                })
            }
        )*
    };
}
abi::for_each_runtime_fn!(exports);

unsafe extern "C" {
    /// The end of what the linker laid out.
    static __heap_base: u8;
}

/// Makes room for so many bytes of the region.
#[unsafe(no_mangle)]
pub extern "C" fn begin(bytes: u32) {
    let free_from = (&raw const __heap_base).addr();
    assert!(free_from <= HEAP_BASE as usize, "the runtime's own data reach into the heap");
    // The allocator takes its first pages in front of the base, where they are in nobody's way, and keeps them.
    let below = (HEAP_BASE as usize).saturating_sub(free_from.max(memory::size())).saturating_sub(RESERVE);
    drop(core::hint::black_box(Vec::<u8>::with_capacity(below)));
    if !memory::grow(u64::from(HEAP_BASE) + u64::from(bytes)) {
        host::leave_with(&RunError::new(
            ErrorKind::OutOfMemory,
            "out of memory: no room for the program's constants",
        ));
    }
}

/// What the allocator adds to a block that it is asked for, at most.
const RESERVE: usize = 64 << 10;

/// Starts the runtime of a program whose constants end at `statics_end`, where its types stand.
#[unsafe(no_mangle)]
pub extern "C" fn link(statics_end: u32, types_len: u32, globals: u32) {
    let region = LinearMemory::new(host::memory_limit());
    let range = statics_end as usize..statics_end as usize + types_len as usize;
    let types = region.bytes().get(range).ok_or_else(|| "no types".to_owned());
    let types = types.and_then(|bytes| decode_types(bytes).map_err(|wrong| wrong.to_string()));
    let globals = (globals != NO_GLOBALS).then_some(TypeId(globals));
    let statics = Statics { end: statics_end, globals };
    let rt = types.and_then(|types| Rt::with_statics(region, Outside::new(), types, statics));
    match rt {
        Ok(rt) => {
            let state = State { rt, globals: globals.map(|_| statics_end) };
            // SAFETY: as in `enter`.
            unsafe { *PROGRAM.0.get() = Some(state) };
        }
        Err(wrong) => host::leave_with(&RunError::new(ErrorKind::Internal, wrong)),
    }
}

/// Releases the variables of a program that has ended by itself, and collects cycles.
#[unsafe(no_mangle)]
pub extern "C" fn end() {
    enter(|state| {
        if let Some(globals) = state.globals.take() {
            state.rt.release(globals)?;
        }
        state.rt.collect()
    });
}

/// Objects that are alive.
#[unsafe(no_mangle)]
pub extern "C" fn live_objects() -> u64 {
    enter(|state| Ok(state.rt.stats().live_objects))
}

/// The most bytes that objects took at a time.
#[unsafe(no_mangle)]
pub extern "C" fn peak_bytes() -> u64 {
    enter(|state| Ok(state.rt.stats().peak_bytes))
}
