//! x86-64.

use super::Violation;
use super::state::{Fact, Num, State};
use abi::artifact::{Artifact, FuncEntry};
use abi::{RtFn, context};
use iced_x86::{
    Code, Decoder, DecoderOptions, FlowControl, Instruction, InstructionInfoFactory, Mnemonic, OpAccess,
    OpKind, Register,
};
use std::collections::BTreeMap;

const RSP: usize = 4;
const RBP: usize = 5;
const BASE: usize = 15;
/// rbx, rbp, r12, r13, r14.
const CALLEE_SAVED: [usize; 5] = [3, RBP, 12, 13, 14];

pub fn check(artifact: &Artifact, index: usize, violations: &mut Vec<Violation>) {
    let func = &artifact.funcs[index];
    let bytes = &artifact.code[func.offset as usize..func.end as usize];
    let mut insts = BTreeMap::new();
    let mut decoder = Decoder::with_ip(64, bytes, u64::from(func.offset), DecoderOptions::NONE);
    while decoder.can_decode() {
        let inst = decoder.decode();
        insts.insert(inst.ip() as u32, inst);
    }
    let mut checker = Checker {
        artifact,
        func,
        insts,
        info: InstructionInfoFactory::new(),
        violations: Vec::new(),
        entries: BTreeMap::new(),
        work: Vec::new(),
    };
    checker.check_shape();
    if checker.violations.is_empty() {
        checker.follow();
    }
    violations.append(&mut checker.violations);
}

struct Checker<'a> {
    artifact: &'a Artifact,
    func: &'a FuncEntry,
    insts: BTreeMap<u32, Instruction>,
    info: InstructionInfoFactory,
    violations: Vec<Violation>,
    /// What is known where a jump leads to.
    entries: BTreeMap<u32, State>,
    work: Vec<u32>,
}

impl Checker<'_> {
    fn violation(&mut self, rule: u32, inst: &Instruction, what: &str) {
        let violation = Violation {
            rule,
            function: self.func.name.to_string(),
            offset: inst.ip() as u32,
            what: format!("`{inst}`: {what}"),
        };
        if !self.violations.contains(&violation) {
            self.violations.push(violation);
        }
    }

    /// What needs no facts: decoding, control flow, the registers that are written.
    fn check_shape(&mut self) {
        let insts: Vec<Instruction> = self.insts.values().copied().collect();
        let mut last_flow = FlowControl::Next;
        for inst in &insts {
            last_flow = inst.flow_control();
            if inst.is_invalid() {
                self.violation(6, inst, "does not decode");
                return;
            }
            match last_flow {
                FlowControl::Next | FlowControl::IndirectCall => {}
                FlowControl::Return if inst.code() == Code::Retnq => {}
                FlowControl::Return => self.violation(8, inst, "a return that pops"),
                FlowControl::Exception if inst.code() == Code::Ud2 => {}
                FlowControl::UnconditionalBranch | FlowControl::ConditionalBranch => {
                    if !self.insts.contains_key(&(inst.near_branch_target() as u32)) {
                        self.violation(6, inst, "a jump out of the function or into an instruction");
                    }
                }
                FlowControl::Call if inst.code() == Code::Call_rel32_64 => {
                    let target = inst.near_branch_target();
                    if !self.artifact.funcs.iter().any(|func| u64::from(func.offset) == target) {
                        self.violation(13, inst, "a call of no function");
                    }
                }
                FlowControl::IndirectBranch => self.violation(6, inst, "an indirect jump"),
                FlowControl::Call
                | FlowControl::Exception
                | FlowControl::Interrupt
                | FlowControl::XbeginXabortXend => self.violation(6, inst, "not allowed"),
            }
            if inst.is_privileged() || inst.is_string_instruction() || inst.segment_prefix() != Register::None
            {
                self.violation(2, inst, "not allowed");
            }
            let info = self.info.info(inst);
            let writes_base = info.used_registers().iter().any(|used| {
                used.register().full_register() == Register::R15
                    && !matches!(used.access(), OpAccess::Read | OpAccess::CondRead)
            });
            if writes_base {
                self.violation(9, inst, "writes the pinned register");
            }
        }
        let falls_off =
            matches!(last_flow, FlowControl::Next | FlowControl::ConditionalBranch | FlowControl::Call)
                || last_flow == FlowControl::IndirectCall;
        if let Some(last) = insts.last()
            && (falls_off || last.next_ip() != u64::from(self.func.end))
        {
            self.violation(10, last, "the function's end is not an end");
        }
        if !self.func.frame.is_multiple_of(16) {
            self.violation(9, &insts[0], "a frame that is no multiple of 16");
        }
    }

    /// Follows facts until nothing new is learned, then judges with what holds on all ways.
    fn follow(&mut self) {
        let mut state = State { regs: [Fact::Any; 16], stack: BTreeMap::new() };
        for register in CALLEE_SAVED {
            state.regs[register] = Fact::Saved(register as u8);
        }
        state.regs[RSP] = Fact::Stack(0);
        state.regs[BASE] = Fact::Base(Num::constant(0), 0);
        self.entries.insert(self.func.offset, state);
        self.work.push(self.func.offset);
        while let Some(at) = self.work.pop() {
            self.run(at, false);
        }
        let starts: Vec<u32> = self.entries.keys().copied().collect();
        for at in starts {
            self.run(at, true);
        }
    }

    /// Runs from an entry to the end of its straight line.
    fn run(&mut self, start: u32, judge: bool) {
        let mut state = self.entries[&start].clone();
        let mut at = start;
        loop {
            let Some(inst) = self.insts.get(&at).copied() else { return };
            if judge {
                self.judge(&inst, &state);
            }
            self.step(&inst, &mut state);
            let next = inst.next_ip() as u32;
            match inst.flow_control() {
                FlowControl::ConditionalBranch => {
                    self.enter(inst.near_branch_target() as u32, &state);
                    self.enter(next, &state);
                    return;
                }
                FlowControl::UnconditionalBranch => {
                    return self.enter(inst.near_branch_target() as u32, &state);
                }
                FlowControl::Return | FlowControl::Exception => return,
                FlowControl::Next
                | FlowControl::Call
                | FlowControl::IndirectCall
                | FlowControl::IndirectBranch
                | FlowControl::Interrupt
                | FlowControl::XbeginXabortXend => {}
            }
            if self.entries.contains_key(&next) {
                return self.enter(next, &state);
            }
            at = next;
        }
    }

    fn enter(&mut self, at: u32, state: &State) {
        match self.entries.get_mut(&at) {
            Some(known) => {
                if !known.join(state) {
                    return;
                }
            }
            None => drop(self.entries.insert(at, state.clone())),
        }
        self.work.push(at);
    }

    /// What a memory operand's address is.
    fn address(&self, inst: &Instruction, state: &State) -> Fact {
        if inst.is_ip_rel_memory_operand() {
            return u32::try_from(inst.ip_rel_memory_address()).map_or(Fact::Any, Fact::Data);
        }
        let value = |register: Register| match register {
            Register::None => Some(Fact::Num(Num::constant(0))),
            _ if register.is_gpr64() => Some(state.regs[register.number()]),
            _ => None,
        };
        let (Some(base), Some(index)) = (value(inst.memory_base()), value(inst.memory_index())) else {
            return Fact::Any;
        };
        let index = match index {
            Fact::Num(num) => {
                num.shl(inst.memory_index_scale().trailing_zeros()).map_or(Fact::Any, Fact::Num)
            }
            other if inst.memory_index_scale() == 1 => other,
            _ => Fact::Any,
        };
        let sum = match (base, index) {
            (Fact::Stack(offset), Fact::Num(Num { max: 0, .. })) => Fact::Stack(offset),
            (Fact::Data(offset), Fact::Num(Num { max: 0, .. })) => Fact::Data(offset),
            (base, index) => base.add(index),
        };
        sum.add_constant(inst.memory_displacement64() as i64)
    }

    fn judge(&mut self, inst: &Instruction, state: &State) {
        let has_memory = (0..inst.op_count()).any(|op| inst.op_kind(op) == OpKind::Memory);
        let is_access = has_memory && inst.mnemonic() != Mnemonic::Lea && inst.mnemonic() != Mnemonic::Nop;
        let address = self.address(inst, state);
        if is_access {
            let size = inst.memory_size().size() as i64;
            let info = self.info.info(inst);
            let writes = info.used_memory().iter().any(|used| {
                !matches!(used.access(), OpAccess::Read | OpAccess::CondRead) && used.base() != Register::RSP
            }) || (inst.op0_kind() == OpKind::Memory
                && !matches!(info.op0_access(), OpAccess::Read | OpAccess::CondRead));
            if let Err((rule, what)) = self.access(address, size, writes) {
                self.violation(rule, inst, &format!("{what}: {address:?}"));
            }
        }
        if inst.mnemonic() == Mnemonic::Lea && matches!(address, Fact::Stack(_)) {
            self.violation(7, inst, "an address on the stack in a register");
        }
        match inst.flow_control() {
            FlowControl::Call | FlowControl::IndirectCall => {
                if !matches!(state.regs[RSP], Fact::Stack(offset) if offset.rem_euclid(16) == 8) {
                    self.violation(9, inst, "a call with a stack pointer that is not aligned");
                }
                if state.regs[RBP] != Fact::Stack(-8) {
                    self.violation(9, inst, "a call without a frame pointer");
                }
                if !matches!(self.called(inst, state), Fact::Code | Fact::Keeper) {
                    self.violation(4, inst, "a call of what does not come from a table");
                }
            }
            FlowControl::Return => {
                if state.regs[RSP] != Fact::Stack(0) {
                    self.violation(9, inst, "a return with another stack pointer");
                }
                for register in CALLEE_SAVED {
                    if state.regs[register] != Fact::Saved(register as u8) {
                        self.violation(9, inst, &format!("register {register} is not restored"));
                    }
                }
            }
            _ => {}
        }
        if let Fact::Stack(offset) = state.regs[RSP]
            && offset < -8 - i64::from(self.func.frame)
        {
            self.violation(9, inst, "the frame is larger than declared");
        }
    }

    /// Judges an access.
    fn access(&self, address: Fact, size: i64, writes: bool) -> Result<(), (u32, &'static str)> {
        match address {
            Fact::Base(num, disp) if disp >= 0 => {
                let inside =
                    num.max <= u64::from(u32::MAX) && disp + size <= i64::from(context::MAX_DISPLACEMENT);
                if inside { Ok(()) } else { Err((2, "beyond the region and its guard")) }
            }
            Fact::Base(num, disp) if num.max == 0 && disp >= -(context::CONTEXT_BYTES as i64) => {
                if disp + size <= 0 { Ok(()) } else { Err((1, "across the end of the context record")) }
            }
            Fact::Base(..) if writes => Err((1, "a write to a table")),
            Fact::Base(..) if matches!(self.loaded(address), Fact::Code | Fact::Keeper) && size == 8 => {
                Ok(())
            }
            Fact::Base(..) => Err((2, "before the base, but in no table")),
            Fact::Stack(offset) if offset >= 0 => Err((8, "above the frame")),
            Fact::Stack(offset) => {
                let inside = offset >= -8 - i64::from(self.func.frame) && offset + size <= 0;
                if inside { Ok(()) } else { Err((7, "outside of the frame")) }
            }
            Fact::Data(_) if writes => Err((10, "a write to the code section")),
            Fact::Data(at) => {
                let end = at as i64 + size;
                let before = self.artifact.funcs.partition_point(|func| func.offset <= at);
                let behind_code =
                    before.checked_sub(1).is_some_and(|index| self.artifact.funcs[index].end <= at);
                let next = self
                    .artifact
                    .funcs
                    .get(before)
                    .map_or(self.artifact.code.len(), |func| func.offset as usize);
                if behind_code && end <= next as i64 {
                    Ok(())
                } else {
                    Err((10, "not a constant or slot word"))
                }
            }
            Fact::Any | Fact::Num(_) | Fact::Code | Fact::Keeper | Fact::Saved(_) => {
                Err((2, "an address without a bound"))
            }
        }
    }

    /// What an 8-byte load from before the base gives.
    fn loaded(&self, address: Fact) -> Fact {
        let Fact::Base(num, disp) = address else { return Fact::Any };
        let rt_table = i64::from(context::RT_TABLE);
        // Entry 0 is the host's own.
        let is_runtime = num.max == 0
            && (rt_table + 8..rt_table + 8 * context::RT_TABLE_LEN as i64).contains(&disp)
            && (disp - rt_table) % 8 == 0;
        let last = 8 * ((1u64 << self.artifact.table_bits) - 1);
        let first = disp - i64::from(context::FN_TABLE);
        let is_function = num.zeros >= 3
            && first >= 0
            && first % 8 == 0
            && (first as u64).checked_add(num.max).is_some_and(|end| end <= last);
        if is_runtime {
            let row = (disp - rt_table) / 8 - 1;
            let keeps = RtFn::ALL.get(row as usize).is_some_and(|function| function.keeps_registers());
            return if keeps { Fact::Keeper } else { Fact::Code };
        }
        if is_function { Fact::Code } else { Fact::Any }
    }

    /// What a call goes to.
    fn called(&self, inst: &Instruction, state: &State) -> Fact {
        match inst.op0_kind() {
            OpKind::Memory => self.loaded(self.address(inst, state)),
            OpKind::Register => state.regs[inst.op0_register().number()],
            _ => Fact::Code,
        }
    }

    /// What is known behind an instruction.
    fn step(&mut self, inst: &Instruction, state: &mut State) {
        let special = self.special(inst, state);
        let keeps = inst.mnemonic() == Mnemonic::Call && self.called(inst, state) == Fact::Keeper;
        let popped = match state.regs[RSP] {
            Fact::Stack(offset) => state.stack.get(&offset).copied().unwrap_or(Fact::Any),
            _ => Fact::Any,
        };
        let address = self.address(inst, state);
        let (mut stores, mut written) = (Vec::new(), Vec::new());
        let info = self.info.info(inst);
        for used in info.used_memory() {
            if !matches!(used.access(), OpAccess::Read | OpAccess::CondRead) {
                stores.push(used.memory_size().size() as i64);
            }
        }
        for used in info.used_registers() {
            if !matches!(used.access(), OpAccess::Read | OpAccess::CondRead) && used.register().is_gpr() {
                written.push(used.register());
            }
        }
        let pushes = matches!(inst.mnemonic(), Mnemonic::Push | Mnemonic::Call);
        if let (Fact::Stack(offset), false, Some(&size)) = (address, pushes, stores.first()) {
            state.forget(offset, size);
            if size == 8 && inst.mnemonic() == Mnemonic::Mov && inst.op1_kind() == OpKind::Register {
                state.stack.insert(offset, state.regs[inst.op1_register().number()]);
            }
        }
        for register in written {
            let number = register.full_register().number();
            // A write of 32 bits clears the others, and the decoder reports it as one of 64.
            let explicit = (0..inst.op_count()).filter(|&op| inst.op_kind(op) == OpKind::Register);
            let named = explicit
                .map(|op| inst.op_register(op))
                .find(|named| named.full_register().number() == number && named.is_gpr());
            let register = named.unwrap_or(register);
            let narrow = !(register.is_gpr64() || register.is_gpr32());
            state.regs[number] = match state.regs[number] {
                _ if register.is_gpr32() => Fact::Num(Num::U32),
                old if narrow && old.is_u32() => Fact::Num(Num::U32),
                _ => Fact::Any,
            };
        }
        if let Some((register, fact)) = special {
            state.regs[register] = fact;
        }
        match inst.mnemonic() {
            Mnemonic::Push => {
                if let (Fact::Stack(offset), OpKind::Register) = (state.regs[RSP], inst.op0_kind()) {
                    state.forget(offset, 8);
                    let fact = if inst.op0_register() == Register::RSP {
                        Fact::Any
                    } else {
                        state.regs[inst.op0_register().number()]
                    };
                    state.stack.insert(offset, fact);
                }
            }
            Mnemonic::Pop => state.regs[inst.op0_register().number()] = popped,
            Mnemonic::Call if keeps => {}
            Mnemonic::Call => {
                for register in [0, 1, 2, 6, 7, 8, 9, 10, 11] {
                    state.regs[register] = Fact::Any;
                }
            }
            _ => {}
        }
    }

    /// The register that an instruction writes and what it then holds, where more is known than its width.
    fn special(&self, inst: &Instruction, state: &State) -> Option<(usize, Fact)> {
        let rsp = |by: i64| Some((RSP, state.regs[RSP].add_constant(by)));
        match inst.mnemonic() {
            Mnemonic::Push => return rsp(-8),
            Mnemonic::Pop => return rsp(8),
            Mnemonic::Call => return Some((RSP, state.regs[RSP])),
            _ => {}
        }
        if inst.op_count() == 0 || inst.op0_kind() != OpKind::Register || !inst.op0_register().is_gpr() {
            return None;
        }
        let to = inst.op0_register();
        let number = to.full_register().number();
        let wide = to.is_gpr64();
        let old = state.regs[number];
        let immediate = is_immediate(inst.op1_kind()).then(|| inst.immediate(1));
        let source = match inst.op_kind(1) {
            OpKind::Register if inst.op1_register().is_gpr() => {
                state.regs[inst.op1_register().full_register().number()]
            }
            _ => Fact::Any,
        };
        let bounded = |fact: Fact| match fact {
            // A 32-bit operation sees the low half: a number that fits is itself.
            Fact::Num(num) if num.max <= u64::from(u32::MAX) => fact,
            _ => Fact::Num(Num::U32),
        };
        let fact = match inst.mnemonic() {
            Mnemonic::Mov => match (inst.op1_kind(), immediate) {
                (OpKind::Register, _) if wide => source,
                (OpKind::Register, _) if to.is_gpr32() => bounded(source),
                (OpKind::Memory, _) if wide => match self.address(inst, state) {
                    Fact::Stack(offset) => state.stack.get(&offset).copied().unwrap_or(Fact::Any),
                    address => self.loaded(address),
                },
                (_, Some(value)) if wide => Fact::Num(Num::constant(value)),
                (_, Some(value)) if to.is_gpr32() => Fact::Num(Num::constant(value & u64::from(u32::MAX))),
                _ => return None,
            },
            Mnemonic::Movzx => match inst.op1_kind() {
                OpKind::Memory if inst.memory_size().size() == 1 => Fact::Num(Num { max: 0xFF, zeros: 0 }),
                OpKind::Register if inst.op1_register().is_gpr8() => Fact::Num(Num { max: 0xFF, zeros: 0 }),
                _ => Fact::Num(Num { max: 0xFFFF, zeros: 0 }),
            },
            Mnemonic::Xor | Mnemonic::Sub
                if inst.op1_kind() == OpKind::Register
                    && inst.op1_register() == to
                    && (wide || to.is_gpr32()) =>
            {
                Fact::Num(Num::constant(0))
            }
            Mnemonic::Lea if wide => match self.address(inst, state) {
                Fact::Stack(_) => Fact::Any,
                address => address,
            },
            Mnemonic::Add if wide => match immediate {
                Some(value) => old.add_constant(value as i64),
                None => old.add(source),
            },
            Mnemonic::Sub if wide => old.add_constant((immediate? as i64).checked_neg()?),
            Mnemonic::And if wide || to.is_gpr32() => {
                let side = |fact: Fact| match fact {
                    Fact::Num(num) => Some(num),
                    _ => None,
                };
                let other = match immediate {
                    Some(value) if wide => Some(Num::constant(value)),
                    Some(value) => Some(Num::constant(value & u64::from(u32::MAX))),
                    None => side(source),
                };
                let limit = if wide { u64::MAX } else { u64::from(u32::MAX) };
                let (old, other) = (side(old), other);
                let sides = old.into_iter().chain(other);
                let max = sides.clone().map(|num| num.max).min().unwrap_or(limit).min(limit);
                Fact::Num(Num { max, zeros: sides.map(|num| num.zeros).max().unwrap_or(0) })
            }
            Mnemonic::Shl if wide || to.is_gpr32() => match (bounded(old), old, immediate?) {
                (_, Fact::Num(num), by) if wide => num.shl(by as u32 & 63).map_or(Fact::Any, Fact::Num),
                (Fact::Num(num), _, by) if !wide => match num.shl(by as u32 & 31) {
                    Some(num) if num.max <= u64::from(u32::MAX) => Fact::Num(num),
                    _ => Fact::Num(Num { max: u64::from(u32::MAX), zeros: by as u32 & 31 }),
                },
                _ => return None,
            },
            _ => return None,
        };
        Some((number, fact))
    }
}

fn is_immediate(kind: OpKind) -> bool {
    matches!(
        kind,
        OpKind::Immediate8
            | OpKind::Immediate8_2nd
            | OpKind::Immediate16
            | OpKind::Immediate32
            | OpKind::Immediate64
            | OpKind::Immediate8to16
            | OpKind::Immediate8to32
            | OpKind::Immediate8to64
            | OpKind::Immediate32to64
    )
}
