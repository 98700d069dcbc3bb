//! Equality and order of values, by structure.

use super::counts::Scratch;
use super::{Lower, Val};
use crate::generic::Proj;
use crate::instantiate::R;
use crate::layout::Parts;
use crate::legal::{Op, Value};
use abi::runtime_fns::DynOp;
use abi::{Repr, RtFn};
use base::Code;
use sema::hir::{AdtKind, BinOp};
use sema::ty::{Ty, TyId, Types};

impl Lower<'_, '_> {
    /// 1 if two values are equal. An option is equal to a bare value if its value is; numbers compare as numbers.
    pub fn equal(&mut self, a: &Val, b: &Val) -> R<Value> {
        if a.ty == b.ty {
            return self.equal_same(a, b);
        }
        match (self.ty(a.ty), self.ty(b.ty)) {
            (Ty::Any, _) | (_, Ty::Any) => self.compare_any(DynOp::Eq, a, b),
            (Ty::Int(_) | Ty::Float { .. }, Ty::Int(_) | Ty::Float { .. }) => {
                self.compare_numbers(BinOp::Eq, a, b)
            }
            (Ty::Option(_), Ty::Option(_)) => {
                let (here, there) = (self.is_present(a)?, self.is_present(b)?);
                let same = self.e.compare(Op::Eq, here, there);
                let both = self.e.binary(Op::And, here, there);
                self.if_then(both, same, |lower| {
                    let x = lower.part_of(a, &Proj::Some)?;
                    let y = lower.part_of(b, &Proj::Some)?;
                    lower.equal(&x, &y)
                })
            }
            (Ty::Option(_), _) => self.equal_to_bare(a, b),
            (_, Ty::Option(_)) => self.equal_to_bare(b, a),
            // nil is not a value of any other type.
            (Ty::Unit | Ty::Never, _) | (_, Ty::Unit | Ty::Never) => Ok(self.e.int(Repr::I8, 0)),
            _ => {
                let (left, right) = (self.name(a.ty), self.name(b.ty));
                Err(self.error(
                    Code::BadOperator,
                    format!("a value of type `{left}` cannot be compared with one of type `{right}`"),
                ))
            }
        }
    }

    fn equal_to_bare(&mut self, option: &Val, bare: &Val) -> R<Value> {
        let present = self.is_present(option)?;
        let no = self.e.int(Repr::I8, 0);
        self.if_then(present, no, |lower| {
            let inner = lower.part_of(option, &Proj::Some)?;
            lower.equal(&inner, bare)
        })
    }

    /// What `then` computes where the condition holds, else `otherwise`.
    pub fn if_then(
        &mut self,
        cond: Value,
        otherwise: Value,
        then: impl FnOnce(&mut Self) -> R<Value>,
    ) -> R<Value> {
        let (yes, join) = (self.e.block(), self.e.block());
        let result = self.e.param(join, self.e.repr(otherwise));
        let not = self.e.not(cond);
        self.branch_with(not, join, &[otherwise], yes);
        self.e.at = yes;
        let value = then(self)?;
        self.e.jump(join, &[value]);
        self.e.at = join;
        Ok(result)
    }

    fn equal_same(&mut self, a: &Val, b: &Val) -> R<Value> {
        match self.ty(a.ty) {
            Ty::Float { .. } => Ok(self.e.compare(Op::FEq, self.one(a), self.one(b))),
            Ty::Text => Ok(self.e.rt1(RtFn::rt_text_eq, &[self.one(a), self.one(b)])),
            Ty::Any => self.compare_any(DynOp::Eq, a, b),
            _ if self.is_bitwise(a.ty)? => {
                let mut result = None;
                for (&x, &y) in a.leaves.iter().zip(&b.leaves) {
                    let same = self.e.compare(Op::Eq, x, y);
                    result = Some(match result {
                        None => same,
                        Some(before) => self.e.binary(Op::And, before, same),
                    });
                }
                Ok(result.unwrap_or_else(|| self.e.int(Repr::I8, 1)))
            }
            _ => {
                let word = self.type_word(a.ty)?;
                let (x, y) = (self.spill(a, Scratch::A)?, self.spill(b, Scratch::B)?);
                Ok(self.e.rt1(RtFn::rt_eq, &[word, x, y]))
            }
        }
    }

    /// True where equal values have equal leaves: there are integers in it and nothing else.
    fn is_bitwise(&mut self, ty: TyId) -> R<bool> {
        if self.layout(ty)?.boxed {
            return Ok(false);
        }
        let part_tys: Vec<TyId> = match self.ty(ty) {
            Ty::Unit | Ty::Never | Ty::Bool | Ty::Int(_) => return Ok(true),
            Ty::Adt(id, _) if matches!(self.s.hir.adts[id].kind, AdtKind::Class(_)) => return Ok(false),
            Ty::Tuple(_) | Ty::Option(_) | Ty::Adt(..) => match &self.payload(ty)?.parts {
                Parts::Fields(parts) => parts.iter().map(|part| part.ty).collect(),
                Parts::Variants { variants, .. } => variants.iter().flatten().map(|part| part.ty).collect(),
                Parts::Option { value, .. } => vec![value.ty],
            },
            Ty::Error
            | Ty::Float { .. }
            | Ty::Text
            | Ty::Any
            | Ty::Range
            | Ty::Array(_)
            | Ty::Dict(..)
            | Ty::Fn(..)
            | Ty::Dyn(..)
            | Ty::Number(_)
            | Ty::Param(_) => return Ok(false),
        };
        for part in part_tys {
            if !self.is_bitwise(part)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A comparison where one side is `any`.
    pub fn compare_any(&mut self, op: DynOp, a: &Val, b: &Val) -> R<Value> {
        let (x, y) = (self.borrow_any(a)?, self.borrow_any(b)?);
        let op = self.e.int(Repr::I32, op as i64);
        let result = self.e.rt1(RtFn::rt_any_compare, &[op, self.one(&x), self.one(&y)]);
        self.end_any(a, &x)?;
        self.end_any(b, &y)?;
        Ok(result)
    }

    /// A value as `any`, to be looked at; [`Lower::end_any`] ends that.
    pub fn borrow_any(&mut self, val: &Val) -> R<Val> {
        if val.ty == Types::any() {
            return Ok(val.clone());
        }
        self.retain(val)?;
        self.coerce(val.clone(), Types::any())
    }

    /// Releases what [`Lower::borrow_any`] made.
    pub fn end_any(&mut self, val: &Val, any: &Val) -> R<()> {
        if val.ty == Types::any() { Ok(()) } else { self.release(any) }
    }

    /// `a < b`, or `a <= b`.
    pub fn less(&mut self, op: BinOp, a: &Val, b: &Val) -> R<Value> {
        if self.is_number(a.ty) && self.is_number(b.ty) {
            return self.compare_numbers(op, a, b);
        }
        let dyn_op = if op == BinOp::Lt { DynOp::Lt } else { DynOp::Le };
        if a.ty == Types::any() || b.ty == Types::any() {
            return self.compare_any(dyn_op, a, b);
        }
        let order = self.order(a, b)?;
        Ok(self.e.compare_imm(if op == BinOp::Lt { Op::SLt } else { Op::SLe }, order, 0))
    }

    /// -1, 0, 1 as I32, for two values of one type.
    pub fn order(&mut self, a: &Val, b: &Val) -> R<Value> {
        if a.ty != b.ty {
            let (left, right) = (self.name(a.ty), self.name(b.ty));
            let message = format!("values of type `{left}` and `{right}` have no order");
            return Err(self.error(Code::BadOperator, message));
        }
        if self.ty(a.ty) == Ty::Text {
            return Ok(self.e.rt1(RtFn::rt_text_cmp, &[self.one(a), self.one(b)]));
        }
        if let Ty::Int(_) | Ty::Bool = self.ty(a.ty) {
            let signed = matches!(self.ty(a.ty), Ty::Int(int) if int.signed);
            let op = if signed { Op::SLt } else { Op::ULt };
            let less = self.e.compare(op, self.one(a), self.one(b));
            let more = self.e.compare(op, self.one(b), self.one(a));
            let less = self.e.resize(less, Repr::I32, false);
            let more = self.e.resize(more, Repr::I32, false);
            return Ok(self.e.binary(Op::Sub, more, less));
        }
        let word = self.type_word(a.ty)?;
        let (x, y) = (self.spill(a, Scratch::A)?, self.spill(b, Scratch::B)?);
        Ok(self.e.rt1(RtFn::rt_cmp, &[word, x, y]))
    }
}
