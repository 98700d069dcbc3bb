//! Addresses of array elements. All address arithmetic is in 32 bits, as codegen demands.

use super::Lower;
use super::operand::Read;
use crate::instantiate::R;
use crate::legal::{Op, Value};
use abi::{ErrorKind, Repr, object};
use sema::ty::{Ty, TyId, Types};

impl Lower<'_, '_> {
    /// An index as an I64, and whether it counts from the end where it is negative.
    pub fn index_number(&mut self, read: Read) -> R<(Value, bool)> {
        if let Ty::Int(int) = self.ty(read.val.ty) {
            let value = self.one(&read.val);
            return Ok((self.e.resize(value, Repr::I64, int.signed), int.signed || int.bits < 64));
        }
        let read = self.as_type(read, Types::i64())?;
        Ok((self.one(&read.val), true))
    }

    /// Length of an array, dict or text (in bytes) as I64.
    pub fn length(&mut self, object: Value) -> Value {
        let len = self.e.load(Repr::I32, object, object::LEN);
        self.e.convert(Op::ZExt, len, Repr::I64)
    }

    /// An index that is in range: negative ones count from the end, others raise.
    pub fn checked_index(&mut self, array: Value, index: Value, signed: bool) -> Value {
        let len = self.length(array);
        let inside = self.e.compare(Op::ULt, index, len);
        let (outside, join) = (self.e.cold_block(), self.e.block());
        let known_positive = self.e.constant(index).is_some_and(|index| index >= 0);
        if !signed || known_positive {
            self.e.branch(inside, join, outside);
            self.e.at = outside;
            self.e.raise(ErrorKind::IndexOutOfRange, Some(index), Some(len));
            self.e.at = join;
            return index;
        }
        let result = self.e.param(join, Repr::I64);
        self.branch_with(inside, join, &[index], outside);
        self.e.at = outside;
        let from_end = self.e.binary(Op::Add, index, len);
        let negative = self.e.compare_imm(Op::SLt, index, 0);
        let there = self.e.compare(Op::ULt, from_end, len);
        let there = self.e.binary(Op::And, negative, there);
        let bad = self.e.cold_block();
        self.branch_with(there, join, &[from_end], bad);
        self.e.at = bad;
        self.e.raise(ErrorKind::IndexOutOfRange, Some(index), Some(len));
        self.e.at = join;
        result
    }

    /// Address of the element at an index that is in range; `ARRAY_DATA` is the displacement.
    pub fn element_address(&mut self, array: Value, index: Value, elem: TyId) -> R<Value> {
        let stride = self.layout(elem)?.size;
        let index = self.e.resize(index, Repr::I32, true);
        let offset = match stride {
            0 => self.e.int(Repr::I32, 0),
            1 => index,
            _ if stride.is_power_of_two() => {
                self.e.binary_imm(Op::Shl, index, i64::from(stride.trailing_zeros()))
            }
            _ => self.e.binary_imm(Op::Mul, index, i64::from(stride)),
        };
        let base = self.e.convert(Op::Bits, array, Repr::I32);
        Ok(self.e.binary(Op::Add, base, offset))
    }
}
