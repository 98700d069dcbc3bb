//! What statements compute.

use super::binary::bool_val;
use super::counts::Scratch;
use super::emit::Leaves;
use super::operand::Read;
use super::{Lower, Val};
use crate::generic::{Operand, Rvalue};
use crate::instantiate::R;
use crate::layout::Parts;
use crate::legal::{Op, Value};
use abi::{Repr, RtFn};
use base::Code;
use sema::ty::{Ty, TyId, Types};

impl Lower<'_, '_> {
    /// The value of an rvalue, owned. `ty` is what it is wanted as; the value may have another type, which converts.
    pub(super) fn rvalue(&mut self, rvalue: &Rvalue, ty: TyId) -> R<Val> {
        Ok(match rvalue {
            Rvalue::Use(operand) | Rvalue::Coerce(operand) => self.consume(operand)?,
            Rvalue::Cast(operand) => {
                let val = self.consume(operand)?;
                self.cast(val, ty)?
            }
            Rvalue::Binary(op, a, b) => {
                let (left, right) = (self.read(a)?, self.read(b)?);
                self.binary(*op, left, right)?
            }
            Rvalue::Unary(op, a) => {
                let read = self.read(a)?;
                self.unary(*op, read)?
            }
            Rvalue::Truthy(a) => {
                let read = self.read(a)?;
                let truth = self.truthy(&read.val)?;
                self.done(read)?;
                bool_val(truth)
            }
            Rvalue::Construct(variant, fields) => self.construct(*variant, fields, ty)?,
            Rvalue::Some(operand) => {
                let Ty::Option(inner) = self.ty(ty) else { return self.consume(operand) };
                let val = self.consume_as(operand, inner)?;
                self.some(val, ty)?
            }
            Rvalue::Tuple(items) => self.tuple(items, ty)?,
            Rvalue::Array(items) => self.array(items, ty)?,
            Rvalue::Repeat(item, count) => self.repeat(item, count, ty)?,
            Rvalue::Dict => self.dict(ty)?,
            Rvalue::Range(start, end, inclusive) => self.range(start, end.as_ref(), *inclusive)?,
            Rvalue::Slice(base, bounds) => self.slice(base, bounds)?,
            Rvalue::Show(operand, spec) => {
                let read = self.read(operand)?;
                self.show(read, spec.as_deref())?
            }
            Rvalue::Closure(id, args, captures) => self.closure(*id, args, captures, ty)?,
            Rvalue::FnValue(id, args) => self.fn_value(*id, args, ty)?,
            Rvalue::Call(callee, args) => self.call(callee, args, ty)?,
            Rvalue::Member(operand, name) => self.member_value(operand, *name, ty)?,
            Rvalue::IsVariant(operand, variant) => self.is_variant(operand, *variant)?,
            Rvalue::IsSome(operand) => {
                let read = self.read(operand)?;
                let present = self.is_present(&read.val)?;
                self.done(read)?;
                bool_val(present)
            }
            Rvalue::Is(operand, wanted) => {
                let wanted = self.subst(*wanted);
                self.is_type(operand, wanted)?
            }
            Rvalue::Len(operand) => {
                let read = self.read(operand)?;
                let len = self.len_of(&read.val)?;
                self.done(read)?;
                i64_val(len)
            }
            Rvalue::IterStart(a) => self.iter_start(a)?,
            Rvalue::IterMore(a, cursor) => self.iter_more(a, cursor)?,
            Rvalue::IterItem(a, cursor) => self.iter_item(a, cursor)?,
            Rvalue::IterNext(a, cursor) => self.iter_next(a, cursor)?,
        })
    }

    fn construct(&mut self, variant: Option<u32>, fields: &[Operand], ty: TyId) -> R<Val> {
        if !matches!(self.ty(ty), Ty::Adt(..) | Ty::Tuple(_)) {
            let name = self.name(ty);
            return Err(self.error(Code::TypeMismatch, format!("`{name}` is not made of fields")));
        }
        let payload = self.payload(ty)?;
        let (tag, parts) = match (&payload.parts, variant) {
            (Parts::Fields(parts), _) => (None, parts),
            (Parts::Variants { tag, variants }, Some(variant)) => {
                (tag.map(|repr| (repr, variant)), &variants[variant as usize])
            }
            (Parts::Variants { .. } | Parts::Option { .. }, _) => {
                panic!("a variant is constructed with its number")
            }
        };
        let mut leaves: Vec<Option<Value>> = vec![None; payload.leaves.len()];
        for (part, field) in parts.iter().zip(fields) {
            let val = self.consume_as(field, part.ty)?;
            for (&at, &leaf) in part.leaves.iter().zip(&val.leaves) {
                let stored = self.e.stored_form(leaf, payload.leaves[at as usize].repr);
                leaves[at as usize] = Some(stored);
            }
        }
        if let Some((repr, variant)) = tag {
            leaves[0] = Some(self.e.int(repr, i64::from(variant)));
        }
        let leaves: Leaves = leaves
            .into_iter()
            .zip(&payload.leaves)
            .map(|(leaf, info)| leaf.unwrap_or_else(|| self.e.zero(info.repr)))
            .collect();
        self.box_up(ty, leaves)
    }

    fn tuple(&mut self, items: &[Operand], ty: TyId) -> R<Val> {
        let Ty::Tuple(tys) = self.ty(ty) else {
            // Wanted as something else: a tuple of what the items are, which converts.
            let mut vals = Vec::new();
            for item in items {
                vals.push(self.consume(item)?);
            }
            let own = self.intern(Ty::Tuple(vals.iter().map(|val| val.ty).collect()));
            return self.tuple_of(vals, own);
        };
        let mut vals = Vec::new();
        for (item, ty) in items.iter().zip(tys) {
            vals.push(self.consume_as(item, ty)?);
        }
        self.tuple_of(vals, ty)
    }

    /// A tuple of owned values, which have the types of its items.
    pub fn tuple_of(&mut self, vals: Vec<Val>, ty: TyId) -> R<Val> {
        let leaves = vals.into_iter().flat_map(|val| val.leaves).collect();
        self.box_up(ty, leaves)
    }

    fn range(&mut self, start: &Operand, end: Option<&Operand>, inclusive: bool) -> R<Val> {
        let start = self.consume_as(start, Types::i64())?;
        let (end, inclusive) = match end {
            Some(end) => {
                let end = self.consume_as(end, Types::i64())?;
                (self.one(&end), inclusive)
            }
            None => (self.e.int(Repr::I64, i64::MAX), true),
        };
        let step = self.e.int(Repr::I64, 1);
        let inclusive = self.e.int(Repr::I8, i64::from(inclusive));
        Ok(Val { ty: Types::range(), leaves: [self.one(&start), end, step, inclusive].into_iter().collect() })
    }

    /// The printed form.
    pub(super) fn show(&mut self, read: Read, spec: Option<&str>) -> R<Val> {
        let text = |leaf| Val { ty: Types::text(), leaves: [leaf].into_iter().collect() };
        if let Some(spec) = spec {
            let word = self.type_word(read.val.ty)?;
            let address = self.spill(&read.val, Scratch::A)?;
            let spec = self.text(spec);
            let shown = self.e.rt1(RtFn::rt_format, &[word, address, spec]);
            self.done(read)?;
            return Ok(text(shown));
        }
        let shown = match self.ty(read.val.ty) {
            Ty::Text => return self.keep(read),
            Ty::Int(int) if int.signed || int.bits < 64 => {
                let number = self.number(&read.val, Types::i64())?;
                self.e.rt1(RtFn::rt_show_i64, &[self.one(&number)])
            }
            Ty::Float { bits: 64 } => self.e.rt1(RtFn::rt_show_f64, &[self.one(&read.val)]),
            Ty::Bool => {
                let (yes, no) = (self.text("true"), self.text("false"));
                let shown = self.e.select(self.one(&read.val), yes, no);
                let val = text(shown);
                self.retain(&val)?;
                return Ok(val);
            }
            _ => {
                let word = self.type_word(read.val.ty)?;
                let address = self.spill(&read.val, Scratch::A)?;
                self.e.rt1(RtFn::rt_show, &[word, address])
            }
        };
        self.done(read)?;
        Ok(text(shown))
    }

    fn is_variant(&mut self, operand: &Operand, variant: u32) -> R<Val> {
        let read = self.read(operand)?;
        if !matches!(self.ty(read.val.ty), Ty::Adt(..)) {
            let name = self.name(read.val.ty);
            return Err(self.error(Code::BadPattern, format!("`{name}` has no variants")));
        }
        let payload = self.payload(read.val.ty)?;
        let result = match &payload.parts {
            Parts::Variants { tag: Some(_), .. } => {
                let spot = self.spot_of(&read.val)?;
                let tag = self.payload_leaf(&spot, 0)?;
                self.e.compare_imm(Op::Eq, tag, i64::from(variant))
            }
            Parts::Variants { tag: None, .. } | Parts::Fields(_) | Parts::Option { .. } => {
                self.e.int(Repr::I8, i64::from(variant == 0))
            }
        };
        self.done(read)?;
        Ok(bool_val(result))
    }

    fn is_type(&mut self, operand: &Operand, wanted: TyId) -> R<Val> {
        let read = self.read(operand)?;
        let result = if read.val.ty == Types::any() {
            let word = self.type_word(wanted)?;
            self.e.rt1(RtFn::rt_any_is, &[self.one(&read.val), word])
        } else {
            self.e.int(Repr::I8, i64::from(read.val.ty == wanted))
        };
        self.done(read)?;
        Ok(bool_val(result))
    }

    /// Length of a collection as I64.
    pub fn len_of(&mut self, val: &Val) -> R<Value> {
        match self.ty(val.ty) {
            Ty::Array(_) | Ty::Dict(..) | Ty::Text => Ok(self.length(self.one(val))),
            Ty::Any => Ok(self.e.rt1(RtFn::rt_any_len, &[self.one(val)])),
            Ty::Tuple(items) => Ok(self.e.int(Repr::I64, items.len() as i64)),
            _ => {
                let name = self.name(val.ty);
                Err(self.error(Code::UnknownMember, format!("a value of type `{name}` has no length")))
            }
        }
    }
}

/// An i64.
pub(super) fn i64_val(leaf: Value) -> Val {
    Val { ty: Types::i64(), leaves: [leaf].into_iter().collect() }
}
