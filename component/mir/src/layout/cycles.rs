//! Which objects may be part of a cycle of references. Values are copied on write and so cannot refer back to themselves: a cycle
//! goes through a class instance, or through something whose contents no type tells: `any`, a function value, a trait object.

use super::{Inside, LayoutError, Layouts, MAX_REACHED, Result, TypeCx, inside};
use sema::hir::AdtKind;
use sema::ty::{Ty, TyId};
use std::collections::BTreeSet;

impl Layouts {
    /// True where an object of the type may be reached from itself.
    pub(super) fn may_cycle(&mut self, cx: &mut TypeCx<'_>, ty: TyId) -> Result<bool> {
        if let Some(&known) = self.cycles.get(&ty) {
            return Ok(known);
        }
        let reached = reach(cx, ty)?;
        let mut found = is_open(cx, ty) || reached.iter().any(|&ty| is_open(cx, ty));
        for &class in &reached {
            if found {
                break;
            }
            if is_class(cx, class) {
                found = reach(cx, class)?.contains(&ty);
            }
        }
        self.cycles.insert(ty, found);
        Ok(found)
    }
}

/// All types that values of a type may refer to; the type itself only where it reaches itself.
fn reach(cx: &mut TypeCx<'_>, ty: TyId) -> Result<BTreeSet<TyId>> {
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
    Ok(seen)
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

/// True where the type does not tell what a value refers to.
fn is_open(cx: &TypeCx<'_>, ty: TyId) -> bool {
    matches!(cx.program.types.get(ty), Ty::Any | Ty::Fn(..) | Ty::Dyn(..))
}

fn is_class(cx: &TypeCx<'_>, ty: TyId) -> bool {
    match cx.program.types.get(ty) {
        Ty::Adt(id, _) => matches!(cx.program.adts[*id].kind, AdtKind::Class(_)),
        _ => false,
    }
}
