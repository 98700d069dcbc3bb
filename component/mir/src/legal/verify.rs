//! The verifier of legal MIR. It finds what would make an engine misbehave: wrong types, uses that no definition reaches,
//! numbers of nothing, control flow that is not reducible. It does not check counts.
//!
//! Linear in the size of the program but for the dominator tree, so it can run after every pass.

mod flow;
mod insts;
mod program;

pub use flow::{Dominators, Flow};

use super::{Block, BlockId, End, Func, FuncId, Op, Program, Target, Value};
use abi::Repr;
use base::EntityId;

/// Something that is wrong with a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifyError {
    /// The function, unless it is in the program's tables.
    pub func: Option<FuncId>,
    /// The block, unless it concerns the whole function.
    pub block: Option<BlockId>,
    /// The instruction in the block, unless it concerns the whole block or its end.
    pub inst: Option<(usize, Op)>,
    /// What is wrong.
    pub message: String,
}

impl std::fmt::Display for VerifyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(func) = self.func {
            write!(f, "{func}")?;
            if let Some(block) = self.block {
                write!(f, " {block}")?;
            }
            if let Some((index, op)) = self.inst {
                write!(f, " #{index} {}", op.mnemonic())?;
            }
            write!(f, ": ")?;
        }
        write!(f, "{}", self.message)
    }
}

impl std::error::Error for VerifyError {}

/// All that is wrong with a program; nothing for a sound one.
pub fn verify(program: &Program) -> Vec<VerifyError> {
    let mut errors = Errors { errors: Vec::new(), func: None, block: None, inst: None };
    program::check(program, &mut errors);
    for (id, func) in program.funcs.iter() {
        errors.func = Some(id);
        check_func(program, func, &mut errors);
    }
    errors.errors
}

/// What was found so far, and where the checker is.
struct Errors {
    errors: Vec<VerifyError>,
    func: Option<FuncId>,
    block: Option<BlockId>,
    inst: Option<(usize, Op)>,
}

impl Errors {
    fn add(&mut self, message: impl Into<String>) {
        self.errors.push(VerifyError {
            func: self.func,
            block: self.block,
            inst: self.inst,
            message: message.into(),
        });
    }

    fn check(&mut self, holds: bool, message: impl FnOnce() -> String) {
        if !holds {
            self.add(message());
        }
    }
}

/// Where a value is defined: at or before `position` of a block it may not be used.
#[derive(Clone, Copy)]
struct Def {
    block: BlockId,
    /// 0 for a parameter, else the instruction's index plus one.
    position: usize,
}

fn check_func(program: &Program, func: &Func, errors: &mut Errors) {
    (errors.block, errors.inst) = (None, None);
    program::check_sig(&func.sig, errors);
    errors.check(program.locs.get(func.loc).is_some(), || format!("there is no {}", func.loc));
    let Some(entry) = func.blocks.values().next() else {
        errors.add("there is no block");
        return;
    };
    let params: Option<Vec<Repr>> =
        entry.params.iter().map(|value| func.values.get(*value).copied()).collect();
    errors.check(params.as_ref() == Some(&func.sig.params), || {
        "the parameters of the first block are not those of the function".to_owned()
    });
    let defs = definitions(func, errors);
    if !targets_exist(func, errors) {
        return;
    }
    errors.block = None;
    let flow = Flow::of(func);
    let dominators = flow.dominators(func);
    if let Some((from, to)) = dominators.irreducible_edge(func) {
        errors.block = Some(from);
        errors.add(format!("not reducible: a jump back to {to}, which does not dominate this block"));
    }
    let checker = Checker { program, func, defs: &defs, dominators: &dominators };
    for (id, block) in func.blocks.iter() {
        errors.block = Some(id);
        checker.block(id, block, errors);
    }
}

fn definitions(func: &Func, errors: &mut Errors) -> Vec<Option<Def>> {
    let mut defs: Vec<Option<Def>> = vec![None; func.values.len()];
    let mut define = |value: Value, def: Def, errors: &mut Errors| match defs.get_mut(value.index()) {
        None => errors.add(format!("there is no {value}")),
        Some(Some(_)) => errors.add(format!("{value} is defined twice")),
        Some(empty) => *empty = Some(def),
    };
    for (id, block) in func.blocks.iter() {
        errors.block = Some(id);
        for value in &block.params {
            define(*value, Def { block: id, position: 0 }, errors);
        }
        for (index, inst) in block.insts.iter().enumerate() {
            errors.inst = Some((index, inst.op));
            for value in &inst.results {
                define(*value, Def { block: id, position: index + 1 }, errors);
            }
        }
        errors.inst = None;
    }
    defs
}

fn targets_exist(func: &Func, errors: &mut Errors) -> bool {
    let mut all = true;
    for (id, block) in func.blocks.iter() {
        errors.block = Some(id);
        for target in block.end.targets() {
            if func.blocks.get(target.block).is_none() {
                errors.add(format!("there is no {}", target.block));
                all = false;
            }
        }
    }
    all
}

struct Checker<'a> {
    program: &'a Program,
    func: &'a Func,
    defs: &'a [Option<Def>],
    dominators: &'a Dominators<'a>,
}

impl Checker<'_> {
    fn block(&self, id: BlockId, block: &Block, errors: &mut Errors) {
        for (index, inst) in block.insts.iter().enumerate() {
            errors.inst = Some((index, inst.op));
            for value in &inst.args {
                self.reaches(*value, id, index, errors);
            }
            insts::check(self.program, self.func, inst, errors);
        }
        errors.inst = None;
        let at = block.insts.len();
        match &block.end {
            End::Jump(target) => self.target(target, id, at, errors),
            End::Branch(value, then, otherwise) => {
                self.reaches(*value, id, at, errors);
                self.has_type(*value, |repr| repr == Repr::I8, "i8", errors);
                self.target(then, id, at, errors);
                self.target(otherwise, id, at, errors);
            }
            End::Switch(value, cases, default) => {
                self.reaches(*value, id, at, errors);
                self.has_type(*value, insts::is_int, "an integer", errors);
                let bits = self.func.values.get(*value).map_or(64, |repr| repr.size() * 8);
                let mut constants: Vec<u64> = cases.iter().map(|(constant, _)| *constant).collect();
                constants.sort_unstable();
                errors.check(constants.windows(2).all(|pair| pair[0] != pair[1]), || {
                    "two cases have the same constant".to_owned()
                });
                errors.check(constants.last().is_none_or(|last| bits == 64 || last >> bits == 0), || {
                    "a case's constant is wider than the value".to_owned()
                });
                for (_, target) in cases {
                    self.target(target, id, at, errors);
                }
                self.target(default, id, at, errors);
            }
            End::Return(values) => {
                for value in values {
                    self.reaches(*value, id, at, errors);
                }
                self.types(values, &self.func.sig.results, || "results".to_owned(), errors);
            }
            End::Unreachable => {
                let leaves = block.insts.last().is_some_and(|inst| match inst.op {
                    // Whether a function of the program returns is not in its signature.
                    Op::Call | Op::CallIndirect => true,
                    _ => inst.runtime_fn().is_some_and(|function| function.never_returns()),
                });
                errors.check(leaves, || "what is before `unreachable` returns".to_owned());
            }
        }
    }

    fn target(&self, target: &Target, from: BlockId, at: usize, errors: &mut Errors) {
        // Its parameters are the function's: passes take them for values that do not change.
        errors.check(target.block.index() != 0, || "jumps to the first block".to_owned());
        for value in &target.args {
            self.reaches(*value, from, at, errors);
        }
        let params = &self.func.blocks[target.block].params;
        let params: Option<Vec<Repr>> =
            params.iter().map(|value| self.func.values.get(*value).copied()).collect();
        if let Some(params) = params {
            self.types(&target.args, &params, || format!("arguments for {}", target.block), errors);
        }
    }

    fn types(&self, values: &[Value], expected: &[Repr], what: impl Fn() -> String, errors: &mut Errors) {
        if values.len() != expected.len() {
            errors.add(format!("{} {} instead of {}", values.len(), what(), expected.len()));
            return;
        }
        for (value, expected) in values.iter().zip(expected) {
            self.has_type(*value, |repr| repr == *expected, expected.name(), errors);
        }
    }

    fn has_type(&self, value: Value, fits: impl Fn(Repr) -> bool, what: &str, errors: &mut Errors) {
        if let Some(repr) = self.func.values.get(value) {
            errors.check(fits(*repr), || format!("{value} is {}, not {what}", repr.name()));
        }
    }

    /// The use of a value before instruction `position` of a block: its definition dominates that place.
    fn reaches(&self, value: Value, block: BlockId, position: usize, errors: &mut Errors) {
        match self.defs.get(value.index()) {
            None => errors.add(format!("there is no {value}")),
            Some(None) => errors.add(format!("{value} has no definition")),
            Some(Some(def)) => {
                let reaches = if def.block == block {
                    def.position <= position
                } else {
                    self.dominators.dominates(def.block, block)
                };
                errors.check(reaches, || format!("the definition of {value} does not dominate this use"));
            }
        }
    }
}
