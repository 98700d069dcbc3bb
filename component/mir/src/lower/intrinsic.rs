//! Intrinsics, expanded where they are called.

use super::binary::bool_val;
use super::call::Args;
use super::convert::Found;
use super::counts::Scratch;
use super::loan::{Lent, Runs};
use super::operand::Read;
use super::rvalue::i64_val;
use super::{Lower, Val};
use crate::generic::{Operand, Proj};
use crate::instantiate::R;
use crate::legal::{End, Op, Value};
use abi::{Repr, RtFn, context, object};
use base::Code;
use sema::hir::FnId;
use sema::intrinsic::Intrinsic;
use sema::ty::{Ty, TyId, Types};

/// The collection that an intrinsic changes.
struct Changed {
    lent: Option<Lent>,
    ty: TyId,
    object: Value,
}

impl Lower<'_, '_> {
    pub(super) fn intrinsic(
        &mut self,
        which: Intrinsic,
        id: FnId,
        targs: &[TyId],
        args: &[Operand],
    ) -> R<Val> {
        let (params, results) = self.s.fn_types(id, targs);
        let ret = results.last().copied().unwrap_or_else(Types::unit);
        if params.len() != args.len() {
            return Err(self.bad_extern(id));
        }
        let inspected = targs.first().copied().filter(|_| which.inspects_values());
        let result = match which {
            Intrinsic::ArrayPush
            | Intrinsic::ArrayPop
            | Intrinsic::ArrayInsert
            | Intrinsic::ArrayRemove
            | Intrinsic::ArrayTruncate
            | Intrinsic::ArrayReverse
            | Intrinsic::ArraySort
            | Intrinsic::ArrayAppend
            | Intrinsic::ArraySwap => self.change_array(which, inspected, &params, args)?,
            Intrinsic::DictSet | Intrinsic::DictRemove | Intrinsic::DictClear => {
                self.change_dict(which, inspected, &params, args)?
            }
            Intrinsic::TypeNumber => match targs.first().map(|&ty| self.ty(ty)) {
                Some(Ty::Number(number)) => i64_val(self.e.int(Repr::I64, number as i64)),
                // Nothing in the call or around it says which number it is.
                _ => {
                    let message = "it is not known which number this type parameter stands for: write it, as in `f<4>()`";
                    return Err(self.error(Code::AmbiguousType, message.to_owned()));
                }
            },
            Intrinsic::Raise => {
                let kind = self.read_as(&args[0], Types::i64())?;
                let message = self.read_as(&args[1], Types::text())?;
                let kind = self.e.resize(self.one(&kind.val), Repr::I32, true);
                self.e.rt(RtFn::rt_raise_text, &[kind, self.one(&message.val)]);
                self.e.end(End::Unreachable);
                self.dead = true;
                return Ok(Val { ty: Types::never(), leaves: super::emit::nothing() });
            }
            Intrinsic::UnwrapUnchecked => {
                let val = self.consume_as(&args[0], params[0])?;
                if matches!(self.ty(val.ty), Ty::Option(_)) { self.take_part(val, &Proj::Some)? } else { val }
            }
            Intrinsic::Show => {
                let read = self.read_as(&args[0], params[0])?;
                self.show(read, None)?
            }
            Intrinsic::ArrayNew => {
                let cap = self.read_as(&args[0], Types::i64())?;
                let word = self.type_word(ret)?;
                let array = self.e.rt1(RtFn::rt_array_new, &[word, self.one(&cap.val)]);
                Val { ty: ret, leaves: [array].into_iter().collect() }
            }
            Intrinsic::Cmp
            | Intrinsic::ArrayLen
            | Intrinsic::ArrayAt
            | Intrinsic::ArrayIndexOf
            | Intrinsic::ArrayJoin
            | Intrinsic::DictLen
            | Intrinsic::DictGet
            | Intrinsic::DictHas
            | Intrinsic::DictSort
            | Intrinsic::DictKeyAt
            | Intrinsic::DictValueAt
            | Intrinsic::TextLen
            | Intrinsic::IsNil
            | Intrinsic::FloatSqrt
            | Intrinsic::FloatFloor
            | Intrinsic::FloatCeil
            | Intrinsic::FloatTrunc
            | Intrinsic::FloatAbs
            | Intrinsic::PopCount
            | Intrinsic::LeadingZeros
            | Intrinsic::TrailingZeros
            | Intrinsic::RangeStart
            | Intrinsic::RangeEnd
            | Intrinsic::RangeStep
            | Intrinsic::RangeInclusive
            | Intrinsic::RangeNew
            | Intrinsic::Ordinal => {
                let mut reads = Vec::new();
                for (arg, &ty) in args.iter().zip(&params) {
                    reads.push(self.read_as(arg, ty)?);
                }
                let result = self.look(which, &reads, ret)?;
                for read in reads {
                    self.done(read)?;
                }
                result
            }
        };
        Ok(result)
    }

    /// Intrinsics that only read.
    fn look(&mut self, which: Intrinsic, reads: &[Read], ret: TyId) -> R<Val> {
        let leaf = |index: usize| reads[index].val.leaves[0];
        Ok(match which {
            Intrinsic::Cmp => {
                let order = self.order(&reads[0].val, &reads[1].val)?;
                i64_val(self.e.convert(Op::SExt, order, Repr::I64))
            }
            Intrinsic::ArrayLen | Intrinsic::DictLen | Intrinsic::TextLen => i64_val(self.length(leaf(0))),
            Intrinsic::ArrayAt => {
                let address = self.element_address(leaf(0), leaf(1), ret)?;
                self.load_owned(address, object::ARRAY_DATA, ret)?
            }
            Intrinsic::ArrayIndexOf => {
                let address = self.spill(&reads[1].val, Scratch::A)?;
                i64_val(self.e.rt1(RtFn::rt_array_index_of, &[leaf(0), address]))
            }
            Intrinsic::ArrayJoin => {
                let joined = self.e.rt1(RtFn::rt_array_join, &[leaf(0), leaf(1)]);
                Val { ty: ret, leaves: [joined].into_iter().collect() }
            }
            Intrinsic::DictGet => {
                let address = self.spill(&reads[1].val, Scratch::A)?;
                let found = self.e.rt1(RtFn::rt_dict_find, &[leaf(0), address]);
                let Ty::Option(value) = self.ty(ret) else { return self.zeros(ret) };
                self.found(found, value, Found::Owned)?
            }
            Intrinsic::DictHas => {
                let address = self.spill(&reads[1].val, Scratch::A)?;
                let found = self.e.rt1(RtFn::rt_dict_find, &[leaf(0), address]);
                bool_val(self.e.compare_imm(Op::Ne, found, 0))
            }
            Intrinsic::DictSort => {
                self.e.rt(RtFn::rt_dict_sort, &[leaf(0)]);
                self.zeros(Types::unit())?
            }
            Intrinsic::DictKeyAt => {
                let address = self.e.rt1(RtFn::rt_dict_key_at, &[leaf(0), leaf(1)]);
                self.load_owned(address, 0, ret)?
            }
            Intrinsic::DictValueAt => {
                let address = self.e.rt1(RtFn::rt_dict_value_at, &[leaf(0), leaf(1)]);
                self.load_owned(address, 0, ret)?
            }
            Intrinsic::IsNil => {
                let present = self.is_present(&reads[0].val)?;
                bool_val(self.e.not(present))
            }
            Intrinsic::FloatSqrt => self.float_unary(Op::FSqrt, leaf(0)),
            Intrinsic::FloatFloor => self.float_unary(Op::FFloor, leaf(0)),
            Intrinsic::FloatCeil => self.float_unary(Op::FCeil, leaf(0)),
            Intrinsic::FloatTrunc => self.float_unary(Op::FTrunc, leaf(0)),
            Intrinsic::FloatAbs => self.float_unary(Op::FAbs, leaf(0)),
            Intrinsic::PopCount => i64_val(self.e.unary(Op::Popcnt, leaf(0))),
            Intrinsic::LeadingZeros => i64_val(self.e.unary(Op::Clz, leaf(0))),
            Intrinsic::TrailingZeros => i64_val(self.e.unary(Op::Ctz, leaf(0))),
            Intrinsic::RangeStart => i64_val(leaf(0)),
            Intrinsic::RangeEnd => i64_val(reads[0].val.leaves[1]),
            Intrinsic::RangeStep => i64_val(reads[0].val.leaves[2]),
            Intrinsic::RangeInclusive => bool_val(reads[0].val.leaves[3]),
            Intrinsic::RangeNew => {
                let leaves = reads.iter().map(|read| read.val.leaves[0]).collect();
                Val { ty: Types::range(), leaves }
            }
            Intrinsic::Ordinal => i64_val(self.ordinal(&reads[0].val)?),
            Intrinsic::ArrayPush
            | Intrinsic::ArrayPop
            | Intrinsic::ArrayInsert
            | Intrinsic::ArrayRemove
            | Intrinsic::ArrayTruncate
            | Intrinsic::ArrayReverse
            | Intrinsic::ArraySort
            | Intrinsic::ArrayAppend
            | Intrinsic::ArraySwap
            | Intrinsic::DictSet
            | Intrinsic::DictRemove
            | Intrinsic::DictClear
            | Intrinsic::Raise
            | Intrinsic::TypeNumber
            | Intrinsic::UnwrapUnchecked
            | Intrinsic::Show
            | Intrinsic::ArrayNew => unreachable!("`intrinsic` expands it"),
        })
    }

    fn float_unary(&mut self, op: Op, leaf: Value) -> Val {
        Val { ty: Types::f64(), leaves: [self.e.unary(op, leaf)].into_iter().collect() }
    }

    fn load_owned(&mut self, base: Value, offset: u32, ty: TyId) -> R<Val> {
        let val = self.load_at(base, offset, ty)?;
        self.retain(&val)?;
        Ok(val)
    }

    // -- changes ---------------------------------------------------------------------------------------------

    /// Takes the collection that is to be changed, and the other arguments.
    fn take(&mut self, inspected: Option<TyId>, params: &[TyId], args: &[Operand]) -> R<(Changed, Vec<Val>)> {
        let Args { mut vals, lent } = self.args(args, params, Some(Runs::Intrinsic { inspected }))?;
        let first = vals.remove(0);
        Ok((Changed { lent, ty: first.ty, object: self.one(&first) }, vals))
    }

    /// Puts the changed collection back.
    fn put_back(&mut self, changed: Changed, object: Value) -> R<()> {
        let val = Val { ty: changed.ty, leaves: [object].into_iter().collect() };
        match changed.lent {
            Some(lent) => self.give_back(lent, val),
            None => self.release(&val),
        }
    }

    fn change_array(
        &mut self,
        which: Intrinsic,
        inspected: Option<TyId>,
        params: &[TyId],
        args: &[Operand],
    ) -> R<Val> {
        let Ty::Array(elem) = self.ty(params[0]) else {
            let name = self.name(params[0]);
            return Err(self.error(base::Code::TypeMismatch, format!("`{name}` is not an array")));
        };
        let (changed, rest) = self.take(inspected, params, args)?;
        let array = changed.object;
        let (array, result) = match which {
            Intrinsic::ArrayPush => (self.push(array, &rest[0], elem)?, None),
            Intrinsic::ArrayPop => {
                let array = self.unique_object(array, |_, _| {});
                let len = self.e.load(Repr::I32, array, object::LEN);
                let last = self.e.binary_imm(Op::Add, len, -1);
                self.e.store(array, object::LEN, last);
                let address = self.element_address(array, last, elem)?;
                (array, Some(self.load_at(address, object::ARRAY_DATA, elem)?))
            }
            Intrinsic::ArrayInsert => {
                let index = self.one(&rest[0]);
                let len = self.length(array);
                let array = self.e.rt1(RtFn::rt_array_insert_hole, &[array, index]);
                let from_end = self.e.binary(Op::Add, index, len);
                let negative = self.e.compare_imm(Op::SLt, index, 0);
                let index = self.e.select(negative, from_end, index);
                let address = self.element_address(array, index, elem)?;
                self.store_at(address, object::ARRAY_DATA, &rest[1])?;
                (array, None)
            }
            Intrinsic::ArrayRemove => {
                let array = self.e.rt1(RtFn::rt_array_remove, &[array, self.one(&rest[0])]);
                let address = self.scratch(Scratch::Result);
                (array, Some(self.load_at(address, 0, elem)?))
            }
            Intrinsic::ArrayTruncate => {
                (self.e.rt1(RtFn::rt_array_truncate, &[array, self.one(&rest[0])]), None)
            }
            Intrinsic::ArrayReverse => (self.e.rt1(RtFn::rt_array_reverse, &[array]), None),
            Intrinsic::ArraySort => (self.e.rt1(RtFn::rt_array_sort, &[array, self.one(&rest[0])]), None),
            Intrinsic::ArrayAppend => {
                let both = self.e.rt1(RtFn::rt_array_concat, &[array, self.one(&rest[0])]);
                self.release(&rest[0].clone())?;
                (both, None)
            }
            Intrinsic::ArraySwap => {
                let array = self.unique_object(array, |_, _| {});
                let a = self.element_address(array, self.one(&rest[0]), elem)?;
                let b = self.element_address(array, self.one(&rest[1]), elem)?;
                let x = self.load_at(a, object::ARRAY_DATA, elem)?;
                let y = self.load_at(b, object::ARRAY_DATA, elem)?;
                self.store_at(a, object::ARRAY_DATA, &y)?;
                self.store_at(b, object::ARRAY_DATA, &x)?;
                (array, None)
            }
            _ => unreachable!("not a change of an array"),
        };
        self.put_back(changed, array)?;
        match result {
            Some(result) => Ok(result),
            None => self.zeros(Types::unit()),
        }
    }

    /// The array with an owned value behind its last element.
    fn push(&mut self, array: Value, val: &Val, elem: TyId) -> R<Value> {
        let is_unique = self.e.is_unique(array);
        let len = self.e.load(Repr::I32, array, object::LEN);
        let cap = self.e.load(Repr::I32, array, object::CAP);
        let has_room = self.e.compare(Op::ULt, len, cap);
        let fits = self.e.binary(Op::And, is_unique, has_room);
        let (grow, join) = (self.e.cold_block(), self.e.block());
        let result = self.e.param(join, Repr::Ref);
        self.branch_with(fits, join, &[array], grow);
        self.e.at = grow;
        let one = self.e.int(Repr::I64, 1);
        let larger = self.e.rt1(RtFn::rt_array_reserve, &[array, one]);
        self.e.jump(join, &[larger]);
        self.e.at = join;
        let address = self.element_address(result, len, elem)?;
        self.store_at(address, object::ARRAY_DATA, val)?;
        let longer = self.e.binary_imm(Op::Add, len, 1);
        self.e.store(result, object::LEN, longer);
        Ok(result)
    }

    fn change_dict(
        &mut self,
        which: Intrinsic,
        inspected: Option<TyId>,
        params: &[TyId],
        args: &[Operand],
    ) -> R<Val> {
        let Ty::Dict(_, value_ty) = self.ty(params[0]) else {
            let name = self.name(params[0]);
            return Err(self.error(base::Code::TypeMismatch, format!("`{name}` is not a dict")));
        };
        let (changed, rest) = self.take(inspected, params, args)?;
        let dict = changed.object;
        match which {
            Intrinsic::DictSet => {
                let mut slot = None;
                let address = self.dict_slot(dict, &rest[0], |_, dict| slot = Some(dict))?;
                let old = self.load_at(address, 0, value_ty)?;
                self.store_at(address, 0, &rest[1])?;
                self.release_if_there(&old)?;
                self.put_back(changed, slot.unwrap_or(dict))?;
                self.zeros(Types::unit())
            }
            Intrinsic::DictRemove => {
                let address = self.spill(&rest[0], Scratch::A)?;
                let dict = self.e.rt1(RtFn::rt_dict_remove, &[dict, address]);
                let result = self.e.int(Repr::I32, i64::from(context::SCRATCH_R));
                let was_there = self.e.load(Repr::I32, result, 0);
                let was_there = self.e.compare_imm(Op::Ne, was_there, 0);
                self.release(&rest[0].clone())?;
                self.put_back(changed, dict)?;
                Ok(bool_val(was_there))
            }
            Intrinsic::DictClear => {
                let dict = self.e.rt1(RtFn::rt_dict_clear, &[dict]);
                self.put_back(changed, dict)?;
                self.zeros(Types::unit())
            }
            _ => unreachable!("not a change of a dict"),
        }
    }
}
