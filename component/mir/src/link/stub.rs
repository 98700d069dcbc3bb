//! What stands in the function table for an instance that was left out: it asks the host for the instance, which puts it there instead, and calls it.

use crate::legal::{Block, End, FuncId, Inst, LocId, Op, Program, Value};
use abi::{Repr, RtFn};
use base::EntityId as _;

/// Gives a function without blocks this body. The entry of the table that the runtime function gets is added where calls become calls of symbols.
pub(super) fn fill(program: &mut Program, id: FuncId, loc: LocId) {
    let func = &mut program.funcs[id];
    let params: Vec<Value> = func.sig.params.iter().map(|&repr| func.values.push(repr)).collect();
    let results: Vec<Value> = func.sig.results.iter().map(|&repr| func.values.push(repr)).collect();
    let inst = |op, imm, args: &[Value], results: &[Value]| Inst {
        op,
        ty: Repr::I32,
        args: args.iter().copied().collect(),
        imm,
        results: results.iter().copied().collect(),
        loc,
    };
    let insts = vec![
        inst(Op::Runtime, RtFn::rt_instantiate as i64, &[], &[]),
        // Variables that came with the instance get their values.
        inst(Op::Poll, 0, &[], &[]),
        inst(Op::Call, id.index() as i64, &params, &results),
    ];
    let end = End::Return(results.iter().copied().collect());
    func.blocks.push(Block { params, insts, end, cold: false });
}
