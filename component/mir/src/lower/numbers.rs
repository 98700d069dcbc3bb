//! Arithmetic and comparison of numbers, by width and sign.

use super::{Lower, Val};
use crate::instantiate::R;
use crate::layout::{float_repr, int_repr};
use crate::legal::{Op, Value};
use abi::{ErrorKind, Repr, RtFn};
use base::Code;
use sema::hir::{BinOp, UnOp};
use sema::ty::{IntTy, Ty, TyId, Types};

impl Lower<'_, '_> {
    /// The type in which two numbers meet: the widest, unsigned if one is; a float if one is.
    fn common_number(&mut self, a: TyId, b: TyId) -> Option<TyId> {
        let ty = match (self.ty(a), self.ty(b)) {
            (Ty::Int(a), Ty::Int(b)) => {
                Ty::Int(IntTy { bits: a.bits.max(b.bits), signed: a.signed && b.signed })
            }
            (Ty::Float { bits: 32 }, Ty::Float { bits: 32 }) => Ty::Float { bits: 32 },
            (Ty::Int(_) | Ty::Float { .. }, Ty::Int(_) | Ty::Float { .. }) => Ty::Float { bits: 64 },
            _ => return None,
        };
        Some(self.intern(ty))
    }

    /// True for types of numbers.
    pub fn is_number(&self, ty: TyId) -> bool {
        matches!(self.s.hir.types.get(ty), Ty::Int(_) | Ty::Float { .. })
    }

    /// An arithmetic operator on two numbers.
    pub fn arithmetic(&mut self, op: BinOp, a: &Val, b: &Val) -> R<Val> {
        let Some(ty) = self.common_number(a.ty, b.ty) else { panic!("both operands are numbers") };
        let leaf = match (op, self.ty(ty)) {
            (BinOp::Shl | BinOp::Shr, Ty::Int(_)) => return self.shift(op, a, b),
            (_, Ty::Int(int)) => {
                let (x, y) = (self.number(a, ty)?, self.number(b, ty)?);
                self.int_op(op, int, self.one(&x), self.one(&y))?
            }
            _ => {
                let (x, y) = (self.number(a, ty)?, self.number(b, ty)?);
                self.float_op(op, ty, self.one(&x), self.one(&y))?
            }
        };
        Ok(Val { ty, leaves: [leaf].into_iter().collect() })
    }

    fn int_op(&mut self, op: BinOp, int: IntTy, a: Value, b: Value) -> R<Value> {
        Ok(match op {
            BinOp::Add => self.e.binary(Op::Add, a, b),
            BinOp::Sub => self.e.binary(Op::Sub, a, b),
            BinOp::Mul => self.e.binary(Op::Mul, a, b),
            BinOp::Div => self.divide(int, a, b, ErrorKind::DivisionByZero),
            BinOp::Rem => self.divide(int, a, b, ErrorKind::ModuloByZero),
            BinOp::BitAnd => self.e.binary(Op::And, a, b),
            BinOp::BitOr => self.e.binary(Op::Or, a, b),
            BinOp::BitXor => self.e.binary(Op::Xor, a, b),
            BinOp::Pow => {
                let a = self.e.resize(a, Repr::I64, int.signed);
                let b = self.e.resize(b, Repr::I64, int.signed);
                let power = self.e.rt1(RtFn::rt_int_pow, &[a, b]);
                self.e.resize(power, int_repr(int.bits), int.signed)
            }
            BinOp::Shl
            | BinOp::Shr
            | BinOp::Eq
            | BinOp::Ne
            | BinOp::Lt
            | BinOp::Le
            | BinOp::Gt
            | BinOp::Ge
            | BinOp::In
            | BinOp::NotIn
            | BinOp::Is
            | BinOp::MatMul => return Err(self.no_operator("whole numbers")),
        })
    }

    /// Quotient, or remainder for `ModuloByZero`.
    fn divide(&mut self, int: IntTy, a: Value, b: Value, kind: ErrorKind) -> Value {
        let quotient = kind == ErrorKind::DivisionByZero;
        let known = self.e.constant(b);
        if known.is_none_or(|b| b == 0) {
            let zero = self.e.compare_imm(Op::Eq, b, 0);
            self.e.raise_if(zero, kind);
        }
        if !int.signed {
            return self.e.binary(if quotient { Op::UDiv } else { Op::URem }, a, b);
        }
        let op = if quotient { Op::SDiv } else { Op::SRem };
        if known.is_some_and(|b| b != -1) {
            return self.e.binary(op, a, b);
        }
        // The least integer has no opposite: dividing by -1 is negating, which wraps; the remainder of that is that of 1.
        let minus_one = self.e.compare_imm(Op::Eq, b, -1);
        let one = self.e.int(self.e.repr(b), 1);
        let safe = self.e.select(minus_one, one, b);
        let result = self.e.binary(op, a, safe);
        if !quotient {
            return result;
        }
        let zero = self.e.zero(self.e.repr(a));
        let negated = self.e.binary(Op::Sub, zero, a);
        self.e.select(minus_one, negated, result)
    }

    /// Shifts are those of 64 bits, wrapped to the width of the left operand.
    fn shift(&mut self, op: BinOp, a: &Val, b: &Val) -> R<Val> {
        let (Ty::Int(left), Ty::Int(right)) = (self.ty(a.ty), self.ty(b.ty)) else {
            return Err(self.no_operator("these numbers"));
        };
        let value = self.e.resize(self.one(a), Repr::I64, left.signed);
        let count = self.e.resize(self.one(b), Repr::I64, right.signed);
        let op = match (op, left.signed) {
            (BinOp::Shl, _) => Op::Shl,
            (_, true) => Op::SShr,
            (_, false) => Op::UShr,
        };
        let shifted = self.e.binary(op, value, count);
        let leaf = self.e.resize(shifted, int_repr(left.bits), left.signed);
        Ok(Val { ty: a.ty, leaves: [leaf].into_iter().collect() })
    }

    fn float_op(&mut self, op: BinOp, ty: TyId, a: Value, b: Value) -> R<Value> {
        Ok(match op {
            BinOp::Add => self.e.binary(Op::FAdd, a, b),
            BinOp::Sub => self.e.binary(Op::FSub, a, b),
            BinOp::Mul => self.e.binary(Op::FMul, a, b),
            BinOp::Div => self.e.binary(Op::FDiv, a, b),
            BinOp::Rem => self.float_call(RtFn::rt_f64_rem, a, b),
            BinOp::Pow => self.float_call(RtFn::rt_f64_pow, a, b),
            BinOp::BitAnd
            | BinOp::BitOr
            | BinOp::BitXor
            | BinOp::Shl
            | BinOp::Shr
            | BinOp::Eq
            | BinOp::Ne
            | BinOp::Lt
            | BinOp::Le
            | BinOp::Gt
            | BinOp::Ge
            | BinOp::In
            | BinOp::NotIn
            | BinOp::Is
            | BinOp::MatMul => {
                let name = self.name(ty);
                return Err(self.no_operator(&format!("`{name}`")));
            }
        })
    }

    fn float_call(&mut self, function: RtFn, a: Value, b: Value) -> Value {
        let repr = self.e.repr(a);
        if repr == Repr::F64 {
            return self.e.rt1(function, &[a, b]);
        }
        let a = self.e.convert(Op::FToF, a, Repr::F64);
        let b = self.e.convert(Op::FToF, b, Repr::F64);
        let result = self.e.rt1(function, &[a, b]);
        self.e.convert(Op::FToF, result, repr)
    }

    fn no_operator(&mut self, what: &str) -> crate::instantiate::Stop {
        self.error(Code::BadOperator, format!("{what} do not have this operator"))
    }

    /// A comparison of two numbers by their mathematical values; `Lt`, `Le`, or else equality.
    pub fn compare_numbers(&mut self, op: BinOp, a: &Val, b: &Val) -> R<Value> {
        let (int_op, unsigned_op, float_op) = match op {
            BinOp::Lt => (Op::SLt, Op::ULt, Op::FLt),
            BinOp::Le => (Op::SLe, Op::ULe, Op::FLe),
            _ => (Op::Eq, Op::Eq, Op::FEq),
        };
        let (Ty::Int(left), Ty::Int(right)) = (self.ty(a.ty), self.ty(b.ty)) else {
            let both_short = [a.ty, b.ty].iter().all(|&ty| self.ty(ty) == Ty::Float { bits: 32 });
            let ty = if both_short { a.ty } else { Types::f64() };
            let (x, y) = (self.number(a, ty)?, self.number(b, ty)?);
            return Ok(self.e.compare(float_op, self.one(&x), self.one(&y)));
        };
        let (x, y) = (self.one(a), self.one(b));
        if left.signed == right.signed {
            let repr = int_repr(left.bits.max(right.bits));
            let x = self.e.resize(x, repr, left.signed);
            let y = self.e.resize(y, repr, right.signed);
            return Ok(self.e.compare(if left.signed { int_op } else { unsigned_op }, x, y));
        }
        let x = self.e.resize(x, Repr::I64, left.signed);
        let y = self.e.resize(y, Repr::I64, right.signed);
        let (signed, unsigned) = if left.signed { (x, right.bits) } else { (y, left.bits) };
        if unsigned < 64 {
            return Ok(self.e.compare(int_op, x, y));
        }
        // A negative number is less than every unsigned one.
        let negative = self.e.compare_imm(Op::SLt, signed, 0);
        let by_bits = self.e.compare(unsigned_op, x, y);
        let is_less = left.signed && unsigned_op != Op::Eq;
        let if_negative = self.e.int(Repr::I8, i64::from(is_less));
        Ok(self.e.select(negative, if_negative, by_bits))
    }

    /// `-` or `~` of a number.
    pub fn negate(&mut self, op: UnOp, a: &Val) -> R<Val> {
        let leaf = self.one(a);
        let result = match (op, self.ty(a.ty)) {
            (UnOp::Neg, Ty::Int(_)) => {
                let zero = self.e.zero(self.e.repr(leaf));
                match self.e.constant(leaf) {
                    Some(number) => self.e.int(self.e.repr(leaf), number.wrapping_neg()),
                    None => self.e.binary(Op::Sub, zero, leaf),
                }
            }
            (UnOp::Neg, Ty::Float { bits }) => {
                debug_assert_eq!(float_repr(bits), self.e.repr(leaf));
                self.e.unary(Op::FNeg, leaf)
            }
            (UnOp::BitNot, Ty::Int(_)) => self.e.binary_imm(Op::Xor, leaf, -1),
            _ => return Err(self.no_operator("such values")),
        };
        Ok(Val { ty: a.ty, leaves: [result].into_iter().collect() })
    }
}
