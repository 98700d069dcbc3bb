//! Counts of whole values, and values in memory.

use super::emit::Leaves;
use super::{Lower, Val};
use crate::instantiate::R;
use crate::legal::Value;
use abi::{Repr, context};
use sema::ty::TyId;

/// A scratch area through which values are passed to runtime functions by address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Scratch {
    A,
    B,
    /// Where runtime functions leave a value.
    Result,
}

impl Scratch {
    fn offset(self) -> u32 {
        match self {
            Scratch::A => context::SCRATCH_A,
            Scratch::B => context::SCRATCH_B,
            Scratch::Result => context::SCRATCH_R,
        }
    }
}

impl Lower<'_, '_> {
    /// One more owner of each counted leaf.
    pub fn retain(&mut self, val: &Val) -> R<()> {
        let layout = self.layout(val.ty)?;
        for (&value, info) in val.leaves.iter().zip(&layout.leaves) {
            self.e.retain(value, info);
        }
        Ok(())
    }

    /// One owner of each counted leaf less.
    pub fn release(&mut self, val: &Val) -> R<()> {
        let layout = self.layout(val.ty)?;
        for (&value, info) in val.leaves.iter().zip(&layout.leaves) {
            self.e.release(value, info);
        }
        Ok(())
    }

    /// [`Lower::release`] of what may be missing: a nil reference stands where there is nothing.
    pub fn release_if_there(&mut self, val: &Val) -> R<()> {
        let layout = self.layout(val.ty)?;
        for (&value, info) in val.leaves.iter().zip(&layout.leaves) {
            self.e.release(value, &crate::layout::LeafInfo { nullable: true, ..*info });
        }
        Ok(())
    }

    /// Address of a scratch area.
    pub fn scratch(&mut self, scratch: Scratch) -> Value {
        self.e.int(Repr::I32, i64::from(scratch.offset()))
    }

    /// Stores a value at an address plus an offset, as it stands in an array; counts go with it.
    pub fn store_at(&mut self, base: Value, offset: u32, val: &Val) -> R<()> {
        let layout = self.layout(val.ty)?;
        for (&value, info) in val.leaves.iter().zip(&layout.leaves) {
            self.e.store(base, offset + info.offset, value);
        }
        Ok(())
    }

    /// Loads a value from an address plus an offset, as it stands in an array; borrowed.
    pub fn load_at(&mut self, base: Value, offset: u32, ty: TyId) -> R<Val> {
        let layout = self.layout(ty)?;
        let leaves = layout.leaves.iter().map(|info| self.e.load(info.repr, base, offset + info.offset));
        let leaves: Leaves = leaves.collect();
        Ok(Val { ty, leaves })
    }

    /// Puts a value into a scratch area; its address.
    pub fn spill(&mut self, val: &Val, scratch: Scratch) -> R<Value> {
        let address = self.scratch(scratch);
        self.store_at(address, 0, val)?;
        Ok(address)
    }

    /// Zeros in the form of a value; nobody looks at them.
    pub fn zeros(&mut self, ty: TyId) -> R<Val> {
        let layout = self.layout(ty)?;
        let leaves = layout.leaves.iter().map(|info| self.e.zero(info.repr)).collect();
        Ok(Val { ty, leaves })
    }

    /// Parameters of a block in the form of a value.
    pub fn block_params(&mut self, block: crate::legal::BlockId, ty: TyId) -> R<Val> {
        let layout = self.layout(ty)?;
        let leaves = layout.leaves.iter().map(|info| self.e.param(block, info.repr)).collect();
        Ok(Val { ty, leaves })
    }
}
