//! Conversions: implicit ones, `as`, options, truth.

use super::counts::Scratch;
use super::emit::Leaves;
use super::operand::Read;
use super::{Lower, Val};
use crate::instantiate::R;
use crate::layout::{Parts, float_repr, int_repr};
use crate::legal::{Op, Value};
use abi::{ErrorKind, Repr, RtFn, object, value};
use base::Code;
use sema::hir::AdtKind;
use sema::ty::{IntTy, Ty, TyId, Types};

/// Whether the option of a found value owns it. A boxed option always does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Found {
    Owned,
    Borrowed,
}

impl Lower<'_, '_> {
    /// An owned value as a value of another type, by implicit conversion.
    pub fn coerce(&mut self, val: Val, to: TyId) -> R<Val> {
        if val.ty == to {
            return Ok(val);
        }
        let (from, target) = (self.ty(val.ty), self.ty(to));
        match (&from, &target) {
            (Ty::Never, _) => self.zeros(to),
            (_, Ty::Unit | Ty::Never) => {
                self.release(&val)?;
                Ok(Val { ty: to, leaves: Leaves::new() })
            }
            (_, Ty::Any) => self.any_from(val),
            (Ty::Any, _) => self.any_to(val, to),
            (Ty::Option(from), Ty::Option(inner)) if self.can_coerce(*from, *inner) => {
                self.map_option(val, *from, *inner, to)
            }
            (_, Ty::Option(inner)) => {
                let val = self.coerce(val, *inner)?;
                self.some(val, to)
            }
            (Ty::Option(_), _) => {
                let inner = self.unwrap(val)?;
                self.coerce(inner, to)
            }
            (_, Ty::Dyn(..)) => self.dyn_from(val, to),
            (Ty::Int(_) | Ty::Float { .. }, Ty::Int(_) | Ty::Float { .. }) => self.number(&val, to),
            _ => {
                let (from, to) = (self.name(val.ty), self.name(to));
                Err(self.error(
                    Code::TypeMismatch,
                    format!("a value of type `{from}` stands where `{to}` is needed"),
                ))
            }
        }
    }

    /// True where [`Lower::coerce`] from one type to the other is a conversion of the value itself, not a wrapping.
    fn can_coerce(&self, from: TyId, to: TyId) -> bool {
        from == to
            || match (self.s.hir.types.get(from), self.s.hir.types.get(to)) {
                (Ty::Never, _) | (_, Ty::Any) | (Ty::Any, _) => true,
                (Ty::Int(_) | Ty::Float { .. }, Ty::Int(_) | Ty::Float { .. }) => true,
                (Ty::Adt(..), Ty::Dyn(..)) => true,
                (Ty::Option(from), Ty::Option(to)) => self.can_coerce(*from, *to),
                (_, Ty::Option(to)) => self.can_coerce(from, *to),
                _ => false,
            }
    }

    // -- options ---------------------------------------------------------------------------------------------

    /// An absent option.
    pub fn none(&mut self, ty: TyId) -> R<Val> {
        let layout = self.layout(ty)?;
        let val = self.zeros(ty)?;
        if !layout.boxed {
            return Ok(val);
        }
        let word = self.type_word(ty)?;
        let object = self.e.rt1(RtFn::rt_object_new, &[word]);
        Ok(Val { ty, leaves: [object].into_iter().collect() })
    }

    /// A present option of a type, of an owned value.
    pub fn some(&mut self, val: Val, ty: TyId) -> R<Val> {
        let payload = self.payload(ty)?;
        let Parts::Option { niche, .. } = payload.parts else { unreachable!("the type is an option") };
        let mut leaves = Leaves::new();
        if !niche {
            leaves.push(self.e.int(Repr::I8, 1));
        }
        leaves.extend(val.leaves);
        self.box_up(ty, leaves)
    }

    /// A value of a type from its payload's leaves, which are owned: as it is, or in a new object.
    pub fn box_up(&mut self, ty: TyId, leaves: Leaves) -> R<Val> {
        let layout = self.layout(ty)?;
        if !layout.boxed && !self.is_class(ty) {
            return Ok(Val { ty, leaves });
        }
        let payload = self.payload(ty)?;
        let word = self.type_word(ty)?;
        let object = self.e.rt1(RtFn::rt_object_new, &[word]);
        for (&value, info) in leaves.iter().zip(&payload.leaves) {
            self.e.store(object, object::PAYLOAD + info.offset, value);
        }
        Ok(Val { ty, leaves: [object].into_iter().collect() })
    }

    /// The value of an owned option; raises where there is none.
    fn unwrap(&mut self, val: Val) -> R<Val> {
        let present = self.is_present(&val)?;
        let absent = self.e.not(present);
        self.e.raise_if(absent, ErrorKind::UnwrapNil);
        self.take_part(val, &crate::generic::Proj::Some)
    }

    /// A part of an owned value; the rest is released.
    pub fn take_part(&mut self, val: Val, step: &crate::generic::Proj) -> R<Val> {
        let part = self.part_of(&val, step)?;
        let layout = self.layout(val.ty)?;
        let is_flat = !layout.boxed && !self.is_class(val.ty);
        if is_flat && layout.leaves.len() == part.leaves.len() {
            return Ok(part);
        }
        self.retain(&part)?;
        self.release(&val)?;
        Ok(part)
    }

    /// 1 if an option is present; other values always are, but nil in `any`.
    pub fn is_present(&mut self, val: &Val) -> R<Value> {
        match self.ty(val.ty) {
            Ty::Option(_) => {
                let spot = self.spot_of(val)?;
                let payload = self.payload(val.ty)?;
                let Parts::Option { niche, .. } = payload.parts else {
                    unreachable!("the type is an option")
                };
                let leaf = self.payload_leaf(&spot, 0)?;
                if !niche {
                    return Ok(leaf);
                }
                Ok(self.e.compare_imm(Op::Ne, leaf, 0))
            }
            Ty::Any => {
                let nil = self.e.int(Repr::Any, value::NIL as i64);
                Ok(self.e.compare(Op::Ne, self.one(val), nil))
            }
            Ty::Unit | Ty::Never => Ok(self.e.int(Repr::I8, 0)),
            Ty::Error
            | Ty::Bool
            | Ty::Int(_)
            | Ty::Float { .. }
            | Ty::Text
            | Ty::Range
            | Ty::Array(_)
            | Ty::Dict(..)
            | Ty::Tuple(_)
            | Ty::Fn(..)
            | Ty::Adt(..)
            | Ty::Dyn(..)
            | Ty::Number(_)
            | Ty::Param(_) => Ok(self.e.int(Repr::I8, 1)),
        }
    }

    /// The option of what stands at an address, or nil where that is 0.
    pub fn found(&mut self, address: Value, ty: TyId, found: Found) -> R<Val> {
        let option = self.intern(Ty::Option(ty));
        let (there, join) = (self.e.block(), self.e.block());
        let result = self.block_params(join, option)?;
        let is_there = self.e.compare_imm(Op::Ne, address, 0);
        let missing = self.e.block();
        self.e.branch(is_there, there, missing);
        self.e.at = there;
        let val = self.load_at(address, 0, ty)?;
        if found == Found::Owned {
            self.retain(&val)?;
        }
        let some = self.some(val, option)?;
        self.e.jump(join, &some.leaves);
        self.e.at = missing;
        let none = self.none(option)?;
        self.e.jump(join, &none.leaves);
        self.e.at = join;
        Ok(result)
    }

    fn map_option(&mut self, val: Val, from: TyId, to: TyId, ty: TyId) -> R<Val> {
        let present = self.is_present(&val)?;
        let (some, none, join) = (self.e.block(), self.e.block(), self.e.block());
        let result = self.block_params(join, ty)?;
        self.e.branch(present, some, none);
        self.e.at = some;
        let inner = self.take_part(val.clone(), &crate::generic::Proj::Some)?;
        debug_assert_eq!(inner.ty, from);
        let inner = self.coerce(inner, to)?;
        let present = self.some(inner, ty)?;
        self.e.jump(join, &present.leaves);
        self.e.at = none;
        self.release(&val)?;
        let absent = self.none(ty)?;
        self.e.jump(join, &absent.leaves);
        self.e.at = join;
        Ok(result)
    }

    // -- any -------------------------------------------------------------------------------------------------

    /// An owned value as `any`.
    fn any_from(&mut self, val: Val) -> R<Val> {
        let any = match self.ty(val.ty) {
            Ty::Text | Ty::Array(_) | Ty::Dict(..) | Ty::Fn(..) => self.any_ref(self.one(&val)),
            Ty::Adt(..) if self.is_class(val.ty) => self.any_ref(self.one(&val)),
            Ty::Bool => {
                let yes = self.e.int(Repr::Any, value::TRUE as i64);
                let no = self.e.int(Repr::Any, value::FALSE as i64);
                self.e.select(self.one(&val), yes, no)
            }
            _ => {
                let word = self.type_word(val.ty)?;
                let address = self.spill(&val, Scratch::A)?;
                self.e.rt1(RtFn::rt_any_from, &[word, address])
            }
        };
        Ok(Val { ty: Types::any(), leaves: [any].into_iter().collect() })
    }

    fn any_ref(&mut self, object: Value) -> Value {
        let offset = self.e.convert(Op::Bits, object, Repr::I32);
        let wide = self.e.convert(Op::ZExt, offset, Repr::I64);
        let tagged = self.e.binary_imm(Op::Or, wide, value::TAG_REF as i64);
        self.e.convert(Op::Bits, tagged, Repr::Any)
    }

    /// What an owned `any` holds, checked.
    fn any_to(&mut self, val: Val, to: TyId) -> R<Val> {
        let word = self.type_word(to)?;
        let address = self.scratch(Scratch::Result);
        self.e.rt(RtFn::rt_any_to, &[self.one(&val), word, address]);
        let result = self.load_at(address, 0, to)?;
        self.release(&val)?;
        Ok(result)
    }

    // -- numbers ---------------------------------------------------------------------------------------------

    /// A number as a number of another type: integers wrap, floats saturate.
    pub fn number(&mut self, val: &Val, to: TyId) -> R<Val> {
        let (from, target) = (self.ty(val.ty), self.ty(to));
        let leaf = self.one(val);
        let leaf = match (from, target) {
            (Ty::Int(from), Ty::Int(to)) => self.e.resize(leaf, int_repr(to.bits), from.signed),
            (Ty::Int(from), Ty::Float { bits }) => self.int_to_float(leaf, from, float_repr(bits)),
            (Ty::Float { .. }, Ty::Float { bits }) => {
                let repr = float_repr(bits);
                if self.e.repr(leaf) == repr { leaf } else { self.e.convert(Op::FToF, leaf, repr) }
            }
            (Ty::Float { .. }, Ty::Int(to)) => self.float_to_int(leaf, to),
            _ => panic!("both types are numbers"),
        };
        Ok(Val { ty: to, leaves: [leaf].into_iter().collect() })
    }

    fn int_to_float(&mut self, leaf: Value, from: IntTy, to: Repr) -> Value {
        let wide = if from.bits < 32 { self.e.resize(leaf, Repr::I32, from.signed) } else { leaf };
        let op = if from.signed { Op::SToF } else { Op::UToF };
        self.e.convert(op, wide, to)
    }

    fn float_to_int(&mut self, leaf: Value, to: IntTy) -> Value {
        let op = if to.signed { Op::FToS } else { Op::FToU };
        if to.bits >= 32 {
            return self.e.convert(op, leaf, int_repr(to.bits));
        }
        let wide = self.e.convert(op, leaf, Repr::I32);
        let (least, most) = if to.signed {
            (-(1i64 << (to.bits - 1)), (1i64 << (to.bits - 1)) - 1)
        } else {
            (0, (1i64 << to.bits) - 1)
        };
        let less = if to.signed { Op::SLt } else { Op::ULt };
        let top = self.e.int(Repr::I32, most);
        let over = self.e.compare(less, top, wide);
        let wide = self.e.select(over, top, wide);
        let bottom = self.e.int(Repr::I32, least);
        let under = self.e.compare(less, wide, bottom);
        let wide = self.e.select(under, bottom, wide);
        self.e.resize(wide, int_repr(to.bits), to.signed)
    }

    // -- as --------------------------------------------------------------------------------------------------

    /// `as`.
    pub fn cast(&mut self, val: Val, to: TyId) -> R<Val> {
        if val.ty == to {
            return Ok(val);
        }
        let (from, target) = (self.ty(val.ty), self.ty(to));
        let i64_leaf = |leaf: Value| Val { ty: Types::i64(), leaves: [leaf].into_iter().collect() };
        match (&from, &target) {
            (Ty::Bool, Ty::Int(_) | Ty::Float { .. }) => {
                let number = self.e.resize(self.one(&val), Repr::I64, false);
                self.number(&i64_leaf(number), to)
            }
            (Ty::Int(_) | Ty::Float { .. }, Ty::Bool) => {
                let leaf = self.truthy(&val)?;
                Ok(Val { ty: to, leaves: [leaf].into_iter().collect() })
            }
            (Ty::Text, Ty::Int(_)) => {
                let code = self.e.rt1(RtFn::rt_text_ord, &[self.one(&val)]);
                self.release(&val)?;
                self.number(&i64_leaf(code), to)
            }
            (Ty::Text, Ty::Float { .. }) => {
                let number = self.e.rt1(RtFn::rt_text_to_float, &[self.one(&val)]);
                self.release(&val)?;
                let number = Val { ty: Types::f64(), leaves: [number].into_iter().collect() };
                self.number(&number, to)
            }
            (Ty::Adt(id, _), Ty::Int(_)) if matches!(self.s.hir.adts[*id].kind, AdtKind::Enum(_)) => {
                let ordinal = self.ordinal(&val)?;
                self.release(&val)?;
                self.number(&i64_leaf(ordinal), to)
            }
            (Ty::Int(_) | Ty::Float { .. } | Ty::Bool | Ty::Adt(..) | Ty::Option(_), Ty::Text) => {
                self.show(Read { val, owned: true }, None)
            }
            _ => self.coerce(val, to),
        }
    }

    /// The declared number of an enum value's variant.
    pub fn ordinal(&mut self, val: &Val) -> R<Value> {
        let Ty::Adt(id, _) = self.ty(val.ty) else { return Err(self.no_enum(val.ty)) };
        let AdtKind::Enum(variants) = &self.s.hir.adts[id].kind else { return Err(self.no_enum(val.ty)) };
        let numbers: Vec<i64> = variants.iter().map(|variant| variant.discriminant).collect();
        if numbers.len() < 2 {
            return Ok(self.e.int(Repr::I64, numbers.first().copied().unwrap_or(0)));
        }
        let spot = self.spot_of(val)?;
        let tag = self.payload_leaf(&spot, 0)?;
        let tag = self.e.resize(tag, Repr::I64, false);
        let first = numbers[0];
        if numbers.iter().enumerate().all(|(index, &number)| number == first.wrapping_add(index as i64)) {
            return Ok(if first == 0 { tag } else { self.e.binary_imm(Op::Add, tag, first) });
        }
        let mut result = self.e.int(Repr::I64, first);
        for (index, &number) in numbers.iter().enumerate().skip(1) {
            let is = self.e.compare_imm(Op::Eq, tag, index as i64);
            let number = self.e.int(Repr::I64, number);
            result = self.e.select(is, number, result);
        }
        Ok(result)
    }

    fn no_enum(&mut self, ty: TyId) -> crate::instantiate::Stop {
        let name = self.name(ty);
        self.error(Code::BadCast, format!("`{name}` is not an enum"))
    }

    // -- truth -----------------------------------------------------------------------------------------------

    /// Truth of a value: false, 0, 0.0, empty texts and collections, unit and nil are false. An option is what its value is.
    pub fn truthy(&mut self, val: &Val) -> R<Value> {
        Ok(match self.ty(val.ty) {
            Ty::Bool => self.one(val),
            Ty::Int(_) => {
                let leaf = self.one(val);
                match self.e.constant(leaf) {
                    Some(number) => self.e.int(Repr::I8, i64::from(number != 0)),
                    None => self.e.compare_imm(Op::Ne, leaf, 0),
                }
            }
            Ty::Float { .. } => {
                let leaf = self.one(val);
                let zero = self.e.zero(self.e.repr(leaf));
                self.e.compare(Op::FNe, leaf, zero)
            }
            Ty::Text | Ty::Array(_) | Ty::Dict(..) => {
                let len = self.e.load(Repr::I32, self.one(val), object::LEN);
                self.e.compare_imm(Op::Ne, len, 0)
            }
            Ty::Any => self.e.rt1(RtFn::rt_any_truthy, &[self.one(val)]),
            Ty::Unit | Ty::Never => self.e.int(Repr::I8, 0),
            Ty::Option(inner) => {
                let present = self.is_present(val)?;
                if self.is_always_true(inner) {
                    return Ok(present);
                }
                let (some, join) = (self.e.block(), self.e.block());
                let result = self.e.param(join, Repr::I8);
                let no = self.e.int(Repr::I8, 0);
                let not = self.e.not(present);
                self.branch_with(not, join, &[no], some);
                self.e.at = some;
                let inner = self.part_of(val, &crate::generic::Proj::Some)?;
                let truth = self.truthy(&inner)?;
                self.e.jump(join, &[truth]);
                self.e.at = join;
                result
            }
            Ty::Error
            | Ty::Range
            | Ty::Tuple(_)
            | Ty::Fn(..)
            | Ty::Adt(..)
            | Ty::Dyn(..)
            | Ty::Number(_)
            | Ty::Param(_) => self.e.int(Repr::I8, 1),
        })
    }

    fn is_always_true(&self, ty: TyId) -> bool {
        matches!(self.s.hir.types.get(ty), Ty::Range | Ty::Tuple(_) | Ty::Fn(..) | Ty::Adt(..) | Ty::Dyn(..))
    }
}
