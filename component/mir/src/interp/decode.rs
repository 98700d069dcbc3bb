//! Decodes a function of legal MIR, once, when it is first called.
//!
//! Blocks are laid out in reverse postorder, cold ones last. Constants become immediate operands, a comparison that only decides the
//! branch of its block becomes part of it, block arguments become moves on the edges. Every jump backward is a `JumpBack`,
//! so `poll` has nothing left to do.

mod branch;

use super::code::{Code, List, Reg};
use super::regs;
use crate::legal::verify::Flow;
use crate::legal::{BlockId, Func, FuncId, Inst, LocId, Op, Program, SigId, Target, Value, counting, eval};
use abi::{Repr, RtFn};
use base::EntityId;
use smallvec::SmallVec;

/// The code of all functions decoded so far.
#[derive(Default)]
pub(super) struct Decoded {
    pub(super) code: Vec<Code>,
    /// By position in the code.
    pub(super) locs: Vec<LocId>,
    pub(super) pool: Vec<u32>,
    /// By function.
    pub(super) funcs: Vec<FuncInfo>,
    /// By signature of the program: the same number for equal signatures.
    pub(super) sigs: Vec<u32>,
}

/// What a call has to know.
#[derive(Clone, Copy)]
pub(super) struct FuncInfo {
    /// Its first operation, or `NOT_DECODED`.
    pub(super) entry: u32,
    /// Registers of a frame.
    pub(super) frame: u32,
    /// It calls functions, so it takes part in recursion.
    pub(super) calls: bool,
    /// The number of its signature, in the sense of `Decoded::sigs`.
    pub(super) sig: u32,
}

pub(super) const NOT_DECODED: u32 = u32::MAX;

impl Decoded {
    pub(super) fn new(program: &Program) -> Decoded {
        // Signatures by content, numbered in the order in which they are met.
        let mut known = std::collections::BTreeMap::new();
        let mut number = |sig: &crate::legal::Sig| {
            let next = known.len() as u32;
            *known.entry((sig.params.clone(), sig.results.clone())).or_insert(next)
        };
        let sigs = program.sigs.values().map(&mut number).collect();
        let funcs = program
            .funcs
            .values()
            .map(|func| FuncInfo { entry: NOT_DECODED, frame: 0, calls: false, sig: number(&func.sig) })
            .collect();
        Decoded { sigs, funcs, ..Decoded::default() }
    }

    /// Decodes a function. `slots` has the words of the program's slots.
    pub(super) fn decode(&mut self, program: &Program, slots: &[u64], id: FuncId) {
        let func = &program.funcs[id];
        let flow = Flow::of(func);
        let mut decoder = Decoder {
            func,
            slots,
            pool: std::mem::take(&mut self.pool),
            facts: Facts::of(func, slots),
            code: Vec::new(),
            locs: Vec::new(),
            labels: vec![UNPLACED; func.blocks.len()],
            starts: Vec::new(),
            stubs: Vec::new(),
            tables: Vec::new(),
            loc: func.loc,
        };
        decoder.func(&flow);
        let Decoder { mut pool, mut code, mut locs, mut labels, starts, tables, .. } = decoder;

        let one_result = |code: &Code| match code {
            Code::Call { func, .. } => {
                program.funcs[FuncId::from_index(*func as usize)].sig.results.len() == 1
            }
            Code::CallIndirect { sig, .. } => {
                program.sigs[SigId::from_index(*sig as usize)].results.len() == 1
            }
            _ => false,
        };
        let params: Vec<Reg> = func.blocks[flow.order()[0]].params.iter().map(|param| reg(*param)).collect();
        let mut assigner = regs::Assigner {
            code: &mut code,
            locs: &mut locs,
            pool: &mut pool,
            labels: &mut labels,
            starts,
            one_result: &one_result,
        };
        let frame = assigner.run(&params, func.values.len() + 1);

        let base = self.code.len() as u32;
        for code in &mut code {
            match code {
                // From here on the number of the signature's content.
                Code::CallIndirect { sig, .. } => *sig = self.sigs[*sig as usize],
                other => {
                    if let Some(to) = other.target() {
                        *to = base + labels[*to as usize];
                    }
                }
            }
        }
        for position in tables {
            pool[position] = base + labels[pool[position] as usize];
        }
        let calls = code.iter().any(|code| matches!(code, Code::Call { .. } | Code::CallIndirect { .. }));
        self.pool = pool;
        self.code.extend(code);
        self.locs.extend(locs);
        let info = &mut self.funcs[id.index()];
        (info.entry, info.frame, info.calls) = (base, frame, calls);
    }
}

/// What is known about the values of a function before it is decoded.
struct Facts {
    /// The word of a constant.
    constants: Vec<Option<u64>>,
    /// Where a value is defined: block and instruction. Parameters have none.
    defs: Vec<Option<(u32, u32)>>,
    uses: Vec<u32>,
    /// The value in whose register it is: another one, where an operation does nothing to the word.
    home: Vec<Value>,
}

impl Facts {
    fn of(func: &Func, slots: &[u64]) -> Facts {
        let count = func.values.len();
        let mut facts = Facts {
            constants: vec![None; count],
            defs: vec![None; count],
            uses: vec![0; count],
            home: func.values.ids().collect(),
        };
        let low_only = low_only(func);
        for (id, block) in func.blocks.iter() {
            for (index, inst) in block.insts.iter().enumerate() {
                for value in &inst.args {
                    facts.uses[value.index()] += 1;
                }
                for value in &inst.results {
                    facts.defs[value.index()] = Some((id.index() as u32, index as u32));
                    facts.constants[value.index()] = constant_of(inst, slots);
                    let same = match inst.op {
                        Op::ZExt | Op::Bits => true,
                        Op::Trunc => inst.ty == Repr::I32 && low_only[value.index()],
                        _ => false,
                    };
                    if same {
                        facts.home[value.index()] = inst.args[0];
                    }
                }
            }
            block.end.values(|value| facts.uses[value.index()] += 1);
        }
        facts
    }

    fn home(&self, mut value: Value) -> Value {
        while self.home[value.index()] != value {
            value = self.home[value.index()];
        }
        value
    }
}

/// By value: true if all uses look at its low 32 bits alone.
fn low_only(func: &Func) -> Vec<bool> {
    let mut low = vec![true; func.values.len()];
    for block in func.blocks.values() {
        for inst in &block.insts {
            for (position, arg) in inst.args.iter().enumerate() {
                low[arg.index()] &= match inst.op {
                    Op::Add | Op::Sub | Op::Mul => inst.ty == Repr::I32,
                    Op::Shl => inst.ty == Repr::I32 && position == 0,
                    Op::Load => true,
                    Op::Store => position == 0 || inst.ty == Repr::I32,
                    _ => false,
                };
            }
        }
        block.end.values(|value| low[value.index()] = false);
    }
    low
}

fn constant_of(inst: &Inst, slots: &[u64]) -> Option<u64> {
    match inst.op {
        Op::IConst | Op::FConst => Some(eval::constant(inst.ty, inst.imm)),
        Op::Slot => slots.get(inst.imm as usize).copied(),
        _ => None,
    }
}

/// A label that has no position yet.
pub(super) const UNPLACED: u32 = u32::MAX;

struct Decoder<'a> {
    func: &'a Func,
    slots: &'a [u64],
    pool: Vec<u32>,
    facts: Facts,
    code: Vec<Code>,
    locs: Vec<LocId>,
    /// Positions of labels. The first are those of the blocks, then those of the stubs.
    labels: Vec<u32>,
    /// Where straight runs of code begin: registers are assigned per run.
    starts: Vec<u32>,
    /// Edges that have code of their own, with their labels.
    stubs: Vec<(u32, &'a Target, LocId)>,
    /// Positions in the pool that hold labels.
    tables: Vec<usize>,
    /// Of the instruction being decoded.
    loc: LocId,
}

impl<'a> Decoder<'a> {
    fn func(&mut self, flow: &Flow) {
        let cold = |id: &&BlockId| self.func.blocks[**id].cold;
        // The first block is where a call enters.
        let (first, rest) = flow.order().split_first().expect("a function has a block");
        let mut order: Vec<BlockId> = vec![*first];
        order.extend(rest.iter().filter(|id| !cold(id)));
        order.extend(rest.iter().filter(|id| cold(id)));
        for (index, &id) in order.iter().enumerate() {
            let block = &self.func.blocks[id];
            self.place(id.index() as u32);
            self.loc = self.func.loc;
            for inst in &block.insts {
                self.loc = inst.loc;
                self.inst(inst);
            }
            self.end(block, id, order.get(index + 1).copied());
        }
        for (label, target, loc) in std::mem::take(&mut self.stubs) {
            self.place(label);
            self.loc = loc;
            self.edge(target, None);
        }
    }

    fn place(&mut self, label: u32) {
        let at = self.code.len() as u32;
        self.labels[label as usize] = at;
        self.starts.push(at);
    }

    fn emit(&mut self, code: Code) {
        self.code.push(code);
        self.locs.push(self.loc);
    }

    fn list(&mut self, values: &[Value]) -> List {
        let list = self.pool.len() as List;
        self.pool.push(values.len() as u32);
        self.pool.extend(values.iter().map(|value| reg(self.facts.home(*value))));
        list
    }

    /// A constant that is an immediate operand.
    fn imm(&self, value: Value) -> Option<i32> {
        i32::try_from(self.facts.constants[value.index()]? as i64).ok()
    }

    /// The register that holds a value.
    fn reg(&self, value: Value) -> Reg {
        reg(self.facts.home(value))
    }

    /// The exponent of a constant that is a power of two, from 2 on.
    fn power_of_two(&self, value: Value) -> Option<i32> {
        let word = self.facts.constants[value.index()]?;
        (word.is_power_of_two() && word > 1 && word < 1 << 63).then(|| word.trailing_zeros() as i32)
    }

    fn inst(&mut self, inst: &Inst) {
        let d = inst.results.first().map_or(self.scratch(), |value| reg(*value));
        let args: SmallVec<[Reg; 4]> = inst.args.iter().map(|value| self.reg(*value)).collect();
        let arg = |index: usize| args[index];
        let wide = inst.ty.size() == 8;
        let code = match inst.op {
            Op::IConst | Op::FConst | Op::Slot => Code::Const {
                d,
                bits: constant_of(inst, self.slots).expect("slots exist in a sound program"),
            },
            Op::Add | Op::Sub | Op::Mul | Op::And | Op::Or | Op::Xor => self.arithmetic(inst, d),
            Op::Shl | Op::SShr | Op::UShr => self.shift(inst, d),
            Op::SDiv | Op::SRem if wide && self.power_of_two(inst.args[1]).is_some() => {
                let imm = self.power_of_two(inst.args[1]).unwrap_or_default();
                if inst.op == Op::SDiv {
                    Code::SDivPower64 { d, a: arg(0), imm }
                } else {
                    Code::SRemPower64 { d, a: arg(0), imm }
                }
            }
            Op::SDiv if wide => Code::SDiv64 { d, a: arg(0), b: arg(1) },
            Op::SRem if wide => Code::SRem64 { d, a: arg(0), b: arg(1) },
            Op::SDiv | Op::UDiv | Op::SRem | Op::URem | Op::FMin | Op::FMax => {
                Code::Pure2 { op: inst.op, ty: inst.ty, d, a: arg(0), b: arg(1) }
            }
            Op::Eq | Op::Ne | Op::SLt | Op::SLe | Op::ULt | Op::ULe => self.compare(inst, d),
            Op::FAdd | Op::FSub | Op::FMul | Op::FDiv | Op::FEq | Op::FNe | Op::FLt | Op::FLe => {
                let (a, b) = (arg(0), arg(1));
                match inst.op {
                    Op::FAdd if wide => Code::FAdd64 { d, a, b },
                    Op::FSub if wide => Code::FSub64 { d, a, b },
                    Op::FMul if wide => Code::FMul64 { d, a, b },
                    Op::FDiv if wide => Code::FDiv64 { d, a, b },
                    Op::FLt if wide => Code::FLt64 { d, a, b },
                    Op::FLe if wide => Code::FLe64 { d, a, b },
                    op => Code::Pure2 { op, ty: inst.ty, d, a, b },
                }
            }
            // The word stays as it is, in the register of the operand.
            Op::ZExt | Op::Bits => return,
            Op::Trunc if self.facts.home(inst.results[0]) != inst.results[0] => return,
            Op::Trunc if inst.ty == Repr::I32 => Code::Trunc32 { d, a: arg(0) },
            Op::SExt if self.func.values[inst.args[0]] == Repr::I32 => Code::SExt32 { d, a: arg(0) },
            Op::Clz
            | Op::Ctz
            | Op::Popcnt
            | Op::FNeg
            | Op::FAbs
            | Op::FSqrt
            | Op::FFloor
            | Op::FCeil
            | Op::FTrunc
            | Op::SExt
            | Op::Trunc
            | Op::SToF
            | Op::UToF
            | Op::FToS
            | Op::FToU
            | Op::FToF => {
                let from = self.func.values[inst.args[0]];
                Code::Pure1 { op: inst.op, ty: inst.ty, from, d, a: arg(0) }
            }
            Op::Select => Code::Select { d, condition: arg(0), list: self.list(&inst.args[1..]) },
            Op::Load => {
                let (a, offset) = (arg(0), inst.imm as u32);
                match inst.ty.size() {
                    1 => Code::Load8 { d, a, offset },
                    2 => Code::Load16 { d, a, offset },
                    4 => Code::Load32 { d, a, offset },
                    _ => Code::Load64 { d, a, offset },
                }
            }
            Op::Store => {
                let (a, b, offset) = (arg(0), arg(1), inst.imm as u32);
                match inst.ty.size() {
                    1 => Code::Store8 { a, b, offset },
                    2 => Code::Store16 { a, b, offset },
                    4 => Code::Store32 { a, b, offset },
                    _ => Code::Store64 { a, b, offset },
                }
            }
            Op::Retain if inst.ty == Repr::Any => Code::RetainAny { a: arg(0) },
            Op::Retain => Code::Retain { a: arg(0) },
            Op::Release => {
                let (a, may_cycle) = (arg(0), inst.imm & counting::MAY_CYCLE != 0);
                if inst.ty == Repr::Any {
                    Code::ReleaseAny { a, may_cycle }
                } else {
                    Code::Release { a, may_cycle }
                }
            }
            Op::IsUnique => Code::IsUnique { d, a: arg(0) },
            Op::Call => {
                let args = self.list(&inst.args);
                Code::Call { func: inst.imm as u32, args, d: self.results(inst) }
            }
            Op::CallIndirect => {
                let args = self.list(&inst.args);
                Code::CallIndirect { sig: inst.imm as u32, args, d: self.results(inst) }
            }
            Op::Runtime => {
                let function = RtFn::ALL[inst.imm as usize];
                Code::Runtime { function, args: self.list(&inst.args), d }
            }
            Op::Poll => return,
        };
        self.emit(code);
    }

    /// A register that nobody reads, and through which cycles of moves go.
    fn scratch(&self) -> Reg {
        self.func.values.len() as Reg
    }

    fn results(&mut self, inst: &Inst) -> u32 {
        match inst.results[..] {
            [one] => reg(one),
            _ => self.list(&inst.results),
        }
    }

    fn arithmetic(&self, inst: &Inst, d: Reg) -> Code {
        let (mut x, mut y) = (inst.args[0], inst.args[1]);
        if inst.op != Op::Sub && self.imm(y).is_none() && self.imm(x).is_some() {
            (x, y) = (y, x);
        }
        let (a, b) = (self.reg(x), self.reg(y));
        match (inst.op, inst.ty, self.imm(y)) {
            (Op::Add, Repr::I64, Some(imm)) => Code::AddImm64 { d, a, imm },
            (Op::Sub, Repr::I64, Some(imm)) if imm != i32::MIN => Code::AddImm64 { d, a, imm: -imm },
            (Op::Mul, Repr::I64, Some(imm)) => Code::MulImm64 { d, a, imm },
            (Op::Add, Repr::I32, Some(imm)) => Code::AddImm32 { d, a, imm },
            (Op::And, _, Some(imm)) => Code::AndImm { d, a, imm },
            (Op::Add, Repr::I64, None) => Code::Add64 { d, a, b },
            (Op::Sub, Repr::I64, _) => Code::Sub64 { d, a, b },
            (Op::Mul, Repr::I64, None) => Code::Mul64 { d, a, b },
            (Op::Add, Repr::I32, None) => Code::Add32 { d, a, b },
            (Op::And, _, None) => Code::And { d, a, b },
            (Op::Or, _, _) => Code::Or { d, a, b },
            (Op::Xor, _, _) => Code::Xor { d, a, b },
            (op, ty, _) => Code::Pure2 { op, ty, d, a, b },
        }
    }

    fn shift(&self, inst: &Inst, d: Reg) -> Code {
        let (a, b) = (self.reg(inst.args[0]), self.reg(inst.args[1]));
        let count = self.facts.constants[inst.args[1].index()];
        let imm = count.map(|count| (count % u64::from(inst.ty.size() * 8)) as i32);
        match (inst.op, inst.ty, imm) {
            (Op::Shl, Repr::I64, Some(imm)) => Code::ShlImm64 { d, a, imm },
            (Op::Shl, Repr::I32, Some(imm)) => Code::ShlImm32 { d, a, imm },
            (Op::SShr, Repr::I64, Some(imm)) => Code::SShrImm64 { d, a, imm },
            (Op::UShr, _, Some(imm)) => Code::UShrImm { d, a, imm },
            (op, ty, _) => Code::Pure2 { op, ty, d, a, b },
        }
    }

    fn compare(&self, inst: &Inst, d: Reg) -> Code {
        let (mut x, mut y) = (inst.args[0], inst.args[1]);
        if inst.op == Op::Eq && self.imm(y).is_none() && self.imm(x).is_some() {
            (x, y) = (y, x);
        }
        let (a, b) = (self.reg(x), self.reg(y));
        let wide = inst.ty.size() == 8;
        match (inst.op, self.imm(y)) {
            (Op::Eq, Some(imm)) => Code::EqImm { d, a, imm },
            (Op::SLt, Some(imm)) if wide => Code::SLtImm64 { d, a, imm },
            (Op::Eq, None) => Code::Eq { d, a, b },
            (Op::Ne, _) => Code::Ne { d, a, b },
            (Op::SLt, _) if wide => Code::SLt64 { d, a, b },
            (Op::SLe, _) if wide => Code::SLe64 { d, a, b },
            (Op::ULt, _) => Code::ULt { d, a, b },
            (Op::ULe, _) => Code::ULe { d, a, b },
            (op, _) => Code::Pure2 { op, ty: inst.ty, d, a, b },
        }
    }
}

fn reg(value: Value) -> Reg {
    value.index() as Reg
}
