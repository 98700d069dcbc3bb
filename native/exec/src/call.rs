//! In and out of a program.
//!
//! The trampoline saves what the calling convention asks for on the host's stack, notes in the context record where (`ENTRY_SP`, `ENTRY_FP`;
//! the values before are saved as well, so entries nest), sets the pinned register to the heap base, moves to the program's stack, loads the argument
//! registers and calls. The program comes back in one of two ways: it returns, or a runtime function's shim that failed takes the stack pointer
//! from `ENTRY_SP` and *returns to the address that stands there*, the landing (`runtime::native` has the protocol). Registers need no care then: the trampoline restores all that a callee must keep.

use crate::Context;
use crate::stack::Stack;
use abi::context;

/// Arguments before a call and results after it, by register. Arguments and results beyond these are in the context record.
#[derive(Clone, Debug, Default, PartialEq)]
#[repr(C)]
pub struct Call {
    /// Integer-class arguments.
    pub ints: [u64; 6],
    /// Float arguments.
    pub floats: [f64; 8],
    /// Integer-class results; narrow ones in the low bits.
    pub int_results: [u64; 2],
    /// Float results.
    pub float_results: [f64; 2],
}

/// How a program came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    /// The function returned.
    Returned,
    /// A runtime function failed.
    Left,
}

/// Calls the function at an address of published code, on a stack of its own.
pub(crate) fn call(function: u64, context: &Context, stack: &Stack, call: &mut Call) -> Exit {
    let outer_limit = context.word(context::STACK_LIMIT);
    context.limit_stack(stack.limit());
    // SAFETY: `enter` keeps the calling convention whatever the function does within the rules for emitted code: it touches only its own stack, which no
    // other call uses (the instance is borrowed for the call), and its space, which `context` keeps alive. The code stays mapped while a return address
    // leads into it (`Parts::free`), which is so whenever anything but emitted code runs. `call` is valid for reads and writes of its type.
    #[allow(unsafe_code)]
    let left = unsafe { enter(context.base(), function, call, stack.top()) };
    context.limit_stack(outer_limit);
    if left == 0 { Exit::Returned } else { Exit::Left }
}

/// `enter(base, function, call, stack_top) -> 0 returned, 1 left`
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
#[unsafe(naked)]
unsafe extern "sysv64" fn enter(base: *mut u8, function: u64, call: *mut Call, stack_top: u64) -> u64 {
    std::arch::naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push rbx",
        "push r12",
        "push r13",
        "push r14",
        "push r15",
        "push qword ptr [rdi + {entry_sp}]",
        "push qword ptr [rdi + {entry_fp}]",
        "push rdx",
        "lea rax, [rip + 2f]",
        "push rax",
        "mov r15, rdi",
        "mov [r15 + {entry_sp}], rsp",
        "mov [r15 + {entry_fp}], rbp",
        "mov rsp, rcx",
        "mov rax, rsi",
        "mov r10, rdx",
        "mov rdi, [r10]",
        "mov rsi, [r10 + 8]",
        "mov rdx, [r10 + 16]",
        "mov rcx, [r10 + 24]",
        "mov r8, [r10 + 32]",
        "mov r9, [r10 + 40]",
        "movsd xmm0, [r10 + 48]",
        "movsd xmm1, [r10 + 56]",
        "movsd xmm2, [r10 + 64]",
        "movsd xmm3, [r10 + 72]",
        "movsd xmm4, [r10 + 80]",
        "movsd xmm5, [r10 + 88]",
        "movsd xmm6, [r10 + 96]",
        "movsd xmm7, [r10 + 104]",
        "call rax",
        // Returned: past the landing's address.
        "mov rsp, [r15 + {entry_sp}]",
        "add rsp, 8",
        "pop rcx",
        "mov [rcx + 112], rax",
        "mov [rcx + 120], rdx",
        "movsd [rcx + 128], xmm0",
        "movsd [rcx + 136], xmm1",
        "xor eax, eax",
        "jmp 3f",
        // The landing: a failing shim has popped its address.
        "2:",
        "mov dword ptr [r15 + {status}], 0",
        "pop rcx",
        "mov eax, 1",
        "3:",
        "pop qword ptr [r15 + {entry_fp}]",
        "pop qword ptr [r15 + {entry_sp}]",
        "pop r15",
        "pop r14",
        "pop r13",
        "pop r12",
        "pop rbx",
        "pop rbp",
        "ret",
        entry_sp = const context::ENTRY_SP,
        entry_fp = const context::ENTRY_FP,
        status = const context::STATUS,
    )
}

/// `enter(base, function, call, stack_top) -> 0 returned, 1 left`
#[cfg(target_arch = "aarch64")]
#[allow(unsafe_code)]
#[unsafe(naked)]
unsafe extern "C" fn enter(base: *mut u8, function: u64, call: *mut Call, stack_top: u64) -> u64 {
    std::arch::naked_asm!(
        "stp x29, x30, [sp, #-16]!",
        "mov x29, sp",
        "stp x19, x20, [sp, #-16]!",
        "stp x21, x22, [sp, #-16]!",
        "stp x23, x24, [sp, #-16]!",
        "stp x25, x26, [sp, #-16]!",
        "stp x27, x28, [sp, #-16]!",
        "stp d8, d9, [sp, #-16]!",
        "stp d10, d11, [sp, #-16]!",
        "stp d12, d13, [sp, #-16]!",
        "stp d14, d15, [sp, #-16]!",
        "ldur x9, [x0, #{entry_sp}]",
        "ldur x10, [x0, #{entry_fp}]",
        "stp x9, x10, [sp, #-16]!",
        "adr x9, 2f",
        "stp x9, x2, [sp, #-16]!",
        "mov x21, x0",
        "mov x9, sp",
        "stur x9, [x21, #{entry_sp}]",
        "stur x29, [x21, #{entry_fp}]",
        "mov sp, x3",
        "mov x16, x1",
        "mov x17, x2",
        "ldp x0, x1, [x17]",
        "ldp x2, x3, [x17, #16]",
        "ldp x4, x5, [x17, #32]",
        "ldp d0, d1, [x17, #48]",
        "ldp d2, d3, [x17, #64]",
        "ldp d4, d5, [x17, #80]",
        "ldp d6, d7, [x17, #96]",
        "blr x16",
        "ldur x9, [x21, #{entry_sp}]",
        "mov sp, x9",
        "ldp x9, x10, [sp], #16",
        "stp x0, x1, [x10, #112]",
        "stp d0, d1, [x10, #128]",
        "mov x0, #0",
        "b 3f",
        // The landing: a failing shim has popped its address and the word behind.
        "2:",
        "stur wzr, [x21, #{status}]",
        "mov x0, #1",
        "3:",
        "ldp x9, x10, [sp], #16",
        "stur x9, [x21, #{entry_sp}]",
        "stur x10, [x21, #{entry_fp}]",
        "ldp d14, d15, [sp], #16",
        "ldp d12, d13, [sp], #16",
        "ldp d10, d11, [sp], #16",
        "ldp d8, d9, [sp], #16",
        "ldp x27, x28, [sp], #16",
        "ldp x25, x26, [sp], #16",
        "ldp x23, x24, [sp], #16",
        "ldp x21, x22, [sp], #16",
        "ldp x19, x20, [sp], #16",
        "ldp x29, x30, [sp], #16",
        "ret",
        entry_sp = const context::ENTRY_SP,
        entry_fp = const context::ENTRY_FP,
        status = const context::STATUS,
    )
}

/// What stands in table entries that no function has: raises an internal error. Emitted code reaches it by a masked index that is no function's, which a
/// correct program never has.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn no_function() {
    std::arch::naked_asm!(
        "mov edi, {kind}",
        "xor esi, esi",
        "xor edx, edx",
        "jmp qword ptr [r15 + {raise}]",
        kind = const abi::ErrorKind::Internal as u32,
        raise = const context::RT_TABLE + 8 * abi::RtFn::rt_raise.table_index() as i32,
    )
}

/// What stands in table entries that no function has: raises an internal error.
#[cfg(target_arch = "aarch64")]
#[allow(unsafe_code)]
#[unsafe(naked)]
pub(crate) unsafe extern "C" fn no_function() {
    std::arch::naked_asm!(
        "mov w0, #{kind}",
        "mov x1, #0",
        "mov x2, #0",
        "sub x9, x21, #{table}",
        "ldr x9, [x9, #{entry}]",
        "br x9",
        kind = const abi::ErrorKind::Internal as u32,
        table = const -context::RT_TABLE,
        entry = const 8 * abi::RtFn::rt_raise.table_index(),
    )
}
