//! Making arrays and dicts, and slices of them.

use super::counts::Scratch;
use super::{Lower, Val};
use crate::generic::Operand;
use crate::instantiate::R;
use abi::{Repr, RtFn, object};
use base::Code;
use sema::ty::{Ty, TyId, Types};

impl Lower<'_, '_> {
    /// `[a, b]`.
    pub(super) fn array(&mut self, items: &[Operand], ty: TyId) -> R<Val> {
        let (ty, elem) = match self.ty(ty) {
            Ty::Array(elem) => (ty, elem),
            Ty::Any => (self.intern(Ty::Array(Types::any())), Types::any()),
            _ => return Err(self.not_a(ty, "an array")),
        };
        let layout = self.layout(elem)?;
        let mut vals = Vec::new();
        for item in items {
            vals.push(self.consume_as(item, elem)?);
        }
        let word = self.type_word(ty)?;
        let count = self.e.int(Repr::I64, items.len() as i64);
        let array = self.e.rt1(RtFn::rt_array_new, &[word, count]);
        if !vals.is_empty() {
            for (index, val) in vals.iter().enumerate() {
                let offset = object::ARRAY_DATA as usize + index * layout.size as usize;
                if offset + (layout.size as usize) < abi::context::MAX_DISPLACEMENT as usize {
                    self.store_at(array, offset as u32, val)?;
                } else {
                    let index = self.e.int(Repr::I64, index as i64);
                    let address = self.element_address(array, index, elem)?;
                    self.store_at(address, object::ARRAY_DATA, val)?;
                }
            }
            let len = self.e.int(Repr::I32, items.len() as i64);
            self.e.store(array, object::LEN, len);
        }
        Ok(Val { ty, leaves: [array].into_iter().collect() })
    }

    /// `[v; n]`.
    pub(super) fn repeat(&mut self, item: &Operand, count: &Operand, ty: TyId) -> R<Val> {
        let (ty, elem) = match self.ty(ty) {
            Ty::Array(elem) => (ty, elem),
            Ty::Any => (self.intern(Ty::Array(Types::any())), Types::any()),
            _ => return Err(self.not_a(ty, "an array")),
        };
        let item = self.read_as(item, elem)?;
        let count = self.read_as(count, Types::i64())?;
        let word = self.type_word(ty)?;
        let address = self.spill(&item.val, Scratch::A)?;
        let array = self.e.rt1(RtFn::rt_array_fill, &[word, self.one(&count.val), address]);
        self.done(item)?;
        Ok(Val { ty, leaves: [array].into_iter().collect() })
    }

    /// `{}`.
    pub(super) fn dict(&mut self, ty: TyId) -> R<Val> {
        let ty = match self.ty(ty) {
            Ty::Dict(..) => ty,
            Ty::Any => self.intern(Ty::Dict(Types::any(), Types::any())),
            _ => return Err(self.not_a(ty, "a dict")),
        };
        let word = self.type_word(ty)?;
        let dict = self.e.rt1(RtFn::rt_dict_new, &[word]);
        Ok(Val { ty, leaves: [dict].into_iter().collect() })
    }

    /// `c[i:j:k]`.
    pub(super) fn slice(&mut self, base: &Operand, bounds: &[Option<Operand>; 3]) -> R<Val> {
        let base = self.read(base)?;
        let function = match self.ty(base.val.ty) {
            Ty::Array(_) => RtFn::rt_array_slice,
            Ty::Text => RtFn::rt_text_slice,
            _ => return Err(self.not_a(base.val.ty, "an array or a text")),
        };
        let mut args = vec![self.one(&base.val)];
        for (index, bound) in bounds.iter().enumerate() {
            args.push(match bound {
                Some(bound) => {
                    let bound = self.consume(bound)?;
                    self.bound(bound)?
                }
                None => self.e.int(Repr::I64, if index == 2 { 1 } else { i64::MIN }),
            });
        }
        let part = self.e.rt1(function, &args);
        let ty = base.val.ty;
        self.done(base)?;
        Ok(Val { ty, leaves: [part].into_iter().collect() })
    }

    /// A bound that is there; nil in an option is one that was left out.
    fn bound(&mut self, bound: Val) -> R<crate::legal::Value> {
        if !matches!(self.ty(bound.ty), Ty::Option(_)) {
            let bound = self.coerce(bound, Types::i64())?;
            return Ok(self.one(&bound));
        }
        let present = self.is_present(&bound)?;
        let left_out = self.e.int(Repr::I64, i64::MIN);
        self.if_then(present, left_out, |lower| {
            let value = lower.part_of(&bound, &crate::generic::Proj::Some)?;
            let value = lower.coerce(value, Types::i64())?;
            Ok(lower.one(&value))
        })
    }

    fn not_a(&mut self, ty: TyId, what: &str) -> crate::instantiate::Stop {
        let name = self.name(ty);
        self.error(Code::TypeMismatch, format!("`{name}` is not the type of {what}"))
    }
}
