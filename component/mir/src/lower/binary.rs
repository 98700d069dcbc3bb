//! Operators by the types of their operands.

use super::counts::Scratch;
use super::operand::Read;
use super::{Lower, Val};
use crate::instantiate::R;
use crate::legal::{Op, Value};
use abi::runtime_fns::DynOp;
use abi::{Repr, RtFn};
use base::Code;
use sema::hir::{BinOp, UnOp};
use sema::ty::{Ty, TyId, Types};

impl Lower<'_, '_> {
    /// `left op right`; both are done with afterwards.
    pub(super) fn binary(&mut self, op: BinOp, left: Read, right: Read) -> R<Val> {
        match op {
            BinOp::Eq | BinOp::Ne | BinOp::Is | BinOp::Lt | BinOp::Le | BinOp::Gt | BinOp::Ge => {
                self.comparison(op, left, right)
            }
            BinOp::In | BinOp::NotIn => {
                let found = self.contains(&left.val, &right.val)?;
                let found = if op == BinOp::NotIn { self.e.not(found) } else { found };
                self.done(left)?;
                self.done(right)?;
                Ok(bool_val(found))
            }
            BinOp::Add
            | BinOp::Sub
            | BinOp::Mul
            | BinOp::Div
            | BinOp::Rem
            | BinOp::Pow
            | BinOp::BitAnd
            | BinOp::BitOr
            | BinOp::BitXor
            | BinOp::Shl
            | BinOp::Shr
            | BinOp::MatMul => self.computation(op, left, right),
        }
    }

    fn comparison(&mut self, op: BinOp, left: Read, right: Read) -> R<Val> {
        if self.has_own_operator(left.val.ty)
            && let Some(result) = self.own_binary(op, &left, &right)?
        {
            return Ok(result);
        }
        let (a, b) = (&left.val, &right.val);
        let result = match op {
            BinOp::Ne => {
                let equal = self.equal(a, b)?;
                self.e.not(equal)
            }
            BinOp::Lt => self.less(BinOp::Lt, a, b)?,
            BinOp::Le => self.less(BinOp::Le, a, b)?,
            BinOp::Gt => self.less(BinOp::Lt, b, a)?,
            BinOp::Ge => self.less(BinOp::Le, b, a)?,
            _ => self.equal(a, b)?,
        };
        self.done(left)?;
        self.done(right)?;
        Ok(bool_val(result))
    }

    fn computation(&mut self, op: BinOp, left: Read, right: Read) -> R<Val> {
        let (a, b) = (self.ty(left.val.ty), self.ty(right.val.ty));
        match (&a, &b) {
            (Ty::Int(_) | Ty::Float { .. }, Ty::Int(_) | Ty::Float { .. }) => {
                self.arithmetic(op, &left.val, &right.val)
            }
            (Ty::Text, _) if op == BinOp::Add => {
                let shown = self.shown(right)?;
                self.concat(left, shown)
            }
            (_, Ty::Text) if op == BinOp::Add => {
                let shown = self.shown(left)?;
                self.concat(shown, right)
            }
            (Ty::Any, _) | (_, Ty::Any) => self.dynamic(op, left, right),
            (Ty::Bool, Ty::Bool) if matches!(op, BinOp::BitAnd | BinOp::BitOr | BinOp::BitXor) => {
                let op = match op {
                    BinOp::BitAnd => Op::And,
                    BinOp::BitOr => Op::Or,
                    _ => Op::Xor,
                };
                Ok(bool_val(self.e.binary(op, self.one(&left.val), self.one(&right.val))))
            }
            (Ty::Text, Ty::Int(_)) if op == BinOp::Mul => self.repeat_text(left, right),
            (Ty::Int(_), Ty::Text) if op == BinOp::Mul => self.repeat_text(right, left),
            (Ty::Array(_), Ty::Array(_)) if op == BinOp::Add => {
                let ty = left.val.ty;
                let right = self.as_type(right, ty)?;
                let own = self.keep(left)?;
                let both = self.e.rt1(RtFn::rt_array_concat, &[self.one(&own), self.one(&right.val)]);
                self.done(right)?;
                Ok(Val { ty, leaves: [both].into_iter().collect() })
            }
            _ => {
                if self.has_own_operator(left.val.ty)
                    && let Some(result) = self.own_binary(op, &left, &right)?
                {
                    return Ok(result);
                }
                Err(self.bad_operator(left.val.ty, right.val.ty))
            }
        }
    }

    fn bad_operator(&mut self, a: TyId, b: TyId) -> crate::instantiate::Stop {
        let (a, b) = (self.name(a), self.name(b));
        self.error(Code::BadOperator, format!("values of type `{a}` and `{b}` do not have this operator"))
    }

    /// A value as text.
    fn shown(&mut self, read: Read) -> R<Read> {
        if self.ty(read.val.ty) == Ty::Text {
            return Ok(read);
        }
        Ok(Read { val: self.show(read, None)?, owned: true })
    }

    fn concat(&mut self, left: Read, right: Read) -> R<Val> {
        let own = self.keep(left)?;
        let both = self.e.rt1(RtFn::rt_text_concat, &[self.one(&own), self.one(&right.val)]);
        self.done(right)?;
        Ok(Val { ty: Types::text(), leaves: [both].into_iter().collect() })
    }

    fn repeat_text(&mut self, text: Read, count: Read) -> R<Val> {
        let number = self.number(&count.val, Types::i64())?;
        let result = self.e.rt1(RtFn::rt_text_repeat, &[self.one(&text.val), self.one(&number)]);
        self.done(text)?;
        Ok(Val { ty: Types::text(), leaves: [result].into_iter().collect() })
    }

    fn dynamic(&mut self, op: BinOp, left: Read, right: Read) -> R<Val> {
        let Some(number) = dyn_op(op) else { return Err(self.bad_operator(left.val.ty, right.val.ty)) };
        let (x, y) = (self.borrow_any(&left.val)?, self.borrow_any(&right.val)?);
        let number = self.e.int(Repr::I32, number as i64);
        let result = self.e.rt1(RtFn::rt_any_binary, &[number, self.one(&x), self.one(&y)]);
        self.end_any(&left.val, &x)?;
        self.end_any(&right.val, &y)?;
        self.done(left)?;
        self.done(right)?;
        Ok(Val { ty: Types::any(), leaves: [result].into_iter().collect() })
    }

    /// `item in collection`.
    fn contains(&mut self, item: &Val, collection: &Val) -> R<Value> {
        match self.ty(collection.ty) {
            Ty::Array(elem) => {
                let item = self.borrow_as(item, elem)?;
                let address = self.spill(&item.val, Scratch::A)?;
                let at = self.e.rt1(RtFn::rt_array_index_of, &[self.one(collection), address]);
                self.done(item)?;
                Ok(self.e.compare_imm(Op::Ne, at, -1))
            }
            Ty::Dict(key, _) => {
                let key = self.borrow_as(item, key)?;
                let address = self.spill(&key.val, Scratch::A)?;
                let at = self.e.rt1(RtFn::rt_dict_find, &[self.one(collection), address]);
                self.done(key)?;
                Ok(self.e.compare_imm(Op::Ne, at, 0))
            }
            Ty::Text if item.ty == Types::text() => {
                Ok(self.e.rt1(RtFn::rt_text_contains, &[self.one(collection), self.one(item)]))
            }
            Ty::Range if self.is_number(item.ty) => self.in_range(item, collection),
            Ty::Any => self.compare_any(DynOp::In, item, collection),
            _ if item.ty == Types::any() => self.compare_any(DynOp::In, item, collection),
            _ => Err(self.bad_operator(item.ty, collection.ty)),
        }
    }

    /// A borrowed value as a value of another type.
    fn borrow_as(&mut self, val: &Val, ty: TyId) -> R<Read> {
        self.as_type(Read { val: val.clone(), owned: false }, ty)
    }

    fn in_range(&mut self, item: &Val, range: &Val) -> R<Value> {
        let x = self.number(item, Types::i64())?;
        let x = self.one(&x);
        let [start, end, step, inclusive] = [0, 1, 2, 3].map(|index| range.leaves[index]);
        let inside = self.inside_range(x, start, end, step, inclusive);
        // The distance from the start is a multiple of the step, which is not 0; of -1 everything is.
        let distance = self.e.binary(Op::Sub, x, start);
        let minus_one = self.e.compare_imm(Op::Eq, step, -1);
        let zero = self.e.compare_imm(Op::Eq, step, 0);
        let unsafe_step = self.e.binary(Op::Or, minus_one, zero);
        let one = self.e.int(Repr::I64, 1);
        let safe = self.e.select(unsafe_step, one, step);
        let rest = self.e.binary(Op::SRem, distance, safe);
        let fits = self.e.compare_imm(Op::Eq, rest, 0);
        Ok(self.e.binary(Op::And, inside, fits))
    }

    /// `-`, `~`, `not`.
    pub(super) fn unary(&mut self, op: UnOp, read: Read) -> R<Val> {
        if op == UnOp::Not {
            let truth = self.truthy(&read.val)?;
            self.done(read)?;
            let not = match self.e.constant(truth) {
                Some(bit) => self.e.int(Repr::I8, bit ^ 1),
                None => self.e.not(truth),
            };
            return Ok(bool_val(not));
        }
        if self.is_number(read.val.ty) {
            return self.negate(op, &read.val);
        }
        if self.ty(read.val.ty) == Ty::Any {
            let number = if op == UnOp::Neg { DynOp::Neg } else { DynOp::BitNot };
            let number = self.e.int(Repr::I32, number as i64);
            let result = self.e.rt1(RtFn::rt_any_unary, &[number, self.one(&read.val)]);
            self.done(read)?;
            return Ok(Val { ty: Types::any(), leaves: [result].into_iter().collect() });
        }
        if let Some(result) = self.own_unary(op, &read)? {
            return Ok(result);
        }
        let name = self.name(read.val.ty);
        Err(self.error(Code::BadOperator, format!("values of type `{name}` do not have this operator")))
    }
}

/// A bool.
pub(super) fn bool_val(leaf: Value) -> Val {
    Val { ty: Types::bool(), leaves: [leaf].into_iter().collect() }
}

fn dyn_op(op: BinOp) -> Option<DynOp> {
    Some(match op {
        BinOp::Add => DynOp::Add,
        BinOp::Sub => DynOp::Sub,
        BinOp::Mul => DynOp::Mul,
        BinOp::Div => DynOp::Div,
        BinOp::Rem => DynOp::Rem,
        BinOp::Pow => DynOp::Pow,
        BinOp::BitAnd => DynOp::BitAnd,
        BinOp::BitOr => DynOp::BitOr,
        BinOp::BitXor => DynOp::BitXor,
        BinOp::Shl => DynOp::Shl,
        BinOp::Shr => DynOp::Shr,
        BinOp::Eq | BinOp::Is => DynOp::Eq,
        BinOp::Ne => DynOp::Ne,
        BinOp::Lt => DynOp::Lt,
        BinOp::Le => DynOp::Le,
        BinOp::Gt => DynOp::Gt,
        BinOp::Ge => DynOp::Ge,
        BinOp::In => DynOp::In,
        BinOp::NotIn | BinOp::MatMul => return None,
    })
}
