//! Patterns: tests in order, then bindings.

use super::{Builder, copy, local, whole};
use crate::generic::{BlockId, Const, End, Operand, Place, Proj, Rvalue};
use abi::ErrorKind;
use sema::hir::{BinOp, Expr, LocalId, Pat, PatKind};
use sema::ty::{Ty, TyId, Types};

/// What a pattern that matched binds: the local, the place and its type.
pub(super) type Bindings = Vec<(LocalId, Place, TyId)>;

impl Builder<'_> {
    /// Goes on here with everything bound where the pattern matches, to `fail` otherwise.
    pub(super) fn match_pattern(&mut self, pat: &Pat, place: &Place, fail: BlockId) {
        let mut bindings = Bindings::new();
        self.pattern(pat, place, fail, &mut bindings);
        self.bind(bindings, pat);
    }

    pub(super) fn bind(&mut self, bindings: Bindings, pat: &Pat) {
        for (id, place, ty) in bindings {
            let dest = local(id);
            let operand = Operand::Copy(place);
            let rvalue =
                if self.locals[dest].ty == ty { Rvalue::Use(operand) } else { Rvalue::Coerce(operand) };
            self.set(dest, rvalue, pat.span);
        }
    }

    /// Tests a pattern; what it binds is to be bound when all tests have passed. Alternatives bind at once.
    pub(super) fn pattern(&mut self, pat: &Pat, place: &Place, fail: BlockId, bindings: &mut Bindings) {
        self.work += 1;
        let span = pat.span;
        let here = || Operand::Copy(place.clone());
        match &pat.kind {
            PatKind::Wild => {}
            PatKind::Bind(id) => bindings.push((*id, place.clone(), pat.ty)),
            PatKind::Literal(literal) => self.compare(BinOp::Eq, here(), literal, fail),
            PatKind::Range { start, end, inclusive } => {
                if let Some(start) = start {
                    self.compare(BinOp::Ge, here(), start, fail);
                }
                if let Some(end) = end {
                    self.compare(if *inclusive { BinOp::Le } else { BinOp::Lt }, here(), end, fail);
                }
            }
            PatKind::Or(alternatives) => {
                let matched = self.block();
                for (i, alternative) in alternatives.iter().enumerate() {
                    let last = i + 1 == alternatives.len();
                    let next = if last { fail } else { self.block() };
                    self.match_pattern(alternative, place, next);
                    self.goto(matched, span);
                    if !last {
                        self.current = next;
                    }
                }
                self.current = matched;
            }
            PatKind::Tuple(items) => {
                for (i, item) in items.iter().enumerate() {
                    self.pattern(item, &step(place, Proj::Field(i as u32)), fail, bindings);
                }
            }
            PatKind::Struct(fields) => {
                for (field, item) in fields {
                    self.pattern(item, &step(place, Proj::Field(*field)), fail, bindings);
                }
            }
            PatKind::Variant { variant, args } => {
                self.require(Rvalue::IsVariant(here(), *variant), pat, fail);
                self.variant_args(*variant, args, place, fail, bindings);
            }
            PatKind::Some(inner) => {
                self.require(Rvalue::IsSome(here()), pat, fail);
                self.pattern(inner, &self.some(place, pat.ty), fail, bindings);
            }
            PatKind::Nil => {
                let absent = self.block();
                self.test(Rvalue::IsSome(here()), fail, absent, span);
                self.current = absent;
            }
            PatKind::Is(ty, inner) => {
                self.require(Rvalue::Is(here(), *ty), pat, fail);
                if !matches!(inner.kind, PatKind::Wild) {
                    let temp = self.set_temp(*ty, Rvalue::Coerce(here()), span);
                    self.pattern(inner, &whole(temp), fail, bindings);
                }
            }
            PatKind::Array { first, rest, last } => {
                self.array_pattern((first, *rest, last), place, pat, fail, bindings);
            }
        }
    }

    /// The place of the value in a present option; an `any` is its value.
    pub(super) fn some(&self, place: &Place, ty: TyId) -> Place {
        match self.ty(ty) {
            Ty::Option(_) => step(place, Proj::Some),
            _ => place.clone(),
        }
    }

    /// The payload of a variant that is known to be there.
    pub(super) fn variant_args(
        &mut self,
        variant: u32,
        args: &[Pat],
        place: &Place,
        fail: BlockId,
        bindings: &mut Bindings,
    ) {
        for (i, arg) in args.iter().enumerate() {
            self.pattern(arg, &step(place, Proj::Variant(variant, i as u32)), fail, bindings);
        }
    }

    fn require(&mut self, rvalue: Rvalue, pat: &Pat, fail: BlockId) {
        let yes = self.block();
        self.test(rvalue, yes, fail, pat.span);
        self.current = yes;
    }

    fn compare(&mut self, op: BinOp, value: Operand, literal: &Expr, fail: BlockId) {
        let literal_value = self.value(literal).operand;
        let yes = self.block();
        self.test(Rvalue::Binary(op, value, literal_value), yes, fail, literal.span);
        self.current = yes;
    }

    fn array_pattern(
        &mut self,
        (first, rest, last): (&[Pat], Option<Option<LocalId>>, &[Pat]),
        place: &Place,
        pat: &Pat,
        fail: BlockId,
        bindings: &mut Bindings,
    ) {
        let span = pat.span;
        let here = || Operand::Copy(place.clone());
        let count = int((first.len() + last.len()) as u64);
        let len = self.set_temp(Types::i64(), Rvalue::Len(here()), span);
        if rest.is_none() || !(first.is_empty() && last.is_empty()) {
            let op = if rest.is_none() { BinOp::Eq } else { BinOp::Ge };
            self.require(Rvalue::Binary(op, copy(len), count), pat, fail);
        }
        for (i, item) in first.iter().enumerate() {
            self.item(item, here(), int(i as u64), fail, bindings);
        }
        for (i, item) in last.iter().enumerate() {
            let from_end = int((last.len() - i) as u64);
            let index =
                self.set_temp(Types::i64(), Rvalue::Binary(BinOp::Sub, copy(len), from_end), item.span);
            self.item(item, here(), copy(index), fail, bindings);
        }
        if let Some(Some(id)) = rest {
            let end = Rvalue::Binary(BinOp::Sub, copy(len), int(last.len() as u64));
            let end = self.set_temp(Types::i64(), end, span);
            let bounds = [Some(int(first.len() as u64)), Some(copy(end)), None];
            let slice = self.set_temp(pat.ty, Rvalue::Slice(here(), bounds), span);
            bindings.push((id, whole(slice), pat.ty));
        }
    }

    fn item(&mut self, pat: &Pat, array: Operand, index: Operand, fail: BlockId, bindings: &mut Bindings) {
        if !matches!(pat.kind, PatKind::Wild) {
            let item = self.set_temp(pat.ty, Rvalue::IterItem(array, index), pat.span);
            self.pattern(pat, &whole(item), fail, bindings);
        }
    }

    // -- declarations -----------------------------------------------------------------------------------------

    pub(super) fn let_(&mut self, pat: &Pat, init: &Expr) {
        match &pat.kind {
            PatKind::Bind(id) => self.into(local(*id), init),
            PatKind::Wild => self.effect(init),
            _ => {
                let place = self.scrutinee(init, false);
                self.bind_always(pat, &place);
            }
        }
    }

    /// Binds a pattern that always matches. An array of another length, which no type can rule out, is an error of the program.
    pub(super) fn bind_always(&mut self, pat: &Pat, place: &Place) {
        let fail = self.block();
        self.match_pattern(pat, place, fail);
        let matched = std::mem::replace(&mut self.current, fail);
        let message = Const::Text("the value does not have the shape of the pattern".into());
        let message = Operand::Const(message, Types::text());
        self.end(End::Raise(ErrorKind::InvalidArgument, Some(message)), pat.span);
        self.current = matched;
    }

    pub(super) fn let_else(&mut self, pat: &Pat, init: &Expr, otherwise: &Expr) {
        let place = self.scrutinee(init, false);
        let fail = self.block();
        self.match_pattern(pat, &place, fail);
        let matched = std::mem::replace(&mut self.current, fail);
        self.effect(otherwise);
        self.end(End::Unreachable, otherwise.span);
        self.current = matched;
    }
}

pub(super) fn step(place: &Place, proj: Proj) -> Place {
    let mut place = place.clone();
    place.path.push(proj);
    place
}

pub(super) fn int(value: u64) -> Operand {
    Operand::Const(Const::Int(value), Types::i64())
}
