//! Block parameters that are always the same: where every edge passes one value (or the parameter itself), that value stands for it; where
//! every edge passes an equal constant, the block makes that constant itself.
//!
//! Requires: all blocks count as predecessors that are reachable, so it looks at those alone.
//! Keeps: dominance. A value that every edge into a block passes dominates the block.

use super::edit::{self, Replaced};
use crate::legal::verify::Flow;
use crate::legal::{BlockId, Func, Inst, Op, Value};
use base::{Budget, EntityId, Exhausted};
use smallvec::smallvec;

/// What the edges looked at so far pass to a parameter.
#[derive(Clone, Copy)]
enum Passed {
    /// Nothing but itself.
    Nothing,
    One(Value),
    /// Equal constants that are different values; this is one of them.
    Constant(Value),
    Several,
}

pub(super) fn run(func: &mut Func, budget: &mut Budget) -> Result<bool, Exhausted> {
    edit::spend(func, budget)?;
    let flow = Flow::of(func);
    let constants = constants(func);
    let mut replaced = Replaced::new(func);
    let mut changed = false;
    let mut spent = Ok(());
    // What stands for one parameter can make another one the same on all edges.
    while spent.is_ok() && once(func, &flow, &constants, &mut replaced) {
        changed = true;
        spent = edit::spend(func, budget);
    }
    replaced.apply(func);
    spent.map(|()| changed)
}

/// By value: the constant that defines it.
fn constants(func: &Func) -> Vec<Option<(Op, i64)>> {
    let mut constants = vec![None; func.values.len()];
    for inst in func.blocks.values().flat_map(|block| &block.insts) {
        if let (Op::IConst | Op::FConst, [value]) = (inst.op, &inst.results[..]) {
            constants[value.index()] = Some((inst.op, inst.imm));
        }
    }
    constants
}

fn once(func: &mut Func, flow: &Flow, constants: &[Option<(Op, i64)>], replaced: &mut Replaced) -> bool {
    let mut passed: Vec<Vec<Passed>> =
        func.blocks.values().map(|block| vec![Passed::Nothing; block.params.len()]).collect();
    passed[edit::entry().index()].fill(Passed::Several);
    for id in flow.order() {
        for target in func.blocks[*id].end.targets() {
            let params = &func.blocks[target.block].params;
            for ((passed, param), arg) in
                passed[target.block.index()].iter_mut().zip(params).zip(&target.args)
            {
                let arg = replaced.get(*arg);
                let equal = |other: Value| {
                    let constant = constants[arg.index()];
                    constant.is_some() && constant == constants[other.index()]
                };
                *passed = match *passed {
                    same if arg == *param => same,
                    Passed::Nothing => Passed::One(arg),
                    Passed::One(other) if other == arg => Passed::One(arg),
                    Passed::One(other) | Passed::Constant(other) if equal(other) => Passed::Constant(arg),
                    Passed::One(_) | Passed::Constant(_) | Passed::Several => Passed::Several,
                };
            }
        }
    }
    let mut changed = false;
    for id in flow.order() {
        let passed = &passed[id.index()];
        if passed.iter().all(|passed| matches!(passed, Passed::Several | Passed::Nothing)) {
            continue;
        }
        changed = true;
        remove(func, *id, passed, constants, replaced);
    }
    if changed {
        for id in flow.order() {
            for target in func.blocks[*id].end.targets_mut() {
                let mut of = passed[target.block.index()].iter();
                target.args.retain(|_| {
                    of.next().is_some_and(|passed| matches!(passed, Passed::Several | Passed::Nothing))
                });
            }
        }
    }
    changed
}

fn remove(
    func: &mut Func,
    id: BlockId,
    passed: &[Passed],
    constants: &[Option<(Op, i64)>],
    replaced: &mut Replaced,
) {
    let loc = func.loc;
    let params = std::mem::take(&mut func.blocks[id].params);
    for (param, passed) in params.into_iter().zip(passed) {
        match *passed {
            Passed::Nothing | Passed::Several => func.blocks[id].params.push(param),
            Passed::One(value) => replaced.set(param, value),
            Passed::Constant(value) => {
                let (op, imm) = constants[value.index()].expect("it is a constant");
                let ty = func.values[param];
                let inst = Inst { op, ty, args: smallvec![], imm, results: smallvec![param], loc };
                func.blocks[id].insts.insert(0, inst);
            }
        }
    }
}
