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
    /// The instance that the place lies in, kept alive meanwhile, and how many steps lead there.
    instance: Option<(Val, usize)>,
    /// The place holds a copy meanwhile, and the call may write it.
    kept: bool,
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
        let mut instance = None;
        for (at, step) in place.path.iter().enumerate() {
            if let (Proj::Field(_), Ty::Adt(id, _)) = (step, self.ty(spot.ty))
                && self.is_class(spot.ty)
            {
                holder = Some(Holder::Class(id));
                instance = Some((self.load(&spot)?, at));
            }
            spot = self.write_step(&spot, step)?;
        }
        let sight = match (holder, runs) {
            (None, _) | (Some(_), Runs::Intrinsic { inspected: None }) => Sight::Nothing,
            (Some(holder), Runs::Intrinsic { inspected: Some(ty) }) => match self.s.shows(ty, holder) {
                true => Sight::Place,
                false => Sight::Nothing,
            },
            (Some(holder), Runs::Function(id, args)) => self.s.sight(id, args, holder)?,
            (Some(_), Runs::Anything) => Sight::Place,
        };
        let val = self.load(&spot)?;
        let kept = sight == Sight::Place;
        if kept {
            self.retain(&val)?;
        } else {
            self.leave_nil(&spot)?;
        }
        let instance = instance.filter(|_| sight != Sight::Nothing);
        if let Some((instance, _)) = &instance {
            self.retain(instance)?;
        }
        Ok(Lent { val, spot, place, moved, instance, kept })
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

    /// Puts a changed value back: into the same instance or variable, whatever the way there leads to by now.
    pub fn give_back(&mut self, lent: Lent, val: Val) -> R<()> {
        if lent.kept {
            let (mut spot, done) = match &lent.instance {
                Some((instance, steps)) => (self.spot_of(instance)?, *steps),
                None => (self.root(lent.place.root)?, 0),
            };
            for step in &lent.place.path[done..] {
                spot = self.write_step(&spot, step)?;
            }
            self.replace(&spot, val)?;
        } else {
            // What could not be seen was not moved.
            let val = self.coerce(val, lent.spot.ty)?;
            self.put(&lent.spot, &val);
        }
        if let Some((instance, _)) = &lent.instance {
            self.release(instance)?;
        }
        self.drop_locals(&lent.moved)
    }
}
