//! Instructions: each has its arm.

use super::convention::{self, Place, clif_type};
use super::func::{FUNCS, SLOTS, Translation};
use crate::EmitError;
use abi::{Repr, RtFn, context, object, value};
use base::EntityId;
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{
    self, ExtFuncData, ExternalName, GlobalValueData, InstBuilder, MemFlagsData, UserExternalName, types,
};
use mir::legal::ops::counting;
use mir::legal::{FuncId, Inst, Op, Sig, SigId, SlotId, Value};

impl Translation<'_> {
    /// Translates one instruction into the current block; some go on in a new one.
    pub fn inst(&mut self, inst: &Inst) -> Result<(), EmitError> {
        let ty = clif_type(inst.ty);
        let result = match inst.op {
            Op::IConst => self.builder.ins().iconst(ty, inst.imm & (u64::MAX >> (64 - ty.bits())) as i64),
            Op::FConst if inst.ty == Repr::F32 => {
                self.builder.ins().f32const(f32::from_bits(inst.imm as u32))
            }
            Op::FConst => self.builder.ins().f64const(f64::from_bits(inst.imm as u64)),
            Op::Slot => self.slot(inst)?,

            Op::Add => self.binary(inst, |ins, a, b| ins.iadd(a, b))?,
            Op::Sub => self.binary(inst, |ins, a, b| ins.isub(a, b))?,
            Op::Mul => self.binary(inst, |ins, a, b| ins.imul(a, b))?,
            Op::SDiv => self.binary(inst, |ins, a, b| ins.sdiv(a, b))?,
            Op::UDiv => self.binary(inst, |ins, a, b| ins.udiv(a, b))?,
            Op::SRem => self.binary(inst, |ins, a, b| ins.srem(a, b))?,
            Op::URem => self.binary(inst, |ins, a, b| ins.urem(a, b))?,
            Op::And => self.binary(inst, |ins, a, b| ins.band(a, b))?,
            Op::Or => self.binary(inst, |ins, a, b| ins.bor(a, b))?,
            Op::Xor => self.binary(inst, |ins, a, b| ins.bxor(a, b))?,
            Op::Shl => self.binary(inst, |ins, a, b| ins.ishl(a, b))?,
            Op::SShr => self.binary(inst, |ins, a, b| ins.sshr(a, b))?,
            Op::UShr => self.binary(inst, |ins, a, b| ins.ushr(a, b))?,
            Op::Clz => self.unary(inst, |ins, a| ins.clz(a))?,
            Op::Ctz => self.unary(inst, |ins, a| ins.ctz(a))?,
            Op::Popcnt => self.unary(inst, |ins, a| ins.popcnt(a))?,

            Op::Eq => self.compare(inst, IntCC::Equal)?,
            Op::Ne => self.compare(inst, IntCC::NotEqual)?,
            Op::SLt => self.compare(inst, IntCC::SignedLessThan)?,
            Op::SLe => self.compare(inst, IntCC::SignedLessThanOrEqual)?,
            Op::ULt => self.compare(inst, IntCC::UnsignedLessThan)?,
            Op::ULe => self.compare(inst, IntCC::UnsignedLessThanOrEqual)?,

            Op::FAdd => self.binary(inst, |ins, a, b| ins.fadd(a, b))?,
            Op::FSub => self.binary(inst, |ins, a, b| ins.fsub(a, b))?,
            Op::FMul => self.binary(inst, |ins, a, b| ins.fmul(a, b))?,
            Op::FDiv => self.binary(inst, |ins, a, b| ins.fdiv(a, b))?,
            Op::FMin => self.binary(inst, |ins, a, b| ins.fmin(a, b))?,
            Op::FMax => self.binary(inst, |ins, a, b| ins.fmax(a, b))?,
            Op::FNeg => self.unary(inst, |ins, a| ins.fneg(a))?,
            Op::FAbs => self.unary(inst, |ins, a| ins.fabs(a))?,
            Op::FSqrt => self.unary(inst, |ins, a| ins.sqrt(a))?,
            Op::FFloor => self.unary(inst, |ins, a| ins.floor(a))?,
            Op::FCeil => self.unary(inst, |ins, a| ins.ceil(a))?,
            Op::FTrunc => self.unary(inst, |ins, a| ins.trunc(a))?,
            Op::FEq => self.binary(inst, |ins, a, b| ins.fcmp(FloatCC::Equal, a, b))?,
            Op::FNe => self.binary(inst, |ins, a, b| ins.fcmp(FloatCC::NotEqual, a, b))?,
            Op::FLt => self.binary(inst, |ins, a, b| ins.fcmp(FloatCC::LessThan, a, b))?,
            Op::FLe => self.binary(inst, |ins, a, b| ins.fcmp(FloatCC::LessThanOrEqual, a, b))?,

            Op::SExt => self.unary(inst, |ins, a| ins.sextend(ty, a))?,
            Op::ZExt => self.unary(inst, |ins, a| ins.uextend(ty, a))?,
            Op::Trunc => self.unary(inst, |ins, a| ins.ireduce(ty, a))?,
            Op::SToF => self.unary(inst, |ins, a| ins.fcvt_from_sint(ty, a))?,
            Op::UToF => self.unary(inst, |ins, a| ins.fcvt_from_uint(ty, a))?,
            Op::FToS => self.unary(inst, |ins, a| ins.fcvt_to_sint_sat(ty, a))?,
            Op::FToU => self.unary(inst, |ins, a| ins.fcvt_to_uint_sat(ty, a))?,
            Op::FToF if inst.ty == Repr::F64 => self.unary(inst, |ins, a| ins.fpromote(ty, a))?,
            Op::FToF => self.unary(inst, |ins, a| ins.fdemote(ty, a))?,
            Op::Bits => self.bits(inst)?,
            Op::Select => {
                let (condition, a, b) = (self.arg(inst, 0)?, self.arg(inst, 1)?, self.arg(inst, 2)?);
                self.builder.ins().select(condition, a, b)
            }

            Op::Load => {
                let address = self.arg(inst, 0)?;
                self.load(ty, address, self.displacement(inst)?)
            }
            Op::Store => {
                let (address, value) = (self.arg(inst, 0)?, self.arg(inst, 1)?);
                self.store(value, address, self.displacement(inst)?);
                return Ok(());
            }

            Op::Retain => return self.retain(inst),
            Op::Release => return self.release(inst),
            Op::IsUnique => {
                let object = self.arg(inst, 0)?;
                let count = self.load(types::I32, object, object::COUNT as i32);
                let one = self.builder.ins().iconst(types::I32, 1);
                self.builder.ins().icmp(IntCC::Equal, count, one)
            }

            Op::Call => return self.call(inst),
            Op::CallIndirect => return self.call_indirect(inst),
            Op::Runtime => return self.runtime(inst),
            Op::Poll => {
                self.poll();
                return Ok(());
            }
        };
        match inst.results.as_slice() {
            [only] => {
                self.define(*only, result);
                Ok(())
            }
            _ => Err(self.wrong(format!("`{}` has one result", inst.op.mnemonic()))),
        }
    }

    fn arg(&self, inst: &Inst, index: usize) -> Result<ir::Value, EmitError> {
        match inst.args.get(index) {
            Some(&arg) => self.value(arg),
            None => Err(self.wrong(format!("`{}` lacks an operand", inst.op.mnemonic()))),
        }
    }

    fn args(&self, args: &[Value]) -> Result<Vec<ir::Value>, EmitError> {
        args.iter().map(|&arg| self.value(arg)).collect()
    }

    fn unary(
        &mut self,
        inst: &Inst,
        build: impl FnOnce(cranelift_frontend::FuncInstBuilder<'_, '_>, ir::Value) -> ir::Value,
    ) -> Result<ir::Value, EmitError> {
        let a = self.arg(inst, 0)?;
        Ok(build(self.builder.ins(), a))
    }

    fn binary(
        &mut self,
        inst: &Inst,
        build: impl FnOnce(cranelift_frontend::FuncInstBuilder<'_, '_>, ir::Value, ir::Value) -> ir::Value,
    ) -> Result<ir::Value, EmitError> {
        let (a, b) = (self.arg(inst, 0)?, self.arg(inst, 1)?);
        Ok(build(self.builder.ins(), a, b))
    }

    fn compare(&mut self, inst: &Inst, condition: IntCC) -> Result<ir::Value, EmitError> {
        self.binary(inst, |ins, a, b| ins.icmp(condition, a, b))
    }

    fn bits(&mut self, inst: &Inst) -> Result<ir::Value, EmitError> {
        let from = self.arg(inst, 0)?;
        let ty = clif_type(inst.ty);
        if self.builder.func.dfg.value_type(from) == ty {
            return Ok(from);
        }
        Ok(self.builder.ins().bitcast(ty, MemFlagsData::new(), from))
    }

    fn displacement(&self, inst: &Inst) -> Result<i32, EmitError> {
        let fits = (0..i64::from(context::MAX_DISPLACEMENT)).contains(&inst.imm);
        if fits {
            Ok(inst.imm as i32)
        } else {
            Err(self.wrong("a displacement that is too large".to_owned()))
        }
    }

    /// Base and zero-extended offset, freshly made for each access: the form that a checker of machine code knows to be inside the region.
    fn address(&mut self, offset: ir::Value) -> ir::Value {
        let base = self.builder.ins().get_pinned_reg(types::I64);
        let offset = self.builder.ins().uextend(types::I64, offset);
        self.builder.ins().iadd(base, offset)
    }

    fn load(&mut self, ty: ir::Type, offset: ir::Value, displacement: i32) -> ir::Value {
        let address = self.address(offset);
        self.builder.ins().load(ty, MemFlagsData::trusted(), address, displacement)
    }

    fn store(&mut self, value: ir::Value, offset: ir::Value, displacement: i32) {
        let address = self.address(offset);
        self.builder.ins().store(MemFlagsData::trusted(), value, address, displacement);
    }

    fn slot(&mut self, inst: &Inst) -> Result<ir::Value, EmitError> {
        let index = self.number(inst, self.program.slots.len())?;
        let slot = SlotId::from_index(index);
        let word = match self.slots.get(&slot) {
            Some(&word) => word,
            None => {
                let name = UserExternalName { namespace: SLOTS, index: index as u32 };
                let name = self.builder.func.declare_imported_user_function(name);
                let word = self.builder.create_global_value(GlobalValueData::Symbol {
                    name: ExternalName::user(name),
                    offset: 0.into(),
                    colocated: true,
                    tls: false,
                });
                self.slots.insert(slot, word);
                word
            }
        };
        let address = self.builder.ins().symbol_value(types::I64, word);
        // Filled in before the code runs, never changed after.
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        Ok(self.builder.ins().load(types::I32, flags, address, 0))
    }

    fn number(&self, inst: &Inst, limit: usize) -> Result<usize, EmitError> {
        let index = usize::try_from(inst.imm).ok().filter(|&index| index < limit);
        index.ok_or_else(|| self.wrong(format!("`{}` of a number without meaning", inst.op.mnemonic())))
    }

    /// Goes on in a block that is entered where `condition` is not 0, and returns the block behind it.
    fn when(&mut self, condition: ir::Value) -> ir::Block {
        let (inside, behind) = (self.builder.create_block(), self.builder.create_block());
        self.builder.ins().brif(condition, inside, &[], behind, &[]);
        self.start(inside);
        behind
    }

    fn end_when(&mut self, behind: ir::Block) {
        self.builder.ins().jump(behind, &[]);
        self.start(behind);
    }

    fn is_reference(&mut self, any: ir::Value) -> ir::Value {
        let tag = self.builder.ins().band_imm_u(any, value::TAG_MASK as i64);
        self.builder.ins().icmp_imm_u(IntCC::Equal, tag, value::TAG_REF as i64)
    }

    fn retain(&mut self, inst: &Inst) -> Result<(), EmitError> {
        let counted = self.arg(inst, 0)?;
        if inst.ty == Repr::Any {
            let condition = self.is_reference(counted);
            let behind = self.when(condition);
            runtime_call(self, RtFn::rt_any_retain, &[counted]);
            self.end_when(behind);
            return Ok(());
        }
        let behind = (inst.imm & counting::NULLABLE != 0).then(|| self.when(counted));
        let count = self.load(types::I32, counted, object::COUNT as i32);
        let count = self.builder.ins().iadd_imm_s(count, 1);
        self.store(count, counted, object::COUNT as i32);
        if let Some(behind) = behind {
            self.end_when(behind);
        }
        Ok(())
    }

    fn release(&mut self, inst: &Inst) -> Result<(), EmitError> {
        let counted = self.arg(inst, 0)?;
        if inst.ty == Repr::Any {
            let condition = self.is_reference(counted);
            let behind = self.when(condition);
            runtime_call(self, RtFn::rt_any_release, &[counted]);
            self.end_when(behind);
            return Ok(());
        }
        let nil = (inst.imm & counting::NULLABLE != 0).then(|| self.when(counted));
        let count = self.load(types::I32, counted, object::COUNT as i32);
        let count = self.builder.ins().iadd_imm_s(count, -1);
        self.store(count, counted, object::COUNT as i32);
        let behind = nil.unwrap_or_else(|| self.builder.create_block());
        let free = self.cold_block();
        if inst.imm & counting::MAY_CYCLE != 0 {
            let alive = self.builder.create_block();
            self.builder.ins().brif(count, alive, &[], free, &[]);
            self.start(alive);
            let type_word = self.load(types::I32, counted, object::TYPE as i32);
            let noted = self.builder.ins().band_imm_u(type_word, i64::from(object::NOTED));
            let noted = self.builder.ins().icmp_imm_u(IntCC::Equal, noted, i64::from(object::NOTED));
            let note = self.builder.create_block();
            self.builder.ins().brif(noted, behind, &[], note, &[]);
            self.start(note);
            runtime_call(self, RtFn::rt_cycle_root, &[counted]);
            self.builder.ins().jump(behind, &[]);
        } else {
            self.builder.ins().brif(count, behind, &[], free, &[]);
        }
        self.start(free);
        // What a runtime function has just made is often released for good, everything else seldom.
        let made = inst.args.first().is_some_and(|value| self.made[value.index()]);
        let function = if made { RtFn::rt_free } else { RtFn::rt_free_rare };
        runtime_call(self, function, &[counted]);
        self.end_when(behind);
        Ok(())
    }

    fn call(&mut self, inst: &Inst) -> Result<(), EmitError> {
        let index = self.number(inst, self.program.funcs.len())?;
        let id = FuncId::from_index(index);
        let callee = &self.program.funcs[id];
        let func = match self.funcs.get(&id) {
            Some(&func) => func,
            None => {
                let signature = convention::signature(&callee.sig, &callee.name)?;
                let signature = self.builder.import_signature(signature);
                let name = UserExternalName { namespace: FUNCS, index: index as u32 };
                let name = self.builder.func.declare_imported_user_function(name);
                let func = self.builder.import_function(ExtFuncData {
                    name: ExternalName::user(name),
                    signature,
                    colocated: true,
                    patchable: false,
                });
                self.funcs.insert(id, func);
                func
            }
        };
        let registers = self.pass(&callee.sig, &inst.args)?;
        let call = self.builder.ins().call(func, &registers);
        self.receive(&callee.sig, inst, call)
    }

    fn call_indirect(&mut self, inst: &Inst) -> Result<(), EmitError> {
        let id = SigId::from_index(self.number(inst, self.program.sigs.len())?);
        let sig = &self.program.sigs[id];
        let signature = match self.sigs.get(&id) {
            Some(&signature) => signature,
            None => {
                let signature = convention::signature(sig, &self.func.name)?;
                let signature = self.builder.import_signature(signature);
                self.sigs.insert(id, signature);
                signature
            }
        };
        let index = self.arg(inst, 0)?;
        let registers = self.pass(sig, &inst.args[1..])?;
        let index = self.builder.ins().band_imm_u(index, i64::from(self.table_mask));
        let index = self.builder.ins().uextend(types::I64, index);
        let index = self.builder.ins().ishl_imm_u(index, 3);
        let base = self.builder.ins().get_pinned_reg(types::I64);
        let entry = self.builder.ins().iadd(base, index);
        let code = self.builder.ins().load(types::I64, MemFlagsData::trusted(), entry, context::FN_TABLE);
        let call = self.builder.ins().call_indirect(signature, code, &registers);
        self.receive(sig, inst, call)
    }

    /// Puts the arguments that have no register into the context record; returns the others.
    fn pass(&mut self, sig: &Sig, args: &[Value]) -> Result<Vec<ir::Value>, EmitError> {
        let places = convention::args(sig, &self.func.name)?;
        if places.len() != args.len() {
            return Err(
                self.wrong("a call with another number of arguments than its signature says".to_owned())
            );
        }
        let mut registers = Vec::new();
        for (place, value) in places.into_iter().zip(self.args(args)?) {
            match place {
                Place::Register(_) => registers.push(value),
                Place::Context(offset) => self.store_context(value, offset),
            }
        }
        Ok(registers)
    }

    /// Takes a call's results from where they are.
    fn receive(&mut self, sig: &Sig, inst: &Inst, call: ir::Inst) -> Result<(), EmitError> {
        let places = convention::results(sig, &self.func.name)?;
        if places.len() != inst.results.len() {
            return Err(
                self.wrong("a call with another number of results than its signature says".to_owned())
            );
        }
        let registers = self.builder.inst_results(call).to_vec();
        for ((place, &repr), &result) in places.into_iter().zip(&sig.results).zip(&inst.results) {
            let value = match place {
                Place::Register(index) => registers[index],
                Place::Context(offset) => self.load_context(clif_type(repr), offset),
            };
            self.define(result, value);
        }
        Ok(())
    }

    fn runtime(&mut self, inst: &Inst) -> Result<(), EmitError> {
        let function = RtFn::ALL[self.number(inst, RtFn::ALL.len())?];
        if function == RtFn::rt_poll {
            return self.poll_for_service(inst);
        }
        let args = self.args(&inst.args)?;
        if args.len() != function.params().len() {
            return Err(self.wrong(format!("`{}` takes another number of arguments", function.name())));
        }
        let call = runtime_call(self, function, &args);
        match (self.builder.inst_results(call), inst.results.as_slice()) {
            ([], []) => {}
            ([], &[result]) if function.keeps_registers() => {
                let value = self.load_context(clif_type(self.func.values[result]), context::RESULTS);
                self.define(result, value);
            }
            (&[value], &[result]) => {
                self.define(result, value);
                self.made[result.index()] = true;
            }
            _ => return Err(self.wrong(format!("`{}` has another number of results", function.name()))),
        }
        Ok(())
    }

    /// The kind of error to raise stands where the request does.
    fn poll(&mut self) {
        let kind = self.requested();
        let (stop, go_on) = (self.cold_block(), self.builder.create_block());
        self.builder.ins().brif(kind, stop, &[], go_on, &[]);
        self.start(stop);
        let zero = self.builder.ins().iconst(types::I64, 0);
        runtime_call(self, RtFn::rt_raise, &[kind, zero, zero]);
        self.never();
        self.start(go_on);
    }

    /// What was asked of the program. The load is atomic so that no optimisation carries its value round a loop.
    fn requested(&mut self) -> ir::Value {
        let base = self.builder.ins().get_pinned_reg(types::I64);
        let address = self.builder.ins().iadd_imm_s(base, i64::from(context::INTERRUPT));
        self.builder.ins().atomic_load(types::I32, MemFlagsData::trusted(), address)
    }

    /// Calls the runtime only where something was asked for; the result is 0 either way.
    fn poll_for_service(&mut self, inst: &Inst) -> Result<(), EmitError> {
        let asked = self.requested();
        let (service, go_on) = (self.cold_block(), self.builder.create_block());
        self.builder.ins().brif(asked, service, &[], go_on, &[]);
        self.start(service);
        runtime_call(self, RtFn::rt_poll, &[]);
        self.builder.ins().jump(go_on, &[]);
        self.start(go_on);
        let [result] = inst.results.as_slice() else {
            return Err(self.wrong("`rt_poll` has one result".to_owned()));
        };
        let zero = self.builder.ins().iconst(types::I64, 0);
        self.define(*result, zero);
        Ok(())
    }
}

/// Calls a runtime function through its table.
pub fn runtime_call(translation: &mut Translation<'_>, function: RtFn, args: &[ir::Value]) -> ir::Inst {
    let signature = match translation.runtime_sigs.get(&function) {
        Some(&signature) => signature,
        None => {
            let signature = convention::runtime_signature(function);
            let signature = translation.builder.import_signature(signature);
            translation.runtime_sigs.insert(function, signature);
            signature
        }
    };
    let entry = context::RT_TABLE + 8 * function.table_index() as i32;
    let code = translation.load_context(types::I64, entry);
    translation.builder.ins().call_indirect(signature, code, args)
}
