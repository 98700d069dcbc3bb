//! Unions `A | B`: a value of one of several types. All with as many members are of one enum, which has a type parameter and a variant
//! for each member and no name.

use crate::hir::{Adt, AdtKind, Field, Generic, Variant};
use crate::infer::Infer;
use crate::infer::ity::{Con, T, VarKind};
use crate::ty::{AdtId, Ty, TyId, Types};
use base::Span;

impl Infer<'_> {
    /// The type of a union. Members stand in the order of their printed forms, each once; with nil it is an option, with `any` it is `any`.
    pub(crate) fn union_type(&mut self, members: Vec<TyId>, span: Span) -> TyId {
        let mut flat: Vec<TyId> = Vec::new();
        let mut absent = false;
        for member in members {
            let (member, optional) = match *self.p.types.get(member) {
                Ty::Option(inner) => (inner, true),
                _ => (member, false),
            };
            absent |= optional;
            match self.p.types.get(member).clone() {
                Ty::Unit => absent = true,
                Ty::Any | Ty::Error => return member,
                Ty::Adt(adt, args) if self.is_union(adt) => flat.extend(args),
                _ => flat.push(member),
            }
        }
        let mut named: Vec<(String, TyId)> = flat.into_iter().map(|ty| (self.show_type(ty), ty)).collect();
        named.sort();
        named.dedup();
        let ty = match named.as_slice() {
            [] => Types::unit(),
            [(_, only)] => *only,
            _ => {
                let adt = self.union_adt(named.len(), span);
                let args = named.into_iter().map(|(_, ty)| ty).collect();
                self.p.types.intern(Ty::Adt(adt, args))
            }
        };
        if absent { self.p.types.intern(Ty::Option(ty)) } else { ty }
    }

    /// The enum of unions with that many members.
    fn union_adt(&mut self, count: usize, span: Span) -> AdtId {
        let nameless = self.cx.names.intern("");
        let found = self.p.adts.iter().find(|(id, adt)| self.is_union(*id) && adt.generics.len() == count);
        if let Some((id, _)) = found {
            return id;
        }
        let mut generics = Vec::new();
        let mut variants = Vec::new();
        for n in 0..count {
            let name = self.cx.names.intern(&format!("#{n}"));
            let ty = self.p.types.intern(Ty::Param(n as u32));
            generics.push(Generic::any(name));
            variants.push(Variant { name, fields: vec![Field { name: None, ty }], discriminant: n as i64 });
        }
        self.p.adts.push(Adt { name: nameless, span, generics, kind: AdtKind::Enum(variants) })
    }

    pub(crate) fn is_union(&self, adt: AdtId) -> bool {
        self.p.is_union(adt, &self.cx.names)
    }

    /// The members of a union.
    pub(crate) fn union_members(&self, ty: T) -> Option<Vec<T>> {
        match self.tt.head(ty)? {
            (Con::Adt(adt), args) if self.is_union(adt) => Some(args.to_vec()),
            _ => None,
        }
    }

    /// The member that a value of a type can be, by its number; types are made one where that is the way. A literal is the first number
    /// there is for it.
    pub(crate) fn member_for(&mut self, from: T, union: T) -> Option<usize> {
        let members = self.union_members(union)?;
        let from = self.tt.shallow(from);
        let fits = |this: &Self, member: T| match (this.tt.kind_of(from), this.tt.con_of(member)) {
            (Some(VarKind::General), _) | (_, None) => false,
            (Some(VarKind::Int), Some(con)) => matches!(con, Con::Int(_)),
            (Some(VarKind::Float), Some(con)) => matches!(con, Con::Float(_)),
            (None, con) => this.tt.con_of(from) == con,
        };
        let found = members
            .iter()
            .position(|&member| fits(self, member) && self.tt.attempt(|tt| tt.unify(from, member)).is_ok());
        // A whole number where only fractions are expected is one of these.
        found.or_else(|| {
            (self.tt.kind_of(from) == Some(VarKind::Int))
                .then(|| {
                    members.iter().position(|&member| self.tt.attempt(|tt| tt.unify(from, member)).is_ok())
                })
                .flatten()
        })
    }
}
