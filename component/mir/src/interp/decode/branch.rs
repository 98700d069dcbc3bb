//! Ends of blocks: branches, edges, switches, returns.

use super::{Code, Decoder, UNPLACED, reg};
use crate::legal::{Block, BlockId, End, Inst, Op, Target, Value};
use abi::Repr;
use base::EntityId;

/// What a branch looks at.
#[derive(Clone, Copy)]
pub(super) enum Condition {
    True(u32),
    False(u32),
    Eq(u32, u32),
    Ne(u32, u32),
    SLt(u32, u32),
    SLe(u32, u32),
    ULt(u32, u32),
    ULe(u32, u32),
    EqImm(u32, i32),
    NeImm(u32, i32),
    SLtImm(u32, i32),
    SGeImm(u32, i32),
    ULtImm(u32, i32),
    UGeImm(u32, i32),
}

impl Condition {
    fn inverse(self) -> Condition {
        match self {
            Condition::True(a) => Condition::False(a),
            Condition::False(a) => Condition::True(a),
            Condition::Eq(a, b) => Condition::Ne(a, b),
            Condition::Ne(a, b) => Condition::Eq(a, b),
            Condition::SLt(a, b) => Condition::SLe(b, a),
            Condition::SLe(a, b) => Condition::SLt(b, a),
            Condition::ULt(a, b) => Condition::ULe(b, a),
            Condition::ULe(a, b) => Condition::ULt(b, a),
            Condition::EqImm(a, imm) => Condition::NeImm(a, imm),
            Condition::NeImm(a, imm) => Condition::EqImm(a, imm),
            Condition::SLtImm(a, imm) => Condition::SGeImm(a, imm),
            Condition::SGeImm(a, imm) => Condition::SLtImm(a, imm),
            Condition::ULtImm(a, imm) => Condition::UGeImm(a, imm),
            Condition::UGeImm(a, imm) => Condition::ULtImm(a, imm),
        }
    }

    fn branch(self, to: u32) -> Code {
        match self {
            Condition::True(a) => Code::BranchTrue { a, to },
            Condition::False(a) => Code::BranchFalse { a, to },
            Condition::Eq(a, b) => Code::BranchEq { a, b, to },
            Condition::Ne(a, b) => Code::BranchNe { a, b, to },
            Condition::SLt(a, b) => Code::BranchSLt64 { a, b, to },
            Condition::SLe(a, b) => Code::BranchSLe64 { a, b, to },
            Condition::ULt(a, b) => Code::BranchULt { a, b, to },
            Condition::ULe(a, b) => Code::BranchULe { a, b, to },
            Condition::EqImm(a, imm) => Code::BranchEqImm { a, imm, to },
            Condition::NeImm(a, imm) => Code::BranchNeImm { a, imm, to },
            Condition::SLtImm(a, imm) => Code::BranchSLtImm64 { a, imm, to },
            Condition::SGeImm(a, imm) => Code::BranchSGeImm64 { a, imm, to },
            Condition::ULtImm(a, imm) => Code::BranchULtImm { a, imm, to },
            Condition::UGeImm(a, imm) => Code::BranchUGeImm { a, imm, to },
        }
    }
}

impl<'a> Decoder<'a> {
    pub(super) fn end(&mut self, block: &'a Block, id: BlockId, next: Option<BlockId>) {
        match &block.end {
            End::Jump(target) => self.edge(target, next),
            End::Branch(_, then, otherwise) if then == otherwise => self.edge(then, next),
            End::Branch(value, then, otherwise) => {
                let condition = self.condition(block, id, *value);
                // One edge is taken by the branch, the other by what follows it. An edge with moves, or back, is better
                // off behind the branch.
                let simple = |target: &Target, decoder: &Self| {
                    target.args.is_empty() && !decoder.is_placed(target.block)
                };
                let then_behind =
                    simple(otherwise, self) && (!simple(then, self) || Some(then.block) == next);
                let (condition, away, behind) = if then_behind {
                    (condition.inverse(), otherwise, then)
                } else {
                    (condition, then, otherwise)
                };
                let to = self.edge_label(away);
                self.emit(condition.branch(to));
                self.edge(behind, next);
            }
            End::Switch(value, cases, default) => self.switch(*value, cases, default),
            End::Return(values) => {
                let code = match values[..] {
                    [] => Code::Return0,
                    [one] => Code::Return1 { a: self.reg(one) },
                    _ => Code::Return { list: self.list(values) },
                };
                self.emit(code);
            }
            End::Unreachable => self.emit(Code::Unreachable),
        }
    }

    fn is_placed(&self, block: BlockId) -> bool {
        self.labels[block.index()] != UNPLACED
    }

    /// The comparison that defines the condition in the same block, for this alone, or the value itself.
    fn condition(&self, block: &Block, id: BlockId, value: Value) -> Condition {
        let plain = Condition::True(self.reg(value));
        match self.facts.defs[value.index()] {
            Some((in_block, index))
                if in_block == id.index() as u32 && self.facts.uses[value.index()] == 1 =>
            {
                self.comparison(&block.insts[index as usize]).unwrap_or(plain)
            }
            Some(_) | None => plain,
        }
    }

    fn comparison(&self, inst: &Inst) -> Option<Condition> {
        let [x, y] = inst.args[..] else { return None };
        let (a, b) = (self.reg(x), self.reg(y));
        // `x <= c` is `x < c + 1`, `c < x` is `x >= c + 1`.
        let after = |value: Value| self.imm(value).and_then(|imm| imm.checked_add(1));
        // Immediate operands are sign-extended, so only what has no sign compares right without one.
        let positive = |imm: Option<i32>| imm.filter(|imm| *imm >= 0);
        Some(match inst.op {
            Op::Eq | Op::Ne => {
                let equal = match (self.imm(x), self.imm(y)) {
                    (_, Some(imm)) => Condition::EqImm(a, imm),
                    (Some(imm), None) => Condition::EqImm(b, imm),
                    (None, None) => Condition::Eq(a, b),
                };
                if inst.op == Op::Eq { equal } else { equal.inverse() }
            }
            Op::SLt if inst.ty == Repr::I64 => match (after(x), self.imm(y)) {
                (_, Some(imm)) => Condition::SLtImm(a, imm),
                (Some(imm), None) => Condition::SGeImm(b, imm),
                (None, None) => Condition::SLt(a, b),
            },
            Op::SLe if inst.ty == Repr::I64 => match (self.imm(x), after(y)) {
                (_, Some(imm)) => Condition::SLtImm(a, imm),
                (Some(imm), None) => Condition::SGeImm(b, imm),
                (None, None) => Condition::SLe(a, b),
            },
            Op::ULt => match (positive(after(x)), positive(self.imm(y))) {
                (_, Some(imm)) => Condition::ULtImm(a, imm),
                (Some(imm), None) if imm > 0 => Condition::UGeImm(b, imm),
                (Some(_) | None, None) => Condition::ULt(a, b),
            },
            Op::ULe => match (positive(self.imm(x)), positive(after(y))) {
                (_, Some(imm)) if imm > 0 => Condition::ULtImm(a, imm),
                (Some(imm), _) => Condition::UGeImm(b, imm),
                (None, _) => Condition::ULe(a, b),
            },
            _ => return None,
        })
    }

    /// The label of an edge that is jumped along: the block's where nothing is to be done on the way.
    fn edge_label(&mut self, target: &'a Target) -> u32 {
        if target.args.is_empty() && !self.is_placed(target.block) {
            return target.block.index() as u32;
        }
        let label = self.labels.len() as u32;
        self.labels.push(UNPLACED);
        self.stubs.push((label, target, self.loc));
        label
    }

    /// An edge at the end of what was emitted so far; `next` is the block that follows.
    pub(super) fn edge(&mut self, target: &Target, next: Option<BlockId>) {
        let params = &self.func.blocks[target.block].params;
        let moves: Vec<(u32, u32)> =
            params.iter().zip(&target.args).map(|(d, a)| (reg(*d), self.reg(*a))).collect();
        self.moves(moves);
        let to = target.block.index() as u32;
        if self.is_placed(target.block) {
            self.emit(Code::JumpBack { to });
        } else if Some(target.block) != next {
            self.emit(Code::Jump { to });
        }
    }

    /// Moves that happen at the same time, one after the other.
    fn moves(&mut self, mut moves: Vec<(u32, u32)>) {
        moves.retain(|(d, a)| d != a);
        while !moves.is_empty() {
            // A move whose destination no other one still reads.
            let free = moves.iter().position(|(d, _)| moves.iter().all(|(_, a)| a != d));
            match free {
                Some(index) => {
                    let (d, a) = moves.remove(index);
                    self.emit(Code::Move { d, a });
                }
                None => {
                    // All destinations are read: cycles. One source is saved, which breaks its cycle.
                    let scratch = self.scratch();
                    let saved = moves[0].1;
                    self.emit(Code::Move { d: scratch, a: saved });
                    moves[0].1 = scratch;
                    // Now nobody reads `saved` but the moves that had it too.
                    for (_, a) in moves.iter_mut().filter(|(_, a)| *a == saved) {
                        *a = scratch;
                    }
                }
            }
        }
    }

    fn switch(&mut self, value: Value, cases: &'a [(u64, Target)], default: &'a Target) {
        let a = self.reg(value);
        let mut sorted: Vec<&(u64, Target)> = cases.iter().collect();
        sorted.sort_by_key(|case| case.0);
        let labels: Vec<u32> = sorted.iter().map(|case| self.edge_label(&case.1)).collect();
        let default = self.edge_label(default);
        let (table, len) = (self.pool.len() as u32, sorted.len() as u32);
        let dense = sorted.iter().enumerate().all(|(index, case)| case.0 == index as u64);
        for (case, label) in sorted.iter().zip(labels) {
            if !dense {
                self.pool.extend([case.0 as u32, (case.0 >> 32) as u32]);
            }
            self.tables.push(self.pool.len());
            self.pool.push(label);
        }
        self.tables.push(self.pool.len());
        self.pool.push(default);
        self.emit(if dense {
            Code::SwitchDense { a, table, len }
        } else {
            Code::SwitchSparse { a, table, len }
        });
    }
}
