//! Which objects may be part of a cycle of references.
//!
//! Whatever is made can only refer to what was there before, so a cycle is closed by a later write into something that is reached from what is
//! written. A value is written only by its one owner, after it was made unique: the written value cannot refer to it, unless that owner is a
//! field of a class instance. So every cycle goes through a field of an instance that the program writes after the instance was made
//! ([`Mutated`]): by an assignment or by a change in place, in that field or inside of the values in it. Closures hold copies of what they
//! capture and close no cycle themselves.
//!
//! An object may then be part of a cycle if its type leads to a class with such a field, and the field's type leads back to the object's. `any`,
//! function values and trait objects do not tell what they refer to: they lead everywhere.

use super::mutated::Mutated;
use super::{Inside, LayoutError, Layouts, MAX_REACHED, Result, TypeCx, inside};
use sema::hir::AdtKind;
use sema::ty::{AdtId, Ty, TyId};
use std::collections::BTreeSet;
use std::rc::Rc;

impl Layouts {
    /// True where an object of the type may be part of a cycle; of a type that does not tell what it is, where any object of the program may.
    pub(super) fn may_cycle(&mut self, cx: &mut TypeCx<'_>, ty: TyId) -> Result<bool> {
        if let Some(&known) = self.cycles.get(&ty) {
            return Ok(known);
        }
        let found = self.find_cycle(cx, ty)?;
        self.cycles.insert(ty, found);
        Ok(found)
    }

    fn find_cycle(&mut self, cx: &mut TypeCx<'_>, ty: TyId) -> Result<bool> {
        let mutated = self.mutated.clone();
        let mutated = mutated.get_or_init(|| Mutated::of(cx.program, &self.libraries));
        // Asked even where no field is written: this is where a type that contains ever larger types is found.
        let reached = self.reached(cx, ty)?;
        if mutated.fields.is_empty() {
            return Ok(false);
        }
        let hidden = is_open(cx, ty);
        let mut reached = (*reached).clone();
        reached.insert(ty);
        if reached.iter().any(|&ty| is_open(cx, ty)) {
            // Any instance of any class may be behind it.
            for &(class, field) in &mutated.fields {
                let declared = declared(cx, class, field);
                if mentions_params(cx, declared)
                    || self.leads_to(cx, declared, |cx, to| match hidden {
                        true => is_class(cx, to, class),
                        false => to == ty,
                    })?
                {
                    return Ok(true);
                }
            }
            return Ok(false);
        }
        for &instance in &reached {
            let Ty::Adt(class, args) = cx.program.types.get(instance).clone() else { continue };
            let of_class = mutated.fields.range((class, 0)..=(class, u32::MAX));
            for &(class, field) in of_class {
                let declared = declared(cx, class, field);
                let field = cx.program.types.subst(declared, &args);
                if self.leads_to(cx, field, |_, to| to == ty)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// True where values of a type may be, or refer to, what is asked for.
    fn leads_to(
        &mut self,
        cx: &mut TypeCx<'_>,
        from: TyId,
        wanted: impl Fn(&TypeCx<'_>, TyId) -> bool,
    ) -> Result<bool> {
        let reached = self.reached(cx, from)?;
        Ok(reached.iter().chain([&from]).any(|&to| is_open(cx, to) || wanted(cx, to)))
    }

    /// Whose fields are looked at where a value of the type is looked at as a whole: shown, compared. None where the type does not tell.
    pub(crate) fn classes_within(&mut self, cx: &mut TypeCx<'_>, ty: TyId) -> Option<BTreeSet<AdtId>> {
        let reached = self.reached(cx, ty).ok()?;
        let mut classes = BTreeSet::new();
        for &ty in reached.iter().chain([&ty]) {
            if is_open(cx, ty) {
                return None;
            }
            if let Ty::Adt(id, _) = cx.program.types.get(ty)
                && let AdtKind::Class(_) = cx.program.adts[*id].kind
            {
                classes.insert(*id);
            }
        }
        Some(classes)
    }

    /// All types that values of a type may refer to; the type itself only where it reaches itself.
    fn reached(&mut self, cx: &mut TypeCx<'_>, ty: TyId) -> Result<Rc<BTreeSet<TyId>>> {
        if let Some(known) = self.reached.get(&ty) {
            return Ok(known.clone());
        }
        let mut seen = BTreeSet::new();
        let mut open = vec![ty];
        while let Some(next) = open.pop() {
            for inner in parts(cx, next) {
                if seen.insert(inner) {
                    open.push(inner);
                }
            }
            if seen.len() > MAX_REACHED {
                return Err(LayoutError::TooDeep(ty));
            }
        }
        let seen = Rc::new(seen);
        self.reached.insert(ty, seen.clone());
        Ok(seen)
    }
}

fn parts(cx: &mut TypeCx<'_>, ty: TyId) -> Vec<TyId> {
    match *cx.program.types.get(ty) {
        Ty::Array(elem) => return vec![elem],
        Ty::Dict(key, value) => return vec![key, value],
        _ => {}
    }
    match inside(cx, ty) {
        Inside::Scalar => Vec::new(),
        Inside::Fields(fields) => fields.into_iter().map(|(_, ty)| ty).collect(),
        Inside::Variants(variants) => variants.into_iter().flatten().map(|(_, ty)| ty).collect(),
        Inside::Option(value) => vec![value],
    }
}

/// The type of a class's field, over the parameters of the class.
fn declared(cx: &TypeCx<'_>, class: AdtId, field: u32) -> TyId {
    match &cx.program.adts[class].kind {
        AdtKind::Class(fields) => fields[field as usize].ty,
        AdtKind::Struct(_) | AdtKind::Enum(_) => unreachable!("only fields of classes are written through"),
    }
}

/// True where the type does not tell what a value refers to.
fn is_open(cx: &TypeCx<'_>, ty: TyId) -> bool {
    matches!(cx.program.types.get(ty), Ty::Any | Ty::Fn(..) | Ty::Dyn(..))
}

fn is_class(cx: &TypeCx<'_>, ty: TyId, class: AdtId) -> bool {
    matches!(cx.program.types.get(ty), Ty::Adt(id, _) if *id == class)
}

fn mentions_params(cx: &TypeCx<'_>, ty: TyId) -> bool {
    let ty = cx.program.types.get(ty);
    matches!(ty, Ty::Param(_)) || ty.parts().into_iter().any(|part| mentions_params(cx, part))
}
