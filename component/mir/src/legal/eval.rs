//! What the operations without effects compute. The interpreter and constant folding share it, so they cannot disagree.
//!
//! A value is a word: integers, `Ref` and `F32` bits zero-extended, F64 as bits, `Any` as it is.

use super::Op;
use abi::Repr;

/// The bits that a type has, set.
pub fn mask(ty: Repr) -> u64 {
    u64::MAX >> (64 - ty.size() * 8)
}

/// The word of an integer constant.
pub fn constant(ty: Repr, imm: i64) -> u64 {
    imm as u64 & mask(ty)
}

/// A word of an integer type as a signed number.
pub fn signed(ty: Repr, word: u64) -> i64 {
    let unused = 64 - ty.size() * 8;
    ((word << unused) as i64) >> unused
}

/// The result of an operation on `args` that depends on nothing else. `ty` is the controlling type, `from` the type of
/// the first operand. None for an operation with effects, one that reads memory or the program, another number of operands,
/// or operands that the operation does not take (a zero divisor).
#[inline]
pub fn eval(op: Op, ty: Repr, from: Repr, args: &[u64]) -> Option<u64> {
    match *args {
        [a] => unary(op, ty, from, a),
        [a, b] => binary(op, ty, a, b),
        [condition, a, b] if op == Op::Select => Some(if condition != 0 { a } else { b }),
        _ => None,
    }
}

/// [`eval`] for one operand.
pub fn unary(op: Op, ty: Repr, from: Repr, a: u64) -> Option<u64> {
    let bits = ty.size() * 8;
    Some(match op {
        Op::Clz => u64::from(a.leading_zeros() - (64 - bits)),
        Op::Ctz => u64::from(a.trailing_zeros().min(bits)),
        Op::Popcnt => u64::from(a.count_ones()),
        Op::FNeg => a ^ (1 << (bits - 1)),
        Op::FAbs => a & !(1 << (bits - 1)),
        Op::FSqrt => float1(ty, a, f32::sqrt, f64::sqrt)?,
        Op::FFloor => float1(ty, a, f32::floor, f64::floor)?,
        Op::FCeil => float1(ty, a, f32::ceil, f64::ceil)?,
        Op::FTrunc => float1(ty, a, f32::trunc, f64::trunc)?,
        Op::SExt => signed(from, a) as u64 & mask(ty),
        Op::ZExt | Op::Bits => a,
        Op::Trunc => a & mask(ty),
        Op::SToF => match ty {
            Repr::F32 => bits32(signed(from, a) as f32),
            Repr::F64 => (signed(from, a) as f64).to_bits(),
            _ => return None,
        },
        Op::UToF => match ty {
            Repr::F32 => bits32(a as f32),
            Repr::F64 => (a as f64).to_bits(),
            _ => return None,
        },
        // Every F32 is an F64.
        Op::FToS => match ty {
            Repr::I32 => u64::from(float(from, a)? as i32 as u32),
            Repr::I64 => float(from, a)? as i64 as u64,
            _ => return None,
        },
        Op::FToU => match ty {
            Repr::I32 => u64::from(float(from, a)? as u32),
            Repr::I64 => float(from, a)? as u64,
            _ => return None,
        },
        Op::FToF => match ty {
            Repr::F32 => bits32(float(from, a)? as f32),
            Repr::F64 => float(from, a)?.to_bits(),
            _ => return None,
        },
        _ => return None,
    })
}

/// [`eval`] for two operands.
pub fn binary(op: Op, ty: Repr, a: u64, b: u64) -> Option<u64> {
    let bits = u64::from(ty.size() * 8);
    let sign = |word| signed(ty, word);
    Some(match op {
        Op::Add => a.wrapping_add(b) & mask(ty),
        Op::Sub => a.wrapping_sub(b) & mask(ty),
        Op::Mul => a.wrapping_mul(b) & mask(ty),
        Op::SDiv if sign(b) != -1 => sign(a).checked_div(sign(b))? as u64 & mask(ty),
        Op::SRem if sign(b) != -1 => sign(a).checked_rem(sign(b))? as u64 & mask(ty),
        Op::UDiv => a.checked_div(b)?,
        Op::URem => a.checked_rem(b)?,
        Op::And => a & b,
        Op::Or => a | b,
        Op::Xor => a ^ b,
        Op::Shl => a << (b % bits) & mask(ty),
        Op::SShr => (sign(a) >> (b % bits)) as u64 & mask(ty),
        Op::UShr => a >> (b % bits),
        Op::Eq => u64::from(a == b),
        Op::Ne => u64::from(a != b),
        Op::SLt => u64::from(sign(a) < sign(b)),
        Op::SLe => u64::from(sign(a) <= sign(b)),
        Op::ULt => u64::from(a < b),
        Op::ULe => u64::from(a <= b),
        Op::FAdd => float2(ty, a, b, |a, b| a + b, |a, b| a + b)?,
        Op::FSub => float2(ty, a, b, |a, b| a - b, |a, b| a - b)?,
        Op::FMul => float2(ty, a, b, |a, b| a * b, |a, b| a * b)?,
        Op::FDiv => float2(ty, a, b, |a, b| a / b, |a, b| a / b)?,
        Op::FMin => least(ty, a, b, false)?,
        Op::FMax => least(ty, a, b, true)?,
        Op::FEq => u64::from(float(ty, a)? == float(ty, b)?),
        Op::FNe => u64::from(float(ty, a)? != float(ty, b)?),
        Op::FLt => u64::from(float(ty, a)? < float(ty, b)?),
        Op::FLe => u64::from(float(ty, a)? <= float(ty, b)?),
        _ => return None,
    })
}

fn bits32(value: f32) -> u64 {
    u64::from(value.to_bits())
}

fn float(ty: Repr, word: u64) -> Option<f64> {
    match ty {
        Repr::F32 => Some(f64::from(f32::from_bits(word as u32))),
        Repr::F64 => Some(f64::from_bits(word)),
        Repr::I8 | Repr::I16 | Repr::I32 | Repr::I64 | Repr::Ref | Repr::Any => None,
    }
}

fn float1(ty: Repr, a: u64, single: fn(f32) -> f32, double: fn(f64) -> f64) -> Option<u64> {
    match ty {
        Repr::F32 => Some(bits32(single(f32::from_bits(a as u32)))),
        Repr::F64 => Some(double(f64::from_bits(a)).to_bits()),
        Repr::I8 | Repr::I16 | Repr::I32 | Repr::I64 | Repr::Ref | Repr::Any => None,
    }
}

fn float2(ty: Repr, a: u64, b: u64, single: fn(f32, f32) -> f32, double: fn(f64, f64) -> f64) -> Option<u64> {
    match ty {
        Repr::F32 => Some(bits32(single(f32::from_bits(a as u32), f32::from_bits(b as u32)))),
        Repr::F64 => Some(double(f64::from_bits(a), f64::from_bits(b)).to_bits()),
        Repr::I8 | Repr::I16 | Repr::I32 | Repr::I64 | Repr::Ref | Repr::Any => None,
    }
}

/// The smaller or larger; NaN if either is; -0 is below 0.
fn least(ty: Repr, a: u64, b: u64, largest: bool) -> Option<u64> {
    let (x, y) = (float(ty, a)?, float(ty, b)?);
    if x.is_nan() || y.is_nan() {
        return float2(ty, a, b, |a, b| a + b, |a, b| a + b);
    }
    let a_first = x < y || (x == y && x.is_sign_negative());
    Some(if a_first != largest { a } else { b })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn narrow_integers_wrap_at_their_width() {
        assert_eq!(binary(Op::Add, Repr::I8, 0xFF, 2), Some(1));
        assert_eq!(binary(Op::SDiv, Repr::I8, 0x80, 2), Some(0xC0));
        assert_eq!(binary(Op::SShr, Repr::I16, 0x8000, 17), Some(0xC000));
        assert_eq!(binary(Op::SLt, Repr::I32, 0xFFFF_FFFF, 0), Some(1));
        assert_eq!(unary(Op::Clz, Repr::I8, Repr::I8, 1), Some(7));
        assert_eq!(unary(Op::Ctz, Repr::I16, Repr::I16, 0), Some(16));
        assert_eq!(unary(Op::SExt, Repr::I64, Repr::I8, 0x80), Some((-128i64) as u64));
    }

    #[test]
    fn what_an_operation_does_not_take_has_no_result() {
        assert_eq!(binary(Op::SDiv, Repr::I64, 1, 0), None);
        assert_eq!(binary(Op::SRem, Repr::I64, i64::MIN as u64, -1i64 as u64), None);
        assert_eq!(binary(Op::Load, Repr::I64, 1, 0), None);
    }

    #[test]
    fn float_minimum_sees_nan_and_signs_of_zero() {
        let (zero, minus) = (0f64.to_bits(), (-0f64).to_bits());
        assert_eq!(binary(Op::FMin, Repr::F64, zero, minus), Some(minus));
        assert_eq!(binary(Op::FMax, Repr::F64, minus, zero), Some(zero));
        let nan = binary(Op::FMin, Repr::F64, f64::NAN.to_bits(), zero).map(f64::from_bits);
        assert!(nan.is_some_and(f64::is_nan));
    }

    #[test]
    fn conversions_saturate() {
        assert_eq!(unary(Op::FToS, Repr::I64, Repr::F64, 1e300f64.to_bits()), Some(i64::MAX as u64));
        assert_eq!(unary(Op::FToS, Repr::I64, Repr::F64, f64::NAN.to_bits()), Some(0));
        assert_eq!(unary(Op::FToU, Repr::I32, Repr::F64, (-1f64).to_bits()), Some(0));
    }
}
