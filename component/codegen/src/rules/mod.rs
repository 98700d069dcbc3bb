//! A checker of emitted machine code, for tests: what a host could decide from an artifact's bytes alone.
//!
//! It decodes each function from its first to its last byte and follows what it knows of every register and stack word from block to
//! block: that it is the pinned base, a number with an upper bound, base plus such a number, an address in the artifact, a function's address
//! from one of the tables. With that it proves each memory access and each transfer of control:
//!
//! 2. heap accesses are base + zero-extended 32-bit number + displacement below 64 KiB; the context record and the tables are reached at fixed
//!    offsets from the base;
//! 4. indirect calls load from the function table with a masked index;
//! 5. or from the runtime table at a fixed offset;
//! 6. jumps go to instructions of the same function, by constant distance;
//! 7. the stack is reached through stack and frame pointer with constants, inside the declared frame;
//! 8. nothing is read above the return address, returns pop nothing;
//! 9. the pinned register is never written, frame pointers are kept, frames are multiples of 16, callee-saved registers come back;
//! 10. constants are read inside the artifact, behind the instructions of a function.
//!
//! AArch64 code is checked for what can be seen without following values: [`check_rules`] says which.

mod aarch64;
mod state;
mod x86;

use abi::artifact::{Artifact, Target};

/// Where emitted code breaks a rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The rule's number.
    pub rule: u32,
    /// The function.
    pub function: String,
    /// Offset of the instruction in the code section.
    pub offset: u32,
    /// The instruction and what is wrong with it.
    pub what: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "rule {} at {:#x} in {}: {}", self.rule, self.offset, self.function, self.what)
    }
}

/// Checks all functions of an artifact. For AArch64, without following values: every instruction decodes; branches stay
/// in their function; none is a jump to a register; calls through a register use one that was just loaded; nothing writes the pinned
/// register; frames are set up with a frame pointer.
///
/// # Errors
/// All violations.
pub fn check_rules(artifact: &Artifact) -> Result<(), Vec<Violation>> {
    let mut violations = Vec::new();
    for index in 0..artifact.funcs.len() {
        match artifact.target {
            Target::X86_64 => x86::check(artifact, index, &mut violations),
            Target::Aarch64 => aarch64::check(artifact, index, &mut violations),
        }
    }
    if violations.is_empty() { Ok(()) } else { Err(violations) }
}
