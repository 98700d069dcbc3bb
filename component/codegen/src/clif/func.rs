//! One function: blocks and their ends. Block parameters map one to one.

use super::convention::{self, Place, clif_type};
use super::inst::runtime_call;
use super::internal;
use crate::EmitError;
use abi::{ErrorKind, RtFn, context};
use base::{EntityId, Map};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    self, BlockArg, FuncRef, Function, GlobalValue, InstBuilder, MemFlagsData, SigRef, SourceLoc, TrapCode,
    UserFuncName, types,
};
use cranelift_codegen::isa::TargetIsa;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use mir::legal::{BlockId, End, Func, FuncId, LocId, Op, Program, SigId, SlotId, Target, Value};
use std::collections::BTreeMap;

/// Namespace of functions in Cranelift's external names.
pub const FUNCS: u32 = 0;
/// Namespace of slot words.
pub const SLOTS: u32 = 1;

/// Builds a function of the program in Cranelift's form.
pub fn build(
    program: &Program,
    (id, func): (FuncId, &Func),
    table_mask: u32,
    isa: &dyn TargetIsa,
    out: &mut Function,
    context: &mut FunctionBuilderContext,
) -> Result<(), EmitError> {
    out.name = UserFuncName::user(FUNCS, id.index() as u32);
    out.signature = convention::signature(&func.sig, &func.name)?;
    let mut builder = FunctionBuilder::new(out, context);
    let blocks = func.blocks.values().map(|_| builder.create_block()).collect();
    let mut translation = Translation {
        program,
        func,
        table_mask,
        builder,
        blocks,
        values: vec![None; func.values.len()],
        made: vec![false; func.values.len()],
        funcs: BTreeMap::new(),
        sigs: BTreeMap::new(),
        runtime_sigs: BTreeMap::new(),
        slots: BTreeMap::new(),
    };
    translation.enter()?;
    for block in reverse_postorder(func) {
        translation.block(block)?;
    }
    translation.builder.seal_all_blocks();
    translation.builder.finalize(isa.frontend_config());
    Ok(())
}

/// A function on its way.
pub struct Translation<'a> {
    pub program: &'a Program,
    pub func: &'a Func,
    pub table_mask: u32,
    pub builder: FunctionBuilder<'a>,
    blocks: Map<BlockId, ir::Block>,
    values: Vec<Option<ir::Value>>,
    /// By value: the result of a runtime function.
    pub made: Vec<bool>,
    pub funcs: BTreeMap<FuncId, FuncRef>,
    pub sigs: BTreeMap<SigId, SigRef>,
    pub runtime_sigs: BTreeMap<RtFn, SigRef>,
    pub slots: BTreeMap<SlotId, GlobalValue>,
}

impl Translation<'_> {
    /// The value of an operand.
    pub fn value(&self, value: Value) -> Result<ir::Value, EmitError> {
        let found = self.values.get(value.index()).copied().flatten();
        found.ok_or_else(|| self.wrong(format!("{value} is used before it is defined")))
    }

    pub fn define(&mut self, value: Value, is: ir::Value) {
        self.values[value.index()] = Some(is);
    }

    /// An error about the program that was handed in.
    pub fn wrong(&self, message: String) -> EmitError {
        internal(&self.func.name, message)
    }

    /// Continues in a new block.
    pub fn start(&mut self, block: ir::Block) {
        self.builder.switch_to_block(block);
    }

    fn at(&mut self, loc: LocId) {
        // Every instruction has a place, the default one stands for "none": see `link::code_end`.
        self.builder.set_srcloc(SourceLoc::new(loc.index() as u32));
    }

    /// The entry: checks the stack, fetches the arguments, goes to the function's first block. A block of its own, since the first one may
    /// be a loop's header.
    fn enter(&mut self) -> Result<(), EmitError> {
        let entry = self.builder.create_block();
        self.builder.append_block_params_for_function_params(entry);
        self.start(entry);
        self.at(self.func.loc);
        let params = self.builder.block_params(entry).to_vec();
        let mut args = Vec::new();
        for (place, &repr) in
            convention::args(&self.func.sig, &self.func.name)?.iter().zip(&self.func.sig.params)
        {
            args.push(match *place {
                Place::Register(index) => params[index],
                Place::Context(offset) => self.load_context(clif_type(repr), offset),
            });
        }
        if calls_functions(self.func) {
            self.check_stack();
        }
        let Some(first) = self.func.blocks.ids().next() else {
            return Err(self.wrong("no blocks".to_owned()));
        };
        let args: Vec<BlockArg> = args.into_iter().map(BlockArg::from).collect();
        self.builder.ins().jump(self.blocks[first], &args);
        Ok(())
    }

    /// Raises when the stack pointer is below the limit. Only functions that call others need it: recursion passes through one, and the
    /// stack below the limit has room for the frame of a function that does not and for the runtime.
    fn check_stack(&mut self) {
        let limit = self.load_context(types::I64, context::STACK_LIMIT);
        let sp = self.builder.ins().get_stack_pointer(types::I64);
        let over = self.builder.ins().icmp(IntCC::UnsignedLessThan, sp, limit);
        let (raise, go_on) = (self.cold_block(), self.builder.create_block());
        self.builder.ins().brif(over, raise, &[], go_on, &[]);
        self.start(raise);
        self.raise(ErrorKind::StackOverflow);
        self.start(go_on);
    }

    /// Raises an error without arguments and ends the block.
    fn raise(&mut self, kind: ErrorKind) {
        let kind = self.builder.ins().iconst(types::I32, i64::from(kind as u32));
        let zero = self.builder.ins().iconst(types::I64, 0);
        runtime_call(self, RtFn::rt_raise, &[kind, zero, zero]);
        self.never();
    }

    /// Ends a block that is left by an error.
    pub fn never(&mut self) {
        self.builder.ins().trap(TrapCode::unwrap_user(1));
    }

    pub fn cold_block(&mut self) -> ir::Block {
        let block = self.builder.create_block();
        self.builder.set_cold_block(block);
        block
    }

    pub fn load_context(&mut self, ty: ir::Type, offset: i32) -> ir::Value {
        let base = self.builder.ins().get_pinned_reg(types::I64);
        self.builder.ins().load(ty, MemFlagsData::trusted(), base, offset)
    }

    pub fn store_context(&mut self, value: ir::Value, offset: i32) {
        let base = self.builder.ins().get_pinned_reg(types::I64);
        self.builder.ins().store(MemFlagsData::trusted(), value, base, offset);
    }

    fn block(&mut self, id: BlockId) -> Result<(), EmitError> {
        let func = self.func;
        let block = &func.blocks[id];
        let out = self.blocks[id];
        if block.cold {
            self.builder.set_cold_block(out);
        }
        for &param in &block.params {
            let value = self.builder.append_block_param(out, clif_type(func.values[param]));
            self.define(param, value);
        }
        self.start(out);
        self.at(func.loc);
        for inst in &block.insts {
            self.at(inst.loc);
            self.inst(inst)?;
        }
        self.end(&block.end)
    }

    fn end(&mut self, end: &End) -> Result<(), EmitError> {
        match end {
            End::Jump(target) => {
                let (block, args) = self.target(target)?;
                self.builder.ins().jump(block, &args);
            }
            End::Branch(condition, then, other) => {
                let condition = self.value(*condition)?;
                let (then, then_args) = self.target(then)?;
                let (other, other_args) = self.target(other)?;
                self.builder.ins().brif(condition, then, &then_args, other, &other_args);
            }
            End::Switch(value, cases, default) => {
                let value = self.value(*value)?;
                let mut cases: Vec<(u64, &Target)> =
                    cases.iter().map(|(constant, target)| (*constant, target)).collect();
                cases.sort_by_key(|case| case.0);
                self.switch(value, &cases, default)?;
            }
            End::Return(values) => self.leave(values)?,
            End::Unreachable => self.never(),
        }
        Ok(())
    }

    fn target(&self, target: &Target) -> Result<(ir::Block, Vec<BlockArg>), EmitError> {
        let args = target.args.iter().map(|&arg| self.value(arg).map(BlockArg::from));
        Ok((self.blocks[target.block], args.collect::<Result<_, _>>()?))
    }

    /// A tree of comparisons: halves by order down to a few cases, then one by one. No jump tables: data between
    /// instructions would break a linear decoder.
    fn switch(
        &mut self,
        value: ir::Value,
        cases: &[(u64, &Target)],
        default: &Target,
    ) -> Result<(), EmitError> {
        const FEW: usize = 3;
        let ty = self.builder.func.dfg.value_type(value);
        let constant = |bits: u64| (bits & (u64::MAX >> (64 - ty.bits()))) as i64;
        if cases.len() > FEW {
            let (low, high) = cases.split_at(cases.len() / 2);
            let pivot = self.builder.ins().iconst(ty, constant(high[0].0));
            let is_low = self.builder.ins().icmp(IntCC::UnsignedLessThan, value, pivot);
            let (low_block, high_block) = (self.builder.create_block(), self.builder.create_block());
            self.builder.ins().brif(is_low, low_block, &[], high_block, &[]);
            self.start(low_block);
            self.switch(value, low, default)?;
            self.start(high_block);
            return self.switch(value, high, default);
        }
        for &(bits, target) in cases {
            let other = self.builder.ins().iconst(ty, constant(bits));
            let equal = self.builder.ins().icmp(IntCC::Equal, value, other);
            let (block, args) = self.target(target)?;
            let next = self.builder.create_block();
            self.builder.ins().brif(equal, block, &args, next, &[]);
            self.start(next);
        }
        let (block, args) = self.target(default)?;
        self.builder.ins().jump(block, &args);
        Ok(())
    }

    fn leave(&mut self, values: &[Value]) -> Result<(), EmitError> {
        let places = convention::results(&self.func.sig, &self.func.name)?;
        if places.len() != values.len() {
            return Err(self.wrong("another number of results than the signature says".to_owned()));
        }
        let mut registers = Vec::new();
        for (place, &value) in places.into_iter().zip(values) {
            let value = self.value(value)?;
            match place {
                Place::Register(_) => registers.push(value),
                Place::Context(offset) => self.store_context(value, offset),
            }
        }
        self.builder.ins().return_(&registers);
        Ok(())
    }
}

/// True for functions through which recursion may pass.
fn calls_functions(func: &Func) -> bool {
    let mut insts = func.blocks.values().flat_map(|block| &block.insts);
    insts.any(|inst| matches!(inst.op, Op::Call | Op::CallIndirect))
}

/// Reachable blocks so that definitions come before uses.
fn reverse_postorder(func: &Func) -> Vec<BlockId> {
    let Some(first) = func.blocks.ids().next() else { return Vec::new() };
    let mut seen = vec![false; func.blocks.len()];
    let mut order = Vec::with_capacity(func.blocks.len());
    // Targets are entered last to first, which after reversal keeps the order in which they are written.
    let mut stack = vec![(first, func.blocks[first].end.targets().len())];
    seen[first.index()] = true;
    while let Some((block, left)) = stack.last_mut() {
        if *left == 0 {
            order.push(*block);
            stack.pop();
            continue;
        }
        *left -= 1;
        let next = func.blocks[*block].end.targets()[*left].block;
        if !seen[next.index()] {
            seen[next.index()] = true;
            stack.push((next, func.blocks[next].end.targets().len()));
        }
    }
    order.reverse();
    order
}
