//! Functions that nobody can call any more, and places that nothing was written at.
//!
//! In a program with neither entry nor symbols all functions stay: it is a part of one, and others may call them.

use crate::legal::{FuncId, Inst, LocId, Op, Program, SymbolKind};
use base::EntityId;

pub(super) fn run(program: &mut Program) {
    functions(program);
    places(program);
}

/// Drops functions that nobody can call.
pub(crate) fn functions(program: &mut Program) {
    if program.entry.is_none() && program.symbols.is_empty() {
        return;
    }
    let mut reached = vec![false; program.funcs.len()];
    let mut work: Vec<FuncId> =
        program.table.iter().chain(&program.entry).chain(program.exported()).copied().collect();
    while let Some(id) = work.pop() {
        if !std::mem::replace(&mut reached[id.index()], true) {
            work.extend(program.funcs[id].blocks.values().flat_map(|block| &block.insts).filter_map(callee));
        }
    }
    let new: Vec<FuncId> = numbers(&reached);
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
    for export in &mut program.exports {
        export.func = new[export.func.index()];
    }
    for symbol in &mut program.symbols {
        if let SymbolKind::Code(funcs) = &mut symbol.kind {
            funcs.iter_mut().for_each(|id| *id = new[id.index()]);
        }
    }
}

fn places(program: &mut Program) {
    let mut used = vec![false; program.locs.len()];
    for func in program.funcs.values() {
        used[func.loc.index()] = true;
        for inst in func.blocks.values().flat_map(|block| &block.insts) {
            used[inst.loc.index()] = true;
        }
    }
    // A place comes behind the one where it was inlined.
    for id in program.locs.ids().rev().collect::<Vec<LocId>>() {
        if let Some(at) = program.locs[id].inlined_at.filter(|_| used[id.index()]) {
            used[at.index()] = true;
        }
    }
    let new = numbers(&used);
    let mut used = used.iter();
    program.locs =
        std::mem::take(&mut program.locs).into_iter().filter(|_| used.next() == Some(&true)).collect();
    for (_, loc) in program.locs.iter_mut() {
        if let Some(at) = &mut loc.inlined_at {
            *at = new[at.index()];
        }
    }
    for (_, func) in program.funcs.iter_mut() {
        func.loc = new[func.loc.index()];
        for (_, block) in func.blocks.iter_mut() {
            for inst in &mut block.insts {
                inst.loc = new[inst.loc.index()];
            }
        }
    }
}

/// New numbers for what is kept.
fn numbers<K: EntityId>(kept: &[bool]) -> Vec<K> {
    let mut next = 0;
    let number = |kept: &bool| {
        let id = K::from_index(next);
        next += usize::from(*kept);
        id
    };
    kept.iter().map(number).collect()
}

fn callee(inst: &Inst) -> Option<FuncId> {
    (inst.op == Op::Call).then(|| FuncId::from_index(usize::try_from(inst.imm).unwrap_or(usize::MAX)))
}
