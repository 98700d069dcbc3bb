//! The loop that executes decoded code.

use super::Execution;
use super::code::{Code, regs_of};
use super::decode::{Decoded, NOT_DECODED};
use crate::legal::{FuncId, LocId, eval};
use abi::RtFn;
use abi::{object, value};
use base::EntityId;
use runtime::Raised;

/// Where a program is.
pub(super) struct Machine {
    /// The registers of all frames, one behind the other.
    regs: Vec<u64>,
    /// The callers, outermost first.
    frames: Vec<Caller>,
    /// The next operation; while there is none yet, the entry's number.
    pc: Position,
    /// First register of the frame, and their number.
    base: usize,
    size: usize,
    /// The function whose frame did not fit.
    overflowed: Option<u32>,
}

#[derive(Clone, Copy)]
enum Position {
    Entry(FuncId),
    At(usize),
}

/// A frame that waits for a call to return.
#[derive(Clone, Copy)]
struct Caller {
    /// The operation behind the call.
    pc: u32,
    base: u32,
    size: u32,
    /// `d` of the call.
    d: u32,
}

/// Why the loop was left.
pub(super) enum Exit {
    /// The slice was used up.
    Paused,
    /// The entry returned this.
    Finished(i64),
    StackOverflow,
    Raised(Raised),
}

/// Why the inner loop was left: most of it is done outside, where the code may grow.
enum Leave {
    To(Exit),
    Decode(u32),
    /// A callee needs this many registers in all.
    Grow(usize, u32),
}

impl Machine {
    pub(super) fn new(entry: FuncId) -> Machine {
        Machine {
            regs: Vec::new(),
            frames: Vec::new(),
            pc: Position::Entry(entry),
            base: 0,
            size: 0,
            overflowed: None,
        }
    }

    /// The places of the active calls, innermost first.
    pub(super) fn places<'a>(
        &'a self,
        decoded: &'a Decoded,
        declared: impl Fn(FuncId) -> LocId,
    ) -> impl Iterator<Item = LocId> + 'a {
        // A function that found no room for its frame is on the stack already, where it was declared.
        let overflowed = self.overflowed.map(|func| declared(FuncId::from_index(func as usize)));
        let current = match self.pc {
            Position::Entry(func) => declared(func),
            Position::At(pc) => decoded.locs[pc],
        };
        let callers = self.frames.iter().rev().map(|caller| decoded.locs[caller.pc as usize - 1]);
        overflowed.into_iter().chain(std::iter::once(current)).chain(callers)
    }
}

/// Runs for about `fuel` operations.
pub(super) fn run(execution: &mut Execution, fuel: u64) -> Exit {
    if let Position::Entry(entry) = execution.machine.pc {
        execution.decode(entry.index() as u32);
        let info = execution.decoded.funcs[entry.index()];
        let machine = &mut execution.machine;
        machine.regs.resize(info.frame as usize, 0);
        machine.size = info.frame as usize;
        machine.pc = Position::At(info.entry as usize);
    }
    let mut budget = i64::try_from(fuel).unwrap_or(i64::MAX);
    loop {
        let before = budget;
        let leave = inner(execution, &mut budget);
        execution.used = execution.used.saturating_add(before.abs_diff(budget));
        match leave {
            Leave::To(exit) => return exit,
            Leave::Decode(func) => execution.decode(func),
            Leave::Grow(words, func) => {
                if words > execution.limits.stack_words {
                    execution.machine.overflowed = Some(func);
                    return Exit::StackOverflow;
                }
                let regs = &mut execution.machine.regs;
                regs.resize(words.max(regs.len() * 2).min(execution.limits.stack_words), 0);
            }
        }
    }
}

fn inner(execution: &mut Execution, budget: &mut i64) -> Leave {
    let Execution { rt, decoded, machine, limits, table: functions, .. } = execution;
    let Decoded { code, pool, funcs, .. } = &*decoded;
    let (code, pool, funcs) = (&code[..], &pool[..], &funcs[..]);
    let Machine { regs, frames, pc: position, base, size, overflowed } = machine;
    let Position::At(mut pc) = *position else { return Leave::To(Exit::Raised(Raised::Internal)) };
    let mut fuel = *budget;
    // The frame and all registers behind it.
    let mut window = &mut regs[*base..];

    // Gives back the operation that is not executed now but when the loop is entered again.
    macro_rules! again {
        ($leave:expr) => {{
            pc -= 1;
            fuel += 1;
            break $leave;
        }};
    }
    macro_rules! r {
        ($reg:expr) => {
            window[$reg as usize]
        };
    }
    macro_rules! fails {
        ($result:expr) => {
            match $result {
                Ok(value) => value,
                Err(raised) => again!(Leave::To(Exit::Raised(raised))),
            }
        };
    }
    macro_rules! address {
        ($a:expr, $offset:expr) => {
            match (r!($a) as u32).checked_add($offset) {
                Some(address) => address,
                None => again!(Leave::To(Exit::Raised(Raised::Internal))),
            }
        };
    }
    macro_rules! branch {
        ($condition:expr, $to:expr) => {
            if $condition {
                pc = $to as usize;
            }
        };
    }
    macro_rules! float {
        ($reg:expr) => {
            f64::from_bits(r!($reg))
        };
    }
    // Enters a function whose arguments are in registers of this frame.
    macro_rules! call {
        ($func:expr, $args:expr, $d:expr) => {{
            if fuel < 0 {
                again!(Leave::To(Exit::Paused));
            }
            let func: u32 = $func;
            let info = funcs[func as usize];
            if info.entry == NOT_DECODED {
                again!(Leave::Decode(func));
            }
            if info.calls && frames.len() >= limits.depth as usize {
                *overflowed = Some(func);
                again!(Leave::To(Exit::StackOverflow));
            }
            let needed = *size + info.frame as usize;
            if needed > window.len() {
                again!(Leave::Grow(*base + needed, func));
            }
            for (index, arg) in $args.iter().enumerate() {
                window[*size + index] = window[*arg as usize];
            }
            frames.push(Caller { pc: pc as u32, base: *base as u32, size: *size as u32, d: $d });
            *base += *size;
            *size = info.frame as usize;
            pc = info.entry as usize;
            window = &mut regs[*base..];
        }};
    }
    macro_rules! leave {
        () => {
            match frames.pop() {
                Some(caller) => {
                    (*base, *size, pc) = (caller.base as usize, caller.size as usize, caller.pc as usize);
                    caller.d
                }
                // Only the entry has no caller, and it returns one word.
                None => break Leave::To(Exit::Raised(Raised::Internal)),
            }
        };
    }
    // What a runtime function does counts like operations.
    macro_rules! runtime {
        ($function:expr, $args:expr) => {{
            let result = rt.call($function, $args);
            fuel = fuel.saturating_sub_unsigned(rt.take_work());
            fails!(result)
        }};
    }
    macro_rules! lower {
        ($object:expr, $may_cycle:expr) => {{
            let object: u32 = $object;
            if object != 0 {
                let count = u32::from_le_bytes(fails!(rt.load(object)));
                if count & IMMORTAL == 0 {
                    fails!(rt.store(object, count.wrapping_sub(1).to_le_bytes()));
                    if count == 1 {
                        runtime!(RtFn::rt_free, &[u64::from(object)]);
                    } else if $may_cycle {
                        runtime!(RtFn::rt_cycle_root, &[u64::from(object)]);
                    }
                }
            }
        }};
    }

    let leave = loop {
        let code = code[pc];
        pc += 1;
        fuel -= 1;
        match code {
            Code::Const { d, bits } => r!(d) = bits,
            Code::Move { d, a } => r!(d) = r!(a),

            Code::Add64 { d, a, b } => r!(d) = r!(a).wrapping_add(r!(b)),
            Code::Sub64 { d, a, b } => r!(d) = r!(a).wrapping_sub(r!(b)),
            Code::Mul64 { d, a, b } => r!(d) = r!(a).wrapping_mul(r!(b)),
            Code::SDiv64 { d, a, b } => match (r!(a) as i64).checked_div(r!(b) as i64) {
                Some(quotient) => r!(d) = quotient as u64,
                None => again!(Leave::To(Exit::Raised(Raised::Internal))),
            },
            Code::SRem64 { d, a, b } => match (r!(a) as i64).checked_rem(r!(b) as i64) {
                Some(remainder) => r!(d) = remainder as u64,
                None => again!(Leave::To(Exit::Raised(Raised::Internal))),
            },
            Code::Add32 { d, a, b } => r!(d) = u64::from((r!(a) as u32).wrapping_add(r!(b) as u32)),
            Code::And { d, a, b } => r!(d) = r!(a) & r!(b),
            Code::Or { d, a, b } => r!(d) = r!(a) | r!(b),
            Code::Xor { d, a, b } => r!(d) = r!(a) ^ r!(b),
            Code::AddImm64 { d, a, imm } => r!(d) = r!(a).wrapping_add(i64::from(imm) as u64),
            Code::MulImm64 { d, a, imm } => r!(d) = r!(a).wrapping_mul(i64::from(imm) as u64),
            Code::AddImm32 { d, a, imm } => r!(d) = u64::from((r!(a) as u32).wrapping_add(imm as u32)),
            Code::AndImm { d, a, imm } => r!(d) = r!(a) & i64::from(imm) as u64,
            Code::ShlImm64 { d, a, imm } => r!(d) = r!(a) << (imm & 63),
            Code::ShlImm32 { d, a, imm } => r!(d) = u64::from((r!(a) as u32) << (imm & 31)),
            Code::SShrImm64 { d, a, imm } => r!(d) = ((r!(a) as i64) >> (imm & 63)) as u64,
            Code::UShrImm { d, a, imm } => r!(d) = r!(a) >> (imm & 63),
            Code::SDivPower64 { d, a, imm } => r!(d) = toward_zero(r!(a) as i64, imm) as u64,
            Code::SRemPower64 { d, a, imm } => {
                let dividend = r!(a) as i64;
                let multiple = toward_zero(dividend, imm) << (imm & 63);
                r!(d) = dividend.wrapping_sub(multiple) as u64;
            }
            Code::Trunc32 { d, a } => r!(d) = u64::from(r!(a) as u32),
            Code::SExt32 { d, a } => r!(d) = i64::from(r!(a) as i32) as u64,

            Code::Eq { d, a, b } => r!(d) = u64::from(r!(a) == r!(b)),
            Code::Ne { d, a, b } => r!(d) = u64::from(r!(a) != r!(b)),
            Code::SLt64 { d, a, b } => r!(d) = u64::from((r!(a) as i64) < r!(b) as i64),
            Code::SLe64 { d, a, b } => r!(d) = u64::from(r!(a) as i64 <= r!(b) as i64),
            Code::ULt { d, a, b } => r!(d) = u64::from(r!(a) < r!(b)),
            Code::ULe { d, a, b } => r!(d) = u64::from(r!(a) <= r!(b)),
            Code::EqImm { d, a, imm } => r!(d) = u64::from(r!(a) == i64::from(imm) as u64),
            Code::SLtImm64 { d, a, imm } => r!(d) = u64::from((r!(a) as i64) < i64::from(imm)),

            Code::FAdd64 { d, a, b } => r!(d) = (float!(a) + float!(b)).to_bits(),
            Code::FSub64 { d, a, b } => r!(d) = (float!(a) - float!(b)).to_bits(),
            Code::FMul64 { d, a, b } => r!(d) = (float!(a) * float!(b)).to_bits(),
            Code::FDiv64 { d, a, b } => r!(d) = (float!(a) / float!(b)).to_bits(),
            Code::FLt64 { d, a, b } => r!(d) = u64::from(float!(a) < float!(b)),
            Code::FLe64 { d, a, b } => r!(d) = u64::from(float!(a) <= float!(b)),

            Code::Pure1 { op, ty, from, d, a } => match eval::unary(op, ty, from, r!(a)) {
                Some(word) => r!(d) = word,
                None => again!(Leave::To(Exit::Raised(Raised::Internal))),
            },
            Code::Pure2 { op, ty, d, a, b } => match eval::binary(op, ty, r!(a), r!(b)) {
                Some(word) => r!(d) = word,
                None => again!(Leave::To(Exit::Raised(Raised::Internal))),
            },
            Code::Select { d, condition, list } => {
                let list = regs_of(pool, list);
                r!(d) = if r!(condition) != 0 { r!(list[0]) } else { r!(list[1]) };
            }

            Code::Load8 { d, a, offset } => {
                let at = address!(a, offset);
                r!(d) = u64::from(u8::from_le_bytes(fails!(rt.load(at))));
            }
            Code::Load16 { d, a, offset } => {
                let at = address!(a, offset);
                r!(d) = u64::from(u16::from_le_bytes(fails!(rt.load(at))));
            }
            Code::Load32 { d, a, offset } => {
                let at = address!(a, offset);
                r!(d) = u64::from(u32::from_le_bytes(fails!(rt.load(at))));
            }
            Code::Load64 { d, a, offset } => {
                let at = address!(a, offset);
                r!(d) = u64::from_le_bytes(fails!(rt.load(at)));
            }
            Code::Store8 { a, b, offset } => {
                let at = address!(a, offset);
                fails!(rt.store(at, (r!(b) as u8).to_le_bytes()));
            }
            Code::Store16 { a, b, offset } => {
                let at = address!(a, offset);
                fails!(rt.store(at, (r!(b) as u16).to_le_bytes()));
            }
            Code::Store32 { a, b, offset } => {
                let at = address!(a, offset);
                fails!(rt.store(at, (r!(b) as u32).to_le_bytes()));
            }
            Code::Store64 { a, b, offset } => {
                let at = address!(a, offset);
                fails!(rt.store(at, r!(b).to_le_bytes()));
            }

            Code::Retain { a } => {
                let object = r!(a) as u32;
                fails!(rt.retain(object));
            }
            Code::RetainAny { a } => {
                let object = any_object(r!(a));
                fails!(rt.retain(object));
            }
            Code::Release { a, may_cycle } => lower!(r!(a) as u32, may_cycle),
            Code::ReleaseAny { a, may_cycle } => lower!(any_object(r!(a)), may_cycle),
            Code::IsUnique { d, a } => {
                let object = r!(a) as u32;
                r!(d) = u64::from(fails!(rt.is_unique(object)));
            }

            Code::Jump { to } => pc = to as usize,
            Code::JumpBack { to } => {
                if fuel < 0 {
                    again!(Leave::To(Exit::Paused));
                }
                pc = to as usize;
            }
            Code::BranchTrue { a, to } => branch!(r!(a) != 0, to),
            Code::BranchFalse { a, to } => branch!(r!(a) == 0, to),
            Code::BranchEq { a, b, to } => branch!(r!(a) == r!(b), to),
            Code::BranchNe { a, b, to } => branch!(r!(a) != r!(b), to),
            Code::BranchSLt64 { a, b, to } => branch!((r!(a) as i64) < r!(b) as i64, to),
            Code::BranchSLe64 { a, b, to } => branch!(r!(a) as i64 <= r!(b) as i64, to),
            Code::BranchULt { a, b, to } => branch!(r!(a) < r!(b), to),
            Code::BranchULe { a, b, to } => branch!(r!(a) <= r!(b), to),
            Code::BranchEqImm { a, imm, to } => branch!(r!(a) == i64::from(imm) as u64, to),
            Code::BranchNeImm { a, imm, to } => branch!(r!(a) != i64::from(imm) as u64, to),
            Code::BranchSLtImm64 { a, imm, to } => branch!((r!(a) as i64) < i64::from(imm), to),
            Code::BranchSGeImm64 { a, imm, to } => branch!(r!(a) as i64 >= i64::from(imm), to),
            Code::BranchULtImm { a, imm, to } => branch!(r!(a) < i64::from(imm) as u64, to),
            Code::BranchUGeImm { a, imm, to } => branch!(r!(a) >= i64::from(imm) as u64, to),
            Code::SwitchDense { a, table, len } => {
                let case = r!(a).min(u64::from(len)) as usize;
                pc = pool[table as usize + case] as usize;
            }
            Code::SwitchSparse { a, table, len } => pc = sparse(pool, table, len, r!(a)) as usize,

            Code::Call { func, args, d } => call!(func, regs_of(pool, args), d),
            Code::CallIndirect { sig, args, d } => {
                let list = regs_of(pool, args);
                let func = functions.get(r!(list[0]) as usize).map(|func| func.index() as u32);
                match func {
                    Some(func) if funcs[func as usize].sig == sig => call!(func, list[1..], d),
                    _ => again!(Leave::To(Exit::Raised(Raised::Internal))),
                }
            }
            Code::Runtime { function, args, d } => {
                let list = regs_of(pool, args);
                let mut words = [0; MAX_ARGS];
                for (word, reg) in words.iter_mut().zip(list) {
                    *word = r!(*reg);
                }
                r!(d) = runtime!(function, &words[..list.len()]);
            }
            Code::Return0 => {
                leave!();
                window = &mut regs[*base..];
            }
            Code::Return1 { a } => {
                let word = r!(a);
                if frames.is_empty() {
                    break Leave::To(Exit::Finished(word as i64));
                }
                let d = leave!();
                window = &mut regs[*base..];
                r!(d) = word;
            }
            Code::Return { list } => {
                let from = *base;
                let d = leave!();
                for (source, result) in regs_of(pool, list).iter().zip(regs_of(pool, d)) {
                    regs[*base + *result as usize] = regs[from + *source as usize];
                }
                window = &mut regs[*base..];
            }
            Code::Unreachable => again!(Leave::To(Exit::Raised(Raised::Internal))),
        }
    };
    *position = Position::At(pc);
    *budget = fuel;
    leave
}

/// Most parameters of a runtime function.
const MAX_ARGS: usize = 8;
const _: () = {
    let mut index = 0;
    while index < RtFn::ALL.len() {
        assert!(RtFn::ALL[index].params().len() <= MAX_ARGS);
        index += 1;
    }
};

/// Counts with this bit never change.
const IMMORTAL: u32 = object::IMMORTAL & !(object::IMMORTAL >> 1);

/// The object that a tagged value refers to, or 0.
#[inline(always)]
fn any_object(bits: u64) -> u32 {
    if bits & value::TAG_MASK == value::TAG_REF { (bits - value::TAG_REF) as u32 } else { 0 }
}

/// The quotient by a power of two, from 2 on.
#[inline(always)]
fn toward_zero(dividend: i64, exponent: i32) -> i64 {
    // What is shifted out of a negative dividend is rounded up.
    let below = (dividend >> 63) as u64 >> ((64 - exponent) & 63);
    dividend.wrapping_add(below as i64) >> (exponent & 63)
}

/// The position for a value in a sparse switch.
fn sparse(pool: &[u32], table: u32, len: u32, value: u64) -> u32 {
    let table = &pool[table as usize..];
    let constant = |index: usize| u64::from(table[3 * index]) | u64::from(table[3 * index + 1]) << 32;
    let (mut low, mut high) = (0, len as usize);
    while low < high {
        let middle = (low + high) / 2;
        match constant(middle).cmp(&value) {
            std::cmp::Ordering::Equal => return table[3 * middle + 2],
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    table[3 * len as usize]
}
