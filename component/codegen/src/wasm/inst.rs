//! Instructions: each has its arm.
//!
//! A value of 8 or 16 bits is an i32 whose upper bits are 0, and so is everything that an instruction leaves behind.

use super::fold::Source;
use super::func::Translation;
use crate::EmitError;
use abi::module::HEAP_BASE;
use abi::{Repr, RtFn, context, object, value};
use base::EntityId;
use mir::legal::ops::counting;
use mir::legal::{FuncId, Inst, Op, SigId, SlotId, Value};
use wasm_encoder::{BlockType, Ieee32, Ieee64, InstructionSink, MemArg, MemArgTarget};

/// An instruction of WebAssembly.
type Make = for<'s, 'a> fn(&'s mut InstructionSink<'a>) -> &'s mut InstructionSink<'a>;

/// The instruction for each of the four types of WebAssembly; a function without an arm for a type refuses it.
macro_rules! by_type {
    ($translation:expr, $inst:expr, $ty:expr, $($repr:pat => $make:ident),+ $(,)?) => {
        match $ty {
            $($repr => {
                let make: Make = |sink| sink.$make();
                make(&mut $translation.code.add());
            })+
            #[allow(unreachable_patterns)] // where all types have an arm
            _ => return Err($translation.wrong(format!("`{}` of {}", $inst.op.mnemonic(), $ty.name()))),
        }
    };
}

impl Translation<'_> {
    /// An instruction that stands for itself: its results go into locals.
    pub fn root(&mut self, inst: &Inst) -> Result<(), EmitError> {
        self.compute(inst)?;
        for &result in inst.results.iter().rev() {
            match self.locals.of(result) {
                Some(local) => self.code.set(local),
                None => {
                    self.code.add().drop();
                }
            }
        }
        Ok(())
    }

    /// Leaves an instruction's results on the stack.
    pub fn compute(&mut self, inst: &Inst) -> Result<(), EmitError> {
        let ty = inst.ty;
        match inst.op {
            Op::IConst => self.constant(inst),
            Op::FConst if ty == Repr::F32 => {
                self.code.add().f32_const(Ieee32::new(inst.imm as u32));
            }
            Op::FConst => {
                self.code.add().f64_const(Ieee64::new(inst.imm as u64));
            }
            Op::Slot => {
                let slot = SlotId::from_index(self.number(inst, self.program.slots.len())?);
                let word = self
                    .indices
                    .slot(slot)
                    .ok_or_else(|| self.wrong(format!("{slot} is of another artifact")))?;
                self.code.add().i32_const(word as i32);
            }

            Op::Add => {
                self.operands(inst)?;
                by_type!(self, inst, ty, Repr::I64 => i64_add, Repr::I8 | Repr::I16 | Repr::I32 => i32_add);
                self.cut(ty);
            }
            Op::Sub => {
                self.operands(inst)?;
                by_type!(self, inst, ty, Repr::I64 => i64_sub, Repr::I8 | Repr::I16 | Repr::I32 => i32_sub);
                self.cut(ty);
            }
            Op::Mul => {
                self.operands(inst)?;
                by_type!(self, inst, ty, Repr::I64 => i64_mul, Repr::I8 | Repr::I16 | Repr::I32 => i32_mul);
                self.cut(ty);
            }
            Op::SDiv => {
                self.signed_operands(inst)?;
                by_type!(self, inst, ty, Repr::I64 => i64_div_s, Repr::I8 | Repr::I16 | Repr::I32 => i32_div_s);
                self.cut(ty);
            }
            Op::SRem => {
                self.signed_operands(inst)?;
                by_type!(self, inst, ty, Repr::I64 => i64_rem_s, Repr::I8 | Repr::I16 | Repr::I32 => i32_rem_s);
                self.cut(ty);
            }
            Op::UDiv => {
                self.operands(inst)?;
                by_type!(self, inst, ty, Repr::I64 => i64_div_u, Repr::I8 | Repr::I16 | Repr::I32 => i32_div_u);
            }
            Op::URem => {
                self.operands(inst)?;
                by_type!(self, inst, ty, Repr::I64 => i64_rem_u, Repr::I8 | Repr::I16 | Repr::I32 => i32_rem_u);
            }
            Op::And => {
                self.operands(inst)?;
                by_type!(self, inst, ty, Repr::I64 => i64_and, Repr::I8 | Repr::I16 | Repr::I32 => i32_and);
            }
            Op::Or => {
                self.operands(inst)?;
                by_type!(self, inst, ty, Repr::I64 => i64_or, Repr::I8 | Repr::I16 | Repr::I32 => i32_or);
            }
            Op::Xor => {
                self.operands(inst)?;
                by_type!(self, inst, ty, Repr::I64 => i64_xor, Repr::I8 | Repr::I16 | Repr::I32 => i32_xor);
            }
            Op::Shl => {
                self.operand_at(inst, 0)?;
                self.shift_count(inst)?;
                by_type!(self, inst, ty, Repr::I64 => i64_shl, Repr::I8 | Repr::I16 | Repr::I32 => i32_shl);
                self.cut(ty);
            }
            Op::SShr => {
                self.operand_at(inst, 0)?;
                self.extend(ty);
                self.shift_count(inst)?;
                by_type!(self, inst, ty, Repr::I64 => i64_shr_s, Repr::I8 | Repr::I16 | Repr::I32 => i32_shr_s);
                self.cut(ty);
            }
            Op::UShr => {
                self.operand_at(inst, 0)?;
                self.shift_count(inst)?;
                by_type!(self, inst, ty, Repr::I64 => i64_shr_u, Repr::I8 | Repr::I16 | Repr::I32 => i32_shr_u);
            }
            Op::Clz => {
                self.operands(inst)?;
                by_type!(self, inst, ty, Repr::I64 => i64_clz, Repr::I8 | Repr::I16 | Repr::I32 => i32_clz);
                if let Some(bits) = narrow_bits(ty) {
                    self.code.add().i32_const(32 - bits).i32_sub();
                }
            }
            Op::Ctz => {
                self.operands(inst)?;
                if let Some(bits) = narrow_bits(ty) {
                    // A bit that is found at the latest.
                    self.code.add().i32_const(1 << bits).i32_or();
                }
                by_type!(self, inst, ty, Repr::I64 => i64_ctz, Repr::I8 | Repr::I16 | Repr::I32 => i32_ctz);
            }
            Op::Popcnt => {
                self.operands(inst)?;
                by_type!(self, inst, ty, Repr::I64 => i64_popcnt, Repr::I8 | Repr::I16 | Repr::I32 => i32_popcnt);
            }

            Op::Eq => self.compare(inst, Comparison::Eq)?,
            Op::Ne => self.compare(inst, Comparison::Ne)?,
            Op::SLt => self.compare(inst, Comparison::SLt)?,
            Op::SLe => self.compare(inst, Comparison::SLe)?,
            Op::ULt => self.compare(inst, Comparison::ULt)?,
            Op::ULe => self.compare(inst, Comparison::ULe)?,

            Op::FAdd => self.float(inst, |s| s.f32_add(), |s| s.f64_add())?,
            Op::FSub => self.float(inst, |s| s.f32_sub(), |s| s.f64_sub())?,
            Op::FMul => self.float(inst, |s| s.f32_mul(), |s| s.f64_mul())?,
            Op::FDiv => self.float(inst, |s| s.f32_div(), |s| s.f64_div())?,
            Op::FMin => self.float(inst, |s| s.f32_min(), |s| s.f64_min())?,
            Op::FMax => self.float(inst, |s| s.f32_max(), |s| s.f64_max())?,
            Op::FNeg => self.float(inst, |s| s.f32_neg(), |s| s.f64_neg())?,
            Op::FAbs => self.float(inst, |s| s.f32_abs(), |s| s.f64_abs())?,
            Op::FSqrt => self.float(inst, |s| s.f32_sqrt(), |s| s.f64_sqrt())?,
            Op::FFloor => self.float(inst, |s| s.f32_floor(), |s| s.f64_floor())?,
            Op::FCeil => self.float(inst, |s| s.f32_ceil(), |s| s.f64_ceil())?,
            Op::FTrunc => self.float(inst, |s| s.f32_trunc(), |s| s.f64_trunc())?,
            Op::FEq => self.float(inst, |s| s.f32_eq(), |s| s.f64_eq())?,
            Op::FNe => self.float(inst, |s| s.f32_ne(), |s| s.f64_ne())?,
            Op::FLt => self.float(inst, |s| s.f32_lt(), |s| s.f64_lt())?,
            Op::FLe => self.float(inst, |s| s.f32_le(), |s| s.f64_le())?,

            Op::SExt => self.sign_extend(inst)?,
            Op::ZExt => {
                self.operands(inst)?;
                if ty == Repr::I64 && self.from(inst)?.size() < 8 {
                    self.code.add().i64_extend_i32_u();
                }
            }
            Op::Trunc => {
                self.operands(inst)?;
                if self.from(inst)? == Repr::I64 && ty != Repr::I64 {
                    self.code.add().i32_wrap_i64();
                }
                self.cut(ty);
            }
            Op::SToF => {
                self.operands(inst)?;
                match (self.from(inst)?, ty) {
                    (Repr::I32, Repr::F32) => self.code.add().f32_convert_i32_s(),
                    (Repr::I64, Repr::F32) => self.code.add().f32_convert_i64_s(),
                    (Repr::I32, Repr::F64) => self.code.add().f64_convert_i32_s(),
                    (Repr::I64, Repr::F64) => self.code.add().f64_convert_i64_s(),
                    (from, _) => return Err(self.no_conversion(inst, from)),
                };
            }
            Op::UToF => {
                self.operands(inst)?;
                match (self.from(inst)?, ty) {
                    (Repr::I32, Repr::F32) => self.code.add().f32_convert_i32_u(),
                    (Repr::I64, Repr::F32) => self.code.add().f32_convert_i64_u(),
                    (Repr::I32, Repr::F64) => self.code.add().f64_convert_i32_u(),
                    (Repr::I64, Repr::F64) => self.code.add().f64_convert_i64_u(),
                    (from, _) => return Err(self.no_conversion(inst, from)),
                };
            }
            Op::FToS => {
                self.operands(inst)?;
                match (self.from(inst)?, ty) {
                    (Repr::F32, Repr::I32) => self.code.add().i32_trunc_sat_f32_s(),
                    (Repr::F64, Repr::I32) => self.code.add().i32_trunc_sat_f64_s(),
                    (Repr::F32, Repr::I64) => self.code.add().i64_trunc_sat_f32_s(),
                    (Repr::F64, Repr::I64) => self.code.add().i64_trunc_sat_f64_s(),
                    (from, _) => return Err(self.no_conversion(inst, from)),
                };
            }
            Op::FToU => {
                self.operands(inst)?;
                match (self.from(inst)?, ty) {
                    (Repr::F32, Repr::I32) => self.code.add().i32_trunc_sat_f32_u(),
                    (Repr::F64, Repr::I32) => self.code.add().i32_trunc_sat_f64_u(),
                    (Repr::F32, Repr::I64) => self.code.add().i64_trunc_sat_f32_u(),
                    (Repr::F64, Repr::I64) => self.code.add().i64_trunc_sat_f64_u(),
                    (from, _) => return Err(self.no_conversion(inst, from)),
                };
            }
            Op::FToF => {
                self.operands(inst)?;
                match (self.from(inst)?, ty) {
                    (Repr::F32, Repr::F64) => self.code.add().f64_promote_f32(),
                    (Repr::F64, Repr::F32) => self.code.add().f32_demote_f64(),
                    (from, _) => return Err(self.no_conversion(inst, from)),
                };
            }
            Op::Bits => {
                self.operands(inst)?;
                match (self.from(inst)?, ty) {
                    (Repr::F64, Repr::I64) => self.code.add().i64_reinterpret_f64(),
                    (Repr::I64, Repr::F64) => self.code.add().f64_reinterpret_i64(),
                    (Repr::F32, Repr::I32) => self.code.add().i32_reinterpret_f32(),
                    (Repr::I32, Repr::F32) => self.code.add().f32_reinterpret_i32(),
                    (from, to) if super::val_type(from) == super::val_type(to) => return Ok(()),
                    (from, _) => return Err(self.no_conversion(inst, from)),
                };
            }
            Op::Select => {
                for index in [1, 2, 0] {
                    self.operand_at(inst, index)?;
                }
                self.code.add().select();
            }

            Op::Load => {
                self.operands(inst)?;
                let at = self.displacement(inst)?;
                self.load(ty, at);
            }
            Op::Store => {
                self.operands(inst)?;
                let at = self.displacement(inst)?;
                self.store(ty, at);
            }

            Op::Retain => self.retain(inst)?,
            Op::Release => self.release(inst)?,
            Op::IsUnique => {
                self.operands(inst)?;
                self.load(Repr::I32, header(object::COUNT));
                self.code.add().i32_const(1).i32_eq();
            }

            Op::Call => {
                self.operands(inst)?;
                let callee = FuncId::from_index(self.number(inst, self.program.funcs.len())?);
                self.code.at(inst.loc);
                self.code.add().call(self.indices.func(callee));
            }
            Op::CallIndirect => {
                for &arg in inst.args.iter().skip(1) {
                    self.operand(arg)?;
                }
                self.operand_at(inst, 0)?;
                let sig = SigId::from_index(self.number(inst, self.program.sigs.len())?);
                self.code.at(inst.loc);
                self.code.add().call_indirect(0, self.indices.sig(sig));
            }
            Op::Runtime => {
                self.operands(inst)?;
                let function = RtFn::ALL[self.number(inst, RtFn::ALL.len())?];
                self.code.at(inst.loc);
                self.runtime_call(function);
            }
            // The engine stops a program by itself.
            Op::Poll => {}
        }
        Ok(())
    }

    /// Compares the operands of a comparison, perhaps in another way than it says.
    pub fn compare(&mut self, inst: &Inst, comparison: Comparison) -> Result<(), EmitError> {
        use Comparison as C;
        let wide = inst.ty.size() == 8;
        if let (C::Eq, &[value, zero]) = (comparison, inst.args.as_slice())
            && self.is_zero(zero)
        {
            self.operand(value)?;
            match wide {
                true => self.code.add().i64_eqz(),
                false => self.code.add().i32_eqz(),
            };
            return Ok(());
        }
        match comparison {
            C::SLt | C::SLe | C::SGt | C::SGe => self.signed_operands(inst)?,
            C::Eq | C::Ne | C::ULt | C::ULe | C::UGt | C::UGe => self.operands(inst)?,
        }
        match (comparison, wide) {
            (C::Eq, false) => self.code.add().i32_eq(),
            (C::Eq, true) => self.code.add().i64_eq(),
            (C::Ne, false) => self.code.add().i32_ne(),
            (C::Ne, true) => self.code.add().i64_ne(),
            (C::SLt, false) => self.code.add().i32_lt_s(),
            (C::SLt, true) => self.code.add().i64_lt_s(),
            (C::SLe, false) => self.code.add().i32_le_s(),
            (C::SLe, true) => self.code.add().i64_le_s(),
            (C::SGt, false) => self.code.add().i32_gt_s(),
            (C::SGt, true) => self.code.add().i64_gt_s(),
            (C::SGe, false) => self.code.add().i32_ge_s(),
            (C::SGe, true) => self.code.add().i64_ge_s(),
            (C::ULt, false) => self.code.add().i32_lt_u(),
            (C::ULt, true) => self.code.add().i64_lt_u(),
            (C::ULe, false) => self.code.add().i32_le_u(),
            (C::ULe, true) => self.code.add().i64_le_u(),
            (C::UGt, false) => self.code.add().i32_gt_u(),
            (C::UGt, true) => self.code.add().i64_gt_u(),
            (C::UGe, false) => self.code.add().i32_ge_u(),
            (C::UGe, true) => self.code.add().i64_ge_u(),
        };
        Ok(())
    }

    fn operands(&mut self, inst: &Inst) -> Result<(), EmitError> {
        inst.args.iter().try_for_each(|&arg| self.operand(arg))
    }

    fn operand_at(&mut self, inst: &Inst, index: usize) -> Result<(), EmitError> {
        let arg = self.arg(inst, index)?;
        self.operand(arg)
    }

    fn arg(&self, inst: &Inst, index: usize) -> Result<Value, EmitError> {
        let arg = inst.args.get(index).copied();
        arg.ok_or_else(|| self.wrong(format!("`{}` lacks an operand", inst.op.mnemonic())))
    }

    /// The type of the first operand.
    fn from(&self, inst: &Inst) -> Result<Repr, EmitError> {
        Ok(self.func.values[self.arg(inst, 0)?])
    }

    fn no_conversion(&self, inst: &Inst, from: Repr) -> EmitError {
        self.wrong(format!("`{}` from {} to {}", inst.op.mnemonic(), from.name(), inst.ty.name()))
    }

    fn number(&self, inst: &Inst, limit: usize) -> Result<usize, EmitError> {
        let index = usize::try_from(inst.imm).ok().filter(|&index| index < limit);
        index.ok_or_else(|| self.wrong(format!("`{}` of a number without meaning", inst.op.mnemonic())))
    }

    fn constant(&mut self, inst: &Inst) {
        match inst.ty {
            Repr::I64 | Repr::Any => self.code.add().i64_const(inst.imm),
            ty => self.code.add().i32_const((inst.imm as u32 & mask(ty)) as i32),
        };
    }

    fn float(&mut self, inst: &Inst, single: Make, double: Make) -> Result<(), EmitError> {
        self.operands(inst)?;
        let make = match self.from(inst)? {
            Repr::F32 => single,
            Repr::F64 => double,
            from => return Err(self.no_conversion(inst, from)),
        };
        make(&mut self.code.add());
        Ok(())
    }

    /// Clears the bits above a narrow type's.
    fn cut(&mut self, ty: Repr) {
        if narrow_bits(ty).is_some() {
            self.code.add().i32_const(mask(ty) as i32).i32_and();
        }
    }

    /// Copies a narrow type's sign into the bits above.
    fn extend(&mut self, ty: Repr) {
        match ty {
            Repr::I8 => {
                self.code.add().i32_extend8_s();
            }
            Repr::I16 => {
                self.code.add().i32_extend16_s();
            }
            Repr::I32 | Repr::I64 | Repr::F32 | Repr::F64 | Repr::Ref | Repr::Any => {}
        }
    }

    fn signed_operands(&mut self, inst: &Inst) -> Result<(), EmitError> {
        for &arg in &inst.args {
            self.operand(arg)?;
            self.extend(inst.ty);
        }
        Ok(())
    }

    /// WebAssembly takes the count modulo the width for 32 and 64 bits.
    fn shift_count(&mut self, inst: &Inst) -> Result<(), EmitError> {
        self.operand_at(inst, 1)?;
        if let Some(bits) = narrow_bits(inst.ty) {
            self.code.add().i32_const(bits - 1).i32_and();
        }
        Ok(())
    }

    fn sign_extend(&mut self, inst: &Inst) -> Result<(), EmitError> {
        self.operands(inst)?;
        let from = self.from(inst)?;
        if from.size() < 8 {
            self.extend(from);
            match inst.ty {
                Repr::I64 => {
                    self.code.add().i64_extend_i32_s();
                }
                ty => self.cut(ty),
            }
        }
        Ok(())
    }

    fn displacement(&self, inst: &Inst) -> Result<MemArg, EmitError> {
        let fits = (0..i64::from(context::MAX_DISPLACEMENT)).contains(&inst.imm);
        if fits {
            Ok(at(inst.imm as u32, inst.ty.size()))
        } else {
            Err(self.wrong("a displacement that is too large"))
        }
    }

    fn load(&mut self, ty: Repr, at: MemArg) {
        match ty {
            Repr::I8 => self.code.add().i32_load8_u(at),
            Repr::I16 => self.code.add().i32_load16_u(at),
            Repr::I32 | Repr::Ref => self.code.add().i32_load(at),
            Repr::I64 | Repr::Any => self.code.add().i64_load(at),
            Repr::F32 => self.code.add().f32_load(at),
            Repr::F64 => self.code.add().f64_load(at),
        };
    }

    fn store(&mut self, ty: Repr, at: MemArg) {
        match ty {
            Repr::I8 => self.code.add().i32_store8(at),
            Repr::I16 => self.code.add().i32_store16(at),
            Repr::I32 | Repr::Ref => self.code.add().i32_store(at),
            Repr::I64 | Repr::Any => self.code.add().i64_store(at),
            Repr::F32 => self.code.add().f32_store(at),
            Repr::F64 => self.code.add().f64_store(at),
        };
    }

    fn runtime_call(&mut self, function: RtFn) {
        self.code.add().call(self.indices.runtime(function));
    }

    /// The local with an operand that is needed several times.
    fn in_local(&mut self, value: Value, scratch: u32) -> Result<u32, EmitError> {
        if let (Source::Local, Some(local)) = (self.folding.sources[value.index()], self.locals.of(value)) {
            return Ok(local);
        }
        self.operand(value)?;
        self.code.set(scratch);
        Ok(scratch)
    }

    /// Opens an `if` around what is only done for a tagged value that refers to an object.
    fn when_reference(&mut self, any: u32) {
        self.code.get(any);
        self.code.add().i64_const(value::TAG_MASK as i64).i64_and().i64_const(value::TAG_REF as i64).i64_eq();
        self.code.add().if_(BlockType::Empty);
    }

    fn counted_any(&mut self, inst: &Inst, function: RtFn) -> Result<(), EmitError> {
        let any = self.in_local(self.arg(inst, 0)?, self.locals.tagged)?;
        self.when_reference(any);
        self.code.get(any);
        self.code.at(inst.loc);
        self.runtime_call(function);
        self.code.add().end();
        Ok(())
    }

    fn retain(&mut self, inst: &Inst) -> Result<(), EmitError> {
        if inst.ty == Repr::Any {
            return self.counted_any(inst, RtFn::rt_any_retain);
        }
        let object = self.in_local(self.arg(inst, 0)?, self.locals.address)?;
        let nullable = inst.imm & counting::NULLABLE != 0;
        if nullable {
            self.code.get(object);
            self.code.add().if_(BlockType::Empty);
        }
        self.code.get(object);
        self.code.get(object);
        self.load(Repr::I32, header(object::COUNT));
        self.code.add().i32_const(1).i32_add().i32_store(header(object::COUNT));
        if nullable {
            self.code.add().end();
        }
        Ok(())
    }

    fn release(&mut self, inst: &Inst) -> Result<(), EmitError> {
        if inst.ty == Repr::Any {
            return self.counted_any(inst, RtFn::rt_any_release);
        }
        let object = self.in_local(self.arg(inst, 0)?, self.locals.address)?;
        let nullable = inst.imm & counting::NULLABLE != 0;
        if nullable {
            self.code.get(object);
            self.code.add().if_(BlockType::Empty);
        }
        self.code.get(object);
        self.code.get(object);
        self.load(Repr::I32, header(object::COUNT));
        self.code.add().i32_const(1).i32_sub().local_tee(self.locals.count).i32_store(header(object::COUNT));
        self.code.get(self.locals.count);
        self.code.at(inst.loc);
        if inst.imm & counting::MAY_CYCLE != 0 {
            let noted = object::NOTED as i32;
            self.code.add().if_(BlockType::Empty);
            self.code.get(object);
            self.load(Repr::I32, header(object::TYPE));
            self.code.add().i32_const(noted).i32_and().i32_const(noted).i32_ne().if_(BlockType::Empty);
            self.code.get(object);
            self.runtime_call(RtFn::rt_cycle_root);
            self.code.add().end().else_();
        } else {
            self.code.add().i32_eqz().if_(BlockType::Empty);
        }
        self.code.get(object);
        self.runtime_call(RtFn::rt_free);
        self.code.add().end();
        if nullable {
            self.code.add().end();
        }
        Ok(())
    }
}

/// How integers are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Eq,
    Ne,
    SLt,
    SLe,
    SGt,
    SGe,
    ULt,
    ULe,
    UGt,
    UGe,
}

/// What holds where a comparison of integers does not.
pub fn opposite(op: Op) -> Option<Comparison> {
    match op {
        Op::Eq => Some(Comparison::Ne),
        Op::Ne => Some(Comparison::Eq),
        Op::SLt => Some(Comparison::SGe),
        Op::SLe => Some(Comparison::SGt),
        Op::ULt => Some(Comparison::UGe),
        Op::ULe => Some(Comparison::UGt),
        _ => None,
    }
}

/// The runtime function that an instruction calls, and a second one.
pub fn calls(inst: &Inst) -> [Option<RtFn>; 2] {
    match (inst.op, inst.ty) {
        (Op::Retain, Repr::Any) => [Some(RtFn::rt_any_retain), None],
        (Op::Release, Repr::Any) => [Some(RtFn::rt_any_release), None],
        (Op::Release, _) => {
            let root = inst.imm & counting::MAY_CYCLE != 0;
            [Some(RtFn::rt_free), root.then_some(RtFn::rt_cycle_root)]
        }
        _ => [inst.runtime_fn(), None],
    }
}

/// A place behind a reference.
fn at(displacement: u32, size: u32) -> MemArg {
    MemArg {
        offset: u64::from(HEAP_BASE + displacement),
        align: size.trailing_zeros(),
        target: MemArgTarget::Memory(0),
        ordering: None,
    }
}

/// A word of an object's header.
fn header(displacement: u32) -> MemArg {
    at(displacement, 4)
}

fn mask(ty: Repr) -> u32 {
    match ty {
        Repr::I8 => 0xFF,
        Repr::I16 => 0xFFFF,
        Repr::I32 | Repr::I64 | Repr::F32 | Repr::F64 | Repr::Ref | Repr::Any => u32::MAX,
    }
}

/// The width of a type that has fewer bits than what holds it.
fn narrow_bits(ty: Repr) -> Option<i32> {
    match ty {
        Repr::I8 => Some(8),
        Repr::I16 => Some(16),
        Repr::I32 | Repr::I64 | Repr::F32 | Repr::F64 | Repr::Ref | Repr::Any => None,
    }
}
