//! Which values need no local: one that is used once, in the block that makes it, is computed where it is used, as an operand on WebAssembly's own stack.
//!
//! What is moved so must not see another memory. A block is walked once with the values *pending* that may still be moved. An instruction that writes
//! memory ends the wait of all that read it, and one that touches memory at all ends that of a call's result: a pending call is only ever
//! followed by instructions that touch nothing. So the operands of an instruction can be computed in any order.

use super::control::table;
use base::EntityId;
use mir::legal::{Block, BlockId, End, Func, Inst, Op, Value};
use smallvec::SmallVec;

/// Operands nest at most so deep.
const MAX_HEIGHT: u16 = 100;
/// So many values wait at most.
const MAX_PENDING: usize = 64;

/// How a function's instructions are put together.
pub struct Folding {
    /// By block: the instructions that stand for themselves, in order; the others are operands of these or of the block's end, or nothing.
    pub roots: Vec<Vec<u32>>,
    /// By value: where it comes from.
    pub sources: Vec<Source>,
    /// By value: how often it is used.
    pub uses: Vec<u32>,
}

/// Where the value of an operand comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// Computed where it is used, by this instruction of a block: constants, and what is used once.
    Inst(BlockId, u32),
    /// Kept in a local.
    Local,
}

/// What an instruction has to do with memory and the world.
#[derive(Clone, Copy, Default)]
struct Touch {
    reads: bool,
    writes: bool,
    /// It is executed exactly once, where it stands.
    acts: bool,
}

/// A value that may still be moved to where it is used.
struct Pending {
    value: Value,
    inst: u32,
    reads: bool,
    acts: bool,
    height: u16,
}

/// Decides for a function, whose blocks are walked in an order.
pub fn fold(func: &Func, order: &[BlockId]) -> Folding {
    let (uses, used_in) = uses(func, order);
    let mut folding = Folding {
        roots: vec![Vec::new(); func.blocks.len()],
        sources: vec![Source::Local; func.values.len()],
        uses,
    };
    for &id in order {
        Walk { func, folding: &mut folding, used_in: &used_in, id, pending: Vec::new() }
            .block(&func.blocks[id]);
    }
    folding
}

/// How often each value is used, and in which block last.
fn uses(func: &Func, order: &[BlockId]) -> (Vec<u32>, Vec<BlockId>) {
    let mut uses = vec![0u32; func.values.len()];
    let mut used_in = vec![BlockId::from_index(0); func.values.len()];
    for &id in order {
        let mut note = |value: Value| {
            uses[value.index()] += 1;
            used_in[value.index()] = id;
        };
        for inst in &func.blocks[id].insts {
            inst.args.iter().copied().for_each(&mut note);
        }
        func.blocks[id].end.values(note);
    }
    (uses, used_in)
}

struct Walk<'a> {
    func: &'a Func,
    folding: &'a mut Folding,
    used_in: &'a [BlockId],
    id: BlockId,
    pending: Vec<Pending>,
}

impl Walk<'_> {
    fn block(&mut self, block: &Block) {
        for (index, inst) in block.insts.iter().enumerate() {
            self.inst(index as u32, inst);
        }
        self.end(&block.end);
    }

    fn inst(&mut self, index: u32, inst: &Inst) {
        let touch = touch(inst);
        let result = inst.results.first().copied();
        if let (Some(result), Op::IConst | Op::FConst | Op::Slot) = (result, inst.op) {
            self.folding.sources[result.index()] = Source::Inst(self.id, index);
            return;
        }
        if !touch.acts && !touch.writes && inst.results.iter().all(|&value| self.uses(value) == 0) {
            // Nobody asks for it. What only it used is not computed either.
            return;
        }
        let (operands, others): (Vec<Pending>, Vec<Pending>) =
            std::mem::take(&mut self.pending).into_iter().partition(|one| inst.args.contains(&one.value));
        for one in others {
            if one.acts && (touch.reads || touch.writes || touch.acts) || one.reads && touch.writes {
                self.keep(&one);
            } else {
                self.pending.push(one);
            }
        }
        let moves = match inst.results.as_slice() {
            [only] => self.uses(*only) == 1 && self.used_in[only.index()] == self.id,
            _ => false,
        };
        let height = 1 + operands.iter().map(|one| one.height).max().unwrap_or(0);
        match result {
            Some(value) if moves && height <= MAX_HEIGHT => self.pending.push(Pending {
                value,
                inst: index,
                reads: touch.reads || operands.iter().any(|one| one.reads),
                acts: touch.acts || operands.iter().any(|one| one.acts),
                height,
            }),
            Some(_) | None => self.folding.roots[self.id.index()].push(index),
        }
        if self.pending.len() > MAX_PENDING {
            let oldest = self.pending.remove(0);
            self.keep(&oldest);
        }
        for one in operands {
            self.folding.sources[one.value.index()] = Source::Inst(self.id, one.inst);
        }
    }

    fn uses(&self, value: Value) -> u32 {
        self.folding.uses[value.index()]
    }

    /// The end asks for the rest, or nobody does. On one of several ways only, a call would not be executed each time.
    fn end(&mut self, end: &End) {
        let mut always: SmallVec<[Value; 4]> = SmallVec::new();
        let mut kept = None;
        match end {
            // What is compared several times stands in a local.
            End::Switch(value, cases, _) if table(self.func.values[*value], cases).is_none() => {
                kept = Some(*value)
            }
            End::Branch(value, ..) | End::Switch(value, ..) => always.push(*value),
            End::Jump(target) => always.extend(target.args.iter().copied()),
            End::Return(values) => always.extend(values.iter().copied()),
            End::Unreachable => {}
        }
        for one in std::mem::take(&mut self.pending) {
            if kept == Some(one.value) || one.acts && !always.contains(&one.value) {
                self.keep(&one);
            } else {
                self.folding.sources[one.value.index()] = Source::Inst(self.id, one.inst);
            }
        }
    }

    /// Computes a pending value here, and keeps it in a local.
    fn keep(&mut self, one: &Pending) {
        self.folding.roots[self.id.index()].push(one.inst);
    }
}

fn touch(inst: &Inst) -> Touch {
    match inst.op {
        Op::Load | Op::IsUnique => Touch { reads: true, ..Touch::default() },
        Op::Store | Op::Retain | Op::Release | Op::Call | Op::CallIndirect => {
            Touch { reads: true, writes: true, acts: true }
        }
        Op::Runtime => {
            let writes = inst
                .runtime_fn()
                .is_none_or(|function| function.changes() != abi::runtime_fns::Changes::Nothing);
            Touch { reads: true, writes, acts: true }
        }
        // The engine stops a program by itself: nothing is executed.
        Op::Poll => Touch::default(),
        Op::IConst | Op::FConst | Op::Slot => Touch::default(),
        Op::Add | Op::Sub | Op::Mul | Op::SDiv | Op::UDiv | Op::SRem | Op::URem => Touch::default(),
        Op::And | Op::Or | Op::Xor | Op::Shl | Op::SShr | Op::UShr => Touch::default(),
        Op::Clz | Op::Ctz | Op::Popcnt => Touch::default(),
        Op::Eq | Op::Ne | Op::SLt | Op::SLe | Op::ULt | Op::ULe => Touch::default(),
        Op::FAdd | Op::FSub | Op::FMul | Op::FDiv | Op::FMin | Op::FMax => Touch::default(),
        Op::FNeg | Op::FAbs | Op::FSqrt | Op::FFloor | Op::FCeil | Op::FTrunc => Touch::default(),
        Op::FEq | Op::FNe | Op::FLt | Op::FLe => Touch::default(),
        Op::SExt | Op::ZExt | Op::Trunc | Op::SToF | Op::UToF => Touch::default(),
        Op::FToS | Op::FToU | Op::FToF | Op::Bits | Op::Select => Touch::default(),
    }
}
