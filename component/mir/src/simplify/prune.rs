//! Functions that nobody can call any more.
//!
//! A program without an entry is a part of one: others may call any function, so it is left alone.

use crate::legal::{FuncId, Inst, Op, Program};
use base::EntityId;

pub(super) fn run(program: &mut Program) {
    let Some(entry) = program.entry else { return };
    let mut reached = vec![false; program.funcs.len()];
    let mut work: Vec<FuncId> = program.table.iter().copied().chain([entry]).collect();
    while let Some(id) = work.pop() {
        if !std::mem::replace(&mut reached[id.index()], true) {
            work.extend(program.funcs[id].blocks.values().flat_map(|block| &block.insts).filter_map(callee));
        }
    }
    let mut next = 0;
    let new: Vec<FuncId> = reached
        .iter()
        .map(|reached| {
            let id = FuncId::from_index(next);
            next += usize::from(*reached);
            id
        })
        .collect();
    let mut reached = reached.iter();
    program.funcs =
        std::mem::take(&mut program.funcs).into_iter().filter(|_| reached.next() == Some(&true)).collect();
    for (_, func) in program.funcs.iter_mut() {
        for (_, block) in func.blocks.iter_mut() {
            for inst in &mut block.insts {
                if let Some(id) = callee(inst) {
                    inst.imm = new[id.index()].index() as i64;
                }
            }
        }
    }
    for id in program.table.iter_mut().chain(&mut program.entry) {
        *id = new[id.index()];
    }
}

fn callee(inst: &Inst) -> Option<FuncId> {
    (inst.op == Op::Call).then(|| FuncId::from_index(usize::try_from(inst.imm).unwrap_or(usize::MAX)))
}
