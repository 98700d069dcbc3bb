//! Entry shims: how machine code calls runtime functions.
//!
//! # Protocol, for emitted code and for the entry trampoline
//!
//! *Base.* The pinned register (x86-64 `r15`, AArch64 `x21`) holds the heap base. The context record and the tables are at the fixed
//! negative offsets of `abi::context`.
//!
//! *Call.* Emitted code loads the shim's address from entry `RtFn::table_index` of the runtime table and calls it by the C
//! convention of the target: parameters of the row in order, integer class and float class each in their registers. Bits of a
//! register above a parameter's width may be anything. An integer result is zero-extended to 64 bits.
//!
//! *Shim.* Pushes a frame, stores its own frame pointer at `LAST_FP`, and calls the body with the base as one more integer argument.
//! For a row that keeps registers it saves the caller-saved ones before and restores them after, and the result goes to `RESULTS`.
//! A stack walk therefore starts at `[base + LAST_FP]`: there stand the caller's frame pointer (+0) and the return address
//! into emitted code (+8).
//!
//! *Body.* Finds the runtime through entry 0 of the runtime table: a pointer to the `Rt<M, H>` whose type parameters were
//! given to [`entry_addresses`]. On failure it keeps what happened for [`take_failure`] and stores 1 at `STATUS`.
//!
//! *Failure.* If `STATUS` is not 0 when the body returns, the shim does not return to emitted code. It loads the stack pointer
//! from `ENTRY_SP` and returns to the address that stands there:
//!
//! * x86-64: `mov rsp, [base + ENTRY_SP]; ret`. The landing code begins with `rsp = ENTRY_SP + 8`.
//! * AArch64: `sp = [base + ENTRY_SP]; ldr x30, [sp], #16; ret`. The word at `ENTRY_SP` is the landing address, the one behind it
//!   padding; the landing code begins with `sp = ENTRY_SP + 16`.
//!
//! The landing code belongs to the trampoline: it restores the callee-saved registers that the trampoline saved (the base register is still
//! the base there), resets `STATUS` to 0 and returns to the host's call.
//!
//! *Calls back.* The body of `rt_poll` may answer with the address of a function of the program, `() -> ()`. The shim calls it, on the program's
//! stack and as emitted code would, and then the body again, until the answer is 0.
//!
//! *Stack.* Shims run on the program's stack and do not check it: the stack limit leaves 1 MiB for runtime functions.
//!
//! *Unwinding.* Bodies never unwind: a panic becomes an internal error.

use crate::{Host, Memory, Raised, Rt};
use abi::{RtFn, context};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The runtime of the program at a heap base.
///
/// # Safety
/// `base` is the heap base of a mapped program whose runtime-table entry 0 points to an `Rt<M, H>`, and nothing else refers to that
/// runtime while the result is in use.
unsafe fn runtime<'a, M: Memory, H: Host>(base: *mut u8) -> &'a mut Rt<M, H> {
    // SAFETY: by the contract above, the word is readable and holds a valid, unaliased pointer of this type.
    unsafe { &mut **base.offset(context::RT_TABLE as isize).cast::<*mut Rt<M, H>>() }
}

/// Runs a body, and turns failures and panics into a status.
///
/// # Safety
/// As for [`runtime`]; the context record before `base` is writable.
unsafe fn enter<M: Memory, H: Host, T: Default>(
    base: *mut u8,
    body: impl FnOnce(&mut Rt<M, H>) -> Result<T, Raised>,
) -> T {
    // SAFETY: the caller upholds the same contract.
    let rt = unsafe { runtime::<M, H>(base) };
    // A runtime that panicked in the middle of a change is only asked for its error afterwards; its heap is dropped as a whole.
    let raised = match catch_unwind(AssertUnwindSafe(|| body(rt))) {
        Ok(Ok(result)) => return result,
        Ok(Err(raised)) => raised,
        Err(_) => Raised::Internal,
    };
    rt.failure = Some(raised);
    // SAFETY: STATUS lies in the context record, is 4-aligned, and only this thread uses it.
    unsafe { base.offset(context::STATUS as isize).cast::<u32>().write(1) };
    T::default()
}

/// The address of a function `() -> ()` of the program, for `rt_poll`.
#[derive(Clone, Copy, Debug)]
pub struct Callee(u64);

impl Callee {
    /// # Safety
    /// It is the address of the first instruction of such a function in published code, which stays until the function has returned.
    pub unsafe fn new(address: u64) -> Callee {
        Callee(address)
    }

    pub(crate) fn address(self) -> u64 {
        self.0
    }
}

/// What a host does for a program that stands at a poll, because somebody asked for it.
pub trait Service<M, H> {
    /// Does it.
    ///
    /// # Errors
    /// The program ends with this.
    fn serve(&mut self, rt: &mut Rt<M, H>) -> Result<(), Raised>;

    /// Puts the function of an entry of the function table there, which the program is about to call for the first time.
    ///
    /// # Errors
    /// The program ends with this.
    fn instantiate(&mut self, rt: &mut Rt<M, H>, entry: u32) -> Result<(), Raised>;

    /// Calls a function of the host, by its number, with the arguments in an object that gets the result.
    ///
    /// # Errors
    /// The program ends with this.
    fn call_host(&mut self, rt: &mut Rt<M, H>, function: u32, frame: u32) -> Result<(), Raised>;

    /// The next function that the program is to call before it goes on.
    fn next_call(&mut self) -> Option<Callee>;
}

/// What failed, after the landing code was reached. `None` if no runtime function failed.
pub fn take_failure<M: Memory, H: Host>(rt: &mut Rt<M, H>) -> Option<crate::RunError> {
    rt.failure.take().map(|raised| rt.take_error(raised))
}

// The type of a parameter in the body's signature, and its value. Integers come as whole registers, since the bits above
// their width are not defined.
macro_rules! register {
    (F64) => {
        f64
    };
    ($other:ident) => {
        u64
    };
}

macro_rules! from_register {
    (I8, $word:expr) => {
        $word as u8
    };
    (I64, $word:expr) => {
        $word as i64
    };
    (F64, $word:expr) => {
        $word
    };
    (Any, $word:expr) => {
        $word
    };
    (OwnAny, $word:expr) => {
        $word
    };
    // I32, Ref, Own, Addr, Type
    ($other:ident, $word:expr) => {
        $word as u32
    };
}

macro_rules! result_register {
    () => {
        ()
    };
    (F64) => {
        f64
    };
    ($other:ident) => {
        u64
    };
}

macro_rules! to_register {
    ($result:expr) => {
        $result
    };
    ($result:expr, F64) => {
        $result
    };
    ($result:expr, I64) => {
        $result as u64
    };
    ($result:expr, $other:ident) => {
        u64::from($result)
    };
}

/// True for the row whose body may answer with a function to call.
const fn calls_back(function: RtFn) -> bool {
    matches!(function, RtFn::rt_poll)
}

/// Number of integer registers that a row's parameters take.
const fn integer_params(function: RtFn) -> usize {
    let params = function.params();
    let (mut count, mut i) = (0, 0);
    while i < params.len() {
        if !params[i].repr().is_float() {
            count += 1;
        }
        i += 1;
    }
    assert!(count <= 5, "a row has more integer parameters than registers leave for the base");
    count
}

macro_rules! shims {
    ($($(#[doc = $doc:literal])+ $name:ident($($param:ident: $kind:ident),*) $(-> $result:ident)?;)*) => {
        mod bodies {
            use super::*;
            $(
                /// # Safety
                /// Called by the shim of the same name only: `base` is what the pinned register holds in emitted code.
                pub unsafe extern "C" fn $name<M: Memory, H: Host>(
                    $($param: register!($kind),)*
                    base: *mut u8,
                ) -> result_register!($($result)?) {
                    // SAFETY: the base register is set by the trampoline to a mapped program's base and never changed by emitted
                    // code; entry 0 was set with this runtime's type by whoever asked for these addresses; the host does not
                    // touch the runtime while the program runs.
                    unsafe {
                        enter::<M, H, _>(base, |rt| {
                            let result = rt.$name($(from_register!($kind, $param)),*)?;
                            Ok(to_register!(result $(, $result)?))
                        })
                    }
                }
            )*
        }

        mod entries {
            use super::*;
            $(shim!($name);)*
        }

        /// Addresses of the entry shims, in the order of the runtime table: the one at `n` belongs into entry `n + 1`.
        pub fn entry_addresses<M: Memory, H: Host>() -> [usize; RtFn::ALL.len()] {
            [$(entries::$name::<M, H> as *const () as usize,)*]
        }
    };
}

#[cfg(target_arch = "x86_64")]
macro_rules! shim {
    ($name:ident) => {
        /// # Safety
        /// Called by emitted code only, by the protocol at the top of this file.
        // SAFETY: the assembly keeps the C convention: it saves and restores rbp, keeps rsp 16-aligned at the call, changes no argument
        // register but the first free integer one, and reads and writes only the context record at r15. The failure path gives up all
        // frames between here and the trampoline; those of emitted code own nothing but counts, and there are no others.
        #[unsafe(naked)]
        pub unsafe extern "C" fn $name<M: Memory, H: Host>() {
            core::arch::naked_asm!(
                "push rbp",
                "mov rbp, rsp",
                "mov qword ptr [r15 + {last_fp}], rbp",
                ".if {keeps}",
                "sub rsp, 208",
                "mov qword ptr [rsp], rax",
                "mov qword ptr [rsp + 8], rcx",
                "mov qword ptr [rsp + 16], rdx",
                "mov qword ptr [rsp + 24], rsi",
                "mov qword ptr [rsp + 32], rdi",
                "mov qword ptr [rsp + 40], r8",
                "mov qword ptr [rsp + 48], r9",
                "mov qword ptr [rsp + 56], r10",
                "mov qword ptr [rsp + 64], r11",
                "movsd qword ptr [rsp + 80], xmm0",
                "movsd qword ptr [rsp + 88], xmm1",
                "movsd qword ptr [rsp + 96], xmm2",
                "movsd qword ptr [rsp + 104], xmm3",
                "movsd qword ptr [rsp + 112], xmm4",
                "movsd qword ptr [rsp + 120], xmm5",
                "movsd qword ptr [rsp + 128], xmm6",
                "movsd qword ptr [rsp + 136], xmm7",
                "movsd qword ptr [rsp + 144], xmm8",
                "movsd qword ptr [rsp + 152], xmm9",
                "movsd qword ptr [rsp + 160], xmm10",
                "movsd qword ptr [rsp + 168], xmm11",
                "movsd qword ptr [rsp + 176], xmm12",
                "movsd qword ptr [rsp + 184], xmm13",
                "movsd qword ptr [rsp + 192], xmm14",
                "movsd qword ptr [rsp + 200], xmm15",
                ".endif",
                "5:",
                ".if {params} == 0",
                "mov rdi, r15",
                ".elseif {params} == 1",
                "mov rsi, r15",
                ".elseif {params} == 2",
                "mov rdx, r15",
                ".elseif {params} == 3",
                "mov rcx, r15",
                ".elseif {params} == 4",
                "mov r8, r15",
                ".else",
                "mov r9, r15",
                ".endif",
                "call {body}",
                "cmp dword ptr [r15 + {status}], 0",
                "jne 2f",
                ".if {calls}",
                "test rax, rax",
                "jz 4f",
                "call rax",
                "mov qword ptr [r15 + {last_fp}], rbp",
                "jmp 5b",
                "4:",
                ".endif",
                ".if {keeps}",
                "mov qword ptr [r15 + {results}], rax",
                "mov rax, qword ptr [rsp]",
                "mov rcx, qword ptr [rsp + 8]",
                "mov rdx, qword ptr [rsp + 16]",
                "mov rsi, qword ptr [rsp + 24]",
                "mov rdi, qword ptr [rsp + 32]",
                "mov r8, qword ptr [rsp + 40]",
                "mov r9, qword ptr [rsp + 48]",
                "mov r10, qword ptr [rsp + 56]",
                "mov r11, qword ptr [rsp + 64]",
                "movsd xmm0, qword ptr [rsp + 80]",
                "movsd xmm1, qword ptr [rsp + 88]",
                "movsd xmm2, qword ptr [rsp + 96]",
                "movsd xmm3, qword ptr [rsp + 104]",
                "movsd xmm4, qword ptr [rsp + 112]",
                "movsd xmm5, qword ptr [rsp + 120]",
                "movsd xmm6, qword ptr [rsp + 128]",
                "movsd xmm7, qword ptr [rsp + 136]",
                "movsd xmm8, qword ptr [rsp + 144]",
                "movsd xmm9, qword ptr [rsp + 152]",
                "movsd xmm10, qword ptr [rsp + 160]",
                "movsd xmm11, qword ptr [rsp + 168]",
                "movsd xmm12, qword ptr [rsp + 176]",
                "movsd xmm13, qword ptr [rsp + 184]",
                "movsd xmm14, qword ptr [rsp + 192]",
                "movsd xmm15, qword ptr [rsp + 200]",
                "mov rsp, rbp",
                ".endif",
                "pop rbp",
                "ret",
                "2:",
                "mov rsp, qword ptr [r15 + {entry_sp}]",
                "ret",
                last_fp = const context::LAST_FP,
                status = const context::STATUS,
                entry_sp = const context::ENTRY_SP,
                results = const context::RESULTS,
                keeps = const RtFn::$name.keeps_registers() as usize,
                params = const integer_params(RtFn::$name),
                calls = const calls_back(RtFn::$name) as usize,
                body = sym bodies::$name::<M, H>,
            )
        }
    };
}

#[cfg(target_arch = "aarch64")]
macro_rules! shim {
    ($name:ident) => {
        /// # Safety
        /// Called by emitted code only, by the protocol at the top of this file.
        // SAFETY: the assembly keeps the C convention: it saves and restores x29 and x30, keeps sp 16-aligned, changes no argument
        // register but the first free integer one, and reads and writes only the context record at x21. The failure path gives up all
        // frames between here and the trampoline; those of emitted code own nothing but counts, and there are no others.
        #[unsafe(naked)]
        pub unsafe extern "C" fn $name<M: Memory, H: Host>() {
            core::arch::naked_asm!(
                "stp x29, x30, [sp, #-16]!",
                "mov x29, sp",
                "stur x29, [x21, #{last_fp}]",
                ".if {keeps}",
                "sub sp, sp, #336",
                "stp x0, x1, [sp]",
                "stp x2, x3, [sp, #16]",
                "stp x4, x5, [sp, #32]",
                "stp x6, x7, [sp, #48]",
                "stp x8, x9, [sp, #64]",
                "stp x10, x11, [sp, #80]",
                "stp x12, x13, [sp, #96]",
                "stp x14, x15, [sp, #112]",
                "stp x16, x17, [sp, #128]",
                "stp d0, d1, [sp, #144]",
                "stp d2, d3, [sp, #160]",
                "stp d4, d5, [sp, #176]",
                "stp d6, d7, [sp, #192]",
                "stp d16, d17, [sp, #208]",
                "stp d18, d19, [sp, #224]",
                "stp d20, d21, [sp, #240]",
                "stp d22, d23, [sp, #256]",
                "stp d24, d25, [sp, #272]",
                "stp d26, d27, [sp, #288]",
                "stp d28, d29, [sp, #304]",
                "stp d30, d31, [sp, #320]",
                ".endif",
                "5:",
                "mov x{params}, x21",
                "bl {body}",
                "ldur w9, [x21, #{status}]",
                "cbnz w9, 2f",
                ".if {calls}",
                "cbz x0, 4f",
                "blr x0",
                "stur x29, [x21, #{last_fp}]",
                "b 5b",
                "4:",
                ".endif",
                ".if {keeps}",
                "sub x9, x21, #{results}",
                "str x0, [x9]",
                "ldp x0, x1, [sp]",
                "ldp x2, x3, [sp, #16]",
                "ldp x4, x5, [sp, #32]",
                "ldp x6, x7, [sp, #48]",
                "ldp x8, x9, [sp, #64]",
                "ldp x10, x11, [sp, #80]",
                "ldp x12, x13, [sp, #96]",
                "ldp x14, x15, [sp, #112]",
                "ldp x16, x17, [sp, #128]",
                "ldp d0, d1, [sp, #144]",
                "ldp d2, d3, [sp, #160]",
                "ldp d4, d5, [sp, #176]",
                "ldp d6, d7, [sp, #192]",
                "ldp d16, d17, [sp, #208]",
                "ldp d18, d19, [sp, #224]",
                "ldp d20, d21, [sp, #240]",
                "ldp d22, d23, [sp, #256]",
                "ldp d24, d25, [sp, #272]",
                "ldp d26, d27, [sp, #288]",
                "ldp d28, d29, [sp, #304]",
                "ldp d30, d31, [sp, #320]",
                "mov sp, x29",
                ".endif",
                "ldp x29, x30, [sp], #16",
                "ret",
                "2:",
                "ldur x9, [x21, #{entry_sp}]",
                "mov sp, x9",
                "ldr x30, [sp], #16",
                "ret",
                last_fp = const context::LAST_FP,
                status = const context::STATUS,
                entry_sp = const context::ENTRY_SP,
                results = const -context::RESULTS,
                keeps = const RtFn::$name.keeps_registers() as usize,
                params = const integer_params(RtFn::$name),
                calls = const calls_back(RtFn::$name) as usize,
                body = sym bodies::$name::<M, H>,
            )
        }
    };
}

abi::for_each_runtime_fn!(shims);
