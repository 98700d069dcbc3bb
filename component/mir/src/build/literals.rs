//! Constants, texts with values in them, arrays and dicts.

use super::{Builder, copy};
use crate::generic::{Const, Local, Operand, Place, Proj, Root, Rvalue, StmtKind};
use base::Span;
use sema::hir::{BinOp, DictElement, Expr, ExprKind, FormatPart, UnOp};
use sema::intrinsic::Intrinsic;
use sema::ty::{Ty, TyId, Types};

impl Builder<'_> {
    /// The constant of a literal expression.
    pub(super) fn constant(&self, e: &Expr) -> Const {
        match &e.kind {
            ExprKind::Int(bits) => self.integer_constant(*bits, e.ty),
            ExprKind::Float(value) => Const::Float(*value),
            ExprKind::Bool(value) => Const::Bool(*value),
            ExprKind::Text(value) => Const::Text(value.clone()),
            ExprKind::Nil => Const::Nil,
            _ => Const::Unit,
        }
    }

    fn integer_constant(&self, bits: u64, ty: TyId) -> Const {
        match self.ty(ty) {
            Ty::Float { .. } => Const::Float(bits as i64 as f64),
            Ty::Int(int) if int.bits < 64 => Const::Int(bits & ((1 << int.bits) - 1)),
            _ => Const::Int(bits),
        }
    }

    /// `-e` of a literal.
    pub(super) fn negated(&self, e: &Expr) -> Option<Const> {
        let ExprKind::Unary(UnOp::Neg, inner) = &e.kind else { return None };
        match (&inner.kind, self.ty(e.ty)) {
            (ExprKind::Int(bits), Ty::Int(_)) => Some(self.integer_constant(bits.wrapping_neg(), e.ty)),
            (ExprKind::Int(bits), Ty::Float { .. }) => Some(Const::Float(-(*bits as i64 as f64))),
            (ExprKind::Float(value), Ty::Float { .. }) => Some(Const::Float(-value)),
            _ => None,
        }
    }

    /// Where parts are collected: the destination, unless that is a variable which the parts may still read.
    fn collector(&mut self, dest: Local) -> Local {
        let decl = &self.locals[dest];
        if decl.name.is_none() {
            return dest;
        }
        let ty = decl.ty;
        self.temp(ty)
    }

    fn collected(&mut self, dest: Local, collector: Local, span: Span) {
        if dest != collector {
            self.set(dest, Rvalue::Use(copy(collector)), span);
        }
    }

    /// Text is grown part by part.
    pub(super) fn format(&mut self, dest: Local, parts: &[FormatPart], span: Span) {
        let collector = self.collector(dest);
        let mut empty = true;
        for part in parts {
            let rvalue = match part {
                FormatPart::Text(text) if text.is_empty() => continue,
                FormatPart::Text(text) => {
                    Rvalue::Use(Operand::Const(Const::Text(text.clone()), Types::text()))
                }
                FormatPart::Value(e, spec) => {
                    let operand = self.value(e).operand;
                    match spec {
                        None if e.ty == Types::text() => Rvalue::Use(operand),
                        _ => Rvalue::Show(operand, spec.clone()),
                    }
                }
            };
            let rvalue = match rvalue {
                first if empty => first,
                Rvalue::Use(operand) => Rvalue::Binary(BinOp::Add, copy(collector), operand),
                show => {
                    let shown = self.set_temp(Types::text(), show, span);
                    Rvalue::Binary(BinOp::Add, copy(collector), copy(shown))
                }
            };
            self.set(collector, rvalue, span);
            empty = false;
        }
        if empty {
            let nothing = Operand::Const(Const::Text(String::new()), Types::text());
            self.set(collector, Rvalue::Use(nothing), span);
        }
        self.collected(dest, collector, span);
    }

    pub(super) fn array(&mut self, dest: Local, items: &[(bool, Expr)], span: Span) {
        if items.iter().all(|(spread, _)| !spread) {
            let items = self.values(items.iter().map(|(_, item)| item));
            return self.set(dest, Rvalue::Array(items), span);
        }
        let ty = self.locals[dest].ty;
        let collector = self.collector(dest);
        // Runs of single items, and spreads between them.
        let first = items.iter().take_while(|(spread, _)| !spread).count();
        let (head, mut rest) = items.split_at(first);
        let head = self.values(head.iter().map(|(_, item)| item));
        self.set(collector, Rvalue::Array(head), span);
        while let Some(((spread, item), behind)) = rest.split_first() {
            if *spread {
                self.append_all(collector, ty, item);
                rest = behind;
            } else {
                let run = rest.iter().take_while(|(spread, _)| !spread).count();
                let operands = self.values(rest[..run].iter().map(|(_, item)| item));
                self.append(collector, ty, operands, span);
                rest = &rest[run..];
            }
        }
        self.collected(dest, collector, span);
    }

    fn append(&mut self, collector: Local, ty: TyId, items: Vec<Operand>, span: Span) {
        let more = self.set_temp(ty, Rvalue::Array(items), span);
        self.set(collector, Rvalue::Binary(BinOp::Add, copy(collector), copy(more)), span);
    }

    /// `*e` in an array literal.
    fn append_all(&mut self, collector: Local, ty: TyId, e: &Expr) {
        let span = e.span;
        if e.ty == ty {
            let operand = self.value(e).operand;
            return self.set(collector, Rvalue::Binary(BinOp::Add, copy(collector), operand), span);
        }
        let wanted = match self.ty(ty) {
            Ty::Array(elem) => *elem,
            _ => Types::any(),
        };
        let given = match self.ty(e.ty) {
            Ty::Array(elem) => *elem,
            Ty::Range | Ty::Int(_) => Types::i64(),
            Ty::Text => Types::text(),
            Ty::Any => Types::any(),
            _ => wanted,
        };
        let items = self.temp(e.ty);
        self.into(items, e);
        let cursor = self.set_temp(Types::i64(), Rvalue::IterStart(copy(items)), span);
        let [header, more, exit] = [self.block(), self.block(), self.block()];
        self.goto(header, span);
        self.current = header;
        self.test(Rvalue::IterMore(copy(items), copy(cursor)), more, exit, span);
        self.current = more;
        let mut item = self.set_temp(given, Rvalue::IterItem(copy(items), copy(cursor)), span);
        if given != wanted {
            item = self.set_temp(wanted, Rvalue::Coerce(copy(item)), span);
        }
        self.append(collector, ty, vec![copy(item)], span);
        self.set(cursor, Rvalue::IterNext(copy(items), copy(cursor)), span);
        self.goto(header, span);
        self.current = exit;
    }

    pub(super) fn dict(&mut self, dest: Local, elements: &[DictElement], span: Span) {
        let collector = if elements.is_empty() { dest } else { self.collector(dest) };
        let ty = self.locals[dest].ty;
        self.set(collector, Rvalue::Dict, span);
        for element in elements {
            match element {
                DictElement::Pair(key, value) => {
                    let operands = self.values([key, value]);
                    let mut operands = operands.into_iter();
                    if let (Some(key), Some(value)) = (operands.next(), operands.next()) {
                        self.write(StmtKind::Store(entry(collector, key), value), span);
                    }
                }
                DictElement::Spread(e) => self.insert_all(collector, ty, e),
            }
        }
        self.collected(dest, collector, span);
    }

    /// `**e` in a dict literal.
    fn insert_all(&mut self, collector: Local, ty: TyId, e: &Expr) {
        let span = e.span;
        let Some(wanted) = self.entry_types(ty) else {
            panic!("a dict literal has another type in {}", self.function.path);
        };
        let given = self.entry_types(e.ty).unwrap_or(wanted);
        let (key_ty, value_ty) = given;
        let types = [key_ty, value_ty];
        let from = self.temp(e.ty);
        self.into(from, e);
        let len = self.intrinsic_call(Intrinsic::DictLen, &types, vec![copy(from)], Types::i64(), span);
        self.intrinsic_call(Intrinsic::DictSort, &types, vec![copy(from)], Types::unit(), span);
        let zero = Operand::Const(Const::Int(0), Types::i64());
        let at = self.set_temp(Types::i64(), Rvalue::Use(zero), span);
        let [header, more, exit] = [self.block(), self.block(), self.block()];
        self.goto(header, span);
        self.current = header;
        self.test(Rvalue::Binary(BinOp::Lt, copy(at), copy(len)), more, exit, span);
        self.current = more;
        let args = vec![copy(from), copy(at)];
        let mut key = self.intrinsic_call(Intrinsic::DictKeyAt, &types, args.clone(), key_ty, span);
        let mut value = self.intrinsic_call(Intrinsic::DictValueAt, &types, args, value_ty, span);
        if key_ty != wanted.0 {
            key = self.set_temp(wanted.0, Rvalue::Coerce(copy(key)), span);
        }
        if value_ty != wanted.1 {
            value = self.set_temp(wanted.1, Rvalue::Coerce(copy(value)), span);
        }
        self.write(StmtKind::Store(entry(collector, copy(key)), copy(value)), span);
        let one = Operand::Const(Const::Int(1), Types::i64());
        self.set(at, Rvalue::Binary(BinOp::Add, copy(at), one), span);
        self.goto(header, span);
        self.current = exit;
    }

    fn entry_types(&self, ty: TyId) -> Option<(TyId, TyId)> {
        match self.ty(ty) {
            Ty::Dict(key, value) => Some((*key, *value)),
            _ => None,
        }
    }
}

fn entry(dict: Local, key: Operand) -> Place {
    Place { root: Root::Local(dict), path: vec![Proj::Index(key)] }
}
