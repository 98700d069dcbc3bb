//! The entry shims, called as emitted code calls them.
#![allow(unsafe_code)]

use super::*;
use crate::native::{entry_addresses, take_failure};
use core::arch::naked_asm;

/// Calls `shim` with arguments from `args` (integer registers in order, then xmm0 and xmm1) and the given base; the trampoline
/// of this test. Returns rax and leaves xmm0 in its place in `args`; on failure returns -77.
///
/// # Safety
/// `base` follows the protocol of `crate::native`, `args` points to eight words.
#[unsafe(naked)]
unsafe extern "C" fn enter(shim: usize, base: *mut u8, args: *mut u64) -> u64 {
    naked_asm!(
        "push rbp",
        "mov rbp, rsp",
        "push r15",
        "push rbx",
        "mov r15, rsi",
        "lea rax, [rip + 3f]",
        "push rax",
        "mov [r15 + {entry_sp}], rsp",
        "sub rsp, 8",
        "mov rax, rdi",
        "mov rbx, rdx",
        "mov rdi, [rbx]",
        "mov rsi, [rbx + 8]",
        "mov rdx, [rbx + 16]",
        "mov rcx, [rbx + 24]",
        "mov r8, [rbx + 32]",
        "mov r9, -1",
        "movsd xmm0, [rbx + 48]",
        "movsd xmm1, [rbx + 56]",
        "call rax",
        "movsd [rbx + 48], xmm0",
        "add rsp, 16",
        "4:",
        "pop rbx",
        "pop r15",
        "pop rbp",
        "ret",
        "3:",
        "mov dword ptr [r15 + {status}], 0",
        "mov rax, -77",
        "jmp 4b",
        entry_sp = const context::ENTRY_SP,
        status = const context::STATUS,
    )
}

struct Machine {
    rt: Box<TestRt>,
    before: Vec<u64>,
}

impl Machine {
    fn new() -> Machine {
        Machine { rt: Box::new(Table::new().rt()), before: vec![0; context::BEFORE_BASE / 8] }
    }

    /// The integer and the float result, of which a function sets at most one.
    fn call_both(&mut self, function: RtFn, args: &[u64]) -> (u64, f64) {
        let mut words = [0x0123_4567_0000_0000u64; 8];
        let (mut ints, mut floats) = (0, 6);
        for (param, arg) in function.params().iter().zip(args) {
            if param.repr().is_float() {
                words[floats] = *arg;
                floats += 1;
            } else {
                words[ints] = *arg;
                ints += 1;
            }
        }
        let base = self.before.as_mut_ptr_range().end.cast::<u8>();
        let entry = self.before.len() - (-context::RT_TABLE) as usize / 8;
        self.before[entry] = &raw mut *self.rt as u64;
        let shim = entry_addresses::<VecMemory, BufferHost>()[function as usize];
        // SAFETY: the words before the base have room for context and tables, entry 0 is the runtime of the types that the
        // addresses were made for, and nothing else uses it during the call.
        let result = unsafe { enter(shim, base, words.as_mut_ptr()) };
        (result, f64::from_bits(words[6]))
    }

    fn call(&mut self, function: RtFn, args: &[u64]) -> u64 {
        self.call_both(function, args).0
    }
}

#[test]
fn calls_and_failures_through_shims() {
    let mut machine = Machine::new();
    let text = machine.rt.str("abc");
    // Bits above a parameter's width are ignored.
    let dirty = text | 0xDEAD_BEEF_0000_0000;
    assert_eq!(machine.call(RtFn::rt_text_char_count, &[dirty]), 3);
    let padded = machine.call(RtFn::rt_text_slice, &[dirty, 1, i64::MIN as u64, 1]);
    assert_eq!(machine.rt.take(padded), "bc");
    let hypot = [abi::runtime_fns::MathFn::Hypot as u64, 3.0f64.to_bits(), 4.0f64.to_bits()];
    assert_eq!(machine.call_both(RtFn::rt_f64_math2, &hypot).1, 5.0);
    let shown = machine.call(RtFn::rt_show_f64, &[2.5f64.to_bits()]);
    assert_eq!(machine.rt.take(shown), "2.5");
    assert_eq!(machine.call(RtFn::rt_text_char_at, &[text, 3]) as i64, -77);
    let error = take_failure(&mut *machine.rt).unwrap();
    assert_eq!(error.message, "index 3 out of range for length 3");
    assert_eq!(take_failure(&mut *machine.rt), None);
    // The program goes on after the failure was taken.
    assert_eq!(machine.call(RtFn::rt_text_char_count, &[text]), 3);
}
