//! Writing places: stores and updates.

use super::counts::Scratch;
use super::operand::Read;
use super::place::{Access, Base, Spot};
use super::{Lower, Val};
use crate::generic::{Local, Operand, Place, Proj, Root};
use crate::instantiate::R;
use abi::{Repr, RtFn, context};
use base::EntityId;
use sema::hir::BinOp;
use sema::ty::{Ty, Types};

impl Lower<'_, '_> {
    /// Replaces what stands at a place.
    pub(super) fn store(&mut self, place: &Place, operand: &Operand) -> R<()> {
        let val = self.consume(operand)?;
        let Some((last, before)) = place.path.split_last() else {
            let spot = self.root(place.root)?;
            return self.replace(&spot, val);
        };
        let spot = self.walk_to_write(place, before)?;
        if let Proj::Index(index) = last {
            match self.ty(spot.ty) {
                Ty::Dict(..) => return self.store_entry(&spot, index, val),
                Ty::Any => return self.store_any(&spot, index, val),
                _ => {}
            }
        }
        let spot = self.write_step(&spot, last)?;
        self.replace(&spot, val)
    }

    pub(super) fn replace(&mut self, spot: &Spot, val: Val) -> R<()> {
        let val = self.coerce(val, spot.ty)?;
        let old = self.load(spot)?;
        self.put(spot, &val);
        // A variable that was not set yet, or whose value was lent to a call, holds nothing.
        if matches!(spot.base, Base::Memory(_)) { self.release_if_there(&old) } else { self.release(&old) }
    }

    /// Goes to a place for writing.
    fn walk_to_write(&mut self, place: &Place, path: &[Proj]) -> R<Spot> {
        let mut spot = self.root(place.root)?;
        for step in path {
            spot = self.write_step(&spot, step)?;
        }
        Ok(spot)
    }

    pub(super) fn write_step(&mut self, spot: &Spot, step: &Proj) -> R<Spot> {
        match step {
            Proj::Index(index) => self.index_write(spot, index),
            Proj::Field(_) | Proj::Variant(..) | Proj::Some => self.step(spot, step, Access::Write),
        }
    }

    /// `d[k] = v`, where the entry may be missing.
    fn store_entry(&mut self, spot: &Spot, index: &Operand, val: Val) -> R<()> {
        let Ty::Dict(key_ty, value_ty) = self.ty(spot.ty) else { unreachable!("only dicts have entries") };
        let val = self.coerce(val, value_ty)?;
        let key = self.consume_as(index, key_ty)?;
        let dict = self.leaf(spot, 0)?;
        let address = self.dict_slot(dict, &key, |lower, dict| lower.put_leaf(spot, 0, dict))?;
        let slot = self.memory_spot(address, 0, value_ty)?;
        let old = self.load(&slot)?;
        self.put(&slot, &val);
        self.release_if_there(&old)
    }

    /// The address of a dict's value for a key, which is taken over; `put` gets the dict.
    pub fn dict_slot(
        &mut self,
        dict: crate::legal::Value,
        key: &Val,
        put: impl FnOnce(&mut Self, crate::legal::Value),
    ) -> R<crate::legal::Value> {
        let address = self.spill(key, Scratch::A)?;
        let dict = self.e.rt1(RtFn::rt_dict_slot, &[dict, address]);
        put(self, dict);
        let result = self.e.int(Repr::I32, i64::from(context::SCRATCH_R));
        Ok(self.e.load(Repr::I32, result, 0))
    }

    fn store_any(&mut self, spot: &Spot, index: &Operand, val: Val) -> R<()> {
        let val = self.coerce(val, Types::any())?;
        let index = self.read_as(index, Types::any())?;
        let value = self.leaf(spot, 0)?;
        let changed = self.e.rt1(RtFn::rt_any_set_index, &[value, self.one(&index.val), self.one(&val)]);
        self.put_leaf(spot, 0, changed);
        self.done(index)
    }

    /// `place op= operand`.
    pub(super) fn update(&mut self, place: &Place, op: BinOp, operand: &Operand) -> R<()> {
        let right = self.read(operand)?;
        let (place, moved) = pinned(place);
        let place = &place;
        let spot = match place.path.split_last() {
            Some((Proj::Index(index), before)) => {
                let spot = self.walk_to_write(place, before)?;
                if matches!(self.ty(spot.ty), Ty::Any) {
                    self.update_any(&spot, index, op, right)?;
                    return self.drop_locals(&moved);
                }
                self.index_write(&spot, index)?
            }
            Some(_) | None => self.walk_to_write(place, &place.path)?,
        };
        if self.has_own_operator(spot.ty) {
            let old = self.load(&spot)?;
            self.retain(&old)?;
            let new = self.binary(op, Read { val: old, owned: true }, right)?;
            // The operator may have written what the place goes through.
            let spot = self.walk_to_write(place, &place.path)?;
            self.replace(&spot, new)?;
            return self.drop_locals(&moved);
        }
        let old = self.load(&spot)?;
        let new = self.binary(op, Read { val: old, owned: true }, right)?;
        let new = self.coerce(new, spot.ty)?;
        self.put(&spot, &new);
        self.drop_locals(&moved)
    }

    fn update_any(&mut self, spot: &Spot, index: &Operand, op: BinOp, right: Read) -> R<()> {
        let index = self.read_as(index, Types::any())?;
        let value = self.leaf(spot, 0)?;
        let item = self.e.rt1(RtFn::rt_any_index, &[value, self.one(&index.val)]);
        let item = Val { ty: Types::any(), leaves: [item].into_iter().collect() };
        let new = self.binary(op, Read { val: item, owned: true }, right)?;
        let new = self.coerce(new, Types::any())?;
        let changed = self.e.rt1(RtFn::rt_any_set_index, &[value, self.one(&index.val), self.one(&new)]);
        self.put_leaf(spot, 0, changed);
        self.done(index)
    }

    pub(super) fn drop_locals(&mut self, locals: &[Local]) -> R<()> {
        for local in locals {
            if let Some(leaves) = self.state[local.index()].take() {
                self.release(&Val { ty: self.local_ty(*local), leaves })?;
            }
        }
        Ok(())
    }
}

/// A place whose indices stay where they are, so that it can be gone to twice; and the locals to drop then.
pub(super) fn pinned(place: &Place) -> (Place, Vec<Local>) {
    let mut place = place.clone();
    let mut moved = Vec::new();
    for step in &mut place.path {
        if let Proj::Index(index) = step
            && let Operand::Move(local) = *index
        {
            moved.push(local);
            *index = Operand::Copy(Place { root: Root::Local(local), path: Vec::new() });
        }
    }
    (place, moved)
}
