//! What is known of registers and stack words.

use std::collections::BTreeMap;

/// A number: at most `max`, a multiple of `2^zeros`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Num {
    pub max: u64,
    pub zeros: u32,
}

impl Num {
    pub const U32: Num = Num { max: u32::MAX as u64, zeros: 0 };

    pub fn constant(value: u64) -> Num {
        Num { max: value, zeros: if value == 0 { 63 } else { value.trailing_zeros() } }
    }

    pub fn shl(self, by: u32) -> Option<Num> {
        let max = self.max.checked_mul(1u64.checked_shl(by)?)?;
        Some(Num { max, zeros: (self.zeros + by).min(63) })
    }

    fn join(self, other: Num) -> Option<Num> {
        if self == other {
            return Some(self);
        }
        // Widened at once, so that loops come to rest.
        let fits = self.max.max(other.max) <= u64::from(u32::MAX);
        fits.then_some(Num { max: u64::from(u32::MAX), zeros: self.zeros.min(other.zeros) })
    }
}

/// What is known of a 64-bit value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fact {
    /// Nothing.
    Any,
    /// A number.
    Num(Num),
    /// Heap base + number + constant.
    Base(Num, i64),
    /// The stack pointer at the function's entry + constant.
    Stack(i64),
    /// An address in the code section.
    Data(u32),
    /// A function's address from a table.
    Code,
    /// The same, of a runtime function that changes no register.
    Keeper,
    /// What a callee-saved register held at the entry, by the register's number.
    Saved(u8),
}

impl Fact {
    pub fn join(self, other: Fact) -> Fact {
        match (self, other) {
            (a, b) if a == b => a,
            (Fact::Num(a), Fact::Num(b)) => a.join(b).map_or(Fact::Any, Fact::Num),
            (Fact::Base(a, x), Fact::Base(b, y)) if x == y => {
                a.join(b).map_or(Fact::Any, |num| Fact::Base(num, x))
            }
            _ => Fact::Any,
        }
    }

    pub fn is_u32(self) -> bool {
        matches!(self, Fact::Num(num) if num.max <= u64::from(u32::MAX))
    }

    pub fn add(self, other: Fact) -> Fact {
        match (self, other) {
            (Fact::Base(a, disp), Fact::Num(b)) | (Fact::Num(b), Fact::Base(a, disp)) => {
                match a.max.checked_add(b.max) {
                    Some(max) => Fact::Base(Num { max, zeros: a.zeros.min(b.zeros) }, disp),
                    None => Fact::Any,
                }
            }
            (Fact::Num(a), Fact::Num(b)) => match a.max.checked_add(b.max) {
                Some(max) => Fact::Num(Num { max, zeros: a.zeros.min(b.zeros) }),
                None => Fact::Any,
            },
            _ => Fact::Any,
        }
    }

    pub fn add_constant(self, constant: i64) -> Fact {
        match self {
            Fact::Base(num, disp) => {
                disp.checked_add(constant).map_or(Fact::Any, |disp| Fact::Base(num, disp))
            }
            Fact::Stack(offset) => offset.checked_add(constant).map_or(Fact::Any, Fact::Stack),
            Fact::Num(_) if constant >= 0 => self.add(Fact::Num(Num::constant(constant as u64))),
            Fact::Data(at) if constant == 0 => Fact::Data(at),
            Fact::Any | Fact::Num(_) | Fact::Data(_) | Fact::Code | Fact::Keeper | Fact::Saved(_) => {
                Fact::Any
            }
        }
    }
}

/// Everything known at one place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    /// By the number of the general register.
    pub regs: [Fact; 16],
    /// Aligned 8-byte words, by offset from the stack pointer at the entry.
    pub stack: BTreeMap<i64, Fact>,
}

impl State {
    /// What holds on both ways.
    pub fn join(&mut self, other: &State) -> bool {
        let before = self.clone();
        for (mine, theirs) in self.regs.iter_mut().zip(other.regs) {
            *mine = mine.join(theirs);
        }
        self.stack.retain(|offset, _| other.stack.contains_key(offset));
        for (offset, fact) in &mut self.stack {
            *fact = fact.join(other.stack[offset]);
        }
        *self != before
    }

    /// Forgets the words that a write of `size` bytes touches.
    pub fn forget(&mut self, offset: i64, size: i64) {
        let touched: Vec<i64> = self.stack.range(offset - 7..offset + size).map(|(&at, _)| at).collect();
        for at in touched {
            self.stack.remove(&at);
        }
    }
}
