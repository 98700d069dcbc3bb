//! Values that are held while others are evaluated, and places.

use super::{Builder, copy, local, whole};
use crate::generic::{BlockId, Local, Operand, Place, Proj, Root, Rvalue, StmtKind};
use base::{EntityId, Span};
use sema::hir::{AdtKind, Expr, ExprKind};
use sema::ty::{Ty, TyId};

/// An evaluated expression.
pub(super) struct Value {
    pub operand: Operand,
    pub ty: TyId,
    /// Read from memory that others may write: a module-level variable or an instance.
    pub shared: bool,
}

/// A point of the code that was passed.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    pub block: BlockId,
    pub index: usize,
    pub clock: u32,
}

/// A value that must stay what it was at a point while others are evaluated.
pub(super) struct Held {
    pub value: Value,
    pub mark: Mark,
}

/// An evaluated place.
pub(super) struct Spot {
    pub place: Place,
    pub ty: TyId,
    /// Lies in memory that others may see.
    pub shared: bool,
    /// Places that get the value of a temporary after the place was written: elements of `any` that hold what was changed.
    pub write_back: Vec<(Place, Local)>,
}

/// What a place is evaluated for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

impl Spot {
    pub fn local(local: Local, ty: TyId) -> Spot {
        Spot { place: whole(local), ty, shared: false, write_back: Vec::new() }
    }
}

impl Builder<'_> {
    /// Whether writing through the expression changes something that stays.
    pub(super) fn is_place(&self, e: &Expr) -> bool {
        match &e.kind {
            ExprKind::Local(_) | ExprKind::Global(_) => true,
            ExprKind::Field(base, _) => self.is_class(base.ty) || self.is_place(base),
            ExprKind::Index(base, _) => *self.ty(base.ty) != Ty::Text && self.is_place(base),
            _ => false,
        }
    }

    pub(super) fn is_class(&self, ty: TyId) -> bool {
        match self.ty(ty) {
            Ty::Adt(adt, _) => matches!(self.program.adts[*adt].kind, AdtKind::Class(_)),
            _ => false,
        }
    }

    /// The place of an expression; what is no place gets a temporary.
    pub(super) fn spot(&mut self, e: &Expr, access: Access) -> Spot {
        self.work += 1;
        match &e.kind {
            ExprKind::Local(id) => Spot::local(local(*id), e.ty),
            ExprKind::Global(id) => Spot {
                place: Place { root: Root::Global(*id), path: Vec::new() },
                ty: e.ty,
                shared: true,
                write_back: Vec::new(),
            },
            ExprKind::Field(base, index) => {
                let class = self.is_class(base.ty);
                let mut spot = self.spot(base, if class { Access::Read } else { access });
                spot.shared |= class;
                spot.place.path.push(Proj::Field(*index));
                spot.ty = e.ty;
                spot
            }
            ExprKind::Index(base, index) => {
                let mut spot = self.spot(base, access);
                if let (Ty::Tuple(items), ExprKind::Int(n)) = (self.ty(base.ty), &index.kind)
                    && *n < items.len() as u64
                {
                    spot.place.path.push(Proj::Field(*n as u32));
                    spot.ty = e.ty;
                    return spot;
                }
                if *self.ty(base.ty) == Ty::Any && matches!(spot.place.path.last(), Some(Proj::Index(_))) {
                    self.detach(&mut spot, access, base.span);
                }
                let mark = self.mark();
                let value = self.value(index);
                let operand = self.index_operand(value, index.span);
                self.settle_spot(&mut spot, mark);
                spot.place.path.push(Proj::Index(operand));
                spot.ty = e.ty;
                spot
            }
            _ => {
                let value = self.value(e);
                match (value.operand, access) {
                    (Operand::Copy(place), Access::Read) => {
                        Spot { place, ty: e.ty, shared: value.shared, write_back: Vec::new() }
                    }
                    (operand, _) => Spot::local(self.set_temp(e.ty, Rvalue::Use(operand), e.span), e.ty),
                }
            }
        }
    }

    /// An index is a constant or a local of its own, so that only writes to that local matter later.
    fn index_operand(&mut self, value: Value, span: Span) -> Operand {
        match &value.operand {
            Operand::Copy(place) if !place.path.is_empty() || value.shared => {
                copy(self.set_temp(value.ty, Rvalue::Use(value.operand), span))
            }
            _ => value.operand,
        }
    }

    /// Goes on in a copy of what stands at a place; when it was written, it is put back.
    fn detach(&mut self, spot: &mut Spot, access: Access, span: Span) {
        let temp = self.set_temp(spot.ty, Rvalue::Use(Operand::Copy(spot.place.clone())), span);
        let from = std::mem::replace(&mut spot.place, whole(temp));
        if access == Access::Write {
            spot.write_back.push((from, temp));
        }
    }

    /// After something was evaluated behind a place: indices that it wrote are replaced by what they were.
    pub(super) fn settle_spot(&mut self, spot: &mut Spot, mark: Mark) {
        for step in spot.place.path.iter_mut().rev() {
            let Proj::Index(operand) = step else { continue };
            let Operand::Copy(Place { root: Root::Local(local), .. }) = operand else { continue };
            if self.written[local.index()] > mark.clock {
                let ty = self.locals[*local].ty;
                *operand = self.copy_at(operand.clone(), ty, mark);
            }
        }
    }

    /// The place for use as an operand that is evaluated now: indices are read at once.
    pub(super) fn read_spot(&mut self, spot: Spot, span: Span) -> Value {
        let indexed = spot.place.path.iter().any(|step| matches!(step, Proj::Index(_)));
        let operand = Operand::Copy(spot.place);
        if !indexed {
            return Value { operand, ty: spot.ty, shared: spot.shared };
        }
        let temp = self.set_temp(spot.ty, Rvalue::Use(operand), span);
        Value { operand: copy(temp), ty: spot.ty, shared: false }
    }

    /// Stores back what was changed in copies.
    pub(super) fn write_back(&mut self, spot: Spot, span: Span) {
        for (place, temp) in spot.write_back.into_iter().rev() {
            self.write(StmtKind::Store(place, copy(temp)), span);
        }
    }

    /// `place = value`, or with an operator. The indices are evaluated first, then the value; then the place is read.
    pub(super) fn assign(&mut self, target: &Expr, op: Option<sema::hir::BinOp>, value: &Expr, span: Span) {
        if let ExprKind::Local(id) = &target.kind {
            let dest = local(*id);
            let Some(op) = op else {
                return self.into(dest, value);
            };
            let operand = self.value(value).operand;
            return self.set(dest, Rvalue::Binary(op, copy(dest), operand), span);
        }
        let mut spot = self.spot(target, Access::Write);
        let mark = self.mark();
        let operand = self.value(value).operand;
        self.settle_spot(&mut spot, mark);
        let operand = self.apart(operand, value.ty, &spot, value.span);
        self.indices_apart(&mut spot.place, span);
        let place = spot.place.clone();
        let kind = match op {
            None => StmtKind::Store(place, operand),
            Some(op) => StmtKind::Update(place, op, operand),
        };
        self.write(kind, span);
        self.write_back(spot, span);
    }

    /// [`Builder::settle`] for two.
    pub(super) fn settle_two(&mut self, a: Held, b: Held) -> [Operand; 2] {
        let b = self.settle_one(b);
        let a = self.settle_one(a);
        [a, b]
    }

    /// An operand that is not read from where the place is: writing the place begins before it is read.
    pub(super) fn apart(&mut self, operand: Operand, ty: TyId, spot: &Spot, span: Span) -> Operand {
        let Operand::Copy(place) = &operand else { return operand };
        let overlaps = match place.root {
            Root::Local(_) => place.root == spot.place.root,
            Root::Global(_) => false,
        };
        if overlaps || (spot.shared && !matches!((place.root, place.path.as_slice()), (Root::Local(_), []))) {
            return copy(self.set_temp(ty, Rvalue::Use(operand), span));
        }
        operand
    }
}
