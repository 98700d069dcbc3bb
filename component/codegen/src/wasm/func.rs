//! One function: blocks and their ends.

use super::code::Code;
use super::control::{self, Shape};
use super::fold::{self, Folding, Source};
use super::inst::opposite;
use super::locals::{self, Locals};
use super::{Indices, internal, too_large};
use crate::EmitError;
use abi::Repr;
use base::EntityId;
use mir::legal::verify::Flow;
use mir::legal::{BlockId, End, Func, LocId, Op, Program, Target, Value};
use wasm_encoder::Encode as _;

/// What engines take at most.
const MAX_LOCALS: u32 = 50_000;
/// What engines take at most, with room to spare.
const MAX_BODY: usize = 7 << 20;

/// The body of a function.
pub struct Body {
    /// Locals and instructions.
    pub bytes: Vec<u8>,
    /// From an offset in these on, code belongs to a place.
    pub lines: Vec<(u32, LocId)>,
}

/// Writes a function of the program.
pub fn build(program: &Program, func: &Func, indices: &Indices) -> Result<Body, EmitError> {
    if func.blocks.is_empty() {
        return Err(internal(&func.name, "no blocks".to_owned()));
    }
    let flow = Flow::of(func);
    let folding = fold::fold(func, flow.order());
    let locals = locals::allocate(func, &flow, &folding);
    if locals.len > MAX_LOCALS {
        return Err(too_large(&func.name, "values alive at the same time"));
    }
    let shape = Shape::of(func, &flow);
    let mut translation = Translation {
        program,
        func,
        indices,
        flow: &flow,
        folding: &folding,
        locals: &locals,
        shape: &shape,
        code: Code::default(),
    };
    translation.code.at(func.loc);
    control::emit(&mut translation)?;
    let code = translation.code;
    let mut bytes = Vec::new();
    locals.declared.len().encode(&mut bytes);
    for (count, ty) in &locals.declared {
        count.encode(&mut bytes);
        ty.encode(&mut bytes);
    }
    let start = bytes.len() as u32;
    bytes.extend_from_slice(code.bytes());
    if bytes.len() > MAX_BODY {
        return Err(too_large(&func.name, "code"));
    }
    let lines =
        std::iter::once((0, func.loc)).chain(code.lines.iter().map(|&(offset, loc)| (start + offset, loc)));
    Ok(Body { bytes, lines: lines.collect() })
}

/// A function on its way.
pub struct Translation<'a> {
    pub program: &'a Program,
    pub func: &'a Func,
    pub indices: &'a Indices,
    pub flow: &'a Flow,
    pub folding: &'a Folding,
    pub locals: &'a Locals,
    pub shape: &'a Shape,
    pub code: Code,
}

impl Translation<'_> {
    /// An error about the program that was handed in.
    pub fn wrong(&self, message: impl Into<String>) -> EmitError {
        internal(&self.func.name, message.into())
    }

    /// From here on, code belongs to a block: an engine that stops a loop does so at its head.
    pub fn at_block(&mut self, id: BlockId) {
        if let Some(first) = self.func.blocks[id].insts.first() {
            self.code.at(first.loc);
        }
    }

    /// A block's own instructions.
    pub fn block(&mut self, id: BlockId) -> Result<(), EmitError> {
        let func = self.func;
        let folding = self.folding;
        for &root in &folding.roots[id.index()] {
            self.root(&func.blocks[id].insts[root as usize])?;
        }
        Ok(())
    }

    /// Puts a value on the stack.
    pub fn operand(&mut self, value: Value) -> Result<(), EmitError> {
        match self.folding.sources[value.index()] {
            Source::Inst(block, index) => {
                let func = self.func;
                self.compute(&func.blocks[block].insts[index as usize])
            }
            Source::Local => match self.locals.of(value) {
                Some(local) => {
                    self.code.get(local);
                    Ok(())
                }
                None => Err(self.wrong(format!("{value} is used before it is defined"))),
            },
        }
    }

    /// Puts a condition on the stack, or its opposite.
    pub fn condition(&mut self, value: Value, as_is: bool) -> Result<(), EmitError> {
        if as_is {
            return self.operand(value);
        }
        if let Source::Inst(block, index) = self.folding.sources[value.index()] {
            let func = self.func;
            let inst = &func.blocks[block].insts[index as usize];
            if let Some(opposite) = opposite(inst.op) {
                return self.compare(inst, opposite);
            }
        }
        self.operand(value)?;
        self.code.add().i32_eqz();
        Ok(())
    }

    /// Whether a value is the constant 0.
    pub fn is_zero(&self, value: Value) -> bool {
        let Source::Inst(block, index) = self.folding.sources[value.index()] else { return false };
        let inst = &self.func.blocks[block].insts[index as usize];
        inst.op == Op::IConst && inst.imm == 0
    }

    /// Leaves the function; at its end there is nothing more to do than to have the results on the stack.
    pub fn leave(&mut self, values: &[Value], at_end: bool) -> Result<(), EmitError> {
        if values.len() != self.func.sig.results.len() {
            return Err(self.wrong("another number of results than the signature says"));
        }
        for &value in values {
            self.operand(value)?;
        }
        if !at_end {
            self.code.add().return_();
        }
        self.code.close();
        Ok(())
    }

    /// The parameters of a jump's target that its arguments are to be moved into: all are computed before the first is set.
    fn moves(&self, target: &Target) -> Vec<(Value, Option<u32>)> {
        let params = &self.func.blocks[target.block].params;
        let moves = params.iter().zip(&target.args).map(|(&param, &arg)| (arg, self.locals.of(param)));
        let needed = moves.filter(|&(arg, to)| match self.folding.sources[arg.index()] {
            Source::Local => to.is_some() && to != self.locals.of(arg),
            // What is computed for a parameter that nobody looks at may still be a call.
            Source::Inst(block, index) => {
                let op = self.func.blocks[block].insts[index as usize].op;
                to.is_some() || !matches!(op, Op::IConst | Op::FConst | Op::Slot)
            }
        });
        needed.collect()
    }

    /// True for a jump that does nothing else.
    pub fn has_no_moves(&self, target: &Target) -> bool {
        self.moves(target).is_empty()
    }

    /// Moves the arguments of a jump into the parameters of its target.
    pub fn pass(&mut self, target: &Target) -> Result<(), EmitError> {
        let moves = self.moves(target);
        for &(arg, _) in &moves {
            self.operand(arg)?;
        }
        for (_, to) in moves.into_iter().rev() {
            match to {
                Some(local) => self.code.set(local),
                None => {
                    self.code.add().drop();
                }
            }
        }
        Ok(())
    }

    /// The value of a switch, counted from its lowest case.
    pub fn index(&mut self, value: Value, lowest: u64) -> Result<(), EmitError> {
        self.operand(value)?;
        if lowest != 0 {
            self.code.add().i32_const(lowest as i32).i32_sub();
        }
        Ok(())
    }

    /// Whether the value of a switch is that of a case.
    pub fn case_is(&mut self, id: BlockId, case: usize) -> Result<(), EmitError> {
        match self.compared(id, case)? {
            Repr::I64 => self.code.add().i64_eq(),
            _ => self.code.add().i32_eq(),
        };
        Ok(())
    }

    /// Whether the case comes after the value of a switch.
    pub fn case_is_after(&mut self, id: BlockId, case: usize) -> Result<(), EmitError> {
        match self.compared(id, case)? {
            Repr::I64 => self.code.add().i64_lt_u(),
            _ => self.code.add().i32_lt_u(),
        };
        Ok(())
    }

    /// Puts the value of a switch and a case on the stack.
    fn compared(&mut self, id: BlockId, case: usize) -> Result<Repr, EmitError> {
        let func = self.func;
        let End::Switch(value, cases, _) = &func.blocks[id].end else {
            return Err(self.wrong("a case without a switch"));
        };
        self.operand(*value)?;
        let ty = func.values[*value];
        match ty {
            Repr::I64 => self.code.add().i64_const(cases[case].0 as i64),
            _ => self.code.add().i32_const(cases[case].0 as i32),
        };
        Ok(ty)
    }
}
