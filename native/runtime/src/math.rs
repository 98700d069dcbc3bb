//! Numbers. Float functions come from `libm`, so every host gives the same bits.

use crate::{Host, Memory, Raised, Rt, RunError};
use abi::ErrorKind;
use abi::runtime_fns::MathFn;

/// `a ** b`, wrapping; `b` is not negative.
pub(crate) fn int_pow(mut base: i64, exponent: i64) -> i64 {
    let (mut left, mut power) = (exponent, 1i64);
    while left > 0 {
        if left & 1 != 0 {
            power = power.wrapping_mul(base);
        }
        base = base.wrapping_mul(base);
        left >>= 1;
    }
    power
}

fn log(x: f64, base: f64) -> f64 {
    if base == 2.0 {
        libm::log2(x)
    } else if base == 10.0 {
        libm::log10(x)
    } else {
        libm::log(x) / libm::log(base)
    }
}

impl<M: Memory, H: Host> Rt<M, H> {
    pub(crate) fn rt_int_pow(&mut self, a: i64, b: i64) -> Result<i64, Raised> {
        if b < 0 {
            return self.raise(RunError::with_args(ErrorKind::NegativeExponent, b, 0));
        }
        Ok(int_pow(a, b))
    }

    pub(crate) fn rt_f64_pow(&mut self, a: f64, b: f64) -> Result<f64, Raised> {
        Ok(libm::pow(a, b))
    }

    pub(crate) fn rt_f64_rem(&mut self, a: f64, b: f64) -> Result<f64, Raised> {
        if b == 0.0 {
            return self.raise(RunError::with_args(ErrorKind::ModuloByZero, 0, 0));
        }
        Ok(libm::fmod(a, b))
    }

    pub(crate) fn rt_f64_math(&mut self, function: u32, x: f64) -> Result<f64, Raised> {
        Ok(match MathFn::from_number(function).ok_or(Raised::Internal)? {
            MathFn::Sin => libm::sin(x),
            MathFn::Cos => libm::cos(x),
            MathFn::Tan => libm::tan(x),
            MathFn::Asin => libm::asin(x),
            MathFn::Acos => libm::acos(x),
            MathFn::Atan => libm::atan(x),
            MathFn::Sinh => libm::sinh(x),
            MathFn::Cosh => libm::cosh(x),
            MathFn::Tanh => libm::tanh(x),
            MathFn::Exp => libm::exp(x),
            MathFn::Ln => libm::log(x),
            MathFn::Log2 => libm::log2(x),
            MathFn::Log10 => libm::log10(x),
            MathFn::Cbrt => libm::cbrt(x),
            MathFn::Round => libm::round(x),
            MathFn::Atan2 | MathFn::Hypot | MathFn::Log => return Err(Raised::Internal),
        })
    }

    pub(crate) fn rt_f64_math2(&mut self, function: u32, x: f64, y: f64) -> Result<f64, Raised> {
        Ok(match MathFn::from_number(function).ok_or(Raised::Internal)? {
            MathFn::Atan2 => libm::atan2(x, y),
            MathFn::Hypot => libm::hypot(x, y),
            MathFn::Log => log(x, y),
            MathFn::Sin
            | MathFn::Cos
            | MathFn::Tan
            | MathFn::Asin
            | MathFn::Acos
            | MathFn::Atan
            | MathFn::Sinh
            | MathFn::Cosh
            | MathFn::Tanh
            | MathFn::Exp
            | MathFn::Ln
            | MathFn::Log2
            | MathFn::Log10
            | MathFn::Cbrt
            | MathFn::Round => return Err(Raised::Internal),
        })
    }
}
