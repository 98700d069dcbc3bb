//! Putting instructions and blocks together: the machine level, which knows nothing of types.

use crate::layout::LeafInfo;
use crate::legal::{
    Block, BlockId, End, Func, FuncId, Inst, LocId, Op, SigId, SlotId, Target, Value, counting,
};
use abi::{ErrorKind, Repr, RtFn};
use base::EntityId;
use smallvec::{SmallVec, smallvec};
use std::collections::BTreeMap;

/// The leaves of a value.
pub type Leaves = SmallVec<[Value; 2]>;

/// A function under construction.
pub struct Emit {
    /// The function.
    pub func: Func,
    /// The block that instructions go to.
    pub at: BlockId,
    /// Where the instructions come from.
    pub loc: LocId,
    /// Integer constants among the values.
    constants: BTreeMap<Value, i64>,
}

impl Emit {
    /// Goes on with a function that has a name and a signature: makes its entry block, with the parameters.
    pub fn new(mut func: Func) -> Emit {
        let params: Vec<Repr> = func.sig.params.clone();
        let params = params.into_iter().map(|repr| func.values.push(repr)).collect();
        let block = Block { params, insts: Vec::new(), end: End::Unreachable, cold: false };
        let at = func.blocks.push(block);
        let loc = func.loc;
        Emit { func, at, loc, constants: BTreeMap::new() }
    }

    /// The function's parameters.
    pub fn params(&self) -> Leaves {
        self.func.blocks[BlockId::from_index(0)].params.iter().copied().collect()
    }

    // -- blocks ----------------------------------------------------------------------------------------------

    /// A new block; until it gets an end it ends unreachably.
    pub fn block(&mut self) -> BlockId {
        self.func.blocks.push(Block {
            params: Vec::new(),
            insts: Vec::new(),
            end: End::Unreachable,
            cold: false,
        })
    }

    /// A new block that is hardly ever executed.
    pub fn cold_block(&mut self) -> BlockId {
        let block = self.block();
        self.func.blocks[block].cold = true;
        block
    }

    /// A new parameter of a block.
    pub fn param(&mut self, block: BlockId, repr: Repr) -> Value {
        let value = self.func.values.push(repr);
        self.func.blocks[block].params.push(value);
        value
    }

    /// Ends the current block.
    pub fn end(&mut self, end: End) {
        self.func.blocks[self.at].end = end;
    }

    /// Ends the current block with a jump.
    pub fn jump(&mut self, block: BlockId, args: &[Value]) {
        self.end(End::Jump(Target { block, args: args.into() }));
    }

    /// Ends the current block with a branch to blocks without parameters.
    pub fn branch(&mut self, cond: Value, then: BlockId, otherwise: BlockId) {
        let target = |block| Target { block, args: SmallVec::new() };
        self.end(End::Branch(cond, target(then), target(otherwise)));
    }

    // -- instructions ----------------------------------------------------------------------------------------

    /// The machine type of a value.
    pub fn repr(&self, value: Value) -> Repr {
        self.func.values[value]
    }

    fn push(&mut self, op: Op, ty: Repr, args: &[Value], imm: i64, results: &[Repr]) -> Leaves {
        let results: SmallVec<[Value; 1]> = results.iter().map(|&repr| self.func.values.push(repr)).collect();
        let values = results.iter().copied().collect();
        let inst = Inst { op, ty, args: args.into(), imm, results, loc: self.loc };
        self.func.blocks[self.at].insts.push(inst);
        values
    }

    fn one(&mut self, op: Op, ty: Repr, args: &[Value], imm: i64, result: Repr) -> Value {
        self.push(op, ty, args, imm, &[result])[0]
    }

    /// An integer constant, the bits of an `Any`, or the nil `Ref`.
    pub fn int(&mut self, repr: Repr, bits: i64) -> Value {
        let unused = 64 - 8 * repr.size();
        let bits = bits << unused >> unused;
        let value = self.one(Op::IConst, repr, &[], bits, repr);
        self.constants.insert(value, bits);
        value
    }

    /// The number of a constant.
    pub fn constant(&self, value: Value) -> Option<i64> {
        self.constants.get(&value).copied()
    }

    /// A float constant of a machine type.
    pub fn float(&mut self, repr: Repr, number: f64) -> Value {
        let bits =
            if repr == Repr::F32 { i64::from((number as f32).to_bits()) } else { number.to_bits() as i64 };
        self.one(Op::FConst, repr, &[], bits, repr)
    }

    /// 0 of a machine type.
    pub fn zero(&mut self, repr: Repr) -> Value {
        if repr.is_float() { self.float(repr, 0.0) } else { self.int(repr, 0) }
    }

    /// A word that the loader fills in.
    pub fn slot(&mut self, slot: SlotId, repr: Repr) -> Value {
        self.one(Op::Slot, repr, &[], slot.index() as i64, repr)
    }

    /// `(T) -> T`
    pub fn unary(&mut self, op: Op, a: Value) -> Value {
        let repr = self.repr(a);
        self.one(op, repr, &[a], 0, repr)
    }

    /// `(T, T) -> T`
    pub fn binary(&mut self, op: Op, a: Value, b: Value) -> Value {
        let repr = self.repr(a);
        self.one(op, repr, &[a, b], 0, repr)
    }

    /// `(T, T) -> I8`
    pub fn compare(&mut self, op: Op, a: Value, b: Value) -> Value {
        let repr = self.repr(a);
        self.one(op, repr, &[a, b], 0, Repr::I8)
    }

    /// [`Emit::binary`] with a constant on the right.
    pub fn binary_imm(&mut self, op: Op, a: Value, b: i64) -> Value {
        let repr = self.repr(a);
        let b = self.int(repr, b);
        self.binary(op, a, b)
    }

    /// [`Emit::compare`] with a constant on the right.
    pub fn compare_imm(&mut self, op: Op, a: Value, b: i64) -> Value {
        let repr = self.repr(a);
        let b = self.int(repr, b);
        self.compare(op, a, b)
    }

    /// A conversion to a machine type.
    pub fn convert(&mut self, op: Op, a: Value, to: Repr) -> Value {
        self.one(op, to, &[a], 0, to)
    }

    /// The first if the condition is not 0, else the second.
    pub fn select(&mut self, cond: Value, then: Value, otherwise: Value) -> Value {
        let repr = self.repr(then);
        self.one(Op::Select, repr, &[cond, then, otherwise], 0, repr)
    }

    /// `not` of a bool.
    pub fn not(&mut self, cond: Value) -> Value {
        self.binary_imm(Op::Xor, cond, 1)
    }

    /// Reads memory.
    pub fn load(&mut self, repr: Repr, base: Value, offset: u32) -> Value {
        self.one(Op::Load, repr, &[base], i64::from(offset), repr)
    }

    /// Writes memory.
    pub fn store(&mut self, base: Value, offset: u32, value: Value) {
        let repr = self.repr(value);
        self.push(Op::Store, repr, &[base, value], i64::from(offset), &[]);
    }

    /// One more owner of a leaf, if it is counted.
    pub fn retain(&mut self, value: Value, info: &LeafInfo) {
        if info.repr.is_counted() {
            let flags = if info.nullable { counting::NULLABLE } else { 0 };
            self.push(Op::Retain, info.repr, &[value], flags, &[]);
        }
    }

    /// One owner of a leaf less, if it is counted.
    pub fn release(&mut self, value: Value, info: &LeafInfo) {
        if info.repr.is_counted() {
            let nullable = if info.nullable { counting::NULLABLE } else { 0 };
            let may_cycle = if info.may_cycle { counting::MAY_CYCLE } else { 0 };
            self.push(Op::Release, info.repr, &[value], nullable | may_cycle, &[]);
        }
    }

    /// 1 if the object has one owner.
    pub fn is_unique(&mut self, object: Value) -> Value {
        self.one(Op::IsUnique, Repr::Ref, &[object], 0, Repr::I8)
    }

    /// Calls a function of the program.
    pub fn call(&mut self, func: FuncId, args: &[Value], results: &[Repr]) -> Leaves {
        self.push(Op::Call, Repr::I32, args, func.index() as i64, results)
    }

    /// Calls through the function table; the index is the first argument.
    pub fn call_indirect(&mut self, sig: SigId, args: &[Value], results: &[Repr]) -> Leaves {
        self.push(Op::CallIndirect, Repr::I32, args, sig.index() as i64, results)
    }

    /// Calls a runtime function.
    pub fn rt(&mut self, function: RtFn, args: &[Value]) -> Option<Value> {
        let results: SmallVec<[Repr; 1]> = function.result().into_iter().collect();
        self.push(Op::Runtime, Repr::I32, args, function as i64, &results).first().copied()
    }

    /// Calls a runtime function that has a result.
    pub fn rt1(&mut self, function: RtFn, args: &[Value]) -> Value {
        self.rt(function, args).unwrap_or_else(|| panic!("{} has a result", function.name()))
    }

    /// Stops here if the program was asked to.
    pub fn poll(&mut self) {
        self.push(Op::Poll, Repr::I32, &[], 0, &[]);
    }

    // -- errors ----------------------------------------------------------------------------------------------

    /// Ends the current block with an error of a kind with its two arguments.
    pub fn raise(&mut self, kind: ErrorKind, a: Option<Value>, b: Option<Value>) {
        let kind = self.int(Repr::I32, i64::from(kind as u32));
        let a = a.unwrap_or_else(|| self.int(Repr::I64, 0));
        let b = b.unwrap_or_else(|| self.int(Repr::I64, 0));
        self.rt(RtFn::rt_raise, &[kind, a, b]);
        self.end(End::Unreachable);
    }

    /// Raises an error where the condition is not 0; goes on in a new block.
    pub fn raise_if(&mut self, cond: Value, kind: ErrorKind) {
        let (bad, good) = (self.cold_block(), self.block());
        self.branch(cond, bad, good);
        self.at = bad;
        self.raise(kind, None, None);
        self.at = good;
    }

    // -- numbers ---------------------------------------------------------------------------------------------

    /// An integer brought to another width, by its sign.
    pub fn resize(&mut self, value: Value, to: Repr, signed: bool) -> Value {
        let from = self.repr(value).size();
        if let Some(bits) = self.constant(value)
            && from != to.size()
            && (signed || from < 8)
        {
            let shift = 64 - 8 * from;
            let bits = bits << shift;
            let bits = if signed { bits >> shift } else { ((bits as u64) >> shift) as i64 };
            return self.int(to, bits);
        }
        match from.cmp(&to.size()) {
            std::cmp::Ordering::Equal => value,
            std::cmp::Ordering::Greater => self.convert(Op::Trunc, value, to),
            std::cmp::Ordering::Less if signed => self.convert(Op::SExt, value, to),
            std::cmp::Ordering::Less => self.convert(Op::ZExt, value, to),
        }
    }

    /// A number of any machine type as the `I64` word of an enum's payload.
    pub fn word_of(&mut self, value: Value) -> Value {
        match self.repr(value) {
            Repr::I64 => value,
            Repr::I8 | Repr::I16 | Repr::I32 => self.resize(value, Repr::I64, false),
            Repr::F32 => {
                let bits = self.convert(Op::Bits, value, Repr::I32);
                self.convert(Op::ZExt, bits, Repr::I64)
            }
            Repr::F64 => self.convert(Op::Bits, value, Repr::I64),
            Repr::Ref | Repr::Any => panic!("counted leaves have slots of their own"),
        }
    }

    /// Back from the `I64` word.
    pub fn of_word(&mut self, word: Value, repr: Repr) -> Value {
        match repr {
            Repr::I64 => word,
            Repr::I8 | Repr::I16 | Repr::I32 => self.resize(word, repr, false),
            Repr::F32 => {
                let bits = self.convert(Op::Trunc, word, Repr::I32);
                self.convert(Op::Bits, bits, Repr::F32)
            }
            Repr::F64 => self.convert(Op::Bits, word, Repr::F64),
            Repr::Ref | Repr::Any => panic!("counted leaves have slots of their own"),
        }
    }

    /// A value of one leaf as it stands in a leaf of a machine type: the same, or a word.
    pub fn stored_form(&mut self, value: Value, stored: Repr) -> Value {
        if self.repr(value) == stored { value } else { self.word_of(value) }
    }

    /// Back from [`Emit::stored_form`].
    pub fn loaded_form(&mut self, value: Value, repr: Repr) -> Value {
        if self.repr(value) == repr { value } else { self.of_word(value, repr) }
    }
}

/// No leaves.
pub fn nothing() -> Leaves {
    smallvec![]
}
