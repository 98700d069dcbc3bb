//! Places: the way from a local or module-level variable into a value, in registers as long as values are flat, in memory behind the
//! first object.

use super::convert::Found;
use super::counts::Scratch;
use super::emit::Leaves;
use super::operand::Read;
use super::{Lower, Val};
use crate::generic::{Operand, Place, Proj, Root};
use crate::instantiate::R;
use crate::layout::{Part, Parts};
use crate::legal::Value;
use abi::{ErrorKind, Repr, RtFn, object};
use base::{Code, EntityId};
use sema::hir::AdtKind;
use sema::ty::{Ty, TyId, Types};
use smallvec::SmallVec;

/// Where a value stands.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub ty: TyId,
    pub base: Base,
    /// For each leaf: its number in the base, or its offset in memory; and the machine type that it is stored as.
    pub at: SmallVec<[(u32, Repr); 4]>,
}

/// What a spot is in.
#[derive(Clone, Debug)]
pub(super) enum Base {
    /// Leaves of a local.
    Local(usize),
    /// Values of their own; they cannot be written.
    Values(Leaves),
    /// Memory at an address.
    Memory(Value),
}

/// Whether a way is taken to read or to write: writing makes what it goes through unique.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Access {
    Read,
    Write,
}

/// A way that was taken, with the values that were made on it.
pub(super) struct Walk {
    pub spot: Spot,
    temps: Vec<Val>,
}

impl Lower<'_, '_> {
    /// What stands at a place.
    pub fn read_place(&mut self, place: &Place) -> R<Read> {
        let walk = self.walk(place)?;
        let val = self.load(&walk.spot)?;
        if walk.temps.is_empty() {
            return Ok(Read { val, owned: false });
        }
        if let [temp] = &walk.temps[..]
            && temp.ty == val.ty
            && temp.leaves == val.leaves
        {
            return Ok(Read { val, owned: true });
        }
        self.retain(&val)?;
        self.end_walk(walk)?;
        Ok(Read { val, owned: true })
    }

    /// Goes to a place for reading.
    pub fn walk(&mut self, place: &Place) -> R<Walk> {
        let spot = self.root(place.root);
        let mut walk = Walk { spot: spot?, temps: Vec::new() };
        for step in &place.path {
            if let Proj::Index(index) = step {
                walk.spot = self.index_read(&walk.spot, index, &mut walk.temps)?;
            } else {
                walk.spot = self.step(&walk.spot, step, Access::Read)?;
            }
        }
        Ok(walk)
    }

    /// Ends reading.
    pub fn end_walk(&mut self, walk: Walk) -> R<()> {
        for temp in walk.temps {
            self.release(&temp)?;
        }
        Ok(())
    }

    /// A spot that is a value.
    pub fn spot_of(&mut self, val: &Val) -> R<Spot> {
        let layout = self.layout(val.ty)?;
        let at = layout.leaves.iter().enumerate().map(|(index, info)| (index as u32, info.repr)).collect();
        Ok(Spot { ty: val.ty, base: Base::Values(val.leaves.clone()), at })
    }

    /// Where a place begins.
    pub fn root(&mut self, root: Root) -> R<Spot> {
        match root {
            Root::Local(local) => {
                let ty = self.local_ty(local);
                let layout = self.layout(ty)?;
                let at =
                    layout.leaves.iter().enumerate().map(|(index, info)| (index as u32, info.repr)).collect();
                Ok(Spot { ty, base: Base::Local(local.index()), at })
            }
            Root::Global(id) => {
                let (slot, field) = self.s.variable(id, self.span)?;
                let slot = self.s.slot(slot);
                let base = self.e.slot(slot, Repr::Ref);
                let payload = self.s.variables(id);
                let Parts::Fields(parts) = &payload.parts else { unreachable!("variables are fields") };
                let at = in_object(&parts[field], &payload.leaves, object::PAYLOAD);
                Ok(Spot { ty: self.s.global_ty(id), base: Base::Memory(base), at })
            }
        }
    }

    // -- leaves ----------------------------------------------------------------------------------------------

    /// One leaf of what stands at a spot; borrowed.
    pub fn leaf(&mut self, spot: &Spot, index: usize) -> R<Value> {
        let (at, stored) = spot.at[index];
        let value = match &spot.base {
            Base::Memory(base) => self.e.load(stored, *base, at),
            Base::Local(_) | Base::Values(_) => self.raw(spot, at),
        };
        let repr = self.layout(spot.ty)?.leaves[index].repr;
        Ok(self.e.loaded_form(value, repr))
    }

    /// What stands at a spot; borrowed.
    pub fn load(&mut self, spot: &Spot) -> R<Val> {
        let leaves: R<Leaves> = (0..spot.at.len()).map(|index| self.leaf(spot, index)).collect();
        Ok(Val { ty: spot.ty, leaves: leaves? })
    }

    /// Puts a leaf to a spot; what was there is not released.
    pub fn put_leaf(&mut self, spot: &Spot, index: usize, value: Value) {
        let (at, stored) = spot.at[index];
        let value = self.e.stored_form(value, stored);
        match &spot.base {
            Base::Local(local) => {
                let leaves = self.state[*local]
                    .as_mut()
                    .unwrap_or_else(|| panic!("_{local} holds a value where it is written"));
                leaves[at as usize] = value;
            }
            Base::Values(_) => panic!("a way to a place that is written begins in a variable"),
            Base::Memory(base) => self.e.store(*base, at, value),
        }
    }

    /// Puts a value to a spot; what was there is not released.
    pub fn put(&mut self, spot: &Spot, val: &Val) {
        for (index, &value) in val.leaves.iter().enumerate() {
            self.put_leaf(spot, index, value);
        }
    }

    /// One leaf of the payload of the value at a spot, by its number in the payload.
    pub fn payload_leaf(&mut self, spot: &Spot, index: u32) -> R<Value> {
        let payload = self.payload(spot.ty)?;
        let inside = self.inside(spot, Access::Read)?;
        let (at, stored) = inside.at[index as usize];
        let value = match &inside.base {
            Base::Memory(base) => self.e.load(stored, *base, at),
            Base::Local(_) | Base::Values(_) => self.raw(&inside, at),
        };
        Ok(self.e.loaded_form(value, payload.leaves[index as usize].repr))
    }

    fn raw(&self, spot: &Spot, at: u32) -> Value {
        match &spot.base {
            Base::Local(local) => self.state[*local]
                .as_ref()
                .unwrap_or_else(|| panic!("_{local} holds a value where it is read"))[at as usize],
            Base::Values(values) => values[at as usize],
            Base::Memory(_) => panic!("memory is loaded"),
        }
    }

    // -- steps -----------------------------------------------------------------------------------------------

    /// The payload of the value at a spot: its own leaves, or those of the object behind it.
    fn inside(&mut self, spot: &Spot, access: Access) -> R<Spot> {
        let layout = self.layout(spot.ty)?;
        let is_class = self.is_class(spot.ty);
        if !layout.boxed && !is_class {
            return Ok(spot.clone());
        }
        let object = match access {
            Access::Write if layout.boxed => self.unique(spot)?,
            Access::Read | Access::Write => self.leaf(spot, 0)?,
        };
        let payload = self.payload(spot.ty)?;
        let at = payload.leaves.iter().map(|leaf| (leaf.offset + object::PAYLOAD, leaf.repr)).collect();
        Ok(Spot { ty: spot.ty, base: Base::Memory(object), at })
    }

    /// A step that is no index.
    pub fn step(&mut self, spot: &Spot, step: &Proj, access: Access) -> R<Spot> {
        if *step == Proj::Some && !matches!(self.ty(spot.ty), Ty::Option(_)) {
            // What is no option here is always present.
            return Ok(spot.clone());
        }
        let ty = spot.ty;
        let has_parts = matches!(self.ty(ty), Ty::Tuple(_) | Ty::Adt(..) | Ty::Option(_));
        if !has_parts {
            let name = self.name(ty);
            return Err(self.error(Code::TypeMismatch, format!("a value of type `{name}` has no parts")));
        }
        let payload = self.payload(ty)?;
        let part = match (step, &payload.parts) {
            (Proj::Field(index), Parts::Fields(parts)) => parts.get(*index as usize),
            (Proj::Variant(variant, index), Parts::Variants { variants, .. }) => {
                variants.get(*variant as usize).and_then(|parts| parts.get(*index as usize))
            }
            (Proj::Some, Parts::Option { value, .. }) => Some(value),
            (Proj::Field(_) | Proj::Variant(..) | Proj::Some | Proj::Index(_), _) => None,
        };
        let Some(part) = part else {
            let name = self.name(ty);
            return Err(self.error(Code::TypeMismatch, format!("a value of type `{name}` has no such part")));
        };
        let inside = self.inside(spot, access)?;
        self.part(&inside, part)
    }

    /// A part of a payload.
    pub fn part(&mut self, inside: &Spot, part: &Part) -> R<Spot> {
        let at = part.leaves.iter().map(|&leaf| inside.at[leaf as usize]).collect();
        Ok(Spot { ty: part.ty, base: inside.base.clone(), at })
    }

    /// A part of a value in registers.
    pub fn part_of(&mut self, val: &Val, step: &Proj) -> R<Val> {
        let spot = self.spot_of(val)?;
        let spot = self.step(&spot, step, Access::Read)?;
        self.load(&spot)
    }

    /// True for classes.
    pub fn is_class(&self, ty: TyId) -> bool {
        match self.s.hir.types.get(ty) {
            Ty::Adt(id, _) => matches!(self.s.hir.adts[*id].kind, AdtKind::Class(_)),
            _ => false,
        }
    }

    /// Makes the object at a spot (one reference) unique, and puts the reference back.
    pub fn unique(&mut self, spot: &Spot) -> R<Value> {
        let object = self.leaf(spot, 0)?;
        match &spot.base {
            // Memory is written only where there is a copy.
            Base::Memory(_) => Ok(self.unique_object(object, |lower, copy| lower.put_leaf(spot, 0, copy))),
            Base::Local(_) | Base::Values(_) => {
                let result = self.unique_object(object, |_, _| {});
                self.put_leaf(spot, 0, result);
                Ok(result)
            }
        }
    }

    /// An owned object, copied where it has other owners; `copied` gets the copy.
    pub fn unique_object(&mut self, object: Value, copied: impl FnOnce(&mut Self, Value)) -> Value {
        let is_unique = self.e.is_unique(object);
        let (shared, join) = (self.e.cold_block(), self.e.block());
        let result = self.e.param(join, Repr::Ref);
        self.branch_with(is_unique, join, &[object], shared);
        self.e.at = shared;
        let copy = self.e.rt1(RtFn::rt_unique, &[object]);
        copied(self, copy);
        self.e.jump(join, &[copy]);
        self.e.at = join;
        result
    }

    /// Branches to a block with arguments, or to one without.
    pub fn branch_with(
        &mut self,
        cond: Value,
        then: crate::legal::BlockId,
        args: &[Value],
        otherwise: crate::legal::BlockId,
    ) {
        use crate::legal::{End, Target};
        let yes = Target { block: then, args: args.into() };
        let no = Target { block: otherwise, args: SmallVec::new() };
        self.e.end(End::Branch(cond, yes, no));
    }

    // -- indices ---------------------------------------------------------------------------------------------

    /// Reads `[index]`. Values that are made are noted in `temps`.
    fn index_read(&mut self, spot: &Spot, index: &Operand, temps: &mut Vec<Val>) -> R<Spot> {
        let made = match self.ty(spot.ty) {
            Ty::Array(elem) => {
                let array = self.leaf(spot, 0)?;
                return self.element(array, index, elem);
            }
            Ty::Tuple(_) => return self.tuple_item(spot, index, Access::Read),
            Ty::Dict(key, value) => {
                let dict = self.leaf(spot, 0)?;
                let key = self.read_as(index, key)?;
                let address = self.spill(&key.val, Scratch::A)?;
                let found = self.e.rt1(RtFn::rt_dict_find, &[dict, address]);
                self.done(key)?;
                let option = self.intern(Ty::Option(value));
                if !self.layout(option)?.boxed {
                    let val = self.found(found, value, Found::Borrowed)?;
                    return self.spot_of(&val);
                }
                self.found(found, value, Found::Owned)?
            }
            Ty::Text => {
                let text = self.leaf(spot, 0)?;
                let index = self.read_as(index, Types::i64())?;
                let char = self.e.rt1(RtFn::rt_text_char_at, &[text, self.one(&index.val)]);
                self.done(index)?;
                Val { ty: Types::text(), leaves: [char].into_iter().collect() }
            }
            Ty::Any => {
                let value = self.leaf(spot, 0)?;
                let index = self.read_as(index, Types::any())?;
                let item = self.e.rt1(RtFn::rt_any_index, &[value, self.one(&index.val)]);
                self.done(index)?;
                Val { ty: Types::any(), leaves: [item].into_iter().collect() }
            }
            Ty::Error
            | Ty::Never
            | Ty::Unit
            | Ty::Bool
            | Ty::Int(_)
            | Ty::Float { .. }
            | Ty::Range
            | Ty::Option(_)
            | Ty::Fn(..)
            | Ty::Adt(..)
            | Ty::Dyn(..)
            | Ty::Number(_)
            | Ty::Param(_) => return Err(self.no_index(spot.ty)),
        };
        temps.push(made.clone());
        self.spot_of(&made)
    }

    fn tuple_item(&mut self, spot: &Spot, index: &Operand, access: Access) -> R<Spot> {
        let index = self.read(index)?;
        let Some(number) = index.val.leaves.first().and_then(|&value| self.e.constant(value)) else {
            return Err(self.error(Code::BadOperator, "a tuple is indexed by a number that is written there"));
        };
        self.step(spot, &Proj::Field(u32::try_from(number).unwrap_or(u32::MAX)), access)
    }

    fn no_index(&mut self, ty: TyId) -> crate::instantiate::Stop {
        let name = self.name(ty);
        self.error(Code::BadOperator, format!("a value of type `{name}` cannot be indexed"))
    }

    /// Goes to `[index]` for writing: an element of an array, or an entry of a dict that is there.
    pub fn index_write(&mut self, spot: &Spot, index: &Operand) -> R<Spot> {
        match self.ty(spot.ty) {
            Ty::Array(elem) => {
                let array = self.unique(spot)?;
                self.element(array, index, elem)
            }
            Ty::Tuple(_) => self.tuple_item(spot, index, Access::Write),
            Ty::Dict(key, value) => {
                let dict = self.unique(spot)?;
                let key = self.read_as(index, key)?;
                let address = self.spill(&key.val, Scratch::A)?;
                let found = self.e.rt1(RtFn::rt_dict_find, &[dict, address]);
                self.done(key)?;
                let missing = self.e.compare_imm(crate::legal::Op::Eq, found, 0);
                self.e.raise_if(missing, ErrorKind::UnwrapNil);
                self.memory_spot(found, 0, value)
            }
            _ => Err(self.no_index(spot.ty)),
        }
    }

    /// An element of an array by an index, with the check.
    fn element(&mut self, array: Value, index: &Operand, elem: TyId) -> R<Spot> {
        let read = self.read(index)?;
        let index = self.index_number(read)?;
        let index = self.checked_index(array, index.0, index.1);
        let address = self.element_address(array, index, elem)?;
        self.memory_spot(address, object::ARRAY_DATA, elem)
    }

    /// A value as it stands in an array, at an address plus an offset.
    pub fn memory_spot(&mut self, base: Value, offset: u32, ty: TyId) -> R<Spot> {
        let layout = self.layout(ty)?;
        let at = layout.leaves.iter().map(|info| (offset + info.offset, info.repr)).collect();
        Ok(Spot { ty, base: Base::Memory(base), at })
    }
}

fn in_object(part: &Part, leaves: &[crate::layout::LeafInfo], data: u32) -> SmallVec<[(u32, Repr); 4]> {
    part.leaves
        .iter()
        .map(|&leaf| (leaves[leaf as usize].offset + data, leaves[leaf as usize].repr))
        .collect()
}
