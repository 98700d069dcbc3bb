//! Records without a declared type: `(x: 1, y: 2)`. All with the same names in the same order are of one struct, which has a type
//! parameter for each field and no name.

use super::Infer;
use super::ity::{Con, T};
use super::tree::{IExpr, IKind};
use crate::hir::{Adt, AdtKind, Field, Generic};
use crate::ty::{AdtId, Ty};
use base::{Span, Symbol};
use syntax::ast;

impl<'a> Infer<'a> {
    pub fn anonymous(
        &mut self,
        fields: &'a [(ast::Name, ast::Expr)],
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        for (index, (name, _)) in fields.iter().enumerate() {
            if let Some((before, _)) = fields[..index].iter().find(|(other, _)| other.sym == name.sym) {
                self.duplicate(*name, before.span);
                return self.error_expr(span);
            }
        }
        let names: Vec<Symbol> = fields.iter().map(|(name, _)| name.sym).collect();
        let adt = self.record_type(&names, span);
        let wanted =
            expect.map(|ty| self.tt.shallow(ty)).filter(|&ty| self.tt.con_of(ty) == Some(Con::Adt(adt)));
        let mut values = Vec::new();
        for (index, (_, value)) in fields.iter().enumerate() {
            let hint = wanted.map(|ty| self.tt.arg(ty, index));
            values.push(self.infer(value, hint));
        }
        let types = values.iter().map(|value| value.ty).collect();
        let ty = self.tt.app(Con::Adt(adt), types);
        self.expr(IKind::Construct { variant: None, fields: values }, ty, span)
    }

    /// The struct of records with these fields.
    pub(crate) fn record_type(&mut self, names: &[Symbol], span: Span) -> AdtId {
        let nameless = self.cx.names.intern("");
        let found = self.p.adts.iter().find(|(_, adt)| {
            adt.name == nameless
                && matches!(&adt.kind, AdtKind::Struct(fields)
                    if fields.iter().map(|field| field.name).eq(names.iter().copied().map(Some)))
        });
        if let Some((id, _)) = found {
            return id;
        }
        let generics = names.iter().copied().map(Generic::any).collect();
        let fields = names
            .iter()
            .enumerate()
            .map(|(n, &name)| Field { name: Some(name), ty: self.p.types.intern(Ty::Param(n as u32)) })
            .collect();
        self.p.adts.push(Adt { name: nameless, span, generics, kind: AdtKind::Struct(fields) })
    }
}
