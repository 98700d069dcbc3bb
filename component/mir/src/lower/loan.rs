//! Values that are lent to a call: taken out of their place, and put back changed.
//!
//! What others can see of the place meanwhile is the value as it was before. Where the call may look there, a counted copy stays, and the first write
//! inside of the call copies the object; else nil references are left behind, and the call changes the object in place.

use super::place::{Base, Spot};
use super::store::pinned;
use super::{Lower, Val};
use crate::generic::{Local, Place, Proj, Root};
use crate::instantiate::{Holder, R, Sight};
use sema::hir::FnId;
use sema::ty::{Ty, TyId};

/// What runs while a value is lent.
#[derive(Clone, Copy)]
pub(super) enum Runs<'a> {
    /// No function of the program; values of a type may be compared as a whole.
    Intrinsic { inspected: Option<TyId> },
    /// A function with its type arguments.
    Function(FnId, &'a [TyId]),
    /// A function that is found when the program runs.
    Anything,
}

/// A value that is lent.
pub(super) struct Lent {
    pub val: Val,
    spot: Spot,
    place: Place,
    moved: Vec<Local>,
    /// The place holds a copy meanwhile.
    kept: bool,
    /// The way to the place may lead elsewhere afterwards.
    strays: bool,
}

impl Lower<'_, '_> {
    /// Takes the value at a place.
    pub fn lend(&mut self, place: &Place, runs: Runs<'_>) -> R<Lent> {
        let (place, moved) = pinned(place);
        let mut spot = self.root(place.root)?;
        let mut holder = match place.root {
            Root::Local(_) => None,
            Root::Global(id) => Some(Holder::Global(id)),
        };
        for step in &place.path {
            if let (Proj::Field(_), Ty::Adt(id, _)) = (step, self.ty(spot.ty))
                && self.is_class(spot.ty)
            {
                holder = Some(Holder::Class(id));
            }
            spot = self.write_step(&spot, step)?;
        }
        let (kept, strays) = match (holder, runs) {
            (None, _) | (Some(_), Runs::Intrinsic { inspected: None }) => (false, false),
            (Some(holder), Runs::Intrinsic { inspected: Some(ty) }) => (self.s.shows(ty, holder), false),
            (Some(holder), Runs::Function(id, args)) => match self.s.sight(id, args, holder)? {
                Sight::Place => (true, true),
                Sight::Around => (false, true),
                Sight::Nothing => (false, false),
            },
            (Some(_), Runs::Anything) => (true, true),
        };
        let val = self.load(&spot)?;
        if kept {
            self.retain(&val)?;
        } else {
            self.leave_nil(&spot)?;
        }
        Ok(Lent { val, spot, place, moved, kept, strays })
    }

    /// In memory nil references are left behind.
    fn leave_nil(&mut self, spot: &Spot) -> R<()> {
        let Base::Memory(base) = spot.base else { return Ok(()) };
        let layout = self.layout(spot.ty)?;
        for (&(at, stored), info) in spot.at.iter().zip(&layout.leaves) {
            if info.repr.is_counted() {
                let nothing = self.e.zero(stored);
                self.e.store(base, at, nothing);
            }
        }
        Ok(())
    }

    /// Puts a changed value back to where it came from.
    pub fn give_back(&mut self, lent: Lent, val: Val) -> R<()> {
        let spot = match lent.strays {
            true => self.walk_to_write(&lent.place, &lent.place.path)?,
            false => lent.spot,
        };
        if lent.kept || lent.strays {
            self.replace(&spot, val)?;
        } else {
            let val = self.coerce(val, spot.ty)?;
            self.put(&spot, &val);
        }
        self.drop_locals(&lent.moved)
    }
}
