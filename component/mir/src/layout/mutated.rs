//! Which fields of class instances a program writes after it made the instance.

use crate::build::may_change_receiver;
use base::Symbol;
use sema::hir::{AdtKind, Expr, ExprKind, FnKind, Program};
use sema::ty::{AdtId, Ty, TyId};
use sema::walk;
use std::collections::BTreeSet;

/// The fields of classes that some place in the program goes through: the target of an assignment, or a receiver that is changed in place.
#[derive(Default)]
pub(super) struct Mutated {
    /// By position.
    pub fields: BTreeSet<(AdtId, u32)>,
}

impl Mutated {
    /// Looks at all bodies.
    pub fn of(program: &Program) -> Mutated {
        let mut scan = Scan { program, fields: BTreeSet::new(), names: BTreeSet::new() };
        for (_, function) in program.fns.iter() {
            if let FnKind::Body(body) = &function.kind {
                scan.expr(&body.value);
            }
        }
        let Scan { mut fields, names, .. } = scan;
        for (id, adt) in program.adts.iter() {
            if let AdtKind::Class(declared) = &adt.kind {
                let named = |(at, field): (u32, &sema::hir::Field)| {
                    field.name.is_some_and(|name| names.contains(&name)).then_some((id, at))
                };
                fields.extend((0..).zip(declared).filter_map(named));
            }
        }
        Mutated { fields }
    }
}

struct Scan<'a> {
    program: &'a Program,
    fields: BTreeSet<(AdtId, u32)>,
    /// Members of values whose type is not known here: they stand for the fields of this name of all classes.
    names: BTreeSet<Symbol>,
}

impl<'a> Scan<'a> {
    fn expr(&mut self, e: &'a Expr) {
        if let ExprKind::Assign { place, .. } = &e.kind {
            self.place(place);
        }
        if let ExprKind::Call(call) = &e.kind
            && may_change_receiver(self.program, &call.callee)
            && let Some(receiver) = call.args.first()
        {
            self.place(receiver);
        }
        walk::parts(e, &mut |part| self.expr(part));
    }

    /// Up to the first instance, which is read: writing goes on inside of it.
    fn place(&mut self, place: &Expr) {
        let mut at = place;
        loop {
            match &at.kind {
                ExprKind::Field(base, index) => {
                    if let Some(class) = self.class(base.ty) {
                        self.fields.insert((class, *index));
                        return;
                    }
                    at = base;
                }
                ExprKind::Member(base, name) => {
                    self.names.insert(*name);
                    at = base;
                }
                ExprKind::Index(base, _) | ExprKind::Coerce(base) => at = base,
                _ => return,
            }
        }
    }

    fn class(&self, ty: TyId) -> Option<AdtId> {
        match self.program.types.get(ty) {
            Ty::Adt(id, _) if matches!(self.program.adts[*id].kind, AdtKind::Class(_)) => Some(*id),
            _ => None,
        }
    }
}
