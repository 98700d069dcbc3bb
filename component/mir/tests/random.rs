//! Random sound programs: simplified or not, in one step or many, they do the same and leave nothing behind.

use abi::{Repr, RtFn};
use base::{Budget, EntityId, Map};
use mir::interp::{Execution, Limits, State};
use mir::legal::{
    Block, BlockId, End, Func, FuncId, Inst, Loc, LocId, Op, Program, Sig, Slot, Target, Value, text, verify,
};
use mir::simplify;
use std::sync::Arc;

/// Xorshift: the same programs everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }
}

/// Builds a function: structured control flow over values in scope. Functions take and return integers and one object.
struct Builder<'a> {
    random: &'a mut Random,
    /// Functions that may be called.
    callees: usize,
    values: Map<Value, Repr>,
    blocks: Map<BlockId, Block>,
    current: BlockId,
    ints: Vec<Value>,
    bools: Vec<Value>,
    /// Owned objects.
    object: Value,
    fuel: usize,
}

const OBJECT: u32 = 32;

impl Builder<'_> {
    fn inst(&mut self, op: Op, ty: Repr, args: &[Value], imm: i64, result: Option<Repr>) -> Option<Value> {
        let result = result.map(|repr| self.values.push(repr));
        self.blocks[self.current].insts.push(Inst {
            op,
            ty,
            args: args.iter().copied().collect(),
            imm,
            results: result.into_iter().collect(),
            loc: LocId::from_index(0),
        });
        result
    }

    fn value(&mut self, op: Op, ty: Repr, args: &[Value], imm: i64, result: Repr) -> Value {
        self.inst(op, ty, args, imm, Some(result)).expect("it has a result")
    }

    fn block(&mut self, params: Vec<Value>) -> BlockId {
        let cold = self.random.chance(8);
        self.blocks.push(Block { params, insts: Vec::new(), end: End::Unreachable, cold })
    }

    fn int(&mut self) -> Value {
        if self.ints.is_empty() || self.random.chance(4) {
            let imm = [0, 1, -1, 2, 7, 63, i64::MIN, i64::MAX, 1 << 40][self.random.below(9)];
            return self.value(Op::IConst, Repr::I64, &[], imm, Repr::I64);
        }
        self.ints[self.random.below(self.ints.len())]
    }

    fn bool(&mut self) -> Value {
        if self.bools.is_empty() || self.random.chance(5) {
            let imm = self.random.below(2) as i64;
            return self.value(Op::IConst, Repr::I8, &[], imm, Repr::I8);
        }
        self.bools[self.random.below(self.bools.len())]
    }

    fn jump(&mut self, block: BlockId, args: &[Value]) {
        let args = args.iter().copied().collect();
        self.blocks[self.current].end = End::Jump(Target { block, args });
    }

    fn statements(&mut self, depth: usize) {
        for _ in 0..1 + self.random.below(6) {
            if self.fuel == 0 {
                return;
            }
            self.fuel -= 1;
            match self.random.below(12) {
                0..=4 => self.operation(),
                5 => self.object_use(),
                6 | 7 if depth > 0 => self.branch(depth - 1),
                8 if depth > 0 => self.repeat(depth - 1),
                9 if self.callees > 0 => self.call(),
                10 if depth > 0 => self.switch(depth - 1),
                _ => self.compare(),
            }
        }
    }

    fn operation(&mut self) {
        let ops = [Op::Add, Op::Sub, Op::Mul, Op::And, Op::Or, Op::Xor, Op::Shl, Op::SShr, Op::UShr];
        let (a, b) = (self.int(), self.int());
        let result = if self.random.chance(3) {
            let ty = [Repr::I8, Repr::I16, Repr::I32][self.random.below(3)];
            let (a, b) = (self.value(Op::Trunc, ty, &[a], 0, ty), self.value(Op::Trunc, ty, &[b], 0, ty));
            let op = ops[self.random.below(ops.len())];
            let narrow = self.value(op, ty, &[a, b], 0, ty);
            let extend = [Op::SExt, Op::ZExt][self.random.below(2)];
            self.value(extend, Repr::I64, &[narrow], 0, Repr::I64)
        } else if self.random.chance(6) {
            let condition = self.bool();
            self.value(Op::Select, Repr::I64, &[condition, a, b], 0, Repr::I64)
        } else {
            let op = ops[self.random.below(ops.len())];
            self.value(op, Repr::I64, &[a, b], 0, Repr::I64)
        };
        self.ints.push(result);
    }

    fn compare(&mut self) {
        let ops = [Op::Eq, Op::Ne, Op::SLt, Op::SLe, Op::ULt, Op::ULe];
        let op = ops[self.random.below(ops.len())];
        let result = if self.random.chance(3) {
            let a = self.bool();
            let b = self.value(Op::IConst, Repr::I8, &[], 0, Repr::I8);
            let op = [Op::Eq, Op::Ne][self.random.below(2)];
            self.value(op, Repr::I8, &[a, b], 0, Repr::I8)
        } else {
            let (a, b) = (self.int(), self.int());
            self.value(op, Repr::I64, &[a, b], 0, Repr::I8)
        };
        self.bools.push(result);
    }

    fn object_use(&mut self) {
        let object = self.object;
        match self.random.below(4) {
            0 => {
                let value = self.int();
                self.inst(Op::Store, Repr::I64, &[object, value], 8, None);
            }
            1 => {
                let unique = self.value(Op::IsUnique, Repr::I8, &[object], 0, Repr::I8);
                self.bools.push(unique);
            }
            _ => {
                self.inst(Op::Retain, Repr::Ref, &[object], 0, None);
                let loaded = self.value(Op::Load, Repr::I64, &[object], 8, Repr::I64);
                self.ints.push(loaded);
                self.statements(0);
                // What was handed on by a call is another object.
                self.inst(Op::Release, Repr::Ref, &[object], 0, None);
            }
        }
    }

    fn call(&mut self) {
        let (a, b) = (self.int(), self.int());
        self.inst(Op::Retain, Repr::Ref, &[self.object], 0, None);
        let callee = self.random.below(self.callees) as i64;
        let result = self.value(Op::Call, Repr::I64, &[a, b, self.object], callee, Repr::I64);
        self.ints.push(result);
    }

    /// Runs `arms` in blocks of their own that meet again with an integer and a condition.
    fn arms(&mut self, arms: Vec<BlockId>, depth: usize) {
        let params = vec![self.values.push(Repr::I64), self.values.push(Repr::I8)];
        let (int, bool) = (params[0], params[1]);
        let join = self.block(params);
        let scope = (self.ints.len(), self.bools.len());
        for arm in arms {
            self.current = arm;
            self.statements(depth);
            let args = [self.int(), self.bool()];
            self.jump(join, &args);
            self.ints.truncate(scope.0);
            self.bools.truncate(scope.1);
        }
        self.current = join;
        self.ints.push(int);
        self.bools.push(bool);
    }

    fn branch(&mut self, depth: usize) {
        let condition = self.bool();
        let (then, otherwise) = (self.block(Vec::new()), self.block(Vec::new()));
        let target = |block| Target { block, args: Default::default() };
        self.blocks[self.current].end = End::Branch(condition, target(then), target(otherwise));
        self.arms(vec![then, otherwise], depth);
    }

    fn switch(&mut self, depth: usize) {
        let value = self.int();
        let step = [1, 1000][self.random.below(2)];
        let arms: Vec<BlockId> = (0..3).map(|_| self.block(Vec::new())).collect();
        let target = |block| Target { block, args: Default::default() };
        let cases = vec![(0, target(arms[0])), (step, target(arms[1]))];
        self.blocks[self.current].end = End::Switch(value, cases, target(arms[2]));
        self.arms(arms, depth);
    }

    fn repeat(&mut self, depth: usize) {
        let zero = self.value(Op::IConst, Repr::I64, &[], 0, Repr::I64);
        let (start, other) = (self.int(), self.int());
        let params: Vec<Value> = (0..3).map(|_| self.values.push(Repr::I64)).collect();
        let [count, a, b] = params[..] else { unreachable!("three") };
        let (head, body, after) = (self.block(params), self.block(Vec::new()), self.block(Vec::new()));
        self.jump(head, &[zero, start, other]);
        self.current = head;
        let limit = self.random.below(6) as i64;
        let limit = self.value(Op::IConst, Repr::I64, &[], limit, Repr::I64);
        let goes_on = self.value(Op::SLt, Repr::I64, &[count, limit], 0, Repr::I8);
        let target = |block| Target { block, args: Default::default() };
        self.blocks[head].end = End::Branch(goes_on, target(body), target(after));
        let scope = (self.ints.len(), self.bools.len());
        self.current = body;
        self.ints.extend([count, a, b]);
        self.statements(depth);
        let one = self.value(Op::IConst, Repr::I64, &[], 1, Repr::I64);
        let next = self.value(Op::Add, Repr::I64, &[count, one], 0, Repr::I64);
        self.inst(Op::Poll, Repr::I64, &[], 0, None);
        // Sometimes the two change places.
        let args = if self.random.chance(2) { [next, b, a] } else { [next, self.int(), self.int()] };
        self.jump(head, &args);
        self.ints.truncate(scope.0);
        self.bools.truncate(scope.1);
        self.current = after;
        self.ints.extend([a, b]);
    }
}

fn function(random: &mut Random, index: usize) -> Func {
    let sig = Sig { params: vec![Repr::I64, Repr::I64, Repr::Ref], results: vec![Repr::I64] };
    let values: Map<Value, Repr> = sig.params.iter().copied().collect();
    let params: Vec<Value> = values.ids().collect();
    let mut blocks = Map::new();
    let current =
        blocks.push(Block { params: params.clone(), insts: Vec::new(), end: End::Unreachable, cold: false });
    let mut builder = Builder {
        random,
        callees: index,
        values,
        blocks,
        current,
        ints: params[..2].to_vec(),
        bools: Vec::new(),
        object: params[2],
        fuel: 60,
    };
    builder.statements(3);
    let mut result = builder.int();
    for value in builder.ints.clone() {
        result = builder.value(Op::Xor, Repr::I64, &[result, value], 0, Repr::I64);
    }
    for value in builder.bools.clone() {
        let wide = builder.value(Op::ZExt, Repr::I64, &[value], 0, Repr::I64);
        result = builder.value(Op::Add, Repr::I64, &[result, wide], 0, Repr::I64);
    }
    builder.inst(Op::Release, Repr::Ref, &[params[2]], 0, None);
    let end = End::Return([result].into_iter().collect());
    let at = builder.current;
    builder.blocks[at].end = end;
    Func {
        name: format!("f{index}"),
        sig,
        values: builder.values,
        blocks: builder.blocks,
        loc: LocId::from_index(0),
    }
}

fn program(seed: u64) -> Program {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    for _ in 0..8 {
        random.below(2);
    }
    let mut program = text::read(
        "ty32 = class \"C\" (\"x\": ty5 [0]) leaves [i64@0] size 8
         slot0 = type ty32",
    )
    .expect("a program");
    program.files.push("random".to_owned());
    program.locs.push(Loc {
        file: 0,
        line: 1,
        column: 1,
        function: "f".to_owned(),
        inlined_at: None,
        is_std: false,
    });
    assert_eq!(program.slots.values().as_slice(), [Slot::Type(abi::TypeId(OBJECT))]);
    let count = 1 + random.below(4);
    for index in 0..count {
        program.funcs.push(function(&mut random, index));
    }
    let main = format!(
        "slot0 = type ty5 entry = fn0 fn0 \"main\" () -> (i64) {{
        block0:
            v0 = iconst.i64 12345
            v1 = iconst.i64 -3
            v2 = slot.i32 slot0
            v3 = rt {}(v2)
            v4 = iconst.i64 0
            return v4
        }}",
        RtFn::rt_object_new.name()
    );
    let mut main = text::read(&main).expect("a program").funcs[FuncId::from_index(0)].clone();
    let block = &mut main.blocks[BlockId::from_index(0)];
    for inst in &mut block.insts {
        inst.loc = LocId::from_index(0);
    }
    let value = Value::from_index;
    block.insts[4] = Inst {
        op: Op::Call,
        ty: Repr::I64,
        args: [value(0), value(1), value(3)].into_iter().collect(),
        imm: count as i64 - 1,
        results: [value(4)].into_iter().collect(),
        loc: LocId::from_index(0),
    };
    main.loc = LocId::from_index(0);
    program.entry = Some(program.funcs.push(main));
    program
}

fn run(program: &Program, step: u64) -> (State, u64) {
    let limits = Limits { memory: 1 << 20, fuel: 20_000_000, ..Limits::default() };
    let mut execution = Execution::new(Arc::new(program.clone()), Vec::new(), limits).expect("it starts");
    loop {
        match execution.step(step) {
            State::Running => {}
            state => return (state, execution.stats().live_objects),
        }
    }
}

#[test]
fn simplified_programs_do_the_same() {
    for seed in 1..1500 {
        let program = program(seed);
        let printed = || text::print(&program);
        assert_eq!(verify::verify(&program), [], "seed {seed}\n{}", printed());
        let mut simple = program.clone();
        simplify::simplify(&mut simple, &mut Budget::default()).expect("there is no limit");
        assert_eq!(verify::verify(&simple), [], "seed {seed}\n{}\n{}", printed(), text::print(&simple));
        let expected = run(&program, u64::MAX);
        assert!(matches!(expected, (State::Exited(_), 0)), "seed {seed}: {expected:?}\n{}", printed());
        assert_eq!(expected, run(&program, 3), "seed {seed}: in steps\n{}", printed());
        assert_eq!(expected, run(&simple, u64::MAX), "seed {seed}\n{}\n{}", printed(), text::print(&simple));
        // Wherever the budget ends, the program is as good as before.
        let mut partly = program.clone();
        let _ = simplify::simplify(&mut partly, &mut Budget::new(seed * 37 % 5000));
        assert_eq!(verify::verify(&partly), [], "seed {seed}\n{}\n{}", printed(), text::print(&partly));
        assert_eq!(expected, run(&partly, u64::MAX), "seed {seed}\n{}\n{}", printed(), text::print(&partly));
    }
}
