//! Loops. The header is entered from before the loop and from the block that `continue` goes to.

use super::pattern::int;
use super::{Builder, Frame, copy, local};
use crate::generic::{BlockId, Const, Local, Operand, Rvalue};
use base::Span;
use sema::hir::{BinOp, Cond, Expr, ExprKind, LocalId, LoopId, Pat, PatKind};
use sema::ty::{Ty, TyId, Types};

/// A counter beside the loop: `for i, x in xs`.
type Index = Option<LocalId>;

impl Builder<'_> {
    pub(super) fn while_(&mut self, id: LoopId, cond: &Cond, body: &Expr, span: Span) {
        let header = self.block();
        let exit = self.block();
        self.goto(header, span);
        self.current = header;
        self.cond(cond, exit);
        self.body(self.loop_frame(id, header, exit, None), body);
        self.goto(header, span);
        self.current = exit;
    }

    pub(super) fn loop_(&mut self, dest: Option<Local>, id: LoopId, body: &Expr, span: Span) {
        let header = self.block();
        let exit = self.block();
        self.goto(header, span);
        self.current = header;
        self.body(self.loop_frame(id, header, exit, dest), body);
        self.goto(header, span);
        self.current = exit;
    }

    fn loop_frame(&self, id: LoopId, continue_to: BlockId, break_to: BlockId, dest: Option<Local>) -> Frame {
        Frame { id, continue_to, break_to, dest, cleanups: self.cleanups.len() }
    }

    fn body(&mut self, frame: Frame, body: &Expr) {
        self.frames.push(frame);
        self.effect(body);
        self.frames.pop();
    }

    pub(super) fn break_(&mut self, id: LoopId, value: Option<&Expr>, span: Span) {
        let Some((target, dest, cleanups)) =
            self.frame(id).map(|frame| (frame.break_to, frame.dest, frame.cleanups))
        else {
            return self.outside(id);
        };
        match (value, dest) {
            (Some(value), Some(dest)) => self.into(dest, value),
            (Some(value), None) => self.effect(value),
            (None, Some(dest)) => self.set_absent(dest, span),
            (None, None) => {}
        }
        self.leave_to(cleanups);
        self.goto(target, span);
    }

    pub(super) fn continue_(&mut self, id: LoopId, span: Span) {
        match self.frame(id).map(|frame| (frame.continue_to, frame.cleanups)) {
            Some((target, cleanups)) => {
                self.leave_to(cleanups);
                self.goto(target, span);
            }
            None => self.outside(id),
        }
    }

    fn frame(&self, id: LoopId) -> Option<&Frame> {
        self.frames.iter().rev().find(|frame| frame.id == id)
    }

    fn outside(&self, id: LoopId) {
        panic!("{id} is left from outside of it in {}", self.function.path);
    }

    // -- for --------------------------------------------------------------------------------------------------

    pub(super) fn for_(&mut self, id: LoopId, index: Index, pat: &Pat, iter: &Expr, body: &Expr, span: Span) {
        let count = index.map(|_| self.set_temp(Types::i64(), Rvalue::Use(int(0)), span));
        let index = index.zip(count);
        if let ExprKind::Range { start, end, inclusive } = &iter.kind {
            let bounds: Vec<&Expr> = std::iter::once(&**start).chain(end.as_deref()).collect();
            let types: Vec<TyId> = bounds.iter().map(|e| e.ty).collect();
            let mut operands = self.values(bounds).into_iter().zip(types);
            let Some((start, ty)) = operands.next() else { return };
            let counter = self.integer(start, ty, iter.span);
            let end = operands.next().map(|(end, ty)| self.integer(end, ty, iter.span));
            return match end {
                Some(end) if *inclusive => self.count_through(id, index, pat, (counter, end), body, span),
                end => self.count_up(id, index, pat, (counter, end), body, span),
            };
        }
        match self.ty(iter.ty) {
            Ty::Int(_) => {
                let end = self.value(iter).operand;
                let end = self.integer(end, iter.ty, iter.span);
                let counter = self.set_temp(Types::i64(), Rvalue::Use(int(0)), span);
                self.count_up(id, index, pat, (counter, Some(end)), body, span);
            }
            Ty::Never => self.effect(iter),
            _ => self.for_items(id, index, pat, iter, body, span),
        }
    }

    /// A local of its own with an integer as an i64.
    fn integer(&mut self, operand: Operand, ty: TyId, span: Span) -> Local {
        let rvalue = if ty == Types::i64() { Rvalue::Use(operand) } else { Rvalue::Coerce(operand) };
        self.set_temp(Types::i64(), rvalue, span)
    }

    /// Over the integers from the counter up, below an end if there is one.
    fn count_up(
        &mut self,
        id: LoopId,
        index: Option<(LocalId, Local)>,
        pat: &Pat,
        (counter, end): (Local, Option<Local>),
        body: &Expr,
        span: Span,
    ) {
        let [header, latch, exit] = [self.block(), self.block(), self.block()];
        self.goto(header, span);
        self.current = header;
        if let Some(end) = end {
            let more = self.block();
            self.test(Rvalue::Binary(BinOp::Lt, copy(counter), copy(end)), more, exit, span);
            self.current = more;
        }
        self.bind_item(pat, Rvalue::Use(copy(counter)), Types::i64());
        self.indexed_body(index, self.loop_frame(id, latch, exit, None), body, latch);
        self.step(counter, span);
        self.step_index(index, span);
        self.goto(header, span);
        self.current = exit;
    }

    /// Over the integers from the counter up to an end and with it. The test for the end stands before the step, which could overflow.
    fn count_through(
        &mut self,
        id: LoopId,
        index: Option<(LocalId, Local)>,
        pat: &Pat,
        (counter, end): (Local, Local),
        body: &Expr,
        span: Span,
    ) {
        let [header, latch, more, exit] = [self.block(), self.block(), self.block(), self.block()];
        self.test(Rvalue::Binary(BinOp::Le, copy(counter), copy(end)), header, exit, span);
        self.current = header;
        self.bind_item(pat, Rvalue::Use(copy(counter)), Types::i64());
        self.indexed_body(index, self.loop_frame(id, latch, exit, None), body, latch);
        self.test(Rvalue::Binary(BinOp::Lt, copy(counter), copy(end)), more, exit, span);
        self.current = more;
        self.step(counter, span);
        self.step_index(index, span);
        self.goto(header, span);
        self.current = exit;
    }

    /// Over the items of a collection, which the loop keeps as it was.
    fn for_items(
        &mut self,
        id: LoopId,
        index: Option<(LocalId, Local)>,
        pat: &Pat,
        iter: &Expr,
        body: &Expr,
        span: Span,
    ) {
        let items = self.temp(iter.ty);
        self.into(items, iter);
        let is_array = matches!(self.ty(iter.ty), Ty::Array(_));
        let (cursor, len) = if is_array {
            let len = self.set_temp(Types::i64(), Rvalue::Len(copy(items)), span);
            (self.set_temp(Types::i64(), Rvalue::Use(int(0)), span), Some(len))
        } else {
            (self.set_temp(Types::i64(), Rvalue::IterStart(copy(items)), span), None)
        };
        let [header, more, latch, exit] = [self.block(), self.block(), self.block(), self.block()];
        self.goto(header, span);
        self.current = header;
        let test = match len {
            Some(len) => Rvalue::Binary(BinOp::Lt, copy(cursor), copy(len)),
            None => Rvalue::IterMore(copy(items), copy(cursor)),
        };
        self.test(test, more, exit, span);
        self.current = more;
        self.bind_item(pat, Rvalue::IterItem(copy(items), copy(cursor)), pat.ty);
        self.indexed_body(index, self.loop_frame(id, latch, exit, None), body, latch);
        if is_array {
            self.step(cursor, span);
        } else {
            self.set(cursor, Rvalue::IterNext(copy(items), copy(cursor)), span);
        }
        self.step_index(index, span);
        self.goto(header, span);
        self.current = exit;
    }

    /// Binds the item of a round.
    fn bind_item(&mut self, pat: &Pat, item: Rvalue, ty: TyId) {
        match &pat.kind {
            PatKind::Wild => {}
            PatKind::Bind(id) if self.locals[local(*id)].ty == ty => self.set(local(*id), item, pat.span),
            _ => {
                let temp = self.set_temp(ty, item, pat.span);
                let place = super::whole(temp);
                if pat.ty == ty {
                    self.bind_always(pat, &place);
                } else {
                    let converted = self.set_temp(pat.ty, Rvalue::Coerce(Operand::Copy(place)), pat.span);
                    self.bind_always(pat, &super::whole(converted));
                }
            }
        }
    }

    /// The body with its index, then on to the latch, which becomes the current block.
    fn indexed_body(&mut self, index: Option<(LocalId, Local)>, frame: Frame, body: &Expr, latch: BlockId) {
        if let Some((id, count)) = index {
            self.set(local(id), Rvalue::Use(copy(count)), body.span);
        }
        self.body(frame, body);
        self.goto(latch, body.span);
        self.current = latch;
    }

    fn step(&mut self, counter: Local, span: Span) {
        let one = Operand::Const(Const::Int(1), Types::i64());
        self.set(counter, Rvalue::Binary(BinOp::Add, copy(counter), one), span);
    }

    fn step_index(&mut self, index: Option<(LocalId, Local)>, span: Span) {
        if let Some((_, count)) = index {
            self.step(count, span);
        }
    }
}
