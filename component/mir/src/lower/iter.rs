//! Loops over collections, by a cursor: the index in an array or dict, the byte position in a text, the current number of a range.

use super::binary::bool_val;
use super::operand::Read;
use super::rvalue::i64_val;
use super::{Lower, Val};
use crate::generic::Operand;
use crate::instantiate::{R, Stop};
use crate::legal::{Op, Value};
use abi::{Repr, RtFn, object};
use base::Code;
use sema::ty::{Ty, TyId, Types};

impl Lower<'_, '_> {
    pub(super) fn iter_start(&mut self, operand: &Operand) -> R<Val> {
        let read = self.read(operand)?;
        let start = match self.ty(read.val.ty) {
            Ty::Array(_) | Ty::Text | Ty::Int(_) | Ty::Any => self.e.int(Repr::I64, 0),
            Ty::Dict(..) => {
                self.e.rt(RtFn::rt_dict_sort, &[self.one(&read.val)]);
                self.e.int(Repr::I64, 0)
            }
            Ty::Range => read.val.leaves[0],
            _ => return Err(self.no_iteration(read.val.ty)),
        };
        self.done(read)?;
        Ok(i64_val(start))
    }

    pub(super) fn iter_more(&mut self, operand: &Operand, cursor: &Operand) -> R<Val> {
        let (read, at) = self.cursor(operand, cursor)?;
        let more = match self.ty(read.val.ty) {
            Ty::Array(_) | Ty::Text | Ty::Dict(..) | Ty::Any => {
                let len = self.len_of(&read.val)?;
                self.e.compare(Op::SLt, at, len)
            }
            Ty::Int(int) => {
                let end = self.e.resize(self.one(&read.val), Repr::I64, int.signed);
                self.e.compare(if int.signed { Op::SLt } else { Op::ULt }, at, end)
            }
            Ty::Range => {
                let [start, end, step, inclusive] = [0, 1, 2, 3].map(|index| read.val.leaves[index]);
                if self.e.constant(step) == Some(1) && self.e.constant(inclusive) == Some(0) {
                    // The cursor is never before the start, and counting up to the end does not wrap.
                    self.e.compare(Op::SLt, at, end)
                } else {
                    self.inside_range(at, start, end, step, inclusive)
                }
            }
            _ => return Err(self.no_iteration(read.val.ty)),
        };
        self.done(read)?;
        Ok(bool_val(more))
    }

    pub(super) fn iter_item(&mut self, operand: &Operand, cursor: &Operand) -> R<Val> {
        let (read, at) = self.cursor(operand, cursor)?;
        let item = match self.ty(read.val.ty) {
            Ty::Array(elem) => {
                let array = self.one(&read.val);
                let address = self.element_address(array, at, elem)?;
                let item = self.load_at(address, object::ARRAY_DATA, elem)?;
                self.retain(&item)?;
                item
            }
            Ty::Dict(key, value) => {
                let dict = self.one(&read.val);
                let key_at = self.e.rt1(RtFn::rt_dict_key_at, &[dict, at]);
                let value_at = self.e.rt1(RtFn::rt_dict_value_at, &[dict, at]);
                let key = self.load_at(key_at, 0, key)?;
                let value = self.load_at(value_at, 0, value)?;
                self.retain(&key)?;
                self.retain(&value)?;
                let ty = self.intern(Ty::Tuple(vec![key.ty, value.ty]));
                self.tuple_of(vec![key, value], ty)?
            }
            Ty::Text => {
                let char = self.e.rt1(RtFn::rt_text_char_from, &[self.one(&read.val), at]);
                Val { ty: Types::text(), leaves: [char].into_iter().collect() }
            }
            Ty::Int(_) => {
                let ty = read.val.ty;
                self.number(&i64_val(at), ty)?
            }
            Ty::Range => i64_val(at),
            Ty::Any => {
                let item = self.e.rt1(RtFn::rt_any_item, &[self.one(&read.val), at]);
                Val { ty: Types::any(), leaves: [item].into_iter().collect() }
            }
            _ => return Err(self.no_iteration(read.val.ty)),
        };
        self.done(read)?;
        Ok(item)
    }

    pub(super) fn iter_next(&mut self, operand: &Operand, cursor: &Operand) -> R<Val> {
        let (read, at) = self.cursor(operand, cursor)?;
        let next = match self.ty(read.val.ty) {
            Ty::Array(_) | Ty::Dict(..) | Ty::Int(_) | Ty::Any => self.e.binary_imm(Op::Add, at, 1),
            Ty::Text => self.e.rt1(RtFn::rt_text_next, &[self.one(&read.val), at]),
            Ty::Range => {
                let [start, _, step, inclusive] = [0, 1, 2, 3].map(|index| read.val.leaves[index]);
                self.next_in_range(at, start, step, inclusive)
            }
            _ => return Err(self.no_iteration(read.val.ty)),
        };
        self.done(read)?;
        Ok(i64_val(next))
    }

    fn cursor(&mut self, operand: &Operand, cursor: &Operand) -> R<(Read, Value)> {
        let read = self.read(operand)?;
        let cursor = self.read(cursor)?;
        Ok((read, self.one(&cursor.val)))
    }

    fn no_iteration(&mut self, ty: TyId) -> Stop {
        let name = self.name(ty);
        self.error(Code::BadOperator, format!("a loop cannot run over a value of type `{name}`"))
    }

    /// 1 if a number lies between the ends of a range, in the direction of its step.
    pub fn inside_range(
        &mut self,
        x: Value,
        start: Value,
        end: Value,
        step: Value,
        inclusive: Value,
    ) -> Value {
        let (known_step, known_inclusive) = (self.e.constant(step), self.e.constant(inclusive));
        let up = self.ahead(x, start, end, inclusive, known_inclusive);
        if known_step.is_some_and(|step| step > 0) {
            return up;
        }
        let down = self.ahead_down(x, start, end, inclusive, known_inclusive);
        if known_step.is_some_and(|step| step < 0) {
            return down;
        }
        let backward = self.e.compare_imm(Op::SLt, step, 0);
        self.e.select(backward, down, up)
    }

    fn ahead(&mut self, x: Value, start: Value, end: Value, inclusive: Value, known: Option<i64>) -> Value {
        let from = self.e.compare(Op::SLe, start, x);
        let to = match known {
            Some(0) => self.e.compare(Op::SLt, x, end),
            Some(_) => self.e.compare(Op::SLe, x, end),
            None => {
                let less = self.e.compare(Op::SLt, x, end);
                let last = self.e.compare(Op::Eq, x, end);
                let last = self.e.binary(Op::And, last, inclusive);
                self.e.binary(Op::Or, less, last)
            }
        };
        self.e.binary(Op::And, from, to)
    }

    fn ahead_down(
        &mut self,
        x: Value,
        start: Value,
        end: Value,
        inclusive: Value,
        known: Option<i64>,
    ) -> Value {
        let from = self.e.compare(Op::SLe, x, start);
        let to = match known {
            Some(0) => self.e.compare(Op::SLt, end, x),
            Some(_) => self.e.compare(Op::SLe, end, x),
            None => {
                let more = self.e.compare(Op::SLt, end, x);
                let last = self.e.compare(Op::Eq, x, end);
                let last = self.e.binary(Op::And, last, inclusive);
                self.e.binary(Op::Or, more, last)
            }
        };
        self.e.binary(Op::And, from, to)
    }

    /// The next number. Where that would wrap around, a number before the start, which is not in the range.
    fn next_in_range(&mut self, at: Value, start: Value, step: Value, inclusive: Value) -> Value {
        let next = self.e.binary(Op::Add, at, step);
        let (known_step, known_inclusive) = (self.e.constant(step), self.e.constant(inclusive));
        if known_step == Some(1) && known_inclusive == Some(0) {
            return next;
        }
        let lower = self.e.compare(Op::SLt, next, at);
        let backward = self.e.compare_imm(Op::SLt, step, 0);
        let wrapped = self.e.binary(Op::Xor, lower, backward);
        let before = self.e.binary_imm(Op::Add, start, -1);
        let behind = self.e.binary_imm(Op::Add, start, 1);
        let outside = self.e.select(backward, behind, before);
        self.e.select(wrapped, outside, next)
    }
}
