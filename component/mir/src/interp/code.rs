//! The form in which functions are executed: 16-byte operations on the registers of a frame.
//!
//! While a function is decoded, operands are virtual registers (the numbers of values); `regs` rewrites them into places in the
//! frame. Lists (arguments, results, cases) stand in a pool beside the code.

use crate::legal::Op;
use abi::{Repr, RtFn};

/// A place in the frame, relative to its start.
pub(super) type Reg = u32;
/// A position in the code; while decoding, a label.
pub(super) type Pc = u32;
/// A position in the pool: a length, then that many registers.
pub(super) type List = u32;

/// An operation. `d` is the destination; immediate operands are sign-extended to 64 bits. Words are as in [`crate::legal::eval`], so
/// operations without a width in their name are right for all of them.
#[derive(Clone, Copy, Debug)]
#[rustfmt::skip]
pub(super) enum Code {
    Const { d: Reg, bits: u64 },
    Move { d: Reg, a: Reg },

    Add64 { d: Reg, a: Reg, b: Reg },
    Sub64 { d: Reg, a: Reg, b: Reg },
    Mul64 { d: Reg, a: Reg, b: Reg },
    SDiv64 { d: Reg, a: Reg, b: Reg },
    SRem64 { d: Reg, a: Reg, b: Reg },
    Add32 { d: Reg, a: Reg, b: Reg },
    And { d: Reg, a: Reg, b: Reg },
    Or { d: Reg, a: Reg, b: Reg },
    Xor { d: Reg, a: Reg, b: Reg },
    AddImm64 { d: Reg, a: Reg, imm: i32 },
    MulImm64 { d: Reg, a: Reg, imm: i32 },
    AddImm32 { d: Reg, a: Reg, imm: i32 },
    AndImm { d: Reg, a: Reg, imm: i32 },
    ShlImm64 { d: Reg, a: Reg, imm: i32 },
    ShlImm32 { d: Reg, a: Reg, imm: i32 },
    SShrImm64 { d: Reg, a: Reg, imm: i32 },
    UShrImm { d: Reg, a: Reg, imm: i32 },
    /// `imm` is the exponent of the divisor.
    SDivPower64 { d: Reg, a: Reg, imm: i32 },
    SRemPower64 { d: Reg, a: Reg, imm: i32 },
    Trunc32 { d: Reg, a: Reg },
    SExt32 { d: Reg, a: Reg },

    Eq { d: Reg, a: Reg, b: Reg },
    Ne { d: Reg, a: Reg, b: Reg },
    SLt64 { d: Reg, a: Reg, b: Reg },
    SLe64 { d: Reg, a: Reg, b: Reg },
    ULt { d: Reg, a: Reg, b: Reg },
    ULe { d: Reg, a: Reg, b: Reg },
    EqImm { d: Reg, a: Reg, imm: i32 },
    SLtImm64 { d: Reg, a: Reg, imm: i32 },

    FAdd64 { d: Reg, a: Reg, b: Reg },
    FSub64 { d: Reg, a: Reg, b: Reg },
    FMul64 { d: Reg, a: Reg, b: Reg },
    FDiv64 { d: Reg, a: Reg, b: Reg },
    FLt64 { d: Reg, a: Reg, b: Reg },
    FLe64 { d: Reg, a: Reg, b: Reg },

    /// Any operation on one word.
    Pure1 { op: Op, ty: Repr, from: Repr, d: Reg, a: Reg },
    /// Any operation on two words.
    Pure2 { op: Op, ty: Repr, d: Reg, a: Reg, b: Reg },
    /// The list has two registers.
    Select { d: Reg, condition: Reg, list: List },

    Load8 { d: Reg, a: Reg, offset: u32 },
    Load16 { d: Reg, a: Reg, offset: u32 },
    Load32 { d: Reg, a: Reg, offset: u32 },
    Load64 { d: Reg, a: Reg, offset: u32 },
    Store8 { a: Reg, b: Reg, offset: u32 },
    Store16 { a: Reg, b: Reg, offset: u32 },
    Store32 { a: Reg, b: Reg, offset: u32 },
    Store64 { a: Reg, b: Reg, offset: u32 },

    Retain { a: Reg },
    RetainAny { a: Reg },
    Release { a: Reg, may_cycle: bool },
    ReleaseAny { a: Reg, may_cycle: bool },
    IsUnique { d: Reg, a: Reg },

    /// Forward only.
    Jump { to: Pc },
    /// Looks whether to go on: every cycle has one.
    JumpBack { to: Pc },
    BranchTrue { a: Reg, to: Pc },
    BranchFalse { a: Reg, to: Pc },
    BranchEq { a: Reg, b: Reg, to: Pc },
    BranchNe { a: Reg, b: Reg, to: Pc },
    BranchSLt64 { a: Reg, b: Reg, to: Pc },
    BranchSLe64 { a: Reg, b: Reg, to: Pc },
    BranchULt { a: Reg, b: Reg, to: Pc },
    BranchULe { a: Reg, b: Reg, to: Pc },
    BranchEqImm { a: Reg, imm: i32, to: Pc },
    BranchNeImm { a: Reg, imm: i32, to: Pc },
    BranchSLtImm64 { a: Reg, imm: i32, to: Pc },
    BranchSGeImm64 { a: Reg, imm: i32, to: Pc },
    BranchULtImm { a: Reg, imm: i32, to: Pc },
    BranchUGeImm { a: Reg, imm: i32, to: Pc },
    /// To entry `a` of the `len` positions in the pool, or to the one behind them.
    SwitchDense { a: Reg, table: u32, len: u32 },
    /// The pool has `len` times constant (low, high word) and position, in the order of the constants, then the default position.
    SwitchSparse { a: Reg, table: u32, len: u32 },

    /// With one result `d` is its register, else a list of registers.
    Call { func: u32, args: List, d: u32 },
    /// The first of the list is the function-table index.
    CallIndirect { sig: u32, args: List, d: u32 },
    /// `d` is written in any case.
    Runtime { function: RtFn, args: List, d: Reg },
    Return0,
    Return1 { a: Reg },
    Return { list: List },
    Unreachable,
}

const _: () = assert!(size_of::<Code>() == 16);

/// How a register is used by an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

impl Code {
    /// Calls `visit` with every register: first those that are read, then those that are written. `one_result` says of a
    /// function or signature number of a call whether `d` is a register.
    pub(super) fn registers(
        &mut self,
        pool: &mut [u32],
        one_result: impl Fn(&Code) -> bool,
        mut visit: impl FnMut(&mut Reg, Access),
    ) {
        use Access::{Read, Write};
        let call_has_one = match self {
            Code::Call { .. } | Code::CallIndirect { .. } => one_result(self),
            _ => false,
        };
        match self {
            Code::Const { d, .. } => visit(d, Write),
            Code::Move { d, a }
            | Code::AddImm64 { d, a, .. }
            | Code::MulImm64 { d, a, .. }
            | Code::AddImm32 { d, a, .. }
            | Code::AndImm { d, a, .. }
            | Code::ShlImm64 { d, a, .. }
            | Code::ShlImm32 { d, a, .. }
            | Code::SShrImm64 { d, a, .. }
            | Code::UShrImm { d, a, .. }
            | Code::SDivPower64 { d, a, .. }
            | Code::SRemPower64 { d, a, .. }
            | Code::Trunc32 { d, a }
            | Code::SExt32 { d, a }
            | Code::EqImm { d, a, .. }
            | Code::SLtImm64 { d, a, .. }
            | Code::Pure1 { d, a, .. }
            | Code::Load8 { d, a, .. }
            | Code::Load16 { d, a, .. }
            | Code::Load32 { d, a, .. }
            | Code::Load64 { d, a, .. }
            | Code::IsUnique { d, a } => {
                visit(a, Read);
                visit(d, Write);
            }
            Code::Add64 { d, a, b }
            | Code::Sub64 { d, a, b }
            | Code::Mul64 { d, a, b }
            | Code::SDiv64 { d, a, b }
            | Code::SRem64 { d, a, b }
            | Code::Add32 { d, a, b }
            | Code::And { d, a, b }
            | Code::Or { d, a, b }
            | Code::Xor { d, a, b }
            | Code::Eq { d, a, b }
            | Code::Ne { d, a, b }
            | Code::SLt64 { d, a, b }
            | Code::SLe64 { d, a, b }
            | Code::ULt { d, a, b }
            | Code::ULe { d, a, b }
            | Code::FAdd64 { d, a, b }
            | Code::FSub64 { d, a, b }
            | Code::FMul64 { d, a, b }
            | Code::FDiv64 { d, a, b }
            | Code::FLt64 { d, a, b }
            | Code::FLe64 { d, a, b }
            | Code::Pure2 { d, a, b, .. } => {
                visit(a, Read);
                visit(b, Read);
                visit(d, Write);
            }
            Code::Select { d, condition, list } => {
                visit(condition, Read);
                each(pool, *list, |reg| visit(reg, Read));
                visit(d, Write);
            }
            Code::Store8 { a, b, .. }
            | Code::Store16 { a, b, .. }
            | Code::Store32 { a, b, .. }
            | Code::Store64 { a, b, .. }
            | Code::BranchEq { a, b, .. }
            | Code::BranchNe { a, b, .. }
            | Code::BranchSLt64 { a, b, .. }
            | Code::BranchSLe64 { a, b, .. }
            | Code::BranchULt { a, b, .. }
            | Code::BranchULe { a, b, .. } => {
                visit(a, Read);
                visit(b, Read);
            }
            Code::Retain { a }
            | Code::RetainAny { a }
            | Code::Release { a, .. }
            | Code::ReleaseAny { a, .. }
            | Code::BranchTrue { a, .. }
            | Code::BranchFalse { a, .. }
            | Code::BranchEqImm { a, .. }
            | Code::BranchNeImm { a, .. }
            | Code::BranchSLtImm64 { a, .. }
            | Code::BranchSGeImm64 { a, .. }
            | Code::BranchULtImm { a, .. }
            | Code::BranchUGeImm { a, .. }
            | Code::SwitchDense { a, .. }
            | Code::SwitchSparse { a, .. }
            | Code::Return1 { a } => visit(a, Read),
            Code::Call { args, d, .. } | Code::CallIndirect { args, d, .. } => {
                each(pool, *args, |reg| visit(reg, Read));
                if call_has_one {
                    visit(d, Write);
                } else {
                    each(pool, *d, |reg| visit(reg, Write));
                }
            }
            Code::Runtime { args, d, .. } => {
                each(pool, *args, |reg| visit(reg, Read));
                visit(d, Write);
            }
            Code::Return { list } => each(pool, *list, |reg| visit(reg, Read)),
            Code::Jump { .. } | Code::JumpBack { .. } | Code::Return0 | Code::Unreachable => {}
        }
    }

    /// The one target that is not in the pool.
    pub(super) fn target(&mut self) -> Option<&mut Pc> {
        match self {
            Code::Jump { to }
            | Code::JumpBack { to }
            | Code::BranchTrue { to, .. }
            | Code::BranchFalse { to, .. }
            | Code::BranchEq { to, .. }
            | Code::BranchNe { to, .. }
            | Code::BranchSLt64 { to, .. }
            | Code::BranchSLe64 { to, .. }
            | Code::BranchULt { to, .. }
            | Code::BranchULe { to, .. }
            | Code::BranchEqImm { to, .. }
            | Code::BranchNeImm { to, .. }
            | Code::BranchSLtImm64 { to, .. }
            | Code::BranchSGeImm64 { to, .. }
            | Code::BranchULtImm { to, .. }
            | Code::BranchUGeImm { to, .. } => Some(to),
            _ => None,
        }
    }

    /// True where the registers that are written are not all that is done.
    pub(super) fn calls(&self) -> bool {
        matches!(self, Code::Call { .. } | Code::CallIndirect { .. } | Code::Runtime { .. })
    }
}

fn each(pool: &mut [u32], list: List, visit: impl FnMut(&mut Reg)) {
    let start = list as usize;
    let len = pool[start] as usize;
    pool[start + 1..start + 1 + len].iter_mut().for_each(visit);
}

/// The registers of a list.
#[inline(always)]
pub(super) fn regs_of(pool: &[u32], list: List) -> &[Reg] {
    let start = list as usize;
    let len = pool[start] as usize;
    &pool[start + 1..start + 1 + len]
}
