//! Programs of legal MIR, built by hand.

use abi::{Repr, RtFn};
use mir::legal::*;
use smallvec::SmallVec;

/// A program with one source place and nothing else yet.
pub fn program() -> Program {
    let mut program = Program::default();
    program.types = abi::types::well_known();
    program.files.push("test.spl".to_owned());
    program.locs.push(loc(1));
    program
}

pub fn loc(line: u32) -> Loc {
    Loc { file: 0, line, column: 1, function: "test".to_owned(), inlined_at: None, is_std: false }
}

/// A function under construction: blocks are added in order, instructions go to the last one.
pub struct FuncBuilder {
    pub func: Func,
    pub loc: LocId,
}

impl FuncBuilder {
    pub fn new(program: &Program, name: &str, params: &[Repr], results: &[Repr]) -> (Self, Vec<Value>) {
        let loc = program.locs.ids().next().expect("a place");
        let func = Func {
            name: name.to_owned(),
            sig: Sig { params: params.to_vec(), results: results.to_vec() },
            values: Default::default(),
            blocks: Default::default(),
            loc,
        };
        let mut builder = FuncBuilder { func, loc };
        let (_, params) = builder.block(params);
        (builder, params)
    }

    pub fn block(&mut self, params: &[Repr]) -> (BlockId, Vec<Value>) {
        let params: Vec<Value> = params.iter().map(|&repr| self.func.values.push(repr)).collect();
        let block = Block { params: params.clone(), insts: Vec::new(), end: End::Unreachable, cold: false };
        (self.func.blocks.push(block), params)
    }

    fn last(&mut self) -> &mut Block {
        let id = self.func.blocks.ids().last().expect("a block");
        &mut self.func.blocks[id]
    }

    pub fn many(&mut self, op: Op, ty: Repr, args: &[Value], imm: i64, results: &[Repr]) -> Vec<Value> {
        let results: SmallVec<[Value; 1]> = results.iter().map(|&repr| self.func.values.push(repr)).collect();
        let loc = self.loc;
        self.last().insts.push(Inst {
            op,
            ty,
            args: args.iter().copied().collect(),
            imm,
            results: results.clone(),
            loc,
        });
        results.to_vec()
    }

    pub fn op(&mut self, op: Op, ty: Repr, args: &[Value], imm: i64) -> Value {
        let result = match op.shape() {
            Shape::Compare | Shape::Test => Repr::I8,
            _ => ty,
        };
        self.many(op, ty, args, imm, &[result])[0]
    }

    pub fn int(&mut self, value: i64) -> Value {
        self.op(Op::IConst, Repr::I64, &[], value)
    }

    pub fn none(&mut self, op: Op, ty: Repr, args: &[Value], imm: i64) {
        self.many(op, ty, args, imm, &[]);
    }

    pub fn rt(&mut self, function: RtFn, args: &[Value]) -> Option<Value> {
        let result: Vec<Repr> = function.result().into_iter().collect();
        let ty = function.result().unwrap_or(Repr::I64);
        self.many(Op::Runtime, ty, args, function as i64, &result).first().copied()
    }

    pub fn end(&mut self, end: End) {
        self.last().end = end;
    }

    pub fn ret(&mut self, values: &[Value]) {
        self.end(End::Return(values.iter().copied().collect()));
    }
}

pub fn to(block: BlockId, args: &[Value]) -> Target {
    Target { block, args: args.iter().copied().collect() }
}
