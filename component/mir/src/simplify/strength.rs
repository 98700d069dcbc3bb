//! Division of signed numbers by powers of two, where less will do: a remainder that is only compared with 0 is a matter of the low bits; and where a
//! branch has found those bits to be 0, the quotient is a shift.
//!
//! Keeps: control flow.

use super::edit;
use crate::legal::verify::Flow;
use crate::legal::{BlockId, End, Func, Inst, Op, Value};
use base::{Budget, EntityId, Exhausted};
use smallvec::{SmallVec, smallvec};

pub(super) fn run(func: &mut Func, budget: &mut Budget) -> Result<bool, Exhausted> {
    edit::spend(func, budget)?;
    let divides = |inst: &Inst| matches!(inst.op, Op::SRem | Op::SDiv);
    if !func.blocks.values().flat_map(|block| &block.insts).any(divides) {
        return Ok(false);
    }
    let defs = Defs::of(func);
    let mut changed = remainders(func, &defs);
    changed |= quotients(func, &Defs::of(func));
    Ok(changed)
}

/// What defines a value, as far as it is looked at here.
#[derive(Clone, Copy)]
enum Def {
    Other,
    Constant(i64),
    /// Remainder by a power of two less 1.
    Remainder(Value, i64),
    /// The bits of a mask.
    Bits(Value, i64),
    /// Whether it is 0, or is not.
    IsZero(Value, bool),
}

struct Defs(Vec<Def>);

impl Defs {
    fn of(func: &Func) -> Defs {
        let mut defs = Defs(vec![Def::Other; func.values.len()]);
        // Constants first: what uses them may stand before them in the order of the numbers.
        for inst in func.blocks.values().flat_map(|block| &block.insts) {
            if let (Op::IConst, [result]) = (inst.op, &inst.results[..]) {
                defs.0[result.index()] = Def::Constant(inst.imm);
            }
        }
        for inst in func.blocks.values().flat_map(|block| &block.insts) {
            let (&[a, b], &[result]) = (&inst.args[..], &inst.results[..]) else { continue };
            let Some(right) = defs.constant(b) else { continue };
            let def = match inst.op {
                Op::SRem => low_bits(right).map(|mask| Def::Remainder(a, mask)),
                Op::And => Some(Def::Bits(a, right)),
                Op::Eq if right == 0 => Some(Def::IsZero(a, true)),
                Op::Ne if right == 0 => Some(Def::IsZero(a, false)),
                _ => None,
            };
            if let Some(def) = def {
                defs.0[result.index()] = def;
            }
        }
        defs
    }

    fn constant(&self, value: Value) -> Option<i64> {
        match self.0[value.index()] {
            Def::Constant(constant) => Some(constant),
            Def::Other | Def::Remainder(..) | Def::Bits(..) | Def::IsZero(..) => None,
        }
    }
}

/// The bits below a power of two.
fn low_bits(power: i64) -> Option<i64> {
    (power > 0 && power.count_ones() == 1).then(|| power - 1)
}

/// `a % 2^k == 0` asks for the low bits of `a`, whatever its sign.
fn remainders(func: &mut Func, defs: &Defs) -> bool {
    let mut changed = false;
    for id in func.blocks.ids() {
        let mut index = 0;
        while index < func.blocks[id].insts.len() {
            let inst = &func.blocks[id].insts[index];
            let compared = inst.results.first().map(|result| defs.0.get(result.index()).copied());
            if let Some(Some(Def::IsZero(remainder, _))) = compared
                && let Def::Remainder(value, mask) = defs.0[remainder.index()]
            {
                let (ty, loc) = (inst.ty, inst.loc);
                let constant = func.values.push(ty);
                let bits = func.values.push(ty);
                let make = |op, args: &[Value], imm, result| Inst {
                    op,
                    ty,
                    args: args.into(),
                    imm,
                    results: smallvec![result],
                    loc,
                };
                let insts = &mut func.blocks[id].insts;
                insts[index].args[0] = bits;
                insts.insert(index, make(Op::And, &[value, constant], 0, bits));
                insts.insert(index, make(Op::IConst, &[], mask, constant));
                index += 2;
                changed = true;
            }
            index += 1;
        }
    }
    changed
}

/// `a / 2^k` where the low bits of `a` are 0 is a shift.
fn quotients(func: &mut Func, defs: &Defs) -> bool {
    let flow = Flow::of(func);
    let dominators = flow.dominators(func);
    let edges = edit::edges_to(func, &flow);
    // By value: blocks that are only reached where these bits of it are 0.
    let mut zeros: Vec<SmallVec<[(BlockId, i64); 1]>> = vec![SmallVec::new(); func.values.len()];
    for &id in flow.order() {
        if let End::Branch(condition, then, otherwise) = &func.blocks[id].end
            && let Def::IsZero(bits, is_zero) = defs.0[condition.index()]
            && let Def::Bits(value, mask) = defs.0[bits.index()]
        {
            let way = if is_zero { then.block } else { otherwise.block };
            if edges[way.index()] == 1 {
                zeros[value.index()].push((way, mask));
            }
        }
    }
    let mut changed = false;
    for &id in flow.order() {
        for index in 0..func.blocks[id].insts.len() {
            let inst = &func.blocks[id].insts[index];
            let (Op::SDiv, &[a, b]) = (inst.op, &inst.args[..]) else { continue };
            let Some(mask) = defs.constant(b).and_then(low_bits) else { continue };
            let known = |(way, zero): &(BlockId, i64)| zero & mask == mask && dominators.dominates(*way, id);
            if !zeros[a.index()].iter().any(known) {
                continue;
            }
            let (ty, loc) = (inst.ty, inst.loc);
            let count = func.values.push(ty);
            let imm = i64::from(mask.count_ones());
            let constant =
                Inst { op: Op::IConst, ty, args: smallvec![], imm, results: smallvec![count], loc };
            let insts = &mut func.blocks[id].insts;
            insts[index].op = Op::SShr;
            insts[index].args[1] = count;
            insts.insert(index, constant);
            changed = true;
        }
    }
    changed
}
