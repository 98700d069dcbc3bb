//! Which fields of class instances a program writes after it made the instance.

use crate::build::may_change_receiver;
use base::Symbol;
use sema::hir::{AdtKind, Expr, ExprKind, FnKind, Program};
use sema::ty::{AdtId, Ty, TyId};
use sema::walk;
use std::collections::BTreeSet;

/// What code changes in instances: the fields that some place in it goes through, the target of an assignment or a receiver that is changed in place.
#[derive(Default, Clone)]
pub(crate) struct Writes {
    /// Fields of known classes, by position.
    pub fields: BTreeSet<(AdtId, u32)>,
    /// Members of values whose type is not known there: they stand for the fields of this name of all classes.
    pub names: BTreeSet<Symbol>,
}

impl Writes {
    /// What the typed bodies of a program write; bodies that came as templates are not looked at.
    pub fn of(program: &Program) -> Writes {
        let mut scan = Scan { program, writes: Writes::default() };
        for (_, function) in program.fns.iter() {
            if let FnKind::Body(body) = &function.kind {
                scan.expr(&body.value);
            }
        }
        scan.writes
    }

    /// Whether there are such fields of classes.
    pub fn fits(&self, program: &Program) -> bool {
        self.fields.iter().all(|&(id, field)| match &program.adts[id].kind {
            AdtKind::Class(fields) => (field as usize) < fields.len(),
            AdtKind::Struct(_) | AdtKind::Enum(_) => false,
        })
    }

    /// Adds what other code writes.
    pub fn join(&mut self, other: &Writes) {
        self.fields.extend(&other.fields);
        self.names.extend(&other.names);
    }
}

/// The fields of classes that a whole program changes.
#[derive(Default)]
pub(crate) struct Mutated {
    /// By position.
    pub fields: BTreeSet<(AdtId, u32)>,
}

impl Mutated {
    /// Of the typed bodies of a program, and of what its libraries write.
    pub fn of(program: &Program, libraries: &Writes) -> Mutated {
        let mut writes = Writes::of(program);
        writes.join(libraries);
        let Writes { mut fields, names } = writes;
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
    writes: Writes,
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
                        self.writes.fields.insert((class, *index));
                        return;
                    }
                    at = base;
                }
                ExprKind::Member(base, name) => {
                    self.writes.names.insert(*name);
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
