//! Operations whose result is known, or is an operand, or is what a simpler operation gives; branches that go one way.
//!
//! Results are computed by [`eval`], like in the interpreter. A NaN is left to be computed where the program runs: its bits differ
//! between machines.
//!
//! Keeps: blocks and their parameters, but for edges that are never taken.

use super::edit::{self, Replaced};
use crate::legal::verify::Flow;
use crate::legal::{End, Func, Inst, Op, Value, eval};
use abi::Repr;
use base::{Budget, EntityId, Exhausted};
use smallvec::{SmallVec, smallvec};

pub(super) fn run(func: &mut Func, budget: &mut Budget) -> Result<bool, Exhausted> {
    edit::spend(func, budget)?;
    let flow = Flow::of(func);
    let count = func.values.len();
    let mut folder = Folder { known: vec![None; count], defs: vec![None; count], changed: false };
    let mut replaced = Replaced::new(func);
    for &id in flow.order() {
        let mut insts = std::mem::take(&mut func.blocks[id].insts);
        for inst in &mut insts {
            for arg in &mut inst.args {
                *arg = replaced.get(*arg);
            }
            if inst.op.shape().is_pure() {
                while folder.step(inst, func, &mut replaced) {}
            }
        }
        func.blocks[id].insts = insts;
        let mut end = std::mem::replace(&mut func.blocks[id].end, End::Unreachable);
        end.values_mut(|value| *value = replaced.get(*value));
        folder.end(&mut end);
        func.blocks[id].end = end;
    }
    // Edges back, and uses in blocks that were looked at before.
    replaced.apply(func);
    Ok(folder.changed)
}

/// An instruction without effects that was looked at.
#[derive(Clone, Copy)]
struct Def {
    op: Op,
    ty: Repr,
    args: [Value; 2],
}

struct Folder {
    /// By value: its word, where it is a constant.
    known: Vec<Option<u64>>,
    /// By value: what defines it, if that has one or two operands.
    defs: Vec<Option<Def>>,
    changed: bool,
}

/// What an instruction turns out to be.
enum Found {
    Constant(u64),
    Value(Value),
    /// Another operation of the same type for its result.
    Inst(Op, Repr, SmallVec<[Value; 2]>),
}

impl Folder {
    /// Looks at an instruction; true if it is another one now, to be looked at again.
    fn step(&mut self, inst: &mut Inst, func: &Func, replaced: &mut Replaced) -> bool {
        let &[result] = &inst.results[..] else { return false };
        match self.find(inst, func) {
            Some(Found::Constant(word)) => {
                if let Some(constant) = constant(func.values[result], word) {
                    (inst.op, inst.ty, inst.imm) = constant;
                    inst.args.clear();
                    self.known[result.index()] = Some(word);
                    self.changed = true;
                    return false;
                }
            }
            Some(Found::Value(value)) => {
                // Nobody uses the result from here on; the instruction is left for `dead`.
                replaced.set(result, value);
                self.changed = true;
                return false;
            }
            Some(Found::Inst(op, ty, args)) => {
                (inst.op, inst.ty, inst.args) = (op, ty, args);
                self.changed = true;
                return true;
            }
            None => {}
        }
        match (inst.op, &inst.args[..]) {
            (Op::IConst | Op::FConst, _) => {
                self.known[result.index()] = Some(eval::constant(inst.ty, inst.imm));
            }
            (Op::Load | Op::Slot | Op::IsUnique, _) => {}
            (op, &[a]) => self.defs[result.index()] = Some(Def { op, ty: inst.ty, args: [a, a] }),
            (op, &[a, b]) => self.defs[result.index()] = Some(Def { op, ty: inst.ty, args: [a, b] }),
            _ => {}
        }
        false
    }

    fn known(&self, value: Value) -> Option<u64> {
        self.known[value.index()]
    }

    fn find(&self, inst: &Inst, func: &Func) -> Option<Found> {
        match inst.args[..] {
            [a] => self.unary(inst, a, func),
            [a, b] => self.binary(inst, a, b),
            [condition, a, b] if inst.op == Op::Select => match self.known(condition) {
                Some(word) => Some(Found::Value(if word != 0 { a } else { b })),
                None => (a == b).then_some(Found::Value(a)),
            },
            _ => None,
        }
    }

    fn unary(&self, inst: &Inst, a: Value, func: &Func) -> Option<Found> {
        if matches!(inst.op, Op::Load | Op::IsUnique) {
            return None;
        }
        let from = func.values[a];
        if let Some(word) = self.known(a) {
            return eval::unary(inst.op, inst.ty, from, word)
                .filter(|word| !is_nan(inst.ty, *word))
                .map(Found::Constant);
        }
        let def = self.defs[a.index()]?;
        let [inner, _] = def.args;
        let inner_ty = func.values[inner];
        match (inst.op, def.op) {
            // There and back.
            (Op::Bits, Op::Bits) | (Op::Trunc, Op::ZExt | Op::SExt) if inner_ty == inst.ty => {
                Some(Found::Value(inner))
            }
            (Op::FNeg, Op::FNeg) => Some(Found::Value(inner)),
            (Op::ZExt, Op::ZExt) | (Op::SExt, Op::SExt) | (Op::Trunc, Op::Trunc) => {
                Some(Found::Inst(inst.op, inst.ty, smallvec![inner]))
            }
            // What was extended without sign has none.
            (Op::SExt, Op::ZExt) => Some(Found::Inst(Op::ZExt, inst.ty, smallvec![inner])),
            (Op::Trunc, Op::ZExt | Op::SExt) if inner_ty.size() < inst.ty.size() => {
                Some(Found::Inst(def.op, inst.ty, smallvec![inner]))
            }
            (Op::Trunc, Op::ZExt | Op::SExt) => Some(Found::Inst(Op::Trunc, inst.ty, smallvec![inner])),
            _ => None,
        }
    }

    fn binary(&self, inst: &Inst, a: Value, b: Value) -> Option<Found> {
        let (ty, compares) = (inst.ty, is_compare(inst.op));
        if let (Some(x), Some(y)) = (self.known(a), self.known(b)) {
            let of = if compares { Repr::I8 } else { ty };
            return eval::binary(inst.op, ty, x, y).filter(|word| !is_nan(of, *word)).map(Found::Constant);
        }
        if a == b
            && let Some(found) = same_operands(inst.op, a)
        {
            return Some(found);
        }
        // Constants to the right.
        let commutes = matches!(inst.op, Op::Add | Op::Mul | Op::And | Op::Or | Op::Xor | Op::Eq | Op::Ne);
        if commutes && self.known(a).is_some() {
            return Some(Found::Inst(inst.op, ty, smallvec![b, a]));
        }
        let right = self.known(b)?;
        let all = eval::mask(ty);
        match (inst.op, right) {
            (Op::Add | Op::Sub | Op::Or | Op::Xor | Op::Shl | Op::SShr | Op::UShr, 0)
            | (Op::Mul | Op::SDiv | Op::UDiv, 1) => Some(Found::Value(a)),
            (Op::And, _) if right == all => Some(Found::Value(a)),
            (Op::Mul | Op::And, 0) | (Op::SRem | Op::URem, 1) => Some(Found::Constant(0)),
            (Op::Or, _) if right == all => Some(Found::Constant(all)),
            (Op::ULt, 0) => Some(Found::Constant(0)),
            (Op::Eq | Op::Ne, 0 | 1) if ty == Repr::I8 => self.truth(a, (inst.op == Op::Eq) == (right == 1)),
            (Op::Xor, 1) if ty == Repr::I8 => self.truth(a, false),
            (Op::And, 1) if ty == Repr::I8 => self.truth(a, true),
            _ => None,
        }
    }

    /// A value that is 0 or 1 itself, or turned round.
    fn truth(&self, value: Value, itself: bool) -> Option<Found> {
        let def = self.defs[value.index()].filter(|def| is_compare(def.op))?;
        if itself {
            return Some(Found::Value(value));
        }
        let [a, b] = def.args;
        let (op, args) = match def.op {
            Op::Eq => (Op::Ne, [a, b]),
            Op::Ne => (Op::Eq, [a, b]),
            Op::SLt => (Op::SLe, [b, a]),
            Op::SLe => (Op::SLt, [b, a]),
            Op::ULt => (Op::ULe, [b, a]),
            Op::ULe => (Op::ULt, [b, a]),
            Op::FEq => (Op::FNe, [a, b]),
            Op::FNe => (Op::FEq, [a, b]),
            // Of `a < b` and `b <= a` both are false with a NaN.
            _ => return None,
        };
        Some(Found::Inst(op, def.ty, args.into_iter().collect()))
    }

    fn end(&mut self, end: &mut End) {
        let new = match end {
            End::Branch(value, then, otherwise) => match self.known(*value) {
                Some(word) => Some(End::Jump(if word != 0 { then } else { otherwise }.clone())),
                None => self.turned(*value).map(|(value, turned)| {
                    let (then, otherwise) = (then.clone(), otherwise.clone());
                    if turned {
                        End::Branch(value, otherwise, then)
                    } else {
                        End::Branch(value, then, otherwise)
                    }
                }),
            },
            End::Switch(value, cases, default) => self.known(*value).map(|word| {
                let case = cases.iter().find(|(constant, _)| *constant == word);
                End::Jump(case.map_or(&*default, |(_, target)| target).clone())
            }),
            End::Jump(_) | End::Return(_) | End::Unreachable => None,
        };
        if let Some(new) = new {
            *end = new;
            self.changed = true;
        }
    }

    /// A condition that compares another one with 0: that one, and whether the ways change places.
    fn turned(&self, value: Value) -> Option<(Value, bool)> {
        let def = self.defs[value.index()].filter(|def| def.ty == Repr::I8)?;
        let [a, b] = def.args;
        match (def.op, self.known(b)) {
            (Op::Eq, Some(0)) => Some((a, true)),
            (Op::Ne, Some(0)) => Some((a, false)),
            _ => None,
        }
    }
}

fn same_operands(op: Op, a: Value) -> Option<Found> {
    match op {
        Op::Sub | Op::Xor | Op::Ne | Op::SLt | Op::ULt => Some(Found::Constant(0)),
        Op::Eq | Op::SLe | Op::ULe => Some(Found::Constant(1)),
        Op::And | Op::Or => Some(Found::Value(a)),
        _ => None,
    }
}

fn is_compare(op: Op) -> bool {
    op.shape() == crate::legal::Shape::Compare
}

fn is_nan(ty: Repr, word: u64) -> bool {
    match ty {
        Repr::F32 => f32::from_bits(word as u32).is_nan(),
        Repr::F64 => f64::from_bits(word).is_nan(),
        Repr::I8 | Repr::I16 | Repr::I32 | Repr::I64 | Repr::Ref | Repr::Any => false,
    }
}

/// The instruction that makes a constant, if there is one.
fn constant(ty: Repr, word: u64) -> Option<(Op, Repr, i64)> {
    match ty {
        Repr::F32 | Repr::F64 => Some((Op::FConst, ty, word as i64)),
        Repr::Ref if word != 0 => None,
        Repr::I8 | Repr::I16 | Repr::I32 | Repr::I64 | Repr::Any | Repr::Ref => {
            Some((Op::IConst, ty, eval::signed(ty, word)))
        }
    }
}
