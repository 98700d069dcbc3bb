//! AArch64: what a look at each instruction shows.

use super::Violation;
use abi::artifact::{Artifact, FuncEntry};

/// The pinned register.
const BASE: u32 = 21;
/// `stp x29, x30, [sp, #-16]!` and `mov x29, sp`.
const PROLOGUE: [u32; 2] = [0xA9BF_7BFD, 0x9100_03FD];

pub fn check(artifact: &Artifact, index: usize, violations: &mut Vec<Violation>) {
    let func = &artifact.funcs[index];
    let bytes = &artifact.code[func.offset as usize..func.end as usize];
    let words: Vec<u32> =
        bytes.chunks_exact(4).map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect();
    let mut report = |rule: u32, at: usize, what: &str| {
        let word = words.get(at).copied().unwrap_or_default();
        violations.push(Violation {
            rule,
            function: func.name.to_string(),
            offset: func.offset + 4 * at as u32,
            what: format!("{word:08x}: {what}"),
        });
    };
    if !bytes.len().is_multiple_of(4) || !words.starts_with(&PROLOGUE) {
        report(9, 0, "no frame pointer is set up");
        return;
    }
    for (at, &word) in words.iter().enumerate() {
        match class(word) {
            Class::Branch(distance) => {
                let target = at as i64 + distance;
                if !(0..words.len() as i64).contains(&target) {
                    report(6, at, "a branch out of the function");
                }
            }
            Class::Call(distance) => {
                let target = i64::from(func.offset) + 4 * (at as i64 + distance);
                if !artifact.funcs.iter().any(|func| i64::from(func.offset) == target) {
                    report(13, at, "a call of no function");
                }
            }
            Class::CallRegister(register) => {
                if !comes_from_memory(&words[..at], register) {
                    report(4, at, "a call of what does not come from a table");
                }
            }
            Class::Return | Class::Trap => {}
            Class::Writes(register) => {
                if register == BASE {
                    report(9, at, "writes the pinned register");
                }
            }
            Class::Memory { registers, writes_back } => {
                if registers.contains(&BASE) || writes_back == Some(BASE) {
                    report(9, at, "writes the pinned register");
                }
            }
            Class::Other => {}
            Class::Forbidden => report(6, at, "not allowed"),
        }
    }
    check_end(func, &words, &mut report);
}

fn check_end(func: &FuncEntry, words: &[u32], report: &mut impl FnMut(u32, usize, &str)) {
    let last = words.len() - 1;
    // Of branches only the unconditional one (0b000101 in the top bits) ends a function.
    let is_end = match class(words[last]) {
        Class::Return | Class::Trap => true,
        Class::Branch(_) => words[last] >> 26 == 0b00_0101,
        Class::Call(_)
        | Class::CallRegister(_)
        | Class::Writes(_)
        | Class::Memory { .. }
        | Class::Other
        | Class::Forbidden => false,
    };
    if !is_end {
        report(10, last, "the function's end is not an end");
    }
    if !func.frame.is_multiple_of(16) {
        report(9, 0, "a frame that is no multiple of 16");
    }
}

/// What an instruction is to this checker.
enum Class {
    /// Goes to an instruction at this distance, or on.
    Branch(i64),
    Call(i64),
    CallRegister(u32),
    Return,
    Trap,
    /// Computes into this general register.
    Writes(u32),
    /// Loads or stores these general registers, and may write back an address.
    Memory {
        registers: Vec<u32>,
        writes_back: Option<u32>,
    },
    /// Touches no general register in a way that matters.
    Other,
    Forbidden,
}

fn class(word: u32) -> Class {
    let signed = |from: u32, bits: u32| i64::from((word >> from << (32 - bits)) as i32 >> (32 - bits));
    let rd = word & 31;
    let rn = word >> 5 & 31;
    // Encodings by their top-level groups: bits 25 to 28.
    match word >> 25 & 15 {
        0b0000 if word == 0x0000_C11F => Class::Trap,
        0b1000 | 0b1001 => Class::Writes(rd),
        0b1010 | 0b1011 => match word >> 24 {
            0x14..=0x17 => Class::Branch(signed(0, 26)),
            0x94..=0x97 => Class::Call(signed(0, 26)),
            0x54 => Class::Branch(signed(5, 19)),
            0x34 | 0x35 | 0xB4 | 0xB5 => Class::Branch(signed(5, 19)),
            0x36 | 0x37 | 0xB6 | 0xB7 => Class::Branch(signed(5, 14)),
            0xD6 if word & 0xFFFF_FC1F == 0xD63F_0000 => Class::CallRegister(rn),
            0xD6 if word == 0xD65F_03C0 => Class::Return,
            _ => Class::Forbidden,
        },
        0b0100 | 0b0110 | 0b1100 | 0b1110 => {
            let vector = word >> 26 & 1 == 1;
            let pair = word >> 27 & 7 == 0b101;
            let mut registers = Vec::new();
            if !vector {
                registers.push(rd);
                if pair {
                    registers.push(word >> 10 & 31);
                }
            }
            let writes_back = if pair {
                word >> 23 & 1 == 1
            } else {
                // Single register, unscaled forms: bit 24 is 0, and bit 10 says pre- or post-index.
                word >> 24 & 1 == 0 && word >> 21 & 1 == 0 && word >> 10 & 1 == 1 && word >> 27 & 7 == 0b111
            };
            Class::Memory { registers, writes_back: writes_back.then_some(rn) }
        }
        // Conditional compares have flags where others have the destination.
        0b0101 | 0b1101 if word >> 21 & 0xFF == 0b1101_0010 => Class::Other,
        0b0101 | 0b1101 => Class::Writes(rd),
        0b0111 | 0b1111 => {
            let conversion = word & 0x5F20_FC00 == 0x1E20_0000;
            let to_general = conversion && !matches!(word >> 16 & 7, 0b010 | 0b011 | 0b111);
            let moves_lane = word & 0xBFE0_EC00 == 0x0E00_2C00;
            if to_general || moves_lane { Class::Writes(rd) } else { Class::Other }
        }
        _ => Class::Forbidden,
    }
}

/// True where the latest write of a register on the straight line before is a load.
fn comes_from_memory(before: &[u32], register: u32) -> bool {
    for &word in before.iter().rev() {
        match class(word) {
            Class::Memory { registers, .. } if registers.contains(&register) => return true,
            Class::Writes(written) if written == register => return false,
            Class::Branch(_) | Class::Call(_) | Class::CallRegister(_) | Class::Return | Class::Trap => {
                return false;
            }
            Class::Memory { .. } | Class::Writes(_) | Class::Other | Class::Forbidden => {}
        }
    }
    false
}
