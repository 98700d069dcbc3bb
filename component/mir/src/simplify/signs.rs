//! Asks whether values are negative that cannot be: an index that counts up from 0, a length.
//!
//! A block parameter is not negative if nothing that is passed to it is. That is assumed of all parameters at first and given up where
//! it does not hold; what remains holds by induction over the way that control takes. `n + 1` is not negative if `n` is not and
//! the instruction is only reached where `n` is less than something: so it does not wrap.
//!
//! An index that is not negative and was found to be less than a length is inside of it: the unsigned comparison with the same length
//! need not be made.
//!
//! Keeps: control flow; a comparison becomes a constant, for `fold` to use.

use super::edit;
use crate::legal::verify::{Dominators, Flow};
use crate::legal::{BlockId, End, Func, Inst, Op, Target, Value};
use abi::Repr;
use base::{Budget, EntityId, Exhausted};
use smallvec::SmallVec;

/// Assumptions are given up at most this often, else all are.
const MAX_STEPS: usize = 8;

pub(super) fn run(func: &mut Func, budget: &mut Budget) -> Result<bool, Exhausted> {
    edit::spend(func, budget)?;
    let defs = Defs::of(func);
    let asks = |inst: &Inst| inst.ty == Repr::I64 && (inst.op == Op::ULt || defs.asks(inst).is_some());
    if !func.blocks.values().flat_map(|block| &block.insts).any(asks) {
        return Ok(false);
    }
    let flow = Flow::of(func);
    let dominators = flow.dominators(func);
    let guards = guards(func, &flow, &defs);
    let Some(positive) = assume(func, &flow, &dominators, &guards, &defs, budget)? else { return Ok(false) };
    let mut changed = false;
    for &id in flow.order() {
        for inst in func.blocks[id].insts.iter_mut().filter(|inst| inst.ty == Repr::I64) {
            let answer = match (inst.op, &inst.args[..]) {
                (Op::ULt, &[index, len]) => {
                    let mut guards = guards[index.index()].iter();
                    let inside = positive[index.index()]
                        && guards.any(|(guard, bound)| *bound == len && dominators.dominates(*guard, id));
                    inside.then_some(1)
                }
                _ => defs.asks(inst).filter(|(value, _)| positive[value.index()]).map(|(_, answer)| answer),
            };
            if let Some(answer) = answer {
                (inst.op, inst.ty, inst.imm) = (Op::IConst, Repr::I8, answer);
                inst.args.clear();
                changed = true;
            }
        }
    }
    Ok(changed)
}

/// What defines an integer, as far as it is looked at here.
#[derive(Clone, Copy)]
enum Def {
    /// Anything.
    Other,
    Constant(i64),
    /// Never negative, whatever the operands.
    Positive,
    /// Not negative if one of these is not.
    Either(Value, Value),
    /// Not negative if this is not.
    Like(Value),
    /// This plus 1, in that block.
    Next(Value, BlockId),
    /// The first is less than the second.
    Less(Value, Value),
    /// The first is not less than the second.
    NotLess(Value, Value),
}

struct Defs {
    /// By value.
    defs: Vec<Def>,
}

impl Defs {
    fn of(func: &Func) -> Defs {
        let mut defs = Defs { defs: vec![Def::Other; func.values.len()] };
        for (id, block) in func.blocks.iter() {
            for inst in &block.insts {
                if let [result] = inst.results[..] {
                    defs.defs[result.index()] = Def::Other;
                    if let Some(def) = defs.find(inst, id) {
                        defs.defs[result.index()] = def;
                    }
                }
            }
        }
        defs
    }

    fn find(&self, inst: &Inst, block: BlockId) -> Option<Def> {
        if inst.op == Op::ZExt {
            return Some(Def::Positive);
        }
        if inst.ty != Repr::I64 {
            return None;
        }
        match (inst.op, &inst.args[..]) {
            (Op::IConst, _) => Some(Def::Constant(inst.imm)),
            (Op::And, &[a, b]) => Some(Def::Either(a, b)),
            (Op::UShr, &[_, b]) => {
                self.constant(b).filter(|count| (1..64).contains(count)).map(|_| Def::Positive)
            }
            (Op::SRem, &[a, _]) => Some(Def::Like(a)),
            (Op::SShr, &[a, _]) => Some(Def::Like(a)),
            (Op::SDiv, &[a, b]) => self.constant(b).filter(|divisor| *divisor > 0).map(|_| Def::Like(a)),
            (Op::Add, &[a, b]) => match (self.constant(a), self.constant(b)) {
                (_, Some(1)) => Some(Def::Next(a, block)),
                (Some(1), _) => Some(Def::Next(b, block)),
                _ => None,
            },
            (Op::SLt, &[a, b]) => Some(Def::Less(a, b)),
            (Op::SLe, &[a, b]) => Some(Def::NotLess(b, a)),
            _ => None,
        }
    }

    fn constant(&self, value: Value) -> Option<i64> {
        match self.defs[value.index()] {
            Def::Constant(constant) => Some(constant),
            _ => None,
        }
    }

    /// The value that a comparison asks about, and the answer if that is not negative.
    fn asks(&self, inst: &Inst) -> Option<(Value, i64)> {
        match (inst.op, &inst.args[..]) {
            (Op::SLt, &[a, b]) => self.constant(b).filter(|constant| *constant <= 0).map(|_| (a, 0)),
            (Op::SLe, &[a, b]) => self.constant(a).filter(|constant| *constant <= 0).map(|_| (b, 1)),
            _ => None,
        }
    }
}

/// By value: true if it is not negative. None if that takes too long to find out.
fn assume(
    func: &Func,
    flow: &Flow,
    dominators: &Dominators,
    guards: &[Guards],
    defs: &Defs,
    budget: &mut Budget,
) -> Result<Option<Vec<bool>>, Exhausted> {
    let mut positive = vec![true; func.values.len()];
    for param in &func.blocks[edit::entry()].params {
        positive[param.index()] = false;
    }
    for _ in 0..MAX_STEPS {
        edit::spend(func, budget)?;
        let mut changed = false;
        for &id in flow.order() {
            let block = &func.blocks[id];
            for result in block.insts.iter().flat_map(|inst| &inst.results) {
                let holds = holds(defs.defs[result.index()], &positive, guards, dominators);
                changed |= std::mem::replace(&mut positive[result.index()], holds) != holds;
            }
            for Target { block, args } in block.end.targets() {
                for (param, arg) in func.blocks[*block].params.iter().zip(args) {
                    let holds = positive[param.index()] && positive[arg.index()];
                    changed |= std::mem::replace(&mut positive[param.index()], holds) != holds;
                }
            }
        }
        if !changed {
            return Ok(Some(positive));
        }
    }
    Ok(None)
}

fn holds(def: Def, positive: &[bool], guards: &[Guards], dominators: &Dominators) -> bool {
    match def {
        Def::Other | Def::Less(..) | Def::NotLess(..) => false,
        Def::Constant(constant) => constant >= 0,
        Def::Positive => true,
        Def::Either(a, b) => positive[a.index()] || positive[b.index()],
        Def::Like(a) => positive[a.index()],
        Def::Next(a, at) => {
            positive[a.index()] && guards[a.index()].iter().any(|(guard, _)| dominators.dominates(*guard, at))
        }
    }
}

/// Blocks that are only reached where a value is less than the one beside them.
type Guards = SmallVec<[(BlockId, Value); 1]>;

/// By value.
fn guards(func: &Func, flow: &Flow, defs: &Defs) -> Vec<Guards> {
    let edges = edit::edges_to(func, flow);
    let mut guards = vec![SmallVec::new(); func.values.len()];
    for id in flow.order() {
        if let End::Branch(condition, then, otherwise) = &func.blocks[*id].end {
            let (value, bound, way) = match defs.defs[condition.index()] {
                Def::Less(value, bound) => (value, bound, then.block),
                Def::NotLess(value, bound) => (value, bound, otherwise.block),
                Def::Other
                | Def::Constant(_)
                | Def::Positive
                | Def::Either(..)
                | Def::Like(_)
                | Def::Next(..) => continue,
            };
            if edges[way.index()] == 1 {
                guards[value.index()].push((way, bound));
            }
        }
    }
    guards
}
