//! What is emitted, looked at from outside.
mod support;

use abi::artifact::Artifact;
use abi::{Repr, RtFn};
use base::Budget;
use codegen::{Options, Target};
use mir::legal::*;
use support::*;

/// The sum of an `[i64]` with bounds checks, a runtime call, counting, and a poll on the back edge.
fn sum() -> Program {
    let mut program = program();
    let (mut f, params) = FuncBuilder::new(&program, "sum", &[Repr::Ref], &[Repr::I64]);
    let array = params[0];
    let len = f.op(Op::Load, Repr::I32, &[array], 8);
    let zero = f.int(0);
    let zero32 = f.op(Op::IConst, Repr::I32, &[], 0);
    let entry = f.func.blocks.ids().last().unwrap();
    let (head, p) = f.block(&[Repr::I32, Repr::I64]);
    let more = f.op(Op::ULt, Repr::I32, &[p[0], len], 0);
    let (body, _) = f.block(&[]);
    f.none(Op::Poll, Repr::I64, &[], 0);
    let three = f.op(Op::IConst, Repr::I32, &[], 3);
    let scaled = f.op(Op::Shl, Repr::I32, &[p[0], three], 0);
    let address = f.op(Op::Add, Repr::I32, &[array, scaled], 0);
    let item = f.op(Op::Load, Repr::I64, &[address], 16);
    let total = f.op(Op::Add, Repr::I64, &[p[1], item], 0);
    let one = f.op(Op::IConst, Repr::I32, &[], 1);
    let next = f.op(Op::Add, Repr::I32, &[p[0], one], 0);
    f.end(End::Jump(to(head, &[next, total])));
    let (done, _) = f.block(&[]);
    f.none(Op::Release, Repr::Ref, &[array], 0);
    f.ret(&[p[1]]);
    f.func.blocks[entry].end = End::Jump(to(head, &[zero32, zero]));
    f.func.blocks[head].end = End::Branch(more, to(body, &[]), to(done, &[]));
    program.funcs.push(f.func);

    let text = program.slots.push(Slot::Text("hello".to_owned()));
    let (mut f, _) = FuncBuilder::new(&program, "main", &[], &[Repr::I64]);
    let hello = f.op(Op::Slot, Repr::Ref, &[], 0);
    let _ = text;
    let newline = f.op(Op::IConst, Repr::I8, &[], 1);
    f.rt(RtFn::rt_print, &[hello, newline]);
    let x = f.op(Op::FConst, Repr::F64, &[], 1.5f64.to_bits() as i64);
    let y = f.op(Op::FNeg, Repr::F64, &[x], 0);
    let z = f.op(Op::FToS, Repr::I64, &[y], 0);
    f.ret(&[z]);
    program.entry = Some(program.funcs.push(f.func));
    program
}

#[test]
fn dump() {
    let program = sum();
    let options = Options { verify: true, ..Options::default() };
    for target in Target::ALL {
        println!("{}", codegen::dump_clif(&program, target, &options, &mut Budget::default()).unwrap());
        println!("{}", codegen::dump_asm(&program, target, &options, &mut Budget::default()).unwrap());
    }
}

#[test]
fn rules_hold() {
    let program = sum();
    for target in Target::ALL {
        let bytes = codegen::emit(&program, target, &Options::default(), &mut Budget::default()).unwrap();
        let artifact = Artifact::decode(&bytes).unwrap();
        assert_eq!(artifact.encode(), bytes);
        if let Err(violations) = codegen::rules::check_rules(&artifact) {
            panic!("{violations:#?}");
        }
    }
}
