//! Legal MIR: what the engines execute. Monomorphic, machine-typed, in SSA form with block parameters, reducible.
//!
//! Every value is one [`Repr`]. Aggregates were taken apart into leaves, counts are explicit instructions, checks are
//! explicit branches into cold blocks. Interpreter and code generators give every instruction the same meaning: the one
//! written in the [instruction table](ops).
//!
//! Counts: a `Ref` or `Any` value that a function receives as a parameter, a call returns, or a runtime function returns is *owned*:
//! somebody must release it or hand it on. `load` and `slot` give *borrowed* values: whoever keeps one retains it. Arguments of `call` and `call_indirect`
//! are handed over; arguments of `rt` follow the runtime table. One exception: the environment, which is the first argument of the function behind
//! a function value, is borrowed; the callee retains what it takes out of it before anything else.

pub mod eval;
pub mod ops;
pub mod text;
pub mod verify;

use abi::{Repr, RtFn, TypeDesc, TypeId, exports};
use base::{EntityId, Map, entity_id};
pub use ops::{Domain, Op, Shape, counting};
use smallvec::{SmallVec, smallvec};

entity_id!(
    /// A function of the program.
    FuncId, "fn"
);
entity_id!(
    /// A value of a function.
    Value, "v"
);
entity_id!(
    /// A block of a function.
    BlockId, "block"
);
entity_id!(
    /// A 32-bit word of the program that the loader fills in.
    SlotId, "slot"
);
entity_id!(
    /// A signature for indirect calls.
    SigId, "sig"
);
entity_id!(
    /// A place in the source.
    LocId, "loc"
);

/// A function for users of a component.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Export {
    /// The function.
    pub func: FuncId,
    /// Its name and types.
    pub signature: exports::Export,
}

/// A whole program, or an artifact's part of one.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The functions.
    pub funcs: Map<FuncId, Func>,
    /// Signatures used by indirect calls.
    pub sigs: Map<SigId, Sig>,
    /// Words that are known when the program is loaded.
    pub slots: Map<SlotId, Slot>,
    /// Type descriptors; the first `well_known::FIRST_OWN` are the well-known ones. `Slot::Type` refers here.
    pub types: Vec<TypeDesc>,
    /// The function table: functions whose address is taken, in order; vtables are runs of it.
    pub table: Vec<FuncId>,
    /// Type (kind `Class`) of the one object that holds module-level variables; the loader makes it and releases it at the end.
    pub globals: Option<TypeId>,
    /// What it shares with other artifacts of the program, where there are others. `Slot::Symbol` refers here.
    pub symbols: Vec<Symbol>,
    /// What the outside calls by name.
    pub exports: Vec<Export>,
    /// `() -> i64`: runs the module body and `main`; the result is the exit code.
    pub entry: Option<FuncId>,
    /// Source places.
    pub locs: Map<LocId, Loc>,
    /// Paths of source files, for `Loc::file`.
    pub files: Vec<String>,
}

/// What the loader puts into a slot.
#[derive(Clone, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum Slot {
    /// Offset of an immortal text object.
    Text(String),
    /// Id of a type descriptor after linking.
    Type(TypeId),
    /// Function-table index of the n-th entry of `Program::table` after linking.
    Table(u32),
    /// Offset of the globals object.
    Globals,
    /// Of the n-th of `Program::symbols`: for code the function-table index of its first entry, for a variable the offset of its object.
    Symbol(u32),
    /// Number of a function of the host: its name, and the class of the objects with its parameters and, last, its result.
    Host(String, TypeId),
}

/// What artifacts of one program know each other by; see [`abi::artifact::Symbol`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol {
    /// Module, function and type arguments.
    pub name: String,
    /// Hash of everything about its types that whoever uses it relies on.
    pub signature: u64,
    /// Hash of what it does.
    pub content: u64,
    /// Values may hold its place in the table, as closures and trait objects do; else only code does.
    pub is_value: bool,
    /// What it stands for.
    pub kind: SymbolKind,
}

/// What a symbol stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SymbolKind {
    /// A run of the function table that holds these functions.
    Code(Vec<FuncId>),
    /// A run of so many entries that another artifact fills.
    Import(u32),
    /// A variable in an object of its own.
    Variable {
        /// The object's type, of the kind `Class`.
        ty: TypeId,
        /// The number of the symbol of a function `() -> ()` that gives it its value, where there is one.
        initialiser: Option<u32>,
    },
}

/// A place in the source, as it is printed.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct Loc {
    /// Index into `Program::files`.
    pub file: u32,
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
    /// The function that was written there.
    pub function: String,
    /// Where that function was inlined, if it was.
    pub inlined_at: Option<LocId>,
    /// In the standard library: a stack trace leaves it out.
    pub is_std: bool,
}

/// Parameters and results.
#[derive(Clone, PartialEq, Eq, Debug, Hash, Default)]
pub struct Sig {
    /// Parameters.
    pub params: Vec<Repr>,
    /// Results.
    pub results: Vec<Repr>,
}

/// A function. The entry block is the first; its parameters are the function's.
#[derive(Clone, Debug)]
pub struct Func {
    /// Unique printed name, such as `map<i64, text>`.
    pub name: String,
    /// Parameters and results.
    pub sig: Sig,
    /// The machine type of every value.
    pub values: Map<Value, Repr>,
    /// The blocks.
    pub blocks: Map<BlockId, Block>,
    /// Where it was declared.
    pub loc: LocId,
}

/// A basic block.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its parameters.
    pub params: Vec<Value>,
    /// Its instructions.
    pub insts: Vec<Inst>,
    /// How it ends.
    pub end: End,
    /// Hardly ever executed: raises an error.
    pub cold: bool,
}

/// An instruction. What `ty`, `args`, `imm` and `results` mean is the shape of its row in the [table](ops).
#[derive(Clone, PartialEq, Debug)]
pub struct Inst {
    /// The operation.
    pub op: Op,
    /// The controlling type.
    pub ty: Repr,
    /// Operands.
    pub args: SmallVec<[Value; 2]>,
    /// Constant bits, displacement, or the number of a function, signature, slot, runtime function.
    pub imm: i64,
    /// Results.
    pub results: SmallVec<[Value; 1]>,
    /// Where it was written.
    pub loc: LocId,
}

/// A jump target with the arguments for its parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// The block.
    pub block: BlockId,
    /// One value per parameter.
    pub args: SmallVec<[Value; 2]>,
}

/// The end of a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// Goes on there.
    Jump(Target),
    /// An I8: not 0 goes to the first.
    Branch(Value, Target, Target),
    /// An integer of any width: compared with the constants (zero-extended), else the default.
    Switch(Value, Vec<(u64, Target)>, Target),
    /// Leaves the function.
    Return(SmallVec<[Value; 2]>),
    /// Never reached: the instruction before it does not return.
    Unreachable,
}

impl Inst {
    /// The runtime function that it calls.
    pub fn runtime_fn(&self) -> Option<RtFn> {
        match self.op {
            Op::Runtime => RtFn::ALL.get(usize::try_from(self.imm).ok()?).copied(),
            _ => None,
        }
    }
}

impl End {
    /// All targets.
    pub fn targets(&self) -> SmallVec<[&Target; 2]> {
        match self {
            End::Jump(target) => [target].into_iter().collect(),
            End::Branch(_, a, b) => [a, b].into_iter().collect(),
            End::Switch(_, cases, default) => {
                cases.iter().map(|(_, target)| target).chain(std::iter::once(default)).collect()
            }
            End::Return(_) | End::Unreachable => SmallVec::new(),
        }
    }

    /// All targets, for change.
    pub fn targets_mut(&mut self) -> SmallVec<[&mut Target; 2]> {
        match self {
            End::Jump(target) => [target].into_iter().collect(),
            End::Branch(_, a, b) => [a, b].into_iter().collect(),
            End::Switch(_, cases, default) => {
                cases.iter_mut().map(|(_, target)| target).chain(std::iter::once(default)).collect()
            }
            End::Return(_) | End::Unreachable => SmallVec::new(),
        }
    }

    /// Calls `visit` with every value that is used here, block arguments too.
    pub fn values(&self, mut visit: impl FnMut(Value)) {
        match self {
            End::Branch(value, ..) | End::Switch(value, ..) => visit(*value),
            End::Return(values) => values.iter().copied().for_each(&mut visit),
            End::Jump(_) | End::Unreachable => {}
        }
        self.targets().into_iter().flat_map(|target| &target.args).copied().for_each(visit);
    }

    /// Calls `visit` with every value that is used here, for change.
    pub fn values_mut(&mut self, mut visit: impl FnMut(&mut Value)) {
        match self {
            End::Branch(value, ..) | End::Switch(value, ..) => visit(value),
            End::Return(values) => values.iter_mut().for_each(&mut visit),
            End::Jump(_) | End::Unreachable => {}
        }
        self.targets_mut().into_iter().flat_map(|target| &mut target.args).for_each(visit);
    }
}

impl Program {
    /// Functions that other artifacts of the program may call.
    pub fn exported(&self) -> impl Iterator<Item = &FuncId> {
        let parts = self.symbols.iter().flat_map(|symbol| match &symbol.kind {
            SymbolKind::Code(funcs) => funcs.as_slice(),
            SymbolKind::Import(_) | SymbolKind::Variable { .. } => &[],
        });
        parts.chain(self.exports.iter().map(|export| &export.func))
    }

    /// The types that an instruction's results have; `None` where a number in it is of nothing.
    pub fn result_types(&self, inst: &Inst) -> Option<SmallVec<[Repr; 2]>> {
        let index = usize::try_from(inst.imm).ok();
        Some(match inst.op.shape() {
            Shape::Const
            | Shape::Slot
            | Shape::Unary
            | Shape::Binary
            | Shape::Convert
            | Shape::Select
            | Shape::Load => smallvec![inst.ty],
            Shape::Compare | Shape::Test => smallvec![Repr::I8],
            Shape::Store | Shape::Count | Shape::Poll => SmallVec::new(),
            Shape::Call => self.funcs.get(FuncId::from_index(index?))?.sig.results.iter().copied().collect(),
            Shape::CallIndirect => {
                self.sigs.get(SigId::from_index(index?))?.results.iter().copied().collect()
            }
            Shape::Runtime => inst.runtime_fn()?.result().into_iter().collect(),
        })
    }
}
